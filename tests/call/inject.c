/* zi-test: valgrind */
/* Fault injection as programs see it: every call is a point, pagers and faults are, and the variable is read. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <zircon/syscalls-next.h>
#include <zircon/syscalls/port.h>
#include <zirconia/fault.h>
#include <zirconia/inject.h>

#include "t.h"

/* ---- calls */

typedef void (*any_call)(void);

static const struct {
	const char *name;
	any_call call;
	const char *answer;
} calls[] = {
#define ZI_CALL(type, name, params, args, area, answer) {#name, (any_call)(name), #answer},
#include "syscalls/table.def"
#undef ZI_CALL
};

/* With every argument 0: registers or stack, the call does not look at them. */
static zx_status_t call_with_zeros(any_call call)
{
	zx_status_t (*fn)(long, long, long, long, long, long, long, long, long, long) =
		(zx_status_t(*)(long, long, long, long, long, long, long, long, long, long))call;

	return fn(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

Test(inject, every_call__told_to_fail__answers_the_status)
{
	unsigned tried = 0;

	T_EACH (calls, c) {
		char spec[96];

		if (strcmp(c->answer, "STATUS") != 0)
			continue;
		snprintf(spec, sizeof(spec), "%s:times=1:ZX_ERR_IO_OVERRUN", c->name);
		T_OK(zirconia_inject_set(spec));
		T_ZX_ROW(c->name, call_with_zeros(c->call), ZX_ERR_IO_OVERRUN);
		cr_assert_eq(zirconia_inject_count(c->name), 1, "%s", c->name);
		cr_assert_eq(zirconia_inject_fired(), 1, "%s", c->name);
		tried++;
	}
	cr_assert_gt(tried, 130u);
}

Test(inject, calls_without_status__delayed__counted_and_answered)
{
	static const char *const names[] = {"zx_clock_get_monotonic", "zx_ticks_get",
					    "zx_deadline_after",      "zx_system_get_num_cpus",
					    "zx_vmar_root_self",      "zx_thread_self",
					    "zx_status_get_string",   "zx_cprng_draw"};
	uint8_t byte;

	T_OK(zirconia_inject_set("zx_*:delay=1ns"));
	cr_assert_gt(zx_clock_get_monotonic(), 0);
	cr_assert_gt(zx_ticks_get(), 0);
	cr_assert_gt(zx_deadline_after(1), 0);
	cr_assert_gt(zx_system_get_num_cpus(), 0);
	cr_assert_neq(zx_vmar_root_self(), ZX_HANDLE_INVALID);
	cr_assert_neq(zx_thread_self(), ZX_HANDLE_INVALID);
	cr_assert_str_eq(zx_status_get_string(ZX_OK), "ZX_OK");
	zx_cprng_draw(&byte, 1);
	T_EACH (names, n)
		cr_assert_eq(zirconia_inject_count(*n), 1, "%s", *n);
}

Test(inject, call__delayed__takes_the_time_and_does_its_work)
{
	zx_instant_mono_t from;
	zx_handle_t vmo;

	T_OK(zirconia_inject_set("zx_vmo_create:delay=20ms"));
	from = zx_clock_get_monotonic();
	T_OK(zx_vmo_create(T_PAGE, 0, &vmo));
	cr_assert_geq(zx_clock_get_monotonic() - from, ZX_MSEC(20));
	t_close(vmo);
}

/* One call inside another is not a point of its own. */
Test(inject, close_many__close_told_to_fail__does_not_notice)
{
	zx_handle_t vmo[2] = {t_vmo(T_PAGE), t_vmo(T_PAGE)};

	T_OK(zirconia_inject_set("zx_handle_close:ZX_ERR_BAD_STATE;zx_nanosleep:ZX_ERR_IO"));
	T_ZX(zx_handle_close(vmo[0]), ZX_ERR_BAD_STATE);
	T_OK(zx_handle_close_many(vmo, 2));
	T_ZX(zx_object_wait_many(NULL, 0, 0), ZX_ERR_TIMED_OUT);
	cr_assert_eq(zirconia_inject_count("zx_nanosleep"), 0);
}

/* ---- pagers */

struct pager_side {
	zx_handle_t pager, port, vmo;
	zx_status_t supplied[2];
};

static void *serve(void *arg)
{
	struct pager_side *p = arg;
	zx_handle_t aux = t_vmo(T_PAGE);
	zx_port_packet_t packet;

	cr_assert_eq(zx_vmo_write(aux, "page", 0, 4), ZX_OK);
	cr_assert_eq(zx_port_wait(p->port, ZX_TIME_INFINITE, &packet), ZX_OK);
	for (int i = 0; i < 2; i++)
		p->supplied[i] = zx_pager_supply_pages(p->pager, p->vmo, packet.page_request.offset,
						       packet.page_request.length, aux, 0);
	t_close(aux);
	return NULL;
}

static void pager_open(struct pager_side *p)
{
	T_OK(zx_pager_create(0, &p->pager));
	T_OK(zx_port_create(0, &p->port));
	T_OK(zx_pager_create_vmo(p->pager, 0, p->port, 7, T_PAGE, &p->vmo));
}

static void pager_close(struct pager_side *p)
{
	zx_handle_t all[] = {p->vmo, p->port, p->pager};

	T_OK(zx_handle_close_many(all, 3));
}

Test(inject, pager_supply__delayed_and_refused__reader_gets_the_page_later)
{
	struct pager_side p;
	zx_instant_mono_t from;
	pthread_t thread;
	char buf[4];

	pager_open(&p);
	T_OK(zirconia_inject_set(
		"pager.supply:nth=1:delay=10ms:ZX_ERR_IO;pager.request:delay=10ms"));
	cr_assert_eq(pthread_create(&thread, NULL, serve, &p), 0);
	from = zx_clock_get_monotonic();
	T_OK(zx_vmo_read(p.vmo, buf, 0, 4));
	cr_assert_geq(zx_clock_get_monotonic() - from, ZX_MSEC(20));
	pthread_join(thread, NULL);
	cr_assert_eq(memcmp(buf, "page", 4), 0);
	T_ZX(p.supplied[0], ZX_ERR_IO);
	T_OK(p.supplied[1]);
	T_OK(zirconia_inject_set(NULL));
	pager_close(&p);
}

Test(inject, pager_wait__told_to_fail__as_if_the_pager_had)
{
	struct pager_side p;
	zx_port_packet_t packet;
	volatile char *at;
	char buf[4];

	pager_open(&p);
	at = t_map(p.vmo, 0, T_PAGE);
	T_OK(zirconia_inject_set("pager.wait:ZX_ERR_IO_DATA_INTEGRITY"));
	T_ZX(zx_vmo_read(p.vmo, buf, 0, 4), ZX_ERR_IO_DATA_INTEGRITY);
	T_ZX(zirconia_probe_read8(at, (uint8_t *)buf), ZX_ERR_IO_DATA_INTEGRITY);
	T_OK(zirconia_inject_set(NULL));
	/* The requests were withdrawn. */
	T_ZX(zx_port_wait(p.port, 0, &packet), ZX_ERR_TIMED_OUT);
	t_unmap((void *)at, T_PAGE);
	pager_close(&p);
}

/* ---- faults */

Test(inject, fault__told_to_fail__caught_with_the_status_and_fine_later)
{
	zx_handle_t vmo = t_vmo(T_PAGE), clone;
	volatile uint8_t *at;
	zirconia_fault_frame_t frame;
	uint8_t byte = 5;

	T_OK(zx_vmo_write(vmo, &byte, 0, 1));
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, T_PAGE, &clone));
	at = t_map(clone, 0, T_PAGE);
	T_OK(zirconia_inject_set("fault.page:ZX_ERR_NO_MEMORY"));
	T_ZX(zirconia_probe_write8(at, 6), ZX_ERR_NO_MEMORY);
	if (ZIRCONIA_FAULT_TRY(&frame)) {
		*at = 7;
		zirconia_fault_end(&frame);
		cr_assert_fail("the store succeeded");
	}
	T_ZX(frame.info.status, ZX_ERR_NO_MEMORY);
	cr_assert_eq(frame.info.access, ZX_VM_PERM_WRITE);
	T_OK(zirconia_inject_set(NULL));
	cr_assert_eq(*at, 5);
	*at = 8;
	cr_assert_eq(*at, 8);
	t_unmap((void *)at, T_PAGE);
	t_close(clone);
	t_close(vmo);
}

/* ---- what a program prints and how it ends when the variable says `spec` */

static int run_with(const char *spec, const char *seed, void (*program)(void), char *text,
		    size_t size)
{
	size_t n = 0;
	ssize_t got;
	int fds[2];
	int status;
	pid_t pid;

	cr_assert_eq(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], 2);
		close(fds[0]);
		close(fds[1]);
		setenv("ZIRCONIA_INJECT", spec, 1);
		if (seed != NULL)
			setenv("ZIRCONIA_INJECT_SEED", seed, 1);
		program();
		_exit(0);
	}
	close(fds[1]);
	while (n + 1 < size && (got = read(fds[0], text + n, size - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	close(fds[0]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Exits with the number of the first creation that fails. */
static void create_some(void)
{
	zx_handle_t vmo;

	for (int i = 1; i <= 5; i++)
		if (zx_vmo_create(T_PAGE, 0, &vmo) == ZX_ERR_NO_MEMORY)
			_exit(i);
}

static const char *fault_spec;

/* The first store to a page of a clone, with nothing to be had. */
static void fault_once(void)
{
	zx_handle_t vmo, clone;
	zx_vaddr_t addr;

	if (zx_vmo_create(T_PAGE, 0, &vmo) != ZX_OK || zx_vmo_write(vmo, "x", 0, 1) != ZX_OK ||
	    zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, T_PAGE, &clone) != ZX_OK ||
	    zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, clone, 0,
			T_PAGE, &addr) != ZX_OK ||
	    zirconia_inject_set(fault_spec) != ZX_OK)
		_exit(99);
	*(volatile char *)addr = 1;
	_exit(98);
}

Test(inject, variable__rule__takes_effect_and_can_tell)
{
	char text[4096];

	cr_assert_eq(run_with("zx_vmo_create:nth=3:ZX_ERR_NO_MEMORY", NULL, create_some, text,
			      sizeof(text)),
		     3);
	cr_assert_str_eq(text, "");
	cr_assert_eq(run_with("zx_vmo_create:nth=2:ZX_ERR_NO_MEMORY:log", "7", create_some, text,
			      sizeof(text)),
		     2);
	cr_assert_str_eq(text, "zirconia: zx_vmo_create fails with ZX_ERR_NO_MEMORY\n");
	cr_assert_eq(run_with("alloc.vmo:nth=4:log", NULL, create_some, text, sizeof(text)), 4);
	cr_assert_str_eq(text, "zirconia: alloc.vmo fails with ZX_ERR_NO_MEMORY\n");
	cr_assert_eq(run_with("", NULL, create_some, text, sizeof(text)), 0);
}

Test(inject, variable__mistake__program_ends_and_says_where)
{
	char text[4096];

	cr_assert_eq(
		run_with("host.mmap;zx_vmo_create:nth=x", NULL, create_some, text, sizeof(text)),
		78);
	cr_assert_str_eq(text, "zirconia: ZIRCONIA_INJECT, character 25: \"nth=x\": a number from "
			       "1 on is needed\n");
}

/* The fault handler has no memory: what Zircon would report is reported, and the signal ends the program. */
Test(inject, no_memory_in_the_fault_handler__report_and_signal)
{
	static const char *const specs[] = {"fault.page:ZX_ERR_NO_MEMORY", "alloc.*",
					    "host.mmap;host.mprotect"};

	t_require("native"); /* a sanitizer ends the program in its own way */
	T_EACH (specs, spec) {
		char text[4096];
		int end;

		fault_spec = *spec;
		end = run_with("", NULL, fault_once, text, sizeof(text));
		cr_assert(end == -SIGSEGV || end == -SIGBUS, "%s: ended with %d", *spec, end);
		cr_assert_not_null(strstr(text, "ZX_ERR_NO_MEMORY"), "%s: \"%s\"", *spec, text);
	}
}
