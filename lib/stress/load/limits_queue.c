/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limits of message queues, and the errno beyond each. */
#include <fcntl.h>
#include <mqueue.h>
#include <sys/msg.h>
#include <sys/resource.h>

#include "mech/drivers.h"
#include "stress/engine/objectlog.h"
#include "stress/load/limits.h"

/* ---- msg */

/* msg_qbytes of a worker's own queue; the same number also limits how many empty messages
 * the queue holds. */
#define QBYTES 512

/* MSGMAX: the value to which msgmax is lowered. Messages longer than LONGEST are not
 * tested. */
#define MSGMAX  1024
#define LONGEST 65536

/* A worker's own words: msgmax, msg_qbytes of its queue, and the highest msg_qbytes. */
enum { OWN_MSGMAX, OWN_QBYTES, OWN_MOST_BYTES };

struct text {
	long type;
	char bytes[LONGEST];
};

static int begin_msg(struct ix_worker *w, struct ix_object *own)
{
	struct msqid_ds ds;
	int r = ix_bound(w->task, "msgmax", &w->slot->own[OWN_MSGMAX]);

	if (r < 0)
		return r;
	if (msgctl(own->id, IPC_STAT, &ds) < 0)
		return -errno;
	w->slot->own[OWN_MOST_BYTES] = ds.msg_qbytes;
	ds.msg_qbytes = MIN(ds.msg_qbytes, QBYTES);
	w->slot->own[OWN_QBYTES] = ds.msg_qbytes;
	return msgctl(own->id, IPC_SET, &ds) < 0 ? -errno : 0;
}

/* Send messages of this size until the queue is full, then receive all of them. */
static void limits_queue_fill_queue(struct ix_worker *w, const struct ix_object *own,
				    size_t size, unsigned room)
{
	struct text t = { .type = 1 };
	unsigned n = 0, came = 0;
	struct msqid_ds ds;
	int error = 0;

	while (n <= room && error == 0) {
		error = IX_ERROR(msgsnd(own->id, &t, size, IPC_NOWAIT));
		n += error == 0;
	}
	(void)ix_expect(w, "sending to a full queue", error, EAGAIN);
	ix_expect_number(w, "messages until the queue is full", n, room);
	if (msgctl(own->id, IPC_STAT, &ds) == 0) {
		ix_expect_number(w, "msg_qnum of a full queue", ds.msg_qnum, n);
		ix_expect_number(w, "msg_cbytes of a full queue", ds.__msg_cbytes,
				 n * size);
	}
	for (error = 0; came <= n && error == 0; came += error == 0) {
		ssize_t length = msgrcv(own->id, &t, sizeof(t.bytes), 0, IPC_NOWAIT);

		error = IX_ERROR(length);
		if (error == 0)
			ix_expect_number(w, "length of a message", (uint64_t)length,
					 size);
	}
	(void)ix_expect(w, "receiving from an empty queue", error, ENOMSG);
	ix_expect_number(w, "messages until the queue is empty", came, n);
}

/* Send one message and receive it. */
static void limits_queue_pass(struct ix_worker *w, const struct ix_object *own)
{
	struct text t = { .type = 7 };

	(void)ix_expect(w, "sending to an empty queue",
			IX_ERROR(msgsnd(own->id, &t, 1, IPC_NOWAIT)), 0);
	(void)ix_expect(w, "receiving the type that was sent",
			IX_ERROR(msgrcv(own->id, &t, 1, 7, IPC_NOWAIT)), 0);
}

static bool bytes_of_queue(struct ix_worker *w, struct ix_object *own)
{
	uint64_t qbytes = w->slot->own[OWN_QBYTES];
	uint64_t most = MIN(MIN(qbytes, w->slot->own[OWN_MSGMAX]), LONGEST);
	size_t size = 1 + (size_t)ix_random_below(&w->random, MAX(most, 1));

	if (most == 0)
		return false;
	limits_queue_fill_queue(w, own, size, (unsigned)(qbytes / size));
	limits_queue_pass(w, own);
	return true;
}

/* Empty messages take no bytes; the kernel allows as many of them as msg_qbytes says. */
static bool messages_of_queue(struct ix_worker *w, struct ix_object *own)
{
	limits_queue_fill_queue(w, own, 0, (unsigned)w->slot->own[OWN_QBYTES]);
	return true;
}

static void set_room(struct ix_worker *w, const struct ix_object *own, uint64_t bytes)
{
	struct msqid_ds ds;
	int error = IX_ERROR(msgctl(own->id, IPC_STAT, &ds));

	if (error == 0) {
		ds.msg_qbytes = bytes;
		error = IX_ERROR(msgctl(own->id, IPC_SET, &ds));
	}
	(void)ix_expect(w, "setting msg_qbytes", error, 0);
}

/* To a queue with enough room, send a message of msgmax bytes, and a message that is one
 * byte longer. */
static void longest_message(struct ix_worker *w, const struct ix_object *own, size_t most)
{
	struct text t = { .type = 1 };
	ssize_t length;

	set_room(w, own, MIN(most + 1, w->slot->own[OWN_MOST_BYTES]));
	(void)ix_expect(w, "sending more than msgmax bytes",
			IX_ERROR(msgsnd(own->id, &t, most + 1, IPC_NOWAIT)), EINVAL);
	if (ix_expect(w, "sending msgmax bytes",
		      IX_ERROR(msgsnd(own->id, &t, most, IPC_NOWAIT)), 0)) {
		length = msgrcv(own->id, &t, sizeof(t.bytes), 0, IPC_NOWAIT);
		if (ix_expect(w, "receiving msgmax bytes", IX_ERROR(length), 0))
			ix_expect_number(w, "length of a message of msgmax bytes",
					 (uint64_t)length, most);
	}
	set_room(w, own, w->slot->own[OWN_QBYTES]);
}

static bool length_of_message(struct ix_worker *w, struct ix_object *own)
{
	uint64_t most = w->slot->own[OWN_MSGMAX];
	struct text t = { .type = 1 };

	if (most < LONGEST && most <= w->slot->own[OWN_MOST_BYTES])
		longest_message(w, own, most);
	if (most > w->slot->own[OWN_QBYTES] && w->slot->own[OWN_QBYTES] < LONGEST)
		(void)ix_expect(w, "sending more than msg_qbytes",
				IX_ERROR(msgsnd(own->id, &t, w->slot->own[OWN_QBYTES] + 1,
						IPC_NOWAIT)),
				EAGAIN);
	t.type = 0;
	(void)ix_expect(w, "sending type 0", IX_ERROR(msgsnd(own->id, &t, 0, IPC_NOWAIT)),
			EINVAL);
	return true;
}

static bool empty_queue(struct ix_worker *w, struct ix_object *own)
{
	int32_t spare = ix_slot_key(&w->task->names, ix_spare(w));
	struct text t = { .type = 2 };

	(void)ix_expect(w, "receiving from an empty queue",
			IX_ERROR(msgrcv(own->id, &t, 1, 0, IPC_NOWAIT)), ENOMSG);
	(void)ix_expect(w, "opening a queue that does not exist",
			IX_ERROR(msgget(spare, 0)), ENOENT);
	if (w->slot->own[OWN_MSGMAX] == 0 || w->slot->own[OWN_QBYTES] == 0)
		return true;
	(void)ix_expect(w, "sending", IX_ERROR(msgsnd(own->id, &t, 1, IPC_NOWAIT)), 0);
	(void)ix_expect(w, "receiving a type that was not sent",
			IX_ERROR(msgrcv(own->id, &t, 1, 3, IPC_NOWAIT)), ENOMSG);
	(void)ix_expect(w, "receiving into too small a buffer",
			IX_ERROR(msgrcv(own->id, &t, 0, 0, IPC_NOWAIT)), E2BIG);
	(void)ix_expect(w, "receiving after E2BIG",
			IX_ERROR(msgrcv(own->id, &t, 1, 2, IPC_NOWAIT)), 0);
	return true;
}

const struct ix_probes ix_probes_msg = {
	.driver = &ix_msg_driver,
	.lowered = "msgmax",
	.to = MSGMAX,
	.begin = begin_msg,
	.probe = {
		{ .limit = "msgmni", .objects = 12, .each = 1, .own = 1 },
		{ .run = bytes_of_queue },
		{ .run = messages_of_queue },
		{ .run = length_of_message },
		{ .run = empty_queue },
	},
};

/* ---- mq */

/* Limits that apply even with CAP_SYS_RESOURCE (mq_overview(7)). */
#define HARD_MSGMAX     65536
#define HARD_MSGSIZEMAX 16777216

/* A worker's own words: the limits of mq_maxmsg and mq_msgsize, and the mq_maxmsg of its
 * own queue. */
enum { OWN_MSG_MAX, OWN_MSGSIZE_MAX, OWN_DEPTH };

static int begin_mq(struct ix_worker *w, struct ix_object *own)
{
	struct mq_attr attr = { .mq_flags = O_NONBLOCK };
	struct ix_seen seen;
	int r = ix_mq_driver.stat(&w->task->names, own, &seen);

	if (r < 0)
		return r;
	w->slot->own[OWN_DEPTH] = seen.room;
	if (!w->slot->own[IX_HELD] ||
	    ix_bound(w->task, "mqueue_msg_max", &w->slot->own[OWN_MSG_MAX]) < 0 ||
	    ix_bound(w->task, "mqueue_msgsize_max", &w->slot->own[OWN_MSGSIZE_MAX]) < 0) {
		w->slot->own[OWN_MSG_MAX] = HARD_MSGMAX;
		w->slot->own[OWN_MSGSIZE_MAX] = HARD_MSGSIZEMAX;
	}
	return mq_setattr(own->id, &attr, NULL) < 0 ? -errno : 0;
}

/* Expect that a queue cannot be created with these attributes. */
static void no_queue(struct ix_worker *w, const char *what, uint64_t depth, uint64_t size,
		     int right)
{
	struct mq_attr attr = { .mq_maxmsg = (long)depth, .mq_msgsize = (long)size };
	char name[IX_NAME];
	auto_fd int fd = mq_open(ix_slot_name(&w->task->names, ix_spare(w), name),
				 O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attr);

	/* In a namespace in use, others may have reached queues_max. */
	if (fd < 0 && errno == ENOSPC && !w->task->names.fresh)
		return;
	if (!ix_expect(w, what, IX_ERROR(fd), right) && fd >= 0)
		ix_undo_make(w, -1);
}

static bool attributes_of_queue(struct ix_worker *w, struct ix_object *own)
{
	(void)own;
	if (w->index > 0 && w->task->names.fresh)
		return false; /* worker 0 may have filled queues_max just now */
	no_queue(w, "creating a queue of more than msg_max messages",
		 w->slot->own[OWN_MSG_MAX] + 1, 1, EINVAL);
	no_queue(w, "creating a queue of messages above msgsize_max", 1,
		 w->slot->own[OWN_MSGSIZE_MAX] + 1, EINVAL);
	no_queue(w, "creating a queue with mq_maxmsg 0", 0, 1, EINVAL);
	no_queue(w, "creating a queue with mq_msgsize 0", 1, 0, EINVAL);
	return true;
}

static bool full_queue(struct ix_worker *w, struct ix_object *own)
{
	unsigned room = (unsigned)w->slot->own[OWN_DEPTH], n = 0, came = 0;
	size_t size = (size_t)ix_random_below(&w->random, own->size + 1);
	char text[1024] = "";
	int error = 0;

	while (n <= room && error == 0) {
		error = IX_ERROR(mq_send(own->id, text, size, n % 3));
		n += error == 0;
	}
	(void)ix_expect(w, "sending to a full queue", error, EAGAIN);
	ix_expect_number(w, "messages until the queue is full", n, room);
	for (error = 0; came <= n && error == 0; came += error == 0) {
		ssize_t length = mq_receive(own->id, text, sizeof(text), NULL);

		error = IX_ERROR(length);
		if (error == 0)
			ix_expect_number(w, "length of a message", (uint64_t)length,
					 size);
	}
	(void)ix_expect(w, "receiving from an empty queue", error, EAGAIN);
	ix_expect_number(w, "messages until the queue is empty", came, n);
	(void)ix_expect(w, "sending when there is room again",
			IX_ERROR(mq_send(own->id, text, size, 0)), 0);
	(void)ix_expect(w, "receiving the only message",
			IX_ERROR(mq_receive(own->id, text, sizeof(text), NULL)), 0);
	return true;
}

static bool no_message(struct ix_worker *w, struct ix_object *own)
{
	/* Use no deadline in the future: if the clock were set back, the call would
	 * block. */
	const struct timespec invalid = { .tv_nsec = 1000000000 }, past = { 0 };
	struct ix_object blocking = { .slot = own->slot, .id = -1, .size = own->size };
	char text[1024];
	int error;

	(void)ix_expect(w, "receiving from an empty queue",
			IX_ERROR(mq_receive(own->id, text, sizeof(text), NULL)), EAGAIN);
	error = -ix_mq_driver.open(&w->task->names, &blocking);
	if (!ix_expect(w, "opening the queue again", error, 0))
		return true;
	error = IX_ERROR(mq_timedreceive(blocking.id, text, sizeof(text), NULL, &past));
	if (error != EINTR)
		(void)ix_expect(w, "waiting with a past deadline", error, ETIMEDOUT);
	error = IX_ERROR(
		mq_timedreceive(blocking.id, text, sizeof(text), NULL, &invalid));
	if (error != EINTR)
		(void)ix_expect(w, "waiting with an invalid deadline", error, EINVAL);
	ix_mq_driver.close(&blocking);
	return true;
}

static bool length_of_mq_message(struct ix_worker *w, struct ix_object *own)
{
	char text[1024] = "";

	(void)ix_expect(w, "sending more than mq_msgsize bytes",
			IX_ERROR(mq_send(own->id, text, own->size + 1, 0)), EMSGSIZE);
	(void)ix_expect(w, "receiving into too small a buffer",
			IX_ERROR(mq_receive(own->id, text, own->size - 1, NULL)),
			EMSGSIZE);
	return true;
}

static bool priority_of_message(struct ix_worker *w, struct ix_object *own)
{
	const unsigned highest = (unsigned)sysconf(_SC_MQ_PRIO_MAX) - 1;
	char text[1024] = "";
	unsigned priority = 0;

	(void)ix_expect(w, "sending with too high a priority",
			IX_ERROR(mq_send(own->id, text, 0, highest + 1)), EINVAL);
	(void)ix_expect(w, "sending with the highest priority",
			IX_ERROR(mq_send(own->id, text, 0, highest)), 0);
	(void)ix_expect(w, "receiving the highest priority",
			IX_ERROR(mq_receive(own->id, text, sizeof(text), &priority)), 0);
	ix_expect_number(w, "the highest priority", priority, highest);
	return true;
}

static bool name_of_queue(struct ix_worker *w, struct ix_object *own)
{
	const int new = O_RDWR | O_CREAT | O_EXCL;
	char name[IX_NAME], longest[IX_LONG_NAME];
	int fd = mq_open(ix_long_name(longest), O_RDWR | O_CLOEXEC);

	(void)ix_expect(w, "a name that is too long", IX_ERROR(fd), ENAMETOOLONG);
	fd = mq_open(ix_slot_name(&w->task->names, own->slot, name), new | O_CLOEXEC,
		     0600, NULL);
	(void)ix_expect(w, "creating a queue that exists", IX_ERROR(fd), EEXIST);
	fd = mq_open(ix_slot_name(&w->task->names, ix_spare(w), name),
		     O_RDWR | O_CLOEXEC);
	(void)ix_expect(w, "opening a queue that does not exist", IX_ERROR(fd), ENOENT);
	/* POSIX leaves it to the C library; musl takes the name as if it had one. */
	fd = mq_open(name + 1, O_RDWR | O_CLOEXEC);
	if (IX_ERROR(fd) != ENOENT)
		(void)ix_expect(w, "a name without a slash", IX_ERROR(fd), EINVAL);
	return true;
}

/* RLIMIT_MSGQUEUE counts all queues of the user, in any namespace. */
static bool bytes_of_user(struct ix_worker *w, struct ix_object *own)
{
	struct ix_object object = { .slot = ix_spare(w), .id = -1 };
	struct rlimit before, none;

	(void)own;
	if (w->index > 0 || getrlimit(RLIMIT_MSGQUEUE, &before) < 0)
		return false; /* only worker 0, which fills queues_max, may create a queue
			       */
	none = before;
	none.rlim_cur = 0;
	if (setrlimit(RLIMIT_MSGQUEUE, &none) < 0)
		return false;
	no_queue(w, "creating a queue with RLIMIT_MSGQUEUE 0", 1, 1, EMFILE);
	(void)setrlimit(RLIMIT_MSGQUEUE, &before);
	if (ix_make(w->task, &ix_mq_driver, &object) < 0)
		return true; /* others use up a limit */
	(void)ix_remove(w->task, &ix_mq_driver, &object);
	ix_mq_driver.close(&object);
	return true;
}

const struct ix_probes ix_probes_mq = {
	.driver = &ix_mq_driver,
	.resource = true,
	.begin = begin_mq,
	.probe = {
		{ .limit = "mqueue_queues_max", .objects = 12, .each = 1, .own = 1 },
		{ .run = attributes_of_queue },
		{ .run = full_queue },
		{ .run = no_message },
		{ .run = length_of_mq_message },
		{ .run = priority_of_message },
		{ .run = name_of_queue },
		{ .run = bytes_of_user },
	},
};
