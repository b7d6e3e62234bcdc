/* zi-test: helgrind */
/* The queues around a stream size: who waits for whom, row by row. */
#include <pthread.h>
#include <time.h>

#include "t.h"
#include "vm/node.h"
#include "vm/size_queue.h"
#include "vm/vmo.h"
#include "vm/vmo_stream.h"

#define READ ZI_SIZE_OP_READ
#define WRITE ZI_SIZE_OP_WRITE
#define APPEND ZI_SIZE_OP_APPEND
#define SET ZI_SIZE_OP_SET

static void nap(void)
{
	const struct timespec ts = {0, 15000000};

	nanosleep(&ts, NULL);
}

/* An operation in a thread of its own that stays in the queue until it is told to leave. */
struct actor {
	struct zi_vmo *vmo;
	enum zi_size_op_kind kind;
	uint64_t bytes;
	_Atomic bool begun, in_turn, leave;
	pthread_t thread;
};

static void *act(void *arg)
{
	struct actor *a = arg;
	struct zi_size_op op;

	zi_lock(&a->vmo->tree->lock);
	atomic_store(&a->begun, true);
	zi_size_op_enter_locked(a->vmo, &op, a->kind, a->bytes);
	zi_unlock(&a->vmo->tree->lock);
	atomic_store(&a->in_turn, true);
	while (!atomic_load(&a->leave))
		nap();
	zi_size_op_leave(a->vmo, &op);
	return NULL;
}

static void enter(struct actor *a, struct zi_vmo *vmo, enum zi_size_op_kind kind, uint64_t bytes)
{
	*a = (struct actor){.vmo = vmo, .kind = kind, .bytes = bytes};
	cr_assert_eq(pthread_create(&a->thread, NULL, act, a), 0);
	while (!atomic_load(&a->begun))
		nap();
	/* Once the lock can be had, it is in the queue. */
	zi_lock(&vmo->tree->lock);
	zi_unlock(&vmo->tree->lock);
}

static bool has_turn(struct actor *a, bool expected)
{
	for (int i = 0; i < 400 && expected && !atomic_load(&a->in_turn); i++)
		nap();
	if (!expected)
		nap();
	return atomic_load(&a->in_turn);
}

static void leave(struct actor *a)
{
	atomic_store(&a->leave, true);
	pthread_join(a->thread, NULL);
}

static struct zi_vmo *stream_vmo(uint64_t stream_size)
{
	struct zi_vmo *v;

	T_OK(zi_vmo_create(16 * T_PAGE, ZX_VMO_RESIZABLE, &v));
	T_OK(zi_vmo_stream_open(v));
	T_OK(zi_vmo_set_stream_size(v, stream_size));
	return v;
}

/* All with a stream size of 100. */
static const struct {
	const char *name;
	enum zi_size_op_kind first;
	uint64_t first_bytes;
	enum zi_size_op_kind second;
	uint64_t second_bytes;
	bool waits;
} rows[] = {
	/* spec: pager 10.7 #1 */
	{"read after read", READ, 100, READ, 100, false},
	{"read after write", WRITE, 200, READ, 100, false},
	{"read after append", APPEND, 0, READ, 100, false},
	{"read after set", SET, 10, READ, 10, false},
	/* spec: pager 10.7 #2 */
	{"write inside after read", READ, 100, WRITE, 50, false},
	{"write outside after read", READ, 100, WRITE, 150, false},
	{"write inside after write inside", WRITE, 100, WRITE, 100, false},
	{"write inside after write outside", WRITE, 150, WRITE, 100, false},
	{"write outside after write inside", WRITE, 50, WRITE, 101, true},
	{"write outside after write outside", WRITE, 150, WRITE, 150, true},
	{"write inside after append", APPEND, 0, WRITE, 100, false},
	{"write outside after append", APPEND, 0, WRITE, 101, true},
	{"write below the new size", SET, 50, WRITE, 50, false},
	{"write above the new size", SET, 50, WRITE, 51, true},
	{"write below the new, larger size", SET, 200, WRITE, 100, false},
	{"write outside after set to more", SET, 200, WRITE, 101, true},
	/* spec: pager 10.7 #3 */
	{"append after read", READ, 100, APPEND, 0, false},
	{"append after write inside", WRITE, 100, APPEND, 0, false},
	{"append after write outside", WRITE, 101, APPEND, 0, true},
	{"append after append", APPEND, 0, APPEND, 0, true},
	{"append after set", SET, 200, APPEND, 0, true},
	/* spec: pager 10.7 #4 */
	{"set after set", SET, 100, SET, 100, true},
	{"set after append", APPEND, 0, SET, 1000, true},
	{"set below the end of a write inside", WRITE, 60, SET, 59, true},
	{"set at the end of a write inside", WRITE, 60, SET, 60, false},
	{"set to more after write inside", WRITE, 100, SET, 500, false},
	{"set to more after write outside", WRITE, 101, SET, 500, true},
	{"set below the end of a read", READ, 60, SET, 59, true},
	{"set at the end of a read", READ, 60, SET, 60, false},
	{"set to more after read", READ, 100, SET, 101, false},
};

Test(vm_size_queue, second_operation__waits_for_the_first_or_not, .timeout = 120)
{
	T_EACH (rows, r) {
		struct zi_vmo *v = stream_vmo(100);
		struct actor a, b;

		enter(&a, v, r->first, r->first_bytes);
		cr_assert(has_turn(&a, true), "%s", r->name);
		enter(&b, v, r->second, r->second_bytes);
		cr_assert_eq(has_turn(&b, !r->waits), !r->waits, "%s", r->name);
		leave(&a);
		cr_assert(has_turn(&b, true), "%s: after the first has left", r->name);
		leave(&b);
		zi_vmo_unref(v);
	}
}

/* Who waits, waits until nothing at all is before it, also what would not have been in the way. */
Test(vm_size_queue, waiting__first_of_the_queue_only)
{
	struct zi_vmo *v = stream_vmo(100);
	struct actor inside, outside, append, late;

	enter(&inside, v, WRITE, 50);
	enter(&outside, v, WRITE, 150);
	enter(&append, v, APPEND, 0);
	enter(&late, v, WRITE, 60);
	cr_assert(has_turn(&inside, true));
	cr_assert_not(has_turn(&outside, false));
	cr_assert_not(has_turn(&append, false));
	cr_assert(has_turn(&late, true), "what stays inside overtakes");
	leave(&inside);
	cr_assert(has_turn(&outside, true));
	cr_assert_not(has_turn(&append, false));
	leave(&outside);
	cr_assert(has_turn(&append, true));
	leave(&append);
	leave(&late);
	zi_vmo_unref(v);
}

/*
 * A size change that is in the way of nobody in one queue and of somebody in the other waits for
 * that one alone.
 */
Test(vm_size_queue, set__waits_in_both_queues__goes_on_when_both_are_through)
{
	struct zi_vmo *v = stream_vmo(100);
	struct actor read, write, set, next;

	enter(&read, v, READ, 80);
	enter(&write, v, WRITE, 90);
	enter(&set, v, SET, 10);
	enter(&next, v, READ, 5);
	cr_assert_not(has_turn(&set, false));
	leave(&read);
	cr_assert_not(has_turn(&set, false));
	leave(&write);
	cr_assert(has_turn(&set, true));
	leave(&set);
	leave(&next);

	enter(&write, v, WRITE, 90);
	enter(&read, v, READ, 80);
	enter(&set, v, SET, 10);
	cr_assert_not(has_turn(&set, false));
	leave(&write);
	cr_assert_not(has_turn(&set, false));
	leave(&read);
	cr_assert(has_turn(&set, true));
	leave(&set);
	zi_vmo_unref(v);
}

/* spec: pager 10.3 #4 */
Test(vm_size_queue, limit__smallest_pending_size)
{
	struct zi_vmo *v = stream_vmo(100);
	struct actor read, first, second;
	uint64_t len;
	struct zi_size_op op;

	enter(&read, v, READ, 100);
	enter(&first, v, SET, 30);
	enter(&second, v, SET, 20);
	zi_vmo_stream_begin_read(v, 5, 1000, &op, &len);
	cr_assert_eq(len, 15);
	zi_vmo_stream_end(v, &op);
	zi_vmo_stream_begin_read(v, 20, 1000, &op, &len);
	cr_assert_eq(len, 0);
	leave(&read);
	leave(&first);
	leave(&second);
	/* These operations have set nothing: the stream is as long as it was. */
	zi_vmo_stream_begin_read(v, 5, 1000, &op, &len);
	cr_assert_eq(len, 95);
	zi_vmo_stream_end(v, &op);
	zi_vmo_unref(v);
}
