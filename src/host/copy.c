/*
 * The fallible copy: what happens when the loop of copy.S had to stop.
 *
 * Only the page of the fault is known, not how far the loop was: processors take wide accesses apart in their
 * own ways, and Valgrind's registers are not exact in a handler. So the bytes since the last note of
 * progress that lie before that page are copied once more, and the count is exact. Nothing is promised for
 * overlapping operands, and another thread may see the second copy of at most 32 KiB.
 */
#include <stdatomic.h>

#include "base/span.h"
#include "host/host_i.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* Bytes between two notes of progress in copy.S: a fault lies at most that far behind the last one. */
#define PIECE 32768

typedef struct zi_copy_result (*copy_fn)(void *dst, const void *src, size_t n);

struct zi_copy_result zi_copy_captured_at(void *dst, const void *src, size_t n);
struct zi_copy_result zi_copy_resolved_at(void *dst, const void *src, size_t n);
struct zi_copy_result zi_copy_captured_finish(void *dst, const void *src, size_t n, size_t done);
struct zi_copy_result zi_copy_resolved_finish(void *dst, const void *src, size_t n, size_t done);
extern const char zi_copy_captured_end[];
extern const char zi_copy_captured_stopped[];
extern const char zi_copy_resolved_end[];
extern const char zi_copy_resolved_stopped[];

/* What copy.S may use here. */
#define USE_REP 1 /* "rep movsb" is fast */
#define USE_AVX 2
#define USE_AVX512 4 /* and the processor does not slow down for it */
extern uint8_t zi_copy_machine __attribute__((visibility("hidden")));
uint8_t zi_copy_machine;

static _Thread_local struct zi_copy_stop last_stop __attribute__((tls_model("initial-exec")));

void zi_copy_setup(void)
{
#if defined(__x86_64__)
	unsigned a;
	unsigned b = 0;
	unsigned c;
	unsigned d;

	/* Valgrind would take the first byte by byte, and does not know the second on every machine. */
	if (ZI_ON_VALGRIND())
		return;
	if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0)
		return;
	if ((b >> 9 & 1) != 0)
		zi_copy_machine |= USE_REP;
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx"))
		zi_copy_machine |= USE_AVX;
	/* Fast short "rep movsb" came with the generation that no longer lowers its clock. */
	if ((d >> 4 & 1) != 0 && __builtin_cpu_supports("avx512f"))
		zi_copy_machine |= USE_AVX512;
#endif
}

static bool lies_in(uintptr_t ip, copy_fn begin, const char *end)
{
	return ip - (uintptr_t)begin < (uintptr_t)end - (uintptr_t)begin;
}

enum zi_copy_site zi_copy_site_of(uintptr_t ip)
{
	if (lies_in(ip, zi_copy_captured_at, zi_copy_captured_end))
		return ZI_COPY_CAPTURED;
	if (lies_in(ip, zi_copy_resolved_at, zi_copy_resolved_end))
		return ZI_COPY_RESOLVED;
	return ZI_COPY_NONE;
}

uintptr_t zi_copy_stop(enum zi_copy_site site, const struct zi_copy_stop *stop)
{
	last_stop = *stop;
	return (uintptr_t)(site == ZI_COPY_CAPTURED ? zi_copy_captured_stopped :
						      zi_copy_resolved_stopped);
}

/* Addresses at which the hardware cannot even look; `bits` is the width of an address, sign included. */
static bool is_beyond(uintptr_t addr, unsigned bits)
{
	int64_t high = (int64_t)addr >> (bits - 1);

	return high != 0 && high != -1;
}

/* Which side of a copy of one byte has faulted? */
static bool is_write(uintptr_t dst, uintptr_t src, const struct zi_copy_stop *stop)
{
	if (stop->addr_known)
		return stop->write;
	/* Reads come first. Machines have addresses of 57 or of 48 bits. */
	if (is_beyond(src, 57))
		return false;
	if (is_beyond(dst, 57))
		return true;
	return !is_beyond(src, 48) && is_beyond(dst, 48);
}

/*
 * Bytes from `op` to the page of the fault when the loop can have met that page at op, having done `done` bytes of
 * n for certain; SIZE_MAX when it cannot.
 */
static size_t bytes_before(uintptr_t op, size_t n, size_t done, uintptr_t addr)
{
	uintptr_t page = zi_page_down(addr);

	if (zi_page_down(op + done) == page)
		return done;
	/* A difference, so that operands at the very end of the address space work too. */
	return page - op - done < zi_min(n - done, PIECE) ? page - op : SIZE_MAX;
}

static struct zi_copy_result stopped(void *dst, const void *src, size_t done, bool write,
				     bool addr_known)
{
	uintptr_t at = (write ? (uintptr_t)dst : (uintptr_t)src) + done;

	if (!addr_known)
		at = zi_page_down(at);
	/* Zero means "no fault": the first page is told by its second byte. */
	return (struct zi_copy_result){
		.done = done, .fault = at == 0 ? 1 : at, .fault_write = write};
}

/* Byte by byte from `done`: when the fault does not tell where it was. */
static struct zi_copy_result finish_slowly(copy_fn copy, char *dst, const char *src, size_t n,
					   size_t done)
{
	for (; done < n; done++) {
		struct zi_copy_result r = copy(ZI_USER_AT(dst, done), ZI_USER_AT(src, done), 1);

		if (r.done == 0) {
			r.done = done;
			return r;
		}
	}
	return (struct zi_copy_result){.done = n};
}

static struct zi_copy_result finish(copy_fn copy, char *dst, const char *src, size_t n, size_t done)
{
	const struct zi_copy_stop stop = last_stop;
	size_t by_dst = SIZE_MAX;
	size_t by_src = SIZE_MAX;
	struct zi_copy_result r;
	bool write;
	size_t ok;

	if (stop.addr_known) {
		by_dst = bytes_before((uintptr_t)dst, n, done, stop.addr);
		by_src = bytes_before((uintptr_t)src, n, done, stop.addr);
	}
	if (n - done == 1) {
		write = by_dst == by_src ? is_write((uintptr_t)dst, (uintptr_t)src, &stop) :
					   by_dst != SIZE_MAX;
		return stopped(dst, src, done, write, stop.addr_known);
	}
	if (by_dst == SIZE_MAX && by_src == SIZE_MAX)
		return finish_slowly(copy, dst, src, n, done);
	if (by_dst != SIZE_MAX && by_src != SIZE_MAX)
		write = stop.write;
	else
		write = by_dst != SIZE_MAX;
	ok = write ? by_dst : by_src;
	if (ok > done) {
		r = copy(ZI_USER_AT(dst, done), ZI_USER_AT(src, done), ok - done);
		if (r.done < ok - done) {
			r.done += done;
			return r;
		}
		last_stop = stop;
	}
	return stopped(dst, src, ok, write, true);
}

struct zi_copy_result zi_copy_captured_finish(void *dst, const void *src, size_t n, size_t done)
{
	return finish(zi_copy_captured_at, dst, src, n, done);
}

struct zi_copy_result zi_copy_resolved_finish(void *dst, const void *src, size_t n, size_t done)
{
	return finish(zi_copy_resolved_at, dst, src, n, done);
}

struct zi_copy_result zi_copy_resolved(void *dst, const void *src, size_t n,
				       zx_status_t *out_status)
{
	struct zi_copy_result r = zi_copy_resolved_at(dst, src, n);

	if (out_status != NULL)
		*out_status = r.done < n ? last_stop.status : ZX_OK;
	return r;
}

size_t zi_copy_count(void *dst, const void *src, size_t n)
{
	return zi_copy_resolved_at(dst, src, n).done;
}
