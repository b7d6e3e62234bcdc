/*
 * The pager: threads that take the packets of all files' VMOs from one port, read LOWER, and supply
 * what they read. They wait for nothing but LOWER and file->supply.
 */
#include "vmofs.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/port.h>

enum { MOST_THREADS = 16, KEY_QUIT = 0 };
/* What is read at once. Auxiliary memory of this size is kept from one supply to the next. */
#define PIECE ((uint64_t)64 * VF_PAGE)

static zx_handle_t port, pager;
static zx_handle_t empty; /* a VMO without a page: what is supplied from it reads zero */
static pthread_t threads[MOST_THREADS];
static unsigned running;

/* What a thread reads LOWER into. */
struct piece {
	zx_handle_t vmo;
	zx_vaddr_t addr;
};

zx_handle_t vf_pager(void)
{
	return pager;
}

zx_status_t vf_pager_vmo(uint64_t id, uint64_t size, zx_handle_t *out_vmo)
{
	return zx_pager_create_vmo(pager, ZX_VMO_UNBOUNDED, port, id, size, out_vmo);
}

zx_status_t vf_pager_detach(zx_handle_t vmo)
{
	return zx_pager_detach_vmo(pager, vmo);
}

void vf_pager_supply_zeros(struct vf_file *f, uint64_t off, uint64_t len)
{
	for (uint64_t n; len != 0; off += n, len -= n) {
		n = len < VF_MAX_IO ? len : VF_MAX_IO;
		/* Without memory the pages are read after all. */
		if (zx_pager_supply_pages(pager, f->vmo, off, n, empty, 0) != ZX_OK)
			return;
	}
}

/* ---- one request */

static uint64_t page_up(uint64_t n)
{
	return (n + VF_PAGE - 1) & ~(VF_PAGE - 1);
}

/* Is there nothing but a hole in LOWER? */
static bool is_hole(const struct vf_file *f, uint64_t off, uint64_t len)
{
	const off_t data = lseek(f->fd, (off_t)off, SEEK_DATA);

	return data < 0 ? errno == ENXIO : (uint64_t)data >= off + len;
}

static bool read_lower(const struct vf_file *f, char *to, uint64_t len, uint64_t off)
{
	for (uint64_t done = 0; done < len;) {
		const ssize_t n = pread(f->fd, to + done, len - done, (off_t)(off + done));

		if (n == 0)
			break; /* the memory is zero already */
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			done += (uint64_t)n;
	}
	return true;
}

/* file->supply is held. */
static zx_status_t supply_piece(struct vf_file *f, const struct piece *p, uint64_t off,
				uint64_t len)
{
	zx_status_t st;

	if (is_hole(f, off, len)) {
		VF_COUNT(pages_hole, len / VF_PAGE);
		return zx_pager_supply_pages(pager, f->vmo, off, len, empty, 0);
	}
	if (!read_lower(f, (char *)p->addr, len, off)) {
		/* Of a part that was read nothing may stay behind. */
		(void)zx_vmo_op_range(p->vmo, ZX_VMO_OP_ZERO, 0, len, NULL, 0);
		return ZX_ERR_IO;
	}
	st = zx_pager_supply_pages(pager, f->vmo, off, len, p->vmo, 0);
	if (st != ZX_OK)
		(void)zx_vmo_op_range(p->vmo, ZX_VMO_OP_ZERO, 0, len, NULL, 0);
	VF_COUNT(pages_read, len / VF_PAGE);
	vf_budget_charge(len);
	return st;
}

/* How far to go: what was asked for, and more for who reads in order. */
static uint64_t with_read_ahead(struct vf_file *f, uint64_t off, uint64_t end)
{
	const uint64_t file_end = page_up(vf_file_size(f));
	uint64_t ahead = end;

	if (off == f->next_read && off != 0)
		ahead = end + vf_options.read_ahead * VF_PAGE;
	if (ahead > file_end)
		ahead = file_end;
	if (ahead < end)
		ahead = end;
	f->next_read = ahead;
	VF_COUNT(pages_ahead, (ahead - end) / VF_PAGE);
	return ahead;
}

static void serve_read(struct vf_file *f, const struct piece *p, uint64_t off, uint64_t len)
{
	const uint64_t asked = off + len;
	uint64_t end;

	pthread_mutex_lock(&f->supply);
	end = with_read_ahead(f, off, asked);
	while (off < end) {
		const uint64_t n = end - off < PIECE ? end - off : PIECE;

		if (supply_piece(f, p, off, n) != ZX_OK)
			break;
		off += n;
		/* Who evicts or writes back gets a turn. */
		if (off < end) {
			pthread_mutex_unlock(&f->supply);
			pthread_mutex_lock(&f->supply);
		}
	}
	pthread_mutex_unlock(&f->supply);
	/* A file that was taken down meanwhile has nobody waiting. */
	if (off < asked && zx_pager_op_range(pager, ZX_PAGER_OP_FAIL, f->vmo, off, asked - off,
					     (uint64_t)(int64_t)ZX_ERR_IO) == ZX_OK)
		VF_COUNT(request_errors, 1);
}

static void serve(const zx_port_packet_t *packet, const struct piece *p)
{
	struct vf_file *f = vf_file_by_id(packet->key);

	if (f == NULL)
		return;
	switch (packet->page_request.command) {
	case ZX_PAGER_VMO_READ:
		VF_COUNT(requests, 1);
		serve_read(f, p, packet->page_request.offset, packet->page_request.length);
		break;
	case ZX_PAGER_VMO_COMPLETE:
		VF_COUNT(completes, 1);
		vf_file_complete(f);
		break;
	default:
		/* ZX_PAGER_VMO_DIRTY comes only to VMOs that trap. */
		break;
	}
	vf_file_unref(f);
}

static void *serve_all(void *arg)
{
	struct piece p = {0};
	zx_port_packet_t packet;

	(void)arg;
	if (zx_vmo_create(PIECE, 0, &p.vmo) != ZX_OK ||
	    zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, p.vmo, 0, PIECE,
			&p.addr) != ZX_OK) {
		vf_complain("no memory to read files into");
		exit(VF_EXIT_ERROR);
	}
	while (zx_port_wait(port, ZX_TIME_INFINITE, &packet) == ZX_OK) {
		if (packet.type == ZX_PKT_TYPE_USER)
			break;
		serve(&packet, &p);
	}
	zx_vmar_unmap(zx_vmar_root_self(), p.addr, PIECE);
	zx_handle_close(p.vmo);
	return NULL;
}

/* ---- */

bool vf_pager_start(unsigned n)
{
	if (zx_port_create(0, &port) != ZX_OK || zx_pager_create(0, &pager) != ZX_OK ||
	    zx_vmo_create(VF_MAX_IO, 0, &empty) != ZX_OK)
		return false;
	for (; running < n && running < MOST_THREADS; running++)
		if (pthread_create(&threads[running], NULL, serve_all, NULL) != 0)
			return running != 0;
	return true;
}

void vf_pager_stop(void)
{
	const zx_port_packet_t quit = {.key = KEY_QUIT, .type = ZX_PKT_TYPE_USER};

	/* What is in the port already comes first. */
	for (unsigned i = 0; i < running; i++)
		(void)zx_port_queue(port, &quit);
	for (unsigned i = 0; i < running; i++)
		pthread_join(threads[i], NULL);
	running = 0;
	zx_handle_close(pager);
	zx_handle_close(port);
	zx_handle_close(empty);
}
