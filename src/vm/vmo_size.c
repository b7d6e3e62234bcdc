/* The two sizes of a VMO: its size in pages and its stream size in bytes. */
#include <string.h>

#include "base/assert.h"
#include "base/slab.h"
#include "vm/mapping_i.h"
#include "vm/vm.h"
#include "vm/vmo_i.h"

uint64_t zi_vmo_get_size(struct zi_vmo *v)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	return zi_vmo_size_locked(v);
}

uint64_t zi_vmo_stream_size_locked(const struct zi_vmo *v)
{
	if (v->kind != ZI_VMO_PAGED)
		return 0;
	return v->stream != NULL && v->stream->set ? v->stream->bytes : zi_vmo_size_locked(v);
}

uint64_t zi_vmo_get_stream_size(struct zi_vmo *v)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	return zi_vmo_stream_size_locked(v);
}

/* Mappings made to fault beyond the stream size show more or less now. */
static void follow_stream_size(struct zi_vmo *v, uint64_t from)
{
	ZI_LIST_FOREACH(l, &v->node->vmos) {
		struct zi_vmo *w = ZI_CONTAINER(l, struct zi_vmo, in_node);

		if (w->stream != v->stream)
			continue;
		ZI_LIST_FOREACH(k, &w->mappings) {
			struct zi_mapping *m = ZI_CONTAINER(k, struct zi_mapping, in_vmo);
			uint64_t at = zi_page_down(from) > m->vmo_off ?
					      zi_page_down(from) - m->vmo_off :
					      0;

			if (m->fault_beyond_stream && at < m->len)
				(void)zi_mapping_place(m, m->base + at, m->base + m->len, 0, false);
		}
	}
}

void zi_vmo_store_stream_size(struct zi_vmo *v, uint64_t size)
{
	uint64_t old = zi_vmo_stream_size_locked(v);

	v->stream->set = true;
	v->stream->bytes = size;
	follow_stream_size(v, zi_min(old, size));
}

/* The counter, made when it is first set apart from the size; references share it. */
static bool have_stream_counter(struct zi_vmo *v)
{
	if (v->stream != NULL)
		return true;
	struct zi_stream_size *s = zi_stream_size_new();

	if (s == NULL)
		return false;
	s->refs = 0;
	ZI_LIST_FOREACH(l, &v->node->vmos) {
		struct zi_vmo *w = ZI_CONTAINER(l, struct zi_vmo, in_node);

		if (w == v || (!w->slice && !v->slice)) {
			w->stream = s;
			s->refs++;
		}
	}
	return true;
}

zx_status_t zi_vmo_set_size(struct zi_vmo *v, uint64_t size)
{
	uint64_t bytes;

	if (v->kind != ZI_VMO_PAGED)
		return ZX_ERR_UNAVAILABLE;
	if (!zi_page_up_checked(size, &bytes))
		return ZX_ERR_OUT_OF_RANGE;
	if (!v->resizable)
		return ZX_ERR_UNAVAILABLE;
	if (bytes > ZI_VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	ZI_LOCK_SCOPE(&v->tree->lock);
	struct zi_node *n = v->node;
	uint64_t pages = bytes >> ZI_PAGE_SHIFT;

	if (pages < n->size && zi_node_is_pinned(n, pages, n->size - pages))
		return ZX_ERR_BAD_STATE;
	/* Offsets projected on the root must not wrap 2^64 bytes. */
	if (pages > n->size && n->root_off + pages > ((uint64_t)1 << 52) - 1)
		return ZX_ERR_INVALID_ARGS;
	if ((size != bytes || v->stream != NULL) && !have_stream_counter(v))
		return ZX_ERR_NO_MEMORY;
	zx_status_t st = zi_node_resize(n, pages);

	if (st != ZX_OK)
		return st;
	if (size != bytes) /* failing here (uncached VMO) changes nothing of the answer */
		(void)zi_vmo_zero_locked(v, size, bytes - size);
	if (v->stream != NULL)
		zi_vmo_store_stream_size(v, size);
	return ZX_OK;
}

zx_status_t zi_vmo_set_stream_size(struct zi_vmo *v, uint64_t size)
{
	if (v->kind != ZI_VMO_PAGED)
		return ZX_ERR_NOT_SUPPORTED;
	ZI_LOCK_SCOPE(&v->tree->lock);
	if (!have_stream_counter(v))
		return ZX_ERR_NO_MEMORY;
	uint64_t old = zi_vmo_stream_size_locked(v);
	uint64_t total = zi_vmo_size_locked(v);

	if (size == old)
		return ZX_OK;
	if (size > total)
		return ZX_ERR_OUT_OF_RANGE;
	uint64_t from = zi_min(old, size);

	if (from < total) {
		zx_status_t st = zi_vmo_zero_locked(v, from, total - from);

		if (st != ZX_OK)
			return st;
	}
	zi_vmo_store_stream_size(v, size);
	return ZX_OK;
}
