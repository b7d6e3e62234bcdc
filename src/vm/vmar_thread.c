/* Unmapping the stack of a thread after its end. */
#include <stdlib.h>

#include "base/inject.h"
#include "host/after_thread.h"
#include "vm/vmar.h"
#include "vm/vmar_i.h"

struct last_deed {
	struct zi_vmar *vmar; /* one reference */
	zx_vaddr_t addr;
	uint64_t len;
	bool op_children;
	void (*then)(void *ctx);
	void *ctx;
};

static void do_last_deed(void *arg)
{
	struct last_deed *d = arg;

	/*
	 * It was found right; only another thread's doings can have changed that, and nobody is
	 * left to be told.
	 */
	zi_vmar_unmap(d->vmar, d->addr, d->len, d->op_children);
	d->then(d->ctx);
	zi_vmar_unref(d->vmar);
	free(d);
}

zx_status_t zi_vmar_unmap_after_thread(struct zi_vmar *v, zx_vaddr_t addr, uint64_t len,
				       bool op_children, void (*then)(void *ctx), void *ctx)
{
	struct last_deed *d;
	zx_status_t st = zi_vmar_unmap_check(v, addr, len, op_children);

	if (st != ZX_OK)
		return st;
	d = ZI_ALLOC(THREAD_EXIT, malloc(sizeof(*d)));
	if (d == NULL)
		return ZX_ERR_NO_MEMORY;
	*d = (struct last_deed){v, addr, len, op_children, then, ctx};
	zi_vmar_ref(v);
	st = zi_host_after_thread(do_last_deed, d);
	if (st != ZX_OK) {
		zi_vmar_unref(v);
		free(d);
	}
	return st;
}
