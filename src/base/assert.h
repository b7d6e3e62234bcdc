/* Checks of our own invariants. User errors are statuses, never assertions. */
#ifndef ZI_BASE_ASSERT_H
#define ZI_BASE_ASSERT_H

/* Prints one line on stderr with async-signal-safe means and aborts. */
__attribute__((noreturn, format(printf, 3, 4))) void zi_panic(const char *file, int line,
							      const char *fmt, ...);

#define ZI_PANIC(...) zi_panic(__FILE__, __LINE__, __VA_ARGS__)

#define ZI_ASSERT(cond)                                          \
	do {                                                     \
		if (__builtin_expect(!(cond), 0))                \
			ZI_PANIC("assertion failed: %s", #cond); \
	} while (0)

#ifdef NDEBUG
#define ZI_DASSERT(cond)            \
	do {                        \
		(void)sizeof(cond); \
	} while (0)
#else
#define ZI_DASSERT(cond) ZI_ASSERT(cond)
#endif

#endif
