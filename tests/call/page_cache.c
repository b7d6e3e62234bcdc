/* zi-test: trap timeout=180 */
/*
 * The page cache of zirconia/page_cache.h over files of the host: what is read and written when,
 * what is at the end of a file, and what failures leave behind; rows of clients.md E.6.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include <zirconia/page_cache.h>

#include "pager_t.h"
#include "vm_object_t.h"

#define N_LOG 256

/* A file, and what the cache did to it: "r0 w3" is a read of page 0 and a write of page 3. */
struct file {
	int fd;
	_Atomic size_t size;
	pthread_mutex_t lock;
	char log[N_LOG * 8];
	int used;
	long fail_read, fail_write; /* page that fails; -1: none */
	bool fail_to_start;
	bool late; /* transfers end in a thread of their own */
	_Atomic int late_now;
	zirconia_page_cache_t *cache;
};

static void note(struct file *f, char what, size_t index)
{
	pthread_mutex_lock(&f->lock);
	if ((size_t)f->used < sizeof(f->log) - 32)
		f->used += snprintf(f->log + f->used, sizeof(f->log) - (size_t)f->used, "%s%c%zu",
				    f->used > 0 ? " " : "", what, index);
	pthread_mutex_unlock(&f->lock);
}

static zirconia_vm_error_t read_now(struct file *f, size_t index, void *page)
{
	const size_t at = index * T_PAGE, size = atomic_load(&f->size);
	const size_t want = at < size ? (size - at < T_PAGE ? size - at : T_PAGE) : 0;
	const ssize_t got = pread(f->fd, page, want, (off_t)at);

	if (got < 0)
		return ZIRCONIA_VM_IO_ERROR;
	memset((char *)page + got, 0, T_PAGE - (size_t)got);
	return ZIRCONIA_VM_OK;
}

struct late {
	struct file *file;
	size_t index;
	void *page;
	zirconia_page_io_t *io;
};

static void *read_late(void *arg)
{
	struct late *l = arg;
	struct file *f = l->file;

	pg_sleep_ms(1 + (long)(l->index % 3) * 2);
	zirconia_page_io_done(l->io, f->fail_read == (long)l->index ?
					     ZIRCONIA_VM_IO_ERROR :
					     read_now(f, l->index, l->page));
	atomic_fetch_sub(&f->late_now, 1);
	free(l);
	return NULL;
}

static zirconia_vm_error_t read_page(void *backend, size_t index, void *page,
				     zirconia_page_io_t *io)
{
	struct file *f = backend;

	note(f, 'r', index);
	if (f->late) {
		struct late *l = malloc(sizeof(*l));
		pthread_t id;

		*l = (struct late){f, index, page, io};
		atomic_fetch_add(&f->late_now, 1);
		cr_assert_eq(pthread_create(&id, NULL, read_late, l), 0);
		pthread_detach(id);
		return ZIRCONIA_VM_OK;
	}
	if (f->fail_read == (long)index && f->fail_to_start)
		return ZIRCONIA_VM_NO_MEMORY;
	zirconia_page_io_done(io, f->fail_read == (long)index ? ZIRCONIA_VM_IO_ERROR :
								read_now(f, index, page));
	return ZIRCONIA_VM_OK;
}

static zirconia_vm_error_t write_page(void *backend, size_t index, const void *page,
				      zirconia_page_io_t *io)
{
	struct file *f = backend;
	const size_t at = index * T_PAGE, size = atomic_load(&f->size);
	const size_t n = at < size ? (size - at < T_PAGE ? size - at : T_PAGE) : 0;

	note(f, 'w', index);
	if (f->fail_write == (long)index && f->fail_to_start)
		return ZIRCONIA_VM_NO_MEMORY;
	zirconia_page_io_done(io, f->fail_write == (long)index ||
						  pwrite(f->fd, page, n, (off_t)at) != (ssize_t)n ?
					  ZIRCONIA_VM_IO_ERROR :
					  ZIRCONIA_VM_OK);
	return ZIRCONIA_VM_OK;
}

static size_t npages(void *backend)
{
	struct file *f = backend;

	return (atomic_load(&f->size) + T_PAGE - 1) / T_PAGE;
}

static const zirconia_page_backend_ops_t ops = {read_page, write_page, npages};

/* Byte `at` of a fresh file. */
static uint8_t fresh(size_t at)
{
	return (uint8_t)(at / T_PAGE * 16 + at % 13 + 1);
}

/* A file of `size` bytes on the host, unlinked, with a cache over it. */
static struct file *open_file(size_t size)
{
	char name[] = "/tmp/zirconia-page-cache-XXXXXX";
	struct file *f = calloc(1, sizeof(*f));
	uint8_t *content = malloc(size + 1);

	pg_engine();
	cr_assert(f != NULL && content != NULL);
	f->fd = mkstemp(name);
	cr_assert_geq(f->fd, 0);
	unlink(name);
	for (size_t i = 0; i < size; i++)
		content[i] = fresh(i);
	cr_assert_eq(write(f->fd, content, size), (ssize_t)size);
	free(content);
	atomic_init(&f->size, size);
	pthread_mutex_init(&f->lock, NULL);
	f->fail_read = f->fail_write = -1;
	VO_OK(zirconia_page_cache_create(&ops, f, size, &f->cache));
	return f;
}

static void close_file(struct file *f)
{
	VO_OK(zirconia_page_cache_destroy(f->cache));
	while (atomic_load(&f->late_now) > 0)
		pg_sleep_ms(1);
	close(f->fd);
	free(f);
}

#define LOG(f, expected)                                                                           \
	do {                                                                                       \
		pthread_mutex_lock(&(f)->lock);                                                    \
		cr_assert_str_eq((f)->log, (expected), "%s:%d: %s", __FILE__, __LINE__, (f)->log); \
		(f)->used = 0;                                                                     \
		(f)->log[0] = '\0';                                                                \
		pthread_mutex_unlock(&(f)->lock);                                                  \
	} while (0)

static zirconia_vm_object_t *pages(struct file *f)
{
	return zirconia_page_cache_object(f->cache);
}

static bool is_fresh(const uint8_t *bytes, size_t at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != fresh(at + i))
			return false;
	return true;
}

static off_t host_size(const struct file *f)
{
	return lseek(f->fd, 0, SEEK_END);
}

static uint8_t host_byte(const struct file *f, size_t at)
{
	uint8_t byte = 0;

	cr_assert_eq(pread(f->fd, &byte, 1, (off_t)at), 1, "byte %zu", at);
	return byte;
}

#define STATE(f, index, expected) \
	cr_assert_eq(zirconia_page_cache_state((f)->cache, (index)), ZIRCONIA_PAGE_##expected)

static uint8_t buf[100 * ZX_PAGE_SIZE];

/* ---- reading */

Test(page_cache, read__small_file_with_partial_tail__content_then_zeros)
{
	struct file *f = open_file(2 * T_PAGE + 100);

	cr_assert_eq(zirconia_vm_object_size(pages(f)), 3 * T_PAGE);
	STATE(f, 2, ABSENT);
	VO_READ(pages(f), 2 * T_PAGE, buf, T_PAGE);
	cr_assert(is_fresh(buf, 2 * T_PAGE, 100) && t_all(buf + 100, T_PAGE - 100, 0));
	STATE(f, 2, UP_TO_DATE);
	VO_READ(pages(f), 50, buf, 2);
	VO_READ(pages(f), 60, buf, 2);
	cr_assert(is_fresh(buf, 60, 2));
	/* Every page once, and nothing is written that was not modified. */
	VO_OK(zirconia_page_cache_evict_range(f->cache, 0, SIZE_MAX));
	LOG(f, "r2 r0");
	close_file(f);
}

/* spec: clients E.6 "read-ahead" */
Test(page_cache, read__sequential__windows_ahead_double)
{
	struct file *f = open_file(30 * T_PAGE);

	VO_READ(pages(f), 0, buf, T_PAGE);
	LOG(f, "r0");
	VO_READ(pages(f), T_PAGE, buf, T_PAGE);
	LOG(f, "r1 r2 r3 r4 r5");
	STATE(f, 5, UP_TO_DATE);
	VO_READ(pages(f), 2 * T_PAGE, buf, T_PAGE);
	LOG(f, "r6 r7 r8 r9 r10 r11 r12 r13");
	VO_READ(pages(f), 3 * T_PAGE, buf, 3 * T_PAGE);
	cr_assert(is_fresh(buf, 3 * T_PAGE, 3 * T_PAGE));
	LOG(f, "");
	/* Up to the end of the file, and no further. */
	VO_READ(pages(f), 6 * T_PAGE, buf, 24 * T_PAGE);
	cr_assert(is_fresh(buf, 6 * T_PAGE, 24 * T_PAGE));
	LOG(f, "r14 r15 r16 r17 r18 r19 r20 r21 r22 r23 r24 r25 r26 r27 r28 r29");
	close_file(f);
}

Test(page_cache, read__at_random__nothing_ahead)
{
	struct file *f = open_file(30 * T_PAGE);

	for (size_t i = 0; i < 30; i += 3)
		VO_READ(pages(f), 27 * T_PAGE - i / 3 * 3 * T_PAGE, buf, 1);
	LOG(f, "r27 r24 r21 r18 r15 r12 r9 r6 r3 r0");
	close_file(f);
}

Test(page_cache, read__transfers_that_end_later__waited_for)
{
	struct file *f = open_file(70 * T_PAGE);

	f->late = true;
	VO_READ(pages(f), 0, buf, 70 * T_PAGE);
	cr_assert(is_fresh(buf, 0, 70 * T_PAGE));
	/* Ended while pages are still on their way. */
	VO_OK(zirconia_page_cache_discard_range(f->cache, 0, 70 * T_PAGE));
	VO_READ(pages(f), 0, buf, 2 * T_PAGE);
	close_file(f);
}

Test(page_cache, read__failures__error_then_asked_again)
{
	struct file *f = open_file(8 * T_PAGE);

	for (int start = 0; start < 2; start++) {
		f->fail_to_start = start != 0;
		f->fail_read = 5;
		VO_COUNT(vo_read(pages(f), 5 * T_PAGE, buf, 10), ZIRCONIA_VM_IO_ERROR, 0);
		STATE(f, 5, ABSENT);
		/* A page that fails when it is read ahead is only missed when it is needed. */
		VO_READ(pages(f), 0, buf, 5 * T_PAGE);
		VO_COUNT(vo_read(pages(f), 5 * T_PAGE, buf, 10), ZIRCONIA_VM_IO_ERROR, 0);
		f->fail_read = -1;
		VO_READ(pages(f), 5 * T_PAGE, buf, 10);
		cr_assert(is_fresh(buf, 5 * T_PAGE, 10));
		VO_OK(zirconia_page_cache_discard_range(f->cache, 0, SIZE_MAX));
	}
	close_file(f);
}

/* ---- writing */

Test(page_cache, write__parts_and_whole_pages__read_only_what_is_needed_and_written_back)
{
	struct file *f = open_file(6 * T_PAGE);

	memset(buf, 0xee, sizeof(buf));
	VO_WRITE(pages(f), T_PAGE / 2, buf, 3 * T_PAGE);
	LOG(f, "r0 r3");
	STATE(f, 0, DIRTY);
	STATE(f, 1, DIRTY);
	STATE(f, 4, ABSENT);
	cr_assert_eq(host_byte(f, T_PAGE), fresh(T_PAGE));
	VO_OK(zirconia_page_cache_evict_range(f->cache, T_PAGE, 2 * T_PAGE));
	LOG(f, "w1");
	STATE(f, 1, UP_TO_DATE);
	STATE(f, 0, DIRTY);
	VO_OK(zirconia_page_cache_evict_range(f->cache, 0, SIZE_MAX));
	LOG(f, "w0 w2 w3");
	VO_OK(zirconia_page_cache_evict_range(f->cache, 0, SIZE_MAX));
	LOG(f, "");
	for (size_t i = 0; i < 6 * T_PAGE; i += 7)
		cr_assert_eq(host_byte(f, i),
			     i >= T_PAGE / 2 && i < T_PAGE / 2 + 3 * T_PAGE ? 0xee : fresh(i),
			     "byte %zu", i);
	close_file(f);
}

Test(page_cache, write__through_a_mapping__written_back_and_noticed_again)
{
	struct file *f = open_file(3 * T_PAGE);
	zx_vaddr_t addr;

	VO_OK(zirconia_vm_object_map(pages(f), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, 3 * T_PAGE,
				     &addr));
	cr_assert_eq(*(volatile uint8_t *)(addr + 2 * T_PAGE), fresh(2 * T_PAGE));
	*(volatile uint8_t *)(addr + 5) = 1;
	STATE(f, 0, DIRTY);
	VO_OK(zirconia_page_cache_evict_range(f->cache, 0, SIZE_MAX));
	STATE(f, 0, UP_TO_DATE);
	cr_assert_eq(host_byte(f, 5), 1);
	*(volatile uint8_t *)(addr + 5) = 2;
	STATE(f, 0, DIRTY);
	VO_OK(zirconia_page_cache_evict_range(f->cache, 0, SIZE_MAX));
	cr_assert_eq(host_byte(f, 5), 2);
	LOG(f, "r2 r0 w0 w0");
	T_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, 3 * T_PAGE));
	close_file(f);
}

Test(page_cache, evict_range__a_write_fails__all_stay_dirty)
{
	struct file *f = open_file(80 * T_PAGE);

	memset(buf, 0xee, sizeof(buf));
	VO_WRITE(pages(f), 0, buf, 80 * T_PAGE);
	for (int start = 0; start < 2; start++) {
		f->fail_to_start = start != 0;
		f->fail_write = 40;
		VO_IS(zirconia_page_cache_evict_range(f->cache, 0, 80 * T_PAGE),
		      ZIRCONIA_VM_IO_ERROR);
		for (size_t i = 0; i < 80; i++)
			STATE(f, i, DIRTY);
	}
	f->fail_write = -1;
	f->used = 0;
	VO_OK(zirconia_page_cache_evict_range(f->cache, 0, 80 * T_PAGE));
	for (size_t i = 0; i < 80; i++) {
		STATE(f, i, UP_TO_DATE);
		cr_assert_eq(host_byte(f, i * T_PAGE), 0xee);
	}
	close_file(f);
}

Test(page_cache, discard_range__modified_pages__the_file_is_seen_again)
{
	struct file *f = open_file(4 * T_PAGE);

	VO_WRITE(pages(f), 0, "abc", 3);
	VO_WRITE(pages(f), 2 * T_PAGE, "abc", 3);
	VO_OK(zirconia_page_cache_discard_range(f->cache, 0, T_PAGE));
	STATE(f, 0, ABSENT);
	VO_READ(pages(f), 0, buf, 3);
	cr_assert(is_fresh(buf, 0, 3));
	VO_READ(pages(f), 2 * T_PAGE, buf, 3);
	cr_assert_eq(memcmp(buf, "abc", 3), 0);
	LOG(f, "r0 r2 r0");
	VO_OK(zirconia_page_cache_destroy(f->cache));
	LOG(f, "w2");
	close(f->fd);
	free(f);
}

Test(page_cache, eviction_by_the_kernel__clean_pages__read_again)
{
	struct file *f = open_file(2 * T_PAGE);
	uint64_t evicted = 0;
	zx_handle_t handle;

	VO_READ(pages(f), 0, buf, 1);
	VO_READ(pages(f), T_PAGE, buf, 1);
	VO_WRITE(pages(f), 0, "x", 1);
	VO_OK(zirconia_vm_object_handle(pages(f), &handle));
	T_OK(zirconia_debug_evict(handle, 0, 2 * T_PAGE, 0, &evicted));
	cr_assert_eq(evicted, 1);
	LOG(f, "r0 r1");
	VO_READ(pages(f), 0, buf, 2 * T_PAGE);
	cr_assert(buf[0] == 'x' && is_fresh(buf + 1, 1, 2 * T_PAGE - 1));
	LOG(f, "r1");
	t_close(handle);
	close_file(f);
}

/* ---- sizes */

static void set_size(struct file *f, size_t size)
{
	atomic_store(&f->size, size);
	VO_OK(zirconia_page_cache_resize(f->cache, size));
}

Test(page_cache, resize__shrink_into_a_page_and_grow__zeros_behind)
{
	struct file *f = open_file(3 * T_PAGE);

	VO_READ(pages(f), 0, buf, 3 * T_PAGE);
	set_size(f, T_PAGE + 10);
	cr_assert_eq(ftruncate(f->fd, T_PAGE + 10), 0);
	cr_assert_eq(zirconia_vm_object_size(pages(f)), 2 * T_PAGE);
	STATE(f, 1, DIRTY);
	STATE(f, 2, ABSENT);
	set_size(f, 3 * T_PAGE + 5);
	VO_READ(pages(f), 0, buf, 4 * T_PAGE);
	cr_assert(is_fresh(buf, 0, T_PAGE + 10) && t_all(buf + T_PAGE + 10, 3 * T_PAGE - 10, 0));
	close_file(f);
}

Test(page_cache, write__grown_file__host_file_ends_where_the_file_does)
{
	struct file *f = open_file(100);

	set_size(f, T_PAGE + 7);
	VO_WRITE(pages(f), T_PAGE, "0123456", 7);
	VO_WRITE(pages(f), 98, "ABCD", 4);
	VO_OK(zirconia_page_cache_evict_range(f->cache, 0, SIZE_MAX));
	cr_assert_eq(host_size(f), (off_t)T_PAGE + 7);
	cr_assert(host_byte(f, 97) == fresh(97) && host_byte(f, 98) == 'A' &&
		  host_byte(f, 101) == 'D' && host_byte(f, 102) == 0 &&
		  host_byte(f, T_PAGE + 6) == '6');
	close_file(f);
}

Test(page_cache, resize__cut_off_while_the_backend_counts_them__written)
{
	struct file *f = open_file(3 * T_PAGE);

	VO_WRITE(pages(f), 2 * T_PAGE, "abc", 3);
	VO_WRITE(pages(f), T_PAGE, "abc", 3);
	VO_OK(zirconia_page_cache_resize(f->cache, 2 * T_PAGE));
	LOG(f, "r2 r1 w2");
	cr_assert_eq(host_byte(f, 2 * T_PAGE), 'a');
	f->fail_write = 1;
	VO_IS(zirconia_page_cache_resize(f->cache, 0), ZIRCONIA_VM_IO_ERROR);
	cr_assert_eq(zirconia_vm_object_size(pages(f)), 0);
	close_file(f);
}

Test(page_cache, fill_zeros__head_middle_tail__middle_not_read)
{
	struct file *f = open_file(4 * T_PAGE);

	VO_OK(zirconia_page_cache_fill_zeros(f->cache, 10, 3 * T_PAGE + 10));
	VO_IS(zirconia_page_cache_fill_zeros(f->cache, 10, 4 * T_PAGE + 1),
	      ZIRCONIA_VM_INVALID_ARGS);
	VO_READ(pages(f), 0, buf, 4 * T_PAGE);
	cr_assert(is_fresh(buf, 0, 10) && t_all(buf + 10, 3 * T_PAGE, 0) &&
		  is_fresh(buf + 3 * T_PAGE + 10, 3 * T_PAGE + 10, T_PAGE - 10));
	LOG(f, "r0 r3");
	close_file(f);
}

Test(page_cache, forget_backend__pages_modified__dropped_and_absent_ones_zero)
{
	struct file *f = open_file(3 * T_PAGE);

	VO_WRITE(pages(f), 0, "abc", 3);
	zirconia_page_cache_forget_backend(f->cache);
	VO_READ(pages(f), 0, buf, 3);
	cr_assert_eq(memcmp(buf, "abc", 3), 0);
	VO_READ(pages(f), T_PAGE, buf, T_PAGE);
	cr_assert(t_all(buf, T_PAGE, 0));
	LOG(f, "r0");
	VO_OK(zirconia_page_cache_destroy(f->cache));
	LOG(f, "");
	cr_assert_eq(host_byte(f, 0), fresh(0));
	close(f->fd);
	free(f);
}

Test(page_cache, create__too_large__error_and_destroy_of_nothing)
{
	zirconia_page_cache_t *cache = NULL;

	VO_IS(zirconia_page_cache_create(&ops, NULL, SIZE_MAX, &cache), ZIRCONIA_VM_INVALID_ARGS);
	cr_assert_null(cache);
	VO_OK(zirconia_page_cache_destroy(cache));
}

/* ---- against a model, and threads */

Test(page_cache, random_operations__against_an_array__same_bytes_here_and_on_the_host)
{
	enum { MAX = 20 * ZX_PAGE_SIZE };
	static uint8_t model[MAX], bytes[MAX], host[MAX];
	uint64_t seed = t_seed();
	struct file *f = open_file(0);
	size_t size = 0;

	for (int round = 0; round < 400; round++) {
		const size_t at = size == 0 ? 0 : (size_t)t_below(&seed, size);
		const size_t most = size - at < 3 * T_PAGE ? size - at : 3 * T_PAGE;
		const size_t n = most == 0 ? 0 : (size_t)t_below(&seed, most) + 1;

		switch (t_below(&seed, 8)) {
		case 0:
		case 1:
		case 2:
			for (size_t i = 0; i < n; i++)
				model[at + i] = bytes[i] = (uint8_t)t_random(&seed);
			VO_WRITE(pages(f), at, bytes, n);
			break;
		case 3:
		case 4:
			VO_READ(pages(f), at, bytes, n);
			cr_assert_eq(memcmp(bytes, model + at, n), 0, "round %d", round);
			break;
		case 5:
			size = (size_t)t_below(&seed, MAX);
			if (size < atomic_load(&f->size))
				cr_assert_eq(ftruncate(f->fd, (off_t)size), 0);
			set_size(f, size);
			memset(model + size, 0, MAX - size);
			break;
		case 6:
			VO_OK(zirconia_page_cache_evict_range(f->cache, at, at + n));
			break;
		default:
			VO_OK(zirconia_page_cache_evict_range(f->cache, 0, SIZE_MAX));
			VO_OK(zirconia_page_cache_discard_range(f->cache, at, at + n));
			break;
		}
	}
	VO_OK(zirconia_page_cache_evict_range(f->cache, 0, SIZE_MAX));
	/* What was never written of a grown file may lie behind the end of the host's. */
	cr_assert_geq(pread(f->fd, host, size, 0), 0);
	cr_assert_eq(memcmp(host, model, size), 0);
	close_file(f);
}

struct writer {
	struct file *file;
	uint8_t value;
	_Atomic bool *stop;
};

static void *write_page_again(void *arg)
{
	struct writer *w = arg;
	uint8_t page[T_PAGE];

	for (uint8_t k = 0; !atomic_load(w->stop); k++) {
		memset(page, k, T_PAGE);
		VO_WRITE(pages(w->file), w->value * T_PAGE, page, T_PAGE);
	}
	memset(page, w->value, T_PAGE);
	VO_WRITE(pages(w->file), w->value * T_PAGE, page, T_PAGE);
	return NULL;
}

Test(page_cache, threads__writing_while_written_back__last_bytes_reach_the_file)
{
	struct file *f = open_file(3 * T_PAGE);
	_Atomic bool stop = false;
	struct writer writers[2];
	pthread_t ids[2];

	for (uint8_t i = 0; i < 2; i++) {
		writers[i] = (struct writer){f, (uint8_t)(i + 1), &stop};
		cr_assert_eq(pthread_create(&ids[i], NULL, write_page_again, &writers[i]), 0);
	}
	for (int i = 0; i < 200; i++)
		VO_OK(zirconia_page_cache_evict_range(f->cache, 0, SIZE_MAX));
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(ids[i], NULL);
	VO_OK(zirconia_page_cache_evict_range(f->cache, 0, SIZE_MAX));
	for (size_t i = T_PAGE; i < 3 * T_PAGE; i++)
		cr_assert_eq(host_byte(f, i), i / T_PAGE);
	close_file(f);
}
