/* zi-test: trap timeout=180 */
/*
 * Objects of zirconia/vm_object.h with a pager: which of its functions are called when, also for
 * accesses through mappings; rows of clients.md E.5 and E.6.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "pager_t.h"
#include "vm_object_t.h"

/*
 * A pager that writes down what it is asked: "c1" commit_page(1), "o1" commit_overwrite(1), "u1"
 * update_page(1), "d1" decommit_page(1) of a clean page, "D1" of a modified one. Page i is filled
 * with 0x40 + i.
 */
struct pager {
	pthread_mutex_t lock;
	char log[1024];
	int used;
	char fail_what;    /* this function fails */
	size_t fail_index; /* for this page */
	zirconia_vm_error_t fail_with;
	size_t n;         /* pages that there are */
	uint8_t last[64]; /* first byte of pages decommitted modified */
	_Atomic int busy[64];
	_Atomic bool overlap; /* two calls for one page at a time */
	long slow_ms;
	_Atomic int calls;
};

static zirconia_vm_error_t note(struct pager *p, char what, size_t index)
{
	zirconia_vm_error_t err = ZIRCONIA_VM_OK;

	atomic_fetch_add(&p->calls, 1);
	pthread_mutex_lock(&p->lock);
	if ((size_t)p->used > sizeof(p->log) - 32)
		p->used = 0; /* a test that does not look */
	p->used += snprintf(p->log + p->used, sizeof(p->log) - (size_t)p->used, "%s%c%zu",
			    p->used > 0 ? " " : "", what, index);
	if (p->fail_what == what && p->fail_index == index)
		err = p->fail_with;
	pthread_mutex_unlock(&p->lock);
	return err;
}

static zirconia_vm_error_t enter(struct pager *p, char what, size_t index)
{
	if (atomic_fetch_add(&p->busy[index % 64], 1) != 0)
		atomic_store(&p->overlap, true);
	if (p->slow_ms > 0)
		pg_sleep_ms(p->slow_ms);
	return note(p, what, index);
}

static void leave(struct pager *p, size_t index)
{
	atomic_fetch_sub(&p->busy[index % 64], 1);
}

static zirconia_vm_error_t commit_page(void *pager, size_t index, void *page)
{
	struct pager *p = pager;
	zirconia_vm_error_t err = enter(p, 'c', index);

	cr_expect(t_all(page, T_PAGE, 0), "pages start as zeros");
	memset(page, (int)(0x40 + index), T_PAGE);
	leave(p, index);
	return index < p->n ? err : ZIRCONIA_VM_INVALID_ARGS;
}

static zirconia_vm_error_t commit_overwrite(void *pager, size_t index, void *page)
{
	struct pager *p = pager;
	const zirconia_vm_error_t err = enter(p, 'o', index);

	memset(page, 0xbb, T_PAGE);
	leave(p, index);
	return err;
}

static zirconia_vm_error_t update_page(void *pager, size_t index)
{
	return note(pager, 'u', index);
}

static zirconia_vm_error_t decommit_page(void *pager, size_t index, const void *page)
{
	struct pager *p = pager;
	const zirconia_vm_error_t err = enter(p, page != NULL ? 'D' : 'd', index);

	if (page != NULL)
		p->last[index % 64] = *(const uint8_t *)page;
	leave(p, index);
	return err;
}

static const zirconia_vm_pager_ops_t ops = {commit_page, commit_overwrite, update_page,
					    decommit_page};

static struct pager new_pager(void)
{
	return (struct pager){.lock = PTHREAD_MUTEX_INITIALIZER, .n = SIZE_MAX};
}

static zirconia_vm_object_t object(struct pager *p, size_t pages)
{
	pg_engine();
	return vo_object(pages, ZIRCONIA_VM_RESIZABLE, (zirconia_vm_pager_t){&ops, p});
}

/* From now on this function fails for this page; 0: none does. */
static void fail(struct pager *p, char what, size_t index, zirconia_vm_error_t err)
{
	pthread_mutex_lock(&p->lock);
	p->fail_what = what;
	p->fail_index = index;
	p->fail_with = err;
	pthread_mutex_unlock(&p->lock);
}

#define LOG(p, expected)                                \
	do {                                            \
		pthread_mutex_lock(&(p)->lock);         \
		cr_assert_str_eq((p)->log, (expected)); \
		(p)->used = 0;                          \
		(p)->log[0] = '\0';                     \
		pthread_mutex_unlock(&(p)->lock);       \
	} while (0)

static uint8_t buf[16 * ZX_PAGE_SIZE];

/* ---- committing */

Test(vm_object_pager, commit__absent_then_present__asked_once)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 4);
	zirconia_vm_page_t page;
	zirconia_vm_commit_t c;

	c = zirconia_vm_object_try_commit_page(&o, 2 * T_PAGE + 7, &page);
	cr_assert(c.error == ZIRCONIA_VM_OK && c.need_io && c.index == 2);
	LOG(&p, "");
	VO_OK(zirconia_vm_object_commit_on(&o, 2, 0, &page));
	VO_OK(zirconia_vm_object_commit_on(&o, 2, 0, &page));
	VO_OK(zirconia_vm_object_commit_on(&o, 3, ZIRCONIA_VM_WILL_OVERWRITE, &page));
	c = zirconia_vm_object_try_commit_page(&o, 2 * T_PAGE + 7, &page);
	cr_assert(c.error == ZIRCONIA_VM_OK && !c.need_io && page.index == 2);
	VO_IS(zirconia_vm_object_commit_on(&o, 4, 0, &page), ZIRCONIA_VM_INVALID_ARGS);
	LOG(&p, "c2 o3");
	cr_assert(vo_page_is(&o, 2, 0x42) && vo_page_is(&o, 3, 0xbb));
	LOG(&p, "");
	zirconia_vm_object_done(&o);
	LOG(&p, "");
}

Test(vm_object_pager, commit__pager_fails__its_error_and_asked_again)
{
	static const zirconia_vm_error_t errors[] = {ZIRCONIA_VM_IO_ERROR, ZIRCONIA_VM_NO_MEMORY,
						     ZIRCONIA_VM_NOT_ENOUGH_RESOURCES};

	T_EACH (errors, e) {
		struct pager p = new_pager();
		zirconia_vm_object_t o = object(&p, 4);
		zirconia_vm_page_t page;

		fail(&p, 'c', 1, *e);
		VO_IS(zirconia_vm_object_commit_on(&o, 1, 0, &page), *e);
		VO_COUNT(vo_read(&o, 1, buf, 3 * T_PAGE), *e, T_PAGE - 1);
		VO_COUNT(vo_write(&o, T_PAGE + 1, buf, 1), *e, 0);
		LOG(&p, "c1 c0 c1 c1");
		fail(&p, 0, 0, ZIRCONIA_VM_OK);
		cr_assert(vo_page_is(&o, 1, 0x41));
		LOG(&p, "c1");
		zirconia_vm_object_done(&o);
	}
}

static zirconia_vm_commit_t read_first_bytes(void *arg, zirconia_vm_committer_t *committer)
{
	zirconia_vm_writer_fallible_t *w = arg;
	zirconia_vm_writer_fallible_t one;
	zirconia_vm_page_t page;
	const zirconia_vm_commit_t c = zirconia_vm_commit_here(committer, &page);

	if (c.error != ZIRCONIA_VM_OK || c.need_io)
		return c;
	one = *w;
	zirconia_vm_writer_fallible_limit(&one, 1);
	VO_COUNT(zirconia_vm_page_read(&page, 0, &one), ZIRCONIA_VM_OK, 1);
	zirconia_vm_writer_fallible_skip(w, 1);
	return c;
}

Test(vm_object_pager, operate_on_range__absent_pages__io_asked_for_and_resumed_there)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 4);
	zirconia_vm_writer_fallible_t w = zirconia_vm_writer_from_user(buf, 8);
	zirconia_vm_page_t page;
	zirconia_vm_commit_t c;

	VO_OK(zirconia_vm_object_commit_on(&o, 0, 0, &page));
	c = zirconia_vm_object_try_operate_on_range(&o, 0, 4 * T_PAGE, read_first_bytes, &w);
	cr_assert(c.error == ZIRCONIA_VM_OK && c.need_io && c.index == 1);
	cr_assert_eq(zirconia_vm_writer_fallible_avail(&w), 7);
	VO_OK(zirconia_vm_object_operate_on_range(&o, T_PAGE, 4 * T_PAGE, read_first_bytes, &w, 0));
	cr_assert_eq(memcmp(buf, "\x40\x41\x42\x43", 4), 0);
	cr_assert_eq(zirconia_vm_writer_fallible_avail(&w), 4);
	LOG(&p, "c0 c1 c2 c3");
	zirconia_vm_object_done(&o);
}

/* ---- data */

/* spec: clients E.5 "write(offset, reader)" */
Test(vm_object_pager, write__shapes__parts_committed_and_whole_pages_overwritten)
{
	static const struct {
		size_t offset, len;
		const char *log;
	} rows[] = {
		{0, 0, ""},
		{0, 1, "c0 u0"},
		{T_PAGE - 1, 2, "c0 c1 u0 u1"},
		{0, T_PAGE, "o0 u0"},
		{T_PAGE, 2 * T_PAGE, "o1 o2 u1 u2"},
		{1, T_PAGE - 1, "c0 u0"},
		{1, T_PAGE, "c0 c1 u0 u1"},
		{1, 2 * T_PAGE, "c0 o1 c2 u0 u1 u2"},
		{T_PAGE, T_PAGE + 1, "o1 c2 u1 u2"},
		{5, 2 * T_PAGE - 5, "c0 o1 u0 u1"},
	};

	memset(buf, 0x11, sizeof(buf));
	T_EACH (rows, r) {
		struct pager p = new_pager();
		zirconia_vm_object_t o = object(&p, 4);
		uint8_t back[4 * T_PAGE];

		VO_WRITE(&o, r->offset, buf, r->len);
		LOG(&p, r->log);
		VO_READ(&o, 0, back, 4 * T_PAGE);
		for (size_t i = 0; i < 4 * T_PAGE; i++) {
			const bool written = i >= r->offset && i - r->offset < r->len;

			cr_assert_eq(back[i], written ? 0x11 : 0x40 + i / T_PAGE, "%s: byte %zu",
				     r->log, i);
		}
		zirconia_vm_object_done(&o);
	}
}

Test(vm_object_pager, write__reader_faults_in_a_whole_page__rest_of_it_kept)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 4);
	uint8_t *in = t_before_guard(T_PAGE + 100);
	uint8_t back[T_PAGE];

	memset(in, 0x11, T_PAGE + 100);
	VO_COUNT(vo_write(&o, 0, in, 3 * T_PAGE), ZIRCONIA_VM_PAGE_FAULT, T_PAGE + 100);
	LOG(&p, "o0 c1 u0 u1");
	VO_READ(&o, T_PAGE, back, T_PAGE);
	cr_assert(t_all(back, 100, 0x11) && t_all(back + 100, T_PAGE - 100, 0x41));
	zirconia_vm_object_done(&o);
}

Test(vm_object_pager, write__update_fails__error_and_all_told)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 3);

	fail(&p, 'u', 1, ZIRCONIA_VM_IO_ERROR);
	VO_COUNT(vo_write(&o, 0, buf, 3 * T_PAGE), ZIRCONIA_VM_IO_ERROR, 3 * T_PAGE);
	LOG(&p, "o0 o1 o2 u0 u1 u2");
	zirconia_vm_object_done(&o);
}

Test(vm_object_pager, clear_and_replace__absent_pages__zeros_told_and_page_untold)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 4);

	VO_OK(zirconia_vm_object_clear(&o, T_PAGE, 2 * T_PAGE));
	LOG(&p, "o1 u1");
	cr_assert(vo_page_is(&o, 1, 0));
	memset(buf, 0x77, T_PAGE);
	VO_OK(zirconia_vm_object_replace(&o, buf, 2));
	VO_OK(zirconia_vm_object_replace(&o, buf, 1));
	VO_IS(zirconia_vm_object_replace(&o, buf, 4), ZIRCONIA_VM_INVALID_ARGS);
	cr_assert(vo_page_is(&o, 1, 0x77) && vo_page_is(&o, 2, 0x77));
	LOG(&p, "");
	/* What was put there is content that the pager does not have. */
	VO_OK(zirconia_vm_object_decommit(&o, 2 * T_PAGE, 3 * T_PAGE));
	LOG(&p, "D2");
	cr_assert_eq(p.last[2], 0x77);
	zirconia_vm_object_done(&o);
}

/* ---- leaving */

Test(vm_object_pager, decommit__clean_modified_absent__told_and_fetched_anew)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 6);

	VO_READ(&o, 0, buf, 4 * T_PAGE);
	VO_WRITE(&o, T_PAGE, "z", 1);
	LOG(&p, "c0 c1 c2 c3 u1");
	VO_OK(zirconia_vm_object_decommit(&o, 1, 5 * T_PAGE));
	LOG(&p, "d0 D1 d2 d3");
	cr_assert_eq(p.last[1], 'z');
	VO_OK(zirconia_vm_object_decommit(&o, 0, 6 * T_PAGE));
	LOG(&p, "");
	cr_assert(vo_page_is(&o, 1, 0x41) && vo_page_is(&o, 3, 0x43));
	LOG(&p, "c1 c3");
	cr_assert_eq(vo_committed(&o), 2);
	VO_IS(zirconia_vm_object_decommit(&o, 0, 6 * T_PAGE + 1), ZIRCONIA_VM_INVALID_ARGS);
	VO_IS(zirconia_vm_object_decommit(&o, 2, 1), ZIRCONIA_VM_INVALID_ARGS);
	LOG(&p, "");
	zirconia_vm_object_done(&o);
}

Test(vm_object_pager, decommit__pager_fails__first_error_and_all_dropped)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 3);

	VO_READ(&o, 0, buf, 3 * T_PAGE);
	fail(&p, 'd', 1, ZIRCONIA_VM_IO_ERROR);
	VO_IS(zirconia_vm_object_decommit(&o, 0, 3 * T_PAGE), ZIRCONIA_VM_IO_ERROR);
	LOG(&p, "c0 c1 c2 d0 d1 d2");
	cr_assert_eq(vo_committed(&o), 0);
	zirconia_vm_object_done(&o);
}

Test(vm_object_pager, resize__shrink_and_grow__told_and_fetched_anew)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 4);

	VO_READ(&o, 0, buf, 3 * T_PAGE);
	VO_WRITE(&o, 2 * T_PAGE, "z", 1);
	LOG(&p, "c0 c1 c2 u2");
	VO_OK(zirconia_vm_object_resize(&o, T_PAGE - 1));
	LOG(&p, "d1 D2");
	cr_assert_eq(p.last[2], 'z');
	cr_assert_eq(zirconia_vm_object_size(&o), T_PAGE);
	VO_COUNT(vo_read(&o, T_PAGE + 1, buf, 1), ZIRCONIA_VM_INVALID_ARGS, 0);
	/* Growing asks nobody; what is there then comes from the pager, when it is used. */
	VO_OK(zirconia_vm_object_resize(&o, 6 * T_PAGE));
	LOG(&p, "");
	VO_READ(&o, 0, buf, 6 * T_PAGE);
	LOG(&p, "c1 c2 c3 c4 c5");
	for (size_t i = 0; i < 6; i++)
		cr_assert(t_all(buf + i * T_PAGE, T_PAGE, (uint8_t)(0x40 + i)), "page %zu", i);
	VO_OK(zirconia_vm_object_resize(&o, 0));
	LOG(&p, "d0 d1 d2 d3 d4 d5");
	zirconia_vm_object_done(&o);
}

Test(vm_object_pager, writeback__begin_and_end__pages_clean_unless_modified_between)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 3);

	VO_WRITE(&o, 0, buf, 3 * T_PAGE);
	VO_OK(zirconia_vm_object_writeback_begin(&o, 0, 2 * T_PAGE));
	VO_WRITE(&o, T_PAGE, "n", 1);
	VO_OK(zirconia_vm_object_writeback_end(&o, 0, 2 * T_PAGE));
	/* A write-back that was begun and did not succeed. */
	VO_OK(zirconia_vm_object_writeback_begin(&o, 2 * T_PAGE, 3 * T_PAGE));
	LOG(&p, "o0 o1 o2 u0 u1 u2 u1");
	VO_OK(zirconia_vm_object_decommit(&o, 0, 3 * T_PAGE));
	LOG(&p, "d0 D1 D2");
	cr_assert_eq(p.last[1], 'n');
	zirconia_vm_object_done(&o);
}

Test(vm_object_pager, next_modified__runs__found_in_order)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 6);
	zirconia_vm_object_t anonymous = vo_anonymous(1, 0);
	size_t start = 7, end = 7;

	VO_IS(zirconia_vm_object_next_modified(&o, 0, 7 * T_PAGE, &start, &end),
	      ZIRCONIA_VM_INVALID_ARGS);
	VO_IS(zirconia_vm_object_next_modified(&o, T_PAGE, 0, &start, &end),
	      ZIRCONIA_VM_INVALID_ARGS);
	cr_assert(start == 7 && end == 7);
	VO_READ(&o, 0, buf, 6 * T_PAGE);
	VO_OK(zirconia_vm_object_next_modified(&o, 0, 6 * T_PAGE, &start, &end));
	cr_assert(start == 6 * T_PAGE && end == 6 * T_PAGE);
	VO_WRITE(&o, T_PAGE, buf, 2 * T_PAGE);
	VO_WRITE(&o, 4 * T_PAGE, buf, 1);
	VO_OK(zirconia_vm_object_next_modified(&o, 0, 6 * T_PAGE, &start, &end));
	cr_assert(start == T_PAGE && end == 3 * T_PAGE);
	VO_OK(zirconia_vm_object_next_modified(&o, end, 6 * T_PAGE, &start, &end));
	cr_assert(start == 4 * T_PAGE && end == 5 * T_PAGE);
	VO_OK(zirconia_vm_object_next_modified(&anonymous, 0, T_PAGE, &start, &end));
	cr_assert(start == T_PAGE && end == T_PAGE);
	zirconia_vm_object_done(&anonymous);
	zirconia_vm_object_done(&o);
}

/* ---- through a mapping, and the kernel */

Test(vm_object_pager, mapping__loads_and_stores__pages_committed_and_updated)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 4);
	zx_vaddr_t addr;

	VO_OK(zirconia_vm_object_map(&o, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, 4 * T_PAGE, &addr));
	cr_assert_eq(*(volatile uint8_t *)(addr + 2 * T_PAGE + 9), 0x42);
	LOG(&p, "c2");
	*(volatile uint8_t *)(addr + 2 * T_PAGE) = 1;
	*(volatile uint8_t *)(addr + 2 * T_PAGE + 1) = 1;
	LOG(&p, "u2");
	*(volatile uint8_t *)addr = 1;
	LOG(&p, "c0 u0");
	/* After it was written back, the next store is told again. */
	VO_OK(zirconia_vm_object_writeback_begin(&o, 0, T_PAGE));
	VO_OK(zirconia_vm_object_writeback_end(&o, 0, T_PAGE));
	*(volatile uint8_t *)(addr + 1) = 2;
	LOG(&p, "u0");
	VO_READ(&o, 0, buf, 3);
	cr_assert(buf[0] == 1 && buf[1] == 2 && buf[2] == 0x40);
	/* After it was dropped, it is fetched again. */
	VO_OK(zirconia_vm_object_decommit(&o, 0, 1));
	cr_assert_eq(*(volatile uint8_t *)addr, 0x40);
	LOG(&p, "D0 c0");
	T_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, 4 * T_PAGE));
	zirconia_vm_object_done(&o);
}

Test(vm_object_pager, mapping__pager_fails__access_fails)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 2);
	zx_vaddr_t addr;
	uint8_t value;

	VO_OK(zirconia_vm_object_map(&o, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, 2 * T_PAGE, &addr));
	fail(&p, 'c', 1, ZIRCONIA_VM_IO_ERROR);
	T_ZX(zirconia_probe_read8((void *)(addr + T_PAGE), &value), ZX_ERR_IO);
	fail(&p, 'c', 1, ZIRCONIA_VM_NOT_ENOUGH_RESOURCES);
	T_ZX(zirconia_probe_read8((void *)(addr + T_PAGE), &value), ZX_ERR_NO_SPACE);
	T_OK(zirconia_probe_read8((void *)addr, &value));
	fail(&p, 'u', 0, ZIRCONIA_VM_NOT_ENOUGH_RESOURCES);
	T_ZX(zirconia_probe_write8((void *)addr, 1), ZX_ERR_NO_SPACE);
	fail(&p, 0, 0, ZIRCONIA_VM_OK);
	T_OK(zirconia_probe_write8((void *)addr, 1));
	cr_assert_eq(*(uint8_t *)addr, 1);
	T_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, 2 * T_PAGE));
	zirconia_vm_object_done(&o);
}

Test(vm_object_pager, eviction__clean_page__asked_for_again)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 2);
	uint64_t evicted = 0;
	zx_handle_t handle;

	VO_READ(&o, 0, buf, 2 * T_PAGE);
	VO_WRITE(&o, 0, "z", 1);
	LOG(&p, "c0 c1 u0");
	VO_OK(zirconia_vm_object_handle(&o, &handle));
	T_OK(zirconia_debug_evict(handle, 0, 2 * T_PAGE, 0, &evicted));
	t_close(handle);
	cr_assert_eq(evicted, 1);
	VO_READ(&o, 0, buf, 2 * T_PAGE);
	LOG(&p, "c1");
	cr_assert(buf[0] == 'z' && t_all(buf + T_PAGE, T_PAGE, 0x41));
	zirconia_vm_object_done(&o);
}

/* ---- threads */

struct reader {
	const zirconia_vm_object_t *object;
	bool ok;
};

static void *read_all(void *arg)
{
	struct reader *r = arg;
	uint8_t all[8 * ZX_PAGE_SIZE];

	r->ok = true;
	VO_READ(r->object, 0, all, sizeof(all));
	for (size_t i = 0; i < 8; i++)
		r->ok &= t_all(all + i * T_PAGE, T_PAGE, (uint8_t)(0x40 + i));
	return NULL;
}

Test(vm_object_pager, threads__same_absent_pages__each_asked_for_once)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 8);
	struct reader readers[3];
	pthread_t ids[3];

	p.slow_ms = 2;
	for (int i = 0; i < 3; i++) {
		readers[i].object = &o;
		cr_assert_eq(pthread_create(&ids[i], NULL, read_all, &readers[i]), 0);
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(ids[i], NULL);
		cr_assert(readers[i].ok);
	}
	cr_assert_eq(atomic_load(&p.calls), 8);
	cr_assert_not(atomic_load(&p.overlap));
	zirconia_vm_object_done(&o);
}

struct stirrer {
	const zirconia_vm_object_t *object;
	_Atomic bool *stop;
	_Atomic int rounds;
};

static void *drop_all(void *arg)
{
	struct stirrer *s = arg;

	while (!atomic_load(s->stop)) {
		VO_OK(zirconia_vm_object_decommit(s->object, 0, 8 * T_PAGE));
		s->rounds++;
	}
	return NULL;
}

Test(vm_object_pager, threads__reading_while_dropping__pager_calls_never_overlap)
{
	struct pager p = new_pager();
	zirconia_vm_object_t o = object(&p, 8);
	_Atomic bool stop = false;
	struct stirrer s = {&o, &stop, 0};
	struct reader r = {&o, false};
	pthread_t id;

	cr_assert_eq(pthread_create(&id, NULL, drop_all, &s), 0);
	for (int i = 0; i < 100 || (i < 100000 && atomic_load(&s.rounds) < 20); i++) {
		(void)read_all(&r);
		cr_assert(r.ok, "round %d", i);
		VO_WRITE(&o, 3 * T_PAGE, "\x43", 1);
	}
	atomic_store(&stop, true);
	pthread_join(id, NULL);
	cr_assert_geq(atomic_load(&s.rounds), 20);
	cr_assert_not(atomic_load(&p.overlap));
	zirconia_vm_object_done(&o);
}
