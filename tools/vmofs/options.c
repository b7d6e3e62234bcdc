/* The command line. */
#include "vmofs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zirconia/zirconia.h>

struct vf_options vf_options = {
	.read_ahead = 64,
	.write_back = 5,
	.timeout = 1,
	.kernel_cache = 1,
};

/* Numbers as they were given; those that cannot be understood are named. */
struct texts {
	char *pages, *read_ahead, *write_back, *timeout, *close, *cache;
	int xattr;
};

/* FUSE_OPT_KEY, whose number clang takes for a mistake. */
#define KEY(name, key)              \
	{                           \
		name, UINT_MAX, key \
	}
#define TEXT(name, field)                              \
	{                                              \
		name, offsetof(struct texts, field), 0 \
	}

static const struct fuse_opt templates[] = {
	TEXT("--pages=%s", pages),
	TEXT("pages=%s", pages),
	TEXT("--readahead=%s", read_ahead),
	TEXT("readahead=%s", read_ahead),
	TEXT("--writeback=%s", write_back),
	TEXT("writeback=%s", write_back),
	TEXT("--timeout=%s", timeout),
	TEXT("timeout=%s", timeout),
	TEXT("--close=%s", close),
	TEXT("close=%s", close),
	TEXT("--kernel-cache=%s", cache),
	TEXT("kernel_cache=%s", cache),
	{"--xattr", offsetof(struct texts, xattr), 1},
	{"xattr", offsetof(struct texts, xattr), 1},
	KEY("-f", 'f'),
	KEY("--foreground", 'f'),
	KEY("-d", 'd'),
	KEY("--debug", 'd'),
	KEY("-h", 'h'),
	KEY("--help", 'h'),
	KEY("-V", 'V'),
	KEY("--version", 'V'),
	FUSE_OPT_END,
};

static int take(void *data, const char *arg, int key, struct fuse_args *out)
{
	(void)data;
	(void)out;
	switch (key) {
	case FUSE_OPT_KEY_NONOPT:
		if (vf_options.lower == NULL)
			vf_options.lower = strdup(arg);
		else if (vf_options.mountpoint == NULL)
			vf_options.mountpoint = strdup(arg);
		else {
			vf_complain("one folder and one mount point, please; \"%s\" is too much",
				    arg);
			return -1;
		}
		return 0;
	case 'f':
		vf_options.foreground = 1;
		return 0;
	case 'd':
		vf_options.debug = vf_options.foreground = 1;
		return fuse_opt_add_arg(out, "-d");
	case 'h':
		vf_options.help = 1;
		return 0;
	case 'V':
		vf_options.version = 1;
		return 0;
	default:
		/* Options of libfuse and of mount(8); fuse_session_new complains about unknown ones. */
		return 1;
	}
}

static void usage(FILE *to)
{
	fprintf(to,
		"vmofs [OPTION...] LOWER MOUNTPOINT\n"
		"Shows the folder LOWER at MOUNTPOINT. What its files hold is kept in memory "
		"objects\n"
		"that a pager supplies from LOWER and writes back to it. umount MOUNTPOINT ends "
		"it.\n"
		"\n"
		"Each of these is understood as --NAME and as -o NAME:\n"
		"  pages=N         pages (of %u bytes) that may be kept; default: a quarter of "
		"the\n"
		"                  memory, at most 262144\n"
		"  readahead=N     pages to read ahead of who reads in order, 0 to 65536; default "
		"64\n"
		"  writeback=S     seconds until what was written goes to LOWER; default 5\n"
		"  close=start     close(2) has the writing to LOWER begin (default)\n"
		"  close=wait      close(2) waits until LOWER has what was written\n"
		"  kernel_cache=on   the kernel collects writes (default); off: it passes each on\n"
		"  timeout=S       seconds that the kernel remembers names and attributes; default "
		"1\n"
		"  xattr           extended attributes are passed through\n"
		"\n"
		"  -o OPTION,...   options of FUSE, such as allow_other, default_permissions, ro\n"
		"  -f, --foreground   stay in the foreground\n"
		"  -d, --debug     the same, and tell of every request\n"
		"  -h, --help      this text\n"
		"  -V, --version   the version\n"
		"\n"
		"MOUNTPOINT/" VF_STATS_NAME " tells what happens inside. vmofs(1) tells more.\n",
		(unsigned)VF_PAGE);
}

static bool number(const char *name, const char *text, double least, double most, double *out)
{
	char *end;

	if (text == NULL)
		return true;
	errno = 0;
	*out = strtod(text, &end);
	if (errno == 0 && end != text && *end == '\0' && *out >= least && *out <= most)
		return true;
	vf_complain("%s=%s: a number from %.0f to %.0f was expected", name, text, least, most);
	return false;
}

static bool choice(const char *name, const char *text, const char *zero, const char *one, int *out)
{
	if (text == NULL)
		return true;
	if (strcmp(text, one) == 0 || strcmp(text, zero) == 0) {
		*out = strcmp(text, one) == 0;
		return true;
	}
	vf_complain("%s=%s: it can be %s or %s", name, text, one, zero);
	return false;
}

static uint64_t default_pages(void)
{
	const long all = sysconf(_SC_PHYS_PAGES);
	const uint64_t quarter = all > 0 ? (uint64_t)all / 4 : 65536;

	return quarter > 262144 ? 262144 : quarter;
}

static bool understand(const struct texts *t)
{
	double pages = (double)default_pages(), ahead = (double)vf_options.read_ahead;

	if (!number("pages", t->pages, 64, 1e15, &pages) ||
	    !number("readahead", t->read_ahead, 0, 65536, &ahead) ||
	    !number("writeback", t->write_back, 0, 86400, &vf_options.write_back) ||
	    !number("timeout", t->timeout, 0, 86400, &vf_options.timeout) ||
	    !choice("close", t->close, "start", "wait", &vf_options.close_wait) ||
	    !choice("kernel_cache", t->cache, "off", "on", &vf_options.kernel_cache))
		return false;
	vf_options.pages = (uint64_t)pages;
	vf_options.read_ahead = (uint64_t)ahead;
	vf_options.xattr = t->xattr;
	return true;
}

static void free_texts(struct texts *t)
{
	free(t->pages);
	free(t->read_ahead);
	free(t->write_back);
	free(t->timeout);
	free(t->close);
	free(t->cache);
}

static bool add_names(struct fuse_args *args)
{
	char *text = NULL, *options = NULL;
	bool ok;

	if (asprintf(&text, "fsname=%s", vf_options.lower) < 0)
		return false;
	ok = fuse_opt_add_opt(&options, "subtype=vmofs") == 0 &&
	     fuse_opt_add_opt_escaped(&options, text) == 0 &&
	     fuse_opt_insert_arg(args, 1, "-o") == 0 && fuse_opt_insert_arg(args, 2, options) == 0;
	free(text);
	free(options);
	return ok;
}

bool vf_options_parse(struct fuse_args *args, int *out_exit)
{
	struct texts texts = {0};
	bool understood;

	*out_exit = VF_EXIT_USAGE;
	if (fuse_opt_parse(args, &texts, templates, take) != 0) {
		fprintf(stderr, "vmofs --help tells how it is used\n");
		return false;
	}
	if (vf_options.help || vf_options.version) {
		if (vf_options.help)
			usage(stdout);
		else
			printf("vmofs %s (libfuse %s)\n", zirconia_version(), fuse_pkgversion());
		*out_exit = VF_EXIT_OK;
		return false;
	}
	if (vf_options.mountpoint == NULL) {
		vf_complain("a folder and a mount point are needed");
		fprintf(stderr, "vmofs --help tells how it is used\n");
		return false;
	}
	understood = understand(&texts);
	free_texts(&texts);
	if (!understood)
		return false;
	if (!add_names(args)) {
		*out_exit = VF_EXIT_ERROR;
		return false;
	}
	*out_exit = VF_EXIT_OK;
	return true;
}
