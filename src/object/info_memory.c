/* What a process uses: TASK_STATS, and PROCESS_VMOS in four layouts. */
#include <stdlib.h>
#include <string.h>

#include <zircon/rights.h>
#include <zircon/syscalls/object.h>

#include "base/inject.h"
#include "object/info.h"
#include "object/iob.h"
#include "object/object.h"
#include "object/task.h"
#include "object/vmo_object.h"
#include "vm/vmar.h"
#include "vm/vmo.h"

/* ---- TASK_STATS */

/* Bytes in fixed point with 63 bits of fraction: sums of quotients lose nothing. */
typedef unsigned __int128 fixed;

static fixed to_fixed(uint64_t whole, uint64_t fraction)
{
	return ((fixed)whole << 63) + fraction;
}

struct sums {
	size_t mapped, private_bytes, shared;
	fixed scaled;
};

static void add_mapping_locked(struct sums *s, struct zi_mapping *m)
{
	const uint64_t sharers = zi_vmo_share_count(m->vmo);
	struct zi_attr a = {0};

	zi_mapping_attribute(m, m->base, m->len, &a);
	s->mapped += m->len;
	if (sharers > 1) {
		s->shared += a.committed;
		s->scaled += to_fixed(a.scaled, a.fraction) / sharers;
		return;
	}
	s->private_bytes += a.private_;
	s->shared += a.committed - a.private_;
	s->scaled += to_fixed(a.scaled - a.private_, a.fraction);
}

static zx_status_t sum_up(struct zi_aspace *as, struct sums *s)
{
	ZI_LOCK_SCOPE(&as->lock);
	struct zi_mapping *m;

	if (as->root == NULL)
		return ZX_ERR_BAD_STATE;
	for (m = zi_vmar_first_mapping_locked(as->root, 0); m != NULL;
	     m = zi_vmar_next_mapping_locked(as->root, m))
		add_mapping_locked(s, m);
	return ZX_OK;
}

zx_status_t zi_info_sum_up(struct zi_aspace *as, zx_info_task_stats_t *out)
{
	struct sums s = {0};
	zx_status_t st = sum_up(as, &s);

	if (st != ZX_OK)
		return st;
	*out = (zx_info_task_stats_t){
		.mem_mapped_bytes = s.mapped,
		.mem_private_bytes = s.private_bytes,
		.mem_shared_bytes = s.shared,
		.mem_scaled_shared_bytes = (size_t)(s.scaled >> 63),
		.mem_fractional_scaled_shared_bytes =
			(uint64_t)s.scaled & (((uint64_t)1 << 63) - 1),
	};
	return ZX_OK;
}

zx_status_t zi_info_task_stats(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			       size_t *actual, size_t *avail)
{
	zx_info_task_stats_t stats;
	struct zi_process *process;
	struct zi_aspace *as;
	zx_status_t st =
		zi_handle_get(handle, ZX_OBJ_TYPE_PROCESS, ZX_RIGHT_INSPECT, &process, NULL);

	if (st != ZX_OK)
		return st;
	as = zi_process_aspace(process);
	st = as != NULL ? zi_info_sum_up(as, &stats) : ZX_ERR_NO_MEMORY;
	zi_object_unref(&process->object);
	if (st != ZX_OK)
		return st;
	return zi_info_one(&stats,
			   topic == ZX_INFO_TASK_STATS_V1 ? sizeof(zx_info_task_stats_v1_t) :
							    sizeof(stats),
			   buffer, size, actual, avail);
}

/* ---- PROCESS_VMOS */

static size_t vmo_record_size(uint32_t topic)
{
	switch (topic) {
	case ZX_INFO_PROCESS_VMOS_V1:
		return sizeof(zx_info_vmo_v1_t);
	case ZX_INFO_PROCESS_VMOS_V2:
		return sizeof(zx_info_vmo_v2_t);
	case ZX_INFO_PROCESS_VMOS_V3:
		return sizeof(zx_info_vmo_v3_t);
	default:
		return sizeof(zx_info_vmo_t);
	}
}

static bool add_vmo(struct zi_info_rows *rows, struct zi_vmo *vmo, uint32_t via, zx_rights_t rights)
{
	zx_info_vmo_t info;

	if (!zi_info_rows_room(rows)) {
		zi_info_rows_skip(rows, 1);
		return rows->status == ZX_OK;
	}
	memset(&info, 0, sizeof(info));
	zi_info_vmo_fill(vmo, false, via, rights, &info);
	return zi_info_rows_add(rows, &info);
}

/* An I/O buffer has a record for each region, with what the handle may do there. */
static bool add_regions(struct zi_info_rows *rows, struct zi_iob *e, zx_rights_t rights)
{
	for (uint32_t i = 0; i < e->state->nregions; i++) {
		const struct zi_iob_region *r = &e->state->regions[i];

		if (!add_vmo(rows, r->vmo, ZX_INFO_VMO_VIA_IOB_HANDLE,
			     zi_iob_map_rights(e, r, rights)))
			return false;
	}
	return true;
}

static bool add_handle(void *ctx, zx_handle_t value, struct zi_object *o, zx_rights_t rights)
{
	struct zi_info_rows *rows = ctx;

	(void)value;
	if (o->ops->type == ZX_OBJ_TYPE_IOB)
		return add_regions(rows, (struct zi_iob *)o, rights);
	if (o->ops->type != ZX_OBJ_TYPE_VMO)
		return true;
	return add_vmo(rows, ((struct zi_vmo_object *)o)->vmo, ZX_INFO_VMO_VIA_HANDLE, rights);
}

/*
 * References to the VMOs of all mappings in address order, gathered so that no lock is held while
 * rows are written.
 */
struct mapped {
	struct zi_vmo **vmo;
	size_t count, room;
};

static bool gather_mapped(struct zi_aspace *as, struct mapped *all)
{
	ZI_LOCK_SCOPE(&as->lock);
	struct zi_mapping *m;

	for (m = as->root != NULL ? zi_vmar_first_mapping_locked(as->root, 0) : NULL; m != NULL;
	     m = zi_vmar_next_mapping_locked(as->root, m)) {
		if (all->count == all->room) {
			const size_t room = all->room == 0 ? 64 : 2 * all->room;
			struct zi_vmo **more =
				ZI_ALLOC(LIST, realloc(all->vmo, room * sizeof(struct zi_vmo *)));

			if (more == NULL)
				return false;
			all->vmo = more;
			all->room = room;
		}
		zi_vmo_ref(m->vmo);
		all->vmo[all->count++] = m->vmo;
	}
	return true;
}

static zx_status_t list_vmos(struct zi_aspace *as, struct zi_info_rows *rows)
{
	struct mapped mapped = {0};
	bool ok = gather_mapped(as, &mapped) && zi_handle_walk(add_handle, rows);

	for (size_t i = 0; i < mapped.count; i++) {
		if (ok)
			add_vmo(rows, mapped.vmo[i], ZX_INFO_VMO_VIA_MAPPING, 0);
		zi_vmo_unref(mapped.vmo[i]);
	}
	free(mapped.vmo);
	return ok ? ZX_OK : ZX_ERR_NO_MEMORY;
}

zx_status_t zi_info_process_vmos(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
				 size_t *actual, size_t *avail)
{
	struct zi_info_rows rows;
	struct zi_process *process;
	struct zi_aspace *as;
	bool running;
	zx_status_t st =
		zi_handle_get(handle, ZX_OBJ_TYPE_PROCESS, ZX_RIGHT_INSPECT, &process, NULL);

	if (st != ZX_OK)
		return st;
	running = zi_process_is_running(process);
	as = running ? zi_process_aspace(process) : NULL;
	zi_info_rows_begin(&rows, buffer, size, vmo_record_size(topic));
	if (as != NULL)
		st = list_vmos(as, &rows);
	zi_object_unref(&process->object);
	if (!running) {
		st = zi_info_counts(0, 0, actual, avail);
		return st == ZX_OK ? ZX_ERR_BAD_STATE : st;
	}
	if (as == NULL)
		return ZX_ERR_NO_MEMORY;
	return st == ZX_OK ? zi_info_rows_end(&rows, actual, avail) : st;
}
