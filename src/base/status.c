/*
 * Words for status codes.
 */
#include "base/status.h"

#include <stddef.h>

#include <zirconia/zirconia.h>

struct status {
	zx_status_t code;
	const char *name;
	const char *meaning;
};

#define ROW(code, meaning)           \
	{                            \
		code, #code, meaning \
	}

static const struct status statuses[] = {
	ROW(ZX_OK, "success"),
	ROW(ZX_ERR_INTERNAL, "something went wrong inside the system"),
	ROW(ZX_ERR_NOT_SUPPORTED, "the operation is not supported, or not for this object"),
	ROW(ZX_ERR_NO_RESOURCES, "a limited resource other than memory is used up"),
	ROW(ZX_ERR_NO_MEMORY, "not enough memory"),
	ROW(ZX_ERR_INTERNAL_INTR_RETRY,
	    "interrupted inside the kernel, to be tried again; calls never answer this"),
	ROW(ZX_ERR_INVALID_ARGS, "an argument is invalid, or a pointer cannot be accessed"),
	ROW(ZX_ERR_BAD_HANDLE, "the handle is not open"),
	ROW(ZX_ERR_WRONG_TYPE, "the handle is for another type of object"),
	ROW(ZX_ERR_BAD_SYSCALL, "there is no such system call"),
	ROW(ZX_ERR_OUT_OF_RANGE, "a value is outside the range that it must lie in"),
	ROW(ZX_ERR_BUFFER_TOO_SMALL, "the buffer is too small for the answer"),
	ROW(ZX_ERR_BAD_STATE, "the object is not in a state that allows this"),
	ROW(ZX_ERR_TIMED_OUT, "the deadline passed before it happened"),
	ROW(ZX_ERR_SHOULD_WAIT, "it cannot be done now without waiting"),
	ROW(ZX_ERR_CANCELED,
	    "the operation was canceled, for instance because the handle was closed"),
	ROW(ZX_ERR_PEER_CLOSED, "the other end is closed"),
	ROW(ZX_ERR_NOT_FOUND, "what was asked for does not exist"),
	ROW(ZX_ERR_ALREADY_EXISTS, "it exists already"),
	ROW(ZX_ERR_ALREADY_BOUND, "it is bound to something already"),
	ROW(ZX_ERR_UNAVAILABLE, "the object cannot do this now"),
	ROW(ZX_ERR_ACCESS_DENIED, "the handle lacks a right, or the access is not permitted"),
	ROW(ZX_ERR_IO, "input or output failed"),
	ROW(ZX_ERR_IO_REFUSED, "the device refused the request"),
	ROW(ZX_ERR_IO_DATA_INTEGRITY, "the data is damaged"),
	ROW(ZX_ERR_IO_DATA_LOSS, "the data is lost for good"),
	ROW(ZX_ERR_IO_NOT_PRESENT, "the device is not there, or was removed"),
	ROW(ZX_ERR_IO_OVERRUN, "more data came than was expected"),
	ROW(ZX_ERR_IO_MISSED_DEADLINE, "the request was not done in the time that it had"),
	ROW(ZX_ERR_IO_INVALID, "the request cannot be carried out by the device"),
	ROW(ZX_ERR_BAD_PATH, "the path is too long or malformed"),
	ROW(ZX_ERR_NOT_DIR, "it is not a directory"),
	ROW(ZX_ERR_NOT_FILE, "it is not a file"),
	ROW(ZX_ERR_FILE_BIG, "the file would be larger than it may be"),
	ROW(ZX_ERR_NO_SPACE, "no space is left"),
	ROW(ZX_ERR_NOT_EMPTY, "the directory is not empty"),
	ROW(ZX_ERR_STOP, "stop calling back; not an error"),
	ROW(ZX_ERR_NEXT, "skip to the next item; not an error"),
	ROW(ZX_ERR_ASYNC, "the answer will come later; not an error"),
	ROW(ZX_ERR_PROTOCOL_NOT_SUPPORTED, "the protocol is not supported"),
	ROW(ZX_ERR_ADDRESS_UNREACHABLE, "the host cannot be reached"),
	ROW(ZX_ERR_ADDRESS_IN_USE, "the address is used by somebody else"),
	ROW(ZX_ERR_NOT_CONNECTED, "the socket is not connected"),
	ROW(ZX_ERR_CONNECTION_REFUSED, "the other host refused the connection"),
	ROW(ZX_ERR_CONNECTION_RESET, "the other host reset the connection"),
	ROW(ZX_ERR_CONNECTION_ABORTED, "the connection was aborted"),
};

static const struct status *status_find(zx_status_t code)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].code == code)
			return &statuses[i];
	return NULL;
}

const char *zi_status_name(zx_status_t status)
{
	const struct status *found = status_find(status);

	return found != NULL ? found->name : "(UNKNOWN)";
}

const char *zirconia_status_meaning(zx_status_t status)
{
	const struct status *found = status_find(status);

	return found != NULL ? found->meaning : "not a status that a call answers";
}
