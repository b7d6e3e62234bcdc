/*
 * The vm ring: pages, ranges, mappings, faults. It knows neither handles nor rights.
 *
 * Words
 *   frame      a page of the arena (host/host.h); a frame's bytes are reached through the physmap
 *   node       the page store behind VMOs: which frames hold which page, and where absent pages come from
 *              (node.h). Visible nodes have a VMO, hidden nodes are the frozen common past of clones
 *   tree       a set of related nodes, with the one lock that guards them, their VMOs and their mappings
 *   VMO        the object a program sees: a window into a node with options, name, sizes (vmo.h)
 *   mapping    a range of addresses that shows a range of a VMO (mapping.h)
 *   run        consecutive pages of a mapping that one host mapping shows: same frames, same protection
 *   own page   a page whose content is in the node's own frames for certain (written, committed, forked)
 *   soft page  a page that nobody above can supply: its own frame is the truth, resident or not. A mapping may
 *              show it writable, so that the kernel commits it without our knowledge. It counts as content
 *              once its frame is resident and not all zero
 *   marker     a page that reads zero although an ancestor has content: a soft page by decree
 *   shadow     an own page made ahead of need: the same bytes as the ancestor's until somebody writes;
 *              it shows in no count until its bytes differ
 *
 * Lock order, outer first (base/lock.h gives the ranks):
 *   handle table -> tasks -> address space -> tree -> pager source -> arena; object signals, ports and slabs are
 *   leaves that may be taken under any of them.
 * No lock of ours is held while memory of the program (user buffers, mapped VMO memory) is touched, except
 * by captured copies (zi_copy_captured), whose faults are never resolved under the lock.
 * Two tree locks are never held together.
 * Turns (base/turn.h) and the queues around a stream size (size_queue.h) are waited for with no
 * lock held.
 *
 *                 guarded by
 *   VMAR tree     address space lock
 *   mapping       range, VMO offset, protections: written with address space lock and tree lock, read with either
 *   node, VMO     tree lock
 *
 * Operation x operation: which lock keeps the pair safe (T tree, A address space, - independent)
 *              read  write resize clone commit zero  map   unmap fault
 *   read       -     T     T      T     T      T     -     -     T
 *   write            T     T      T     T      T     T     T     T
 *   resize                 T      T     T      T     T     T     T
 *   clone                         T     T      T     T     T     T
 *   map                                              A     A     A
 *   fault                                                        T
 */
#ifndef ZI_VM_VM_H
#define ZI_VM_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

#include "base/span.h"

/* Largest VMO size: UINT64_MAX rounded down to a multiple of 32 pages. */
#define ZI_VMO_MAX_SIZE 0xFFFFFFFFFFFE0000ull

/*
 * Behaviour switch where 2025 and 2026 kernels differ: one run-time option
 * (ZIRCONIA_BEHAVIOUR, base/options.h); unset is 2026, but for what follows.
 */
bool zi_behaviour_2025(void);
/*
 * Do stream writes grow resizable VMOs? Kernels of 2026 stopped doing so, the call's documentation
 * and everybody's expectations did not follow: they grow unless ZIRCONIA_BEHAVIOUR=2026 asks for
 * the other.
 */
bool zi_streams_grow(void);

/* Starts the host ring and hooks faults up; every call that makes a VMO or maps goes through it. */
zx_status_t zi_vm_start(void);

/* For leak checks: frames of the arena in use, and slab memory that its books take for good. */
void zi_vm_count_frames(uint64_t *out_frames, size_t *out_book_bytes);

#endif
