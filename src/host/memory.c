/* How much memory there is left to take. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/inject.h"
#include "base/span.h"
#include "host/calls.h"
#include "host/machine.h"

/* A small file, whole, NUL-terminated; false: it is not there. */
static bool read_file(const char *path, char *buf, size_t size)
{
	int fd = ZI_HOST(OPEN, -1, zi_sys_open(path, O_RDONLY | O_CLOEXEC));
	ssize_t got = fd >= 0 ? zi_sys_read(fd, buf, size - 1) : -1;

	if (fd >= 0)
		zi_sys_close(fd);
	buf[got > 0 ? got : 0] = '\0';
	return got > 0;
}

static uint64_t read_number(const char *path)
{
	char text[64];
	char *end;

	if (!read_file(path, text, sizeof(text)))
		return UINT64_MAX;
	uint64_t n = strtoull(text, &end, 10);

	return end == text ? UINT64_MAX : n; /* "max" */
}

static uint64_t machine_available(void)
{
	char text[4096];

	if (!read_file("/proc/meminfo", text, sizeof(text)))
		return UINT64_MAX;
	const char *line = strstr(text, "MemAvailable:");

	return line == NULL ? UINT64_MAX : strtoull(line + strlen("MemAvailable:"), NULL, 10) << 10;
}

/* The group that a container sees as its root is the one with the limit. */
static uint64_t group_available(void)
{
	uint64_t max = read_number("/sys/fs/cgroup/memory.max");
	uint64_t now = read_number("/sys/fs/cgroup/memory.current");

	if (max == UINT64_MAX || now == UINT64_MAX)
		return UINT64_MAX;
	return now < max ? max - now : 0;
}

uint64_t zi_host_memory_available(void)
{
	return zi_min(machine_available(), group_available());
}
