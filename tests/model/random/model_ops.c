/*
 * Contents and sizes. Offsets are the VMO's; `at` is an absolute byte offset in its store.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define DENY_WITHOUT(v, right)                       \
	do {                                         \
		if (((v)->rights & (right)) == 0)    \
			return ZX_ERR_ACCESS_DENIED; \
	} while (0)

static bool wraps(uint64_t off, uint64_t len)
{
	return off > UINT64_MAX - len;
}

static bool in_range(uint64_t off, uint64_t len, uint64_t max)
{
	return off <= max && len <= max - off;
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t down(uint64_t x)
{
	return x / M_PAGE * M_PAGE;
}

/* ---- read and write */

/* The checks that both share, up to the first byte that is moved. */
static zx_status_t check_transfer(const struct m_vmo *v, uint64_t off, uint64_t len)
{
	if (wraps(off, len))
		return ZX_ERR_OUT_OF_RANGE;
	if (v->policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	if (off + len > m_size(v))
		return ZX_ERR_OUT_OF_RANGE;
	if (len != 0 && v->store->discard == M_DISCARDED)
		return ZX_ERR_NOT_FOUND;
	return ZX_OK;
}

void m_peek(const struct m_vmo *v, void *buffer, uint64_t off, uint64_t len)
{
	uint8_t *to = buffer;

	while (len > 0) {
		const uint64_t at = v->base + off, n = min(len, M_PAGE - at % M_PAGE);
		const struct m_page *page = off < m_size(v) ? m_get(v->store, at / M_PAGE) : NULL;

		if (page != NULL)
			memcpy(to, page->bytes + at % M_PAGE, n);
		else
			memset(to, 0, n);
		to += n;
		off += n;
		len -= n;
	}
}

/* Bytes NULL: zeros. */
static void poke(struct m_vmo *v, const void *bytes, uint64_t off, uint64_t len)
{
	const uint8_t *from = bytes;

	while (len > 0) {
		const uint64_t at = v->base + off, n = min(len, M_PAGE - at % M_PAGE);
		struct m_page *page = m_own(v->store, at / M_PAGE);

		if (from != NULL) {
			memcpy(page->bytes + at % M_PAGE, from, n);
			from += n;
		} else {
			memset(page->bytes + at % M_PAGE, 0, n);
		}
		off += n;
		len -= n;
	}
}

zx_status_t m_read(struct m_vmo *v, void *buffer, uint64_t off, uint64_t len)
{
	zx_status_t st;

	DENY_WITHOUT(v, ZX_RIGHT_READ);
	st = check_transfer(v, off, len);
	if (st == ZX_OK)
		m_peek(v, buffer, off, len);
	return st;
}

zx_status_t m_write(struct m_vmo *v, const void *buffer, uint64_t off, uint64_t len)
{
	zx_status_t st;

	DENY_WITHOUT(v, ZX_RIGHT_WRITE);
	st = check_transfer(v, off, len);
	if (st == ZX_OK)
		poke(v, buffer, off, len);
	return st;
}

zx_status_t m_read_bad(struct m_vmo *v, uint64_t off, uint64_t len, zx_status_t why)
{
	zx_status_t st;

	DENY_WITHOUT(v, ZX_RIGHT_READ);
	st = check_transfer(v, off, len);
	return st != ZX_OK || len == 0 ? st : why;
}

/* The page is made the VMO's own before the buffer is looked at. */
zx_status_t m_write_bad(struct m_vmo *v, uint64_t off, uint64_t len, zx_status_t why)
{
	zx_status_t st;

	DENY_WITHOUT(v, ZX_RIGHT_WRITE);
	st = check_transfer(v, off, len);
	if (st != ZX_OK || len == 0)
		return st;
	m_own(v->store, (v->base + off) / M_PAGE);
	return why;
}

/* ---- ranges */

zx_status_t m_commit(struct m_vmo *v, uint64_t off, uint64_t len)
{
	uint64_t first = down(off), end;

	DENY_WITHOUT(v, ZX_RIGHT_WRITE);
	if (wraps(off, len) || off + len > UINT64_MAX - (M_PAGE - 1))
		return ZX_ERR_OUT_OF_RANGE;
	end = down(off + len + M_PAGE - 1);
	if (!in_range(first, end - first, m_size(v)))
		return ZX_ERR_OUT_OF_RANGE;
	if (end == first)
		return ZX_OK;
	if (v->store->discard == M_DISCARDED)
		return ZX_ERR_NOT_FOUND;
	for (uint64_t at = v->base + first; at < v->base + end; at += M_PAGE)
		m_own(v->store, at / M_PAGE);
	return ZX_OK;
}

/*
 * "The node has a node parent" means: the VMO still has relatives by snapshot. A node has a parent from the moment when it is
 * cloned or made as a clone; the parent is hidden, and a hidden node with one child left merges into that child. So the only node
 * of a tree has no parent, and each of several leaves of a tree has one. Trees are never cut: when a leaf dies the others stay
 * under the nodes that are left. Hence: supported exactly while the family has one living store, whatever pages are shared.
 */
zx_status_t m_decommit(struct m_vmo *v, uint64_t off, uint64_t len)
{
	DENY_WITHOUT(v, ZX_RIGHT_WRITE);
	if (!in_range(off, len, m_size(v)))
		return ZX_ERR_OUT_OF_RANGE;
	if (len == 0)
		return ZX_OK;
	if (v->store->family->stores > 1)
		return ZX_ERR_NOT_SUPPORTED;
	if (off % M_PAGE != 0 || len % M_PAGE != 0)
		return ZX_ERR_INVALID_ARGS;
	m_drop(v->store, (v->base + off) / M_PAGE, (v->base + off + len) / M_PAGE);
	return ZX_OK;
}

/* Part of one page. */
static zx_status_t zero_partial(struct m_vmo *v, uint64_t off, uint64_t len)
{
	if (down(off) >= m_size(v))
		return ZX_ERR_OUT_OF_RANGE;
	if (m_get(v->store, (v->base + off) / M_PAGE) == NULL)
		return ZX_OK;
	if (v->policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	poke(v, NULL, off, len);
	return ZX_OK;
}

/* Leading part of a page, whole pages, trailing part of a page; each with its own checks. */
static zx_status_t zero(struct m_vmo *v, uint64_t off, uint64_t len)
{
	uint64_t n;
	zx_status_t st;

	if (off % M_PAGE != 0) {
		n = min(len, M_PAGE - off % M_PAGE);
		st = zero_partial(v, off, n);
		if (st != ZX_OK)
			return st;
		off += n;
		len -= n;
	}
	n = down(len);
	if (n > 0) {
		if (m_uncached_kin(v))
			return ZX_ERR_BAD_STATE;
		if (!in_range(off, n, m_size(v)))
			return ZX_ERR_OUT_OF_RANGE;
		m_drop(v->store, (v->base + off) / M_PAGE, (v->base + off + n) / M_PAGE);
		off += n;
		len -= n;
	}
	return len > 0 ? zero_partial(v, off, len) : ZX_OK;
}

zx_status_t m_zero(struct m_vmo *v, uint64_t off, uint64_t len)
{
	DENY_WITHOUT(v, ZX_RIGHT_WRITE);
	if (len == 0)
		return ZX_OK;
	if (wraps(off, len))
		return ZX_ERR_OUT_OF_RANGE;
	return zero(v, off, len);
}

/* ---- discardable VMOs */

static zx_status_t lock_op(struct m_vmo *v, uint32_t op, uint64_t off, uint64_t len,
			   zx_vmo_lock_state_t *out_state)
{
	struct m_store *s = v->store;

	DENY_WITHOUT(v, ZX_RIGHT_READ | ZX_RIGHT_WRITE);
	if (!v->discardable)
		return ZX_ERR_NOT_SUPPORTED;
	if (off != 0 || len != m_size(v))
		return ZX_ERR_OUT_OF_RANGE;
	if (op == ZX_VMO_OP_UNLOCK) {
		if (s->locks == 0)
			return ZX_ERR_BAD_STATE;
		if (--s->locks == 0)
			s->discard = M_UNLOCKED;
		return ZX_OK;
	}
	if (op == ZX_VMO_OP_TRY_LOCK && s->discard == M_DISCARDED)
		return ZX_ERR_UNAVAILABLE;
	if (op == ZX_VMO_OP_LOCK)
		*out_state = (zx_vmo_lock_state_t){
			.size = s->size,
			.discarded_size = s->discard == M_DISCARDED ? s->size : 0,
		};
	s->locks++;
	s->discard = M_LOCKED;
	return ZX_OK;
}

zx_status_t m_discard(struct m_vmo *v)
{
	if (!v->discardable || v->store->discard != M_UNLOCKED)
		return ZX_ERR_BAD_STATE;
	m_drop(v->store, 0, UINT64_MAX);
	v->store->discard = M_DISCARDED;
	v->store->change_events++;
	return ZX_OK;
}

/* ---- the other operations */

static zx_status_t cache_op(struct m_vmo *v, zx_rights_t right, uint64_t off, uint64_t len)
{
	DENY_WITHOUT(v, right);
	if (len == 0)
		return ZX_ERR_INVALID_ARGS;
	return in_range(off, len, m_size(v)) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}

static zx_status_t prefetch(struct m_vmo *v, uint64_t off, uint64_t len)
{
	uint64_t first = down(off);

	DENY_WITHOUT(v, ZX_RIGHT_READ);
	if (wraps(off, len) || off + len > UINT64_MAX - (M_PAGE - 1))
		return ZX_ERR_OUT_OF_RANGE;
	return in_range(first, down(off + len + M_PAGE - 1) - first, m_size(v)) ?
		       ZX_OK :
		       ZX_ERR_OUT_OF_RANGE;
}

zx_status_t m_op(struct m_vmo *v, uint32_t op, uint64_t off, uint64_t len,
		 zx_vmo_lock_state_t *out_state)
{
	switch (op) {
	case ZX_VMO_OP_LOCK:
	case ZX_VMO_OP_TRY_LOCK:
	case ZX_VMO_OP_UNLOCK:
		return lock_op(v, op, off, len, out_state);
	case ZX_VMO_OP_CACHE_SYNC:
	case ZX_VMO_OP_CACHE_CLEAN:
	case ZX_VMO_OP_CACHE_CLEAN_INVALIDATE:
		return cache_op(v, ZX_RIGHT_READ, off, len);
	case ZX_VMO_OP_CACHE_INVALIDATE:
		return cache_op(v, ZX_RIGHT_WRITE, off, len);
	case ZX_VMO_OP_DONT_NEED:
	case ZX_VMO_OP_ALWAYS_NEED:
		return ZX_OK; /* anonymous memory: any range */
	case ZX_VMO_OP_PREFETCH:
		return prefetch(v, off, len);
	default:
		return ZX_ERR_INVALID_ARGS;
	}
}

/* ---- sizes */

zx_status_t m_set_size(struct m_vmo *v, uint64_t size)
{
	struct m_store *s = v->store;
	uint64_t rounded;

	DENY_WITHOUT(v, ZX_RIGHT_WRITE);
	if (v->resizable)
		DENY_WITHOUT(v, ZX_RIGHT_RESIZE);
	if (size > UINT64_MAX - (M_PAGE - 1))
		return ZX_ERR_OUT_OF_RANGE;
	if (!v->resizable)
		return ZX_ERR_UNAVAILABLE;
	rounded = down(size + M_PAGE - 1);
	if (rounded > M_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	if (rounded > s->size && wraps(s->root_off, rounded))
		return ZX_ERR_INVALID_ARGS;
	m_drop(s, rounded / M_PAGE, UINT64_MAX);
	s->size = rounded;
	v->stream->bytes = size;
	if (size < rounded)
		zero_partial(v, size, rounded - size); /* a refusal is of no consequence */
	return ZX_OK;
}

zx_status_t m_set_stream_size(struct m_vmo *v, uint64_t size)
{
	uint64_t from = min(size, v->stream->bytes);
	zx_status_t st;

	DENY_WITHOUT(v, ZX_RIGHT_WRITE);
	if (size == v->stream->bytes)
		return ZX_OK;
	if (size > m_size(v))
		return ZX_ERR_OUT_OF_RANGE;
	st = zero(v, from, m_size(v) - from);
	if (st == ZX_OK)
		v->stream->bytes = size;
	return st;
}

/* ---- transfer */

static bool window_refuses(const struct m_vmo *v, uint64_t off, uint64_t len)
{
	if (wraps(off, len))
		return true;
	return (v->slice || len != 0) && !in_range(off, len, m_size(v));
}

zx_status_t m_transfer(struct m_vmo *dst, uint32_t options, uint64_t off, uint64_t len,
		       struct m_vmo *src, uint64_t src_off)
{
	struct m_slot *taken;
	uint64_t n = 0;
	zx_status_t st = ZX_OK;

	if (options != 0 || off % M_PAGE != 0 || len % M_PAGE != 0 || src_off % M_PAGE != 0)
		return ZX_ERR_INVALID_ARGS;
	DENY_WITHOUT(dst, ZX_RIGHT_WRITE);
	DENY_WITHOUT(src, ZX_RIGHT_READ);
	DENY_WITHOUT(src, ZX_RIGHT_WRITE);
	if (dst == src && off == src_off)
		return ZX_OK;
	if (window_refuses(src, src_off, len))
		return ZX_ERR_OUT_OF_RANGE;

	/* All pages are taken before the destination is looked at. */
	taken = calloc(src->store->nslots + 1, sizeof(*taken));
	if (taken == NULL)
		abort();
	const uint64_t first = (src->base + src_off) / M_PAGE,
		       end = (src->base + src_off + len) / M_PAGE;

	for (size_t i = 0; i < src->store->nslots;) {
		const uint64_t pgi = src->store->slots[i].pgi;

		if (pgi < first || pgi >= end)
			i++;
		else
			taken[n++] = (struct m_slot){.pgi = pgi - first,
						     .page = m_take(src->store, pgi)};
	}
	if (window_refuses(dst, off, len))
		st = ZX_ERR_OUT_OF_RANGE;
	else if (len != 0)
		m_drop(dst->store, (dst->base + off) / M_PAGE, (dst->base + off + len) / M_PAGE);
	for (uint64_t i = 0; i < n; i++) {
		if (st == ZX_OK)
			m_give(dst->store, (dst->base + off) / M_PAGE + taken[i].pgi,
			       taken[i].page);
		else
			free(taken[i].page);
	}
	free(taken);
	return st;
}
