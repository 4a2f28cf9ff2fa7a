/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One pass over /proc. A namespace lives as long as a process or thread is in it, a file
 * system has it mounted somewhere, or somebody holds a descriptor of it; the kernel lists
 * them nowhere else (before listns(2), Linux 6.19).
 */
#include "ns/discover.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/num.h"
#include "ns/holders.h"
#include "proc/stat.h"

/* ---- the list */

static size_t slot_of(const struct ix_nslist *l, uint64_t ino)
{
	size_t i = (size_t)(ino * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (l->slots - 1);

	while (l->index[i] && l->all[l->index[i] - 1].ino != ino)
		i = (i + 1) & (l->slots - 1);
	return i;
}

static int grow(struct ix_nslist *l)
{
	size_t slots = l->slots ? 2 * l->slots : 256;
	uint32_t *index = calloc(slots, sizeof(*index));
	struct ix_nsseen *all = reallocarray(l->all, slots / 2, sizeof(*all));

	if (all)
		l->all = all;
	if (!index || !all) {
		free(index);
		return -ENOMEM;
	}
	free(l->index);
	l->index = index;
	l->slots = slots;
	l->cap = slots / 2;
	for (size_t i = 0; i < l->n; i++)
		l->index[slot_of(l, l->all[i].ino)] = (uint32_t)i + 1;
	return 0;
}

struct ix_nsseen *ix_nslist_find(const struct ix_nslist *l, uint64_t ino)
{
	size_t i;

	if (!l->slots)
		return NULL;
	i = slot_of(l, ino);
	return l->index[i] ? &l->all[l->index[i] - 1] : NULL;
}

/* Most processes are where the one before is. */
struct ix_nsseen *ix_nslist_add(struct ix_nslist *l, uint64_t ino)
{
	struct ix_nsseen *seen;

	if (l->last < l->n && l->all[l->last].ino == ino)
		return &l->all[l->last];
	seen = ix_nslist_find(l, ino);
	if (!seen) {
		if (l->n == l->cap && grow(l) < 0)
			return NULL;
		seen = &l->all[l->n++];
		*seen = (struct ix_nsseen){ .ino = ino, .fd = -1 };
		l->index[slot_of(l, ino)] = (uint32_t)l->n;
	}
	l->last = (size_t)(seen - l->all);
	return seen;
}

void ix_nslist_free(struct ix_nslist *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->all[i].fd >= 0)
			(void)close(l->all[i].fd);
	free(l->all);
	free(l->pairs);
	free(l->index);
	*l = (struct ix_nslist){ 0 };
}

/* ---- links */

uint64_t ix_ns_number(const char *type, const char *text, size_t len)
{
	size_t head = strlen(type);
	char number[IX_NUM_MAX];
	uint64_t n;

	if (len < head + 4 || strncmp(text, type, head) || text[head] != ':' ||
	    text[head + 1] != '[' || text[len - 1] != ']')
		return 0;
	text += head + 2;
	len -= head + 3;
	if (len >= sizeof(number))
		return 0;
	memcpy(number, text, len);
	number[len] = '\0';
	return ix_parse_u64(number, UINT64_MAX, &n) == 0 ? n : 0;
}

uint64_t ix_ns_link(int proc, const char *path, const char *type)
{
	char text[64];
	ssize_t len = readlinkat(proc, path, text, sizeof(text));

	return len > 0 && (size_t)len < sizeof(text)
		       ? ix_ns_number(type, text, (size_t)len)
		       : 0;
}

/* ---- processes */

/* Start times are only compared where a namespace has several processes, and never in the
 * one of process 1. */
static void older(int proc, struct ix_nsseen *seen, int32_t pid)
{
	struct ix_proc_stat st;
	char path[24], text[1024];
	int len;

	if (seen->pid == 1)
		return;
	(void)snprintf(path, sizeof(path), "%d/stat", pid);
	len = pid == 1 ? 0 : ix_read_file(proc, path, text, sizeof(text));
	if (pid != 1 && (len < 0 || ix_proc_stat_parse(text, (size_t)len, &st) < 0))
		return;
	if (pid != 1 && seen->pid && seen->start <= st.start)
		return;
	seen->pid = pid;
	seen->start = pid == 1 ? 0 : st.start;
}

/* What a walk over all processes is for. */
struct walk {
	struct ix_nslist *list;
	struct ix_holders *holders;
	struct ix_pids *pids; /* of the namespace ino; NULL: not wanted */
	uint64_t ino;
};

static int keep_pid(struct ix_pids *p, int32_t pid)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 64;
		int32_t *more = reallocarray(p->all, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->all = more;
		p->cap = cap;
	}
	p->all[p->n++] = pid;
	return 0;
}

static int one(struct ipcx *x, const struct walk *w, int32_t pid)
{
	struct ix_nslist *l = w->list;
	int proc = ix_procfd(x);
	struct ix_nsseen *seen;
	char path[24];
	uint64_t ino;

	(void)snprintf(path, sizeof(path), "%d/ns/ipc", pid);
	ino = ix_ns_link(proc, path, "ipc");
	if (w->pids)
		return ino == w->ino ? keep_pid(w->pids, pid) : 0;
	if (!ino) {
		l->hidden += errno == EACCES || errno == EPERM;
		return 0;
	}
	seen = ix_nslist_add(l, ino);
	if (!seen)
		return -ENOMEM;
	seen->processes++;
	older(proc, seen, pid);
	return ix_holders_of(x, l, w->holders, pid, ino);
}

/* The number of a process from its directory's name; 0 for other names. */
static int32_t pid_of(const char *name)
{
	int32_t pid = 0;

	for (; *name >= '0' && *name <= '9' && pid < 100000000; name++)
		pid = 10 * pid + (*name - '0');
	return *name ? 0 : pid;
}

static int walk(struct ipcx *x, const struct walk *w)
{
	int proc = ix_procfd(x), fd = ix_open(proc, ".", O_RDONLY | O_DIRECTORY), r = 0;
	DIR *dir auto_dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;

	if (!dir) {
		r = fd < 0 ? fd : -errno;
		if (fd >= 0)
			(void)close(fd);
		return r;
	}
	while (r == 0 && (d = readdir(dir)) != NULL) {
		int32_t pid = pid_of(d->d_name);

		if (pid)
			r = one(x, w, pid);
	}
	return r;
}

int ix_discover(struct ipcx *x, unsigned how, struct ix_nslist *ret_list)
{
	struct ix_nslist l = { 0 };
	struct ix_holders h = { .how = how };
	const struct walk w = { .list = &l, .holders = &h };
	int r = ix_procfd(x);

	x->stalls = 0;
	if (r >= 0)
		r = walk(x, &w);
	if (r == 0)
		r = ix_holders_mounted(x, &l, &h);
	ix_holders_free(&h);
	if (r < 0) {
		ix_nslist_free(&l);
		return ix_fail(x, r, "looking for namespaces in /proc");
	}
	*ret_list = l;
	return 0;
}

void ix_pids_free(struct ix_pids *p)
{
	free(p->all);
	*p = (struct ix_pids){ 0 };
}

int ix_pids_in(struct ipcx *x, uint64_t ino, struct ix_pids *ret_pids)
{
	struct ix_pids pids = { 0 };
	const struct walk w = { .pids = &pids, .ino = ino };
	int r = ix_procfd(x);

	x->stalls = 0;
	if (r >= 0)
		r = walk(x, &w);
	if (r < 0) {
		ix_pids_free(&pids);
		return ix_fail(x, r, "looking for processes in /proc");
	}
	*ret_pids = pids;
	return 0;
}
