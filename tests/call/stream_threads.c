/*
 * Many threads on the same streams: nothing is lost, nothing interleaves, and reads never meet what
 * they should not.
 */
/* zi-test: timeout=240 helgrind */
#include <pthread.h>
#include <stdatomic.h>

#include "stream_t.h"

enum { THREADS = 4, RECORD = 64 };

static zx_handle_t shared_vmo, shared_stream;
static atomic_bool stop;
static atomic_uint failures;

#define CHECK(cond)                                                                \
	do {                                                                       \
		if (!(cond)) {                                                     \
			atomic_fetch_add(&failures, 1);                            \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		}                                                                  \
	} while (0)

static unsigned rounds(unsigned n)
{
	return t_has("native") ? n : n / 5;
}

/* Assertions of the framework belong to the main thread: workers count what went wrong. */
static void run(void *(*const *bodies)(void *), unsigned n)
{
	pthread_t threads[8];

	cr_assert_leq(n, 8);
	atomic_store(&stop, false);
	for (uintptr_t i = 0; i < n; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, bodies[i], (void *)i), 0);
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(atomic_load(&failures), 0);
}

/* ---- records of any length, whose bytes all tell the writer, with length and number in front */

struct head {
	uint32_t len, thread, number;
};

static zx_status_t append_record(zx_handle_t stream, uint32_t thread, uint32_t number, size_t len)
{
	struct head head = {(uint32_t)len, thread, number};
	uint8_t body[8192];
	zx_iovec_t v[3] = {{&head, sizeof(head)}, {body, len / 3}, {body, len - len / 3}};
	size_t actual = 0;
	zx_status_t st;

	memset(body, (int)(thread * 31 + number), len);
	st = zx_stream_writev(stream, ZX_STREAM_APPEND, v, 3, &actual);
	CHECK(st != ZX_OK || actual == sizeof(head) + len);
	return st;
}

/* Every number of every thread once, in the order in which its thread wrote them. */
static void check_records(unsigned per_thread)
{
	uint32_t next[THREADS] = {0};
	uint64_t at = 0, end = vmo_stream(shared_vmo);
	struct head head;

	while (at < end) {
		T_OK(zx_vmo_read(shared_vmo, &head, at, sizeof(head)));
		cr_assert(head.thread < THREADS && head.len <= 8192, "torn record at %" PRIu64, at);
		cr_assert_eq(head.number, next[head.thread]++);
		at += sizeof(head);
		cr_assert(vmo_all(shared_vmo, at, head.len,
				  (uint8_t)(head.thread * 31 + head.number)));
		at += head.len;
	}
	cr_assert_eq(at, end);
	for (int i = 0; i < THREADS; i++)
		cr_assert_eq(next[i], per_thread);
}

static void *append_own(void *arg)
{
	const uint32_t self = (uint32_t)(uintptr_t)arg;
	zx_handle_t stream = ZX_HANDLE_INVALID;
	uint64_t seed = self + 1;

	CHECK(zx_stream_create(S_WRITE, shared_vmo, 0, &stream) == ZX_OK);
	for (unsigned i = 0; i < rounds(1000); i++)
		CHECK(append_record(stream, self, i, t_below(&seed, i % 16 == 0 ? 8192 : 300)) ==
		      ZX_OK);
	zx_handle_close(stream);
	return NULL;
}

static void *append_shared(void *arg)
{
	const uint32_t self = (uint32_t)(uintptr_t)arg;
	uint64_t seed = self + 1;

	for (unsigned i = 0; i < rounds(1000); i++)
		CHECK(append_record(shared_stream, self, i, t_below(&seed, 300)) == ZX_OK);
	return NULL;
}

/* spec: pager 10.7 #5 */
Test(call_stream_threads, append__streams_of_their_own__records_stay_whole, .timeout = 240)
{
	static void *(*const bodies[])(void *) = {append_own, append_own, append_own, append_own};

	shared_vmo = t_vmo_options(0, ZX_VMO_RESIZABLE);
	run(bodies, THREADS);
	check_records(rounds(1000));
}

/* spec: pager 10.7 #5 */
Test(call_stream_threads, append__one_stream__records_stay_whole, .timeout = 240)
{
	static void *(*const bodies[])(void *) = {append_shared, append_shared, append_shared,
						  append_shared};

	shared_vmo = t_vmo_options(0, ZX_VMO_RESIZABLE);
	shared_stream = s_stream(shared_vmo, S_WRITE, 0);
	run(bodies, THREADS);
	check_records(rounds(1000));
}

/* ---- one offset for all */

static atomic_uchar taken[40000];

static void *take_records(void *arg)
{
	uint32_t record[RECORD / 4];
	size_t actual = RECORD;

	(void)arg;
	while (actual != 0) {
		CHECK(s_read(shared_stream, record, RECORD, &actual) == ZX_OK);
		CHECK(actual == RECORD || actual == 0);
		if (actual == RECORD && record[0] < sizeof(taken))
			atomic_fetch_add(&taken[record[0]], 1);
	}
	return NULL;
}

/* spec: pager 10.7 #6 */
Test(call_stream_threads, read__one_offset__every_record_is_taken_once, .timeout = 240)
{
	static void *(*const bodies[])(void *) = {take_records, take_records, take_records,
						  take_records};
	const uint32_t count = rounds(20000);
	uint32_t record[RECORD / 4] = {0};
	size_t actual;

	shared_vmo = t_vmo_options(0, ZX_VMO_RESIZABLE);
	shared_stream = s_stream(shared_vmo, S_BOTH, 0);
	for (record[0] = 0; record[0] < count; record[0]++)
		T_OK(s_append(shared_stream, record, RECORD, &actual));
	s_seek_to(shared_stream, 0);
	run(bodies, THREADS);
	for (uint32_t i = 0; i < count; i++)
		cr_assert_eq(atomic_load(&taken[i]), 1, "record %u", i);
	cr_assert_eq(s_seek(shared_stream), (uint64_t)count * RECORD);
}

static void *put_records(void *arg)
{
	uint8_t record[RECORD];
	size_t actual;

	memset(record, (int)(uintptr_t)arg + 1, RECORD);
	for (unsigned i = 0; i < rounds(3000); i++)
		CHECK(s_write(shared_stream, record, RECORD, &actual) == ZX_OK && actual == RECORD);
	return NULL;
}

/* spec: pager 10.7 #6 */
Test(call_stream_threads, write__one_offset__no_record_is_overwritten, .timeout = 240)
{
	static void *(*const bodies[])(void *) = {put_records, put_records, put_records,
						  put_records};
	unsigned seen[THREADS] = {0};
	uint8_t record[RECORD];

	shared_vmo = t_vmo_options(0, ZX_VMO_RESIZABLE);
	shared_stream = s_stream(shared_vmo, S_WRITE, 0);
	run(bodies, THREADS);
	cr_assert_eq(vmo_stream(shared_vmo), (uint64_t)THREADS * rounds(3000) * RECORD);
	for (uint64_t at = 0; at < vmo_stream(shared_vmo); at += RECORD) {
		T_OK(zx_vmo_read(shared_vmo, record, at, RECORD));
		cr_assert(record[0] >= 1 && record[0] <= THREADS &&
			  t_all(record, RECORD, record[0]));
		seen[record[0] - 1]++;
	}
	for (int i = 0; i < THREADS; i++)
		cr_assert_eq(seen[i], rounds(3000));
}

/* ---- readers, writers and somebody who cuts the stream */

static void *cut(void *arg)
{
	uint64_t seed = (uintptr_t)arg + 9;

	for (unsigned i = 0; i < rounds(3000); i++) {
		const uint64_t size = t_below(&seed, 200) * RECORD;

		if (i % 3 != 0)
			CHECK(zx_vmo_set_size(shared_vmo, size) == ZX_OK);
		else if (size < vmo_stream(shared_vmo))
			zx_vmo_set_stream_size(shared_vmo,
					       size); /* may be larger than the VMO by now */
	}
	atomic_store(&stop, true);
	return NULL;
}

static void *append_until(void *arg)
{
	uint8_t record[4 * RECORD];
	zx_handle_t stream = ZX_HANDLE_INVALID;
	uint64_t seed = (uintptr_t)arg + 3;
	size_t actual;

	CHECK(zx_stream_create(S_WRITE, shared_vmo, 0, &stream) == ZX_OK);
	memset(record, 0x40 + (int)(uintptr_t)arg, sizeof(record));
	while (!atomic_load(&stop)) {
		const size_t len = (1 + t_below(&seed, 4)) * RECORD;

		CHECK(s_append(stream, record, len, &actual) == ZX_OK && actual == len);
	}
	zx_handle_close(stream);
	return NULL;
}

/*
 * A record inside the stream is whole. Zeros are there only where set_size or a stream size made it
 * longer.
 */
static void *read_until(void *arg)
{
	uint8_t records[8 * RECORD];
	zx_handle_t stream = ZX_HANDLE_INVALID;
	uint64_t seed = (uintptr_t)arg + 5;
	size_t actual;

	CHECK(zx_stream_create(S_READ, shared_vmo, 0, &stream) == ZX_OK);
	while (!atomic_load(&stop)) {
		const uint64_t at = t_below(&seed, 300) * RECORD;

		CHECK(s_read_at(stream, at, records, sizeof(records), &actual) == ZX_OK);
		CHECK(actual % RECORD == 0 && actual <= sizeof(records));
		for (size_t i = 0; i < actual; i += RECORD)
			CHECK(t_all(records + i, RECORD, records[i]));
	}
	zx_handle_close(stream);
	return NULL;
}

Test(call_stream_threads, cut__while_others_append_and_read__records_stay_whole, .timeout = 240)
{
	static void *(*const bodies[])(void *) = {cut, append_until, append_until, read_until,
						  read_until};

	shared_vmo = t_vmo_options(0, ZX_VMO_RESIZABLE);
	shared_stream = s_stream(shared_vmo, S_READ, 0);
	run(bodies, 5);
}
