/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limits of segments and semaphore arrays, and the errno beyond each. */
#include <sys/shm.h>

#include "core/semun.h"
#include "mech/drivers.h"
#include "stress/engine/objectlog.h"
#include "stress/load/limits.h"

/* ---- shm */

/* Size of a worker's own segment; such a segment takes one page, whatever the page
 * size. */
#define OWN_SEGMENT 1024

/* SHMMAX: the value to which shmmax is lowered, so that it can be reached. MANY_PAGES:
 * the size of the segments that fill shmall, a multiple of every page size, and so large
 * that these segments take at least as many pages as those that fill shmmni. */
#define SHMMAX     (256 << 10)
#define MANY_PAGES (128 << 10)

/* A worker's own words. */
enum { OWN_SHMMAX };

static int begin_shm(struct ix_worker *w, struct ix_object *own)
{
	(void)own;
	return ix_bound(w->task, "shmmax", &w->slot->own[OWN_SHMMAX]);
}

/* Expect that shmget(2) fails. */
static void no_segment(struct ix_worker *w, const char *what, int32_t key, size_t size,
		       int flags, int right)
{
	int id = shmget(key, size, flags | 0600);

	if (!ix_expect(w, what, IX_ERROR(id), right) && (flags & IPC_CREAT))
		ix_undo_make(w, id);
}

static bool size_of_segment(struct ix_worker *w, struct ix_object *own)
{
	uint64_t most = w->slot->own[OWN_SHMMAX];
	int32_t spare = ix_slot_key(&w->task->names, ix_spare(w));
	const int new = IPC_CREAT | IPC_EXCL;
	struct ix_object object = { .slot = ix_spare(w), .id = -1, .size = most };
	int r;

	no_segment(w, "creating a segment of 0 bytes", spare, 0, new, EINVAL);
	if (most < SIZE_MAX)
		no_segment(w, "creating a segment above shmmax", spare, most + 1, new,
			   EINVAL);
	no_segment(w, "opening a segment with more than its size",
		   ix_slot_key(&w->task->names, own->slot), own->size + 1, 0, EINVAL);
	/* Only worker 0, which fills shmall, may take pages. */
	if (most > SHMMAX || !w->task->names.fresh || w->index > 0)
		return true;
	r = ix_make(w->task, &ix_shm_driver, &object);
	if (ix_expect(w, "creating a segment of shmmax bytes", -r, 0))
		(void)ix_remove(w->task, &ix_shm_driver, &object);
	return true;
}

static bool segment_exists(struct ix_worker *w, struct ix_object *own)
{
	no_segment(w, "creating a segment that exists",
		   ix_slot_key(&w->task->names, own->slot), own->size,
		   IPC_CREAT | IPC_EXCL, EEXIST);
	no_segment(w, "opening a segment that does not exist",
		   ix_slot_key(&w->task->names, ix_spare(w)), 0, 0, ENOENT);
	(void)ix_expect(w, "shmdt of an address that is not attached",
			IX_ERROR(shmdt(w->slot)), EINVAL);
	return true;
}

const struct ix_probes ix_probes_shm = {
	.driver = &ix_shm_driver,
	.size = OWN_SEGMENT,
	.begin = begin_shm,
	.lowered = "shmmax",
	.to = SHMMAX,
	.probe = {
		{ .limit = "shmmni", .size = 1, .objects = 12, .each = 1, .own = 1 },
		{ .limit = "shmall", .size = MANY_PAGES, .objects = 6, .own = 1 },
		{ .run = size_of_segment },
		{ .run = segment_exists },
	},
};

/* ---- sem */

#define OWN_ARRAY 2

/* The most operations to try in one call: semopm can be arbitrarily high. */
#define OPERATIONS 4096

/* A worker's own words. */
enum { OWN_SEMMSL, OWN_SEMOPM };

static int begin_sem(struct ix_worker *w, struct ix_object *own)
{
	int r = ix_bound(w->task, "semmsl", &w->slot->own[OWN_SEMMSL]);

	(void)own;
	return r < 0 ? r : ix_bound(w->task, "semopm", &w->slot->own[OWN_SEMOPM]);
}

/* Expect a result of one operation with IPC_NOWAIT. */
static void limits_sysv_operate(struct ix_worker *w, const char *what,
				const struct ix_object *own, struct sembuf op, int right)
{
	op.sem_flg |= IPC_NOWAIT;
	(void)ix_expect(w, what, IX_ERROR(semop(own->id, &op, 1)), right);
}

static void set_value(struct ix_worker *w, const char *what, const struct ix_object *own,
		      int value, int right)
{
	int r = semctl(own->id, 0, SETVAL, (union semun){ .val = value });

	(void)ix_expect(w, what, IX_ERROR(r), right);
}

/* Expect that semget(2) fails. */
static void no_array(struct ix_worker *w, const char *what, int32_t key, uint64_t nsems,
		     int flags, int right)
{
	int id = semget(key, (int)MIN(nsems, INT32_MAX), flags | 0600);

	if (!ix_expect(w, what, IX_ERROR(id), right) && (flags & IPC_CREAT))
		ix_undo_make(w, id);
}

static bool semaphores_of_array(struct ix_worker *w, struct ix_object *own)
{
	int32_t spare = ix_slot_key(&w->task->names, ix_spare(w));
	const int new = IPC_CREAT | IPC_EXCL;

	no_array(w, "creating an array of 0 semaphores", spare, 0, new, EINVAL);
	if (w->slot->own[OWN_SEMMSL] < INT32_MAX)
		no_array(w, "creating an array of more than semmsl", spare,
			 w->slot->own[OWN_SEMMSL] + 1, new, EINVAL);
	no_array(w, "opening an array with more than its semaphores",
		 ix_slot_key(&w->task->names, own->slot), own->size + 1, 0, EINVAL);
	no_array(w, "creating an array that exists",
		 ix_slot_key(&w->task->names, own->slot), own->size, new, EEXIST);
	no_array(w, "opening an array that does not exist", spare, 0, 0, ENOENT);
	return true;
}

static bool operations_of_call(struct ix_worker *w, struct ix_object *own)
{
	uint64_t most = w->slot->own[OWN_SEMOPM];
	struct sembuf ops[OPERATIONS + 1] = {
		{ 0 }
	}; /* wait for zero; the semaphore is 0 */

	(void)ix_expect(w, "semop of 0 operations", IX_ERROR(semop(own->id, ops, 0)),
			EINVAL);
	if (most > OPERATIONS)
		return true;
	(void)ix_expect(w, "semop of semopm operations",
			IX_ERROR(semop(own->id, ops, most)), 0);
	(void)ix_expect(w, "semop of more than semopm operations",
			IX_ERROR(semop(own->id, ops, most + 1)), E2BIG);
	return true;
}

static bool value_of_semaphore(struct ix_worker *w, struct ix_object *own)
{
	struct sembuf full = { .sem_op = IX_SEMVMX }, one = { .sem_op = 1 };
	struct sembuf empty = { .sem_op = -IX_SEMVMX };

	limits_sysv_operate(w, "adding up to semvmx", own, full, 0);
	limits_sysv_operate(w, "adding beyond semvmx", own, one, ERANGE);
	ix_expect_number(w, "the highest value", (uint64_t)semctl(own->id, 0, GETVAL),
			 IX_SEMVMX);
	limits_sysv_operate(w, "subtracting semvmx", own, empty, 0);
	set_value(w, "setting a value above semvmx", own, IX_SEMVMX + 1, ERANGE);
	set_value(w, "setting a value below 0", own, -1, ERANGE);
	set_value(w, "setting the value 0", own, 0, 0);
	return true;
}

static bool number_of_semaphore(struct ix_worker *w, struct ix_object *own)
{
	struct sembuf op = { .sem_num = (unsigned short)own->size, .sem_op = 1 };

	limits_sysv_operate(w, "semop beyond the array", own, op, EFBIG);
	(void)ix_expect(w, "GETVAL beyond the array",
			IX_ERROR(semctl(own->id, (int)own->size, GETVAL)), EINVAL);
	return true;
}

static bool no_wait(struct ix_worker *w, struct ix_object *own)
{
	const struct timespec soon = { .tv_nsec = 100000 };
	struct sembuf take = { .sem_op = -1 }, give = { .sem_op = 1 }, zero = { 0 };
	uint64_t began = ix_now();
	int error;

	limits_sysv_operate(w, "taking 1 at 0", own, take, EAGAIN);
	limits_sysv_operate(w, "giving 1", own, give, 0);
	limits_sysv_operate(w, "waiting for zero at 1", own, zero, EAGAIN);
	limits_sysv_operate(w, "taking 1 at 1", own, take, 0);
	limits_sysv_operate(w, "waiting for zero at 0", own, zero, 0);
	error = IX_ERROR(semtimedop(own->id, &take, 1, &soon));
	if (error == EINTR)
		return true;
	(void)ix_expect(w, "semtimedop at 0", error, EAGAIN);
	if (ix_now() - began < 100000)
		ix_fault(w, "semtimedop returned before its timeout");
	return true;
}

/* Test the range of semadj, -32768 to 32767. */
static bool undo_of_semaphore(struct ix_worker *w, struct ix_object *own)
{
	struct sembuf full = { .sem_op = IX_SEMVMX, .sem_flg = SEM_UNDO };
	struct sembuf empty = { .sem_op = -IX_SEMVMX };
	struct sembuf two = { .sem_op = 2, .sem_flg = SEM_UNDO };

	limits_sysv_operate(w, "adding semvmx with SEM_UNDO", own, full, 0);
	limits_sysv_operate(w, "subtracting semvmx without SEM_UNDO", own, empty, 0);
	limits_sysv_operate(w, "exceeding semaem with SEM_UNDO", own, two, ERANGE);
	set_value(w, "SETVAL, which clears semadj", own, 0, 0);
	two.sem_op = 1;
	limits_sysv_operate(w, "adding 1 with SEM_UNDO", own, two, 0);
	two.sem_op = -1;
	limits_sysv_operate(w, "subtracting 1 with SEM_UNDO", own, two, 0);
	return true;
}

const struct ix_probes ix_probes_sem = {
	.driver = &ix_sem_driver,
	.size = OWN_ARRAY,
	.begin = begin_sem,
	.probe = {
		{ .limit = "semmni", .size = 1, .objects = 12, .each = 1, .own = 1 },
		{ .limit = "semmns", .size = 16, .objects = 6, .each = 16, .own = OWN_ARRAY },
		{ .run = semaphores_of_array },
		{ .run = operations_of_call },
		{ .run = value_of_semaphore },
		{ .run = number_of_semaphore },
		{ .run = no_wait },
		{ .run = undo_of_semaphore },
	},
};
