/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files whose keys by ftok(3) are equal. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "core/copyin.h"
#include "core/ctx.h"
#include "mech/keywalk.h"

struct same_file {
	uint64_t dev, ino;
	size_t path; /* where it begins in the paths */
	size_t order;
	uint32_t key;
};

struct key_same {
	struct ix_key_walk walk;
	int proj;
	struct ix_buf files, paths;
};

static int same_visit(struct ix_key_walk *w, const char *path, const struct stat *st,
		      bool named)
{
	struct key_same *s = (struct key_same *)w;
	struct same_file f = { .path = s->paths.len, .order = s->files.len / sizeof(f) };
	int r;

	(void)named;
	if (!st)
		return 0;
	f.dev = st->st_dev;
	f.ino = st->st_ino;
	f.key = ix_key_of(st, s->proj);
	r = ix_buf_add(&s->files, &f, sizeof(f));
	return r ? r : ix_buf_add(&s->paths, path, strlen(path) + 1);
}

/* Order files by key; those of a key by what file they are, then as they were found. */
static int same_compare(const void *a, const void *b)
{
	const struct same_file *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static bool same_inode(const struct same_file *a, const struct same_file *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

/* Add the files from all[0] on that have one key, each once, if there are at least two.
 * Returns how many there are, or -ENOMEM. */
static ssize_t same_add(struct key_same *s, const struct same_file *all, size_t n)
{
	size_t end = 1;
	int r = 0;

	while (end < n && all[end].key == all[0].key)
		end++;
	if (same_inode(&all[0], &all[end - 1]))
		return (ssize_t)end; /* one file, perhaps with several names */
	for (size_t i = 0; r == 0 && i < end; i++) {
		const struct stat st = { .st_dev = all[i].dev, .st_ino = all[i].ino };

		if (i == 0 || !same_inode(&all[i], &all[i - 1]))
			r = ix_key_add(s->walk.t, s->paths.data + all[i].path, &st,
				       all[i].key);
	}
	return r ? r : (ssize_t)end;
}

static int same_rows(struct key_same *s)
{
	struct same_file *all = (struct same_file *)(void *)s->files.data;
	size_t n = s->files.len / sizeof(*all);
	ssize_t r = 0;

	if (n)
		qsort(all, n, sizeof(*all), same_compare);
	for (size_t i = 0; r >= 0 && i < n; i += (size_t)r)
		r = same_add(s, all + i, n - i);
	return (int)MIN(r, 0);
}

int ipcx_key_collisions(struct ipcx *x, const char *const *paths, size_t n, int proj,
			unsigned flags, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct key_same s = { .walk = { .recursive = flags & IPCX_KEY_RECURSIVE,
					.visit = same_visit },
			      .proj = proj };
	int r = ix_key_paths(x, paths, n);

	if (r == 0 && (flags & ~IPCX_KEY_RECURSIVE))
		r = ix_fail_plain(x, -EINVAL, "unknown flags 0x%x", flags);
	if (r < 0)
		return r;
	s.walk.t = ix_key_begin(x, &ix_key_kind);
	if (!s.walk.t)
		return -ENOMEM;
	r = ix_key_walk(&s.walk, paths, n);
	if (r == 0)
		r = same_rows(&s);
	ix_buf_free(&s.files);
	ix_buf_free(&s.paths);
	return ix_key_finish(x, s.walk.t, r, ret_table);
}
