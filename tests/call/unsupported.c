/*
 * Calls that are there to link against: both names answer ZX_ERR_NOT_SUPPORTED and touch nothing.
 */
#include <string.h>

#include <zircon/syscalls-next.h>

#include "t.h"

static uint8_t memory[64];

#define P ((void *)memory)

Test(call_unsupported, call__not_emulated__refused_under_both_names)
{
	const struct {
		const char *name;
		zx_status_t got;
	} rows[] = {
		{"channel_create", zx_channel_create(0, P, P)},
		{"_channel_create", _zx_channel_create(0, P, P)},
		{"channel_read", zx_channel_read(0, 0, P, P, 8, 1, P, P)},
		{"_channel_read", _zx_channel_read(0, 0, P, P, 8, 1, P, P)},
		{"channel_call", zx_channel_call(0, 0, 0, P, P, P)},
		{"socket_create", zx_socket_create(0, P, P)},
		{"_socket_write", _zx_socket_write(0, 0, P, 8, P)},
		{"fifo_create", zx_fifo_create(1, 1, 0, P, P)},
		{"_fifo_read", _zx_fifo_read(0, 8, P, 1, P)},
		{"futex_wake", zx_futex_wake(P, 1)},
		{"_futex_get_owner", _zx_futex_get_owner(P, P)},
		{"task_suspend", zx_task_suspend(0, P)},
		{"_task_create_exception_channel", _zx_task_create_exception_channel(0, 0, P)},
		{"exception_get_thread", zx_exception_get_thread(0, P)},
		{"process_create_shared", zx_process_create_shared(0, 0, P, 1, P, P)},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		T_ZX_ROW(rows[i].name, rows[i].got, ZX_ERR_NOT_SUPPORTED);
	cr_expect(t_all(memory, sizeof(memory), 0));
}
