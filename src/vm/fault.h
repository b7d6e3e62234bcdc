/*
 * Faults: one entry for all of them, and copies from and to the program's buffers.
 */
#ifndef ZI_VM_FAULT_H
#define ZI_VM_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

/*
 * Copies n bytes from / to a user buffer of a system call. Faults are resolved as for the program
 * itself (they may commit pages or wait for a pager). ZX_OK or ZX_ERR_INVALID_ARGS; bytes before
 * the bad one are copied. n == 0 touches nothing. No lock of ours may be held.
 */
zx_status_t zi_user_read(void *dst, const void *user, size_t n);
zx_status_t zi_user_write(void *user, const void *src, size_t n);

/*
 * Resolves a fault at `addr` in self's address space as vmar.md's order demands: ZX_OK when the
 * access can be retried, the Zircon status otherwise. *out_ours is false when the address is
 * outside the root VMAR.
 */
zx_status_t zi_fault(uintptr_t addr, bool write, bool exec, bool *out_ours);

/*
 * The same for a signal: NEXT when a device model has to be asked (vm/model.h). *out_watched tells
 * that the page is a pager root's, so that SIGBUS need not mean a lack of memory. by_watch: SIGBUS,
 * or an event, as against SIGSEGV.
 */
zx_status_t zi_fault_trapped(uintptr_t addr, bool write, bool exec, bool by_watch, bool *out_ours,
			     bool *out_watched);

/*
 * The access to the page has failed in a thread that waits in the kernel: takes the page out of its
 * mapping, so that the thread gets a signal. `remember` is called with the lock held under which
 * nobody shows the page; when it answers false nothing is done.
 */
bool zi_fault_refuse(uintptr_t page, uint32_t thread, zx_status_t status,
		     bool (*remember)(uintptr_t page, uint32_t thread, zx_status_t status));

/*
 * Why a copy faulted at an address outside of our address space: NOT_FOUND (nothing mapped) or
 * ACCESS_DENIED.
 */
zx_status_t zi_user_probe(uintptr_t addr, bool write);

#endif
