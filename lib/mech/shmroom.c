/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparing the space used in a tmpfs with the objects listed in it. */
#include "mech/shmroom.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include "base/num.h"
#include "core/dirid.h"

/* The inode number of a tmpfs's root directory (since Linux 5.9). If /dev/shm is that
 * directory, all files of the tmpfs are below it. */
#define ROOT_INODE 1

/* In bytes; smaller differences may come from objects created or removed meanwhile. */
#define WORTH_NOTING (UINT64_C(256) << 10)

/* Get the used space. Only for a tmpfs with a limit: other file systems also count their
 * other directories, and a tmpfs without a limit (size=0) does not count its use. */
static bool used_now(const struct ix_posix_dir *dir, uint64_t *ret_used)
{
	struct statfs fs;

	if (fstatfs(dir->fd, &fs) < 0 || (unsigned)fs.f_type != TMPFS_MAGIC ||
	    fs.f_blocks == 0 || fs.f_bfree > fs.f_blocks)
		return false;
	return !__builtin_mul_overflow((uint64_t)(fs.f_blocks - fs.f_bfree),
				       (uint64_t)fs.f_bsize, ret_used);
}

void ix_shm_room_begin(const struct ix_posix_dir *dir, struct ix_shm_room *ret_room)
{
	*ret_room = (struct ix_shm_room){ .used = 0 };
	ret_room->counts = used_now(dir, &ret_room->used);
}

/* Divide a file's space by its number of links, as the other links may be in
 * directories. */
void ix_shm_room_add(struct ix_shm_room *room, const struct ix_posix_dir *dir,
		     const struct stat *st)
{
	if (!st)
		room->counts = false;
	else if (S_ISDIR(st->st_mode))
		room->directories++;
	else if (st->st_dev == dir->dev && st->st_nlink)
		room->listed += (uint64_t)st->st_blocks * 512 / st->st_nlink;
}

void ix_shm_room_note(struct ix_scan *s, const struct ix_posix_dir *dir,
		      const struct ix_shm_room *room)
{
	uint64_t used;
	char amount[IX_NUM_MAX], which[IX_DIRID_TEXT], where[IX_DIRID_TEXT + 16] = "";
	struct stat st;
	bool whole;

	/* Ignore what was created or removed meanwhile. */
	if (!room->counts || !used_now(dir, &used))
		return;
	used = MIN(used, room->used);
	if (used < room->listed + WORTH_NOTING || fstat(dir->fd, &st) < 0)
		return;
	whole = st.st_ino == ROOT_INODE;
	*ix_put_size(amount, used - room->listed) = '\0';
	if (s->many)
		(void)snprintf(where, sizeof(where), "shm_device %s: ",
			       ix_dirid_text(&(struct ix_dirid){ .dev = st.st_dev,
								 .ino = st.st_ino },
					     which));
	ix_table_note(
		s->t, IPCX_NOTE_INFO, s->mech, IX_NOTE_SPACE, IX_SHM_DIR,
		"%s%s more is in use than its objects hold: %s%sin files without a name that are "
		"still open or mapped",
		where, amount, room->directories ? "in directories, or " : "",
		whole ? "" : "outside of this directory, or ");
}
