/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the caller may remove or change a System V object: ipcctl_obtain_check() and
 * ipc_update_perm() in ipc/util.c, and the further checks of shmctl(2) and msgctl(2). */
#include <errno.h>
#include <linux/capability.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mech/sysv.h"

static bool owns(struct ix_scan *s, const struct ix_sysv_row *row, uint32_t uid)
{
	return ix_may_as(s, uid) || ix_may_as(s, row->cuid);
}

/* Whether the caller may remove or change the object. */
static int may_control(struct ix_scan *s, const struct ix_sysv_row *row)
{
	return owns(s, row, row->uid) || ix_may_over_ipc(s, CAP_SYS_ADMIN) ? 0 : -EPERM;
}

/* IPC_SET always sets both uid and gid. */
static int may_name(struct ix_scan *s, const struct ix_sysv_row *row,
		    const struct ipcx_attrs *a)
{
	uint32_t uid = a->set & IPCX_A_UID ? a->uid : row->uid,
		 gid = a->set & IPCX_A_GID ? a->gid : row->gid;

	return ix_may_name(s, false, uid) && ix_may_name(s, true, gid) ? 0 : -EINVAL;
}

int ix_sysv_may(struct ix_scan *s, const void *row, const struct ipcx_attrs *a)
{
	int r = may_control(s, row);

	return r == 0 && a ? may_name(s, row, a) : r;
}

/* msgctl_down() in ipc/msg.c */
int ix_msg_may(struct ix_scan *s, const void *row, const struct ipcx_attrs *a)
{
	const struct ix_kind *kind = ix_mech(s->mech)->kind;
	struct msginfo info;
	uint64_t qbytes;
	int r = may_control(s, row);

	if (!a)
		return r;
	qbytes = a->set & IPCX_A_QBYTES
			 ? a->qbytes
			 : ix_column_raw(ix_column(kind, IPCX_F_QBYTES), row);
	if ((a->set & IPCX_A_QBYTES) && a->qbytes > IX_MSG_QBYTES_MAX)
		return -EOVERFLOW;
	if (r < 0)
		return r;
	if (msgctl(0, IPC_INFO, (struct msqid_ds *)&info) < 0)
		return -errno;
	if (qbytes > (unsigned)info.msgmnb && !ix_may_over_machine(s, CAP_SYS_RESOURCE))
		return -EPERM;
	return may_name(s, row, a);
}

/* user_shm_lock() in mm/mlock.c. Memory that this user has locked already counts too, but
 * the kernel does not report how much that is. */
static int may_lock(struct ix_scan *s, const void *row, const struct rlimit *limit)
{
	const struct ix_kind *kind = ix_mech(s->mech)->kind;
	uint64_t size = ix_column_raw(ix_column(kind, IPCX_F_SIZE), row),
		 page = (uint64_t)sysconf(_SC_PAGESIZE), pages, most;

	pages = size / page + (size % page != 0);
	most = limit->rlim_cur / page;
	if (limit->rlim_cur != RLIM_INFINITY && pages + s->may.locked > most &&
	    !ix_may_over_machine(s, CAP_IPC_LOCK))
		return -ENOMEM;
	s->may.locked += pages;
	return 0;
}

/* shmctl_do_lock() in ipc/shm.c, with the new owner if the owner is changed as well. */
static int may_pin(struct ix_scan *s, const struct ix_sysv_row *row,
		   const struct ipcx_attrs *a)
{
	uint32_t uid = a->set & IPCX_A_UID ? a->uid : row->uid;
	bool lock = a->set & IPCX_A_LOCK;
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return -errno;
	if ((!owns(s, row, uid) || (lock && limit.rlim_cur == 0)) &&
	    !ix_may_over_ipc(s, CAP_IPC_LOCK))
		return -EPERM;
	return lock && !(row->mode & IX_SHM_LOCKED) ? may_lock(s, row, &limit) : 0;
}

int ix_shm_may(struct ix_scan *s, const void *row, const struct ipcx_attrs *a)
{
	int r = 0;

	if (!a || (a->set & (IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID)))
		r = ix_sysv_may(s, row, a);
	if (r == 0 && a && (a->set & (IPCX_A_LOCK | IPCX_A_UNLOCK)))
		r = may_pin(s, row, a);
	return r;
}
