/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What shows that a kernel was built with System V IPC, and with POSIX message queues. */
#include "mech/kconfigs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <unistd.h>

#include "core/semun.h"
#include "mech/mqueue.h"

static bool kconfigs_absent(int r)
{
	return r < 0 && errno == ENOSYS;
}

static int ask_sysv(void)
{
	struct shminfo shm;
	struct msginfo msg;
	struct seminfo sem;
	union semun arg = { .info = &sem };

	return kconfigs_absent(shmctl(0, IPC_INFO, (void *)&shm)) &&
			       kconfigs_absent(msgctl(0, IPC_INFO, (void *)&msg)) &&
			       kconfigs_absent(semctl(0, 0, IPC_INFO, arg))
		       ? -ENOSYS
		       : 0;
}

/* A name with a second slash belongs to no queue. */
static int ask_mqueue(void)
{
	int q = ix_mq_open("/ /", O_RDONLY);

	if (q >= 0)
		(void)close(q);
	return q == -ENOSYS ? q : 0;
}

const struct ix_kconfig ix_kconfig_sysv = {
	.what = IX_SYSV_WHAT,
	.option = IX_SYSV_OPTION,
	.file = "sysvipc",
	.ask = ask_sysv,
};

const struct ix_kconfig ix_kconfig_mqueue = {
	.what = IX_MQUEUE_WHAT,
	.option = IX_MQUEUE_OPTION,
	.file = "sys/fs/mqueue",
	.type = "mqueue",
	.ask = ask_mqueue,
};
