/*
 * Text that grows, and JSON into it. Running out of memory is remembered and told at the end, so
 * that printers need not look at every step.
 */
#ifndef ZI_INSPECT_TEXT_H
#define ZI_INSPECT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts zeroed; `at` is from malloc, NUL-terminated once something was added. */
struct zi_text {
	char *at;
	size_t len, room;
	bool no_memory;
	unsigned depth;   /* of JSON objects and arrays */
	bool behind_item; /* the next one needs a comma */
};

__attribute__((format(printf, 2, 3))) void zi_text_add(struct zi_text *t, const char *fmt, ...);
void zi_text_bytes(struct zi_text *t, const void *bytes, size_t len);
/* In double quotes, with escapes for what is not printable ASCII: no name can pass for a column. */
void zi_text_quoted(struct zi_text *t, const char *s);
/* "12K", "1.5G": the largest unit of which there is at least one; a fraction has one digit. */
void zi_text_size(char *buf, size_t cap, uint64_t bytes);
void zi_text_done(struct zi_text *t);

/*
 * JSON. A key of NULL: an element of an array, or the whole. zi_json_end closes what was begun last.
 */
void zi_json_object(struct zi_text *t, const char *key);
void zi_json_array(struct zi_text *t, const char *key);
void zi_json_end(struct zi_text *t, char bracket);
void zi_json_number(struct zi_text *t, const char *key, uint64_t value);
void zi_json_signed(struct zi_text *t, const char *key, int64_t value);
void zi_json_bool(struct zi_text *t, const char *key, bool value);
void zi_json_string(struct zi_text *t, const char *key, const char *value);
/* As a string, because readers of JSON lose bits above 2^53: "0x…". */
void zi_json_hex(struct zi_text *t, const char *key, uint64_t value);

#endif
