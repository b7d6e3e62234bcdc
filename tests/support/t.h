/*
 * Helpers of all Criterion tests: capabilities, statuses, memory to try calls with, and a random source that can be repeated.
 * No test logic lives here.
 */
#ifndef T_H
#define T_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <criterion/criterion.h>

#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/types.h>

#define T_PAGE ((size_t)ZX_PAGE_SIZE)

/* ---- capabilities */

/*
 * Skips the test when a capability of the comma-separated list is missing here; when the environment variable ZI_REQUIRE
 * lists it, its absence is a failure instead. Names:
 *   root, user     effective user is / is not root
 *   native         not under Valgrind and no sanitizer (exact limits, timing, very large reservations)
 *   no-tsan        not under ThreadSanitizer
 *   no-valgrind    not under Valgrind
 *   maps           the process can have 40,000 more mappings (vm.max_map_count)
 *   uffd           userfaultfd for faults in user mode can be opened
 */
void t_require(const char *caps);
bool t_has(const char *cap);
/*
 * For what a test finds out by itself: skips it, saying why, or fails when ZI_REQUIRE lists `cap`. Names, besides those above:
 *   engines        every trap engine
 *   decoder        the decoder of instructions for device models
 */
void t_lacks(const char *cap, const char *why);

/* ---- statuses */

/* Fails the test, naming both statuses, when `expr` is not `expected`. */
#define T_ZX(expr, expected) T_ZX_ROW("", expr, expected)
/* The same in a table test: `row` names the row. */
#define T_ZX_ROW(row, expr, expected) t_zx(__FILE__, __LINE__, (row), #expr, (expr), (expected))
#define T_OK(expr) T_ZX(expr, ZX_OK)

void t_zx(const char *file, int line, const char *row, const char *expr, zx_status_t got,
	  zx_status_t expected);

/* Runs `body` for each row of a static array of structs: T_EACH(rows, r) { ... r->name ... } */
#define T_EACH(rows, r) \
	for (__typeof__(&(rows)[0]) r = (rows); r < (rows) + sizeof(rows) / sizeof((rows)[0]); r++)

/* ---- objects and memory */

/* A new VMO; the test fails when there is none. */
zx_handle_t t_vmo(uint64_t size);
zx_handle_t t_vmo_options(uint64_t size, uint32_t options);
/* Maps the whole VMO readable and writable into the root VMAR. */
void *t_map(zx_handle_t vmo, uint64_t offset, size_t len);
void t_unmap(void *addr, size_t len);
void t_close(zx_handle_t handle);
/* Rights and koid of a handle, as the info topics tell them. */
zx_rights_t t_rights(zx_handle_t handle);
zx_koid_t t_koid(zx_handle_t handle);

/* An address at which nothing is mapped and nothing of ours lies; accessing it faults. */
void *t_bad_ptr(void);
/* A page without any access, and a page that can only be read (filled with 0xa5). Both stay until the process ends. */
void *t_no_access_page(void);
const void *t_read_only_page(void);
/* `len` readable and writable bytes that end exactly where an inaccessible page begins. */
void *t_before_guard(size_t len);

/* True when all n bytes have the value. */
bool t_all(const void *p, size_t n, uint8_t value);

/* ---- random */

/* Numbers that repeat with the seed. t_seed() takes ZI_SEED or the clock, and prints what it took. */
uint64_t t_seed(void);
uint64_t t_random(uint64_t *state);
uint64_t t_below(uint64_t *state, uint64_t limit); /* limit > 0 */

#endif
