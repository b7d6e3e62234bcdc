/* Physical memory that tests lay out: extents of the arena that belong to no VMO. */
#include "vm/physical.h"

#include "base/inject.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/slab.h"
#include "base/span.h"
#include "host/host.h"
#include "vm/vm.h"

struct bank {
	struct zi_link link;
	uint64_t frame, pages; /* of the extent */
};

static struct zi_lock lock = ZI_LOCK_INIT(ZI_RANK_LEAF - 1); /* slabs are taken under it */
static struct zi_link banks = {&banks, &banks};

zx_status_t zi_physical_alloc(uint64_t size, uint32_t align_log2, uint64_t *out_paddr)
{
	struct zi_extent ext;
	uint64_t bytes;
	zx_status_t st;

	if (align_log2 == 0)
		align_log2 = ZI_PAGE_SHIFT;
	if (size == 0 || align_log2 < ZI_PAGE_SHIFT || align_log2 >= 64)
		return ZX_ERR_INVALID_ARGS;
	if (!zi_page_up_checked(size, &bytes))
		return ZX_ERR_OUT_OF_RANGE;
	st = zi_vm_start();
	if (st != ZX_OK)
		return st;
	struct bank *b = ZI_ALLOC(BANK, zi_slab_alloc(sizeof(*b)));

	if (b == NULL)
		return ZX_ERR_NO_MEMORY;
	st = zi_extent_alloc(bytes >> ZI_PAGE_SHIFT, (uint64_t)1 << (align_log2 - ZI_PAGE_SHIFT),
			     ZI_EXTENT_ZERO, &ext);
	if (st != ZX_OK) {
		zi_slab_free(b, sizeof(*b));
		return st;
	}
	b->frame = ext.frame;
	b->pages = ext.pages;
	ZI_LOCK_SCOPE(&lock);
	zi_list_add_tail(&banks, &b->link);
	*out_paddr = ext.frame << ZI_PAGE_SHIFT;
	return ZX_OK;
}

zx_status_t zi_physical_free(uint64_t paddr)
{
	struct bank *found = NULL;

	zi_lock(&lock);
	ZI_LIST_FOREACH (l, &banks) {
		struct bank *b = ZI_CONTAINER(l, struct bank, link);

		if (b->frame << ZI_PAGE_SHIFT == paddr) {
			found = b;
			zi_list_del(l);
			break;
		}
	}
	zi_unlock(&lock);
	if (found == NULL)
		return ZX_ERR_NOT_FOUND;
	zi_extent_free(found->frame, found->pages, true);
	zi_slab_free(found, sizeof(*found));
	return ZX_OK;
}

void zi_physical_end(void)
{
	while (!zi_list_is_empty(&banks))
		(void)zi_physical_free(ZI_CONTAINER(banks.next, struct bank, link)->frame
				       << ZI_PAGE_SHIFT);
}

void *zi_physical_ptr(uint64_t paddr, uint64_t len)
{
	/* Frame 0 is nobody's. */
	if (zi_vm_start() != ZX_OK || paddr < ZI_PAGE ||
	    !zi_in_range(paddr, len, zi_host_caps()->arena_pages << ZI_PAGE_SHIFT))
		return NULL;
	return zi_physmap + paddr;
}

void zi_physical_after_fork(void)
{
	zi_lock_init(&lock, ZI_RANK_LEAF - 1);
	zi_list_init(&banks);
}
