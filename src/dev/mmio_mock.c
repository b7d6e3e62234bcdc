/* Expected accesses of registers, in order: zirconia/mmio_mock.h says what is promised. */
#include <zirconia/inject.h>
#include <zirconia/mmio_mock.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { LOAD, STORE, BARRIER, POLL };

static const char *const kind_names[] = {"load", "store", "write barrier", "poll"};

struct entry {
	struct entry *next;
	enum kind kind;
	size_t offset, width;
	uint64_t value;     /* STORE */
	uint64_t *answers;  /* LOAD, POLL */
	size_t count, done; /* of them, loads that got one */
};

struct zirconia_mmio_mock {
	pthread_mutex_t lock;
	size_t size;
	struct entry *head, **tail;
	char failure[160]; /* "": none */
};

/* Only the first one counts: what follows is its consequence. */
static void fail(zirconia_mmio_mock_t *mock, const char *why, enum kind kind, size_t offset,
		 size_t width, uint64_t value)
{
	if (mock->failure[0] == '\0')
		snprintf(mock->failure, sizeof(mock->failure),
			 "%s: %s of %zu bytes at offset %zu, value 0x%llx", why, kind_names[kind],
			 width, offset, (unsigned long long)value);
}

static void entry_free(struct entry *e)
{
	free(e->answers);
	free(e);
}

static void retire(zirconia_mmio_mock_t *mock)
{
	struct entry *e = mock->head;

	mock->head = e->next;
	if (mock->head == NULL)
		mock->tail = &mock->head;
	entry_free(e);
}

static bool matches(const struct entry *e, enum kind kind, size_t offset, size_t width,
		    uint64_t value)
{
	if (e == NULL)
		return false;
	if (kind == BARRIER)
		return e->kind == BARRIER;
	if (e->offset != offset || e->width != width)
		return false;
	return kind == STORE ? e->kind == STORE && e->value == value :
			       e->kind == LOAD || e->kind == POLL;
}

/* An access: the entry that it retires or goes on with, or NULL. */
static struct entry *find(zirconia_mmio_mock_t *mock, enum kind kind, size_t offset, size_t width,
			  uint64_t value)
{
	struct entry *e = mock->head;

	/* A poll that had all its answers gives way to what comes after it. */
	if (e != NULL && e->kind == POLL && e->done >= e->count &&
	    matches(e->next, kind, offset, width, value)) {
		retire(mock);
		e = mock->head;
	}
	if (matches(e, kind, offset, width, value))
		return e;
	fail(mock, e == NULL ? "unexpected MMIO access" : "expectation mismatch", kind, offset,
	     width, value);
	return NULL;
}

static uint64_t mock_load(void *ctx, size_t offset, size_t width)
{
	zirconia_mmio_mock_t *mock = ctx;
	uint64_t answer = 0;

	pthread_mutex_lock(&mock->lock);
	struct entry *e = find(mock, LOAD, offset, width, 0);

	if (e != NULL) {
		answer = e->answers[e->done < e->count ? e->done : e->count - 1];
		e->done++;
		if (e->kind == LOAD)
			retire(mock);
	}
	pthread_mutex_unlock(&mock->lock);
	return answer;
}

static void mock_store(void *ctx, size_t offset, size_t width, uint64_t value)
{
	zirconia_mmio_mock_t *mock = ctx;

	pthread_mutex_lock(&mock->lock);
	if (find(mock, STORE, offset, width, value) != NULL)
		retire(mock);
	pthread_mutex_unlock(&mock->lock);
}

static void mock_barrier(void *ctx)
{
	zirconia_mmio_mock_t *mock = ctx;

	pthread_mutex_lock(&mock->lock);
	if (find(mock, BARRIER, 0, 0, 0) != NULL)
		retire(mock);
	pthread_mutex_unlock(&mock->lock);
}

static const zirconia_mmio_backend_t backend = {mock_load, mock_store, mock_barrier};

zirconia_mmio_mock_t *zirconia_mmio_mock_new(size_t size)
{
	zirconia_mmio_mock_t *mock =
		zirconia_inject_here("alloc.mmio_mock") != ZX_OK ? NULL : calloc(1, sizeof(*mock));

	if (mock == NULL)
		return NULL;
	pthread_mutex_init(&mock->lock, NULL);
	mock->size = size;
	mock->tail = &mock->head;
	return mock;
}

void zirconia_mmio_mock_region(zirconia_mmio_mock_t *mock, zirconia_mmio_region_t *out_region)
{
	zirconia_mmio_region_from_backend(&backend, mock, mock->size, NULL, out_region);
	zirconia_mmio_into_split(out_region);
}

static bool append(zirconia_mmio_mock_t *mock, const struct entry *what, const uint64_t *answers)
{
	struct entry *e =
		zirconia_inject_here("alloc.mmio_mock") != ZX_OK ? NULL : calloc(1, sizeof(*e));
	bool ok = e != NULL;

	pthread_mutex_lock(&mock->lock);
	if (what->kind == POLL && what->count == 0) {
		fail(mock, "no values", what->kind, what->offset, what->width, 0);
		ok = false;
	} else if (what->kind != BARRIER) {
		if (what->offset > mock->size || mock->size - what->offset < what->width) {
			fail(mock, "exceeds region size", what->kind, what->offset, what->width,
			     what->value);
			ok = false;
		} else if (what->width == 0 || what->offset % what->width != 0) {
			fail(mock, "is unaligned", what->kind, what->offset, what->width,
			     what->value);
			ok = false;
		}
	}
	if (ok && what->count != 0) {
		*e = *what;
		e->answers = zirconia_inject_here("alloc.mmio_mock") != ZX_OK ?
				     NULL :
				     malloc(what->count * sizeof(*answers));
		ok = e->answers != NULL;
		if (ok)
			memcpy(e->answers, answers, what->count * sizeof(*answers));
	} else if (ok) {
		*e = *what;
	}
	if (ok) {
		*mock->tail = e;
		mock->tail = &e->next;
	} else {
		fail(mock, "no memory", what->kind, what->offset, what->width, what->value);
		free(e);
	}
	pthread_mutex_unlock(&mock->lock);
	return ok;
}

bool zirconia_mmio_mock_expect_load(zirconia_mmio_mock_t *mock, size_t offset, size_t width,
				    uint64_t answer)
{
	return append(mock,
		      &(struct entry){.kind = LOAD, .offset = offset, .width = width, .count = 1},
		      &answer);
}

bool zirconia_mmio_mock_expect_store(zirconia_mmio_mock_t *mock, size_t offset, size_t width,
				     uint64_t value)
{
	return append(
		mock,
		&(struct entry){.kind = STORE, .offset = offset, .width = width, .value = value},
		NULL);
}

bool zirconia_mmio_mock_expect_write_barrier(zirconia_mmio_mock_t *mock)
{
	return append(mock, &(struct entry){.kind = BARRIER}, NULL);
}

bool zirconia_mmio_mock_expect_poll(zirconia_mmio_mock_t *mock, size_t offset, size_t width,
				    const uint64_t *answers, size_t count)
{
	return append(
		mock,
		&(struct entry){.kind = POLL, .offset = offset, .width = width, .count = count},
		answers);
}

/* ---- by descriptor */

/* An entry about a register of the given mode; fails the mock when there is no such one. */
static bool append_register(zirconia_mmio_mock_t *mock, const zirconia_mmio_register_t *reg,
			    size_t index, zirconia_mmio_mode_t mode, struct entry *what,
			    const uint64_t *answers)
{
	const char *why = NULL;

	what->width = reg->width;
	if (!zirconia_mmio_register_offset(reg, index, &what->offset))
		why = "index out of bounds";
	else if ((reg->mode & mode) == 0)
		why = mode == ZIRCONIA_MMIO_READ_ONLY ? "is write-only" : "is read-only";
	if (why == NULL)
		return append(mock, what, answers);
	pthread_mutex_lock(&mock->lock);
	fail(mock, why, what->kind, reg->offset, reg->width, index);
	pthread_mutex_unlock(&mock->lock);
	return false;
}

bool zirconia_mmio_mock_expect_register_read(zirconia_mmio_mock_t *mock,
					     const zirconia_mmio_register_t *reg, size_t index,
					     uint64_t answer)
{
	return append_register(mock, reg, index, ZIRCONIA_MMIO_READ_ONLY,
			       &(struct entry){.kind = LOAD, .count = 1}, &answer);
}

bool zirconia_mmio_mock_expect_register_write(zirconia_mmio_mock_t *mock,
					      const zirconia_mmio_register_t *reg, size_t index,
					      uint64_t value)
{
	return append_register(mock, reg, index, ZIRCONIA_MMIO_WRITE_ONLY,
			       &(struct entry){.kind = STORE, .value = value}, NULL);
}

bool zirconia_mmio_mock_expect_register_poll(zirconia_mmio_mock_t *mock,
					     const zirconia_mmio_register_t *reg, size_t index,
					     const uint64_t *answers, size_t count)
{
	return append_register(mock, reg, index, ZIRCONIA_MMIO_READ_ONLY,
			       &(struct entry){.kind = POLL, .count = count}, answers);
}

const char *zirconia_mmio_mock_failure(const zirconia_mmio_mock_t *mock)
{
	/* Written once, under the lock, and never again: what was seen may be read without it. */
	pthread_mutex_lock((pthread_mutex_t *)(uintptr_t)&mock->lock);
	const bool failed = mock->failure[0] != '\0';

	pthread_mutex_unlock((pthread_mutex_t *)(uintptr_t)&mock->lock);
	return failed ? mock->failure : NULL;
}

const char *zirconia_mmio_mock_verify(zirconia_mmio_mock_t *mock)
{
	pthread_mutex_lock(&mock->lock);
	const struct entry *e = mock->head;

	if (e != NULL && e->kind == POLL && e->done >= e->count)
		e = e->next;
	if (e != NULL)
		fail(mock, "unretired expectations", e->kind, e->offset, e->width, e->value);
	pthread_mutex_unlock(&mock->lock);
	return zirconia_mmio_mock_failure(mock);
}

void zirconia_mmio_mock_free(zirconia_mmio_mock_t *mock)
{
	if (mock == NULL)
		return;
	while (mock->head != NULL)
		retire(mock);
	pthread_mutex_destroy(&mock->lock);
	free(mock);
}
