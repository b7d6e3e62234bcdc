/* zi-test: valgrind */
/* Frames at addresses of the root reservation. */
#include <errno.h>
#include <string.h>

#include "host_place_t.h"

Test(host_place, reservation__fresh__no_access)
{
	start_with_frames(16);
	cr_assert_neq((uintptr_t)root, 0);
	cr_assert_not(can_read(root));
	cr_assert_not(can_write(root + zi_host_caps()->root_len - 1));
}

Test(host_place, frames__each_protection__access_as_said)
{
	start_with_frames(16);
	for (uint32_t prot = 0; prot < 8; prot++) {
		T_OK(zi_place_frames((uintptr_t)root, 2 * T_PAGE, e.frame, prot, false));
		/* The hardware cannot write without reading. */
		cr_assert_eq(can_write(root), (prot & ZI_PROT_W) != 0, "prot %u", prot);
		if ((prot & ZI_PROT_R) != 0 || prot == 0)
			cr_assert_eq(can_read(root + T_PAGE), prot != 0, "prot %u", prot);
	}
}

Test(host_place, frames__placed__same_memory_as_the_physmap)
{
	start_with_frames(16);
	T_OK(zi_place_frames((uintptr_t)root, 4 * T_PAGE, e.frame + 2, ZI_PROT_R | ZI_PROT_W,
			     false));
	root[T_PAGE + 7] = 0x99;
	cr_assert_eq(zi_frame_ptr(e.frame + 3)[7], 0x99);
	zi_frame_ptr(e.frame + 5)[1] = 0x77;
	cr_assert_eq(root[3 * T_PAGE + 1], 0x77);
	cr_assert_not(can_read(root + 4 * T_PAGE));
}

Test(host_place, frames__over_others__replaced_in_part)
{
	start_with_frames(16);
	for (unsigned i = 0; i < 4; i++)
		*zi_frame_ptr(e.frame + i) = (uint8_t)(i + 1);
	T_OK(zi_place_frames((uintptr_t)root, 3 * T_PAGE, e.frame, ZI_PROT_R, false));
	T_OK(zi_place_frames((uintptr_t)root + T_PAGE, T_PAGE, e.frame + 3, ZI_PROT_R, true));
	cr_assert(root[0] == 1 && root[T_PAGE] == 4 && root[2 * T_PAGE] == 3);
	T_OK(zi_place_reserve((uintptr_t)root + T_PAGE, T_PAGE));
	cr_assert(can_read(root) && !can_read(root + T_PAGE) && can_read(root + 2 * T_PAGE));
}

Test(host_place, protect__part__only_that_part)
{
	start_with_frames(16);
	T_OK(zi_place_frames((uintptr_t)root, 3 * T_PAGE, e.frame, ZI_PROT_R | ZI_PROT_W, false));
	T_OK(zi_place_protect((uintptr_t)root + T_PAGE, T_PAGE, ZI_PROT_R));
	cr_assert(can_write(root) && !can_write(root + T_PAGE) && can_write(root + 2 * T_PAGE));
	T_OK(zi_place_protect((uintptr_t)root, 3 * T_PAGE, 0));
	cr_assert(!can_read(root) && !can_read(root + T_PAGE));
	T_OK(zi_place_protect((uintptr_t)root, 3 * T_PAGE, ZI_PROT_R | ZI_PROT_W | ZI_PROT_X));
	cr_assert(can_write(root + T_PAGE));
}

Test(host_place, frames__with_execute__code_runs)
{
#if defined(__x86_64__)
	static const uint8_t code[] = {0xb8, 0x2a, 0, 0, 0, 0xc3}; /* mov eax, 42; ret */
	int (*fn)(void);

	start_with_frames(16);
	memcpy(zi_frame_ptr(e.frame), code, sizeof(code));
	T_OK(zi_place_frames((uintptr_t)root, T_PAGE, e.frame, ZI_PROT_R | ZI_PROT_X, false));
	fn = (int (*)(void))(void *)root;
	cr_assert_eq(fn(), 42);
#else
	cr_skip("no code for this machine");
#endif
}

Test(host_place, map_limit__reached__no_memory_and_told)
{
	zx_status_t st = ZX_OK;
	uint64_t i;

	t_require("native,maps");
	start_with_frames(16);
	cr_assert_not(zi_place_out_of_maps());
	errno = ENOTTY;
	for (i = 0; i < 2 * zi_host_caps()->max_maps && st == ZX_OK; i++)
		st = zi_place_frames((uintptr_t)root + 2 * i * T_PAGE, T_PAGE, e.frame, ZI_PROT_R,
				     false);
	T_ZX(st, ZX_ERR_NO_MEMORY);
	cr_assert(zi_place_out_of_maps());
	cr_assert_eq(errno, ENOTTY);
	cr_assert_gt(i, zi_host_caps()->max_maps / 4);
	/* What is there stays, and can be taken away. */
	cr_assert(can_read(root));
	T_OK(zi_place_reserve((uintptr_t)root, 2 * i * T_PAGE));
	T_OK(zi_place_frames((uintptr_t)root, T_PAGE, e.frame, ZI_PROT_R, false));
	cr_assert_not(zi_place_out_of_maps(), "a success must clear the reason");
}

#ifndef NDEBUG
Test(host_place, outside_of_the_root__debug_build__stops, .signal = SIGABRT)
{
	start_with_frames(16);
	zi_place_reserve((uintptr_t)root + zi_host_caps()->root_len, T_PAGE);
}
#endif
