/* zi-test: valgrind */
/* The size of the windows under limits, and what the start tells of this system. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host/host_i.h"
#include "t.h"
#include "t_world.h"

const bool t_world_is_mine = true;

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

static uint64_t address_space_used(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	cr_assert(f != NULL && fscanf(f, "%lu", &pages) == 1);
	fclose(f);
	return pages * T_PAGE;
}

static void use_it(void)
{
	const struct zi_host_caps *caps = zi_host_caps();
	struct zi_extent e;

	T_OK(zi_extent_alloc(8, 1, ZI_EXTENT_ZERO, &e));
	T_OK(zi_place_frames(caps->root_base + caps->root_len - 8 * T_PAGE, 8 * T_PAGE, e.frame,
			     ZI_PROT_R | ZI_PROT_W, false));
	memset((void *)(caps->root_base + caps->root_len - 8 * T_PAGE), 3, 8 * T_PAGE);
	cr_assert(t_all(zi_frame_ptr(e.frame), 8 * T_PAGE, 3));
	/* The very last frame of the arena exists too. */
	*zi_frame_ptr(caps->arena_pages - 1) = 1;
}

Test(host_window, start__no_limits__large_and_usable)
{
	const struct zi_host_caps *caps;
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_AS, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	if (limit.rlim_cur != RLIM_INFINITY)
		cr_skip("the address space is limited for good");
	T_OK(zi_host_start());
	caps = zi_host_caps();
	cr_assert_eq(caps->arena_pages * T_PAGE, caps->root_len);
	cr_assert_neq(caps->root_base, 0);
	cr_assert_geq(caps->root_len, 16 * GIB);
	if (t_has("native"))
		cr_assert_geq(caps->root_len, 1024 * GIB);
	cr_assert_gt(caps->max_maps, 1000);
	cr_assert(caps->max_segment_pages > 0 && caps->max_segment_pages < caps->arena_pages);
	cr_assert_eq(caps->on_valgrind, !t_has("no-valgrind"));
	use_it();
	T_OK(zi_host_start());
}

Test(host_window, caps__userfaultfd__as_the_system_says)
{
	T_OK(zi_host_start());
	if (t_has("no-valgrind"))
		cr_assert_eq(zi_host_caps()->uffd_user, t_has("uffd"));
	else
		cr_assert_not(zi_host_caps()->uffd_user);
	if (zi_host_caps()->uffd_full)
		cr_assert(zi_host_caps()->uffd_user);
}

Test(host_window, start__address_space_limit__half_is_left)
{
	uint64_t used = address_space_used();
	struct rlimit limit = {used + 2 * GIB, RLIM_INFINITY};
	void *p;

	t_require("native");
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	T_OK(zi_host_start());
	cr_assert_eq(zi_host_caps()->root_len, 512 * MIB);
	p = mmap(NULL, 1000 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	cr_assert(p != MAP_FAILED, "less than half is left to the program");
	use_it();
}

Test(host_window, start__hardly_any_address_space__no_memory_until_there_is_more)
{
	uint64_t used = address_space_used();
	struct rlimit limit = {used + 8 * MIB, RLIM_INFINITY};

	t_require("native");
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	T_ZX(zi_host_start(), ZX_ERR_NO_MEMORY);
	limit.rlim_cur = used + 100 * MIB;
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	T_OK(zi_host_start());
	use_it();
}

Test(host_window, start__file_size_limit__no_signal_and_usable)
{
	struct rlimit limit = {64 * MIB + 5000, RLIM_INFINITY};

	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	T_OK(zi_host_start());
	cr_assert_eq(zi_host_caps()->root_len, 64 * MIB);
	use_it();
}

Test(host_window, start__tiny_file_size_limit__no_memory_and_no_signal)
{
	struct rlimit limit = {10000, RLIM_INFINITY};

	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	T_ZX(zi_host_start(), ZX_ERR_NO_MEMORY);
}

/* Programs that are started must not inherit the arena. */
Test(host_window, file__opened__closed_on_exec)
{
	T_OK(zi_host_start());
	cr_assert_eq(fcntl(zi_window.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

/* A core dump must not try to write the arena. */
Test(host_window, physmap__started__left_out_of_core_dumps)
{
	char line[512];
	bool inside = false, found = false;
	FILE *f;

	t_require("no-valgrind");
	T_OK(zi_host_start());
	f = fopen("/proc/self/smaps", "r");
	cr_assert_not_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = from == (uintptr_t)zi_physmap;
		if (inside && strncmp(line, "VmFlags:", 8) == 0) {
			found = true;
			cr_assert(strstr(line, " dd") != NULL, "%s", line);
		}
	}
	fclose(f);
	cr_assert(found);
}
