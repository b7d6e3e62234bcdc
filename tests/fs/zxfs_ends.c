/*
 * zi-test: serial no-tsan timeout=260
 * However a program ends, nothing stays mounted; and what a program that could not help it left behind is cleared away.
 *
 * The program starts itself again: `zxfs_ends HOW DIR` shows itself at DIR and ends in that way.
 *
 * ThreadSanitizer takes the descriptors of the thread that serves, whose table is its own, for those of the same numbers in the
 * program: tests/unit/inspect_tree.c runs under it instead.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zirconia/fs.h>

#include "fs_t.h"

/* "Within a second or two", and more for a busy machine. */
#define SOON_MSEC 10000

static const char *dir;
static char self[4096];

/* ---- the ends */

static void *sleep_a_little(void *arg)
{
	(void)arg;
	fs_sleep_msec(100);
	return NULL;
}

static void *read_for_ever(void *at)
{
	for (;;)
		free(fs_read("%s/handles", (const char *)at));
	return NULL;
}

static volatile sig_atomic_t children_ended;

static void on_child(int sig)
{
	(void)sig;
	children_ended++;
}

static int play(const char *how, const char *at)
{
	const struct rlimit no_core = {0, 0};
	zx_handle_t vmo;
	char why[256];
	pthread_t thread;
	pid_t pid;

	setrlimit(RLIMIT_CORE, &no_core);
	CHECK_OK(zx_vmo_create(4096, 0, &vmo));
	if (strcmp(how, "wait") == 0)
		CHECK(signal(SIGCHLD, on_child) != SIG_ERR);
	if (strcmp(how, "option") == 0)
		CHECK(fs_wait_mounted(at, true, SOON_MSEC));
	else if (zirconia_fs_mount(at, 0, why, sizeof(why)) != ZX_OK)
		fprintf(stderr, "%s\n", why), exit(3);
	free(fs_read("%s/handles", at));

	if (strcmp(how, "return") == 0 || strcmp(how, "option") == 0)
		return 5;
	if (strcmp(how, "_exit") == 0)
		_exit(5);
	if (strcmp(how, "abort") == 0)
		abort();
	if (strcmp(how, "segv") == 0)
		kill(getpid(), SIGSEGV);
	if (strcmp(how, "kill") == 0)
		kill(getpid(), SIGKILL);
	if (strcmp(how, "term") == 0)
		kill(getpid(), SIGTERM);
	if (strcmp(how, "zx_exit") == 0)
		zx_process_exit(5);
	if (strcmp(how, "exec") == 0) {
		execl("/bin/true", "true", (char *)NULL);
		CHECK(false);
	}
	/* The last thread ends, and with it the process: the one that serves the tree does not count. */
	if (strcmp(how, "last thread") == 0) {
		CHECK(pthread_create(&thread, NULL, sleep_a_little, NULL) == 0);
		pthread_detach(thread);
		pthread_exit(NULL);
	}
	/* A child that goes on after us must not keep the mount alive, nor end it. */
	if (strcmp(how, "fork") == 0) {
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			CHECK_ZX(zirconia_fs_unmount(), ZX_ERR_BAD_STATE);
			CHECK_OK(zx_vmo_create(4096, 0, &vmo));
			fs_sleep_msec(12000);
			_exit(0);
		}
		fs_sleep_msec(100);
		free(fs_read("%s/handles", at));
		kill(getpid(), SIGKILL);
	}
	if (strcmp(how, "fork and exit") == 0) {
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0)
			exit(0);
		CHECK(waitpid(pid, NULL, 0) == pid);
		free(fs_read("%s/handles", at));
		CHECK(fs_is_mounted(at));
		return 5;
	}
	/* What unmounts is no child of the program. */
	if (strcmp(how, "wait") == 0) {
		CHECK(wait(NULL) == -1 && errno == ECHILD);
		CHECK(children_ended == 0);
		return 5;
	}
	if (strcmp(how, "sleep") == 0)
		for (;;)
			pause();
	/* Killed while it waits for an answer from itself. */
	if (strcmp(how, "read itself") == 0) {
		CHECK(pthread_create(&thread, NULL, read_for_ever, (void *)(uintptr_t)at) == 0);
		fs_sleep_msec(30);
		kill(getpid(), SIGKILL);
	}
	fprintf(stderr, "no end is called %s\n", how);
	return 4;
}

/* ---- watching them */

static pid_t start(const char *how, const char *option)
{
	const pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		if (option != NULL)
			setenv("ZIRCONIA_FS", option, 1);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(self, self, how, dir, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void check_end(const char *how, int want_exit, int want_signal)
{
	const pid_t pid = start(how, strcmp(how, "option") == 0 ? dir : NULL);
	int status;

	CHECK(waitpid(pid, &status, 0) == pid);
	const bool as_wanted = want_signal != 0 ?
				       WIFSIGNALED(status) && WTERMSIG(status) == want_signal :
				       WIFEXITED(status) && WEXITSTATUS(status) == want_exit;

	if (!as_wanted) {
		fprintf(stderr, "%s: wait status %#x\n", how, (unsigned)status);
		exit(1);
	}
	/* A program that ends by itself takes it along: nothing has to be waited for. */
	const bool at_once = strcmp(how, "return") == 0 || strcmp(how, "option") == 0 ||
			     strcmp(how, "wait") == 0;

	if (at_once ? fs_is_mounted(dir) : !fs_wait_mounted(dir, false, SOON_MSEC)) {
		fprintf(stderr, "%s: still mounted\n", how);
		umount2(dir, MNT_DETACH);
		exit(1);
	}
}

/* Killed at any moment: also while it is about to mount. */
static void check_kills(void)
{
	for (int usec = 0; usec < 30000; usec += 700) {
		const pid_t pid = start("sleep", NULL);

		usleep((useconds_t)usec);
		CHECK(kill(pid, SIGKILL) == 0);
		CHECK(waitpid(pid, NULL, 0) == pid);
		/* What fusermount3 was just about to mount appears and goes. */
		fs_sleep_msec(20);
		if (!fs_wait_mounted(dir, false, SOON_MSEC)) {
			fprintf(stderr, "killed after %d us: still mounted\n", usec);
			umount2(dir, MNT_DETACH);
			exit(1);
		}
	}
	/* The last of them may have been later than that. */
	fs_sleep_msec(300);
	CHECK(fs_wait_mounted(dir, false, SOON_MSEC));
}

/*
 * Nobody is there to unmount: the process that would is killed first. Whoever mounts next has to do it.
 */
static void check_stale(void)
{
	const pid_t pid = start("sleep", NULL);
	char command[4400], why[256];
	struct stat st;

	CHECK(fs_wait_mounted(dir, true, SOON_MSEC));
	snprintf(command, sizeof(command),
		 "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline | grep -q '[z]irconia:%d "
		 ".*%s' && "
		 "kill -9 ${p#/proc/}; done 2>/dev/null; true",
		 (int)pid, strrchr(dir, '/') + 1);
	CHECK(system(command) == 0);
	/* Somebody else's living mount is let alone. */
	CHECK_ZX(zirconia_fs_mount(dir, 0, why, sizeof(why)), ZX_ERR_ALREADY_BOUND);
	CHECK(strstr(why, "is shown there already") != NULL);
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK(waitpid(pid, NULL, 0) == pid);
	fs_sleep_msec(100);
	CHECK(fs_is_mounted(dir));
	CHECK(stat(dir, &st) == -1 && errno == ENOTCONN);
	CHECK_OK(zirconia_fs_mount(dir, 0, why, sizeof(why)));
	free(fs_read("%s/handles", dir));
	CHECK_OK(zirconia_fs_unmount());
	CHECK(!fs_is_mounted(dir));
	CHECK(stat(dir, &st) == 0);
}

/* Somebody unmounts it from outside: the program goes on, and can mount it again. */
static void check_unmounted_by_others(void)
{
	char command[4200];

	CHECK_OK(zirconia_fs_mount(dir, 0, NULL, 0));
	snprintf(command, sizeof(command), "fusermount3 -u -- '%s'", dir);
	CHECK(system(command) == 0);
	CHECK(!fs_is_mounted(dir));
	fs_sleep_msec(100);
	CHECK_OK(zirconia_fs_mount(dir, 0, NULL, 0));
	free(fs_read("%s/handles", dir));
	CHECK_OK(zirconia_fs_unmount());
}

/* ---- refusals */

static void check_refusals(void)
{
	char why[256], name[4200];
	int fd;

	snprintf(name, sizeof(name), "%s/missing", dir);
	CHECK_ZX(zirconia_fs_mount(name, 0, why, sizeof(why)), ZX_ERR_NOT_FOUND);
	CHECK(strcmp(why, "there is no such directory") == 0);
	fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	close(fd);
	CHECK_ZX(zirconia_fs_mount(name, 0, why, sizeof(why)), ZX_ERR_NOT_DIR);
	CHECK(unlink(name) == 0);
	CHECK_ZX(zirconia_fs_mount("/proc", 0, why, sizeof(why)), ZX_ERR_ALREADY_BOUND);
	CHECK(strcmp(why, "something is mounted there already (proc)") == 0);
	/* A text that is cut. */
	CHECK_ZX(zirconia_fs_mount("/proc", 0, why, 5), ZX_ERR_ALREADY_BOUND);
	CHECK(strcmp(why, "some") == 0);
}

/* A link to a directory, and a path that is relative. */
static void check_paths(void)
{
	char link[4200], here[4096];

	snprintf(link, sizeof(link), "%s.link", dir);
	CHECK(symlink(dir, link) == 0);
	CHECK_OK(zirconia_fs_mount(link, 0, NULL, 0));
	CHECK(fs_is_mounted(dir));
	CHECK_OK(zirconia_fs_unmount());
	CHECK(unlink(link) == 0);
	CHECK(getcwd(here, sizeof(here)) != NULL && chdir(dir) == 0);
	CHECK_OK(zirconia_fs_mount(".", 0, NULL, 0));
	CHECK(chdir("/") == 0);
	CHECK(fs_is_mounted(dir));
	CHECK_OK(zirconia_fs_unmount());
	CHECK(!fs_is_mounted(dir));
	CHECK(chdir(here) == 0);
}

/* No descriptor is lost however often. */
static void check_descriptors(void)
{
	int before = -1, after;

	for (int i = 0; i < 10; i++) {
		CHECK_OK(zirconia_fs_mount(dir, 0, NULL, 0));
		free(fs_read("%s/handles", dir));
		CHECK_OK(zirconia_fs_unmount());
		CHECK_ZX(zirconia_fs_mount("/proc", 0, NULL, 0), ZX_ERR_ALREADY_BOUND);
		after = open("/dev/null", O_RDONLY | O_CLOEXEC);
		close(after);
		CHECK(before < 0 || before == after);
		before = after;
	}
}

int main(int argc, char **argv)
{
	fs_require();
	CHECK(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	alarm(250);
	if (argc == 3)
		return play(argv[1], argv[2]);
	dir = fs_make_dir();
	check_end("return", 5, 0);
	check_end("option", 5, 0);
	check_end("_exit", 5, 0);
	check_end("zx_exit", 5, 0);
	check_end("abort", 0, SIGABRT);
	check_end("segv", 0, SIGSEGV);
	check_end("kill", 0, SIGKILL);
	check_end("term", 0, SIGTERM);
	check_end("exec", 0, 0);
	check_end("last thread", 0, 0);
	check_end("fork", 0, SIGKILL);
	check_end("fork and exit", 5, 0);
	check_end("wait", 5, 0);
	for (int i = 0; i < 10; i++)
		check_end("read itself", 0, SIGKILL);
	check_kills();
	check_refusals();
	check_paths();
	check_descriptors();
	check_stale();
	check_unmounted_by_others();
	return 0;
}
