/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * POSIX shared memory (shm_overview(7)): every regular file in /dev/shm that is not a
 * named semaphore. Listing needs only stat(2); other files are never opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/below.h"
#include "base/esc.h"
#include "base/file.h"
#include "core/limit.h"
#include "mech/causes.h"
#include "mech/charges.h"
#include "mech/drivers.h"
#include "mech/nameless.h"
#include "mech/posix.h"
#include "mech/pshmmake.h"
#include "mech/pshmmem.h"
#include "mech/shmroom.h"
#include "who/uses.h"
#include "who/waits.h"

struct pshm_row {
	struct ix_posix_row base;
	uint64_t size, allocated;
	int64_t atime;
	uint32_t links;
	ix_text kept_by;
	uint32_t waiters;
	uint8_t use;
	bool gone; /* it has no name any more */
};

_Static_assert(sizeof(struct pshm_row) <= 128, "rows stay compact");

/* clang-format off */
static const struct ix_kind pshm_kind = {
	.name = "objects",
	.row_size = sizeof(struct pshm_row),
	IX_COLUMNS(
		IX_POSIX_COLUMNS(struct pshm_row),
		IX_SHM_COLUMNS,
		IX_COL(IPCX_F_SIZE,      struct pshm_row, size),
		IX_COL(IPCX_F_ALLOCATED, struct pshm_row, allocated),
		IX_CONSTANT(IPCX_F_IDLE,      ix_derive_none),
		IX_COL(IPCX_F_MTIME,     struct pshm_row, base.mtime),
		IX_COL(IPCX_F_ATIME,     struct pshm_row, atime),
		IX_COL(IPCX_F_LINKS,     struct pshm_row, links),
		IX_COL_COSTLY(IPCX_F_KEPT_BY, struct pshm_row, kept_by),
		IX_WAITERS_COLUMN(struct pshm_row),
		IX_USERS_COLUMNS(struct pshm_row, base.users)
	),
};
/* clang-format on */

/* ---- reading */

static int pshm_keep(struct ix_scan *s, const char *file, const struct stat *st)
{
	struct pshm_row *row = ix_posix_row(s, file, st);
	int r;

	if (!row)
		return -ENOMEM;
	row->size = (uint64_t)st->st_size;
	row->allocated = (uint64_t)st->st_blocks * 512; /* stat(2): units of 512 bytes */
	row->atime = st->st_atime;
	row->links = (uint32_t)st->st_nlink;
	r = ix_scan_keep(s);
	return r < 0 ? r : 0;
}

static int pshm_one(struct ix_scan *s, const struct ix_posix_dir *dir, const char *file,
		    struct ix_shm_room *room)
{
	bool sem = ix_posix_sem_name(file);
	struct stat st;
	int r = ix_posix_stat(dir, file, &st);

	if (r != -ENOENT)
		ix_shm_room_add(room, dir, r < 0 ? NULL : &st);
	if (r < 0) {
		if (r == -EXDEV && !sem)
			ix_posix_note(s, IPCX_NOTE_SKIPPED, r, file, IX_MOUNTED_ON);
		else if (r != -ENOENT && !sem)
			ix_posix_note(s, IPCX_NOTE_FAILED, r, file, ix_errno_text(r));
		return 0;
	}
	if (ix_posix_is_sem(file, &st))
		return 0;
	if (S_ISREG(st.st_mode))
		return pshm_keep(s, file, &st);
	/* Files with a semaphore's name get their notes from the psem mechanism. */
	if (!sem)
		ix_posix_note(s, IPCX_NOTE_SKIPPED, 0, file, ix_posix_what(st.st_mode));
	return 0;
}

/* Add a note if /dev/shm is not a memory file system: glibc uses it all the same, and the
 * objects survive a reboot. */
static void note_type(struct ix_scan *s, const struct ix_posix_dir *dir)
{
	struct statfs fs;

	if (fstatfs(dir->fd, &fs) < 0 || (unsigned)fs.f_type == TMPFS_MAGIC ||
	    (unsigned)fs.f_type == RAMFS_MAGIC)
		return;
	ix_table_note(s->t, IPCX_NOTE_INFO, s->mech, 0, IX_SHM_DIR,
		      "is not on a memory file system (its type is 0x%lx)",
		      (unsigned long)fs.f_type);
}

/* ---- files without a name */

/* Whether it may have been a semaphore, whose size is unknown if it is only mapped. */
static bool pshm_was_sem(const char *file, const struct ix_found *f)
{
	return f->error ? ix_posix_sem_name(file) : ix_posix_is_sem(file, &f->st);
}

/* Whether a name that ends like the kernel's mark of an unlinked file is the name of this
 * file all the same. */
static bool pshm_has_name(const struct ix_scan *s, const char *file,
			  const struct ix_found *f)
{
	struct stat st;

	return ix_posix_stat(s->dir, file, &st) == 0 && st.st_dev == f->dev &&
	       st.st_ino == f->ino;
}

/* The name is the one that the file had. */
static int pshm_gone(struct ix_scan *s, const struct ix_found *f, void *arg)
{
	char path[PATH_MAX + 16], name[NAME_MAX + 2];
	int len = ix_found_name(s, path, sizeof(path));
	const char *file = len < 0 ? NULL : strrchr(path, '/');
	const struct ipcx_fieldset sizes =
		IPCX_FIELDSET(IPCX_F_SIZE, IPCX_F_ALLOCATED, IPCX_F_ATIME, IPCX_F_MTIME);
	struct ix_shm_room *room = arg;
	struct pshm_row *row;

	if (!f->unlinked || (!f->error && f->st.st_nlink) ||
	    (file && f->error && pshm_has_name(s, file + 1, f)))
		return -ENOENT;
	file = strrchr(ix_nameless_path(s, true, path, sizeof(path)) ? path : "/", '/');
	if (!file || pshm_was_sem(file + 1, f))
		return -ENOENT;
	(void)snprintf(name, sizeof(name), "%s", file);
	row = ix_nameless_row(s, f, name);
	if (!row)
		return -ENOMEM;
	row->gone = true;
	if (f->error) {
		ix_unknown_all(s->t, row, &sizes);
	} else {
		row->size = (uint64_t)f->st.st_size;
		row->allocated = (uint64_t)f->st.st_blocks * 512;
		row->atime = f->st.st_atime;
		if (room)
			room->listed += row->allocated;
	}
	return ix_scan_keep(s);
}

static int pshm_costly(struct ix_scan *s, void *data)
{
	struct pshm_row *row = data;
	char text[IX_KEEPERS];

	if (!row->gone || !ipcx_fieldset_has(&s->costly, IPCX_F_KEPT_BY))
		return 0;
	ix_found_keepers(s, text, sizeof(text));
	row->kept_by = ix_table_text(s->t, text);
	return 0;
}

/* Refuse to act on a file without a name: it ends with its last user. */
static int pshm_refuse(struct ix_scan *s)
{
	char text[IX_KEEPERS], shown[4 * IX_KEEPERS];

	ix_found_keepers(s, text, sizeof(text));
	(void)ix_escape(shown, sizeof(shown), text, IX_ESC_TEXT);
	return ix_fail_plain(
		s->x, -EBUSY,
		"it has no name any more, and exists as long as a process uses it: %s",
		shown);
}

/* ---- scanning */

static int pshm_scan(struct ix_scan *s)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	struct ix_posix_names *names auto_posix_names = NULL;
	struct ix_shm_room room;
	const char *file;
	int r = ix_posix_shm_dir(s->x, &dir);

	if (r < 0)
		return r;
	r = ix_scan_once(s, dir.dev, dir.ino);
	if (r)
		return r < 0 ? r : 0;
	note_type(s, &dir);
	/* First the processes: what is unlinked later is still in the directory, or gone.
	 */
	if (s->deleted)
		r = ix_found_look(s, dir.dev);
	if (r < 0)
		return r;
	ix_shm_room_begin(&dir, &room);
	r = ix_posix_names_open(&dir, &names);
	if (r < 0)
		return ix_fail(s->x, r, "%s", IX_SHM_DIR);
	ix_posix_blurs(s, &dir);
	s->dir = &dir;
	while ((r = ix_posix_names_next(names, &file)) > 0) {
		r = pshm_one(s, &dir, file, &room);
		if (r < 0)
			break;
	}
	if (r == 0 && s->deleted)
		r = ix_found_all(s, NULL, dir.dev, pshm_gone, &room);
	/* A listing of selected objects need not account for the rest. */
	if (r == 0 && s->verb == IX_LOOK && !s->where && !s->same)
		ix_shm_room_note(s, &dir, &room);
	s->dir = NULL;
	return r;
}

static int pshm_find_gone(struct ix_scan *s, struct ix_posix_dir *dir,
			  const struct ipcx_ref *ref)
{
	int r = ref->device == dir->dev ? ix_scan_once(s, dir->dev, dir->ino) : -ENOENT;

	if (r)
		return r < 0 ? r : -ENOENT;
	s->dir = dir;
	r = ix_found_all(s, ref, ref->device, pshm_gone, NULL);
	s->dir = NULL;
	return r;
}

static int pshm_find(struct ix_scan *s, const struct ipcx_ref *ref)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	const char *file = ref->name + 1;
	struct stat st;
	int r = ix_posix_shm_dir(s->x, &dir);

	if (r < 0)
		return r;
	if (ref->by == IPCX_BY_INODE)
		return pshm_find_gone(s, &dir, ref);
	r = ix_posix_stat(&dir, file, &st);
	if (r < 0)
		return r == -ENAMETOOLONG ? -ENOENT : r;
	r = ix_scan_once(s, dir.dev, dir.ino);
	if (r)
		return r < 0 ? r : -ENOENT;
	if (ix_posix_is_sem(file, &st)) {
		char name[4 * 256];

		(void)ix_escape(name, sizeof(name), file + IX_SEM_PREFIX_LEN, IX_ESC_REF);
		return ix_fail_plain(s->x, -ENOENT, "is a POSIX semaphore: psem:/%s",
				     name);
	}
	if (!S_ISREG(st.st_mode))
		return ix_fail_plain(s->x, -ENOENT, "%s", ix_posix_what(st.st_mode));
	ix_posix_blurs(s, &dir);
	s->dir = &dir;
	r = pshm_keep(s, file, &st);
	s->dir = NULL;
	return r;
}

/* ---- removing and changing */

static int pshm_remove_row(struct ix_scan *s, const void *data)
{
	const struct ix_posix_dir *dir = s->dir;
	const struct pshm_row *row = data;
	char buf[256];
	const char *file = ix_posix_name(s, data, buf);
	struct stat st;
	int r = row->gone ? pshm_refuse(s) : ix_posix_again(dir, file, data, &st);

	if (r < 0)
		return r;
	if (ix_posix_is_sem(file, &st))
		return -ENOENT;
	return unlinkat(dir->fd, file, 0) < 0 ? -errno : 0;
}

static int open_to_resize(const struct ix_posix_dir *dir, const char *file,
			  const struct ix_posix_row *row)
{
	auto_fd int fd =
		ix_open_entry(dir->fd, file, O_WRONLY | O_NONBLOCK, dir->hostile);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return ix_posix_same(row, &st) ? take_fd(&fd) : -ENOENT;
}

/* Add a note if the file system has less space than an object of this new size needs. */
static void note_short(struct ix_scan *s, int fd, const struct pshm_row *row,
		       const char *file, uint64_t bytes)
{
	char text[256], subject[IPCX_REF_MAX];
	struct ipcx_ref ref;

	if (bytes <= row->allocated ||
	    !ix_pshm_short_of(fd, bytes - row->allocated, text, sizeof(text)))
		return;
	ix_posix_ref(s->mech, file, &ref);
	(void)ipcx_ref_format(&ref, subject, sizeof(subject));
	ix_table_note(s->t, IPCX_NOTE_INFO, s->mech, 0, subject, "%s", text);
}

/* First the steps that may be refused: opening the object and changing its owner. The
 * descriptor stays open under a new mode or owner. */
static int pshm_change(struct ix_scan *s, const void *data, const struct ipcx_attrs *a)
{
	char buf[256];
	const char *file = ix_posix_name(s, data, buf);
	const struct pshm_row *row = data;
	auto_fd int fd = -1;
	int r;

	if (row->gone)
		return pshm_refuse(s);
	if (ix_pshm_would_be_sem(file, a))
		return ix_fail_plain(s->x, -EPERM, "%s", IX_LIKE_A_SEM);
	if (a->set & IPCX_A_SIZE) {
		fd = open_to_resize(s->dir, file, data);
		if (fd < 0)
			return fd;
	}
	r = ix_posix_change(s->x, s->dir, file, data, a);
	if (r < 0 || fd < 0)
		return r;
	r = ix_pshm_resize(fd, a->bytes);
	if (r == 0)
		note_short(s, fd, data, file, a->bytes);
	return r;
}

/* Check whether the steps of a change would be permitted, without doing them. */
static int pshm_may(struct ix_scan *s, const void *data, const struct ipcx_attrs *a)
{
	const struct ix_posix_dir *dir = s->dir;
	char buf[256];
	const char *file = ix_posix_name(s, data, buf);
	const struct pshm_row *row = data;
	int r = 0;

	if (row->gone)
		return pshm_refuse(s);
	if (!a)
		return ix_posix_may_unlink(s, dir, file, data);
	if (ix_pshm_would_be_sem(file, a))
		return ix_fail_plain(s->x, -EPERM, "%s", IX_LIKE_A_SEM);
	if (a->set & IPCX_A_SIZE)
		r = ix_posix_may_write(dir, file);
	if (r == 0)
		r = ix_posix_may_change(s, dir, file, data, a);
	if (r < 0 || !(a->set & IPCX_A_SIZE))
		return r;
	r = ix_pshm_may_have(a->bytes);
	if (r == 0)
		note_short(s, dir->fd, data, file, a->bytes);
	return r;
}

/* clang-format off */
static const enum ipcx_field shown[] = {
	IPCX_F_NAME, IPCX_F_OWNER, IPCX_F_MODE, IPCX_F_SIZE, IPCX_F_ALLOCATED, IPCX_F_LINKS,
	IPCX_F_AGE,
};

static const struct ix_traces traces = { .mapped = true, .opened = true, .kind = IX_USE_FILE, .waits = 1U << IX_WAIT_FUTEX };

static const struct ix_sign signs[] = {
	{ IPCX_F_USER_COUNT, IPCX_USE_ATTACHED, "mapped or open" },
	{ IPCX_NO_FIELD,     IPCX_USE_NONE,     "nobody has it open" },
};

extern const struct ix_mech ix_mech_pshm;
const struct ix_mech ix_mech_pshm = {
	.info = {
		.name = "pshm", .label = "POSIX shared memory", .object = "shared memory object", .group = "posix",
		.named = true,
		.create = IPCX_A_NAME | IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID | IPCX_A_SIZE | IPCX_A_FROM |
			  IPCX_A_IF_MISSING | IPCX_A_ALLOCATE,
		.require = IPCX_A_NAME,
		.change = IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID | IPCX_A_SIZE,
		.need = "[COUNTx]SIZE",
		.shown = shown, .nshown = ARRAY_SIZE(shown),
	},
	.weight = IPCX_F_SIZE, .mounted = true,
	.traces = &traces, .signs = signs,
	.no_idle = "the idle time of POSIX shared memory is unknown: use through a mapping is not recorded",
	.kind = &pshm_kind,
	.charges = ix_pshm_charges, .request = ix_pshm_wish, .may_make = ix_posix_may_make, .right = IX_SHM_DIR,
	.scan = pshm_scan, .find = pshm_find, .by_inode = true, .costly = pshm_costly, .create = ix_pshm_create, .may_use = ix_pshm_may_use, .complete = ix_pshm_complete, .caution = ix_pshm_caution, .remove = pshm_remove_row, .change = pshm_change, .may = pshm_may,
	.memory = ix_pshm_memory,
	.driver = &ix_pshm_driver,
	.causes = ix_pshm_causes,
};
/* clang-format on */
