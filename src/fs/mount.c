/*
 * Mounting with fusermount3, which may do it for ordinary users. A shell that holds one end of a
 * socket starts it and stays behind: when this process is gone, whatever ended it, that unmounts.
 * fusermount3 could do so itself (auto_unmount), but has versions that do it for root only.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fs/fs_i.h"

#define TYPE "zxfs"
#define TIMEOUT_MSEC 10000

/* ---- what is mounted */

struct entry {
	int id;
	char type[64];
	char source[64];
};

/* Octal escapes for blanks and the backslash, in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; to++) {
		unsigned c;

		if (s[0] == '\\' && sscanf(s + 1, "%3o", &c) == 1) {
			*to = (char)c;
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
}

/*
 * What was mounted last at the directory; false: nothing. Without an answer it is a mount of no id.
 */
static bool find_mount(const char *dir, struct entry *out)
{
	/* Where the first thread has ended, "self" knows nothing any more. */
	FILE *f = fopen("/proc/thread-self/mountinfo", "re");
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	if (f == NULL) {
		*out = (struct entry){.id = -1, .type = "unknown"};
		return true;
	}
	while (getline(&line, &room, f) > 0) {
		char *point = NULL, *rest;
		struct entry e;

		/* id, parent, device, root, mount point, options, more of them, "-", type, source */
		if (sscanf(line, "%d %*d %*s %*s %ms", &e.id, &point) == 2) {
			unescape(point);
			rest = strstr(line, " - ");
			if (strcmp(point, dir) == 0 && rest != NULL &&
			    sscanf(rest, " - %63s %63s", e.type, e.source) == 2) {
				*out = e;
				found = true;
			}
		}
		free(point);
	}
	free(line);
	fclose(f);
	return found;
}

static bool is_ours(const struct entry *e)
{
	return strcmp(e->type, "fuse." TYPE) == 0;
}

/* ---- fusermount3 */

static const char *find_fusermount(void)
{
	static const char *const paths[] = {"/usr/bin/fusermount3", "/bin/fusermount3",
					    "/usr/local/bin/fusermount3"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	}
	return NULL;
}

static int64_t now_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* False: nothing to read, nor the end, in time. */
static bool wait_readable(int fd, int64_t deadline)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		const int64_t left = deadline - now_msec();
		const int n = left <= 0 ? 0 : poll(&p, 1, (int)left);

		if (n >= 0 || errno != EINTR)
			return n > 0;
	}
}

/* What it wrote, in one line without its name. To the end, so that it is known to be done. */
static void read_errors(int fd, int64_t deadline, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < size - 1 && wait_readable(fd, deadline)) {
		n = read(fd, text + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	const char *colon = strstr(text, "fusermount3: ");

	if (colon == text)
		memmove(text, text + strlen("fusermount3: "),
			strlen(text + strlen("fusermount3: ")) + 1);
}

/*
 * $1: options, $2: directory, $3: fusermount3. A line on the socket says that there is nothing left
 * to unmount. Signals that end whole sessions and groups are not meant for the shell.
 */
static const char mount_and_watch[] = "trap '' HUP INT QUIT TERM\n"
				      "\"$3\" -o \"$1\" -- \"$2\" || exit\n"
				      "exec 2>/dev/null\n"
				      "read -r line <&3 && exit\n"
				      "exec \"$3\" -u -z -q -- \"$2\"\n";

struct child {
	int control; /* our end */
	int errors;
};

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* On failure, an errno, nothing is open. */
static int run(const char *path, char *const argv[], struct child *out)
{
	static char *const env[] = {(char *)"PATH=/usr/bin:/bin", (char *)"_FUSE_COMMFD=3", NULL};
	int pair[2] = {-1, -1}, pipes[2] = {-1, -1}, error = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 ||
	    pipe2(pipes, O_CLOEXEC) < 0) {
		error = errno;
		close_if_open(pair[1]);
	} else {
		error = zi_spawn(path, argv, env, pair[0], pair[1], pipes[1], TIMEOUT_MSEC);
	}
	*out = (struct child){.control = pair[0], .errors = pipes[0]};
	if (error != 0) {
		close_if_open(pair[0]);
		close_if_open(pipes[0]);
	}
	return error;
}

static int receive_device(int control, int64_t deadline)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} buf = {0};
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &buf,
			     .msg_controllen = sizeof(buf)};
	int fd = -1;

	if (!wait_readable(control, deadline))
		return -1;
	if (recvmsg(control, &msg, MSG_CMSG_CLOEXEC) > 0 &&
	    msg.msg_controllen >= sizeof(buf.header) && CMSG_FIRSTHDR(&msg) != NULL &&
	    CMSG_FIRSTHDR(&msg)->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* Unmounts what nobody serves any more. True: it is gone. */
static bool unmount_stale(const char *path, const char *dir, int id)
{
	char *const argv[] = {(char *)"fusermount3", (char *)"-u", (char *)"-z", (char *)"-q",
			      (char *)"--",          (char *)dir,  NULL};
	const int64_t deadline = now_msec() + 2000;
	struct entry e;
	struct child child;
	char text[256];

	if (umount2(dir, MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && path != NULL &&
	    run(path, argv, &child) == 0) {
		read_errors(child.errors, deadline, text, sizeof(text));
		close(child.errors);
		close(child.control);
	}
	return !find_mount(dir, &e) || e.id != id;
}

/* ---- the directory */

/*
 * Where nobody serves a mount any more even the path cannot be resolved; that of its parent can.
 */
static bool resolve(const char *dir, char out[PATH_MAX], bool *out_stale)
{
	char copy[PATH_MAX], parent[PATH_MAX];
	struct stat st;
	char *slash;
	size_t n = strlen(dir);

	*out_stale = false;
	if (realpath(dir, out) != NULL && stat(out, &st) == 0)
		return true;
	if (errno != ENOTCONN && errno != ECONNABORTED)
		return false;
	while (n > 1 && dir[n - 1] == '/')
		n--;
	memcpy(copy, dir, n);
	copy[n] = '\0';
	*out_stale = true;
	slash = strrchr(copy, '/');
	if (slash == copy)
		return snprintf(out, PATH_MAX, "%s", copy) > 0;
	if (slash != NULL)
		*slash = '\0';
	if (realpath(slash == NULL ? "." : copy, parent) == NULL)
		return false;
	return snprintf(out, PATH_MAX, "%s/%s", parent, slash == NULL ? copy : slash + 1) <
	       PATH_MAX;
}

static zx_status_t check_dir(struct zi_mount *m, const char *dir, const char *fusermount,
			     const struct zi_why *why)
{
	struct entry e;
	struct stat st;
	bool stale;

	if (!resolve(dir, m->dir, &stale)) {
		switch (errno) {
		case ENOENT:
			return zi_why(why, ZX_ERR_NOT_FOUND, "there is no such directory");
		case ENOTDIR:
			return zi_why(why, ZX_ERR_NOT_DIR, "it is no directory");
		case EACCES:
			return zi_why(why, ZX_ERR_ACCESS_DENIED,
				      "the directory cannot be reached: %s", strerror(EACCES));
		default:
			return zi_why(why, ZX_ERR_IO, "%s", strerror(errno));
		}
	}
	if (stale) {
		if (!find_mount(m->dir, &e) || !is_ours(&e))
			return zi_why(
				why, ZX_ERR_ALREADY_BOUND,
				"a file system whose server is gone is mounted there, and it is "
				"not ours");
		if (!unmount_stale(fusermount, m->dir, e.id))
			return zi_why(why, ZX_ERR_ACCESS_DENIED,
				      "the mount of a program that is gone cannot be unmounted");
	}
	if (find_mount(m->dir, &e)) {
		if (is_ours(&e) && strncmp(e.source, "zirconia:", 9) == 0)
			return zi_why(why, ZX_ERR_ALREADY_BOUND,
				      "process %s is shown there already", e.source + 9);
		return zi_why(why, ZX_ERR_ALREADY_BOUND, "something is mounted there already (%s)",
			      e.type);
	}
	if (stat(m->dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return zi_why(why, ZX_ERR_NOT_DIR, "it is no directory");
	return ZX_OK;
}

/* ---- mounting */

static zx_status_t explain(const struct zi_why *why, const char *text)
{
	if (strstr(text, "device not found") != NULL || strstr(text, "No such device") != NULL)
		return zi_why(why, ZX_ERR_NOT_SUPPORTED, "there is no FUSE device (%s)", text);
	if (strstr(text, "ermission denied") != NULL || strstr(text, "not permitted") != NULL ||
	    strstr(text, "no write access") != NULL || strstr(text, "too many FUSE") != NULL)
		return zi_why(why, ZX_ERR_ACCESS_DENIED, "not permitted (%s)", text);
	return zi_why(why, ZX_ERR_IO, "fusermount3 %s%s",
		      text[0] == '\0' ? "did not answer" : "failed: ", text);
}

static zx_status_t mount_there(struct zi_mount *m, const char *fusermount, bool read_only,
			       const struct zi_why *why)
{
	char options[256], text[256];
	char *const argv[] = {(char *)"sh", (char *)"-c", (char *)mount_and_watch, (char *)"zxfs",
			      options,      m->dir,       (char *)fusermount,      NULL};
	const int64_t deadline = now_msec() + TIMEOUT_MSEC;
	struct child child;
	struct entry e;

	snprintf(options, sizeof(options),
		 "default_permissions,nosuid,nodev,noexec,subtype=" TYPE ",fsname=zirconia:%d%s",
		 (int)getpid(), read_only ? ",ro" : "");
	const int error = run("/bin/sh", argv, &child);

	if (error != 0)
		return zi_why(why, ZX_ERR_NO_MEMORY, "fusermount3 cannot be started: %s",
			      strerror(error));
	m->device = receive_device(child.control, deadline);
	if (m->device < 0) {
		read_errors(child.errors, now_msec() + 1000, text, sizeof(text));
		close(child.errors);
		close(child.control);
		return explain(why, text);
	}
	m->control = child.control;
	close(child.errors);
	m->id = find_mount(m->dir, &e) && is_ours(&e) ? e.id : -1;
	return ZX_OK;
}

zx_status_t zi_mount_open(struct zi_mount *m, const char *dir, bool read_only,
			  const struct zi_why *why)
{
	const char *fusermount = find_fusermount();
	zx_status_t st;

	m->device = m->control = -1;
	if (access("/dev/fuse", F_OK) != 0)
		return zi_why(why, ZX_ERR_NOT_SUPPORTED, "there is no FUSE device (/dev/fuse)");
	if (fusermount == NULL)
		return zi_why(why, ZX_ERR_NOT_SUPPORTED, "there is no fusermount3 (package fuse3)");
	st = check_dir(m, dir, fusermount, why);
	return st == ZX_OK ? mount_there(m, fusermount, read_only, why) : st;
}

/* ---- unmounting */

/* False: the system does not allow it to us. */
static bool detach(const struct zi_mount *m)
{
	struct entry e;

	if (!find_mount(m->dir, &e) || (e.id != m->id && e.id >= 0))
		return true;
	return e.id >= 0 && umount2(m->dir, MNT_DETACH | UMOUNT_NOFOLLOW) == 0;
}

bool zi_mount_close(struct zi_mount *m, int msec)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	const int64_t deadline = now_msec() + msec;
	struct entry e;

	/* The other process does it, or is told that there is nothing left to do. */
	if (detach(m))
		(void)send(m->control, "\n", 1, MSG_NOSIGNAL);
	close(m->control);
	while (find_mount(m->dir, &e) && e.id == m->id) {
		if (now_msec() >= deadline)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}
