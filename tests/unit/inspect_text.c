/* zi-test: valgrind */
/* Text that grows, sizes, quoting, JSON. */
#include <string.h>

#include "inspect/text.h"
#include "t.h"

static void check(struct zi_text *t, const char *want)
{
	cr_assert_not(t->no_memory);
	cr_assert_str_eq(t->at, want);
	cr_assert_eq(t->len, strlen(want));
	zi_text_done(t);
	cr_assert_null(t->at);
}

Test(inspect_text, many_pieces__grows_and_keeps_all)
{
	struct zi_text t = {0};

	for (int i = 0; i < 10000; i++)
		zi_text_add(&t, "%04d\n", i);
	cr_assert_eq(t.len, 50000);
	cr_assert_eq(memcmp(t.at + 5 * 1234, "1234\n", 5), 0);
	cr_assert_eq(t.at[t.len], '\0');
	zi_text_done(&t);
}

Test(inspect_text, quoted__what_is_not_plain_is_escaped)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"", "\"\""},
		{"plain name", "\"plain name\""},
		{"a\"b\\c", "\"a\\\"b\\\\c\""},
		{"line\nend\x7f", "\"line\\u000aend\\u007f\""},
		{"\xc3\xa4\xff", "\"\\u00c3\\u00a4\\u00ff\""},
	};

	T_EACH (rows, r) {
		struct zi_text t = {0};

		zi_text_quoted(&t, r->in);
		check(&t, r->out);
	}
}

Test(inspect_text, size__largest_unit_one_digit)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{0, "0B"},          {1023, "1023B"},          {1024, "1K"},
		{1536, "1.5K"},     {1 << 20, "1M"},          {(1 << 20) + (1 << 19), "1.5M"},
		{3ull << 30, "3G"}, {1ull << 44, "16T"},      {UINT64_MAX, "16.0E"},
		{1ull << 60, "1E"}, {(1ull << 50) * 5, "5P"},
	};
	char text[24];

	T_EACH (rows, r) {
		zi_text_size(text, sizeof(text), r->bytes);
		cr_assert_str_eq(text, r->text);
	}
}

Test(inspect_text, json__nested__commas_and_indentation)
{
	struct zi_text t = {0};

	zi_json_object(&t, NULL);
	zi_json_number(&t, "n", UINT64_MAX);
	zi_json_signed(&t, "s", -5);
	zi_json_string(&t, "name", "a\"b");
	zi_json_array(&t, "none");
	zi_json_end(&t, ']');
	zi_json_array(&t, "list");
	zi_json_object(&t, NULL);
	zi_json_hex(&t, "h", 0);
	zi_json_bool(&t, "yes", true);
	zi_json_end(&t, '}');
	zi_json_number(&t, NULL, 2);
	zi_json_end(&t, ']');
	zi_json_bool(&t, "no", false);
	zi_json_end(&t, '}');
	check(&t, "{\n"
		  "  \"n\": 18446744073709551615,\n"
		  "  \"s\": -5,\n"
		  "  \"name\": \"a\\\"b\",\n"
		  "  \"none\": [],\n"
		  "  \"list\": [\n"
		  "    {\n"
		  "      \"h\": \"0x0\",\n"
		  "      \"yes\": true\n"
		  "    },\n"
		  "    2\n"
		  "  ],\n"
		  "  \"no\": false\n"
		  "}\n");
}
