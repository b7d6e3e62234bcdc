/* What this kernel and this process can do, asked once at the start. */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/inject.h"
#include "host/calls.h"
#include "host/host_i.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#ifndef UFFD_FEATURE_SIGBUS
#define UFFD_FEATURE_SIGBUS (1 << 7)
#endif
#ifndef UFFD_FEATURE_WP_HUGETLBFS_SHMEM
#define UFFD_FEATURE_WP_HUGETLBFS_SHMEM (1 << 12)
#endif
#ifndef USERFAULTFD_IOC_NEW
#define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)
#endif

#define MAX_MAPS_DEFAULT 65530

bool zi_probe_read(const char *path, char *buf, size_t cap)
{
	int fd = ZI_HOST(OPEN, -1, zi_sys_open(path, O_RDONLY | O_CLOEXEC));
	ssize_t got;

	if (fd < 0)
		return false;
	do {
		got = zi_sys_read(fd, buf, cap - 1);
	} while (got < 0 && errno == EINTR);
	zi_sys_close(fd);
	if (got < 0)
		return false;
	buf[got] = 0;
	return true;
}

static int uffd_open(int flags)
{
	return ZI_HOST(USERFAULTFD, -1,
		       (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | flags));
}

/* The device gives a full descriptor to whoever may open it, whatever the sysctl says. */
static int uffd_open_device(void)
{
	int dev = ZI_HOST(OPEN, -1, zi_sys_open("/dev/userfaultfd", O_RDWR | O_CLOEXEC));
	int fd;

	if (dev < 0)
		return -1;
	fd = ioctl(dev, USERFAULTFD_IOC_NEW, O_CLOEXEC | O_NONBLOCK);
	zi_sys_close(dev);
	return fd;
}

static void probe_uffd(struct zi_host_caps *caps)
{
	struct uffdio_api api = {.api = UFFD_API};
	int fd = uffd_open(0);

	if (fd < 0)
		fd = uffd_open_device();
	caps->uffd_full = fd >= 0;
	if (fd < 0)
		fd = uffd_open(UFFD_USER_MODE_ONLY);
	if (fd < 0)
		return;
	if (ioctl(fd, UFFDIO_API, &api) == 0) {
		caps->uffd_user = true;
		caps->uffd_wp_shmem = (api.features & UFFD_FEATURE_WP_HUGETLBFS_SHMEM) != 0;
		caps->uffd_sigbus = (api.features & UFFD_FEATURE_SIGBUS) != 0;
	} else {
		caps->uffd_full = false;
	}
	zi_sys_close(fd);
}

void zi_probe(struct zi_host_caps *caps)
{
	char text[32];

	caps->max_maps = MAX_MAPS_DEFAULT;
	if (zi_probe_read("/proc/sys/vm/max_map_count", text, sizeof(text)) &&
	    strtoul(text, NULL, 10) > 0)
		caps->max_maps = strtoul(text, NULL, 10);
	caps->on_valgrind = ZI_ON_VALGRIND();
	/* Valgrind 3.19 does not know the call and says so on stderr; its answers would be wrong anyway. */
	if (!caps->on_valgrind)
		probe_uffd(caps);
}
