/*
 * The address map of a process or a VMAR as text, in Zircon's terms: for a look while debugging,
 * and for the sample programs.
 */
#ifndef ZIRCONIA_PRINT_MAPS_H_
#define ZIRCONIA_PRINT_MAPS_H_

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Writes one line per row of ZX_INFO_PROCESS_MAPS (`handle` is a process) or ZX_INFO_VMAR_MAPS
 * (`handle` is a VMAR) to the file descriptor: regions with their ranges, indented by depth;
 * mappings with permissions, VMO name, koid, offset and committed bytes.
 *
 * ZX_ERR_NO_MEMORY   no memory for the rows
 * ZX_ERR_IO          the text could not be written
 * what zx_object_get_info answers (the handle needs ZX_RIGHT_INSPECT)
 */
zx_status_t zirconia_print_maps(int fd, zx_handle_t handle);

__END_CDECLS

#endif
