/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls that a seccomp(2) filter refuses, or that the kernel does not have. What a filter
 * refuses cannot be read from outside; that there is none can.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "core/mech.h"
#include "core/semun.h"
#include "mech/mqueue.h"
#include "why/why.h"

const struct ix_cause ix_any_causes[IX_ANY_CAUSES] = {
	{ .error = -ENOSYS,
	  .check = IX_CHECK_FILTER,
	  .text = "the kernel does not have the call, or a seccomp filter hides it" },
	{ .error = -EPERM,
	  .check = IX_CHECK_FILTER,
	  .text = "a seccomp filter refuses the call" },
};

/* Make a call of the same family that changes nothing. Returns 0 or -errno. */
static int filter_try(enum ix_call call)
{
	struct shminfo shm;
	struct msginfo msg;
	struct seminfo sem;
	int q;

	if (call >= IX_SHMGET && call <= IX_SHMCTL)
		return shmctl(0, IPC_INFO, (void *)&shm) < 0 ? -errno : 0;
	if (call >= IX_SEMGET && call <= IX_SEMCTL)
		return semctl(0, 0, IPC_INFO, (union semun){ .info = &sem }) < 0 ? -errno
										 : 0;
	if (call >= IX_MSGGET && call <= IX_MSGCTL)
		return msgctl(0, IPC_INFO, (void *)&msg) < 0 ? -errno : 0;
	if (call < IX_MQ_OPEN || call > IX_MQ_UNLINK)
		return 0;
	/* A name with a second slash belongs to no queue. */
	q = ix_mq_open("/ /", O_RDONLY);
	if (q >= 0)
		(void)close(q);
	return q == -ENOSYS ? q : 0;
}

void ix_why_filter(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	int ours = filter_try(w->call);
	const char *call = ix_call_name(w->call);

	if (c->error == -ENOSYS && ours == -ENOSYS && w->as.filtered == IX_SO_NOT)
		ix_reason_set(
			r, IX_SO,
			"%s: no seccomp filter is active, and this kernel does not have %s",
			w->as.who, call);
	else if (w->as.filtered == IX_SO_NOT)
		ix_reason_set(r, IX_SO_NOT, "%s: no seccomp filter is active%s",
			      w->as.who,
			      c->error == -ENOSYS ? ", and the kernel has the call" : "");
	else if (w->as.kind == IX_AS_SELF && ours < 0)
		ix_reason_set(
			r, IX_SO,
			"a seccomp filter is active, and such calls fail here with %s",
			ix_why_error_name(ours));
	else if (w->as.filtered == IX_SO)
		ix_reason_set(
			r, IX_SO_UNKNOWN,
			"cannot be told: %s: a seccomp filter is active, and which calls it refuses cannot be read",
			w->as.who);
	else
		ix_reason_set(
			r, IX_SO_UNKNOWN,
			"cannot be told: whether %s has a seccomp filter is not known: name the process",
			w->as.who);
}
