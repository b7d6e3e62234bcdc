/*
 * The inside of an object of zirconia/vm_object.h.
 *
 * With a pager the pages live in a VMO of zx_pager_create_vmo with ZX_VMO_TRAP_DIRTY, and where
 * each of them is on its way is kept here:
 *
 *   ABSENT -commit-> COMMITTING -supplied-> PRESENT -decommit, shrink-> LEAVING -told-> ABSENT
 *                    COMMITTING -failed-> ABSENT
 *
 * A page is in the VMO in the state PRESENT, unless the kernel has evicted it. The pager is called
 * in COMMITTING and LEAVING, without the lock; whoever else wants the page waits for its next
 * state.
 *
 * The lock is held for zx_* calls that do not wait for the pager, never for others. `using` is held
 * shared by who reads or writes pages, and may wait for the pager, that is the lock; and alone,
 * outside of the lock, while pages that go read zero for a moment.
 */
#ifndef VMIO_VM_OBJECT_I_H
#define VMIO_VM_OBJECT_I_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>
#include <zirconia/vm_object.h>

#define ZI_VM_PAGE ((size_t)ZX_PAGE_SIZE)

enum zi_vm_state { ZI_VM_ABSENT, ZI_VM_COMMITTING, ZI_VM_PRESENT, ZI_VM_LEAVING };

struct zirconia_vm_pages {
	_Atomic unsigned refs;
	uint32_t flags;
	zx_handle_t vmo;
	_Atomic size_t size; /* bytes; changes with the lock held */

	zirconia_vm_pager_t pager; /* ops NULL: none, and the rest is not used but the lock */
	zx_handle_t zx_pager;
	zx_handle_t port;
	pthread_t service; /* answers what the port brings */
	pthread_rwlock_t using;
	pthread_mutex_t lock;
	pthread_cond_t moved; /* a page has left COMMITTING or LEAVING */
	uint8_t *states;      /* enum zi_vm_state by page index; guarded by lock */
	size_t n_states;      /* pages behind are ABSENT */
};

/* Thread that answers page requests; ends when the VMO is detached. */
void *zi_vm_service_main(void *pages);

/* A commit flag of our own: the page is zero, nobody is asked. */
#define ZI_VM_WITHOUT_PAGER ((uint32_t)1 << 31)

/* As zirconia_vm_object_commit_on. `lost`: also when the page is PRESENT; the kernel asks for it. */
zirconia_vm_error_t zi_vm_commit(struct zirconia_vm_pages *p, size_t index, uint32_t flags,
				 bool lost);
/* Without I/O. */
zirconia_vm_commit_t zi_vm_try_commit(struct zirconia_vm_pages *p, size_t index);

/*
 * Writes bytes that cannot fault into one page, which is PRESENT. The pager is not asked whether
 * the page may be modified.
 */
zirconia_vm_error_t zi_vm_put(struct zirconia_vm_pages *p, uint64_t offset, const void *bytes,
			      size_t n);

/* Takes `using` alone and the lock; gives both back. */
void zi_vm_shut(struct zirconia_vm_pages *p);
void zi_vm_open(struct zirconia_vm_pages *p);

/*
 * Drops the pages [first, end) of an object with a pager. Before the pager is told, sets the size
 * to new_size unless that is SIZE_MAX; `end` is the page behind the last then. Called between
 * zi_vm_shut and zi_vm_open, and does the latter.
 */
zirconia_vm_error_t zi_vm_drop_open(struct zirconia_vm_pages *p, size_t first, size_t end,
				    size_t new_size);

/*
 * Makes zeros of a VMO with a pager absent: they count as modified, and are absent once they have
 * been written back.
 */
zx_status_t zi_vm_forget_zeros(struct zirconia_vm_pages *p, uint64_t offset, uint64_t len);

#endif
