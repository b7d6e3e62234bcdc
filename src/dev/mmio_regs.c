/* Registers that expect, each for itself: zirconia/mmio_fake.h says what is promised. */
#include <zirconia/inject.h>
#include <zirconia/mmio_fake.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "dev/misuse_i.h"

struct entry {
	struct entry *next;
	bool any; /* of whatever value */
	uint64_t value;
};

struct queue {
	struct entry *head, *last; /* last means something only with a head */
};

struct reg {
	struct queue loads, stores;
	uint64_t value; /* the last one */
};

struct zirconia_mmio_regs {
	pthread_mutex_t lock;              /* guards everything that is not fixed */
	size_t reg_size, reg_count, first; /* fixed; the sizes are not 0 */
	char failure[160];                 /* "": none; written once */
	struct reg regs[];
};

/* NULL: an access to no register. */
static struct reg *find(zirconia_mmio_regs_t *regs, size_t offset)
{
	const size_t number = offset / regs->reg_size;

	if (number < regs->first || number - regs->first >= regs->reg_count)
		return NULL;
	return &regs->regs[number - regs->first];
}

static struct reg *named(zirconia_mmio_regs_t *regs, size_t offset)
{
	struct reg *r = find(regs, offset);

	if (r == NULL)
		zi_dev_misuse("mmio registers", "there is no register at this offset", ZX_OK);
	return r;
}

static size_t offset_of(const zirconia_mmio_regs_t *regs, const struct reg *r)
{
	return (regs->first + (size_t)(r - regs->regs)) * regs->reg_size;
}

/* Requires the lock. The first one counts: what follows is its consequence. */
static void fail_locked(zirconia_mmio_regs_t *regs, const char *why, size_t offset, uint64_t wanted,
			uint64_t got)
{
	if (regs->failure[0] == '\0')
		snprintf(regs->failure, sizeof(regs->failure),
			 "%s at offset %zu: 0x%llx wanted, 0x%llx came", why, offset,
			 (unsigned long long)wanted, (unsigned long long)got);
}

static bool append(struct queue *q, bool any, uint64_t value)
{
	struct entry *e =
		zirconia_inject_here("alloc.mmio_mock") != ZX_OK ? NULL : malloc(sizeof(*e));

	if (e == NULL)
		return false;
	*e = (struct entry){.any = any, .value = value};
	if (q->head == NULL)
		q->head = e;
	else
		q->last->next = e;
	q->last = e;
	return true;
}

/* False: there is none. */
static bool take(struct queue *q, struct entry *out)
{
	struct entry *e = q->head;

	if (e == NULL)
		return false;
	*out = *e;
	q->head = e->next;
	free(e);
	return true;
}

static void empty(struct queue *q)
{
	struct entry e;

	while (take(q, &e))
		;
}

static uint64_t regs_load(void *ctx, size_t offset, size_t width)
{
	zirconia_mmio_regs_t *regs = ctx;
	struct reg *r = find(regs, offset);
	struct entry e;
	uint64_t value = 0;

	(void)width;
	pthread_mutex_lock(&regs->lock);
	if (r == NULL) {
		fail_locked(regs, "a load of no register", offset, 0, 0);
	} else {
		if (take(&r->loads, &e) && !e.any)
			r->value = e.value;
		value = r->value;
	}
	pthread_mutex_unlock(&regs->lock);
	return value;
}

static void regs_store(void *ctx, size_t offset, size_t width, uint64_t value)
{
	zirconia_mmio_regs_t *regs = ctx;
	struct reg *r = find(regs, offset);
	struct entry e;

	(void)width;
	pthread_mutex_lock(&regs->lock);
	if (r == NULL) {
		fail_locked(regs, "a store to no register", offset, 0, value);
	} else {
		if (take(&r->stores, &e) && !e.any && e.value != value)
			fail_locked(regs, "a store of another value", offset, e.value, value);
		r->value = value;
	}
	pthread_mutex_unlock(&regs->lock);
}

static const zirconia_mmio_backend_t backend = {regs_load, regs_store, NULL};

zirconia_mmio_regs_t *zirconia_mmio_regs_new(size_t reg_size, size_t reg_count, size_t first)
{
	zirconia_mmio_regs_t *regs;
	size_t end, len;

	if (reg_size == 0 || reg_count == 0 || __builtin_add_overflow(first, reg_count, &end) ||
	    __builtin_mul_overflow(reg_size, end, &len) || len > PTRDIFF_MAX ||
	    reg_count > PTRDIFF_MAX / sizeof(struct reg) - 2)
		return NULL;
	regs = zirconia_inject_here("alloc.mmio_mock") != ZX_OK ?
		       NULL :
		       calloc(1, sizeof(*regs) + reg_count * sizeof(struct reg));
	if (regs == NULL)
		return NULL;
	pthread_mutex_init(&regs->lock, NULL);
	regs->reg_size = reg_size;
	regs->reg_count = reg_count;
	regs->first = first;
	return regs;
}

void zirconia_mmio_regs_region(zirconia_mmio_regs_t *regs, zirconia_mmio_region_t *out_region)
{
	zirconia_mmio_region_from_backend(
		&backend, regs, (regs->first + regs->reg_count) * regs->reg_size, NULL, out_region);
	zirconia_mmio_into_split(out_region);
}

/* ---- what is to come */

static bool expect(zirconia_mmio_regs_t *regs, size_t offset, bool load, bool any, uint64_t value)
{
	struct reg *r = named(regs, offset);
	bool ok;

	pthread_mutex_lock(&regs->lock);
	ok = append(load ? &r->loads : &r->stores, any, value);
	if (!ok)
		fail_locked(regs, "no memory for what is expected", offset, value, 0);
	pthread_mutex_unlock(&regs->lock);
	return ok;
}

bool zirconia_mmio_regs_expect_load(zirconia_mmio_regs_t *regs, size_t offset, uint64_t value)
{
	return expect(regs, offset, true, false, value);
}

bool zirconia_mmio_regs_expect_any_load(zirconia_mmio_regs_t *regs, size_t offset)
{
	return expect(regs, offset, true, true, 0);
}

bool zirconia_mmio_regs_expect_store(zirconia_mmio_regs_t *regs, size_t offset, uint64_t value)
{
	return expect(regs, offset, false, false, value);
}

bool zirconia_mmio_regs_expect_any_store(zirconia_mmio_regs_t *regs, size_t offset)
{
	return expect(regs, offset, false, true, 0);
}

void zirconia_mmio_regs_load_returns(zirconia_mmio_regs_t *regs, size_t offset, uint64_t value)
{
	struct reg *r = named(regs, offset);

	pthread_mutex_lock(&regs->lock);
	r->value = value;
	pthread_mutex_unlock(&regs->lock);
}

static void clear_locked(struct reg *r)
{
	empty(&r->loads);
	empty(&r->stores);
	r->value = 0;
}

void zirconia_mmio_regs_clear(zirconia_mmio_regs_t *regs, size_t offset)
{
	struct reg *r = named(regs, offset);

	pthread_mutex_lock(&regs->lock);
	clear_locked(r);
	pthread_mutex_unlock(&regs->lock);
}

/* ---- what was wrong */

static const char *failure_locked(const zirconia_mmio_regs_t *regs)
{
	return regs->failure[0] != '\0' ? regs->failure : NULL;
}

static void verify_locked(zirconia_mmio_regs_t *regs, struct reg *r)
{
	if (r->loads.head != NULL)
		fail_locked(regs, "a load that never came", offset_of(regs, r),
			    r->loads.head->value, 0);
	if (r->stores.head != NULL)
		fail_locked(regs, "a store that never came", offset_of(regs, r),
			    r->stores.head->value, 0);
	clear_locked(r);
}

const char *zirconia_mmio_regs_failure(zirconia_mmio_regs_t *regs)
{
	const char *failure;

	pthread_mutex_lock(&regs->lock);
	failure = failure_locked(regs);
	pthread_mutex_unlock(&regs->lock);
	return failure;
}

const char *zirconia_mmio_regs_verify(zirconia_mmio_regs_t *regs, size_t offset)
{
	struct reg *r = named(regs, offset);

	pthread_mutex_lock(&regs->lock);
	verify_locked(regs, r);
	pthread_mutex_unlock(&regs->lock);
	return zirconia_mmio_regs_failure(regs);
}

const char *zirconia_mmio_regs_verify_all(zirconia_mmio_regs_t *regs)
{
	pthread_mutex_lock(&regs->lock);
	for (size_t i = 0; i < regs->reg_count; i++)
		verify_locked(regs, &regs->regs[i]);
	pthread_mutex_unlock(&regs->lock);
	return zirconia_mmio_regs_failure(regs);
}

void zirconia_mmio_regs_free(zirconia_mmio_regs_t *regs)
{
	if (regs == NULL)
		return;
	for (size_t i = 0; i < regs->reg_count; i++)
		clear_locked(&regs->regs[i]);
	pthread_mutex_destroy(&regs->lock);
	free(regs);
}
