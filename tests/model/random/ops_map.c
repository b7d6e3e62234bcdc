/* Operations on mappings and through them. Address space 0 is ours, 1 belongs to another process and is never accessed. */
#include <inttypes.h>
#include <string.h>

#include <zircon/syscalls.h>

#include <zirconia/fault.h>

#include "world.h"

#define X64 "%#" PRIx64

static struct m_vmo *var(const struct world *w, unsigned i)
{
	return i < W_VMOS ? w->vmo[i] : NULL;
}

static zx_vaddr_t address(const struct world *w, unsigned as, uint64_t off)
{
	return w->base[as] + off;
}

/* ---- map, unmap, protect, op_range by address. op: w address space, c first page, b pages, a VMO offset */

static bool make_map(struct world *w, struct rng *r, struct op *op)
{
	const struct m_vmo *v;

	op->v = (uint8_t)g_var(w, r);
	v = var(w, op->v);
	op->w = rng_percent(r, 4);
	if (v == NULL || w->as[op->w].nmaps >= w->episode.max_maps)
		return false;
	op->opt = rng_percent(r, 70) ? ZX_VM_SPECIFIC : ZX_VM_SPECIFIC_OVERWRITE;
	op->opt |= rng_percent(r, 75) ? ZX_VM_PERM_READ | ZX_VM_PERM_WRITE :
		   rng_percent(r, 80) ? ZX_VM_PERM_READ :
					0;
	if (!(v->rights & ZX_RIGHT_WRITE) && rng_percent(r, 80))
		op->opt &= ~ZX_VM_PERM_WRITE;
	if (v->discardable || rng_percent(r, 30))
		op->opt |= ZX_VM_ALLOW_FAULTS;
	if (rng_percent(r, 10))
		op->opt |= ZX_VM_ALLOW_FAULTS | ZX_VM_FAULT_BEYOND_STREAM_SIZE;
	if (rng_percent(r, 10))
		op->opt |= ZX_VM_MAP_RANGE;
	if (rng_percent(r, 3))
		op->opt |= ZX_VM_REQUIRE_NON_RESIZABLE;
	if (g_bad(w, r))
		op->opt ^= ZX_VM_ALLOW_FAULTS;
	if (g_bad(w, r))
		op->opt ^= ZX_VM_PERM_READ;
	op->a = rng_percent(r, 40) && m_size(v) <= 512 * M_PAGE ? 0 : g_page(w, r, v) * M_PAGE;
	op->b = rng_percent(r, 50) && m_size(v) / M_PAGE <= w->episode.vmar_pages &&
				m_size(v) != 0 ?
			m_size(v) / M_PAGE :
			g_pages(w, r);
	op->c = rng_below(r, w->episode.vmar_pages);
	if (w->as[op->w].nmaps > 0 && rng_percent(r, 20)) {
		/* Next to a mapping, perhaps going on where that one ends. */
		const struct m_mapping *m = &w->as[op->w].map[rng_below(r, w->as[op->w].nmaps)];

		op->c = m->first + m->pages;
		if (rng_percent(r, 50) && m->vmo == v)
			op->a = m->vmo_off + m->pages * M_PAGE;
	}
	if (g_bad(w, r))
		op->a = rng_percent(r, 50) ? op->a + 1 : g_wild(r);
	return true;
}

static void run_map(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);
	struct m_vmar *a;
	zx_vaddr_t at = 0;
	zx_status_t want;

	if (v == NULL || op->w > 1 || w->as[op->w].nmaps >= M_MAX_MAPPINGS - 2 ||
	    op->b > M_VMAR_PAGES)
		return;
	/* Whether it is found out that content is gone where there is nothing to populate is not settled. */
	if (m_map_range_of_nothing(v, op->opt, op->a))
		return;
	a = &w->as[op->w];
	want = m_map(a, op->opt, (unsigned)op->c, (unsigned)op->b, v, op->a);
	CALL(w, want,
	     zx_vmar_map(w->vmar[op->w], op->opt, op->c * M_PAGE, w->handle[op->v], op->a,
			 op->b * M_PAGE, &at),
	     "zx_vmar_map(vmar[%u], %#x, " X64 ", v[%u], " X64 ", " X64 ", &addr)", op->w, op->opt,
	     op->c * M_PAGE, op->v, op->a, op->b * M_PAGE);
	if (w->lib && want == ZX_OK && at != address(w, op->w, op->c * M_PAGE))
		w_fail(w, "false", "zx_vmar_map returned %#" PRIxPTR, at);
}

/* A piece of a mapping, or anything. */
static bool make_place(struct world *w, struct rng *r, struct op *op)
{
	const struct m_vmar *a;

	op->v = W_VMOS;
	op->w = w->as[1].nmaps != 0 && rng_percent(r, 5);
	a = &w->as[op->w];
	op->opt = (uint32_t)rng_below(r, 8);
	op->c = rng_below(r, w->episode.vmar_pages);
	op->b = 1 + rng_below(r, 8);
	if (a->nmaps == 0)
		return false;
	if (!rng_percent(r, 10)) {
		const struct m_mapping *m = &a->map[rng_below(r, a->nmaps)];

		op->c = m->first + (rng_percent(r, 40) ? 0 : rng_below(r, m->pages));
		op->b = rng_percent(r, 40) ? m->first + m->pages - op->c :
					     1 + rng_below(r, m->pages);
		if (rng_percent(r, 80) && op->c + op->b > m->first + m->pages)
			op->b = m->first + m->pages - op->c;
	}
	if (g_bad(w, r))
		op->c = M_VMAR_PAGES - 1;
	if (g_bad(w, r))
		op->b = 0;
	return true;
}

static bool place(const struct world *w, const struct op *op)
{
	return op->w < 2 && op->c < 2 * M_VMAR_PAGES && op->b < 2 * M_VMAR_PAGES &&
	       w->as[op->w].nmaps < M_MAX_MAPPINGS - 2;
}

static void run_unmap(struct world *w, const struct op *op)
{
	if (!place(w, op))
		return;
	CALL(w, m_unmap(&w->as[op->w], (unsigned)op->c, (unsigned)op->b),
	     zx_vmar_unmap(w->vmar[op->w], address(w, op->w, op->c * M_PAGE), op->b * M_PAGE),
	     "zx_vmar_unmap(vmar[%u], base[%u] + " X64 ", " X64 ")", op->w, op->w, op->c * M_PAGE,
	     op->b * M_PAGE);
}

static void run_protect(struct world *w, const struct op *op)
{
	static const uint32_t prots[] = {0, ZX_VM_PERM_READ, ZX_VM_PERM_READ, ZX_VM_PERM_WRITE,
					 ZX_VM_PERM_READ | ZX_VM_PERM_WRITE};
	const uint32_t prot = prots[op->opt < 4 ? op->opt : 4];

	if (!place(w, op))
		return;
	CALL(w, m_protect(&w->as[op->w], prot, (unsigned)op->c, (unsigned)op->b),
	     zx_vmar_protect(w->vmar[op->w], prot, address(w, op->w, op->c * M_PAGE),
			     op->b * M_PAGE),
	     "zx_vmar_protect(vmar[%u], %u, base[%u] + " X64 ", " X64 ")", op->w, prot, op->w,
	     op->c * M_PAGE, op->b * M_PAGE);
}

static void run_vmar_op(struct world *w, const struct op *op)
{
	static const uint32_t ops[] = {ZX_VMAR_OP_COMMIT, ZX_VMAR_OP_COMMIT, ZX_VMAR_OP_DECOMMIT,
				       ZX_VMAR_OP_ZERO};
	const uint32_t code = ops[op->opt % 4];

	if (!place(w, op))
		return;
	for (uint64_t p = op->c; p < op->c + op->b && p < M_VMAR_PAGES; p++) {
		const struct m_mapping *m = m_mapping_at(&w->as[op->w], (unsigned)p);

		if (m != NULL && m_refilled(m->vmo))
			return;
		if (m != NULL && m->vmo->policy != ZX_CACHE_POLICY_CACHED &&
		    code == ZX_VMAR_OP_ZERO)
			return; /* whole pages of uncached VMOs: the specifications of VMOs and VMARs differ */
	}
	CALL(w, m_vmar_op(&w->as[op->w], code, (unsigned)op->c, (unsigned)op->b),
	     zx_vmar_op_range(w->vmar[op->w], code, address(w, op->w, op->c * M_PAGE),
			      op->b * M_PAGE, NULL, 0),
	     "zx_vmar_op_range(vmar[%u], %u, base[%u] + " X64 ", " X64 ", NULL, 0)", op->w, code,
	     op->w, op->c * M_PAGE, op->b * M_PAGE);
}

/* ---- loads and stores. op: c address, from the start of address space 0 */

static bool make_access(struct world *w, struct rng *r, struct op *op)
{
	static const uint16_t in_page[] = {0, 0, 8, 100, 2048, 4000, 4080, 4088};

	if (!make_place(w, r, op) || op->w != 0)
		return false;
	for (unsigned tries = 0;
	     tries < 4 && m_fault(&w->as[0], (unsigned)op->c, true) != ZX_OK && rng_percent(r, 90);
	     tries++) {
		if (!make_place(w, r, op) || op->w != 0)
			return false;
	}
	op->c = op->c * M_PAGE +
		(rng_percent(r, 70) ? in_page[rng_below(r, 8)] : rng_below(r, M_PAGE - 7));
	if (rng_percent(r, 5))
		op->c = (op->c | (M_PAGE - 1)) -
			3; /* four bytes in this page and four in the next */
	op->w = W_VMOS;
	return true;
}

/* Eight bytes at the address do not leave the page, or both pages answer alike. */
static bool one_answer(const struct world *w, uint64_t addr, bool write)
{
	const unsigned page = (unsigned)(addr / M_PAGE);

	if (addr >= M_VMAR_PAGES * M_PAGE - 8)
		return false;
	return addr % M_PAGE <= M_PAGE - 8 || (m_fault(&w->as[0], page, write) == ZX_OK &&
					       m_fault(&w->as[0], page + 1, write) == ZX_OK);
}

static void run_load(struct world *w, const struct op *op)
{
	uint64_t want = 0, got = 0;
	zx_status_t why;

	if (!one_answer(w, op->c, false))
		return;
	m_accessible(&w->as[0], op->c, 8, false, &why);
	if (why != ZX_OK || op->opt == 0) {
		CALL(w, why, zirconia_probe_read64((void *)address(w, 0, op->c), &got),
		     "zirconia_probe_read64(at + " X64 ", &value)", op->c);
	} else if (w->lib) {
		memcpy(&got, (const void *)address(w, 0, op->c), 8);
	}
	if (why != ZX_OK)
		return;
	m_load(&w->as[0], op->c, &want, 8);
	if (op->opt != 0)
		w_say(w, "CHECK(load(" X64 ") == " X64 ");", op->c, want);
	if (w->lib && got != want)
		w_fail(w, "", "load at " X64 ": " X64 ", expected " X64, op->c, got, want);
}

/*
 * Always stores bytes that have never been stored before and are not zero: a library may go on counting a page as shared or
 * absent when its bytes are what they would be if nobody had stored.
 */
static void run_store(struct world *w, const struct op *op)
{
	const uint64_t low = op->serial * 2ull + 1, value = low | ((low ^ 0x5a5a5a5a) << 32);
	zx_status_t why;

	if (!one_answer(w, op->c, true))
		return;
	m_accessible(&w->as[0], op->c, 8, true, &why);
	if (why != ZX_OK || op->opt == 0) {
		CALL(w, why, zirconia_probe_write64((void *)address(w, 0, op->c), value),
		     "zirconia_probe_write64(at + " X64 ", " X64 ")", op->c, value);
	} else {
		w_say(w, "store(" X64 ", " X64 ");", op->c, value);
		if (w->lib)
			memcpy((void *)address(w, 0, op->c), &value, 8);
	}
	if (why == ZX_OK)
		m_store(&w->as[0], op->c, &value, 8);
}

/*
 * Stores or loads in page after page, as programs do: an implementation that works ahead of them is led on. op: c first page,
 * b pages, opt bit 0 downwards, bit 1 loads
 */
static bool make_sweep(struct world *w, struct rng *r, struct op *op)
{
	if (!make_place(w, r, op) || op->w != 0)
		return false;
	op->w = W_VMOS;
	if (op->b > 32 && rng_percent(r, 90))
		op->b = 1 + rng_below(r, 32);
	return true;
}

static void run_sweep(struct world *w, const struct op *op)
{
	const bool load = op->opt & 2;

	if (op->c >= M_VMAR_PAGES || op->b > 256)
		return;
	for (uint64_t i = 0; i < op->b; i++) {
		const uint64_t page = op->c + (op->opt & 1 ? op->b - 1 - i : i);
		const uint64_t addr = page * M_PAGE + op->serial % 512 * 8;
		const uint64_t low = 0x40000001u | (uint64_t)(op->serial & 0x1fffff) << 9 | i << 1;
		const uint64_t value = low | (low ^ 0x5a5a5a5a) << 32;

		if (page >= M_VMAR_PAGES || m_fault(&w->as[0], (unsigned)page, !load) != ZX_OK)
			continue;
		if (load) {
			w_say(w, "load(" X64 ");", addr);
			if (w->lib)
				*(volatile uint64_t *)address(w, 0, addr);
			continue;
		}
		w_say(w, "store(" X64 ", " X64 ");", addr, value);
		if (w->lib)
			memcpy((void *)address(w, 0, addr), &value, 8);
		m_store(&w->as[0], addr, &value, 8);
	}
}

/* ---- buffers that are themselves mappings. op: v VMO, a offset, b length, c address of the buffer */

static bool make_copy(struct world *w, struct rng *r, struct op *op)
{
	const struct m_vmo *v;

	if (!make_access(w, r, op))
		return false;
	op->v = (uint8_t)g_var(w, r);
	v = var(w, op->v);
	if (v == NULL)
		return false;
	op->a = g_offset(w, r, v);
	op->b = g_length(w, r) / 8 * 8;
	op->c = op->c / 8 * 8;
	if (op->a <= m_size(v) && op->b > m_size(v) - op->a)
		op->b = (m_size(v) - op->a) / 8 * 8;
	if (rng_percent(r, 2))
		op->c = UINT64_MAX;
	return true;
}

/* The VMO's range and the buffer share a page: then the order of the bytes would matter. */
static bool overlap(const struct world *w, const struct m_vmo *v, const struct op *op)
{
	const uint64_t first = (v->base + op->a) / M_PAGE,
		       last = (v->base + op->a + op->b) / M_PAGE;

	for (uint64_t p = op->c / M_PAGE; p <= (op->c + op->b) / M_PAGE && p < M_VMAR_PAGES; p++) {
		const struct m_mapping *m = m_mapping_at(&w->as[0], (unsigned)p);
		uint64_t pgi;

		if (m == NULL || m->vmo->store != v->store)
			continue;
		pgi = (m->vmo->base + m->vmo_off) / M_PAGE + p - m->first;
		if (pgi >= first && pgi <= last)
			return true;
	}
	return false;
}

/* Length that the buffer allows; 0 and *out_why not ZX_OK: not even its first byte. */
static uint64_t usable(const struct world *w, const struct op *op, bool write, zx_status_t *out_why)
{
	*out_why = ZX_ERR_NOT_FOUND;
	if (op->c == UINT64_MAX) /* no pointer at all */
		return 0;
	return m_accessible(&w->as[0], op->c, op->b, write, out_why) / 8 * 8;
}

static void *buffer(const struct world *w, const struct op *op)
{
	return op->c == UINT64_MAX ? NULL : (void *)address(w, 0, op->c);
}

static bool copy_possible(const struct world *w, const struct m_vmo *v, const struct op *op)
{
	return v != NULL && op->b != 0 && op->b <= W_BUFFER &&
	       (op->c < M_VMAR_PAGES * M_PAGE || op->c == UINT64_MAX) && !overlap(w, v, op);
}

static void run_copy_in(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);
	zx_status_t why, want;
	uint64_t n;

	if (!copy_possible(w, v, op))
		return;
	n = usable(w, op, false, &why);
	if (n == 0) {
		n = op->b;
		want = m_write_bad(v, op->a, n, why);
	} else {
		m_load(&w->as[0], op->c, w->bytes, n);
		want = m_write(v, w->bytes, op->a, n);
	}
	CALL(w, want, zx_vmo_write(w->handle[op->v], buffer(w, op), op->a, n),
	     "zx_vmo_write(v[%u], at + " X64 ", " X64 ", " X64 ")", op->v, op->c, op->a, n);
}

/* What is read is written first, so that the buffer gets bytes which nobody has had (see run_store). */
static void run_copy_out(struct world *w, const struct op *op)
{
	struct m_vmo *v = var(w, op->v);
	zx_status_t why, want;
	uint64_t n;

	if (!copy_possible(w, v, op))
		return;
	n = usable(w, op, true, &why);
	if (n != 0) {
		w_fill(w->bytes, n, op->serial);
		want = m_write(v, w->bytes, op->a, n);
		w_say(w, "fill(" X64 ", %u);", n, op->serial);
		CALL(w, want, zx_vmo_write(w->handle[op->v], w->bytes, op->a, n),
		     "zx_vmo_write(v[%u], buffer, " X64 ", " X64 ")", op->v, op->a, n);
		if (want != ZX_OK)
			return;
		want = m_read(v, w->bytes, op->a, n);
		if (want == ZX_OK)
			m_store(&w->as[0], op->c, w->bytes, n);
	} else {
		n = op->b;
		want = m_read_bad(v, op->a, n, why);
	}
	CALL(w, want, zx_vmo_read(w->handle[op->v], buffer(w, op), op->a, n),
	     "zx_vmo_read(v[%u], at + " X64 ", " X64 ", " X64 ")", op->v, op->c, op->a, n);
}

const struct op_kind op_kinds_map[] = {
	{"map", 60, make_map, run_map},
	{"unmap", 25, make_place, run_unmap},
	{"protect", 20, make_place, run_protect},
	{"vmar_op", 12, make_place, run_vmar_op},
	{"load", 60, make_access, run_load},
	{"store", 120, make_access, run_store},
	{"sweep", 40, make_sweep, run_sweep},
	{"copy_in", 15, make_copy, run_copy_in},
	{"copy_out", 15, make_copy, run_copy_out},
};
const unsigned nops_map = sizeof(op_kinds_map) / sizeof(op_kinds_map[0]);
