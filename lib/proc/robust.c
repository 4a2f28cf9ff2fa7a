/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The walk is that of exit_robust_list() in kernel/futex/core.c, with the same limit. The
 * list is in memory of the thread: it may end at an address that is not mapped, go round
 * without its head, or change on the way. The kernel keeps the lists of 32-bit and 64-bit
 * programs apart and tells each program only of its own kind; the other kind, and a
 * thread that has no list, has the head NULL.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/calls.h"
#include "base/sidethread.h"
#include "proc/peek.h"

/* Bit 0 of a link tells that the futex has priority inheritance. */
#define ROBUST_ENTRY(link) ((link) & ~(uintptr_t)1)

static uintptr_t robust_link(const struct robust_list *link)
{
	return ROBUST_ENTRY((uintptr_t)link);
}

struct robust_walk {
	struct ix_side_call call;
	int32_t tid;
	int r;
	size_t n;
	uint64_t found[IX_ROBUST_MAX];
};

static int robust_walk(struct robust_walk *w)
{
	struct robust_list_head *at = NULL, head;
	size_t size = sizeof(head);
	uintptr_t link, offset;
	int r;

	if (IX_CALL(SYS_get_robust_list, w->tid, &at, &size) < 0)
		return -errno;
	if (!at || size != sizeof(head))
		return -ENODATA;
	r = ix_peek(w->tid, (uintptr_t)at, &head, sizeof(head));
	if (r < 0)
		return r;
	offset = (uintptr_t)head.futex_offset;
	/* a lock that is being taken or released at this moment */
	link = robust_link(head.list_op_pending);
	if (link)
		w->found[w->n++] = link + offset;
	link = robust_link(head.list.next);
	for (unsigned n = 0; link != (uintptr_t)at; n++) {
		struct robust_list next;

		if (n == ROBUST_LIST_LIMIT)
			return -ELOOP;
		w->found[w->n++] = link + offset;
		r = ix_peek(w->tid, link, &next, sizeof(next));
		if (r < 0)
			return r;
		link = robust_link(next.next);
	}
	return 0;
}

static void robust_run(struct ix_side_call *e)
{
	struct robust_walk *w = (struct robust_walk *)e;

	w->r = robust_walk(w);
}

static void robust_end(struct ix_side_call *e)
{
	free(e);
}

int ix_peek_robust(int32_t tid, uint64_t *ret_addresses, size_t *ret_n)
{
	struct robust_walk *w = calloc(1, sizeof(*w));
	int r;

	*ret_n = 0;
	if (!w)
		return -ENOMEM;
	w->call = (struct ix_side_call){ .run = robust_run, .end = robust_end };
	w->tid = tid;
	r = ix_side_run(&w->call);
	if (r < 0)
		return r;
	r = w->r;
	*ret_n = w->n;
	memcpy(ret_addresses, w->found, w->n * sizeof(*w->found));
	robust_end(&w->call);
	return r;
}
