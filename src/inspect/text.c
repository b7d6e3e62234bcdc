/* Text that grows, and JSON into it. */
#include "inspect/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` characters and a NUL. */
static bool reserve(struct zi_text *t, size_t more)
{
	size_t room = t->room == 0 ? 512 : t->room;
	char *at;

	if (t->no_memory)
		return false;
	if (t->room - t->len > more)
		return true;
	while (room - t->len <= more)
		room *= 2;
	at = realloc(t->at, room);
	if (at == NULL) {
		t->no_memory = true;
		return false;
	}
	t->at = at;
	t->room = room;
	return true;
}

void zi_text_bytes(struct zi_text *t, const void *bytes, size_t len)
{
	if (!reserve(t, len))
		return;
	memcpy(t->at + t->len, bytes, len);
	t->len += len;
	t->at[t->len] = '\0';
}

void zi_text_add(struct zi_text *t, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n > 0)
		zi_text_bytes(t, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

void zi_text_quoted(struct zi_text *t, const char *s)
{
	zi_text_bytes(t, "\"", 1);
	for (; *s != '\0'; s++) {
		const unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			zi_text_add(t, "\\%c", c);
		else if (c >= ' ' && c < 0x7f)
			zi_text_bytes(t, s, 1);
		else
			zi_text_add(t, "\\u%04x", c);
	}
	zi_text_bytes(t, "\"", 1);
}

void zi_text_size(char *buf, size_t cap, uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	unsigned unit = 0;

	while (bytes >> (10 * unit) >= 1024 && units[unit + 1] != '\0')
		unit++;
	if ((bytes & (((uint64_t)1 << (10 * unit)) - 1)) == 0)
		snprintf(buf, cap, "%" PRIu64 "%c", bytes >> (10 * unit), units[unit]);
	else
		snprintf(buf, cap, "%.1f%c", (double)bytes / (double)((uint64_t)1 << (10 * unit)),
			 units[unit]);
}

void zi_text_done(struct zi_text *t)
{
	free(t->at);
	*t = (struct zi_text){0};
}

/* ---- JSON: one item to a line, two spaces for each level */

static void begin_item(struct zi_text *t, const char *key)
{
	if (t->behind_item)
		zi_text_bytes(t, ",", 1);
	if (t->depth > 0)
		zi_text_add(t, "\n%*s", (int)(2 * t->depth), "");
	if (key != NULL) {
		zi_text_quoted(t, key);
		zi_text_bytes(t, ": ", 2);
	}
	t->behind_item = true;
}

static void begin(struct zi_text *t, const char *key, const char *bracket)
{
	begin_item(t, key);
	zi_text_bytes(t, bracket, 1);
	t->depth++;
	t->behind_item = false;
}

void zi_json_object(struct zi_text *t, const char *key)
{
	begin(t, key, "{");
}

void zi_json_array(struct zi_text *t, const char *key)
{
	begin(t, key, "[");
}

void zi_json_end(struct zi_text *t, char bracket)
{
	t->depth--;
	if (t->behind_item)
		zi_text_add(t, "\n%*s", (int)(2 * t->depth), "");
	zi_text_add(t, t->depth == 0 ? "%c\n" : "%c", bracket);
	t->behind_item = true;
}

void zi_json_number(struct zi_text *t, const char *key, uint64_t value)
{
	begin_item(t, key);
	zi_text_add(t, "%" PRIu64, value);
}

void zi_json_signed(struct zi_text *t, const char *key, int64_t value)
{
	begin_item(t, key);
	zi_text_add(t, "%" PRId64, value);
}

void zi_json_bool(struct zi_text *t, const char *key, bool value)
{
	begin_item(t, key);
	zi_text_add(t, "%s", value ? "true" : "false");
}

void zi_json_string(struct zi_text *t, const char *key, const char *value)
{
	begin_item(t, key);
	zi_text_quoted(t, value);
}

void zi_json_hex(struct zi_text *t, const char *key, uint64_t value)
{
	begin_item(t, key);
	zi_text_add(t, "\"0x%" PRIx64 "\"", value);
}
