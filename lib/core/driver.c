/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names and keys of a load run's objects, and how to recognise our own objects. */
#include "core/driver.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/port.h"

int32_t ix_slot_key(const struct ix_naming *names, uint32_t slot)
{
	return (int32_t)(names->keys + slot);
}

const char *ix_slot_name(const struct ix_naming *names, uint32_t slot, char buf[IX_NAME])
{
	(void)snprintf(buf, IX_NAME, "/ipcx-stress.%016llx.%u",
		       (unsigned long long)names->run, slot);
	return buf;
}

const char *ix_slot_sem(const struct ix_naming *names, uint32_t slot, char buf[IX_NAME])
{
	char name[IX_NAME];

	(void)snprintf(buf, IX_NAME, "/%s%s", IX_SEM_OPEN_PREFIX,
		       ix_slot_name(names, slot, name) + 1);
	return buf;
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

int ix_look_file(const struct ix_naming *names, struct ix_object *object,
		 struct ix_seen *ret_seen)
{
	struct stat st;

	(void)names;
	if (fstat(object->id, &st) < 0)
		return -errno;
	ix_seen_file(&st, ret_seen);
	return 0;
}

int ix_change_file(const struct ix_naming *names, struct ix_object *object, unsigned mode)
{
	(void)names;
	return fchmod(object->id, mode) < 0 ? -errno : 0;
}
