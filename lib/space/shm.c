/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The size and state of /dev/shm, from stat(2) and statfs(2) of the directory. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "base/below.h"
#include "base/num.h"
#include "core/columns.h"
#include "mech/posix.h"
#include "ns/label.h"
#include "ns/run.h"
#include "ns/target.h"
#include "space/space.h"

/* The inode number of a tmpfs's root directory (since Linux 5.9). */
#define SPACE_ROOT_INODE 1

/* clang-format off */
static const struct ix_kind space_kind = {
	.name = "spaces",
	.row_size = sizeof(struct ix_space_shm),
	IX_COLUMNS(
		IX_PLACE_COLUMNS,
		IX_COL_ZERO(IPCX_F_DEVICE, struct ix_space_shm, dev),
		IX_COL_ZERO(IPCX_F_INODE,  struct ix_space_shm, ino)
	),
};
/* clang-format on */

static void space_sizes(const struct ix_posix_dir *dir, struct ix_space_shm *s)
{
	struct statfs fs;
	uint64_t unit;

	if (fstatfs(dir->fd, &fs) < 0) {
		s->error = -errno;
		return;
	}
	unit = (uint64_t)fs.f_bsize;
	s->tmpfs = (unsigned)fs.f_type == TMPFS_MAGIC;
	s->read_only = fs.f_flags & ST_RDONLY;
	s->size = ix_mul_sat(fs.f_blocks, unit);
	s->used = ix_mul_sat(fs.f_blocks - MIN(fs.f_bfree, fs.f_blocks), unit);
	s->free = ix_mul_sat(fs.f_bavail, unit);
	s->inodes = fs.f_files;
	s->inodes_used = fs.f_files - MIN(fs.f_ffree, fs.f_files);
	s->whole = s->tmpfs && s->ino == SPACE_ROOT_INODE;
}

static void space_status(struct ipcx *x, const struct ix_posix_dir *dir,
			 struct ix_space_shm *s)
{
	struct stat st;
	int root = ix_viewfd(x);
	auto_fd int straight = -1;

	if (fstat(dir->fd, &st) < 0) {
		s->error = -errno;
		return;
	}
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	s->mode = st.st_mode;
	s->uid = st.st_uid;
	s->gid = st.st_gid;
	straight = ix_open_straight(root, ix_viewshm(x), O_PATH | O_DIRECTORY);
	s->link = straight == -ELOOP;
	space_sizes(dir, s);
}

/* Whether the contents of this directory have been looked at for another place. */
static bool space_seen(const struct ipcx_table *t, const struct ix_space_shm *s)
{
	const struct ix_space_shm *other;

	for (size_t i = 0; s->dev && i < t->rows; i++) {
		other = ix_space_at(t, i);
		if (other && !other->error && other->dev == s->dev &&
		    other->ino == s->ino)
			return true;
	}
	return false;
}

int ix_space_here(struct ipcx *x, enum ix_space_how how, struct ipcx_table *t)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	struct ix_space_shm *s;
	int r = ix_table_section(t, &space_kind, IPCX_NO_MECH);

	s = r < 0 ? NULL : ix_table_row(t);
	if (!s)
		return -ENOMEM;
	s->remote = x->view.remote;
	s->error = ix_posix_shm_dir(x, &dir);
	if (s->error == -ENOMEM)
		return -ENOMEM;
	if (s->error)
		s->why = ix_table_text(t, x->error);
	else
		space_status(x, &dir, s);
	x->error[0] = '\0';
	if (!s->error)
		s->again = space_seen(t, s);
	/* On another file system there may be anything, and it is not in memory. */
	if (!s->error && s->tmpfs && !s->again && how == IX_SPACE_CONTENTS)
		r = ix_space_walk(t, &dir, s);
	if (r == 0)
		ix_table_keep(t);
	return r;
}

const struct ix_space_shm *ix_space_at(const struct ipcx_table *t, size_t i)
{
	const struct ix_section *s;
	const void *row = ix_table_at(t, i, &s);

	return row && s->kind == &space_kind ? row : NULL;
}

/* ---- all places */

static int space_run(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	return ix_space_here(x, *(const enum ix_space_how *)arg, t);
}

/* In our own namespace, nothing else says which place the row belongs to. Its container
 * is not searched for: that would take longer than everything else. */
int ix_space_home(struct ipcx *x, struct ipcx_table *t)
{
	bool searched = x->self.gaps;

	if (x->ns || x->view.there || t->nplaces)
		return 0;
	if (!searched)
		ix_table_reason(t,
				"the containers of this namespace were not searched for");
	return ix_table_place(t, ix_ns_own(x, "ipc"), x->self.boxes,
			      !searched || x->self.gaps->names);
}

int ix_space_all(struct ipcx *x, enum ix_space_how how, struct ipcx_table *t)
{
	int r = ix_space_home(x, t);

	if (r < 0)
		return r;
	return ix_ns_run(x, &(struct ix_ns_call){ .run = space_run,
						  .arg = &how,
						  .t = t,
						  .looks = true,
						  .parts = true });
}
