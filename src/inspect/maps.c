/* Address maps as text. */
#include "inspect/maps.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/text.h"
#include "object/info.h"

/* ---- rows */

void zi_maps_print_prot(struct zi_text *t, uint32_t prot)
{
	zi_text_add(t, "%c%c%c", (prot & ZX_VM_PERM_READ) != 0 ? 'r' : '-',
		    (prot & ZX_VM_PERM_WRITE) != 0 ? 'w' : '-',
		    (prot & ZX_VM_PERM_EXECUTE) != 0 ? 'x' : '-');
}

void zi_maps_print_row(struct zi_text *t, const zx_info_maps_t *row)
{
	const zx_info_maps_mapping_t *m = &row->u.mapping;
	char size[24], committed[24];

	zi_text_size(size, sizeof(size), row->size);
	if (row->type != ZX_INFO_MAPS_TYPE_MAPPING) {
		zi_text_add(t, "%s %#" PRIxPTR "-%#" PRIxPTR " %s", row->name, row->base,
			    row->base + row->size, size);
		return;
	}
	zi_text_size(committed, sizeof(committed), m->committed_bytes);
	zi_maps_print_prot(t, m->mmu_flags);
	zi_text_add(t,
		    " %#" PRIxPTR "-%#" PRIxPTR " %s \"%s\" koid %" PRIu64 " offset %#" PRIx64
		    " committed %s",
		    row->base, row->base + row->size, size, row->name, m->vmo_koid, m->vmo_offset,
		    committed);
}

/*
 * The room is allocated before: a thread that a signal stopped inside malloc may be waiting for the
 * address space.
 */
static zx_status_t gather(struct zi_aspace *as, struct zi_maps_rows *rows)
{
	zx_status_t st;

	*rows = (struct zi_maps_rows){0};
	do {
		const size_t room = rows->total + rows->total / 8 + 16;
		zx_info_maps_t *row = realloc(rows->row, room * sizeof(*row));

		if (row == NULL) {
			free(rows->row);
			return ZX_ERR_NO_MEMORY;
		}
		*rows = (struct zi_maps_rows){.row = row, .room = room, .limit = room};
		st = zi_info_gather_maps(as, rows);
	} while (st == ZX_OK && rows->total > rows->limit);
	if (st != ZX_OK)
		free(rows->row);
	return st;
}

zx_status_t zi_maps_print(struct zi_aspace *as, struct zi_text *t)
{
	struct zi_maps_rows rows;
	zx_status_t st = gather(as, &rows);

	if (st != ZX_OK)
		return st;
	for (size_t i = 0; i < rows.count; i++) {
		for (size_t d = 0; d < rows.row[i].depth; d++)
			zi_text_bytes(t, "  ", 2);
		zi_maps_print_row(t, &rows.row[i]);
		zi_text_bytes(t, "\n", 1);
	}
	free(rows.row);
	return ZX_OK;
}

/* ---- branches */

static size_t max_depth(const struct zi_maps_rows *rows)
{
	size_t depth = 0;

	for (size_t i = 0; i < rows->count; i++) {
		if (rows->row[i].depth > depth)
			depth = rows->row[i].depth;
	}
	return depth;
}

/*
 * last[i]: no sibling comes after row i. `open` has a flag for each depth: a later row of that depth
 * belongs to the same parent.
 */
static void mark_last(const struct zi_maps_rows *rows, bool *open, size_t depths, bool *last)
{
	memset(open, 0, depths);
	for (size_t i = rows->count; i-- > 0;) {
		const size_t d = rows->row[i].depth;

		last[i] = !open[d];
		open[d] = true;
		/* What is deeper and comes later belongs to this row. */
		if (d + 1 < depths)
			memset(open + d + 1, 0, depths - d - 1);
	}
}

static void print_branches(const struct zi_maps_rows *rows, bool *open, const bool *last,
			   struct zi_text *t)
{
	for (size_t i = 0; i < rows->count; i++) {
		const size_t depth = rows->row[i].depth;

		for (size_t d = 1; d < depth; d++)
			zi_text_bytes(t, open[d] ? "|   " : "    ", 4);
		if (depth > 0)
			zi_text_bytes(t, last[i] ? "`-- " : "|-- ", 4);
		open[depth] = !last[i];
		zi_maps_print_row(t, &rows->row[i]);
		zi_text_bytes(t, "\n", 1);
	}
}

zx_status_t zi_maps_print_tree(struct zi_aspace *as, struct zi_text *t)
{
	struct zi_maps_rows rows;
	zx_status_t st = gather(as, &rows);

	if (st != ZX_OK)
		return st;
	const size_t depths = max_depth(&rows) + 1;
	bool *open = calloc(depths + rows.count, sizeof(*open));

	if (open == NULL) {
		st = ZX_ERR_NO_MEMORY;
	} else {
		bool *last = open + depths;

		mark_last(&rows, open, depths, last);
		print_branches(&rows, open, last, t);
	}
	free(open);
	free(rows.row);
	return st;
}
