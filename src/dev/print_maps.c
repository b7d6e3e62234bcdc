/* The address map as text: zirconia/print_maps.h says what is promised. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zircon/syscalls.h>
#include <zirconia/print_maps.h>

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
			st = zx_object_get_info(handle, topic, more, rows.count * sizeof(*more),
						&actual, &avail);
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

/*
 * "12K", "1.5G": in the largest unit of which there is at least one, a fraction rounded to one
 * digit.
 */
static void format_size(char *buf, size_t cap, uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	unsigned unit = 0;

	while (bytes >> (10 * unit) >= 1024 && units[unit + 1] != '\0')
		unit++;
	if ((bytes & (((uint64_t)1 << (10 * unit)) - 1)) == 0)
		snprintf(buf, cap, "%" PRIu64 "%c", bytes >> (10 * unit), units[unit]);
	else
		snprintf(buf, cap, "%.1f%c", (double)bytes / (double)((uint64_t)1 << (10 * unit)),
			 units[unit]);
}

static bool write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

/* Two spaces for each level. */
static bool indent(int fd, size_t depth)
{
	for (size_t i = 0; i < depth; i++) {
		if (!write_all(fd, "  ", 2))
			return false;
	}
	return true;
}

static bool print_region(int fd, const zx_info_maps_t *row)
{
	char size[24];
	char line[160];

	format_size(size, sizeof(size), row->size);
	snprintf(line, sizeof(line), "%s %#" PRIxPTR "-%#" PRIxPTR " %s\n", row->name, row->base,
		 row->base + row->size, size);
	return indent(fd, row->depth) && write_all(fd, line, strlen(line));
}

static bool print_mapping(int fd, const zx_info_maps_t *row)
{
	const zx_info_maps_mapping_t *m = &row->u.mapping;
	char size[24];
	char committed[24];
	char line[256];

	format_size(size, sizeof(size), row->size);
	format_size(committed, sizeof(committed), m->committed_bytes);
	snprintf(line, sizeof(line),
		 "%c%c%c %#" PRIxPTR "-%#" PRIxPTR " %s \"%s\" koid %" PRIu64 " offset %#" PRIx64
		 " committed %s\n",
		 m->mmu_flags & ZX_VM_PERM_READ ? 'r' : '-',
		 m->mmu_flags & ZX_VM_PERM_WRITE ? 'w' : '-',
		 m->mmu_flags & ZX_VM_PERM_EXECUTE ? 'x' : '-', row->base, row->base + row->size,
		 size, row->name, m->vmo_koid, m->vmo_offset, committed);
	return indent(fd, row->depth) && write_all(fd, line, strlen(line));
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
		const bool done = row->type == ZX_INFO_MAPS_TYPE_MAPPING ? print_mapping(fd, row) :
									   print_region(fd, row);

		if (!done)
			st = ZX_ERR_IO;
	}
	free(rows.row);
	return st;
}
