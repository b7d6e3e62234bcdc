/* What the owner of the pager does to its VMO. */
#include "pager.h"

void do_supply(struct view *v)
{
	const bool zero = below(3) == 0, mapped = below(2);
	uint64_t first, pages;
	uint8_t *map = NULL;

	(void)v;
	random_range(m.size, &first, &pages);
	/* Half of them long and aligned: such pages go over with their frames. */
	if (below(2)) {
		first -= first % (PAGES_MAX / 2);
		pages = m.size - first < PAGES_MAX / 2 ? m.size - first : PAGES_MAX / 2;
	}
	zx_handle_t aux = t_vmo(PAGES_MAX * PG);
	if (mapped)
		map = t_map(aux, 0, PAGES_MAX * PG);
	if (!zero && pages > 0) {
		if (mapped)
			memcpy(map, disk[first], pages * PG);
		/* Zeros stored through a mapping alone may count as no page. */
		for (uint64_t i = 0; i < pages; i++)
			if (!mapped || t_all(disk[first + i], PG, 0))
				T_OK(zx_vmo_write(aux, disk[first + i], i * PG, PG));
	}
	STEP_ZX(zx_pager_supply_pages(m.p.pager, m.p.vmo, first * PG, pages * PG, aux, 0),
		m.detached && pages > 0 ? ZX_ERR_BAD_STATE : ZX_OK);
	STEP_ASSERT(pg_committed(aux) == 0, "the pages stay in the auxiliary VMO");
	if (mapped) {
		STEP_ASSERT(t_all(map, PAGES_MAX * PG, 0), "the auxiliary VMO shows bytes");
		memset(map, 0xaa, PAGES_MAX * PG);
		t_unmap(map, PAGES_MAX * PG);
	}
	t_close(aux);
	for (uint64_t i = first; i < first + pages && !m.detached; i++) {
		if (m.page[i].state != 'A')
			continue;
		m.page[i].state = zero ? 'M' : 'C';
		m.page[i].lingers = false;
		if (zero)
			memset(m.page[i].bytes, 0, T_PAGE);
		else
			memcpy(m.page[i].bytes, disk[i], T_PAGE);
	}
}

void do_op_dirty(struct view *v)
{
	zx_status_t expected = m.trap ? ZX_OK : ZX_ERR_NOT_SUPPORTED;
	uint64_t first, pages;

	(void)v;
	random_range(m.size, &first, &pages);
	for (uint64_t i = first; m.trap && i < first + pages; i++)
		if (m.page[i].state == 'A')
			expected = ZX_ERR_NOT_FOUND;
	if (m.trap && m.detached)
		expected = ZX_ERR_BAD_STATE;
	STEP_ZX(pg_dirty(&m.p, first, pages), expected);
	for (uint64_t i = first; expected == ZX_OK && i < first + pages; i++)
		T_OK(root_dirty(i));
}

void do_begin(struct view *v)
{
	const bool zero = below(2);
	uint64_t first, pages;

	(void)v;
	random_range(m.size, &first, &pages);
	pg_begin(&m.p, first, pages, zero);
	for (uint64_t i = first; i < first + pages; i++) {
		if (m.page[i].state == 'D' && !zero)
			m.page[i].state = 'W';
		if (!root_starts(i))
			continue;
		uint64_t end = i;

		while (end < first + pages && m.page[end].state == 'Z')
			end++;
		if (end > m.awaited[i])
			m.awaited[i] = end;
	}
}

void do_end(struct view *v)
{
	uint64_t first, pages, carried = 0;
	bool start[PAGES_MAX];

	(void)v;
	random_range(m.size, &first, &pages);
	pg_end(&m.p, first, pages);
	for (uint64_t i = 0; i < m.size; i++)
		start[i] = root_starts(i);
	for (uint64_t i = first; i < first + pages; i++) {
		if (m.page[i].state == 'W') {
			m.page[i].state = 'C';
			memcpy(disk[i], m.page[i].bytes, T_PAGE);
		}
		if (!start[i])
			continue;
		if (m.awaited[i] > carried)
			carried = m.awaited[i];
		m.awaited[i] = 0;
		for (uint64_t k = i; k < first + pages && k < carried && m.page[k].state == 'Z';
		     k++) {
			root_drop(k);
			m.page[k].lingers = true;
			memset(disk[k], 0, T_PAGE);
		}
	}
}

void do_evict(struct view *v)
{
	const bool forced = below(3) == 0;
	uint64_t first, pages, gone, expected = 0;

	(void)v;
	random_range(m.size, &first, &pages);
	T_OK(zirconia_debug_evict(m.p.vmo, first * PG, pages * PG,
				  forced ? ZIRCONIA_EVICT_ALWAYS_NEEDED : 0, &gone));
	for (uint64_t i = first; i < first + pages; i++) {
		if (m.page[i].state != 'C' || (m.page[i].keep && !forced))
			continue;
		root_drop(i);
		expected++;
	}
	STEP_ASSERT(gone == expected, "evicted %d, not %d", (int)gone, (int)expected);
}

/* A reference and what it refers to are one object. */
void do_resize(struct view *v)
{
	const uint64_t pages = 1 + below(PAGES_MAX);

	if (!v->can_resize) {
		STEP_ZX(zx_vmo_set_size(v->vmo, pages * PG),
			v->resizable ? ZX_ERR_ACCESS_DENIED : ZX_ERR_UNAVAILABLE);
		return;
	}
	if (v->clone != NULL) {
		STEP_ZX(zx_vmo_set_size(v->vmo, pages * PG), ZX_OK);
		clone_resize(v->clone, pages);
		return;
	}
	STEP_ZX(zx_vmo_set_size(v->vmo, pages * PG), ZX_OK);
	for (uint64_t i = m.size; i < pages; i++)
		root_become_zero(i, 'Z');
	if (pages > m.size && m.size > 0)
		m.awaited[m.size] = m.page[m.size - 1].state == 'Z' ? 0 : m.awaited[m.size];
	if (pages < m.size)
		clones_clip(NULL, pages);
	for (uint64_t i = 0; i < PAGES_MAX; i++) {
		if (i >= pages) {
			m.awaited[i] = 0;
			root_drop(i);
		} else if (m.awaited[i] > pages) {
			m.awaited[i] = pages;
		}
	}
	m.size = pages;
	m.modified = true;
}

void do_stream_size(struct view *v)
{
	const uint64_t to = below(m.size + 1) * PG;
	uint64_t old;

	(void)v;
	T_OK(zx_vmo_get_stream_size(m.p.vmo, &old));
	STEP_ZX(zx_vmo_set_stream_size(m.p.vmo, to), ZX_OK);
	if (to == old)
		return;
	const uint64_t from = (old < to ? old : to) / PG;

	/* The dirty-tracked part as ZERO, by runs of untracked pages; then the rest. */
	for (uint64_t i = from; i < to / PG;) {
		uint64_t run = i;

		while (run < to / PG && m.page[run].state == 'U')
			run++;
		if (run > i) {
			const bool inside = i > 0 && m.page[i - 1].state == 'U' && run < m.size &&
					    m.page[run].state == 'U';

			for (uint64_t k = i; k < run && !inside; k++)
				root_become_zero(k, 'Z');
			i = run;
			continue;
		}
		if (m.page[i].state != 'M' && m.page[i].state != 'Z')
			root_become_zero(i, 'Z');
		i++;
	}
	for (uint64_t i = to / PG; i < m.size; i++)
		root_become_zero(i, 'U');
	m.modified |= from < m.size;
}

/* The disk gets other sectors that cannot be read. */
void do_sectors(struct view *v)
{
	uint64_t bad = 0;

	(void)v;
	for (uint64_t n = below(3) ? below(4) : 0; n > 0; n--)
		bad |= UINT64_C(1) << below(PAGES_MAX);
	atomic_store(&service_bad, bad);
}

/* Detaches, once more perhaps, or closes the pager for good. */
void do_detach(struct view *v)
{
	(void)v;
	if (below(4) == 0) {
		m.modified = pg_modified(&m.p);
		t_close(m.p.pager);
		m.p.pager = ZX_HANDLE_INVALID;
		m.closed = m.detached = true;
		return;
	}
	T_OK(zx_pager_detach_vmo(m.p.pager, m.p.vmo));
	m.detached = true;
	for (uint64_t i = 0; i < m.size; i++) {
		m.page[i].lingers = false;
		if (m.page[i].state == 'C' || m.page[i].state == 'M')
			root_drop(i);
	}
}
