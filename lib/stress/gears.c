/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which gears there are, and how an object is known to be one of ours. */
#include "stress/gears.h"

#include <errno.h>
#include <string.h>

const struct ix_gear *const ix_gears[] = {
	&ix_gear_shm,  &ix_gear_msg,  &ix_gear_sem, &ix_gear_mq,
	&ix_gear_pshm, &ix_gear_psem, NULL,
};

const struct ix_gear *ix_gear_of(const char *mech)
{
	for (unsigned i = 0; ix_gears[i]; i++)
		if (!strcmp(ix_gears[i]->mech, mech))
			return ix_gears[i];
	return NULL;
}

bool ix_slot_has(const struct ipc_perm *perm, int32_t key, int id)
{
	if (perm->__key != key)
		return false;
	return id >= 0 || (perm->cuid == geteuid() && perm->uid == geteuid() &&
			   (perm->mode & 0777) == IX_MODE);
}

bool ix_slot_has_file(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == geteuid();
}

void ix_seen_file(const struct stat *st, struct ix_seen *ret_seen)
{
	*ret_seen = (struct ix_seen){
		.mode = st->st_mode & 07777,
		.uid = st->st_uid,
		.size = (uint64_t)st->st_size,
	};
}

int ix_look_file(const struct ix_task *t, struct ix_thing *thing,
		 struct ix_seen *ret_seen)
{
	struct stat st;

	(void)t;
	if (fstat(thing->id, &st) < 0)
		return -errno;
	ix_seen_file(&st, ret_seen);
	return 0;
}

int ix_change_file(const struct ix_task *t, struct ix_thing *thing, unsigned mode)
{
	(void)t;
	return fchmod(thing->id, mode) < 0 ? -errno : 0;
}
