/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether an object is in use: ipcx_in_use(), and the fields that say the same. */
#include "api.h"

#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

static enum ipcx_verdict verdict_of(struct ipcx *x, const char *text)
{
	enum ipcx_verdict verdict = IPCX_USE_GONE;
	struct ipcx_ref ref;

	assert_int_equal(ipcx_ref_parse(x, text, IPCX_NO_MECH, &ref), 0);
	assert_int_equal(ipcx_in_use(x, &ref, &verdict), 0);
	return verdict;
}

/* The verdict, as the fields of the object say it. */
static const char *reason_of(struct ipcx *x, const char *text, int *ret_in_use)
{
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	static char reason[64];
	struct ipcx_value v = { .type = IPCX_TYPE_NONE };
	struct ipcx_table *t = NULL;
	struct ipcx_fieldset unknown;
	struct ipcx_ref ref;

	q.fields = IPCX_FIELDSET(IPCX_F_IN_USE, IPCX_F_IN_USE_REASON);
	assert_int_equal(ipcx_ref_parse(x, text, IPCX_NO_MECH, &ref), 0);
	q.refs = &ref;
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	*ret_in_use = -1;
	if (ipcx_row_get(t, 0, IPCX_F_IN_USE, &v) == 0 && v.type == IPCX_TYPE_BOOL)
		*ret_in_use = (int)v.as.u;
	unknown = ipcx_row_unknown(t, 0);
	assert_int_equal(ipcx_fieldset_has(&unknown, IPCX_F_IN_USE), *ret_in_use < 0);
	(void)snprintf(reason, sizeof(reason), "%s", string(t, 0, IPCX_F_IN_USE_REASON));
	ipcx_table_free(t);
	return reason;
}

static void assert_use(struct ipcx *x, const char *text, enum ipcx_verdict verdict,
		       int in_use, const char *reason)
{
	int found;

	assert_int_equal(verdict_of(x, text), verdict);
	assert_string_equal(reason_of(x, text, &found), reason);
	assert_int_equal(found, in_use);
}

/* Have a child process make a segment, and end. */
static void make_by_another(void)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(shmget(IPC_PRIVATE, 1, 0600) < 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_segments(void **state)
{
	struct ipcx *x = *state;
	char name[32];
	void *at;
	int id = shmget(IPC_PRIVATE, 4096, 0600);

	assert_true(id >= 0);
	(void)snprintf(name, sizeof(name), "shm:%d", id);
	assert_use(x, name, IPCX_USE_CREATOR, 1, "its creator still runs");
	at = shmat(id, NULL, 0);
	assert_true(at != (void *)-1);
	assert_use(x, name, IPCX_USE_ATTACHED, 1, "attached");
	assert_int_equal(shmctl(id, IPC_RMID, NULL), 0);
	assert_use(x, name, IPCX_USE_ATTACHED, 1, "attached");
	assert_int_equal(shmdt(at), 0);
	assert_int_equal(verdict_of(x, name), IPCX_USE_GONE);
}

static void test_a_segment_whose_creator_has_ended(void **state)
{
	struct ipcx_table *t;

	make_by_another();
	t = scan(*state, "shm");
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_use(*state, string(t, 0, IPCX_F_REF), IPCX_USE_NONE, 0, "creator ended");
	ipcx_table_free(t);
}

/* That nobody waits for an empty queue is known only if every thread may be looked at. */
static void assert_queue_without_signs(struct ipcx *x, const char *text)
{
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	struct ipcx_fieldset unknown;
	struct ipcx_table *t = NULL;
	struct ipcx_ref ref;

	assert_int_equal(ipcx_ref_parse(x, text, IPCX_NO_MECH, &ref), 0);
	q.refs = &ref;
	q.fields = IPCX_FIELDSET(IPCX_F_WAITERS);
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	unknown = ipcx_row_unknown(t, 0);
	if (ipcx_fieldset_has(&unknown, IPCX_F_WAITERS)) {
		assert_false(ipcx_table_complete(t));
		assert_use(x, text, IPCX_USE_UNKNOWN, -1, "cannot be found out");
	} else {
		assert_int_equal(number(t, 0, IPCX_F_WAITERS), 0);
		assert_use(x, text, IPCX_USE_UNKNOWN, -1,
			   "use between calls is not recorded");
	}
	ipcx_table_free(t);
}

static void test_system_v_queues_and_arrays(void **state)
{
	struct {
		long type;
		char text[1];
	} message = { 1, "x" };
	struct sembuf up = { 0, 1, 0 };
	int msg = msgget(IPC_PRIVATE, 0600), sem = semget(IPC_PRIVATE, 1, 0600);
	char queue[32], array[32];

	assert_true(msg >= 0 && sem >= 0);
	(void)snprintf(queue, sizeof(queue), "msg:%d", msg);
	(void)snprintf(array, sizeof(array), "sem:%d", sem);
	assert_queue_without_signs(*state, queue);
	assert_use(*state, array, IPCX_USE_UNKNOWN, -1,
		   "use between calls is not recorded");
	assert_int_equal(msgsnd(msg, &message, 1, 0), 0);
	assert_use(*state, queue, IPCX_USE_HOLDS, 1, "holds messages");
	assert_int_equal(msgrcv(msg, &message, 1, 0, 0), 1);
	assert_use(*state, queue, IPCX_USE_ATTACHED, 1, "its last sender still runs");
	assert_int_equal(semop(sem, &up, 1), 0);
	assert_use(*state, array, IPCX_USE_ATTACHED, 1, "its last operator still runs");
}

/* An object that nobody has open is unused, if every process may be looked at. */
static void assert_not_used(struct ipcx *x, const char *text)
{
	if (verdict_of(x, text) == IPCX_USE_NONE)
		assert_use(x, text, IPCX_USE_NONE, 0, "nobody has it open");
	else
		assert_use(x, text, IPCX_USE_UNKNOWN, -1, "cannot be found out");
}

static void test_posix_objects(void **state)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1 };
	mqd_t mq = mq_open("/in-use", O_CREAT | O_RDWR, 0600, &attr);
	sem_t *sem = sem_open(SEM_NAME("in-use"), O_CREAT, 0600, 1);
	int fd = shm_open("/in-use", O_CREAT | O_RDWR, 0600);
	void *at;

	assert_true(mq >= 0 && sem != SEM_FAILED && fd >= 0);
	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_use(*state, "mq:/in-use", IPCX_USE_ATTACHED, 1, "open");
	assert_use(*state, "psem:/in-use", IPCX_USE_ATTACHED, 1, "mapped or open");
	assert_use(*state, "pshm:/in-use", IPCX_USE_ATTACHED, 1, "mapped or open");
	at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(at != MAP_FAILED);
	assert_int_equal(close(fd), 0);
	assert_use(*state, "pshm:/in-use", IPCX_USE_ATTACHED, 1, "mapped or open");
	assert_int_equal(munmap(at, 4096), 0);
	assert_int_equal(sem_close(sem), 0);
	assert_int_equal(mq_send(mq, "x", 1, 0), 0);
	assert_int_equal(mq_close(mq), 0);
	assert_use(*state, "mq:/in-use", IPCX_USE_HOLDS, 1, "holds messages");
	assert_not_used(*state, "psem:/in-use");
	assert_not_used(*state, "pshm:/in-use");
}

static void test_what_is_not_there(void **state)
{
	enum ipcx_verdict verdict = IPCX_USE_HOLDS;
	struct ipcx_ref ref = { .mech = mech_of("shm"), .by = IPCX_BY_ID, .id = -1 };

	assert_int_equal(verdict_of(*state, "shm:12345"), IPCX_USE_GONE);
	assert_int_equal(verdict_of(*state, "pshm:/nowhere"), IPCX_USE_GONE);
	assert_fails(*state, ipcx_in_use(*state, &ref, &verdict), -EINVAL, verdict,
		     IPCX_USE_HOLDS);
	assert_int_equal(ipcx_in_use(*state, NULL, &verdict), -EINVAL);
	assert_int_equal(ipcx_in_use(*state, &ref, NULL), -EINVAL);
	assert_int_equal(ipcx_in_use(NULL, &ref, &verdict), -EINVAL);
}

/* The number of users is known where the kernel counts attaches itself. */
static void test_user_count(void **state)
{
	struct ipcx_query q = { .size = sizeof(q) };
	int id = shmget(IPC_PRIVATE, 4096, 0600);
	void *at = shmat(id, NULL, 0), *again = shmat(id, NULL, SHM_RDONLY);
	struct ipcx_fieldset unknown;
	struct ipcx_table *t = NULL;

	assert_true(id >= 0 && at != (void *)-1 && again != (void *)-1);
	q.mechs = IPCX_MECH_BIT(mech_of("shm"));
	q.fields = IPCX_FIELDSET(IPCX_F_USER_COUNT, IPCX_F_NATTCH, IPCX_F_HUGEPAGESIZE);
	assert_int_equal(ipcx_scan(*state, &q, &t), 0);
	assert_int_equal(number(t, 0, IPCX_F_NATTCH), 2);
	assert_int_equal(number(t, 0, IPCX_F_USER_COUNT), 1);
	unknown = ipcx_row_unknown(t, 0);
	assert_false(ipcx_fieldset_has(&unknown, IPCX_F_HUGEPAGESIZE));
	assert_true(ipcx_table_complete(t));
	ipcx_table_free(t);
	assert_int_equal(shmdt(at) | shmdt(again), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_segments),
		TEST(test_a_segment_whose_creator_has_ended),
		TEST(test_system_v_queues_and_arrays),
		TEST(test_posix_objects),
		TEST(test_what_is_not_there),
		TEST(test_user_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
