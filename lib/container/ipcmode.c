/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Specifications tell the path of the IPC namespace that a container joins, such as
 * /proc/PID/ns/ipc. PID may have ended since, and may be a number of another PID
 * namespace, so paths are not opened: the namespace is the one in which the container's
 * first process is. Whose it is follows from the other containers in that namespace.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "container/spec.h"

static int ipcmode_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

/* By namespace, then by pod, then root's names first. */
static int by_place(const void *a, const void *b)
{
	const struct ix_log_entry *p = *(struct ix_log_entry *const *)a,
				  *q = *(struct ix_log_entry *const *)b;
	int r = (p->c.ipc > q->c.ipc) - (p->c.ipc < q->c.ipc);

	if (r == 0)
		r = ipcmode_text(p->c.pod_id, q->c.pod_id);
	if (r == 0)
		r = (p->c.rank > q->c.rank) - (p->c.rank < q->c.rank);
	return r ? r : (p->order > q->order) - (p->order < q->order);
}

static bool is_path(const struct ix_container *c)
{
	return c->ipc_mode && *c->ipc_mode == '/';
}

static bool same_pod(const struct ix_container *c, const struct ix_container *other)
{
	return other->ipc == c->ipc && other->rank <= c->rank && c->pod_id &&
	       other->pod_id && !strcmp(c->pod_id, other->pod_id);
}

/* The container that started the namespace: only names that the same giver or a better
 * one gives count. */
static bool ipcmode_owns(const struct ix_container *c)
{
	return c->ipc_mode &&
	       (!strcmp(c->ipc_mode, "private") || !strcmp(c->ipc_mode, "shareable"));
}

static int ipcmode_set(struct ix_container *c, const char *head, const char *tail)
{
	union {
		const char *read;
		char *owned;
	} old = { .read = c->ipc_mode };
	char *text = NULL;

	if (asprintf(&text, "%s%s", head, tail) < 0)
		return -ENOMEM;
	c->ipc_mode = text;
	free(old.owned);
	return 0;
}

/* Settle the containers all[0] to all[n - 1], which are in one IPC namespace. */
static int settle_place(struct ix_log_entry **all, size_t n, bool home)
{
	const struct ix_container *owner = NULL;
	int r = 0;

	for (size_t i = 0; i < n; i++)
		if (ipcmode_owns(&all[i]->c) && (!owner || all[i]->c.rank < owner->rank))
			owner = &all[i]->c;
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct ix_container *c = &all[i]->c;

		if (!is_path(c))
			continue;
		if (c->ipc && ((i > 0 && same_pod(c, &all[i - 1]->c)) ||
			       (i + 1 < n && same_pod(c, &all[i + 1]->c))))
			r = ipcmode_set(c, "pod", "");
		else if (c->ipc && owner && owner->rank <= c->rank)
			r = ipcmode_set(c, "container:",
					owner->id     ? owner->id
					: owner->name ? owner->name
						      : "?");
		else if (home)
			r = ipcmode_set(c, "host", "");
		else
			r = ipcmode_set(c, "path:", c->ipc_mode);
	}
	return r;
}

int ix_modes_settle(const struct ix_search *s, struct ix_containers *c)
{
	struct ix_log_entry **all =
		calloc(c->n ? c->n : 1, sizeof(struct ix_log_entry *));
	int r = all ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < c->n; i++)
		all[i] = &c->all[i];
	if (r == 0)
		qsort(all, c->n, sizeof(struct ix_log_entry *), by_place);
	for (size_t i = 0, next; r == 0 && i < c->n; i = next) {
		uint64_t ipc = all[i]->c.ipc;

		for (next = i + 1; next < c->n && all[next]->c.ipc == ipc;)
			next++;
		r = settle_place(all + i, next - i, ipc && ipc == s->ipc.ino);
	}
	free(all);
	return r;
}
