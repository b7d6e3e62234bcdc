/* Run-time options: what values mean, and what is said about those that mean nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/options.h"
#include "t.h"

/* Reads the environment anew; what went to stderr. */
static const char *read_options(void)
{
	static char text[2048];
	int pipes[2], err = dup(STDERR_FILENO);
	ssize_t got;

	cr_assert_eq(pipe(pipes), 0);
	dup2(pipes[1], STDERR_FILENO);
	zi_options_read();
	dup2(err, STDERR_FILENO);
	close(err);
	close(pipes[1]);
	got = read(pipes[0], text, sizeof(text) - 1);
	close(pipes[0]);
	text[got > 0 ? got : 0] = '\0';
	return text;
}

static void set(const char *name, const char *value)
{
	if (value != NULL)
		cr_assert_eq(setenv(name, value, 1), 0);
	else
		unsetenv(name);
}

Test(base_options, words__all__count_from_one)
{
	static const struct {
		const char *name, *value;
		enum zi_option_id id;
		unsigned word;
	} rows[] = {
		{"ZIRCONIA_BEHAVIOUR", "2025", ZI_OPTION_BEHAVIOUR, ZI_BEHAVIOUR_2025},
		{"ZIRCONIA_BEHAVIOUR", "2026", ZI_OPTION_BEHAVIOUR, ZI_BEHAVIOUR_2026},
		{"ZIRCONIA_ASLR", "0", ZI_OPTION_ASLR, ZI_ASLR_OFF},
		{"ZIRCONIA_ASLR", "1", ZI_OPTION_ASLR, ZI_ASLR_ON},
		{"ZIRCONIA_TRAP", "mprotect", ZI_OPTION_TRAP, 1},
		{"ZIRCONIA_TRAP", "sigbus", ZI_OPTION_TRAP, 2},
		{"ZIRCONIA_TRAP", "thread", ZI_OPTION_TRAP, 3},
	};

	T_EACH (rows, r) {
		set(r->name, r->value);
		cr_assert_str_eq(read_options(), "", "%s=%s", r->name, r->value);
		cr_assert(zi_option(r->id)->given, "%s=%s", r->name, r->value);
		cr_assert_eq(zi_option(r->id)->word, r->word, "%s=%s", r->name, r->value);
		cr_assert_str_eq(zi_option(r->id)->text, r->value);
		set(r->name, NULL);
	}
}

Test(base_options, numbers__in_range__taken)
{
	static const struct {
		const char *value;
		uint64_t number;
	} rows[] = {
		{"0", 0},
		{"17", 17},
		{"0x1F", 31},
		{"18446744073709551615", UINT64_MAX},
	};

	T_EACH (rows, r) {
		set("ZIRCONIA_SEED", r->value);
		cr_assert_str_eq(read_options(), "", "%s", r->value);
		cr_assert(zi_option(ZI_OPTION_SEED)->given);
		cr_assert_eq(zi_option(ZI_OPTION_SEED)->number, r->number, "%s", r->value);
	}
}

Test(base_options, not_set_or_empty__default_without_a_word)
{
	static const char *const names[] = {"ZIRCONIA_BEHAVIOUR", "ZIRCONIA_ASLR", "ZIRCONIA_SEED",
					    "ZIRCONIA_TRAP", "ZIRCONIA_PAGER_TIMEOUT"};

	for (int empty = 0; empty < 2; empty++) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			set(names[i], empty != 0 ? "" : NULL);
		cr_assert_str_eq(read_options(), "");
		for (unsigned id = 0; id < ZI_OPTION_COUNT; id++) {
			const struct zi_option *option = zi_option((enum zi_option_id)id);

			cr_assert(!option->given && option->word == 0 && option->text == NULL, "%u",
				  id);
		}
		cr_assert_eq(zi_option(ZI_OPTION_PAGER_TIMEOUT)->number, 300);
		cr_assert_eq(zi_option(ZI_OPTION_SEED)->number, 0);
	}
}

Test(base_options, senseless_value__told_and_as_if_not_set)
{
	static const struct {
		const char *name, *value, *why;
		enum zi_option_id id;
	} rows[] = {
		{"ZIRCONIA_BEHAVIOUR", "2024", "not one of \"2025 2026\"", ZI_OPTION_BEHAVIOUR},
		{"ZIRCONIA_BEHAVIOUR", "202", "not one of", ZI_OPTION_BEHAVIOUR},
		{"ZIRCONIA_BEHAVIOUR", "2025 2026", "not one of", ZI_OPTION_BEHAVIOUR},
		{"ZIRCONIA_BEHAVIOUR", " ", "not one of", ZI_OPTION_BEHAVIOUR},
		{"ZIRCONIA_TRAP", "SIGBUS", "not one of \"mprotect sigbus thread\"",
		 ZI_OPTION_TRAP},
		{"ZIRCONIA_ASLR", "yes", "not one of \"0 1\"", ZI_OPTION_ASLR},
		{"ZIRCONIA_SEED", "12a", "not a number from 0 to 18446744073709551615",
		 ZI_OPTION_SEED},
		{"ZIRCONIA_SEED", "-1", "not a number", ZI_OPTION_SEED},
		{"ZIRCONIA_SEED", " 1", "not a number", ZI_OPTION_SEED},
		{"ZIRCONIA_SEED", "18446744073709551616", "not a number", ZI_OPTION_SEED},
		{"ZIRCONIA_PAGER_TIMEOUT", "1000000001", "not a number from 0 to 1000000000",
		 ZI_OPTION_PAGER_TIMEOUT},
		{"ZIRCONIA_PAGER_TIMEOUT", "1s", "not a number", ZI_OPTION_PAGER_TIMEOUT},
	};

	T_EACH (rows, r) {
		char start[100];
		const char *told;

		snprintf(start, sizeof(start), "zirconia: %s=%s: ", r->name, r->value);
		set(r->name, r->value);
		told = read_options();
		cr_assert_eq(strncmp(told, start, strlen(start)), 0, "%s=%s: %s", r->name, r->value,
			     told);
		cr_assert_not_null(strstr(told, r->why), "%s=%s: %s", r->name, r->value, told);
		cr_assert_eq(strchr(told, '\n'), told + strlen(told) - 1, "one line");
		cr_assert(!zi_option(r->id)->given && zi_option(r->id)->word == 0);
		cr_assert_eq(zi_option(r->id)->number, r->id == ZI_OPTION_PAGER_TIMEOUT ? 300 : 0);
		set(r->name, NULL);
	}
}

/* The environment may change, and its memory with it. */
Test(base_options, environment_changed_later__no_effect)
{
	char value[] = "ZIRCONIA_TRAP=sigbus";

	cr_assert_eq(putenv(value), 0);
	cr_assert_str_eq(read_options(), "");
	memset(value + strlen("ZIRCONIA_TRAP="), 'x', 6);
	cr_assert_eq(zi_option(ZI_OPTION_TRAP)->word, 2);
	cr_assert_str_eq(zi_option(ZI_OPTION_TRAP)->text, "sigbus");
	unsetenv("ZIRCONIA_TRAP");
}
