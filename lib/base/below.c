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
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/calls.h"
#include "base/file.h"
#include "base/sidethread.h"
#include "base/util.h"

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

/* How often to retry a path that contains "..": openat2(2) fails with EAGAIN if anything
 * on the system was renamed or mounted during the call, which happens constantly where
 * containers come and go. */
#define RACES 1000

/* How often to ask the cache, which fails for the same reason. */
#define CACHED_TRIES 10

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
		fd = IX_CALL(SYS_openat2, dir, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || (errno == EAGAIN && races-- > 0)));
	return fd < 0 ? -errno : ix_fd_lift((int)fd);
}

/* A lookup by a thread. */
struct question {
	struct ix_side_call call;
	uint64_t resolve;
	int dir, flags, r;
	char path[];
};

static void below_run(struct ix_side_call *e)
{
	struct question *q = (struct question *)e;

	q->r = open2(q->dir, q->path, q->flags, q->resolve);
}

static void below_end(struct ix_side_call *e)
{
	struct question *q = (struct question *)e;

	if (q->r >= 0)
		(void)close(q->r);
	(void)close(q->dir);
	free(q);
}

static struct question *new_question(int dir, const char *path, int flags,
				     uint64_t resolve)
{
	size_t len = strlen(path) + 1;
	struct question *q = calloc(1, sizeof(*q) + len);

	if (!q)
		return NULL;
	q->call = (struct ix_side_call){ .run = below_run, .end = below_end };
	q->r = -1;
	q->dir = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	if (q->dir < 0) {
		free(q);
		return NULL;
	}
	q->flags = flags;
	q->resolve = resolve;
	memcpy(q->path, path, len);
	return q;
}

static int open_in_thread(int dir, const char *path, int flags, uint64_t resolve)
{
	struct question *q = new_question(dir, path, flags, resolve);
	int r = q ? ix_side_run(&q->call) : -ENOMEM;

	if (r < 0)
		return r;
	r = q->r;
	q->r = -1;
	below_end(&q->call);
	return r;
}

/* Below our own root every path stays inside. */
static bool below_is_root(int dir)
{
	struct stat st, root;

	return fstat(dir, &st) == 0 && stat("/", &root) == 0 &&
	       st.st_dev == root.st_dev && st.st_ino == root.st_ino;
}

int ix_open_below(int dir, const char *path, int flags, bool hostile)
{
	const uint64_t inside = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
	int fd;

	if (!hostile && ix_call_filtered() && below_is_root(dir))
		return ix_open(dir, path, flags); /* nobody has to ask a child */
	fd = open2(dir, path, flags, hostile ? inside | RESOLVE_CACHED : inside);

	if (hostile) {
		/* EINVAL: Linux before 5.12 does not know RESOLVE_CACHED. */
		if (fd == -EAGAIN || fd == -EINVAL)
			fd = open_in_thread(dir, path, flags, inside);
		return fd == -EPERM ? -ENOSYS : fd;
	}
	/* Linux is older than 5.6, or a seccomp filter does not know openat2(2). */
	return fd == -ENOSYS || fd == -EPERM ? ix_open(dir, path, flags) : fd;
}

int ix_open_cached(int dir, const char *path, int flags)
{
	int fd = -EAGAIN;

	for (int i = 0; i < CACHED_TRIES && fd == -EAGAIN; i++)
		fd = open2(dir, path, flags,
			   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED);
	return fd;
}

int ix_open_straight(int dir, const char *path, int flags)
{
	return open2(dir, path, flags,
		     RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
}

int ix_open_unlinked(const char *path, int flags)
{
	const uint64_t plain = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
	auto_fd int here =
		ix_open(AT_FDCWD, *path == '/' ? "/" : ".", O_PATH | O_DIRECTORY);
	int fd = here < 0 ? here : open2(here, path, flags, plain | RESOLVE_CACHED);

	if (fd == -EAGAIN || fd == -EINVAL)
		fd = open_in_thread(here, path, flags, plain);
	return fd == -EPERM ? -ENOSYS : fd;
}

int ix_open_entry(int dir, const char *name, int flags, bool hostile)
{
	if (!hostile)
		return ix_open(dir, name, flags | O_NOFOLLOW);
	return open2(dir, name, flags | O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_XDEV);
}
