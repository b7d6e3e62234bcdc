/*
 * Fake BTIs: they pin nothing and write down what was asked for. Where they are more lenient than real ones, drivers' tests rely on it.
 * The object lock of the BTI guards the list.
 */
#include <stdlib.h>

#include <zircon/rights.h>
#include <zircon/syscalls/object.h>

#include "base/inject.h"
#include "base/span.h"
#include "object/bti_i.h"
#include "vm/fault.h"

struct entry {
	struct zi_link link;
	uint64_t number;
	zx_handle_t vmo; /* the list's own */
	zx_koid_t koid;
	uint64_t size, off;
	size_t first, count; /* addresses: from the program's list, if there is one */
};

struct zi_bti_fake {
	const zx_paddr_t
		*paddrs; /* the program's; NULL: every address is that of the second page */
	size_t npaddrs, next;
	struct zi_link entries;
	uint64_t number; /* of the next entry */
};

struct zi_bti *zi_bti_fake_new(const zx_paddr_t *paddrs, size_t count)
{
	struct zi_bti_fake *f = ZI_ALLOC(FAKE_BTI, calloc(1, sizeof(*f)));
	struct zi_bti *b = f != NULL ? zi_bti_new() : NULL;

	if (b == NULL) {
		free(f);
		return NULL;
	}
	f->paddrs = paddrs;
	f->npaddrs = count;
	zi_list_init(&f->entries);
	b->fake = f;
	return b;
}

bool zi_bti_is_fake(const struct zi_bti *b)
{
	return b->fake != NULL;
}

static void entry_free(struct entry *e)
{
	zi_handle_close(e->vmo);
	free(e);
}

void zi_bti_fake_free(struct zi_bti_fake *f)
{
	if (f == NULL)
		return;
	ZI_LIST_FOREACH_SAFE (it, &f->entries) {
		entry_free(ZI_CONTAINER(it, struct entry, link));
	}
	free(f);
}

void zi_bti_fake_unpin(struct zi_bti *b, uint64_t number)
{
	struct entry *found = NULL;

	zi_lock(&b->object.lock);
	ZI_LIST_FOREACH (it, &b->fake->entries) {
		struct entry *e = ZI_CONTAINER(it, struct entry, link);

		if (e->number == number) {
			found = e;
			zi_list_del(it);
			break;
		}
	}
	zi_unlock(&b->object.lock);
	if (found != NULL)
		entry_free(found);
}

/* In the fake's order; no permission is as good as one, and a plain VMO as good as a contiguous one. */
static zx_status_t check(const struct zi_pin_args *a, size_t *out_count)
{
	const zx_rights_t rights = a->vmo_rights;
	const uint32_t both = ZX_BTI_COMPRESS | ZX_BTI_CONTIGUOUS;

	if ((rights & ZX_RIGHT_DUPLICATE) == 0 || (rights & ZX_RIGHT_MAP) == 0)
		return ZX_ERR_ACCESS_DENIED;
	if (!zi_is_page_aligned(a->off) || !zi_is_page_aligned(a->size))
		return ZX_ERR_INVALID_ARGS;
	if ((a->options & (ZX_BTI_PERM_READ | ZX_BTI_PERM_EXECUTE)) != 0 &&
	    (rights & ZX_RIGHT_READ) == 0)
		return ZX_ERR_ACCESS_DENIED;
	if ((a->options & ZX_BTI_PERM_WRITE) != 0 && (rights & ZX_RIGHT_WRITE) == 0)
		return ZX_ERR_ACCESS_DENIED;
	if ((a->options & both) == both || (a->options & ~(uint32_t)(ZI_BTI_PERMS | both)) != 0)
		return ZX_ERR_INVALID_ARGS;
	*out_count = (a->options & ZX_BTI_CONTIGUOUS) != 0 ? 1 : a->size >> ZI_PAGE_SHIFT;
	return a->num_addrs == *out_count ? ZX_OK : ZX_ERR_INVALID_ARGS;
}

/* What the list has is taken, also when it is not enough. */
static zx_status_t take_addrs(struct zi_bti *b, struct entry *e)
{
	struct zi_bti_fake *f = b->fake;

	if (f->paddrs == NULL)
		return ZX_OK;
	ZI_LOCK_SCOPE(&b->object.lock);
	const size_t n = zi_min(e->count, f->npaddrs - f->next);

	e->first = f->next;
	f->next += n;
	return n == e->count ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}

static zx_paddr_t addr_of(const struct zi_bti_fake *f, const struct entry *e, size_t index)
{
	return f->paddrs == NULL ? ZI_PAGE : f->paddrs[e->first + index];
}

static zx_status_t fill(struct zi_bti *b, const struct zi_pin_args *a, struct entry *e)
{
	zx_status_t st = take_addrs(b, e);

	for (size_t i = 0; st == ZX_OK && i < e->count; i++) {
		const zx_paddr_t addr = addr_of(b->fake, e, i);

		st = zi_user_write(ZI_USER_AT(a->user_addrs, i * sizeof(addr)), &addr,
				   sizeof(addr));
	}
	if (st != ZX_OK)
		return st;
	e->koid = a->vmo->object.koid;
	e->size = a->size;
	e->off = a->off;
	return zi_handle_duplicate(a->vmo_handle, ZX_RIGHT_SAME_RIGHTS, &e->vmo);
}

zx_status_t zi_bti_fake_pin(struct zi_bti *b, const struct zi_pin_args *a)
{
	struct entry *e;
	struct zi_pmt *p;
	size_t count;
	zx_status_t st = check(a, &count);

	if (st != ZX_OK)
		return st;
	e = ZI_ALLOC(FAKE_BTI, calloc(1, sizeof(*e)));
	p = zi_pmt_new(b);
	st = e == NULL || p == NULL ? ZX_ERR_NO_MEMORY : ZX_OK;
	if (st == ZX_OK) {
		e->count = count;
		st = fill(b, a, e);
	}
	if (st != ZX_OK) {
		free(e);
		if (p != NULL)
			zi_object_unref(&p->object);
		return st;
	}
	zi_lock(&b->object.lock);
	e->number = p->entry = b->fake->number++;
	zi_list_add_tail(&b->fake->entries, &e->link);
	p->state = ZI_PMT_LIVE;
	b->pmts++;
	zi_unlock(&b->object.lock);
	st = zi_pmt_publish(p, a->user_pmt);
	if (st != ZX_OK)
		zi_pmt_unpin(&p->object);
	zi_object_unref(&p->object);
	return st;
}

/* ---- questions */

size_t zi_bti_fake_count(struct zi_bti *b)
{
	size_t n = 0;

	ZI_LOCK_SCOPE(&b->object.lock);
	ZI_LIST_FOREACH (it, &b->fake->entries)
		n++;
	return n;
}

zx_status_t zi_bti_fake_entry(struct zi_bti *b, size_t index, zx_handle_t *out_vmo,
			      uint64_t *out_size, uint64_t *out_off)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;

	zi_lock(&b->object.lock);
	ZI_LIST_FOREACH (it, &b->fake->entries) {
		const struct entry *e = ZI_CONTAINER(it, struct entry, link);

		if (index-- != 0)
			continue;
		vmo = e->vmo;
		*out_size = e->size;
		*out_off = e->off;
		break;
	}
	zi_unlock(&b->object.lock);
	if (vmo == ZX_HANDLE_INVALID)
		return ZX_ERR_OUT_OF_RANGE;
	return zi_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, out_vmo);
}

zx_status_t zi_bti_fake_addr(struct zi_bti *b, zx_koid_t vmo, uint64_t size, uint64_t off,
			     size_t index, zx_paddr_t *out_addr, size_t *out_count)
{
	ZI_LOCK_SCOPE(&b->object.lock);
	ZI_LIST_FOREACH (it, &b->fake->entries) {
		const struct entry *e = ZI_CONTAINER(it, struct entry, link);

		if (e->koid != vmo || e->size != size || e->off != off)
			continue;
		*out_count = e->count;
		if (index < e->count)
			*out_addr = addr_of(b->fake, e, index);
		return ZX_OK;
	}
	return ZX_ERR_NOT_FOUND;
}
