/* zi-test: timeout=300 */
/*
 * The first calls of a process when memory is out or the host refuses: what is made once is made here. Every failure has a process
 * of its own.
 */
#include <stdarg.h>
#include <sys/mman.h>

#include "inject_t.h"

/* What a process tells its parent. */
struct told {
	char what[200];
	bool fired;
};

static struct told *told;

__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(told->what, sizeof(told->what), format, ap);
	va_end(ap);
	_exit(1);
}

/* NO_MEMORY once is what was asked for; after that nothing is injected, and everything works. */
#define STEP(expr)                                                                 \
	do {                                                                       \
		zx_status_t step_st = (expr);                                      \
                                                                                   \
		if (step_st == ZX_ERR_NO_MEMORY && zirconia_inject_fired() != 0) { \
			told->fired = true;                                        \
			zirconia_inject_set(NULL);                                 \
			step_st = (expr);                                          \
		}                                                                  \
		if (step_st != ZX_OK)                                              \
			give_up("line %d: %s answers %s", __LINE__, #expr,         \
				zx_status_get_string(step_st));                    \
	} while (0)

/* A handle of the process itself: none at the first try only when something failed. */
static void need(zx_handle_t (*call)(void), const char *name)
{
	if (call() != ZX_HANDLE_INVALID)
		return;
	if (zirconia_inject_fired() == 0)
		give_up("%s has no handle", name);
	told->fired = true;
	zirconia_inject_set(NULL);
	if (call() == ZX_HANDLE_INVALID)
		give_up("%s has no handle at the second try", name);
}

/* A failure may have emptied the auxiliary VMO. */
static zx_status_t fill_and_supply(zx_handle_t pager, zx_handle_t vmo, zx_handle_t aux)
{
	zx_status_t st = zx_vmo_write(aux, "\7", 0, 1);

	return st == ZX_OK ? zx_pager_supply_pages(pager, vmo, 0, PG, aux, 0) : st;
}

static void first_steps(void)
{
	zx_handle_t vmo = 0, clone = 0, event = 0, copies[600], port = 0, timer = 0, pager = 0,
		    paged = 0, aux = 0;
	zx_port_packet_t packet = {.type = ZX_PKT_TYPE_USER};
	zx_vaddr_t at = 0;
	uint8_t byte = 7;

	need(zx_thread_self, "zx_thread_self");
	need(zx_process_self, "zx_process_self");
	need(zx_vmar_root_self, "zx_vmar_root_self");
	need(zx_job_default, "zx_job_default");
	STEP(zx_vmo_create(8 * PG, 0, &vmo));
	STEP(zx_vmo_write(vmo, &byte, PG, 1));
	STEP(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 8 * PG, &clone));
	STEP(zx_vmar_map(zx_vmar_root_self(), INJ_RW, 0, clone, 0, 8 * PG, &at));
	STEP(inj_store(at + 2 * PG, 9));
	STEP(inj_load(at + PG, &byte));
	if (byte != 7)
		give_up("the page holds %d", byte);
	STEP(zx_event_create(0, &event));
	for (unsigned i = 0; i < 600; i++)
		STEP(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copies[i]));
	STEP(zx_port_create(0, &port));
	STEP(zx_port_queue(port, &packet));
	STEP(zx_port_wait(port, ZX_TIME_INFINITE, &packet));
	STEP(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &timer));
	STEP(zx_timer_set(timer, zx_deadline_after(ZX_MSEC(1)), 0));
	STEP(zx_object_wait_one(timer, ZX_TIMER_SIGNALED, zx_deadline_after(ZX_SEC(10)), NULL));
	STEP(zx_pager_create(0, &pager));
	STEP(zx_pager_create_vmo(pager, 0, port, 1, PG, &paged));
	STEP(zx_vmo_create(PG, 0, &aux));
	STEP(fill_and_supply(pager, paged, aux));
	STEP(zx_vmo_read(paged, &byte, 0, 1));
	if (byte != 7)
		give_up("the pager's page holds %d", byte);
	STEP(zx_vmar_unmap(zx_vmar_root_self(), at, 8 * PG));
	STEP(zx_handle_close_many(copies, 600));
	told->fired |= zirconia_inject_fired() != 0;
	_exit(0);
}

static bool run_first_steps(const char *spec)
{
	int status;
	pid_t pid;

	memset(told, 0, sizeof(*told));
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(60);
		if (zirconia_inject_set(spec) != ZX_OK)
			_exit(2);
		first_steps();
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: %s (status 0x%x)", spec,
		  told->what, (unsigned)status);
	return told->fired;
}

/* spec: abi 9.4 duplicate #4 */
Test(inject_start, first_calls__each_point_fails__no_memory_and_fine_later, .timeout = 300)
{
	/* One failure, and all from some point on until a call fails. */
	static const char *const kinds[] = {
		"alloc.*:nth=",     "alloc.*:after=",   "host.*:nth=",
		"host.mmap:after=", "host.open:after=", "host.pthread_key:after="};
	unsigned runs = 0;

	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(told, MAP_FAILED);
	T_EACH (kinds, kind) {
		for (unsigned n = strstr(*kind, "nth=") != NULL;; n++) {
			char spec[64];

			snprintf(spec, sizeof(spec), "%s%u", *kind, n);
			if (!run_first_steps(spec))
				break;
			runs++;
		}
	}
	printf("%u runs with a failure\n", runs);
	cr_assert_gt(runs, 60u);
}
