/*
 * The thread that looks: it calls the library, which must find its own descriptors, on behalf of the
 * one that serves, which has none of them.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "fs/fs_i.h"

#define STACK ((size_t)512 * 1024)

struct zi_looker {
	const struct zi_inspect *tree;
	struct zi_onlooker *on;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	struct zi_look *job; /* NULL: nothing to do */
	bool quit, exit;
};

static void perform(const struct zi_inspect *tree, struct zi_onlooker *on, struct zi_look *job)
{
	switch (job->what) {
	case ZI_DO_LOOK:
		job->status = tree->look(on, job->path, job->entry);
		break;
	case ZI_DO_LIST:
		job->status = tree->list(on, job->path, job->add, job->ctx);
		break;
	case ZI_DO_LINK:
		job->status = tree->read_link(on, job->path, job->to, job->size);
		break;
	case ZI_DO_OPEN:
		job->status = tree->open(on, job->path, job->to_read, job->to_write, &job->file);
		break;
	case ZI_DO_READ:
		job->status = tree->read(on, job->file, job->off, job->to, job->size, &job->done);
		break;
	case ZI_DO_WRITE:
		job->status =
			tree->write(on, job->file, job->off, job->from, job->size, &job->done);
		break;
	case ZI_DO_CLOSE:
		tree->close(job->file);
		job->status = ZX_OK;
		break;
	}
}

static void *work(void *arg)
{
	struct zi_looker *l = arg;

	pthread_mutex_lock(&l->lock);
	while (!l->quit && !l->exit) {
		struct zi_look *job = l->job;

		if (job == NULL) {
			pthread_cond_wait(&l->changed, &l->lock);
			continue;
		}
		pthread_mutex_unlock(&l->lock);
		perform(l->tree, l->on, job);
		pthread_mutex_lock(&l->lock);
		l->job = NULL;
		pthread_cond_broadcast(&l->changed);
	}
	const bool end_of_process = l->exit && !l->quit;

	pthread_mutex_unlock(&l->lock);
	/* As the end of the last thread of a program does; nobody else would. */
	if (end_of_process)
		exit(0);
	return NULL;
}

bool zi_thread_start(pthread_t *out_thread, const char *name, void *(*fn)(void *arg), void *arg)
{
	/* Caused by a thread itself, or sent to one: the others are the program's threads' business. */
	static const int own[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
	sigset_t all, before;
	pthread_attr_t attr;
	bool ok;

	if (pthread_attr_init(&attr) != 0)
		return false;
	sigfillset(&all);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&all, own[i]);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ok = pthread_create(out_thread, &attr, fn, arg) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (ok)
		pthread_setname_np(*out_thread, name);
	return ok;
}

struct zi_looker *zi_looker_start(const struct zi_inspect *tree)
{
	struct zi_looker *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->tree = tree;
	l->on = tree->begin();
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, NULL);
	if (l->on != NULL && zi_thread_start(&l->thread, "zxfs-look", work, l))
		return l;
	tree->end(l->on);
	free(l);
	return NULL;
}

zx_status_t zi_looker_do(struct zi_looker *l, struct zi_look *job)
{
	pthread_mutex_lock(&l->lock);
	l->job = job;
	pthread_cond_broadcast(&l->changed);
	while (l->job != NULL)
		pthread_cond_wait(&l->changed, &l->lock);
	pthread_mutex_unlock(&l->lock);
	return job->status;
}

void zi_looker_exit(struct zi_looker *l)
{
	pthread_mutex_lock(&l->lock);
	l->exit = true;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

void zi_looker_stop(struct zi_looker *l)
{
	/* The end of the process, on this thread: nobody will use it again. */
	if (pthread_equal(l->thread, pthread_self()))
		return;
	pthread_mutex_lock(&l->lock);
	l->quit = true;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	l->tree->end(l->on);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
