/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that operate on, set and wait for semaphores of any mechanism; arguments are
 * checked before the mechanism is called. */
#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "core/copyin.h"
#include "core/kconfig.h"
#include "core/mech.h"
#include "core/semops.h"
#include "ns/run.h"

/* Check that the reference names a semaphore in the namespace of this process. Returns 0,
 * or -EINVAL with a text. */
static int check_ref(struct ipcx *x, const struct ipcx_ref *ref)
{
	int r = ix_ref_check_open(x, ref);

	if (r < 0)
		return r;
	if (x->ns && !ix_mech(ref->mech)->mounted)
		return ix_fail_plain(
			x, -EINVAL,
			"semaphores can only be used in this process's own namespace: enter the other one with ipcx_ns_enter()");
	if (!ix_mech(ref->mech)->sem)
		return ix_fail_plain(x, -EINVAL, "%s: is not a semaphore",
				     ix_mech(ref->mech)->info.name);
	return 0;
}

/* A call that opens a semaphore in the right namespace: its arguments and its result. */
struct opening {
	const struct ipcx_ref *ref;
	int fd;
};

static int data_semop_open_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	struct opening *o = arg;

	(void)t;
	return ix_mech(o->ref->mech)->sem->open(x, o->ref, &o->fd);
}

/* Open the semaphore, if the mechanism's calls need more than a reference to it. */
static int data_semop_open_it(struct ipcx *x, const struct ipcx_ref *ref, int *ret_fd)
{
	struct opening o = { .ref = ref, .fd = -1 };
	int r = 0;

	if (ix_mech(ref->mech)->sem->open)
		r = ix_ns_run(x, &(struct ix_ns_call){
					 .run = data_semop_open_there,
					 .arg = &o,
					 .fd = &o.fd,
					 .acts = true,
					 .mounted = ix_mech(ref->mech)->mounted });
	if (r == 0)
		*ret_fd = o.fd;
	return r;
}

int ipcx_sem_op(struct ipcx *x, const struct ipcx_ref *ref, const struct ipcx_sem_op *ops,
		size_t n, int64_t timeout)
{
	IX_REQUIRE(x, ref);
	auto_free struct ipcx_sem_op *own = NULL;
	auto_fd int fd = -1;
	int r = check_ref(x, ref);

	if (r < 0)
		return r;
	if (n == 0 || !ops)
		return ix_fail_plain(x, -EINVAL, "no operation on a semaphore");
	own = calloc(n, sizeof(*own));
	if (!own)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	r = IX_COPY_IN_ALL(x, ipcx_sem_op, IPCX_SEM_OP_SIZE_0_1, ops, n, own);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (own[i].flags & ~IPCX_SEM_UNDO)
			r = ix_fail_plain(x, -EINVAL,
					  "unknown flag of a semaphore operation");
	if (r == 0)
		r = data_semop_open_it(x, ref, &fd);
	if (r == 0)
		r = ix_mech(ref->mech)->sem->op(x, ref, fd, own, n, timeout);
	return ix_kconfig_said(x, ref, r);
}

int ipcx_sem_set(struct ipcx *x, const struct ipcx_ref *ref, const uint32_t *nums,
		 const uint32_t *values, size_t n)
{
	IX_REQUIRE(x, ref);
	int r = check_ref(x, ref);

	if (r < 0)
		return r;
	if (n == 0 || !values)
		return ix_fail_plain(x, -EINVAL, "no value for a semaphore");
	if (!ix_mech(ref->mech)->sem->set)
		return ix_fail_plain(x, -EINVAL,
				     "%s: a %s cannot be set, only posted and waited for",
				     ref->name, ix_mech(ref->mech)->info.object);
	r = ix_mech(ref->mech)->sem->set(x, ref, nums, values, n);
	return ix_kconfig_said(x, ref, r);
}

int ipcx_psem_take(struct ipcx *x, const struct ipcx_ref *ref, int64_t timeout,
		   struct ipcx_psem_taken **ret_taken)
{
	IX_REQUIRE(x, ref, ret_taken);
	auto_free struct ipcx_psem_taken *taken = NULL;
	auto_fd int fd = -1;
	int r = check_ref(x, ref);

	if (r < 0)
		return r;
	if (!ix_mech(ref->mech)->sem->take)
		return ix_fail_plain(x, -EINVAL, "%s: is not a named semaphore",
				     ix_mech(ref->mech)->info.name);
	taken = calloc(1, sizeof(*taken));
	if (!taken)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	taken->ops = ix_mech(ref->mech)->sem;
	r = data_semop_open_it(x, ref, &fd);
	if (r == 0)
		r = taken->ops->take(x, ref, fd, timeout, taken);
	if (r < 0)
		return r;
	*ret_taken = TAKE(taken);
	return 0;
}

int ipcx_psem_give(struct ipcx *x, struct ipcx_psem_taken *taken)
{
	IX_REQUIRE(x, taken);
	int r = taken->ops->give(x, taken);

	free(taken);
	return r;
}
