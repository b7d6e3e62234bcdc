/*
 * Listings of address spaces: PROCESS_MAPS in three layouts, VMAR_MAPS, VMAR. Rows are gathered in
 * memory of ours while the tree is locked and handed out afterwards: the program's buffer may be
 * mapped where the list is about, and writing it may change what the list says. So all rows show
 * one moment, the one before the first is written.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/rights.h>
#include <zircon/syscalls/object.h>

#include "base/inject.h"
#include "base/span.h"
#include "object/info.h"
#include "object/object.h"
#include "object/task.h"
#include "vm/vmar.h"
#include "vm/vmo.h"

/* A zeroed row; NULL: it is only counted. */
static zx_info_maps_t *add_row(struct zi_maps_rows *r)
{
	r->total++;
	if (r->count == r->limit || r->no_memory)
		return NULL;
	if (r->count == r->room) {
		const size_t room = r->room == 0 ? 64 : 2 * r->room;
		zx_info_maps_t *more = ZI_ALLOC(LIST, realloc(r->row, room * sizeof(*more)));

		if (more == NULL) {
			r->no_memory = true;
			return NULL;
		}
		r->row = more;
		r->room = room;
	}
	return memset(&r->row[r->count++], 0, sizeof(*r->row));
}

static void add_aspace(struct zi_maps_rows *r, struct zi_aspace *as)
{
	zx_info_maps_t *row = add_row(r);

	if (row == NULL)
		return;
	snprintf(row->name, sizeof(row->name), "proc:%" PRIu64, as->koid);
	row->base = as->base;
	row->size = as->len;
	row->type = ZX_INFO_MAPS_TYPE_ASPACE;
}

static void add_vmar(struct zi_maps_rows *r, const struct zi_vmar *v, size_t depth)
{
	zx_info_maps_t *row = add_row(r);

	if (row == NULL)
		return;
	strcpy(row->name, v == v->aspace->root ? "root" : "useralloc");
	row->base = v->base;
	row->size = v->len;
	row->depth = depth;
	row->type = ZX_INFO_MAPS_TYPE_VMAR;
}

static void fill_mapping(zx_info_maps_t *row, struct zi_mapping *m, zx_vaddr_t from, zx_vaddr_t to)
{
	struct zi_attr attr = {0};
	zx_info_maps_mapping_t *u = &row->u.mapping;

	if (m->list_name != NULL)
		snprintf(row->name, sizeof(row->name), "%s", m->list_name);
	else
		zi_vmo_get_name(m->vmo, row->name);
	row->base = from;
	row->size = to - from;
	row->type = ZX_INFO_MAPS_TYPE_MAPPING;
	zi_mapping_attribute(m, from, to - from, &attr);
	u->vmo_koid = m->list_koid != 0 ? m->list_koid : m->vmo->koid;
	u->vmo_offset = m->vmo_off + (from - m->base);
	u->committed_bytes = u->populated_bytes = attr.committed;
	u->committed_private_bytes = u->populated_private_bytes = attr.private_;
	u->committed_scaled_bytes = u->populated_scaled_bytes = attr.scaled;
	u->committed_fractional_scaled_bytes = u->populated_fractional_scaled_bytes = attr.fraction;
}

/* One row for each protection range. */
static void add_mapping(struct zi_maps_rows *r, struct zi_mapping *m, size_t depth)
{
	const zx_vaddr_t end = m->base + m->len;
	zx_vaddr_t from = m->base;

	while (from < end) {
		zx_vaddr_t to;
		const uint32_t prot = zi_mapping_prot_at(m, from, &to);
		zx_info_maps_t *row = add_row(r);

		if (row != NULL) {
			fill_mapping(row, m, from, to);
			row->depth = depth;
			row->u.mapping.mmu_flags = prot;
		}
		from = to;
	}
}

/* The VMAR itself and all below it. */
static void add_tree_locked(struct zi_maps_rows *r, struct zi_vmar *v, size_t depth)
{
	struct zi_vmar_walk w;

	add_vmar(r, v, depth);
	for (zi_vmar_walk_first_locked(v, &w); w.child != NULL; zi_vmar_walk_next_locked(&w)) {
		if (w.child->is_vmar)
			add_vmar(r, zi_child_vmar(w.child), depth + w.depth);
		else
			add_mapping(r, zi_child_mapping(w.child), depth + w.depth);
	}
}

/* ---- layouts */

static size_t row_size(uint32_t topic)
{
	switch (topic) {
	case ZX_INFO_PROCESS_MAPS_V1:
		return sizeof(zx_info_maps_v1_t);
	case ZX_INFO_PROCESS_MAPS_V2:
		return sizeof(zx_info_maps_v2_t);
	default:
		return sizeof(zx_info_maps_t);
	}
}

/* The older layouts are beginnings of the newest one but for counts, which are pages. */
static void to_old_layout(zx_info_maps_t *row)
{
	row->u.mapping.committed_bytes /= ZI_PAGE;
	row->u.mapping.populated_bytes /= ZI_PAGE;
}

static zx_status_t hand_out(struct zi_maps_rows *r, uint32_t topic, void *buffer, size_t size,
			    size_t *actual, size_t *avail)
{
	const size_t record_size = row_size(topic);
	struct zi_info_rows out;

	zi_info_rows_begin(&out, buffer, size, record_size);
	for (size_t i = 0; i < r->count; i++) {
		if (record_size != sizeof(zx_info_maps_t))
			to_old_layout(&r->row[i]);
		if (!zi_info_rows_add(&out, &r->row[i]))
			break;
	}
	zi_info_rows_skip(&out, r->total - r->count);
	return zi_info_rows_end(&out, actual, avail);
}

/* ---- topics */

zx_status_t zi_info_gather_maps(struct zi_aspace *as, struct zi_maps_rows *r)
{
	ZI_LOCK_SCOPE(&as->lock);
	if (as->root == NULL)
		return ZX_ERR_BAD_STATE;
	add_aspace(r, as);
	add_tree_locked(r, as->root, 1);
	return ZX_OK;
}

static zx_status_t vmar_maps(zx_handle_t handle, struct zi_maps_rows *r)
{
	struct zi_vmar_object *o;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_VMAR, ZX_RIGHT_INSPECT, &o, NULL);

	if (st != ZX_OK)
		return st;
	zi_lock(&o->vmar->aspace->lock);
	if (o->vmar->dead)
		st = ZX_ERR_BAD_STATE;
	else
		add_tree_locked(r, o->vmar, 0);
	zi_unlock(&o->vmar->aspace->lock);
	zi_object_unref(&o->object);
	return st;
}

/* *out_gone: the address space is destroyed, which the counts tell as well. */
static zx_status_t process_maps(zx_handle_t handle, struct zi_maps_rows *r, bool *out_gone)
{
	struct zi_process *process;
	struct zi_aspace *as;
	zx_status_t st =
		zi_handle_get(handle, ZX_OBJ_TYPE_PROCESS, ZX_RIGHT_INSPECT, &process, NULL);

	if (st != ZX_OK)
		return st;
	as = zi_process_aspace(process);
	st = as == NULL ? ZX_ERR_NO_MEMORY : zi_info_gather_maps(as, r);
	*out_gone = st == ZX_ERR_BAD_STATE;
	zi_object_unref(&process->object);
	return st;
}

zx_status_t zi_info_maps(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			 size_t *actual, size_t *avail)
{
	struct zi_maps_rows rows = {.limit = size / row_size(topic)};
	bool gone = false;
	zx_status_t st;

	if (topic == ZX_INFO_VMAR_MAPS)
		st = vmar_maps(handle, &rows);
	else
		st = process_maps(handle, &rows, &gone);
	if (st == ZX_OK && rows.no_memory)
		st = ZX_ERR_NO_MEMORY;
	if (st == ZX_OK)
		st = hand_out(&rows, topic, buffer, size, actual, avail);
	else if (gone && zi_info_counts(0, 0, actual, avail) != ZX_OK)
		st = ZX_ERR_INVALID_ARGS;
	free(rows.row);
	return st;
}

zx_status_t zi_info_vmar(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			 size_t *actual, size_t *avail)
{
	struct zi_vmar_object *o;
	zx_info_vmar_t info;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_VMAR, ZX_RIGHT_INSPECT, &o, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	info = (zx_info_vmar_t){.base = o->vmar->base, .len = o->vmar->len};
	zi_object_unref(&o->object);
	return zi_info_one(&info, sizeof(info), buffer, size, actual, avail);
}
