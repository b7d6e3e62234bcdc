/* Resources, who holds which range, and whether a range is permitted. */
#include "object/resource.h"

#include <string.h>

#include <zircon/rights.h>
#include <zircon/syscalls/object.h>

#include "base/assert.h"
#include "base/span.h"
#include "object/fork_i.h"
#include "object/info.h"
#include "object/object.h"

struct zi_resource {
	struct zi_object object;
	zx_rsrc_kind_t kind; /* these are fixed */
	zx_rsrc_flags_t flags;
	uint64_t base, size; /* both 0: ROOT, or everything of its kind */
	char name[ZX_MAX_NAME_LEN];
	bool fake;              /* made of fake_root_resource_create */
	struct zi_link in_kind; /* on kinds[kind] or fakes; only those with a range */
};

/* All ranges of a kind that are held, and how far the kind reaches. */
struct kind {
	struct zi_link held;
	uint64_t end; /* 0: there is nothing of the kind */
};

/*
 * DIFFERS: no machine tells what it has: all addresses but the last are memory-mapped registers, 2^32 interrupts and the I/O ports of a
 * PC can be handed out. There is no secure monitor.
 */
#define KIND(k, end_) [k] = {{&kinds[k].held, &kinds[k].held}, end_}
static struct kind kinds[ZX_RSRC_KIND_COUNT] = {
	KIND(ZX_RSRC_KIND_MMIO, UINT64_MAX), KIND(ZX_RSRC_KIND_IRQ, (uint64_t)1 << 32),
	KIND(ZX_RSRC_KIND_IOPORT, 0x10000),  KIND(ZX_RSRC_KIND_ROOT, 0),
	KIND(ZX_RSRC_KIND_SMC, 0),           KIND(ZX_RSRC_KIND_SYSTEM, ZX_RSRC_SYSTEM_COUNT),
};
static struct zi_lock kinds_lock = ZI_LOCK_INIT(ZI_RANK_LEAF - 1); /* guards the lists */

static struct zi_link fakes = {&fakes, &fakes}; /* exclusive ranges of fake ones; same lock */

static zi_resource_filter *filter;
static void *filter_ctx;

static struct zi_resource *resource_of(struct zi_object *o)
{
	return ZI_CONTAINER(o, struct zi_resource, object);
}

static void resource_destroy(struct zi_object *o)
{
	struct zi_resource *r = resource_of(o);

	/* Roots are on no list. */
	ZI_LOCK_SCOPE(&kinds_lock);
	if (zi_link_is_linked(&r->in_kind))
		zi_list_del(&r->in_kind);
}

static const struct zi_object_ops resource_ops = {
	.type = ZX_OBJ_TYPE_RESOURCE,
	.type_name = "resource",
	.size = sizeof(struct zi_resource),
	.destroy = resource_destroy,
};

/* The child of fork(2) has no resources. */
void zi_resource_after_fork(void)
{
	zi_lock_init(&kinds_lock, ZI_RANK_LEAF - 1);
	for (unsigned i = 0; i < ZX_RSRC_KIND_COUNT; i++)
		zi_list_init(&kinds[i].held);
	zi_list_init(&fakes);
}

void zi_resource_set_filter(zi_resource_filter *deny, void *ctx)
{
	filter = deny;
	filter_ctx = ctx;
}

static bool is_denied(zx_rsrc_kind_t kind, uint64_t base, uint64_t size)
{
	return filter != NULL && filter(filter_ctx, kind, base, size);
}

/* ROOT, or all of the kind. */
static bool is_root_of(const struct zi_resource *r, zx_rsrc_kind_t kind)
{
	return r->kind == ZX_RSRC_KIND_ROOT || (r->kind == kind && r->base == 0 && r->size == 0);
}

/* Registers are reached through whole pages: permission for a part of one is permission for all of it. */
static bool contains(const struct zi_resource *r, uint64_t base, uint64_t size)
{
	uint64_t first = r->base, last = r->base + (r->size - 1);

	if (size == 0 || base + (size - 1) < base)
		return false;
	if (r->kind == ZX_RSRC_KIND_MMIO) {
		first = zi_page_down(first);
		last |= ZI_PAGE_MASK;
	}
	return base >= first && base + (size - 1) <= last;
}

static zx_status_t validate(const struct zi_resource *r, zx_rsrc_kind_t kind, uint64_t base,
			    uint64_t size)
{
	if (is_root_of(r, kind))
		return is_denied(kind, base, size) ? ZX_ERR_ACCESS_DENIED : ZX_OK;
	if (r->kind != kind)
		return ZX_ERR_WRONG_TYPE;
	return contains(r, base, size) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}

zx_status_t zi_resource_validate(zx_handle_t handle, zx_rsrc_kind_t kind, uint64_t base,
				 uint64_t size)
{
	struct zi_resource *r;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_RESOURCE, ZX_RIGHT_NONE, &r, NULL);

	if (st != ZX_OK)
		return st;
	st = validate(r, kind, base, size);
	zi_object_unref(&r->object);
	return st;
}

zx_status_t zi_resource_validate_system(zx_handle_t handle, uint64_t base)
{
	const zx_status_t st = zi_resource_validate(handle, ZX_RSRC_KIND_SYSTEM, base, 1);

	return st == ZX_ERR_OUT_OF_RANGE ? ZX_ERR_WRONG_TYPE : st;
}

/* ---- making */

static zx_status_t new_unlisted(zx_rsrc_kind_t kind, struct zi_resource **out_resource)
{
	struct zi_resource *r = zi_object_new(&resource_ops, 0);

	if (r == NULL)
		return ZX_ERR_NO_MEMORY;
	r->kind = kind;
	*out_resource = r;
	return ZX_OK;
}

zx_status_t zi_resource_new_root(zx_rsrc_kind_t kind, struct zi_resource **out_resource)
{
	if (kind >= ZX_RSRC_KIND_COUNT)
		return ZX_ERR_INVALID_ARGS;
	return new_unlisted(kind, out_resource);
}

/* ---- fake ones */

zx_status_t zi_resource_new_fake_root(struct zi_resource **out_resource)
{
	zx_status_t st = new_unlisted(ZX_RSRC_KIND_ROOT, out_resource);

	if (st == ZX_OK)
		(*out_resource)->fake = true;
	return st;
}

bool zi_resource_is_fake(const struct zi_resource *r)
{
	return r->fake;
}

zx_status_t zi_resource_validate_fake(const struct zi_resource *r, zx_rsrc_kind_t kind,
				      uint64_t base, uint64_t size)
{
	if (r->kind == ZX_RSRC_KIND_ROOT)
		return ZX_OK;
	if (r->kind != kind)
		return ZX_ERR_WRONG_TYPE;
	return zi_in_range(base - r->base, size, r->size) && base >= r->base ? ZX_OK :
									       ZX_ERR_ACCESS_DENIED;
}

static zx_status_t take_fake(struct zi_resource *r)
{
	ZI_LOCK_SCOPE(&kinds_lock);
	if ((r->flags & ZX_RSRC_FLAG_EXCLUSIVE) == 0)
		return ZX_OK;
	ZI_LIST_FOREACH (l, &fakes) {
		const struct zi_resource *other = ZI_CONTAINER(l, struct zi_resource, in_kind);

		if (other->kind == r->kind && r->base < other->base + other->size &&
		    other->base < r->base + r->size)
			return ZX_ERR_ACCESS_DENIED;
	}
	zi_list_add_tail(&fakes, &r->in_kind);
	return ZX_OK;
}

zx_status_t zi_resource_new_fake(struct zi_resource *parent, uint32_t options, uint64_t base,
				 uint64_t size, const char *name, size_t name_len,
				 struct zi_resource **out_resource)
{
	const zx_rsrc_kind_t kind = ZX_RSRC_EXTRACT_KIND(options);
	struct zi_resource *r;
	zx_status_t st = zi_resource_validate_fake(parent, kind, base, size);

	if (st != ZX_OK)
		return st;
	if (kind == ZX_RSRC_KIND_IRQ || kind == ZX_RSRC_KIND_SMC)
		ZI_PANIC("a fake resource of kind %u: nothing fakes these", kind);
	st = new_unlisted(kind, &r);
	if (st != ZX_OK)
		return st;
	r->fake = true;
	r->flags = ZX_RSRC_EXTRACT_FLAGS(options);
	r->base = base;
	r->size = size;
	memcpy(r->name, name, zi_min(name_len, sizeof(r->name) - 1));
	st = take_fake(r);
	if (st != ZX_OK) {
		zi_object_unref(&r->object);
		return st;
	}
	*out_resource = r;
	return ZX_OK;
}

/* ---- children of real ones */

zx_status_t zi_resource_check_child(struct zi_resource *parent, uint32_t options, uint64_t base,
				    uint64_t size)
{
	const zx_rsrc_kind_t kind = ZX_RSRC_EXTRACT_KIND(options);
	const zx_rsrc_flags_t flags = ZX_RSRC_EXTRACT_FLAGS(options);

	if (kind >= ZX_RSRC_KIND_COUNT || (flags & ~ZX_RSRC_FLAGS_MASK) != 0)
		return ZX_ERR_INVALID_ARGS;
	if (validate(parent, kind, base, size) != ZX_OK)
		return ZX_ERR_ACCESS_DENIED;
	if (!is_root_of(parent, kind) && ((parent->flags | flags) & ZX_RSRC_FLAG_EXCLUSIVE) != 0)
		return ZX_ERR_INVALID_ARGS;
	return ZX_OK;
}

/* Rows 12 and 13: is the range there, and does nobody hold it alone (or at all, when it is to be exclusive)? */
static zx_status_t take_range(struct zi_resource *r)
{
	struct kind *k = &kinds[r->kind];

	ZI_LOCK_SCOPE(&kinds_lock);
	if (r->base + (r->size - 1) >= k->end)
		return ZX_ERR_NOT_FOUND;
	ZI_LIST_FOREACH (l, &k->held) {
		const struct zi_resource *other = ZI_CONTAINER(l, struct zi_resource, in_kind);
		const bool apart = r->base > other->base + (other->size - 1) ||
				   other->base > r->base + (r->size - 1);

		if (!apart && ((r->flags | other->flags) & ZX_RSRC_FLAG_EXCLUSIVE) != 0)
			return ZX_ERR_NOT_FOUND;
	}
	zi_list_add_tail(&k->held, &r->in_kind);
	return ZX_OK;
}

zx_status_t zi_resource_new(uint32_t options, uint64_t base, uint64_t size, const char *name,
			    size_t name_len, struct zi_resource **out_resource)
{
	const zx_rsrc_kind_t kind = ZX_RSRC_EXTRACT_KIND(options);
	struct zi_resource *r;
	zx_status_t st;

	if (kind == ZX_RSRC_KIND_ROOT) {
		if (base != 0 || size != 0)
			return ZX_ERR_INVALID_ARGS;
	} else {
		if (kinds[kind].end == 0)
			return ZX_ERR_BAD_STATE;
		if (size == 0 || base + size < base)
			return ZX_ERR_INVALID_ARGS;
	}
	st = new_unlisted(kind, &r);
	if (st != ZX_OK)
		return st;
	r->flags = ZX_RSRC_EXTRACT_FLAGS(options);
	r->base = base;
	r->size = size;
	memcpy(r->name, name, zi_min(name_len, sizeof(r->name) - 1));
	if (size != 0)
		st = take_range(r);
	if (st != ZX_OK) {
		zi_object_unref(&r->object);
		return st;
	}
	*out_resource = r;
	return ZX_OK;
}

/* ---- ZX_INFO_RESOURCE */

zx_status_t zi_info_resource(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			     size_t *actual, size_t *avail)
{
	zx_info_resource_t info = {.kind = 0};
	struct zi_resource *r;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_RESOURCE, ZX_RIGHT_INSPECT, &r, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	info.kind = r->kind;
	info.flags = r->fake ? 0 : r->flags;
	info.base = r->base;
	info.size = r->size;
	memcpy(info.name, r->name, sizeof(info.name));
	zi_object_unref(&r->object);
	return zi_info_one(&info, sizeof(info), buffer, size, actual, avail);
}
