/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Queues without a name are found among the descriptors of processes. Of a candidate, the
 * link in /proc/PID/fd is opened for reading, as a listing opens the others: that moves
 * no time of the queue.
 */
#include "why/mqhidden.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/file.h"
#include "core/limit.h"
#include "core/mech.h"
#include "mech/mqueue.h"
#include "ns/run.h"
#include "proc/fds.h"
#include "who/procs.h"

#define HIDDEN_MAGIC 0x19800202 /* ipc/mqueue.c */
#define HIDDEN_SIZE  80         /* of the file of any queue */

/* PROC_PID_INIT_INO of the kernel. */
#define HIDDEN_FIRST_PIDS 0xEFFFFFFC

struct hidden_queue {
	uint64_t dev, ino, bytes;
};

struct hidden_list {
	struct hidden_queue *queues;
	size_t n, room;
};

uint64_t ix_mq_bytes(uint64_t maxmsg, uint64_t msgsize)
{
	struct ipcx_attrs a = { .size = sizeof(a),
				.set = IPCX_A_MAXMSG | IPCX_A_MSGSIZE,
				.maxmsg = maxmsg,
				.msgsize = msgsize };
	unsigned mech = 0;

	while (ix_mech(mech) && ix_mech(mech)->causes != ix_mq_causes)
		mech++;
	for (const struct ix_charge *c = ix_mech(mech)->charges; c->limit; c++)
		if (!strcmp(c->limit, "rlimit_msgqueue"))
			return c->amount(&a);
	return 0;
}

static int hidden_order(const void *a, const void *b)
{
	const struct hidden_queue *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return (x->ino > y->ino) - (x->ino < y->ino);
}

static bool hidden_add(struct hidden_list *l, const struct hidden_queue *q)
{
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 16;
		struct hidden_queue *more = reallocarray(l->queues, room, sizeof(*more));

		if (!more)
			return false;
		l->queues = more;
		l->room = room;
	}
	l->queues[l->n++] = *q;
	return true;
}

/* Returns false if it could not be found out whether it counts. */
static bool hidden_look(const struct ix_mq_hidden *h, int dir, const struct ix_opened *o,
			struct hidden_list *l)
{
	struct hidden_queue q = { .dev = o->dev, .ino = o->ino };
	char path[24];
	auto_fd int held = -1, fd = -1;
	struct statfs fs;
	struct stat st;
	struct mq_attr attr;

	(void)snprintf(path, sizeof(path), "fd/%d", o->number);
	held = ix_open(dir, path, O_PATH);
	if (held < 0 || fstatfs(held, &fs) < 0)
		return held == -ENOENT || held == -ESRCH;
	if (fs.f_type != HIDDEN_MAGIC)
		return true;
	if (fstat(held, &st) < 0 || st.st_ino != o->ino)
		return true; /* another file by now */
	if ((h->uid != IX_MQ_ANYBODY && st.st_uid != h->uid) ||
	    (h->dev && h->dev != st.st_dev))
		return true;
	fd = ix_open(dir, path, O_RDONLY | O_NONBLOCK);
	if (fd >= 0 && mq_getattr(fd, &attr) == 0)
		q.bytes =
			ix_mq_bytes((uint64_t)attr.mq_maxmsg, (uint64_t)attr.mq_msgsize);
	return hidden_add(l, &q) && q.bytes;
}

/* Returns false if not all could be seen. */
static bool hidden_process(struct ix_why *w, const struct ix_mq_hidden *h, int32_t pid,
			   struct hidden_list *l)
{
	auto_fd int dir = ix_procs_open(w->x, pid);
	struct ix_fds fds auto_fds = { .dir = -1 };
	struct ix_opened o;
	bool whole = true;
	int r = dir < 0 ? dir : ix_fds_open(dir, "fd", &fds);

	while (r >= 0 && (r = ix_fds_next(&fds, &o)) > 0)
		if (o.links == 0 && S_ISREG(o.mode) && o.size == HIDDEN_SIZE)
			whole &= hidden_look(h, dir, &o, l);
	return whole && (r == 0 || r == -ENOENT || r == -ESRCH);
}

void ix_mq_hidden(struct ix_why *w, struct ix_mq_hidden *h)
{
	struct hidden_list l = { .n = 0 };
	struct ix_procs_walk walk auto_procs_walk = { .dir = NULL };
	int proc = ix_procfd(w->x), r = ix_procs_walk_open(w->x, &walk);
	struct stat st;
	int32_t pid;

	/* In another PID namespace, processes outside are not in /proc. */
	h->whole = r == 0 && fstatat(proc, "self/ns/pid", &st, 0) == 0 &&
		   st.st_ino == HIDDEN_FIRST_PIDS;
	while (r >= 0 && (r = ix_procs_walk_next(&walk, &pid)) > 0)
		h->whole &= hidden_process(w, h, pid, &l);
	h->whole &= r == 0;
	if (l.n)
		qsort(l.queues, l.n, sizeof(*l.queues), hidden_order);
	for (size_t i = 0; i < l.n; i++) {
		if (i && hidden_order(&l.queues[i - 1], &l.queues[i]) == 0)
			continue;
		h->queues++;
		h->bytes += l.queues[i].bytes;
	}
	free(l.queues);
}

static int hidden_device(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	(void)t;
	return ix_mqueue_device(x, arg);
}

void ix_mq_hidden_here(struct ix_why *w, struct ix_mq_hidden *h)
{
	uint64_t dev = 0;

	if (ix_ns_run(w->x, &(struct ix_ns_call){ .run = hidden_device,
						  .arg = &dev,
						  .out = &dev,
						  .out_size = sizeof(dev),
						  .looks = true }) < 0 ||
	    !dev)
		return;
	h->dev = dev;
	ix_mq_hidden(w, h);
}
