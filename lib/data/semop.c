/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operating on, setting and taking semaphores of any mechanism: what is checked before it
 * is asked. */
#include <errno.h>
#include <stdlib.h>

#include "core/mech.h"
#include "core/semops.h"

/* What the reference's mechanism can do with semaphores. -EINVAL with a text: it has
 * none, or they are not where the process is. */
static int find_ops(struct ipcx *x, const struct ipcx_ref *ref,
		    const struct ix_sem_ops **ret_ops)
{
	int r = ix_ref_check(x, ref);

	if (r < 0)
		return r;
	if (x->ns)
		return ix_fail_plain(
			x, -EINVAL,
			"semaphores are used where the process is: enter the namespace with ipcx_ns_enter()");
	if (!ix_mech(ref->mech)->sem)
		return ix_fail_plain(x, -EINVAL, "%s: is no semaphore",
				     ix_mech(ref->mech)->info.name);
	*ret_ops = ix_mech(ref->mech)->sem;
	return 0;
}

int ipcx_sem_op(struct ipcx *x, const struct ipcx_ref *ref, const struct ipcx_sem_op *ops,
		size_t n, int64_t patience)
{
	const struct ix_sem_ops *sem;
	int r = find_ops(x, ref, &sem);

	if (r < 0)
		return r;
	if (n == 0 || !ops)
		return ix_fail_plain(x, -EINVAL, "no operation on a semaphore");
	return sem->op(x, ref, ops, n, patience);
}

int ipcx_sem_set(struct ipcx *x, const struct ipcx_ref *ref, const uint32_t *nums,
		 const uint32_t *values, size_t n)
{
	const struct ix_sem_ops *sem;
	int r = find_ops(x, ref, &sem);

	if (r < 0)
		return r;
	if (n == 0 || !values)
		return ix_fail_plain(x, -EINVAL, "no value for a semaphore");
	if (!sem->set)
		return ix_fail_plain(x, -EINVAL,
				     "%s: a %s cannot be set, only posted and waited for",
				     ref->name, ix_mech(ref->mech)->info.object);
	return sem->set(x, ref, nums, values, n);
}

int ipcx_psem_take(struct ipcx *x, const struct ipcx_ref *ref, int64_t patience,
		   struct ipcx_psem_taken **ret_taken)
{
	auto_free struct ipcx_psem_taken *taken = NULL;
	const struct ix_sem_ops *sem;
	int r = find_ops(x, ref, &sem);

	if (r < 0)
		return r;
	if (!sem->take)
		return ix_fail_plain(x, -EINVAL, "%s: is no named semaphore",
				     ix_mech(ref->mech)->info.name);
	taken = calloc(1, sizeof(*taken));
	if (!taken)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	taken->ops = sem;
	r = sem->take(x, ref, patience, taken);
	if (r < 0)
		return r;
	*ret_taken = TAKE(taken);
	return 0;
}

int ipcx_psem_give(struct ipcx *x, struct ipcx_psem_taken *taken)
{
	int r = taken->ops->give(x, taken);

	free(taken);
	return r;
}
