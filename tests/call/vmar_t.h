/*
 * What the tests of zx_vmar_* share: regions to try calls in, short names for calls, and listings.
 * No test logic.
 */
#ifndef VMAR_T_H
#define VMAR_T_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zirconia/debug.h>
#include <zirconia/fault.h>

#include "t.h"

#define PG ((uint64_t)T_PAGE)

#define R ZX_VM_PERM_READ
#define W ZX_VM_PERM_WRITE
#define X ZX_VM_PERM_EXECUTE
#define RW (R | W)
#define SPECIFIC ZX_VM_SPECIFIC
#define OVERWRITE ZX_VM_SPECIFIC_OVERWRITE
#define UPPER ZX_VM_OFFSET_IS_UPPER_LIMIT
#define FAULTS ZX_VM_ALLOW_FAULTS
#define BEYOND ZX_VM_FAULT_BEYOND_STREAM_SIZE
#define ALIGN(n) ((uint32_t)(n) << ZX_VM_ALIGN_BASE)
#define CAN_READ ZX_VM_CAN_MAP_READ
#define CAN_WRITE ZX_VM_CAN_MAP_WRITE
#define CAN_EXECUTE ZX_VM_CAN_MAP_EXECUTE
#define CAN_SPECIFIC ZX_VM_CAN_MAP_SPECIFIC
#define CAN_ALL (CAN_READ | CAN_WRITE | CAN_EXECUTE | CAN_SPECIFIC)

#define VMAR_RIGHTS ((zx_rights_t)0x208003)
#define ROOT_RIGHTS ((zx_rights_t)0x20801f)

#define UNUSED_OK static inline __attribute__((unused))

/* ---- handles */

UNUSED_OK zx_handle_t dup_of(zx_handle_t handle, zx_rights_t rights)
{
	zx_handle_t out = ZX_HANDLE_INVALID;

	T_OK(zx_handle_duplicate(handle, rights, &out));
	return out;
}

UNUSED_OK zx_handle_t without(zx_handle_t handle, zx_rights_t missing)
{
	return dup_of(handle, t_rights(handle) & ~missing);
}

UNUSED_OK zx_handle_t an_event(void)
{
	zx_handle_t event = ZX_HANDLE_INVALID;

	T_OK(zx_event_create(0, &event));
	return event;
}

UNUSED_OK zx_handle_t a_closed_handle(void)
{
	zx_handle_t event = an_event();

	t_close(event);
	return event;
}

/* A VMO with the right to map it for execution. */
UNUSED_OK zx_handle_t executable_vmo(uint64_t size)
{
	zx_handle_t vmo = t_vmo(size);

	T_OK(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &vmo));
	return vmo;
}

UNUSED_OK zx_info_vmo_t vmo_info(zx_handle_t vmo)
{
	zx_info_vmo_t info;

	memset(&info, 0xee, sizeof(info));
	T_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	return info;
}

/* Every page of the VMO begins with its number plus one. */
UNUSED_OK void number_pages(zx_handle_t vmo, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++) {
		const uint8_t n = (uint8_t)(i + 1);

		T_OK(zx_vmo_write(vmo, &n, i * PG, 1));
	}
}

UNUSED_OK uint8_t vmo_byte(zx_handle_t vmo, uint64_t off)
{
	uint8_t value = 0xee;

	T_OK(zx_vmo_read(vmo, &value, off, 1));
	return value;
}

/* ---- a process that nobody runs in */

struct process {
	zx_handle_t process, root;
};

UNUSED_OK struct process other_process(void)
{
	struct process p = {ZX_HANDLE_INVALID, ZX_HANDLE_INVALID};

	T_OK(zx_process_create(zx_job_default(), "other", 5, 0, &p.process, &p.root));
	return p;
}

UNUSED_OK void end_process(struct process *p)
{
	t_close(p->root);
	t_close(p->process);
}

/* ---- regions */

UNUSED_OK zx_handle_t sub(zx_handle_t parent, uint32_t options, uint64_t page, uint64_t pages,
			  zx_vaddr_t *out_base)
{
	zx_handle_t v = ZX_HANDLE_INVALID;

	*out_base = 0;
	T_OK(zx_vmar_allocate(parent, options | SPECIFIC, page * PG, pages * PG, &v, out_base));
	return v;
}

UNUSED_OK zx_handle_t arena_of(zx_handle_t parent, uint32_t options, uint64_t pages,
			       zx_vaddr_t *out_base)
{
	zx_handle_t v = ZX_HANDLE_INVALID;

	*out_base = 0;
	T_OK(zx_vmar_allocate(parent, options, 0, pages * PG, &v, out_base));
	return v;
}

/*
 * The same test in both kinds of address space: `fn` gets a region of ARENA_PAGES pages with all
 * flags, once in this process, where it is real memory, and once in a process that exists in the
 * books only.
 */
#define ARENA_PAGES 64

struct arena {
	const char *name;
	zx_handle_t vmar;
	zx_vaddr_t base;
	zx_handle_t process;
	bool real;
};

UNUSED_OK void in_both(void (*fn)(const struct arena *a))
{
	struct process p = other_process();
	struct arena self = {.name = "self", .process = zx_process_self(), .real = true};
	struct arena other = {.name = "other", .process = p.process};

	self.vmar = arena_of(zx_vmar_root_self(), CAN_ALL, ARENA_PAGES, &self.base);
	fn(&self);
	T_OK(zx_vmar_destroy(self.vmar));
	t_close(self.vmar);
	other.vmar = arena_of(p.root, CAN_ALL, ARENA_PAGES, &other.base);
	fn(&other);
	T_OK(zx_vmar_destroy(other.vmar));
	t_close(other.vmar);
	end_process(&p);
}

/* Maps at a page of the region; the address is where it must be. */
UNUSED_OK zx_vaddr_t map_at(zx_handle_t vmar, uint32_t options, uint64_t page, zx_handle_t vmo,
			    uint64_t vmo_page, uint64_t pages)
{
	zx_info_vmar_t info;
	zx_vaddr_t addr = 0;

	T_OK(zx_object_get_info(vmar, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
	if ((options & OVERWRITE) == 0)
		options |= SPECIFIC;
	T_OK(zx_vmar_map(vmar, options, page * PG, vmo, vmo_page * PG, pages * PG, &addr));
	cr_assert_eq(addr, info.base + page * PG);
	return addr;
}

UNUSED_OK zx_status_t op(zx_handle_t vmar, uint32_t code, zx_vaddr_t addr, uint64_t len)
{
	return zx_vmar_op_range(vmar, code, addr, len, NULL, 0);
}

/* The status of a one-byte access; real memory only. */
UNUSED_OK zx_status_t try_read(zx_vaddr_t addr)
{
	uint8_t value;

	return zirconia_probe_read8((const void *)addr, &value);
}

UNUSED_OK zx_status_t try_write(zx_vaddr_t addr, uint8_t value)
{
	return zirconia_probe_write8((void *)addr, value);
}

UNUSED_OK uint8_t byte_at(zx_vaddr_t addr)
{
	uint8_t value = 0xee;

	T_OK(zirconia_probe_read8((const void *)addr, &value));
	return value;
}

/* The calls on a dead region, with arguments that are right otherwise. */
UNUSED_OK void expect_dead(const char *row, zx_handle_t vmar, zx_vaddr_t base)
{
	zx_handle_t vmo = t_vmo(PG), child = ZX_HANDLE_INVALID;
	zx_info_maps_t maps;
	zx_info_vmar_t info;
	zx_vaddr_t addr;

	T_ZX_ROW(row, zx_vmar_allocate(vmar, 0, 0, PG, &child, &addr), ZX_ERR_BAD_STATE);
	T_ZX_ROW(row, zx_vmar_map(vmar, R, 0, vmo, 0, PG, &addr), ZX_ERR_BAD_STATE);
	T_ZX_ROW(row, zx_vmar_unmap(vmar, base, PG), ZX_ERR_BAD_STATE);
	T_ZX_ROW(row, zx_vmar_protect(vmar, R, base, PG), ZX_ERR_BAD_STATE);
	T_ZX_ROW(row, op(vmar, ZX_VMAR_OP_COMMIT, base, PG), ZX_ERR_BAD_STATE);
	T_ZX_ROW(row, zx_vmar_destroy(vmar), ZX_ERR_BAD_STATE);
	T_ZX_ROW(row, zx_object_get_info(vmar, ZX_INFO_VMAR_MAPS, &maps, sizeof(maps), NULL, NULL),
		 ZX_ERR_BAD_STATE);
	T_OK(zx_object_get_info(vmar, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
	cr_assert_eq(info.base, base, "%s", row);
	t_close(vmo);
}

/* ---- listings */

UNUSED_OK size_t list(zx_handle_t vmar, zx_info_maps_t *rows, size_t room)
{
	size_t actual = 0, avail = 0;

	T_OK(zx_object_get_info(vmar, ZX_INFO_VMAR_MAPS, rows, room * sizeof(*rows), &actual,
				&avail));
	cr_assert_eq(actual, avail < room ? avail : room);
	return avail;
}

/*
 * A row of VMAR_MAPS below the region: V a region, M a mapping. Pages count from the region's base.
 */
struct want {
	char type;
	size_t depth;
	uint64_t page, pages;
	uint32_t prot;
	zx_handle_t vmo;
	uint64_t vmo_page;
};

#define MAPS_ROOM 64

UNUSED_OK void expect_maps(const char *row, zx_handle_t vmar, const struct want *want, size_t n)
{
	/* Static, because Valgrind does not let the stack grow by much in a signal. */
	static zx_info_maps_t got[MAPS_ROOM];
	const size_t rows = list(vmar, got, MAPS_ROOM);
	const zx_vaddr_t base = got[0].base;

	cr_assert_eq(got[0].type, ZX_INFO_MAPS_TYPE_VMAR);
	cr_assert_eq(got[0].depth, 0);
	cr_assert_eq(rows, n + 1, "%s: %zu rows below, not %zu", row, rows - 1, n);
	for (size_t i = 0; i < n; i++) {
		const struct want *w = &want[i];
		const zx_info_maps_t *g = &got[i + 1];
		const bool mapping = w->type == 'M';

		cr_assert_eq(g->type, mapping ? ZX_INFO_MAPS_TYPE_MAPPING : ZX_INFO_MAPS_TYPE_VMAR,
			     "%s: row %zu type", row, i);
		cr_assert(g->base == base + w->page * PG && g->size == w->pages * PG,
			  "%s: row %zu is page %" PRIu64 " and %" PRIu64 " pages, not %" PRIu64
			  " and %" PRIu64,
			  row, i, (g->base - base) / PG, g->size / PG, w->page, w->pages);
		cr_assert_eq(g->depth, w->depth, "%s: row %zu depth %zu", row, i, g->depth);
		if (!mapping) {
			cr_assert_str_eq(g->name, "useralloc");
			continue;
		}
		cr_assert_eq(g->u.mapping.mmu_flags, w->prot, "%s: row %zu protection %x", row, i,
			     g->u.mapping.mmu_flags);
		cr_assert_eq(g->u.mapping.vmo_koid, t_koid(w->vmo), "%s: row %zu VMO", row, i);
		cr_assert_eq(g->u.mapping.vmo_offset, w->vmo_page * PG,
			     "%s: row %zu shows VMO page %" PRIu64, row, i,
			     g->u.mapping.vmo_offset / PG);
	}
}

/* The row of this process's vDSO code. */
UNUSED_OK zx_info_maps_t the_vdso(void)
{
	const size_t room = 4096;
	zx_info_maps_t *all = calloc(room, sizeof(*all)), vdso;
	size_t n = list(zx_vmar_root_self(), all, room);

	while (n > 0 && strcmp(all[n - 1].name, "vdso/next") != 0)
		n--;
	cr_assert_gt(n, 0, "no vDSO");
	vdso = all[n - 1];
	free(all);
	return vdso;
}

#define EXPECT_MAPS(row, vmar, ...)                                \
	expect_maps(row, vmar, (const struct want[]){__VA_ARGS__}, \
		    sizeof((const struct want[]){__VA_ARGS__}) / sizeof(struct want))
#define EXPECT_EMPTY(row, vmar) expect_maps(row, vmar, NULL, 0)

#endif
