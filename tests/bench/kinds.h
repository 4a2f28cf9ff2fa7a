/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The three System V kinds as the helpers see them: create one, remove one, and the
 * /proc/sysvipc file that lists them. No code of ipcx is used here: what ipcx is
 * compared with must not depend on ipcx.
 */
#ifndef BENCH_KINDS_H
#define BENCH_KINDS_H

#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

struct kind {
	const char *name;
	int (*make)(key_t key);
	int (*drop)(int id);
	int (*look)(int index); /* *_STAT_ANY */
};

static inline int shm_make(key_t key)
{
	return shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600);
}

static inline int shm_drop(int id)
{
	return shmctl(id, IPC_RMID, NULL);
}

static inline int msg_make(key_t key)
{
	return msgget(key, IPC_CREAT | IPC_EXCL | 0600);
}

static inline int msg_drop(int id)
{
	return msgctl(id, IPC_RMID, NULL);
}

static inline int sem_make(key_t key)
{
	return semget(key, 1, IPC_CREAT | IPC_EXCL | 0600);
}

static inline int sem_drop(int id)
{
	return semctl(id, 0, IPC_RMID);
}

static inline int shm_look(int index)
{
	struct shmid_ds ds;

	return shmctl(index, SHM_STAT_ANY, &ds);
}

static inline int msg_look(int index)
{
	struct msqid_ds ds;

	return msgctl(index, MSG_STAT_ANY, &ds);
}

static inline int sem_look(int index)
{
	struct semid_ds ds;

	return semctl(index, 0, SEM_STAT_ANY, &ds);
}

static const struct kind kinds[] = {
	{ "shm", shm_make, shm_drop, shm_look },
	{ "msg", msg_make, msg_drop, msg_look },
	{ "sem", sem_make, sem_drop, sem_look },
};

static inline const struct kind *kind_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	fprintf(stderr, "no such kind: %s\n", name);
	return NULL;
}

#endif
