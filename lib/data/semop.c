/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which kind of semaphore a reference names, and where: what the public calls check
 * before either kind is asked. */
#include "data/semop.h"

#include <errno.h>
#include <string.h>

#include "core/copyin.h"
#include "core/mech.h"

/* clang-format off */
static const struct {
	const char *mech;
	int (*op)(struct ipcx *x, const struct ipcx_ref *ref, const struct ipcx_sem_op *ops, size_t n, int64_t patience);
	int (*set)(struct ipcx *x, const struct ipcx_ref *ref, const uint32_t *nums, const uint32_t *values, size_t n);
} kinds[] = {
	[IX_SEM_ARRAY] = { "sem",  ix_sysv_sem_op, ix_sysv_sem_set },
	[IX_SEM_NAMED] = { "psem", ix_psem_op,     NULL },
};
/* clang-format on */

int ix_sem_waited(struct ipcx *x, const char *name, int64_t patience)
{
	return ix_fail_plain(x, -ETIMEDOUT, "%s: %s", name,
			     patience == 0 ? "would have to wait" : "the time ran out");
}

int ix_sem_kind(struct ipcx *x, const struct ipcx_ref *ref)
{
	int r = ix_ref_check(x, ref);

	if (r < 0)
		return r;
	if (x->ns)
		return ix_fail_plain(
			x, -EINVAL,
			"semaphores are used where the process is: enter the namespace with ipcx_ns_enter()");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(ix_mech(ref->mech)->info.name, kinds[i].mech))
			return (int)i;
	return ix_fail_plain(x, -EINVAL, "%s: is no semaphore",
			     ix_mech(ref->mech)->info.name);
}

int ipcx_sem_op(struct ipcx *x, const struct ipcx_ref *ref, const struct ipcx_sem_op *ops,
		size_t n, int64_t patience)
{
	IX_REQUIRE(x, ref);
	int kind = ix_sem_kind(x, ref);

	if (kind < 0)
		return kind;
	if (n == 0 || !ops)
		return ix_fail_plain(x, -EINVAL, "no operation on a semaphore");
	return kinds[kind].op(x, ref, ops, n, patience);
}

int ipcx_sem_set(struct ipcx *x, const struct ipcx_ref *ref, const uint32_t *nums,
		 const uint32_t *values, size_t n)
{
	IX_REQUIRE(x, ref);
	int kind = ix_sem_kind(x, ref);

	if (kind < 0)
		return kind;
	if (n == 0 || !values)
		return ix_fail_plain(x, -EINVAL, "no value for a semaphore");
	if (!kinds[kind].set)
		return ix_fail_plain(
			x, -EINVAL,
			"%s: a named semaphore cannot be set, only posted and waited for",
			ref->name);
	return kinds[kind].set(x, ref, nums, values, n);
}
