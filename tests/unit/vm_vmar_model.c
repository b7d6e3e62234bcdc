/* zi-test: valgrind timeout=300 */
/*
 * Random programs on a tree of VMARs, in an address space that is kept in the books only, against a
 * model that knows for every page who owns it and what it shows. Statuses, addresses, protections
 * and the borders of mappings must agree.
 */
#include <stdlib.h>
#include <string.h>

#include "t.h"
#include "vm/vm.h"
#include "vm/vmar.h"
#include "vm/vmo.h"

#define PAGES 48
#define VMARS 16
#define VMOS 3
#define R ZX_VM_PERM_READ
#define W ZX_VM_PERM_WRITE
#define X ZX_VM_PERM_EXECUTE

struct page {
	int vmar;    /* innermost */
	int mapping; /* number, 0: hole */
	int vmo;
	uint64_t vmo_page;
	uint32_t prot, max_prot;
};

struct region {
	struct zi_vmar *vmar; /* NULL: the slot is free */
	bool dead;
	bool specific; /* may place at given addresses */
	bool compact;  /* neighbours may touch though there is room */
	int parent;
	uint64_t first, pages;
};

static struct zi_aspace *as;
static struct zi_vmo *vmos[VMOS];
static struct page page[PAGES];
static struct region region[VMARS]; /* 0 is the one that holds all others */
static int next_mapping = 1;
static uint64_t rnd;
static zx_vaddr_t origin;

/* ---- the model */

/* Who has page p among the children of r: 0 nobody, positive a sub-VMAR, -1 a mapping. */
static int child_at(int r, uint64_t p)
{
	int at = page[p].vmar;

	if (at == r)
		return page[p].mapping != 0 ? -1 : 0;
	while (region[at].parent != r)
		at = region[at].parent;
	return at;
}

static bool is_free(int r, uint64_t first, uint64_t pages)
{
	for (uint64_t p = first; p < first + pages; p++) {
		if (child_at(r, p) != 0)
			return false;
	}
	return true;
}

struct place {
	bool specific, upper;
	uint64_t off, pages; /* off: pages from the region's start */
	uint64_t align;      /* pages */
};

/*
 * The checks that allocate and map share; *out is the first page. `occupied` is the answer for a
 * place that is taken.
 */
static zx_status_t model_place(int r, const struct place *p, bool overwrite, uint64_t *out)
{
	const struct region *g = &region[r];
	const uint64_t origin_page = origin / ZI_PAGE;

	if (g->dead)
		return ZX_ERR_BAD_STATE;
	if (p->pages == 0 || (p->specific && p->upper) ||
	    (!p->specific && !p->upper && p->off != 0))
		return ZX_ERR_INVALID_ARGS;
	if ((p->specific || p->upper) && !g->specific)
		return ZX_ERR_ACCESS_DENIED;
	if (p->upper && (p->off > g->pages || p->pages > p->off))
		return ZX_ERR_INVALID_ARGS;
	if (!p->upper && (p->off >= g->pages || p->pages > g->pages - p->off))
		return ZX_ERR_INVALID_ARGS;
	if (p->specific) {
		*out = g->first + p->off;
		if ((origin_page + *out) % p->align != 0)
			return ZX_ERR_INVALID_ARGS;
		if (is_free(r, *out, p->pages))
			return ZX_OK;
		if (!overwrite)
			return ZX_ERR_ALREADY_EXISTS;
		for (uint64_t i = *out; i < *out + p->pages; i++) {
			if (child_at(r, i) > 0)
				return ZX_ERR_INVALID_ARGS;
		}
		return ZX_OK;
	}

	const uint64_t last = g->first + g->pages;
	const uint64_t end = p->upper ? g->first + p->off : last;
	const uint64_t end_with_room = end < last ? end + 1 : last;
	const uint64_t room = p->align + p->pages + 1; /* a page on both sides */

	for (uint64_t i = g->first; !g->compact && i + room <= end_with_room; i++) {
		if ((origin_page + i) % p->align == 0 && is_free(r, i, room)) {
			*out = i + p->align;
			return ZX_OK;
		}
	}
	for (uint64_t i = g->first; i + p->pages <= end; i++) {
		if ((origin_page + i) % p->align == 0 && is_free(r, i, p->pages)) {
			*out = i;
			return ZX_OK;
		}
	}
	return ZX_ERR_NO_RESOURCES;
}

static void split_mappings_at(uint64_t p)
{
	if (p == 0 || p >= PAGES || page[p].mapping == 0 || page[p].mapping != page[p - 1].mapping)
		return;
	const int old = page[p].mapping;

	for (; p < PAGES && page[p].mapping == old; p++)
		page[p].mapping = next_mapping;
	next_mapping++;
}

static void clear_pages(uint64_t first, uint64_t pages)
{
	split_mappings_at(first);
	split_mappings_at(first + pages);
	for (uint64_t p = first; p < first + pages; p++)
		page[p] = (struct page){.vmar = page[p].vmar};
}

static void kill_region(int r)
{
	for (uint64_t p = region[r].first; p < region[r].first + region[r].pages; p++)
		page[p] = (struct page){.vmar = region[r].parent};
	for (int i = 1; i < VMARS; i++) {
		int at = i;

		if (region[i].vmar == NULL || region[i].dead)
			continue;
		while (at != r && at > 0)
			at = region[at].parent;
		if (at == r)
			region[i].dead = true;
	}
}

static void try_merge(uint64_t right)
{
	if (right == 0 || right >= PAGES)
		return;
	const struct page *a = &page[right - 1], *b = &page[right];
	const int old = b->mapping;

	if (a->mapping == 0 || old == 0 || a->mapping == old || a->vmar != b->vmar ||
	    a->vmo != b->vmo || a->vmo_page + 1 != b->vmo_page || a->max_prot != b->max_prot)
		return;
	for (; right < PAGES && page[right].mapping == old; right++)
		page[right].mapping = a->mapping;
}

/* ---- comparing */

static void compare(const char *what, int step)
{
	struct zi_vmar_walk w;
	struct page seen[PAGES];
	int of_tree[PAGES];
	int n = 0;

	cr_assert(zi_aspace_check(as), "step %d, %s: the tree is broken", step, what);
	memset(seen, 0, sizeof(seen));
	memset(of_tree, 0, sizeof(of_tree));
	zi_lock(&as->lock);
	for (zi_vmar_walk_first_locked(region[0].vmar, &w); w.child != NULL;
	     zi_vmar_walk_next_locked(&w)) {
		const uint64_t first = (w.child->base - origin) / ZI_PAGE;
		const uint64_t pages = w.child->len / ZI_PAGE;

		n++;
		if (w.child->is_vmar) {
			int r = 1;

			while (r < VMARS && region[r].vmar != zi_child_vmar(w.child))
				r++;
			cr_assert(r < VMARS && !region[r].dead, "step %d, %s: an unknown VMAR",
				  step, what);
			for (uint64_t p = first; p < first + pages; p++)
				seen[p].vmar = r;
			continue;
		}

		const struct zi_mapping *m = zi_child_mapping(w.child);

		for (uint64_t p = first; p < first + pages; p++) {
			of_tree[p] = n;
			for (int v = 0; v < VMOS; v++) {
				if (vmos[v] == m->vmo)
					seen[p].vmo = v;
			}
			seen[p].vmo_page = m->vmo_off / ZI_PAGE + p - first;
			seen[p].prot = zi_mapping_prot_at(m, origin + p * ZI_PAGE, NULL);
			seen[p].max_prot = m->max_prot;
			cr_assert_eq(zi_aspace_find_locked(as, origin + p * ZI_PAGE + 5), m);
		}
	}
	zi_unlock(&as->lock);
	for (uint64_t p = 0; p < PAGES; p++) {
		const struct page *a = &page[p], *b = &seen[p];

		cr_assert_eq(a->vmar, b->vmar, "step %d, %s: page %lu in VMAR %d, not %d", step,
			     what, p, b->vmar, a->vmar);
		cr_assert_eq(a->mapping != 0, of_tree[p] != 0, "step %d, %s: page %lu", step, what,
			     p);
		if (a->mapping == 0)
			continue;
		cr_assert(a->vmo == b->vmo && a->vmo_page == b->vmo_page && a->prot == b->prot &&
				  a->max_prot == b->max_prot,
			  "step %d, %s: page %lu shows %d/%lu %x/%x, not %d/%lu %x/%x", step, what,
			  p, b->vmo, b->vmo_page, b->prot, b->max_prot, a->vmo, a->vmo_page,
			  a->prot, a->max_prot);
		if (p > 0 && page[p - 1].mapping != 0)
			cr_assert_eq(a->mapping == page[p - 1].mapping,
				     of_tree[p] == of_tree[p - 1],
				     "step %d, %s: border before page %lu", step, what, p);
	}
}

/* ---- steps: each does the same to both */

static int any_region(void)
{
	int r;

	do {
		r = (int)t_below(&rnd, VMARS);
	} while (region[r].vmar == NULL);
	return r;
}

static struct place any_place(int r)
{
	struct place p = {
		.specific = t_below(&rnd, 3) > 0,
		.upper = t_below(&rnd, 8) == 0,
		.pages = t_below(&rnd, 7),
		.align = (uint64_t)1 << (t_below(&rnd, 4) == 0 ? t_below(&rnd, 4) : 0),
	};

	if (p.specific || p.upper || t_below(&rnd, 16) == 0)
		p.off = t_below(&rnd, region[r].pages + 2);
	return p;
}

static uint32_t align_option(const struct place *p)
{
	uint32_t exponent = ZI_PAGE_SHIFT;

	for (uint64_t a = p->align; a > 1; a /= 2)
		exponent++;
	return exponent << ZX_VM_ALIGN_BASE;
}

static void step_allocate(int step)
{
	const int parent = any_region();
	const struct place p = any_place(parent);
	const bool specific = t_below(&rnd, 3) > 0, compact = t_below(&rnd, 2);
	uint32_t options = (p.specific ? ZX_VM_SPECIFIC : 0) |
			   (p.upper ? ZX_VM_OFFSET_IS_UPPER_LIMIT : 0) | align_option(&p) |
			   ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE |
			   (specific ? ZX_VM_CAN_MAP_SPECIFIC : 0) | (compact ? ZX_VM_COMPACT : 0);
	struct zi_vmar *v = NULL;
	uint64_t first = 0;
	int slot = 1;
	zx_status_t want;

	while (slot < VMARS && region[slot].vmar != NULL)
		slot++;
	if (slot == VMARS)
		return;
	want = model_place(parent, &p, false, &first);
	T_ZX(zi_vmar_allocate(region[parent].vmar, options, p.off * ZI_PAGE, p.pages * ZI_PAGE, &v),
	     want);
	if (want != ZX_OK)
		return;
	cr_assert_eq(v->base, origin + first * ZI_PAGE, "step %d: VMAR at %#lx", step, v->base);
	region[slot] = (struct region){v, false, specific, compact, parent, first, p.pages};
	for (uint64_t i = first; i < first + p.pages; i++)
		page[i].vmar = slot;
}

static void step_map(int step)
{
	static const uint32_t prots[] = {0, R, R | W};
	const int r = any_region();
	const struct place p = any_place(r);
	const bool overwrite = p.specific && t_below(&rnd, 2);
	const bool unasked_half = overwrite && t_below(&rnd, 2);
	const uint32_t prot = prots[t_below(&rnd, 3)];
	const int vmo = (int)t_below(&rnd, VMOS);
	/*
	 * Neighbours that fit together are wanted: the VMO's pages mostly lie as the addresses do.
	 */
	uint64_t vmo_page = t_below(&rnd, 4) ? region[r].first + p.off : t_below(&rnd, 8);
	const struct zi_map_args args = {
		.options = prot | (p.specific && !unasked_half ? ZX_VM_SPECIFIC : 0) |
			   (overwrite ? ZX_VM_SPECIFIC_OVERWRITE : 0) |
			   (p.upper ? ZX_VM_OFFSET_IS_UPPER_LIMIT : 0) | align_option(&p),
		.vmar_off = p.off * ZI_PAGE,
		.vmo = vmos[vmo],
		.vmo_off = vmo_page * ZI_PAGE,
		.len = p.pages == 0 ? 0 : p.pages * ZI_PAGE - t_below(&rnd, ZI_PAGE),
		.max_prot = t_below(&rnd, 4) ? R | W : prot | R,
	};
	struct zi_map_result made;
	uint64_t first = 0;
	const zx_status_t want = model_place(r, &p, overwrite, &first);

	T_ZX(zi_vmar_map(region[r].vmar, &args, &made), want);
	if (want != ZX_OK)
		return;
	cr_assert_eq(made.addr, origin + first * ZI_PAGE, "step %d: mapping at %#lx", step,
		     made.addr);
	clear_pages(first, p.pages);
	for (uint64_t i = 0; i < p.pages; i++) {
		page[first + i] = (struct page){
			.vmar = r,
			.mapping = next_mapping,
			.vmo = vmo,
			.vmo_page = vmo_page + i,
			.prot = prot,
			.max_prot = args.max_prot,
		};
	}
	next_mapping++;
	if (t_below(&rnd, 10) == 0) {
		zi_vmar_map_cancel(region[r].vmar, &made);
		clear_pages(first, p.pages);
		return;
	}
	zi_vmar_map_finish(region[r].vmar, &made);
	try_merge(first + p.pages);
	try_merge(first);
}

struct range {
	uint64_t first, pages;
	zx_vaddr_t addr;
	uint64_t len;
};

/* Mostly inside the region. */
static struct range any_range(int r)
{
	struct range g;

	g.first = region[r].first + t_below(&rnd, region[r].pages);
	g.pages = 1 + t_below(&rnd, t_below(&rnd, 4) ? 4 : region[r].pages + 1);
	g.addr = origin + g.first * ZI_PAGE;
	g.len = g.pages * ZI_PAGE - t_below(&rnd, ZI_PAGE);
	return g;
}

static zx_status_t model_contains(int r, const struct range *g)
{
	if (region[r].dead)
		return ZX_ERR_BAD_STATE;
	return g->first + g->pages > region[r].first + region[r].pages ? ZX_ERR_INVALID_ARGS :
									 ZX_OK;
}

static void step_unmap(void)
{
	const int r = any_region();
	const struct range g = any_range(r);
	const bool op_children = t_below(&rnd, 2);
	zx_status_t want = model_contains(r, &g);

	for (uint64_t p = g.first; want == ZX_OK && p < g.first + g.pages; p++) {
		const int c = child_at(r, p);

		if (c > 0 && (!op_children || region[c].first < g.first ||
			      region[c].first + region[c].pages > g.first + g.pages))
			want = ZX_ERR_INVALID_ARGS;
	}
	T_ZX(zi_vmar_unmap_check(region[r].vmar, g.addr, g.len, op_children), want);
	T_ZX(zi_vmar_unmap(region[r].vmar, g.addr, g.len, op_children), want);
	if (want != ZX_OK)
		return;
	for (uint64_t p = g.first; p < g.first + g.pages; p++) {
		const int c = child_at(r, p);

		if (c > 0)
			kill_region(c);
		else if (c < 0)
			clear_pages(p, 1);
	}
}

static void step_protect(void)
{
	static const uint32_t prots[] = {0, R, R | W};
	const int r = any_region();
	const struct range g = any_range(r);
	const uint32_t prot = prots[t_below(&rnd, 3)];
	const bool op_children = t_below(&rnd, 2);
	const uint64_t end = g.first + g.pages;
	zx_status_t want = model_contains(r, &g);
	uint64_t p = g.first, q;

	/*
	 * Mapping by mapping: what holds for any of its pages in the range is told before the next
	 * one's.
	 */
	for (; want == ZX_OK && p < end; p = q) {
		q = p + 1;
		if (page[p].mapping == 0) {
			want = ZX_ERR_NOT_FOUND;
			break;
		}
		while (q < end && page[q].mapping == page[p].mapping)
			q++;
		if ((prot & ~page[p].max_prot) != 0)
			want = ZX_ERR_ACCESS_DENIED;
		else if (page[p].vmar != r && !op_children)
			want = ZX_ERR_INVALID_ARGS;
		for (uint64_t i = p; want == ZX_OK && page[p].vmar != r && i < q; i++) {
			if ((prot & ~page[i].prot) != 0)
				want = ZX_ERR_ACCESS_DENIED;
		}
	}
	T_ZX(zi_vmar_protect(region[r].vmar, prot, g.addr, g.len, op_children), want);
	for (p = g.first; want == ZX_OK && p < end; p++)
		page[p].prot = prot;
}

static void step_destroy(void)
{
	const int r = any_region();

	if (r == 0)
		return;
	if (!region[r].dead && t_below(&rnd, 2))
		return;
	T_ZX(zi_vmar_destroy(region[r].vmar), region[r].dead ? ZX_ERR_BAD_STATE : ZX_OK);
	if (!region[r].dead)
		kill_region(r);
}

/* Slots of dead regions are used again after a while. */
static void step_forget(void)
{
	const int r = any_region();

	if (r == 0 || !region[r].dead)
		return;
	zi_vmar_unref(region[r].vmar);
	region[r].vmar = NULL;
}

/* ---- start and end */

static void begin(void)
{
	struct zi_vmar *root;

	/* The model places at the lowest address. */
	unsetenv("ZIRCONIA_ASLR");
	T_OK(zi_vm_start());
	as = zi_aspace_new();
	cr_assert_not_null(as);
	root = zi_aspace_root(as);
	T_OK(zi_vmar_allocate(root,
			      ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE |
				      ZX_VM_CAN_MAP_SPECIFIC,
			      0, PAGES * ZI_PAGE, &region[0].vmar));
	region[0].specific = true;
	region[0].pages = PAGES;
	region[0].parent = -1;
	origin = region[0].vmar->base;
	for (int i = 0; i < VMOS; i++)
		T_OK(zi_vmo_create(20 * ZI_PAGE, 0, &vmos[i]));
	zi_vmar_unref(root);
}

static void end(void)
{
	zi_aspace_destroy(as);
	cr_assert(zi_aspace_check(as));
	for (int r = 0; r < VMARS; r++) {
		if (region[r].vmar == NULL)
			continue;
		cr_assert(region[r].vmar->dead);
		zi_vmar_unref(region[r].vmar);
	}
	for (int i = 0; i < VMOS; i++) {
		cr_assert_eq(vmos[i]->nmappings, 0);
		zi_vmo_unref(vmos[i]);
	}
	zi_aspace_unref(as);
}

Test(vm_vmar_model, random_program__every_step__equals_the_model)
{
	const int steps = t_has("no-valgrind") ? 40000 : 1500;

	rnd = t_seed();
	begin();
	compare("start", 0);
	for (int i = 1; i <= steps; i++) {
		switch (t_below(&rnd, 16)) {
		case 0 ... 1:
			step_allocate(i);
			compare("allocate", i);
			break;
		case 2 ... 7:
			step_map(i);
			compare("map", i);
			break;
		case 8 ... 10:
			step_unmap();
			compare("unmap", i);
			break;
		case 11 ... 13:
			step_protect();
			compare("protect", i);
			break;
		case 14:
			step_destroy();
			compare("destroy", i);
			break;
		default:
			step_forget();
		}
	}
	end();
}
