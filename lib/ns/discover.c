/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the IPC namespaces in one pass over /proc. An IPC namespace lives as long as a
 * process or thread is in it, a mount of its file exists, or a descriptor of it is open;
 * before listns(2) (Linux 6.19), the kernel has no list of namespaces.
 */
#include "ns/discover.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/num.h"
#include "ns/holders.h"
#include "ns/listns.h"
#include "ns/oldest.h"
#include "ns/target.h"

/* ---- the list */

static size_t discover_slot_of(const struct ix_nslist *l, uint64_t ino)
{
	size_t i = (size_t)(ino * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (l->slots - 1);

	while (l->index[i] && l->all[l->index[i] - 1].ino != ino)
		i = (i + 1) & (l->slots - 1);
	return i;
}

static int discover_grow(struct ix_nslist *l)
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
		l->index[discover_slot_of(l, l->all[i].ino)] = (uint32_t)i + 1;
	return 0;
}

struct ix_nsseen *ix_nslist_find(const struct ix_nslist *l, uint64_t ino)
{
	size_t i;

	if (!l->slots)
		return NULL;
	i = discover_slot_of(l, ino);
	return l->index[i] ? &l->all[l->index[i] - 1] : NULL;
}

/* Fast path: most processes are in the same namespace as the process before. */
struct ix_nsseen *ix_nslist_add(struct ix_nslist *l, uint64_t ino)
{
	struct ix_nsseen *seen;

	if (l->last < l->n && l->all[l->last].ino == ino)
		return &l->all[l->last];
	seen = ix_nslist_find(l, ino);
	if (!seen) {
		if (l->n == l->cap && discover_grow(l) < 0)
			return NULL;
		seen = &l->all[l->n++];
		*seen = (struct ix_nsseen){ .ino = ino, .fd = -1 };
		l->index[discover_slot_of(l, ino)] = (uint32_t)l->n;
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
	free(l->entries);
	ix_keepers_free(&l->keepers);
	free(l->pairs);
	free(l->pair_index);
	free(l->index);
	*l = (struct ix_nslist){ 0 };
}

/* ---- links */

uint64_t ix_ns_number(const char *type, const char *text, size_t len)
{
	const char *end = text + len, *p;
	size_t head = strlen(type);
	uint64_t n = 0;

	if (len < head + 4 || memcmp(text, type, head) || text[head] != ':' ||
	    text[head + 1] != '[')
		return 0;
	p = text + head + 2;
	if (ix_take_u64(&p, end, UINT64_MAX, &n) < 0 || end - p != 1 || *p != ']')
		return 0;
	return n;
}

uint64_t ix_ns_link(int proc, const char *path, const char *type)
{
	char text[64];
	int len = ix_read_link(proc, path, text, sizeof(text));
	uint64_t ino = len < 0 ? 0 : ix_ns_number(type, text, (size_t)len);

	if (!ino)
		errno = len < 0 && len != -ENAMETOOLONG ? -len : EPROTO;
	return ino;
}

/* ---- processes */

static int sit(struct ix_nslist *l, int32_t pid, uint32_t pair)
{
	if (l->nentries == l->cap_entries) {
		size_t cap = l->cap_entries ? 2 * l->cap_entries : 256;
		struct ix_process_entry *more =
			reallocarray(l->entries, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		l->entries = more;
		l->cap_entries = cap;
	}
	l->entries[l->nentries++] = (struct ix_process_entry){ .pid = pid, .pair = pair };
	return 0;
}

void ix_nslist_missed(struct ix_nslist *l, int error)
{
	if (!error || error == -ENOENT || error == -ESRCH)
		return;
	if (l->missed++ == 0)
		l->missed_error = error;
}

void ix_nslist_shut(struct ix_nslist *l, int error)
{
	if (error != -EACCES && error != -EPERM)
		ix_nslist_missed(l, error);
}

/* Skip a process that has ended; record that a process exists but cannot be read. */
static int discover_unseen(struct ix_nslist *l, int32_t pid, int error)
{
	if (error == ENOENT || error == ESRCH)
		return 0;
	l->hidden++;
	l->denied += error == EACCES || error == EPERM;
	ix_nslist_shut(l, -error);
	return sit(l, pid, IX_HIDDEN);
}

/* These texts contain nothing that varies from scan to scan; so, when scans are repeated,
 * each text is reported once, not each time. */
void ix_nslist_gaps(const struct ix_nslist *l, struct ix_gaps *g)
{
	if (l->missed)
		ix_gap(g, l->missed_error,
		       "some processes could not be looked at (%s): namespaces that only they keep are missing",
		       ix_errno_text(l->missed_error));
	if (l->denied)
		ix_gap(g, -EACCES,
		       "some processes may not be looked at (needs CAP_SYS_PTRACE): namespaces and containers known only through them are missing");
	if (!l->first)
		ix_gap(g, -EACCES,
		       "/proc does not show all processes (hidepid): namespaces and containers known only through hidden ones are missing");
	if (l->closed)
		ix_gap(g, -EACCES,
		       "the kernel lists %u more namespaces and does not let them be opened (needs CAP_SYS_ADMIN in the first user and PID namespace): they are missing",
		       l->closed);
	if (l->unlisted)
		ix_gap(g, l->unlisted,
		       "the kernel's list of namespaces could not be read (%s): namespaces known only to it are missing",
		       ix_errno_text(l->unlisted));
	if (l->no_mounts)
		ix_gap(g, -ENOPKG,
		       "libmount is not installed: namespaces that only a mount keeps are missing");
}

static int discover_one(struct ipcx *x, struct ix_nslist *l, struct ix_holders *h,
			int32_t pid)
{
	struct ix_nsseen *seen;
	char path[24];
	uint64_t ino;
	int r;

	(void)snprintf(path, sizeof(path), "%d/ns/ipc", pid);
	ino = ix_ns_link(ix_procfd(x), path, "ipc");
	if (!ino && errno == ENOENT)
		return ix_holders_left(x, l, h, pid);
	if (!ino)
		return discover_unseen(l, pid, errno);
	seen = ix_nslist_add(l, ino);
	if (!seen)
		return -ENOMEM;
	seen->processes++;
	seen->spare = pid;
	if (seen->processes <= IX_KEEPERS_PROCESSES &&
	    ix_holders_keep(h, l,
			    &(struct ix_keeper){ .ns = ino,
						 .kind = IX_KEEPER_PROCESS,
						 .pid = pid,
						 .fd = -1 }) < 0)
		return -ENOMEM;
	r = ix_holders_of(x, l, h, pid, ino);
	return r < 0 ? r : sit(l, pid, (uint32_t)l->last_pair);
}

/* Parse a directory name that is a pid; returns 0 for any other name. */
static int32_t pid_of(const char *name)
{
	int32_t pid = 0;

	for (; *name >= '0' && *name <= '9' && pid < 100000000; name++)
		pid = 10 * pid + (*name - '0');
	return *name ? 0 : pid;
}

static int discover_walk(struct ipcx *x, struct ix_nslist *l, struct ix_holders *h)
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
	while (r == 0 && (r = ix_readdir(dir, &d)) == 0 && d) {
		int32_t pid = pid_of(d->d_name);

		l->first |= pid == 1;
		if (pid)
			r = discover_one(x, l, h, pid);
	}
	return r;
}

int ix_discover(struct ipcx *x, unsigned how, struct ix_nslist *ret_list)
{
	struct ix_nslist l = { 0 };
	struct ix_holders h = { .how = how };
	int r = ix_procfd(x);

	x->stalls = 0;
	if (r >= 0)
		r = discover_walk(x, &l, &h);
	if (r == 0)
		r = ix_oldest(x, &l);
	if (r == 0)
		r = ix_holders_mounted(x, &l, &h);
	if (r == 0)
		r = ix_listns_join(x, &l);
	ix_keepers_sort(&l.keepers);
	ix_holders_free(&h);
	if (r < 0) {
		ix_nslist_free(&l);
		return ix_fail(x, r, "looking for namespaces in /proc");
	}
	*ret_list = l;
	return 0;
}

int32_t *ix_nslist_firsts(struct ipcx *x, const struct ix_nslist *l, size_t *ret_n)
{
	int32_t *pids = calloc(l->npairs + l->hidden + 1, sizeof(*pids));
	uint64_t own = ix_ns_own(x, "mnt");
	size_t n = 0;

	if (!pids)
		return NULL;
	for (size_t i = 0; i < l->npairs; i++)
		if (l->pairs[i].mnt != own)
			pids[n++] = l->pairs[i].pid;
	for (size_t i = 0; l->hidden && i < l->nentries; i++)
		if (l->entries[i].pair == IX_HIDDEN)
			pids[n++] = l->entries[i].pid;
	*ret_n = n;
	return pids;
}
