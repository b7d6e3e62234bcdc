/* Topics about handles. */
#include <string.h>

#include <zircon/rights.h>
#include <zircon/syscalls/object.h>

#include "object/info.h"
#include "object/object.h"
#include "object/task.h"

static zx_koid_t related_koid(struct zi_object *o)
{
	return o->ops->related_koid == NULL ? 0 : o->ops->related_koid(o);
}

zx_status_t zi_info_handle_valid(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
				 size_t *actual, size_t *avail)
{
	(void)topic, (void)buffer, (void)size, (void)actual, (void)avail;
	return zi_handle_is_open(handle) ? ZX_OK : ZX_ERR_BAD_HANDLE;
}

zx_status_t zi_info_handle_basic(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
				 size_t *actual, size_t *avail)
{
	zx_info_handle_basic_t info;
	struct zi_object *o;
	zx_rights_t rights;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_NONE, &o, &rights);

	(void)topic;
	if (st != ZX_OK)
		return st;
	memset(&info, 0, sizeof(info));
	info.koid = o->koid;
	info.rights = rights;
	info.type = o->ops->type;
	info.related_koid = related_koid(o);
	zi_object_unref(o);
	return zi_info_one(&info, sizeof(info), buffer, size, actual, avail);
}

zx_status_t zi_info_handle_count(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
				 size_t *actual, size_t *avail)
{
	zx_info_handle_count_t info;
	struct zi_object *o;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_INSPECT, &o, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	info.handle_count = zi_object_handles(o);
	zi_object_unref(o);
	return zi_info_one(&info, sizeof(info), buffer, size, actual, avail);
}

static bool add_row(void *ctx, zx_handle_t value, struct zi_object *o, zx_rights_t rights)
{
	zx_info_handle_extended_t row;

	memset(&row, 0, sizeof(row));
	row.type = o->ops->type;
	row.handle_value = value;
	row.rights = rights;
	row.koid = o->koid;
	row.related_koid = related_koid(o);
	return zi_info_rows_add(ctx, &row);
}

/* Processes other than self have no handles: nothing of theirs ever runs. */
zx_status_t zi_info_handle_table(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
				 size_t *actual, size_t *avail)
{
	const zx_rights_t needed =
		ZX_RIGHT_INSPECT | ZX_RIGHT_MANAGE_PROCESS | ZX_RIGHT_MANAGE_THREAD;
	struct zi_info_rows rows;
	struct zi_process *p;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_PROCESS, needed, &p, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	bool walk = p->is_self;

	zi_object_unref(&p->object);
	/*
	 * An old habit of Zircon's: this asks for the caller's handles, whichever process was
	 * named.
	 */
	if (buffer == NULL && avail == NULL && actual != NULL)
		return zi_info_counts(zi_handle_live(), 0, actual, NULL);
	zi_info_rows_begin(&rows, buffer, size, sizeof(zx_info_handle_extended_t));
	if (walk && !zi_handle_walk(add_row, &rows))
		return ZX_ERR_NO_MEMORY;
	return zi_info_rows_end(&rows, actual, avail);
}

static bool count_type(void *ctx, zx_handle_t value, struct zi_object *o, zx_rights_t rights)
{
	zx_info_process_handle_stats_t *stats = ctx;

	(void)value, (void)rights;
	stats->handle_count[o->ops->type]++;
	return true;
}

zx_status_t zi_info_handle_stats(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
				 size_t *actual, size_t *avail)
{
	zx_info_process_handle_stats_t stats;
	struct zi_process *p;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_PROCESS, ZX_RIGHT_INSPECT, &p, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	bool walk = p->is_self;

	zi_object_unref(&p->object);
	memset(&stats, 0, sizeof(stats));
	if (walk && !zi_handle_walk(count_type, &stats))
		return ZX_ERR_NO_MEMORY;
	return zi_info_one(&stats, sizeof(stats), buffer, size, actual, avail);
}
