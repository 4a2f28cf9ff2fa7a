/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LD_PRELOAD: remove the System V object $VANISH_ID right before the first call that
 * reads it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "next.h"

#define SLOT_BITS 15

/* A call that reads the object names its id or its slot, which is part of the id. */
static void vanish(long call, int id, int cmd, int is_look)
{
	static int gone;
	const char *text = getenv("VANISH_ID");
	int child = text ? atoi(text) : -1;

	if (gone || !is_look || (id != child && id != child % (1 << SLOT_BITS)))
		return;
	gone = 1;
	(void)syscall(call, child, call == SYS_semctl ? 0 : IPC_RMID, IPC_RMID, 0);
	(void)cmd;
}

int shmctl(int id, int cmd, struct shmid_ds *buf)
{
	int (*real)(int, int, struct shmid_ds *);

	*(void **)&real = dlsym(RTLD_NEXT, TIMED("shmctl"));
	vanish(SYS_shmctl, id, cmd, cmd == SHM_STAT_ANY || cmd == IPC_STAT);
	return real(id, cmd, buf);
}

int msgctl(int id, int cmd, struct msqid_ds *buf)
{
	int (*real)(int, int, struct msqid_ds *);

	*(void **)&real = dlsym(RTLD_NEXT, TIMED("msgctl"));
	vanish(SYS_msgctl, id, cmd, cmd == MSG_STAT_ANY || cmd == IPC_STAT);
	return real(id, cmd, buf);
}

int semctl(int id, int num, int cmd, ...)
{
	int (*real)(int, int, int, ...);
	va_list args;
	void *arg;

	va_start(args, cmd);
	arg = va_arg(args, void *);
	va_end(args);
	*(void **)&real = dlsym(RTLD_NEXT, TIMED("semctl"));
	vanish(SYS_semctl, id, cmd, cmd == SEM_STAT_ANY || cmd == IPC_STAT);
	return real(id, num, cmd, arg);
}
