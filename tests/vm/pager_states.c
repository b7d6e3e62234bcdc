/*
 * Every operation on a page of a pager VMO in every state: what it asks for, what it answers, and
 * which state the page has afterwards. The last is looked up inside the library, as the calls tell
 * several states alike.
 *
 * zi-test: trap timeout=300
 */
#include "../call/pager_t.h"

#include "object/object.h"
#include "vm/dirty.h"
#include "vm/vmo_i.h"

/* spec: pager 4.1 #1-8 */

#define PAGES 8
#define P 3 /* the page that is looked at */

/*
 * ---- states by letter: A M C D W, Z dirty zero, w the same being written back, u untracked, x
 * absent and detached
 */

static char state_of(zx_handle_t handle, uint64_t page)
{
	struct zi_vmo_object *o;
	char letter = '?';

	T_OK(zi_handle_get(handle, ZX_OBJ_TYPE_VMO, 0, &o, NULL));
	zi_lock(&o->vmo->tree->lock);
	const struct zi_node *n = o->vmo->node;

	switch (page < n->size ? zi_page_state(n, page, 1, NULL) : ZI_PAGE_STATES) {
	case ZI_PAGE_ABSENT:
		letter = 'A';
		break;
	case ZI_PAGE_MARKER:
		letter = 'M';
		break;
	case ZI_PAGE_CLEAN:
		letter = 'C';
		break;
	case ZI_PAGE_DIRTY:
		letter = 'D';
		break;
	case ZI_PAGE_AWAITING:
		letter = 'W';
		break;
	case ZI_PAGE_ZERO:
		letter = 'Z';
		for (uint32_t i = 0; i < n->source->nawaited; i++)
			if (page >= n->source->awaited[i].start && page < n->source->awaited[i].end)
				letter = 'w';
		break;
	case ZI_PAGE_UNTRACKED:
		letter = 'u';
		break;
	case ZI_PAGE_STATES:
		letter = '-';
		break;
	}
	zi_unlock(&o->vmo->tree->lock);
	cr_assert(zi_vmo_check(o->vmo));
	zi_object_unref(&o->object);
	return letter;
}

/* A VMO whose page P is in the state. */
static struct pg in_state(char state, uint32_t options)
{
	struct pg p = pg_open(PG_RESIZABLE | options, PAGES * PG);

	switch (state) {
	case 'A':
	case 'x':
		break;
	case 'M':
		pg_supply_zero(&p, P, 1);
		break;
	case 'C':
	case 'D':
	case 'W':
		pg_supply(&p, P, 1);
		if (state == 'C')
			break;
		if (options & PG_TRAP)
			T_OK(pg_dirty(&p, P, 1));
		else
			T_OK(zx_vmo_write(p.vmo, "", P * PG, 1));
		if (state == 'W')
			pg_begin(&p, P, 1, false);
		break;
	case 'Z':
	case 'w':
		T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, P, 1));
		if (state == 'w')
			pg_begin(&p, P, 1, true);
		break;
	case 'u':
		T_OK(zx_vmo_set_stream_size(p.vmo, 0));
		break;
	default:
		cr_assert_fail("no state %c", state);
	}
	if (state == 'x') {
		T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
		PG_COMPLETE(&p);
		state = 'A';
	}
	cr_assert_eq(state_of(p.vmo, P), state, "could not make state %c", state);
	(void)pg_modified(&p);
	return p;
}

/* ---- operations that may ask */

enum op {
	OP_READ,
	OP_LOAD,
	OP_WRITE,
	OP_STORE,
	OP_COMMIT,
	OP_PREFETCH,
	OP_ALWAYS_NEED,
	OP_DONT_NEED,
	OP_DECOMMIT,
	OP_ZERO,
	OP_ZERO_PART,
	OP_SUPPLY,
	OP_FAIL,
	OP_DIRTY,
	OP_BEGIN,
	OP_BEGIN_ZERO,
	OP_END,
	OP_DETACH,
	OP_SHRINK,
	OP_EVICT,
	OP_SET_STREAM, /* to one byte before the page: it is in the part that nobody writes back */
};

struct row {
	const char *name;
	enum op op;
	char trap; /* 'T', 'N', or 'B' for both */
	const char *cells
		[9];   /* A M C D W Z w u x: letters of what is asked, then "=state" or "!status" */
	bool modifies; /* sets the modified bit whenever it succeeds */
};

static const char states[] = "AMCDWZwux";

/* clang-format off */
static const struct row rows[] = {
	/*
	 *                                         A       M      C      D      W      Z      w
	 * u      x
	 */
	/* spec: pager 13 #1; pager 4.2 #1 */
	{"zx_vmo_read", OP_READ, 'B',            {"R=C",  "=M",  "=C",  "=D",  "=W",  "=Z",  "=w",  "=u",  "!BS"}, false},
	{"load", OP_LOAD, 'B',                   {"R=C",  "=M",  "=C",  "=D",  "=W",  "=Z",  "=w",  "=u",  "!BS"}, false},
	/* spec: pager 13 #2; pager 4.2 #2; pager 3.1 #2 */
	{"zx_vmo_write", OP_WRITE, 'N',          {"R=D",  "=D",  "=D",  "=D",  "=D",  "=D",  "=D",  "=D",  "!BS"}, true},
	{"store", OP_STORE, 'N',                 {"R=D",  "=D",  "=D",  "=D",  "=D",  "=D",  "=D",  "=D",  "!BS"}, true},
	/* spec: pager 13 #3; pager 4.2 #3 */
	{"zx_vmo_write", OP_WRITE, 'T',          {"RD=D", "D=D", "D=D", "=D",  "D=D", "D=D", "D=D", "D=D", "!BS"}, true},
	{"store", OP_STORE, 'T',                 {"RD=D", "D=D", "D=D", "=D",  "D=D", "D=D", "D=D", "D=D", "!BS"}, true},
	/* spec: pager 13 #5 #6; pager 4.2 #4 #5 */
	{"COMMIT", OP_COMMIT, 'N',               {"R=C",  "=C",  "=C",  "=D",  "=W",  "=D",  "=D",  "=D",  "!BS"}, false},
	{"COMMIT", OP_COMMIT, 'T',               {"R=C",  "=C",  "=C",  "=D",  "=W",  "D=D", "D=D", "D=D", "!BS"}, false},
	/* spec: pager 13 #7 #8 #9; pager 4.2 #6 #7 #8; pager 7 #4 */
	{"PREFETCH", OP_PREFETCH, 'B',           {"R=C",  "=M",  "=C",  "=D",  "=W",  "=Z",  "=w",  "=u",  "!BS"}, false},
	{"ALWAYS_NEED", OP_ALWAYS_NEED, 'B',     {"R=C",  "=M",  "=C",  "=D",  "=W",  "=Z",  "=w",  "=u",  "=A"}, false},
	{"DONT_NEED", OP_DONT_NEED, 'B',         {"=A",   "=M",  "=C",  "=D",  "=W",  "=Z",  "=w",  "=u",  "=A"}, false},
	/* spec: pager 13 #10; vmo 15.2 #6 */
	{"DECOMMIT", OP_DECOMMIT, 'B',           {"!NS",  "!NS", "!NS", "!NS", "!NS", "!NS", "!NS", "!NS", "!NS"}, false},
	/* spec: pager 13 #11; pager 4.2 #14; pager 3.1 #9; vmo 4.4 effect #12 */
	{"ZERO", OP_ZERO, 'B',                   {"=Z",   "=M",  "=Z",  "=Z",  "=Z",  "=Z",  "=w",  "=u",  "=Z"}, true},
	/* spec: pager 13 #12 #13; pager 4.2 #16; pager 3.1 #10 */
	{"ZERO part", OP_ZERO_PART, 'N',         {"R=D",  "=M",  "=D",  "=D",  "=D",  "=Z",  "=w",  "=u",  "!BS"}, false},
	{"ZERO part", OP_ZERO_PART, 'T',         {"RD=D", "=M",  "D=D", "=D",  "D=D", "=Z",  "=w",  "=u",  "!BS"}, false},
	/* spec: pager 13 #14; pager 4.2 #9 */
	{"supply", OP_SUPPLY, 'B',               {"=C",   "=M",  "=C",  "=D",  "=W",  "=Z",  "=w",  "=u",  "!BS"}, false},
	/* spec: pager 13 #15 */
	{"FAIL", OP_FAIL, 'B',                   {"=A",   "=M",  "=C",  "=D",  "=W",  "=Z",  "=w",  "=u",  "!BS"}, false},
	/* spec: pager 13 #16 #17; pager 4.2 #10 */
	{"DIRTY", OP_DIRTY, 'T',                 {"!NF",  "=D",  "=D",  "=D",  "=D",  "=D",  "=D",  "=D",  "!BS"}, false},
	{"DIRTY", OP_DIRTY, 'N',                 {"!NS",  "!NS", "!NS", "!NS", "!NS", "!NS", "!NS", "!NS", "!NS"}, false},
	/* spec: pager 13 #18 #19 #20; pager 4.2 #11 #12 #13; pager 1.5 BEGIN table #1 #3 #6 */
	{"WRITEBACK_BEGIN", OP_BEGIN, 'B',       {"=A",   "=M",  "=C",  "=W",  "=W",  "=w",  "=w",  "=u",  "=A"}, false},
	{"WRITEBACK_BEGIN zero", OP_BEGIN_ZERO, 'B', {"=A", "=M", "=C", "=D",  "=W",  "=w",  "=w",  "=u",  "=A"}, false},
	{"WRITEBACK_END", OP_END, 'B',           {"=A",   "=M",  "=C",  "=D",  "=C",  "=Z",  "=A",  "=u",  "=A"}, false},
	/* spec: pager 13 #25; pager 4.2 #24 */
	{"detach", OP_DETACH, 'B',               {"=A",   "=A",  "=A",  "=D",  "=W",  "=Z",  "=w",  "=u",  "=A"}, false},
	/* spec: pager 13 #24; pager 4.2 #19 */
	{"shrink", OP_SHRINK, 'B',               {"=-",   "=-",  "=-",  "=-",  "=-",  "=-",  "=-",  "=-",  "=-"}, true},
	/* spec: pager 4.2 #22 */
	{"evict", OP_EVICT, 'B',                 {"=A",   "=M",  "=A",  "=D",  "=W",  "=Z",  "=w",  "=u",  "=A"}, false},
	/* spec: pager 4.2 #17 */
	{"untracked zero", OP_SET_STREAM, 'B',   {"=u",   "=u",  "=u",  "=u",  "=u",  "=u",  "=u",  "=u",  "=u"}, true},
};
/* clang-format on */

static const struct {
	const char *code;
	zx_status_t status;
} codes[] = {{"BS", ZX_ERR_BAD_STATE}, {"NS", ZX_ERR_NOT_SUPPORTED}, {"NF", ZX_ERR_NOT_FOUND}};

static zx_status_t status_of(const char *code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].code, code) == 0)
			return codes[i].status;
	cr_assert_fail("no status %s", code);
	return ZX_OK;
}

/* Calls that never block are made at once; *out_call is left alone then. */
static bool starts_call(enum op op, const struct pg *p, uint8_t *addr, struct pg_call *out_call)
{
	switch (op) {
	case OP_READ:
		*out_call = pg_read_call(p->vmo, P, 1);
		return true;
	case OP_LOAD:
		*out_call = pg_load_call(addr + P * PG + 1);
		return true;
	case OP_WRITE:
		*out_call = pg_write_call(p->vmo, P, 1);
		return true;
	case OP_STORE:
		*out_call = pg_store_call(addr + P * PG + 1);
		return true;
	case OP_COMMIT:
		*out_call = pg_op_call(p->vmo, ZX_VMO_OP_COMMIT, P, 1);
		return true;
	case OP_PREFETCH:
		*out_call = pg_op_call(p->vmo, ZX_VMO_OP_PREFETCH, P, 1);
		return true;
	case OP_ALWAYS_NEED:
		*out_call = pg_op_call(p->vmo, ZX_VMO_OP_ALWAYS_NEED, P, 1);
		return true;
	case OP_ZERO_PART:
		*out_call = pg_op_call(p->vmo, ZX_VMO_OP_ZERO, P, 1);
		out_call->off += 16;
		out_call->len = 32;
		return true;
	default:
		return false;
	}
}

static zx_status_t call_now(enum op op, const struct pg *p)
{
	uint64_t pages;

	switch (op) {
	case OP_DONT_NEED:
		return pg_vmo_op(p->vmo, ZX_VMO_OP_DONT_NEED, P, 1);
	case OP_DECOMMIT:
		return pg_vmo_op(p->vmo, ZX_VMO_OP_DECOMMIT, P, 1);
	case OP_ZERO:
		return pg_vmo_op(p->vmo, ZX_VMO_OP_ZERO, P, 1);
	case OP_SUPPLY:
		return pg_supply_status(p, p->vmo, P, 1);
	case OP_FAIL:
		return pg_fail(p, P, 1, ZX_ERR_IO);
	case OP_DIRTY:
		return pg_dirty(p, P, 1);
	case OP_BEGIN:
		return pg_op(p, ZX_PAGER_OP_WRITEBACK_BEGIN, P, 1, 0);
	case OP_BEGIN_ZERO:
		return pg_op(p, ZX_PAGER_OP_WRITEBACK_BEGIN, P, 1, ZX_VMO_DIRTY_RANGE_IS_ZERO);
	case OP_END:
		return pg_op(p, ZX_PAGER_OP_WRITEBACK_END, P, 1, 0);
	case OP_DETACH:
		return zx_pager_detach_vmo(p->pager, p->vmo);
	case OP_SHRINK:
		return zx_vmo_set_size(p->vmo, P * PG);
	case OP_EVICT:
		return zirconia_debug_evict(p->vmo, P * PG, PG, 0, &pages);
	case OP_SET_STREAM:
		return zx_vmo_set_stream_size(p->vmo, P * PG - 2 * PG);
	default:
		cr_assert_fail("not a call that answers at once");
		return ZX_ERR_INTERNAL;
	}
}

/* Stops short of what the page would read after it. */
static void check_bytes(const char *what, const struct pg *p, const struct row *r, char state,
			char after)
{
	uint8_t page[T_PAGE];

	if (after == '-' || after == 'A')
		return;
	T_OK(zx_vmo_read(p->vmo, page, P * PG, PG));
	const uint8_t filled = strchr("CDWA", state) != NULL ? pg_byte(P) : 0;

	if (strchr("MZwu", after) != NULL)
		cr_assert(t_all(page, PG, 0), "%s: not zero", what);
	else if (r->op == OP_WRITE)
		cr_assert(t_all(page, PG, 0xd0), "%s: not written", what);
	else if (r->op == OP_STORE)
		cr_assert(
			page[0] == ((state == 'D' || state == 'W') && page[0] == 0 ? 0 : filled) &&
				page[1] == 0xd1,
			"%s: not stored", what);
	else if (r->op == OP_ZERO_PART)
		cr_assert(t_all(page + 16, 32, 0) && page[48] == filled && page[15] == filled, "%s",
			  what);
	else
		cr_assert(page[100] == filled && page[PG - 1] == filled, "%s: %u, not %u", what,
			  page[100], filled);
}

static void check_cell(const struct row *r, char state, const char *cell, uint32_t options)
{
	struct pg p = in_state(state, options);
	uint8_t *addr = pg_map(p.vmo, 0, PAGES);
	const char before = state == 'x' ? 'A' : state;
	struct pg_call call;
	char what[96];
	zx_status_t expected = ZX_OK;

	snprintf(what, sizeof(what), "%s, %s, state %c", r->name,
		 options & PG_TRAP ? "TRAP_DIRTY" : "plain", state);
	if (starts_call(r->op, &p, addr, &call)) {
		pg_go(&call);
		for (; *cell == 'R' || *cell == 'D'; cell++) {
			if (*cell == 'R') {
				PG_READ(&p, P, 1);
				pg_supply(&p, P, 1);
			} else {
				PG_DIRTY(&p, P, 1);
				T_OK(pg_dirty(&p, P, 1));
			}
		}
		expected = *cell == '!' ? status_of(cell + 1) : ZX_OK;
		for (int i = 0; i < 10000 && !atomic_load(&call.done); i++)
			pg_sleep_ms(i < 100 ? 0 : 1);
		cr_assert(atomic_load(&call.done), "%s: hangs", what);
		pthread_join(call.id, NULL);
		T_ZX_ROW(what, call.status, expected);
		free(call.buffer);
	} else {
		expected = *cell == '!' ? status_of(cell + 1) : ZX_OK;
		T_ZX_ROW(what, call_now(r->op, &p), expected);
		if (r->op == OP_DETACH && state != 'x')
			PG_COMPLETE(&p);
	}
	PG_QUIET(&p);
	const char after = *cell == '!' ? before : cell[1];

	cr_assert_eq(state_of(p.vmo, P), after, "%s: page is %c, not %c", what, state_of(p.vmo, P),
		     after);
	/* A part of a page that reads zero is not zeroed again. */
	cr_assert_eq(pg_modified(&p),
		     expected == ZX_OK && (r->modifies || (r->op == OP_ZERO_PART && after == 'D')),
		     "%s: modified", what);
	if (expected == ZX_OK)
		check_bytes(what, &p, r, state, after);
	t_unmap(addr, PAGES * PG);
	pg_close(&p);
}

Test(vm_pager_states, operation__in_every_state__asks_and_changes_as_the_table_says, .timeout = 250)
{
	pg_engine();
	T_EACH (rows, r) {
		for (size_t i = 0; i < sizeof(states) - 1; i++) {
			if (r->trap != 'T')
				check_cell(r, states[i], r->cells[i], 0);
			if (r->trap != 'N')
				check_cell(r, states[i], r->cells[i], PG_TRAP);
		}
	}
}

/* spec: pager 13 #4; pager 6 after #4 #5 */
Test(vm_pager_states, trapped_write__after_detach__works_on_dirty_pages_only)
{
	static const struct {
		char state;
		zx_status_t trapped;
		char plain_after;
	} cases[] = {
		{'D', ZX_OK, 'D'},
		{'W', ZX_ERR_BAD_STATE, 'D'},
		{'Z', ZX_ERR_BAD_STATE, 'D'},
		{'w', ZX_ERR_BAD_STATE, 'D'},
		{'u', ZX_ERR_BAD_STATE, 'D'},
		{'A', ZX_ERR_BAD_STATE, 'A'},
		{'C', ZX_ERR_BAD_STATE, 'A'},
		{'M', ZX_ERR_BAD_STATE, 'A'},
	};

	T_EACH (cases, c) {
		for (int trap = 0; trap < 2; trap++) {
			struct pg p = in_state(c->state, trap ? PG_TRAP : 0);
			const zx_status_t expected = trap                  ? c->trapped :
						     c->plain_after == 'A' ? ZX_ERR_BAD_STATE :
									     ZX_OK;

			T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
			T_ZX(zx_vmo_write(p.vmo, "x", P * PG, 1), expected);
			if (!trap)
				cr_assert_eq(state_of(p.vmo, P), c->plain_after);
			pg_close(&p);
		}
	}
}

/* spec: pager 4.2 #21; pager 4.4 grown */
Test(vm_pager_states, grow__then_shrink_and_grow__new_pages_are_dirty_zero)
{
	struct pg p = pg_open(PG_RESIZABLE, 2 * PG);

	pg_supply(&p, 0, 2);
	T_OK(zx_vmo_set_size(p.vmo, 5 * PG));
	for (uint64_t i = 0; i < 5; i++)
		cr_assert_eq(state_of(p.vmo, i), i < 2 ? 'C' : 'Z');
	PG_RANGES(&p, "2+3z");
	T_OK(zx_vmo_set_size(p.vmo, PG));
	T_OK(zx_vmo_set_size(p.vmo, 3 * PG));
	PG_RANGES(&p, "1+2z");
	cr_assert_eq(state_of(p.vmo, 1), 'Z');
	PG_QUIET(&p);
	pg_close(&p);
}

/* spec: pager 4.2 #14 */
Test(vm_pager_states, zero__inside_an_untracked_interval__stays_untracked)
{
	struct pg p = pg_open(PG_RESIZABLE, 10 * PG);

	T_OK(zx_vmo_set_stream_size(p.vmo, 2 * PG));
	cr_assert_eq(state_of(p.vmo, 1), 'A');
	cr_assert_eq(state_of(p.vmo, 2), 'u');
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, 4, 2));
	cr_assert_eq(state_of(p.vmo, 4), 'u');
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, 2, 2));
	cr_assert_eq(state_of(p.vmo, 2), 'Z');
	cr_assert_eq(state_of(p.vmo, 3), 'Z');
	cr_assert_eq(state_of(p.vmo, 4), 'u');
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_ZERO, 9, 1));
	PG_RANGES(&p, "2+2z 9+1z");
	pg_close(&p);
}
