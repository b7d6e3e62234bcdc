/*
 * BTIs for tests of drivers: they pin nothing, take what a real one refuses (no permission, plain
 * VMOs as contiguous ones, ranges beyond the VMO), and tell what was pinned.
 *
 * A token that is closed without zx_pmt_unpin is not quarantined; its entry stays in the list.
 * zx_vmo_create_contiguous makes plain VMOs.
 */
#ifndef LIB_FAKE_BTI_BTI_H_
#define LIB_FAKE_BTI_BTI_H_

#include <stddef.h>
#include <stdint.h>

#include <zircon/limits.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/* The address of every page, unless addresses were given. */
#define FAKE_BTI_PHYS_ADDR ((zx_paddr_t)ZX_PAGE_SIZE)

typedef struct {
	zx_handle_t vmo;
	uint64_t size;
	uint64_t offset;
} fake_bti_pinned_vmo_info_t;

/* ZX_ERR_INVALID_ARGS (out), ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES */
zx_status_t fake_bti_create(zx_handle_t *out);

/*
 * Pins take the next of these addresses; when there are none left they answer ZX_ERR_OUT_OF_RANGE,
 * and what they took stays taken. The list is not copied: it has to stay until the last pin.
 */
zx_status_t fake_bti_create_with_paddrs(const zx_paddr_t *paddrs, size_t paddr_count,
					zx_handle_t *out);

/*
 * What is pinned, in the order of the pins: out_num_vmos records at most, each with a handle that
 * the caller closes. *actual_num_vmos (may be NULL) is how many there are in all.
 *
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   no BTI of this kind
 */
zx_status_t fake_bti_get_pinned_vmos(zx_handle_t bti, fake_bti_pinned_vmo_info_t *out_vmo_info,
				     size_t out_num_vmos, size_t *actual_num_vmos);

/*
 * The addresses of one of them, found by VMO, size and offset; out_num_paddrs at most.
 *
 * ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE   no BTI of this kind, or no VMO
 * ZX_ERR_INVALID_ARGS   actual_num_paddrs is NULL
 * ZX_ERR_NOT_FOUND      nothing like that is pinned
 */
zx_status_t fake_bti_get_phys_from_pinned_vmo(zx_handle_t bti, fake_bti_pinned_vmo_info_t vmo_info,
					      zx_paddr_t *out_paddrs, size_t out_num_paddrs,
					      size_t *actual_num_paddrs);

__END_CDECLS

#endif /* LIB_FAKE_BTI_BTI_H_ */
