/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The use of limits. The System V counters come from one *_INFO call per mechanism;
 * SHM_INFO walks all segments under the namespace's lock, so that call is made at most
 * once, and only if a requested limit needs it.
 */
#include "limits/limits.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/shm.h>

#include "core/semun.h"

#define ROOM sizeof(((struct ix_info_answer *)0)->data)
_Static_assert(sizeof(struct shminfo) <= ROOM && sizeof(struct shm_info) <= ROOM &&
		       sizeof(struct msginfo) <= ROOM && sizeof(struct seminfo) <= ROOM,
	       "every answer has room");

static int ask_sem(int cmd, void *data)
{
	union semun arg = { .info = data };

	return semctl(0, 0, cmd, arg);
}

static int limits_usage_ask(enum ix_info_call call, void *data)
{
	int r = -1;

	errno = ENOSYS;
	switch (call) {
	case IX_SHM_LIMITS:
		r = shmctl(0, IPC_INFO, data);
		break;
	case IX_SHM_USE:
		r = shmctl(0, SHM_INFO, data);
		break;
	case IX_MSG_LIMITS:
		r = msgctl(0, IPC_INFO, data);
		break;
	case IX_MSG_USE:
		r = msgctl(0, MSG_INFO, data);
		break;
	case IX_SEM_LIMITS:
		r = ask_sem(IPC_INFO, data);
		break;
	case IX_SEM_USE:
		r = ask_sem(SEM_INFO, data);
		break;
	case IX_INFO_NONE:
	case IX_INFO_CALLS:
		break;
	}
	return r < 0 ? -errno : 0;
}

/* Whether a number of a 32-bit program may not be all of it: the kernel gives it the low
 * 32 bits, and of SHMMAX at most INT_MAX. What counts objects is far below. */
static bool usage_cut(struct ix_info i, unsigned long n)
{
	if (sizeof(n) == sizeof(uint64_t))
		return false;
	if (i.call == IX_SHM_LIMITS && i.offset == offsetof(struct shminfo, shmmax))
		return n >= INT_MAX;
	return i.call != IX_SHM_LIMITS || i.offset == offsetof(struct shminfo, shmall);
}

int ix_info_get(struct ix_limits *s, struct ix_info i, uint64_t *ret_n)
{
	struct ix_info_answer *a = &s->info[i.call];
	unsigned long wide;
	int narrow;

	if (!a->asked) {
		a->error = limits_usage_ask((enum ix_info_call)i.call, a->data);
		a->asked = true;
	}
	if (a->error)
		return a->error;
	if (!i.is_int) {
		memcpy(&wide, a->data + i.offset, sizeof(wide));
		if (usage_cut(i, wide))
			return -EOVERFLOW;
		*ret_n = wide;
		return 0;
	}
	memcpy(&narrow, a->data + i.offset, sizeof(narrow));
	if (narrow < 0)
		return -ERANGE;
	*ret_n = (uint64_t)narrow;
	return 0;
}

/* Read the use of a limit from the call that counts it, or from the mechanism's
 * totals. */
static int use_of(struct ix_limits *s, const struct ix_limit *l, uint64_t *ret_n)
{
	int r = ix_info_get(s, l->use, ret_n);

	if (r == 0 || !s->total || s->total(s, l->mech, l->total, ret_n) < 0)
		return r;
	if (l->total == IPCX_F_ALLOCATED)
		*ret_n /= (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

static int usage_given(struct ix_limits *s, const struct ix_limit *l, uint64_t *ret_n)
{
	enum ipcx_field total = l->objects ? IPCX_F_OBJECTS : l->total;
	int r = s->given ? s->given(s, l->mech, total, ret_n) : -ENODATA;

	if (r == 0 && total == IPCX_F_ALLOCATED)
		*ret_n /= (uint64_t)sysconf(_SC_PAGESIZE);
	return r;
}

void ix_limit_use(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r)
{
	bool counts = l->objects && s->count;

	if (!counts && l->use.call == IX_INFO_NONE)
		return;
	if (usage_given(s, l, &r->used) < 0)
		r->use_error = counts ? s->count(s, l->mech, &r->used)
				      : use_of(s, l, &r->used);
	r->counted = r->use_error == 0;
}
