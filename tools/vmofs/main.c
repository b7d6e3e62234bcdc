/* Start and end: LOWER is opened, the threads are started, MOUNTPOINT is mounted, and the reverse. */
#include "vmofs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <zirconia/zirconia.h>

double vf_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void vf_complain(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "vmofs: %s\n", text);
}

static void log_of_fuse(enum fuse_log_level level, const char *format, va_list args)
{
	(void)level;
	vfprintf(stderr, format, args);
}

/* ---- requests that concern no file */

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	(void)userdata;
	/* Who changes LOWER meanwhile is noticed when a file is opened: file.c. */
	conn->want &= ~(unsigned)FUSE_CAP_AUTO_INVAL_DATA;
	if (vf_options.kernel_cache && (conn->capable & FUSE_CAP_WRITEBACK_CACHE) != 0)
		conn->want |= FUSE_CAP_WRITEBACK_CACHE;
	else
		vf_options.kernel_cache = 0;
	if (conn->max_write > VF_MAX_IO)
		conn->max_write = (unsigned)VF_MAX_IO;
}

/* ---- ending by a signal */

struct ender {
	struct fuse_session *session;
	pthread_t thread, main;
	_Atomic bool over;
};

static void nothing(int sig)
{
	(void)sig;
}

static void ending_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

/*
 * What the kernel has collected comes here while the file system still answers; once the session
 * has ended the kernel would drop it.
 */
static void sync_kernel(void)
{
	const int fd = open(vf_options.mountpoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (syncfs(fd) < 0)
		vf_complain("%s: %s", vf_options.mountpoint, strerror(errno));
	close(fd);
}

static void *wait_for_signal(void *arg)
{
	struct ender *e = arg;
	sigset_t set;
	int sig;

	ending_signals(&set);
	sigaddset(&set, SIGUSR2);
	while (sigwait(&set, &sig) != 0)
		;
	if (sig == SIGUSR2)
		return NULL;
	sync_kernel();
	fuse_session_exit(e->session);
	/* The loop looks when a signal interrupts its wait; it may not have begun to. */
	while (!atomic_load(&e->over)) {
		pthread_kill(e->main, SIGUSR1);
		usleep(20000);
	}
	return NULL;
}

static bool ender_start(struct ender *e, struct fuse_session *session)
{
	struct sigaction act = {.sa_handler = nothing};

	e->session = session;
	e->main = pthread_self();
	atomic_init(&e->over, false);
	sigaction(SIGUSR1, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	return pthread_create(&e->thread, NULL, wait_for_signal, e) == 0;
}

static void ender_stop(struct ender *e)
{
	atomic_store(&e->over, true);
	pthread_kill(e->thread, SIGUSR2);
	pthread_join(e->thread, NULL);
}

/* ---- the background */

static int report_fd = -1;

/*
 * The process that was started stays until the one in the background has mounted, and ends as that
 * one says.
 */
static void go_to_background(void)
{
	int ends[2];
	unsigned char code = VF_EXIT_ERROR;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0 || (child = fork()) < 0) {
		vf_complain("cannot go to the background: %s", strerror(errno));
		exit(VF_EXIT_ERROR);
	}
	if (child != 0) {
		close(ends[1]);
		while (read(ends[0], &code, 1) < 0 && errno == EINTR)
			;
		_exit(code);
	}
	close(ends[0]);
	report_fd = ends[1];
	setsid();
}

static void report(int code)
{
	const unsigned char byte = (unsigned char)code;
	int null;

	if (report_fd < 0)
		return;
	if (code == VF_EXIT_OK) {
		if (chdir("/") < 0)
			vf_complain("/: %s", strerror(errno));
		null = open("/dev/null", O_RDWR);
		if (null >= 0) {
			dup2(null, STDIN_FILENO);
			dup2(null, STDOUT_FILENO);
			dup2(null, STDERR_FILENO);
			if (null > STDERR_FILENO)
				close(null);
		}
	}
	while (write(report_fd, &byte, 1) < 0 && errno == EINTR)
		;
	close(report_fd);
	report_fd = -1;
}

/* ---- */

static int open_lower(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		vf_complain("%s: %s", path, errno == ENOTDIR ? "not a folder" : strerror(errno));
	return fd;
}

/* A descriptor for each inode that the kernel remembers. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	if (geteuid() == 0 && limit.rlim_max < 1u << 20) {
		struct rlimit more = {1u << 20, 1u << 20};

		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			return;
	}
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool start(int lower_fd)
{
	sigset_t set;

	/* Inherited by all threads: signals come to the one that waits for them. */
	ending_signals(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (vf_node_init(lower_fd) && vf_file_init() && vf_pager_start(4) && vf_budget_start() &&
	    vf_back_threads_start())
		return true;
	vf_complain("cannot start: not enough memory, descriptors or threads");
	return false;
}

static bool stop(void)
{
	bool saved;

	vf_back_threads_stop();
	vf_budget_stop();
	saved = vf_back_all();
	vf_pager_stop();
	return saved;
}

static int serve(struct fuse_session *session)
{
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	struct ender ender;
	int st;

	if (config == NULL || !ender_start(&ender, session)) {
		vf_complain("cannot start: not enough memory or threads");
		report(VF_EXIT_ERROR);
		return VF_EXIT_ERROR;
	}
	report(VF_EXIT_OK);
	st = fuse_session_loop_mt(session, config);
	ender_stop(&ender);
	fuse_loop_cfg_destroy(config);
	if (st < 0)
		vf_complain("requests cannot be received: %s", strerror(-st));
	return st < 0 ? VF_EXIT_ERROR : VF_EXIT_OK;
}

static int run(struct fuse_args *args, int lower_fd)
{
	struct fuse_lowlevel_ops ops = {.init = op_init};
	struct fuse_session *session;
	int code;

	vf_ops_attr(&ops);
	vf_ops_dir(&ops);
	vf_ops_name(&ops);
	vf_ops_file(&ops);
	if (vf_options.xattr)
		vf_ops_xattr(&ops);
	session = fuse_session_new(args, &ops, sizeof(ops), NULL);
	if (session == NULL) {
		report(VF_EXIT_USAGE);
		return VF_EXIT_USAGE;
	}
	if (!start(lower_fd)) {
		report(VF_EXIT_ERROR);
		return VF_EXIT_ERROR;
	}
	errno = 0;
	if (fuse_session_mount(session, vf_options.mountpoint) < 0) {
		code = errno == EPERM || errno == EACCES ? VF_EXIT_DENIED : VF_EXIT_ERROR;
		vf_complain("%s cannot be mounted on", vf_options.mountpoint);
		report(code);
		(void)stop();
		fuse_session_destroy(session);
		return code;
	}
	code = serve(session);
	fuse_session_unmount(session);
	if (!stop() && code == VF_EXIT_OK)
		code = VF_EXIT_UNSAVED;
	vf_node_forget_all();
	fuse_session_destroy(session);
	return code;
}

int main(int argc, char **argv)
{
	struct fuse_args args = FUSE_ARGS_INIT(argc, argv);
	char *point;
	int code, lower_fd;

	fuse_set_log_func(log_of_fuse);
	if (!vf_options_parse(&args, &code))
		return code;
	lower_fd = open_lower(vf_options.lower);
	if (lower_fd < 0)
		return errno == EACCES ? VF_EXIT_DENIED : VF_EXIT_LOWER;
	code = vf_point_check(vf_options.lower, vf_options.mountpoint);
	if (code == VF_EXIT_OK)
		code = vf_fuse_check();
	if (code != VF_EXIT_OK)
		return code;
	/* The folder that the name means now. */
	point = realpath(vf_options.mountpoint, NULL);
	if (point == NULL) {
		vf_complain("mount point %s: %s", vf_options.mountpoint, strerror(errno));
		return VF_EXIT_POINT;
	}
	free(vf_options.mountpoint);
	vf_options.mountpoint = point;
	umask(0);
	raise_limits();
	/* Before there are threads: they would not come along. */
	if (!vf_options.foreground)
		go_to_background();
	code = run(&args, lower_fd);
	fuse_opt_free_args(&args);
	free(vf_options.mountpoint);
	free(vf_options.lower);
	return code;
}
