/* Comparisons of everything that can be seen. */
#include <inttypes.h>
#include <string.h>

#include <zircon/syscalls.h>

#include "world.h"

#if __has_include(<zirconia/debug.h>)
#include <zirconia/debug.h>
#endif
#if __has_include(<zirconia/fault.h>)
#include <zirconia/fault.h>
#endif

static const uint8_t zeros[M_PAGE];

/* ---- info and sizes */

static void differ(struct world *w, unsigned i, const char *field, uint64_t got, uint64_t want)
{
	char check[200];

	snprintf(check, sizeof(check), "info(v[%u]).%s == %#" PRIx64, i, field, want);
	w_fail(w, check,
	       "v[%u]: %s is %#" PRIx64 " (%" PRIu64 "), expected %#" PRIx64 " (%" PRIu64 ")", i,
	       field, got, got, want, want);
}

void w_check_info(struct world *w, unsigned i)
{
	zx_info_vmo_t got, want;

	m_info(w->vmo[i], &want);
	if (zx_object_get_info(w->handle[i], ZX_INFO_VMO, &got, sizeof(got), NULL, NULL) != ZX_OK) {
		w_fail(w, "false", "ZX_INFO_VMO of v[%u] failed", i);
		return;
	}
#define SAME(field)                                                  \
	do {                                                         \
		if (got.field != want.field)                         \
			differ(w, i, #field, got.field, want.field); \
	} while (0)
	SAME(koid);
	SAME(size_bytes);
	SAME(parent_koid);
	SAME(num_children);
	SAME(num_mappings);
	SAME(share_count);
	SAME(flags);
	SAME(handle_rights);
	SAME(cache_policy);
	SAME(committed_bytes);
	SAME(committed_private_bytes);
	SAME(committed_scaled_bytes);
	SAME(committed_fractional_scaled_bytes);
	SAME(populated_bytes);
	SAME(populated_private_bytes);
	SAME(populated_scaled_bytes);
	SAME(populated_fractional_scaled_bytes);
	SAME(committed_change_events);
#undef SAME
	if (memcmp(got.name, want.name, sizeof(got.name)) != 0)
		w_fail(w, "false", "v[%u]: name is \"%.32s\", expected \"%s\"", i, got.name,
		       want.name);
}

static void check_sizes(struct world *w, unsigned i)
{
	const struct m_vmo *v = w->vmo[i];
	uint64_t size = 0, stream = 0;
	zx_signals_t seen = 0;
	char check[200];

	zx_vmo_get_size(w->handle[i], &size);
	zx_vmo_get_stream_size(w->handle[i], &stream);
	if (size != m_size(v)) {
		snprintf(check, sizeof(check), "size_of(v[%u]) == %#" PRIx64, i, m_size(v));
		w_fail(w, check, "v[%u]: size is %#" PRIx64 ", expected %#" PRIx64, i, size,
		       m_size(v));
	}
	if (stream != v->stream->bytes) {
		snprintf(check, sizeof(check), "stream_size_of(v[%u]) == %#" PRIx64, i,
			 v->stream->bytes);
		w_fail(w, check, "v[%u]: stream size is %#" PRIx64 ", expected %#" PRIx64, i,
		       stream, v->stream->bytes);
	}
	zx_object_wait_one(w->handle[i], ZX_VMO_ZERO_CHILDREN, 0, &seen);
	if (((seen & ZX_VMO_ZERO_CHILDREN) != 0) != (v->nchildren == 0)) {
		snprintf(check, sizeof(check), "zero_children(v[%u]) == %d", i, v->nchildren == 0);
		w_fail(w, check, "v[%u]: signals %#x with %zu children", i, seen, v->nchildren);
	}
}

/* ---- contents */

static void differ_at(struct world *w, unsigned i, uint64_t off, const uint8_t *got,
		      const uint8_t *want)
{
	char check[200];
	unsigned k = 0;

	while (got[k] == want[k])
		k++;
	snprintf(check, sizeof(check), "byte_at(v[%u], %#" PRIx64 ") == %u", i, off + k, want[k]);
	w_fail(w, check, "v[%u]: byte at %#" PRIx64 " is %u, expected %u", i, off + k, got[k],
	       want[k]);
}

/* [first, first+pages) through zx_vmo_read; at most 16 pages, inside the VMO. */
static void check_pages(struct world *w, unsigned i, uint64_t first, uint64_t pages)
{
	const struct m_vmo *v = w->vmo[i];
	zx_status_t st = zx_vmo_read(w->full[i], w->bytes, first * M_PAGE, pages * M_PAGE);

	if (st != ZX_OK) {
		w_fail(w, "false", "zx_vmo_read of v[%u] pages %#" PRIx64 "+%" PRIu64 ": %d", i,
		       first, pages, st);
		return;
	}
	for (uint64_t p = 0; p < pages; p++) {
		const struct m_page *page = m_get(v->store, v->base / M_PAGE + first + p);
		const uint8_t *want = page != NULL ? page->bytes : zeros;

		if (memcmp(w->bytes + p * M_PAGE, want, M_PAGE) != 0) {
			differ_at(w, i, (first + p) * M_PAGE, w->bytes + p * M_PAGE, want);
			return;
		}
	}
}

static void check_contents(struct world *w, unsigned i)
{
	const struct m_vmo *v = w->vmo[i];
	const uint64_t pages = m_size(v) / M_PAGE, base = v->base / M_PAGE;

	if (v->policy != ZX_CACHE_POLICY_CACHED || v->store->discard == M_DISCARDED)
		return;
	if (pages <= 512) {
		for (uint64_t p = 0; p < pages && !w_failed(w); p += 16)
			check_pages(w, i, p, pages - p < 16 ? pages - p : 16);
		return;
	}
	/* Too large: around what is there, and the ends. */
	check_pages(w, i, 0, 2);
	check_pages(w, i, pages - 2, 2);
	for (size_t k = 0; k < v->store->nslots && !w_failed(w); k++) {
		const uint64_t p = v->store->slots[k].pgi - base;

		if (p < pages)
			check_pages(w, i, p > 0 ? p - 1 : 0, p > 0 && p + 1 < pages ? 3 : 1);
	}
}

static void check_mapped(struct world *w)
{
	const struct m_vmar *a = &w->as[0];

	for (size_t k = 0; k < a->nmaps && !w_failed(w); k++) {
		const struct m_mapping *m = &a->map[k];

		for (unsigned p = m->first; p < m->first + m->pages; p++) {
			const uint8_t *got = (const uint8_t *)(w->base[0] + p * M_PAGE);
			const uint64_t off = m->vmo->base + m->vmo_off + (p - m->first) * M_PAGE;
			const struct m_page *page;
			const uint8_t *want;

			if (m_fault(a, p, false) != ZX_OK)
				continue;
			page = m_get(m->vmo->store, off / M_PAGE);
			want = page != NULL ? page->bytes : zeros;
			if (memcmp(got, want, M_PAGE) != 0) {
				char check[200];
				unsigned b = 0;

				while (b < M_PAGE - 1 && got[b] == want[b])
					b++;
				snprintf(check, sizeof(check), "at[%#" PRIx64 "] == %u",
					 p * M_PAGE + b, want[b]);
				w_fail(w, check, "mapped byte %#" PRIx64 " is %u, expected %u",
				       p * M_PAGE + b, got[b], want[b]);
				return;
			}
		}
	}
}

/* What an access would do, asked page by page in and next to mappings. */
static void check_faults(struct world *w)
{
	const struct m_vmar *a = &w->as[0];

	for (size_t k = 0; k < a->nmaps && !w_failed(w); k++) {
		for (unsigned p = a->map[k].first;
		     p <= a->map[k].first + a->map[k].pages && p < M_VMAR_PAGES; p++) {
			for (unsigned write = 0; write < 2; write++) {
				const char *access = write ? "ZX_VM_PERM_WRITE" : "ZX_VM_PERM_READ";
				const zx_status_t want = m_fault(a, p, write);
				const zx_status_t got = zirconia_fault_probe(
					(const void *)(w->base[0] + p * M_PAGE), 1,
					write ? ZX_VM_PERM_WRITE : ZX_VM_PERM_READ);
				char check[200];

				if (got == want)
					continue;
				snprintf(check, sizeof(check),
					 "zirconia_fault_probe(at + %#" PRIx64 ", 1, %s) == %d",
					 p * M_PAGE, access, want);
				w_fail(w, check, "fault of %s at page %u: %d, expected %d", access,
				       p, got, want);
			}
		}
	}
}

/* ---- listings */

static bool same_row(const zx_info_maps_t *row, const struct m_vmar *a, const struct m_mapping *m,
		     unsigned page, unsigned pages, zx_vaddr_t base)
{
	const zx_info_maps_mapping_t *got = &row->u.mapping;
	const uint64_t off = m->vmo_off + (page - m->first) * M_PAGE;
	zx_info_vmo_t want;

	m_count(m->vmo, off, pages * M_PAGE, &want);
	return row->type == ZX_INFO_MAPS_TYPE_MAPPING && row->depth == 1 &&
	       row->base == base + page * M_PAGE && row->size == pages * M_PAGE &&
	       memcmp(row->name, m->vmo->name, sizeof(row->name)) == 0 &&
	       got->mmu_flags == a->prot[page] && got->vmo_koid == m->vmo->koid &&
	       got->vmo_offset == off && got->committed_bytes == want.committed_bytes &&
	       got->committed_private_bytes == want.committed_private_bytes &&
	       got->committed_scaled_bytes == want.committed_scaled_bytes &&
	       got->committed_fractional_scaled_bytes == want.committed_fractional_scaled_bytes &&
	       got->populated_bytes == want.populated_bytes &&
	       got->populated_private_bytes == want.populated_private_bytes &&
	       got->populated_scaled_bytes == want.populated_scaled_bytes &&
	       got->populated_fractional_scaled_bytes == want.populated_fractional_scaled_bytes;
}

/* One row for the address space's VMAR, then one for each run of pages of a mapping with the same protection. */
static void check_maps(struct world *w, unsigned as)
{
	static zx_info_maps_t rows[M_VMAR_PAGES + 1];
	const struct m_vmar *a = &w->as[as];
	size_t actual = 0, avail = 0, k = 1;
	zx_status_t st = zx_object_get_info(w->vmar[as], ZX_INFO_VMAR_MAPS, rows, sizeof(rows),
					    &actual, &avail);

	if (st != ZX_OK || actual != avail || actual == 0) {
		w_fail(w, "false", "ZX_INFO_VMAR_MAPS: %d, %zu of %zu rows", st, actual, avail);
		return;
	}
	for (size_t i = 0; i < a->nmaps; i++) {
		const struct m_mapping *m = &a->map[i];

		for (unsigned p = m->first, n; p < m->first + m->pages; p += n) {
			for (n = 1; p + n < m->first + m->pages && a->prot[p + n] == a->prot[p];)
				n++;
			if (k < actual && same_row(&rows[k++], a, m, p, n, w->base[as]))
				continue;
			w_fail(w, "false",
			       "ZX_INFO_VMAR_MAPS of vmar[%u]: row %zu of %zu is wrong (page "
			       "%u+%u)",
			       as, k - 1, actual, p, n);
			return;
		}
	}
	if (k != actual)
		w_fail(w, "false", "ZX_INFO_VMAR_MAPS of vmar[%u]: %zu rows, expected %zu", as,
		       actual, k);
}

/* The library's own full check, where it has one. */
extern zx_status_t zirconia_debug_check(zx_handle_t vmo) __attribute__((weak));

void w_check_all(struct world *w, uint32_t flags)
{
	for (unsigned i = 0; i < W_VMOS && !w_failed(w); i++) {
		if (w->vmo[i] == NULL)
			continue;
		if ((flags & CHECK_INTERNAL) && zirconia_debug_check != NULL &&
		    zirconia_debug_check(w->full[i]) != ZX_OK) {
			char check[100];

			snprintf(check, sizeof(check), "zirconia_debug_check(v[%u]) == ZX_OK", i);
			w_fail(w, check, "the library's own check of v[%u] fails", i);
		}
		if (flags & CHECK_INFO) {
			w_check_info(w, i);
			check_sizes(w, i);
		}
		if (flags & CHECK_READ)
			check_contents(w, i);
	}
	if (flags & CHECK_MAPPED)
		check_mapped(w);
	if (flags & CHECK_FAULTS)
		check_faults(w);
	for (unsigned as = 0; (flags & CHECK_MAPS) && as < 2 && !w_failed(w); as++)
		check_maps(w, as);
}
