/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mechanism as CONTRIBUTING.md wants a new one: this file, a line in core/registry.c
 * and one in meson.build. Its objects are the files in the directory "toys" of the
 * working directory. The test copies it to lib/mech/toy.c; it is no part of a build.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "mech/posix.h"

struct toy_row {
	struct ix_posix_row base;
	uint64_t size;
};

/* clang-format off */
static const struct ix_kind toy_kind = {
	.name = "objects",
	.row_size = sizeof(struct toy_row),
	IX_COLUMNS(
		IX_POSIX_COLUMNS(struct toy_row),
		[IPCX_F_SIZE] = IX_COL(struct toy_row, size)
	),
};
/* clang-format on */

static int open_toys(struct ix_posix_dir *ret_dir)
{
	int fd = ix_open(AT_FDCWD, "toys", O_PATH | O_DIRECTORY);

	if (fd < 0)
		return fd;
	*ret_dir = (struct ix_posix_dir){ .fd = fd };
	return 0;
}

static int one(struct ix_scan *s, const struct ix_posix_dir *dir, const char *name)
{
	struct toy_row *row;
	struct stat st;
	int r;

	if (fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	row = ix_posix_row(s, name, &st);
	if (!row)
		return -ENOMEM;
	row->size = (uint64_t)st.st_size;
	r = ix_scan_keep(s);
	return r < 0 ? r : 0;
}

static int scan(struct ix_scan *s)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	struct ix_posix_names *names auto_posix_names = NULL;
	const char *name;
	int r = open_toys(&dir);

	if (r == 0)
		r = ix_posix_names_open(&dir, &names);
	if (r < 0)
		return r;
	s->dir = &dir;
	while ((r = ix_posix_names_next(names, &name)) > 0) {
		r = one(s, &dir, name);
		if (r < 0 && r != -ENOENT)
			break;
	}
	s->dir = NULL;
	return r;
}

static int find(struct ix_scan *s, const struct ipcx_ref *ref)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	int r = open_toys(&dir);

	if (r < 0)
		return r;
	s->dir = &dir;
	r = one(s, &dir, ref->name + 1);
	s->dir = NULL;
	return r;
}

static int create(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_ref *ret_ref)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	auto_fd int fd = -1;
	struct ipcx_ref ref;
	int r = ix_posix_take_name(x, a, NAME_MAX, &ref);

	if (r == 0)
		r = open_toys(&dir);
	if (r < 0)
		return r;
	fd = openat(dir.fd, ref.name + 1, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)a->bytes) < 0 || (r = ix_posix_own(fd, a)) < 0) {
		(void)unlinkat(dir.fd, ref.name + 1, 0);
		return r < 0 ? r : -errno;
	}
	*ret_ref = ref;
	return 0;
}

static int remove_row(struct ix_scan *s, const void *row)
{
	const struct ix_posix_dir *dir = s->dir;
	char name[256];

	(void)ix_posix_name(s, row, name);
	return unlinkat(dir->fd, name, 0) < 0 ? -errno : 0;
}

static int change(struct ix_scan *s, const void *row, const struct ipcx_attrs *a)
{
	char name[256];

	(void)ix_posix_name(s, row, name);
	return ix_posix_change(s->x, s->dir, name, row, a);
}

static int memory(struct ipcx *x, const struct ipcx_ref *ref, bool write,
		  struct ix_memory *ret_memory)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	struct ix_memory m = IX_NO_MEMORY;
	auto_fd int fd = -1;
	struct stat st;
	int r = open_toys(&dir);

	if (r == 0)
		r = fd = ix_open(dir.fd, ref->name + 1, write ? O_WRONLY : O_RDONLY);
	if (r >= 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r < 0)
		return ix_fail(x, r, "toy:%s: cannot open", ref->name);
	m.size = (uint64_t)st.st_size;
	m.fd = take_fd(&fd);
	*ret_memory = m;
	return 0;
}

static int wish(const char *text, struct ipcx_attrs *ret_attrs)
{
	static const uint64_t words[] = { IPCX_A_COUNT, IPCX_A_SIZE };

	return ix_wish_read(text, words, ARRAY_SIZE(words), ret_attrs);
}

/* clang-format off */
static const struct ix_charge charges[] = {
	{ .limit = "dev_shm", .amount = ix_amount_size },
	{ .limit = NULL },
};

static const enum ipcx_field shown[] = { IPCX_F_NAME, IPCX_F_OWNER, IPCX_F_MODE, IPCX_F_SIZE };

extern const struct ix_mech ix_mech_toy;
const struct ix_mech ix_mech_toy = {
	.info = {
		.name = "toy", .label = "Toys for tests", .object = "toy", .group = "posix", .named = true,
		.create = IPCX_A_NAME | IPCX_A_MODE | IPCX_A_SIZE | IPCX_A_IF_MISSING,
		.require = IPCX_A_NAME | IPCX_A_SIZE,
		.change = IPCX_A_MODE, .need = "[COUNTx]SIZE", .shown = shown, .nshown = ARRAY_SIZE(shown),
	},
	.kind = &toy_kind,
	.charges = charges, .wish = wish,
	.scan = scan, .find = find, .create = create, .remove = remove_row, .change = change,
	.memory = memory,
};
/* clang-format on */
