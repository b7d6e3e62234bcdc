/*
 * fork(2), vfork(2), posix_spawn and exec in a program with a live world. The child of a fork begins with an empty world of its own and can do
 * everything; what it does is nothing to the parent. A program that is executed gets nothing of the library's.
 *
 * zi-test: trap timeout=300
 */
#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>

#include "child_t.h"

extern char **environ;

/* ---- what the child has */

static uint8_t *shown;
static zx_handle_t parents_vmo;

/* Would the kernel read there? */
static bool is_readable(const void *addr)
{
	int ends[2];
	bool ok;

	C_CHECK(pipe(ends) == 0);
	ok = write(ends[1], addr, 1) == 1;
	close(ends[0]);
	close(ends[1]);
	return ok;
}

/* Descriptors of the library's. */
static int own_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;
	int n = 0;

	C_CHECK(dir != NULL);
	while ((e = readdir(dir)) != NULL) {
		char name[300] = "";

		if (readlinkat(dirfd(dir), e->d_name, name, sizeof(name) - 1) > 0)
			n += strstr(name, "memfd:zirconia") != NULL ||
			     strstr(name, "userfaultfd") != NULL;
	}
	closedir(dir);
	return n;
}

static int maps_of_arenas(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	int n = 0;

	C_CHECK(f != NULL);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, "memfd:zirconia") != NULL;
	fclose(f);
	return n;
}

static void use_everything(void)
{
	zx_handle_t vmo, child, aux;
	zx_vaddr_t at;
	char byte = 0;

	C_OK(zx_vmo_create(8 * PG, 0, &vmo));
	C_OK(zx_vmo_write(vmo, "child", 0, 5));
	C_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 8 * PG, &child));
	C_OK(zx_vmar_map(zx_vmar_root_self(), PG_RW, 0, child, 0, 8 * PG, &at));
	C_CHECK(memcmp((void *)at, "child", 5) == 0);
	((volatile char *)at)[1] = 'C';
	((volatile char *)at)[5 * PG] = 'C';
	C_OK(zx_vmo_read(vmo, &byte, 1, 1));
	C_CHECK(byte == 'h');
	/* A pager, whose server is the same thread. */
	child_objects();
	C_OK(zx_vmo_create(8 * PG, 0, &aux));
	C_OK(zx_vmo_write(aux, "page", 5 * PG, 4));
	C_OK(zx_pager_supply_pages(child_with.pager.pager, child_with.pager.vmo, 0, 8 * PG, aux,
				   0));
	C_CHECK(child_with.paged[5 * PG] == 'p');
	child_with.paged[6 * PG] = 1;
	C_OK(zirconia_debug_check(child));
	C_CHECK(zx_process_self() != ZX_HANDLE_INVALID && zx_thread_self() != ZX_HANDLE_INVALID);
}

static void look_around(void)
{
	char byte;

	C_CHECK(own_descriptors() == 0);
	C_CHECK(maps_of_arenas() == 0);
	C_CHECK(!is_readable(shown));
	C_CHECK(zx_handle_close(parents_vmo) == ZX_ERR_BAD_HANDLE);
	C_CHECK(zx_vmo_read(parents_vmo, &byte, 0, 1) == ZX_ERR_BAD_HANDLE);
	use_everything();
	C_CHECK(zx_handle_close(parents_vmo) == ZX_ERR_BAD_HANDLE);
	C_CHECK(own_descriptors() >= 1);
}

/* And its child, and that one's. */
static void look_around_deeper(void)
{
	look_around();
	parents_vmo = child_with.vmo;
	shown = child_with.paged;
	if (child_status(look_around) != 0)
		_exit(98);
	use_everything();
}

static void make_parents_world(struct pg *p)
{
	*p = pg_open(0, 4 * PG);
	pg_supply(p, 0, 2);
	parents_vmo = t_vmo(16 * PG);
	T_OK(zx_vmo_write(parents_vmo, "parent", 0, 6));
	shown = t_map(parents_vmo, 0, 16 * PG);
	shown[8 * PG] = 8;
}

static void expect_parents_world(struct pg *p)
{
	uint8_t byte = 0;

	cr_assert_eq(memcmp(shown, "parent", 6), 0);
	cr_assert_eq(shown[8 * PG], 8);
	shown[9 * PG] = 9;
	T_OK(zx_vmo_read(parents_vmo, &byte, 9 * PG, 1));
	cr_assert_eq(byte, 9);
	T_OK(zx_vmo_read(p->vmo, &byte, PG, 1));
	cr_assert_eq(byte, pg_byte(1));
	T_OK(zirconia_debug_check(parents_vmo));
}

Test(call_fork, parent__children_do_everything__nothing_changes)
{
	struct pg p;

	make_parents_world(&p);
	for (int i = 0; i < 5; i++) {
		CHILD_EXITS("child", look_around, 0);
		expect_parents_world(&p);
	}
	CHILD_EXITS("child of a child", look_around_deeper, 0);
	expect_parents_world(&p);
	pg_close(&p);
}

/* What the parent stores afterwards is not the child's to see, nor the other way round. */
static int go[2];

static void look_after_store(void)
{
	char byte;

	C_CHECK(read(go[0], &byte, 1) == 1);
	C_CHECK(!is_readable(shown));
	use_everything();
	C_CHECK(read(go[0], &byte, 1) == 1);
}

Test(call_fork, child_and_parent__go_on_together__share_nothing)
{
	struct pg p;
	int status;
	pid_t pid;

	make_parents_world(&p);
	cr_assert_eq(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		alarm(CHILD_LIMIT_S);
		look_after_store();
		_exit(0);
	}
	shown[10 * PG] = 10;
	cr_assert_eq(write(go[1], "1", 1), 1);
	expect_parents_world(&p);
	/* Frames that go back here are nobody else's. */
	T_OK(zx_vmo_op_range(parents_vmo, ZX_VMO_OP_DECOMMIT, 10 * PG, PG, NULL, 0));
	cr_assert_eq(write(go[1], "2", 1), 1);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
	cr_assert_eq(shown[10 * PG], 0);
	expect_parents_world(&p);
	close(go[0]);
	close(go[1]);
	pg_close(&p);
}

/* ---- with threads in the parent */

static void use_everything_with_threads(void)
{
	child_stop = false;
	look_around();
	child_start_waits();
	child_start_work();
	pg_sleep_ms(5);
}

Test(call_fork, threads_of_the_parent_in_calls_and_waits__child_never_hangs)
{
	pthread_t work[4];
	struct pg p;

	t_require("native"); /* locks of a sanitizer's own may stay locked in the child */
	make_parents_world(&p);
	child_objects();
	for (size_t i = 0; i < 4; i++)
		work[i] = child_thread(child_work[i], NULL);
	for (int i = 0; i < 40; i++)
		CHILD_EXITS("busy", use_everything_with_threads, 0);
	child_stop = true;
	for (size_t i = 0; i < 4; i++)
		pthread_join(work[i], NULL);
	expect_parents_world(&p);
	pg_close(&p);
}

/* Waits of the parent's threads are not disturbed, and end as they should. */
Test(call_fork, threads_of_the_parent_wait__fork__still_wait_and_are_woken)
{
	pthread_t waits[6];
	struct pg p;

	t_require("no-tsan");
	make_parents_world(&p);
	child_objects();
	for (size_t i = 0; i < 6; i++)
		if (child_waits[i].fn != in_nanosleep)
			waits[i] = child_thread(child_waits[i].fn, NULL);
	pg_sleep_ms(20);
	for (int i = 0; i < 5; i++)
		CHILD_EXITS("waits", look_around, 0);

	const zx_port_packet_t packet = {.type = ZX_PKT_TYPE_USER};
	zx_handle_t aux = t_vmo(8 * PG);

	T_OK(zx_object_signal(child_with.event, 0, ZX_USER_SIGNAL_7));
	T_OK(zx_port_queue(child_with.port, &packet));
	T_OK(zx_pager_supply_pages(child_with.pager.pager, child_with.pager.vmo, 0, 8 * PG, aux,
				   0));
	for (size_t i = 0; i < 6; i++)
		if (child_waits[i].fn != in_nanosleep)
			pthread_join(waits[i], NULL);
	t_close(aux);
	expect_parents_world(&p);
	pg_close(&p);
}

/* ---- while the library starts */

static pthread_barrier_t together;

static void *call_first(void *arg)
{
	zx_handle_t h;

	pthread_barrier_wait(&together);
	(void)zx_process_self();
	C_OK(zx_event_create(0, &h));
	return arg;
}

static void *map_first(void *arg)
{
	pthread_barrier_wait(&together);
	child_objects();
	child_with.paged[0] = 0;
	return arg;
}

static void use_little(void)
{
	zx_handle_t vmo;
	char byte = 1;

	alarm(5);
	C_CHECK(zx_process_self() != ZX_HANDLE_INVALID);
	C_OK(zx_vmo_create(PG, 0, &vmo));
	C_OK(zx_vmo_write(vmo, &byte, 0, 1));
	child_objects();
}

/* A few microseconds after the first calls of other threads have begun, a bit later every time. */
static unsigned delay;

static void fork_during_the_start(void)
{
	int status = 0;
	pid_t pid;

	pthread_barrier_init(&together, NULL, 3);
	pthread_detach(child_thread(call_first, NULL));
	pthread_detach(child_thread(map_first, NULL));
	pthread_barrier_wait(&together);
	for (volatile unsigned i = 0; i < delay; i++)
		continue;
	pid = fork();
	if (pid == 0) {
		use_little();
		_exit(0);
	}
	C_CHECK(waitpid(pid, &status, 0) == pid);
	_exit(status == 0 ? 0 : 97);
}

Test(call_fork, another_thread_in_its_first_call__child_never_hangs)
{
	t_require("native");
	for (int i = 0; i < 150; i++) {
		delay = (unsigned)i * 700;
		CHILD_EXITS("start", fork_during_the_start, 0);
	}
}

/* ---- other programs */

/* Lists what it has: descriptors, signals. */
static char script[] = "ls -l /proc/self/fd; grep '^Sig[BI]' /proc/self/status";
static char *const program[] = {"sh", "-c", script, NULL};

static pid_t start_by_fork(int out)
{
	const pid_t pid = fork();

	if (pid == 0) {
		dup2(out, 1);
		execv("/bin/sh", program);
		_exit(127);
	}
	return pid;
}

/* The child runs in the parent's memory until it has become the other program. */
static pid_t start_by_vfork(int out)
{
	const pid_t pid = vfork();

	if (pid == 0) {
		dup2(out, 1);
		execv("/bin/sh", program);
		_exit(127);
	}
	return pid;
}

static pid_t start_by_spawn(int out)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	cr_assert_eq(posix_spawn(&pid, "/bin/sh", &actions, NULL, program, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

/* From the child of a fork that has a world of its own. */
static pid_t start_from_child(int out)
{
	const pid_t pid = fork();

	if (pid == 0) {
		use_everything();
		dup2(out, 1);
		execv("/bin/sh", program);
		_exit(127);
	}
	return pid;
}

static void run_program(pid_t (*start)(int out), char *text, size_t size)
{
	size_t n = 0;
	ssize_t got;
	int ends[2], status;
	pid_t pid;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = start(ends[1]);
	cr_assert_gt(pid, 0);
	close(ends[1]);
	while ((got = read(ends[0], text + n, size - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	close(ends[0]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "%s", text);
}

Test(call_fork, exec__each_way__nothing_of_the_library_goes_along)
{
	static const struct {
		const char *name;
		pid_t (*start)(int out);
	} rows[] = {
		{"fork", start_by_fork},
		{"vfork", start_by_vfork},
		{"posix_spawn", start_by_spawn},
		{"a forked child", start_from_child},
	};
	enum { TEXT = 4096 };
	static char before[4][TEXT], text[TEXT];
	struct pg p;
	int row = 0;

	/* What the C library itself changes is not ours; the last way begins with a world. */
	T_EACH (rows, r)
		run_program(r->start == start_from_child ? start_by_fork : r->start, before[row++],
			    TEXT);
	make_parents_world(&p);
	row = 0;
	T_EACH (rows, r) {
		const char *const old = strstr(before[row++], "SigB");
		const char *now;

		run_program(r->start, text, TEXT);
		now = strstr(text, "SigB");
		cr_assert_null(strstr(text, "zirconia"), "%s: %s", r->name, text);
		cr_assert_null(strstr(text, "userfaultfd"), "%s: %s", r->name, text);
		cr_assert(old != NULL && now != NULL && strcmp(old, now) == 0, "%s: %s, before: %s",
			  r->name, text, old);
		expect_parents_world(&p);
	}
	pg_close(&p);
}
