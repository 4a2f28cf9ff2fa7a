/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the oldest process of a namespace. Reading a start time costs three times as much
 * as reading a namespace, so it is avoided. The process with the lowest pid need not be
 * the oldest, because pids are reused. But parents are older than their children, and
 * process 1 of a PID namespace is older than all other processes in it: if climbing from
 * any process to its ancestors leads to process 1, no other start time has to be read.
 */
#include "ns/oldest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "proc/stat.h"
#include "proc/status.h"

static int eldest_by_pid(const void *a, const void *b)
{
	const struct ix_process_entry *p = a, *q = b;

	return (p->pid > q->pid) - (p->pid < q->pid);
}

struct ix_nspair *ix_nslist_pair(const struct ix_nslist *l, int32_t pid)
{
	const struct ix_process_entry key = { .pid = pid }, *entry;

	if (l->nentries == 0)
		return NULL;
	entry = bsearch(&key, l->entries, l->nentries, sizeof(key), eldest_by_pid);
	return entry && entry->pair != IX_HIDDEN ? &l->pairs[entry->pair] : NULL;
}

static bool eldest_stat_of(int proc, int32_t pid, struct ix_proc_stat *st)
{
	char path[24], text[1024];
	int len;

	(void)snprintf(path, sizeof(path), "%d/stat", pid);
	len = ix_read_file(proc, path, text, sizeof(text));
	return len > 0 && ix_proc_stat_parse(text, (size_t)len, st) == 0;
}

/* Whether the process is process 1 of a PID namespace below ours. */
static bool begins_pid_ns(int proc, int32_t pid)
{
	auto_buf struct ix_buf b = { 0 };
	struct ix_status_pids pids;
	char path[24];

	(void)snprintf(path, sizeof(path), "%d/status", pid);
	return ix_status_read(proc, path, &b) == 0 &&
	       ix_status_pids(b.data, b.len, &pids) == 0 && pids.levels > 1 &&
	       pids.last == 1;
}

/* Climb from the process with the lowest pid to that ancestor whose own parent is not in
 * the pair. Returns whether this ancestor is certain to be the oldest process of the
 * pair. */
static bool eldest_climb(int proc, const struct ix_nslist *l, struct ix_nspair *p)
{
	int32_t pid = p->pid;

	/* A process has at most as many ancestors as there are processes. */
	for (size_t i = 0; i < l->nentries; i++) {
		struct ix_proc_stat st;

		if (!eldest_stat_of(proc, pid, &st))
			return false;
		p->pid = pid;
		p->start = st.start;
		if (p->processes == 1 || pid == 1)
			return true;
		if (!st.parent || ix_nslist_pair(l, st.parent) != p)
			return begins_pid_ns(proc, pid);
		pid = st.parent;
	}
	return false;
}

/* For each pair whose oldest process is not certain, compare all its processes. */
static void eldest_compare(int proc, struct ix_nslist *l, const bool *certain)
{
	for (size_t i = 0; i < l->nentries; i++) {
		const struct ix_process_entry *entry = &l->entries[i];
		struct ix_nspair *p;
		struct ix_proc_stat st;

		if (entry->pair == IX_HIDDEN || certain[entry->pair])
			continue;
		p = &l->pairs[entry->pair];
		if (!eldest_stat_of(proc, entry->pid, &st) ||
		    (p->start && p->start <= st.start))
			continue;
		p->pid = entry->pid;
		p->start = st.start;
	}
}

int ix_oldest(struct ipcx *x, struct ix_nslist *l)
{
	bool *certain = calloc(l->npairs + 1, sizeof(*certain)), all = true;
	int proc = ix_procfd(x);

	if (!certain)
		return -ENOMEM;
	for (size_t i = 0; i < l->npairs; i++) {
		certain[i] = eldest_climb(proc, l, &l->pairs[i]);
		all &= certain[i];
	}
	if (!all)
		eldest_compare(proc, l, certain);
	free(certain);
	for (size_t i = 0; i < l->npairs; i++) {
		const struct ix_nspair *p = &l->pairs[i];
		struct ix_nsseen *seen = ix_nslist_find(l, p->ipc);

		if (seen->pid && seen->start <= p->start)
			continue;
		seen->pid = p->pid;
		seen->start = p->start;
	}
	return 0;
}
