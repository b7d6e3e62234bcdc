/* What the tests of zirconia/vm_object.h share: objects, and transfers of bytes. No test logic. */
#ifndef VM_OBJECT_T_H
#define VM_OBJECT_T_H

#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>
#include <zirconia/vm_object.h>

#include "t.h"

#define VO static inline __attribute__((unused))
#define VO_OK(expr) VO_IS(expr, ZIRCONIA_VM_OK)
#define VO_IS(expr, expected)                                                                 \
	do {                                                                                  \
		const zirconia_vm_error_t got_ = (expr);                                      \
		cr_assert_eq(got_, (expected), "%s:%d: %s is %d, not %d", __FILE__, __LINE__, \
			     #expr, got_, (expected));                                        \
	} while (0)

VO zirconia_vm_object_t vo_object(size_t pages, uint32_t flags, zirconia_vm_pager_t pager)
{
	const zirconia_vm_object_options_t options = {pages * T_PAGE, flags, pager, 0};
	zirconia_vm_object_t object = {NULL, 0};

	VO_OK(zirconia_vm_object_alloc(&options, &object));
	cr_assert_eq(zirconia_vm_object_rights(&object), ZIRCONIA_VM_RIGHTS_ALL);
	return object;
}

VO zirconia_vm_object_t vo_anonymous(size_t pages, uint32_t flags)
{
	return vo_object(pages, flags, (zirconia_vm_pager_t){NULL, NULL});
}

VO zirconia_vm_count_t vo_write(const zirconia_vm_object_t *o, size_t offset, const void *p,
				size_t n)
{
	zirconia_vm_reader_fallible_t r = zirconia_vm_reader_from_user(p, n);
	const zirconia_vm_count_t c = zirconia_vm_object_write(o, offset, &r);

	cr_assert_eq(n - zirconia_vm_reader_fallible_remain(&r), c.count, "cursor and count");
	return c;
}

VO zirconia_vm_count_t vo_read(const zirconia_vm_object_t *o, size_t offset, void *p, size_t n)
{
	zirconia_vm_writer_fallible_t w = zirconia_vm_writer_from_user(p, n);
	const zirconia_vm_count_t c = zirconia_vm_object_read(o, offset, &w);

	cr_assert_eq(n - zirconia_vm_writer_fallible_avail(&w), c.count, "cursor and count");
	return c;
}

#define VO_WRITE(o, offset, p, n)                                         \
	do {                                                              \
		const zirconia_vm_count_t c_ = vo_write(o, offset, p, n); \
		VO_OK(c_.error);                                          \
		cr_assert_eq(c_.count, (n));                              \
	} while (0)
#define VO_READ(o, offset, p, n)                                         \
	do {                                                             \
		const zirconia_vm_count_t c_ = vo_read(o, offset, p, n); \
		VO_OK(c_.error);                                         \
		cr_assert_eq(c_.count, (n));                             \
	} while (0)
#define VO_COUNT(expr, the_error, the_count)                                                     \
	do {                                                                                     \
		const zirconia_vm_count_t c_ = (expr);                                           \
		cr_assert(c_.error == (the_error) && c_.count == (the_count),                    \
			  "%s:%d: %s: error %d, count %zu", __FILE__, __LINE__, #expr, c_.error, \
			  c_.count);                                                             \
	} while (0)

/* True when the page holds one value. */
VO bool vo_page_is(const zirconia_vm_object_t *o, size_t index, uint8_t value)
{
	uint8_t page[T_PAGE];

	VO_READ(o, index * T_PAGE, page, T_PAGE);
	return t_all(page, T_PAGE, value);
}

VO uint64_t vo_committed(const zirconia_vm_object_t *o)
{
	zx_handle_t handle;
	zx_info_vmo_t info;

	VO_OK(zirconia_vm_object_handle(o, &handle));
	T_OK(zx_object_get_info(handle, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	t_close(handle);
	return info.committed_bytes / T_PAGE;
}

#endif
