/* Files about one VMO. */
#include "inspect/vmo_files.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls/object.h>

#include "base/span.h"
#include "inspect/maps.h"
#include "inspect/objects.h"
#include "inspect/text.h"
#include "inspect/vmos.h"
#include "object/object.h"
#include "vm/peek.h"

/* ---- info.json */

static const struct {
	uint32_t bit;
	const char *name;
} flag_names[] = {
	{ZX_INFO_VMO_TYPE_PAGED, "TYPE_PAGED"},     {ZX_INFO_VMO_RESIZABLE, "RESIZABLE"},
	{ZX_INFO_VMO_IS_COW_CLONE, "IS_COW_CLONE"}, {ZX_INFO_VMO_PAGER_BACKED, "PAGER_BACKED"},
	{ZX_INFO_VMO_CONTIGUOUS, "CONTIGUOUS"},     {ZX_INFO_VMO_DISCARDABLE, "DISCARDABLE"},
	{ZX_INFO_VMO_IMMUTABLE, "IMMUTABLE"},
};

static const char *policy_name(uint32_t policy)
{
	switch (policy) {
	case ZX_CACHE_POLICY_CACHED:
		return "CACHED";
	case ZX_CACHE_POLICY_UNCACHED:
		return "UNCACHED";
	case ZX_CACHE_POLICY_UNCACHED_DEVICE:
		return "UNCACHED_DEVICE";
	default:
		return "WRITE_COMBINING";
	}
}

static void print_bytes(struct zi_text *t, const zx_info_vmo_t *i)
{
	zi_json_number(t, "committed_bytes", i->committed_bytes);
	zi_json_number(t, "populated_bytes", i->populated_bytes);
	zi_json_number(t, "committed_private_bytes", i->committed_private_bytes);
	zi_json_number(t, "populated_private_bytes", i->populated_private_bytes);
	zi_json_number(t, "committed_scaled_bytes", i->committed_scaled_bytes);
	zi_json_number(t, "populated_scaled_bytes", i->populated_scaled_bytes);
	zi_json_number(t, "committed_fractional_scaled_bytes",
		       i->committed_fractional_scaled_bytes);
	zi_json_number(t, "populated_fractional_scaled_bytes",
		       i->populated_fractional_scaled_bytes);
	zi_json_number(t, "metadata_bytes", i->metadata_bytes);
	zi_json_number(t, "committed_change_events", i->committed_change_events);
}

static void print_shape(struct zi_text *t, const struct zi_vmo_description *d)
{
	zi_json_array(t, "flags");
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++) {
		if ((d->info.flags & flag_names[i].bit) != 0)
			zi_json_string(t, NULL, flag_names[i].name);
	}
	zi_json_end(t, ']');
	zi_json_string(t, "memory",
		       d->kind == ZI_VMO_PHYSICAL   ? "physical" :
		       d->kind == ZI_VMO_CONTIGUOUS ? "contiguous" :
						      "paged");
	zi_json_bool(t, "slice", d->slice);
	zi_json_bool(t, "reference", d->reference);
	zi_json_bool(t, "unbounded", d->unbounded);
	zi_json_string(t, "cache_policy", policy_name(d->info.cache_policy));
	zi_json_bool(t, "discarded", d->discarded);
	zi_json_number(t, "locks", d->locks);
	zi_json_number(t, "pins", d->pins);
	zi_json_number(t, "pager_koid", d->pager_koid);
	zi_json_bool(t, "detached", d->detached);
}

static void print_handles(struct zi_vmo_index *ix, zx_koid_t koid, struct zi_text *t)
{
	size_t n;
	const struct zi_vmo_place *place;

	if (ix->made != zi_handle_made() && !zi_vmo_index_gather(ix))
		t->no_memory = true;
	place = zi_vmo_index_places(ix, koid, &n);
	zi_json_array(t, "handles");
	for (size_t i = 0; i < n && place[i].handle != ZX_HANDLE_INVALID; i++) {
		struct zi_text rights = {0};
		struct zi_object *o;
		zx_rights_t has;

		if (zi_handle_get(place[i].handle, ZX_OBJ_TYPE_NONE, 0, &o, &has) != ZX_OK)
			continue;
		zi_rights_print(&rights, has);
		zi_json_object(t, NULL);
		zi_json_hex(t, "handle", place[i].handle);
		zi_json_string(t, "type", o->ops->type_name);
		zi_json_string(t, "rights", rights.no_memory ? "" : rights.at);
		zi_json_end(t, '}');
		zi_text_done(&rights);
		zi_object_unref(o);
	}
	zi_json_end(t, ']');
}

zx_status_t zi_vmo_print_info(struct zi_vmo_index *ix, struct zi_vmo *v, struct zi_text *t)
{
	struct zi_vmo_description d;

	zi_vmo_describe(v, &d);
	zi_json_object(t, NULL);
	zi_json_number(t, "koid", d.info.koid);
	zi_json_string(t, "name", d.info.name);
	zi_json_number(t, "size_bytes", d.info.size_bytes);
	zi_json_number(t, "stream_size_bytes", d.stream_size);
	zi_json_number(t, "parent_koid", d.info.parent_koid);
	zi_json_number(t, "num_children", d.info.num_children);
	zi_json_number(t, "num_mappings", d.info.num_mappings);
	zi_json_number(t, "share_count", d.info.share_count);
	print_shape(t, &d);
	print_bytes(t, &d.info);
	print_handles(ix, v->koid, t);
	zi_json_end(t, '}');
	return ZX_OK;
}

/* ---- name, and the line of a listing */

zx_status_t zi_vmo_print_name(struct zi_vmo *v, struct zi_text *t)
{
	char name[ZX_MAX_NAME_LEN];

	zi_vmo_get_name(v, name);
	zi_text_add(t, "%s\n", name);
	return ZX_OK;
}

zx_status_t zi_vmo_print_line(struct zi_vmo *v, struct zi_text *t)
{
	char size[24], committed[24];
	struct zi_vmo_description d;

	if (v == NULL) {
		zi_text_add(t, "%-8s %8s %8s %9s %9s %8s  %s\n", "koid", "parent", "size",
			    "committed", "children", "mappings", "name");
		return ZX_OK;
	}
	zi_vmo_describe(v, &d);
	zi_text_size(size, sizeof(size), d.info.size_bytes);
	zi_text_size(committed, sizeof(committed), d.info.committed_bytes);
	zi_text_add(t, "%-8" PRIu64 " %8" PRIu64 " %8s %9s %9zu %8zu  ", d.info.koid,
		    d.info.parent_koid, size, committed, d.info.num_children, d.info.num_mappings);
	zi_text_quoted(t, d.info.name);
	zi_text_bytes(t, "\n", 1);
	return ZX_OK;
}

/* ---- pages: lines of 64, and a star for lines like the one before */

enum { LINE = 64 };

static char letter(const struct zi_page_run *r)
{
	static const char letters[] = {
		[ZI_LOOK_ABSENT] = '.',  [ZI_LOOK_ZERO] = 'z',  [ZI_LOOK_OWN] = 'o',
		[ZI_LOOK_SHARED] = 's',  [ZI_LOOK_CLEAN] = 'c', [ZI_LOOK_DIRTY] = 'd',
		[ZI_LOOK_WRITING] = 'w',
	};
	const char c = letters[r->look];

	/* Capitals are pinned; a page must have content for that. */
	return r->pinned && c != '.' ? (char)(c - 'a' + 'A') : c;
}

static void print_line(struct zi_text *t, uint64_t first, const char *line, size_t n)
{
	zi_text_add(t, "0x%012" PRIx64 "  %.*s\n", first << ZI_PAGE_SHIFT, (int)n, line);
}

static void print_runs(struct zi_text *t, const struct zi_page_run *run, size_t n)
{
	char line[LINE], before[LINE] = "";
	size_t have = 0;
	bool star = false;

	for (size_t i = 0; i < n; i++) {
		uint64_t left = run[i].pages;

		while (left > 0) {
			const uint64_t at = run[i].first + run[i].pages - left;
			const size_t more = (size_t)zi_min(left, LINE - have);

			memset(line + have, letter(&run[i]), more);
			have += more;
			left -= more;
			if (have < LINE)
				break;
			have = 0;
			if (memcmp(line, before, LINE) != 0) {
				print_line(t, at + more - LINE, line, LINE);
				memcpy(before, line, LINE);
				star = false;
				continue;
			}
			if (!star)
				zi_text_add(t, "*\n");
			star = true;
			/* After a line of this run alone further ones say nothing new. */
			if (more == LINE)
				left %= LINE;
		}
	}
	if (have > 0)
		print_line(t, run[n - 1].first + run[n - 1].pages - have, line, have);
}

zx_status_t zi_vmo_print_pages(struct zi_vmo *v, struct zi_text *t)
{
	struct zi_page_run *run = NULL;
	size_t room = 64, n;
	uint64_t pages;

	for (;;) {
		struct zi_page_run *more = realloc(run, room * sizeof(*run));

		if (more == NULL) {
			free(run);
			return ZX_ERR_NO_MEMORY;
		}
		run = more;
		n = zi_vmo_list_pages(v, run, room, &pages);
		if (n <= room)
			break;
		room = n + n / 8 + 16;
	}
	print_runs(t, run, n);
	zi_text_add(t, "%" PRIu64 " pages\n", pages);
	free(run);
	return ZX_OK;
}

/* ---- mappings */

zx_status_t zi_vmo_print_mappings(struct zi_vmo *v, struct zi_text *t)
{
	struct zi_mapping_row *row = NULL;
	size_t room = 16, n;

	for (;;) {
		struct zi_mapping_row *more = realloc(row, room * sizeof(*row));

		if (more == NULL) {
			free(row);
			return ZX_ERR_NO_MEMORY;
		}
		row = more;
		n = zi_vmo_list_mappings(v, row, room);
		if (n <= room)
			break;
		room = n + n / 8 + 16;
	}
	for (size_t i = 0; i < n; i++) {
		zi_maps_print_prot(t, row[i].prot);
		zi_text_add(t, " %#" PRIxPTR "-%#" PRIxPTR " offset %#" PRIx64 " at most ",
			    row[i].base, row[i].base + row[i].len, row[i].vmo_off);
		zi_maps_print_prot(t, row[i].max_prot);
		zi_text_add(t, " process %" PRIu64 "\n", row[i].process);
	}
	free(row);
	return ZX_OK;
}
