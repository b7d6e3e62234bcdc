/*
 * What the fuzzers of calls share: an input that is read byte by byte, handles and pointers of every kind, a pager that always answers, and
 * the look at everything when an input is over.
 */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/types.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FZ_PAGE ((size_t)4096)

/* ---- the input; zeros when it is over */

struct fz_in {
	const uint8_t *at;
	size_t left;
};

uint8_t fz_u8(struct fz_in *in);
uint64_t fz_u(struct fz_in *in, unsigned bytes);
/* Numbers that are worth trying: 0, small ones, pages and next to them, powers of two, huge ones, anything. */
uint64_t fz_number(struct fz_in *in);

/* Ends the program: one line on stderr, abort(). */
void fz_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* ---- before and after an input */

void fz_begin(void);
/*
 * Checks every VMO and the address space, closes every handle that the input left, gives back every mapping, and then checks that nothing is
 * left. Fails the program.
 */
void fz_end(void);

/* ---- handles */

/* One of everything, for the input to use. */
void fz_first_objects(void);
/* Can the harness clean up after another BTI? */
bool fz_room_for_bti(void);

/* The input's own region of the address space, which is destroyed in the end; the input may close this handle, and destroy it. */
extern zx_handle_t fz_vmar;
extern zx_vaddr_t fz_vmar_base;
extern size_t fz_vmar_len;

/* A handle that exists from now on, for the input to use. */
void fz_hold(zx_handle_t h);
/* The type of an object, ZX_OBJ_TYPE_NONE when there is none, and its koid. */
zx_obj_type_t fz_type(zx_handle_t h, zx_koid_t *out_koid);
/* Mostly a handle of the type (NONE: any), sometimes of another, closed, random or none. Never one that the harness needs. */
zx_handle_t fz_handle(struct fz_in *in, zx_obj_type_t wanted);
/* Another handle to the object, with all rights: the harness's own. */
zx_handle_t fz_keep(zx_handle_t h);
/* Must a call not get this value? */
bool fz_is_ours(zx_handle_t h);

/* ---- a pager whose requests are answered on a thread */

/* Which port and key a pager's VMO has to be made with, and that it was. */
zx_handle_t fz_pager_port(uint64_t *out_key);
void fz_pager_serve(uint64_t key, zx_handle_t pager, zx_handle_t vmo);

/* ---- pointers */

extern uint8_t *fz_area; /* readable and writable bytes, an inaccessible page behind them */
enum { FZ_AREA_LEN = 1 << 16 };

/* A page that can only be read, one without access; both for good. */
extern uint8_t *fz_read_only, *fz_no_access;
/* Physical memory laid out for VMOs. */
extern zx_paddr_t fz_paddr;
enum { FZ_PADDR_PAGES = 16 };

/*
 * Any pointer: NULL, valid, unaligned, just before an inaccessible page, into nothing, read-only, into mappings of VMOs and pagers, not
 * canonical, at the end of all addresses. *out_room: how many bytes of fz_area follow it, 0 for all others.
 */
void *fz_pointer(struct fz_in *in, size_t *out_room);
/* An address inside of a mapping of the input, or near one. */
zx_vaddr_t fz_address(struct fz_in *in);
/* Something was mapped there. */
void fz_mapped(zx_vaddr_t addr);

#endif
