/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of IPC namespaces that discovery fills, and what it lacks. */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "ns/holders.h"
#include "ns/target.h"

/* ---- the list */

static size_t nslist_slot_of(const struct ix_nslist *l, uint64_t ino)
{
	size_t i = (size_t)(ino * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (l->slots - 1);

	while (l->index[i] && l->all[l->index[i] - 1].ino != ino)
		i = (i + 1) & (l->slots - 1);
	return i;
}

static int nslist_grow(struct ix_nslist *l)
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
		l->index[nslist_slot_of(l, l->all[i].ino)] = (uint32_t)i + 1;
	return 0;
}

struct ix_nsseen *ix_nslist_find(const struct ix_nslist *l, uint64_t ino)
{
	size_t i;

	if (!l->slots)
		return NULL;
	i = nslist_slot_of(l, ino);
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
		if (l->n == l->cap && nslist_grow(l) < 0)
			return NULL;
		seen = &l->all[l->n++];
		*seen = (struct ix_nsseen){ .ino = ino, .fd = -1 };
		l->index[nslist_slot_of(l, ino)] = (uint32_t)l->n;
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

/* ---- what is missing */

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

/* These texts contain nothing that varies from scan to scan; so, when scans are repeated,
 * each text is reported once, not each time. */
void ix_nslist_gaps(const struct ix_nslist *l, struct ix_gaps *g)
{
	if (l->no_ipcns)
		ix_gap(g, -EOPNOTSUPP,
		       IX_NO_IPCNS
		       ": containers are missing, as they are found by their IPC namespaces");
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
