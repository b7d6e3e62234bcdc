/*
 * zxfs: runs a program with its Zircon objects mounted as files. zxfs(1) describes the tree.
 *
 * All it adds to ZIRCONIA_FS=DIR is that it tries first: what keeps the tree from being mounted is
 * known before the program starts.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zirconia/fs.h>
#include <zirconia/zirconia.h>

enum { EXIT_USAGE = 2, EXIT_NO_MOUNT = 125, EXIT_NO_EXEC = 126, EXIT_NOT_FOUND = 127 };

static const char help[] =
	"usage: zxfs DIR PROGRAM [ARGUMENT...]   runs PROGRAM; while it runs, DIR shows its "
	"objects\n"
	"       zxfs -u DIR                      unmounts what a program that is gone left at DIR\n"
	"       zxfs --help | --version\n"
	"\n"
	"DIR is an existing directory on which nothing is mounted; then it has\n"
	"  vmo/KOID/...      info.json, name, data, pages, mappings, children/\n"
	"  vmar/...          tree, maps: the address map of the program\n"
	"  process/KOID/...  info.json, name, tree, maps, vmos, threads\n"
	"  pagers/KOID/...   requests, dirty\n"
	"  handles, ports, limits\n"
	"The same without this program: ZIRCONIA_FS=DIR PROGRAM.\n"
	"\n"
	"Exit status: that of PROGRAM; 2 wrong usage; 125 DIR cannot be mounted; 126 PROGRAM "
	"cannot be\n"
	"run; 127 there is no such PROGRAM. See zxfs(1).\n";

static int bad_usage(void)
{
	fputs(help, stderr);
	return EXIT_USAGE;
}

/* Mounts our own objects, few as they are, and unmounts them: it clears a stale mount away, too. */
static int try_mount(const char *dir)
{
	char why[512];

	if (zirconia_fs_mount(dir, 0, why, sizeof(why)) != ZX_OK) {
		fprintf(stderr, "zxfs: %s: %s\n", dir, why);
		return EXIT_NO_MOUNT;
	}
	if (zirconia_fs_unmount() != ZX_OK) {
		fprintf(stderr, "zxfs: %s: cannot be unmounted\n", dir);
		return EXIT_NO_MOUNT;
	}
	return 0;
}

static int run(const char *dir, char *const argv[])
{
	int status;

	/* Whoever sets the option for everything shall not get the tree of this program. */
	unsetenv("ZIRCONIA_FS");
	status = try_mount(dir);
	if (status != 0)
		return status;
	if (setenv("ZIRCONIA_FS", dir, 1) != 0) {
		fprintf(stderr, "zxfs: %s\n", strerror(errno));
		return EXIT_NO_EXEC;
	}
	execvp(argv[0], argv);
	status = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NO_EXEC;
	fprintf(stderr, "zxfs: %s: %s\n", argv[0], strerror(errno));
	return status;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("zxfs %s\n", zirconia_version());
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "-u") == 0)
		return try_mount(argv[2]);
	if (argc < 3 || argv[1][0] == '-')
		return bad_usage();
	return run(argv[1], argv + 2);
}
