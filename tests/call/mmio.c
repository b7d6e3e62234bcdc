/* zi-test: valgrind */
/* MMIO regions: checks, widths, masks, splits, claims, backends. clients.md B.3 row by row. */
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include <zirconia/mmio.h>

#include "t.h"

#define OK ZIRCONIA_MMIO_OK
#define RANGE ZIRCONIA_MMIO_OUT_OF_RANGE
#define UNALIGNED ZIRCONIA_MMIO_UNALIGNED

static uint64_t words[32];

static zirconia_mmio_region_t over(void *memory, size_t len)
{
	zirconia_mmio_region_t region;

	zirconia_mmio_region_from_memory(memory, len, NULL, &region);
	return region;
}

/* One access of any width. */
static zirconia_mmio_error_t try_load(const zirconia_mmio_region_t *r, size_t off, size_t width,
				      uint64_t *out)
{
	uint8_t v8 = 0;
	uint16_t v16 = 0;
	uint32_t v32 = 0;
	uint64_t v64 = 0;
	const zirconia_mmio_error_t err = width == 1 ? zirconia_mmio_try_load8(r, off, &v8) :
					  width == 2 ? zirconia_mmio_try_load16(r, off, &v16) :
					  width == 4 ? zirconia_mmio_try_load32(r, off, &v32) :
						       zirconia_mmio_try_load64(r, off, &v64);

	*out = v8 | v16 | v32 | v64;
	return err;
}

static zirconia_mmio_error_t try_store(zirconia_mmio_region_t *r, size_t off, size_t width,
				       uint64_t v)
{
	return width == 1 ? zirconia_mmio_try_store8(r, off, (uint8_t)v) :
	       width == 2 ? zirconia_mmio_try_store16(r, off, (uint16_t)v) :
	       width == 4 ? zirconia_mmio_try_store32(r, off, (uint32_t)v) :
			    zirconia_mmio_try_store64(r, off, v);
}

/* spec: clients B.3.5 acceptance #4; clients B.3.2 #1 #6 #7 */
Test(call_mmio, memory__words__stored_and_seen_on_both_sides)
{
	zirconia_mmio_region_t mmio = over(words, sizeof(words));

	cr_assert_eq(zirconia_mmio_len(&mmio), 256);
	for (size_t i = 0; i < 32; i++)
		cr_assert_eq(zirconia_mmio_load64(&mmio, i * 8), 0);
	for (size_t i = 0; i < 32; i++)
		zirconia_mmio_store64(&mmio, i * 8, i);
	for (size_t i = 0; i < 32; i++) {
		cr_assert_eq(zirconia_mmio_load64(&mmio, i * 8), i);
		cr_assert_eq(words[i], i);
	}
	zirconia_mmio_release(&mmio);
	cr_assert(mmio.base == NULL && mmio.len == 0);
}

/* spec: clients B.3.5 acceptance #5 #6; clients B.3.2 #3-7; clients B.3.1 #1 */
Test(call_mmio, access__each_offset_and_width__unaligned_before_out_of_range)
{
	zirconia_mmio_region_t mmio = over(words, sizeof(words));
	uint64_t v;

	for (size_t width = 1; width <= 8; width *= 2) {
		for (size_t i = 0; i < 32; i++) {
			const zirconia_mmio_error_t want = i % width == 0 ? OK : UNALIGNED;

			cr_assert_eq(try_load(&mmio, i, width, &v), want, "%zu at %zu", width, i);
			cr_assert_eq(try_store(&mmio, i, width, 1), want, "%zu at %zu", width, i);
			cr_assert_eq(zirconia_mmio_check_aligned(&mmio, i, width), want);
			cr_assert_eq(zirconia_mmio_check_capacity(&mmio, i, width), OK);
		}
		cr_assert_eq(try_load(&mmio, 256, width, &v), RANGE);
		cr_assert_eq(try_store(&mmio, 256, width, 1), RANGE);
		cr_assert_eq(zirconia_mmio_check_capacity(&mmio, 256 - width, width), OK);
		cr_assert_eq(zirconia_mmio_check_capacity(&mmio, 257 - width, width), RANGE);
		/* No sum that could wrap. */
		cr_assert_eq(zirconia_mmio_check_capacity(&mmio, SIZE_MAX, width), RANGE);
		cr_assert_eq(try_load(&mmio, SIZE_MAX - width + 1, width, &v), RANGE);
		cr_assert_eq(try_store(&mmio, SIZE_MAX - width + 1, width, 0), RANGE);
		if (width > 1)
			cr_assert_eq(try_load(&mmio, SIZE_MAX, width, &v), UNALIGNED);
		cr_assert_eq(zirconia_mmio_check_aligned(&mmio, 1000 * width, width), OK);
	}
}

/* spec: clients B.3.5 acceptance #7 */
Test(call_mmio, same_bytes__written_in_each_width__read_alike_in_each)
{
	const uint64_t value = 0x8877665544332211;
	uint64_t v;

	for (size_t store = 1; store <= 8; store *= 2) {
		uint64_t memory = 0;
		zirconia_mmio_region_t mmio = over(&memory, sizeof(memory));

		for (size_t i = 0; i < 8; i += store)
			cr_assert_eq(try_store(&mmio, i, store, value >> (8 * i)), OK);
		cr_assert_eq(memory, value);
		for (size_t load = 1; load <= 8; load *= 2) {
			for (size_t i = 0; i < 8; i += load) {
				const uint64_t mask =
					load == 8 ? UINT64_MAX : (1ull << (8 * load)) - 1;

				cr_assert_eq(try_load(&mmio, i, load, &v), OK);
				cr_assert_eq(v, (value >> (8 * i)) & mask);
			}
		}
	}
}

/* spec: clients B.3.5 acceptance #8; clients B.3.3 #1 */
Test(call_mmio, alignment__of_parts_split_off_byte_by_byte__is_that_of_the_address)
{
	for (size_t start = 0; start < 8; start++) {
		zirconia_mmio_region_t mmio = over(words, 64), left;
		uint64_t v;

		zirconia_mmio_into_split(&mmio);
		for (size_t i = 0; i < start; i++) {
			zirconia_mmio_split_off(&mmio, 1, &left);
			cr_assert_eq(zirconia_mmio_len(&left), 1);
			zirconia_mmio_release(&left);
		}
		cr_assert_eq(zirconia_mmio_len(&mmio), 64 - start);
		for (size_t off = 0; off < 16; off++) {
			for (size_t width = 1; width <= 8; width *= 2) {
				const zirconia_mmio_error_t want =
					(start + off) % width != 0 ? UNALIGNED : OK;

				cr_assert_eq(zirconia_mmio_check(&mmio, off, width), want);
				cr_assert_eq(try_load(&mmio, off, width, &v), want);
				cr_assert_eq(try_store(&mmio, off, width, v), want);
			}
		}
	}
}

/* spec: clients B.3.5 acceptance #9; clients B.3.2 #2; clients B.3.3 #4 */
Test(call_mmio, align_offset__of_parts__wraps_to_the_next_aligned_byte)
{
	static uint64_t memory[4];

	for (size_t w = 0; w < 8; w++) {
		for (size_t s = 0; s < 8; s++) {
			zirconia_mmio_region_t mmio = over((uint8_t *)memory + w, 16), left;

			zirconia_mmio_into_split(&mmio);
			zirconia_mmio_split_off(&mmio, s, &left);
			for (size_t a = 1; a <= 8; a *= 2)
				cr_assert_eq(zirconia_mmio_align_offset(&mmio, a), (a - w - s) % a,
					     "w %zu s %zu a %zu", w, s, a);
		}
	}
}

/* spec: clients B.3.2 #2 */
Test(call_mmio, align_offset__no_power_of_two__aborts, .signal = SIGABRT)
{
	zirconia_mmio_region_t mmio = over(words, 64);

	zirconia_mmio_align_offset(&mmio, 3);
}

/* spec: clients B.3.2 #9 #10 */
Test(call_mmio, masked__bits_of_the_mask_only__errors_of_the_load_win)
{
	uint64_t memory = 0x1122334455667788, v = 9;
	zirconia_mmio_region_t mmio = over(&memory, sizeof(memory));
	uint32_t v32 = 9;
	uint16_t v16;
	uint8_t v8;

	cr_assert_eq(zirconia_mmio_try_masked_load64(&mmio, 0, 0xff00ff00ff00ff00, &v), OK);
	cr_assert_eq(v, 0x1100330055007700);
	cr_assert_eq(zirconia_mmio_try_masked_load32(&mmio, 4, 0xffff, &v32), OK);
	cr_assert_eq(v32, 0x3344);
	cr_assert_eq(zirconia_mmio_try_masked_load16(&mmio, 2, 0xf0f0, &v16), OK);
	cr_assert_eq(v16, 0x5060);
	cr_assert_eq(zirconia_mmio_try_masked_load8(&mmio, 0, 0xf, &v8), OK);
	cr_assert_eq(v8, 8);
	cr_assert_eq(zirconia_mmio_try_masked_load32(&mmio, 2, 0, &v32), UNALIGNED);
	cr_assert_eq(zirconia_mmio_try_masked_load32(&mmio, 8, 0, &v32), RANGE);
	cr_assert_eq(v32, 0x3344);
	cr_assert_eq(zirconia_mmio_try_masked_modify32(&mmio, 0, 0x00ffff00, 0xabcdef01), OK);
	cr_assert_eq(memory, 0x1122334455cdef88);
	cr_assert_eq(zirconia_mmio_try_masked_modify8(&mmio, 7, 0x0f, 0xff), OK);
	cr_assert_eq(zirconia_mmio_try_masked_modify16(&mmio, 4, 0, 0xffff), OK);
	cr_assert_eq(zirconia_mmio_try_masked_modify64(&mmio, 0, 1, 0), OK);
	cr_assert_eq(memory, 0x1f22334455cdef88);
	cr_assert_eq(zirconia_mmio_try_masked_modify64(&mmio, 4, UINT64_MAX, 0), UNALIGNED);
	cr_assert_eq(zirconia_mmio_try_masked_modify16(&mmio, 8, UINT16_MAX, 0), RANGE);
	cr_assert_eq(memory, 0x1f22334455cdef88);
	zirconia_mmio_write_barrier(&mmio);
}

/* ---- the forms that abort */

/* spec: clients B.3.2 #8; clients B.3.1 #1 */
Test(call_mmio, load32__unaligned__aborts, .signal = SIGABRT)
{
	zirconia_mmio_region_t mmio = over(words, 64);

	zirconia_mmio_load32(&mmio, 2);
}

Test(call_mmio, store64__out_of_range__aborts, .signal = SIGABRT)
{
	zirconia_mmio_region_t mmio = over(words, 64);

	zirconia_mmio_store64(&mmio, 64, 1);
}

Test(call_mmio, memory__longer_than_half_of_all__aborts, .signal = SIGABRT)
{
	over(words, (size_t)PTRDIFF_MAX + 1);
}

/* ---- splits and claims */

static void count_end(void *ctx)
{
	++*(int *)ctx;
}

/* spec: clients B.3.4 #1-3 */
Test(call_mmio, split_off__each_middle__two_parts_that_share_nothing)
{
	for (size_t mid = 0; mid <= 64; mid++) {
		zirconia_mmio_region_t mmio = over(words, 64), left = {.len = 77};

		memset(words, 0, sizeof(words));
		zirconia_mmio_into_split(&mmio);
		cr_assert_eq(zirconia_mmio_try_split_off(&mmio, 65, &left), RANGE);
		cr_assert_eq(zirconia_mmio_try_split_off(&mmio, SIZE_MAX, &left), RANGE);
		cr_assert(mmio.len == 64 && left.len == 77);
		cr_assert_eq(zirconia_mmio_try_split_off(&mmio, mid, &left), OK);
		cr_assert(left.len == mid && mmio.len == 64 - mid);
		for (size_t i = 0; i < 64; i++) {
			cr_assert_eq(zirconia_mmio_try_store8(&left, i, 1), i < mid ? OK : RANGE);
			cr_assert_eq(zirconia_mmio_try_store8(&mmio, i, 2),
				     i < 64 - mid ? OK : RANGE);
		}
		for (size_t i = 0; i < 64; i++)
			cr_assert_eq(((uint8_t *)words)[i], i < mid ? 1 : 2);
	}
}

Test(call_mmio, split_off__more_than_there_is__aborts, .signal = SIGABRT)
{
	zirconia_mmio_region_t mmio = over(words, 64), left;

	zirconia_mmio_into_split(&mmio);
	zirconia_mmio_split_off(&mmio, 65, &left);
}

/* spec: clients B.3.4 #4; clients B.3.3 #2 */
Test(call_mmio, split_off__not_made_splittable__aborts, .signal = SIGABRT)
{
	zirconia_mmio_region_t mmio = over(words, 64), left;

	zirconia_mmio_try_split_off(&mmio, 1, &left);
}

/* spec: clients B.3.3 #2 #3; clients B.3.4 #3 #5 */
Test(call_mmio, claim__ends_with_its_last_region__in_any_order)
{
	for (int order = 0; order < 6; order++) {
		static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
						 {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
		zirconia_mmio_region_t part[3];
		int ended = 0;

		zirconia_mmio_region_from_memory(
			words, 64, zirconia_mmio_claim_new(count_end, &ended), &part[0]);
		zirconia_mmio_into_split(&part[0]);
		zirconia_mmio_split_off(&part[0], 0, &part[1]);
		zirconia_mmio_split_off(&part[0], 64, &part[2]);
		for (int i = 0; i < 3; i++) {
			cr_assert_eq(ended, 0);
			zirconia_mmio_release(&part[orders[order][i]]);
			zirconia_mmio_release(&part[orders[order][i]]); /* empty now */
		}
		cr_assert_eq(ended, 1);
	}
	int unused = 0;

	zirconia_mmio_claim_drop(zirconia_mmio_claim_new(count_end, &unused));
	cr_assert_eq(unused, 1);
	zirconia_mmio_claim_drop(NULL);
}

/* spec: clients B.3.4 #5; clients B.3.5 #6 */
Test(call_mmio, mapping__split__unmapped_with_the_last_part)
{
	zirconia_mmio_region_t mmio, left;
	zx_info_vmo_t info;
	zx_handle_t vmo = t_vmo(T_PAGE), keep;

	T_OK(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &keep));
	T_OK(zirconia_vmo_mapping_map(8, 100, vmo, &mmio));
	zirconia_mmio_into_split(&mmio);
	zirconia_mmio_split_off(&mmio, 40, &left);
	zirconia_mmio_store8(&left, 39, 1);
	zirconia_mmio_store8(&mmio, 0, 2);
	zirconia_mmio_release(&mmio);
	cr_assert_eq(zirconia_mmio_load8(&left, 39), 1);
	T_OK(zx_object_get_info(keep, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	cr_assert_eq(info.num_mappings, 1);
	zirconia_mmio_release(&left);
	T_OK(zx_object_get_info(keep, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	cr_assert_eq(info.num_mappings, 0);
}

/* spec: clients B.3.5 acceptance #10 */
enum { PARTS = 64 };

static struct part {
	pthread_t thread;
	zirconia_mmio_region_t region;
	uint64_t seed;
	uint8_t expect[8];
	bool ok;
} parts[PARTS];

static void *hammer(void *arg)
{
	struct part *p = arg;

	p->ok = true;
	for (int i = 0; i < 2000; i++) {
		const size_t width = (size_t)1 << t_below(&p->seed, 4), off = t_below(&p->seed, 16);
		const uint64_t value = t_random(&p->seed);
		const bool fits = off % width == 0 && off + width <= 8;

		if ((try_store(&p->region, off, width, value) == OK) != fits)
			p->ok = false;
		if (fits)
			memcpy(p->expect + off, &value, width);
		uint64_t v = 0, want = 0;

		if ((try_load(&p->region, off, width, &v) == OK) != fits)
			p->ok = false;
		if (fits)
			memcpy(&want, p->expect + off, width);
		if (v != want)
			p->ok = false;
	}
	return NULL;
}

Test(call_mmio, parts_on_64_threads__never_meet, .timeout = 60)
{
	static uint64_t memory[PARTS];
	zirconia_mmio_region_t mmio = over(memory, sizeof(memory));
	int ended = 0;

	mmio.claim = zirconia_mmio_claim_new(count_end, &ended);
	zirconia_mmio_into_split(&mmio);
	for (unsigned i = 0; i < PARTS; i++) {
		zirconia_mmio_split_off(&mmio, 8, &parts[i].region);
		parts[i].seed = i + 1;
	}
	cr_assert_eq(zirconia_mmio_len(&mmio), 0);
	zirconia_mmio_release(&mmio);
	T_EACH (parts, p)
		cr_assert_eq(pthread_create(&p->thread, NULL, hammer, p), 0);
	T_EACH (parts, p)
		pthread_join(p->thread, NULL);
	for (unsigned i = 0; i < PARTS; i++) {
		cr_assert(parts[i].ok, "part %u", i);
		cr_assert_eq(memcmp(&memory[i], parts[i].expect, 8), 0);
		zirconia_mmio_release(&parts[i].region);
	}
	cr_assert_eq(ended, 1);
}

/* ---- backends */

static struct {
	size_t offset, width;
	uint64_t value;
	int loads, stores, barriers;
} seen;

static uint64_t seen_load(void *ctx, size_t offset, size_t width)
{
	seen.offset = offset;
	seen.width = width;
	seen.loads++;
	return *(uint64_t *)ctx;
}

static void seen_store(void *ctx, size_t offset, size_t width, uint64_t value)
{
	(void)ctx;
	seen.offset = offset;
	seen.width = width;
	seen.value = value;
	seen.stores++;
}

static void seen_barrier(void *ctx)
{
	(void)ctx;
	seen.barriers++;
}

/* spec: clients B.3.2 #11 #12; clients B.3.3 #1 */
Test(call_mmio, backend__accepted_accesses_are_its_calls__parts_tell_absolute_offsets)
{
	static const zirconia_mmio_backend_t backend = {seen_load, seen_store, seen_barrier};
	uint64_t answer = 0xfedcba9876543210;
	zirconia_mmio_region_t mmio, left;
	uint16_t v16 = 0;

	zirconia_mmio_region_from_backend(&backend, &answer, 64, NULL, &mmio);
	zirconia_mmio_into_split(&mmio);
	zirconia_mmio_split_off(&mmio, 18, &left);
	cr_assert_eq(zirconia_mmio_try_load16(&mmio, 2, &v16), OK);
	cr_assert(v16 == 0x3210 && seen.offset == 20 && seen.width == 2);
	cr_assert_eq(zirconia_mmio_try_load32(&mmio, 0, &(uint32_t){0}), UNALIGNED);
	cr_assert_eq(zirconia_mmio_try_store8(&mmio, 46, 1), RANGE);
	cr_assert(seen.loads == 1 && seen.stores == 0);
	zirconia_mmio_store64(&left, 8, 77);
	cr_assert(seen.offset == 8 && seen.width == 8 && seen.value == 77);
	cr_assert_eq(zirconia_mmio_try_masked_modify32(&mmio, 2, 0xff, 1), OK);
	cr_assert(seen.loads == 2 && seen.stores == 2 && seen.value == 0x76543201);
	zirconia_mmio_write_barrier(&left);
	cr_assert_eq(seen.barriers, 1);
}
