/*
 * A running program as a tree of files: its VMOs, address maps, handles, ports and pagers, mounted
 * with FUSE and served by a thread of the program. zxfs(1) describes the tree.
 *
 * The environment variable ZIRCONIA_FS=DIR mounts it without a call: when the program makes its
 * first object, in the background. What goes wrong is then said in one line on stderr, and the
 * program runs on without.
 *
 * The code is in libzirconia-fs.so, which is looked for next to the library (next to the program, if
 * that is linked to libzirconia.a) and then where the system looks for libraries. It needs libfuse3
 * and the program fusermount3; an ordinary user may mount where fusermount3 lets them.
 *
 * The tree goes away with the program, however that ends: a small process waits for its end and
 * unmounts. It is no child of the program.
 * A child of fork(2) is not shown and does not keep the mount; it may mount another. exec(2) ends
 * the mount. While the program is stopped, readers wait.
 */
#ifndef ZIRCONIA_FS_H_
#define ZIRCONIA_FS_H_

#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/* Options of zirconia_fs_mount. */
#define ZIRCONIA_FS_READ_ONLY ((uint32_t)1u) /* nobody can write through `data` */

/*
 * Mounts the tree at an existing directory, on which nothing is mounted. What a dead program left
 * mounted there is unmounted first. On failure `why` (may be NULL when why_size is 0) gets a
 * sentence without full stop, NUL-terminated and cut; on success an empty text.
 *
 * Safe in threads; not in signal handlers. May be called before anything else of the library. The
 * calling thread sleeps until it is mounted or refused, 10 seconds at most.
 *
 * ZX_ERR_INVALID_ARGS     dir is NULL or empty or longer than a path may be; an unknown option
 * ZX_ERR_ALREADY_EXISTS   the process has mounted its tree already
 * ZX_ERR_NOT_SUPPORTED    no libzirconia-fs.so of this version, no libfuse3, no fusermount3, or no
 *                         FUSE device
 * ZX_ERR_NOT_FOUND        there is no such directory
 * ZX_ERR_NOT_DIR          dir is no directory
 * ZX_ERR_ALREADY_BOUND    something else is mounted there
 * ZX_ERR_ACCESS_DENIED    the system does not allow it
 * ZX_ERR_NO_MEMORY        memory, file descriptors or threads are out
 * ZX_ERR_IO               fusermount3 failed for another reason, or did not answer
 */
zx_status_t zirconia_fs_mount(const char *dir, uint32_t options, char *why, size_t why_size);

/*
 * Unmounts it, also while files of it are open (they give errors then). The end of the program does
 * the same. Safe in threads; not in signal handlers, nor from code that the tree's thread runs.
 *
 * ZX_ERR_BAD_STATE        nothing is mounted
 * ZX_ERR_TIMED_OUT        the system still lists the mount after 10 seconds; nobody serves it
 */
zx_status_t zirconia_fs_unmount(void);

__END_CDECLS

#endif /* ZIRCONIA_FS_H_ */
