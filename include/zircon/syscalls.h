/*
 * All calls of the stable interface. They are grouped in zircon/calls/; the newest ones are in
 * zircon/syscalls-next.h.
 *
 * True of every call unless its own text says otherwise:
 * - It exists under two names, zx_foo and _zx_foo, that do the same.
 * - It may be used by any number of threads at once. It is not safe in a signal handler.
 * - Statuses are checked in the order in which the text lists them; the first that applies is the
 *   answer, and then nothing has changed.
 * - A handle argument that names no open handle is ZX_ERR_BAD_HANDLE, one of another type of object
 *   ZX_ERR_WRONG_TYPE, one without the needed rights ZX_ERR_ACCESS_DENIED, in this order. The texts
 *   say "handle errors" for these three.
 * - A pointer that cannot be read or written is ZX_ERR_INVALID_ARGS, never a crash. Outputs are
 *   checked when they are written, last; what the call made is undone then. "Optional" outputs may
 *   be NULL.
 * - Handles that a call returns belong to the caller, who closes them. Handles and memory passed in
 *   stay the caller's and are not used after the call, unless the text says that the call takes
 *   them.
 * - Sizes, offsets and addresses are in bytes. Deadlines are instants of the monotonic clock, in
 *   nanoseconds; one in the past polls, ZX_TIME_INFINITE waits for ever.
 * - ZX_ERR_NO_MEMORY may come from any call that makes something.
 * - "Not emulated" calls are there to link against: they do nothing and answer
 *   ZX_ERR_NOT_SUPPORTED.
 */
#ifndef ZIRCON_SYSCALLS_H_
#define ZIRCON_SYSCALLS_H_

#include <zircon/string_view.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/port.h>
#include <zircon/types.h>

#include <zircon/calls/clock.h>
#include <zircon/calls/device.h>
#include <zircon/calls/handle.h>
#include <zircon/calls/iob.h>
#include <zircon/calls/message.h>
#include <zircon/calls/object.h>
#include <zircon/calls/pager.h>
#include <zircon/calls/port.h>
#include <zircon/calls/stream.h>
#include <zircon/calls/system.h>
#include <zircon/calls/task.h>
#include <zircon/calls/vmar.h>
#include <zircon/calls/vmo.h>

#endif /* ZIRCON_SYSCALLS_H_ */
