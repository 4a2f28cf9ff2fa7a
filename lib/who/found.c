/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An object belongs to a namespace if a process of that IPC namespace uses it. If all
 * namespaces are listed, it is listed for that of its first user, so that it is listed
 * once.
 */
#include "who/found.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "proc/held.h"
#include "proc/numbers.h"
#include "proc/space.h"
#include "who/procs.h"
#include "who/uses.h"

/* How many users ix_found_keepers() names. */
#define FOUND_NAMED 3

/* What is kept during a scan. */
struct ix_finding {
	struct ix_uses uses;
	bool collected;
	unsigned kinds; /* what was looked for, and on which device */
	uint64_t dev;
	/* The file that is being listed, its users, and the one through which it is
	 * looked at: its /proc directory, or -1. */
	const struct ix_use *use;
	size_t n;
	int dir;
	int32_t pid;
	struct ix_held held;
	bool seen; /* the file was there */
};

static unsigned found_kinds(const struct ix_scan *s, uint64_t dev)
{
	unsigned kind = 1U << ix_mech(s->mech)->traces->kind, kinds = 0;

	for (unsigned m = 0; !dev && ix_mech(m); m++)
		if (s->unlisted & IPCX_MECH_BIT(m))
			kinds |= 1U << ix_mech(m)->traces->kind;
	return kinds | kind;
}

int ix_found_look(struct ix_scan *s, uint64_t dev)
{
	struct ix_finding *f = s->finding;
	unsigned kinds = found_kinds(s, dev);
	struct ix_uses_what what = { .kinds = kinds,
				     .maps = kinds != 1U << IX_USE_PIPE,
				     .fds = true,
				     .access = dev, /* also which are unlinked */
				     .devs = dev ? &dev : NULL,
				     .ndevs = dev ? 1 : 0 };
	int r;

	if (!f) {
		f = calloc(1, sizeof(*f));
		if (!f)
			return -ENOMEM;
		f->dir = -1;
		s->finding = f;
	}
	if (f->collected && f->kinds == kinds && f->dev == dev)
		return 0;
	if (f->collected)
		ix_uses_free(&f->uses);
	f->collected = false;
	r = ix_uses_collect(s->x, &what, &f->uses);
	f->collected = r == 0;
	f->kinds = kinds;
	f->dev = dev;
	return r;
}

static void found_leave(struct ix_finding *f)
{
	if (f->dir >= 0)
		(void)close(f->dir);
	f->dir = -1;
	f->use = NULL;
	f->n = 0;
}

void ix_found_end(struct ix_scan *s)
{
	if (!s->finding)
		return;
	found_leave(s->finding);
	ix_uses_free(&s->finding->uses);
	free(s->finding);
	s->finding = NULL;
}

/* ---- one file */

/* Look at the file through the first of its users that still has it: first those with a
 * descriptor, because a mapping can be followed with privileges only. */
static int found_enter(struct ix_scan *s, struct stat *ret_st)
{
	struct ix_finding *f = s->finding;
	int r = -ESTALE;

	for (size_t i = 0; i < 2 * f->n; i++) {
		const struct ix_use *use = &f->use[i % f->n];
		auto_fd int dir = -1;

		if ((use->fd >= 0) != (i < f->n))
			continue;
		f->held = (struct ix_held){ .fd = use->fd,
					    .start = use->address,
					    .end = use->end,
					    .dev = use->dev,
					    .ino = use->ino };
		f->pid = f->uses.users[use->user].pid;
		dir = ix_procs_open(s->x, f->pid);
		r = dir < 0 ? dir : ix_held_stat(dir, &f->held, ret_st);
		/* A mapping that may not be followed still has a name. */
		if (r < 0 && !(r == -EPERM || r == -EACCES))
			continue;
		if (f->dir >= 0)
			(void)close(f->dir);
		f->dir = take_fd(&dir);
		if (r == 0)
			return 0;
	}
	return f->dir >= 0 ? -EPERM : r;
}

static bool found_gone(int error)
{
	return error == -ESTALE || error == -ENOENT || error == -ESRCH;
}

static int found_one(struct ix_scan *s, ix_found_each *each, void *arg)
{
	const struct ix_finding *f = s->finding;
	const struct ix_use *use = f->use;
	struct ix_found found = {
		.dev = use->dev,
		.ino = use->ino,
		.in_files = use->dev != f->uses.pipe_dev,
		.page = ix_uses_page(&f->uses, use->dev),
		.users = f->n,
		.complete = ix_uses_complete(&f->uses),
	};
	int r = found_enter(s, &found.st);

	if (r < 0 && found_gone(r))
		return 0;
	found.error = r;
	for (size_t i = 0; i < f->n; i++) {
		found.unlinked |= use[i].links == 0;
		found.readers += use[i].readers;
		found.writers += use[i].writers;
	}
	r = each(s, &found, arg);
	s->finding->seen |= r >= 0;
	return r == -ENOENT ? 0 : MIN(r, 0);
}

static bool found_is(const struct ix_finding *f, const struct ix_use *use,
		     const struct ipcx_ref *ref)
{
	uint64_t dev = ref->device ? ref->device : f->uses.pipe_dev;

	return use->ino == ref->inode && use->dev == dev;
}

/* The IPC namespace in which the scan runs. */
static uint64_t found_ns(struct ipcx *x)
{
	auto_fd int dir = ix_open(ix_procfd(x), "thread-self", O_PATH | O_DIRECTORY);

	return dir < 0 ? 0 : ix_space_of(dir, "ipc").ino;
}

static bool found_here(const struct ix_scan *s, const struct ix_use *use, size_t n,
		       uint64_t ns)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t of = s->finding->uses.users[use[i].user].ipc;

		if (!of || !ns || of == ns)
			return true;
		if (s->many)
			return false;
	}
	return false;
}

int ix_found_all(struct ix_scan *s, const struct ipcx_ref *ref, uint64_t dev,
		 ix_found_each *each, void *arg)
{
	int r = ix_found_look(s, dev);
	uint64_t ns = r < 0 ? 0 : found_ns(s->x);
	const struct ix_use *use, *end;
	unsigned kind = ix_mech(s->mech)->traces->kind;
	size_t n = 0;

	if (r < 0)
		return r;
	if (!s->counts_unseen)
		ix_uses_note(&s->finding->uses, s->t);
	s->finding->seen = false;
	use = s->finding->uses.all;
	end = use ? use + s->finding->uses.n : NULL;
	for (; r >= 0 && use < end; use += n) {
		for (n = 1; use + n < end; n++)
			if (use[n].kind != use->kind || use[n].ino != use->ino ||
			    use[n].dev != use->dev)
				break;
		if (use->kind != kind || (dev && use->dev != dev) ||
		    (ref && !found_is(s->finding, use, ref)) ||
		    (!dev && !found_here(s, use, n, ns)))
			continue;
		s->finding->use = use;
		s->finding->n = n;
		r = found_one(s, each, arg);
		found_leave(s->finding);
	}
	return r < 0 ? r : ref && !s->finding->seen ? -ENOENT : 0;
}

/* ---- a closer look at it */

int ix_found_name(struct ix_scan *s, char *buf, size_t size)
{
	const struct ix_finding *f = s->finding;

	return f->dir < 0 ? -ESTALE : ix_held_name(f->dir, &f->held, buf, size);
}

int ix_found_seals(struct ix_scan *s, unsigned *ret_seals)
{
	const struct ix_finding *f = s->finding;

	return f->dir < 0 ? -ESTALE
			  : ix_held_seals(ix_procfd(s->x), f->dir, &f->held, ret_seals);
}

/* Any user's descriptor will do, unless it is one that O_PATH has opened. */
int ix_found_pipe(struct ix_scan *s, uint64_t *ret_capacity, uint64_t *ret_buffered)
{
	const struct ix_finding *f = s->finding;
	int r = ix_proc_is_ours(s->x);

	if (r <= 0)
		return r < 0 ? r : -EXDEV;
	r = -ESTALE;
	for (size_t i = 0; i < f->n; i++) {
		const struct ix_use *use = &f->use[i];
		const struct ix_held held = { .fd = use->fd,
					      .dev = use->dev,
					      .ino = use->ino };
		int32_t pid = f->uses.users[use->user].pid;
		auto_fd int dir = -1;

		if (!use->readers && !use->writers)
			continue;
		dir = ix_procs_open(s->x, pid);
		r = dir < 0 ? dir
			    : ix_held_pipe(pid, dir, &held, ret_capacity, ret_buffered);
		if (r == 0)
			return 0;
	}
	return r;
}

void ix_found_keepers(struct ix_scan *s, char *buf, size_t size)
{
	const struct ix_finding *f = s->finding;
	size_t len = 0, n = MIN(f->n, FOUND_NAMED);

	buf[0] = '\0';
	for (size_t i = 0; i < n && len < size; i++) {
		const struct ix_user *user = &f->uses.users[f->use[i].user];

		len += (size_t)snprintf(buf + len, size - len, "%s%" PRId32 " (%s)",
					i ? ", " : "", user->pid, user->comm);
	}
	if (f->n > n && len < size)
		(void)snprintf(buf + len, size - len, " and %zu more", f->n - n);
}
