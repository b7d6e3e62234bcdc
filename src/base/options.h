/*
 * Run-time options: environment variables, read together when the library starts, that is when the
 * program first needs it. Later changes of the environment have no effect. A value that cannot be
 * understood is told on stderr, once, and then counts as not given. Programs that run with more
 * rights than their caller (set-user-ID) take no options.
 *
 * A new option is an enumerator here, its row in options.c, and its row in the tables of
 * <zirconia/zirconia.h> and of the README, which a test compares.
 */
#ifndef ZI_BASE_OPTIONS_H
#define ZI_BASE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum zi_option_id {
	ZI_OPTION_BEHAVIOUR,     /* word: ZI_BEHAVIOUR_* */
	ZI_OPTION_ASLR,          /* word: ZI_ASLR_* */
	ZI_OPTION_SEED,          /* number */
	ZI_OPTION_TRAP,          /* word: 1 + the engine of vm/trap.h */
	ZI_OPTION_PAGER_TIMEOUT, /* number: seconds, 0 for ever */
	ZI_OPTION_INJECT,        /* text: rules of base/inject.h */
	ZI_OPTION_INJECT_SEED,   /* number */
	ZI_OPTION_FS,            /* text: a directory */
	ZI_OPTION_COUNT
};

/* Words count from 1 in the order of their rows. */
enum { ZI_BEHAVIOUR_2025 = 1, ZI_BEHAVIOUR_2026 };
enum { ZI_ASLR_OFF = 1, ZI_ASLR_ON };

struct zi_option {
	bool given;       /* set to something that makes sense */
	unsigned word;    /* of options with words: which one, 0 when not given */
	uint64_t number;  /* of options with numbers: the default when not given */
	const char *text; /* as it is in the environment, NULL when not given; stays for ever */
};

/* At the start of the library: everybody's first way leads through zi_host_start. */
void zi_options_start(void);

/* Safe in the fault handler once the library has started. */
const struct zi_option *zi_option(enum zi_option_id id);

/*
 * For an option of which only its user can tell that it makes no sense, or that it cannot be had:
 * tells so in the common form.
 */
void zi_option_complain(enum zi_option_id id, const char *why);

/* Tests only, with one thread: reads the environment again. */
void zi_options_read(void);

#endif
