/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages are sent and received through the library, with both kinds of queue; at the
 * other end of the queue, the test uses system calls. */
#include "api.h"

#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/msg.h>
#include <time.h>
#include <unistd.h>

#define NO_QUEUE ((struct ipcx_queue *)0x5a5a)

static struct ipcx_ref msg_ref(int id)
{
	return (struct ipcx_ref){ .mech = mech_of("msg"), .by = IPCX_BY_ID, .id = id };
}

static struct ipcx_ref mq_ref(void)
{
	return (struct ipcx_ref){ .mech = mech_of("mq"),
				  .by = IPCX_BY_NAME,
				  .name = "/api" };
}

static int make_mq(void)
{
	struct mq_attr attr = { .mq_maxmsg = 2, .mq_msgsize = 8 };

	return mq_open("/api", O_CREAT | O_RDWR | O_CLOEXEC | O_NONBLOCK, 0600, &attr);
}

static struct ipcx_queue *open_queue(struct ipcx *x, struct ipcx_ref ref)
{
	struct ipcx_queue *q = NULL;

	assert_int_equal(
		ipcx_queue_open(x, &ref, IPCX_QUEUE_SEND | IPCX_QUEUE_RECEIVE, &q), 0);
	return q;
}

static double seconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void test_misuse(void **state)
{
	struct ipcx *x = *state;
	int id = msgget(IPC_PRIVATE, 0600);
	struct ipcx_ref ref = msg_ref(id), shm = { .mech = mech_of("shm") },
			none = { .mech = 63 }, missing = msg_ref(INT_MAX);
	struct ipcx_queue *q = NO_QUEUE;
	struct ipcx_message m = { .size = sizeof(m), .rank = -5 };
	struct ipcx_take take = { .size = IPCX_TAKE_SIZE_0_1 - 1 };
	struct ipcx_ns *ns;

	assert_fails(x, ipcx_queue_open(x, &ref, 0, &q), -EINVAL, q, NO_QUEUE);
	assert_fails(x, ipcx_queue_open(x, &ref, 1U << 31, &q), -EINVAL, q, NO_QUEUE);
	assert_fails(x, ipcx_queue_open(x, &shm, IPCX_QUEUE_SEND, &q), -EINVAL, q,
		     NO_QUEUE);
	assert_fails(x, ipcx_queue_open(x, &none, IPCX_QUEUE_SEND, &q), -EINVAL, q,
		     NO_QUEUE);
	assert_fails(x, ipcx_queue_open(x, &missing, IPCX_QUEUE_SEND, &q), -ENOENT, q,
		     NO_QUEUE);
	assert_int_equal(ipcx_ns_open(x, "self", &ns), 0);
	ipcx_use(x, ns);
	assert_fails(x, ipcx_queue_open(x, &ref, IPCX_QUEUE_SEND, &q), -EINVAL, q,
		     NO_QUEUE);
	ipcx_use(x, NULL);
	ipcx_ns_free(ns);
	ipcx_queue_close(NULL);

	q = open_queue(x, ref);
	assert_fails(x, ipcx_queue_receive(q, &take, 0, &m), -EINVAL, m.rank, -5);
	take = (struct ipcx_take){ .size = sizeof(take), .pick = IPCX_PICK_TYPE };
	assert_fails(x, ipcx_queue_receive(q, &take, 0, &m), -EINVAL, m.rank, -5);
	take.pick = (enum ipcx_pick)9;
	assert_fails(x, ipcx_queue_receive(q, &take, 0, &m), -EINVAL, m.rank, -5);
	assert_fails(x, ipcx_queue_send(q, &m, -1), -EINVAL, m.rank, -5);
	assert_fails(x, ipcx_queue_notify(q, SIGUSR1), -EOPNOTSUPP, m.rank, -5);
	assert_fails(x, ipcx_queue_peek(q, 0, &m), -ENODATA, m.rank, -5);
	ipcx_queue_close(q);
	(void)msgctl(id, IPC_RMID, NULL);
}

static void test_sysv(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_take take = { .size = sizeof(take) };
	struct {
		long type;
		char text[16];
	} raw;
	int id = msgget(IPC_PRIVATE, 0600);
	struct ipcx_queue *q = open_queue(x, msg_ref(id));
	struct ipcx_message m = {
		.size = sizeof(m), .rank = LONG_MAX, .data = "a\0b", .len = 3
	};
	struct ipcx_queue_state s = { .size = sizeof(s) };
	struct ipcx_table *t;
	struct ipcx_value v;

	assert_int_equal(ipcx_queue_send(q, &m, 0), 0);
	assert_int_equal(
		ipcx_queue_send(q, &(struct ipcx_message){ .size = sizeof(m), .rank = 2 },
				-1),
		0);
	assert_int_equal(ipcx_queue_state(q, &s), 0);
	assert_true(s.messages == 2 && s.longest >= 1024);
	assert_int_equal(ipcx_queue_peek(q, 1, &m), 0);
	assert_true(m.rank == 2 && m.len == 0);
	assert_int_equal(ipcx_queue_messages(q, 0, UINT64_MAX, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 2);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_DATA, &v), 0);
	assert_string_equal(ipcx_value_string(&v), "a…");
	assert_int_equal(ipcx_row_get(t, 1, IPCX_F_MTYPE, &v), 0);
	assert_int_equal(v.as.i, 2);
	ipcx_table_free(t);
	assert_int_equal(ipcx_queue_messages(q, 1, 1, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	ipcx_table_free(t);
	assert_int_equal(msgrcv(id, &raw, sizeof(raw.text), 0, IPC_NOWAIT), 3);
	assert_true(raw.type == LONG_MAX && !memcmp(raw.text, "a\0b", 3));
	assert_int_equal(ipcx_queue_receive(q, &take, INT64_MAX, &m), 0);
	assert_true(m.rank == 2 && m.len == 0);
	(void)msgctl(id, IPC_RMID, NULL);
	assert_fails(x, ipcx_queue_receive(q, &take, 0, &m), -EIDRM, m.rank, 2);
	assert_fails(x, ipcx_queue_send(q, &m, -1), -EIDRM, m.rank, 2);
	assert_fails(x, ipcx_queue_state(q, &s), -EIDRM, m.rank, 2);
	assert_fails(x, ipcx_queue_peek(q, 0, &m), -EIDRM, m.rank, 2);
	ipcx_queue_close(q);
}

static void test_posix(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_take take = { .size = sizeof(take) };
	mqd_t fd = make_mq();
	struct ipcx_queue *q = open_queue(x, mq_ref());
	struct ipcx_message m = {
		.size = sizeof(m), .rank = 32767, .data = "a\0b", .len = 3
	};
	char text[8];
	unsigned priority;

	assert_int_equal(ipcx_queue_send(q, &m, -1), 0);
	assert_int_equal(mq_receive(fd, text, sizeof(text), &priority), 3);
	assert_true(priority == 32767 && !memcmp(text, "a\0b", 3));
	assert_int_equal(mq_send(fd, "", 0, 7), 0);
	assert_int_equal(ipcx_queue_receive(q, &take, -1, &m), 0);
	assert_true(m.rank == 7 && m.len == 0);
	assert_fails(x, ipcx_queue_peek(q, 0, &m), -EOPNOTSUPP, m.rank, 7);
	take.pick = IPCX_PICK_TYPE;
	assert_fails(x, ipcx_queue_receive(q, &take, 0, &m), -EINVAL, m.rank, 7);
	ipcx_queue_close(q);
	(void)mq_close(fd);
	(void)mq_unlink("/api");
}

static void ring(int signo)
{
	(void)signo;
}

/* Waiting on an empty queue, then on a full one: until a timeout, not at all, and until a
 * signal. */
static void wait_in_vain(struct ipcx *x, struct ipcx_queue *q)
{
	struct ipcx_take take = { .size = sizeof(take) };
	struct ipcx_message m = { .size = sizeof(m),
				  .rank = 1,
				  .data = "12345678",
				  .len = 8 },
			    got = m;
	struct sigaction action = { .sa_handler = ring };
	double before = seconds();

	assert_fails(x, ipcx_queue_receive(q, &take, 50000000, &got), -ETIMEDOUT, m.rank,
		     1);
	assert_true(seconds() - before >= 0.05);
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	for (int64_t timeout = -1; timeout <= INT64_C(60000000000);
	     timeout += INT64_C(60000000001)) {
		/* repeated, since a signal may arrive between two sleeps */
		(void)ualarm(30000, 30000);
		assert_fails(x, ipcx_queue_receive(q, &take, timeout, &got), -EINTR,
			     m.rank, 1);
		(void)ualarm(0, 0);
	}
	while (ipcx_queue_send(q, &m, 0) == 0)
		;
	assert_non_null(strstr(ipcx_error(x), "would have to wait"));
	before = seconds();
	assert_fails(x, ipcx_queue_send(q, &m, 50000000), -ETIMEDOUT, m.rank, 1);
	assert_true(seconds() - before >= 0.05 && seconds() - before < 10);
	for (int64_t timeout = -1; timeout <= INT64_C(60000000000);
	     timeout += INT64_C(60000000001)) {
		(void)ualarm(30000, 30000);
		assert_fails(x, ipcx_queue_send(q, &m, timeout), -EINTR, m.rank, 1);
		(void)ualarm(0, 0);
	}
}

static void test_waiting(void **state)
{
	struct ipcx *x = *state;
	int id = msgget(IPC_PRIVATE, 0600);
	mqd_t fd = make_mq();
	struct ipcx_queue *msg = open_queue(x, msg_ref(id)),
			  *mq = open_queue(x, mq_ref());

	wait_in_vain(x, msg);
	wait_in_vain(x, mq);
	ipcx_queue_close(msg);
	ipcx_queue_close(mq);
	(void)mq_close(fd);
	(void)mq_unlink("/api");
	(void)msgctl(id, IPC_RMID, NULL);
}

static int setup(void **state)
{
	return ipcx_new((struct ipcx **)state);
}

static int teardown(void **state)
{
	ipcx_free(*state);
	return 0;
}

/* The check reports in advance why the queue would refuse a message; that the queue is
 * full does not count as a refusal. */
static void test_check_before_sending(void **state)
{
	struct ipcx *x = *state;
	int fd = make_mq();
	struct ipcx_queue *mq = open_queue(x, mq_ref()),
			  *msg = open_queue(x, msg_ref(msgget(IPC_PRIVATE, 0600)));
	struct ipcx_message m = {
		.size = sizeof(m), .rank = 1, .data = "12345678", .len = 8
	};
	struct ipcx_queue_state s = { .size = sizeof(s) };

	for (int i = 0; i < 2; i++)
		assert_int_equal(ipcx_queue_send(mq, &m, 0), 0);
	assert_int_equal(ipcx_queue_send(mq, &m, 0), -ETIMEDOUT);
	assert_int_equal(ipcx_queue_check(mq, &m), 0);
	assert_int_equal(ipcx_queue_check(msg, &m), 0);
	m.rank = 0;
	assert_int_equal(ipcx_queue_check(mq, &m), 0);
	assert_fails(x, ipcx_queue_check(msg, &m), -EINVAL, m.rank, 0);
	m.rank = 32768;
	assert_fails(x, ipcx_queue_check(mq, &m), -EINVAL, m.rank, 32768);
	assert_int_equal(ipcx_queue_check(msg, &m), 0);
	m.rank = 1;
	m.len = 9;
	assert_fails(x, ipcx_queue_check(mq, &m), -EMSGSIZE, m.len, 9);
	assert_int_equal(ipcx_queue_check(msg, &m), 0);
	assert_int_equal(ipcx_queue_state(msg, &s), 0);
	m.len = (size_t)s.longest + 1;
	assert_fails(x, ipcx_queue_check(msg, &m), -EMSGSIZE, m.rank, 1);
	assert_int_equal(s.messages, 0); /* nothing was sent */
	ipcx_queue_close(msg);
	ipcx_queue_close(mq);
	assert_int_equal(mq_close(fd), 0);
	assert_int_equal(mq_unlink("/api"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_sysv),
		cmocka_unit_test(test_posix),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_check_before_sending),
	};

	return cmocka_run_group_tests_name("queues", tests, setup, teardown);
}
