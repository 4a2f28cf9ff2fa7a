/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * POSIX named semaphores (sem_overview(7)): the files sem.NAME in /dev/shm, what glibc
 * stores in them, and how to read that without side effects. sem_open(3) would open the
 * file for writing and map it; the file's owner could truncate it meanwhile, and access
 * would raise SIGBUS.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <semaphore.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/below.h"
#include "base/esc.h"
#include "base/file.h"
#include "core/limit.h"
#include "mech/causes.h"
#include "mech/charges.h"
#include "mech/drivers.h"
#include "mech/posix.h"
#include "mech/semaphores.h"
#include "who/uses.h"
#include "who/waits.h"

#define NAME_MOST (NAME_MAX - IX_SEM_PREFIX_LEN)
#define DAY       (24 * 60 * 60)

_Static_assert(sizeof(sem_t) == IX_SEM_SIZE_64 || sizeof(sem_t) == IX_SEM_SIZE_32,
	       "the semaphores of this C library are recognised by their size");

struct psem_row {
	struct ix_posix_row base;
	uint32_t value, waiters;
	uint8_t use;
};

/* clang-format off */
static const struct ix_kind psem_kind = {
	.name = "objects",
	.row_size = sizeof(struct psem_row),
	IX_COLUMNS(
		IX_POSIX_COLUMNS(struct psem_row),
		IX_CONSTANT(IPCX_F_IDLE,  ix_derive_none),
		IX_SHM_COLUMNS,
		IX_COL(IPCX_F_MTIME, struct psem_row, base.mtime),
		IX_COL(IPCX_F_VALUE, struct psem_row, value),
		IX_WAITERS_COLUMN(struct psem_row),
		IX_USERS_COLUMNS(struct psem_row, base.users)
	),
};
/* clang-format on */

/* ---- the value */

#define MUSL_WAITED (UINT32_C(1) << 31)

/*
 * glibc's layout since 2.21 (struct new_sem in sysdeps/nptl/internaltypes.h): with 64-bit
 * atomics, a 64-bit number whose low half is the value; in 32-bit programs, a 32-bit
 * number whose upper 31 bits are the value. musl has the value in the same place, but
 * marks waiters in it, whose number is in the other half: by -1 for 0, and since 1.2.4 by
 * the highest bit. More than SEM_VALUE_MAX is invalid.
 */
int ix_psem_decode(const char *file, size_t size, uint32_t *ret_value)
{
	uint64_t wide;
	uint32_t value;

	if (size == IX_SEM_SIZE_64) {
		memcpy(&wide, file, sizeof(wide));
		value = (uint32_t)wide;
		if ((value & MUSL_WAITED) && wide >> 32 <= (uint64_t)SEM_VALUE_MAX)
			value = value == UINT32_MAX ? 0 : value & ~MUSL_WAITED;
	} else {
		memcpy(&value, file, sizeof(value));
		value >>= 1;
	}
	if (value > (uint32_t)SEM_VALUE_MAX)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

static bool later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Whether reading leaves the atime unchanged even without O_NOATIME, because of the mount
 * options or of relatime (fs/inode.c, relatime_need_update). */
static bool reads_quietly(int fd, const struct stat *st)
{
	struct statvfs fs;
	time_t now = time(NULL);

	if (fstatvfs(fd, &fs) < 0)
		return false;
	if (fs.f_flag & (ST_NOATIME | ST_RDONLY))
		return true;
	return (fs.f_flag & ST_RELATIME) && later(&st->st_atim, &st->st_mtim) &&
	       later(&st->st_atim, &st->st_ctim) && now - st->st_atim.tv_sec < DAY - 1;
}

/* Read the value of the row's semaphore. Returns 0, or -errno: then the value stays
 * unknown. */
static int psem_read_value(struct ipcx *x, const struct ix_posix_dir *dir,
			   const char *file, const struct ix_posix_row *row,
			   uint32_t *ret_value)
{
	const int flags = O_RDONLY | O_NONBLOCK;
	auto_fd int fd = ix_open_entry(dir->fd, file, flags | O_NOATIME, dir->hostile);
	bool quiet = fd >= 0;
	char text[IX_SEM_SIZE_64];
	struct stat st;
	ssize_t len;

	if (fd == -EPERM)
		fd = ix_open_entry(dir->fd, file, flags, dir->hostile);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!ix_posix_same(row, &st) || !ix_posix_is_sem(file, &st))
		return -ENOENT;
	if (x->view.shows && !x->view.shows(x, &st))
		return -EACCES;
	if (!quiet && !reads_quietly(fd, &st))
		return -EPERM;
	do
		len = pread(fd, text, (size_t)st.st_size, 0);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	if (len < st.st_size) /* truncated meanwhile: no longer a semaphore */
		return -ENOENT;
	return ix_psem_decode(text, (size_t)len, ret_value);
}

/* ---- reading */

static void value_unknown(struct ix_scan *s, struct psem_row *row, const char *file,
			  int error, uint64_t *unread)
{
	ix_unknown(s->t, row, IPCX_F_VALUE);
	if (error == -ENODATA) /* not requested */
		return;
	if (error == -EPERM || error == -EACCES)
		(*unread)++;
	else if (error == -EINVAL)
		ix_posix_note(s, IPCX_NOTE_INCOMPLETE, error, file,
			      "does not contain a valid semaphore value");
	else
		ix_posix_note(s, IPCX_NOTE_FAILED, error, file, ix_errno_text(error));
}

static int psem_keep(struct ix_scan *s, const struct ix_posix_dir *dir, const char *file,
		     const struct stat *st, uint64_t *unread)
{
	struct psem_row *row = ix_posix_row(s, file + IX_SEM_PREFIX_LEN, st);
	int r;

	if (!row)
		return -ENOMEM;
	if (ipcx_fieldset_has(&s->want, IPCX_F_VALUE))
		r = psem_read_value(s->x, dir, file, &row->base, &row->value);
	else
		r = -ENODATA;
	if (r == -ENOENT)
		return r; /* gone, or replaced meanwhile */
	if (r < 0)
		value_unknown(s, row, file, r, unread);
	r = ix_scan_keep(s);
	return r < 0 ? r : 0;
}

static void note_unread(struct ix_scan *s, uint64_t unread)
{
	const struct ipcx_fieldset value = IPCX_FIELDSET(IPCX_F_VALUE);

	if (unread)
		ix_table_note(
			s->t, ix_scan_gap(s, &value), s->mech, -EACCES, "",
			"%" PRIu64
			" of the values unknown: not readable, or reading would change the time of access (which only the owner or CAP_FOWNER can avoid)",
			unread);
}

/* Describe what the file is instead of a semaphore. */
static const char *not_a_sem(const char *file, const struct stat *st, char *buf,
			     size_t size)
{
	char name[4 * 256];

	if (!S_ISREG(st->st_mode))
		return ix_posix_what(st->st_mode);
	(void)ix_escape(name, sizeof(name), file, IX_ESC_REF);
	(void)snprintf(buf, size, "has %lld bytes, so it is shared memory: pshm:/%s",
		       (long long)st->st_size, name);
	return buf;
}

static int psem_one(struct ix_scan *s, const struct ix_posix_dir *dir, const char *file,
		    uint64_t *unread)
{
	char why[IPCX_REF_MAX + 80];
	struct stat st;
	int r;

	if (!ix_posix_sem_name(file))
		return 0;
	r = ix_posix_stat(dir, file, &st);
	if (r < 0) {
		if (r == -EXDEV)
			ix_posix_note(s, IPCX_NOTE_SKIPPED, r, file, IX_MOUNTED_ON);
		else if (r != -ENOENT)
			ix_posix_note(s, IPCX_NOTE_FAILED, r, file, ix_errno_text(r));
		return 0;
	}
	if (ix_posix_is_sem(file, &st)) {
		r = psem_keep(s, dir, file, &st, unread);
		return r == -ENOENT ? 0 : r;
	}
	ix_posix_note(s, IPCX_NOTE_SKIPPED, 0, file,
		      not_a_sem(file, &st, why, sizeof(why)));
	return 0;
}

static int psem_scan(struct ix_scan *s)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	struct ix_posix_names *names auto_posix_names = NULL;
	uint64_t unread = 0;
	const char *file;
	int r = ix_posix_shm_dir(s->x, &dir);

	if (r < 0)
		return r;
	r = ix_scan_once(s, dir.dev, dir.ino);
	if (r)
		return r < 0 ? r : 0;
	r = ix_posix_names_open(&dir, &names);
	if (r < 0)
		return ix_fail(s->x, r, "%s", IX_SHM_DIR);
	ix_posix_blurs(s, &dir);
	s->dir = &dir;
	while ((r = ix_posix_names_next(names, &file)) > 0) {
		r = psem_one(s, &dir, file, &unread);
		if (r < 0)
			break;
	}
	note_unread(s, unread);
	s->dir = NULL;
	return r;
}

/* Map the name "/x" to the file sem.x. If the file name would be too long, no such
 * semaphore can exist. */
static int file_of(const char *name, char file[NAME_MAX + 1])
{
	size_t len = strlen(++name);

	if (len > NAME_MOST)
		return -ENOENT;
	memcpy(file, IX_SEM_PREFIX, IX_SEM_PREFIX_LEN);
	memcpy(file + IX_SEM_PREFIX_LEN, name, len + 1);
	return 0;
}

static int psem_find(struct ix_scan *s, const struct ipcx_ref *ref)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	char file[NAME_MAX + 1], why[IPCX_REF_MAX + 80];
	uint64_t unread = 0;
	struct stat st;
	int r = ix_posix_shm_dir(s->x, &dir);

	if (r < 0)
		return r;
	r = file_of(ref->name, file);
	if (r < 0)
		return r;
	r = ix_posix_stat(&dir, file, &st);
	if (r == 0)
		r = ix_scan_once(s, dir.dev, dir.ino);
	if (r)
		return r < 0 ? r : -ENOENT;
	if (!ix_posix_is_sem(file, &st))
		return ix_fail_plain(s->x, -ENOENT, "%s",
				     not_a_sem(file, &st, why, sizeof(why)));
	ix_posix_blurs(s, &dir);
	s->dir = &dir;
	r = psem_keep(s, &dir, file, &st, &unread);
	note_unread(s, unread);
	s->dir = NULL;
	return r;
}

/* ---- making */

static int psem_create(struct ipcx *x, const struct ipcx_attrs *a,
		       struct ipcx_ref *ret_ref)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	unsigned value = 0;
	char file[NAME_MAX + 1];
	struct ipcx_ref ref;
	int r = ix_posix_take_name(x, a, NAME_MOST, &ref);

	if (r < 0)
		return r;
	if (a->set & IPCX_A_INIT) {
		if (a->ninit != 1)
			return ix_fail_plain(x, -EINVAL,
					     "psem: a named semaphore has one value");
		value = a->init[0];
	}
	r = ix_posix_shm_dir(x, &dir);
	if (r < 0)
		return r;
	r = ix_posix_may_grow(sizeof(sem_t));
	if (r < 0 || (r = file_of(ref.name, file)) < 0)
		return r;
	r = ix_psem_make(x, &dir, file, a, value);
	if (r < 0)
		return r;
	*ret_ref = ref;
	return 0;
}

/* sem_open(3) needs read and write permission, whatever the mode. */
static int psem_may_use(struct ipcx *x, const struct ipcx_attrs *a,
			const struct ipcx_ref *ref)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	char file[NAME_MAX + 1];
	int r = ix_posix_shm_dir(x, &dir);

	(void)a;
	if (r == 0)
		r = file_of(ref->name, file);
	return r < 0 ? r : ix_posix_may_use(&dir, file, 0600);
}

/* ---- removing and changing */

static int psem_remove_row(struct ix_scan *s, const void *data)
{
	const struct ix_posix_dir *dir = s->dir;
	const struct ix_posix_row *row = data;
	char file[NAME_MAX + 1];
	struct stat st;
	int r = file_of(ix_table_string(s->t, row->name), file);

	if (r == 0)
		r = ix_posix_again(dir, file, row, &st);
	if (r < 0)
		return r;
	if (!ix_posix_is_sem(file, &st))
		return -ENOENT;
	return unlinkat(dir->fd, file, 0) < 0 ? -errno : 0;
}

static int psem_change(struct ix_scan *s, const void *data, const struct ipcx_attrs *a)
{
	const struct ix_posix_row *row = data;
	char file[NAME_MAX + 1];
	int r = file_of(ix_table_string(s->t, row->name), file);

	return r < 0 ? r : ix_posix_change(s->x, s->dir, file, row, a);
}

static int psem_may(struct ix_scan *s, const void *data, const struct ipcx_attrs *a)
{
	const struct ix_posix_row *row = data;
	char file[NAME_MAX + 1];
	int r = file_of(ix_table_string(s->t, row->name), file);

	if (r < 0)
		return r;
	return a ? ix_posix_may_change(s, s->dir, file, row, a)
		 : ix_posix_may_unlink(s, s->dir, file, row);
}

/* clang-format off */
static const enum ipcx_field shown[] = {
	IPCX_F_NAME, IPCX_F_OWNER, IPCX_F_MODE, IPCX_F_VALUE, IPCX_F_AGE,
};

static const struct ix_traces traces = { .mapped = true, .opened = true, .kind = IX_USE_FILE, .prefix = IX_SEM_PREFIX, .waits = 1U << IX_WAIT_FUTEX };

static const struct ix_sign signs[] = {
	{ IPCX_F_USER_COUNT, IPCX_USE_ATTACHED, "mapped or open" },
	{ IPCX_NO_FIELD,     IPCX_USE_NONE,     "nobody has it open" },
};

extern const struct ix_mech ix_mech_psem;
const struct ix_mech ix_mech_psem = {
	.info = {
		.name = "psem", .label = "POSIX named semaphores", .object = "named semaphore", .group = "posix",
		.named = true,
		.create = IPCX_A_NAME | IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID | IPCX_A_INIT | IPCX_A_IF_MISSING,
		.require = IPCX_A_NAME,
		.change = IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID,
		.need = "COUNT",
		.shown = shown, .nshown = ARRAY_SIZE(shown),
	},
	.mounted = true,
	.traces = &traces, .signs = signs,
	.no_idle = "the idle time of named semaphores is unknown: use through a mapping is not recorded",
	.kind = &psem_kind,
	.charges = ix_psem_charges, .request = ix_psem_wish, .may_make = ix_posix_may_make, .right = IX_SHM_DIR,
	.scan = psem_scan, .find = psem_find, .create = psem_create, .may_use = psem_may_use, .remove = psem_remove_row, .change = psem_change, .may = psem_may,
	.sem = &ix_psem_sem,
	.driver = &ix_psem_driver,
	.causes = ix_psem_causes,
};
/* clang-format on */
