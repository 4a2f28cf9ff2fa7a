/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Confine path lookup with openat2(2), even if a component of the path is on a FUSE file
 * system that never answers: first resolve from the kernel's cache alone (RESOLVE_CACHED,
 * Linux 5.12), which sends no request to the file system; otherwise look up in a thread,
 * which is abandoned if it takes too long.
 */
#include "base/below.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/file.h"
#include "base/util.h"

/* How many seconds to wait for a file system's answer. */
#define WAIT_SECONDS 2

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

/* How often to retry a path that contains "..": openat2(2) fails with EAGAIN if anything
 * on the system was renamed or mounted during the call, which happens constantly where
 * containers come and go. */
#define RACES 1000

/* Returns a descriptor or -errno. */
static int open2(int dir, const char *path, int flags, uint64_t resolve)
{
	/* openat2(2) refuses flags that have no meaning with O_PATH. */
	const struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY)),
		.resolve = resolve,
	};
	int races = resolve & RESOLVE_CACHED ? 0 : RACES;
	long fd;

	do
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || (errno == EAGAIN && races-- > 0)));
	return fd < 0 ? -errno : ix_fd_lift((int)fd);
}

/* A lookup, shared with a thread that may outlive the caller's request; whichever of the
 * two finishes last frees it. */
struct question {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	bool done, left;
	int dir, flags, r;
	char path[];
};

static void end(struct question *q)
{
	(void)close(q->dir);
	(void)pthread_cond_destroy(&q->answered);
	(void)pthread_mutex_destroy(&q->lock);
	free(q);
}

static void *below_ask(void *arg)
{
	struct question *q = arg;
	int r = open2(q->dir, q->path, q->flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	bool left;

	(void)pthread_mutex_lock(&q->lock);
	q->r = r;
	q->done = true;
	left = q->left;
	(void)pthread_cond_signal(&q->answered);
	(void)pthread_mutex_unlock(&q->lock);
	if (left) {
		if (r >= 0)
			(void)close(r);
		end(q);
	}
	return NULL;
}

/* Wait for the answer. Returns false after the time-out: then the thread must free q. */
static bool below_wait_for(struct question *q)
{
	struct timespec until;
	bool left;
	int r = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WAIT_SECONDS;
	(void)pthread_mutex_lock(&q->lock);
	while (!q->done && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&q->answered, &q->lock, &until);
	left = q->left = !q->done;
	(void)pthread_mutex_unlock(&q->lock);
	return !left;
}

static struct question *new_question(int dir, const char *path, int flags)
{
	size_t len = strlen(path) + 1;
	struct question *q = calloc(1, sizeof(*q) + len);
	pthread_condattr_t attr;

	if (!q)
		return NULL;
	q->dir = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	if (q->dir < 0) {
		free(q);
		return NULL;
	}
	q->flags = flags;
	memcpy(q->path, path, len);
	(void)pthread_mutex_init(&q->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&q->answered, &attr);
	(void)pthread_condattr_destroy(&attr);
	return q;
}

static int open_in_thread(int dir, const char *path, int flags)
{
	struct question *q = new_question(dir, path, flags);
	pthread_t thread;
	int r;

	if (!q)
		return -ENOMEM;
	r = -pthread_create(&thread, NULL, below_ask, q);
	if (r == 0) {
		if (!below_wait_for(q)) {
			(void)pthread_detach(thread);
			return -ETIMEDOUT;
		}
		(void)pthread_join(thread, NULL);
		r = q->r;
	}
	end(q);
	return r;
}

int ix_open_below(int dir, const char *path, int flags, bool hostile)
{
	const uint64_t inside = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
	int fd = open2(dir, path, flags, hostile ? inside | RESOLVE_CACHED : inside);

	if (hostile) {
		/* EINVAL: Linux before 5.12 does not know RESOLVE_CACHED. */
		if (fd == -EAGAIN || fd == -EINVAL)
			fd = open_in_thread(dir, path, flags);
		return fd == -EPERM ? -ENOSYS : fd;
	}
	/* Linux is older than 5.6, or a seccomp filter does not know openat2(2). */
	return fd == -ENOSYS || fd == -EPERM ? ix_open(dir, path, flags) : fd;
}

int ix_open_straight(int dir, const char *path, int flags)
{
	return open2(dir, path, flags,
		     RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
}

int ix_open_entry(int dir, const char *name, int flags, bool hostile)
{
	if (!hostile)
		return ix_open(dir, name, flags | O_NOFOLLOW);
	return open2(dir, name, flags | O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_XDEV);
}
