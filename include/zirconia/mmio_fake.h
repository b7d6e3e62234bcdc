/*
 * Registers for drivers' tests that answer each for itself, in whatever order they are accessed.
 *
 * A fake register has a callback for loads and one for stores. A mock register has a list of loads and one of stores that are to come;
 * when a list is empty, loads get the last value and stores change it. Both are arrays of registers of one size; every width accesses the
 * register that it begins in. For accesses in one order over all registers see zirconia/mmio_mock.h.
 *
 *   C++ (fake-mmio-reg, mock-mmio)         C
 *   FakeMmioRegRegion(size, count)         zirconia_mmio_fake_new
 *   region[offset].SetReadCallback(f)      zirconia_mmio_fake_on_load
 *   region[offset].SetWriteCallback(f)     zirconia_mmio_fake_on_store
 *   Region(size, count, first)             zirconia_mmio_regs_new
 *   ExpectRead(v), ExpectRead()            zirconia_mmio_regs_expect_load, _expect_any_load
 *   ExpectWrite(v), ExpectWrite()          zirconia_mmio_regs_expect_store, _expect_any_store
 *   ReadReturns(v), Clear()                zirconia_mmio_regs_load_returns, zirconia_mmio_regs_clear
 *   VerifyAndClear(), VerifyAll()          zirconia_mmio_regs_verify, zirconia_mmio_regs_verify_all
 *   GetMmioBuffer()                        ..._region; in C++ <lib/driver/mock-mmio/cpp/region.h>
 *
 * The regions that they give can be split. region.backend and region.ctx stand behind a plain mapping, too, with
 * zirconia_device_model_add. Functions that name a register abort when there is none at this offset.
 */
#ifndef ZIRCONIA_MMIO_FAKE_H_
#define ZIRCONIA_MMIO_FAKE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>
#include <zirconia/mmio.h>

__BEGIN_CDECLS

/* ---- fake registers */

typedef struct zirconia_mmio_fake zirconia_mmio_fake_t;

/* NULL: reg_size or reg_count is 0, their product is more than PTRDIFF_MAX, or there is no memory. */
zirconia_mmio_fake_t *zirconia_mmio_fake_new(size_t reg_size, size_t reg_count);
/* A region over all of them, from offset 0. Releasing it is the caller's. */
void zirconia_mmio_fake_region(zirconia_mmio_fake_t *fake, zirconia_mmio_region_t *out_region);
/* NULL puts the default back: loads give 0, stores are ignored. Not while others access the register. */
void zirconia_mmio_fake_on_load(zirconia_mmio_fake_t *fake, size_t offset,
				uint64_t (*load)(void *ctx), void *ctx);
void zirconia_mmio_fake_on_store(zirconia_mmio_fake_t *fake, size_t offset,
				 void (*store)(void *ctx, uint64_t value), void *ctx);
void zirconia_mmio_fake_free(zirconia_mmio_fake_t *fake);

/* ---- mock registers */

typedef struct zirconia_mmio_regs zirconia_mmio_regs_t;

/*
 * reg_count registers, the first of which is number `first`: lies at offset first * reg_size. A region over them begins at offset 0 all
 * the same; accesses before the first one fail. NULL as above.
 */
zirconia_mmio_regs_t *zirconia_mmio_regs_new(size_t reg_size, size_t reg_count, size_t first);
void zirconia_mmio_regs_region(zirconia_mmio_regs_t *regs, zirconia_mmio_region_t *out_region);

/*
 * What is to come at the register at this offset; loads and stores apart. A load gets `value`, which is its last value from then on, or its
 * last value (0 at first). A store of another value than the one expected is a failure; every store is the last value. False: no memory,
 * and that is a failure, too.
 */
bool zirconia_mmio_regs_expect_load(zirconia_mmio_regs_t *regs, size_t offset, uint64_t value);
bool zirconia_mmio_regs_expect_any_load(zirconia_mmio_regs_t *regs, size_t offset);
bool zirconia_mmio_regs_expect_store(zirconia_mmio_regs_t *regs, size_t offset, uint64_t value);
bool zirconia_mmio_regs_expect_any_store(zirconia_mmio_regs_t *regs, size_t offset);

/* Changes the last value. */
void zirconia_mmio_regs_load_returns(zirconia_mmio_regs_t *regs, size_t offset, uint64_t value);
/* Forgets what is to come at this register, and its last value. */
void zirconia_mmio_regs_clear(zirconia_mmio_regs_t *regs, size_t offset);

/*
 * What was wrong first, as text; NULL: nothing. At the end of a test, when what nothing came for is wrong, too: for one register, which is
 * cleared, or for all of them, which are.
 */
const char *zirconia_mmio_regs_failure(zirconia_mmio_regs_t *regs);
const char *zirconia_mmio_regs_verify(zirconia_mmio_regs_t *regs, size_t offset);
const char *zirconia_mmio_regs_verify_all(zirconia_mmio_regs_t *regs);
void zirconia_mmio_regs_free(zirconia_mmio_regs_t *regs);

__END_CDECLS

#endif /* ZIRCONIA_MMIO_FAKE_H_ */
