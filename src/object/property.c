/*
 * Properties: one row per property says how large its value is and how to get and set it. The
 * checks that all share stand in the two functions at the end.
 */
#include "object/property.h"

#include <string.h>

#include <zircon/rights.h>
#include <zircon/syscalls/object.h>

#include "object/object.h"
#include "object/stream.h"
#include "object/task.h"
#include "object/thread.h"
#include "object/vmo_object.h"
#include "vm/fault.h"
#include "vm/vmar.h"

union value {
	char name[ZX_MAX_NAME_LEN];
	uint64_t u64;
	uint32_t u32;
	uint8_t u8;
};

struct property {
	uint32_t id;
	size_t size; /* of the value; exactly so much is read and written */
	/* WRONG_TYPE and what follows it. NULL: cannot be read, cannot be set. */
	zx_status_t (*get)(struct zi_object *o, union value *out);
	/* `user` is the program's value: a wrong type is found before a bad address. */
	zx_status_t (*set)(struct zi_object *o, const void *user, size_t size);
	bool any_size;          /* setting checks no size */
	zx_rights_t set_rights; /* beyond SET_PROPERTY */
};

/* ---- names */

static zx_status_t get_name(struct zi_object *o, union value *out)
{
	if (o->ops->get_name == NULL)
		return ZX_ERR_WRONG_TYPE;
	o->ops->get_name(o, out->name);
	return ZX_OK;
}

/* Unlike the others it reads the value first, as Zircon does. */
static zx_status_t set_name(struct zi_object *o, const void *user, size_t size)
{
	char name[ZX_MAX_NAME_LEN] = "";
	zx_status_t st;

	if (size > ZX_MAX_NAME_LEN - 1)
		size = ZX_MAX_NAME_LEN - 1;
	st = zi_user_read(name, user, size);
	if (st != ZX_OK)
		return st;
	if (o->ops->set_name == NULL)
		return ZX_ERR_WRONG_TYPE;
	o->ops->set_name(o, name, strnlen(name, size));
	return ZX_OK;
}

/* ---- processes and jobs */

static struct zi_process *as_process(struct zi_object *o)
{
	return o->ops->type == ZX_OBJ_TYPE_PROCESS ? (struct zi_process *)o : NULL;
}

static zx_status_t get_debug_addr(struct zi_object *o, union value *out)
{
	struct zi_process *p = as_process(o);

	if (p == NULL)
		return ZX_ERR_WRONG_TYPE;
	out->u64 = atomic_load_explicit(&p->debug_addr, memory_order_relaxed);
	return ZX_OK;
}

static zx_status_t get_break_on_load(struct zi_object *o, union value *out)
{
	struct zi_process *p = as_process(o);

	if (p == NULL)
		return ZX_ERR_WRONG_TYPE;
	out->u64 = atomic_load_explicit(&p->break_on_load, memory_order_relaxed);
	return ZX_OK;
}

static zx_status_t set_address(_Atomic uint64_t *where, const void *user)
{
	uint64_t addr;
	zx_status_t st = zi_user_read(&addr, user, sizeof(addr));

	if (st == ZX_OK)
		atomic_store_explicit(where, addr, memory_order_relaxed);
	return st;
}

static zx_status_t set_debug_addr(struct zi_object *o, const void *user, size_t size)
{
	struct zi_process *p = as_process(o);

	(void)size;
	return p == NULL ? ZX_ERR_WRONG_TYPE : set_address(&p->debug_addr, user);
}

static zx_status_t set_break_on_load(struct zi_object *o, const void *user, size_t size)
{
	struct zi_process *p = as_process(o);

	(void)size;
	return p == NULL ? ZX_ERR_WRONG_TYPE : set_address(&p->break_on_load, user);
}

/* 0 for processes without a vDSO. */
static zx_status_t get_vdso_base(struct zi_object *o, union value *out)
{
	struct zi_process *p = as_process(o);
	struct zi_aspace *as;

	if (p == NULL)
		return ZX_ERR_WRONG_TYPE;
	as = zi_process_aspace(p);
	if (as == NULL)
		return ZX_ERR_NO_MEMORY;
	ZI_LOCK_SCOPE(&as->lock);
	out->u64 = as->vdso == NULL ? 0 : as->vdso->base;
	return ZX_OK;
}

static zx_status_t set_kill_on_oom(struct zi_object *o, const void *user, size_t size)
{
	uint64_t value;
	zx_status_t st;

	(void)size;
	if (o->ops->type != ZX_OBJ_TYPE_JOB)
		return ZX_ERR_WRONG_TYPE;
	st = zi_user_read(&value, user, sizeof(value));
	if (st != ZX_OK)
		return st;
	if (value > 1)
		return ZX_ERR_INVALID_ARGS;
	ZI_LOCK_SCOPE(&zi_tasks_lock);
	((struct zi_job *)o)->kill_on_oom = value != 0;
	return ZX_OK;
}

/* ---- VMOs */

static zx_status_t get_content_size(struct zi_object *o, union value *out)
{
	return zi_vmo_property_get_content_size(o, &out->u64);
}

static zx_status_t set_content_size(struct zi_object *o, const void *user, size_t size)
{
	uint64_t bytes;
	zx_status_t st;

	(void)size;
	if (o->ops->type != ZX_OBJ_TYPE_VMO)
		return ZX_ERR_WRONG_TYPE;
	st = zi_user_read(&bytes, user, sizeof(bytes));
	return st == ZX_OK ? zi_vmo_property_set_content_size(o, bytes) : st;
}

/* ---- streams */

static zx_status_t get_append(struct zi_object *o, union value *out)
{
	return zi_stream_property_get_append(o, &out->u8);
}

static zx_status_t set_append(struct zi_object *o, const void *user, size_t size)
{
	uint8_t on;
	zx_status_t st;

	(void)size;
	if (o->ops->type != ZX_OBJ_TYPE_STREAM)
		return ZX_ERR_WRONG_TYPE;
	st = zi_user_read(&on, user, sizeof(on));
	return st == ZX_OK ? zi_stream_property_set_append(o, on) : st;
}

/* ---- registers */

#if defined(__x86_64__)

enum { SET_GS = 0x1001, SET_FS = 0x1002, GET_FS = 0x1003, GET_GS = 0x1004 };

/* Of the C library, without a header. */
int arch_prctl(int code, unsigned long addr);

static zx_status_t check_self(struct zi_object *o)
{
	if (o->ops->type != ZX_OBJ_TYPE_THREAD)
		return ZX_ERR_WRONG_TYPE;
	return (struct zi_thread *)o == zi_thread_current ? ZX_OK : ZX_ERR_ACCESS_DENIED;
}

static zx_status_t get_register(struct zi_object *o, int code, union value *out)
{
	zx_status_t st = check_self(o);
	unsigned long base = 0;

	if (st != ZX_OK)
		return st;
	if (arch_prctl(code, (unsigned long)&base) != 0)
		return ZX_ERR_NOT_SUPPORTED;
	out->u64 = base;
	return ZX_OK;
}

static zx_status_t set_register(struct zi_object *o, int code, const void *user)
{
	zx_status_t st = check_self(o);
	unsigned long base;

	if (st == ZX_OK)
		st = zi_user_read(&base, user, sizeof(base));
	if (st != ZX_OK)
		return st;
	return arch_prctl(code, base) == 0 ? ZX_OK : ZX_ERR_INVALID_ARGS;
}

static zx_status_t get_fs(struct zi_object *o, union value *out)
{
	return get_register(o, GET_FS, out);
}

static zx_status_t get_gs(struct zi_object *o, union value *out)
{
	return get_register(o, GET_GS, out);
}

/*
 * The C library finds its own thread data through this register: what the program does here, it
 * does to that as well.
 */
static zx_status_t set_fs(struct zi_object *o, const void *user, size_t size)
{
	(void)size;
	return set_register(o, SET_FS, user);
}

static zx_status_t set_gs(struct zi_object *o, const void *user, size_t size)
{
	(void)size;
	return set_register(o, SET_GS, user);
}

#endif

/* ---- properties of types that no call here makes */

static zx_status_t get_foreign(struct zi_object *o, union value *out)
{
	(void)o, (void)out;
	return ZX_ERR_WRONG_TYPE;
}

static zx_status_t set_foreign(struct zi_object *o, const void *user, size_t size)
{
	(void)o, (void)user, (void)size;
	return ZX_ERR_WRONG_TYPE;
}

/*
 * ---- the table. ZX_PROP_PROCESS_HW_TRACE_CONTEXT_ID is not in it: there is no hardware tracing.
 */

#define PROPERTY(id_, size_, get_, set_, ...)                                   \
	{                                                                       \
		.id = id_, .size = size_, .get = get_, .set = set_, __VA_ARGS__ \
	}

static const struct property properties[] = {
	PROPERTY(ZX_PROP_NAME, ZX_MAX_NAME_LEN, get_name, set_name, .any_size = true),
	PROPERTY(ZX_PROP_PROCESS_DEBUG_ADDR, 8, get_debug_addr, set_debug_addr),
	PROPERTY(ZX_PROP_PROCESS_BREAK_ON_LOAD, 8, get_break_on_load, set_break_on_load),
	PROPERTY(ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, 8, get_vdso_base, NULL),
	PROPERTY(ZX_PROP_JOB_KILL_ON_OOM, 8, NULL, set_kill_on_oom, .any_size = true),
	PROPERTY(ZX_PROP_VMO_CONTENT_SIZE, 8, get_content_size, set_content_size,
		 .set_rights = ZX_RIGHT_WRITE),
	PROPERTY(ZX_PROP_SOCKET_RX_THRESHOLD, 8, get_foreign, set_foreign),
	PROPERTY(ZX_PROP_SOCKET_TX_THRESHOLD, 8, get_foreign, set_foreign),
	PROPERTY(ZX_PROP_EXCEPTION_STATE, 4, get_foreign, set_foreign),
	PROPERTY(ZX_PROP_EXCEPTION_STRATEGY, 4, get_foreign, set_foreign),
	PROPERTY(ZX_PROP_STREAM_MODE_APPEND, 1, get_append, set_append),
#if defined(__x86_64__)
	PROPERTY(ZX_PROP_REGISTER_FS, 8, get_fs, set_fs),
	PROPERTY(ZX_PROP_REGISTER_GS, 8, get_gs, set_gs),
#endif
};

static const struct property *find(uint32_t id)
{
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		if (properties[i].id == id)
			return &properties[i];
	}
	return NULL;
}

zx_status_t zi_property_get(zx_handle_t handle, uint32_t property, void *value, size_t size)
{
	const struct property *p = find(property);
	struct zi_object *o;
	union value v;
	zx_status_t st;

	if (value == NULL)
		return ZX_ERR_INVALID_ARGS;
	st = zi_handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_GET_PROPERTY, &o, NULL);
	if (st != ZX_OK)
		return st;
	if (p == NULL || p->get == NULL)
		st = ZX_ERR_NOT_SUPPORTED;
	else if (size < p->size)
		st = ZX_ERR_BUFFER_TOO_SMALL;
	else
		st = p->get(o, &v);
	zi_object_unref(o);
	return st == ZX_OK ? zi_user_write(value, &v, p->size) : st;
}

zx_status_t zi_property_set(zx_handle_t handle, uint32_t property, const void *value, size_t size)
{
	const struct property *p = find(property);
	struct zi_object *o;
	zx_rights_t rights;
	zx_status_t st;

	if (value == NULL)
		return ZX_ERR_INVALID_ARGS;
	st = zi_handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_SET_PROPERTY, &o, &rights);
	if (st != ZX_OK)
		return st;
	if (p == NULL || p->set == NULL)
		st = ZX_ERR_NOT_SUPPORTED;
	else if ((rights & p->set_rights) != p->set_rights)
		st = ZX_ERR_ACCESS_DENIED;
	else if (size < p->size && !p->any_size)
		st = ZX_ERR_BUFFER_TOO_SMALL;
	else
		st = p->set(o, value, size);
	zi_object_unref(o);
	return st;
}
