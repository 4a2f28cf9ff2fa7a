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
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/peek.h"

/* Bit 0 of a link tells that the futex has priority inheritance. */
#define ROBUST_ENTRY(link) ((link) & ~(uintptr_t)1)

static uintptr_t robust_link(const struct robust_list *link)
{
	return ROBUST_ENTRY((uintptr_t)link);
}

int ix_peek_robust(int32_t tid, uint64_t address)
{
	struct robust_list_head *at = NULL, head;
	size_t size = sizeof(head);
	uintptr_t link, offset;
	int r;

	if (syscall(SYS_get_robust_list, tid, &at, &size) < 0)
		return -errno;
	if (!at || size != sizeof(head))
		return -ENODATA;
	r = ix_peek(tid, (uintptr_t)at, &head, sizeof(head));
	if (r < 0)
		return r;
	offset = (uintptr_t)head.futex_offset;
	/* a lock that is being taken or released at this moment */
	link = robust_link(head.list_op_pending);
	if (link && link + offset == address)
		return 1;
	link = robust_link(head.list.next);
	for (unsigned n = 0; link != (uintptr_t)at; n++) {
		struct robust_list next;

		if (link + offset == address)
			return 1;
		if (n == ROBUST_LIST_LIMIT)
			return -ELOOP;
		r = ix_peek(tid, link, &next, sizeof(next));
		if (r < 0)
			return r;
		link = robust_link(next.next);
	}
	return 0;
}
