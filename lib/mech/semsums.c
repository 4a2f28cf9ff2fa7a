/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sums over the semaphores of an array: how many processes wait, and which process
 * operated on it last. A sum takes a call for each semaphore, so only requested fields
 * are read.
 */
#include "mech/semsums.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/sem.h>

#include "core/numbered.h"
#include "core/semun.h"

/* Stands in place of a pid if the semaphores have different last pids. */
#define SEVERAL (-1)

/* Call semctl(2) for one semaphore. Returns the call's result or -errno; -EIDRM if the
 * array is gone. */
static int semsums_ask(int id, uint64_t n, int what)
{
	int r = semctl(id, (int)n, what);

	if (r >= 0)
		return r;
	return errno == EINVAL ? -EIDRM : -errno;
}

/*
 * Count the waiting processes. Unless exact is set, stop at the first waiter, and ignore
 * a semaphore that cannot be read if another one has waiters.
 */
static int semsums_count(int id, uint64_t nsems, int what, bool exact, uint32_t *ret_n)
{
	uint32_t sum = 0;
	int failed = 0;

	for (uint64_t n = 0; n < nsems && (exact || !sum); n++) {
		int r = semsums_ask(id, n, what);

		if (r == -EIDRM || (r < 0 && (exact || r == -EACCES)))
			return r;
		if (r < 0)
			failed = r;
		else
			sum += (uint32_t)r;
	}
	*ret_n = sum;
	return sum ? 0 : failed;
}

/* Find the pid of the last operation. The kernel keeps a pid for each semaphore, but does
 * not record which of these pids is the latest. */
static int last(int id, uint64_t nsems, int32_t *ret_pid)
{
	int32_t pid = 0;

	for (uint64_t n = 0; n < nsems && pid != SEVERAL; n++) {
		int r = semsums_ask(id, n, GETPID);

		if (r < 0)
			return r;
		if (r && pid && r != pid)
			pid = SEVERAL;
		else if (r)
			pid = r;
	}
	*ret_pid = pid;
	return 0;
}

/* Whether a semaphore has a value although no semaphore has a pid: then the value was set
 * by a process that has no pid in this PID namespace. */
static int set_by_others(struct ix_scan *s, int id, uint64_t nsems, bool *ret_set)
{
	auto_free unsigned short *values = NULL;

	if (ix_numbers_all(s->x))
		return 0;
	values = calloc(nsems, sizeof(*values));
	if (!values)
		return -ENOMEM;
	if (semctl(id, 0, GETALL, (union semun){ .array = values }) < 0)
		return errno == EINVAL ? -EIDRM : -errno;
	for (uint64_t n = 0; n < nsems; n++)
		*ret_set |= values[n] != 0;
	return 0;
}

static int waiting(struct ix_scan *s, int id, uint64_t nsems, void *row,
		   enum ipcx_field f, bool all, uint32_t *ret_n)
{
	int r;

	if (!ipcx_fieldset_has(&s->costly, f) && !all)
		return 0;
	r = semsums_count(id, nsems, f == IPCX_F_SEMNCNT ? GETNCNT : GETZCNT,
			  ipcx_fieldset_has(&s->exact, f) ||
				  ipcx_fieldset_has(&s->exact, IPCX_F_WAITERS),
			  ret_n);
	if (r == 0 || r == -EIDRM)
		return r;
	ix_unknown(s->t, row, f);
	if (all)
		ix_unknown(s->t, row, IPCX_F_WAITERS);
	ix_table_once(s->t, r,
		      "the number of waiting processes of some arrays could not be read");
	return 0;
}

int ix_sem_sums(struct ix_scan *s, int id, uint64_t nsems, void *row,
		struct ix_semsums *ret_sums)
{
	struct ix_semsums sums = { 0 };
	bool others = false, all = ipcx_fieldset_has(&s->costly, IPCX_F_WAITERS);
	int r = waiting(s, id, nsems, row, IPCX_F_SEMNCNT, all, &sums.semncnt);

	/* One waiter is enough for "waiters > 0". */
	all &= !sums.semncnt || ipcx_fieldset_has(&s->exact, IPCX_F_WAITERS);
	if (r == 0)
		r = waiting(s, id, nsems, row, IPCX_F_SEMZCNT, all, &sums.semzcnt);
	if (r == 0 && ipcx_fieldset_has(&s->costly, IPCX_F_LPID))
		r = last(id, nsems, &sums.lpid);
	if (r == 0 && ipcx_fieldset_has(&s->costly, IPCX_F_LPID) && !sums.lpid)
		r = set_by_others(s, id, nsems, &others);
	if (r == -EIDRM)
		return r;
	if (r < 0)
		ix_table_once(
			s->t, r,
			"the process that last operated on some arrays could not be read");
	else if (sums.lpid == SEVERAL)
		ix_table_once(
			s->t, 0,
			"several processes operated on some arrays: which of them was the last is unknown");
	else if (others)
		ix_table_once(s->t, 0, IX_NO_NUMBER);
	if (r < 0 || others || sums.lpid == SEVERAL) {
		ix_unknown(s->t, row, IPCX_F_LPID);
		sums.lpid = 0;
	}
	*ret_sums = sums;
	return 0;
}
