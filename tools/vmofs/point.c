/* What can be known about a mount point before it is mounted on. */
#include "vmofs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* The next field of a line of /proc/self/mountinfo, its escapes undone in place. */
static char *field(char **at)
{
	char *start = strsep(at, " \n"), *to = start;

	if (start == NULL)
		return NULL;
	for (char *from = start; *from != '\0'; from++) {
		unsigned code;

		if (*from == '\\' && sscanf(from + 1, "%3o", &code) == 1) {
			*to++ = (char)code;
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return start;
}

/* An absolute path without asking the file itself, which may not answer. False: too long. */
static bool absolute(const char *path, char out[PATH_MAX])
{
	char copy[PATH_MAX], parent[PATH_MAX];
	char *slash;
	int n;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return false;
	for (size_t len = strlen(copy); len > 1 && copy[len - 1] == '/'; len--)
		copy[len - 1] = '\0';
	slash = strrchr(copy, '/');
	if (slash == NULL) {
		if (realpath(".", parent) == NULL)
			return false;
	} else {
		*slash = '\0';
		if (realpath(slash == copy ? "/" : copy, parent) == NULL)
			return false;
	}
	n = snprintf(out, PATH_MAX, "%s/%s", strcmp(parent, "/") == 0 ? "" : parent,
		     slash == NULL ? copy : slash + 1);
	return n > 0 && n < PATH_MAX;
}

/* Is something of FUSE mounted exactly there? */
static bool is_fuse_mount(const char *path)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char want[PATH_MAX];
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	if (f == NULL || !absolute(path, want)) {
		if (f != NULL)
			fclose(f);
		return false;
	}
	/* The last one counts: it covers the others. */
	while (getline(&line, &room, f) > 0) {
		char *at = line, *point = NULL, *word;

		for (int i = 0; i < 5; i++)
			point = field(&at);
		if (point == NULL || strcmp(point, want) != 0)
			continue;
		while ((word = field(&at)) != NULL && strcmp(word, "-") != 0)
			;
		word = field(&at);
		found = word != NULL && strncmp(word, "fuse", 4) == 0;
	}
	free(line);
	fclose(f);
	return found;
}

enum vf_mounted vf_point_look(const char *path)
{
	struct stat st;
	struct statfs fs;

	if (stat(path, &st) < 0 && (errno == ENOTCONN || errno == ECONNABORTED))
		return VF_STALE;
	if (!is_fuse_mount(path))
		return VF_NOT_MOUNTED;
	/* The kernel may remember attributes; this it has to ask for. */
	if (statfs(path, &fs) < 0 && (errno == ENOTCONN || errno == ECONNABORTED))
		return VF_STALE;
	return VF_MOUNTED;
}

/* As root by the system call, else by the helper that is allowed to. */
static bool take_away(const char *path)
{
	pid_t child;
	int status;

	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		return true;
	child = fork();
	if (child == 0) {
		execlp("fusermount3", "fusermount3", "-u", "-z", "--", path, (char *)NULL);
		_exit(127);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* Is `inside` the folder `outer`, or below it? */
static bool is_below(const char *inside, const char *outer)
{
	char in[PATH_MAX], out[PATH_MAX];
	size_t n;

	if (realpath(inside, in) == NULL || realpath(outer, out) == NULL)
		return false;
	n = strlen(out);
	return strncmp(in, out, n) == 0 && (in[n] == '/' || n == 1) && strcmp(in, out) != 0;
}

int vf_point_check(const char *lower, const char *mountpoint)
{
	struct stat st;

	switch (vf_point_look(mountpoint)) {
	case VF_STALE:
		if (!take_away(mountpoint)) {
			vf_complain(
				"%s: a file system whose server is gone lies there, and cannot be "
				"taken away (fusermount3 -u -z %s)",
				mountpoint, mountpoint);
			return VF_EXIT_BUSY;
		}
		vf_complain("%s: took away a file system whose server was gone", mountpoint);
		break;
	case VF_MOUNTED:
		vf_complain("%s: busy: a FUSE file system is mounted there already", mountpoint);
		return VF_EXIT_BUSY;
	case VF_NOT_MOUNTED:
		break;
	}
	if (stat(mountpoint, &st) < 0) {
		const int why = errno;

		vf_complain("mount point %s: %s", mountpoint, strerror(why));
		return why == EACCES || why == EPERM ? VF_EXIT_DENIED : VF_EXIT_POINT;
	}
	if (!S_ISDIR(st.st_mode)) {
		vf_complain("mount point %s: not a folder", mountpoint);
		return VF_EXIT_POINT;
	}
	if (is_below(mountpoint, lower)) {
		vf_complain("mount point %s lies inside %s, and would show itself", mountpoint,
			    lower);
		return VF_EXIT_POINT;
	}
	return VF_EXIT_OK;
}

int vf_fuse_check(void)
{
	const int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		return VF_EXIT_OK;
	}
	if (errno == EACCES || errno == EPERM) {
		vf_complain("not permitted to use FUSE: /dev/fuse: %s", strerror(errno));
		return VF_EXIT_DENIED;
	}
	vf_complain("this system has no FUSE: /dev/fuse: %s (modprobe fuse?)", strerror(errno));
	return VF_EXIT_FUSE;
}
