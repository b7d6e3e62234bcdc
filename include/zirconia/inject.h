/*
 * Fault injection: makes calls, the library's own allocations, its requests to Linux and answers of pagers fail or take their
 * time, so that a program's handling of it can be tested.
 *
 * From outside, for a program that knows nothing of it:
 *
 *	ZIRCONIA_INJECT="zx_vmo_create:nth=3:ZX_ERR_NO_MEMORY;host.mmap:every=100;pager.supply:delay=5ms" program
 *
 * From inside, in a test that lets each allocation of a piece of work fail once:
 *
 *	for (unsigned n = 1;; n++) {
 *		char spec[40];
 *
 *		snprintf(spec, sizeof(spec), "alloc.*:nth=%u", n);
 *		zirconia_inject_set(spec);
 *		work();                                 (copes with ZX_ERR_NO_MEMORY anywhere)
 *		bool more = zirconia_inject_fired() != 0;
 *		zirconia_inject_set(NULL);
 *		if (!more)
 *			break;
 *	}
 *
 * ---- Specifications
 *
 *	SPEC  = [ RULE { ";" RULE } ]
 *	RULE  = POINT { ":" ITEM }  |  "seed=" NUMBER  |  nothing
 *	POINT = a name of a point, or the beginning of names and "*"
 *	ITEM  = "nth=" NUMBER | "every=" NUMBER | "p=" FRACTION | "after=" NUMBER | "times=" NUMBER
 *	      | "delay=" TIME | "log" | RESULT
 *	TIME  = NUMBER ( "ns" | "us" | "ms" | "s" ), an hour at most
 *	RESULT = ZX_ERR_... | "-" NUMBER | an errno (ENOMEM ... or its number)
 *
 * Blanks around points and items do not matter. There can be 64 rules. A rule with "*" is for those of the points that can do what it
 * says; a rule that is for no point is a mistake.
 *
 *	nth=N      only the Nth time that the point is reached        only one of the
 *	every=N    the Nth, 2Nth, 3Nth ... time                       three; none of
 *	p=0.01     with this probability                              them: every time
 *	after=N    the first N times do not count
 *	times=N    not more than N times in all
 *	delay=5ms  the thread sleeps first; without a RESULT the rule does nothing else
 *	log        one line on stderr each time
 *	seed=N     what p decides by; also the variable ZIRCONIA_INJECT_SEED. 1 if neither is given
 *
 * Each rule counts for itself how often its point, or all points of its "*" together, were reached by all threads. The
 * outcome of "p" depends on the seed, the place of the rule and that count only. Where several rules take effect at once, delays
 * add up and the first RESULT counts.
 *
 * ---- Points
 *
 * zirconia_inject_point() lists them all with a line on each.
 *
 *	zx_*      every call, also those that are not emulated. The rule names the status; the call answers it before it has
 *	          looked at its arguments, so nothing has happened. Calls without a status can only be delayed
 *	alloc.*   memory of the library's own. What asked for it answers ZX_ERR_NO_MEMORY, with nothing changed
 *	          (a few ask for less and go on)
 *	host.*    what the library asks of Linux and of the C library. Each has an errno that it fails with when the rule names
 *	          none. Whether the call then fails, or the library finds another way, is as with the real failure
 *	pager.request  a pager takes a request from its port (delay only)
 *	pager.supply   zx_pager_supply_pages, its arguments found right: delayed, or answered with the RESULT and nothing supplied
 *	pager.wait     a thread waits for a pager: it waits later, or goes on as if the pager had failed with the RESULT
 *	fault.page     a fault on mapped memory is to be resolved: later, or not at all, which is the fault that Zircon
 *	          would report with the RESULT as its reason: catch it with zirconia/fault.h, or have SIGSEGV or SIGBUS
 *	app.*     points of programs: zirconia_inject_here()
 *
 * Failures in the fault handler (an allocation, a mapping) end the same way as with fault.page: an access cannot answer a
 * status. Zircon's kernel would end the thread with ZX_ERR_NO_MEMORY in its exception report, and so does this library:
 * a report on stderr, then the program's handler of the signal or the default action. An access that is tried again later, with
 * nothing injected, succeeds.
 *
 * ---- Mistakes
 *
 * The variable is read when the program first uses the library. When it cannot be read the program ends at once with exit
 * code 78, after a line on stderr that tells the place: a test that injects nothing without anybody noticing is worse. An empty
 * variable is none, and programs with set-user-ID take none.
 *
 * Nothing of this may be called in a signal handler. Points themselves may be reached anywhere; while nothing is injected they
 * cost one test of a variable. After fork(2) the child goes on with the rules and counts that the parent had.
 */
#ifndef ZIRCONIA_INJECT_H_
#define ZIRCONIA_INJECT_H_

#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Replaces all rules and sets all counts to 0. NULL: injects and counts nothing any more. "": counts, and injects nothing.
 * Threads that are being delayed are not woken. What ZIRCONIA_INJECT said is replaced too.
 *
 * ZX_ERR_INVALID_ARGS  it cannot be read; the rules stay as they are. zirconia_inject_check() tells why
 */
zx_status_t zirconia_inject_set(const char *spec);

/*
 * Reads a specification and does nothing with it. ZX_OK, or ZX_ERR_INVALID_ARGS: then *out_at is the place of the mistake
 * (bytes from the start), and `text` says what is wrong. Either may be NULL. A text that is too long for `size` bytes is cut.
 */
zx_status_t zirconia_inject_check(const char *spec, size_t *out_at, char *text, size_t size);

/*
 * How often the point was reached since rules were last set; 0 while nothing is set, and for unknown names. Points of programs
 * are counted while a rule names them, without "*".
 */
uint64_t zirconia_inject_count(const char *point);

/* How often any rule took effect since rules were last set. */
uint64_t zirconia_inject_fired(void);

/* The name of a point; NULL for `index` past the last one. *out_text (may be NULL) is what fails there. Constant texts. */
const char *zirconia_inject_point(size_t index, const char **out_text);

/*
 * A point of the program's own; its name begins with "app." and is at most 47 characters long. ZX_OK, after a delay if a rule
 * says so, or the status to fail with: that of the rule, ZX_ERR_NO_MEMORY if it names none.
 */
zx_status_t zirconia_inject_here(const char *point);

__END_CDECLS

#endif /* ZIRCONIA_INJECT_H_ */
