/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /dev/shm and similar directories: opening the directory, reading its names, classifying
 * files, and acting on exactly the file that was inspected. Symbolic links are never
 * followed, and only regular files are opened.
 */
#include "mech/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/below.h"
#include "base/calls.h"
#include "base/esc.h"
#include "base/file.h"
#include "core/dirid.h"

/* Since Linux 6.6; the headers that this is built with may be older. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

#define NAMES_SIZE \
	65536 /* filled by one getdents64(2); readdir(3) reads 32 KiB at a time */

/* ---- directories */

void ix_posix_dir_end(const struct ix_posix_dir *dir)
{
	if (dir->fd >= 0)
		(void)close(dir->fd);
}

const char *ix_posix_denied(const struct ipcx *x, const char *ours)
{
	return x->view.ids ? "not permitted: the user who mounted that " IX_SHM_DIR
			     " has no such permission"
			   : ours;
}

/* Refuse a directory that is mounted elsewhere too. Checked on the open descriptor, as
 * the mount at a path may change at any moment. */
static int not_elsewhere(struct ipcx *x, int fd)
{
	char target[256];
	int r = ix_dirid_elsewhere(x, fd, ix_relative(IX_SHM_DIR), target,
				   sizeof(target));

	if (r > 0)
		return ix_dirid_refused(x, x->view.pid, IX_SHM_DIR, target);
	return r < 0 ? ix_fail(x, r, "other mounts of %s", IX_SHM_DIR) : 0;
}

/* Refuse a directory reached through a symbolic link: the link's creator could lead us to
 * a directory that only we can access. */
static int no_link(struct ipcx *x, int root, int fd)
{
	auto_fd int direct =
		ix_open_straight(root, ix_relative(IX_SHM_DIR), O_PATH | O_DIRECTORY);
	struct stat st, now;

	if (direct >= 0 && fstat(fd, &st) == 0 && fstat(direct, &now) == 0 &&
	    st.st_dev == now.st_dev && st.st_ino == now.st_ino)
		return 0;
	if (direct < 0 && direct != -ELOOP)
		return ix_fail(x, direct, "%s", IX_SHM_DIR);
	return ix_fail_plain(
		x, -ELOOP,
		"%s of process %d: is reached through a symbolic link, so it can only be listed",
		IX_SHM_DIR, x->view.pid);
}

static int posix_open_shm(struct ipcx *x)
{
	int root = ix_viewfd(x), r;
	auto_fd int fd = -1;

	if (root == -ENXIO)
		return ix_fail_plain(
			x, root,
			"%s belongs to a mount namespace, and no process in that namespace is known",
			IX_SHM_DIR);
	if (root < 0)
		return ix_fail(x, root, "/");
	fd = ix_open_below(root, ix_viewshm(x), O_PATH | O_DIRECTORY, x->view.remote);
	r = fd < 0 ? ix_fail(x, fd, "%s%s", IX_SHM_DIR, fd == -ENOSYS ? ": openat2" : "")
	    : x->view.remote ? ix_dirid_in_memory(x, x->view.pid, fd, IX_SHM_DIR)
			     : 0;
	if (r == 0 && x->view.straight)
		r = no_link(x, root, fd);
	if (r == 0 && x->view.only_there)
		r = not_elsewhere(x, fd);
	/* ENOSYS would mean that the kernel has no such objects (lib/core/note.c). */
	return r == -ENOSYS ? -EOPNOTSUPP : r < 0 ? r : take_fd(&fd);
}

int ix_posix_shm_dir(struct ipcx *x, struct ix_posix_dir *ret_dir)
{
	auto_fd int fd = posix_open_shm(x);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return ix_fail(x, -errno, "%s", IX_SHM_DIR);
	*ret_dir = (struct ix_posix_dir){ .fd = take_fd(&fd),
					  .dev = st.st_dev,
					  .ino = st.st_ino,
					  .hostile = x->view.remote };
	return 0;
}

int ix_posix_stat(const struct ix_posix_dir *dir, const char *file, struct stat *ret_st)
{
	struct stat st;

	if (dir->hostile) {
		/* Any file system may be mounted on /dev/shm. */
		auto_fd int fd = ix_open_entry(dir->fd, file, O_PATH, true);

		if (fd < 0)
			return fd;
		if (fstat(fd, &st) < 0)
			return -errno;
	} else if (fstatat(dir->fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		return -errno;
	}
	*ret_st = st;
	return 0;
}

struct ix_posix_names {
	int fd;
	size_t pos, len;
	char buf[NAMES_SIZE] __attribute__((aligned(8)));
};

/* The records that getdents64(2) returns. */
struct dirent_head {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

int ix_posix_names_open(const struct ix_posix_dir *dir, struct ix_posix_names **ret_names)
{
	struct ix_posix_names *n = malloc(sizeof(*n));

	if (!n)
		return -ENOMEM;
	/* O_NOATIME is permitted only to the owner. */
	n->fd = ix_open(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_NOATIME);
	if (n->fd == -EPERM)
		n->fd = ix_open(dir->fd, ".", O_RDONLY | O_DIRECTORY);
	if (n->fd < 0) {
		int r = n->fd;

		free(n);
		return r;
	}
	n->pos = n->len = 0;
	*ret_names = n;
	return 0;
}

static int more_names(struct ix_posix_names *n)
{
	long len;

	do
		len = syscall(SYS_getdents64, n->fd, n->buf, sizeof(n->buf));
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	n->pos = 0;
	n->len = (size_t)len;
	return len > 0;
}

int ix_posix_names_next(struct ix_posix_names *n, const char **ret_name)
{
	for (;;) {
		const struct dirent_head *d;

		if (n->pos >= n->len) {
			int r = more_names(n);

			if (r <= 0)
				return r;
		}
		d = (const struct dirent_head *)(const void *)(n->buf + n->pos);
		n->pos += d->reclen;
		if (!strcmp(d->name, ".") || !strcmp(d->name, ".."))
			continue;
		*ret_name = d->name;
		return 1;
	}
}

void ix_posix_names_end(struct ix_posix_names *const *n)
{
	if (!*n)
		return;
	(void)close((*n)->fd);
	free(*n);
}

/* ---- what a file is */

bool ix_posix_sem_name(const char *file)
{
	return !strncmp(file, IX_SEM_PREFIX, IX_SEM_PREFIX_LEN) &&
	       file[IX_SEM_PREFIX_LEN];
}

bool ix_posix_is_sem(const char *file, const struct stat *st)
{
	return ix_posix_sem_name(file) && S_ISREG(st->st_mode) &&
	       (st->st_size == IX_SEM_SIZE_64 || st->st_size == IX_SEM_SIZE_32);
}

const char *ix_posix_what(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "is a regular file";
	case S_IFDIR:
		return "is a directory";
	case S_IFLNK:
		return "is a symbolic link";
	case S_IFIFO:
		return "is a FIFO";
	case S_IFSOCK:
		return "is a socket";
	case S_IFCHR:
		return "is a character device";
	case S_IFBLK:
		return "is a block device";
	default:
		return "is not a regular file";
	}
}

/* ---- rows */

/* Store the reference with escapes, and the name without. */
static int posix_put_escaped(struct ix_scan *s, struct ix_posix_row *row,
			     const char *name)
{
	struct ipcx_ref ref;
	char text[IPCX_REF_MAX];

	ix_posix_ref(s->mech, name, &ref);
	if (ipcx_ref_format(&ref, text, sizeof(text)) < 0)
		return -EINVAL;
	row->ref = ix_table_text(s->t, text);
	row->name = ix_table_text(s->t, ref.name);
	return row->ref && row->name ? 0 : -ENOMEM;
}

/* Store reference and name. Hardly any name needs escapes. Without them the name is the
 * tail of the reference, and one string serves both. */
static int posix_put_name(struct ix_scan *s, struct ix_posix_row *row, const char *name)
{
	const char *mech = ix_mech(s->mech)->info.name;
	size_t prefix = strlen(mech) + 1, len = strlen(name);
	char text[16 + 2 + NAME_MAX];

	if (!ix_esc_clean(name, IX_ESC_REF) || prefix + 1 + len >= sizeof(text))
		return posix_put_escaped(s, row, name);
	memcpy(text, mech, prefix - 1);
	memcpy(text + prefix - 1, ":/", 2);
	memcpy(text + prefix + 1, name, len + 1);
	row->ref = ix_table_text(s->t, text);
	if (!row->ref)
		return -ENOMEM;
	row->name = row->ref + (ix_text)prefix;
	return 0;
}

void *ix_posix_row(struct ix_scan *s, const char *name, const struct stat *st)
{
	struct ix_posix_row *row = ix_scan_row(s);

	if (!row || posix_put_name(s, row, name)) /* 0 or -errno */
		return NULL;
	row->uid = st->st_uid;
	row->gid = st->st_gid;
	row->mode = st->st_mode & 0777;
	row->ctime = st->st_ctime;
	row->mtime = st->st_mtime;
	row->dev = st->st_dev;
	row->ino = st->st_ino;
	return row;
}

void ix_posix_ref(unsigned mech, const char *name, struct ipcx_ref *ret_ref)
{
	*ret_ref = (struct ipcx_ref){ .mech = mech, .by = IPCX_BY_NAME };
	(void)snprintf(ret_ref->name, sizeof(ret_ref->name), "/%s", name);
}

const char *ix_posix_name(const struct ix_scan *s, const struct ix_posix_row *row,
			  char buf[256])
{
	(void)snprintf(buf, 256, "%s", ix_table_string(s->t, row->name) + 1);
	return buf;
}

void ix_posix_note(struct ix_scan *s, enum ipcx_note_kind kind, int error,
		   const char *file, const char *text)
{
	char subject[IPCX_REF_MAX];
	size_t len = sizeof(IX_SHM_DIR "/") - 1;

	memcpy(subject, IX_SHM_DIR "/", len);
	(void)ix_escape(subject + len, sizeof(subject) - len, file, IX_ESC_TEXT);
	ix_table_note(s->t, kind, s->mech, error, subject, "%s", text);
}

/* ---- one file */

int ix_posix_take_name(struct ipcx *x, const struct ipcx_attrs *a, size_t max,
		       struct ipcx_ref *ret_ref)
{
	const char *mech = ix_mech(a->mech)->info.name, *name = a->name;
	char shown[128];

	if (!name)
		return ix_fail_plain(x, -EINVAL, "%s: a name is needed", mech);
	if (*name == '/')
		name++;
	(void)ix_escape(shown, sizeof(shown), name, IX_ESC_TEXT);
	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return ix_fail_plain(
			x, -EINVAL,
			"%s: \"/%s\" is not a valid name: it needs exactly one slash, in front, and is not /. or /..",
			mech, shown);
	if (strlen(name) > max)
		return ix_fail_plain(
			x, -ENAMETOOLONG,
			"%s: \"/%s…\": a name has at most %zu bytes after the slash",
			mech, shown, max);
	ix_posix_ref(a->mech, name, ret_ref);
	return 0;
}

bool ix_posix_same(const struct ix_posix_row *row, const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_dev == row->dev && st->st_ino == row->ino;
}

int ix_posix_again(const struct ix_posix_dir *dir, const char *file,
		   const struct ix_posix_row *row, struct stat *ret_st)
{
	struct stat st = { 0 };
	int r = ix_posix_stat(dir, file, &st);

	if (r < 0)
		return r;
	if (!ix_posix_same(row, &st))
		return -ENOENT;
	*ret_st = st;
	return 0;
}

bool ix_posix_take_back(const struct ix_posix_dir *dir, const char *file, int fd)
{
	struct stat made, now = { 0 };

	return fstat(fd, &made) == 0 && ix_posix_stat(dir, file, &now) == 0 &&
	       made.st_dev == now.st_dev && made.st_ino == now.st_ino &&
	       unlinkat(dir->fd, file, 0) == 0;
}

int ix_posix_give(int fd, const struct ipcx_attrs *a)
{
	uid_t uid = a->set & IPCX_A_UID ? a->uid : (uid_t)-1;
	gid_t gid = a->set & IPCX_A_GID ? a->gid : (gid_t)-1;

	if (!(a->set & (IPCX_A_UID | IPCX_A_GID)))
		return 0;
	return fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

int ix_posix_own(int fd, const struct ipcx_attrs *a)
{
	int r = ix_posix_give(fd, a);

	if (r < 0)
		return r;
	return fchmod(fd, a->set & IPCX_A_MODE ? a->mode : 0600) < 0 ? -errno : 0;
}

/* Change the mode of a file held by O_PATH, which fchmod(2) refuses. */
static int change_mode(struct ipcx *x, int fd, mode_t mode)
{
	char path[40];
	int proc, error = -ENOSYS;

	/* A filter may kill for it. */
	if (!ix_call_filtered())
		error = syscall(SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH) < 0 ? -errno
										: 0;
	if (error != -ENOSYS && error != -EPERM && error != -EINVAL)
		return error;
	proc = ix_procfd(x);
	if (proc < 0)
		return error;
	(void)snprintf(path, sizeof(path), "self/fd/%d", fd);
	return fchmodat(proc, path, mode, 0) < 0 ? -errno : 0;
}

int ix_posix_change(struct ipcx *x, const struct ix_posix_dir *dir, const char *file,
		    const struct ix_posix_row *row, const struct ipcx_attrs *a)
{
	auto_fd int fd = -1;
	struct stat st;
	int r;

	if (!(a->set & (IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID)))
		return 0;
	fd = ix_open_entry(dir->fd, file, O_PATH, dir->hostile);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!ix_posix_same(row, &st))
		return -ENOENT;
	/* Change the owner first: that may be refused, and a caller who may give a file
	 * away may still change its mode afterwards. */
	r = ix_posix_give(fd, a);
	return r == 0 && (a->set & IPCX_A_MODE) ? change_mode(x, fd, a->mode) : r;
}

int ix_posix_may_grow(uint64_t bytes)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return 0;
	return bytes > limit.rlim_cur ? -EFBIG : 0;
}
