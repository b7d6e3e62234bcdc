/* Page states of the pager VMO, as the table says them, and the comparison with the library's. */
#include "pager.h"

#include "object/object.h"
#include "vm/dirty.h"
#include "vm/vmo_i.h"

struct world m;
uint8_t scratch[PAGES_MAX * T_PAGE];

bool root_is_own(uint64_t i)
{
	return strchr("CDW", m.page[i].state) != NULL;
}

bool root_starts(uint64_t i)
{
	return m.page[i].state == 'Z' && (i == 0 || m.page[i - 1].state != 'Z');
}

/* Page i leaves its dirty zero interval. */
static void cut(uint64_t i)
{
	if (!root_starts(i))
		return;
	const uint64_t end = m.awaited[i];

	m.awaited[i] = 0;
	if (i + 1 < m.size && m.page[i + 1].state == 'Z' && end > i + 1)
		m.awaited[i + 1] = end;
}

void root_become_zero(uint64_t i, char state)
{
	if (m.page[i].state == 'Z' && state != 'Z')
		cut(i);
	if (state == 'Z' && m.page[i].state != 'Z' && i + 1 < PAGES_MAX)
		m.awaited[i + 1] = 0;
	m.page[i].state = state;
	m.page[i].keep = m.page[i].lingers = false;
	memset(m.page[i].bytes, 0, T_PAGE);
}

static void become_dirty(uint64_t i)
{
	if (m.page[i].state == 'Z')
		cut(i);
	m.page[i].state = 'D';
}

static void arrive(uint64_t i)
{
	m.page[i].state = 'C';
	m.page[i].lingers = false;
	memcpy(m.page[i].bytes, disk[i], T_PAGE);
}

zx_status_t root_need(uint64_t i)
{
	if (m.page[i].state != 'A')
		return ZX_OK;
	if (m.detached)
		return ZX_ERR_BAD_STATE;
	if (atomic_load(&service_bad) >> i & 1)
		return ZX_ERR_IO;
	arrive(i);
	return ZX_OK;
}

zx_status_t root_dirty(uint64_t i)
{
	if (m.page[i].state == 'D')
		return ZX_OK;
	if (m.trap && m.detached)
		return ZX_ERR_BAD_STATE;
	become_dirty(i);
	return ZX_OK;
}

void root_drop(uint64_t i)
{
	m.page[i].state = 'A';
	m.page[i].keep = m.page[i].lingers = false;
}

void root_settle(void)
{
	const uint64_t supplied = service_idle();

	for (uint64_t i = 0; i < m.size; i++)
		if ((supplied >> i & 1) && m.page[i].state == 'A')
			arrive(i);
}

void root_check(const char *what)
{
	struct zi_vmo_object *o;
	uint32_t entries = 0;

	T_OK(zi_handle_get(m.p.vmo, ZX_OBJ_TYPE_VMO, 0, &o, NULL));
	STEP_ASSERT(zi_vmo_check(o->vmo), "%s: the tree is broken", what);
	zi_lock(&o->vmo->tree->lock);
	const struct zi_source *s = o->vmo->node->source;

	STEP_ASSERT(o->vmo->node->size == m.size, "%s: size", what);
	for (uint64_t i = 0; i < m.size; i++) {
		const char got = "AMCDWZU"[zi_page_state(o->vmo->node, i, 1, NULL)];

		STEP_ASSERT(got == m.page[i].state, "%s: page %d is %c, not %c", what, (int)i, got,
			    m.page[i].state);
		if (m.awaited[i] != 0) {
			STEP_ASSERT(entries < s->nawaited && s->awaited[entries].start == i &&
					    s->awaited[entries].end == m.awaited[i],
				    "%s: what is awaited of %d", what, (int)i);
			entries++;
		}
	}
	STEP_ASSERT(entries == s->nawaited, "%s: %u awaited, not %u", what, s->nawaited, entries);
	zi_unlock(&o->vmo->tree->lock);
	zi_object_unref(&o->object);
	if (!m.closed)
		STEP_ASSERT(pg_modified(&m.p) == m.modified, "%s: modified", what);
	m.modified = false;
}

void root_check_ranges(void)
{
	zx_vmo_dirty_range_t r[PAGES_MAX];
	size_t actual, avail, k = 0;

	T_OK(zx_pager_query_dirty_ranges(m.p.pager, m.p.vmo, 0, m.size * PG, r, sizeof(r), &actual,
					 &avail));
	STEP_ASSERT(actual == avail, "number of ranges");
	for (uint64_t i = 0; i < m.size;) {
		const char *class = strchr("DW", m.page[i].state) ? "DW" :
				    m.page[i].state == 'Z'        ? "Z" :
								    NULL;
		const uint64_t first = i;

		if (class == NULL) {
			i++;
			continue;
		}
		while (i < m.size && strchr(class, m.page[i].state) != NULL)
			i++;
		STEP_ASSERT(k < actual && r[k].offset == first * PG &&
				    r[k].length == (i - first) * PG &&
				    r[k].options == (*class == 'Z'),
			    "range %d", (int)k);
		k++;
	}
	STEP_ASSERT(k == actual, "ranges");
}
