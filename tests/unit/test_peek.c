/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc/peek.c: what the arguments of a blocked call point to. The memory read is mostly
 * that of the test itself; one child really waits for a futex.
 */
#include "proc/peek.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/time_types.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "proc/blocked.h"
#include "unit.h"

#define SECOND UINT64_C(1000000000)

static int32_t self;
static char *page; /* two pages and one that cannot be read */
static size_t page_size;

static uint64_t at(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int setup(void **state)
{
	(void)state;
	self = (int32_t)getpid();
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	page = mmap(NULL, 3 * page_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(page != MAP_FAILED);
	return mprotect(page + 2 * page_size, page_size, PROT_NONE);
}

static int teardown(void **state)
{
	(void)state;
	return munmap(page, 3 * page_size);
}

/* The end of what can be read, minus n bytes. */
static char *end_minus(size_t n)
{
	return page + 2 * page_size - n;
}

static void memory_is_read_as_a_whole(void **state)
{
	char buf[16] = "";

	(void)state;
	memcpy(end_minus(16), "0123456789abcdef", 16);
	assert_int_equal(ix_peek(self, at(end_minus(16)), buf, 16), 16);
	assert_memory_equal(buf, "0123456789abcdef", 16);
	assert_int_equal(ix_peek(self, at(end_minus(15)), buf, 16), -EFAULT);
	assert_int_equal(ix_peek(self, at(end_minus(0)), buf, 1), -EFAULT);
	assert_int_equal(ix_peek(self, 0, buf, 1), -EFAULT);
	assert_int_equal(ix_peek(self, UINT64_MAX, buf, 1), -EFAULT);
	assert_int_equal(ix_peek(self, UINT64_MAX - 7, buf, 16), -EFAULT);
}

static void a_process_that_is_gone_has_no_memory(void **state)
{
	char c;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (!pid)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(ix_peek(pid, at(page), &c, 1), -ESRCH);
}

/* ---- semaphore operations */

static void operations_are_read(void **state)
{
	struct sembuf ops[3] = { { 0, 1, SEM_UNDO },
				 { 1, -2, 0 },
				 { 65535, -32768, IPC_NOWAIT } };
	struct ix_blocked b = { .kind = IX_WAIT_SEM, .data = at(ops), .count = 3 };
	struct ix_semop got[4];
	bool cut = true;

	(void)state;
	assert_int_equal(ix_peek_semops(self, &b, got, 4, &cut), 3);
	assert_false(cut);
	assert_true(got[0].num == 0 && got[0].op == 1 && got[0].undo);
	assert_true(got[1].num == 1 && got[1].op == -2 && !got[1].undo);
	assert_true(got[2].num == 65535 && got[2].op == -32768 && !got[2].undo);
	assert_int_equal(ix_peek_semops(self, &b, got, 2, &cut), 2);
	assert_true(cut);
	b.count = 0;
	assert_int_equal(ix_peek_semops(self, &b, got, 2, &cut), 0);
	assert_false(cut);
}

static void the_number_of_operations_is_bounded(void **state)
{
	static struct sembuf ops[IX_SEMOPS_MAX + 1];
	static struct ix_semop got[IX_SEMOPS_MAX + 1];
	struct ix_blocked b = { .kind = IX_WAIT_SEM, .data = at(ops) };
	bool cut = false;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		ops[i].sem_num = (unsigned short)i;
	b.count = IX_SEMOPS_MAX;
	assert_int_equal(ix_peek_semops(self, &b, got, ARRAY_SIZE(got), &cut),
			 IX_SEMOPS_MAX);
	assert_false(cut);
	for (uint64_t n = IX_SEMOPS_MAX + 1; n <= UINT32_MAX; n = n * 2 + 1) {
		b.count = n;
		cut = false;
		assert_int_equal(ix_peek_semops(self, &b, got, ARRAY_SIZE(got), &cut),
				 IX_SEMOPS_MAX);
		assert_true(cut);
	}
	assert_int_equal(got[IX_SEMOPS_MAX - 1].num, IX_SEMOPS_MAX - 1);
	assert_int_equal(got[IX_SEMOPS_MAX].num, 0);
}

static void operations_that_are_not_mapped_are_refused(void **state)
{
	struct ix_blocked b = { .kind = IX_WAIT_SEM,
				.data = at(end_minus(6)),
				.count = 2 };
	struct ix_semop got[2];
	bool cut;

	(void)state;
	assert_int_equal(ix_peek_semops(self, &b, got, 2, &cut), -EFAULT);
	b.kind = IX_WAIT_MSG;
	assert_int_equal(ix_peek_semops(self, &b, got, 2, &cut), -EINVAL);
}

/* ---- timeouts */

static int timeout(const void *p, bool narrow, uint64_t *ret_ns)
{
	struct ix_blocked b = { .kind = IX_WAIT_SEM,
				.timeout = at(p),
				.narrow = narrow,
				.timeout_narrow = narrow };

	return ix_peek_timeout(self, &b, ret_ns);
}

static void timeouts_are_read(void **state)
{
	int64_t wide[2] = { 1000, 5 };
	int32_t narrow[2] = { 1000, 5 };
	struct ix_blocked b = { .timeout = at(wide), .narrow = true };
	uint64_t ns = 0;

	(void)state;
	assert_int_equal(timeout(wide, false, &ns), 0);
	assert_true(ns == 1000 * SECOND + 5);
	ns = 0;
	assert_int_equal(timeout(narrow, true, &ns), 0);
	assert_true(ns == 1000 * SECOND + 5);
	/* 32-bit programs do not clear the padding */
	wide[1] |= (int64_t)7 << 32;
	assert_int_equal(timeout(wide, false, &ns), -EPROTO);
	assert_int_equal(ix_peek_timeout(self, &b, &ns), 0);
	assert_true(ns == 1000 * SECOND + 5);
}

static void odd_timeouts_are_refused(void **state)
{
	int64_t t[2] = { INT64_MAX - 1, 999999999 };
	uint64_t ns = 77;

	(void)state;
	assert_int_equal(timeout(t, false, &ns), 0);
	assert_true(ns == UINT64_MAX);
	ns = 77;
	t[1] = 1000000000;
	assert_int_equal(timeout(t, false, &ns), -EPROTO);
	t[1] = -1;
	assert_int_equal(timeout(t, false, &ns), -EPROTO);
	t[0] = -1;
	t[1] = 0;
	assert_int_equal(timeout(t, false, &ns), -EPROTO);
	assert_int_equal(timeout(NULL, false, &ns), -ENODATA);
	assert_int_equal(timeout(end_minus(8), false, &ns), -EFAULT);
	assert_true(ns == 77);
}

static void what_is_left_of_a_point_in_time_is_read(void **state)
{
	static const int clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct timespec now;
		int64_t t[2];
		struct ix_blocked b = { .timeout = at(t),
					.absolute = true,
					.clock = clocks[i] };
		uint64_t ns = 0;

		assert_int_equal(clock_gettime(clocks[i], &now), 0);
		t[0] = now.tv_sec + 5000;
		t[1] = now.tv_nsec;
		assert_int_equal(ix_peek_timeout(self, &b, &ns), 0);
		assert_true(ns <= 5000 * SECOND && ns > 2000 * SECOND);
		t[0] = now.tv_sec;
		assert_int_equal(ix_peek_timeout(self, &b, &ns), 0);
		assert_true(ns == 0);
	}
	{
		int64_t t[2] = { 1, 1 };
		struct ix_blocked b = { .timeout = at(t),
					.absolute = true,
					.clock = 12345 };
		uint64_t ns;

		assert_int_equal(ix_peek_timeout(self, &b, &ns), -EINVAL);
	}
}

/* A restarted call of a 32-bit program may have had either form. */
static void both_forms_of_a_restarted_timeout_are_read(void **state)
{
	int32_t narrow[4] = { 1000, 5, 77, 78 }, wide[4] = { 1000, 0, 5, 79 };
	struct ix_blocked b = { .timeout = at(narrow),
				.narrow = true,
				.timeout_narrow = true,
				.restarted = true };
	uint64_t ns = 0;

	(void)state;
	assert_int_equal(ix_peek_timeout(self, &b, &ns), 0);
	assert_true(ns == 1000 * SECOND + 5);
	if (*(const char *)&(int){ 1 } == 0)
		skip(); /* no 32-bit programs of this byte order are known */
	ns = 0;
	b.timeout = at(wide);
	assert_int_equal(ix_peek_timeout(self, &b, &ns), 0);
	assert_true(ns == 1000 * SECOND + 5);
	/* only the narrow form fits into what is mapped */
	memcpy(end_minus(8), narrow, 8);
	b.timeout = at(end_minus(8));
	ns = 0;
	assert_int_equal(ix_peek_timeout(self, &b, &ns), 0);
	assert_true(ns == 1000 * SECOND + 5);
}

/* ---- types, flags, paths, vectors */

static void types_are_read(void **state)
{
	int64_t wide = -5, got = 0;
	int32_t narrow[2] = { -5, 7 };
	struct ix_blocked b = { .kind = IX_WAIT_MSG, .mtype = 77 };

	(void)state;
	assert_int_equal(ix_peek_mtype(self, &b, &got), 0);
	assert_int_equal(got, 77);
	b.mtype_at = at(&wide);
	assert_int_equal(ix_peek_mtype(self, &b, &got), 0);
	assert_int_equal(got, -5);
	b.mtype_at = at(narrow);
	b.narrow = true;
	got = 0;
	assert_int_equal(ix_peek_mtype(self, &b, &got), 0);
	assert_int_equal(got, -5);
	b.mtype_at = at(end_minus(2));
	assert_int_equal(ix_peek_mtype(self, &b, &got), -EFAULT);
}

static void flags_are_read(void **state)
{
	uint64_t how = O_WRONLY | O_CLOEXEC, got = 0;
	struct ix_blocked b = { .kind = IX_WAIT_OPEN, .flags = O_RDWR };

	(void)state;
	assert_int_equal(ix_peek_flags(self, &b, &got), 0);
	assert_true(got == O_RDWR);
	b.flags_at = at(&how);
	assert_int_equal(ix_peek_flags(self, &b, &got), 0);
	assert_true(got == how);
	b.flags_at = at(end_minus(4));
	assert_int_equal(ix_peek_flags(self, &b, &got), -EFAULT);
}

static void paths_are_read(void **state)
{
	struct ix_blocked b = { .kind = IX_WAIT_OPEN };
	char buf[200];

	(void)state;
	/* up to the last byte that can be read */
	memcpy(end_minus(6), "/fifo", 6);
	b.data = at(end_minus(6));
	assert_int_equal(ix_peek_path(self, &b, buf, sizeof(buf)), 5);
	assert_string_equal(buf, "/fifo");
	assert_int_equal(ix_peek_path(self, &b, buf, 6), 5);
	assert_int_equal(ix_peek_path(self, &b, buf, 5), -ENAMETOOLONG);
	assert_int_equal(ix_peek_path(self, &b, buf, 0), -ENAMETOOLONG);
	b.data = at(end_minus(1));
	assert_int_equal(ix_peek_path(self, &b, buf, sizeof(buf)), 0);
	/* over the border of two pages */
	memset(page + page_size - 50, 'a', 100);
	page[page_size + 50] = '\0';
	b.data = at(page + page_size - 50);
	assert_int_equal(ix_peek_path(self, &b, buf, sizeof(buf)), 100);
	assert_int_equal(strspn(buf, "a"), 100);
	/* without an end */
	memset(end_minus(50), 'a', 50);
	b.data = at(end_minus(50));
	assert_int_equal(ix_peek_path(self, &b, buf, sizeof(buf)), -EFAULT);
	b.data = UINT64_MAX - 10;
	assert_int_equal(ix_peek_path(self, &b, buf, sizeof(buf)), -EFAULT);
	b.kind = IX_WAIT_PIPE;
	assert_int_equal(ix_peek_path(self, &b, buf, sizeof(buf)), -EINVAL);
}

static void vectors_of_futexes_are_read(void **state)
{
	static const struct {
		uint64_t value, address;
		uint32_t flags, reserved;
	} v[129] = {
		{ 7, 0x1000, 0x82, 0 }, { 8, 0x2000, 0x02, 0 }, [127] = { 9, 0x3000, 2, 0 }
	};
	struct ix_blocked b = { .kind = IX_WAIT_FUTEX, .data = at(v), .count = 2 };
	struct ix_waitv got[129];

	(void)state;
	assert_int_equal(ix_peek_waitv(self, &b, got, 129), 2);
	assert_true(got[0].value == 7 && got[0].address == 0x1000 && got[0].private);
	assert_true(got[1].value == 8 && got[1].address == 0x2000 && !got[1].private);
	assert_int_equal(ix_peek_waitv(self, &b, got, 1), 1);
	b.count = UINT32_MAX;
	assert_int_equal(ix_peek_waitv(self, &b, got, 129), 128);
	assert_true(got[127].value == 9);
	b.data = at(end_minus(24));
	assert_int_equal(ix_peek_waitv(self, &b, got, 129), -EFAULT);
	b.data = 0; /* one futex only */
	assert_int_equal(ix_peek_waitv(self, &b, got, 129), -EINVAL);
}

/* ---- a thread that waits */

/* Read the call of a process once it sleeps in one that waits for a futex. */
static int wait_for_futex(pid_t pid, enum ix_abi abi, struct ix_blocked *ret_b)
{
	char path[40], text[300];
	struct ix_syscall c;

	(void)snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
	for (;;) {
		int n = ix_read_file(AT_FDCWD, path, text, sizeof(text));

		if (n < 0)
			return n;
		n = ix_syscall_parse(text, (size_t)n, &c);
		if (n < 0)
			return n;
		if (n && ix_blocked_decode(abi, &c, ret_b) &&
		    ret_b->kind == IX_WAIT_FUTEX)
			return 0;
		(void)usleep(1000);
	}
}

static void a_real_wait_is_decoded(void **state)
{
	struct __kernel_old_timespec t = { 1000, 5 };
	uint32_t *word = mmap(NULL, page_size, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct ix_blocked b;
	uint64_t ns = 0;
	uint32_t got = 0;
	enum ix_abi abi;
	int r, timed, read;
	pid_t pid;

	(void)state;
	if (!ix_abi_here(sizeof(long) == 4, &abi))
		skip();
	assert_true(word != MAP_FAILED);
	*word = 7;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		for (;;)
			(void)syscall(SYS_futex, word, FUTEX_WAIT, 7, &t, NULL, 0);
	}
	r = wait_for_futex(pid, abi, &b);
	timed = r < 0 ? r : ix_peek_timeout(pid, &b, &ns);
	read = r < 0 ? r : ix_peek(pid, b.object, &got, sizeof(got));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)munmap(word, page_size);
	if (r == -ENOENT || r == -EPERM || r == -EACCES)
		skip(); /* the kernel, or a policy, does not show it */
	assert_int_equal(r, 0);
	assert_string_equal(b.call, "futex");
	assert_true(b.object == at(word) && b.value == 7 && b.op == FUTEX_WAIT);
	assert_true(!b.private && !b.absolute);
	assert_int_equal(read, sizeof(got));
	assert_int_equal(got, 7);
	assert_int_equal(timed, 0);
	assert_true(ns == 1000 * SECOND + 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_read_as_a_whole),
		cmocka_unit_test(a_process_that_is_gone_has_no_memory),
		cmocka_unit_test(operations_are_read),
		cmocka_unit_test(the_number_of_operations_is_bounded),
		cmocka_unit_test(operations_that_are_not_mapped_are_refused),
		cmocka_unit_test(timeouts_are_read),
		cmocka_unit_test(odd_timeouts_are_refused),
		cmocka_unit_test(what_is_left_of_a_point_in_time_is_read),
		cmocka_unit_test(both_forms_of_a_restarted_timeout_are_read),
		cmocka_unit_test(types_are_read),
		cmocka_unit_test(flags_are_read),
		cmocka_unit_test(paths_are_read),
		cmocka_unit_test(vectors_of_futexes_are_read),
		cmocka_unit_test(a_real_wait_is_decoded),
	};

	if (LACKED(process_vm_readv))
		return 0;
	return cmocka_run_group_tests(tests, setup, teardown);
}
