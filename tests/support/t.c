/* Helpers of all Criterion tests; t.h says what each promises. */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define T_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define T_SANITIZED 1
#endif
#endif
#ifndef T_SANITIZED
#define T_SANITIZED 0
#endif

#if defined(__SANITIZE_THREAD__)
#define T_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define T_TSAN 1
#endif
#endif
#ifndef T_TSAN
#define T_TSAN 0
#endif

/* ---- capabilities */

/* The Valgrind build of the suite says so in the environment: the tests need no header of Valgrind's. */
static bool on_valgrind(void)
{
	return getenv("ZI_ON_VALGRIND") != NULL;
}

static bool has_uffd(void)
{
#ifdef SYS_userfaultfd
	const int user_mode_only = 1;
	const long fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | user_mode_only);
	if (fd < 0)
		return false;
	close((int)fd);
	return true;
#else
	return false;
#endif
}

static bool has_maps(void)
{
	size_t limit = 0, used = 0;
	FILE *f = fopen("/proc/sys/vm/max_map_count", "re");

	if (f != NULL && fscanf(f, "%zu", &limit) != 1)
		limit = 0;
	if (f != NULL)
		fclose(f);
	f = fopen("/proc/self/maps", "re");
	for (int c; f != NULL && (c = getc(f)) != EOF;)
		used += c == '\n';
	if (f != NULL)
		fclose(f);
	return limit >= used + 40000;
}

bool t_has(const char *cap)
{
	if (strcmp(cap, "root") == 0)
		return geteuid() == 0;
	if (strcmp(cap, "user") == 0)
		return geteuid() != 0;
	if (strcmp(cap, "native") == 0)
		return !T_SANITIZED && !on_valgrind();
	if (strcmp(cap, "no-tsan") == 0)
		return !T_TSAN;
	if (strcmp(cap, "no-valgrind") == 0)
		return !on_valgrind();
	if (strcmp(cap, "maps") == 0)
		return has_maps();
	if (strcmp(cap, "uffd") == 0)
		return has_uffd();
	cr_assert_fail("t_require: no capability is called \"%s\"", cap);
	return false;
}

/* True when `word` is an element of the comma-separated list. */
static bool in_list(const char *list, const char *word)
{
	const size_t n = strlen(word);

	while (list != NULL && *list != '\0') {
		if (strncmp(list, word, n) == 0 && (list[n] == ',' || list[n] == '\0'))
			return true;
		list = strchr(list, ',');
		if (list != NULL)
			list++;
	}
	return false;
}

void t_require(const char *caps)
{
	char list[128];
	char *rest = list;
	char *cap;

	cr_assert_lt(strlen(caps), sizeof(list));
	memcpy(list, caps, strlen(caps) + 1);
	while ((cap = strsep(&rest, ",")) != NULL) {
		if (t_has(cap))
			continue;
		t_lacks(cap, "it is missing");
	}
}

void t_lacks(const char *cap, const char *why)
{
	cr_assert_not(in_list(getenv("ZI_REQUIRE"), cap), "ZI_REQUIRE lists %s: %s", cap, why);
	cr_skip("needs %s: %s", cap, why);
}

/* ---- statuses */

void t_zx(const char *file, int line, const char *row, const char *expr, zx_status_t got,
	  zx_status_t expected)
{
	if (got == expected) {
		cr_assert(true);
		return;
	}
	cr_assert_fail("%s:%d: %s%s%s is %s (%d), not %s (%d)", file, line, row,
		       *row == '\0' ? "" : ": ", expr, zx_status_get_string(got), got,
		       zx_status_get_string(expected), expected);
}

/* ---- objects and memory */

zx_handle_t t_vmo_options(uint64_t size, uint32_t options)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;

	T_OK(zx_vmo_create(size, options, &vmo));
	cr_assert_neq(vmo, ZX_HANDLE_INVALID);
	return vmo;
}

zx_handle_t t_vmo(uint64_t size)
{
	return t_vmo_options(size, 0);
}

void *t_map(zx_handle_t vmo, uint64_t offset, size_t len)
{
	zx_vaddr_t addr = 0;

	T_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, offset,
			 len, &addr));
	return (void *)addr;
}

void t_unmap(void *addr, size_t len)
{
	T_OK(zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)addr, len));
}

void t_close(zx_handle_t handle)
{
	T_OK(zx_handle_close(handle));
}

static zx_info_handle_basic_t basic_info(zx_handle_t handle)
{
	zx_info_handle_basic_t info;

	memset(&info, 0, sizeof(info));
	T_OK(zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
	return info;
}

zx_rights_t t_rights(zx_handle_t handle)
{
	return basic_info(handle).rights;
}

zx_koid_t t_koid(zx_handle_t handle)
{
	return basic_info(handle).koid;
}

/* Fresh pages of the host's, never inside the root VMAR, since its holes are reserved. */
static uint8_t *host_pages(size_t pages, int prot)
{
	void *p = mmap(NULL, pages * T_PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(p, MAP_FAILED, "mmap: %s", strerror(errno));
	return p;
}

void *t_bad_ptr(void)
{
	/* Kept as an inaccessible page: a hole could be filled by the next allocation of anybody. */
	return t_no_access_page();
}

void *t_no_access_page(void)
{
	return host_pages(1, PROT_NONE);
}

const void *t_read_only_page(void)
{
	uint8_t *p = host_pages(1, PROT_READ | PROT_WRITE);

	memset(p, 0xa5, T_PAGE);
	cr_assert_eq(mprotect(p, T_PAGE, PROT_READ), 0);
	return p;
}

void *t_before_guard(size_t len)
{
	const size_t pages = (len + T_PAGE - 1) / T_PAGE;
	uint8_t *p = host_pages(pages + 1, PROT_READ | PROT_WRITE);

	cr_assert_eq(mprotect(p + pages * T_PAGE, T_PAGE, PROT_NONE), 0);
	return p + pages * T_PAGE - len;
}

bool t_all(const void *p, size_t n, uint8_t value)
{
	const volatile uint8_t *bytes = p;

	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != value)
			return false;
	}
	return true;
}

/* ---- random */

uint64_t t_seed(void)
{
	const char *given = getenv("ZI_SEED");
	struct timespec now;
	uint64_t seed;

	clock_gettime(CLOCK_REALTIME, &now);
	seed = given != NULL ? strtoull(given, NULL, 0) :
			       (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec;
	fprintf(stderr, "seed %" PRIu64 " (ZI_SEED=%" PRIu64 " repeats it)\n", seed, seed);
	return seed;
}

/* splitmix64: one word of state, any seed is good. */
uint64_t t_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t t_below(uint64_t *state, uint64_t limit)
{
	return t_random(state) % limit;
}
