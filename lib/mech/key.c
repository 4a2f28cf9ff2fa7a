/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys and ids of System V objects: how ftok(3) makes keys, and how the kernel makes
 * ids. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/stat.h>

#include "base/esc.h"
#include "base/file.h"
#include "core/columns.h"
#include "core/copyin.h"
#include "core/limit.h"
#include "core/table.h"

/* The deepest nesting of directories that is searched. */
#define DEPTH_MAX 64

struct key_row {
	struct ix_row row;
	uint64_t inode, device;
	uint32_t key, proj;
	ix_text path;
};

struct id_row {
	struct ix_row row;
	int32_t id;
	uint32_t index, seq;
	ix_text ref;
};

/* clang-format off */
static const struct ix_kind key_kind = {
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

static const struct ix_kind id_kind = {
	.name = "ids",
	.row_size = sizeof(struct id_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_REF,      struct id_row, ref),
		IX_COL(IPCX_F_ID,       struct id_row, id),
		IX_COL(IPCX_F_ID_INDEX, struct id_row, index),
		IX_COL(IPCX_F_ID_SEQ,   struct id_row, seq)
	),
};
/* clang-format on */

int ipcx_key(struct ipcx *x, const char *path, int proj, uint32_t *ret_key)
{
	IX_REQUIRE(x, path, ret_key);
	key_t key;

	errno = 0;
	key = ftok(path, proj);
	if (key == (key_t)-1 && errno == ENOENT)
		return ix_fail(x, -ENOENT, "%s: cannot make a key", path);
	if (key == (key_t)-1 && errno) /* -1 is a possible key, too */
		return ix_fail(x, -errno, "%s: cannot make a key", path);
	*ret_key = (uint32_t)key;
	return 0;
}

static int key_add_key(struct ipcx_table *t, const char *path, uint32_t key, int proj)
{
	struct key_row *row = ix_table_row(t);
	struct stat st;

	if (!row)
		return -ENOMEM;
	row->key = key;
	row->proj = (unsigned)proj & 0xff;
	row->path = ix_table_text(t, path);
	if (stat(path, &st) == 0) {
		row->device = st.st_dev;
		row->inode = st.st_ino;
	}
	ix_table_keep(t);
	return 0;
}

static void note_path(struct ipcx_table *t, const char *path, int error)
{
	char subject[512];

	(void)ix_escape(subject, sizeof(subject), path, IX_ESC_TEXT);
	ix_table_note(t, error == -ENOENT ? IPCX_NOTE_MISSING : IPCX_NOTE_FAILED,
		      IPCX_NO_MECH, error, subject, "%s", ix_errno_text(error));
}

/* Return an empty table for rows of this kind, or, when out of memory, NULL with the
 * context's error set. */
static struct ipcx_table *key_begin(struct ipcx *x, const struct ix_kind *kind)
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

static int key_finish(struct ipcx *x, struct ipcx_table *t, int r,
		      struct ipcx_table **ret_table)
{
	if (r == -ENOMEM)
		r = ix_fail_plain(x, r, "out of memory");
	return ix_table_hand(x, t, r, ret_table);
}

static int check_paths(struct ipcx *x, const char *const *paths, size_t n)
{
	if (n && !paths)
		return ix_fail_plain(x, -EINVAL, "no list of paths (NULL)");
	for (size_t i = 0; i < n; i++)
		if (!paths[i])
			return ix_fail_plain(x, -EINVAL, "path %zu is NULL", i);
	return 0;
}

int ipcx_keys(struct ipcx *x, const char *const *paths, size_t n, int proj,
	      struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct ipcx_table *t;
	uint32_t key;
	int r = check_paths(x, paths, n);

	if (r < 0)
		return r;
	t = key_begin(x, &key_kind);
	if (!t)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < n; i++) {
		int made = ipcx_key(x, paths[i], proj, &key);

		if (made < 0)
			note_path(t, paths[i], made);
		else
			r = key_add_key(t, paths[i], key, proj);
	}
	return key_finish(x, t, r, ret_table);
}

struct search {
	struct ipcx *x;
	struct ipcx_table *t;
	uint32_t key;
	bool recursive;
};

static int search_path(struct search *s, const char *path, int depth);

/* Search every entry of a directory. A directory that cannot be opened causes a note; an
 * entry that vanishes meanwhile is skipped. */
static int search_below(struct search *s, const char *path, int depth)
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
		note_path(s->t, path, fd < 0 ? fd : -errno);
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
		r = search_path(s, below, depth + 1);
	}
	return r;
}

static int search_path(struct search *s, const char *path, int depth)
{
	uint32_t made = 0;
	int r = *path ? ipcx_key(s->x, path, 1, &made) : -ENOENT;

	if (r < 0) {
		if (depth == 0)
			note_path(s->t, path, r);
		return 0;
	}
	/* Device and inode fill the lower 24 bits, proj the upper 8; what proj 0 does is
	 * unspecified. */
	if (((made ^ s->key) & 0xffffff) == 0)
		r = key_add_key(s->t, path, s->key, (int)(s->key >> 24));
	if (r == 0 && s->recursive && depth < DEPTH_MAX)
		r = search_below(s, path, depth);
	return r;
}

int ipcx_key_search(struct ipcx *x, uint32_t key, const char *const *paths, size_t n,
		    bool recursive, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct search s = { .x = x, .key = key, .recursive = recursive };
	int r = check_paths(x, paths, n);

	if (r < 0)
		return r;
	s.t = key_begin(x, &key_kind);
	if (!s.t)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = search_path(&s, paths[i], 0);
	return key_finish(x, s.t, r, ret_table);
}

int ipcx_id_split(struct ipcx *x, const struct ipcx_ref *refs, size_t n,
		  struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	unsigned bits = ix_id_bits(x);
	struct ipcx_table *t;
	int r = 0;

	if (n && !refs)
		return ix_fail_plain(x, -EINVAL, "no list of references (NULL)");
	t = key_begin(x, &id_kind);
	if (!t)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < n; i++) {
		char text[IPCX_REF_MAX];
		struct id_row *row;

		r = ix_ref_check(x, &refs[i]);
		if (r < 0)
			break;
		(void)ipcx_ref_format(&refs[i], text, sizeof(text));
		if (refs[i].by != IPCX_BY_ID) {
			ix_table_note(t, IPCX_NOTE_FAILED, refs[i].mech, -EINVAL, text,
				      "is not an id, so it cannot be split");
			continue;
		}
		row = ix_table_row(t);
		if (!row) {
			r = -ENOMEM;
			break;
		}
		row->id = refs[i].id;
		row->index = (uint32_t)refs[i].id & ((UINT32_C(1) << bits) - 1);
		row->seq = (uint32_t)refs[i].id >> bits;
		row->ref = ix_table_text(t, text);
		ix_table_keep(t);
	}
	return key_finish(x, t, r, ret_table);
}
