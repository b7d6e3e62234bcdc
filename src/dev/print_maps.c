/* The address map as text: zirconia/print_maps.h says what is promised. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <zirconia/print_maps.h>
#include <zircon/syscalls.h>

struct rows {
	zx_info_maps_t *row;
	size_t count;
};

/* All rows, asked for again until they fit: others may map meanwhile. */
static zx_status_t get_rows(zx_handle_t handle, uint32_t topic, struct rows *out_rows)
{
	struct rows rows = {NULL, 32};
	size_t actual;
	size_t avail;

	for (;;) {
		zx_info_maps_t *more = realloc(rows.row, rows.count * sizeof(*more));
		zx_status_t st = ZX_ERR_NO_MEMORY;

		if (more != NULL) {
			rows.row = more;
			st = zx_object_get_info(handle, topic, more, rows.count * sizeof(*more), &actual,
						&avail);
		}
		if (st != ZX_OK) {
			free(rows.row);
			return st;
		}
		if (actual == avail) {
			rows.count = actual;
			*out_rows = rows;
			return ZX_OK;
		}
		rows.count = avail + avail / 4;
	}
}

/* "12K": the largest unit that divides the number, so that nothing is rounded. */
static void format_size(char *buf, size_t cap, uint64_t bytes)
{
	static const char units[] = "BKMGTP";
	size_t unit = 0;

	while (bytes != 0 && bytes % 1024 == 0 && units[unit + 1] != '\0') {
		bytes /= 1024;
		unit++;
	}
	snprintf(buf, cap, "%" PRIu64 "%c", bytes, units[unit]);
}

static int print_region(int fd, const zx_info_maps_t *row)
{
	char size[24];

	format_size(size, sizeof(size), row->size);
	return dprintf(fd, "%*s%s %#" PRIxPTR "-%#" PRIxPTR " %s\n", (int)(2 * row->depth), "", row->name,
		       row->base, row->base + row->size, size);
}

static int print_mapping(int fd, const zx_info_maps_t *row)
{
	const zx_info_maps_mapping_t *m = &row->u.mapping;
	char size[24];
	char committed[24];

	format_size(size, sizeof(size), row->size);
	format_size(committed, sizeof(committed), m->committed_bytes);
	return dprintf(fd,
		       "%*s%c%c%c %#" PRIxPTR "-%#" PRIxPTR " %s \"%s\" koid %" PRIu64 " offset %#" PRIx64
		       " committed %s\n",
		       (int)(2 * row->depth), "", m->mmu_flags & ZX_VM_PERM_READ ? 'r' : '-',
		       m->mmu_flags & ZX_VM_PERM_WRITE ? 'w' : '-',
		       m->mmu_flags & ZX_VM_PERM_EXECUTE ? 'x' : '-', row->base, row->base + row->size, size,
		       row->name, m->vmo_koid, m->vmo_offset, committed);
}

zx_status_t zirconia_print_maps(int fd, zx_handle_t handle)
{
	struct rows rows;
	zx_status_t st;

	st = get_rows(handle, ZX_INFO_PROCESS_MAPS, &rows);
	if (st == ZX_ERR_WRONG_TYPE)
		st = get_rows(handle, ZX_INFO_VMAR_MAPS, &rows);
	if (st != ZX_OK)
		return st;
	for (size_t i = 0; i < rows.count && st == ZX_OK; i++) {
		const zx_info_maps_t *row = &rows.row[i];
		const int n = row->type == ZX_INFO_MAPS_TYPE_MAPPING ? print_mapping(fd, row)
								     : print_region(fd, row);

		if (n < 0)
			st = ZX_ERR_IO;
	}
	free(rows.row);
	return st;
}
