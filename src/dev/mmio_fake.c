/* Registers of callbacks: zirconia/mmio_fake.h says what is promised. */
#include <zirconia/inject.h>
#include <zirconia/mmio_fake.h>

#include <stdlib.h>

#include "dev/misuse_i.h"

struct reg {
	uint64_t (*load)(void *ctx); /* NULL: 0 */
	void *load_ctx;
	void (*store)(void *ctx, uint64_t value); /* NULL: ignored */
	void *store_ctx;
};

struct zirconia_mmio_fake {
	size_t reg_size, reg_count; /* bytes; neither is 0 */
	struct reg regs[];
};

static struct reg *reg_at(zirconia_mmio_fake_t *fake, size_t offset)
{
	const size_t index = offset / fake->reg_size;

	if (index >= fake->reg_count)
		zi_dev_misuse("mmio fake", "there is no register at this offset", ZX_OK);
	return &fake->regs[index];
}

static uint64_t fake_load(void *ctx, size_t offset, size_t width)
{
	const struct reg *r = reg_at(ctx, offset);

	(void)width;
	return r->load == NULL ? 0 : r->load(r->load_ctx);
}

static void fake_store(void *ctx, size_t offset, size_t width, uint64_t value)
{
	const struct reg *r = reg_at(ctx, offset);

	(void)width;
	if (r->store != NULL)
		r->store(r->store_ctx, value);
}

static const zirconia_mmio_backend_t backend = {fake_load, fake_store, NULL};

zirconia_mmio_fake_t *zirconia_mmio_fake_new(size_t reg_size, size_t reg_count)
{
	zirconia_mmio_fake_t *fake;
	size_t len;

	if (reg_size == 0 || reg_count == 0 || __builtin_mul_overflow(reg_size, reg_count, &len) ||
	    len > PTRDIFF_MAX || reg_count > PTRDIFF_MAX / sizeof(struct reg) - 1)
		return NULL;
	fake = zirconia_inject_here("alloc.mmio_mock") != ZX_OK ?
		       NULL :
		       calloc(1, sizeof(*fake) + reg_count * sizeof(struct reg));
	if (fake != NULL) {
		fake->reg_size = reg_size;
		fake->reg_count = reg_count;
	}
	return fake;
}

void zirconia_mmio_fake_region(zirconia_mmio_fake_t *fake, zirconia_mmio_region_t *out_region)
{
	zirconia_mmio_region_from_backend(&backend, fake, fake->reg_size * fake->reg_count, NULL,
					  out_region);
	zirconia_mmio_into_split(out_region);
}

void zirconia_mmio_fake_on_load(zirconia_mmio_fake_t *fake, size_t offset,
				uint64_t (*load)(void *ctx), void *ctx)
{
	struct reg *r = reg_at(fake, offset);

	r->load = load;
	r->load_ctx = ctx;
}

void zirconia_mmio_fake_on_store(zirconia_mmio_fake_t *fake, size_t offset,
				 void (*store)(void *ctx, uint64_t value), void *ctx)
{
	struct reg *r = reg_at(fake, offset);

	r->store = store;
	r->store_ctx = ctx;
}

void zirconia_mmio_fake_free(zirconia_mmio_fake_t *fake)
{
	free(fake);
}
