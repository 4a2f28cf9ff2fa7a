/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one process has mapped or open, as far as it is wanted. Names are read only where
 * nothing else decides: for the kernel's own memory, whose segments, memfds and anonymous
 * shared memory are told apart by name alone, and for files that are unlinked.
 */
#include "who/pass.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "base/statx.h"
#include "proc/fds.h"
#include "proc/maps.h"
#include "who/names.h"

int ix_use_file_order(const void *a, const void *b)
{
	const struct ix_use_file *l = a, *r = b;

	if (l->ino != r->ino)
		return l->ino < r->ino ? -1 : 1;
	return l->dev == r->dev ? 0 : l->dev < r->dev ? -1 : 1;
}

/* Whether a file is not among those that are wanted. */
static bool is_other(const struct ix_uses_pass *p, uint64_t dev, uint64_t ino)
{
	const struct ix_use_file file = { dev, ino };

	return p->what->files && !bsearch(&file, p->what->files, p->what->nfiles,
					  sizeof(file), ix_use_file_order);
}

/* Whether a file system may have files that are wanted. */
static bool wants_dev(const struct ix_uses_pass *p, uint64_t dev)
{
	if (p->what->files)
		return true;
	if (!p->what->devs)
		return major(dev) == 0 || dev == p->own_shm;
	for (size_t i = 0; i < p->what->ndevs; i++)
		if (p->what->devs[i] == dev)
			return true;
	return false;
}

/* ---- adding uses */

static struct ix_use *uses_add(struct ix_uses *u)
{
	if (u->n == u->cap) {
		size_t cap = u->cap ? 2 * u->cap : 256;
		struct ix_use *more = reallocarray(u->all, cap, sizeof(*more));

		if (!more)
			return NULL;
		u->all = more;
		u->cap = cap;
	}
	return &u->all[u->n++];
}

static int add_mapping(struct ix_uses_pass *p, enum ix_use_kind kind,
		       const struct ix_mapping *m, uint32_t key)
{
	struct ix_use *use = uses_add(p->u);

	if (!use)
		return -ENOMEM;
	*use = (struct ix_use){
		.kind = kind,
		.user = (uint32_t)p->u->nusers,
		.dev = m->dev,
		.ino = m->ino,
		.address = m->start,
		.end = m->end,
		.mapped = m->end - m->start,
		.mappings = 1,
		.key = key,
		.fd = -1,
		.links = 1,
		.access = (uint8_t)((m->read ? IX_USE_R : 0) |
				    (m->write && m->shared ? IX_USE_W : 0)),
	};
	return 0;
}

static void map_file_path(char *buf, size_t size, uint64_t start, uint64_t end)
{
	(void)snprintf(buf, size, "map_files/%" PRIx64 "-%" PRIx64, start, end);
}

/* The path of a mapping is that by which it was opened: the file may have other links, as
 * the file of a semaphore has after sem_open(3) created it. The kernel lets only
 * privileged processes ask for the file itself; for others, the mark remains. */
static void check_unlinked(int dir, struct ix_use *use)
{
	char path[64];
	struct statx st;

	/* By now, a file of a file system that never answers may be mapped there. */
	map_file_path(path, sizeof(path), use->address, use->end);
	if (ix_statx(dir, path, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) < 0 ||
	    st.stx_ino != use->ino)
		return;
	use->links = st.stx_nlink;
	use->size = st.stx_size;
	use->blocks = st.stx_blocks;
	use->sized = true;
}

/* Keep the last component of the name of a file that seems to be unlinked, without the
 * kernel's mark. */
static int keep_name(struct ix_uses *u, struct ix_use *use, char *name, size_t len)
{
	const char *last;

	if (ix_name_is_given(name)) {
		use->links = 0;
		return 0;
	}
	last = ix_name_cut_mark(name, len);
	if (!last)
		return 0;
	use->links = 0;
	if (u->names.len > UINT32_MAX / 2)
		return 0;
	use->name = (uint32_t)u->names.len + 1;
	return ix_buf_add(&u->names, last, strlen(last) + 1);
}

static int add_file(struct ix_uses_pass *p, int dir, struct ix_maps *maps,
		    const struct ix_mapping *m)
{
	char name[PATH_MAX + 64];
	struct ix_use *use;
	int r = add_mapping(p, IX_USE_FILE, m, 0), len;

	if (r < 0 || !p->what->access)
		return r;
	use = &p->u->all[p->u->n - 1];
	len = ix_maps_name(maps, m, name, sizeof(name));
	if (len < 0 && len != -ENAMETOOLONG)
		return len == -ESTALE || len == -ENOENT ? 0 : len;
	r = len < 0 ? 0 : keep_name(p->u, use, name, (size_t)len);
	if (r == 0 && (len < 0 || !use->links))
		check_unlinked(dir, use);
	return r;
}

/* The kernel lets only privileged processes see past a name that the process gave. */
static void memory_behind_name(struct ix_uses_pass *p, int dir,
			       const struct ix_mapping *m, char *name, size_t size)
{
	char path[64];
	int len;

	map_file_path(path, sizeof(path), m->start, m->end);
	len = ix_read_link(dir, path, name, size);
	if (len < 0 && len != -ENAMETOOLONG && len != -ENOENT && !p->trouble)
		p->trouble = len;
	name[size - 1] = '\0';
}

static int add_memory(struct ix_uses_pass *p, int dir, const struct ix_mapping *m,
		      enum ix_use_kind kind)
{
	int r = ix_uses_wants(p, kind) ? add_mapping(p, kind, m, 0) : 0;

	if (r == 0 && ix_uses_wants(p, kind) && p->what->sizes)
		check_unlinked(dir, &p->u->all[p->u->n - 1]);
	return r;
}

/* A mapping of the kernel's own memory: only the name tells what it is. Anonymous shared
 * memory is there, too, and its inodes may equal the ids of segments. */
static int add_nameless(struct ix_uses_pass *p, int dir, struct ix_maps *maps,
			const struct ix_mapping *m)
{
	char name[32];
	uint32_t key;
	int len = ix_maps_name(maps, m, name, sizeof(name));

	if (len < 0)
		return len == -ESTALE || len == -ENOENT ? 0 : len;
	if (ix_name_is_given(name) &&
	    (ix_uses_wants(p, IX_USE_MEMFD) || ix_uses_wants(p, IX_USE_ANON)))
		memory_behind_name(p, dir, m, name, sizeof(name));
	if (ix_name_sysv_key(name, &key))
		return ix_uses_wants(p, IX_USE_SYSV) && m->shared
			       ? add_mapping(p, IX_USE_SYSV, m, key)
			       : 0;
	return add_memory(p, dir, m, ix_name_is_memfd(name) ? IX_USE_MEMFD : IX_USE_ANON);
}

static bool is_nameless(const struct ix_uses_pass *p, uint64_t dev)
{
	for (size_t i = 0; i < p->u->ndevs; i++)
		if (p->u->devs[i].dev == dev)
			return true;
	return false;
}

/* The most mappings of a process that are read: far above any vm.max_map_count in use. A
 * process could go on for ever to map memory where the reader is to come. */
#define READING_MOST (1 << 22)

int ix_uses_read_maps(struct ix_uses_pass *p, int dir)
{
	const unsigned kinds = 1U << IX_USE_SYSV | 1U << IX_USE_PIPE;
	const bool shared = p->what->shared || !(p->what->kinds & ~kinds);
	struct ix_maps maps auto_maps = { .fd = -1 };
	struct ix_mapping m;
	int n = 0, r = ix_maps_open(dir, "maps", shared, &maps);

	if (r < 0)
		return r;
	while ((r = ix_maps_next(&maps, &m)) > 0) {
		if (++n == READING_MOST) {
			p->trouble = -EOVERFLOW;
			break;
		}
		if (is_other(p, m.dev, m.ino))
			continue;
		if (is_nameless(p, m.dev))
			r = add_nameless(p, dir, &maps, &m);
		else if (ix_uses_wants(p, IX_USE_FILE) && wants_dev(p, m.dev))
			r = add_file(p, dir, &maps, &m);
		if (r >= 0)
			r = ix_uses_merge_many(p);
		if (r < 0)
			break;
	}
	return r < 0 ? r : n;
}

/* What an open descriptor refers to; -1 if it is not wanted. */
static int kind_of(const struct ix_uses_pass *p, const struct ix_fds *fds,
		   const struct ix_opened *o)
{
	char link[16], name[NAME_MAX + 32];

	if (is_other(p, o->dev, o->ino))
		return -1;
	if (S_ISFIFO(o->mode))
		return ix_uses_wants(p, IX_USE_PIPE) ? IX_USE_PIPE : -1;
	if (!S_ISREG(o->mode))
		return -1;
	if (!is_nameless(p, o->dev))
		return ix_uses_wants(p, IX_USE_FILE) && wants_dev(p, o->dev) ? IX_USE_FILE
									     : -1;
	if (!ix_uses_wants(p, IX_USE_MEMFD))
		return -1;
	(void)snprintf(link, sizeof(link), "%d", o->number);
	if (ix_read_link(fds->dir, link, name, sizeof(name)) < 0 ||
	    !ix_name_is_memfd(name))
		return -1;
	return IX_USE_MEMFD;
}

static void set_access(struct ix_use *use, int flags)
{
	if (flags & O_PATH)
		return;
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		use->access = IX_USE_R;
		break;
	case O_WRONLY:
		use->access = IX_USE_W;
		break;
	default:
		use->access = IX_USE_R | IX_USE_W;
	}
	use->readers = use->kind == IX_USE_PIPE && (use->access & IX_USE_R);
	use->writers = use->kind == IX_USE_PIPE && (use->access & IX_USE_W);
}

static int keep_link(struct ix_uses *u, struct ix_use *use, int dir, int number)
{
	char path[24], name[PATH_MAX + 64];
	int len;

	(void)snprintf(path, sizeof(path), "fd/%d", number);
	len = ix_read_link(dir, path, name, sizeof(name));
	return len < 0 ? 0 : keep_name(u, use, name, (size_t)len);
}

static int add_fd(struct ix_uses_pass *p, int dir, enum ix_use_kind kind,
		  const struct ix_opened *o)
{
	struct ix_use *use;
	int flags, r;

	use = uses_add(p->u);
	if (!use)
		return -ENOMEM;
	*use = (struct ix_use){
		.kind = kind,
		.user = (uint32_t)p->u->nusers,
		.dev = o->dev,
		.ino = o->ino,
		.size = o->size,
		.blocks = o->blocks,
		.sized = true,
		.links = o->links,
		.fds = 1,
		.fd = o->number,
		.fifo = kind == IX_USE_PIPE && o->links > 0 && o->dev != p->u->pipe_dev,
	};
	if (!p->what->access && kind != IX_USE_PIPE)
		return 0;
	if (kind == IX_USE_FILE && !o->links) {
		r = keep_link(p->u, use, dir, o->number);
		if (r < 0)
			return r;
	}
	r = ix_fd_flags(dir, o->number, &flags);
	if (r == 0)
		set_access(use, flags);
	else if (r == -ENOENT)
		p->u->n--; /* closed meanwhile */
	else
		return r;
	return 0;
}

int ix_uses_read_fds(struct ix_uses_pass *p, int dir)
{
	struct ix_fds fds auto_fds = { .dir = -1 };
	struct ix_opened o;
	int n = 0, r = ix_fds_open(dir, "fd", &fds);

	if (r < 0)
		return r;
	while ((r = ix_fds_next(&fds, &o)) > 0) {
		int kind = kind_of(p, &fds, &o);

		n++;
		r = kind < 0 ? 0 : add_fd(p, dir, (enum ix_use_kind)kind, &o);
		if (r >= 0)
			r = ix_uses_merge_many(p);
		if (r < 0)
			break;
	}
	if (fds.shut && !p->trouble)
		p->trouble = fds.shut;
	return r < 0 ? r : n;
}
