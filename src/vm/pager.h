/*
 * VMOs whose pages a pager supplies: what zx_pager_* does, after the checks of handles. Offsets and
 * lengths are bytes, aligned where the call demands it. `v` is always the VMO that
 * zi_pager_vmo_create made. The functions take the tree lock themselves.
 */
#ifndef ZI_VM_PAGER_H
#define ZI_VM_PAGER_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

#include "vm/source.h"
#include "vm/vmo.h"

/* ---- pager_vmo.c */

/*
 * Rows 6-10 of zx_pager_create_vmo. On success the VMO's tree owns ctx until ops->gone; on failure
 * the caller still does.
 */
zx_status_t zi_pager_vmo_create(uint64_t size, uint32_t options, zx_koid_t pager,
				const struct zi_source_ops *ops, void *ctx,
				struct zi_vmo **out_vmo);
struct zi_source *zi_source_of(const struct zi_vmo *v);
void zi_pager_detach(struct zi_vmo *v);
/*
 * The pager is gone: pages stay, but nothing is asked or told any more. The caller keeps the tree
 * alive.
 */
void zi_pager_closed(struct zi_source *s);

/* Rows after the operation is known: range, TRAP_DIRTY, detached, absent pages. */
zx_status_t zi_pager_fail(struct zi_vmo *v, uint64_t off, uint64_t len, zx_status_t error);
zx_status_t zi_pager_dirty(struct zi_vmo *v, uint64_t off, uint64_t len);
zx_status_t zi_pager_writeback_begin(struct zi_vmo *v, uint64_t off, uint64_t len, bool is_zero);
zx_status_t zi_pager_writeback_end(struct zi_vmo *v, uint64_t off, uint64_t len);

/* Has it been modified since the last reset? */
bool zi_pager_modified(struct zi_vmo *v, bool reset);

/*
 * Dirty ranges of [*pos, end), in order: at most `max` of them, *out_count tells how many. *pos is
 * moved behind them; they were all when it is `end`.
 */
void zi_pager_next_dirty(struct zi_vmo *v, uint64_t *pos, uint64_t end,
			 zx_vmo_dirty_range_t *out_ranges, uint32_t max, uint32_t *out_count);

/*
 * What memory pressure would do: clean pages in the range become absent, unless they are pinned;
 * with `forced` also those that are always needed, with `cold_only` only those that are not needed.
 * OUT_OF_RANGE. *out_pages: how many.
 */
zx_status_t zi_pager_evict(struct zi_vmo *v, uint64_t off, uint64_t len, bool forced,
			   bool cold_only, uint64_t *out_pages);

/* ---- pager_supply.c */

/* Rows 6-17 of zx_pager_supply_pages. */
zx_status_t zi_pager_supply(struct zi_vmo *v, uint64_t off, uint64_t len, struct zi_vmo *aux,
			    uint64_t aux_off);

#endif
