/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * POSIX shared memory (shm_overview(7)): every regular file in /dev/shm that is no named
 * semaphore. Looking needs a stat and nothing else; what is not a regular file is never
 * opened.
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
#include "mech/drivers.h"
#include "mech/posix.h"
#include "mech/pshmmem.h"
#include "mech/shmroom.h"

#define COPY_SIZE 65536

struct pshm_row {
	struct ix_posix_row base;
	uint64_t size, allocated;
	int64_t atime;
	uint64_t links;
};

_Static_assert(sizeof(struct pshm_row) <= 128, "rows stay compact");

/* clang-format off */
static const struct ix_kind pshm_kind = {
	.name = "objects",
	.row_size = sizeof(struct pshm_row),
	IX_COLUMNS(
		IX_POSIX_COLUMNS(struct pshm_row),
		[IPCX_F_SHM_DEVICE] = IX_CONSTANT(ix_derive_shm_device),
		[IPCX_F_SIZE]      = IX_COL(struct pshm_row, size),
		[IPCX_F_ALLOCATED] = IX_COL(struct pshm_row, allocated),
		[IPCX_F_IDLE]      = IX_CONSTANT(ix_derive_none),
		[IPCX_F_MTIME]     = IX_COL(struct pshm_row, base.mtime),
		[IPCX_F_ATIME]     = IX_COL(struct pshm_row, atime),
		[IPCX_F_LINKS]     = IX_COL(struct pshm_row, links)
	),
};
/* clang-format on */

/* ---- reading */

static int keep(struct ix_scan *s, const char *file, const struct stat *st)
{
	struct pshm_row *row = ix_posix_row(s, file, st);
	int r;

	if (!row)
		return -ENOMEM;
	row->size = (uint64_t)st->st_size;
	row->allocated = (uint64_t)st->st_blocks * 512; /* stat(2): always this unit */
	row->atime = st->st_atime;
	row->links = st->st_nlink;
	r = ix_scan_keep(s);
	return r < 0 ? r : 0;
}

static int one(struct ix_scan *s, const struct ix_posix_dir *dir, const char *file,
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
		return keep(s, file, &st);
	/* What bears a semaphore's name is the other mechanism's to explain. */
	if (!sem)
		ix_posix_note(s, IPCX_NOTE_SKIPPED, 0, file, ix_posix_what(st.st_mode));
	return 0;
}

/* Objects outlive a reboot where no memory file system is mounted; glibc uses the
 * directory all the same. */
static void note_type(struct ix_scan *s, const struct ix_posix_dir *dir)
{
	struct statfs fs;

	if (fstatfs(dir->fd, &fs) < 0 || (unsigned)fs.f_type == TMPFS_MAGIC ||
	    (unsigned)fs.f_type == RAMFS_MAGIC)
		return;
	ix_table_note(s->t, IPCX_NOTE_INFO, s->mech, 0, IX_SHM_DIR,
		      "is on no memory file system (its type is 0x%lx)",
		      (unsigned long)fs.f_type);
}

static int scan(struct ix_scan *s)
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
	ix_shm_room_begin(&dir, &room);
	r = ix_posix_names_open(&dir, &names);
	if (r < 0)
		return ix_fail(s->x, r, "%s", IX_SHM_DIR);
	s->dir = &dir;
	while ((r = ix_posix_names_next(names, &file)) > 0) {
		r = one(s, &dir, file, &room);
		if (r < 0)
			break;
	}
	/* Whoever asked for some only does not expect the rest. */
	if (r == 0 && s->verb == IX_LOOK && !s->where && !s->same)
		ix_shm_room_note(s, &dir, &room);
	s->dir = NULL;
	return r;
}

static int find(struct ix_scan *s, const struct ipcx_ref *ref)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	const char *file = ref->name + 1;
	struct stat st;
	int r = ix_posix_shm_dir(s->x, &dir);

	if (r < 0)
		return r;
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
	s->dir = &dir;
	r = keep(s, file, &st);
	s->dir = NULL;
	return r;
}

/* ---- making */

static ssize_t read_some(int fd, char *buf, size_t n)
{
	ssize_t got;

	do
		got = read(fd, buf, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

static int write_all(int fd, const char *buf, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, buf, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? -errno : -EIO;
		buf += put;
		n -= (size_t)put;
	}
	return 0;
}

static int too_long(struct ipcx *x, const struct ipcx_attrs *a)
{
	if (!(a->set & IPCX_A_SIZE))
		return -EFBIG;
	return ix_fail_plain(x, -EFBIG,
			     "pshm: the contents are longer than the size of %" PRIu64
			     " bytes",
			     a->bytes);
}

/* The caller's descriptor to its end, or as much as there is room for: the object may be
 * of any size, so no mmap. */
static int copy(struct ipcx *x, int fd, const struct ipcx_attrs *a)
{
	uint64_t room = a->set & IPCX_A_SIZE ? a->bytes : INT64_MAX, done = 0;
	auto_free char *buf = malloc(COPY_SIZE);

	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t got = read_some(a->from, buf, COPY_SIZE);
		int r;

		if (got < 0)
			return ix_fail(x, (int)got, "pshm: cannot read the contents");
		if (got == 0)
			return 0;
		if ((uint64_t)got > room - done ||
		    ix_posix_may_grow(done + (uint64_t)got) < 0)
			return too_long(x, a);
		r = write_all(fd, buf, (size_t)got);
		if (r < 0)
			return r;
		done += (uint64_t)got;
	}
}

static int resize(int fd, uint64_t bytes)
{
	int r;

	if (bytes > INT64_MAX)
		return -EFBIG;
	r = ix_posix_may_grow(bytes);
	if (r < 0)
		return r;
	do
		r = ftruncate(fd, (off_t)bytes);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

static int fill(struct ipcx *x, int fd, const struct ipcx_attrs *a)
{
	int r = 0;

	if (a->set & IPCX_A_SIZE)
		r = resize(fd, a->bytes);
	if (r == 0 && (a->set & IPCX_A_FROM))
		r = copy(x, fd, a);
	return r == 0 ? ix_posix_own(fd, a) : r;
}

#define LIKE_A_SEM "with this name, a file of that size is a semaphore"

static bool would_be_sem(const char *file, const struct ipcx_attrs *a)
{
	return ix_posix_sem_name(file) && (a->set & IPCX_A_SIZE) &&
	       (a->bytes == IX_SEM_SIZE_64 || a->bytes == IX_SEM_SIZE_32);
}

static int create(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_ref *ret_ref)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	auto_fd int fd = -1;
	struct ipcx_ref ref;
	int r = ix_posix_take_name(x, a, NAME_MAX, &ref);

	if (r < 0)
		return r;
	if (!(a->set & (IPCX_A_SIZE | IPCX_A_FROM)))
		return ix_fail_plain(x, -EINVAL,
				     "pshm: a size is needed, or contents to copy");
	if (would_be_sem(ref.name + 1, a))
		return ix_fail_plain(x, -EINVAL, "pshm: %s", LIKE_A_SEM);
	r = ix_posix_shm_dir(x, &dir);
	if (r < 0)
		return r;
	/* What shm_open(3) does, in the directory that we look into. */
	fd = openat(dir.fd, ref.name + 1,
		    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fill(x, fd, a);
	if (r < 0) {
		if (ix_posix_take_back(&dir, ref.name + 1, fd))
			return r;
		return ix_fail(x, r, "pshm:%s: was made, but not whole, and stays",
			       ref.name);
	}
	*ret_ref = ref;
	return 0;
}

/* ---- removing and changing */

static int remove_row(struct ix_scan *s, const void *data)
{
	const struct ix_posix_dir *dir = s->dir;
	char buf[256];
	const char *file = ix_posix_name(s, data, buf);
	struct stat st;
	int r = ix_posix_again(dir, file, data, &st);

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

/* What may be refused comes first: to open it, to give it away. A new mode or owner does
 * not close a descriptor. */
static int change(struct ix_scan *s, const void *data, const struct ipcx_attrs *a)
{
	char buf[256];
	const char *file = ix_posix_name(s, data, buf);
	auto_fd int fd = -1;
	int r;

	if (would_be_sem(file, a))
		return ix_fail_plain(s->x, -EPERM, "%s", LIKE_A_SEM);
	if (a->set & IPCX_A_SIZE) {
		fd = open_to_resize(s->dir, file, data);
		if (fd < 0)
			return fd;
	}
	r = ix_posix_change(s->x, s->dir, file, data, a);
	return r == 0 && fd >= 0 ? resize(fd, a->bytes) : r;
}

/* ---- limits */

/* A tmpfs counts whole pages. */
static uint64_t amount_bytes(const struct ipcx_attrs *a)
{
	return ix_mul_sat(ix_amount_pages(a), (uint64_t)sysconf(_SC_PAGESIZE));
}

static int wish(const char *text, struct ipcx_attrs *ret_attrs)
{
	static const uint64_t words[] = { IPCX_A_COUNT, IPCX_A_SIZE };

	return ix_wish_read(text, words, ARRAY_SIZE(words), ret_attrs);
}

/* clang-format off */
static const struct ix_charge charges[] = {
	{ .limit = "dev_shm", .amount = amount_bytes },
	{ .limit = "dev_shm_inodes", .amount = ix_amount_one },
	{ .limit = NULL },
};

static const struct ix_errtext create_errors[] = {
	{ -EACCES, 0, "not permitted: " IX_SHM_DIR " may not be written to" },
	{ -ENOSPC, 0, "the file system of " IX_SHM_DIR " is full (mount -o remount,size=… or nr_inodes=…)" },
	{ -EDQUOT, 0, "your quota on " IX_SHM_DIR " is used up" },
	{ -EROFS,  0, IX_SHM_DIR " is mounted read-only" },
	{ -EFBIG,  0, "larger than RLIMIT_FSIZE (ulimit -f) or the file system allows" },
	{ -EPERM,  IPCX_A_UID | IPCX_A_GID, "giving it to that owner needs CAP_CHOWN" },
	{ -EINVAL, IPCX_A_UID | IPCX_A_GID, "that owner does not exist in this user namespace" },
	{ 0, 0, NULL },
};

static const struct ix_errtext change_errors[] = {
	{ -EACCES, IPCX_A_SIZE, "not permitted: changing the size needs permission to write to it" },
	{ -ENOSPC, IPCX_A_SIZE, "the file system of " IX_SHM_DIR " is full" },
	{ -EFBIG,  IPCX_A_SIZE, "larger than RLIMIT_FSIZE (ulimit -f) or the file system allows" },
	{ -EPERM,  IPCX_A_UID, "not permitted: giving it away needs CAP_CHOWN" },
	{ -EINVAL, IPCX_A_UID | IPCX_A_GID, "that owner does not exist in this user namespace" },
	{ -EROFS,  0, IX_SHM_DIR " is mounted read-only" },
	{ 0, 0, NULL },
};

static const enum ipcx_field shown[] = {
	IPCX_F_NAME, IPCX_F_OWNER, IPCX_F_MODE, IPCX_F_SIZE, IPCX_F_ALLOCATED, IPCX_F_LINKS,
	IPCX_F_AGE,
};

extern const struct ix_mech ix_mech_pshm;
const struct ix_mech ix_mech_pshm = {
	.info = {
		.name = "pshm", .label = "POSIX shared memory", .object = "shared memory object", .group = "posix",
		.named = true,
		.create = IPCX_A_NAME | IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID | IPCX_A_SIZE | IPCX_A_FROM |
			  IPCX_A_IF_MISSING,
		.require = IPCX_A_NAME,
		.change = IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID | IPCX_A_SIZE,
		.need = "[COUNTx]SIZE",
		.shown = shown, .nshown = ARRAY_SIZE(shown),
	},
	.weight = IPCX_F_SIZE, .mounted = true,
	.no_idle = "how long POSIX shared memory was not used is not known: use through a mapping leaves no time",
	.kind = &pshm_kind,
	.charges = charges, .wish = wish,
	.scan = scan, .find = find, .create = create, .remove = remove_row, .change = change,
	.memory = ix_pshm_memory,
	.driver = &ix_pshm_driver,
	.create_errors = create_errors, .change_errors = change_errors,
};
/* clang-format on */
