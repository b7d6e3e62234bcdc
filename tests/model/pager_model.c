/*
 * Random operations on a pager VMO and its clones, against a model made of plain arrays: contents,
 * states, dirty ranges and write-back. A thread serves the pages. Repeat a run with ZI_SEED.
 *
 * zi-test: trap timeout=300
 */
#include "../call/pager_t.h"

#include "object/object.h"
#include "vm/dirty.h"
#include "vm/vmo_i.h"

enum { PAGES_MAX = 40, CLONES = 3, STEPS = 4000, ROUNDS = 6 }; /* ZI_ROUNDS: more of them */

static uint64_t seed;

static uint64_t below(uint64_t n)
{
	return t_below(&seed, n);
}

/* ---- the model */

/*
 * A zero interval with the part of it that is being written back; the pages are in it while their
 * state says so.
 */
struct interval {
	uint64_t start, awaited; /* awaited: end of what is being written back, 0 for nothing */
};

struct page {
	char state; /* A M C D W Z U */
	bool keep;
	bool lingers; /* absent, but a mapping that has shown it as zero may go on */
	uint8_t bytes[T_PAGE];
};

struct clone {
	zx_handle_t vmo;
	uint8_t *addr;
	uint64_t off, pages, limit;
	bool own[PAGES_MAX];
	uint8_t bytes[PAGES_MAX][T_PAGE];
};

static struct {
	struct pg p;
	bool trap, modified;
	uint64_t size; /* pages */
	struct page page[PAGES_MAX];
	/* By start; only those with something awaited. */
	uint64_t awaited[PAGES_MAX];
	struct clone clone[CLONES];
	uint8_t *addr; /* all of PAGES_MAX */
	uint64_t step;
} m;

static uint8_t disk[PAGES_MAX][T_PAGE];
static _Atomic bool stop, failing;
static _Atomic uint64_t reads;

static bool is_own(uint64_t i)
{
	return strchr("CDW", m.page[i].state) != NULL;
}

static bool starts(uint64_t i)
{
	return m.page[i].state == 'Z' && (i == 0 || m.page[i - 1].state != 'Z');
}

/* Page i leaves its dirty zero interval. */
static void cut(uint64_t i)
{
	if (!starts(i))
		return;
	const uint64_t end = m.awaited[i];

	m.awaited[i] = 0;
	if (i + 1 < m.size && m.page[i + 1].state == 'Z' && end > i + 1)
		m.awaited[i + 1] = end;
}

static void become_zero(uint64_t i, char state)
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

static void fetch(uint64_t i)
{
	if (m.page[i].state != 'A')
		return;
	m.page[i].state = 'C';
	m.page[i].lingers = false;
	memcpy(m.page[i].bytes, disk[i], T_PAGE);
}

static void drop(uint64_t i)
{
	m.page[i].state = 'A';
	m.page[i].keep = m.page[i].lingers = false;
}

/* A load through a mapping has brought byte b of page i. */
static void check_load(uint64_t i, uint64_t at, uint8_t b, uint64_t reads_before)
{
	if (m.page[i].lingers && atomic_load(&reads) == reads_before) {
		cr_assert_eq(b, 0);
		return;
	}
	fetch(i);
	cr_assert_eq(b, m.page[i].bytes[at], "step %d: load of page %d", (int)m.step, (int)i);
}

/* ---- the service */

static void serve_read(const struct pg *p, uint64_t first, uint64_t pages)
{
	zx_handle_t aux;

	atomic_fetch_add(&reads, 1);
	if (atomic_load(&failing)) {
		T_OK(pg_fail(p, first, pages, ZX_ERR_IO));
		return;
	}
	aux = t_vmo(pages * PG);
	T_OK(zx_vmo_write(aux, disk[first], 0, pages * PG));
	T_OK(zx_pager_supply_pages(p->pager, p->vmo, first * PG, pages * PG, aux, 0));
	t_close(aux);
}

static void *serve(void *arg)
{
	const struct pg *p = arg;
	zx_port_packet_t k;

	while (!atomic_load(&stop)) {
		if (zx_port_wait(p->port, zx_deadline_after(ZX_MSEC(50)), &k) != ZX_OK)
			continue;
		const uint64_t first = k.page_request.offset / PG,
			       pages = k.page_request.length / PG;

		if (k.page_request.command == ZX_PAGER_VMO_READ)
			serve_read(p, first, pages);
		else if (k.page_request.command == ZX_PAGER_VMO_DIRTY)
			T_OK(pg_dirty(p, first, pages));
	}
	return NULL;
}

/* ---- comparing */

static char real_state(const struct zi_node *n, uint64_t i)
{
	return "AMCDWZU"[zi_page_state(n, i, 1, NULL)];
}

static void check_states(const char *what)
{
	struct zi_vmo_object *o;

	T_OK(zi_handle_get(m.p.vmo, ZX_OBJ_TYPE_VMO, 0, &o, NULL));
	cr_assert(zi_vmo_check(o->vmo), "step %d, %s: the tree is broken", (int)m.step, what);
	zi_lock(&o->vmo->tree->lock);
	const struct zi_source *s = o->vmo->node->source;
	uint32_t entries = 0;

	cr_assert_eq(o->vmo->node->size, m.size);
	for (uint64_t i = 0; i < m.size; i++) {
		const char got = real_state(o->vmo->node, i);

		cr_assert_eq(got, m.page[i].state, "step %d, %s: page %d is %c, not %c",
			     (int)m.step, what, (int)i, got, m.page[i].state);
		if (m.awaited[i] != 0) {
			cr_assert(entries < s->nawaited && s->awaited[entries].start == i &&
					  s->awaited[entries].end == m.awaited[i],
				  "step %d, %s: what is awaited of %d", (int)m.step, what, (int)i);
			entries++;
		}
	}
	cr_assert_eq(entries, s->nawaited, "step %d, %s: %u awaited, not %u", (int)m.step, what,
		     s->nawaited, entries);
	zi_unlock(&o->vmo->tree->lock);
	zi_object_unref(&o->object);
	cr_assert_eq(pg_modified(&m.p), m.modified, "step %d, %s: modified", (int)m.step, what);
	m.modified = false;
}

static void check_ranges(void)
{
	zx_vmo_dirty_range_t r[PAGES_MAX];
	size_t actual, avail, k = 0;

	T_OK(zx_pager_query_dirty_ranges(m.p.pager, m.p.vmo, 0, m.size * PG, r, sizeof(r), &actual,
					 &avail));
	cr_assert_eq(actual, avail);
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
		cr_assert(k < actual && r[k].offset == first * PG &&
				  r[k].length == (i - first) * PG &&
				  r[k].options == (*class == 'Z'),
			  "step %d: range %d", (int)m.step, (int)k);
		k++;
	}
	cr_assert_eq(k, actual);
}

/* ---- operations on the root. All of them wait for the service where they have to */

static void random_range(uint64_t *first, uint64_t *pages)
{
	*first = below(m.size + 1);
	*pages = below(m.size - *first + 1);
	if (below(2) && *pages > 3)
		*pages = 1 + below(3);
}

static void random_bytes(uint64_t size, uint64_t *off, uint64_t *len)
{
	*off = below(size + 1);
	*len = below(size - *off + 1);
	if (below(3) && *len > 2 * PG)
		*len = below(2 * PG);
}

static uint8_t buffer[PAGES_MAX * T_PAGE];

static void do_read(void)
{
	uint64_t off, len;

	random_bytes(m.size * PG, &off, &len);
	T_OK(zx_vmo_read(m.p.vmo, buffer, off, len));
	for (uint64_t at = off; at < off + len; at++) {
		fetch(at / PG);
		cr_assert_eq(buffer[at - off], m.page[at / PG].bytes[at % PG],
			     "step %d: byte %d of page %d", (int)m.step, (int)(at % PG),
			     (int)(at / PG));
		if (at % PG > 8 && at % PG < PG - 8 && at + 16 < off + len)
			at += 7;
	}
}

static void do_write(void)
{
	uint64_t off, len;

	random_bytes(m.size * PG, &off, &len);
	memset(buffer, (int)(1 + below(255)), len);
	T_OK(zx_vmo_write(m.p.vmo, buffer, off, len));
	for (uint64_t at = off; at < off + len;) {
		const uint64_t i = at / PG,
			       n = PG - at % PG < off + len - at ? PG - at % PG : off + len - at;

		fetch(i);
		become_dirty(i);
		memcpy(m.page[i].bytes + at % PG, buffer + (at - off), n);
		at += n;
	}
	m.modified |= len > 0;
}

static void do_load(void)
{
	const uint64_t i = below(m.size), at = below(PG);
	const uint64_t before = atomic_load(&reads);
	uint8_t b;

	T_OK(zirconia_probe_read8(m.addr + i * PG + at, &b));
	check_load(i, at, b, before);
}

static void do_store(void)
{
	const uint64_t i = below(m.size), at = below(PG);
	const uint8_t b = (uint8_t)below(256);

	/* A store to a page that is shown writable already is not noticed. */
	m.modified |= pg_modified(&m.p);
	T_OK(zirconia_probe_write8(m.addr + i * PG + at, b));
	fetch(i);
	if (m.page[i].state != 'D')
		m.modified = true;
	else
		m.modified |= pg_modified(&m.p);
	become_dirty(i);
	m.page[i].bytes[at] = b;
	if (m.modified)
		T_OK(zx_vmo_write(m.p.vmo, &m.page[i].bytes[at], i * PG + at, 1));
}

static void do_commit(void)
{
	uint64_t first, pages;

	random_range(&first, &pages);
	T_OK(pg_vmo_op(m.p.vmo, ZX_VMO_OP_COMMIT, first, pages));
	for (uint64_t i = first; i < first + pages; i++) {
		fetch(i);
		if (m.page[i].state == 'M')
			m.page[i].state = 'C';
		if (is_own(i))
			continue;
		/*
		 * The request is for all that is not dirty from here on, and the service agrees to
		 * all of it.
		 */
		for (uint64_t k = i; k == i || (m.trap && k < first + pages &&
						strchr("AD", m.page[k].state) == NULL);
		     k++)
			become_dirty(k);
	}
}

static void do_prefetch(void)
{
	uint64_t first, pages;
	const bool always = below(2);

	random_range(&first, &pages);
	T_OK(pg_vmo_op(m.p.vmo, always ? ZX_VMO_OP_ALWAYS_NEED : ZX_VMO_OP_PREFETCH, first, pages));
	for (uint64_t i = first; i < first + pages; i++) {
		fetch(i);
		if (always && is_own(i))
			m.page[i].keep = true;
	}
}

static void do_zero(void)
{
	uint64_t off, len;

	random_bytes(m.size * PG, &off, &len);
	if (below(2)) {
		off -= off % PG;
		len -= len % PG;
	}
	T_OK(zx_vmo_op_range(m.p.vmo, ZX_VMO_OP_ZERO, off, len, NULL, 0));
	for (uint64_t at = off; at < off + len;) {
		const uint64_t i = at / PG,
			       n = PG - at % PG < off + len - at ? PG - at % PG : off + len - at;

		at += n;
		if (n == PG) {
			uint64_t run = i;

			/* A run of untracked pages inside its interval stays so. */
			while (run < (off + len) / PG && m.page[run].state == 'U')
				run++;
			m.modified = true;
			if (run > i) {
				const bool inside = i > 0 && m.page[i - 1].state == 'U' &&
						    run < m.size && m.page[run].state == 'U';

				for (uint64_t k = i; k < run && !inside; k++)
					become_zero(k, 'Z');
				at = run * PG;
			} else if (m.page[i].state != 'M' && m.page[i].state != 'Z') {
				become_zero(i, 'Z');
			}
			continue;
		}
		fetch(i);
		if (!is_own(i))
			continue;
		become_dirty(i);
		memset(m.page[i].bytes + (at - n) % PG, 0, n);
		m.modified = true;
	}
}

static void do_supply(void)
{
	uint64_t first, pages;
	const bool zero = below(3) == 0;

	random_range(&first, &pages);
	zx_handle_t aux = t_vmo(PAGES_MAX * PG);
	if (!zero && pages > 0)
		T_OK(zx_vmo_write(aux, disk[first], 0, pages * PG));
	T_OK(zx_pager_supply_pages(m.p.pager, m.p.vmo, first * PG, pages * PG, aux, 0));
	cr_assert_eq(pg_committed(aux), 0);
	t_close(aux);
	for (uint64_t i = first; i < first + pages; i++) {
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

static void do_op_dirty(void)
{
	uint64_t first, pages;
	zx_status_t expected = m.trap ? ZX_OK : ZX_ERR_NOT_SUPPORTED;

	random_range(&first, &pages);
	for (uint64_t i = first; m.trap && i < first + pages; i++)
		if (m.page[i].state == 'A')
			expected = ZX_ERR_NOT_FOUND;
	T_ZX(pg_dirty(&m.p, first, pages), expected);
	for (uint64_t i = first; expected == ZX_OK && i < first + pages; i++)
		become_dirty(i);
}

static void do_begin(void)
{
	uint64_t first, pages;
	const bool zero = below(2);

	random_range(&first, &pages);
	pg_begin(&m.p, first, pages, zero);
	for (uint64_t i = first; i < first + pages; i++) {
		if (m.page[i].state == 'D' && !zero)
			m.page[i].state = 'W';
		if (!starts(i))
			continue;
		uint64_t end = i;

		while (end < first + pages && m.page[end].state == 'Z')
			end++;
		if (end > m.awaited[i])
			m.awaited[i] = end;
	}
}

static void do_end(void)
{
	uint64_t first, pages, carried = 0;
	bool start[PAGES_MAX];

	random_range(&first, &pages);
	pg_end(&m.p, first, pages);
	for (uint64_t i = 0; i < m.size; i++)
		start[i] = starts(i);
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
			drop(k);
			m.page[k].lingers = true;
			memset(disk[k], 0, T_PAGE);
		}
	}
}

static void do_evict(void)
{
	uint64_t first, pages, gone, expected = 0;
	const bool forced = below(3) == 0;

	random_range(&first, &pages);
	T_OK(zirconia_debug_evict(m.p.vmo, first * PG, pages * PG,
				  forced ? ZIRCONIA_EVICT_ALWAYS_NEEDED : 0, &gone));
	for (uint64_t i = first; i < first + pages; i++) {
		if (m.page[i].state != 'C' || (m.page[i].keep && !forced))
			continue;
		drop(i);
		expected++;
	}
	cr_assert_eq(gone, expected);
}

static void clip_clones(uint64_t pages)
{
	for (int c = 0; c < CLONES; c++) {
		struct clone *k = &m.clone[c];
		const uint64_t limit = pages > k->off ? pages - k->off : 0;

		if (k->limit > limit)
			k->limit = limit;
	}
}

static void do_resize(void)
{
	const uint64_t pages = 1 + below(PAGES_MAX);

	T_OK(zx_vmo_set_size(m.p.vmo, pages * PG));
	for (uint64_t i = m.size; i < pages; i++)
		become_zero(i, 'Z');
	if (pages > m.size && m.size > 0)
		m.awaited[m.size] = m.page[m.size - 1].state == 'Z' ? 0 : m.awaited[m.size];
	if (pages < m.size)
		clip_clones(pages);
	for (uint64_t i = 0; i < PAGES_MAX; i++) {
		if (i >= pages) {
			m.awaited[i] = 0;
			drop(i);
		} else if (m.awaited[i] > pages) {
			m.awaited[i] = pages;
		}
	}
	m.size = pages;
	m.modified = true;
}

static void do_stream_size(void)
{
	uint64_t old;
	const uint64_t to = below(m.size + 1) * PG;

	T_OK(zx_vmo_get_stream_size(m.p.vmo, &old));
	T_OK(zx_vmo_set_stream_size(m.p.vmo, to));
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
				become_zero(k, 'Z');
			i = run;
			continue;
		}
		if (m.page[i].state != 'M' && m.page[i].state != 'Z')
			become_zero(i, 'Z');
		i++;
	}
	for (uint64_t i = to / PG; i < m.size; i++)
		become_zero(i, 'U');
	m.modified |= from < m.size;
}

static void do_fail(void)
{
	uint64_t i = below(m.size);

	if (m.page[i].state != 'A')
		return;
	atomic_store(&failing, true);
	T_ZX(zx_vmo_read(m.p.vmo, buffer, i * PG, 1), ZX_ERR_IO);
	T_ZX(pg_vmo_op(m.p.vmo, ZX_VMO_OP_COMMIT, i, 1), ZX_ERR_IO);
	atomic_store(&failing, false);
}

/* ---- clones */

static uint8_t *clone_page(struct clone *k, uint64_t i)
{
	static uint8_t zeros[T_PAGE];

	if (k->own[i])
		return k->bytes[i];
	if (i >= k->limit)
		return zeros;
	fetch(k->off + i);
	return m.page[k->off + i].bytes;
}

static void clone_close(struct clone *k)
{
	t_unmap(k->addr, k->pages * PG);
	t_close(k->vmo);
	memset(k, 0, sizeof(*k));
}

static void do_clone(void)
{
	struct clone *k = &m.clone[below(CLONES)];

	if (k->vmo != ZX_HANDLE_INVALID) {
		clone_close(k);
		return;
	}
	k->off = below(m.size);
	k->pages = 1 + below(PAGES_MAX);
	k->limit = k->off + k->pages < m.size ? k->pages : m.size - k->off;
	T_OK(zx_vmo_create_child(m.p.vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, k->off * PG,
				 k->pages * PG, &k->vmo));
	k->addr = pg_map(k->vmo, 0, k->pages);
}

static void do_clone_use(void)
{
	struct clone *k = &m.clone[below(CLONES)];
	uint64_t off, len, before;
	uint8_t b;

	if (k->vmo == ZX_HANDLE_INVALID)
		return;
	random_bytes(k->pages * PG, &off, &len);
	if (len > 3 * PG)
		len = 3 * PG;
	switch (below(5)) {
	case 0:
		T_OK(zx_vmo_read(k->vmo, buffer, off, len));
		for (uint64_t at = off; at < off + len; at += 1 + at % 5)
			cr_assert_eq(buffer[at - off], clone_page(k, at / PG)[at % PG],
				     "step %d: clone page %d", (int)m.step, (int)(at / PG));
		/* Those between were fetched as well. */
		for (uint64_t at = off; at < off + len; at++)
			(void)clone_page(k, at / PG);
		break;
	case 1:
		memset(buffer, (int)(1 + below(255)), len);
		T_OK(zx_vmo_write(k->vmo, buffer, off, len));
		for (uint64_t at = off; at < off + len;) {
			const uint64_t i = at / PG, n = PG - at % PG < off + len - at ?
								PG - at % PG :
								off + len - at;

			memcpy(k->bytes[i], clone_page(k, i), T_PAGE);
			k->own[i] = true;
			memcpy(k->bytes[i] + at % PG, buffer, n);
			at += n;
		}
		break;
	case 2:
		if (off == k->pages * PG)
			break;
		before = atomic_load(&reads);
		T_OK(zirconia_probe_read8(k->addr + off, &b));
		if (!k->own[off / PG] && off / PG < k->limit) {
			check_load(k->off + off / PG, off % PG, b, before);
			break;
		}
		cr_assert_eq(b, clone_page(k, off / PG)[off % PG],
			     "step %d: load from clone page %d", (int)m.step, (int)(off / PG));
		break;
	case 3:
		if (off == k->pages * PG)
			break;
		T_OK(zirconia_probe_write8(k->addr + off, (uint8_t)len));
		memcpy(k->bytes[off / PG], clone_page(k, off / PG), T_PAGE);
		k->own[off / PG] = true;
		k->bytes[off / PG][off % PG] = (uint8_t)len;
		break;
	case 4:
		off /= PG;
		len /= PG;
		T_OK(pg_vmo_op(k->vmo, ZX_VMO_OP_ZERO, off, len));
		for (uint64_t i = off; i < off + len; i++) {
			k->own[i] = true;
			memset(k->bytes[i], 0, T_PAGE);
		}
		break;
	}
}

/* ---- */

static const struct {
	const char *name;
	void (*fn)(void);
	unsigned weight;
} ops[] = {
	{"read", do_read, 8},
	{"write", do_write, 8},
	{"store", do_store, 8},
	{"commit", do_commit, 2},
	{"prefetch", do_prefetch, 3},
	{"zero", do_zero, 6},
	{"supply", do_supply, 5},
	{"op dirty", do_op_dirty, 3},
	{"begin", do_begin, 8},
	{"end", do_end, 8},
	{"evict", do_evict, 6},
	{"resize", do_resize, 3},
	{"stream size", do_stream_size, 2},
	{"fail", do_fail, 1},
	{"ranges", check_ranges, 4},
	{"clone", do_clone, 2},
	{"clone use", do_clone_use, 10},
	{"load", do_load, 10},
};

static void one_round(uint32_t options)
{
	pthread_t server;
	unsigned total = 0;

	memset(&m, 0, sizeof(m));
	for (uint64_t i = 0; i < PAGES_MAX; i++)
		memset(disk[i], (int)pg_byte(i), T_PAGE);
	m.trap = options != 0;
	m.size = 1 + below(PAGES_MAX);
	m.p = pg_open(PG_RESIZABLE | options, m.size * PG);
	for (uint64_t i = 0; i < PAGES_MAX; i++)
		m.page[i].state = 'A';
	zx_vaddr_t addr;
	T_OK(zx_vmar_map(zx_vmar_root_self(), PG_RW | ZX_VM_ALLOW_FAULTS, 0, m.p.vmo, 0,
			 PAGES_MAX * PG, &addr));
	m.addr = (uint8_t *)addr;
	atomic_store(&stop, false);
	cr_assert_eq(pthread_create(&server, NULL, serve, &m.p), 0);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		total += ops[i].weight;
	for (m.step = 0; m.step < STEPS; m.step++) {
		uint64_t pick = below(total);
		size_t i = 0;

		while (pick >= ops[i].weight)
			pick -= ops[i++].weight;
		ops[i].fn();
		check_states(ops[i].name);
	}
	atomic_store(&stop, true);
	pthread_join(server, NULL);
	for (int c = 0; c < CLONES; c++)
		if (m.clone[c].vmo != ZX_HANDLE_INVALID)
			clone_close(&m.clone[c]);
	t_unmap(m.addr, PAGES_MAX * PG);
	pg_close(&m.p);
}

Test(model_pager, random_operations__agree_with_plain_arrays, .timeout = 280)
{
	seed = t_seed();
	pg_engine();
	const char *more = getenv("ZI_ROUNDS");
	const int rounds = more != NULL ? atoi(more) : ROUNDS;

	for (int round = 0; round < rounds; round++)
		one_round(round % 2 ? PG_TRAP : 0);
}
