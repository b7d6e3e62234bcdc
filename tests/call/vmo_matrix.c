/* zi-test: valgrind */
/* Operation x kind: every cell of the matrix for the kinds that have neither pager nor physical memory. */
#include "vmo_t.h"

enum kind {
	K_PLAIN,
	K_RESIZABLE,
	K_UNBOUNDED,
	K_DISCARDABLE,
	K_DISCARDED,
	K_RESIZABLE_DISCARDABLE,
	K_SNAPSHOT,
	K_ON_WRITE,
	K_MODIFIED,
	K_RESIZABLE_SNAPSHOT,
	K_SLICE,
	K_REFERENCE,
	K_RESIZABLE_REFERENCE,
	K_UNCACHED,
	KINDS,
};

static const char *const kind_names[] = {"plain",
					 "resizable",
					 "unbounded",
					 "discardable",
					 "discarded",
					 "resizable discardable",
					 "snapshot",
					 "at least on write",
					 "modified",
					 "resizable snapshot",
					 "slice",
					 "reference",
					 "resizable reference",
					 "uncached"};

/* Parents stay open: what is made of them has one. */
static zx_handle_t make(enum kind k)
{
	const bool resizable =
		k == K_RESIZABLE || k == K_RESIZABLE_DISCARDABLE || k == K_RESIZABLE_REFERENCE;
	const bool discardable =
		k == K_DISCARDABLE || k == K_DISCARDED || k == K_RESIZABLE_DISCARDABLE;
	zx_vmo_lock_state_t state;
	zx_handle_t vmo = t_vmo_options(k == K_UNBOUNDED ? 0 : 4 * PG,
					(resizable ? ZX_VMO_RESIZABLE : 0) |
						(discardable ? ZX_VMO_DISCARDABLE : 0) |
						(k == K_UNBOUNDED ? ZX_VMO_UNBOUNDED : 0));

	T_OK(zx_vmo_set_stream_size(vmo, 4 * PG));
	vmo_fill(vmo, 0, 4 * PG, 'k');
	switch (k) {
	case K_SNAPSHOT:
		return vmo_child(vmo, SNAPSHOT, 0, 4 * PG);
	case K_ON_WRITE:
		return vmo_child(vmo, ON_WRITE, 0, 4 * PG);
	case K_MODIFIED:
		return vmo_child(vmo, MODIFIED, 0, 4 * PG);
	case K_RESIZABLE_SNAPSHOT:
		return vmo_child(vmo, SNAPSHOT | CHILD_RESIZABLE, 0, 4 * PG);
	case K_SLICE:
		return vmo_child(vmo, SLICE, 0, 4 * PG);
	case K_REFERENCE:
		return vmo_child(vmo, REFERENCE, 0, 0);
	case K_RESIZABLE_REFERENCE:
		return vmo_child(vmo, REFERENCE | CHILD_RESIZABLE, 0, 0);
	case K_UNCACHED:
		T_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
		return vmo;
	case K_DISCARDED:
		T_OK(vmo_lock(vmo, 4 * PG, &state));
		T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, 4 * PG));
		T_OK(zirconia_debug_discard(vmo));
		return vmo;
	default:
		return vmo;
	}
}

static uint32_t op_param;

static zx_status_t m_read(zx_handle_t h)
{
	return zx_vmo_read(h, &(char){0}, 0, 1);
}

static zx_status_t m_write(zx_handle_t h)
{
	return zx_vmo_write(h, "w", 0, 1);
}

static zx_status_t m_get_size(zx_handle_t h)
{
	return zx_vmo_get_size(h, &(uint64_t){0});
}

static zx_status_t m_set_size(zx_handle_t h)
{
	return zx_vmo_set_size(h, 3 * PG);
}

static zx_status_t m_get_stream(zx_handle_t h)
{
	return zx_vmo_get_stream_size(h, &(uint64_t){0});
}

static zx_status_t m_set_stream(zx_handle_t h)
{
	return zx_vmo_set_stream_size(h, 5);
}

static zx_status_t m_op(zx_handle_t h)
{
	return vmo_op(h, op_param, 0, PG);
}

static zx_status_t m_op_part(zx_handle_t h)
{
	return vmo_op(h, op_param, 1, 1);
}

static zx_status_t m_op_whole(zx_handle_t h)
{
	zx_vmo_lock_state_t state;

	return zx_vmo_op_range(h, op_param, 0, vmo_size(h), &state, sizeof(state));
}

static zx_status_t m_child(zx_handle_t h)
{
	zx_handle_t child = ZX_HANDLE_INVALID;
	const zx_status_t st =
		zx_vmo_create_child(h, op_param, 0, (op_param & REFERENCE) ? 0 : PG, &child);

	if (st == ZX_OK)
		t_close(child);
	return st;
}

static zx_status_t m_policy(zx_handle_t h)
{
	return zx_vmo_set_cache_policy(h, ZX_CACHE_POLICY_UNCACHED);
}

static zx_status_t m_transfer_from(zx_handle_t h)
{
	zx_handle_t to = t_vmo(PG);
	const zx_status_t st = zx_vmo_transfer_data(to, 0, 0, PG, h, 0);

	t_close(to);
	return st;
}

static zx_status_t m_transfer_to(zx_handle_t h)
{
	zx_handle_t from = t_vmo(PG);
	const zx_status_t st = zx_vmo_transfer_data(h, 0, 0, PG, from, 0);

	t_close(from);
	return st;
}

#define OK ZX_OK
#define NS ZX_ERR_NOT_SUPPORTED
#define BS ZX_ERR_BAD_STATE
#define UN ZX_ERR_UNAVAILABLE
#define NF ZX_ERR_NOT_FOUND
#define RG ZX_ERR_OUT_OF_RANGE
#define AD ZX_ERR_ACCESS_DENIED

/* clang-format off */
static const struct {
	const char *name;
	zx_status_t (*call)(zx_handle_t h);
	uint32_t param;
	zx_status_t want[KINDS];
} ops[] = {
	/*                                               pla res unb dis  gon rd   sna onw mod rsn sli ref rre unc */
	/* spec: vmo 15.1 #1 */
	{"read", m_read, 0,                             {OK, OK, OK, OK,  NF, OK,  OK, OK, OK, OK, OK, OK, OK, BS}},
	{"write", m_write, 0,                           {OK, OK, OK, OK,  NF, OK,  OK, OK, OK, OK, OK, OK, OK, BS}},
	/* spec: vmo 15.1 #2 */
	{"get_size", m_get_size, 0,                     {OK, OK, OK, OK,  OK, OK,  OK, OK, OK, OK, OK, OK, OK, OK}},
	/* spec: vmo 15.1 #3 */
	{"set_size", m_set_size, 0,                     {UN, OK, UN, UN,  UN, OK,  UN, UN, UN, OK, UN, UN, OK, UN}},
	/* spec: vmo 15.1 #4 */
	{"get_stream_size", m_get_stream, 0,            {OK, OK, OK, OK,  OK, OK,  OK, OK, OK, OK, OK, OK, OK, OK}},
	/* spec: vmo 15.1 #5 */
	{"set_stream_size", m_set_stream, 0,            {OK, OK, OK, OK,  OK, OK,  OK, OK, OK, OK, OK, OK, OK, BS}},
	/* spec: vmo 15.1 #6 */
	{"COMMIT", m_op, ZX_VMO_OP_COMMIT,              {OK, OK, OK, OK,  NF, OK,  OK, OK, OK, OK, OK, OK, OK, OK}},
	/* spec: vmo 15.1 #7 */
	{"DECOMMIT", m_op, ZX_VMO_OP_DECOMMIT,          {OK, OK, OK, OK,  OK, OK,  NS, NS, NS, NS, OK, OK, OK, OK}},
	/* spec: vmo 15.1 #8 */
	{"ZERO", m_op, ZX_VMO_OP_ZERO,                  {OK, OK, OK, OK,  OK, OK,  OK, OK, OK, OK, OK, OK, OK, OK}},
	{"ZERO part", m_op_part, ZX_VMO_OP_ZERO,        {OK, OK, OK, OK,  OK, OK,  OK, OK, OK, OK, OK, OK, OK, BS}},
	/* spec: vmo 15.1 #9 */
	{"LOCK", m_op_whole, ZX_VMO_OP_LOCK,            {NS, NS, NS, OK,  OK, OK,  NS, NS, NS, NS, NS, NS, NS, NS}},
	{"TRY_LOCK", m_op_whole, ZX_VMO_OP_TRY_LOCK,    {NS, NS, NS, OK,  UN, OK,  NS, NS, NS, NS, NS, NS, NS, NS}},
	{"UNLOCK", m_op_whole, ZX_VMO_OP_UNLOCK,        {NS, NS, NS, BS,  BS, BS,  NS, NS, NS, NS, NS, NS, NS, NS}},
	{"LOCK part", m_op, ZX_VMO_OP_LOCK,             {NS, NS, NS, RG,  RG, RG,  NS, NS, NS, NS, NS, NS, NS, NS}},
	{"TRY_LOCK part", m_op, ZX_VMO_OP_TRY_LOCK,     {NS, NS, NS, RG,  RG, RG,  NS, NS, NS, NS, NS, NS, NS, NS}},
	{"UNLOCK part", m_op, ZX_VMO_OP_UNLOCK,         {NS, NS, NS, RG,  RG, RG,  NS, NS, NS, NS, NS, NS, NS, NS}},
	/* spec: vmo 15.1 #10 */
	{"CACHE_SYNC", m_op, ZX_VMO_OP_CACHE_SYNC,      {OK, OK, OK, OK,  OK, OK,  OK, OK, OK, OK, OK, OK, OK, OK}},
	{"CACHE_CLEAN", m_op, ZX_VMO_OP_CACHE_CLEAN,    {OK, OK, OK, OK,  OK, OK,  OK, OK, OK, OK, OK, OK, OK, OK}},
	{"CACHE_CLEAN_INVALIDATE", m_op, ZX_VMO_OP_CACHE_CLEAN_INVALIDATE,
						        {OK, OK, OK, OK,  OK, OK,  OK, OK, OK, OK, OK, OK, OK, OK}},
	/* spec: vmo 15.1 #11 */
	{"CACHE_INVALIDATE", m_op, ZX_VMO_OP_CACHE_INVALIDATE,
						        {OK, OK, OK, OK,  OK, OK,  OK, OK, OK, OK, OK, OK, OK, OK}},
	/* spec: vmo 15.1 #12 */
	{"DONT_NEED", m_op, ZX_VMO_OP_DONT_NEED,        {OK, OK, OK, OK,  OK, OK,  OK, OK, OK, OK, OK, OK, OK, OK}},
	{"ALWAYS_NEED", m_op, ZX_VMO_OP_ALWAYS_NEED,    {OK, OK, OK, OK,  OK, OK,  OK, OK, OK, OK, OK, OK, OK, OK}},
	/* spec: vmo 15.1 #13 */
	{"PREFETCH", m_op, ZX_VMO_OP_PREFETCH,          {OK, OK, OK, OK,  OK, OK,  OK, OK, OK, OK, OK, OK, OK, OK}},
	/* spec: vmo 15.1 #14-16 */
	{"SNAPSHOT", m_child, SNAPSHOT,                 {OK, OK, OK, NS,  NS, NS,  OK, OK, OK, OK, NS, OK, OK, BS}},
	{"AT_LEAST_ON_WRITE", m_child, ON_WRITE,        {OK, OK, OK, NS,  NS, NS,  OK, OK, OK, OK, NS, OK, OK, BS}},
	{"MODIFIED", m_child, MODIFIED,                 {OK, OK, OK, NS,  NS, NS,  OK, OK, OK, OK, NS, OK, OK, BS}},
	/* spec: vmo 15.1 #17 */
	{"SLICE", m_child, SLICE,                       {OK, NS, OK, NS,  NS, NS,  OK, OK, OK, NS, OK, OK, NS, BS}},
	/* spec: vmo 15.1 #18 */
	{"REFERENCE", m_child, REFERENCE,               {OK, OK, OK, NS,  NS, NS,  OK, OK, OK, OK, NS, OK, OK, BS}},
	/* spec: vmo 15.1 #19 */ /* "All rights" cannot include RESIZE where nothing can be resized: that is told first. */
	{"resizable REFERENCE", m_child, REFERENCE | CHILD_RESIZABLE,
						        {AD, OK, AD, AD,  AD, NS,  AD, AD, AD, OK, AD, AD, OK, AD}},
	/* spec: vmo 15.1 #20 */
	{"set_cache_policy", m_policy, 0,               {OK, OK, OK, BS,  BS, BS,  BS, BS, BS, BS, BS, BS, BS, OK}},
	/* spec: vmo 15.1 #21 #22 */
	{"transfer source", m_transfer_from, 0,         {OK, OK, OK, OK,  OK, OK,  OK, OK, OK, OK, OK, OK, OK, OK}},
	{"transfer target", m_transfer_to, 0,           {OK, OK, OK, OK,  OK, OK,  OK, OK, OK, OK, OK, OK, OK, OK}},
};
/* clang-format on */

Test(call_vmo_matrix, each_operation__on_each_kind__its_cell)
{
	T_EACH (ops, o) {
		for (enum kind k = 0; k < KINDS; k++) {
			char row[64];
			zx_handle_t vmo = make(k);

			snprintf(row, sizeof(row), "%s of %s", o->name, kind_names[k]);
			op_param = o->param;
			T_ZX_ROW(row, o->call(vmo), o->want[k]);
			t_close(vmo);
		}
	}
}

/* What a live child changes: DECOMMIT when it shares pages, the cache policy always. */
static void expect_with_child(uint32_t child_options)
{
	const bool snapshot = (child_options & (SLICE | REFERENCE)) == 0;

	T_EACH (ops, o) {
		for (enum kind k = 0; k < KINDS; k++) {
			zx_status_t want = o->want[k];
			char row[80];
			zx_handle_t vmo = make(k), child = ZX_HANDLE_INVALID;

			if (zx_vmo_create_child(vmo, child_options, 0,
						(child_options & REFERENCE) ? 0 : 4 * PG,
						&child) != ZX_OK) {
				t_close(vmo);
				continue; /* this kind has no such children: the other test says so */
			}
			if (snapshot && o->param == ZX_VMO_OP_DECOMMIT && o->call == m_op)
				want = ZX_ERR_NOT_SUPPORTED;
			if (o->call == m_policy)
				want = ZX_ERR_BAD_STATE;
			snprintf(row, sizeof(row), "%s of %s with child %#x", o->name,
				 kind_names[k], child_options);
			op_param = o->param;
			T_ZX_ROW(row, o->call(vmo), want);
			t_close(child);
			t_close(vmo);
		}
	}
}

/* spec: vmo 15.3 #1 */
Test(call_vmo_matrix, each_operation__with_a_live_snapshot__its_cell)
{
	T_EACH (snapshot_types, type)
		expect_with_child(*type);
}

/* spec: vmo 15.3 #2 */
Test(call_vmo_matrix, each_operation__with_a_live_slice_or_reference__its_cell)
{
	expect_with_child(SLICE);
	expect_with_child(REFERENCE);
}
