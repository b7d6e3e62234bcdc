/* Run-time options: the table, and how their values are understood. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/format.h"
#include "base/options.h"

#define STDERR 2

struct row {
	const char *name;
	const char *words; /* what it may be, separated by blanks; NULL: not an option with words */
	uint64_t max;      /* largest number; 0: not an option with a number */
	uint64_t number;   /* the number when none is given */
};

/* Neither words nor a number: any text, which its user understands. */
static const struct row rows[ZI_OPTION_COUNT] = {
	[ZI_OPTION_BEHAVIOUR] = {.name = "ZIRCONIA_BEHAVIOUR", .words = "2025 2026"},
	[ZI_OPTION_ASLR] = {.name = "ZIRCONIA_ASLR", .words = "0 1"},
	[ZI_OPTION_SEED] = {.name = "ZIRCONIA_SEED", .max = UINT64_MAX},
	[ZI_OPTION_TRAP] = {.name = "ZIRCONIA_TRAP", .words = "mprotect sigbus thread"},
	[ZI_OPTION_FS] = {.name = "ZIRCONIA_FS"},
	[ZI_OPTION_PAGER_TIMEOUT] = {.name = "ZIRCONIA_PAGER_TIMEOUT",
				     .max = 1000000000,
				     .number = 300},
	[ZI_OPTION_INJECT] = {.name = "ZIRCONIA_INJECT"},
	[ZI_OPTION_INJECT_SEED] = {.name = "ZIRCONIA_INJECT_SEED", .max = UINT64_MAX, .number = 1},
};

static struct zi_option values[ZI_OPTION_COUNT];
static _Atomic bool ready;
static pthread_once_t reading = PTHREAD_ONCE_INIT;

static void complain(const struct row *row, const char *value, const char *why)
{
	zi_print_fd(STDERR, "zirconia: %s=%.60s: %s\n", row->name, value, why);
}

/* Which of the words it is, counted from 1; 0: none. */
static unsigned find_word(const char *words, const char *value)
{
	const size_t len = strlen(value);
	unsigned n = 1;

	for (const char *w = words;; n++) {
		const size_t here = strcspn(w, " ");

		if (here == len && memcmp(w, value, len) == 0)
			return n;
		if (w[here] == '\0')
			return 0;
		w += here + 1;
	}
}

static bool find_number(const struct row *row, const char *value, uint64_t *out_number)
{
	char *end;

	/* strtoull would take blanks and signs. */
	if (*value < '0' || *value > '9')
		return false;
	errno = 0;
	*out_number = strtoull(value, &end, 0);
	return errno == 0 && *end == '\0' && *out_number <= row->max;
}

static bool understand(const struct row *row, const char *value, struct zi_option *out_option)
{
	char why[200];

	if (row->words != NULL) {
		out_option->word = find_word(row->words, value);
		if (out_option->word != 0)
			return true;
		zi_format(why, sizeof(why), "not one of \"%s\"; as if it were not set", row->words);
	} else if (row->max != 0) {
		if (find_number(row, value, &out_option->number))
			return true;
		out_option->number = row->number;
		zi_format(why, sizeof(why), "not a number from 0 to %llu; as if it were not set",
			  (unsigned long long)row->max);
	} else {
		return true;
	}
	complain(row, value, why);
	return false;
}

void zi_options_read(void)
{
	const int saved = errno;

	for (unsigned id = 0; id < ZI_OPTION_COUNT; id++) {
		const struct row *row = &rows[id];
		const char *value = secure_getenv(row->name);
		struct zi_option option = {.number = row->number};

		if (value != NULL && *value != '\0' && understand(row, value, &option)) {
			/* The program may change its environment. */
			option.text = strdup(value);
			option.given = option.text != NULL;
		}
		free((char *)values[id].text);
		values[id] = option;
	}
	atomic_store_explicit(&ready, true, memory_order_release);
	errno = saved;
}

void zi_options_start(void)
{
	if (!atomic_load_explicit(&ready, memory_order_acquire))
		(void)pthread_once(&reading, zi_options_read);
}

const struct zi_option *zi_option(enum zi_option_id id)
{
	ZI_ASSERT((unsigned)id < ZI_OPTION_COUNT);
	zi_options_start();
	return &values[id];
}

void zi_option_complain(enum zi_option_id id, const char *why)
{
	const struct zi_option *option = zi_option(id);

	complain(&rows[id], option->text != NULL ? option->text : "", why);
}
