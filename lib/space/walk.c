/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the memory of a /dev/shm is used by. The directory is another user's, perhaps an
 * enemy's: links are not followed, mounts not entered, and the depth is bounded. A file
 * with several names is counted once, by its first.
 */
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/below.h"
#include "base/file.h"
#include "mech/posix.h"
#include "space/space.h"

/* The deepest directories that are looked into, and the most entries in all. */
#define WALK_DEPTH 64
#define WALK_MOST  (4U << 20)

struct space_walk {
	struct ipcx_table *t;
	struct ix_space_shm *s;
	void *seen; /* inode numbers of files with several names (tsearch(3)) */
	uint32_t entries;
	enum ix_space_part part;
	uint64_t sum; /* of the current directory in /dev/shm */
	int r;        /* -ENOMEM */
};

static int walk_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Whether a file was counted by another of its names. */
static bool walk_seen(struct space_walk *w, const struct stat *st)
{
	uint64_t ino = st->st_ino, *copy;

	if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return false;
	if (tfind(&ino, &w->seen, walk_order))
		return true;
	copy = malloc(sizeof(*copy));
	if (copy)
		*copy = ino;
	if (!copy || !tsearch(copy, &w->seen, walk_order)) {
		free(copy);
		w->r = -ENOMEM;
	}
	return false;
}

/* Remember the biggest. */
static void walk_big(struct space_walk *w, const char *name, uint64_t bytes)
{
	struct ix_space_shm *s = w->s;
	size_t i = IX_SPACE_BIG;

	while (i && bytes > s->big[i - 1])
		i--;
	if (i == IX_SPACE_BIG)
		return;
	for (size_t k = IX_SPACE_BIG - 1; k > i; k--) {
		s->big[k] = s->big[k - 1];
		s->big_name[k] = s->big_name[k - 1];
		s->big_part[k] = s->big_part[k - 1];
	}
	s->big[i] = bytes;
	s->big_part[i] = (uint8_t)w->part;
	s->big_name[i] = ix_table_text(w->t, name);
}

static uint64_t walk_count(struct space_walk *w, const struct stat *st)
{
	uint64_t bytes;

	if (walk_seen(w, st))
		return 0;
	bytes = (uint64_t)st->st_blocks * 512;
	w->s->files[w->part]++;
	w->s->bytes[w->part] += bytes;
	return bytes;
}

/* Something at this depth could not be read. In /dev/shm itself, it may be of any
 * kind. */
static void walk_missed(struct space_walk *w, int depth, int error)
{
	const unsigned all = 1U << IX_SPACE_OBJECTS | 1U << IX_SPACE_DIRECTORIES |
			     1U << IX_SPACE_OTHER;

	if (!w->s->missed)
		w->s->lost = error;
	w->s->missed |= (uint8_t)(depth ? 1U << IX_SPACE_DIRECTORIES : all);
}

static bool walk_gone(int error)
{
	return error == -ENOENT || error == -ESTALE;
}

static void walk_below(struct space_walk *w, const struct ix_posix_dir *dir, int depth);

/* Look into a directory, unless it is another file system's. */
static void walk_into(struct space_walk *w, const struct ix_posix_dir *dir,
		      const char *name, int depth)
{
	struct ix_posix_dir sub auto_posix_dir = *dir;

	sub.fd = ix_open_entry(dir->fd, name, O_PATH | O_DIRECTORY, true);
	if (sub.fd >= 0 && depth < WALK_DEPTH)
		walk_below(w, &sub, depth + 1);
	else if (sub.fd >= 0 || (sub.fd != -EXDEV && !walk_gone(sub.fd)))
		walk_missed(w, depth + 1, MIN(sub.fd, 0));
}

static void walk_one(struct space_walk *w, const struct ix_posix_dir *dir,
		     const char *name, int depth)
{
	struct stat st;
	int r = ix_posix_stat(dir, name, &st);

	/* Something may be mounted on it. */
	if (r < 0 || (uint64_t)st.st_dev != w->s->dev) {
		if (r < 0 && r != -EXDEV && !walk_gone(r))
			walk_missed(w, depth, r);
		return;
	}
	if (depth) {
		w->sum += walk_count(w, &st);
		if (S_ISDIR(st.st_mode))
			walk_into(w, dir, name, depth);
		return;
	}
	if (S_ISDIR(st.st_mode))
		return;
	w->part = S_ISREG(st.st_mode) ? IX_SPACE_OBJECTS : IX_SPACE_OTHER;
	walk_big(w, name, walk_count(w, &st));
}

/* Call for each entry of a directory. */
static void walk_below(struct space_walk *w, const struct ix_posix_dir *dir, int depth)
{
	struct ix_posix_names *names auto_posix_names = NULL;
	const char *name;
	int r = ix_posix_names_open(dir, &names);

	while (r == 0 && w->r == 0 && (r = ix_posix_names_next(names, &name)) > 0) {
		r = 0;
		if (++w->entries > WALK_MOST) {
			walk_missed(w, depth, 0);
			return;
		}
		walk_one(w, dir, name, depth);
	}
	if (r == -ENOMEM)
		w->r = r;
	if (r < 0 && !walk_gone(r))
		walk_missed(w, depth, r);
}

/* The directories come last: a file that also has a name in one of them is an object. */
static void walk_directories(struct space_walk *w, const struct ix_posix_dir *dir)
{
	struct ix_posix_names *names auto_posix_names = NULL;
	const char *name;
	int r = ix_posix_names_open(dir, &names);

	while (r == 0 && w->r == 0 && (r = ix_posix_names_next(names, &name)) > 0) {
		struct stat st;

		r = 0;
		if (ix_posix_stat(dir, name, &st) < 0 || !S_ISDIR(st.st_mode) ||
		    (uint64_t)st.st_dev != w->s->dev)
			continue;
		w->part = IX_SPACE_DIRECTORIES;
		w->sum = walk_count(w, &st);
		walk_into(w, dir, name, 0);
		walk_big(w, name, w->sum);
	}
	if (r < 0)
		walk_missed(w, 1, r);
}

int ix_space_walk(struct ipcx_table *t, const struct ix_posix_dir *dir,
		  struct ix_space_shm *s)
{
	struct space_walk w = { .t = t, .s = s };
	uint64_t named = 0;

	walk_below(&w, dir, 0);
	if (w.r == 0)
		walk_directories(&w, dir);
	tdestroy(w.seen, free);
	s->walked = true;
	for (unsigned i = 0; i < IX_SPACE_NAMELESS; i++)
		named += s->bytes[i];
	if (s->tmpfs && s->size && s->used > named)
		s->bytes[IX_SPACE_NAMELESS] = s->used - named;
	return w.r;
}
