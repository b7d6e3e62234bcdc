/* Slices, references and clones of the pager VMO: what they show, where new ones hang, what closing leaves. */
#include "pager.h"

enum { CLONES = 24 };

static struct {
	bool used;
	struct clone clone;
} pool[CLONES];

static const uint8_t zeros[T_PAGE];

static struct clone *clone_new(void)
{
	for (unsigned i = 0; i < CLONES; i++) {
		if (pool[i].used)
			continue;
		memset(&pool[i], 0, sizeof(pool[i]));
		pool[i].used = true;
		return &pool[i].clone;
	}
	return NULL;
}

static void clone_free(struct clone *c)
{
	for (unsigned i = 0; i < CLONES; i++)
		if (&pool[i].clone == c)
			pool[i].used = false;
}

/* ---- content */

uint64_t view_pages(const struct view *v)
{
	return v->slice ? v->pages : v->clone != NULL ? v->clone->pages : m.size;
}

const uint8_t *clone_find(const struct clone *c, uint64_t i, uint64_t *out_root)
{
	*out_root = PAGES_MAX;
	for (; c != NULL; c = c->parent) {
		if (c->own[i] == OWN_YES)
			return c->bytes[i];
		if (c->own[i] == OWN_MAYBE || i >= c->limit)
			return zeros;
		i += c->off;
	}
	*out_root = i;
	return m.page[i].bytes;
}

zx_status_t view_need(const struct view *v, uint64_t i, const uint8_t **out_bytes)
{
	uint64_t root;

	*out_bytes = clone_find(v->clone, v->base + i, &root);
	return root < PAGES_MAX ? root_need(root) : ZX_OK;
}

zx_status_t clone_fork(struct clone *c, uint64_t i)
{
	uint64_t root;
	const uint8_t *from = clone_find(c, i, &root);
	const zx_status_t st = root < PAGES_MAX ? root_need(root) : ZX_OK;

	if (st != ZX_OK || c->own[i] == OWN_YES)
		return st;
	memcpy(c->bytes[i], from, T_PAGE);
	c->own[i] = OWN_YES;
	return ZX_OK;
}

void clones_clip(struct clone *parent, uint64_t pages)
{
	for (unsigned i = 0; i < CLONES; i++) {
		struct clone *c = &pool[i].clone;
		const uint64_t limit = pages > c->off ? pages - c->off : 0;

		if (pool[i].used && c->parent == parent && c->limit > limit)
			c->limit = limit;
	}
}

void clone_resize(struct clone *c, uint64_t pages)
{
	if (pages < c->pages) {
		memset(c->own + pages, OWN_NOT, PAGES_MAX - pages);
		clones_clip(c, pages);
	}
	if (c->limit > pages)
		c->limit = pages;
	c->pages = pages;
}

/* ---- closing */

/* The hidden clone u has one child left, which takes its content and its place. */
static void collapse(struct clone *u)
{
	struct clone *v = NULL;

	for (unsigned i = 0; i < CLONES; i++)
		if (pool[i].used && pool[i].clone.parent == u)
			v = &pool[i].clone;
	for (uint64_t i = 0; i < v->limit; i++) {
		if (v->own[i] != OWN_NOT || u->own[i + v->off] == OWN_NOT)
			continue;
		v->own[i] = u->own[i + v->off];
		memcpy(v->bytes[i], u->bytes[i + v->off], T_PAGE);
	}
	const uint64_t end = v->off + v->limit < u->limit ? v->off + v->limit : u->limit;

	v->limit = end > v->off ? end - v->off : 0;
	v->off += u->off;
	v->parent = u->parent;
	clone_free(u);
}

static void orphaned(struct clone *c)
{
	while (c != NULL && !c->hidden && c->views == 0 && c->children == 0) {
		struct clone *up = c->parent;

		clone_free(c);
		if (up == NULL)
			return;
		up->children--;
		if (up->hidden) {
			if (up->children == 1)
				collapse(up);
			return;
		}
		c = up;
	}
}

void view_close(struct view *v)
{
	t_unmap(v->addr, PAGES_MAX * PG);
	t_close(v->vmo);
	if (v->clone != NULL) {
		v->clone->views--;
		orphaned(v->clone);
	}
	memset(v, 0, sizeof(*v));
}

void views_close(void)
{
	for (unsigned i = 1; i < VIEWS; i++)
		if (m.view[i].vmo != ZX_HANDLE_INVALID)
			view_close(&m.view[i]);
}

/* ---- making */

static void view_map(struct view *v)
{
	zx_vaddr_t addr;

	T_OK(zx_vmar_map(zx_vmar_root_self(), PG_RW | ZX_VM_ALLOW_FAULTS, 0, v->vmo, 0,
			 PAGES_MAX * PG, &addr));
	v->addr = (uint8_t *)addr;
	if (v->clone != NULL)
		v->clone->views++;
}

static struct view *free_view(void)
{
	for (unsigned i = 1; i < VIEWS; i++)
		if (m.view[i].vmo == ZX_HANDLE_INVALID)
			return &m.view[i];
	return NULL;
}

static void make_slice(const struct view *from, struct view *v)
{
	uint64_t off, pages;

	random_range(view_pages(from), &off, &pages);
	STEP_ZX(zx_vmo_create_child(from->vmo, ZX_VMO_CHILD_SLICE, off * PG, pages * PG, &v->vmo),
		from->resizable ? ZX_ERR_NOT_SUPPORTED : ZX_OK);
	if (from->resizable)
		return;
	v->clone = from->clone;
	v->base = from->base + off;
	v->pages = pages;
	v->slice = true;
	view_map(v);
}

static void make_reference(const struct view *from, struct view *v)
{
	const bool ask = below(2);
	const zx_status_t want = ask && !from->can_resize ? ZX_ERR_ACCESS_DENIED :
				 from->slice              ? ZX_ERR_NOT_SUPPORTED :
							    ZX_OK;

	STEP_ZX(zx_vmo_create_child(from->vmo,
				    ZX_VMO_CHILD_REFERENCE | (ask ? ZX_VMO_CHILD_RESIZABLE : 0), 0,
				    0, &v->vmo),
		want);
	if (want != ZX_OK)
		return;
	v->clone = from->clone;
	v->resizable = from->resizable;
	v->can_resize = ask;
	view_map(v);
}

/* Does c hold pages of [off, off+pages)? MAYBE when only pages that may count are there. */
static enum own holds(const struct clone *c, uint64_t off, uint64_t pages)
{
	enum own most = OWN_NOT;

	for (uint64_t i = off; i < off + pages && i < PAGES_MAX; i++) {
		/* Zeros behind the limit need nothing to be there. */
		const bool sure = i < c->limit || !t_all(c->bytes[i], T_PAGE, 0);

		if (c->own[i] == OWN_YES && sure)
			return OWN_YES;
		if (c->own[i] != OWN_NOT)
			most = OWN_MAYBE;
	}
	return most;
}

/*
 * Where a one-sided clone of c hangs: at c, or further up while nothing in between holds pages of the window. False where that cannot be
 * told.
 */
static bool climb(struct clone **c, uint64_t *off, uint64_t *limit)
{
	while (*c != NULL) {
		const enum own held = holds(*c, *off, *limit);

		if (held == OWN_MAYBE)
			return false;
		if (held == OWN_YES)
			break;
		const uint64_t end = *off + *limit < (*c)->limit ? *off + *limit : (*c)->limit;

		*limit = end > *off ? end - *off : 0;
		*off += (*c)->off;
		*c = (*c)->parent;
	}
	return true;
}

/* What c holds becomes the common past of c and of a sibling to come. */
static struct clone *push_down(struct clone *c)
{
	struct clone *h = clone_new();

	if (h == NULL)
		return NULL;
	*h = *c;
	h->hidden = true;
	h->views = 0;
	h->children = 1;
	memset(c->own, OWN_NOT, sizeof(c->own));
	c->parent = h;
	c->off = 0;
	c->limit = c->pages;
	return h;
}

static void make_clone(const struct view *from, struct view *v)
{
	const uint32_t type =
		below(3) ? ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE : ZX_VMO_CHILD_SNAPSHOT_MODIFIED;
	struct clone *n = from->clone;
	const bool member = n != NULL && n->parent != NULL && n->parent->hidden;
	const bool both = member || (n != NULL && type == ZX_VMO_CHILD_SNAPSHOT_MODIFIED);
	const bool resizable = below(2);
	uint64_t off = below(view_pages(from) + 1), pages = below(PAGES_MAX) + 1;
	zx_status_t want = ZX_OK;

	if (from->slice && off + pages > from->pages) {
		off = below(from->pages + 1);
		pages = from->pages - off;
	}
	if (both && (from->slice || n->children != 0 || (n->parent != NULL && !n->parent->hidden)))
		want = ZX_ERR_NOT_SUPPORTED;

	const uint64_t size = n != NULL ? n->pages : m.size;
	uint64_t at = from->base + off;
	uint64_t limit = at >= size ? 0 : at + pages < size ? pages : size - at;
	struct clone *c = clone_new(), *q = n;

	if (c == NULL || (!both && !climb(&q, &at, &limit)))
		want = ZX_ERR_INTERNAL;
	if (both && want == ZX_OK) {
		q = push_down(n);
		if (q == NULL)
			want = ZX_ERR_INTERNAL;
	}
	if (want != ZX_ERR_INTERNAL)
		STEP_ZX(zx_vmo_create_child(from->vmo,
					    type | (resizable ? ZX_VMO_CHILD_RESIZABLE : 0),
					    off * PG, pages * PG, &v->vmo),
			want);
	if (want != ZX_OK) {
		if (c != NULL)
			clone_free(c);
		return;
	}
	c->parent = q;
	c->off = at;
	c->limit = limit;
	c->pages = pages;
	if (q != NULL)
		q->children++;
	v->clone = c;
	v->resizable = v->can_resize = resizable;
	view_map(v);
}

void do_child(struct view *from)
{
	struct view *v = free_view();

	if (v == NULL || below(4) == 0) {
		v = &m.view[1 + below(VIEWS - 1)];
		if (v->vmo != ZX_HANDLE_INVALID)
			view_close(v);
		return;
	}
	switch (below(6)) {
	case 0:
		make_slice(from, v);
		return;
	case 1:
		make_reference(from, v);
		return;
	default:
		make_clone(from, v);
	}
}
