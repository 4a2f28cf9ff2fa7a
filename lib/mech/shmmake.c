/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Creating segments: filling them, locking them, and who may use huge pages. */
#include "mech/shmmake.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cap.h"
#include "base/file.h"
#include "base/num.h"
#include "core/attr.h"
#include "core/idmap.h"
#include "core/limit.h"

/* Read a piece of the contents. Returns its length, 0 at end of file, or -errno with an
 * error text. */
static ssize_t shmmake_read_some(struct ipcx *x, const struct ipcx_attrs *a, char *p,
				 uint64_t n)
{
	ssize_t got;

	do
		got = read(a->from, p, MIN(n, (uint64_t)SSIZE_MAX));
	while (got < 0 && errno == EINTR);
	return got < 0 ? ix_fail(x, -errno, "shm: cannot read the contents") : got;
}

/* Contents may be shorter than the segment (unless IX_A_EXACT), never longer. */
static int shmmake_copy(struct ipcx *x, const struct ipcx_attrs *a, char *to)
{
	uint64_t have = 0;
	ssize_t got = 1;
	char extra;

	while (got > 0 && have < a->bytes) {
		got = shmmake_read_some(x, a, to + have, a->bytes - have);
		have += (uint64_t)MAX(got, 0);
	}
	if (got > 0)
		got = shmmake_read_some(x, a, &extra, 1);
	if (a->set & IX_A_EXACT && got >= 0 && (got > 0 || have < a->bytes))
		return ix_fail_plain(x, -EIO,
				     "shm: the contents changed while they were read");
	if (got > 0)
		return ix_fail_plain(
			x, -EFBIG,
			"shm: the contents are longer than %llu bytes, the segment's size",
			(unsigned long long)a->bytes);
	return (int)got;
}

int ix_shm_fill(struct ipcx *x, int id, const struct ipcx_attrs *a)
{
	char *at = shmat(id, NULL, 0);
	int r;

	if (at == (void *)-1)
		return ix_fail(x, -errno,
			       "shm:%d: cannot attach the new segment to fill it", id);
	r = shmmake_copy(x, a, at);
	(void)shmdt(at);
	return r;
}

/* Whether a lock would succeed is unknown until it is tried, so without "now" the result
 * is -ENODATA. */
int ix_shm_complete(struct ipcx *x, const struct ipcx_attrs *a,
		    const struct ipcx_ref *ref, bool now, char *did, size_t size)
{
	struct shmid_ds ds;

	if (!(a->set & IPCX_A_LOCK))
		return 0;
	if (shmctl(ref->id, IPC_STAT, &ds) == 0 && (ds.shm_perm.mode & SHM_LOCKED))
		return 0;
	if (!now)
		return ix_fail_plain(x, -ENODATA, "shm:%d: is not locked", ref->id);
	if (shmctl(ref->id, SHM_LOCK, NULL) < 0)
		return errno == EINVAL || errno == EIDRM
			       ? -EAGAIN
			       : ix_fail(x, -errno,
					 "shm:%d: exists, but cannot be locked "
					 "(RLIMIT_MEMLOCK, or CAP_IPC_LOCK)",
					 ref->id);
	(void)snprintf(did, size, "locked in memory");
	return 1;
}

static bool in_group(gid_t gid)
{
	int n = getgroups(0, NULL);
	auto_free gid_t *groups = n > 0 ? calloc((size_t)n, sizeof(*groups)) : NULL;

	if (getegid() == gid)
		return true;
	n = groups ? getgroups(n, groups) : 0;
	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

#define HUGE_GROUP "sys/vm/hugetlb_shm_group"

/*
 * Whether the caller is in a group of the initial user namespace. Returns 1, 0 or -errno.
 * From another user namespace, only one gid of the initial one can be translated: 0,
 * which is the group of the sysctl file HUGE_GROUP. If the caller's user
 * namespace does not map that gid, it cannot be distinguished from other unmapped gids.
 */
static int in_first_group(int proc, int first, uint64_t group)
{
	struct stat st;

	if (first)
		return first < 0 ? first : in_group((gid_t)group);
	if (fstatat(proc, HUGE_GROUP, &st, 0) < 0)
		return -errno;
	if (group != 0 || (st.st_gid == IX_UNMAPPED && in_group(IX_UNMAPPED)))
		return -EOVERFLOW;
	return st.st_gid != IX_UNMAPPED && in_group(st.st_gid);
}

static int read_group(int proc, uint64_t *ret_group)
{
	char text[IX_NUM_MAX] = "";
	int r = proc < 0 ? proc : ix_read_file(proc, HUGE_GROUP, text, sizeof(text));

	text[strcspn(text, "\n")] = '\0';
	return r < 0 ? r : ix_parse_u64(text, UINT32_MAX, ret_group);
}

/* can_do_hugetlb_shm() and user_shm_lock() (fs/hugetlbfs/inode.c, mm/mlock.c): with
 * neither the capability nor the group the pages may still be charged as locked memory.
 * Capability and group are those of the initial user namespace. */
int ix_shm_may_make(struct ipcx *x, const struct ipcx_attrs *a)
{
	uint64_t group = 0, count = a->set & IPCX_A_COUNT ? a->count : 1;
	int proc = ix_procfd(x), able, first, member, r;
	struct rlimit locked;

	if (!(a->set & IPCX_A_HUGE))
		return -ENODATA;
	able = ix_cap_counts(proc, CAP_IPC_LOCK);
	if (able == 1)
		return 1;
	r = read_group(proc, &group);
	if (r < 0)
		return ix_fail(x, r, "vm.hugetlb_shm_group");
	first = ix_userns_first(proc);
	member = in_first_group(proc, first, group);
	if (member == 1)
		return 1;
	if (member == -EOVERFLOW)
		return ix_fail_plain(
			x, member,
			"whether you are in the group %llu of the first user namespace "
			"(vm.hugetlb_shm_group) cannot be determined from within this one",
			(unsigned long long)group);
	if (able < 0 || member < 0)
		return ix_fail(x, able < 0 ? able : member, "your user namespace");
	if (getrlimit(RLIMIT_MEMLOCK, &locked) < 0)
		return ix_fail(x, -errno, "RLIMIT_MEMLOCK");
	if (locked.rlim_cur != RLIM_INFINITY &&
	    ix_mul_sat(count, ix_amount_size(a)) > locked.rlim_cur) {
		(void)ix_fail_plain(
			x, -EPERM,
			"huge pages need CAP_IPC_LOCK%s, membership in the group %llu "
			"(vm.hugetlb_shm_group), or that much of RLIMIT_MEMLOCK",
			first ? "" : " in the first user namespace",
			(unsigned long long)group);
		return 0;
	}
	return ix_fail_plain(
		x, -EAGAIN,
		"huge pages would have to be charged to RLIMIT_MEMLOCK, of which the kernel "
		"does not report how much is in use");
}
