/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * listns(2) returns the ids of namespaces, a page at a time: each call continues behind
 * the last id of the page before. An id becomes a descriptor by a file handle of nsfs
 * that consists of the id alone. Since March 2026, both are reserved to CAP_SYS_ADMIN in
 * the first user namespace and the first PID namespace; for everybody else the call
 * returns nothing, or less, and handles are stale: that never means that there is no
 * namespace.
 */
#include "ns/listns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/cap.h"
#include "base/file.h"
#include "ns/holders.h"
#include "ns/target.h"
#include "proc/numbers.h"

/* The headers may be older than the kernel. New calls have the same distance from each
 * other on all architectures: openat2 is 437 and listns 470, plus an offset on some. */
#define LISTNS_CALL (SYS_openat2 + 33)

#define LISTNS_PAGE 512
/* The kernel has no more namespaces than this: user.max_ipc_namespaces is an int, but
 * each takes some kilobytes of memory. */
#define LISTNS_MOST (UINT32_C(1) << 22)

#define LISTNS_ROOT   (-10003) /* FD_NSFS_ROOT of <linux/fcntl.h> */
#define LISTNS_HANDLE 0xf1     /* FILEID_NSFS */

/* struct ns_id_req of <linux/nsfs.h>, version 0 */
struct listns_request {
	uint32_t size, spare;
	uint64_t after;
	uint32_t type, spare2;
	uint64_t user_ns;
};

/* struct file_handle with a struct nsfs_file_handle */
struct listns_handle {
	uint32_t bytes;
	int32_t kind;
	uint64_t id;
	uint32_t type, inum;
};

struct listns_ids {
	uint64_t *all;
	size_t n, cap;
};

static int listns_by_number(const void *a, const void *b)
{
	const uint64_t *p = a, *q = b;

	return (*p > *q) - (*p < *q);
}

static bool listns_has(const struct listns_ids *ids, uint64_t id)
{
	return ids->n &&
	       bsearch(&id, ids->all, ids->n, sizeof(id), listns_by_number) != NULL;
}

static void listns_sort(struct listns_ids *ids)
{
	if (ids->n)
		qsort(ids->all, ids->n, sizeof(*ids->all), listns_by_number);
}

static int listns_room(struct listns_ids *ids, size_t more)
{
	size_t cap = ids->cap ? ids->cap : LISTNS_PAGE;
	uint64_t *all;

	while (cap < ids->n + more)
		cap *= 2;
	if (cap == ids->cap)
		return 0;
	all = reallocarray(ids->all, cap, sizeof(*all));
	if (!all)
		return -ENOMEM;
	ids->all = all;
	ids->cap = cap;
	return 0;
}

/*
 * Read all pages, sorted. A page that fails ends the list: what was read before it is
 * used. Returns 0; -ENOSYS if the kernel has no such call, or not in this form; another
 * -errno if a page failed.
 */
static int listns_read(struct listns_ids *ids)
{
	struct listns_request req = { .size = sizeof(req), .type = CLONE_NEWIPC };
	long n = 1;
	int r = 0;

	while (r == 0 && ids->n < LISTNS_MOST) {
		r = listns_room(ids, LISTNS_PAGE);
		if (r < 0)
			break;
		n = syscall(LISTNS_CALL, &req, ids->all + ids->n, (size_t)LISTNS_PAGE, 0);
		if (n < 0)
			r = errno == E2BIG || errno == EINVAL || errno == EPERM ? -ENOSYS
										: -errno;
		if (n <= 0)
			break;
		/* A page that does not move on would be read for ever. */
		if (n > LISTNS_PAGE || ids->all[ids->n + (size_t)n - 1] == req.after) {
			r = -EIO;
			break;
		}
		ids->n += (size_t)n;
		req.after = ids->all[ids->n - 1];
	}
	listns_sort(ids);
	return r;
}

static int listns_open(uint64_t id)
{
	struct listns_handle h = { .bytes = 16, .kind = LISTNS_HANDLE, .id = id };
	int fd = open_by_handle_at(LISTNS_ROOT, (struct file_handle *)(void *)&h,
				   O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : ix_fd_lift(fd);
}

/* Return the id of a namespace that the pass found; 0 if it is unknown. A handle names it
 * without opening the namespace. */
static uint64_t listns_id_of(struct ipcx *x, const struct ix_nsseen *seen)
{
	struct listns_handle h = { .bytes = 16 };
	uint64_t ino, id = 0;
	char path[24];
	int mount;

	if (seen->fd >= 0)
		return ix_ns_identity(seen->fd, CLONE_NEWIPC, &ino, &id) == 0 ? id : 0;
	if (!seen->pid)
		return 0;
	(void)snprintf(path, sizeof(path), "%d/ns/ipc", seen->pid);
	if (name_to_handle_at(ix_procfd(x), path, (struct file_handle *)(void *)&h,
			      &mount, AT_SYMLINK_FOLLOW) < 0)
		return 0;
	return h.kind == LISTNS_HANDLE && h.inum == (uint32_t)seen->ino ? h.id : 0;
}

static int listns_known(struct ipcx *x, const struct ix_nslist *l,
			struct listns_ids *ret_ids)
{
	for (size_t i = 0; i < l->n; i++) {
		uint64_t id = listns_id_of(x, &l->all[i]);

		if (!id)
			continue;
		if (listns_room(ret_ids, 1) < 0)
			return -ENOMEM;
		ret_ids->all[ret_ids->n++] = id;
	}
	listns_sort(ret_ids);
	return 0;
}

/* Add the namespace with this id. Returns 0, 1 if it could not be opened, or -ENOMEM. */
static int listns_add(struct ix_nslist *l, uint64_t id)
{
	auto_fd int fd = listns_open(id);
	struct ix_nsseen *seen;
	uint64_t ino, same;
	int r;

	if (fd < 0)
		return 1;
	r = ix_ns_identity(fd, CLONE_NEWIPC, &ino, &same);
	if (r < 0)
		return r != -EINVAL; /* the namespace is of another type */
	seen = ix_nslist_find(l, ino);
	if (!seen) {
		seen = ix_nslist_add(l, ino);
		if (!seen)
			return -ENOMEM;
		seen->listed = true;
	}
	if (!seen->processes && seen->fd < 0)
		seen->fd = take_fd(&fd);
	return 0;
}

/* Count the namespaces that could not be opened and that the kernel still lists: the
 * others have ended meanwhile. */
static void listns_closed(struct ix_nslist *l, const struct listns_ids *closed)
{
	auto_free uint64_t *freed = NULL;
	struct listns_ids now = { 0 };

	if (closed->n == 0)
		return;
	(void)listns_read(&now);
	freed = now.all;
	for (size_t i = 0; i < closed->n; i++)
		l->closed += listns_has(&now, closed->all[i]);
}

static int listns_merge(struct ix_nslist *l, const struct listns_ids *listed,
			const struct listns_ids *known, struct listns_ids *closed)
{
	for (size_t i = 0; i < listed->n; i++) {
		int r = 0;

		if (i == 0 || listed->all[i] != listed->all[i - 1])
			r = listns_has(known, listed->all[i])
				    ? 0
				    : listns_add(l, listed->all[i]);
		if (r > 0 && listns_room(closed, 1) == 0)
			closed->all[closed->n++] = listed->all[i];
		if (r < 0)
			return r;
	}
	return 0;
}

int ix_listns_join(struct ipcx *x, struct ix_nslist *l)
{
	struct listns_ids listed = { 0 }, known = { 0 }, closed = { 0 };
	int r;

	/* A filter may kill a process for a call that it does not know. */
	if (x->lent || ix_cap_filtered())
		return 0;
	r = listns_read(&listed);
	if (listed.n == 0 || ix_proc_is_ours(x) <= 0)
		r = -ENOSYS; /* not the namespaces of this /proc, or none */
	if (r < 0 && r != -ENOSYS && r != -ENOMEM)
		l->unlisted = r;
	if (r != -ENOMEM)
		r = listed.n ? listns_known(x, l, &known) : 0;
	if (r == 0)
		r = listns_merge(l, &listed, &known, &closed);
	if (r == 0)
		listns_closed(l, &closed);
	free(listed.all);
	free(known.all);
	free(closed.all);
	return r;
}
