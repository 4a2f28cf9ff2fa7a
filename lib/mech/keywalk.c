/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories that are searched for the files of keys. */
#include "mech/keywalk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/esc.h"
#include "base/file.h"
#include "core/columns.h"
#include "core/ctx.h"

/* The deepest nesting of directories that is searched. */
#define DEPTH_MAX 64

struct key_row {
	struct ix_row row;
	uint64_t inode, device;
	uint32_t key, proj;
	ix_text path;
};

/* clang-format off */
const struct ix_kind ix_key_kind = {
	.name = "keys",
	.row_size = sizeof(struct key_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_KEY,    struct key_row, key),
		IX_COL(IPCX_F_PATH,   struct key_row, path),
		IX_COL(IPCX_F_PROJ,   struct key_row, proj),
		IX_COL(IPCX_F_DEVICE, struct key_row, device),
		IX_COL(IPCX_F_INODE,  struct key_row, inode)
	),
};
/* clang-format on */

int ix_key_add(struct ipcx_table *t, const char *path, const struct stat *st,
	       uint32_t key)
{
	struct key_row *row = ix_table_row(t);

	if (!row)
		return -ENOMEM;
	row->key = key;
	row->proj = key >> 24;
	row->path = ix_table_text(t, path);
	row->device = st->st_dev;
	row->inode = st->st_ino;
	ix_table_keep(t);
	return 0;
}

int ix_key_paths(struct ipcx *x, const char *const *paths, size_t n)
{
	if (n && !paths)
		return ix_fail_plain(x, -EINVAL, "no list of paths (NULL)");
	for (size_t i = 0; i < n; i++)
		if (!paths[i])
			return ix_fail_plain(x, -EINVAL, "path %zu is NULL", i);
	return 0;
}

void ix_key_note(struct ipcx_table *t, const char *path, int error)
{
	char subject[512];

	(void)ix_escape(subject, sizeof(subject), path, IX_ESC_TEXT);
	ix_table_note(t, error == -ENOENT ? IPCX_NOTE_MISSING : IPCX_NOTE_FAILED,
		      IPCX_NO_MECH, error, subject, "%s", ix_errno_text(error));
}

struct ipcx_table *ix_key_begin(struct ipcx *x, const struct ix_kind *kind)
{
	struct ipcx_table *t;

	if (ix_table_new(&t) == 0) {
		if (ix_table_section(t, kind, IPCX_NO_MECH) == 0)
			return t;
		ipcx_table_free(t);
	}
	(void)ix_fail_plain(x, -ENOMEM, "out of memory");
	return NULL;
}

int ix_key_finish(struct ipcx *x, struct ipcx_table *t, int r,
		  struct ipcx_table **ret_table)
{
	if (r == -ENOMEM)
		r = ix_fail_plain(x, r, "out of memory");
	return ix_table_hand(x, t, r, ret_table);
}

static int keywalk_path(struct ix_key_walk *w, const char *path, int depth);

/* Search every entry of a directory. A directory that cannot be opened causes a note; an
 * entry that vanishes meanwhile is skipped. */
static int keywalk_below(struct ix_key_walk *w, const char *path, int depth)
{
	auto_dir DIR *dir = NULL;
	auto_fd int fd =
		ix_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK);
	const struct dirent *e;
	int r = 0;

	if (fd == -ENOTDIR || fd == -ELOOP)
		return 0;
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		ix_key_note(w->t, path, fd < 0 ? fd : -errno);
		return 0;
	}
	(void)take_fd(&fd);
	while (r == 0 && (e = readdir(dir))) {
		auto_free char *below = NULL;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (asprintf(&below, "%s%s%s", path,
			     path[strlen(path) - 1] == '/' ? "" : "/", e->d_name) < 0) {
			below = NULL;
			return -ENOMEM;
		}
		r = keywalk_path(w, below, depth + 1);
	}
	return r;
}

static int keywalk_path(struct ix_key_walk *w, const char *path, int depth)
{
	bool named = depth == 0;
	struct stat st;
	int r;

	if (stat(path, &st) < 0) {
		int error = -errno;

		r = named ? w->visit(w, path, NULL, true) : 1;
		if (r == 0)
			ix_key_note(w->t, path, error);
		return MIN(r, 0);
	}
	r = w->visit(w, path, &st, named);
	if (r == 0 && w->recursive && depth < DEPTH_MAX)
		r = keywalk_below(w, path, depth);
	return r;
}

int ix_key_walk(struct ix_key_walk *w, const char *const *paths, size_t n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = keywalk_path(w, paths[i], 0);
	return r;
}
