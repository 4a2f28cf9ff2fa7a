/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the gears share: each of them, and what makes an object ours. */
#pragma once

#include <sys/ipc.h>
#include <sys/stat.h>

#include "stress/stress.h"

extern const struct ix_gear ix_gear_shm, ix_gear_msg, ix_gear_sem;
extern const struct ix_gear ix_gear_mq, ix_gear_pshm, ix_gear_psem;

struct semid_ds;

/* What semctl(2) takes: who calls it defines that. */
union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

/* What every object is made with. */
#define IX_MODE 0600

/*
 * Whether this is what the slot with this key was given. With an id on record: it still
 * has that key, so it is not another that got the id since. Without one its maker was
 * ended between making it and saying so: it must be as nobody but its maker could have
 * left it, which the gear adds to by what else it can tell.
 */
bool ix_slot_has(const struct ipc_perm *perm, int32_t key, int id);

/* The same for a file below a POSIX name. */
bool ix_slot_has_file(const struct stat *st);

/* What to tell of a file. */
void ix_seen_file(const struct stat *st, struct ix_seen *ret_seen);

/* stat() and change() of gears whose objects are files at hand. */
int ix_look_file(const struct ix_task *t, struct ix_thing *thing,
		 struct ix_seen *ret_seen);
int ix_change_file(const struct ix_task *t, struct ix_thing *thing, unsigned mode);
