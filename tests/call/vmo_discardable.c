/* zi-test: valgrind */
/* Discardable VMOs: every event in every state, and every access in every state. */
#include "vmo_t.h"

#define LEN (2 * PG)

enum state { NEVER, LOCKED, TWICE, UNLOCKED, DISCARDED, STATES };

static const char *const state_names[] = {"never locked", "locked", "locked twice", "unlocked",
					  "discarded"};

/* A VMO of two pages of 'd' in the state; the discarded one has lost them. */
static zx_handle_t vmo_in(enum state s, uint32_t options)
{
	zx_handle_t vmo = t_vmo_options(LEN, options | ZX_VMO_DISCARDABLE);
	zx_vmo_lock_state_t lock;

	vmo_fill(vmo, 0, LEN, 'd');
	if (s == NEVER)
		return vmo;
	T_OK(vmo_lock(vmo, LEN, &lock));
	if (s == TWICE)
		T_OK(vmo_lock(vmo, LEN, &lock));
	if (s == UNLOCKED || s == DISCARDED)
		T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, LEN));
	if (s == DISCARDED)
		T_OK(zirconia_debug_discard(vmo));
	return vmo;
}

/* Which state a VMO is in, as seen from outside; it is used up by the question. */
static enum state state_of(zx_handle_t vmo)
{
	char byte;

	if (zx_vmo_read(vmo, &byte, 0, 1) == ZX_ERR_NOT_FOUND)
		return DISCARDED;
	if (vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, LEN) == ZX_OK)
		return vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, LEN) == ZX_OK ? TWICE : LOCKED;
	return zirconia_debug_discard(vmo) == ZX_OK ? UNLOCKED : NEVER;
}

static void expect_state(const char *row, zx_handle_t vmo, enum state want)
{
	const enum state got = state_of(vmo);

	cr_assert_eq(got, want, "%s: %s, not %s", row, state_names[got], state_names[want]);
	t_close(vmo);
}

static const struct {
	enum state from;
	zx_status_t lock, try_lock, unlock, discard;
	enum state after_lock, after_try, after_unlock, after_discard;
	uint64_t discarded_size;
} moves[] = {
	/* spec: vmo 11 #1 #2 #3 #4 */
	{NEVER, ZX_OK, ZX_OK, ZX_ERR_BAD_STATE, ZX_ERR_BAD_STATE, LOCKED, LOCKED, NEVER, NEVER, 0},
	{LOCKED, ZX_OK, ZX_OK, ZX_OK, ZX_ERR_BAD_STATE, TWICE, TWICE, UNLOCKED, LOCKED, 0},
	{TWICE, ZX_OK, ZX_OK, ZX_OK, ZX_ERR_BAD_STATE, TWICE, TWICE, LOCKED, TWICE, 0},
	{UNLOCKED, ZX_OK, ZX_OK, ZX_ERR_BAD_STATE, ZX_OK, LOCKED, LOCKED, UNLOCKED, DISCARDED, 0},
	{DISCARDED, ZX_OK, ZX_ERR_UNAVAILABLE, ZX_ERR_BAD_STATE, ZX_ERR_BAD_STATE, LOCKED,
	 DISCARDED, DISCARDED, DISCARDED, LEN},
};

Test(call_vmo_discardable, event__in_each_state__status_and_next_state)
{
	T_EACH (moves, m) {
		const char *name = state_names[m->from];
		const bool lost = m->from == DISCARDED;
		zx_vmo_lock_state_t lock;
		zx_handle_t vmo;

		vmo = vmo_in(m->from, 0);
		memset(&lock, 0x5a, sizeof(lock));
		T_ZX_ROW(name, vmo_lock(vmo, LEN, &lock), m->lock);
		cr_assert_eq(lock.offset, 0, "%s", name);
		cr_assert_eq(lock.size, LEN, "%s", name);
		cr_assert_eq(lock.discarded_offset, 0, "%s", name);
		cr_assert_eq(lock.discarded_size, m->discarded_size, "%s", name);
		cr_assert(vmo_all(vmo, 0, LEN, lost ? 0 : 'd'), "%s: content", name);
		expect_state(name, vmo, m->after_lock);

		vmo = vmo_in(m->from, 0);
		T_ZX_ROW(name, vmo_op(vmo, ZX_VMO_OP_TRY_LOCK, 0, LEN), m->try_lock);
		if (!lost)
			cr_assert(vmo_all(vmo, 0, LEN, 'd'), "%s: content", name);
		expect_state(name, vmo, m->after_try);

		vmo = vmo_in(m->from, 0);
		T_ZX_ROW(name, vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, LEN), m->unlock);
		EXPECT_BYTES(name, vmo, lost ? 0 : LEN, lost ? 0 : LEN, lost ? 0 : LEN);
		expect_state(name, vmo, m->after_unlock);

		vmo = vmo_in(m->from, 0);
		T_ZX_ROW(name, zirconia_debug_discard(vmo), m->discard);
		expect_state(name, vmo, m->after_discard);
	}
}

/* What was lost is told once. */
Test(call_vmo_discardable, lock__after_a_discard__tells_once)
{
	zx_handle_t vmo = vmo_in(DISCARDED, 0);
	zx_vmo_lock_state_t lock;

	T_OK(vmo_lock(vmo, LEN, &lock));
	cr_assert_eq(lock.discarded_size, LEN);
	T_OK(vmo_lock(vmo, LEN, &lock));
	cr_assert_eq(lock.discarded_size, 0);
	EXPECT_BYTES("locked", vmo, 0, 0, 0);
	vmo_fill(vmo, 0, LEN, 'e');
	cr_assert(vmo_all(vmo, 0, LEN, 'e'));
	T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, LEN));
	T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, LEN));
	T_OK(zirconia_debug_discard(vmo));
	T_OK(vmo_lock(vmo, LEN, &lock));
	cr_assert_eq(lock.discarded_size, LEN);
	cr_assert(vmo_all(vmo, 0, LEN, 0));
}

/* spec: vmo 7.4 #14 #15; vmo 7.1 #17 */
Test(call_vmo_discardable, discard__counted__one_event_each)
{
	zx_handle_t vmo = vmo_in(UNLOCKED, 0);
	zx_vmo_lock_state_t lock;

	cr_assert_eq(vmo_info(vmo).committed_change_events, 0);
	EXPECT_BYTES("unlocked", vmo, LEN, LEN, LEN);
	for (uint64_t n = 1; n <= 3; n++) {
		T_OK(zirconia_debug_discard(vmo));
		EXPECT_BYTES("discarded", vmo, 0, 0, 0);
		cr_assert_eq(vmo_info(vmo).committed_change_events, n);
		T_OK(vmo_lock(vmo, LEN, &lock));
		vmo_fill(vmo, 0, LEN, 'x');
		T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, LEN));
		cr_assert_eq(vmo_info(vmo).committed_change_events, n);
	}
}

/* What each call answers on a VMO that is discarded; in the other states all of them are fine. */
static zx_status_t try_read(zx_handle_t vmo)
{
	char byte;

	return zx_vmo_read(vmo, &byte, PG, 1);
}

static zx_status_t try_write(zx_handle_t vmo)
{
	return zx_vmo_write(vmo, "w", PG, 1);
}

static zx_status_t try_commit(zx_handle_t vmo)
{
	return vmo_op(vmo, ZX_VMO_OP_COMMIT, 0, LEN);
}

static zx_status_t try_decommit(zx_handle_t vmo)
{
	return vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PG);
}

static zx_status_t try_zero(zx_handle_t vmo)
{
	return vmo_op(vmo, ZX_VMO_OP_ZERO, 1, PG);
}

static zx_status_t try_resize(zx_handle_t vmo)
{
	return zx_vmo_set_size(vmo, LEN);
}

static zx_status_t try_stream(zx_handle_t vmo)
{
	return zx_vmo_set_stream_size(vmo, 5);
}

static zx_status_t try_prefetch(zx_handle_t vmo)
{
	return vmo_op(vmo, ZX_VMO_OP_PREFETCH, 0, LEN);
}

static zx_status_t try_cache(zx_handle_t vmo)
{
	return vmo_op(vmo, ZX_VMO_OP_CACHE_CLEAN, 0, LEN);
}

static zx_status_t try_info(zx_handle_t vmo)
{
	zx_info_vmo_t info;

	return zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL);
}

static zx_status_t try_transfer_from(zx_handle_t vmo)
{
	zx_handle_t other = t_vmo(LEN);
	const zx_status_t st = zx_vmo_transfer_data(other, 0, 0, PG, vmo, 0);

	t_close(other);
	return st;
}

static zx_status_t try_transfer_to(zx_handle_t vmo)
{
	zx_handle_t other = t_vmo(LEN);

	vmo_fill(other, 0, LEN, 't');
	const zx_status_t st = zx_vmo_transfer_data(vmo, 0, 0, PG, other, 0);
	t_close(other);
	return st;
}

static zx_status_t try_uncached(zx_handle_t vmo)
{
	return zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED);
}

static zx_status_t try_cached(zx_handle_t vmo)
{
	return zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_CACHED);
}

static zx_status_t try_child(zx_handle_t vmo)
{
	zx_handle_t child = ZX_HANDLE_INVALID;

	return zx_vmo_create_child(vmo, SNAPSHOT, 0, PG, &child);
}

static zx_status_t try_slice(zx_handle_t vmo)
{
	zx_handle_t child = ZX_HANDLE_INVALID;

	return zx_vmo_create_child(vmo, SLICE, 0, PG, &child);
}

static zx_status_t try_reference(zx_handle_t vmo)
{
	zx_handle_t child = ZX_HANDLE_INVALID;

	return zx_vmo_create_child(vmo, REFERENCE, 0, 0, &child);
}

static const struct {
	const char *name;
	zx_status_t (*call)(zx_handle_t vmo);
	zx_status_t present, discarded;
} accesses[] = {
	/* spec: vmo 11 #5 */
	{"read", try_read, ZX_OK, ZX_ERR_NOT_FOUND},
	{"write", try_write, ZX_OK, ZX_ERR_NOT_FOUND},
	{"COMMIT", try_commit, ZX_OK, ZX_ERR_NOT_FOUND},
	/* spec: vmo 11 #7 */
	{"DECOMMIT", try_decommit, ZX_OK, ZX_OK},
	{"ZERO", try_zero, ZX_OK, ZX_OK},
	{"set_size", try_resize, ZX_OK, ZX_OK},
	{"set_stream_size", try_stream, ZX_OK, ZX_OK},
	{"PREFETCH", try_prefetch, ZX_OK, ZX_OK},
	{"CACHE_CLEAN", try_cache, ZX_OK, ZX_OK},
	{"info", try_info, ZX_OK, ZX_OK},
	/* spec: vmo 11 #8 */
	{"snapshot", try_child, ZX_ERR_NOT_SUPPORTED, ZX_ERR_NOT_SUPPORTED},
	{"slice", try_slice, ZX_ERR_NOT_SUPPORTED, ZX_ERR_NOT_SUPPORTED},
	{"reference", try_reference, ZX_ERR_NOT_SUPPORTED, ZX_ERR_NOT_SUPPORTED},
	/* spec: vmo 11 #9 */
	{"transfer from", try_transfer_from, ZX_OK, ZX_OK},
	{"transfer to", try_transfer_to, ZX_OK, ZX_OK},
	/* spec: vmo 11 #10 */
	{"uncached", try_uncached, ZX_ERR_BAD_STATE, ZX_ERR_BAD_STATE},
	{"cached", try_cached, ZX_OK, ZX_OK},
};

Test(call_vmo_discardable, access__in_each_state__status_and_state_kept)
{
	T_EACH (accesses, a) {
		for (enum state s = NEVER; s < STATES; s++) {
			char row[64];
			zx_handle_t vmo = vmo_in(s, ZX_VMO_RESIZABLE);

			snprintf(row, sizeof(row), "%s, %s", a->name, state_names[s]);
			T_ZX_ROW(row, a->call(vmo), s == DISCARDED ? a->discarded : a->present);
			expect_state(row, vmo, s);
		}
	}
}

/* spec: vmo 11 #6 */
Test(call_vmo_discardable, mapping__discarded__not_found_until_locked)
{
	zx_handle_t vmo = vmo_in(UNLOCKED, 0), other = t_vmo(LEN);
	zx_vmo_lock_state_t lock;
	zx_vaddr_t addr;

	T_OK(zx_vmar_map(zx_vmar_root_self(),
			 ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_ALLOW_FAULTS, 0, vmo, 0, LEN,
			 &addr));
	volatile uint8_t *map = (volatile uint8_t *)addr;
	cr_assert_eq(map[0], 'd');
	map[PG] = 'e';
	T_OK(zirconia_debug_discard(vmo));
	T_ZX(zx_vmo_write(other, (const void *)addr, 0, 1), ZX_ERR_NOT_FOUND);
	T_ZX(zx_vmo_read(other, (void *)(addr + PG), 0, 1), ZX_ERR_NOT_FOUND);
	T_ZX(zx_vmo_get_size(other, (uint64_t *)addr), ZX_ERR_INVALID_ARGS);
	T_OK(vmo_lock(vmo, LEN, &lock));
	cr_assert_eq(lock.discarded_size, LEN);
	cr_assert_eq(map[0], 0);
	cr_assert_eq(map[PG], 0);
	EXPECT_BYTES("read after the lock", vmo, 0, 0, 0);
	map[PG] = 'f';
	cr_assert_eq(vmo_get(vmo, 1), 'f');
	EXPECT_BYTES("written", vmo, PG, PG, PG);
}

/* spec: vmo 11 #11 */
Test(call_vmo_discardable, resize__in_each_state__lock_range_follows)
{
	for (enum state s = NEVER; s < STATES; s++) {
		zx_handle_t vmo = vmo_in(s, ZX_VMO_RESIZABLE);
		zx_vmo_lock_state_t lock;

		T_OK(zx_vmo_set_size(vmo, 3 * LEN));
		T_ZX_ROW(state_names[s], vmo_lock(vmo, LEN, &lock), ZX_ERR_OUT_OF_RANGE);
		T_OK(vmo_lock(vmo, 3 * LEN, &lock));
		cr_assert_eq(lock.size, 3 * LEN);
		cr_assert_eq(lock.discarded_size, s == DISCARDED ? 3 * LEN : 0);
		T_OK(zx_vmo_set_size(vmo, LEN));
		T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, LEN));
		cr_assert(vmo_all(vmo, 0, LEN, s == DISCARDED ? 0 : 'd'), "%s", state_names[s]);
		t_close(vmo);
	}
}

Test(call_vmo_discardable, debug_hook__other_vmos_and_handles__status)
{
	zx_handle_t plain = t_vmo(PG), closed = t_vmo(PG), event;

	t_close(closed);
	T_OK(zx_event_create(0, &event));
	vmo_put(plain, 0, 1);
	T_ZX(zirconia_debug_discard(plain), ZX_ERR_BAD_STATE);
	T_ZX(zirconia_debug_discard(closed), ZX_ERR_BAD_HANDLE);
	T_ZX(zirconia_debug_discard(event), ZX_ERR_WRONG_TYPE);
	cr_assert_eq(vmo_get(plain, 0), 1);
	zx_handle_t bare = vmo_dup(vmo_in(UNLOCKED, 0), 0);
	T_OK(zirconia_debug_discard(bare));
}
