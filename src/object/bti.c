/* IOMMUs, BTIs and PMTs. What guards the state of a BTI and of its PMTs is the object lock of the BTI. */
#include "object/bti.h"

#include <string.h>

#include <zircon/rights.h>
#include <zircon/syscalls/object.h>

#include "base/assert.h"
#include "base/format.h"
#include "base/span.h"
#include "object/bti_i.h"
#include "object/info.h"
#include "vm/fault.h"
#include "vm/vmo.h"

static _Atomic bool lenient;

void zi_bti_enforce_quarantine(bool on)
{
	atomic_store_explicit(&lenient, !on, memory_order_relaxed);
}

/* ---- IOMMU */

static const struct zi_object_ops iommu_ops = {
	.type = ZX_OBJ_TYPE_IOMMU,
	.type_name = "iommu",
	.size = sizeof(struct zi_object),
};

struct zi_object *zi_iommu_new(void)
{
	return zi_object_new(&iommu_ops, 0);
}

/* ---- BTI */

static struct zi_bti *bti_of(struct zi_object *o)
{
	return ZI_CONTAINER(o, struct zi_bti, object);
}

#define STDERR 2

/* What happens next is meant to be noticed: pages are lost on purpose, as nobody can say that no device writes to them. */
static void tell_of_leak(uint64_t tokens)
{
	zi_print_fd(
		STDERR,
		"zirconia: a BTI without handles leaves %llu pinned memory tokens in quarantine "
		"for ever\n",
		(unsigned long long)tokens);
}

static void bti_on_zero_handles(struct zi_object *o)
{
	struct zi_bti *b = bti_of(o);
	uint64_t leaked;

	zi_lock(&o->lock);
	b->closed = true;
	leaked = b->nquarantined;
	zi_unlock(&o->lock);
	if (leaked != 0)
		tell_of_leak(leaked);
}

static void bti_get_name(struct zi_object *o, char name[ZX_MAX_NAME_LEN])
{
	ZI_LOCK_SCOPE(&o->lock);
	memcpy(name, bti_of(o)->name, ZX_MAX_NAME_LEN);
}

static void bti_set_name(struct zi_object *o, const char *name, size_t len)
{
	ZI_LOCK_SCOPE(&o->lock);
	memset(bti_of(o)->name, 0, ZX_MAX_NAME_LEN);
	memcpy(bti_of(o)->name, name, len);
}

static void bti_destroy(struct zi_object *o)
{
	zi_bti_fake_free(bti_of(o)->fake);
}

static const struct zi_object_ops bti_ops = {
	.type = ZX_OBJ_TYPE_BTI,
	.type_name = "bti",
	.size = sizeof(struct zi_bti),
	.on_zero_handles = bti_on_zero_handles,
	.destroy = bti_destroy,
	.get_name = bti_get_name,
	.set_name = bti_set_name,
};

struct zi_bti *zi_bti_new(void)
{
	struct zi_bti *b = zi_object_new(&bti_ops, 0);

	if (b != NULL)
		zi_list_init(&b->quarantine);
	return b;
}

/* ---- PMT */

static struct zi_pmt *pmt_of(struct zi_object *o)
{
	return ZI_CONTAINER(o, struct zi_pmt, object);
}

/* Unpins, once; from whatever state. */
static void pmt_finish(struct zi_pmt *p)
{
	struct zi_bti *b = p->bti;
	bool first;

	zi_lock(&b->object.lock);
	first = p->state == ZI_PMT_LIVE;
	if (first) {
		p->state = ZI_PMT_DONE;
		b->pmts--;
	}
	zi_unlock(&b->object.lock);
	if (!first)
		return;
	if (b->fake != NULL)
		zi_bti_fake_unpin(b, p->entry);
	else
		zi_vmo_unpin(p->vmo, p->off, p->size);
}

static void pmt_on_zero_handles(struct zi_object *o)
{
	struct zi_pmt *p = pmt_of(o);
	struct zi_bti *b = p->bti;
	bool leaked = false;

	zi_lock(&b->object.lock);
	/* A fake one forgets its token, and keeps what the token stood for. */
	if (p->state == ZI_PMT_LIVE && b->fake != NULL)
		p->state = ZI_PMT_DONE;
	if (p->state == ZI_PMT_LIVE) {
		p->state = ZI_PMT_QUARANTINED;
		zi_object_ref(o);
		zi_list_add_tail(&b->quarantine, &p->in_quarantine);
		b->nquarantined++;
		leaked = b->closed;
	}
	zi_unlock(&b->object.lock);
	if (leaked)
		tell_of_leak(1);
}

static void pmt_destroy(struct zi_object *o)
{
	struct zi_pmt *p = pmt_of(o);

	ZI_DASSERT(p->state == ZI_PMT_DONE);
	zi_vmo_unref(p->vmo);
	zi_object_unref(&p->bti->object);
}

struct zi_vmo *zi_pmt_vmo(const struct zi_object *pmt)
{
	return ((const struct zi_pmt *)pmt)->vmo;
}

static const struct zi_object_ops pmt_ops = {
	.type = ZX_OBJ_TYPE_PMT,
	.type_name = "pmt",
	.size = sizeof(struct zi_pmt),
	.on_zero_handles = pmt_on_zero_handles,
	.destroy = pmt_destroy,
};

struct zi_pmt *zi_pmt_new(struct zi_bti *b)
{
	struct zi_pmt *p = zi_object_new(&pmt_ops, 0);

	if (p == NULL)
		return NULL;
	p->bti = b;
	zi_object_ref(&b->object);
	p->state = ZI_PMT_DONE;
	return p;
}

zx_status_t zi_pmt_publish(struct zi_pmt *p, zx_handle_t *user_pmt)
{
	zx_handle_t handle;
	zx_status_t st = zi_handle_add(&p->object, ZX_DEFAULT_PMT_RIGHTS, &handle);

	if (st != ZX_OK)
		return st;
	st = zi_user_write(user_pmt, &handle, sizeof(handle));
	if (st != ZX_OK) {
		/* In this order: closing what is still pinned would quarantine it. */
		pmt_finish(p);
		zi_handle_close(handle);
	}
	return st;
}

bool zi_pmt_unpin(struct zi_object *o)
{
	if (o->ops != &pmt_ops)
		return false;
	pmt_finish(pmt_of(o));
	return true;
}

void zi_bti_release_quarantine(struct zi_bti *b)
{
	for (;;) {
		struct zi_pmt *p = NULL;

		zi_lock(&b->object.lock);
		if (!zi_list_is_empty(&b->quarantine)) {
			p = ZI_CONTAINER(b->quarantine.next, struct zi_pmt, in_quarantine);
			zi_list_del(&p->in_quarantine);
			b->nquarantined--;
			p->state = ZI_PMT_LIVE;
		}
		zi_unlock(&b->object.lock);
		if (p == NULL)
			return;
		pmt_finish(p);
		zi_object_unref(&p->object);
	}
}

/* ---- pinning */

/* Rows 6-13: what needs no look at the pages. */
static zx_status_t check_args(const struct zi_pin_args *a)
{
	const uint32_t options = a->options;
	const zx_rights_t rights = a->vmo_rights;

	if ((rights & ZX_RIGHT_MAP) == 0)
		return ZX_ERR_ACCESS_DENIED;
	if ((options & ZX_BTI_PERM_READ) != 0 && (rights & ZX_RIGHT_READ) == 0)
		return ZX_ERR_ACCESS_DENIED;
	if ((options & ZX_BTI_PERM_WRITE) != 0 && (rights & ZX_RIGHT_WRITE) == 0)
		return ZX_ERR_ACCESS_DENIED;
	/* A device that executes reads: the right to execute is for processors. */
	if ((options & ZX_BTI_PERM_EXECUTE) != 0 && (rights & ZX_RIGHT_READ) == 0)
		return ZX_ERR_ACCESS_DENIED;
	if ((options & ZX_BTI_COMPRESS) != 0 && (options & ZX_BTI_CONTIGUOUS) != 0)
		return ZX_ERR_INVALID_ARGS;
	if ((options & ZX_BTI_CONTIGUOUS) != 0 && a->vmo->vmo->kind == ZI_VMO_PAGED)
		return ZX_ERR_INVALID_ARGS;
	if ((options & ~(uint32_t)(ZI_BTI_PERMS | ZX_BTI_COMPRESS | ZX_BTI_CONTIGUOUS)) != 0)
		return ZX_ERR_INVALID_ARGS;
	return a->size == 0 ? ZX_ERR_INVALID_ARGS : ZX_OK;
}

/* The pages are pinned: a token for them. */
static zx_status_t new_token(struct zi_bti *b, const struct zi_pin_args *a, struct zi_pmt **out_pmt)
{
	struct zi_pmt *p = zi_pmt_new(b);
	zx_status_t st = ZX_OK;

	if (p == NULL)
		return ZX_ERR_NO_MEMORY;
	p->vmo = a->vmo->vmo;
	zi_vmo_ref(p->vmo);
	p->off = a->off;
	p->size = a->size;
	zi_lock(&b->object.lock);
	if (b->closed ||
	    (b->nquarantined != 0 && !atomic_load_explicit(&lenient, memory_order_relaxed))) {
		st = ZX_ERR_BAD_STATE;
	} else {
		p->state = ZI_PMT_LIVE;
		b->pmts++;
	}
	zi_unlock(&b->object.lock);
	if (st != ZX_OK)
		zi_object_unref(&p->object);
	else
		*out_pmt = p;
	return st;
}

static zx_status_t write_addrs(const struct zi_pin_args *a)
{
	const bool one = (a->options & ZX_BTI_CONTIGUOUS) != 0;
	uint64_t pages = one ? 1 : a->size >> ZI_PAGE_SHIFT;
	zx_paddr_t *to = a->user_addrs;
	uint64_t off = a->off;
	zx_paddr_t addrs[128];

	while (pages > 0) {
		const uint64_t n = zi_min(pages, sizeof(addrs) / sizeof(addrs[0]));
		zx_status_t st;

		zi_vmo_pinned_addrs(a->vmo->vmo, off, n, addrs);
		st = zi_user_write(to, addrs, n * sizeof(addrs[0]));
		if (st != ZX_OK)
			return st;
		to = ZI_USER_AT(to, n * sizeof(addrs[0]));
		off += n << ZI_PAGE_SHIFT;
		pages -= n;
	}
	return ZX_OK;
}

/* Rows 19-21. With the dummy, COMPRESS changes nothing: the minimum contiguity is a page. */
static zx_status_t hand_out(const struct zi_pin_args *a, struct zi_pmt *p)
{
	const uint64_t want = (a->options & ZX_BTI_CONTIGUOUS) != 0 ? 1 : a->size >> ZI_PAGE_SHIFT;
	zx_status_t st;

	if ((a->options & ZI_BTI_PERMS) == 0 || a->num_addrs != want)
		return ZX_ERR_INVALID_ARGS;
	st = write_addrs(a);
	return st == ZX_OK ? zi_pmt_publish(p, a->user_pmt) : st;
}

zx_status_t zi_bti_pin(struct zi_bti *b, const struct zi_pin_args *a)
{
	struct zi_pmt *p;
	zx_status_t st;

	if (b->fake != NULL)
		return zi_bti_fake_pin(b, a);
	st = check_args(a);
	if (st != ZX_OK)
		return st;
	st = zi_vmo_pin(a->vmo->vmo, a->off, a->size, (a->options & ZX_BTI_PERM_WRITE) != 0);
	if (st != ZX_OK)
		return st;
	st = new_token(b, a, &p);
	if (st != ZX_OK) {
		zi_vmo_unpin(a->vmo->vmo, a->off, a->size);
		return st;
	}
	st = hand_out(a, p);
	if (st != ZX_OK)
		pmt_finish(p);
	zi_object_unref(&p->object);
	return st;
}

/* ---- ZX_INFO_BTI */

zx_status_t zi_info_bti(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
			size_t *actual, size_t *avail)
{
	zx_info_bti_t info = {.minimum_contiguity = ZI_PAGE, .aspace_size = UINT64_MAX};
	struct zi_bti *b;
	zx_status_t st = zi_handle_get(handle, ZX_OBJ_TYPE_BTI, ZX_RIGHT_INSPECT, &b, NULL);

	(void)topic;
	if (st != ZX_OK)
		return st;
	zi_lock(&b->object.lock);
	info.pmo_count = b->pmts;
	info.quarantine_count = b->nquarantined;
	zi_unlock(&b->object.lock);
	zi_object_unref(&b->object);
	return zi_info_one(&info, sizeof(info), buffer, size, actual, avail);
}
