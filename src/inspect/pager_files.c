/* What a pager has to do: requests that it has not answered, and pages to write back. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/span.h"
#include "inspect/text.h"
#include "inspect/vmo_files.h"
#include "inspect/vmos.h"
#include "vm/pager.h"
#include "vm/peek.h"

static void print_range(struct zi_text *t, const char *what, uint64_t off, uint64_t len)
{
	char size[24];

	zi_text_size(size, sizeof(size), len);
	zi_text_add(t, "  %s %#" PRIx64 "-%#" PRIx64 " %s", what, off, off + len, size);
}

static zx_status_t print_requests(struct zi_vmo *v, struct zi_text *t)
{
	struct zi_request_row *row = NULL;
	size_t room = 16, n;

	for (;;) {
		struct zi_request_row *more = realloc(row, room * sizeof(*row));

		if (more == NULL) {
			free(row);
			return ZX_ERR_NO_MEMORY;
		}
		row = more;
		n = zi_vmo_list_requests(v, row, room);
		if (n <= room)
			break;
		room = n + n / 8 + 16;
	}
	for (size_t i = 0; i < n; i++) {
		print_range(t, row[i].ask == ZI_ASK_READ ? "READ" : "DIRTY",
			    row[i].first << ZI_PAGE_SHIFT, row[i].pages << ZI_PAGE_SHIFT);
		zi_text_add(t, " pages left %" PRIu64 " behind %" PRIu64 "%s\n", row[i].left,
			    row[i].behind, row[i].told ? "" : " not told");
	}
	free(row);
	return ZX_OK;
}

/* All in one go, so that the list is of one moment. */
static zx_status_t print_dirty(struct zi_vmo *v, struct zi_text *t)
{
	zx_vmo_dirty_range_t *range = NULL;
	uint32_t room = 16, n;
	uint64_t pos;

	do {
		zx_vmo_dirty_range_t *more = realloc(range, room * sizeof(*range));

		if (more == NULL) {
			free(range);
			return ZX_ERR_NO_MEMORY;
		}
		range = more;
		pos = 0;
		zi_pager_next_dirty(v, &pos, UINT64_MAX, range, room, &n);
		room *= 2;
	} while (pos != UINT64_MAX);
	for (uint32_t i = 0; i < n; i++) {
		print_range(t, "DIRTY", range[i].offset, range[i].length);
		zi_text_add(t, "%s\n",
			    (range[i].options & ZX_VMO_DIRTY_RANGE_IS_ZERO) != 0 ? " zero" : "");
	}
	free(range);
	return ZX_OK;
}

static zx_status_t print_vmo(struct zi_vmo *v, bool requests, struct zi_text *t)
{
	struct zi_vmo_description d;

	zi_vmo_describe(v, &d);
	zi_text_add(t, "vmo %" PRIu64 " ", d.info.koid);
	zi_text_quoted(t, d.info.name);
	zi_text_add(t, " size %#" PRIx64 "%s%s\n", d.info.size_bytes,
		    zi_pager_modified(v, false) ? " modified" : "", d.detached ? " detached" : "");
	return requests ? print_requests(v, t) : print_dirty(v, t);
}

/* Several places lead to one VMO, and some to nothing any more. */
static zx_status_t print_all(struct zi_vmo_index *ix, zx_koid_t pager, bool requests,
			     struct zi_text *t)
{
	zx_status_t st = ZX_OK;
	zx_koid_t last = 0;

	for (size_t i = 0; i < ix->count && st == ZX_OK; i++) {
		zx_rights_t unused;
		struct zi_vmo *v;

		if (ix->at[i].pager != pager || ix->at[i].koid == last)
			continue;
		v = zi_vmo_index_resolve(&ix->at[i], &unused);
		if (v == NULL)
			continue;
		last = ix->at[i].koid;
		st = print_vmo(v, requests, t);
		zi_vmo_unref(v);
	}
	return st;
}

zx_status_t zi_pager_print_requests(struct zi_vmo_index *ix, zx_koid_t pager, struct zi_text *t)
{
	return print_all(ix, pager, true, t);
}

zx_status_t zi_pager_print_dirty(struct zi_vmo_index *ix, zx_koid_t pager, struct zi_text *t)
{
	return print_all(ix, pager, false, t);
}
