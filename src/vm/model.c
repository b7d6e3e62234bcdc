/* Which ranges are modelled, and calls of their models. */
#include "vm/model.h"

#include <string.h>

#include "base/inject.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/slab.h"
#include "base/span.h"
#include "host/host.h"
#include "host/insn.h"
#include "vm/physical.h"

struct model {
	struct zi_link link;
	uint64_t paddr, size; /* bytes */
	const zirconia_mmio_backend_t *ops;
	void *ctx;
};

static struct zi_lock lock = ZI_LOCK_INIT(ZI_RANK_LEAF - 1);
static struct zi_link models = {&models, &models};

static _Thread_local uint64_t noted __attribute__((tls_model("initial-exec")));

void zi_model_after_fork(void)
{
	zi_lock_init(&lock, ZI_RANK_LEAF - 1);
	zi_list_init(&models);
}

/* Requires the lock. */
static struct model *find_locked(uint64_t paddr, uint64_t size)
{
	ZI_LIST_FOREACH (l, &models) {
		struct model *m = ZI_CONTAINER(l, struct model, link);

		if (paddr < m->paddr + m->size && m->paddr < paddr + size)
			return m;
	}
	return NULL;
}

bool zi_model_covers(uint64_t paddr, uint64_t size)
{
	ZI_LOCK_SCOPE(&lock);
	return find_locked(paddr, size) != NULL;
}

zx_status_t zi_model_add(uint64_t paddr, uint64_t size, const zirconia_mmio_backend_t *ops,
			 void *ctx)
{
	if (size == 0 || !zi_is_page_aligned(paddr | size) || zi_physical_ptr(paddr, size) == NULL)
		return ZX_ERR_INVALID_ARGS;
	if (!zi_insn_start())
		return ZX_ERR_NOT_SUPPORTED;
	struct model *m = ZI_ALLOC(MODEL, zi_slab_alloc(sizeof(*m)));

	if (m == NULL)
		return ZX_ERR_NO_MEMORY;
	m->paddr = paddr;
	m->size = size;
	m->ops = ops;
	m->ctx = ctx;
	zi_lock(&lock);
	const bool taken = find_locked(paddr, size) != NULL;

	if (!taken)
		zi_list_add_tail(&models, &m->link);
	zi_unlock(&lock);
	if (taken)
		zi_slab_free(m, sizeof(*m));
	return taken ? ZX_ERR_ALREADY_EXISTS : ZX_OK;
}

zx_status_t zi_model_remove(uint64_t paddr)
{
	zi_lock(&lock);
	struct model *m = find_locked(paddr, 1);

	if (m != NULL && m->paddr != paddr)
		m = NULL;
	if (m != NULL)
		zi_list_del(&m->link);
	zi_unlock(&lock);
	if (m == NULL)
		return ZX_ERR_NOT_FOUND;
	zi_slab_free(m, sizeof(*m));
	return ZX_OK;
}

void zi_model_end(void)
{
	while (!zi_list_is_empty(&models))
		(void)zi_model_remove(ZI_CONTAINER(models.next, struct model, link)->paddr);
}

/* ---- accesses */

struct access {
	struct model model; /* a copy; ops NULL: plain memory */
	uint64_t paddr;
};

static uint64_t do_load(void *ctx, unsigned width)
{
	const struct access *a = ctx;
	uint64_t value = 0;

	if (a->model.ops != NULL)
		return a->model.ops->load(a->model.ctx, a->paddr - a->model.paddr, width);
	memcpy(&value, zi_physmap + a->paddr, width);
	return value;
}

static void do_store(void *ctx, unsigned width, uint64_t value)
{
	const struct access *a = ctx;

	if (a->model.ops != NULL)
		a->model.ops->store(a->model.ctx, a->paddr - a->model.paddr, width, value);
	else
		memcpy(zi_physmap + a->paddr, &value, width);
}

void zi_model_note(uint64_t paddr)
{
	noted = paddr;
}

bool zi_model_trap(const struct zi_trap *trap)
{
	struct access a = {.paddr = noted | (trap->addr & ZI_PAGE_MASK)};
	const struct zi_insn_memory memory = {do_load, do_store, &a};

	zi_lock(&lock);
	const struct model *m = find_locked(a.paddr, 1);

	if (m != NULL)
		a.model = *m;
	zi_unlock(&lock);
	return trap->ucontext != NULL && zi_insn_step(trap->ucontext, &memory);
}
