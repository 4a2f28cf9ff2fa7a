/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What only processes keep: memory files, memory that is mapped shared without a file,
 * and files whose name is gone. One pass over /proc finds all of them. What is in
 * flight over a socket, or kept by the kernel for a device, is found by no such pass.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "ns/ns.h"
#include "proc/held.h"
#include "space/memory.h"
#include "who/procs.h"

static int kept_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static struct ix_mem_space *kept_space(struct ix_mem_answer *m, uint64_t ns)
{
	struct ix_mem_space *s;
	void *found = tfind(&ns, &m->spaces, kept_order);

	if (found)
		return *(struct ix_mem_space **)found;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->ns = ns;
	if (!tsearch(s, &m->spaces, kept_order)) {
		free(s);
		return NULL;
	}
	s->next = m->space;
	m->space = s;
	return s;
}

/* Return the namespace that what a process keeps is listed in; 0 if it is not asked for.
 * If the namespace of a process is unknown, it may be the one that is asked for. */
static uint64_t kept_listed(const struct ix_mem_answer *m, uint64_t ns)
{
	if (m->x->ns && m->x->ns->all)
		return ns ? ns : UINT64_MAX;
	return !m->one || !ns || ns == m->one ? MAX(m->one, UINT64_C(1)) : 0;
}

static void kept_count(struct ix_mem_kept *k, const struct ix_use *use, size_t n)
{
	const struct ix_use *sized = NULL;

	for (size_t i = 0; !sized && i < n; i++)
		sized = use[i].sized ? &use[i] : NULL;
	k->files++;
	if (!sized) {
		k->unsized++;
		k->of = k->of ? k->of : use;
		return;
	}
	k->bytes += sized->blocks * 512;
	if (!k->of || sized->blocks * 512 > k->most) {
		k->most = sized->blocks * 512;
		k->of = use;
	}
}

/* Whether a file has no name any more: its link count is that of any of its users that
 * could be asked. */
static bool kept_unlinked(const struct ix_use *use, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (use[i].sized)
			return use[i].links == 0;
	return use->links == 0;
}

static int kept_file(struct ix_mem_answer *m, const struct ix_use *use, size_t n)
{
	struct ix_mem_fs *fs;
	struct ix_mem_space *s;
	uint64_t ns = 0;

	if (use->kind == IX_USE_FILE) {
		fs = ix_mem_fs_find(m, use->dev);
		if (fs && kept_unlinked(use, n))
			kept_count(&fs->kept, use, n);
		return 0;
	}
	for (size_t i = 0; !ns && i < n; i++)
		ns = kept_listed(m, m->uses.users[use[i].user].ipc);
	if (!ns)
		return 0;
	s = kept_space(m, ns);
	if (!s)
		return -ENOMEM;
	kept_count(ix_uses_page(&m->uses, use->dev) ? &s->huge
		   : use->kind == IX_USE_MEMFD      ? &s->memfd
						    : &s->anon,
		   use, n);
	return 0;
}

static int kept_files(struct ix_mem_answer *m)
{
	const struct ix_use *all = m->uses.all;
	int r = 0;

	for (size_t i = 0, n; r == 0 && i < m->uses.n; i += n) {
		for (n = 1; i + n < m->uses.n; n++)
			if (all[i + n].kind != all[i].kind ||
			    all[i + n].ino != all[i].ino || all[i + n].dev != all[i].dev)
				break;
		r = kept_file(m, &all[i], n);
	}
	return r;
}

int ix_mem_pass(struct ix_mem_answer *m)
{
	auto_free uint64_t *devs = calloc(m->nfs + 1, sizeof(*devs));
	struct ix_uses_what what = { .kinds = 1U << IX_USE_MEMFD | 1U << IX_USE_ANON,
				     .maps = true,
				     .fds = true,
				     .access = true,
				     .sizes = true,
				     .devs = devs };
	int r;

	if (!devs)
		return -ENOMEM;
	for (const struct ix_mem_fs *fs = m->first; fs; fs = fs->next)
		devs[what.ndevs++] = fs->dev;
	if (what.ndevs)
		what.kinds |= 1U << IX_USE_FILE;
	r = ix_uses_collect(m->x, &what, &m->uses);
	if (r < 0)
		return r;
	m->collected = true;
	m->unseen_processes = !ix_uses_complete(&m->uses);
	return kept_files(m);
}

/* ---- rows */

static void kept_name(const struct ix_mem_answer *m, const struct ix_use *use, char *buf,
		      size_t size)
{
	const struct ix_held held = { .fd = use->fd,
				      .start = use->address,
				      .end = use->end,
				      .dev = use->dev,
				      .ino = use->ino };
	int32_t pid = m->uses.users[use->user].pid;
	auto_fd int dir = -1;
	char *mark;

	buf[0] = '\0';
	if (use->kind == IX_USE_FILE) {
		(void)snprintf(buf, size, "%s", ix_uses_name(&m->uses, use));
		return;
	}
	dir = ix_procs_open(m->x, pid);
	if (dir < 0 || use->kind == IX_USE_ANON ||
	    ix_held_name(dir, &held, buf, size) < 0) {
		buf[0] = '\0';
		return;
	}
	mark = strstr(buf, " (deleted)");
	if (mark)
		*mark = '\0';
}

void ix_mem_biggest(const struct ix_mem_answer *m, const struct ix_mem_kept *k, char *buf,
		    size_t size)
{
	const struct ix_user *user;
	char name[300], amount[IX_NUM_MAX];

	buf[0] = '\0';
	if (!k->of)
		return;
	user = &m->uses.users[k->of->user];
	kept_name(m, k->of, name, sizeof(name));
	*ix_put_size(amount, k->most) = '\0';
	if (k->unsized == k->files)
		(void)snprintf(buf, size, "of process %d (%s): %s%ssizes unknown",
			       user->pid, user->comm, name, name[0] ? ", " : "");
	else
		(void)snprintf(buf, size, "%s%s%s%s of process %d (%s)",
			       k->files > 1 ? "biggest: " : "", name, name[0] ? ", " : "",
			       amount, user->pid, user->comm);
}

static int kept_put(struct ix_mem_answer *m, const struct ix_mem_kept *k,
		    const char *place, const char *kind, bool counts)
{
	struct ix_mem_put p;
	char text[512];

	if (!k->files)
		return 0;
	p = ix_mem_begin(m->t, place, kind);
	ix_mem_number(&p, IX_MEM_OBJECTS, k->files);
	if (k->unsized) {
		ix_mem_unknown(&p, IX_MEM_USED);
		ix_mem_unknown(&p, IX_MEM_RESIDENT);
		m->unseen_sizes |= counts;
		ix_table_once(
			m->t, -EPERM,
			"memory that is only mapped could not be looked at (needs CAP_CHECKPOINT_RESTORE)");
		m->sum += counts ? k->bytes : 0;
	} else {
		ix_mem_number(&p, IX_MEM_USED, k->bytes);
		if (counts)
			ix_mem_resident(m, &p, k->bytes, true);
	}
	ix_mem_biggest(m, k, text, sizeof(text));
	ix_mem_what(&p, "%s", text);
	return ix_mem_end(&p);
}

/* Set the namespace of the rows that follow. */
static int kept_place(struct ix_mem_answer *m, uint64_t ns)
{
	const struct ipcx_table *from = m->facts;

	for (size_t i = 0; i < from->nplaces; i++)
		if (from->places[i].ns == ns && !from->places[i].directory)
			return ix_table_same_place(m->t, from, &from->places[i]);
	return ix_table_place(m->t, ns, NULL, true);
}

static int kept_put_space(struct ix_mem_answer *m, struct ix_mem_space *s)
{
	int r = kept_put(m, &s->memfd, "memfd", "memfd", true);

	if (r == 0)
		r = kept_put(m, &s->anon, "anonymous", "anonymous", true);
	s->shown = true;
	return r == 0 ? kept_put(m, &s->huge, "memfd", "hugetlb", false) : r;
}

int ix_mem_put_kept(struct ix_mem_answer *m, uint64_t ns)
{
	void *found = tfind(&ns, &m->spaces, kept_order);

	return found ? kept_put_space(m, *(struct ix_mem_space **)found) : 0;
}

int ix_mem_put_kept_rest(struct ix_mem_answer *m)
{
	int r = 0;

	for (struct ix_mem_space *s = m->space; r == 0 && s; s = s->next) {
		if (s->shown)
			continue;
		r = kept_place(m, s->ns);
		if (r == 0)
			r = kept_put_space(m, s);
	}
	return r;
}
