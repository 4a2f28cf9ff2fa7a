/* SPDX-License-Identifier: GPL-2.0-or-later */
/* why/line.c: the call, the errno and the arguments that a line of a log holds. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>

#include "base/util.h"
#include "unit.h"
#include "why/why.h"

#define CALL(name) (UINT64_C(1) << IX_##name)

/* Read a line; free the result with why_end(). */
static struct ix_why *why_of(const char *line, int *ret_r)
{
	struct ix_why *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	assert_int_equal(ipcx_new(&w->x), 0);
	*ret_r = ix_why_line(w, line);
	return w;
}

static void why_end(struct ix_why *w)
{
	ipcx_free(w->x);
	free(w);
}

/* clang-format off */
static const struct {
	const char *line;
	uint64_t calls;
	int error;
	const char *program;
} lines[] = {
	{ "FATAL:  could not create semaphores: No space left on device", CALL(SEMGET), -ENOSPC, "PostgreSQL" },
	{ "DETAIL:  Failed system call was semget(5432129, 17, 03600).", CALL(SEMGET), 0, "" },
	{ "FATAL:  pre-existing shared memory block (key 5432001, ID 0) is still in use", CALL(SHMGET), -EEXIST, "PostgreSQL" },
	{ "PG::DiskFull: ERROR: could not resize shared memory segment \"/PostgreSQL.726751546\" to 4194304 bytes: No space left on device", CALL(FTRUNCATE), -ENOSPC, "PostgreSQL" },
	{ "shmget: Invalid argument", CALL(SHMGET), -EINVAL, "" },
	{ "shmget(0x4d2, 4096, IPC_CREAT|0600) = -1 ENOSPC (No space left on device)", CALL(SHMGET), -ENOSPC, "" },
	{ "(qtox:1270): Gdk-WARNING **: shmget failed: error 28 (No space left on device)", CALL(SHMGET), -ENOSPC, "GDK" },
	{ "[emerg] (28)No space left on device: AH00023: Couldn't create the rewrite-map mutex", CALL(SEMGET), -ENOSPC, "Apache" },
	{ "[emerg] (28)No space left on device: Couldn't create accept lock", CALL(SEMGET), -ENOSPC, "Apache" },
	{ "ORA-27102: out of memory Linux-x86_64 Error: 28: No space left on device", CALL(SHMGET), -ENOSPC, "Oracle" },
	{ "ORA-27300: OS system dependent operation:semget failed with status: 28", CALL(SEMGET), -ENOSPC, "Oracle" },
	{ "ORA-27123: unable to attach to shared memory segment Linux-x86_64 Error: 13: Permission denied", CALL(SHMAT), -EACCES, "Oracle" },
	{ "_multiprocessing.SemLock(OSError: [Errno 28] No space left on device", CALL(SEM_OPEN), -ENOSPC, "Python" },
	{ "FileExistsError: [Errno 17] File exists: '/psm_21467_46075'", CALL(SHM_OPEN), -EEXIST, "Python" },
	{ "OSError: This process already has the maximum number of files open", CALL(MQ_OPEN), -EMFILE, "Python" },
	{ "Warning: sem_get(): failed for key 0x1234abcd: No space left on device", CALL(SEMGET), -ENOSPC, "PHP" },
	{ "msg_get_queue(): Failed for key 0x00000001: No space left on device", CALL(MSGGET), -ENOSPC, "PHP" },
	{ "QSharedMemory::create: out of resources", CALL(SHMGET) | CALL(SHM_OPEN), -ENOSPC, "Qt" },
	{ "terminate called after throwing an instance of 'boost::interprocess::interprocess_exception' what():  Permission denied", CALL(SHM_OPEN) | CALL(FTRUNCATE), -EACCES, "Boost" },
	{ "System call: open(2) /dev/shm/vader_segment.capri02.1 Error: Permission denied (errno 13)", CALL(SHM_OPEN), -EACCES, "Open MPI" },
	{ "UCX  ERROR shmget(size=262144 flags=0x7b0) for user allocation failed: No space left on device", CALL(SHMGET), -ENOSPC, "UCX" },
	{ "NCCL WARN Call to posix_fallocate failed : No space left on device", CALL(FTRUNCATE), -ENOSPC, "NCCL" },
	{ "NCCL WARN Error while creating shared memory segment nccl-shm-recv-1 (size 9637888)", CALL(FTRUNCATE), -ENOSPC, "NCCL" },
	{ "X Error of failed request:  BadAccess Major opcode of failed request:  130 (MIT-SHM) Minor opcode of failed request:  1 (X_ShmAttach)", CALL(SHMAT), -EINVAL, "X11" },
	{ "RuntimeError: DataLoader worker (pid 123) is killed by signal: Bus error.", CALL(FTRUNCATE), IX_SIGBUS, "PyTorch" },
	{ "server process (PID 77) was terminated by signal 7", 0, 0, "" },
	{ "Bus error (core dumped)", CALL(FTRUNCATE), IX_SIGBUS, "" },
	{ "openat(AT_FDCWD, \"/dev/shm/sem.x\", O_RDWR|O_NOFOLLOW) = -1 EACCES (Permission denied)", CALL(SEM_OPEN), -EACCES, "" },
	{ "openat(AT_FDCWD, \"/etc/x\", O_RDWR) = -1 EACCES (Permission denied)", 0, 0, "" },
	{ "oauth2_ipc_sema_post_config: sem_open() failed to create named semaphore /zzo-sema-8085: No space left on device (28)", CALL(SEM_OPEN), -ENOSPC, "" },
	{ "semop hangs", CALL(SEMOP), IX_BLOCKS, "" },
	{ "mq_send: EWOULDBLOCK", CALL(MQ_SEND), -EAGAIN, "" },
	{ "shmget: Out of memory", CALL(SHMGET), -ENOMEM, "" },
	{ "\033[1;31mshmget\033[0m failed: errno: 13", CALL(SHMGET), -EACCES, "" },
	{ "shmget open(2)", CALL(SHMGET), 0, "" },
	{ "the shmgetter failed: ENOSPCX", 0, 0, "" },
	{ "", 0, 0, "" },
};
/* clang-format on */

static void test_calls_and_errnos(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		int r;
		struct ix_why *w = why_of(lines[i].line, &r);

		ROW_TRUE(lines[i].line, r == (lines[i].calls ? 0 : -ENODATA));
		ROW_TRUE(lines[i].line, w->calls == lines[i].calls);
		ROW_TRUE(lines[i].line,
			 (w->nerrors ? w->errors[0] : 0) == lines[i].error);
		ROW_TRUE(lines[i].line, !strcmp(w->program, lines[i].program));
		why_end(w);
	}
}

static void test_arguments(void **state)
{
	int r;
	struct ix_why *w = why_of("shmget(key=5432001, size=56, 03600)", &r);

	(void)state;
	assert_int_equal(r, 0);
	assert_true(w->a.key == 5432001 && w->a.size == 56 && w->a.mode == 0600);
	assert_true(w->a.flags == (IPC_CREAT | IPC_EXCL));
	why_end(w);
	w = why_of("mq_open(\"x\", O_RDWR|O_CREAT, 0640, {mq_flags=0, mq_maxmsg=9, "
		   "mq_msgsize=77, mq_curmsgs=0}) = -1 EMFILE (Too many open files)",
		   &r);
	assert_string_equal(w->a.name, "/x");
	assert_true(w->a.maxmsg == 9 && w->a.msgsize == 77 && w->a.mode == 0640);
	assert_true(w->a.flags == (O_RDWR | O_CREAT));
	why_end(w);
	w = why_of("semop(65538, [{sem_num=3, sem_op=-2, sem_flg=IPC_NOWAIT}], 1)", &r);
	assert_true(w->a.id == 65538 && w->a.semnum == 3 && w->a.op == -2 &&
		    w->a.nsops == 1 && w->a.flags == IPC_NOWAIT);
	why_end(w);
	w = why_of("msgsnd(7, {5, \"a,b)\"}, 4, 0) = -1 EINVAL", &r);
	assert_true(w->a.id == 7 && w->a.mtype == 5 && w->a.len == 4);
	why_end(w);
	w = why_of("pre-existing shared memory block (key 5432001, ID 12) is in use", &r);
	assert_true(w->a.key == 5432001 && w->a.id == 12);
	assert_string_equal(w->said, IX_SAID_IN_USE);
	why_end(w);
	w = why_of("X Error: BadAccess 10 Extension: 130 (MIT-SHM)", &r);
	assert_string_equal(w->said, IX_SAID_DISPLAY);
	assert_true(w->nerrors == 2 && w->errors[1] == -EACCES);
	why_end(w);
	w = why_of("shmget: File exists", &r);
	assert_null(w->said);
	why_end(w);
	w = why_of("could not resize shared memory segment \"/PostgreSQL.7\" to 4194304 "
		   "bytes",
		   &r);
	assert_true(w->a.size == 4194304);
	assert_string_equal(w->a.name, "/PostgreSQL.7");
	why_end(w);
	w = why_of("{\"log\":\"NCCL WARN Error while creating shared memory segment "
		   "\\\"/dev/shm/nccl-KW\\\" (size 5967872)\\n\"}",
		   &r);
	assert_true(w->a.size == 5967872);
	assert_string_equal(w->a.name, "/nccl-KW");
	why_end(w);
}

static void test_long_lines(void **state)
{
	static const char *const fillers[] = { "(",       "e",         "key ",
					       "errno ",  "bus error", "/dev/shm/",
					       "shmget(", "\\\"",      "a=" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fillers); i++) {
		size_t len = strlen(fillers[i]), n = (64U << 10) / len;
		char *line = malloc(n * len + 1), *p = line;
		int r;

		assert_non_null(line);
		while (n--)
			p = mempcpy(p, fillers[i], len);
		*p = '\0';
		why_end(why_of(line, &r));
		assert_true(r == 0 || r == -ENODATA);
		free(line);
	}
}

static void test_errnos(void **state)
{
	(void)state;
	assert_int_equal(ix_why_error("ENOSPC"), -ENOSPC);
	assert_int_equal(ix_why_error("enospc"), -ENOSPC);
	assert_int_equal(ix_why_error("28"), -ENOSPC);
	assert_int_equal(ix_why_error("errno 28"), -ENOSPC);
	assert_int_equal(ix_why_error("no space left on device"), -ENOSPC);
	assert_int_equal(ix_why_error("SIGBUS"), IX_SIGBUS);
	assert_int_equal(ix_why_error("Bus error"), IX_SIGBUS);
	assert_int_equal(ix_why_error("blocks"), IX_BLOCKS);
	assert_int_equal(ix_why_error("0"), 0);
	assert_int_equal(ix_why_error("134"), 0);
	assert_int_equal(ix_why_error(""), 0);
	assert_int_equal(ix_why_error("semget"), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls_and_errnos),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_errnos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
