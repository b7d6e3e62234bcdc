/* Reading, writing, hints and zeroing through any view: the pager VMO, slices, references, clones. */
#include "pager.h"

void random_range(uint64_t size, uint64_t *first, uint64_t *pages)
{
	*first = below(size + 1);
	*pages = below(size - *first + 1);
	if (below(2) && *pages > 3)
		*pages = 1 + below(3);
}

void random_bytes(uint64_t size, uint64_t *off, uint64_t *len)
{
	*off = below(size + 1);
	*len = below(size - *off + 1);
	if (below(3) && *len > 2 * PG)
		*len = below(2 * PG);
}

/* Bytes of [at, end) that lie in the page of `at`. */
static uint64_t in_page(uint64_t at, uint64_t end)
{
	const uint64_t n = PG - at % PG;

	return n < end - at ? n : end - at;
}

/* After a failure part of the work may have been done: whatever the library says of "modified" is taken. */
static void forget_modified(void)
{
	m.modified = false;
	if (!m.closed)
		(void)pg_modified(&m.p);
}

void do_read(struct view *v)
{
	zx_status_t want = ZX_OK;
	const uint8_t *bytes;
	uint64_t off, len;

	random_bytes(view_pages(v) * PG, &off, &len);
	for (uint64_t at = off; at < off + len && want == ZX_OK; at += in_page(at, off + len))
		want = view_need(v, at / PG, &bytes);
	STEP_ZX(zx_vmo_read(v->vmo, scratch, off, len), want);
	for (uint64_t at = off; at < off + len && want == ZX_OK; at += in_page(at, off + len)) {
		T_OK(view_need(v, at / PG, &bytes));
		STEP_ASSERT(memcmp(scratch + (at - off), bytes + at % PG, in_page(at, off + len)) ==
				    0,
			    "bytes of page %d of view %d", (int)(at / PG), (int)(v - m.view));
	}
}

/* One page of the pager VMO or of a clone is there, writable, and nobody else's. *out_bytes are the model's. */
static zx_status_t writable(struct view *v, uint64_t i, uint8_t **out_bytes)
{
	zx_status_t st;

	i += v->base;
	if (v->clone != NULL) {
		*out_bytes = v->clone->bytes[i];
		return clone_fork(v->clone, i);
	}
	*out_bytes = m.page[i].bytes;
	st = root_need(i);
	return st == ZX_OK ? root_dirty(i) : st;
}

void do_write(struct view *v)
{
	zx_status_t want = ZX_OK;
	uint64_t off, len;

	random_bytes(view_pages(v) * PG, &off, &len);
	memset(scratch, (int)(1 + below(255)), len);
	for (uint64_t at = off; at < off + len; at += in_page(at, off + len)) {
		uint8_t *bytes;

		want = writable(v, at / PG, &bytes);
		if (want != ZX_OK)
			break;
		memcpy(bytes + at % PG, scratch, in_page(at, off + len));
	}
	STEP_ZX(zx_vmo_write(v->vmo, scratch, off, len), want);
	m.modified |= len > 0 && v->clone == NULL;
	if (want != ZX_OK)
		forget_modified();
}

/* Behind the end, now and then. */
static bool past_the_end(struct view *v)
{
	const uint64_t pages = view_pages(v);
	uint8_t b;

	if (pages != 0 && (pages == PAGES_MAX || below(32) != 0))
		return false;
	if (pages < PAGES_MAX) {
		uint8_t *addr = v->addr + (pages + below(PAGES_MAX - pages)) * PG;

		STEP_ZX(below(2) ? zirconia_probe_read8(addr, &b) : zirconia_probe_write8(addr, 1),
			ZX_ERR_OUT_OF_RANGE);
	}
	return true;
}

void do_load(struct view *v)
{
	const uint8_t *bytes;
	uint64_t root;
	uint8_t b;

	if (past_the_end(v))
		return;
	const uint64_t i = below(view_pages(v)), at = below(PG), before = service_reads();
	const zx_status_t st = zirconia_probe_read8(v->addr + i * PG + at, &b);

	clone_find(v->clone, v->base + i, &root);
	/* A mapping may go on showing the zeros of an interval that was written back. */
	if (st == ZX_OK && b == 0 && root < PAGES_MAX && m.page[root].lingers &&
	    service_reads() == before)
		return;
	STEP_ZX(st, view_need(v, i, &bytes));
	if (st == ZX_OK)
		STEP_ASSERT(b == bytes[at], "load of page %d of view %d: %d, not %d", (int)i,
			    (int)(v - m.view), b, bytes[at]);
}

static void store_to_root(struct view *v, uint64_t i, uint64_t at)
{
	const uint8_t b = (uint8_t)below(256);
	const bool noticed = m.page[v->base + i].state != 'D';
	uint8_t *bytes;

	const zx_status_t want = writable(v, i, &bytes);

	STEP_ZX(zirconia_probe_write8(v->addr + i * PG + at, b), want);
	if (want == ZX_OK) {
		bytes[at] = b;
		/* A store to a page that is shown writable already is not noticed; one that makes it dirty is. */
		if (!m.closed)
			STEP_ASSERT(pg_modified(&m.p) || !noticed, "a store makes a VMO modified");
	}
	forget_modified();
}

void do_store(struct view *v)
{
	const uint8_t *bytes;

	if (past_the_end(v))
		return;
	const uint64_t i = below(view_pages(v)), at = below(PG);

	if (v->clone == NULL) {
		store_to_root(v, i, at);
		return;
	}
	const zx_status_t want = view_need(v, i, &bytes);
	/* Another value: a store of what is there already may not make a copy. */
	const uint8_t b = bytes[at] ^ (uint8_t)(1 + below(255));

	STEP_ZX(zirconia_probe_write8(v->addr + i * PG + at, b), want);
	if (want != ZX_OK)
		return;
	T_OK(clone_fork(v->clone, v->base + i));
	v->clone->bytes[v->base + i][at] = b;
}

static zx_status_t commit_root(uint64_t first, uint64_t end)
{
	for (uint64_t i = first; i < end; i++) {
		zx_status_t st = root_need(i);

		if (st != ZX_OK)
			return st;
		if (m.page[i].state == 'M')
			m.page[i].state = 'C';
		if (root_is_own(i))
			continue;
		/* The request is for all that is not dirty from here on, and the service agrees to all of it. */
		for (uint64_t k = i;
		     k == i || (m.trap && k < end && strchr("AD", m.page[k].state) == NULL); k++) {
			st = root_dirty(k);
			if (st != ZX_OK)
				return st;
		}
	}
	return ZX_OK;
}

static zx_status_t commit_clone(struct clone *c, uint64_t first, uint64_t end)
{
	zx_status_t st = ZX_OK;

	for (uint64_t i = first; i < end && st == ZX_OK; i++) {
		uint64_t root;

		if (c->own[i] == OWN_NOT && clone_find(c, i, &root) != NULL && root == PAGES_MAX &&
		    i >= c->limit)
			c->own[i] = OWN_MAYBE;
		else if (c->own[i] != OWN_MAYBE)
			st = clone_fork(c, i);
	}
	return st;
}

void do_commit(struct view *v)
{
	uint64_t first, pages;

	random_range(view_pages(v), &first, &pages);
	const uint64_t at = v->base + first;
	const zx_status_t want = v->clone != NULL ? commit_clone(v->clone, at, at + pages) :
						    commit_root(at, at + pages);

	STEP_ZX(pg_vmo_op(v->vmo, ZX_VMO_OP_COMMIT, first, pages), want);
}

void do_prefetch(struct view *v)
{
	const bool always = below(2);
	zx_status_t want = ZX_OK;
	uint64_t first, pages;

	random_range(view_pages(v), &first, &pages);
	for (uint64_t i = first; i < first + pages && want == ZX_OK; i++) {
		uint64_t root;

		clone_find(v->clone, v->base + i, &root);
		if (root == PAGES_MAX)
			continue;
		want = root_need(root);
		if (always)
			want = ZX_OK;
		if (always && root_is_own(root))
			m.page[root].keep = true;
	}
	STEP_ZX(pg_vmo_op(v->vmo, always ? ZX_VMO_OP_ALWAYS_NEED : ZX_VMO_OP_PREFETCH, first,
			  pages),
		want);
}

static zx_status_t zero_root(uint64_t off, uint64_t end)
{
	for (uint64_t at = off; at < end;) {
		const uint64_t i = at / PG, n = in_page(at, end), in = at % PG;
		zx_status_t st;

		at += n;
		if (n == PG) {
			uint64_t run = i;

			/* A run of untracked pages inside its interval stays so. */
			while (run < end / PG && m.page[run].state == 'U')
				run++;
			m.modified = true;
			if (run > i) {
				const bool inside = i > 0 && m.page[i - 1].state == 'U' &&
						    run < m.size && m.page[run].state == 'U';

				for (uint64_t k = i; k < run && !inside; k++)
					root_become_zero(k, 'Z');
				at = run * PG;
			} else if (m.page[i].state != 'M' && m.page[i].state != 'Z') {
				root_become_zero(i, 'Z');
			}
			continue;
		}
		st = root_need(i);
		if (st == ZX_OK && !root_is_own(i))
			continue;
		if (st == ZX_OK)
			st = root_dirty(i);
		if (st != ZX_OK)
			return st;
		memset(m.page[i].bytes + in, 0, n);
		m.modified = true;
	}
	return ZX_OK;
}

/* Zeroing part of a page that shows zero does nothing; nobody says whether it is then the clone's own. */
static bool shows_zero(const struct clone *c, uint64_t i)
{
	uint64_t root;

	if (c->own[i] == OWN_YES)
		return false;
	const uint8_t *bytes = clone_find(c, i, &root);

	return root < PAGES_MAX ? strchr("MZU", m.page[root].state) != NULL :
				  t_all(bytes, T_PAGE, 0);
}

static zx_status_t zero_clone(struct clone *c, uint64_t off, uint64_t end)
{
	for (uint64_t at = off; at < end;) {
		const uint64_t i = at / PG, n = in_page(at, end);

		if (n == PG) {
			if (i < c->limit)
				c->own[i] = OWN_YES;
			else if (c->own[i] == OWN_YES)
				c->own[i] = OWN_MAYBE;
			memset(c->bytes[i], 0, T_PAGE);
		} else {
			const zx_status_t st = clone_fork(c, i);

			if (st != ZX_OK)
				return st;
			memset(c->bytes[i] + at % PG, 0, n);
		}
		at += n;
	}
	return ZX_OK;
}

void do_zero(struct view *v)
{
	uint64_t off, len;
	zx_status_t want;

	random_bytes(view_pages(v) * PG, &off, &len);
	if (len == 0)
		return;
	const uint64_t first = off / PG, last = (off + len - 1) / PG;

	if (below(2) || (v->clone != NULL && (shows_zero(v->clone, v->base + first) ||
					      shows_zero(v->clone, v->base + last)))) {
		off = first * PG;
		len = (last + 1 - first) * PG;
	}
	const uint64_t at = v->base * PG + off;

	want = v->clone != NULL ? zero_clone(v->clone, at, at + len) : zero_root(at, at + len);
	STEP_ZX(zx_vmo_op_range(v->vmo, ZX_VMO_OP_ZERO, off, len, NULL, 0), want);
	if (want != ZX_OK)
		forget_modified();
}
