/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operating on and setting System V semaphores: semtimedop(2), semctl(2), and finding out
 * which semaphore or operation an errno is about.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/calls.h"
#include "core/semun.h"
#include "core/waited.h"
#include "mech/semaphores.h"
#include "mech/semblock.h"

/* sem_num is an unsigned short. */
#define NUM_MOST 65535

/* An array, and its name in messages. */
struct array {
	struct ipcx *x;
	int id;
	char name[IPCX_REF_MAX];
};

static int semops_missing(const struct array *a)
{
	return ix_fail_plain(a->x, -ENOENT, "%s: no such array", a->name);
}

static int semops_find(struct ipcx *x, const struct ipcx_ref *ref, struct array *ret_a)
{
	ret_a->x = x;
	(void)ipcx_ref_format(ref, ret_a->name, sizeof(ret_a->name));
	ret_a->id = ref->by == IPCX_BY_ID ? ref->id : semget((key_t)ref->key, 0, 0);
	if (ret_a->id >= 0)
		return 0;
	return errno == ENOENT ? semops_missing(ret_a)
			       : ix_fail(x, -errno, "%s", ret_a->name);
}

static void semops_try(const void *unused)
{
	struct semid_ds ds;

	(void)unused;
	(void)semctl(-1, 0, SEM_STAT_ANY, (union semun){ .buf = &ds });
}

/*
 * Return the number of semaphores in the array, or -errno. Without read permission
 * IPC_STAT fails; SEM_STAT_ANY (Linux 4.17) on the slot does not. The slot is the lowest
 * 15 bits of the id, or 24 bits with ipcmni_extend.
 */
static int64_t semops_count(const struct array *a)
{
	static const int masks[] = { (1 << 15) - 1, (1 << 24) - 1 };
	struct semid_ds ds = { 0 };

	if (semctl(a->id, 0, IPC_STAT, (union semun){ .buf = &ds }) == 0)
		return (int64_t)ds.sem_nsems;
	if (errno != EACCES)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(masks) && ix_call_survives(semops_try, NULL);
	     i++)
		if (semctl(a->id & masks[i], 0, SEM_STAT_ANY,
			   (union semun){ .buf = &ds }) == a->id)
			return (int64_t)ds.sem_nsems;
	return -EACCES;
}

/* Report the errors whose meaning does not depend on the operation. */
static int semops_failed(const struct array *a, int error)
{
	switch (error) {
	case -EINVAL: /* the slot is empty */
		return semops_missing(a);
	case -EACCES:
		return ix_fail_plain(
			a->x, error,
			"%s: not permitted: needs write permission (read permission to wait for 0)",
			a->name);
	default:
		return ix_fail(a->x, error, "%s", a->name);
	}
}

static int no_such_semaphore(const struct array *a, uint32_t num, int64_t nsems)
{
	if (nsems <= 0)
		return ix_fail_plain(a->x, -EFBIG, "%s: there is no semaphore %u",
				     a->name, num);
	return ix_fail_plain(a->x, -EFBIG,
			     "%s: there is no semaphore %u: it has %lld, from 0 to %lld",
			     a->name, num, (long long)nsems, (long long)nsems - 1);
}

/* ---- operating */

/* EFBIG: a semaphore number is too high. */
static int too_high(const struct array *a, const struct ipcx_sem_op *ops, size_t n)
{
	int64_t nsems = semops_count(a);
	uint32_t highest = 0;

	for (size_t i = 0; i < n; i++) {
		if (nsems > 0 && ops[i].num >= nsems)
			return no_such_semaphore(a, ops[i].num, nsems);
		highest = MAX(highest, ops[i].num);
	}
	return no_such_semaphore(a, highest, 0);
}

/* ERANGE: a semaphore's value would exceed SEMVMX, or the process's undo value would
 * exceed SEMAEM. If the values can be read, they show which of the two it was. */
static int too_much(const struct array *a, const struct ipcx_sem_op *ops, size_t n)
{
	int64_t nsems = semops_count(a);
	auto_free unsigned short *now = nsems > 0 ? calloc((size_t)nsems, sizeof(*now))
						  : NULL;
	int64_t value;

	if (!now || semctl(a->id, 0, GETALL, (union semun){ .array = now }) < 0)
		return ix_fail_plain(
			a->x, -ERANGE,
			"%s: a semaphore would hold more than %d (SEMVMX), or its undo value would be more than that (SEMAEM)",
			a->name, IX_SEMVMX);
	for (size_t i = 0; i < n; i++) {
		if (ops[i].num >= nsems)
			continue;
		value = now[ops[i].num] + ops[i].op;
		if (value > IX_SEMVMX)
			return ix_fail_plain(
				a->x, -ERANGE,
				"%s: semaphore %u would hold %lld, but holds at most %d (SEMVMX)",
				a->name, ops[i].num, (long long)value, IX_SEMVMX);
		now[ops[i].num] = (unsigned short)MAX(value, 0);
	}
	return ix_fail_plain(
		a->x, -ERANGE,
		"%s: the undo value of a semaphore would be more than %d (SEMAEM)",
		a->name, IX_SEMVMX);
}

/* E2BIG: more operations than SEMOPM. */
static int too_many(const struct array *a, size_t n)
{
	struct seminfo info = { 0 };

	if (semctl(0, 0, IPC_INFO, (union semun){ .info = &info }) < 0)
		return ix_fail_plain(a->x, -E2BIG, "%s: %zu operations at once: too many",
				     a->name, n);
	return ix_fail_plain(
		a->x, -E2BIG,
		"%s: %zu operations at once: at most %d (SEMOPM, the third number of kernel.sem)",
		a->name, n, info.semopm);
}

/* EAGAIN: one of the operations would have to wait, or has waited too long. */
static int would_wait(const struct array *a, const struct sembuf *list, size_t n,
		      int64_t timeout)
{
	char facts[IX_FACTS_MAX];

	ix_semblock_put(a->x, a->id, list, n, facts, sizeof(facts));
	return ix_waited(a->x, a->name, facts, timeout);
}

static int op_failed(const struct array *a, const struct ipcx_sem_op *ops, size_t n,
		     int error)
{
	switch (error) {
	case -EFBIG:
		return too_high(a, ops, n);
	case -ERANGE:
		return too_much(a, ops, n);
	case -E2BIG:
		return too_many(a, n);
	default:
		return semops_failed(a, error);
	}
}

static int convert(const struct array *a, const struct ipcx_sem_op *ops, size_t n,
		   short flags, struct sembuf *to)
{
	for (size_t i = 0; i < n; i++) {
		if (ops[i].num > NUM_MOST)
			return too_high(a, ops, n);
		if (ops[i].op > IX_SEMVMX || ops[i].op < -IX_SEMVMX)
			return ix_fail_plain(
				a->x, -ERANGE,
				"%s: semaphore %u: %d is too much at once: at most %d (SEMVMX)",
				a->name, ops[i].num, ops[i].op, IX_SEMVMX);
		to[i].sem_num = (unsigned short)ops[i].num;
		to[i].sem_op = (short)ops[i].op;
		to[i].sem_flg =
			(short)(flags | ((ops[i].flags & IPCX_SEM_UNDO) ? SEM_UNDO : 0));
	}
	return 0;
}

static int semops_operate(struct ipcx *x, const struct ipcx_ref *ref, int fd,
			  const struct ipcx_sem_op *ops, size_t n, int64_t timeout)
{
	const struct timespec span = { .tv_sec = timeout / IX_SECOND,
				       .tv_nsec = timeout % IX_SECOND };
	auto_free struct sembuf *list = NULL;
	struct array a;
	int r = semops_find(x, ref, &a);

	(void)fd;
	if (r < 0)
		return r;
	list = calloc(n, sizeof(*list));
	if (!list)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	r = convert(&a, ops, n, timeout == 0 ? IPC_NOWAIT : 0, list);
	if (r < 0)
		return r;
	if (semtimedop(a.id, list, n, timeout > 0 ? &span : NULL) == 0)
		return 0;
	return errno == EAGAIN ? would_wait(&a, list, n, timeout)
			       : op_failed(&a, ops, n, -errno);
}

/* ---- setting */

static int semops_set_all(const struct array *a, const uint32_t *values, size_t n)
{
	auto_free unsigned short *all = calloc(n, sizeof(*all));

	if (!all)
		return ix_fail_plain(a->x, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		all[i] = (unsigned short)values[i];
	if (semctl(a->id, 0, SETALL, (union semun){ .array = all }) < 0)
		return semops_failed(a, errno == EINVAL ? -EIDRM : -errno);
	return 0;
}

static int set_one(const struct array *a, uint32_t num, uint32_t value)
{
	if (semctl(a->id, (int)num, SETVAL, (union semun){ .val = (int)value }) < 0)
		return semops_failed(a, errno == EINVAL ? -EIDRM : -errno);
	return 0;
}

static int semops_check(const struct array *a, const uint32_t *nums,
			const uint32_t *values, size_t n)
{
	int64_t nsems = semops_count(a);

	if (nsems < 0)
		return semops_failed(a, (int)nsems);
	if (!nums && n != (size_t)nsems)
		return ix_fail_plain(
			a->x, -EINVAL,
			"%s: %zu values for %lld semaphores: give one for each, or INDEX=VALUE",
			a->name, n, (long long)nsems);
	for (size_t i = 0; i < n; i++) {
		uint32_t num = nums ? nums[i] : (uint32_t)i;

		if (num >= nsems)
			return no_such_semaphore(a, num, nsems);
		if (values[i] > IX_SEMVMX)
			return ix_fail_plain(
				a->x, -ERANGE,
				"%s: semaphore %u cannot be %u: it holds at most %d (SEMVMX)",
				a->name, num, values[i], IX_SEMVMX);
	}
	return 0;
}

static int semops_set(struct ipcx *x, const struct ipcx_ref *ref, const uint32_t *nums,
		      const uint32_t *values, size_t n)
{
	struct array a;
	int r = semops_find(x, ref, &a);

	if (r == 0)
		r = semops_check(&a, nums, values, n);
	if (r < 0)
		return r;
	if (!nums)
		return semops_set_all(&a, values, n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = set_one(&a, nums[i], values[i]);
	return r;
}

const struct ix_sem_ops ix_sem_sem = { .op = semops_operate, .set = semops_set };
