/* zi-test: valgrind */
/* zx_iob_writev: messages in a ring that several I/O buffers share, and a reader who maps it. */
#include <pthread.h>

#include "iob_t.h"

#define TAG UINT64_C(0x7461675f74616774)
#define PAYLOAD_MAX 65519u

struct words {
	_Atomic uint64_t head, tail;
};

struct ring {
	zx_handle_t shared;
	struct iob iob;
	uint64_t bytes; /* of the ring */
	struct words *words;
	uint8_t *at;
};

static struct ring ring_open(uint64_t size)
{
	struct ring r = {.shared = i_shared_region(size), .bytes = size - PG};
	const zx_iob_region_t region = i_shared(r.shared, A_ALL, TAG);

	r.iob = i_open(&region, 1);
	r.words = i_map(r.iob.end[1], 0, I_RW, size);
	r.at = (uint8_t *)r.words + PG;
	return r;
}

static zx_status_t put(const struct ring *r, const void *bytes, size_t len)
{
	const zx_iovec_t v = {(void *)(uintptr_t)bytes, len};

	return zx_iob_writev(r->iob.end[0], 0, 0, &v, 1);
}

static void get(const struct ring *r, uint64_t pos, void *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)out)[i] = r->at[(pos + i) % r->bytes];
}

/* Takes a message out: its payload, whose length is the answer. */
static size_t take(const struct ring *r, void *out)
{
	const uint64_t tail = atomic_load(&r->words->tail);
	uint64_t head[2];

	cr_assert_lt(tail, atomic_load(&r->words->head));
	get(r, tail, head, sizeof(head));
	cr_assert_eq(head[0], TAG);
	get(r, tail + 16, out, head[1]);
	atomic_store(&r->words->tail, tail + ((head[1] + 16 + 7) & ~UINT64_C(7)));
	return head[1];
}

static zx_status_t call(zx_handle_t end)
{
	uint8_t byte = 1;
	const zx_iovec_t v = {&byte, 1};

	return zx_iob_writev(end, 0, 0, &v, 1);
}

/* spec: pager 12.5 write #1 #2 #3 #4 #5 */
Test(call_iob_ring, checks__in_order)
{
	zx_handle_t shared = i_shared_region(2 * PG);
	zx_iob_region_t regions[3] = {i_shared(shared, A_ALL & ~END1(A_MWRITE), 0),
				      i_private(NONE, A_MAP_ALL, PG), i_private(IDS, A_ALL, PG)};
	struct iob iob = i_open(regions, 3);
	const zx_iovec_t none = {NULL, 0};

	for (unsigned bit = 0; bit < 64; bit++)
		T_ZX(zx_iob_writev(ZX_HANDLE_INVALID, UINT64_C(1) << bit, 99, NULL, 99),
		     ZX_ERR_INVALID_ARGS);
	vmo_expect_handle_checks("end 0", call, iob.end[0], ZX_RIGHT_WRITE, ZX_OK);
	vmo_expect_handle_checks("end 1", call, iob.end[1], ZX_RIGHT_WRITE, ZX_ERR_ACCESS_DENIED);
	T_ZX(zx_iob_writev(iob.end[0], 0, 3, NULL, 99), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zx_iob_writev(iob.end[0], 0, 1, NULL, 99), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_iob_writev(iob.end[0], 0, 2, NULL, 99), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_iob_writev(iob.end[1], 0, 0, NULL, 99), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_iob_writev(iob.end[0], 0, 0, &none, 1));
}

/* spec: pager 12.5 write #6 */
Test(call_iob_ring, vectors__unreadable_too_many_too_long__invalid_args)
{
	static uint8_t bytes[PAYLOAD_MAX + 1];
	struct ring r = ring_open(32 * PG);
	zx_iovec_t v[9];
	const char *name;

	for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
		void *bad = vmo_bad_out(i, &name);

		T_ZX_ROW(name, zx_iob_writev(r.iob.end[0], 0, 0, bad, 1), ZX_ERR_INVALID_ARGS);
	}
	for (int i = 0; i < 9; i++)
		v[i] = (zx_iovec_t){bytes, 1};
	T_ZX(zx_iob_writev(r.iob.end[0], 0, 0, v, 9), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_iob_writev(r.iob.end[0], 0, 0, v, SIZE_MAX), ZX_ERR_INVALID_ARGS);
	T_ZX(put(&r, bytes, PAYLOAD_MAX + 1), ZX_ERR_INVALID_ARGS);
	v[0].capacity = PAYLOAD_MAX;
	T_ZX(zx_iob_writev(r.iob.end[0], 0, 0, v, 2), ZX_ERR_INVALID_ARGS);
	v[0].capacity = SIZE_MAX;
	T_ZX(zx_iob_writev(r.iob.end[0], 0, 0, v, 2), ZX_ERR_INVALID_ARGS);
	cr_assert_eq(atomic_load(&r.words->head), 0);
	T_OK(zx_iob_writev(r.iob.end[0], 0, 0, v + 1, 8));
	T_OK(put(&r, bytes, PAYLOAD_MAX));
	/* No vectors: an empty message. */
	T_OK(zx_iob_writev(r.iob.end[0], 0, 0, v, 0));
	cr_assert_eq(take(&r, bytes), 8);
	cr_assert_eq(take(&r, bytes), PAYLOAD_MAX);
	cr_assert_eq(take(&r, bytes), 0);
}

/* spec: pager 12.5 write #7 #9 */
Test(call_iob_ring, room__to_the_byte)
{
	static uint8_t bytes[ZX_PAGE_SIZE];
	struct ring r = ring_open(2 * PG);

	T_ZX(put(&r, bytes, PG - 15), ZX_ERR_NO_SPACE);
	T_OK(put(&r, bytes, PG - 16));
	cr_assert_eq(atomic_load(&r.words->head), PG);
	T_ZX(put(&r, bytes, 0), ZX_ERR_NO_SPACE);
	/* The reader makes room. */
	atomic_store(&r.words->tail, 23);
	T_ZX(put(&r, bytes, 8), ZX_ERR_NO_SPACE);
	T_OK(put(&r, bytes, 0));
	atomic_store(&r.words->tail, PG + 16);
	T_OK(put(&r, bytes, PG - 17));
	cr_assert_eq(atomic_load(&r.words->head), 2 * PG + 16);
	T_ZX(put(&r, bytes, PG - 15), ZX_ERR_NO_SPACE);
}

/* spec: pager 12.5 write #8 */
Test(call_iob_ring, words__that_cannot_be__io_data_integrity)
{
	static const struct {
		const char *name;
		uint64_t head, tail;
		zx_status_t want;
	} rows[] = {
		{"tail past head", 8, 16, ZX_ERR_IO_DATA_INTEGRITY},
		{"tail far past head", 0, UINT64_MAX, ZX_ERR_IO_DATA_INTEGRITY},
		{"head not aligned", 4, 0, ZX_ERR_IO_DATA_INTEGRITY},
		{"head wraps", UINT64_MAX - 7, UINT64_MAX - 7, ZX_ERR_IO_DATA_INTEGRITY},
		{"head just wraps", UINT64_MAX - 23, UINT64_MAX - 23, ZX_ERR_IO_DATA_INTEGRITY},
		{"head does not wrap", UINT64_MAX - 31, UINT64_MAX - 31, ZX_OK},
		{"tail not aligned", 8, 3, ZX_OK},
		{"more in it than there can be", 64 * ZX_PAGE_SIZE, 0, ZX_ERR_NO_SPACE},
	};
	struct ring r = ring_open(2 * PG);

	T_EACH (rows, row) {
		atomic_store(&r.words->head, row->head);
		atomic_store(&r.words->tail, row->tail);
		T_ZX_ROW(row->name, put(&r, "12345678", 8), row->want);
		cr_assert_eq(atomic_load(&r.words->head),
			     row->want == ZX_OK ? row->head + 24 : row->head, "%s", row->name);
		cr_assert_eq(atomic_load(&r.words->tail), row->tail);
	}
	/* A message that is too large for any ring is told first. */
	static uint8_t bytes[2 * ZX_PAGE_SIZE];
	atomic_store(&r.words->head, 4);
	T_ZX(put(&r, bytes, PG), ZX_ERR_NO_SPACE);
}

/* spec: pager 12.5 write #10 */
Test(call_iob_ring, payload__unreadable__status_of_the_fault_and_nothing_written)
{
	static const zx_status_t want[BAD_KINDS] = {
		[BAD_UNMAPPED] = ZX_ERR_NOT_FOUND,      [BAD_READ_ONLY] = ZX_OK,
		[BAD_NO_ACCESS] = ZX_ERR_ACCESS_DENIED, [BAD_BEYOND_END] = ZX_ERR_OUT_OF_RANGE,
		[BAD_DISCARDED] = ZX_ERR_NOT_FOUND,
	};
	struct ring r = ring_open(2 * PG);

	for (enum vmo_bad kind = 0; kind < BAD_KINDS; kind++) {
		struct vmo_buffer b = vmo_bad_buffer(kind);
		zx_iovec_t v[2] = {{b.good, 10}, {b.bad, 10}};
		const uint64_t head = atomic_load(&r.words->head);

		T_ZX_ROW(vmo_bad_names[kind], zx_iob_writev(r.iob.end[0], 0, 0, v, 2), want[kind]);
		cr_assert_eq(atomic_load(&r.words->head), want[kind] == ZX_OK ? head + 40 : head);
	}
	/* The next one is whole. */
	uint8_t text[32];
	atomic_store(&r.words->tail, atomic_load(&r.words->head));
	T_OK(put(&r, "whole", 6));
	cr_assert_eq(take(&r, text), 6);
	cr_assert_str_eq((char *)text, "whole");
}

/* spec: pager 12.5 layout #1 */
Test(call_iob_ring, messages__of_all_sizes__wrap_at_any_place)
{
	struct ring r = ring_open(2 * PG);
	static uint8_t out[ZX_PAGE_SIZE], in[ZX_PAGE_SIZE];
	uint64_t seed = t_seed();

	for (int round = 0; round < 2000; round++) {
		const size_t len = t_below(&seed, round % 10 == 0 ? PG - 15 : 200);
		const size_t cut = len == 0 ? 0 : t_below(&seed, len);
		const zx_iovec_t v[3] = {{out, cut}, {NULL, 0}, {out + cut, len - cut}};

		for (size_t i = 0; i < len; i++)
			out[i] = (uint8_t)t_random(&seed);
		const zx_status_t st = zx_iob_writev(r.iob.end[0], 0, 0, v, 3);
		const uint64_t used = atomic_load(&r.words->head) - atomic_load(&r.words->tail);

		if (st == ZX_ERR_NO_SPACE) {
			cr_assert_gt(used + ((len + 23) & ~UINT64_C(7)), PG);
			while (atomic_load(&r.words->tail) != atomic_load(&r.words->head))
				take(&r, in);
			continue;
		}
		T_ZX(st, ZX_OK);
		/* The message that was just written is the last one. */
		uint64_t words[2];
		const uint64_t at = atomic_load(&r.words->head) - ((len + 23) & ~UINT64_C(7));
		get(&r, at, words, sizeof(words));
		cr_assert(words[0] == TAG && words[1] == len);
		get(&r, at + 16, in, len);
		cr_assert_eq(memcmp(in, out, len), 0);
	}
}

/* spec: pager 12.5 layout #2 */
Test(call_iob_ring, writers__of_several_buffers__one_ring_with_a_tag_for_each)
{
	zx_handle_t shared = i_shared_region(2 * PG);
	const zx_iob_region_t one = i_shared(shared, A_MWRITE, 1),
			      two = i_shared(shared, A_MWRITE, 2);
	const zx_iob_region_t reader = i_shared(shared, A_READ | A_WRITE, 3);
	struct iob a = i_open(&one, 1), b = i_open(&two, 1), c = i_open(&reader, 1);
	const zx_iovec_t v = {"x", 1};
	const uint64_t *ring = (uint64_t *)i_map(c.end[0], 0, I_RW, 2 * PG) + PG / 8;

	T_OK(zx_iob_writev(a.end[0], 0, 0, &v, 1));
	T_OK(zx_iob_writev(b.end[0], 0, 0, &v, 1));
	cr_assert_eq(ring[0], 1);
	cr_assert_eq(ring[3], 2);
	/* Gone buffers leave their messages. */
	t_close(a.end[0]);
	t_close(a.end[1]);
	t_close(shared);
	T_OK(zx_iob_writev(b.end[0], 0, 0, &v, 1));
	cr_assert_eq(ring[6], 2);
	T_ZX(zx_iob_writev(b.end[1], 0, 0, &v, 1), ZX_ERR_ACCESS_DENIED);
	void *addr;
	T_ZX(i_map_status(b.end[0], 0, ZX_VM_PERM_READ, 0, PG, &addr), ZX_ERR_ACCESS_DENIED);
}

/* spec: pager 12.5 signal #1 */
Test(call_iob_ring, signal__pulse_on_the_shared_region__does_not_stay)
{
	struct ring r = ring_open(2 * PG);
	zx_port_packet_t packet;
	zx_handle_t port;

	T_OK(zx_port_create(0, &port));
	T_OK(zx_object_wait_async(r.shared, port, 5, ZX_IOB_SHARED_REGION_UPDATED, 0));
	T_ZX(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
	T_OK(put(&r, "x", 1));
	T_OK(zx_port_wait(port, 0, &packet));
	cr_assert_eq(packet.signal.observed, ZX_IOB_SHARED_REGION_UPDATED);
	cr_assert_eq(i_signals(r.shared), 0);
	cr_assert_eq(i_signals(r.iob.end[1]), 0);
	/* A write that fails tells nobody. */
	T_OK(zx_object_wait_async(r.shared, port, 5, ZX_IOB_SHARED_REGION_UPDATED, 0));
	T_ZX(put(&r, NULL, 1), ZX_ERR_NOT_FOUND);
	T_ZX(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
	T_ZX(zx_object_signal(r.shared, 0, ZX_IOB_SHARED_REGION_UPDATED), ZX_ERR_INVALID_ARGS);
	T_OK(zx_object_signal(r.shared, 0, ZX_USER_SIGNAL_0));
}

/* ---- writers at once, and a reader */

enum { WRITERS = 3, EACH = 3000 };

static struct ring busy;
static _Atomic unsigned failures;

struct note {
	uint32_t writer, number;
	uint8_t fill[56];
};

static void *write_notes(void *arg)
{
	struct note note = {.writer = (uint32_t)(uintptr_t)arg};
	const unsigned each = t_has("native") ? EACH : EACH / 10;

	memset(note.fill, (int)note.writer, sizeof(note.fill));
	while (note.number < each) {
		zx_iovec_t v = {&note, 8 + note.number % 57};
		const zx_status_t st = zx_iob_writev(busy.iob.end[note.writer % 2], 0, 0, &v, 1);

		if (st == ZX_OK)
			note.number++;
		else if (st != ZX_ERR_NO_SPACE)
			atomic_fetch_add(&failures, 1);
		else
			sched_yield();
	}
	return NULL;
}

Test(call_iob_ring, many_writers__messages_are_whole_and_in_order, .timeout = 120)
{
	const unsigned each = t_has("native") ? EACH : EACH / 10;
	uint32_t next[WRITERS] = {0};
	pthread_t threads[WRITERS];
	struct note note;

	busy = ring_open(2 * PG);
	for (uintptr_t i = 0; i < WRITERS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, write_notes, (void *)i), 0);
	for (unsigned got = 0; got < WRITERS * each;) {
		if (atomic_load(&busy.words->tail) == atomic_load(&busy.words->head)) {
			sched_yield();
			continue;
		}
		const size_t len = take(&busy, &note);

		cr_assert_lt(note.writer, WRITERS);
		cr_assert_eq(note.number, next[note.writer]);
		cr_assert_eq(len, 8 + note.number % 57);
		cr_assert(t_all(note.fill, len - 8, (uint8_t)note.writer));
		next[note.writer]++;
		got++;
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(atomic_load(&failures), 0);
}
