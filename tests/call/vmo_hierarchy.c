/* zi-test: valgrind */
/* Object parents and children: koids, counts, and what happens to children whose parent goes. */
#include "vmo_t.h"

static const uint32_t all_types[] = {SNAPSHOT, ON_WRITE, MODIFIED, SLICE, REFERENCE};

static zx_koid_t parent_of(zx_handle_t vmo)
{
	return vmo_info(vmo).parent_koid;
}

static size_t children_of(zx_handle_t vmo)
{
	return vmo_info(vmo).num_children;
}

static bool is_clone(zx_handle_t vmo)
{
	return (vmo_info(vmo).flags & ZX_INFO_VMO_IS_COW_CLONE) != 0;
}

/* spec: vmo 7.1 #1 #4 #5 */ /* spec: vmo 7.2 #3 */
Test(call_vmo_hierarchy, child__of_each_type__koids_counts_flag)
{
	T_EACH (all_types, type) {
		const bool snapshot = (*type & (SLICE | REFERENCE)) == 0;
		zx_handle_t p = t_vmo(PG);
		zx_handle_t c = vmo_whole_child(p, *type);

		cr_assert_eq(vmo_info(c).koid, t_koid(c));
		cr_assert_neq(t_koid(c), t_koid(p));
		cr_assert_eq(parent_of(c), t_koid(p));
		cr_assert_eq(parent_of(p), 0);
		cr_assert_eq(children_of(p), 1);
		cr_assert_eq(children_of(c), 0);
		cr_assert_eq(is_clone(c), snapshot);
		cr_assert_not(is_clone(p));
		t_close(c);
		cr_assert_eq(children_of(p), 0);
		t_close(p);
	}
}

/* spec: vmo 5.9 #2 */
Test(call_vmo_hierarchy, middle__closed__children_move_to_the_grandparent)
{
	T_EACH (all_types, outer) {
		T_EACH (all_types, inner) {
			/* A slice takes neither references nor snapshots. */
			if (*outer == SLICE && *inner != SLICE)
				continue;
			zx_handle_t p = t_vmo(PG);
			zx_handle_t c = vmo_whole_child(p, *outer);
			zx_handle_t g1 = vmo_whole_child(c, *inner),
				    g2 = vmo_whole_child(c, *inner);

			cr_assert_eq(children_of(p), 1); /* grandchildren do not count */
			cr_assert_eq(children_of(c), 2);
			cr_assert_eq(parent_of(g1), t_koid(c));
			t_close(c);
			cr_assert_eq(children_of(p), 2);
			cr_assert_eq(parent_of(g1), t_koid(p));
			cr_assert_eq(parent_of(g2), t_koid(p));
			cr_assert_eq(is_clone(g1), (*inner & (SLICE | REFERENCE)) == 0);
			t_close(g1);
			cr_assert_eq(children_of(p), 1);
			t_close(p);
			cr_assert_eq(parent_of(g2), 0);
			/* spec: vmo 5.9 #4 */ /* spec: vmo 17.1 #13 */
			cr_assert_not(is_clone(g2));
			t_close(g2);
		}
	}
}

Test(call_vmo_hierarchy, chain__closed_from_the_top__each_becomes_a_root)
{
	enum { N = 10 };
	zx_handle_t vmo[N];

	vmo[0] = t_vmo(PG);
	for (unsigned i = 1; i < N; i++)
		vmo[i] = vmo_child(vmo[i - 1], snapshot_types[i % 3], 0, PG);
	for (unsigned i = 1; i < N; i++) {
		t_close(vmo[i - 1]);
		cr_assert_eq(parent_of(vmo[i]), 0);
		cr_assert_eq(children_of(vmo[i]), i + 1 < N ? 1 : 0);
		if (i + 1 < N)
			cr_assert_eq(parent_of(vmo[i + 1]), t_koid(vmo[i]));
	}
}

Test(call_vmo_hierarchy, chain__closed_in_the_middle__links_close_up)
{
	enum { N = 10 };
	zx_handle_t vmo[N];

	vmo[0] = t_vmo(PG);
	for (unsigned i = 1; i < N; i++)
		vmo[i] = vmo_child(vmo[i - 1], SNAPSHOT, 0, PG);
	for (unsigned i = N - 2; i >= 1; i--) {
		t_close(vmo[i]);
		cr_assert_eq(parent_of(vmo[N - 1]), t_koid(vmo[i - 1]), "closed %u", i);
		cr_assert_eq(children_of(vmo[i - 1]), 1);
	}
	t_close(vmo[0]);
	cr_assert_eq(parent_of(vmo[N - 1]), 0);
}

/* spec: vmo 5.9 #1 #3 */
Test(call_vmo_hierarchy, parent__kept_by_a_mapping_only__still_the_parent)
{
	zx_handle_t p = t_vmo(PG);
	const zx_koid_t koid = t_koid(p);
	uint8_t *map = t_map(p, 0, PG);

	map[0] = 'p';
	zx_handle_t c = vmo_child(p, SNAPSHOT, 0, PG);
	t_close(p);
	cr_assert_eq(parent_of(c), koid);
	cr_assert(is_clone(c));
	EXPECT_BYTES("shared with a mapped one", c, PG, 0, PG / 2);
	map[0] = 'q';
	cr_assert_eq(vmo_get(c, 0), 'p');
	EXPECT_BYTES("forked by the mapping", c, PG, PG, PG);
	T_ZX(vmo_op(c, ZX_VMO_OP_DECOMMIT, 0, PG), ZX_ERR_NOT_SUPPORTED);
	t_unmap(map, PG);
	cr_assert_eq(parent_of(c), 0);
	cr_assert_not(is_clone(c));
	T_OK(vmo_op(c, ZX_VMO_OP_DECOMMIT, 0, PG));
}

/* spec: vmo 5.9 #1 */
Test(call_vmo_hierarchy, child__kept_by_a_mapping_only__still_counts)
{
	T_EACH (all_types, type) {
		zx_handle_t p = t_vmo(2 * PG);
		zx_handle_t c = vmo_whole_child(p, *type);
		uint8_t *a = t_map(c, 0, PG), *b = t_map(c, PG, PG);

		t_close(c);
		cr_assert_eq(children_of(p), 1);
		t_unmap(a, PG);
		cr_assert_eq(children_of(p), 1);
		b[0] = 1;
		t_unmap(b, PG);
		cr_assert_eq(children_of(p), 0);
		t_close(p);
	}
}

Test(call_vmo_hierarchy, duplicates_of_a_child__closed_one_by_one__one_object)
{
	zx_handle_t p = t_vmo(PG);
	zx_handle_t c = vmo_child(p, SNAPSHOT, 0, PG);
	zx_handle_t d = vmo_dup(c, ZX_RIGHT_SAME_RIGHTS);

	cr_assert_eq(children_of(p), 1);
	t_close(c);
	cr_assert_eq(children_of(p), 1);
	cr_assert_eq(parent_of(d), t_koid(p));
	t_close(d);
	cr_assert_eq(children_of(p), 0);
}

Test(call_vmo_hierarchy, parent_closed__slices_and_references__siblings_not_parents)
{
	zx_handle_t p = t_vmo(2 * PG);
	zx_handle_t s1 = vmo_child(p, SLICE, 0, PG), s2 = vmo_child(p, SLICE, PG, PG);
	zx_handle_t r = vmo_child(p, REFERENCE, 0, 0);
	zx_handle_t all[] = {s1, s2, r};

	cr_assert_eq(children_of(p), 3);
	t_close(p);
	T_EACH (all, h) {
		cr_assert_eq(parent_of(*h), 0);
		cr_assert_eq(children_of(*h), 0);
	}
}

Test(call_vmo_hierarchy, wide_family__closed_in_random_order__counts_always_right)
{
	enum { N = 60 };
	uint64_t seed = t_seed();
	zx_handle_t vmo[N];
	unsigned parent[N]; /* index, N: none */
	bool alive[N];

	vmo[0] = t_vmo(4 * PG);
	parent[0] = N;
	alive[0] = true;
	for (unsigned i = 1; i < N; i++) {
		parent[i] = (unsigned)t_below(&seed, i);
		vmo[i] = vmo_child(vmo[parent[i]], snapshot_types[t_below(&seed, 3)], 0, 4 * PG);
		alive[i] = true;
		vmo_put(vmo[t_below(&seed, i)], t_below(&seed, 4), (uint8_t)i);
	}
	for (unsigned left = N; left > 1; left--) {
		unsigned gone = (unsigned)t_below(&seed, N);

		while (!alive[gone])
			gone = (gone + 1) % N;
		t_close(vmo[gone]);
		alive[gone] = false;
		for (unsigned i = 0; i < N; i++) {
			if (alive[i] && parent[i] == gone)
				parent[i] = parent[gone];
		}
		for (unsigned i = 0; i < N; i++) {
			size_t children = 0;

			if (!alive[i])
				continue;
			for (unsigned k = 0; k < N; k++)
				children += alive[k] && parent[k] == i;
			cr_assert_eq(children_of(vmo[i]), children);
			cr_assert_eq(parent_of(vmo[i]),
				     parent[i] == N ? 0 : t_koid(vmo[parent[i]]));
		}
	}
}
