/* The end of the program when one of our own invariants is broken. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/format.h"

#define STDERR 2

void zi_panic(const char *file, int line, const char *fmt, ...)
{
	const char *slash = strrchr(file, '/');
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	zi_format_va(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* One write, so that lines of several threads do not mix. */
	zi_print_fd(STDERR, "zirconia: %s:%d: %s\n", slash != NULL ? slash + 1 : file, line, text);
	abort();
}
