/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mech/mqstatus.c: the text of a queue's file as the kernel writes it, as later kernels
 * may write it, and malformed texts. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/util.h"
#include "mech/mqueue.h"
#include "unit.h"

struct row {
	const char *text;
	int error;
	struct ix_mq_status st;
};

/* clang-format off */
static const struct row rows[] = {
	/* as Linux writes it: padded, with a newline */
	{ "QSIZE:0          NOTIFY:0     SIGNO:0     NOTIFY_PID:0     \n", 0, { 0, 0, 0, 0 } },
	{ "QSIZE:129        NOTIFY:2     SIGNO:0     NOTIFY_PID:8260  \n", 0, { 129, SIGEV_THREAD, 0, 8260 } },
	{ "QSIZE:81920      NOTIFY:0     SIGNO:12    NOTIFY_PID:1     \n", 0, { 81920, SIGEV_SIGNAL, 12, 1 } },
	{ "QSIZE:5          NOTIFY:1     SIGNO:0     NOTIFY_PID:77    \n", 0, { 5, SIGEV_NONE, 0, 77 } },
	/* registered by a process without a PID in this PID namespace */
	{ "QSIZE:0          NOTIFY:0     SIGNO:64    NOTIFY_PID:0     \n", 0, { 0, SIGEV_SIGNAL, 64, 0 } },
	{ "QSIZE:129 NOTIFY:2 SIGNO:0 NOTIFY_PID:8260", 0, { 129, 2, 0, 8260 } },
	{ "QSIZE:18446744073709551615 NOTIFY:2147483647 SIGNO:-2147483648 NOTIFY_PID:2147483647\n", 0,
	  { UINT64_MAX, INT32_MAX, INT32_MIN, INT32_MAX } },
	{ "QSIZE:1 NOTIFY:-1 SIGNO:0 NOTIFY_PID:0", 0, { 1, -1, 0, 0 } },
	/* words in another order, additional words or blanks, one word per line */
	{ "NOTIFY_PID:4 SIGNO:3 NOTIFY:2 QSIZE:1", 0, { 1, 2, 3, 4 } },
	{ "QSIZE:1\nNOTIFY:2\nSIGNO:3\nNOTIFY_PID:4\n", 0, { 1, 2, 3, 4 } },
	{ "  \n QSIZE:1  NOTIFY:2 \n\n SIGNO:3 NOTIFY_PID:4   ", 0, { 1, 2, 3, 4 } },
	{ "QSIZE:1 NOTIFY:2 SIGNO:3 NOTIFY_PID:4 WAITERS:9 KIND:fast :", 0, { 1, 2, 3, 4 } },
	{ "QSIZE_MAX:9 QSIZE:1 NOTIFY:2 NOTIFY_P:9 SIGNO:3 NOTIFY_PID:4 qsize:9", 0, { 1, 2, 3, 4 } },

	/* a word is missing or duplicated */
	{ "", -EINVAL, { 0 } },
	{ "\n", -EINVAL, { 0 } },
	{ "QSIZE:1", -EINVAL, { 0 } },
	{ "QSIZE:1 NOTIFY:2 SIGNO:3", -EINVAL, { 0 } },
	{ "NOTIFY:2 SIGNO:3 NOTIFY_PID:4", -EINVAL, { 0 } },
	{ "QSIZE:1 SIGNO:3 NOTIFY_PID:4", -EINVAL, { 0 } },
	{ "QSIZE:1 NOTIFY:2 NOTIFY_PID:4", -EINVAL, { 0 } },
	{ "QSIZE:1 QSIZE:1 NOTIFY:2 SIGNO:3 NOTIFY_PID:4", -EINVAL, { 0 } },
	{ "QSIZE:1 NOTIFY:2 SIGNO:3 NOTIFY_PID:4 NOTIFY_PID:5", -EINVAL, { 0 } },
	/* invalid numbers */
	{ "QSIZE: NOTIFY:2 SIGNO:3 NOTIFY_PID:4", -EINVAL, { 0 } },
	{ "QSIZE: 1 NOTIFY:2 SIGNO:3 NOTIFY_PID:4", -EINVAL, { 0 } },
	{ "QSIZE:-1 NOTIFY:2 SIGNO:3 NOTIFY_PID:4", -EINVAL, { 0 } },
	{ "QSIZE:+1 NOTIFY:2 SIGNO:3 NOTIFY_PID:4", -EINVAL, { 0 } },
	{ "QSIZE:1x NOTIFY:2 SIGNO:3 NOTIFY_PID:4", -EINVAL, { 0 } },
	{ "QSIZE:18446744073709551616 NOTIFY:2 SIGNO:3 NOTIFY_PID:4", -EINVAL, { 0 } },
	{ "QSIZE:1 NOTIFY:2147483648 SIGNO:3 NOTIFY_PID:4", -EINVAL, { 0 } },
	{ "QSIZE:1 NOTIFY:2 SIGNO:-2147483649 NOTIFY_PID:4", -EINVAL, { 0 } },
	{ "QSIZE:1 NOTIFY:2 SIGNO:3 NOTIFY_PID:4294967296", -EINVAL, { 0 } },
	{ "QSIZE:1 NOTIFY:2 SIGNO:3 NOTIFY_PID:4:5", -EINVAL, { 0 } },
	{ "QSIZE:1 NOTIFY:2 SIGNO:3 NOTIFY_PID:999999999999999999999999999999", -EINVAL, { 0 } },
	/* malformed words */
	{ "QSIZE 1 NOTIFY 2 SIGNO 3 NOTIFY_PID 4", -EINVAL, { 0 } },
	{ "QSIZE:1 NOTIFY:2 SIGNO:3 NOTIFY_PID:4 and more", -EINVAL, { 0 } },
	{ "QSIZE:1,NOTIFY:2,SIGNO:3,NOTIFY_PID:4", -EINVAL, { 0 } },
	{ "QSIZE:1\tNOTIFY:2\tSIGNO:3\tNOTIFY_PID:4", -EINVAL, { 0 } },
	{ "QSIZE:1 NOTIFY:2 SIGNO:3 NOTIFY_PID:4 "
	  "AVERYLONGWORD:0123456789012345678901234567890123456789012345678901234567890123", -EINVAL, { 0 } },
};
/* clang-format on */

static int same(const struct ix_mq_status *a, const struct ix_mq_status *b)
{
	return a->qsize == b->qsize && a->notify == b->notify && a->signo == b->signo &&
	       a->pid == b->pid;
}

static void test_texts_of_queue_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct ix_mq_status st = { 1, 2, 3, 4 };
		const struct ix_mq_status untouched = st;
		int r = ix_mq_status(row->text, strlen(row->text), &st);

		ROW_TRUE(row->text, r == row->error);
		ROW_TRUE(row->text, same(&st, r == 0 ? &row->st : &untouched));
	}
}

/* The text has a length and need not end with a NUL; bytes beyond it are not read, and a
 * NUL inside the text does not end a word. */
static void test_text_is_read_to_its_length(void **state)
{
	static const char text[] = "QSIZE:1 NOTIFY:2 SIGNO:3 NOTIFY_PID:456";
	static const char nul[] = "QSIZE:1 NOTIFY:2 SIGNO:3 NOTIFY_PID:4\0 NEW:5";
	struct ix_mq_status st;

	(void)state;
	assert_int_equal(ix_mq_status(text, strlen(text) - 2, &st), 0);
	assert_int_equal(st.pid, 4);
	assert_int_equal(ix_mq_status(text, strlen(text) - 3, &st), -EINVAL);
	assert_int_equal(ix_mq_status(nul, sizeof(nul) - 1, &st), -EINVAL);
	assert_int_equal(ix_mq_status(NULL, 0, &st), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_of_queue_files),
		cmocka_unit_test(test_text_is_read_to_its_length),
	};

	return cmocka_run_group_tests_name("mqstatus", tests, NULL, NULL);
}
