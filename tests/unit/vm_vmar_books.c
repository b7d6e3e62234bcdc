/* zi-test: valgrind */
/* VMARs below the handle layer, in an address space that is kept in the books only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "t.h"
#include "vm/vm.h"
#include "vm/vmar.h"
#include "vm/vmo.h"

#define R ZX_VM_PERM_READ
#define W ZX_VM_PERM_WRITE
#define ALL_FLAGS \
	(ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE | ZX_VM_CAN_MAP_SPECIFIC)

static struct zi_aspace *as;
static struct zi_vmar *root;
static struct zi_vmo *vmo;

static void begin(void)
{
	T_OK(zi_vm_start());
	as = zi_aspace_new();
	cr_assert_not_null(as);
	root = zi_aspace_root(as);
	T_OK(zi_vmo_create(64 * ZI_PAGE, 0, &vmo));
}

static void end(void)
{
	zi_aspace_destroy(as);
	cr_assert_eq(vmo->nmappings, 0);
	cr_assert_null(zi_aspace_root(as));
	zi_vmo_unref(vmo);
	zi_vmar_unref(root);
	zi_aspace_unref(as);
}

static struct zi_vmar *allocate(struct zi_vmar *parent, uint64_t off, uint64_t pages)
{
	struct zi_vmar *v = NULL;

	T_OK(zi_vmar_allocate(parent, ALL_FLAGS | ZX_VM_SPECIFIC, off * ZI_PAGE, pages * ZI_PAGE,
			      &v));
	return v;
}

static zx_vaddr_t map(struct zi_vmar *v, uint64_t off, uint64_t vmo_page, uint64_t pages)
{
	const struct zi_map_args args = {
		.options = R | W | ZX_VM_SPECIFIC,
		.vmar_off = off * ZI_PAGE,
		.vmo = vmo,
		.vmo_off = vmo_page * ZI_PAGE,
		.len = pages * ZI_PAGE,
		.max_prot = R | W,
	};
	struct zi_map_result made = {0};

	T_OK(zi_vmar_map(v, &args, &made));
	zi_vmar_map_finish(v, &made);
	return made.addr;
}

Test(vm_vmar_books, new_address_space__root__has_the_user_range)
{
	begin();
	cr_assert_eq(root->base, 0x200000u);
	cr_assert_eq(root->len, 0x7fffffdff000u);
	cr_assert_not(as->placed);
	cr_assert(zi_aspace_check(as));
	T_ZX(zi_vmar_destroy(root), ZX_ERR_NOT_SUPPORTED);
	end();
}

Test(vm_vmar_books, destroyed__address_space__operations_say_bad_state)
{
	struct zi_vmar *v, *sub;
	struct zi_map_args args = {.options = R, .len = ZI_PAGE, .max_prot = R};
	struct zi_map_result made;

	begin();
	sub = allocate(root, 16, 16);
	map(root, 64, 0, 4);
	map(sub, 0, 0, 4);
	zi_aspace_destroy(as);
	zi_aspace_destroy(as);
	args.vmo = vmo;
	for (int i = 0; i < 2; i++) {
		v = i == 0 ? root : sub;
		T_ZX(zi_vmar_destroy(v), ZX_ERR_BAD_STATE);
		T_ZX(zi_vmar_map(v, &args, &made), ZX_ERR_BAD_STATE);
		T_ZX(zi_vmar_unmap(v, v->base, ZI_PAGE, true), ZX_ERR_BAD_STATE);
		T_ZX(zi_vmar_protect(v, 0, v->base, ZI_PAGE, true), ZX_ERR_BAD_STATE);
		T_ZX(zi_vmar_op_range(v, ZX_VMAR_OP_COMMIT, v->base, ZI_PAGE, true),
		     ZX_ERR_BAD_STATE);
		T_ZX(zi_vmar_set_priority(v, true), ZX_ERR_BAD_STATE);
	}
	zi_vmar_unref(sub);
	end();
}

Test(vm_vmar_books, find__at_every_border__the_mapping_that_covers)
{
	struct zi_vmar *sub, *inner;
	zx_vaddr_t a, b;

	begin();
	sub = allocate(root, 100, 50);
	inner = allocate(sub, 10, 20);
	a = map(root, 98, 0, 2);
	b = map(inner, 3, 4, 2);
	zi_lock(&as->lock);
	cr_assert_null(zi_aspace_find_locked(as, a - 1));
	cr_assert_eq(zi_aspace_find_locked(as, a)->base, a);
	cr_assert_eq(zi_aspace_find_locked(as, a + 2 * ZI_PAGE - 1)->base, a);
	cr_assert_null(zi_aspace_find_locked(as, a + 2 * ZI_PAGE));
	cr_assert_null(zi_aspace_find_locked(as, b - 1));
	cr_assert_eq(zi_aspace_find_locked(as, b + ZI_PAGE)->base, b);
	cr_assert_null(zi_aspace_find_locked(as, b + 2 * ZI_PAGE));
	cr_assert_null(zi_aspace_find_locked(as, 0));
	cr_assert_null(zi_aspace_find_locked(as, UINT64_MAX));
	zi_unlock(&as->lock);
	zi_vmar_unref(inner);
	zi_vmar_unref(sub);
	end();
}

Test(vm_vmar_books, path__nested__names_every_region)
{
	struct zi_vmar *sub, *inner;
	char path[80], want[80], cut[12];

	begin();
	sub = allocate(root, 0x100, 0x100);
	inner = allocate(sub, 0x10, 0x10);
	map(inner, 0, 0, 1);
	zi_lock(&as->lock);
	snprintf(want, sizeof(want), "root/useralloc@%#lx/useralloc@%#lx", sub->base, inner->base);
	cr_assert(zi_vmar_path_locked(as, inner->base + 5, path, sizeof(path)));
	cr_assert_str_eq(path, want);
	cr_assert(zi_vmar_path_locked(as, zi_vmar_end(inner) - 1, path, sizeof(path)));
	cr_assert_str_eq(path, want);
	snprintf(want, sizeof(want), "root/useralloc@%#lx", sub->base);
	cr_assert(zi_vmar_path_locked(as, zi_vmar_end(inner), path, sizeof(path)));
	cr_assert_str_eq(path, want);
	cr_assert(zi_vmar_path_locked(as, root->base, path, sizeof(path)));
	cr_assert_str_eq(path, "root");
	cr_assert_not(zi_vmar_path_locked(as, root->base - 1, path, sizeof(path)));
	cr_assert_str_eq(path, "");
	cr_assert_not(zi_vmar_path_locked(as, zi_vmar_end(root), path, sizeof(path)));
	memset(cut, 'x', sizeof(cut));
	cr_assert(zi_vmar_path_locked(as, inner->base, cut, 8));
	cr_assert_arr_eq(cut, "root/us\0xxxx", sizeof(cut));
	zi_unlock(&as->lock);
	zi_vmar_unref(inner);
	zi_vmar_unref(sub);
	end();
}

/*
 * Nobody limits nesting; destroying must not recurse, and a handle into the middle does not keep
 * the rest.
 */
Test(vm_vmar_books, destroy__nested_very_deep__all_dead)
{
	const int depth = t_has("no-valgrind") ? 100000 : 2000;
	struct zi_vmar *top, *v, *middle = NULL;

	begin();
	top = v = allocate(root, 1, 4);
	zi_vmar_ref(top);
	for (int i = 0; i < depth; i++) {
		struct zi_vmar *next = allocate(v, 0, 4);

		if (i == depth / 2) {
			middle = next;
			zi_vmar_ref(middle);
		}
		zi_vmar_unref(v);
		v = next;
	}
	map(v, 2, 0, 1);
	zi_lock(&as->lock);
	cr_assert_not_null(zi_aspace_find_locked(as, v->base + 2 * ZI_PAGE));
	zi_unlock(&as->lock);
	T_OK(zi_vmar_destroy(top));
	cr_assert(top->dead && middle->dead && v->dead);
	cr_assert_eq(vmo->nmappings, 0);
	zi_vmar_unref(v);
	zi_vmar_unref(middle);
	zi_vmar_unref(top);
	end();
}

Test(vm_vmar_books, closed_handle__region__stays_in_the_tree)
{
	struct zi_vmar *sub;
	zx_vaddr_t base, addr;

	begin();
	sub = allocate(root, 16, 16);
	base = sub->base;
	addr = map(sub, 3, 0, 1);
	zi_vmar_unref(sub);
	zi_lock(&as->lock);
	cr_assert_not_null(zi_aspace_find_locked(as, addr));
	zi_unlock(&as->lock);
	T_ZX(zi_vmar_unmap(root, addr, ZI_PAGE, true), ZX_ERR_INVALID_ARGS);
	T_OK(zi_vmar_unmap(root, base, 16 * ZI_PAGE, true));
	cr_assert_eq(vmo->nmappings, 0);
	end();
}

/*
 * No call can bring this about: the vDSO is a child of the root, which is never destroyed while it
 * lives.
 * spec: vmar 7.1 #4
 */
Test(vm_vmar_books, destroy__vdso_below__access_denied_after_what_lies_below_it)
{
	struct zi_vmar *sub, *first, *last;
	struct zi_mapping *vdso;
	zx_vaddr_t at;

	begin();
	sub = allocate(root, 16, 32);
	first = allocate(sub, 0, 4);
	map(first, 0, 0, 1);
	map(sub, 5, 0, 1);
	at = map(sub, 8, 4, 2);
	map(sub, 12, 0, 1);
	last = allocate(sub, 20, 4);
	zi_lock(&as->lock);
	vdso = zi_aspace_find_locked(as, at);
	vdso->is_vdso = true;
	as->vdso = vdso;
	zi_unlock(&as->lock);
	T_ZX(zi_vmar_destroy(sub), ZX_ERR_ACCESS_DENIED);
	cr_assert(first->dead && !sub->dead && !last->dead);
	cr_assert_eq(vmo->nmappings, 2);
	/* Nor by an ancestor's unmap, which looks first. */
	T_ZX(zi_vmar_unmap(root, sub->base, sub->len, true), ZX_ERR_ACCESS_DENIED);
	cr_assert_eq(vmo->nmappings, 2);
	zi_vmar_unref(first);
	zi_vmar_unref(last);
	zi_vmar_unref(sub);
	end();
}

/* What another thread may do between a map call's two halves. */
Test(vm_vmar_books, map_in_flight__range_changed_meanwhile__finish_and_cancel_mind_their_own)
{
	struct zi_map_args a = {
		.options = R | ZX_VM_SPECIFIC,
		.vmar_off = 16 * ZI_PAGE,
		.len = 8 * ZI_PAGE,
		.max_prot = R | W,
	};
	struct zi_map_result made;
	zx_vaddr_t other;

	begin();
	a.vmo = vmo;

	/* Gone, and another one in its place. */
	T_OK(zi_vmar_map(root, &a, &made));
	T_OK(zi_vmar_unmap(root, made.addr, made.len, false));
	other = map(root, 16, 0, 8);
	cr_assert_eq(other, made.addr);
	zi_vmar_map_finish(root, &made);
	zi_vmar_map_cancel(root, &made);
	cr_assert_eq(vmo->nmappings, 1);
	T_OK(zi_vmar_unmap(root, other, 8 * ZI_PAGE, false));

	/* Trimmed at the front: what is left is what cancel takes away. */
	T_OK(zi_vmar_map(root, &a, &made));
	T_OK(zi_vmar_unmap(root, made.addr, 3 * ZI_PAGE, false));
	cr_assert_eq(vmo->nmappings, 1);
	zi_vmar_map_cancel(root, &made);
	cr_assert_eq(vmo->nmappings, 0);

	/* Not merged with a neighbour before the end of the call, then merged. */
	T_OK(zi_vmar_map(root, &a, &made));
	map(root, 24, 8, 2);
	cr_assert_eq(vmo->nmappings, 2);
	zi_vmar_map_finish(root, &made);
	cr_assert_eq(vmo->nmappings, 1);

	/* Split: both halves may merge at once, whatever becomes of the call. */
	T_OK(zi_vmar_unmap(root, made.addr, 10 * ZI_PAGE, false));
	a.vmo_off = 4 * ZI_PAGE;
	T_OK(zi_vmar_map(root, &a, &made));
	T_OK(zi_vmar_unmap(root, made.addr + 3 * ZI_PAGE, ZI_PAGE, false));
	cr_assert_eq(vmo->nmappings, 2);
	map(root, 15, 3, 1);
	map(root, 24, 12, 1);
	cr_assert_eq(vmo->nmappings, 2);
	zi_vmar_map_finish(root, &made);
	cr_assert_eq(vmo->nmappings, 2);
	cr_assert(zi_aspace_check(as));
	end();
}

Test(vm_vmar_books, priority__set_and_created_below__inherited)
{
	struct zi_vmar *sub, *inner, *later;

	begin();
	sub = allocate(root, 16, 64);
	inner = allocate(sub, 0, 8);
	T_OK(zi_vmar_set_priority(inner, true));
	T_OK(zi_vmar_set_priority(sub, true));
	later = allocate(sub, 16, 8);
	cr_assert(sub->high_priority && inner->high_priority && later->high_priority);
	cr_assert_not(root->high_priority);
	T_OK(zi_vmar_set_priority(root, false));
	cr_assert_not(sub->high_priority || inner->high_priority || later->high_priority);
	zi_vmar_unref(later);
	zi_vmar_unref(inner);
	zi_vmar_unref(sub);
	end();
}

/* ---- placement */

static zx_vaddr_t place(struct zi_vmar *v, uint32_t options, uint64_t pages)
{
	struct zi_vmar *child = NULL;
	zx_vaddr_t base;

	T_OK(zi_vmar_allocate(v, options, 0, pages * ZI_PAGE, &child));
	base = child->base;
	zi_vmar_unref(child);
	return base;
}

Test(vm_vmar_books, placement__compact_region__lowest_hole_that_fits)
{
	struct zi_vmar *v = NULL;

	unsetenv("ZIRCONIA_ASLR");
	zi_options_read();
	begin();
	T_OK(zi_vmar_allocate(root, ALL_FLAGS | ZX_VM_COMPACT, 0, UINT64_C(1) << 40, &v));
	cr_assert_eq(place(v, 0, 4), v->base);
	cr_assert_eq(place(v, 0, 2), v->base + 4 * ZI_PAGE);
	T_OK(zi_vmar_unmap(v, v->base, 4 * ZI_PAGE, true));
	cr_assert_eq(place(v, 0, 5), v->base + 6 * ZI_PAGE);
	cr_assert_eq(place(v, 0, 4), v->base);
	cr_assert_eq(place(v, 20u << ZX_VM_ALIGN_BASE, 1) & 0xfffff, 0);
	cr_assert_eq(place(v, 32u << ZX_VM_ALIGN_BASE, 1), UINT64_C(1) << 32);
	zi_vmar_unref(v);
	end();
}

Test(vm_vmar_books, placement__other_region__a_page_left_on_both_sides_while_there_is_room)
{
	struct zi_vmar *v;
	zx_vaddr_t at;

	unsetenv("ZIRCONIA_ASLR");
	zi_options_read();
	begin();
	v = allocate(root, 100, 12);
	cr_assert_eq(place(v, 0, 4), v->base + ZI_PAGE);
	cr_assert_eq(place(v, 0, 4), v->base + 6 * ZI_PAGE);
	/* No room any more, but holes: at 0, 5, and 10-11. */
	at = place(v, 0, 2);
	cr_assert_eq(at, v->base + 10 * ZI_PAGE);
	cr_assert_eq(place(v, 0, 1), v->base);
	cr_assert_eq(place(v, 0, 1), v->base + 5 * ZI_PAGE);
	/* Aligned ones too, and below a limit. */
	for (uint32_t exponent = 12; exponent <= 32; exponent++)
		cr_assert_eq(
			place(root, exponent << ZX_VM_ALIGN_BASE, 3) & ((1ull << exponent) - 1), 0);
	cr_assert(zi_aspace_check(as));
	zi_vmar_unref(v);
	end();
}

static void expect_all_places_found(const char *row)
{
	enum { N = 64 };
	struct zi_vmar *v;
	bool used[N] = {false};

	begin();
	v = allocate(root, 1024, N);
	for (int i = 0; i < N; i++) {
		const uint64_t page = (place(v, 0, 1) - v->base) / ZI_PAGE;

		cr_assert(page < N && !used[page], "%s: page %lu", row, page);
		used[page] = true;
	}
	struct zi_vmar *none = NULL;

	T_ZX_ROW(row, zi_vmar_allocate(v, 0, 0, ZI_PAGE, &none), ZX_ERR_NO_RESOURCES);
	/* A hole that fits exactly is always found. */
	T_OK(zi_vmar_unmap(v, v->base + 5 * ZI_PAGE, 3 * ZI_PAGE, true));
	T_ZX_ROW(row, zi_vmar_allocate(v, 0, 0, 4 * ZI_PAGE, &none), ZX_ERR_NO_RESOURCES);
	cr_assert_eq(place(v, 0, 3), v->base + 5 * ZI_PAGE, "%s", row);
	zi_vmar_unref(v);
	end();
}

Test(vm_vmar_books, placement__random__fills_every_page)
{
	setenv("ZIRCONIA_ASLR", "1", 1);
	zi_options_read();
	for (int seed = 0; seed < 20; seed++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", seed);
		setenv("ZIRCONIA_SEED", text, 1);
		zi_options_read();
		expect_all_places_found(text);
	}
	unsetenv("ZIRCONIA_SEED");
	zi_options_read();
	expect_all_places_found("no seed");
	unsetenv("ZIRCONIA_ASLR");
	zi_options_read();
	expect_all_places_found("not random");
}

Test(vm_vmar_books, placement__random__repeats_with_the_seed_only)
{
	zx_vaddr_t seen[4];

	setenv("ZIRCONIA_ASLR", "1", 1);
	zi_options_read();
	for (int i = 0; i < 4; i++) {
		setenv("ZIRCONIA_SEED", i < 2 ? "7" : i == 2 ? "8" : "9", 1);
		zi_options_read();
		begin();
		seen[i] = place(root, 0, 1);
		end();
	}
	cr_assert_eq(seen[0], seen[1]);
	cr_assert_neq(seen[0], seen[2]);
	cr_assert_neq(seen[2], seen[3]);
	/* Upper limit and alignment hold for random places too. */
	begin();
	for (int i = 0; i < 100; i++) {
		struct zi_vmar *v = NULL;

		T_OK(zi_vmar_allocate(root, ZX_VM_OFFSET_IS_UPPER_LIMIT | 16u << ZX_VM_ALIGN_BASE,
				      1024 * 16 * ZI_PAGE, 2 * ZI_PAGE, &v));
		cr_assert_eq(v->base & 0xffff, 0);
		cr_assert_leq(zi_vmar_end(v), root->base + 1024 * 16 * ZI_PAGE);
		zi_vmar_unref(v);
	}
	/* Compact regions draw from few places. */
	struct zi_vmar *compact = NULL;

	T_OK(zi_vmar_allocate(root, ALL_FLAGS | ZX_VM_COMPACT, 0, 4096 * ZI_PAGE, &compact));
	cr_assert_lt(place(compact, 0, 1) - compact->base, 256 * ZI_PAGE);
	zi_vmar_unref(compact);
	end();
}
