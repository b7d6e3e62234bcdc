/*
 * Expectations for drivers' tests: a region whose accesses have to come in the order that the test
 * wrote down. What differs is kept in a line of text; the test asks for it, nothing aborts.
 *
 * Entries are accesses: a load that gets a value, a store that must have one, a barrier, a poll. A
 * poll gives its values in order and the last one again and again, until an access comes that
 * matches the next entry. Parts that were split off tell the offsets of the whole. Accesses may come
 * from several threads.
 *
 *   Rust (MockMmioRegionBuilder)           C++ (GloballyOrderedRegion)   C
 *   new(size), build()                     constructor                   zirconia_mmio_mock_new, _region
 *   t.at(o).read32(v)                      Expect({.address, .value})    zirconia_mmio_mock_expect_load
 *   t.at(o).write32(v)                     the same with .write          zirconia_mmio_mock_expect_store
 *   t.write_barrier()                                                    zirconia_mmio_mock_expect_write_barrier
 *   t.poll([..]), poll_indefinitely(v)                                   zirconia_mmio_mock_expect_poll; with one value
 *   t.read::<R>(v), write, the indexed     (none)                        zirconia_mmio_mock_expect_register_read, _write
 *   drop of the builder and the regions    CheckAllAccessesReplayed      zirconia_mmio_mock_verify
 *
 * Registers that answer each for itself, in no order: zirconia/mmio_fake.h. The mock stands behind a plain mapping, too, with
 * zirconia_device_model_add(paddr, size, region.backend, region.ctx).
 */
#ifndef ZIRCONIA_MMIO_MOCK_H_
#define ZIRCONIA_MMIO_MOCK_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zirconia/mmio.h>
#include <zirconia/mmio_register.h>

__BEGIN_CDECLS

typedef struct zirconia_mmio_mock zirconia_mmio_mock_t;

/* A region of `size` bytes with an empty list. NULL: no memory. */
zirconia_mmio_mock_t *zirconia_mmio_mock_new(size_t size);
/* The region; splittable. Releasing it and its parts is the caller's. */
void zirconia_mmio_mock_region(zirconia_mmio_mock_t *mock, zirconia_mmio_region_t *out_region);

/*
 * Appends an entry; `width` is 1, 2, 4 or 8 bytes. False, and the mock has failed: it would leave the
 * region, is unaligned, or there is no memory.
 */
bool zirconia_mmio_mock_expect_load(zirconia_mmio_mock_t *mock, size_t offset, size_t width,
				    uint64_t answer);
bool zirconia_mmio_mock_expect_store(zirconia_mmio_mock_t *mock, size_t offset, size_t width,
				     uint64_t value);
bool zirconia_mmio_mock_expect_write_barrier(zirconia_mmio_mock_t *mock);
/* At least one load, any number after the last answer. count > 0. */
bool zirconia_mmio_mock_expect_poll(zirconia_mmio_mock_t *mock, size_t offset, size_t width,
				    const uint64_t *answers, size_t count);

/*
 * The same for registers by descriptor; a register that is not indexed has index 0. False, and the mock has failed, also when there is no
 * such index, or the register's mode does not allow it.
 */
bool zirconia_mmio_mock_expect_register_read(zirconia_mmio_mock_t *mock,
					     const zirconia_mmio_register_t *reg, size_t index,
					     uint64_t answer);
bool zirconia_mmio_mock_expect_register_write(zirconia_mmio_mock_t *mock,
					      const zirconia_mmio_register_t *reg, size_t index,
					      uint64_t value);
bool zirconia_mmio_mock_expect_register_poll(zirconia_mmio_mock_t *mock,
					     const zirconia_mmio_register_t *reg, size_t index,
					     const uint64_t *answers, size_t count);

/* The first thing that was wrong, as text; NULL: nothing yet. */
const char *zirconia_mmio_mock_failure(const zirconia_mmio_mock_t *mock);
/* The same at the end, when entries that nothing came for are wrong, too. */
const char *zirconia_mmio_mock_verify(zirconia_mmio_mock_t *mock);
void zirconia_mmio_mock_free(zirconia_mmio_mock_t *mock);

__END_CDECLS

#endif /* ZIRCONIA_MMIO_MOCK_H_ */
