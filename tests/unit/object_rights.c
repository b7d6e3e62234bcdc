/* zi-test: valgrind */
/*
 * Rows that no program can reach, since no call gives out such handles: objects that cannot be
 * waited for with the right to wait, objects without children with the right to enumerate, nameless
 * ones with the right to names.
 */
#include "object_fake.h"

#include <zircon/syscalls.h>

#include "object/event.h"
#include "object/port.h"

#define ALL 0x7fffffffu

static zx_handle_t make(struct zi_object *o)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	cr_assert_not_null(o);
	T_OK(zi_handle_add(o, ALL, &h));
	zi_object_unref(o);
	return h;
}

/*
 * spec: abi 9.6 signal #3; abi 9.7 wait_one #3; abi 9.7 wait_many #6
 * spec: abi 9.8 wait_async #8; abi 9.8 port_cancel #4
 */
Test(object_rights, object_without_signals__handle_with_all_rights__not_supported)
{
	zx_handle_t odd = make(zi_port_object(zi_port_new(0))),
		    port = make(zi_port_object(zi_port_new(0)));
	zx_wait_item_t items[] = {{make(zi_event_new()), 1u << 31, 0x77}, {odd, 1, 0x77}};
	zx_signals_t seen = 0x77;

	T_ZX(zx_object_signal(odd, 0, ZX_USER_SIGNAL_0), ZX_ERR_NOT_SUPPORTED);
	T_ZX(zx_object_signal(odd, 1, 1), ZX_ERR_NOT_SUPPORTED);
	T_ZX(zx_object_wait_one(odd, 1, 0, &seen), ZX_ERR_NOT_SUPPORTED);
	T_ZX(zx_object_wait_many(items, 2, 0), ZX_ERR_NOT_SUPPORTED);
	cr_assert(seen == 0x77 && items[0].pending == 0x77 && items[1].pending == 0x77);
	T_ZX(zx_object_wait_async(odd, port, 1, 1, 0), ZX_ERR_NOT_SUPPORTED);
	T_ZX(zx_port_cancel(port, odd, 1), ZX_ERR_NOT_SUPPORTED);
	T_OK(zi_handle_close(odd));
	T_OK(zi_handle_close(port));
	T_OK(zi_handle_close(items[0].handle));
	cr_assert_eq(zi_object_live(), 0);
}

/* spec: abi 9.9 #6 */
Test(object_rights, object_without_children__handle_with_all_rights__wrong_type)
{
	zx_handle_t odd = make(zi_event_new()), few, out = 77;

	T_OK(zx_handle_duplicate(odd, ZX_RIGHT_ENUMERATE, &few));
	T_ZX(zx_object_get_child(odd, 1, ZX_RIGHT_SAME_RIGHTS, &out), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_object_get_child(few, 1, ZX_RIGHT_WAIT, &out), ZX_ERR_ACCESS_DENIED);
	cr_assert_eq(out, 77);
	T_OK(zi_handle_close(odd));
	T_OK(zi_handle_close(few));
}

Test(object_rights, object_without_a_peer__handle_with_all_rights__not_supported)
{
	zx_handle_t odd = make(zi_event_new());

	T_ZX(zx_object_signal_peer(odd, 0, 1), ZX_ERR_NOT_SUPPORTED);
	T_OK(zi_handle_close(odd));
}

Test(object_rights, object_without_a_name__handle_with_all_rights__wrong_type)
{
	zx_handle_t odd = make(zi_event_new());
	char name[ZX_MAX_NAME_LEN];

	T_ZX(zx_object_get_property(odd, ZX_PROP_NAME, name, 31), ZX_ERR_BUFFER_TOO_SMALL);
	T_ZX(zx_object_get_property(odd, ZX_PROP_NAME, name, 32), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_object_set_property(odd, ZX_PROP_NAME, "x", 1), ZX_ERR_WRONG_TYPE);
	T_ZX(zx_object_set_property(odd, ZX_PROP_NAME, "", 0), ZX_ERR_WRONG_TYPE);
	T_OK(zi_handle_close(odd));
}

Test(object_rights, task_kill__of_something_else__wrong_type)
{
	zx_handle_t odd = make(zi_event_new());

	T_ZX(zx_task_kill(odd), ZX_ERR_WRONG_TYPE);
	T_OK(zi_handle_close(odd));
}
