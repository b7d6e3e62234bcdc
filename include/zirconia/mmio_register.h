/*
 * Registers by name: a descriptor says where a register lies, how wide it is and what may be done with it; a field is a run of bits.
 *
 *	static const zirconia_mmio_register_t CONTROL =
 *		ZIRCONIA_MMIO_REGISTER(0x04, 4, ZIRCONIA_MMIO_READ_WRITE);
 *	static const zirconia_mmio_register_t RING =
 *		ZIRCONIA_MMIO_REGISTERS(0x40, 4, ZIRCONIA_MMIO_READ_WRITE, 8, 16);
 *	static const zirconia_mmio_field_t SPEED = ZIRCONIA_MMIO_FIELD(5, 4);
 *
 *	zirconia_mmio_register_update_field(&regs, &CONTROL, SPEED, 2);
 *
 *   Rust (register! and its traits)        C
 *   struct R(u32), offset, mode            zirconia_mmio_register_t
 *   indexed_register: stride, count        the same with a stride and a count
 *   R::read(&mmio), r.write(&mut mmio)     zirconia_mmio_register_read, _write
 *   read_index(&mmio, i), write_index      zirconia_mmio_register_read_index, _write_index
 *   proxy.update(closure)                  zirconia_mmio_register_update, _update_field
 *   fields' getters and setters            zirconia_mmio_field_get, zirconia_mmio_field_set
 *
 * Values are integers, a register that nobody read yet is 0. What Rust's compiler refuses aborts here: reading a register that can only be
 * written, writing one that can only be read, a value that is wider than its register or field; and what aborts there aborts here:
 * an index of the count or more, an access that the region refuses.
 */
#ifndef ZIRCONIA_MMIO_REGISTER_H_
#define ZIRCONIA_MMIO_REGISTER_H_

#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>
#include <zirconia/mmio.h>

__BEGIN_CDECLS

typedef enum zirconia_mmio_mode {
	ZIRCONIA_MMIO_READ_ONLY = 1,
	ZIRCONIA_MMIO_WRITE_ONLY = 2,
	ZIRCONIA_MMIO_READ_WRITE = 3,
} zirconia_mmio_mode_t;

typedef struct zirconia_mmio_register {
	size_t offset; /* of the first one, in the region */
	size_t width;  /* bytes: 1, 2, 4 or 8 */
	zirconia_mmio_mode_t mode;
	size_t stride; /* bytes from one to the next */
	size_t count;  /* how many there are; 0 is one */
} zirconia_mmio_register_t;

#define ZIRCONIA_MMIO_REGISTER(offset, width, mode) \
	{                                           \
		(offset), (width), (mode), 0, 1     \
	}
#define ZIRCONIA_MMIO_REGISTERS(offset, width, mode, stride, count) \
	{                                                           \
		(offset), (width), (mode), (stride), (count)        \
	}

/* ---- fields */

/* Bits hi..lo of a register; lo <= hi < 64. */
typedef struct zirconia_mmio_field {
	uint8_t hi, lo;
} zirconia_mmio_field_t;

#define ZIRCONIA_MMIO_FIELD(hi, lo) \
	{                           \
		(hi), (lo)          \
	}
#define ZIRCONIA_MMIO_BIT(n) \
	{                    \
		(n), (n)     \
	}

static inline uint64_t zirconia_mmio_field_mask(zirconia_mmio_field_t field)
{
	return (UINT64_MAX >> (63 - field.hi)) & (UINT64_MAX << field.lo);
}

static inline uint64_t zirconia_mmio_field_get(zirconia_mmio_field_t field, uint64_t value)
{
	return (value & zirconia_mmio_field_mask(field)) >> field.lo;
}

/* The value of a register with the field changed. */
uint64_t zirconia_mmio_field_set(zirconia_mmio_field_t field, uint64_t value, uint64_t bits);

/* ---- accesses, one of the register's width each */

uint64_t zirconia_mmio_register_read(const zirconia_mmio_region_t *region,
				     const zirconia_mmio_register_t *reg);
void zirconia_mmio_register_write(zirconia_mmio_region_t *region,
				  const zirconia_mmio_register_t *reg, uint64_t value);
uint64_t zirconia_mmio_register_read_index(const zirconia_mmio_region_t *region,
					   const zirconia_mmio_register_t *reg, size_t index);
void zirconia_mmio_register_write_index(zirconia_mmio_region_t *region,
					const zirconia_mmio_register_t *reg, size_t index,
					uint64_t value);

/* Read, change, write: two accesses, not atomic. The register must allow both. */
void zirconia_mmio_register_update(zirconia_mmio_region_t *region,
				   const zirconia_mmio_register_t *reg,
				   uint64_t (*change)(void *ctx, uint64_t value), void *ctx);
void zirconia_mmio_register_update_index(zirconia_mmio_region_t *region,
					 const zirconia_mmio_register_t *reg, size_t index,
					 uint64_t (*change)(void *ctx, uint64_t value), void *ctx);
void zirconia_mmio_register_update_field(zirconia_mmio_region_t *region,
					 const zirconia_mmio_register_t *reg,
					 zirconia_mmio_field_t field, uint64_t bits);

/*
 * Where register `index` lies. False: there is no such one, or its offset cannot be a number. For those who describe accesses instead
 * of making them.
 */
static inline bool zirconia_mmio_register_offset(const zirconia_mmio_register_t *reg, size_t index,
						 size_t *out_offset)
{
	size_t distance;

	return index < (reg->count == 0 ? 1 : reg->count) &&
	       !__builtin_mul_overflow(index, reg->stride, &distance) &&
	       !__builtin_add_overflow(reg->offset, distance, out_offset);
}

__END_CDECLS

#endif /* ZIRCONIA_MMIO_REGISTER_H_ */
