/* Regions of I/O buffers: which ones there can be, and their memory. */
#include "base/span.h"
#include "object/iob.h"
#include "vm/vmo.h"

#define MEDIATED_READ ZX_IOB_ACCESS_EP0_CAN_MEDIATED_READ
#define MEDIATED_WRITE ZX_IOB_ACCESS_EP0_CAN_MEDIATED_WRITE
/* Bits of end 1 lie so much higher. */
#define END_SHIFT 4u
#define BOTH_ENDS(bits) ((bits) | (bits) << END_SHIFT)

/* ---- checks */

/* Somebody has to be able to write, by whatever means. */
static zx_status_t check_access(zx_iob_access_t access)
{
	const zx_iob_access_t useful =
		BOTH_ENDS(ZX_IOB_ACCESS_EP0_CAN_MAP_WRITE | MEDIATED_READ | MEDIATED_WRITE);

	return (access & useful) != 0 ? ZX_OK : ZX_ERR_INVALID_ARGS;
}

/* Reading alone through the kernel is nothing that an ID allocator has. */
static bool is_read_alone(zx_iob_access_t access)
{
	return (access & (MEDIATED_READ | MEDIATED_WRITE)) == MEDIATED_READ;
}

static zx_status_t check_discipline(const zx_iob_region_t *desc)
{
	const bool is_private = desc->type == ZX_IOB_REGION_TYPE_PRIVATE;
	const zx_iob_access_t access = desc->access;
	bool good = false;

	switch (desc->discipline.type) {
	case ZX_IOB_DISCIPLINE_TYPE_NONE:
		good = is_private && (access & BOTH_ENDS(MEDIATED_READ | MEDIATED_WRITE)) == 0;
		break;
	case ZX_IOB_DISCIPLINE_TYPE_ID_ALLOCATOR:
		good = is_private && !is_read_alone(access) && !is_read_alone(access >> END_SHIFT);
		break;
	case ZX_IOB_DISCIPLINE_TYPE_MEDIATED_WRITE_RING_BUFFER:
		good = !is_private;
		break;
	}
	return good ? ZX_OK : ZX_ERR_INVALID_ARGS;
}

/* ---- memory */

static zx_status_t take_shared(struct zi_iob_region *r)
{
	const zx_iob_region_shared_t *given = &r->desc.shared_region;
	zx_status_t st;

	if (given->options != 0 || r->desc.size != 0)
		return ZX_ERR_INVALID_ARGS;
	st = zi_handle_get(given->shared_region, ZX_OBJ_TYPE_IOB_SHARED_REGION, ZX_RIGHT_NONE,
			   &r->shared, NULL);
	if (st != ZX_OK)
		return st;
	/* A page for head and tail, and something to write to. */
	if (r->shared->bytes < 2 * ZI_PAGE)
		return ZX_ERR_INVALID_ARGS;
	zi_vmo_ref(r->shared->vmo);
	r->vmo = r->shared->vmo;
	return ZX_OK;
}

static zx_status_t take_memory(struct zi_iob_region *r)
{
	zx_status_t st;

	switch (r->desc.type) {
	case ZX_IOB_REGION_TYPE_PRIVATE:
		st = zi_vmo_create(r->desc.size, r->desc.private_region.options, &r->vmo);
		if (st == ZX_OK)
			r->desc.size = zi_vmo_get_size(r->vmo);
		return st;
	case ZX_IOB_REGION_TYPE_SHARED:
		return take_shared(r);
	default:
		return ZX_ERR_INVALID_ARGS;
	}
}

static zx_status_t prepare_ids(struct zi_iob_region *r)
{
	zx_status_t st = zi_vmo_commit(r->vmo, 0, r->desc.size);

	if (st == ZX_OK)
		st = zi_vmo_pin(r->vmo, 0, r->desc.size, true);
	if (st != ZX_OK)
		return st;
	r->pinned = true;
	return zi_iob_ids_init(r->vmo, r->desc.size);
}

zx_status_t zi_iob_region_init(struct zi_iob_region *r, const zx_iob_region_t *desc,
			       struct zi_iob_side side[2],
			       void (*on_unmapped)(void *side, bool zero))
{
	zx_status_t st;

	r->desc = *desc;
	st = take_memory(r);
	if (st == ZX_OK)
		st = check_access(desc->access);
	if (st == ZX_OK)
		st = check_discipline(desc);
	if (st == ZX_OK && desc->discipline.type == ZX_IOB_DISCIPLINE_TYPE_ID_ALLOCATOR)
		st = prepare_ids(r);
	for (unsigned i = 0; i < 2 && st == ZX_OK; i++) {
		st = zi_vmo_create_view(r->vmo, &r->view[i]);
		if (st == ZX_OK)
			zi_vmo_set_children_hook(r->view[i], on_unmapped, &side[i]);
	}
	return st;
}

void zi_iob_region_done(struct zi_iob_region *r)
{
	for (unsigned i = 0; i < 2; i++) {
		if (r->view[i] != NULL)
			zi_vmo_unhook_unref(r->view[i]);
	}
	if (r->pinned)
		zi_vmo_unpin(r->vmo, 0, r->desc.size);
	zi_vmo_unref(r->vmo);
	if (r->shared != NULL)
		zi_object_unref(&r->shared->object);
}
