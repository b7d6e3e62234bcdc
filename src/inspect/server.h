/*
 * What libzirconia-fs.so exports, for the library to look up. It gets the tree as a table and knows
 * nothing else of the library.
 */
#ifndef ZI_INSPECT_SERVER_H
#define ZI_INSPECT_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

#include "inspect/tree.h"

/* As zirconia_fs_mount, whose checks of arguments have been made, and zirconia_fs_unmount. */
typedef zx_status_t zi_fs_mount_fn(const struct zi_inspect *tree, const char *dir, uint32_t options,
				   char *why, size_t why_size);
typedef zx_status_t zi_fs_unmount_fn(void);

#define ZI_FS_LIBRARY "libzirconia-fs.so"
#define ZI_FS_MOUNT "zirconia_fs_server_mount"
#define ZI_FS_UNMOUNT "zirconia_fs_server_unmount"
zi_fs_mount_fn zirconia_fs_server_mount;
zi_fs_unmount_fn zirconia_fs_server_unmount;

#endif
