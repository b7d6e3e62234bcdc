/*
 * Host maps of addresses where nothing is mapped any more. What is unmapped leaves one, which makes the next mapping there
 * cheaper (host/place.c). A program that maps each time somewhere else would have ever more of them until the kernel's limit
 * on maps is reached: when there may be many, all free addresses become untouched reservation again.
 */
#include "base/span.h"
#include "host/host.h"
#include "vm/vmar_i.h"

enum { PIECES_MAX = 256, PIECES_LIMIT = 2048 /* among many mappings */ };

void zi_aspace_tidy_locked(struct zi_aspace *as)
{
	const zx_vaddr_t end = as->base + as->len;
	uint32_t gaps = 0;

	/*
	 * A round costs one system call for each gap: not more often than once for as many pieces, but
	 * their count has an end, and so have maps.
	 */
	if (!as->placed || as->root == NULL ||
	    zi_place_pieces() <= zi_max(PIECES_MAX, zi_min(as->gaps, PIECES_LIMIT)))
		return;
	zi_place_count_pieces_anew();
	for (zx_vaddr_t at = as->base; at < end;) {
		const struct zi_mapping *m = zi_vmar_first_mapping_locked(as->root, at);
		const zx_vaddr_t stop = m != NULL ? m->base : end;

		if (at < stop) {
			zi_place_join(at, stop - at);
			gaps++;
		}
		at = m != NULL ? m->base + m->len : end;
	}
	as->gaps = gaps;
}
