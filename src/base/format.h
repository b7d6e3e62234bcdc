/*
 * A small vsnprintf for places where stdio is forbidden: the fault handler and zi_panic.
 *
 * Understands %d %i %u %x %o %c %s %p %% with the lengths hh h l ll z j t, the flags '0' and '-', a
 * width and, for strings, a precision (both also as '*'). Touches nothing but its arguments.
 */
#ifndef ZI_BASE_FORMAT_H
#define ZI_BASE_FORMAT_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Writes at most cap-1 characters and a final NUL (nothing when cap is 0). Returns the number of
 * characters now in the buffer, without the NUL: a text that is too long is cut.
 */
size_t zi_format_va(char *buf, size_t cap, const char *fmt, va_list ap);
__attribute__((format(printf, 3, 4))) size_t zi_format(char *buf, size_t cap, const char *fmt, ...);

/* As write(2), but never a cancellation point. Provided by the host ring (host/pages.c). */
ssize_t zi_write_fd(int fd, const void *bytes, size_t n);
/* Formats one text of up to 511 characters and writes it to fd; keeps errno. */
__attribute__((format(printf, 2, 3))) void zi_print_fd(int fd, const char *fmt, ...);

#endif
