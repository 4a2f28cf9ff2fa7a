/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread that waits for an answer can only be killed, so one that waits for too long is
 * abandoned; it ends with the process at the latest. */
#include "base/sidethread.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "base/util.h"

#define SIDE_SECONDS 2

/* What both threads know; whichever finishes last frees it. */
struct side {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	bool done, left;
	struct ix_side_call *call;
};

static void side_free(struct side *p)
{
	(void)pthread_cond_destroy(&p->answered);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

static void *side_thread(void *arg)
{
	struct side *p = arg;
	bool left;

	p->call->run(p->call);
	(void)pthread_mutex_lock(&p->lock);
	p->done = true;
	left = p->left;
	(void)pthread_cond_signal(&p->answered);
	(void)pthread_mutex_unlock(&p->lock);
	if (left) {
		p->call->end(p->call);
		side_free(p);
	}
	return NULL;
}

/* Returns false after the time-out: then the thread must free everything. */
static bool side_wait(struct side *p)
{
	struct timespec until;
	bool left;
	int r = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += SIDE_SECONDS;
	(void)pthread_mutex_lock(&p->lock);
	while (!p->done && r != ETIMEDOUT) {
		r = pthread_cond_timedwait(&p->answered, &p->lock, &until);
		if (r != ETIMEDOUT || p->done || !p->call->stuck ||
		    p->call->stuck(p->call))
			continue;
		until.tv_sec += SIDE_SECONDS;
		r = 0;
	}
	left = p->left = !p->done;
	(void)pthread_mutex_unlock(&p->lock);
	return !left;
}

static struct side *side_new(struct ix_side_call *e)
{
	struct side *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;

	if (!p)
		return NULL;
	p->call = e;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&p->answered, &attr);
	(void)pthread_condattr_destroy(&attr);
	return p;
}

int ix_side_run(struct ix_side_call *e)
{
	struct side *p = side_new(e);
	pthread_t thread;
	int r;

	if (!p) {
		e->end(e);
		return -ENOMEM;
	}
	r = -pthread_create(&thread, NULL, side_thread, p);
	if (r == 0 && !side_wait(p)) {
		(void)pthread_detach(thread);
		return -ETIMEDOUT;
	}
	if (r == 0)
		(void)pthread_join(thread, NULL);
	else
		e->end(e);
	side_free(p);
	return r;
}
