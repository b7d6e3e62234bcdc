/* Object I/O for VMOs: zirconia/vm_io.h. Built on zx_* calls alone. */
#include <stdbool.h>
#include <stdlib.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zirconia/inject.h>
#include <zirconia/vm_io.h>

zirconia_vm_error_t zirconia_vm_error_from_status(zx_status_t status)
{
	switch (status) {
	case ZX_OK:
		return ZIRCONIA_VM_OK;
	case ZX_ERR_ACCESS_DENIED:
		return ZIRCONIA_VM_ACCESS_DENIED;
	case ZX_ERR_NO_MEMORY:
		return ZIRCONIA_VM_NO_MEMORY;
	case ZX_ERR_NO_RESOURCES:
	case ZX_ERR_NO_SPACE:
		return ZIRCONIA_VM_NOT_ENOUGH_RESOURCES;
	case ZX_ERR_BAD_HANDLE:
	case ZX_ERR_WRONG_TYPE:
	case ZX_ERR_OUT_OF_RANGE:
	case ZX_ERR_INVALID_ARGS:
	case ZX_ERR_NOT_SUPPORTED:
		return ZIRCONIA_VM_INVALID_ARGS;
	default:
		return ZIRCONIA_VM_IO_ERROR;
	}
}

static zirconia_vm_error_t check_range(const zirconia_vm_vmo_t *v, size_t offset, size_t len,
				       uint64_t *out_size)
{
	const zx_status_t st = zx_vmo_get_size(v->vmo, out_size);
	size_t end;

	if (st != ZX_OK)
		return zirconia_vm_error_from_status(st);
	if (__builtin_add_overflow(offset, len, &end))
		return ZIRCONIA_VM_OVERFLOW;
	return end > *out_size ? ZIRCONIA_VM_INVALID_ARGS : ZIRCONIA_VM_OK;
}

/*
 * ---- many bytes
 *
 * The whole transfer is tried as one call. Its status does not tell on which side it failed nor how
 * far it came: after a failure the transfer is made again in pieces through a buffer of our own,
 * whose two halves fail separately.
 */

enum { PIECE = 4096 };

static zirconia_vm_error_t read_in_pieces(zx_handle_t vmo, uint64_t offset,
					  zirconia_vm_writer_fallible_t *writer)
{
	uint8_t buf[PIECE];

	while (zirconia_vm_writer_fallible_has_avail(writer)) {
		const size_t avail = zirconia_vm_writer_fallible_avail(writer);
		const size_t n = avail < PIECE ? avail : PIECE;
		zirconia_vm_reader_t piece = zirconia_vm_reader_from(buf, n);
		const zx_status_t st = zx_vmo_read(vmo, buf, offset, n);
		zirconia_vm_count_t done;

		if (st != ZX_OK)
			return zirconia_vm_error_from_status(st);
		done = zirconia_vm_read_to_fallible(&piece, writer);
		if (done.error != ZIRCONIA_VM_OK)
			return done.error;
		offset += n;
	}
	return ZIRCONIA_VM_OK;
}

static zirconia_vm_error_t write_in_pieces(zx_handle_t vmo, uint64_t offset,
					   zirconia_vm_reader_fallible_t *reader)
{
	uint8_t buf[PIECE];

	while (zirconia_vm_reader_fallible_has_remain(reader)) {
		const size_t remain = zirconia_vm_reader_fallible_remain(reader);
		const size_t n = remain < PIECE ? remain : PIECE;
		const uint8_t *start = zirconia_vm_reader_fallible_cursor(reader);
		zirconia_vm_writer_t piece = zirconia_vm_writer_from(buf, n);
		const zirconia_vm_count_t got = zirconia_vm_read_from_fallible(reader, &piece);
		const zx_status_t st = zx_vmo_write(vmo, buf, offset, got.count);

		if (st != ZX_OK) {
			reader->cursor = start;
			return zirconia_vm_error_from_status(st);
		}
		if (got.error != ZIRCONIA_VM_OK)
			return got.error;
		offset += n;
	}
	return ZIRCONIA_VM_OK;
}

static zirconia_vm_error_t vmo_read(void *object, size_t offset,
				    zirconia_vm_writer_fallible_t *writer)
{
	const zirconia_vm_vmo_t *v = object;
	const size_t len = zirconia_vm_writer_fallible_avail(writer);
	zirconia_vm_error_t err;
	uint64_t size;

	err = check_range(v, offset, len, &size);
	if (err != ZIRCONIA_VM_OK)
		return err;
	if (zx_vmo_read(v->vmo, writer->cursor, offset, len) != ZX_OK)
		return read_in_pieces(v->vmo, offset, writer);
	zirconia_vm_writer_fallible_skip(writer, len);
	return ZIRCONIA_VM_OK;
}

static zirconia_vm_error_t vmo_write(void *object, size_t offset,
				     zirconia_vm_reader_fallible_t *reader)
{
	const zirconia_vm_vmo_t *v = object;
	const size_t len = zirconia_vm_reader_fallible_remain(reader);
	zirconia_vm_error_t err;
	uint64_t size;

	err = check_range(v, offset, len, &size);
	if (err != ZIRCONIA_VM_OK)
		return err;
	if (zx_vmo_write(v->vmo, reader->cursor, offset, len) != ZX_OK)
		return write_in_pieces(v->vmo, offset, reader);
	zirconia_vm_reader_fallible_skip(reader, len);
	return ZIRCONIA_VM_OK;
}

static zirconia_vm_count_t vmo_fill(void *object, size_t offset, size_t len)
{
	const zirconia_vm_vmo_t *v = object;
	zirconia_vm_count_t done = {0, ZIRCONIA_VM_INVALID_ARGS};
	uint64_t size;
	zx_status_t st;

	st = zx_vmo_get_size(v->vmo, &size);
	if (st == ZX_OK && offset <= size) {
		const uint64_t n = len < size - offset ? len : size - offset;

		st = zx_vmo_op_range(v->vmo, ZX_VMO_OP_ZERO, offset, n, NULL, 0);
		if (st == ZX_OK) {
			done.count = n;
			if (n == len)
				done.error = ZIRCONIA_VM_OK;
		}
	}
	if (st != ZX_OK)
		done.error = zirconia_vm_error_from_status(st);
	return done;
}

/* ---- one access */

/*
 * A mapping of the front of the VMO. Longer ones are put before shorter ones when the VMO has
 * grown; all stay until the end.
 */
struct zirconia_vm_window {
	zx_vaddr_t base;
	uint64_t len;
	bool writable;
	struct zirconia_vm_window *shorter;
};

static zx_status_t map(zx_handle_t vmo, uint64_t offset, uint64_t len, struct zirconia_vm_window *w)
{
	const zx_vm_option_t options = ZX_VM_PERM_READ | ZX_VM_ALLOW_FAULTS;
	zx_status_t st;

	w->len = len;
	w->writable = true;
	st = zx_vmar_map(zx_vmar_root_self(), options | ZX_VM_PERM_WRITE, 0, vmo, offset, len,
			 &w->base);
	if (st == ZX_ERR_ACCESS_DENIED) {
		w->writable = false;
		st = zx_vmar_map(zx_vmar_root_self(), options, 0, vmo, offset, len, &w->base);
	}
	return st;
}

static void unmap(const struct zirconia_vm_window *w)
{
	(void)zx_vmar_unmap(zx_vmar_root_self(), w->base, w->len);
}

/*
 * The newest window, which covers `size` bytes: made if need be. NULL: it cannot be made,
 * *out_status tells why.
 */
static const struct zirconia_vm_window *window(zirconia_vm_vmo_t *v, uint64_t size,
					       zx_status_t *out_status)
{
	struct zirconia_vm_window *newest = __atomic_load_n(&v->window, __ATOMIC_ACQUIRE);
	struct zirconia_vm_window *w;

	if (newest != NULL && newest->len >= size)
		return newest;
	w = zirconia_inject_here("alloc.vm_object") != ZX_OK ? NULL : malloc(sizeof(*w));
	*out_status = w == NULL ? ZX_ERR_NO_MEMORY : map(v->vmo, 0, size, w);
	if (*out_status != ZX_OK) {
		free(w);
		return NULL;
	}
	w->shorter = newest;
	if (__atomic_compare_exchange_n(&v->window, &newest, w, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return w;
	/* Another thread was faster. */
	unmap(w);
	free(w);
	return window(v, size, out_status);
}

union once {
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;
};

static zx_status_t load_once(zx_vaddr_t addr, union once *out_value, size_t size)
{
	const volatile void *p = (const volatile void *)addr;

	switch (size) {
	case 1:
		return zirconia_probe_read8(p, &out_value->v8);
	case 2:
		return zirconia_probe_read16(p, &out_value->v16);
	case 4:
		return zirconia_probe_read32(p, &out_value->v32);
	default:
		return zirconia_probe_read64(p, &out_value->v64);
	}
}

static zx_status_t store_once(zx_vaddr_t addr, const union once *value, size_t size)
{
	volatile void *p = (volatile void *)addr;

	switch (size) {
	case 1:
		return zirconia_probe_write8(p, value->v8);
	case 2:
		return zirconia_probe_write16(p, value->v16);
	case 4:
		return zirconia_probe_write32(p, value->v32);
	default:
		return zirconia_probe_write64(p, value->v64);
	}
}

static zirconia_vm_error_t access_once(zirconia_vm_vmo_t *v, size_t offset, union once *value,
				       size_t size, bool write)
{
	const struct zirconia_vm_window *w;
	struct zirconia_vm_window page;
	uint64_t in_window = offset;
	zirconia_vm_error_t err;
	uint64_t vmo_size;
	zx_status_t st;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return ZIRCONIA_VM_INVALID_ARGS;
	err = check_range(v, offset, size, &vmo_size);
	if (err != ZIRCONIA_VM_OK)
		return err == ZIRCONIA_VM_OVERFLOW ? ZIRCONIA_VM_INVALID_ARGS : err;
	if ((offset & (size - 1)) != 0)
		zirconia_vm_misuse("a value of a VMO is accessed once at an unaligned offset");
	w = window(v, vmo_size, &st);
	if (w == NULL) {
		/* Too large to be mapped whole: its page alone, for this time. */
		in_window = offset & (ZX_PAGE_SIZE - 1);
		st = map(v->vmo, offset - in_window, ZX_PAGE_SIZE, &page);
		if (st != ZX_OK)
			return zirconia_vm_error_from_status(st);
		w = &page;
	}
	if (write && !w->writable)
		err = ZIRCONIA_VM_ACCESS_DENIED;
	else if ((write ? store_once(w->base + in_window, value, size) :
			  load_once(w->base + in_window, value, size)) != ZX_OK)
		err = ZIRCONIA_VM_PAGE_FAULT;
	if (w == &page)
		unmap(&page);
	return err;
}

/* All members of the union begin at its front: `size` bytes there are the value of that size. */
static zirconia_vm_error_t vmo_read_once(void *object, size_t offset, void *out_value, size_t size)
{
	union once value;
	const zirconia_vm_error_t err = access_once(object, offset, &value, size, false);

	if (err == ZIRCONIA_VM_OK)
		memcpy(out_value, &value, size);
	return err;
}

static zirconia_vm_error_t vmo_write_once(void *object, size_t offset, const void *value,
					  size_t size)
{
	union once copy;

	memcpy(&copy, value, size < sizeof(copy) ? size : sizeof(copy));
	return access_once(object, offset, &copy, size, true);
}

/* ---- the object */

void zirconia_vm_vmo_init(zirconia_vm_vmo_t *vmo, zx_handle_t handle)
{
	vmo->vmo = handle;
	vmo->window = NULL;
}

void zirconia_vm_vmo_done(zirconia_vm_vmo_t *vmo)
{
	struct zirconia_vm_window *next;

	for (struct zirconia_vm_window *w = vmo->window; w != NULL; w = next) {
		next = w->shorter;
		unmap(w);
		free(w);
	}
	vmo->window = NULL;
}

zirconia_vm_io_t zirconia_vm_vmo_io(zirconia_vm_vmo_t *vmo)
{
	static const zirconia_vm_io_ops_t ops = {vmo_read, vmo_write};

	return (zirconia_vm_io_t){&ops, vmo};
}

zirconia_vm_io_fill_t zirconia_vm_vmo_io_fill(zirconia_vm_vmo_t *vmo)
{
	static const zirconia_vm_io_fill_ops_t ops = {vmo_fill};

	return (zirconia_vm_io_fill_t){&ops, vmo};
}

zirconia_vm_io_once_t zirconia_vm_vmo_io_once(zirconia_vm_vmo_t *vmo)
{
	static const zirconia_vm_io_once_ops_t ops = {vmo_read_once, vmo_write_once};

	return (zirconia_vm_io_once_t){&ops, vmo};
}
