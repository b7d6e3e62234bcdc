/*
 * Threads that write, read, clone, map and close VMOs of one family at the same time. Every word tells where it belongs and who wrote
 * it, so content that is torn, stale or of somebody else is seen without a model:
 *
 *   root     every place of a root VMO is written by one thread only: what that thread wrote last, it must find there, through every call
 *            and mapping, and in every snapshot that it takes. Others may find any value of that writer, but whole, and in order: what
 *            has been seen through one mapping is not older through another
 *   clone    belongs to one thread at a time (others find it in a pool): its content is known exactly, whatever its relatives do
 *
 * Half of the pages are written as a whole by zx_vmo_write, with one value in all words, and each such write is seen entirely or
 * not at all. The other half is written word by word through mappings, in four places, often page after page.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>

#include "world.h"

#define PAGES 32u
#define BLOCK \
	8u /* pages of a root in a row that belong to one thread: four for calls, four for mappings */
#define WINDOW 12u /* largest clone */
#define TAIL 8u    /* pages behind them, which come and go */
#define ROOTS 3u
#define WORDS (M_PAGE / 8)
#define SPOTS 4u
#define ALL_SPOTS 15u
#define POOL 16u
#define MAX_THREADS 64u

static const unsigned spots[SPOTS] = {0, 1, 255, WORDS - 1};

/* A VMO, and perhaps a mapping of all of it that stays for a while. */
struct place {
	zx_handle_t handle;
	zx_handle_t vmar;
	zx_vaddr_t at; /* 0: not mapped */
};

struct clone {
	struct place place;
	unsigned root;
	uint64_t off, pages;          /* window into the root, in pages */
	uint64_t word[WINDOW][SPOTS]; /* what must be there */
};

struct shared {
	zx_handle_t root[ROOTS];
	_Atomic(struct clone *) pool[POOL];
	_Atomic zx_vaddr_t view[MAX_THREADS][ROOTS]; /* every thread's mapping of every root */
	_Atomic bool stop;
	unsigned threads;
	uint64_t seed;
};

struct thread {
	struct shared *s;
	unsigned index;
	struct rng r;
	uint32_t serial;
	uint64_t written[ROOTS][PAGES][SPOTS]; /* by this thread into its own pages */
	uint64_t seen[ROOTS][PAGES][SPOTS];    /* newest value of other threads' pages */
	struct place root[ROOTS];              /* with a mapping for the whole round */
	zx_handle_t vmar;
	uint64_t rounds;
	uint64_t page[WORDS];
};

extern zx_status_t zirconia_debug_check(zx_handle_t vmo) __attribute__((weak));

static void die(const struct thread *t, const char *what, uint64_t a, uint64_t b)
{
	printf("threads: seed %llu, thread %u: %s: %#llx, %#llx\n", (unsigned long long)t->s->seed,
	       t->index, what, (unsigned long long)a, (unsigned long long)b);
	fflush(stdout);
	_exit(1);
}

#define OK(t, call)                                        \
	do {                                               \
		const zx_status_t st_ = (call);            \
		if (st_ != ZX_OK)                          \
			die((t), #call, (uint64_t)st_, 0); \
	} while (0)

/* ---- words: tag 16, root 8, page 8, writer 8, serial 24 */

#define TAG 0xA5C3ull
#define PRIVATE 0x80u

static uint64_t new_word(struct thread *t, unsigned root, uint64_t page, unsigned private_)
{
	return TAG << 48 | (uint64_t)root << 40 | page << 32 |
	       (uint64_t)(t->index | private_) << 24 | (++t->serial & 0xffffff);
}

/* Written through mappings only; the others by calls, and then all words are the same. */
static bool is_mapped(uint64_t page)
{
	return page % BLOCK >= BLOCK / 2;
}

/* Who writes spot k of a page of a root: a call page has one writer, a mapped page one for each spot. */
static unsigned writer(const struct shared *s, uint64_t page, unsigned k)
{
	return (unsigned)((page / BLOCK + (is_mapped(page) ? k : 0)) % s->threads);
}

/* A word that a root may show. */
static void check_origin(const struct thread *t, uint64_t word, unsigned root, uint64_t page,
			 unsigned k)
{
	if (word == 0)
		return;
	if (word >> 48 != TAG || (word >> 40 & 0xff) != root || (word >> 32 & 0xff) != page)
		die(t, "a word of a root belongs elsewhere", word, page);
	if ((word >> 24 & 0xff) != writer(t->s, page, k))
		die(t, "a root shows what others have written", word, page);
}

/* A page of a root: own words exactly, those of others not older than before. whole: read by one call. */
static void check_root_page(struct thread *t, const uint64_t *words, unsigned root, uint64_t page,
			    bool whole)
{
	for (unsigned k = 0; k < SPOTS; k++) {
		const uint64_t word = words[spots[k]];

		if (writer(t->s, page, k) == t->index) {
			if (word != t->written[root][page][k])
				die(t, "what was written last is not there", word,
				    t->written[root][page][k]);
			continue;
		}
		check_origin(t, word, root, page, k);
		if (word < t->seen[root][page][k])
			die(t, "an older value comes back", word, t->seen[root][page][k]);
		t->seen[root][page][k] = word;
	}
	for (unsigned i = 2; i < WORDS - 1; i++) {
		if (i == spots[2])
			continue;
		if (is_mapped(page)) {
			if (words[i] != 0)
				die(t, "a word that nobody writes", words[i], page);
			continue;
		}
		check_origin(t, words[i], root, page, 0);
		if (whole && words[i] != words[0])
			die(t, "a page is torn", words[0], words[i]);
	}
}

/* A page that must have exactly these words. */
static void check_exact(struct thread *t, const uint64_t *words, const uint64_t want[SPOTS],
			uint64_t page, const char *where)
{
	if (!is_mapped(page)) {
		for (unsigned i = 0; i < WORDS; i++) {
			if (words[i] != want[0])
				die(t, where, words[i], want[0]);
		}
		return;
	}
	for (unsigned k = 0; k < SPOTS; k++) {
		if (words[spots[k]] != want[k])
			die(t, where, words[spots[k]], want[k]);
	}
	for (unsigned i = 2; i < 255; i++) {
		if (words[i] != 0)
			die(t, where, words[i], 0);
	}
}

/* ---- reading and writing a page, one way or the other */

static void map_place(struct thread *t, struct place *p, uint64_t pages)
{
	p->vmar = t->vmar;
	OK(t, zx_vmar_map(t->vmar, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, p->handle, 0,
			  pages * M_PAGE, &p->at));
}

static void unmap_place(struct thread *t, struct place *p, uint64_t pages)
{
	if (p->at != 0)
		OK(t, zx_vmar_unmap(p->vmar, p->at, pages * M_PAGE));
	p->at = 0;
}

/* The page through the mapping that is there, or through one made for the purpose; leave_page() ends it. */
static uint64_t *reach_page(struct thread *t, const struct place *p, uint64_t page, uint32_t prot,
			    zx_vaddr_t *out_own)
{
	*out_own = 0;
	if (p->at != 0 && rng_percent(&t->r, 70))
		return (uint64_t *)(p->at + page * M_PAGE);
	OK(t, zx_vmar_map(t->vmar, prot, 0, p->handle, page * M_PAGE, M_PAGE, out_own));
	return (uint64_t *)*out_own;
}

static void leave_page(struct thread *t, zx_vaddr_t own)
{
	if (own != 0)
		OK(t, zx_vmar_unmap(t->vmar, own, M_PAGE));
}

static void read_call(struct thread *t, const struct place *p, uint64_t page)
{
	OK(t, zx_vmo_read(p->handle, t->page, page * M_PAGE, M_PAGE));
}

static void read_mapped(struct thread *t, const struct place *p, uint64_t page)
{
	zx_vaddr_t own;
	const uint64_t *words = reach_page(t, p, page, ZX_VM_PERM_READ, &own);

	for (unsigned i = 0; i < WORDS; i++)
		t->page[i] = __atomic_load_n(&words[i], __ATOMIC_RELAXED);
	leave_page(t, own);
}

/* Writes new values into the page (mapped: into the spots in `mine`) and remembers them. `at`: the page's number in the VMO; `page`: in the root. */
static void write_page(struct thread *t, const struct place *p, uint64_t at, unsigned root,
		       uint64_t page, unsigned private_, unsigned mine, uint64_t out_words[SPOTS])
{
	if (!is_mapped(page)) {
		const uint64_t word = new_word(t, root, page, private_);

		for (unsigned i = 0; i < WORDS; i++)
			t->page[i] = word;
		OK(t, zx_vmo_write(p->handle, t->page, at * M_PAGE, M_PAGE));
		for (unsigned k = 0; k < SPOTS; k++)
			out_words[k] = word;
	} else {
		zx_vaddr_t own;
		uint64_t *words = reach_page(t, p, at, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, &own);

		for (unsigned k = 0; k < SPOTS; k++) {
			if (!(mine >> k & 1))
				continue;
			out_words[k] = new_word(t, root, page, private_);
			__atomic_store_n(&words[spots[k]], out_words[k], __ATOMIC_RELAXED);
		}
		for (unsigned k = 0; k < SPOTS; k++) {
			if ((mine >> k & 1) &&
			    __atomic_load_n(&words[spots[k]], __ATOMIC_RELAXED) != out_words[k])
				die(t, "a store is lost", page, k);
		}
		leave_page(t, own);
	}
}

/* ---- roots */

/* The spots of the page that this thread writes. */
static unsigned own_spots(const struct thread *t, uint64_t page)
{
	unsigned mine = 0;

	for (unsigned k = 0; k < SPOTS; k++)
		mine |= (unsigned)(writer(t->s, page, k) == t->index) << k;
	return mine;
}

/* What was stored into a page of a root is there at once in everybody's mapping. */
static void check_views(struct thread *t, unsigned root, uint64_t page, unsigned mine)
{
	for (unsigned i = 0; i < t->s->threads; i++) {
		const zx_vaddr_t view =
			atomic_load_explicit(&t->s->view[i][root], memory_order_relaxed);
		const uint64_t *words = (const uint64_t *)(view + page * M_PAGE);

		for (unsigned k = 0; k < SPOTS && view != 0; k++) {
			const uint64_t want = t->written[root][page][k];

			if (!(mine >> k & 1))
				continue;
			if (__atomic_load_n(&words[spots[k]], __ATOMIC_RELAXED) != want)
				die(t, "a store is not seen through another mapping", page, i);
		}
	}
}

static void write_root(struct thread *t)
{
	const unsigned root = (unsigned)rng_below(&t->r, ROOTS);
	uint64_t first = rng_below(&t->r, PAGES), pages = 1;
	struct place p = t->root[root];

	if (rng_percent(&t->r, 30)) {
		/* All that mappings write in a block, page after page. */
		first = first / BLOCK * BLOCK + BLOCK / 2;
		pages = BLOCK / 2;
	}
	if (rng_percent(&t->r, 20)) {
		p = (struct place){0};
		OK(t,
		   zx_vmo_create_child(t->s->root[root], ZX_VMO_CHILD_REFERENCE, 0, 0, &p.handle));
	}
	for (uint64_t page = first; page < first + pages; page++) {
		const unsigned mine = own_spots(t, page);

		for (unsigned i = 0; i < (is_mapped(page) ? 4 : 1) && mine != 0; i++) {
			write_page(t, &p, page, root, page, 0, mine, t->written[root][page]);
			check_views(t, root, page, mine);
		}
	}
	if (p.handle != t->s->root[root])
		OK(t, zx_handle_close(p.handle));
}

static void read_root(struct thread *t)
{
	const unsigned root = (unsigned)rng_below(&t->r, ROOTS);
	const uint64_t page = rng_below(&t->r, PAGES);
	const bool call = rng_percent(&t->r, 50);

	if (call)
		read_call(t, &t->root[root], page);
	else
		read_mapped(t, &t->root[root], page);
	check_root_page(t, t->page, root, page, call);
}

/* One word, through everybody's mapping in turn, many times: it never goes back. */
static void watch_root(struct thread *t)
{
	const unsigned root = (unsigned)rng_below(&t->r, ROOTS);
	const uint64_t page = rng_below(&t->r, PAGES);
	const unsigned k = (unsigned)rng_below(&t->r, SPOTS);
	uint64_t *seen = &t->seen[root][page][k];

	if (writer(t->s, page, k) == t->index)
		return;
	for (unsigned i = 0; i < 40 * t->s->threads; i++) {
		const zx_vaddr_t view = atomic_load_explicit(&t->s->view[i % t->s->threads][root],
							     memory_order_relaxed);
		uint64_t word;

		if (view == 0)
			continue;
		word = __atomic_load_n((const uint64_t *)(view + page * M_PAGE) + spots[k],
				       __ATOMIC_ACQUIRE);
		if (word < *seen)
			die(t, "an older value comes back through another mapping", word, *seen);
		*seen = word;
	}
}

static void resize_root(struct thread *t)
{
	zx_handle_t h = t->s->root[rng_below(&t->r, ROOTS)];
	zx_info_vmo_t info;

	if (t->index == 0)
		OK(t, zx_vmo_set_size(h, (PAGES + rng_below(&t->r, TAIL)) * M_PAGE));
	OK(t, zx_object_get_info(h, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	if (info.committed_bytes % M_PAGE != 0 ||
	    info.committed_private_bytes > info.committed_scaled_bytes ||
	    info.committed_scaled_bytes > info.committed_bytes)
		die(t, "counts cannot be", info.committed_bytes, info.committed_scaled_bytes);
	if (zirconia_debug_check != NULL)
		OK(t, zirconia_debug_check(h));
}

/* ---- clones */

static void check_clone(struct thread *t, const struct clone *c)
{
	for (uint64_t p = 0; p < c->pages; p++) {
		if (rng_percent(&t->r, 50))
			read_call(t, &c->place, p);
		else
			read_mapped(t, &c->place, p);
		check_exact(t, t->page, c->word[p], c->off + p, "a clone changed");
	}
}

static struct clone *clone_new(void)
{
	struct clone *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	return c;
}

static uint32_t clone_type(struct thread *t)
{
	static const uint32_t types[] = {ZX_VMO_CHILD_SNAPSHOT,
					 ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE,
					 ZX_VMO_CHILD_SNAPSHOT_MODIFIED};

	return types[rng_below(&t->r, 3)];
}

static struct clone *clone_of_root(struct thread *t)
{
	struct clone *c = clone_new();

	c->root = (unsigned)rng_below(&t->r, ROOTS);
	c->off = rng_below(&t->r, PAGES);
	c->pages = 1 + rng_below(&t->r, PAGES - c->off < WINDOW ? PAGES - c->off : WINDOW);
	OK(t, zx_vmo_create_child(t->s->root[c->root], clone_type(t), c->off * M_PAGE,
				  c->pages * M_PAGE, &c->place.handle));
	for (uint64_t p = 0; p < c->pages; p++) {
		const uint64_t page = c->off + p;

		read_call(t, &c->place, p);
		check_root_page(t, t->page, c->root, page, true);
		for (unsigned k = 0; k < SPOTS; k++)
			c->word[p][k] = t->page[spots[k]];
	}
	return c;
}

static struct clone *clone_of_clone(struct thread *t, const struct clone *from)
{
	struct clone *c = clone_new();

	*c = *from;
	c->place = (struct place){0};
	OK(t, zx_vmo_create_child(from->place.handle, clone_type(t), 0, c->pages * M_PAGE,
				  &c->place.handle));
	return c;
}

static void change_clone(struct thread *t, struct clone *c)
{
	const uint64_t p = rng_below(&t->r, c->pages);

	switch (rng_below(&t->r, 6)) {
	case 0:
		OK(t,
		   zx_vmo_op_range(c->place.handle, ZX_VMO_OP_ZERO, p * M_PAGE, M_PAGE, NULL, 0));
		memset(c->word[p], 0, sizeof(c->word[p]));
		break;
	case 1:
		OK(t,
		   zx_vmo_op_range(c->place.handle, ZX_VMO_OP_COMMIT, p * M_PAGE, M_PAGE, NULL, 0));
		break;
	case 2: /* works only without relatives, which nobody here can know */
		if (zx_vmo_op_range(c->place.handle, ZX_VMO_OP_DECOMMIT, p * M_PAGE, M_PAGE, NULL,
				    0) == ZX_OK)
			memset(c->word[p], 0, sizeof(c->word[p]));
		break;
	case 3: /* all that mappings write, page after page */
		for (uint64_t q = 0; q < c->pages; q++) {
			if (is_mapped(c->off + q))
				write_page(t, &c->place, q, c->root, c->off + q, PRIVATE, ALL_SPOTS,
					   c->word[q]);
		}
		break;
	default:
		write_page(t, &c->place, p, c->root, c->off + p, PRIVATE, ALL_SPOTS, c->word[p]);
		break;
	}
}

static void clone_free(struct thread *t, struct clone *c)
{
	unmap_place(t, &c->place, c->pages);
	OK(t, zx_handle_close(c->place.handle));
	free(c);
}

/* Into the pool; who was there before comes out. */
static struct clone *exchange(struct thread *t, struct clone *c)
{
	return atomic_exchange(&t->s->pool[rng_below(&t->r, POOL)], c);
}

static void use_clones(struct thread *t)
{
	struct clone *c = rng_percent(&t->r, 60) ? exchange(t, NULL) : clone_of_root(t), *more;

	if (c == NULL)
		return;
	if (c->place.at == 0 && rng_percent(&t->r, 40))
		map_place(t, &c->place, c->pages);
	check_clone(t, c);
	for (uint64_t n = rng_below(&t->r, 4); n > 0; n--)
		change_clone(t, c);
	if (rng_percent(&t->r, 40)) {
		more = clone_of_clone(t, c);
		change_clone(t, c);
		check_clone(t, more);
		more = exchange(t, more);
		if (more != NULL)
			clone_free(t, more);
	}
	check_clone(t, c);
	if (rng_percent(&t->r, 60))
		c = exchange(t, c);
	if (c != NULL)
		clone_free(t, c);
}

/* ---- running */

static void *thread_main(void *arg)
{
	struct thread *t = arg;

	for (unsigned i = 0; i < ROOTS; i++) {
		t->root[i].handle = t->s->root[i];
		map_place(t, &t->root[i], PAGES);
		atomic_store(&t->s->view[t->index][i], t->root[i].at);
	}
	while (!atomic_load_explicit(&t->s->stop, memory_order_relaxed)) {
		const uint64_t what = rng_below(&t->r, 100);

		if (what < 35)
			write_root(t);
		else if (what < 55)
			read_root(t);
		else if (what < 65)
			watch_root(t);
		else if (what < 72)
			resize_root(t);
		else
			use_clones(t);
		t->rounds++;
	}
	return NULL;
}

/* One family from creation to end. */
static uint64_t run_round(struct thread *threads, struct shared *s, double seconds)
{
	const struct timespec nap = {(time_t)seconds,
				     (long)((seconds - (double)(time_t)seconds) * 1e9)};
	pthread_t id[MAX_THREADS];
	uint64_t rounds = 0;

	atomic_store(&s->stop, false);
	for (unsigned i = 0; i < ROOTS; i++)
		OK(&threads[0], zx_vmo_create(PAGES * M_PAGE, ZX_VMO_RESIZABLE, &s->root[i]));
	for (unsigned i = 0; i < s->threads; i++) {
		memset(threads[i].written, 0, sizeof(threads[i].written));
		memset(threads[i].seen, 0, sizeof(threads[i].seen));
		threads[i].rounds = 0;
		if (pthread_create(&id[i], NULL, thread_main, &threads[i]) != 0)
			abort();
	}
	nanosleep(&nap, NULL);
	atomic_store(&s->stop, true);
	for (unsigned i = 0; i < s->threads; i++) {
		pthread_join(id[i], NULL);
		rounds += threads[i].rounds;
	}
	for (unsigned i = 0; i < s->threads; i++) {
		for (unsigned k = 0; k < ROOTS; k++) {
			atomic_store(&s->view[i][k], 0);
			unmap_place(&threads[i], &threads[i].root[k], PAGES);
		}
	}
	/* Half of the time the roots go first. */
	if (rng_percent(&threads[0].r, 50)) {
		for (unsigned i = 0; i < ROOTS; i++)
			OK(&threads[0], zx_handle_close(s->root[i]));
		memset(s->root, 0, sizeof(s->root));
	}
	for (unsigned i = 0; i < POOL; i++) {
		struct clone *c = atomic_exchange(&s->pool[i], NULL);

		if (c == NULL)
			continue;
		check_clone(&threads[0], c);
		clone_free(&threads[0], c);
	}
	for (unsigned i = 0; i < ROOTS && s->root[i] != ZX_HANDLE_INVALID; i++)
		OK(&threads[0], zx_handle_close(s->root[i]));
	return rounds;
}

int threads_run(unsigned n, double seconds, uint64_t seed)
{
	static struct thread threads[MAX_THREADS];
	static struct shared s;
	const uint32_t can = ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE;
	uint64_t rounds = 0;

	if (n > MAX_THREADS)
		n = MAX_THREADS;
	s.threads = n;
	s.seed = seed;
	for (unsigned i = 0; i < n; i++) {
		zx_vaddr_t addr;

		threads[i] = (struct thread){.s = &s,
					     .index = i,
					     .r = {seed + i},
					     .vmar = i % 2 ? threads[i - 1].vmar : 0};
		if (i % 2 == 0)
			OK(&threads[i], zx_vmar_allocate(zx_vmar_root_self(), can, 0, 1024 * M_PAGE,
							 &threads[i].vmar, &addr));
	}
	alarm((unsigned)seconds + 60);
	for (double left = seconds; left > 0; left -= 0.5)
		rounds += run_round(threads, &s, left < 0.5 ? left : 0.5);
	alarm(0);
	for (unsigned i = 0; i < n; i += 2) {
		OK(&threads[i], zx_vmar_destroy(threads[i].vmar));
		OK(&threads[i], zx_handle_close(threads[i].vmar));
	}
	printf("%u threads for %.0f s: %llu operations, nothing torn or alien\n", n, seconds,
	       (unsigned long long)rounds);
	return 0;
}
