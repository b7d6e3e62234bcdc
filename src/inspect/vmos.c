/* Finding VMOs by koid. */
#include "inspect/vmos.h"

#include <stdlib.h>
#include <string.h>

#include <zircon/rights.h>

#include "inspect/tasks.h"
#include "object/object.h"
#include "vm/vmar.h"
#include "vm/vmo.h"

/* ---- gathering */

static void *grow(void *at, size_t *room, size_t want, size_t size)
{
	void *more;

	if (want <= *room)
		return at;
	more = realloc(at, 2 * want * size);
	if (more != NULL)
		*room = 2 * want;
	return more;
}

static bool reserve(struct zi_vmo_index *ix, size_t more)
{
	struct zi_vmo_place *at = grow(ix->at, &ix->room, ix->count + more, sizeof(*at));

	if (at == NULL)
		ix->no_memory = true;
	else
		ix->at = at;
	return at != NULL;
}

static bool add_pager(struct zi_vmo_index *ix, zx_koid_t koid)
{
	zx_koid_t *at = grow(ix->pagers, &ix->pagers_room, ix->npagers + 1, sizeof(*at));

	if (at == NULL) {
		ix->no_memory = true;
		return false;
	}
	ix->pagers = at;
	at[ix->npagers++] = koid;
	return true;
}

static bool add_handle(void *ctx, zx_handle_t value, struct zi_object *o, zx_rights_t rights)
{
	struct zi_vmo_index *ix = ctx;
	zx_rights_t unused;
	struct zi_vmo *v;

	if (o->ops->type == ZX_OBJ_TYPE_PAGER)
		return add_pager(ix, o->koid);
	for (uint32_t i = 0; (v = zi_object_vmo(o, i, rights, &unused)) != NULL; i++) {
		if (!reserve(ix, 1))
			return false;
		ix->at[ix->count++] = (struct zi_vmo_place){
			.koid = v->koid, .pager = v->pager_koid, .handle = value, .index = i};
	}
	return true;
}

/*
 * Writes as many places as there is room for; answers how many there are. Nothing is allocated
 * here: a thread that a signal stopped inside malloc may be waiting for the lock.
 */
static size_t list_mappings(struct zi_aspace *as, zx_koid_t process, struct zi_vmo_place *out,
			    size_t room)
{
	ZI_LOCK_SCOPE(&as->lock);
	struct zi_mapping *m = as->root == NULL ? NULL : zi_vmar_first_mapping_locked(as->root, 0);
	size_t n = 0;

	for (; m != NULL; m = zi_vmar_next_mapping_locked(as->root, m)) {
		if (n++ < room)
			out[n - 1] = (struct zi_vmo_place){.koid = m->vmo->koid,
							   .pager = m->vmo->pager_koid,
							   .process = process,
							   .addr = m->base};
	}
	return n;
}

static bool add_mappings(struct zi_vmo_index *ix, struct zi_aspace *as, zx_koid_t process)
{
	size_t n = 16, room;

	do {
		if (!reserve(ix, n))
			return false;
		room = ix->room - ix->count;
		n = list_mappings(as, process, ix->at + ix->count, room);
	} while (n > room);
	ix->count += n;
	return true;
}

static bool add_process(void *ctx, struct zi_process *p, struct zi_aspace *as)
{
	return as == NULL || add_mappings(ctx, as, p == NULL || p->is_self ? 0 : p->object.koid);
}

static int by_koid(const void *a, const void *b)
{
	const struct zi_vmo_place *x = a, *y = b;

	if (x->koid != y->koid)
		return x->koid < y->koid ? -1 : 1;
	if ((x->handle == 0) != (y->handle == 0))
		return x->handle != 0 ? -1 : 1;
	if (x->process != y->process)
		return x->process < y->process ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int by_value(const void *a, const void *b)
{
	const zx_koid_t x = *(const zx_koid_t *)a, y = *(const zx_koid_t *)b;

	return x < y ? -1 : x > y;
}

bool zi_vmo_index_gather(struct zi_vmo_index *ix)
{
	ix->count = ix->npagers = 0;
	ix->no_memory = false;
	ix->made = zi_handle_made();
	if (!zi_handle_walk(add_handle, ix) || !zi_processes_walk(add_process, ix))
		ix->no_memory = true;
	if (ix->no_memory) {
		ix->count = ix->npagers = 0;
		return false;
	}
	if (ix->count > 1)
		qsort(ix->at, ix->count, sizeof(*ix->at), by_koid);
	if (ix->npagers > 1)
		qsort(ix->pagers, ix->npagers, sizeof(*ix->pagers), by_value);
	return true;
}

void zi_vmo_index_done(struct zi_vmo_index *ix)
{
	free(ix->at);
	free(ix->pagers);
	*ix = (struct zi_vmo_index){0};
}

/* ---- finding */

const struct zi_vmo_place *zi_vmo_index_places(const struct zi_vmo_index *ix, zx_koid_t koid,
					       size_t *out_count)
{
	size_t lo = 0, hi = ix->count;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (ix->at[mid].koid < koid)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (hi = lo; hi < ix->count && ix->at[hi].koid == koid;)
		hi++;
	*out_count = hi - lo;
	return hi > lo ? &ix->at[lo] : NULL;
}

static struct zi_vmo *resolve_handle(const struct zi_vmo_place *place, zx_rights_t *out_rights)
{
	struct zi_object *o;
	zx_rights_t rights;
	struct zi_vmo *v;

	if (zi_handle_get(place->handle, ZX_OBJ_TYPE_NONE, 0, &o, &rights) != ZX_OK)
		return NULL;
	v = zi_object_vmo(o, place->index, rights, out_rights);
	if (v != NULL && v->koid == place->koid)
		zi_vmo_ref(v);
	else
		v = NULL;
	zi_object_unref(o);
	return v;
}

static struct zi_vmo *vmo_at(struct zi_aspace *as, const struct zi_vmo_place *place,
			     zx_rights_t *out_rights)
{
	ZI_LOCK_SCOPE(&as->lock);
	struct zi_mapping *m = zi_aspace_find_locked(as, place->addr);

	if (m == NULL || m->vmo->koid != place->koid)
		return NULL;
	*out_rights = (m->max_prot & ZX_VM_PERM_READ) != 0 ? ZX_RIGHT_READ : 0;
	zi_vmo_ref(m->vmo);
	return m->vmo;
}

static struct zi_vmo *resolve_mapping(const struct zi_vmo_place *place, zx_rights_t *out_rights)
{
	struct zi_process *p = NULL;
	struct zi_aspace *as = zi_aspace_self_if_started();
	struct zi_vmo *v;

	if (place->process != 0) {
		p = zi_process_by_koid(place->process);
		as = p == NULL ? NULL : p->aspace;
	}
	v = as == NULL ? NULL : vmo_at(as, place, out_rights);
	if (p != NULL)
		zi_object_unref(&p->object);
	return v;
}

struct zi_vmo *zi_vmo_index_resolve(const struct zi_vmo_place *place, zx_rights_t *out_rights)
{
	return place->handle != ZX_HANDLE_INVALID ? resolve_handle(place, out_rights) :
						    resolve_mapping(place, out_rights);
}

/* Without rights to add up the first place that is still good will do. */
static struct zi_vmo *find(const struct zi_vmo_index *ix, zx_koid_t koid, zx_rights_t *out_rights)
{
	size_t n;
	const struct zi_vmo_place *place = zi_vmo_index_places(ix, koid, &n);
	struct zi_vmo *found = NULL;
	zx_rights_t all = 0;

	for (size_t i = 0; i < n && (found == NULL || out_rights != NULL); i++) {
		zx_rights_t rights = 0;
		struct zi_vmo *v = zi_vmo_index_resolve(&place[i], &rights);

		all |= v == NULL ? 0 : rights;
		if (found == NULL)
			found = v;
		else
			zi_vmo_unref(v);
	}
	if (out_rights != NULL)
		*out_rights = all;
	return found;
}

struct zi_vmo *zi_vmo_index_find(struct zi_vmo_index *ix, zx_koid_t koid, zx_rights_t *out_rights)
{
	struct zi_vmo *v = NULL;

	/* Handles made since may allow more. */
	if (out_rights == NULL || ix->made == zi_handle_made())
		v = find(ix, koid, out_rights);
	if (v == NULL && zi_vmo_index_gather(ix))
		v = find(ix, koid, out_rights);
	return v;
}
