/* Helpers of the plain C programs of tests/fs: what they need of the system, mount points, whole files. No test logic. */
#ifndef FS_T_H
#define FS_T_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FS_SKIPPED 77

/* Fails the test, naming the line. */
#define CHECK(cond)                                                                               \
	do {                                                                                      \
		if (!(cond)) {                                                                    \
			fprintf(stderr, "%s:%d: not so: %s (errno %d, %s)\n", __FILE__, __LINE__, \
				#cond, errno, strerror(errno));                                   \
			exit(1);                                                                  \
		}                                                                                 \
	} while (0)

/* Compares two statuses. */
#define CHECK_ZX(expr, want)                                                                 \
	do {                                                                                 \
		const long long got_ = (expr);                                               \
		if (got_ != (want)) {                                                        \
			fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, \
				#expr, got_, (long long)(want));                             \
			exit(1);                                                             \
		}                                                                            \
	} while (0)
#define CHECK_OK(expr) CHECK_ZX(expr, 0)

/* Ends the test as skipped, or as failed when ZI_REQUIRE lists "fuse". */
static inline void fs_missing(const char *why)
{
	const char *list = getenv("ZI_REQUIRE");
	const char *at = list == NULL ? NULL : strstr(list, "fuse");
	const bool required =
		at != NULL && (at == list || at[-1] == ',') && (at[4] == '\0' || at[4] == ',');

	fprintf(stderr, "%s: %s\n", required ? "ZI_REQUIRE lists fuse" : "skipped", why);
	exit(required ? 1 : FS_SKIPPED);
}

/* FUSE has to be usable here. */
static inline void fs_require(void)
{
	const int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fs_missing(errno == ENOENT ? "there is no /dev/fuse" :
					     "/dev/fuse may not be opened by this user");
	close(fd);
	if (access("/usr/bin/fusermount3", X_OK) != 0 && access("/bin/fusermount3", X_OK) != 0)
		fs_missing("there is no fusermount3");
}

/* A new directory that is removed at the end of the process, if it is empty then. */
static char fs_last_dir[4096];
static pid_t fs_maker;
static inline void fs_remove_dir(void)
{
	if (getpid() == fs_maker)
		rmdir(fs_last_dir);
}
static inline const char *fs_make_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(fs_last_dir, sizeof(fs_last_dir), "%s/zirconia-fs.XXXXXX",
		 tmp == NULL ? "/tmp" : tmp);
	CHECK(mkdtemp(fs_last_dir) != NULL);
	fs_maker = getpid();
	CHECK(atexit(fs_remove_dir) == 0);
	return fs_last_dir;
}

/* Is anything mounted there? */
static inline bool fs_is_mounted(const char *dir)
{
	FILE *f = fopen("/proc/thread-self/mountinfo", "re");
	char *line = NULL, blank[4098];
	size_t room = 0;
	bool found = false;

	CHECK(f != NULL);
	snprintf(blank, sizeof(blank), " %s ", dir);
	while (!found && getline(&line, &room, f) > 0)
		found = strstr(line, blank) != NULL;
	free(line);
	fclose(f);
	return found;
}

static inline void fs_sleep_msec(int msec)
{
	const struct timespec t = {.tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* Waits until something, or nothing, is mounted there; false: not in time. */
static inline bool fs_wait_mounted(const char *dir, bool mounted, int msec)
{
	for (; msec >= 0; msec -= 5) {
		if (fs_is_mounted(dir) == mounted)
			return true;
		fs_sleep_msec(5);
	}
	return false;
}

/* The whole of a file as text; NULL and errno when it cannot be read. Free it. */
static inline char *fs_try_read(const char *path, size_t *out_len)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;
	size_t len = 0, room = 0;
	ssize_t n;

	if (fd < 0)
		return NULL;
	do {
		if (room - len < 65536) {
			room = 2 * room + 65537;
			text = realloc(text, room);
			CHECK(text != NULL);
		}
		n = read(fd, text + len, room - len - 1);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	if (n < 0) {
		free(text);
		text = NULL;
	} else {
		text[len] = '\0';
	}
	const int error = errno;

	close(fd);
	errno = error;
	if (out_len != NULL)
		*out_len = len;
	return text;
}

__attribute__((format(printf, 1, 2))) static inline char *fs_read(const char *fmt, ...)
{
	char path[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	char *text = fs_try_read(path, NULL);

	if (text == NULL)
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	CHECK(text != NULL);
	return text;
}

#endif
