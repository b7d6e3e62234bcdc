/*
 * Random programs: a program is a list of operations on numbered VMO variables and on page numbers of two address spaces. Running one
 * drives the model and, when asked, the library, and compares them.
 *
 * An operation whose variables are empty does nothing. So any sublist of a program is a program, which is what shrinking needs.
 * What an operation does depends on the model only, never on the library: a program can be made again from its seed without it.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <zircon/types.h>

#include "model.h"

#define W_VMOS 24u
#define W_KINDS 64u
#define W_BUFFER (512 * M_PAGE) /* longest read or write */

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = (r->state += 0x9E3779B97F4A7C15ull);

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
	return z ^ (z >> 31);
}

/* [0, limit), limit > 0 */
static inline uint64_t rng_below(struct rng *r, uint64_t limit)
{
	return rng_next(r) % limit;
}

static inline bool rng_percent(struct rng *r, unsigned percent)
{
	return rng_below(r, 100) < percent;
}

struct op {
	uint8_t kind;    /* index of op_kinds */
	uint8_t v, w;    /* variables; w also: address space */
	bool look;       /* compare the variables' info afterwards: an implementation may notice */
	uint32_t opt;    /* options, operation code, rights, … */
	uint32_t serial; /* unique in a program: what is written depends on it */
	uint64_t a, b, c;
};

/* Where the first difference was. Lies in memory that the runner shares with the child that found it. */
struct failure {
	bool failed;
	bool hung;
	uint64_t done; /* operations finished */
	uint64_t seed;
	char text[512]; /* for people */
	char check
		[512]; /* a C condition that fails; empty when the last operation's own status is wrong */
};

/* How programs of an episode look; chosen anew after every reset. */
struct episode {
	unsigned weight[W_KINDS];
	unsigned total;
	unsigned max_vmos, max_maps;
	unsigned vmar_pages; /* mappings crowd in the first so many pages */
	uint64_t max_pages;
	bool far;      /* huge sizes and offsets */
	unsigned look; /* percent of operations after which info is compared */
	unsigned bad;  /* percent of arguments that are meant to be wrong */
	bool checked;  /* everything has been compared, as the last thing of the episode */
	uint64_t left; /* operations until the reset */
};

struct world {
	struct m_vmo *vmo[W_VMOS];
	zx_rights_t full_rights[W_VMOS];
	struct m_vmar as[2];
	struct episode episode;
	uint32_t serial;

	/* the library's side; only with lib */
	bool lib;
	zx_handle_t handle[W_VMOS]; /* what operations use; may have fewer rights than … */
	zx_handle_t full[W_VMOS];   /* … the handle that creation gave */
	zx_handle_t process;        /* owner of address space 1 */
	zx_handle_t vmar[2];
	zx_vaddr_t base[2];
	struct failure *failure;
	uint64_t steps;

	FILE *print;          /* where to show the program as C; NULL: nowhere */
	bool reduced[W_VMOS]; /* the shown program has made a handle with fewer rights */
	uint8_t *bytes, *other;
};

/* A kind of operation. The index in the tables is what programs hold, the order is of no importance but for create, the first. */
struct op_kind {
	const char *name;
	unsigned weight;
	/* Fills op; false: there is nothing to do it with. */
	bool (*make)(struct world *w, struct rng *r, struct op *op);
	void (*run)(struct world *w, const struct op *op);
};

extern const struct op_kind op_kinds_vmo[], op_kinds_map[];
extern const unsigned nops_vmo, nops_map;

/* ---- world.c */

void w_init(struct world *w, bool lib, struct failure *failure);
void w_done(struct world *w);
void w_reset(struct world *w); /* closes and unmaps everything */
/* Runs one operation; false once model and library differ. */
bool w_step(struct world *w, const struct op *op);
unsigned w_nkinds(void);
const struct op_kind *w_kind(unsigned index);
bool w_is_reset(const struct op *op); /* everything is closed: an episode begins */
void w_fail(struct world *w, const char *check, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static inline bool w_failed(const struct world *w)
{
	return w->lib && w->failure->failed;
}

void w_say(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void w_say_call(struct world *w, zx_status_t want, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void w_say_close_full(struct world *w, unsigned i);
void w_bad_status(struct world *w, zx_status_t want, zx_status_t got, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The call `expr` must answer `want`; what follows is the call as C text. */
#define CALL(w, want, expr, ...)                                             \
	do {                                                                 \
		const zx_status_t want_ = (want);                            \
		if ((w)->print != NULL)                                      \
			w_say_call((w), want_, __VA_ARGS__);                 \
		if ((w)->lib) {                                              \
			const zx_status_t got_ = (expr);                     \
			if (got_ != want_)                                   \
				w_bad_status((w), want_, got_, __VA_ARGS__); \
		}                                                            \
	} while (0)

/* Bytes that only this serial number gives. */
void w_fill(uint8_t *bytes, uint64_t len, uint32_t serial);
/* An empty variable, or W_VMOS. */
unsigned w_free_var(const struct world *w, struct rng *r);
unsigned w_nvmos(const struct world *w);
/* Puts a new VMO into variable i. */
void w_adopt(struct world *w, unsigned i, struct m_vmo *v, zx_handle_t handle);

/* ---- check.c: comparisons */

void w_check_info(struct world *w, unsigned i);
/* flags: see check.c */
void w_check_all(struct world *w, uint32_t flags);
#define CHECK_INFO 1u
#define CHECK_READ 2u
#define CHECK_MAPPED 4u
#define CHECK_INTERNAL 8u
#define CHECK_FAULTS 16u
#define CHECK_MAPS 32u

/* ---- generate.c: choosing arguments */

bool g_next(struct world *w, struct rng *r, struct op *op);
unsigned g_var(struct world *w, struct rng *r); /* one that holds a VMO, or W_VMOS */
uint64_t g_page(struct world *w, struct rng *r,
		const struct m_vmo *v); /* a page in or near the VMO */
uint64_t g_offset(struct world *w, struct rng *r, const struct m_vmo *v); /* bytes */
uint64_t g_pages(struct world *w, struct rng *r);  /* a number of pages, small */
uint64_t g_length(struct world *w, struct rng *r); /* bytes, mostly few */
uint64_t g_size(struct world *w, struct rng *r);   /* of a VMO */
bool g_bad(struct world *w, struct rng *r);
uint64_t g_wild(struct rng *r); /* numbers at which sums wrap */

/* ---- program.c, shrink.c */

struct program {
	struct op *ops;
	size_t n;
};

/* The program that a seed makes, up to n operations. */
void program_of_seed(struct program *p, uint64_t seed, size_t n);
/*
 * Runs it in a child process, which may crash or hang: 0 when nothing is wrong, otherwise how many operations had been begun.
 * `failure` lies in shared memory.
 */
size_t program_fails(const struct program *p, struct failure *failure);
/* Waits for a child that runs a program; turns a crash or a hang into a failure. */
void program_wait(int pid, struct failure *failure);
#define HANG_SECONDS 20u
/* A C program that does the same. */
void program_print(const struct program *p, const struct failure *failure, FILE *out);
/* Removes what is not needed for the failure. */
void program_shrink(struct program *p, struct failure *failure, unsigned seconds);

/* ---- threads.c */

int threads_run(unsigned threads, double seconds, uint64_t seed);

#endif
