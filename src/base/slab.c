/*
 * Slabs: chunks of 64 KiB, each of slots of one size.
 *
 * The list of free slots is kept as 16-bit slot numbers in the head of the chunk, outside the slots,
 * because the objects of a zi_cache must keep their bytes after they are freed. The chunk of a
 * slot is found by rounding its address down.
 *
 * Every class has a lock of its own (rank leaf). Chunks are never given back.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/inject.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/magazine.h"
#include "base/slab.h"

#if defined(__SANITIZE_ADDRESS__)
#define SLAB_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLAB_ASAN 1
#endif
#endif

#ifdef SLAB_ASAN
#include <sanitizer/asan_interface.h>
#define SLAB_POISON(p, n) __asan_poison_memory_region((p), (n))
#define SLAB_UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define SLAB_POISON(p, n) ((void)(p), (void)(n))
#define SLAB_UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#define CHUNK ((size_t)64 << 10)
#define REGION ((size_t)1 << 20) /* what is asked of the system at a time */
#define SLOT_END UINT16_MAX      /* end of a free list */
#define SLOT_USED (UINT16_MAX - 1)
#define CACHES_MAX 64

struct chunk {
	struct zi_cache *owner;
	struct zi_link in_usable; /* on owner->usable while it has a slot to give */
	uint32_t slots_off;       /* bytes from the chunk to slot 0 */
	uint16_t slots;
	uint16_t used_once; /* slots below were handed out before; the others are all zero */
	uint16_t free_head; /* slot numbers linked through next[] */
	uint16_t next[];
};

struct zi_cache {
	struct zi_lock lock;
	uint32_t slot_size;
	uint32_t object_size;  /* 0: a size class of zi_slab_alloc */
	struct zi_link usable; /* chunks with a slot to give; next is NULL before the first use */
	size_t live;           /* bytes handed out, as asked for */
	const char *name;
};

/*
 * Classes up to 1024 bytes and all caches go through the magazines of the thread. With AddressSanitizer nothing does, so
 * that every use after free meets a slot that is still poisoned.
 */
#define MAGAZINE_CLASSES 19
#ifdef SLAB_ASAN
#define HAS_MAGAZINES 0
#else
#define HAS_MAGAZINES 1
#endif

/* 16, 32, 48, 64; then steps of 64 up to 1024; then steps of a half and a third up to 8192. */
#define CLASSES 26
static struct zi_cache classes[CLASSES] = {
	[0 ... CLASSES - 1] = {.lock = ZI_LOCK_INIT(ZI_RANK_LEAF)},
};
_Static_assert(MAGAZINE_CLASSES + CACHES_MAX <= ZI_MAGAZINES, "one magazine for each");
static struct zi_cache caches[CACHES_MAX] = {
	[0 ... CACHES_MAX - 1] = {.lock = ZI_LOCK_INIT(ZI_RANK_LEAF)},
};
static _Atomic uint32_t cache_count;

/* Chunks not yet given to a class; its lock is taken inside the lock of a class. */
static struct {
	struct zi_lock lock;
	char *at;
	char *end;
	size_t held; /* bytes from the system, all in all */
} pool = {.lock = ZI_LOCK_INIT(ZI_RANK_LEAF + 1)};

static _Atomic long fail_after = -1;

static bool refused(void)
{
	if (__builtin_expect(atomic_load_explicit(&fail_after, memory_order_relaxed) < 0, 1))
		return false;
	if (atomic_load_explicit(&fail_after, memory_order_relaxed) == 0)
		return true;
	atomic_fetch_sub_explicit(&fail_after, 1, memory_order_relaxed);
	return false;
}

void zi_slab_fail_after(long allocations)
{
	atomic_store_explicit(&fail_after, allocations, memory_order_relaxed);
}

static unsigned class_of(size_t size)
{
	if (size <= 64)
		return (unsigned)((size + 15) / 16) - 1;
	if (size <= 1024)
		return (unsigned)((size + 63) / 64) + 2;
	if (size <= 1536)
		return 19;
	if (size <= 2048)
		return 20;
	if (size <= 2688)
		return 21;
	if (size <= 4032)
		return 22;
	if (size <= 4096)
		return 23;
	return size <= 5440 ? 24 : 25;
}

static uint32_t class_size(unsigned index)
{
	static const uint16_t large[] = {1536, 2048, 2688, 4032, 4096, 5440, 8192};

	if (index < 4)
		return 16 * (index + 1);
	return index < 19 ? 64 * (index - 2) : large[index - 19];
}

static char *pool_take(void)
{
	char *chunk = NULL;

	zi_lock(&pool.lock);
	if (pool.at == pool.end) {
		size_t bytes = REGION;
		char *p = zi_pages_from_system(bytes);

		if (p == NULL) {
			bytes = 2 * CHUNK;
			p = zi_pages_from_system(bytes);
		}
		if (p != NULL) {
			pool.at = p + (CHUNK - (uintptr_t)p % CHUNK) % CHUNK;
			pool.end = pool.at + (bytes - (size_t)(pool.at - p)) / CHUNK * CHUNK;
			pool.held += bytes;
		}
	}
	if (pool.at != pool.end) {
		chunk = pool.at;
		pool.at += CHUNK;
	}
	zi_unlock(&pool.lock);
	return chunk;
}

static struct chunk *chunk_new(struct zi_cache *c)
{
	struct chunk *ch = (struct chunk *)(void *)ZI_ALLOC(CHUNK, pool_take());

	if (ch == NULL)
		return NULL;

	size_t slots = (CHUNK - sizeof(*ch)) / (c->slot_size + sizeof(ch->next[0]));
	size_t off = sizeof(*ch) + slots * sizeof(ch->next[0]);

	off = (off + 63) & ~(size_t)63;
	while (off + slots * c->slot_size > CHUNK)
		slots--;
	ch->owner = c;
	ch->slots_off = (uint32_t)off;
	ch->slots = (uint16_t)slots;
	ch->free_head = SLOT_END;
	SLAB_POISON((char *)ch + off, CHUNK - off);
	zi_list_add_head(&c->usable, &ch->in_usable);
	return ch;
}

/* Requires c->lock. `size` is what the caller asked for. */
static void *take_locked(struct zi_cache *c, size_t size, bool *out_fresh)
{
	struct chunk *ch;
	uint16_t slot;

	if (c->usable.next == NULL)
		zi_list_init(&c->usable);
	if (zi_list_is_empty(&c->usable)) {
		ch = chunk_new(c);
		if (ch == NULL)
			return NULL;
	} else {
		ch = ZI_CONTAINER(c->usable.next, struct chunk, in_usable);
	}
	*out_fresh = ch->free_head == SLOT_END;
	if (*out_fresh) {
		slot = ch->used_once++;
	} else {
		slot = ch->free_head;
		ch->free_head = ch->next[slot];
	}
	ch->next[slot] = SLOT_USED;
	if (ch->free_head == SLOT_END && ch->used_once == ch->slots)
		zi_list_del(&ch->in_usable);
	c->live += size;
	return (char *)ch + ch->slots_off + (size_t)slot * c->slot_size;
}

static void give_back(struct zi_cache *c, void *p, size_t size)
{
	struct chunk *ch = (struct chunk *)(void *)((uintptr_t)p & ~(uintptr_t)(CHUNK - 1));
	size_t off = (size_t)((char *)p - (char *)ch) - ch->slots_off;
	uint32_t slot = UINT32_MAX;

	if (ch->owner == c)
		slot = (uint32_t)off / c->slot_size;
	if (slot >= ch->slots || (size_t)slot * c->slot_size != off)
		ZI_PANIC("free of %zu bytes at %p, which is no object of that class", size, p);

	ZI_LOCK_SCOPE(&c->lock);

	if (ch->next[slot] != SLOT_USED)
		ZI_PANIC("object at %p (%zu bytes) freed twice", p, size);
	if (ch->free_head == SLOT_END && ch->used_once == ch->slots)
		zi_list_add_head(&c->usable, &ch->in_usable);
	ch->next[slot] = ch->free_head;
	ch->free_head = (uint16_t)slot;
	c->live -= size;
}

void *zi_slab_alloc(size_t size)
{
	ZI_ASSERT(size > 0 && size <= 8192);
	if (refused())
		return NULL;

	unsigned index = class_of(size);
	struct zi_cache *c = &classes[index];
	bool fresh = false;
	void *p;

	if (HAS_MAGAZINES && index < MAGAZINE_CLASSES) {
		p = zi_magazine_pop(index, size);
		if (p != NULL)
			return memset(p, 0, size);
	}
	zi_lock(&c->lock);
	if (c->slot_size == 0)
		c->slot_size = class_size(index);
	p = take_locked(c, size, &fresh);
	zi_unlock(&c->lock);
	if (p == NULL)
		return NULL;
	SLAB_UNPOISON(p, size);
	if (!fresh)
		memset(p, 0, size);
	return p;
}

void zi_slab_free(void *p, size_t size)
{
	if (p == NULL)
		return;
	ZI_ASSERT(size > 0 && size <= 8192);

	unsigned index = class_of(size);
	struct zi_cache *c = &classes[index];

	if (HAS_MAGAZINES && index < MAGAZINE_CLASSES && zi_magazine_push(index, p, size))
		return;
	SLAB_POISON(p, c->slot_size);
	give_back(c, p, size);
}

static unsigned cache_index(const struct zi_cache *c)
{
	return MAGAZINE_CLASSES + (unsigned)(c - caches);
}

void zi_slab_flush(struct zi_magazines *m)
{
	/* Nothing of it was live: only the slots go back, no bytes. */
	for (unsigned i = 0; i < MAGAZINE_CLASSES + CACHES_MAX; i++) {
		struct zi_cache *c =
			i < MAGAZINE_CLASSES ? &classes[i] : &caches[i - MAGAZINE_CLASSES];

		while (m->of[i].count != 0)
			give_back(c, m->of[i].slot[--m->of[i].count], 0);
	}
}

size_t zi_slab_live(void)
{
	uint32_t n = atomic_load_explicit(&cache_count, memory_order_acquire);
	size_t sum = 0;

	for (unsigned i = 0; i < CLASSES; i++) {
		ZI_LOCK_SCOPE(&classes[i].lock);
		sum += classes[i].live;
	}
	for (uint32_t i = 0; i < n && i < CACHES_MAX; i++) {
		ZI_LOCK_SCOPE(&caches[i].lock);
		sum += caches[i].live;
	}
	/* A slot may be handed out by a class and come back to a magazine, or the other way round: only the sum counts. */
	return (size_t)((int64_t)sum + zi_magazines_live());
}

size_t zi_slab_held(void)
{
	const size_t magazines = zi_magazines_held();

	ZI_LOCK_SCOPE(&pool.lock);
	return pool.held + magazines;
}

struct zi_cache *zi_cache_new(const char *name, size_t size)
{
	ZI_ASSERT(size > 0 && size <= 8192);
	if (refused())
		return NULL;

	uint32_t index = atomic_fetch_add_explicit(&cache_count, 1, memory_order_acq_rel);
	size_t align = size >= 64 ? 64 : 16;
	struct zi_cache *c;

	if (index >= CACHES_MAX) {
		atomic_fetch_sub_explicit(&cache_count, 1, memory_order_acq_rel);
		return NULL;
	}
	c = &caches[index];
	c->name = name;
	c->object_size = (uint32_t)size;
	c->slot_size = (uint32_t)((size + align - 1) & ~(align - 1));
	return c;
}

void *zi_cache_alloc(struct zi_cache *c, bool *out_fresh)
{
	bool fresh = false;
	void *p;

	if (refused())
		return NULL;
	if (HAS_MAGAZINES) {
		zi_magazines_adopt();
		p = zi_magazine_pop(cache_index(c), c->object_size);
		if (p != NULL) {
			if (out_fresh != NULL)
				*out_fresh = false;
			return p;
		}
	}
	zi_lock(&c->lock);
	p = take_locked(c, c->object_size, &fresh);
	zi_unlock(&c->lock);
	if (p == NULL)
		return NULL;
	SLAB_UNPOISON(p, c->object_size);
	if (out_fresh != NULL)
		*out_fresh = fresh;
	return p;
}

/* The memory is not poisoned: lock-free readers may look at it at any time. */
void zi_cache_free(struct zi_cache *c, void *p)
{
	if (p == NULL || (HAS_MAGAZINES && zi_magazine_push(cache_index(c), p, c->object_size)))
		return;
	give_back(c, p, c->object_size);
}

/*
 * The free lists may have been in the middle of a change when another thread forked, so they are
 * dropped, and with them the memory: an untouched copy costs the child nothing.
 */
static void forget(struct zi_cache *c)
{
	zi_lock_init(&c->lock, ZI_RANK_LEAF);
	zi_list_init(&c->usable);
	c->live = 0;
}

void zi_slab_after_fork(void)
{
	zi_magazines_after_fork();
	for (unsigned i = 0; i < CLASSES; i++)
		forget(&classes[i]);
	for (unsigned i = 0; i < CACHES_MAX; i++)
		forget(&caches[i]);
	zi_lock_init(&pool.lock, ZI_RANK_LEAF + 1);
	pool.at = pool.end;
	pool.held = 0;
	zi_pages_after_fork();
}
