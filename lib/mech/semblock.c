/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel does not tell which operation of several has to wait, so it is computed from
 * the values. It keeps a pid for each semaphore, but the time of the last operation only
 * for the whole array.
 */
#include "mech/semblock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/numbered.h"
#include "core/semun.h"
#include "core/waited.h"
#include "who/last.h"

/* How many operations are quoted. */
#define QUOTED 3

bool ix_semblock_find(const unsigned short *values, unsigned short *now, size_t nsems,
		      const struct sembuf *ops, size_t n, struct ix_semblock *ret_block)
{
	memcpy(now, values, nsems * sizeof(*now));
	for (size_t i = 0; i < n; i++) {
		uint32_t num = ops[i].sem_num;
		int32_t before, after;

		if (num >= nsems)
			return false;
		before = now[num];
		after = before + ops[i].sem_op;
		if (ops[i].sem_op == 0 ? before != 0 : after < 0) {
			*ret_block = (struct ix_semblock){
				.num = num,
				.op = ops[i].sem_op,
				.value = values[num],
				.before = before,
			};
			return true;
		}
		if (after > IX_SEMVMX)
			return false;
		now[num] = (unsigned short)after;
	}
	return false;
}

static void put_asked(const struct sembuf *ops, size_t n, char *buf, size_t size)
{
	size_t len = (size_t)snprintf(buf, size, "asked for ");

	for (size_t i = 0; i < MIN(n, QUOTED) && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len,
					ops[i].sem_op ? "%s%+d on %u" : "%s%d on %u",
					i ? ", " : "", ops[i].sem_op, ops[i].sem_num);
	if (n > QUOTED && len < size)
		(void)snprintf(buf + len, size - len, " and %zu more", n - QUOTED);
}

static void put_value(const struct ix_semblock *b, bool single, char *buf, size_t size)
{
	int32_t need = b->value - b->before - b->op;
	char name[32] = "";

	if (!single)
		(void)snprintf(name, sizeof(name), "semaphore %u ", b->num);
	if (b->op == 0 && b->before != b->value)
		(void)snprintf(buf, size, "%sis %d, would be %d, not 0", name, b->value,
			       b->before);
	else if (b->op == 0)
		(void)snprintf(buf, size, "%sis %d, not 0", name, b->value);
	else if (need == 1)
		(void)snprintf(buf, size, "%sis %d", name, b->value);
	else
		(void)snprintf(buf, size, "%sis %d, less than %d", name, b->value, need);
}

/* Whether the last operation on the array was by this process, whichever of the
 * semaphores it was on: no other process has operated on any. */
static bool is_only(struct ipcx *x, int id, size_t nsems, int pid)
{
	for (size_t i = 0; i < nsems && nsems > 1; i++) {
		int r = semctl(id, (int)i, GETPID);

		if (r != pid && (r != 0 || !ix_numbers_all(x)))
			return false;
	}
	return true;
}

/* SETVAL and SETALL also set the pid, but of the times they set only the ctime. The otime
 * is also set when a process exits that has asked for an undo, even if it has not
 * operated on any semaphore (do_smart_update() in ipc/sem.c). */
static void put_last(struct ipcx *x, int id, const struct ix_semblock *b, char *buf,
		     size_t size)
{
	int pid = semctl(id, (int)b->num, GETPID);
	struct semid_ds ds = { 0 };
	int64_t otime, last;
	char who[IX_FACTS_MAX];

	/* The times are read last: a process may have started after an earlier time, and
	 * operated since. */
	if (pid < 0 || semctl(id, 0, IPC_STAT, (union semun){ .buf = &ds }) < 0)
		return;
	otime = ds.sem_otime;
	last = MAX(otime, (int64_t)ds.sem_ctime);
	if (pid > 0) {
		ix_last_put(x, pid,
			    !is_only(x, id, ds.sem_nsems, pid) ? 0
			    : otime                            ? otime
							       : last,
			    last, who, sizeof(who));
		(void)snprintf(buf, size, ", last operated on by %s", who);
	} else if (!ix_numbers_all(x) && (b->value || otime)) {
		(void)snprintf(buf, size,
			       ", last operated on by a process " IX_LAST_OUTSIDE "%s",
			       b->value ? "" : ", if by any");
	}
}

void ix_semblock_put(struct ipcx *x, int id, const struct sembuf *ops, size_t n,
		     char *buf, size_t size)
{
	auto_free unsigned short *values = NULL;
	struct semid_ds ds = { 0 };
	struct ix_semblock b;
	size_t nsems, len;

	put_asked(ops, n, buf, size);
	if (semctl(id, 0, IPC_STAT, (union semun){ .buf = &ds }) < 0)
		return;
	nsems = ds.sem_nsems;
	values = calloc(2 * nsems, sizeof(*values));
	if (!values || semctl(id, 0, GETALL, (union semun){ .array = values }) < 0 ||
	    !ix_semblock_find(values, values + nsems, nsems, ops, n, &b))
		return;
	put_value(&b, nsems == 1, buf, size);
	len = strlen(buf);
	put_last(x, id, &b, buf + len, size - len);
}
