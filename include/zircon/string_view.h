/*
 * A string with its length, as the system returns constant text.
 */
#ifndef ZIRCON_STRING_VIEW_H_
#define ZIRCON_STRING_VIEW_H_

#include <stddef.h>

typedef struct zx_string_view {
	const char *c_str; /* ends with a NUL */
	size_t length;     /* bytes before that NUL */
} zx_string_view_t;

#endif /* ZIRCON_STRING_VIEW_H_ */
