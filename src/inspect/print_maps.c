/* The address map of a handle as text: zirconia/print_maps.h says what is promised. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <zircon/syscalls.h>
#include <zirconia/print_maps.h>

#include "inspect/maps.h"
#include "inspect/text.h"

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

zx_status_t zirconia_print_maps(int fd, zx_handle_t handle)
{
	struct zi_text text = {0};
	struct rows rows;
	zx_status_t st;

	st = get_rows(handle, ZX_INFO_PROCESS_MAPS, &rows);
	if (st == ZX_ERR_WRONG_TYPE)
		st = get_rows(handle, ZX_INFO_VMAR_MAPS, &rows);
	if (st != ZX_OK)
		return st;
	for (size_t i = 0; i < rows.count; i++) {
		for (size_t d = 0; d < rows.row[i].depth; d++)
			zi_text_bytes(&text, "  ", 2);
		zi_maps_print_row(&text, &rows.row[i]);
		zi_text_bytes(&text, "\n", 1);
	}
	free(rows.row);
	if (text.no_memory)
		st = ZX_ERR_NO_MEMORY;
	else if (!write_all(fd, text.at, text.len))
		st = ZX_ERR_IO;
	zi_text_done(&text);
	return st;
}
