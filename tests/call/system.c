/*
 * Calls about the machine, caches and random numbers.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zircon/features.h>
#include <zircon/process.h>
#include <zirconia/zirconia.h>

#include "t.h"

static bool is_power_of_two(uint64_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

Test(call_system, get__numbers__plausible_and_constant)
{
	cr_expect_eq(zx_system_get_page_size(), ZX_PAGE_SIZE);
	cr_expect(is_power_of_two(zx_system_get_page_size()));
	cr_expect_geq(zx_system_get_page_size(), ZX_MIN_PAGE_SIZE);
	cr_expect_leq(zx_system_get_page_size(), ZX_MAX_PAGE_SIZE);

	cr_expect(is_power_of_two(zx_system_get_dcache_line_size()));
	cr_expect_geq(zx_system_get_dcache_line_size(), 16);
	cr_expect_leq(zx_system_get_dcache_line_size(), ZX_PAGE_SIZE);

	cr_expect_geq(zx_system_get_num_cpus(), 1);
	cr_expect_eq(zx_system_get_num_cpus(), _zx_system_get_num_cpus());

	cr_expect_eq(zx_system_get_physmem(),
		     (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE));
}

Test(call_system, version_string__any_time__same_text)
{
	zx_string_view_t text = zx_system_get_version_string();

	cr_assert_not_null(text.c_str);
	cr_expect_eq(strlen(text.c_str), text.length);
	cr_expect_gt(text.length, 4);
	cr_expect_eq(zx_system_get_version_string().c_str, text.c_str);
	cr_expect_not_null(strstr(text.c_str, zirconia_version()));
}

Test(call_system, features__each_kind__answered)
{
	static const struct {
		const char *name;
		uint32_t kind;
		zx_status_t want;
		uint32_t allowed; /* bits that may be set */
	} rows[] = {
		{"cpu", ZX_FEATURE_KIND_CPU, ZX_OK, UINT32_MAX},
		{"breakpoints", ZX_FEATURE_KIND_HW_BREAKPOINT_COUNT, ZX_OK, UINT32_MAX},
		{"watchpoints", ZX_FEATURE_KIND_HW_WATCHPOINT_COUNT, ZX_OK, UINT32_MAX},
		{"tagging", ZX_FEATURE_KIND_ADDRESS_TAGGING, ZX_OK, UINT32_MAX},
		{"vm", ZX_FEATURE_KIND_VM, ZX_OK, ZX_VM_FEATURE_CAN_MAP_XOM},
		{"one too many", 5, ZX_ERR_NOT_SUPPORTED, 0},
		{"nonsense", UINT32_MAX, ZX_ERR_NOT_SUPPORTED, 0},
	};

	T_EACH (rows, r) {
		uint32_t bits = 0xa5a5a5a5;

		T_ZX_ROW(r->name, zx_system_get_features(r->kind, &bits), r->want);
		if (r->want == ZX_OK)
			cr_expect_eq(bits & ~r->allowed, 0, "%s", r->name);
		else
			cr_expect_eq(bits, 0xa5a5a5a5, "%s", r->name);
	}
	uint32_t cpu = 0;
	T_OK(zx_system_get_features(ZX_FEATURE_KIND_CPU, &cpu));
	cr_expect(cpu & ZX_HAS_CPU_FEATURES);
}

Test(call_system, features__bad_pointer__invalid_args_after_the_kind)
{
	T_ZX(zx_system_get_features(ZX_FEATURE_KIND_VM, NULL), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_system_get_features(ZX_FEATURE_KIND_VM, t_bad_ptr()), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_system_get_features(5, NULL), ZX_ERR_NOT_SUPPORTED);
}

/* spec: clients A.13 #1 */
Test(call_system, cache_flush__every_set_of_options__as_listed)
{
	static const bool valid[8] = {
		[ZX_CACHE_FLUSH_INSN] = true,
		[ZX_CACHE_FLUSH_DATA] = true,
		[ZX_CACHE_FLUSH_DATA | ZX_CACHE_FLUSH_INSN] = true,
		[ZX_CACHE_FLUSH_DATA | ZX_CACHE_FLUSH_INVALIDATE] = true,
		[ZX_CACHE_FLUSH_DATA | ZX_CACHE_FLUSH_INVALIDATE | ZX_CACHE_FLUSH_INSN] = true,
	};
	char bytes[300];

	memset(bytes, 0x5a, sizeof(bytes));
	for (uint32_t options = 0; options < 64; options++) {
		char row[16];

		snprintf(row, sizeof(row), "options %u", options);
		T_ZX_ROW(row, zx_cache_flush(bytes + 1, 200, options),
			 options < 8 && valid[options] ? ZX_OK : ZX_ERR_INVALID_ARGS);
	}
	T_ZX(zx_cache_flush(bytes, 0, ZX_CACHE_FLUSH_DATA), ZX_OK);
	T_ZX(zx_cache_flush(bytes, sizeof(bytes), ZX_CACHE_FLUSH_DATA | (UINT32_C(1) << 31)),
	     ZX_ERR_INVALID_ARGS);
	cr_expect(t_all(bytes, sizeof(bytes), 0x5a));
}

/* Lengths around the chunk of 256 bytes: all of it is filled, nothing after it touched. */
Test(call_system, cprng_draw__any_length__fills_exactly_that)
{
	static const size_t lengths[] = {0, 1, 7, 255, 256, 257, 512, 1000, 5000};
	static uint8_t buffer[5000 + 64];

	T_EACH (lengths, n) {
		size_t last_changed = 0;

		memset(buffer, 0, sizeof(buffer));
		/* A drawn byte is 0 once in 256 draws: after eight none is left. */
		for (int draw = 0; draw < 8; draw++) {
			static uint8_t once[sizeof(buffer)];

			memset(once, 0, sizeof(once));
			zx_cprng_draw(once, *n);
			for (size_t i = 0; i < sizeof(once); i++)
				buffer[i] |= once[i];
		}
		for (size_t i = 0; i < sizeof(buffer); i++)
			if (buffer[i] != 0)
				last_changed = i + 1;
		cr_expect_eq(last_changed, *n);
		for (size_t i = 0; i < *n; i++)
			cr_assert_neq(buffer[i], 0, "byte %zu of %zu", i, *n);
	}
}

Test(call_system, cprng_draw__twice__different)
{
	uint8_t first[32], second[32];

	zx_cprng_draw(first, sizeof(first));
	zx_cprng_draw(second, sizeof(second));
	cr_expect_neq(memcmp(first, second, sizeof(first)), 0);
}

Test(call_system, cprng_draw__up_to_an_inaccessible_page__fits)
{
	uint8_t *end = t_before_guard(300);

	zx_cprng_draw(end, 300);
	zx_cprng_draw(NULL, 0);
}

Test(call_system, cprng_draw__bad_pointer__stops_the_program)
{
	void *bad = t_bad_ptr();
	int status = 0;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0) {
		/* Criterion's handlers are not wanted here. */
		signal(SIGILL, SIG_DFL);
		signal(SIGTRAP, SIG_DFL);
		zx_cprng_draw(bad, 16);
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect(WIFSIGNALED(status) &&
			  (WTERMSIG(status) == SIGILL || WTERMSIG(status) == SIGTRAP),
		  "status %#x", status);
}

Test(call_system, cprng_add_entropy__length_and_pointer__checked)
{
	static uint8_t bytes[257];

	T_ZX(zx_cprng_add_entropy(bytes, 256), ZX_OK);
	T_ZX(zx_cprng_add_entropy(bytes, 1), ZX_OK);
	T_ZX(zx_cprng_add_entropy(bytes, 0), ZX_OK);
	T_ZX(zx_cprng_add_entropy(NULL, 0), ZX_OK);
	T_ZX(zx_cprng_add_entropy(bytes, 257), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_cprng_add_entropy(NULL, 257), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_cprng_add_entropy(NULL, 1), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_cprng_add_entropy(t_bad_ptr(), 16), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_cprng_add_entropy((uint8_t *)t_before_guard(8), 9), ZX_ERR_INVALID_ARGS);
}

Test(call_system, thread_legacy_yield__options__only_0)
{
	T_ZX(zx_thread_legacy_yield(0), ZX_OK);
	T_ZX(zx_thread_legacy_yield(1), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_thread_legacy_yield(UINT32_MAX), ZX_ERR_INVALID_ARGS);
}

Test(call_system, take_startup_handle__any_info__none)
{
	cr_expect_eq(zx_take_startup_handle(0), ZX_HANDLE_INVALID);
	cr_expect_eq(zx_take_startup_handle(0x10), ZX_HANDLE_INVALID);
}

static void never(void)
{
	_exit(99);
}

Test(call_system, process_exit__in_a_child__ends_with_the_low_bits_and_no_handlers)
{
	static const struct {
		int64_t retcode;
		int want;
	} rows[] = {{0, 0}, {7, 7}, {256 + 3, 3}, {-1, 255}};

	T_EACH (rows, r) {
		int status = 0;
		pid_t child = fork();

		cr_assert_geq(child, 0);
		if (child == 0) {
			atexit(never);
			zx_process_exit(r->retcode);
		}
		cr_assert_eq(waitpid(child, &status, 0), child);
		cr_expect(WIFEXITED(status), "%lld", (long long)r->retcode);
		cr_expect_eq(WEXITSTATUS(status), r->want, "%lld", (long long)r->retcode);
	}
}

static void *leave(void *argument)
{
	*(bool *)argument = true;
	zx_thread_exit();
}

Test(call_system, thread_exit__in_a_thread__it_can_be_joined)
{
	bool ran = false;
	void *result = &ran;
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, leave, &ran), 0);
	cr_assert_eq(pthread_join(thread, &result), 0);
	cr_expect(ran);
	cr_expect_null(result);
}
