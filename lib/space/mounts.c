/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * File systems in memory besides /dev/shm. A file system is known by its device: it is
 * looked at once, whatever the number of mounts and mount namespaces that show it. What
 * is mounted over cannot be reached by any path.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/file.h"
#include "base/mntinfo.h"
#include "core/dirid.h"
#include "core/limit.h"
#include "ns/discover.h"
#include "ns/ns.h"
#include "space/memory.h"

static int mounts_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

struct ix_mem_fs *ix_mem_fs_find(const struct ix_mem_answer *m, uint64_t dev)
{
	void *found = tfind(&dev, &m->tree, mounts_order);

	return found ? *(struct ix_mem_fs **)found : NULL;
}

struct ix_mem_fs *ix_mem_fs(struct ix_mem_answer *m, uint64_t dev, const char *path,
			    int32_t pid)
{
	struct ix_mem_fs *fs = ix_mem_fs_find(m, dev);
	size_t len = strlen(path) + 1;

	if (fs)
		return fs;
	fs = calloc(1, sizeof(*fs) + len);
	if (!fs)
		return NULL;
	fs->dev = dev;
	fs->pid = pid;
	memcpy(fs->path, path, len);
	if (!tsearch(fs, &m->tree, mounts_order)) {
		free(fs);
		return NULL;
	}
	*m->end = fs;
	m->end = &fs->next;
	m->nfs++;
	return fs;
}

/* Look at a mounted file system, without asking another one. */
static void mounts_look(struct ix_mem_answer *m, struct ix_mem_fs *fs, int root,
			const char *path)
{
	auto_fd int fd = root < 0 ? root
				  : ix_dirid_open(m->x, root, ix_relative(path), O_PATH);
	struct statfs now;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || (uint64_t)st.st_dev != fs->dev ||
	    fstatfs(fd, &now) < 0 || (unsigned)now.f_type != TMPFS_MAGIC)
		return;
	fs->opened = true;
	fs->size = ix_mul_sat(now.f_blocks, (uint64_t)now.f_bsize);
	fs->used = ix_mul_sat(now.f_blocks - MIN(now.f_bfree, now.f_blocks),
			      (uint64_t)now.f_bsize);
	fs->inodes = now.f_files;
	fs->inodes_used = now.f_files - MIN(now.f_ffree, now.f_files);
}

static bool mounts_in_memory(const char *type)
{
	return !strcmp(type, "tmpfs") || !strcmp(type, "devtmpfs");
}

static bool mounts_gone(int error)
{
	return error == -ENOENT || error == -ESRCH || error == -EINVAL;
}

/* Read the mounts of one mount namespace: of a process, or (pid 0) of our own. */
static int mounts_read(struct ix_mem_answer *m, int32_t pid, int root)
{
	auto_buf struct ix_buf text = { 0 };
	struct ix_mntinfo mount;
	int r = ix_mntinfo_read(ix_procfd(m->x), pid, &text);
	char *pos = text.data;

	while (r == 0 && (r = ix_mntinfo_next(&pos, &mount)) > 0) {
		struct ix_mem_fs *fs;

		r = 0;
		if (!mounts_in_memory(mount.type))
			continue;
		fs = ix_mem_fs(m, mount.dev, mount.target, pid);
		if (!fs)
			return -ENOMEM;
		if (fs->shm || fs->opened)
			continue;
		mounts_look(m, fs, root, mount.target);
		/* Show the path on which it was found. */
		if (fs->opened && fs->pid == pid &&
		    strlen(mount.target) <= strlen(fs->path))
			memcpy(fs->path, mount.target, strlen(mount.target) + 1);
	}
	if (r == -ENOMEM)
		return r;
	if (r < 0 && !(pid && mounts_gone(r))) {
		m->unseen_places = true;
		ix_table_once(m->t, r, "the mounts of some processes could not be read");
	}
	return 0;
}

static int mounts_by_mnt(const void *a, const void *b)
{
	const struct ix_nspair *p = a, *q = b;

	return mounts_order(&p->mnt, &q->mnt);
}

static int mounts_of_process(struct ix_mem_answer *m, int32_t pid)
{
	auto_fd int root = -1;
	char path[24];

	(void)snprintf(path, sizeof(path), "%d/root", pid);
	root = ix_dirid_root(ix_procfd(m->x), path);
	if (root == -EACCES || root == -EPERM)
		m->unseen_places = true;
	return root < 0 ? 0 : mounts_read(m, pid, root);
}

/* Read every other mount namespace, by its oldest process. */
static int mounts_everywhere(struct ix_mem_answer *m)
{
	uint64_t own = ix_ns_own(m->x, "mnt"), last = own;
	struct ix_nslist l;
	int r = ix_discover(m->x, 0, &l);

	if (r < 0)
		return r;
	if (l.npairs)
		qsort(l.pairs, l.npairs, sizeof(*l.pairs), mounts_by_mnt);
	for (size_t i = 0; r == 0 && i < l.npairs; i++) {
		if (l.pairs[i].mnt == last || l.pairs[i].mnt == own)
			continue;
		last = l.pairs[i].mnt;
		r = mounts_of_process(m, l.pairs[i].pid);
	}
	m->unseen_places |= l.hidden || l.missed || l.no_ipcns;
	ix_nslist_free(&l);
	return r;
}

int ix_mem_mounts(struct ix_mem_answer *m)
{
	const struct ipcx_ns *ns = m->x->ns;
	const struct ix_target *p = ns ? ix_ns_target(ns) : NULL;
	int r;

	if (p && !p->self) {
		if (p->directory || p->rootfd < 0)
			return 0;
		return mounts_read(m, p->pid, p->rootfd);
	}
	r = mounts_read(m, 0, ix_rootfd(m->x));
	return r == 0 && ns && ns->all ? mounts_everywhere(m) : r;
}

/* ---- rows */

/* The longest path that stands in the place of a row. */
#define PLACE_PATH 18
#define PLACE_MOST (PLACE_PATH + 8)

/* In bytes; file systems that use less share a row. */
#define MOUNTS_WORTH (UINT64_C(64) << 10)

static int mounts_put_nameless(struct ix_mem_answer *m, const struct ix_mem_fs *fs,
			       const char *place)
{
	const struct ix_mem_kept *k = &fs->kept;
	struct ix_mem_put p;
	char text[512];

	if (!k->files)
		return 0;
	p = ix_mem_begin(m->t, place, "nameless");
	if (k->unsized)
		ix_mem_unknown(&p, IX_MEM_USED);
	else
		ix_mem_number(&p, IX_MEM_USED, k->bytes);
	ix_mem_number(&p, IX_MEM_OBJECTS, k->files);
	ix_mem_biggest(m, k, text, sizeof(text));
	ix_mem_what(&p, "%s", text);
	return ix_mem_end(&p);
}

/* Write "tmpfs PATH", and return what is to be said of it first: of a long path, the
 * whole path, and only its end stands in the place. */
static const char *mounts_place(const struct ix_mem_fs *fs, char place[PLACE_MOST])
{
	const char *last = strrchr(fs->path, '/');

	if (strlen(fs->path) <= PLACE_PATH) {
		(void)snprintf(place, PLACE_MOST, "tmpfs %s", fs->path);
		return "";
	}
	(void)snprintf(place, PLACE_MOST, "tmpfs ...%.*s", PLACE_PATH - 3,
		       last ? last : fs->path);
	return fs->path;
}

static int mounts_put(struct ix_mem_answer *m, const struct ix_mem_fs *fs)
{
	char place[PLACE_MOST];
	const char *path = mounts_place(fs, place), *sep = path[0] ? ": " : "";
	struct ix_mem_put p = ix_mem_begin(m->t, place, "all");
	int r;

	if (fs->size) {
		ix_mem_number(&p, IX_MEM_LIMIT, fs->size);
		ix_mem_number(&p, IX_MEM_USED, fs->used);
		ix_mem_resident(m, &p, fs->used, true);
	} else {
		ix_mem_unknown(&p, IX_MEM_USED);
		ix_mem_unknown(&p, IX_MEM_RESIDENT);
		m->unseen_sizes = true;
	}
	if (fs->inodes) {
		ix_mem_number(&p, IX_MEM_INODES, fs->inodes);
		ix_mem_number(&p, IX_MEM_INODES_USED, fs->inodes_used);
	}
	if (!fs->size)
		ix_mem_what(&p, "%s%sno limit, so the kernel does not count its use",
			    path, sep);
	else if (fs->pid)
		ix_mem_what(&p, "%s%sin the mount namespace of process %d", path, sep,
			    fs->pid);
	else
		ix_mem_what(&p, "%s", path);
	r = ix_mem_end(&p);
	return r < 0 ? r : mounts_put_nameless(m, fs, place);
}

/* How a file system is shown. */
enum mounts_shown { MOUNTS_SHM, MOUNTS_ROW, MOUNTS_SMALL, MOUNTS_COVERED };

static enum mounts_shown mounts_shown(const struct ix_mem_fs *fs)
{
	if (fs->shm)
		return MOUNTS_SHM;
	if (!fs->opened)
		return MOUNTS_COVERED;
	return fs->size && fs->used < MOUNTS_WORTH && !fs->kept.files &&
			       fs->inodes_used <= fs->inodes / 2
		       ? MOUNTS_SMALL
		       : MOUNTS_ROW;
}

/* One row for all that are shown in this way. */
static int mounts_put_all(struct ix_mem_answer *m, enum mounts_shown how,
			  const char *kind, const char *what)
{
	char text[400];
	size_t n = 0, len = 0;
	uint64_t used = 0;
	struct ix_mem_put p;

	for (const struct ix_mem_fs *fs = m->first; fs; fs = fs->next) {
		if (mounts_shown(fs) != how)
			continue;
		if (len < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
						n ? ", " : "", fs->path);
		used += fs->used;
		n++;
	}
	if (!n)
		return 0;
	p = ix_mem_begin(m->t, "tmpfs", kind);
	ix_mem_number(&p, IX_MEM_OBJECTS, n);
	if (how == MOUNTS_SMALL) {
		ix_mem_number(&p, IX_MEM_USED, used);
		ix_mem_resident(m, &p, used, true);
	} else {
		ix_mem_unknown(&p, IX_MEM_USED);
		ix_mem_unknown(&p, IX_MEM_RESIDENT);
		m->unseen_places = true;
	}
	ix_mem_what(&p, "%s: %s%s", what, text, len < sizeof(text) ? "" : "...");
	return ix_mem_end(&p);
}

int ix_mem_put_mounts(struct ix_mem_answer *m)
{
	int r = 0;

	for (const struct ix_mem_fs *fs = m->first; r == 0 && fs; fs = fs->next)
		if (mounts_shown(fs) == MOUNTS_ROW)
			r = mounts_put(m, fs);
	if (r == 0)
		r = mounts_put_all(m, MOUNTS_SMALL, "small", "less than 64K in each");
	return r == 0 ? mounts_put_all(m, MOUNTS_COVERED, "covered",
				       "cannot be seen, something is mounted over them")
		      : r;
}
