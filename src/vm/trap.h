/*
 * How accesses to pages of pager roots that are absent, or may not be written unnoticed, are
 * trapped.
 *
 *   MPROTECT  A mapping shows only what a fault has placed: what is absent is bare reservation, what
 *             is not dirty is read-only.
 *   SIGBUS    A mapping shows all its frames, and the kernel is asked to signal accesses to those that
 *             have no memory; frames of absent pages have none. What is not dirty is read-only.
 *   THREAD    The same, but the kernel holds the thread and tells threads of the library, which resolve
 *             the access for it. System calls that touch such memory wait as well, given the
 *             privilege.
 */
#ifndef ZI_VM_TRAP_H
#define ZI_VM_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

struct zi_mapping;
struct zi_node;

enum zi_trap_engine { ZI_TRAP_MPROTECT, ZI_TRAP_SIGBUS, ZI_TRAP_THREAD };

/*
 * The engine in use; chosen at the first call, by the host's abilities and the option
 * ZIRCONIA_TRAP. The host ring has been started.
 */
enum zi_trap_engine zi_trap_engine(void);
const char *zi_trap_engine_name(void);
/* The same without choosing: NULL while nobody needed one. */
const char *zi_trap_engine_name_if_chosen(void);
static inline bool zi_trap_watches_frames(void)
{
	return zi_trap_engine() != ZI_TRAP_MPROTECT;
}

/*
 * A copy under a tree lock from or to such memory would wait for whom the lock keeps waiting: it
 * must go through a buffer.
 */
bool zi_trap_holds_threads(const void *addr, uint64_t len);

/* ---- trap_thread.c */

bool zi_trap_threads_start(void);
void zi_trap_threads_after_fork(void);
/* For leak checks: does none of them serve an access? */
bool zi_trap_threads_idle(void);
/*
 * Is a page in [start, end) left out of its mapping because an access to it was refused? Then it
 * has to be placed anew now.
 */
bool zi_trap_take_refused(uintptr_t start, uintptr_t end, uintptr_t *out_page);
/* The mapping of [start, end) is gone, and with it what was refused there. */
void zi_trap_forget_refused(uintptr_t start, uintptr_t end);
/* What this thread's access to the page was refused with; ZX_OK: it was not, or has been told. */
zx_status_t zi_trap_take_refusal(uintptr_t page);

/* ---- mapping_source.c: how mappings show pages of pager roots. Tree lock held */

/*
 * No mapping of the root, nor of a node that sees it, can store to the pages unnoticed any more;
 * and once their frames are discarded none shows what was there.
 */
void zi_node_hide(struct zi_node *n, uint64_t first, uint64_t pages);
/*
 * May mappings of these pages, which read zero, go on showing them although they are absent from
 * now on?
 */
bool zi_node_can_linger(struct zi_node *n, uint64_t first, uint64_t pages);
/* mapping_place.c: mappings that show any of the pages, of the node or of others that see it. */
uint64_t zi_node_count_mappings(struct zi_node *n, uint64_t first, uint64_t pages);
/* What lingers of the pages is shown no more: they are about to be filled. */
void zi_node_end_lingering(struct zi_node *n, uint64_t first, uint64_t pages);

/*
 * Places [va, end) of a mapping, all of which shows pages of a pager root, with what protection is
 * allowed: by mere placing no page is shown that a fault has to notice. populate: pages that are
 * there are shown at once.
 */
zx_status_t zi_mapping_place_source(struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end,
				    uint32_t prot, bool populate);
/* The protections of the mapping have changed, or write access goes (`lower`). */
zx_status_t zi_mapping_reprotect_source(struct zi_mapping *m, zx_vaddr_t va, zx_vaddr_t end,
					uint32_t prot, bool lower);
/*
 * The end of a fault: the page is there, and for a store it is dirty. watched: what told of the
 * access was a watch, so that the protection allows it.
 */
zx_status_t zi_mapping_show_source(struct zi_mapping *m, zx_vaddr_t page, bool write, bool watched);

#endif
