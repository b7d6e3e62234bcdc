/*
 * Compiler conveniences shared by all public headers. Every name may already come from somewhere
 * else in a program, so each is defined only when it is missing.
 */
#ifndef ZIRCON_COMPILER_H_
#define ZIRCON_COMPILER_H_

#ifdef __cplusplus
#define __BEGIN_CDECLS extern "C" {
#define __END_CDECLS }
#else
#define __BEGIN_CDECLS
#define __END_CDECLS
#endif

#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#endif
#ifndef unlikely
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

#ifndef __NO_RETURN
#define __NO_RETURN __attribute__((__noreturn__))
#endif
#ifndef __PACKED
#define __PACKED __attribute__((__packed__))
#endif
#ifndef __ALIGNED
#define __ALIGNED(x) __attribute__((__aligned__(x)))
#endif
#ifndef __UNUSED
#define __UNUSED __attribute__((__unused__))
#endif
#ifndef __USED
#define __USED __attribute__((__used__))
#endif
#ifndef __NO_INLINE
#define __NO_INLINE __attribute__((__noinline__))
#endif
#ifndef __ALWAYS_INLINE
#define __ALWAYS_INLINE __attribute__((__always_inline__))
#endif
#ifndef __WEAK
#define __WEAK __attribute__((__weak__))
#endif
#ifndef __EXPORT
#define __EXPORT __attribute__((__visibility__("default")))
#endif
#ifndef __LOCAL
#define __LOCAL __attribute__((__visibility__("hidden")))
#endif
#ifndef __PRINTFLIKE
#define __PRINTFLIKE(format_arg, first_arg) \
	__attribute__((__format__(__printf__, format_arg, first_arg)))
#endif
#ifndef __WARN_UNUSED_RESULT
#define __WARN_UNUSED_RESULT __attribute__((__warn_unused_result__))
#endif

/* Marks a function that C++ may evaluate at compile time; nothing in C. */
#ifndef __CONSTEXPR
#ifdef __cplusplus
#define __CONSTEXPR constexpr
#else
#define __CONSTEXPR
#endif
#endif

/* Each answers whether the result did not fit, and stores the wrapped result. */
#ifndef add_overflow
#define add_overflow(a, b, out_result) __builtin_add_overflow(a, b, out_result)
#endif
#ifndef sub_overflow
#define sub_overflow(a, b, out_result) __builtin_sub_overflow(a, b, out_result)
#endif
#ifndef mul_overflow
#define mul_overflow(a, b, out_result) __builtin_mul_overflow(a, b, out_result)
#endif

/*
 * Declares one call under its two names. The form __ZX_CALL(type, name, (parameters)); keeps both
 * prototypes the same; __ZX_CALL_NORETURN is for the calls that never come back.
 */
#define __ZX_CALL(type, name, params) \
	type name params;             \
	type _##name params
#define __ZX_CALL_NORETURN(name, params) \
	__NO_RETURN void name params;    \
	__NO_RETURN void _##name params

#endif /* ZIRCON_COMPILER_H_ */
