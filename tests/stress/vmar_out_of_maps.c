/* zi-test: serial */
/*
 * The host gives a process a limited number of maps. Running into the limit is NO_MEMORY, and
 * everything that was there before goes on working.
 */
#include <stdio.h>

#include "../call/vmar_t.h"
#include "vm/vmar.h"

static uint64_t host_limit(void)
{
	FILE *f = fopen("/proc/sys/vm/max_map_count", "r");
	unsigned long n = 0;

	if (f != NULL) {
		if (fscanf(f, "%lu", &n) != 1)
			n = 0;
		fclose(f);
	}
	return n;
}

enum { VICTIM_PAGES = 256 };
static zx_vaddr_t victim_base; /* a mapping of the root VMAR to punch holes into */

struct crowd {
	zx_handle_t vmar, vmo;
	zx_vaddr_t base;
	uint64_t mapped; /* pages 0 to mapped - 1, shown backwards from the VMO's end */
	uint64_t pages;
};

/* One-page mappings, no two of which the host can join, until there is no more. */
static struct crowd fill_up(uint64_t pages)
{
	struct crowd c = {.pages = pages, .vmo = t_vmo(pages * PG)};
	zx_vaddr_t addr;

	c.vmar = arena_of(zx_vmar_root_self(), CAN_ALL | ZX_VM_COMPACT, pages, &c.base);
	for (c.mapped = 0; c.mapped < pages; c.mapped++) {
		const zx_status_t st = zx_vmar_map(c.vmar, RW | SPECIFIC, c.mapped * PG, c.vmo,
						   (pages - 1 - c.mapped) * PG, PG, &addr);

		if (st == ZX_ERR_NO_MEMORY)
			break;
		T_OK(st);
	}
	cr_assert_lt(c.mapped, pages, "the limit was not met");
	return c;
}

static void expect_whole(const struct crowd *c)
{
	cr_assert_eq(vmo_info(c->vmo).num_mappings, c->mapped);
	cr_assert(zi_aspace_check(zi_aspace_self()));
	for (uint64_t i = 0; i < c->mapped; i += 97) {
		T_OK(try_write(c->base + i * PG, (uint8_t)(i + 1)));
		cr_assert_eq(vmo_byte(c->vmo, (c->pages - 1 - i) * PG), (uint8_t)(i + 1));
	}
	T_ZX(try_read(c->base + c->mapped * PG), ZX_ERR_NOT_FOUND);
}

/* Giving back goes on for a while past the limit, with maps kept for that; this uses them up. */
static void use_up_spares(void)
{
	zx_vaddr_t base;
	zx_status_t st = ZX_OK;

	base = victim_base;
	for (uint64_t i = 0; i < VICTIM_PAGES / 2 - 1 && st == ZX_OK; i++)
		st = zx_vmar_unmap(zx_vmar_root_self(), base + (2 * i + 1) * PG, PG);
	T_ZX(st, ZX_ERR_NO_MEMORY);
}

/* spec: vmar 3.1 #37 */ /* spec: vmar 4.1 #9 */ /* spec: vmar 5.1 #10 */
Test(stress_vmar_out_of_maps, no_maps_left__map_unmap_protect__no_memory_and_all_goes_on)
{
	t_require("native");
	const uint64_t limit = host_limit();
	zx_handle_t big = t_vmo(64 * PG), v;
	zx_vaddr_t base, addr = 0x123;
	struct crowd c;

	if (limit == 0 || limit > 200000)
		cr_skip("needs a limit on maps that can be met");
	v = arena_of(zx_vmar_root_self(), CAN_ALL | ZX_VM_COMPACT, 128, &base);
	number_pages(big, 64);
	map_at(v, RW, 32, big, 0, 64);
	const zx_handle_t victim = t_vmo(VICTIM_PAGES * PG);

	T_OK(zx_vmar_map(zx_vmar_root_self(), RW, 0, victim, 0, VICTIM_PAGES * PG, &victim_base));
	c = fill_up(limit + 10);
	use_up_spares();
	expect_whole(&c);
	/* Splitting takes more maps than there are. */
	T_ZX(zx_vmar_map(v, R | SPECIFIC, 10 * PG, big, 0, PG, &addr), ZX_ERR_NO_MEMORY);
	cr_assert_eq(addr, 0x123);
	T_ZX(zx_vmar_unmap(v, base + 40 * PG, PG), ZX_ERR_NO_MEMORY);
	EXPECT_MAPS("unmap", v, {'M', 1, 32, 64, RW, big, 0});
	cr_assert_eq(byte_at(base + 40 * PG), 9);
	T_ZX(zx_vmar_protect(v, R, base + 40 * PG, PG), ZX_ERR_NO_MEMORY);
	T_ZX(zx_vmar_unmap(v, base + 40 * PG, PG), ZX_ERR_NO_MEMORY);
	expect_whole(&c);
	/* What needs no more maps works. */
	T_OK(zx_vmar_protect(v, R, base + 32 * PG, 64 * PG));
	T_ZX(try_write(base + 40 * PG, 1), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmar_protect(v, RW, base + 32 * PG, 64 * PG));
	T_OK(try_write(base + 40 * PG, 90));
	EXPECT_MAPS("whole", v, {'M', 1, 32, 64, RW, big, 0});
	cr_assert_eq(vmo_byte(big, 40 * PG - 32 * PG), 90);
	/* Room again. */
	T_OK(zx_vmar_destroy(c.vmar));
	cr_assert_eq(vmo_info(c.vmo).num_mappings, 0);
	T_OK(zx_vmar_unmap(v, base + 40 * PG, PG));
	T_OK(zx_vmar_map(v, R | SPECIFIC, 40 * PG, big, 0, PG, &addr));
	cr_assert_eq(byte_at(base + 40 * PG), 1);
	cr_assert(zi_aspace_check(zi_aspace_self()));
	T_OK(zx_vmar_unmap(zx_vmar_root_self(), victim_base, VICTIM_PAGES * PG));
	t_close(victim);
	t_close(c.vmar);
	t_close(c.vmo);
	t_close(v);
	t_close(big);
}
