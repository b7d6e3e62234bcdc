/* What the fuzzers of calls share: fuzz_world.h says what it is. */
#include "fuzz_world.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zircon/syscalls-next.h>
#include <zircon/syscalls/iob.h>
#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/port.h>
#include <zircon/syscalls/resource.h>
#include <zirconia/debug.h>
#include <zirconia/device.h>

#include "host/host_i.h"
#include "object/handle_i.h"
#include "object/object.h"
#include "vm/vmar.h"

#define ALL_RIGHTS ((zx_rights_t)0x7fffffff)

zx_handle_t fz_vmar;
zx_vaddr_t fz_vmar_base;
size_t fz_vmar_len;
uint8_t *fz_area, *fz_read_only, *fz_no_access;
zx_paddr_t fz_paddr;

void fz_fail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("fuzz: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	abort();
}

static void must(zx_status_t st, const char *what)
{
	if (st != ZX_OK)
		fz_fail("%s: %d", what, st);
}

/* ---- the input */

uint64_t fz_u(struct fz_in *in, unsigned bytes)
{
	const size_t n = bytes < in->left ? bytes : in->left;
	uint64_t value = 0;

	memcpy(&value, in->at, n);
	in->at += n;
	in->left -= n;
	return value;
}

uint8_t fz_u8(struct fz_in *in)
{
	return (uint8_t)fz_u(in, 1);
}

uint64_t fz_number(struct fz_in *in)
{
	static const uint64_t numbers[] = {INT64_MAX,
					   UINT64_MAX,
					   (uint64_t)1 << 63,
					   0 - (uint64_t)FZ_PAGE,
					   ((uint64_t)1 << 63) - FZ_PAGE,
					   ((uint64_t)1 << 53),
					   UINT32_MAX,
					   (uint64_t)1 << 32,
					   (uint64_t)1 << 47,
					   1ull << 40};
	const uint8_t kind = fz_u8(in);

	if (kind < 60)
		return 0;
	if (kind < 130)
		return (kind - 60u) % 12 * FZ_PAGE;
	if (kind < 160)
		return fz_u8(in);
	if (kind < 190)
		return fz_u8(in) % 32 * FZ_PAGE + kind % 16 - 8;
	if (kind < 205)
		return fz_u8(in) % 64 * FZ_PAGE;
	if (kind < 220)
		return (uint64_t)1 << fz_u8(in) % 64;
	if (kind < 235)
		return numbers[fz_u8(in) % (sizeof(numbers) / sizeof(numbers[0]))];
	if (kind < 245)
		return 0 - (uint64_t)fz_u8(in);
	return fz_u(in, 8);
}

/* ---- the harness's own handles */

enum { OURS_MAX = 64 };

static pthread_mutex_t ours_lock = PTHREAD_MUTEX_INITIALIZER;
static zx_handle_t ours[OURS_MAX]; /* guarded by ours_lock; 0: free */

static void ours_add(zx_handle_t h)
{
	pthread_mutex_lock(&ours_lock);
	for (unsigned i = 0; i < OURS_MAX; i++) {
		if (ours[i] == ZX_HANDLE_INVALID) {
			ours[i] = h;
			pthread_mutex_unlock(&ours_lock);
			return;
		}
	}
	fz_fail("more than %d handles of the harness", OURS_MAX);
}

static void ours_close(zx_handle_t h)
{
	pthread_mutex_lock(&ours_lock);
	for (unsigned i = 0; i < OURS_MAX; i++)
		if (ours[i] == h)
			ours[i] = ZX_HANDLE_INVALID;
	pthread_mutex_unlock(&ours_lock);
	must(zx_handle_close(h), "a handle of the harness was closed");
}

bool fz_is_ours(zx_handle_t h)
{
	bool found = false;

	pthread_mutex_lock(&ours_lock);
	for (unsigned i = 0; i < OURS_MAX && h != ZX_HANDLE_INVALID; i++)
		found = found || ours[i] == h;
	pthread_mutex_unlock(&ours_lock);
	return found;
}

zx_handle_t fz_keep(zx_handle_t h)
{
	zx_handle_t kept = ZX_HANDLE_INVALID;
	struct zi_object *o;

	if (zi_handle_get(h, ZX_OBJ_TYPE_NONE, ZX_RIGHT_NONE, &o, NULL) != ZX_OK)
		return ZX_HANDLE_INVALID;
	must(zi_handle_add(o, ALL_RIGHTS, &kept), "keeping a handle");
	zi_object_unref(o);
	ours_add(kept);
	return kept;
}

/* ---- a pager that answers */

enum { SERVED_MAX = 16, RESET_KEY = 0x7e5e7, SUPPLY_MAX = 1 << 20 };

static struct {
	zx_handle_t pager, vmo;
} served[SERVED_MAX];
static unsigned served_count;
static pthread_mutex_t served_lock = PTHREAD_MUTEX_INITIALIZER; /* guards both */
static zx_handle_t server_port;
static sem_t reset_done;

static void answer(const zx_packet_page_request_t *r, zx_handle_t pager, zx_handle_t vmo)
{
	const bool fails = (r->offset / FZ_PAGE + r->length / FZ_PAGE) % 4 == 3;
	zx_handle_t aux = ZX_HANDLE_INVALID;
	zx_status_t st = ZX_ERR_NO_MEMORY;

	if (r->command == ZX_PAGER_VMO_COMPLETE)
		return;
	if (r->command == ZX_PAGER_VMO_DIRTY && !fails) {
		st = zx_pager_op_range(pager, ZX_PAGER_OP_DIRTY, vmo, r->offset, r->length, 0);
	} else if (r->command == ZX_PAGER_VMO_READ && !fails && r->length <= SUPPLY_MAX &&
		   zx_vmo_create(r->length, 0, &aux) == ZX_OK) {
		st = zx_pager_supply_pages(pager, vmo, r->offset, r->length, aux, 0);
		zx_handle_close(aux);
	}
	if (st != ZX_OK)
		(void)zx_pager_op_range(pager, ZX_PAGER_OP_FAIL, vmo, r->offset, r->length,
					(uint64_t)ZX_ERR_IO);
}

static void *server(void *arg)
{
	zx_port_packet_t p;

	(void)arg;
	for (;;) {
		must(zx_port_wait(server_port, ZX_TIME_INFINITE, &p), "the pager's port");
		if (p.type == ZX_PKT_TYPE_PAGE_REQUEST) {
			zx_handle_t pager = ZX_HANDLE_INVALID, vmo = ZX_HANDLE_INVALID;

			pthread_mutex_lock(&served_lock);
			if (p.key < served_count) {
				pager = served[p.key].pager;
				vmo = served[p.key].vmo;
			}
			pthread_mutex_unlock(&served_lock);
			answer(&p.page_request, pager, vmo);
		} else if (p.type == ZX_PKT_TYPE_USER && p.key == RESET_KEY) {
			sem_post(&reset_done);
		}
	}
	return NULL;
}

zx_handle_t fz_pager_port(uint64_t *out_key)
{
	*out_key = served_count < SERVED_MAX ? served_count : UINT64_MAX;
	return *out_key == UINT64_MAX ? ZX_HANDLE_INVALID : server_port;
}

void fz_pager_serve(uint64_t key, zx_handle_t pager, zx_handle_t vmo)
{
	const zx_handle_t kept_pager = fz_keep(pager), kept_vmo = fz_keep(vmo);

	pthread_mutex_lock(&served_lock);
	served[key].pager = kept_pager;
	served[key].vmo = kept_vmo;
	served_count = (unsigned)key + 1;
	pthread_mutex_unlock(&served_lock);
}

/* Every request that was made before is answered afterwards. */
static void server_quiet(void)
{
	const zx_port_packet_t p = {.key = RESET_KEY, .type = ZX_PKT_TYPE_USER};

	must(zx_port_queue(server_port, &p), "the pager's port");
	while (sem_wait(&reset_done) != 0)
		;
}

/* ---- handles of the input */

enum { HELD_MAX = 192, GONE_MAX = 32, KEPT_MAX = 16, MAPPED_MAX = 32 };

static zx_handle_t held[HELD_MAX];
static zx_obj_type_t held_type[HELD_MAX];
static unsigned held_count;
static zx_handle_t gone[GONE_MAX];
static unsigned gone_count; /* ever */
static zx_handle_t btis[KEPT_MAX];
static unsigned bti_count;
static zx_vaddr_t mapped[MAPPED_MAX];
static unsigned mapped_count;
static zx_handle_t vmar_kept;

zx_obj_type_t fz_type(zx_handle_t h, zx_koid_t *out_koid)
{
	struct zi_object *o;

	if (zi_handle_get(h, ZX_OBJ_TYPE_NONE, ZX_RIGHT_NONE, &o, NULL) != ZX_OK)
		return ZX_OBJ_TYPE_NONE;
	const zx_obj_type_t type = o->ops->type;

	if (out_koid != NULL)
		*out_koid = o->koid;
	zi_object_unref(o);
	return type;
}

void fz_hold(zx_handle_t h)
{
	const zx_obj_type_t type = fz_type(h, NULL);

	if (type == ZX_OBJ_TYPE_NONE || held_count == HELD_MAX)
		return;
	/* What a BTI has in quarantine must be released in the end, whatever rights the input's handles have. */
	if (type == ZX_OBJ_TYPE_BTI && bti_count < KEPT_MAX)
		btis[bti_count++] = fz_keep(h);
	held[held_count] = h;
	held_type[held_count++] = type;
}

static void forget(unsigned i)
{
	gone[gone_count++ % GONE_MAX] = held[i];
	held[i] = held[--held_count];
	held_type[i] = held_type[held_count];
}

zx_handle_t fz_handle(struct fz_in *in, zx_obj_type_t wanted)
{
	const uint8_t kind = fz_u8(in), which = fz_u8(in);
	zx_handle_t h = ZX_HANDLE_INVALID;

	for (unsigned i = 0; i < held_count;) {
		if (fz_type(held[i], NULL) == held_type[i])
			i++;
		else
			forget(i);
	}
	if (kind < 200 && wanted != ZX_OBJ_TYPE_NONE) {
		unsigned n = 0;

		for (unsigned i = 0; i < held_count; i++)
			n += held_type[i] == wanted;
		if (n != 0) {
			unsigned skip = which % n;

			for (unsigned i = 0; i < held_count; i++)
				if (held_type[i] == wanted && skip-- == 0)
					h = held[i];
			return h;
		}
	}
	if (kind < 230 && held_count != 0)
		return held[which % held_count];
	if (kind < 240 && gone_count != 0)
		return gone[which % (gone_count < GONE_MAX ? gone_count : GONE_MAX)];
	if (kind < 246)
		h = (zx_handle_t)fz_u(in, 4);
	else if (kind < 250 && held_count != 0)
		h = held[which % held_count] ^ (1u << which % 32);
	return fz_is_ours(h) ? ZX_HANDLE_INVALID : h;
}

/* ---- pointers */

void fz_mapped(zx_vaddr_t addr)
{
	mapped[mapped_count++ % MAPPED_MAX] = addr;
}

zx_vaddr_t fz_address(struct fz_in *in)
{
	const uint8_t kind = fz_u8(in);
	const unsigned n = mapped_count < MAPPED_MAX ? mapped_count : MAPPED_MAX;
	zx_vaddr_t addr = n != 0 ? mapped[kind % n] : fz_vmar_base;

	if (kind >= 224)
		return kind < 240 ? fz_vmar_base : fz_number(in);
	if (kind >= 128)
		addr += fz_u8(in) % 20 * FZ_PAGE;
	return kind % 8 == 7 ? addr + fz_u8(in) : addr;
}

void *fz_pointer(struct fz_in *in, size_t *out_room)
{
	static const uint64_t odd[] = {0xffff800000000000,
				       (uint64_t)1 << 47,
				       0x00007ffffffff000,
				       UINT64_MAX,
				       UINT64_MAX - 4095,
				       0xdeadbeefdeadbeef,
				       1};
	const uint8_t kind = fz_u8(in);
	const size_t at = fz_u8(in);

	*out_room = 0;
	/* Mostly good ones: a call with three pointers is to get somewhere, too. */
	if (kind < 180) {
		*out_room = FZ_AREA_LEN - at;
		return fz_area + (kind < 150 ? at & ~(size_t)15 : at);
	}
	switch (kind % 10) {
	case 0:
		return NULL;
	case 1:
		return fz_no_access + at;
	case 2:
		return fz_read_only + at;
	case 3:
		return (void *)(uintptr_t)(0x1000 + at * 16); /* below what can be mapped */
	case 4:
		return (void *)(uintptr_t)odd[at % (sizeof(odd) / sizeof(odd[0]))];
	case 5:
		*out_room = at;
		return fz_area + FZ_AREA_LEN - at;
	default:
		return (void *)fz_address(in);
	}
}

/* ---- before and after an input */

static size_t objects_before, handles_before;
static bool baseline;

static void start(void)
{
	static bool started;
	zx_handle_t own[] = {zx_process_self(), zx_vmar_root_self(), zx_job_default(),
			     zx_thread_self()};
	pthread_t thread;
	uint8_t *all;

	if (started)
		return;
	started = true;
	all = mmap(NULL, FZ_AREA_LEN + 5 * FZ_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED || mprotect(all, FZ_AREA_LEN, PROT_READ | PROT_WRITE) != 0 ||
	    mprotect(all + FZ_AREA_LEN + 2 * FZ_PAGE, FZ_PAGE, PROT_READ) != 0)
		fz_fail("no memory");
	fz_area = all;
	fz_no_access = all + FZ_AREA_LEN;
	fz_read_only = all + FZ_AREA_LEN + 2 * FZ_PAGE;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		ours_add(own[i]);
	must(zx_port_create(0, &server_port), "port");
	ours_add(server_port);
	sem_init(&reset_done, 0, 0);
	if (pthread_create(&thread, NULL, server, NULL) != 0)
		fz_fail("no thread");
	must(zirconia_device_memory_alloc(FZ_PADDR_PAGES * FZ_PAGE, 0, &fz_paddr), "memory");
	server_quiet();
}

void fz_begin(void)
{
	zx_handle_t h;

	start();
	/* What an input finds there is its own. */
	memset(fz_area, 0, FZ_AREA_LEN);
	fz_vmar_len = (size_t)64 << 20;
	must(zx_vmar_allocate(zx_vmar_root_self(),
			      ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE |
				      ZX_VM_CAN_MAP_SPECIFIC,
			      0, fz_vmar_len, &h, &fz_vmar_base),
	     "a region");
	fz_vmar = h;
	vmar_kept = fz_keep(h);
	held_count = gone_count = bti_count = mapped_count = 0;
	fz_hold(h);
}

/* Calls f for every open handle but the harness's. */
static void each_handle(void (*f)(zx_handle_t h))
{
	for (uint32_t i = 0; i < ZI_SLOTS_MAX; i += ZI_SLOT_CHUNK) {
		if (zi_slot_at(i) == NULL)
			continue;
		for (uint32_t j = i; j < i + ZI_SLOT_CHUNK; j++) {
			const zx_handle_t h = (zx_handle_t)zi_slot_at(j)->key;

			if (h != ZX_HANDLE_INVALID && !fz_is_ours(h))
				f(h);
		}
	}
}

static void check_one(zx_handle_t h)
{
	const zx_status_t st = zirconia_debug_check(h);

	if (st != ZX_OK && st != ZX_ERR_WRONG_TYPE)
		fz_fail("the VMO of handle %#x is damaged", h);
}

static void close_one(zx_handle_t h)
{
	must(zx_handle_close(h), "closing a handle of the input");
}

static void check_books(const char *when)
{
	if (!zi_aspace_check(zi_aspace_self()))
		fz_fail("%s: the address space is damaged", when);
	if (!zi_arena_check())
		fz_fail("%s: the arena is damaged", when);
}

void fz_end(void)
{
	each_handle(check_one);
	check_books("after the calls");
	(void)zx_vmar_destroy(vmar_kept); /* the input may have done it */
	each_handle(close_one);
	for (unsigned i = 0; i < bti_count; i++) {
		must(zx_bti_release_quarantine(btis[i]), "releasing a quarantine");
		ours_close(btis[i]);
	}
	server_quiet();
	pthread_mutex_lock(&served_lock);
	const unsigned count = served_count;

	served_count = 0;
	pthread_mutex_unlock(&served_lock);
	for (unsigned i = 0; i < count; i++) {
		ours_close(served[i].vmo);
		ours_close(served[i].pager);
	}
	ours_close(vmar_kept);
	server_quiet();
	check_books("at the end");
	/* The first input makes what stays for good. */
	if (!baseline) {
		baseline = true;
		objects_before = zi_object_live();
		handles_before = zi_handle_live();
	}
	/* What other threads are done with goes a moment later. */
	for (int i = 0; i < 1000 && zi_object_live() != objects_before; i++)
		usleep(1000);
	if (zi_handle_live() != handles_before)
		fz_fail("%zu handles instead of %zu", zi_handle_live(), handles_before);
	if (zi_object_live() != objects_before)
		fz_fail("%zu objects instead of %zu", zi_object_live(), objects_before);
}

bool fz_room_for_bti(void)
{
	return bti_count < KEPT_MAX;
}

/* ---- what there is at the start: one of everything */

static void hold(zx_status_t st, zx_handle_t *h)
{
	if (st != ZX_OK)
		fz_fail("the first objects: %d", st);
	fz_hold(*h);
}

/* One region that both ends map and write through the kernel, and one of shared memory. */
static void first_buffers(void)
{
	zx_iob_region_t r[2];
	zx_handle_t shared, one, other;

	memset(r, 0, sizeof(r));
	hold(zx_iob_create_shared_region(0, 4 * FZ_PAGE, &shared), &shared);
	r[0].type = ZX_IOB_REGION_TYPE_PRIVATE;
	r[0].access = 0xff;
	r[0].size = 2 * FZ_PAGE;
	r[0].discipline.type = ZX_IOB_DISCIPLINE_TYPE_ID_ALLOCATOR;
	r[1].type = ZX_IOB_REGION_TYPE_SHARED;
	r[1].access = 0xff;
	r[1].discipline.type = ZX_IOB_DISCIPLINE_TYPE_MEDIATED_WRITE_RING_BUFFER;
	r[1].shared_region.shared_region = shared;
	hold(zx_iob_create(0, r, 2, &one, &other), &one);
	fz_hold(other);
}

void fz_first_objects(void)
{
	const zx_iommu_desc_dummy_t desc = {.reserved = 0};
	zx_handle_t h, two, all, region = ZX_HANDLE_INVALID, pager;
	uint64_t key;
	zx_vaddr_t addr;

	/* A region to map in, below the one that the harness keeps. */
	hold(zx_vmar_allocate(fz_vmar,
			      ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC, 0,
			      1 << 22, &region, &addr),
	     &region);
	for (int i = 0; i < 3; i++) {
		hold(zx_vmo_create(8 * FZ_PAGE,
				   i == 1 ? ZX_VMO_RESIZABLE :
				   i == 2 ? ZX_VMO_DISCARDABLE :
					    0,
				   &h),
		     &h);
		if (i == 0) {
			hold(zx_vmo_create_child(h, ZX_VMO_CHILD_SNAPSHOT, 0, 4 * FZ_PAGE, &two),
			     &two);
			hold(zx_stream_create(ZX_STREAM_MODE_READ | ZX_STREAM_MODE_WRITE, h, 0,
					      &two),
			     &two);
		}
		if (zx_vmar_map(region, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_ALLOW_FAULTS, 0,
				h, 0, 8 * FZ_PAGE, &addr) == ZX_OK)
			fz_mapped(addr);
	}
	hold(zx_pager_create(0, &pager), &pager);
	two = fz_pager_port(&key);
	hold(zx_pager_create_vmo(pager, ZX_VMO_TRAP_DIRTY, two, key, 16 * FZ_PAGE, &h), &h);
	fz_pager_serve(key, pager, h);
	if (zx_vmar_map(region, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, h, 0, 16 * FZ_PAGE, &addr) ==
	    ZX_OK)
		fz_mapped(addr);
	hold(zirconia_device_resource(ZX_RSRC_KIND_ROOT, &all), &all);
	hold(zx_resource_create(all, ZX_RSRC_KIND_MMIO, fz_paddr, FZ_PADDR_PAGES * FZ_PAGE, NULL, 0,
				&h),
	     &h);
	hold(zx_iommu_create(all, ZX_IOMMU_TYPE_DUMMY, &desc, sizeof(desc), &h), &h);
	/* With it every physical address could be had. */
	zx_handle_close(all);
	hold(zx_bti_create(h, 0, 0, &two), &two);
	first_buffers();
	hold(zx_port_create(0, &h), &h);
	hold(zx_port_create(ZX_PORT_BIND_TO_INTERRUPT, &h), &h);
	hold(zx_event_create(0, &h), &h);
	hold(zx_eventpair_create(0, &h, &two), &h);
	fz_hold(two);
	hold(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &h), &h);
	hold(zx_counter_create(0, &h), &h);
	hold(zx_interrupt_create(0, 0, ZX_INTERRUPT_VIRTUAL, &h), &h);
	hold(zx_clock_create(0, NULL, &h), &h);
	hold(zx_job_create(zx_job_default(), 0, &h), &h);
	hold(zx_process_create(h, "p", 1, 0, &h, &two), &h);
	fz_hold(two);
	hold(zx_handle_duplicate(zx_process_self(), ZX_RIGHT_SAME_RIGHTS, &h), &h);
	hold(zx_handle_duplicate(zx_thread_self(), ZX_RIGHT_SAME_RIGHTS, &h), &h);
}
