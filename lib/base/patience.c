/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread that waits for an answer can only be killed, so one that waits for too long is
 * abandoned; it ends with the process at the latest. */
#include "base/patience.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "base/util.h"

#define PATIENCE_SECONDS 2

/* What both threads know; whichever finishes last frees it. */
struct patience {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	bool done, left;
	struct ix_errand *errand;
};

static void patience_free(struct patience *p)
{
	(void)pthread_cond_destroy(&p->answered);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

static void *patience_run(void *arg)
{
	struct patience *p = arg;
	bool left;

	p->errand->run(p->errand);
	(void)pthread_mutex_lock(&p->lock);
	p->done = true;
	left = p->left;
	(void)pthread_cond_signal(&p->answered);
	(void)pthread_mutex_unlock(&p->lock);
	if (left) {
		p->errand->end(p->errand);
		patience_free(p);
	}
	return NULL;
}

/* Returns false after the time-out: then the thread must free everything. */
static bool patience_wait(struct patience *p)
{
	struct timespec until;
	bool left;
	int r = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE_SECONDS;
	(void)pthread_mutex_lock(&p->lock);
	while (!p->done && r != ETIMEDOUT) {
		r = pthread_cond_timedwait(&p->answered, &p->lock, &until);
		if (r != ETIMEDOUT || p->done || !p->errand->stuck ||
		    p->errand->stuck(p->errand))
			continue;
		until.tv_sec += PATIENCE_SECONDS;
		r = 0;
	}
	left = p->left = !p->done;
	(void)pthread_mutex_unlock(&p->lock);
	return !left;
}

static struct patience *patience_new(struct ix_errand *e)
{
	struct patience *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;

	if (!p)
		return NULL;
	p->errand = e;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&p->answered, &attr);
	(void)pthread_condattr_destroy(&attr);
	return p;
}

int ix_patience(struct ix_errand *e)
{
	struct patience *p = patience_new(e);
	pthread_t thread;
	int r;

	if (!p) {
		e->end(e);
		return -ENOMEM;
	}
	r = -pthread_create(&thread, NULL, patience_run, p);
	if (r == 0 && !patience_wait(p)) {
		(void)pthread_detach(thread);
		return -ETIMEDOUT;
	}
	if (r == 0)
		(void)pthread_join(thread, NULL);
	else
		e->end(e);
	patience_free(p);
	return r;
}
