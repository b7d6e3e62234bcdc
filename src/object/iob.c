/* The two ends of I/O buffers: life, access, names, what can be asked of them. */
#include "object/iob.h"

#include <stdlib.h>

#include <zircon/rights.h>
#include <zircon/syscalls/object.h>

#include "base/inject.h"
#include "object/info.h"
#include "vm/vm.h"
#include "vm/vmo.h"

static struct zi_iob *iob_of(struct zi_object *o)
{
	return ZI_CONTAINER(o, struct zi_iob, object);
}

/* ---- the end of an end: no handles, and no mappings */

/* Requires state->lock. */
static void tell_peer_if_gone_locked(struct zi_iob_state *state, unsigned id)
{
	const struct zi_iob_side *side = &state->side[id];
	struct zi_iob *peer = state->side[!id].end;

	/* A peer on its way out waits for the lock before it goes. */
	if (side->no_handles && side->mapped == 0 && peer != NULL)
		zi_object_update_signals(&peer->object, 0, ZX_IOB_PEER_CLOSED, 0);
}

/* A region has got its first mapping, or lost its last one. With the tree lock of its memory. */
static void on_unmapped(void *ctx, bool zero)
{
	struct zi_iob_side *side = ctx;
	struct zi_iob_state *state = side->state;

	ZI_LOCK_SCOPE(&state->lock);
	if (!zero) {
		side->mapped++;
		return;
	}
	side->mapped--;
	tell_peer_if_gone_locked(state, side == &state->side[1]);
}

static void iob_on_zero_handles(struct zi_object *o)
{
	struct zi_iob *e = iob_of(o);

	ZI_LOCK_SCOPE(&e->state->lock);
	e->state->side[e->id].no_handles = true;
	tell_peer_if_gone_locked(e->state, e->id);
}

static void state_free(struct zi_iob_state *state)
{
	for (uint32_t i = 0; i < state->nregions; i++)
		zi_iob_region_done(&state->regions[i]);
	free(state);
}

static void iob_destroy(struct zi_object *o)
{
	struct zi_iob *e = iob_of(o);
	struct zi_iob_state *state = e->state;

	zi_lock(&state->lock);
	state->side[e->id].end = NULL;
	zi_unlock(&state->lock);
	if (atomic_fetch_sub_explicit(&state->ends, 1, memory_order_acq_rel) == 1)
		state_free(state);
}

/* ---- what all peered objects have */

static struct zi_object *iob_get_peer(struct zi_object *o)
{
	struct zi_iob *e = iob_of(o);

	ZI_LOCK_SCOPE(&e->state->lock);
	const struct zi_iob_side *side = &e->state->side[!e->id];

	/* With a handle there is a reference, and it stays as long as the lock is held. */
	if (side->no_handles || side->end == NULL)
		return NULL;
	zi_object_ref(&side->end->object);
	return &side->end->object;
}

static zx_koid_t iob_related_koid(struct zi_object *o)
{
	return iob_of(o)->peer_koid;
}

static void iob_get_name(struct zi_object *o, char name[ZX_MAX_NAME_LEN])
{
	zi_vmo_get_name(iob_of(o)->state->regions[0].vmo, name);
}

static void iob_set_name(struct zi_object *o, const char *name, size_t len)
{
	struct zi_iob_state *state = iob_of(o)->state;

	for (uint32_t i = 0; i < state->nregions; i++) {
		if (state->regions[i].shared == NULL)
			zi_vmo_set_name_of_views(state->regions[i].vmo, name, len);
	}
}

static const struct zi_object_ops iob_ops = {
	.type = ZX_OBJ_TYPE_IOB,
	.type_name = "iob",
	.waitable = true,
	.user_signals = ZX_USER_SIGNAL_ALL,
	.peer_signals = ZX_USER_SIGNAL_ALL,
	.size = sizeof(struct zi_iob),
	.on_zero_handles = iob_on_zero_handles,
	.destroy = iob_destroy,
	.related_koid = iob_related_koid,
	.get_peer = iob_get_peer,
	.get_name = iob_get_name,
	.set_name = iob_set_name,
};

/* ---- making */

static zx_status_t state_new(const zx_iob_region_t *regions, size_t count,
			     struct zi_iob_state **out_state)
{
	struct zi_iob_state *state =
		ZI_ALLOC(IOB, calloc(1, sizeof(*state) + count * sizeof(state->regions[0])));
	zx_status_t st = ZX_OK;

	if (state == NULL)
		return ZX_ERR_NO_MEMORY;
	zi_lock_init(&state->lock, ZI_RANK_OBJECT - 1);
	for (unsigned i = 0; i < 2; i++)
		state->side[i].state = state;
	while (st == ZX_OK && state->nregions < count) {
		struct zi_iob_region *r = &state->regions[state->nregions];

		st = zi_iob_region_init(r, &regions[state->nregions], state->side, on_unmapped);
		state->nregions++;
	}
	if (st != ZX_OK)
		state_free(state);
	else
		*out_state = state;
	return st;
}

zx_status_t zi_iob_new(const zx_iob_region_t *regions, size_t count, struct zi_iob **out_first,
		       struct zi_iob **out_second)
{
	struct zi_iob_state *state;
	struct zi_iob *end[2] = {NULL, NULL};
	zx_status_t st = state_new(regions, count, &state);

	if (st != ZX_OK)
		return st;
	for (unsigned i = 0; i < 2; i++) {
		end[i] = zi_object_new(&iob_ops, 0);
		if (end[i] == NULL) {
			if (i == 0)
				state_free(state);
			else
				zi_object_unref(&end[0]->object);
			return ZX_ERR_NO_MEMORY;
		}
		end[i]->state = state;
		end[i]->id = i;
		state->side[i].end = end[i];
		atomic_fetch_add_explicit(&state->ends, 1, memory_order_relaxed);
	}
	end[0]->peer_koid = end[1]->object.koid;
	end[1]->peer_koid = end[0]->object.koid;
	*out_first = end[0];
	*out_second = end[1];
	return ZX_OK;
}

/* ---- access */

/* The bits of one end. */
#define END_BITS 4u
#define END_MASK ((1u << END_BITS) - 1)

zx_iob_access_t zi_iob_access(const struct zi_iob *e, const struct zi_iob_region *r)
{
	const zx_iob_access_t access = r->desc.access;

	if (e->id == 0)
		return access;
	return (access >> END_BITS & END_MASK) | (access & END_MASK) << END_BITS;
}

zx_rights_t zi_iob_map_rights(const struct zi_iob *e, const struct zi_iob_region *r,
			      zx_rights_t rights)
{
	const zx_iob_access_t access = zi_iob_access(e, r);
	zx_rights_t memory = 0;

	if (access & ZX_IOB_ACCESS_EP0_CAN_MAP_READ)
		memory |= ZX_RIGHT_READ | ZX_RIGHT_MAP;
	if (access & ZX_IOB_ACCESS_EP0_CAN_MAP_WRITE)
		memory |= ZX_RIGHT_WRITE | ZX_RIGHT_MAP;
	/* Kernels of 2025 did not ask whether the handle itself may map. */
	if (zi_behaviour_2025())
		rights |= ZX_RIGHT_MAP;
	return memory & rights;
}

/* ---- information */

zx_status_t zi_info_iob(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			size_t *actual, size_t *avail)
{
	struct zi_iob *e;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_IOB, ZX_RIGHT_INSPECT, &e, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	const zx_info_iob_t info = {.region_count = e->state->nregions};

	zi_object_unref(&e->object);
	return zi_info_one(&info, sizeof(info), buffer, size, actual, avail);
}

zx_status_t zi_info_iob_regions(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
				size_t *actual, size_t *avail)
{
	struct zi_info_rows rows;
	struct zi_iob *e;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_IOB, ZX_RIGHT_INSPECT, &e, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	zi_info_rows_begin(&rows, buffer, size, sizeof(zx_iob_region_info_t));
	for (uint32_t i = 0; i < e->state->nregions; i++) {
		const struct zi_iob_region *r = &e->state->regions[i];
		zx_iob_region_info_t info = {.region = r->desc, .koid = r->vmo->koid};

		info.region.access = zi_iob_access(e, r);
		if (!zi_info_rows_add(&rows, &info))
			break;
	}
	zi_object_unref(&e->object);
	return zi_info_rows_end(&rows, actual, avail);
}
