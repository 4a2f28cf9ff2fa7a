/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User namespaces: those that own IPC namespaces, and their ancestors up to the caller's
 * own. They have no names, and nothing lists them but their descendants. */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <search.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/file.h"
#include "core/columns.h"
#include "core/copyin.h"
#include "ns/discover.h"
#include "ns/ns.h"
#include "query/query.h"
#include "query/spaces.h"

/* The inode number of the initial user namespace (linux/proc_ns.h). */
#define USERSPACE_FIRST 0xEFFFFFFDU

int ix_userspace_read(int fd, struct ix_userspace *found)
{
	uint64_t id = 0, ino = 0;
	int r = ix_ns_identity(fd, CLONE_NEWUSER, &ino, &id);
	auto_fd int parent = -1;
	uid_t uid;

	if (r < 0)
		return r;
	found->ino = ino;
	found->first = ino == USERSPACE_FIRST;
	if (ioctl(fd, NS_GET_OWNER_UID, &uid) < 0)
		return -errno;
	found->uid = uid;
	parent = found->first ? -1 : ioctl(fd, NS_GET_PARENT);
	if (parent >= 0)
		return ix_ns_identity(parent, CLONE_NEWUSER, &found->parent, &id);
	return found->first || errno == EPERM ? 0 : -errno;
}

/* ---- as a table */

struct user_row {
	struct ix_row head;
	uint64_t ino, parent;
	uint32_t uid, reserved;
};

static void userspace_derive_owner(const struct ipcx_table *t, const struct ix_section *s,
				   const void *row, struct ipcx_value *v)
{
	(void)s;
	ix_derive_name(t, &t->users, ((const struct user_row *)row)->uid, v);
}

/* clang-format off */
static const struct ix_kind user_kind = {
	.name = "user_namespaces",
	.row_size = sizeof(struct user_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_USER_NS,             struct user_row, ino),
		IX_COL_ZERO(IPCX_F_USER_NS_PARENT, struct user_row, parent),
		IX_COL(IPCX_F_USER_NS_UID,         struct user_row, uid),
		IX_DERIVED_FROM(IPCX_F_USER_NS_OWNER, struct user_row, uid, userspace_derive_owner)
	),
};
/* clang-format on */

/* The listing in progress, with a tree (tsearch(3)) of the inode numbers that have a
 * row. */
struct userspace_list {
	struct ipcx *x;
	struct ipcx_table *t;
	void *seen;
};

static int userspace_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Remember an inode number. Returns 1 if it is new, 0 if not, or -ENOMEM. */
static int userspace_see(struct userspace_list *l, uint64_t ino)
{
	uint64_t *copy;

	if (tfind(&ino, &l->seen, userspace_order))
		return 0;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = ino;
	if (tsearch(copy, &l->seen, userspace_order))
		return 1;
	free(copy);
	return -ENOMEM;
}

static int userspace_add(struct userspace_list *l, const struct ix_userspace *found,
			 int error)
{
	struct user_row *row = ix_table_row(l->t);
	int r;

	if (!row)
		return -ENOMEM;
	row->ino = found->ino;
	row->parent = found->parent;
	row->uid = found->uid;
	if (error) {
		ix_unknown(l->t, row, IPCX_F_USER_NS_UID);
		ix_unknown(l->t, row, IPCX_F_USER_NS_OWNER);
	}
	if (!found->parent && !found->first) {
		ix_unknown(l->t, row, IPCX_F_USER_NS_PARENT);
		ix_table_reason(
			l->t,
			"the parents of some user namespaces may not be seen from here");
	}
	r = error ? 0 : ix_name_id(l->x, l->t, false, row->uid);
	ix_table_keep(l->t);
	return MIN(r, 0);
}

/* Add a user namespace and those above it, up to one that is listed already. Takes over
 * the descriptor. */
static int userspace_climb(struct userspace_list *l, int fd)
{
	int r = 0;

	while (r == 0 && fd >= 0) {
		struct ix_userspace found = { .ino = 0 };
		int error = ix_userspace_read(fd, &found), up = -1;

		if (error)
			ix_table_once(l->t, error,
				      "some user namespaces could not be read");
		if (found.ino)
			r = userspace_see(l, found.ino);
		if (r == 1) {
			r = userspace_add(l, &found, error);
			up = ioctl(fd, NS_GET_PARENT);
		} else {
			r = MIN(r, 0);
		}
		(void)close(fd);
		fd = up;
	}
	if (fd >= 0)
		(void)close(fd);
	return r;
}

/* Open the user namespace that owns an IPC namespace. */
static int userspace_of(struct ipcx *x, const struct ix_nsseen *seen)
{
	auto_fd int fd = -1;
	char path[24];
	int ns = seen->fd, user;

	if (seen->pid) {
		(void)snprintf(path, sizeof(path), "%d/ns/ipc", seen->pid);
		ns = fd = ix_open_link(ix_procfd(x), path, O_RDONLY);
	}
	if (ns < 0)
		return ns == -1 ? -ESRCH : ns;
	user = ioctl(ns, NS_GET_USERNS);
	return user < 0 ? -errno : user;
}

static int userspace_all(struct userspace_list *l, const struct ix_nslist *spaces)
{
	int r = ix_table_section(l->t, &user_kind, IPCX_NO_MECH);

	for (size_t i = 0; r == 0 && i < spaces->n; i++) {
		int fd = userspace_of(l->x, &spaces->all[i]);

		if (fd >= 0)
			r = userspace_climb(l, fd);
		else if (fd != -ENOENT && fd != -ESRCH && fd != -ENOTTY)
			ix_table_once(l->t, fd,
				      "the owners of some namespaces could not be read");
	}
	return r;
}

int ipcx_user_namespaces(struct ipcx *x, unsigned flags, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct userspace_list l = { .x = x };
	struct ix_gaps gaps = { 0 };
	struct ix_nslist spaces;
	int r;

	if (flags & ~IPCX_THOROUGH)
		return ix_fail_plain(x, -EINVAL, "an unknown flag");
	r = ix_discover(x, flags ? IX_SEEK_THREADS | IX_SEEK_FDS : 0, &spaces);
	if (r < 0)
		return r;
	r = ix_table_new(&l.t);
	if (r == 0) {
		ix_nslist_gaps(&spaces, &gaps);
		ix_gaps_note(&gaps, l.t);
		r = userspace_all(&l, &spaces);
		tdestroy(l.seen, free);
	}
	ix_nslist_free(&spaces);
	if (r == -ENOMEM)
		r = ix_fail_plain(x, r, "out of memory");
	return l.t ? ix_table_hand(x, l.t, r, ret_table) : r;
}
