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
	l.no_ipcns = l.n == 0 && ix_target_lacks_ipcns(x);
	*ret_list = l;
	return 0;
}

int ix_discover_some(struct ipcx *x, unsigned how, struct ix_nslist *ret_list)
{
	struct ix_nslist l;
	int r = ix_discover(x, how, &l);

	if (r < 0)
		return r;
	if (l.no_ipcns) {
		ix_nslist_free(&l);
		return ix_fail_plain(x, -EOPNOTSUPP,
				     "%s: all processes share the same objects",
				     IX_NO_IPCNS);
	}
	*ret_list = l;
	return 0;
}

int32_t *ix_nslist_firsts(struct ipcx *x, const struct ix_nslist *l, size_t *ret_n)
{
	int32_t *pids = calloc(l->npairs + l->hidden + 1, sizeof(*pids));
	uint64_t own = ix_ns_home(x, "mnt");
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
