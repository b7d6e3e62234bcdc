/* VMOs for devices: consecutive pages of memory, and windows into physical memory that is somebody else's. */
#include "base/assert.h"
#include "host/host.h"
#include "host/machine.h"
#include "vm/model.h"
#include "vm/physical.h"
#include "vm/vm.h"
#include "vm/vmo_i.h"

/* A fresh node without VMO, and with it its tree. */
static void drop_node(struct zi_node *n)
{
	struct zi_tree *t = n->tree;

	zi_tree_ref(t);
	zi_node_free(n);
	zi_tree_unref(t);
}

/* Every page of the node is its own from the beginning, in the frames given. */
static zx_status_t node_over(uint64_t frame, uint64_t pages, uint64_t ext_frame, uint64_t ext_pages,
			     struct zi_node **out_node)
{
	struct zi_node *n = zi_node_new(NULL, pages);

	if (n == NULL)
		return ZX_ERR_NO_MEMORY;
	if (!zi_pageset_set(&n->own, 0, pages)) {
		drop_node(n);
		return ZX_ERR_NO_MEMORY;
	}
	n->seg0 = (struct zi_segment){
		.first = 0,
		.pages = pages,
		.frame = frame,
		.ext_frame = ext_frame,
		.ext_pages = ext_pages,
	};
	n->nsegs = 1;
	n->touched = true;
	*out_node = n;
	return ZX_OK;
}

static zx_status_t wrap(enum zi_vmo_kind kind, struct zi_node *n, uint32_t policy,
			struct zi_vmo **out_vmo)
{
	struct zi_vmo *v = zi_vmo_new(kind, n);

	if (v == NULL) {
		drop_node(n);
		return ZX_ERR_NO_MEMORY;
	}
	v->cache_policy = policy;
	*out_vmo = v;
	return ZX_OK;
}

/* The kernels of 2025 rounded sizes up. */
static bool is_bad_size(uint64_t size)
{
	return size == 0 || (!zi_behaviour_2025() && !zi_is_page_aligned(size));
}

zx_status_t zi_vmo_check_contiguous(uint64_t size, uint32_t *align_log2)
{
	if (is_bad_size(size))
		return ZX_ERR_INVALID_ARGS;
	if (*align_log2 == 0)
		*align_log2 = ZI_PAGE_SHIFT;
	if (*align_log2 < ZI_PAGE_SHIFT || *align_log2 >= 64)
		return ZX_ERR_INVALID_ARGS;
	return ZX_OK;
}

zx_status_t zi_vmo_create_contiguous(uint64_t size, uint32_t align_log2, struct zi_vmo **out_vmo)
{
	struct zi_extent ext;
	struct zi_node *n;
	uint64_t bytes;
	zx_status_t st;

	if (!zi_page_up_checked(size, &bytes) || bytes > ZI_VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	st = zi_vm_start();
	if (st != ZX_OK)
		return st;
	/* Linux says yes to everything and kills somebody when it was wrong. */
	if (bytes > zi_host_memory_available())
		return ZX_ERR_NO_MEMORY;
	const uint64_t pages = bytes >> ZI_PAGE_SHIFT;

	st = zi_extent_alloc(pages, (uint64_t)1 << (align_log2 - ZI_PAGE_SHIFT), ZI_EXTENT_ZERO,
			     &ext);
	if (st != ZX_OK)
		return st;
	st = zi_frames_populate(ext.frame, pages);
	if (st == ZX_OK)
		st = node_over(ext.frame, pages, ext.frame, ext.pages, &n);
	if (st != ZX_OK) {
		zi_extent_free(ext.frame, ext.pages, true);
		return st;
	}
	n->contiguous = true;
	return wrap(ZI_VMO_CONTIGUOUS, n, ZX_CACHE_POLICY_CACHED, out_vmo);
}

/*
 * DIFFERS: the physical address space is the library's own memory: a physical VMO shows what is at that address of it. For the
 * first page, and where the space ends (16 TiB; less where the system does not allow that), the answer is ZX_ERR_NO_MEMORY.
 */
zx_status_t zi_vmo_create_physical(uint64_t paddr, uint64_t size, struct zi_vmo **out_vmo)
{
	struct zi_node *n;
	uint64_t bytes;
	zx_status_t st;

	if (!zi_page_up_checked(size, &bytes) || bytes > ZI_VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	if (!zi_is_page_aligned(paddr) || is_bad_size(size) || paddr + bytes - 1 < paddr)
		return ZX_ERR_INVALID_ARGS;
	if (zi_physical_ptr(paddr, bytes) == NULL)
		return ZX_ERR_NO_MEMORY;
	st = node_over(paddr >> ZI_PAGE_SHIFT, bytes >> ZI_PAGE_SHIFT, 0, 0, &n);
	if (st != ZX_OK)
		return st;
	n->modelled = zi_model_covers(paddr, bytes);
	return wrap(ZI_VMO_PHYSICAL, n, ZX_CACHE_POLICY_UNCACHED, out_vmo);
}
