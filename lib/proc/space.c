/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User and PID namespaces nest at most 32 deep (user_namespaces(7),
 * pid_namespaces(7)). */
#include "proc/space.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/file.h"

#define DEPTH_MAX 33

static struct ix_space space_of_fd(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return (struct ix_space){ .ino = 0 };
	return (struct ix_space){ .dev = st.st_dev, .ino = st.st_ino };
}

struct ix_space ix_space_of(int dir, const char *type)
{
	struct stat st;
	char path[16];

	(void)snprintf(path, sizeof(path), "ns/%s", type);
	if (fstatat(dir, path, &st, 0) < 0)
		return (struct ix_space){ .ino = 0 };
	return (struct ix_space){ .dev = st.st_dev, .ino = st.st_ino };
}

/* Replace the descriptor of a namespace by a descriptor of its parent. If there is no
 * parent that we may see, returns false with errno, and sets *fd to -1. */
static bool space_climb(int *fd)
{
	int parent = ioctl(*fd, NS_GET_PARENT), error = errno;

	(void)close(*fd);
	*fd = parent;
	errno = error;
	return parent >= 0;
}

struct ix_user_space ix_space_user(int dir, const struct ix_space *ours)
{
	struct ix_user_space u = { .self = ix_space_of(dir, "user") };
	int fd;

	if (ix_space_same(&u.self, ours)) {
		u.lineage = IX_USER_OURS;
		return u;
	}
	fd = u.self.ino && ours->ino ? ix_open_link(dir, "ns/user", O_RDONLY) : -1;
	if (fd < 0)
		return u;
	u.self = space_of_fd(fd);
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		struct ix_space parent;
		uid_t maker;

		if (ioctl(fd, NS_GET_OWNER_UID, &maker) < 0)
			break;
		if (!space_climb(&fd)) {
			if (errno == EPERM)
				u.lineage = IX_USER_APART;
			break;
		}
		parent = space_of_fd(fd);
		if (ix_space_same(&parent, ours)) {
			u.lineage = IX_USER_BELOW;
			u.depth = (unsigned)depth + 1;
			u.maker = maker;
			break;
		}
	}
	if (fd >= 0)
		(void)close(fd);
	return u;
}

bool ix_space_below(int dir, const struct ix_space *user)
{
	int fd = ix_open_link(dir, "ns/user", O_RDONLY);
	bool found = false;

	for (int depth = 0; fd >= 0 && !found && depth < DEPTH_MAX; depth++) {
		struct ix_space now = space_of_fd(fd);

		found = ix_space_same(&now, user);
		if (!found)
			(void)space_climb(&fd);
	}
	if (fd >= 0)
		(void)close(fd);
	return found;
}

struct ix_space ix_space_around(int dir, unsigned n)
{
	struct ix_space found = { .ino = 0 };
	int fd = ix_open_link(dir, "ns/pid", O_RDONLY);

	while (fd >= 0 && n-- > 0)
		(void)space_climb(&fd);
	if (fd >= 0) {
		found = space_of_fd(fd);
		(void)close(fd);
	}
	return found;
}
