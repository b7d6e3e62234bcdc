/*
 * Assertions that end the program: a line on stderr, then abort().
 *
 *   ZX_ASSERT(x), ZX_ASSERT_MSG(x, format, ...)               always
 *   ZX_DEBUG_ASSERT(x), ZX_DEBUG_ASSERT_MSG(x, format, ...)   only without NDEBUG
 *   ZX_PANIC(format, ...)                                     unconditional
 */
#ifndef ZIRCON_ASSERT_H_
#define ZIRCON_ASSERT_H_

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <zircon/compiler.h>

__BEGIN_CDECLS

__NO_RETURN __PRINTFLIKE(1, 2) __UNUSED static inline void __zx_panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

__END_CDECLS

#ifdef NDEBUG
#define ZX_DEBUG_ASSERT_IMPLEMENTED 0
#else
#define ZX_DEBUG_ASSERT_IMPLEMENTED 1
#endif

#define ZX_PANIC(...) __zx_panic(__VA_ARGS__)

#define ZX_ASSERT(x)                                                                        \
	do {                                                                                \
		if (unlikely(!(x)))                                                         \
			__zx_panic("ASSERT FAILED at (%s:%d): %s", __FILE__, __LINE__, #x); \
	} while (0)

/* The message comes on a line of its own. */
#define ZX_ASSERT_MSG(x, ...)                                                                      \
	do {                                                                                       \
		if (unlikely(!(x))) {                                                              \
			fprintf(stderr, "ASSERT FAILED at (%s:%d): %s\n", __FILE__, __LINE__, #x); \
			__zx_panic(__VA_ARGS__);                                                   \
		}                                                                                  \
	} while (0)

#define ZX_DEBUG_ASSERT(x)                                                                        \
	do {                                                                                      \
		if (ZX_DEBUG_ASSERT_IMPLEMENTED && unlikely(!(x)))                                \
			__zx_panic("DEBUG ASSERT FAILED at (%s:%d): %s", __FILE__, __LINE__, #x); \
	} while (0)

#define ZX_DEBUG_ASSERT_MSG(x, ...)                    \
	do {                                           \
		if (ZX_DEBUG_ASSERT_IMPLEMENTED)       \
			ZX_ASSERT_MSG(x, __VA_ARGS__); \
	} while (0)

#endif /* ZIRCON_ASSERT_H_ */
