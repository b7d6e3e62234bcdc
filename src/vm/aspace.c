/*
 * Address spaces: self's, which lies in the host's reservation, and others, which exist in the
 * books only.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/inject.h"
#include "base/options.h"
#include "host/host.h"
#include "host/machine.h"
#include "vm/vm.h"
#include "vm/vmar.h"
#include "vm/vmar_i.h"
#include "vm/vmo.h"

#define ROOT_FLAGS \
	(ZX_VM_CAN_MAP_SPECIFIC | ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE)
#define VDSO_LEN (2 * ZI_PAGE)

static _Atomic(struct zi_aspace *) self;
/* Serializes the making of self. Not one of our locks: whoever comes first may hold some. */
static pthread_mutex_t self_making = PTHREAD_MUTEX_INITIALIZER;

/* ---- making */

/* Random placement is an option, and so is the seed that repeats it. */
static void choose_placement(struct zi_aspace *as)
{
	const struct zi_option *seed = zi_option(ZI_OPTION_SEED);

	as->randomize = zi_option(ZI_OPTION_ASLR)->word == ZI_ASLR_ON;
	if (seed->given)
		as->random = seed->number;
	else if (as->randomize)
		zi_host_random(&as->random, sizeof(as->random));
}

static struct zi_aspace *aspace_make(bool placed, zx_vaddr_t base, uint64_t len)
{
	struct zi_aspace *as = ZI_ALLOC(ASPACE, calloc(1, sizeof(*as)));

	if (as == NULL)
		return NULL;
	zi_lock_init(&as->lock, ZI_RANK_ASPACE);
	atomic_init(&as->refs, 1);
	as->placed = placed;
	as->base = base;
	as->len = len;
	as->next_serial = 1;
	choose_placement(as);
	as->root = zi_vmar_new(as, base, len, ROOT_FLAGS);
	if (as->root == NULL) {
		free(as);
		return NULL;
	}
	return as;
}

struct zi_aspace *zi_aspace_new(void)
{
	return aspace_make(false, ZI_ASPACE_BASE, ZI_ASPACE_TOP - ZI_ASPACE_BASE);
}

/*
 * Every process of Zircon's finds the vDSO's code in its address space, which is what keeps it from
 * unmapping everything. Ours holds no code: programs call the library itself.
 */
static zx_status_t add_vdso(struct zi_aspace *as)
{
	static const char name[] = "vdso/next";
	const uint32_t prot = ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE;
	struct zi_mapping *m;
	struct zi_vmo *vmo;
	zx_status_t st;

	st = zi_vmo_create(VDSO_LEN, 0, &vmo);
	if (st != ZX_OK)
		return st;
	zi_vmo_set_name(vmo, name, sizeof(name) - 1);

	zi_lock(&as->lock);
	m = zi_mapping_new(as, vmo, as->base + as->len - VDSO_LEN, VDSO_LEN, 0, prot, prot);
	st = m != NULL ? zi_mapping_attach(m, false) : ZX_ERR_NO_MEMORY;
	if (st == ZX_OK) {
		m->is_vdso = true;
		as->vdso = m;
		zi_vmar_insert_mapping_locked(as->root, m);
	}
	zi_unlock(&as->lock);
	if (st != ZX_OK)
		zi_mapping_free(m);
	zi_vmo_unref(vmo);
	return st;
}

static struct zi_aspace *make_self(void)
{
	const struct zi_host_caps *caps;
	struct zi_aspace *as;

	if (zi_vm_start() != ZX_OK)
		return NULL;
	caps = zi_host_caps();
	as = aspace_make(true, caps->root_base, caps->root_len);
	if (as == NULL)
		return NULL;
	if (add_vdso(as) != ZX_OK) {
		zi_aspace_destroy(as);
		zi_aspace_unref(as);
		return NULL;
	}
	return as;
}

struct zi_aspace *zi_aspace_self(void)
{
	struct zi_aspace *as = atomic_load_explicit(&self, memory_order_acquire);

	if (as != NULL)
		return as;
	pthread_mutex_lock(&self_making);
	as = atomic_load_explicit(&self, memory_order_relaxed);
	if (as == NULL) {
		as = make_self();
		atomic_store_explicit(&self, as, memory_order_release);
	}
	pthread_mutex_unlock(&self_making);
	return as;
}

struct zi_aspace *zi_aspace_self_if_started(void)
{
	return atomic_load_explicit(&self, memory_order_acquire);
}

void zi_aspace_after_fork(void)
{
	/* Another thread of the parent may have held the mutex when it forked. */
	self_making = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	atomic_store_explicit(&self, NULL, memory_order_release);
}

/* ---- end */

void zi_aspace_self_end(void)
{
	struct zi_aspace *as = atomic_exchange_explicit(&self, NULL, memory_order_acq_rel);

	if (as == NULL)
		return;
	zi_aspace_destroy(as);
	zi_aspace_unref(as);
}

void zi_aspace_ref(struct zi_aspace *as)
{
	atomic_fetch_add_explicit(&as->refs, 1, memory_order_relaxed);
}

void zi_aspace_unref(struct zi_aspace *as)
{
	if (as == NULL || atomic_fetch_sub_explicit(&as->refs, 1, memory_order_acq_rel) != 1)
		return;
	ZI_DASSERT(as->root == NULL);
	free(as);
}

void zi_aspace_destroy(struct zi_aspace *as)
{
	struct zi_dead dead = {0};
	struct zi_vmar *root;
	zx_status_t st = ZX_OK;

	zi_lock(&as->lock);
	root = as->root;
	as->root = NULL;
	as->vdso = NULL;
	if (root != NULL)
		st = zi_vmar_destroy_locked(root, &dead);
	zi_unlock(&as->lock);
	/* Taking apart what stands in the books only needs no memory. */
	ZI_ASSERT(st == ZX_OK);
	zi_dead_free(&dead);
	zi_vmar_unref(root);
}

struct zi_vmar *zi_aspace_root(struct zi_aspace *as)
{
	ZI_LOCK_SCOPE(&as->lock);

	if (as->root != NULL)
		zi_vmar_ref(as->root);
	return as->root;
}

/* ---- finding */

struct zi_mapping *zi_aspace_find_locked(struct zi_aspace *as, zx_vaddr_t addr)
{
	struct zi_vmar *v = as->root;

	while (v != NULL) {
		struct zi_child *c = zi_children_at_or_after(&v->children, addr);

		if (c == NULL || c->base > addr)
			return NULL;
		if (!c->is_vmar)
			return zi_child_mapping(c);
		v = zi_child_vmar(c);
	}
	return NULL;
}

/* Text that is cut at the end of the buffer, which always ends with NUL. */
struct text {
	char *at, *end; /* *end is the last byte, for the NUL */
};

static void put(struct text *t, const char *s)
{
	while (*s != '\0' && t->at < t->end)
		*t->at++ = *s++;
	*t->at = '\0';
}

static void put_hex(struct text *t, uint64_t n)
{
	char digits[17];
	char *p = digits + sizeof(digits);

	*--p = '\0';
	do {
		*--p = "0123456789abcdef"[n & 15];
		n >>= 4;
	} while (n != 0);
	put(t, "0x");
	put(t, p);
}

bool zi_vmar_path_locked(struct zi_aspace *as, zx_vaddr_t addr, char *buf, size_t size)
{
	struct zi_vmar *v = as->root;
	struct text t = {buf, buf + size - 1};

	if (size == 0)
		return false;
	*buf = '\0';
	if (v == NULL || !zi_vmar_contains(v, addr, 1))
		return false;
	put(&t, "root");
	for (;;) {
		struct zi_child *c = zi_children_at_or_after(&v->children, addr);

		if (c == NULL || c->base > addr || !c->is_vmar)
			return true;
		v = zi_child_vmar(c);
		put(&t, "/useralloc@");
		put_hex(&t, v->base);
	}
}
