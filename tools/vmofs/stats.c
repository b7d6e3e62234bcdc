/* The file at the root that tells what happens inside: one name and one number a line. */
#include "vmofs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zirconia/zirconia.h>

enum { STATS_INO = 2 }; /* no address of a node */

struct vf_stats vf_stats;
static time_t since;

bool vf_stats_is(fuse_ino_t ino)
{
	return ino == STATS_INO;
}

bool vf_stats_named(fuse_ino_t parent, const char *name)
{
	return parent == FUSE_ROOT_ID && strcmp(name, VF_STATS_NAME) == 0;
}

void vf_stats_stat(struct stat *st)
{
	if (since == 0)
		since = time(NULL);
	*st = (struct stat){
		.st_ino = STATS_INO,
		.st_mode = S_IFREG | 0444,
		.st_nlink = 1,
		.st_uid = geteuid(),
		.st_gid = getegid(),
		.st_atim = {.tv_sec = since},
		.st_mtim = {.tv_sec = since},
		.st_ctim = {.tv_sec = since},
	};
}

void vf_stats_entry(struct fuse_entry_param *e)
{
	*e = (struct fuse_entry_param){
		.ino = STATS_INO,
		.attr_timeout = vf_options.timeout,
		.entry_timeout = vf_options.timeout,
	};
	vf_stats_stat(&e->attr);
}

struct dirt {
	uint64_t files, bytes;
};

static bool add_dirt(struct vf_file *f, void *arg)
{
	struct dirt *d = arg;

	pthread_mutex_lock(&f->meta);
	if (f->dirty) {
		d->files++;
		d->bytes += f->dirty_bytes;
	}
	pthread_mutex_unlock(&f->meta);
	return true;
}

static void print(FILE *to)
{
	struct dirt dirt = {0};

	vf_file_each(add_dirt, &dirt);
	fprintf(to, "version %s\n", zirconia_version());
	fprintf(to, "page_size %llu\n", (unsigned long long)VF_PAGE);
	fprintf(to, "budget_pages %llu\n", (unsigned long long)vf_options.pages);
	fprintf(to, "resident_pages %llu\n", (unsigned long long)(vf_budget_resident() / VF_PAGE));
	fprintf(to, "nodes %llu\n", (unsigned long long)vf_node_count());
	fprintf(to, "files %llu\n", (unsigned long long)vf_file_count());
	fprintf(to, "dirty_files %llu\n", (unsigned long long)dirt.files);
	fprintf(to, "dirty_bytes %llu\n", (unsigned long long)dirt.bytes);
#define LINE(what) fprintf(to, #what " %llu\n", (unsigned long long)atomic_load(&vf_stats.what))
	LINE(reads);
	LINE(read_bytes);
	LINE(writes);
	LINE(write_bytes);
	LINE(requests);
	LINE(request_errors);
	LINE(pages_read);
	LINE(pages_ahead);
	LINE(pages_hole);
	LINE(write_backs);
	LINE(pages_back);
	LINE(ranges_zero);
	LINE(back_errors);
	LINE(syncs);
	LINE(reclaims);
	LINE(evicted);
	LINE(waits);
	LINE(drops);
	LINE(completes);
	LINE(outside);
#undef LINE
}

/* Each opener gets the numbers of that moment. */
struct snapshot {
	size_t size;
	char *text;
};

void vf_stats_open(fuse_req_t req, struct fuse_file_info *fi)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	FILE *to = s == NULL ? NULL : open_memstream(&s->text, &s->size);

	if (to == NULL) {
		free(s);
		fuse_reply_err(req, ENOMEM);
		return;
	}
	print(to);
	if (fclose(to) != 0) {
		free(s->text);
		free(s);
		fuse_reply_err(req, ENOMEM);
		return;
	}
	fi->fh = (uintptr_t)s;
	fi->direct_io = 1;
	if (fuse_reply_open(req, fi) != 0)
		vf_stats_release(fi);
}

void vf_stats_read(fuse_req_t req, size_t size, off_t off, struct fuse_file_info *fi)
{
	const struct snapshot *s = (const struct snapshot *)(uintptr_t)fi->fh;
	const size_t at = (uint64_t)off < s->size ? (size_t)off : s->size;

	fuse_reply_buf(req, s->text + at, size < s->size - at ? size : s->size - at);
}

void vf_stats_release(struct fuse_file_info *fi)
{
	struct snapshot *s = (struct snapshot *)(uintptr_t)fi->fh;

	free(s->text);
	free(s);
}
