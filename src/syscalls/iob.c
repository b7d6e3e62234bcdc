/*
 * zx_iob_* and zx_vmar_map_iob: arguments and handles.
 * DIFFERS: job policies are not kept, so that ZX_POL_NEW_IOB always allows.
 */
#include <zircon/rights.h>
#include <zircon/syscalls-next.h>
#include <zircon/syscalls.h>

#include "object/iob.h"
#include "syscalls/entry.h"
#include "syscalls/handle_i.h"
#include "syscalls/vmar_i.h"
#include "vm/fault.h"
#include "vm/vmo.h"

/*
 * ZX_ERR_INVALID_ARGS    options
 * ZX_ERR_OUT_OF_RANGE    too many regions
 * ZX_ERR_INVALID_ARGS    the array cannot be read, or is empty
 * … what zi_iob_region_init says of the first bad region
 * ZX_ERR_INVALID_ARGS    bad `ep0_out` or `ep1_out`
 */
zx_status_t zx_iob_create(uint64_t options, const void *regions, size_t num_regions,
			  zx_handle_t *ep0_out, zx_handle_t *ep1_out)
{
	ZI_ENTRY(zx_iob_create);
	zx_iob_region_t copy[ZX_IOB_MAX_REGIONS];
	struct zi_iob *first, *second;
	zx_status_t st;

	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	if (num_regions > ZX_IOB_MAX_REGIONS)
		return ZX_ERR_OUT_OF_RANGE;
	st = zi_user_read(copy, regions, num_regions * sizeof(copy[0]));
	if (st != ZX_OK)
		return st;
	if (num_regions == 0)
		return ZX_ERR_INVALID_ARGS;
	st = zi_iob_new(copy, num_regions, &first, &second);
	if (st != ZX_OK)
		return st;
	return zi_publish_two(&first->object, ZX_DEFAULT_IOB_RIGHTS, ep0_out, &second->object,
			      ZX_DEFAULT_IOB_RIGHTS, ep1_out);
}

/*
 * ZX_ERR_INVALID_ARGS    options; size 0 or not of whole pages
 * ZX_ERR_OUT_OF_RANGE    larger than a VMO can be
 * ZX_ERR_NO_MEMORY
 * ZX_ERR_INVALID_ARGS    bad `out`
 */
zx_status_t zx_iob_create_shared_region(uint64_t options, uint64_t size, zx_handle_t *out)
{
	ZI_ENTRY(zx_iob_create_shared_region);
	struct zi_iob_shared *shared;
	zx_status_t st;

	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	st = zi_iob_shared_new(size, &shared);
	if (st != ZX_OK)
		return st;
	return zi_handle_publish(&shared->object, ZX_DEFAULT_IOB_SHARED_REGION_RIGHTS, out);
}

/* Rows 2-5 of the two calls that write through the library. */
static zx_status_t get_writable(zx_handle_t handle, uint32_t index,
				zx_iob_discipline_type_t discipline, struct zi_iob **out_end,
				struct zi_iob_region **out_region)
{
	struct zi_iob_region *r;
	struct zi_iob *e;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_IOB, ZX_RIGHT_WRITE, &e, NULL);

	if (st != ZX_OK)
		return st;
	r = zi_iob_region_at(e, index);
	if (r == NULL)
		st = ZX_ERR_OUT_OF_RANGE;
	else if (r->desc.discipline.type != discipline)
		st = ZX_ERR_WRONG_TYPE;
	else if ((zi_iob_access(e, r) & ZX_IOB_ACCESS_EP0_CAN_MEDIATED_WRITE) == 0)
		st = ZX_ERR_ACCESS_DENIED;
	if (st != ZX_OK) {
		zi_object_unref(&e->object);
		return st;
	}
	*out_end = e;
	*out_region = r;
	return ZX_OK;
}

/*
 * ZX_ERR_INVALID_ARGS    options
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (WRITE)
 * ZX_ERR_OUT_OF_RANGE    no such region
 * ZX_ERR_WRONG_TYPE      it is no ID allocator
 * ZX_ERR_ACCESS_DENIED   this end may not write to it
 * ZX_ERR_IO_DATA_INTEGRITY  the region's header is damaged
 * ZX_ERR_NO_MEMORY       no room for the blob and its entry
 * ZX_ERR_INVALID_ARGS    bad `blob`; the id is used up
 * ZX_ERR_IO_DATA_INTEGRITY  the id's entry is in use
 * ZX_ERR_INVALID_ARGS    bad `id`
 */
zx_status_t zx_iob_allocate_id(zx_handle_t handle, zx_iob_allocate_id_options_t options,
			       uint32_t region_index, const void *blob, uint64_t blob_size,
			       uint32_t *id)
{
	ZI_ENTRY(zx_iob_allocate_id);
	struct zi_iob_region *r;
	struct zi_iob *e;
	uint32_t given;
	zx_status_t st;

	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	st = get_writable(handle, region_index, ZX_IOB_DISCIPLINE_TYPE_ID_ALLOCATOR, &e, &r);
	if (st != ZX_OK)
		return st;
	st = zi_iob_ids_allocate(r, blob, blob_size, &given);
	zi_object_unref(&e->object);
	return st == ZX_OK ? zi_user_write(id, &given, sizeof(given)) : st;
}

/*
 * ZX_ERR_INVALID_ARGS    options
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED (WRITE)
 * ZX_ERR_OUT_OF_RANGE    no such region
 * ZX_ERR_WRONG_TYPE      it is no ring
 * ZX_ERR_ACCESS_DENIED   this end may not write to it
 * ZX_ERR_INVALID_ARGS    bad `vectors`; more than 8; more than 65519 bytes
 * ZX_ERR_NO_SPACE        larger than the ring
 * ZX_ERR_IO_DATA_INTEGRITY  head and tail cannot be
 * ZX_ERR_NO_SPACE        larger than what is free of it
 * … what zx_vmo_write says of bad buffers
 */
zx_status_t zx_iob_writev(zx_handle_t handle, zx_iob_write_options_t options, uint32_t region_index,
			  const zx_iovec_t *vectors, size_t num_vectors)
{
	ZI_ENTRY(zx_iob_writev);
	struct zi_iob_region *r;
	struct zi_iob *e;
	zx_status_t st;

	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	st = get_writable(handle, region_index, ZX_IOB_DISCIPLINE_TYPE_MEDIATED_WRITE_RING_BUFFER,
			  &e, &r);
	if (st != ZX_OK)
		return st;
	st = zi_iob_shared_write(r->shared, r->desc.discipline.ring_buffer.tag, vectors,
				 num_vectors);
	zi_object_unref(&e->object);
	return st;
}

static zx_status_t map_region(const struct zi_vmar_object *vmar, zx_rights_t vmar_rights,
			      struct zi_iob *e, zx_rights_t rights, uint32_t index,
			      struct zi_map_what *what, zx_vm_option_t options, size_t vmar_offset,
			      zx_vaddr_t *mapped_addr)
{
	struct zi_iob_region *r = zi_iob_region_at(e, index);
	zx_status_t st;

	if (r == NULL)
		return ZX_ERR_OUT_OF_RANGE;
	st = zi_vmo_create_view(r->view[e->id], &what->vmo);
	if (st != ZX_OK)
		return st;
	what->rights = zi_iob_map_rights(e, r, rights);
	what->no_stream_size = true;
	st = zi_map_for_user(vmar, vmar_rights, what, options, vmar_offset, mapped_addr);
	zi_vmo_unref(what->vmo);
	return st;
}

/*
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   the VMAR, then the I/O buffer
 * ZX_ERR_OUT_OF_RANGE    no such region
 * ZX_ERR_NO_MEMORY
 * … then as zx_vmar_map, with what access and rights together allow
 */
zx_status_t zx_vmar_map_iob(zx_handle_t handle, zx_vm_option_t options, size_t vmar_offset,
			    zx_handle_t ep, uint32_t region_index, uint64_t region_offset,
			    size_t region_length, zx_vaddr_t *mapped_addr)
{
	ZI_ENTRY(zx_vmar_map_iob);
	struct zi_map_what what = {.off = region_offset, .len = region_length};
	zx_rights_t vmar_rights, rights;
	struct zi_vmar_object *vmar;
	struct zi_iob *e;
	zx_status_t st =
		zi_handle_get(handle, ZX_OBJ_TYPE_VMAR, ZX_RIGHT_NONE, &vmar, &vmar_rights);

	if (st != ZX_OK)
		return st;
	st = zi_handle_get(ep, ZX_OBJ_TYPE_IOB, ZX_RIGHT_NONE, &e, &rights);
	if (st == ZX_OK) {
		st = map_region(vmar, vmar_rights, e, rights, region_index, &what, options,
				vmar_offset, mapped_addr);
		zi_object_unref(&e->object);
	}
	zi_object_unref(&vmar->object);
	return st;
}
