/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens to each kind of object that is removed while in use: System V queues and
 * arrays are destroyed at once, all other objects live until the last user closes
 * them. */
#include <mqueue.h>
#include <semaphore.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/shm.h>

#include "core/semun.h"
#include "mech/drivers.h"
#include "stress/load/removed.h"

static void nothing(struct ix_worker *w, const struct ix_object *own)
{
	(void)w;
	(void)own;
}

/* ---- System V queues and arrays */

static void check_gone(struct ix_worker *w, const struct ix_driver *d,
		       struct ix_object *own)
{
	struct ix_seen seen;
	int r = d->stat(&w->task->names, own, &seen);

	if (r != -EINVAL && r != -EIDRM)
		ix_fault(w, "id %d still exists after its removal", own->id);
	ix_name_is_free(w, own);
}

struct text {
	long type;
	char bytes[64];
};

/* Fill the queue with a type that no receiver waits for: senders and receivers block. */
static int removed_cases_fill_queue(struct ix_worker *w, struct ix_object *own)
{
	struct text t = { .type = 1 };
	struct msqid_ds ds;

	(void)w;
	if (msgctl(own->id, IPC_STAT, &ds) < 0)
		return -errno;
	ds.msg_qbytes = MIN(ds.msg_qbytes, sizeof(t.bytes));
	if (msgctl(own->id, IPC_SET, &ds) < 0 ||
	    msgsnd(own->id, &t, ds.msg_qbytes, IPC_NOWAIT) < 0)
		return -errno;
	return 0;
}

static int wait_in_queue(struct ix_worker *w, struct ix_object *mine, uint32_t round)
{
	struct text t = { .type = 1 };
	ssize_t r;

	(void)round;
	do {
		ix_calls(w);
		r = w->index % 2 ? msgrcv(mine->id, &t, sizeof(t.bytes), 2, 0)
				 : msgsnd(mine->id, &t, 1, 0);
	} while (r < 0 && errno == EINTR && !ix_stopping(w));
	return ix_check_eidrm(w, r < 0 ? errno : 0);
}

static void after_queue(struct ix_worker *w, struct ix_object *own, uint32_t round)
{
	(void)round;
	check_gone(w, &ix_msg_driver, own);
}

const struct ix_test_case ix_test_case_msg = {
	.driver = &ix_msg_driver,
	.blocks = true,
	.set = removed_cases_fill_queue,
	.stay = wait_in_queue,
	.after = after_queue,
	.last = nothing,
};

/* Half of the workers wait for a token of semaphore 0; the other half waits until
 * semaphore 1, set to 1 here, becomes 0. */
static int set_array(struct ix_worker *w, struct ix_object *own)
{
	(void)w;
	return semctl(own->id, 1, SETVAL, (union semun){ .val = 1 }) < 0 ? -errno : 0;
}

static int wait_in_array(struct ix_worker *w, struct ix_object *mine, uint32_t round)
{
	struct sembuf op = { .sem_num = w->index % 2, .sem_op = w->index % 2 ? 0 : -1 };
	int r;

	(void)round;
	do {
		ix_calls(w);
		r = semop(mine->id, &op, 1);
	} while (r < 0 && errno == EINTR && !ix_stopping(w));
	return ix_check_eidrm(w, r < 0 ? errno : 0);
}

static void after_array(struct ix_worker *w, struct ix_object *own, uint32_t round)
{
	(void)round;
	check_gone(w, &ix_sem_driver, own);
}

const struct ix_test_case ix_test_case_sem = {
	.driver = &ix_sem_driver,
	.size = 2,
	.blocks = true,
	.set = set_array,
	.stay = wait_in_array,
	.after = after_array,
	.last = nothing,
};

/* ---- memory */

/* Cell n belongs to worker n; the remover writes cell 0 after the removal. */
static _Atomic uint32_t *removed_cases_cell(const struct ix_object *object,
					    unsigned index)
{
	return (_Atomic uint32_t *)object->at + index;
}

static void write_cell(struct ix_worker *w, struct ix_object *mine, uint32_t round)
{
	atomic_store(removed_cases_cell(mine, w->index), round);
}

/* Check that what each worker wrote before the removal is still there, and that what the
 * remover wrote afterwards is visible. */
static int removed_cases_use_memory(struct ix_worker *w, struct ix_object *mine,
				    uint32_t round)
{
	if (!ix_is_removed(w, round))
		return EINTR;
	for (unsigned i = 1; i < w->task->workers; i++) {
		uint32_t holds = atomic_load(removed_cases_cell(mine, i));

		if (holds != round && holds != ~round)
			ix_fault(w, "removed memory holds %u, but %u was written", holds,
				 round);
	}
	if (atomic_load(removed_cases_cell(mine, 0)) != round)
		ix_fault(w, "a write after the removal is not visible to others");
	atomic_store(removed_cases_cell(mine, w->index), ~round);
	return 0;
}

static void after_segment(struct ix_worker *w, struct ix_object *own, uint32_t round)
{
	struct shmid_ds ds;
	uint64_t others = ix_others(w);
	int r;

	if (shmctl(own->id, IPC_STAT, &ds) < 0) {
		ix_fault(w, "cannot stat a removed segment that is attached: %s",
			 ix_errno_text(errno));
	} else {
		if (!(ds.shm_perm.mode & SHM_DEST) || ds.shm_perm.__key != IPC_PRIVATE)
			ix_fault(w, "a removed segment has mode %o and key 0x%x",
				 ds.shm_perm.mode, (unsigned)ds.shm_perm.__key);
		if (ds.shm_nattch != others)
			ix_fault(w, "nattch is %llu, not %llu",
				 (unsigned long long)ds.shm_nattch,
				 (unsigned long long)others);
	}
	/* Linux: a removed segment can still be attached by its id. */
	r = ix_shm_driver.open(&w->task->names, own);
	if (r < 0)
		ix_fault(w, "cannot attach a removed segment by its id: %s",
			 ix_errno_text(r));
	else
		atomic_store(removed_cases_cell(own, 0), round);
	ix_shm_driver.close(own);
	ix_name_is_free(w, own);
}

static void last_detach(struct ix_worker *w, const struct ix_object *own)
{
	struct shmid_ds ds;
	int error = shmctl(own->id, IPC_STAT, &ds) < 0 ? errno : 0;

	if (error != EINVAL && error != EIDRM)
		ix_fault(w, "a removed segment still exists after the last detach");
}

/* One word for each worker. */
#define CELLS (IX_WORKERS * sizeof(uint32_t))

const struct ix_test_case ix_test_case_shm = {
	.driver = &ix_shm_driver,
	.size = CELLS,
	.enter = write_cell,
	.stay = removed_cases_use_memory,
	.after = after_segment,
	.last = last_detach,
};

static void after_memory(struct ix_worker *w, struct ix_object *own, uint32_t round)
{
	int r = ix_pshm_driver.open(&w->task->names, own);

	if (r < 0)
		ix_fault(w, "cannot map unlinked memory: %s", ix_errno_text(r));
	else
		atomic_store(removed_cases_cell(own, 0), round);
	ix_name_is_free(w, own);
}

const struct ix_test_case ix_test_case_pshm = {
	.driver = &ix_pshm_driver,
	.size = CELLS,
	.enter = write_cell,
	.stay = removed_cases_use_memory,
	.after = after_memory,
	.last = nothing,
};

/* ---- POSIX queues and semaphores */

static int removed_cases_receive(struct ix_worker *w, struct ix_object *mine,
				 uint32_t round)
{
	char text[sizeof(round)];
	ssize_t n;

	do {
		ix_calls(w);
		n = mq_receive(mine->id, text, sizeof(text), NULL);
	} while (n < 0 && errno == EINTR && !ix_stopping(w));
	if (n < 0) {
		if (errno != EINTR)
			ix_failed(w, IX_WAKE, errno);
		return errno;
	}
	if (n != (ssize_t)sizeof(round) || memcmp(text, &round, sizeof(round)) != 0)
		ix_fault(w, "an unlinked queue delivered another message than was sent");
	return 0;
}

/* Send one message to each receiver. If the queue cannot hold that many messages,
 * mq_send(3) blocks. */
static void removed_cases_send_all(struct ix_worker *w, struct ix_object *own,
				   uint32_t round)
{
	ix_name_is_free(w, own);
	atomic_store(&ix_case_state(w)->at, ix_now());
	for (unsigned i = 0; i < ix_others(w); i++) {
		int r;

		do
			r = mq_send(own->id, (const char *)&round, sizeof(round), 0);
		while (r < 0 && errno == EINTR && !ix_stopping(w));
		if (r < 0 && errno != EINTR)
			ix_fault(w, "cannot send to an unlinked queue: %s",
				 ix_errno_text(errno));
	}
}

const struct ix_test_case ix_test_case_mq = {
	.driver = &ix_mq_driver,
	.size = sizeof(uint32_t),
	.blocks = true,
	.stay = removed_cases_receive,
	.after = removed_cases_send_all,
	.last = nothing,
};

static int take_token(struct ix_worker *w, struct ix_object *mine, uint32_t round)
{
	int r;

	(void)round;
	do {
		ix_calls(w);
		r = sem_wait(mine->at);
	} while (r < 0 && errno == EINTR && !ix_stopping(w));
	if (r < 0 && errno != EINTR)
		ix_failed(w, IX_WAKE, errno);
	return r < 0 ? errno : 0;
}

static void post_all(struct ix_worker *w, struct ix_object *own, uint32_t round)
{
	(void)round;
	ix_name_is_free(w, own);
	atomic_store(&ix_case_state(w)->at, ix_now());
	for (unsigned i = 0; i < ix_others(w); i++)
		if (sem_post(own->at) < 0)
			ix_fault(w, "cannot post an unlinked semaphore: %s",
				 ix_errno_text(errno));
}

/* Each waiter took one token, so the value must be 0. */
static void no_token_left(struct ix_worker *w, const struct ix_object *own)
{
	int value = 0;

	if (sem_getvalue(own->at, &value) < 0 || (value != 0 && !ix_stopping(w)))
		ix_fault(w, "an unlinked semaphore has the value %d at the end, not 0",
			 value);
}

const struct ix_test_case ix_test_case_psem = {
	.driver = &ix_psem_driver,
	.blocks = true,
	.stay = take_token,
	.after = post_all,
	.last = no_token_left,
};
