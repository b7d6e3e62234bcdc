/*
 * libFuzzer: buffers of calls that lie across pages of every kind: nothing mapped, no access, read-only, memory of VMOs, of clones, of a pager
 * that supplies or fails, physical. A call whose buffer is good must succeed with the right bytes; one whose buffer is bad must fail; and
 * no byte outside of the range that was named may change, whatever the answer.
 *
 * zi-test: trap valgrind
 */
#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls/object.h>
#include <zircon/syscalls/resource.h>
#include <zirconia/device.h>

#include "fuzz_world.h"

enum { PAGES = 6, DATA_PAGES = 8 };

enum kind {
	HOLE,      /* nothing there */
	NO_ACCESS, /* a mapping without permissions */
	READ_ONLY,
	PLAIN,
	CLONE,       /* a copy-on-write child that has no page of its own yet */
	PAGER,       /* absent; supplied when somebody asks */
	PAGER_FAILS, /* absent; the pager says no */
	PHYSICAL,
	BEYOND, /* behind the end of its VMO */
	KINDS
};

static struct page {
	enum kind kind;
	zx_handle_t vmo; /* whose page `index` lies here; ZX_HANDLE_INVALID: nobody's */
	uint64_t index;
	uint8_t *physical; /* PHYSICAL: the bytes, which calls cannot read */
} pages[PAGES];

static zx_vaddr_t window; /* where the pages lie, side by side */
static zx_handle_t data;  /* the VMO that is read and written through the window */
static uint8_t content[DATA_PAGES * FZ_PAGE]; /* of it, as it should be */
static uint8_t before[PAGES * FZ_PAGE], after[PAGES * FZ_PAGE];

static void must(zx_status_t st, const char *what)
{
	if (st != ZX_OK)
		fz_fail("%s: %d", what, st);
}

static bool readable(const struct page *p)
{
	return p->kind == READ_ONLY || p->kind == PLAIN || p->kind == CLONE || p->kind == PAGER ||
	       p->kind == PHYSICAL;
}

static bool writable(const struct page *p)
{
	return readable(p) && p->kind != READ_ONLY;
}

/* Is all of the buffer as the call needs it? The library does not say of an empty one. */
static bool good(size_t start, size_t len, bool to_write)
{
	for (size_t i = start / FZ_PAGE; i * FZ_PAGE < start + len; i++)
		if (i >= PAGES || !(to_write ? writable(&pages[i]) : readable(&pages[i])))
			return false;
	return true;
}

/* ---- the window */

static void fill_page(uint8_t *to, unsigned seed)
{
	for (size_t i = 0; i < FZ_PAGE; i++)
		to[i] = (uint8_t)(i * 7 + seed * 31 + (i >> 8));
}

static zx_handle_t pager_vmo(void)
{
	zx_handle_t pager, vmo, port;
	uint64_t key;

	port = fz_pager_port(&key);
	must(zx_pager_create(0, &pager), "pager");
	must(zx_pager_create_vmo(pager, key % 2 ? ZX_VMO_TRAP_DIRTY : 0, port, key, 4 * FZ_PAGE,
				 &vmo),
	     "pager VMO");
	fz_pager_serve(key, pager, vmo);
	return vmo;
}

static void make_page(struct page *p, enum kind kind, unsigned i, zx_handle_t mmio)
{
	zx_vm_option_t perms = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;
	uint8_t bytes[FZ_PAGE];
	zx_handle_t parent;
	zx_vaddr_t at;

	*p = (struct page){.kind = kind};
	fill_page(bytes, i + 1);
	switch (kind) {
	case HOLE:
	case KINDS:
		return;
	case PAGER:
	case PAGER_FAILS:
		p->vmo = pager_vmo();
		p->index = kind == PAGER ? 0 : 2; /* see fuzz_world.c: the server fails this one */
		break;
	case PHYSICAL:
		must(zx_vmo_create_physical(mmio, fz_paddr + i * FZ_PAGE, FZ_PAGE, &p->vmo),
		     "physical");
		break;
	case CLONE:
		must(zx_vmo_create(FZ_PAGE, 0, &parent), "VMO");
		must(zx_vmo_write(parent, bytes, 0, FZ_PAGE), "write");
		must(zx_vmo_create_child(parent, ZX_VMO_CHILD_SNAPSHOT, 0, FZ_PAGE, &p->vmo),
		     "clone");
		break;
	default:
		must(zx_vmo_create(FZ_PAGE, 0, &p->vmo), "VMO");
		must(zx_vmo_write(p->vmo, bytes, 0, FZ_PAGE), "write");
		p->index = kind == BEYOND;
	}
	if (kind == READ_ONLY)
		perms = ZX_VM_PERM_READ;
	else if (kind == NO_ACCESS)
		perms = 0;
	must(zx_vmar_map(fz_vmar, perms | ZX_VM_SPECIFIC | ZX_VM_ALLOW_FAULTS,
			 window - fz_vmar_base + i * FZ_PAGE, p->vmo, p->index * FZ_PAGE, FZ_PAGE,
			 &at),
	     "mapping a page of the window");
	if (kind == PHYSICAL) {
		p->physical = (uint8_t *)at;
		memcpy(p->physical, bytes, FZ_PAGE);
	}
}

/* What the window holds, page by page, without touching it. Zeros for what nobody can read. */
static void look(uint8_t *to)
{
	memset(to, 0, PAGES * FZ_PAGE);
	for (unsigned i = 0; i < PAGES; i++) {
		const struct page *p = &pages[i];

		if (p->physical != NULL)
			memcpy(to + i * FZ_PAGE, p->physical, FZ_PAGE);
		else if (p->vmo != ZX_HANDLE_INVALID && p->kind != PAGER_FAILS && p->kind != BEYOND)
			must(zx_vmo_read(p->vmo, to + i * FZ_PAGE, p->index * FZ_PAGE, FZ_PAGE),
			     "looking at a page");
	}
}

/* Only [start, start + len) of the window may differ from what it was. */
static void check_window(const char *what, size_t start, size_t len)
{
	look(after);
	for (size_t i = 0; i < PAGES * FZ_PAGE; i++)
		if (after[i] != before[i] && (i < start || i >= start + len))
			fz_fail("%s: byte %zu of the window changed, not of [%zu, %zu)", what, i,
				start, start + len);
}

/* The VMO holds what it should, but for [off, off + len), of which the new content is known afterwards. */
static void check_data(const char *what, size_t off, size_t len)
{
	static uint8_t now[sizeof(content)];

	must(zx_vmo_read(data, now, 0, sizeof(now)), "looking at the data");
	for (size_t i = 0; i < sizeof(now); i++)
		if (now[i] != content[i] && (i < off || i >= off + len))
			fz_fail("%s: byte %zu of the data changed, not of [%zu, %zu)", what, i, off,
				off + len);
	memcpy(content, now, sizeof(now));
}

/* ---- one call */

static void expect(const char *what, zx_status_t st, bool is_good)
{
	if ((st == ZX_OK) != is_good)
		fz_fail("%s: status %d with a %s buffer", what, st, is_good ? "good" : "bad");
}

static void same(const char *what, const uint8_t *a, const uint8_t *b, size_t len)
{
	if (memcmp(a, b, len) != 0)
		fz_fail("%s: other bytes arrived", what);
}

/* A pointer that goes around the pages of the window, and a length. */
struct span {
	size_t start, len; /* in the window; may end behind it */
};

static struct span span_of(struct fz_in *in)
{
	const uint8_t kind = fz_u8(in);
	const size_t near = fz_u8(in) % (PAGES + 1) * FZ_PAGE;
	struct span s = {near, 0};

	s.start += kind % 4 == 0 ? 0 : fz_u(in, 2) % (2 * FZ_PAGE);
	s.start -= s.start >= FZ_PAGE && kind % 8 < 4 ? FZ_PAGE : 0;
	s.len = kind < 64 ? fz_u8(in) % 32 : kind < 200 ? fz_u(in, 2) % (4 * FZ_PAGE) : FZ_PAGE;
	if (s.start > PAGES * FZ_PAGE)
		s.start = PAGES * FZ_PAGE - 1;
	return s;
}

static void vmo_read_write(struct fz_in *in, bool write)
{
	const struct span s = span_of(in);
	const size_t off = fz_u(in, 2) % (sizeof(content) - s.len);
	void *const buffer = (void *)(window + s.start);
	const bool is_good = s.len == 0 || good(s.start, s.len, !write);
	zx_status_t st;

	look(before);
	st = write ? zx_vmo_write(data, buffer, off, s.len) : zx_vmo_read(data, buffer, off, s.len);
	expect(write ? "zx_vmo_write" : "zx_vmo_read", st, is_good);
	check_window("zx_vmo_read or _write", write ? 0 : s.start, write ? 0 : s.len);
	if (!write && is_good)
		same("zx_vmo_read", after + s.start, content + off, s.len);
	check_data("zx_vmo_read or _write", off, write ? s.len : 0);
	if (write && is_good)
		same("zx_vmo_write", content + off, before + s.start, s.len);
}

/* Two vectors: as many bytes as it says went through, and they are the right ones. */
static void stream_vectors(struct fz_in *in, zx_handle_t stream, bool write)
{
	const struct span s[2] = {span_of(in), span_of(in)};
	const size_t off = fz_u(in, 2) % (sizeof(content) - s[0].len - s[1].len);
	zx_iovec_t v[2];
	bool is_good = true;
	size_t actual = 0, total = s[0].len + s[1].len;
	zx_status_t st;

	for (unsigned i = 0; i < 2; i++) {
		v[i] = (zx_iovec_t){(void *)(window + s[i].start), s[i].len};
		is_good = is_good && (s[i].len == 0 || good(s[i].start, s[i].len, !write));
	}
	look(before);
	st = write ? zx_stream_writev_at(stream, 0, off, v, 2, &actual) :
		     zx_stream_readv_at(stream, 0, off, v, 2, &actual);
	if (is_good && (st != ZX_OK || actual != total))
		fz_fail("a stream with good vectors: status %d, %zu of %zu bytes", st, actual,
			total);
	if (!is_good && st == ZX_OK && actual >= total)
		fz_fail("a stream with a bad vector: all %zu bytes", total);
	if (write) {
		check_window("zx_stream_writev_at", 0, 0);
		check_data("zx_stream_writev_at", off, total);
		if (st == ZX_OK && actual <= s[0].len)
			same("zx_stream_writev_at", content + off, before + s[0].start, actual);
	} else {
		/* The vectors may lie over each other: the window is only compared outside of both. */
		const size_t lo = s[0].start < s[1].start ? s[0].start : s[1].start;
		const size_t end0 = s[0].start + s[0].len, end1 = s[1].start + s[1].len;

		check_window("zx_stream_readv_at", lo, (end0 > end1 ? end0 : end1) - lo);
		check_data("zx_stream_readv_at", 0, 0);
	}
}

/* Names and values of properties go through small copies. */
static void property(struct fz_in *in, bool set)
{
	const struct span s = span_of(in);
	void *const buffer = (void *)(window + s.start);
	char name[ZX_MAX_NAME_LEN];
	const size_t len = ZX_MAX_NAME_LEN;

	if (set) {
		look(before);
		expect("zx_object_set_property",
		       zx_object_set_property(data, ZX_PROP_NAME, buffer, len),
		       good(s.start, len - 1, false) || good(s.start, len, false));
		check_window("zx_object_set_property", 0, 0);
		must(zx_object_set_property(data, ZX_PROP_NAME, "data", 4), "a name");
		return;
	}
	must(zx_object_get_property(data, ZX_PROP_NAME, name, len), "a name");
	look(before);
	const zx_status_t st = zx_object_get_property(data, ZX_PROP_NAME, buffer, len);

	expect("zx_object_get_property", st, good(s.start, len, true));
	check_window("zx_object_get_property", s.start, len);
	if (st == ZX_OK)
		same("zx_object_get_property", after + s.start, (const uint8_t *)name, len);
}

static void info(struct fz_in *in)
{
	const struct span s = span_of(in);
	const size_t size = sizeof(zx_info_vmo_t);
	zx_info_vmo_t want;
	zx_status_t st;

	must(zx_object_get_info(data, ZX_INFO_VMO, &want, size, NULL, NULL), "info");
	look(before);
	st = zx_object_get_info(data, ZX_INFO_VMO, (void *)(window + s.start), size, NULL, NULL);
	expect("zx_object_get_info", st, good(s.start, size, true));
	check_window("zx_object_get_info", s.start, size);
	if (st == ZX_OK)
		same("zx_object_get_info", after + s.start, (const uint8_t *)&want, size);
}

/* Another process's memory: the window is the buffer here, too. */
static void process_memory(struct fz_in *in, zx_vaddr_t mapped, bool write)
{
	const struct span s = span_of(in);
	const size_t off = fz_u(in, 2) % (sizeof(content) - s.len);
	void *const buffer = (void *)(window + s.start);
	size_t actual = 0;
	zx_status_t st;

	if (s.len == 0)
		return;
	look(before);
	st = write ? zx_process_write_memory(zx_process_self(), mapped + off, buffer, s.len,
					     &actual) :
		     zx_process_read_memory(zx_process_self(), mapped + off, buffer, s.len,
					    &actual);
	if (good(s.start, s.len, !write) && (st != ZX_OK || actual != s.len))
		fz_fail("process memory: status %d, %zu of %zu bytes", st, actual, s.len);
	if (!good(s.start, s.len, !write) && st == ZX_OK && actual >= s.len)
		fz_fail("process memory with a bad buffer: all %zu bytes", s.len);
	check_window("process memory", write ? 0 : s.start, write ? 0 : s.len);
	check_data("process memory", off, write ? s.len : 0);
}

/* Handles that are handed out into a bad place are taken back. */
static void out_handle(struct fz_in *in)
{
	const struct span s = span_of(in);
	const bool is_good = good(s.start, sizeof(zx_handle_t), true);
	zx_handle_t h;
	zx_status_t st;

	look(before);
	st = zx_event_create(0, (zx_handle_t *)(window + s.start));
	expect("zx_event_create", st, is_good);
	check_window("zx_event_create", s.start, sizeof(h));
	if (st == ZX_OK) {
		memcpy(&h, after + s.start, sizeof(h));
		must(zx_handle_close(h), "closing the event");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct fz_in in = {input, size};
	zx_handle_t root, mmio, stream;
	zx_vaddr_t mapped;

	fz_begin();
	window = fz_vmar_base + (16u << 20);
	must(zirconia_device_resource(ZX_RSRC_KIND_ROOT, &root), "resource");
	must(zx_resource_create(root, ZX_RSRC_KIND_MMIO, fz_paddr, FZ_PADDR_PAGES * FZ_PAGE, NULL,
				0, &mmio),
	     "resource");
	for (unsigned i = 0; i < PAGES; i++)
		make_page(&pages[i], (enum kind)(fz_u8(&in) % KINDS), i, mmio);
	must(zx_vmo_create(sizeof(content), 0, &data), "data");
	for (unsigned i = 0; i < DATA_PAGES; i++)
		fill_page(content + i * FZ_PAGE, 100 + i);
	must(zx_vmo_write(data, content, 0, sizeof(content)), "data");
	must(zx_stream_create(ZX_STREAM_MODE_READ | ZX_STREAM_MODE_WRITE, data, 0, &stream),
	     "stream");
	must(zx_vmar_map(fz_vmar, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, data, 0, sizeof(content),
			 &mapped),
	     "mapping the data");
	for (unsigned i = 0; i < 40 && in.left != 0; i++) {
		const uint8_t what = fz_u8(&in);

		switch (what % 8) {
		case 0:
		case 1:
			vmo_read_write(&in, what % 2);
			break;
		case 2:
			stream_vectors(&in, stream, what & 8);
			break;
		case 3:
			property(&in, what & 8);
			break;
		case 4:
			info(&in);
			break;
		case 5:
			process_memory(&in, mapped, what & 8);
			break;
		case 6:
			out_handle(&in);
			break;
		default: /* a page becomes another one */
			(void)zx_vmar_unmap(fz_vmar, window + what / 8 % PAGES * FZ_PAGE, FZ_PAGE);
			pages[what / 8 % PAGES] = (struct page){.kind = HOLE};
		}
	}
	fz_end();
	return 0;
}
