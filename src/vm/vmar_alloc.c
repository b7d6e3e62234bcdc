/* Places for children, and sub-VMARs. */
#include "vm/vmar.h"
#include "vm/vmar_i.h"

/* ---- what is asked for */

#define ALIGN_SHIFT 24u

bool zi_vm_align_is_valid(uint32_t options)
{
	const uint32_t exponent = options >> ALIGN_SHIFT;

	return exponent == 0 || (exponent >= 10 && exponent <= 32);
}

uint64_t zi_vm_align(uint32_t options)
{
	return zi_max(ZI_PAGE, (uint64_t)1 << (options >> ALIGN_SHIFT));
}

zx_status_t zi_vmar_check_place_locked(const struct zi_vmar *v, const struct zi_place *p)
{
	if (p->specific && p->upper_limit)
		return ZX_ERR_INVALID_ARGS;
	if (!p->specific && !p->upper_limit && p->off != 0)
		return ZX_ERR_INVALID_ARGS;
	if (!zi_is_page_aligned(p->off))
		return ZX_ERR_INVALID_ARGS;
	if ((p->specific || p->upper_limit) && (v->flags & ZX_VM_CAN_MAP_SPECIFIC) == 0)
		return ZX_ERR_ACCESS_DENIED;
	if (p->upper_limit) {
		if (p->off > v->len || p->len > v->len || p->len > p->off)
			return ZX_ERR_INVALID_ARGS;
	} else if (p->off >= v->len || p->len > v->len - p->off) {
		return ZX_ERR_INVALID_ARGS;
	}
	if (p->specific && ((v->base + p->off) & (p->align - 1)) != 0)
		return ZX_ERR_INVALID_ARGS;
	return ZX_OK;
}

/* ---- where it goes */

/*
 * Candidates that random placement chooses from: Zircon's default, and in VMARs made with
 * ZX_VM_COMPACT.
 */
#define ENTROPY_BITS 30
#define ENTROPY_BITS_COMPACT 8

static uint64_t next_random(struct zi_aspace *as)
{
	/* splitmix64: any state will do, also one that the user seeds with a small number. */
	uint64_t z = as->random += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/*
 * A place with a page left free on both sides, as random placement nearly always gives. Code for
 * Zircon relies on it without noticing: it looks for the mappings whose start or end lies in a
 * range, and a neighbour's end would be the range's start. It also makes an access just past a
 * mapping a fault.
 */
static bool find_with_room(const struct zi_vmar *v, const struct zi_place *p, zx_vaddr_t limit,
			   zx_vaddr_t *out_base)
{
	const zx_vaddr_t end = zi_vmar_end(v);
	const uint64_t size = p->align + p->len + ZI_PAGE;
	uint64_t skip = 0;

	if (size > v->len ||
	    !zi_children_find_place(&v->children, v->base, end, size, p->align,
				    limit < end ? zi_min(limit + ZI_PAGE, end) : end, &skip,
				    out_base))
		return false;
	*out_base += p->align;
	return true;
}

bool zi_vmar_find_place_locked(struct zi_vmar *v, const struct zi_place *p, zx_vaddr_t *out_base)
{
	const zx_vaddr_t end = zi_vmar_end(v);
	const zx_vaddr_t limit = p->upper_limit ? v->base + p->off : end;
	uint64_t skip = 0, pick;

	if (v->aspace->randomize) {
		const int bits =
			(v->flags & ZX_VM_COMPACT) != 0 ? ENTROPY_BITS_COMPACT : ENTROPY_BITS;

		skip = next_random(v->aspace) & (((uint64_t)1 << bits) - 1);
	} else if ((v->flags & ZX_VM_COMPACT) == 0 && find_with_room(v, p, limit, out_base)) {
		return true;
	}
	pick = skip;
	if (zi_children_find_place(&v->children, v->base, end, p->len, p->align, limit, &skip,
				   out_base))
		return true;
	/* pick - skip candidates were passed, all that there are. */
	if (pick == skip)
		return false;
	pick = next_random(v->aspace) % (pick - skip);
	return zi_children_find_place(&v->children, v->base, end, p->len, p->align, limit, &pick,
				      out_base);
}

/* ---- sub-VMARs */

#define PERM_BITS (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE)
#define CAN_MAP_BITS (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE)
#define KEPT_FLAGS (CAN_MAP_BITS | ZX_VM_CAN_MAP_SPECIFIC | ZX_VM_COMPACT)
#define NOT_FOR_ALLOCATE                                                               \
	(ZX_VM_SPECIFIC_OVERWRITE | ZX_VM_REQUIRE_NON_RESIZABLE | ZX_VM_ALLOW_FAULTS | \
	 ZX_VM_FAULT_BEYOND_STREAM_SIZE)
#define ALLOCATE_OPTIONS                                              \
	(KEPT_FLAGS | PERM_BITS | NOT_FOR_ALLOCATE | ZX_VM_SPECIFIC | \
	 ZX_VM_OFFSET_IS_UPPER_LIMIT | ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED | 0xffu << ALIGN_SHIFT)

static zx_status_t allocate_locked(struct zi_vmar *parent, uint32_t options,
				   const struct zi_place *p, struct zi_vmar **out_vmar)
{
	struct zi_vmar *v;
	zx_vaddr_t base;
	zx_status_t st;

	if (parent->dead)
		return ZX_ERR_BAD_STATE;
	if (p->len == 0)
		return ZX_ERR_INVALID_ARGS;
	if ((options & CAN_MAP_BITS & ~parent->flags) != 0)
		return ZX_ERR_ACCESS_DENIED;
	st = zi_vmar_check_place_locked(parent, p);
	if (st != ZX_OK)
		return st;
	if (p->specific) {
		base = parent->base + p->off;
		if (!zi_children_is_free(&parent->children, base, p->len))
			return ZX_ERR_ALREADY_EXISTS;
	} else if (!zi_vmar_find_place_locked(parent, p, &base)) {
		return ZX_ERR_NO_RESOURCES;
	}
	v = zi_vmar_new(parent->aspace, base, p->len, options & KEPT_FLAGS);
	if (v == NULL)
		return ZX_ERR_NO_MEMORY;
	zi_vmar_insert_locked(parent, v);
	zi_vmar_ref(v);
	*out_vmar = v;
	return ZX_OK;
}

zx_status_t zi_vmar_allocate(struct zi_vmar *parent, uint32_t options, uint64_t off, uint64_t size,
			     struct zi_vmar **out_vmar)
{
	if ((options & ~ALLOCATE_OPTIONS) != 0 || !zi_vm_align_is_valid(options))
		return ZX_ERR_INVALID_ARGS;
	if ((options & PERM_BITS) != 0 || !zi_is_page_aligned(size))
		return ZX_ERR_INVALID_ARGS;
	if ((options & NOT_FOR_ALLOCATE) != 0)
		return ZX_ERR_INVALID_ARGS;

	const struct zi_place place = {
		.specific = (options & ZX_VM_SPECIFIC) != 0,
		.upper_limit = (options & ZX_VM_OFFSET_IS_UPPER_LIMIT) != 0,
		.off = off,
		.len = size,
		.align = zi_vm_align(options),
	};

	ZI_LOCK_SCOPE(&parent->aspace->lock);
	return allocate_locked(parent, options, &place, out_vmar);
}
