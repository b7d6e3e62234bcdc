/* Operations on VMOs: each chooses its arguments (make) and carries itself out on the model and the library (run). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <zircon/syscalls.h>

#include "world.h"

#if __has_include(<zirconia/debug.h>)
#include <zirconia/debug.h>
#endif

#define X64 "%#" PRIx64

static struct m_vmo *var(const struct world *w, unsigned i)
{
	return i < W_VMOS ? w->vmo[i] : NULL;
}

/* Chooses op->v among the variables in use. */
static struct m_vmo *choose(struct world *w, struct rng *r, struct op *op)
{
	op->v = (uint8_t)g_var(w, r);
	return var(w, op->v);
}

/* The same, but seldom one of size 0. */
static struct m_vmo *choose_filled(struct world *w, struct rng *r, struct op *op)
{
	struct m_vmo *v = choose(w, r, op);

	return v != NULL && m_size(v) == 0 && rng_percent(r, 90) ? choose(w, r, op) : v;
}

/* ---- create, clone, close, reset */

static bool make_create(struct world *w, struct rng *r, struct op *op)
{
	static const uint32_t options[] = {0,
					   0,
					   0,
					   ZX_VMO_RESIZABLE,
					   ZX_VMO_RESIZABLE,
					   ZX_VMO_DISCARDABLE,
					   ZX_VMO_DISCARDABLE | ZX_VMO_RESIZABLE,
					   ZX_VMO_UNBOUNDED};

	op->v = (uint8_t)w_free_var(w, r);
	if (op->v >= W_VMOS || w_nvmos(w) >= w->episode.max_vmos)
		return false;
	op->opt = options[rng_below(r, 8)];
	op->a = g_size(w, r);
	if (op->opt == ZX_VMO_UNBOUNDED && !w->episode.far)
		op->opt = 0;
	if (g_bad(w, r))
		op->opt = (uint32_t)rng_below(r, 64);
	if (g_bad(w, r))
		op->a = g_wild(r);
	return true;
}

static void run_create(struct world *w, const struct op *op)
{
	struct m_vmo *v = NULL;
	zx_handle_t h = ZX_HANDLE_INVALID;

	if (var(w, op->v) != NULL)
		return;
	CALL(w, m_create(op->a, op->opt, &v), zx_vmo_create(op->a, op->opt, &h),
	     "zx_vmo_create(" X64 ", %#x, &v[%u])", op->a, op->opt, op->v);
	if (v != NULL)
		w_adopt(w, op->v, v, h);
}

static bool make_clone(struct world *w, struct rng *r, struct op *op)
{
	static const uint32_t options[] = {
		ZX_VMO_CHILD_SNAPSHOT,
		ZX_VMO_CHILD_SNAPSHOT,
		ZX_VMO_CHILD_SNAPSHOT,
		ZX_VMO_CHILD_SNAPSHOT | ZX_VMO_CHILD_RESIZABLE,
		ZX_VMO_CHILD_SNAPSHOT | ZX_VMO_CHILD_RESIZABLE,
		ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE,
		ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE | ZX_VMO_CHILD_RESIZABLE,
		ZX_VMO_CHILD_SNAPSHOT_MODIFIED,
		ZX_VMO_CHILD_SNAPSHOT_MODIFIED | ZX_VMO_CHILD_RESIZABLE,
		ZX_VMO_CHILD_SLICE,
		ZX_VMO_CHILD_SLICE,
		ZX_VMO_CHILD_REFERENCE,
		ZX_VMO_CHILD_REFERENCE | ZX_VMO_CHILD_RESIZABLE,
	};
	const struct m_vmo *v = choose(w, r, op);

	op->w = (uint8_t)w_free_var(w, r);
	if (v == NULL || op->w >= W_VMOS || w_nvmos(w) >= w->episode.max_vmos)
		return false;
	op->opt = options[rng_below(r, sizeof(options) / sizeof(options[0]))];
	if (rng_percent(r, 8) && !(op->opt & ZX_VMO_CHILD_RESIZABLE))
		op->opt |= ZX_VMO_CHILD_NO_WRITE;
	if (!(op->opt & ZX_VMO_CHILD_REFERENCE)) {
		op->a = rng_percent(r, 50) && m_size(v) <= 512 * M_PAGE ? 0 :
									  g_page(w, r, v) * M_PAGE;
		op->b = rng_percent(r, 50) ? m_size(v) - op->a : g_size(w, r);
		if (op->a > m_size(v) || op->b > 512 * M_PAGE)
			op->b = rng_percent(r, 30) && w->episode.far ? m_size(v) :
								       g_pages(w, r) * M_PAGE;
		if (op->opt & ZX_VMO_CHILD_SLICE && op->a + op->b > m_size(v) &&
		    op->a <= m_size(v) && !rng_percent(r, 20))
			op->b = m_size(v) - op->a;
		if (rng_percent(r, 15) && op->b > 0)
			op->b -= rng_below(r, M_PAGE);
	}
	if (g_bad(w, r))
		op->opt ^= 1u << rng_below(r, 9);
	if (g_bad(w, r))
		op->a += rng_percent(r, 50) ? 1 : g_wild(r);
	if (g_bad(w, r))
		op->b = g_wild(r);
	return true;
}

static void run_clone(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v), *child = NULL;
	zx_handle_t h = ZX_HANDLE_INVALID;

	if (v == NULL || op->w >= W_VMOS || w->vmo[op->w] != NULL)
		return;
	CALL(w, m_create_child(v, op->opt, op->a, op->b, &child),
	     zx_vmo_create_child(w->handle[op->v], op->opt, op->a, op->b, &h),
	     "zx_vmo_create_child(v[%u], %#x, " X64 ", " X64 ", &v[%u])", op->v, op->opt, op->a,
	     op->b, op->w);
	if (child != NULL)
		w_adopt(w, op->w, child, h);
}

static bool make_any(struct world *w, struct rng *r, struct op *op)
{
	return choose(w, r, op) != NULL;
}

static void run_close(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);

	if (v == NULL)
		return;
	if (w->lib && w->full[op->v] != w->handle[op->v])
		zx_handle_close(w->full[op->v]);
	w->vmo[op->v] = NULL;
	m_close(v);
	w_say_close_full(w, op->v);
	CALL(w, ZX_OK, zx_handle_close(w->handle[op->v]), "zx_handle_close(v[%u])", op->v);
}

static void run_reset(struct world *w, const struct op *op)
{
	(void)op;
	w_reset(w);
}

/* ---- read and write */

static bool make_range(struct world *w, struct rng *r, struct op *op)
{
	const struct m_vmo *v = choose_filled(w, r, op);

	if (v == NULL)
		return false;
	op->a = g_offset(w, r, v);
	op->b = g_length(w, r);
	if (op->a <= m_size(v) && op->b > m_size(v) - op->a && !rng_percent(r, 10))
		op->b = m_size(v) - op->a;
	if (g_bad(w, r))
		op->a = g_wild(r);
	op->opt = (uint32_t)rng_below(r, 16);
	return true;
}

static void run_read(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);
	zx_status_t want;

	if (v == NULL || op->b > W_BUFFER)
		return;
	want = m_read(v, w->other, op->a, op->b);
	CALL(w, want, zx_vmo_read(w->handle[op->v], w->bytes, op->a, op->b),
	     "zx_vmo_read(v[%u], buffer, " X64 ", " X64 ")", op->v, op->a, op->b);
	if (!w->lib || want != ZX_OK)
		return;
	for (uint64_t i = 0; memcmp(w->bytes, w->other, op->b) != 0; i++) {
		if (w->bytes[i] != w->other[i]) {
			char check[100];

			snprintf(check, sizeof(check), "buffer[%" PRIu64 "] == %u", i, w->other[i]);
			w_fail(w, check, "byte %" PRIu64 " of the read is %u, expected %u", i,
			       w->bytes[i], w->other[i]);
			return;
		}
	}
}

/* opt: 0 the bytes that are there already, 1 zeros, otherwise new bytes. */
static void run_write(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);

	if (v == NULL || op->b > W_BUFFER)
		return;
	if (op->opt == 0 && op->a + op->b >= op->a) {
		m_peek(v, w->bytes, op->a, op->b);
		w_say(w, "zx_vmo_read(v[%u], buffer, " X64 ", " X64 ");", op->v, op->a, op->b);
	} else if (op->opt == 1) {
		memset(w->bytes, 0, op->b);
		w_say(w, "memset(buffer, 0, " X64 ");", op->b);
	} else {
		w_fill(w->bytes, op->b, op->serial);
		w_say(w, "fill(" X64 ", %u);", op->b, op->serial);
	}
	CALL(w, m_write(v, w->bytes, op->a, op->b),
	     zx_vmo_write(w->handle[op->v], w->bytes, op->a, op->b),
	     "zx_vmo_write(v[%u], buffer, " X64 ", " X64 ")", op->v, op->a, op->b);
}

/* ---- op_range */

static bool make_pages(struct world *w, struct rng *r, struct op *op)
{
	const struct m_vmo *v = choose_filled(w, r, op);

	if (v == NULL)
		return false;
	op->a = g_page(w, r, v) * M_PAGE;
	op->b = g_pages(w, r) * M_PAGE;
	if (rng_percent(r, 15) && m_size(v) <= 64 * M_PAGE) {
		op->a = 0;
		op->b = m_size(v);
	}
	if (op->a <= m_size(v) && op->b > m_size(v) - op->a && !rng_percent(r, 10))
		op->b = m_size(v) - op->a;
	if (rng_percent(r, 10))
		op->a += rng_below(r, M_PAGE);
	if (rng_percent(r, 10))
		op->b += rng_below(r, M_PAGE);
	if (g_bad(w, r))
		op->a = g_wild(r);
	if (g_bad(w, r))
		op->b = g_wild(r);
	return true;
}

static void run_commit(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);

	if (v == NULL || (op->b > 1024 * M_PAGE && op->b <= m_size(v)))
		return;
	CALL(w, m_commit(v, op->a, op->b),
	     zx_vmo_op_range(w->handle[op->v], ZX_VMO_OP_COMMIT, op->a, op->b, NULL, 0),
	     "zx_vmo_op_range(v[%u], ZX_VMO_OP_COMMIT, " X64 ", " X64 ", NULL, 0)", op->v, op->a,
	     op->b);
}

static void run_decommit(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);

	if (v == NULL || m_refilled(v))
		return;
	CALL(w, m_decommit(v, op->a, op->b),
	     zx_vmo_op_range(w->handle[op->v], ZX_VMO_OP_DECOMMIT, op->a, op->b, NULL, 0),
	     "zx_vmo_op_range(v[%u], ZX_VMO_OP_DECOMMIT, " X64 ", " X64 ", NULL, 0)", op->v, op->a,
	     op->b);
}

static bool make_zero(struct world *w, struct rng *r, struct op *op)
{
	return rng_percent(r, 60) ? make_pages(w, r, op) : make_range(w, r, op);
}

static void run_zero(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);

	if (v == NULL || m_refilled(v))
		return;
	/* Which of two reasons comes first on an uncached VMO is not settled; nor is what a wrapping range does to its first page. */
	if (v->policy != ZX_CACHE_POLICY_CACHED &&
	    (m_uncached_kin(v) || op->a > m_size(v) || op->b > m_size(v) - op->a))
		return;
	if (op->a + op->b < op->a && op->a < m_size(v))
		return;
	CALL(w, m_zero(v, op->a, op->b),
	     zx_vmo_op_range(w->handle[op->v], ZX_VMO_OP_ZERO, op->a, op->b, NULL, 0),
	     "zx_vmo_op_range(v[%u], ZX_VMO_OP_ZERO, " X64 ", " X64 ", NULL, 0)", op->v, op->a,
	     op->b);
}

static bool make_other(struct world *w, struct rng *r, struct op *op)
{
	static const uint32_t ops[] = {ZX_VMO_OP_CACHE_SYNC,  ZX_VMO_OP_CACHE_INVALIDATE,
				       ZX_VMO_OP_CACHE_CLEAN, ZX_VMO_OP_CACHE_CLEAN_INVALIDATE,
				       ZX_VMO_OP_DONT_NEED,   ZX_VMO_OP_ALWAYS_NEED,
				       ZX_VMO_OP_PREFETCH,    ZX_VMO_OP_PREFETCH};

	if (!make_range(w, r, op))
		return false;
	op->opt = ops[rng_below(r, 8)];
	if (g_bad(w, r)) {
		/* not the ones that have an operation of their own */
		op->opt = (uint32_t)rng_below(r, 40);
		if (op->opt == ZX_VMO_OP_COMMIT || op->opt == ZX_VMO_OP_DECOMMIT ||
		    op->opt == ZX_VMO_OP_ZERO)
			op->opt = 15;
	}
	return true;
}

static bool make_lock(struct world *w, struct rng *r, struct op *op)
{
	static const uint32_t ops[] = {ZX_VMO_OP_LOCK, ZX_VMO_OP_TRY_LOCK, ZX_VMO_OP_UNLOCK,
				       ZX_VMO_OP_UNLOCK};
	const struct m_vmo *v = choose(w, r, op);

	if (v == NULL || (!v->discardable && !g_bad(w, r)))
		return false;
	op->opt = ops[rng_below(r, 4)];
	op->b = m_size(v);
	if (g_bad(w, r))
		op->a = M_PAGE;
	if (g_bad(w, r))
		op->b += M_PAGE;
	return true;
}

static void run_other(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);
	zx_vmo_lock_state_t want = {0}, got = {0};
	zx_status_t st;

	if (v == NULL)
		return;
	st = m_op(v, op->opt, op->a, op->b, &want);
	CALL(w, st, zx_vmo_op_range(w->handle[op->v], op->opt, op->a, op->b, &got, sizeof(got)),
	     "zx_vmo_op_range(v[%u], %u, " X64 ", " X64 ", &state, sizeof(state))", op->v, op->opt,
	     op->a, op->b);
	if (w->lib && memcmp(&want, &got, sizeof(want)) != 0)
		w_fail(w, "state.discarded_size == 0",
		       "lock state of v[%u]: size " X64 " discarded " X64 ", expected " X64 " " X64,
		       op->v, got.size, got.discarded_size, want.size, want.discarded_size);
}

static void run_discard(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);

	if (v == NULL)
		return;
	CALL(w, m_discard(v), zirconia_debug_discard(w->handle[op->v]),
	     "zirconia_debug_discard(v[%u])", op->v);
}

/* ---- sizes */

static bool make_set_size(struct world *w, struct rng *r, struct op *op)
{
	const struct m_vmo *v = choose(w, r, op);

	if (v == NULL || (!v->resizable && !rng_percent(r, 5)))
		return false;
	op->a = g_size(w, r);
	if (rng_percent(r, 20))
		op->a = m_size(v) - rng_below(r, 2 * M_PAGE);
	if (g_bad(w, r))
		op->a = g_wild(r);
	return true;
}

static void run_set_size(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);

	if (v == NULL || m_refilled(v))
		return;
	CALL(w, m_set_size(v, op->a), zx_vmo_set_size(w->handle[op->v], op->a),
	     "zx_vmo_set_size(v[%u], " X64 ")", op->v, op->a);
}

static bool make_set_stream_size(struct world *w, struct rng *r, struct op *op)
{
	const struct m_vmo *v = choose(w, r, op);

	if (v == NULL)
		return false;
	op->opt = (uint32_t)rng_below(r, 2);
	op->a = rng_percent(r, 50) ? g_offset(w, r, v) : g_size(w, r);
	if (op->a > m_size(v) && rng_percent(r, 80))
		op->a = m_size(v) - (m_size(v) != 0 && rng_percent(r, 50));
	if (rng_percent(r, 10))
		op->a = v->stream->bytes;
	if (g_bad(w, r))
		op->a = g_wild(r);
	return true;
}

static void run_set_stream_size(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);
	zx_status_t want;

	if (v == NULL || m_uncached_kin(v) || m_refilled(v))
		return;
	if (op->opt == 1) {
		want = v->rights & ZX_RIGHT_SET_PROPERTY ? m_set_stream_size(v, op->a) :
							   ZX_ERR_ACCESS_DENIED;
		CALL(w, want,
		     zx_object_set_property(w->handle[op->v], ZX_PROP_VMO_CONTENT_SIZE, &op->a,
					    sizeof(op->a)),
		     "zx_object_set_property(v[%u], ZX_PROP_VMO_CONTENT_SIZE, &(uint64_t){" X64
		     "}, 8)",
		     op->v, op->a);
		return;
	}
	want = m_set_stream_size(v, op->a);
	CALL(w, want, zx_vmo_set_stream_size(w->handle[op->v], op->a),
	     "zx_vmo_set_stream_size(v[%u], " X64 ")", op->v, op->a);
}

/* ---- policy, name, rights, transfer */

static bool make_policy(struct world *w, struct rng *r, struct op *op)
{
	const struct m_vmo *v = choose(w, r, op);

	if (v == NULL)
		return false;
	/* Little can be done with an uncached one: it soon becomes cached again. */
	if (v->policy == ZX_CACHE_POLICY_CACHED)
		op->opt = (uint32_t)rng_below(r, g_bad(w, r) ? 8 : 4);
	return true;
}

static void run_policy(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);

	if (v == NULL)
		return;
	CALL(w, m_set_cache_policy(v, op->opt), zx_vmo_set_cache_policy(w->handle[op->v], op->opt),
	     "zx_vmo_set_cache_policy(v[%u], %u)", op->v, op->opt);
}

static void run_name(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);
	char name[48];

	if (v == NULL)
		return;
	snprintf(name, sizeof(name), "%.*s%u", (int)(op->serial % 33),
		 "a name that is too long for its place", op->serial);
	CALL(w, m_set_name(v, name),
	     zx_object_set_property(w->handle[op->v], ZX_PROP_NAME, name, strlen(name)),
	     "zx_object_set_property(v[%u], ZX_PROP_NAME, \"%s\", %zu)", op->v, name, strlen(name));
}

static bool make_rights(struct world *w, struct rng *r, struct op *op)
{
	static const zx_rights_t drop[] = {0,
					   0,
					   0,
					   ZX_RIGHT_READ,
					   ZX_RIGHT_WRITE,
					   ZX_RIGHT_MAP,
					   ZX_RIGHT_DUPLICATE,
					   ZX_RIGHT_GET_PROPERTY,
					   ZX_RIGHT_SET_PROPERTY,
					   ZX_RIGHT_RESIZE};

	if (choose(w, r, op) == NULL)
		return false;
	op->opt = drop[rng_below(r, 10)] | drop[rng_below(r, 10)];
	return true;
}

/* From now on the VMO is used through a handle without the rights in opt. */
static void run_rights(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);
	zx_handle_t h;

	if (v == NULL || !(w->full_rights[op->v] & ZX_RIGHT_DUPLICATE))
		return;
	v->rights = w->full_rights[op->v] & ~op->opt;
	w->reduced[op->v] = true;
	w_say(w, "set_rights(%u, %#x);", op->v, v->rights);
	if (!w->lib)
		return;
	if (w->handle[op->v] != w->full[op->v])
		zx_handle_close(w->handle[op->v]);
	if (zx_handle_duplicate(w->full[op->v], v->rights, &h) == ZX_OK)
		w->handle[op->v] = h;
	else
		w_fail(w, "false", "zx_handle_duplicate of v[%u] failed", op->v);
}

static bool make_transfer(struct world *w, struct rng *r, struct op *op)
{
	const struct m_vmo *dst = choose(w, r, op), *src;

	if (dst == NULL)
		return false;
	op->w = (uint8_t)g_var(w, r);
	src = var(w, op->w);
	op->a = g_page(w, r, dst) * M_PAGE;
	op->c = g_page(w, r, src) * M_PAGE;
	op->b = g_pages(w, r) * M_PAGE;
	if (rng_percent(r, 85)) {
		if (op->a <= m_size(dst) && op->b > m_size(dst) - op->a)
			op->b = m_size(dst) - op->a;
		if (op->c <= m_size(src) && op->b > m_size(src) - op->c)
			op->b = m_size(src) - op->c;
	}
	if (g_bad(w, r))
		op->opt = 1;
	if (g_bad(w, r))
		op->a++;
	if (g_bad(w, r))
		op->b++;
	return true;
}

static void run_transfer(struct world *w, const struct op *op)
{
	struct m_vmo *dst = var(w, op->v), *src = var(w, op->w);

	if (dst == NULL || src == NULL)
		return;
	CALL(w, m_transfer(dst, op->opt, op->a, op->b, src, op->c),
	     zx_vmo_transfer_data(w->handle[op->v], op->opt, op->a, op->b, w->handle[op->w], op->c),
	     "zx_vmo_transfer_data(v[%u], %u, " X64 ", " X64 ", v[%u], " X64 ")", op->v, op->opt,
	     op->a, op->b, op->w, op->c);
}

/* ---- check */

static bool make_check(struct world *w, struct rng *r, struct op *op)
{
	(void)w;
	op->v = op->w = W_VMOS;
	op->opt = rng_percent(r, 60) ? 0xff : (uint32_t)rng_below(r, 64);
	return true;
}

static void run_check(struct world *w, const struct op *op)
{
	if (w->lib)
		w_check_all(w, op->opt);
	if (w->print == NULL)
		return;
	/* Reading is not without consequence for an implementation. */
	for (unsigned i = 0; (op->opt & CHECK_READ) && i < W_VMOS; i++) {
		if (w->vmo[i] != NULL && m_size(w->vmo[i]) <= 512 * M_PAGE)
			w_say(w, "read_all(v[%u]);", i);
	}
	for (size_t k = 0; (op->opt & CHECK_MAPPED) && k < w->as[0].nmaps; k++) {
		const struct m_mapping *m = &w->as[0].map[k];

		for (unsigned p = m->first, n; p < m->first + m->pages; p += n + 1) {
			n = 0;
			while (p + n < m->first + m->pages &&
			       m_fault(&w->as[0], p + n, false) == ZX_OK)
				n++;
			if (n != 0)
				w_say(w, "touch(%u, %u);", p, n);
		}
	}
}

const struct op_kind op_kinds_vmo[] = {
	{"create", 40, make_create, run_create},
	{"clone", 60, make_clone, run_clone},
	{"close", 30, make_any, run_close},
	{"read", 40, make_range, run_read},
	{"write", 80, make_range, run_write},
	{"commit", 20, make_pages, run_commit},
	{"decommit", 20, make_pages, run_decommit},
	{"zero", 40, make_zero, run_zero},
	{"other", 6, make_other, run_other},
	{"lock", 8, make_lock, run_other},
	{"discard", 2, make_any, run_discard},
	{"set_size", 30, make_set_size, run_set_size},
	{"set_stream_size", 15, make_set_stream_size, run_set_stream_size},
	{"policy", 6, make_policy, run_policy},
	{"name", 2, make_any, run_name},
	{"rights", 3, make_rights, run_rights},
	{"transfer", 20, make_transfer, run_transfer},
	{"check", 20, make_check, run_check},
	{"reset", 0, make_any, run_reset},
};
const unsigned nops_vmo = sizeof(op_kinds_vmo) / sizeof(op_kinds_vmo[0]);
