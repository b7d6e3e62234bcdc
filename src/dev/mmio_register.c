/* Registers by descriptor: zirconia/mmio_register.h says what is promised. */
#include <zirconia/mmio_register.h>

#include <stdio.h>

#include "dev/misuse_i.h"

static void refuse(const zirconia_mmio_register_t *reg, const char *what) __attribute__((noreturn));

static void refuse(const zirconia_mmio_register_t *reg, const char *what)
{
	char why[128];

	snprintf(why, sizeof(why), "the register of %zu bytes at 0x%zx %s", reg->width, reg->offset,
		 what);
	zi_dev_misuse("mmio register", why, ZX_OK);
}

/* The offset of one of them, for an access of this mode. */
static size_t offset_for(const zirconia_mmio_register_t *reg, size_t index,
			 zirconia_mmio_mode_t mode)
{
	size_t offset;

	if ((reg->mode & mode) == 0)
		refuse(reg, mode == ZIRCONIA_MMIO_READ_ONLY ? "is write-only" : "is read-only");
	if (!zirconia_mmio_register_offset(reg, index, &offset))
		refuse(reg, "has an index that is out of bounds");
	return offset;
}

uint64_t zirconia_mmio_field_set(zirconia_mmio_field_t field, uint64_t value, uint64_t bits)
{
	const uint64_t mask = zirconia_mmio_field_mask(field);

	if (bits > mask >> field.lo)
		zi_dev_misuse("mmio field", "the value is wider than the field", ZX_OK);
	return (value & ~mask) | bits << field.lo;
}

uint64_t zirconia_mmio_register_read_index(const zirconia_mmio_region_t *region,
					   const zirconia_mmio_register_t *reg, size_t index)
{
	const size_t offset = offset_for(reg, index, ZIRCONIA_MMIO_READ_ONLY);

	switch (reg->width) {
	case 1:
		return zirconia_mmio_load8(region, offset);
	case 2:
		return zirconia_mmio_load16(region, offset);
	case 4:
		return zirconia_mmio_load32(region, offset);
	case 8:
		return zirconia_mmio_load64(region, offset);
	default:
		refuse(reg, "has a width that no access has");
	}
}

void zirconia_mmio_register_write_index(zirconia_mmio_region_t *region,
					const zirconia_mmio_register_t *reg, size_t index,
					uint64_t value)
{
	const size_t offset = offset_for(reg, index, ZIRCONIA_MMIO_WRITE_ONLY);

	if (reg->width < 8 && value >> (8 * reg->width) != 0)
		refuse(reg, "does not hold so wide a value");
	switch (reg->width) {
	case 1:
		zirconia_mmio_store8(region, offset, (uint8_t)value);
		break;
	case 2:
		zirconia_mmio_store16(region, offset, (uint16_t)value);
		break;
	case 4:
		zirconia_mmio_store32(region, offset, (uint32_t)value);
		break;
	case 8:
		zirconia_mmio_store64(region, offset, value);
		break;
	default:
		refuse(reg, "has a width that no access has");
	}
}

uint64_t zirconia_mmio_register_read(const zirconia_mmio_region_t *region,
				     const zirconia_mmio_register_t *reg)
{
	return zirconia_mmio_register_read_index(region, reg, 0);
}

void zirconia_mmio_register_write(zirconia_mmio_region_t *region,
				  const zirconia_mmio_register_t *reg, uint64_t value)
{
	zirconia_mmio_register_write_index(region, reg, 0, value);
}

void zirconia_mmio_register_update_index(zirconia_mmio_region_t *region,
					 const zirconia_mmio_register_t *reg, size_t index,
					 uint64_t (*change)(void *ctx, uint64_t value), void *ctx)
{
	uint64_t value;

	/* Before the device sees anything of it. */
	(void)offset_for(reg, index, ZIRCONIA_MMIO_WRITE_ONLY);
	value = zirconia_mmio_register_read_index(region, reg, index);
	zirconia_mmio_register_write_index(region, reg, index, change(ctx, value));
}

void zirconia_mmio_register_update(zirconia_mmio_region_t *region,
				   const zirconia_mmio_register_t *reg,
				   uint64_t (*change)(void *ctx, uint64_t value), void *ctx)
{
	zirconia_mmio_register_update_index(region, reg, 0, change, ctx);
}

struct field_change {
	zirconia_mmio_field_t field;
	uint64_t bits;
};

static uint64_t change_field(void *ctx, uint64_t value)
{
	const struct field_change *c = ctx;

	return zirconia_mmio_field_set(c->field, value, c->bits);
}

void zirconia_mmio_register_update_field(zirconia_mmio_region_t *region,
					 const zirconia_mmio_register_t *reg,
					 zirconia_mmio_field_t field, uint64_t bits)
{
	struct field_change c = {field, bits};

	zirconia_mmio_register_update(region, reg, change_field, &c);
}
