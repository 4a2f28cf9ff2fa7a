/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc/robust.c: the robust list of a child, in memory that it shares with the test. The
 * child only registers the list; what the test writes there can be honest, broken or
 * endless.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/util.h"
#include "proc/peek.h"
#include "unit.h"

#define ENTRIES 3000
#define OFFSET  (-16)

struct shared {
	struct robust_list_head head;
	struct {
		uint32_t word, pad[3];
		struct robust_list link;
	} entries[ENTRIES];
};

static struct shared *shared;
static pid_t child;

/* The addresses are the same in the child. */
static uint64_t word_of(size_t i)
{
	return (uint64_t)(uintptr_t)&shared->entries[i].link + (uint64_t)(int64_t)OFFSET;
}

/* A chain of n entries that comes back to its head. */
static void make_chain(size_t n)
{
	struct robust_list *last = &shared->head.list;

	shared->head.futex_offset = OFFSET;
	shared->head.list_op_pending = NULL;
	for (size_t i = 0; i < n; i++) {
		last->next = &shared->entries[i].link;
		last = last->next;
	}
	last->next = &shared->head.list;
}

/* Whether the list of a thread has the futex at an address: 1, 0 or -errno. */
static int robust(int32_t tid, uint64_t address)
{
	static uint64_t all[IX_ROBUST_MAX];
	size_t n;
	int r = ix_peek_robust(tid, all, &n);

	for (size_t i = 0; i < n; i++)
		if (all[i] == address)
			return 1;
	return r;
}

static struct robust_list *marked(struct robust_list *link)
{
	return (struct robust_list *)((uintptr_t)link | 1);
}

/* Start a child that registers this list, or none. */
static pid_t start(struct robust_list_head *head)
{
	int ready[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		/* as a thread that has written there itself */
		volatile char *p = (volatile char *)shared;

		(void)close(ready[0]);
		for (size_t i = 0; head && i < sizeof(*shared); i += 1024)
			(void)p[i];
		if (syscall(SYS_set_robust_list, head, sizeof(*head)) < 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
	return pid;
}

static void stop(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int setup(void **state)
{
	(void)state;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED);
	make_chain(0);
	child = start(&shared->head);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	make_chain(0);
	stop(child);
	return munmap(shared, sizeof(*shared));
}

static void an_honest_list_is_walked(void **state)
{
	(void)state;
	make_chain(0);
	assert_int_equal(robust(child, word_of(0)), 0);
	assert_int_equal(robust(child, (uint64_t)(int64_t)OFFSET), 0);
	make_chain(3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(robust(child, word_of(i)), 1);
	assert_int_equal(robust(child, word_of(3)), 0);
	assert_int_equal(robust(child, word_of(0) + 4), 0);
	make_chain(ROBUST_LIST_LIMIT);
	assert_int_equal(robust(child, word_of(ROBUST_LIST_LIMIT - 1)), 1);
	assert_int_equal(robust(child, word_of(ROBUST_LIST_LIMIT)), 0);
}

static void a_pending_lock_counts(void **state)
{
	(void)state;
	make_chain(1);
	shared->head.list_op_pending = &shared->entries[7].link;
	assert_int_equal(robust(child, word_of(7)), 1);
	assert_int_equal(robust(child, word_of(8)), 0);
	shared->head.list_op_pending = marked(&shared->entries[7].link);
	assert_int_equal(robust(child, word_of(7)), 1);
}

/* Bit 0 marks priority inheritance. */
static void marked_links_are_followed(void **state)
{
	(void)state;
	make_chain(2);
	shared->head.list.next = marked(&shared->entries[0].link);
	shared->entries[0].link.next = marked(&shared->entries[1].link);
	assert_int_equal(robust(child, word_of(1)), 1);
	assert_int_equal(robust(child, word_of(2)), 0);
}

static void an_endless_list_is_left(void **state)
{
	(void)state;
	make_chain(3);
	shared->entries[2].link.next = &shared->entries[0].link;
	assert_int_equal(robust(child, word_of(2)), 1);
	assert_int_equal(robust(child, word_of(3)), -ELOOP);
	shared->entries[2].link.next = &shared->entries[2].link;
	assert_int_equal(robust(child, word_of(3)), -ELOOP);
	make_chain(ENTRIES);
	assert_int_equal(robust(child, word_of(ENTRIES - 1)), -ELOOP);
}

static void a_broken_list_is_left(void **state)
{
	(void)state;
	make_chain(2);
	shared->entries[1].link.next = NULL;
	assert_int_equal(robust(child, word_of(1)), 1);
	assert_int_equal(robust(child, word_of(2)), -EFAULT);
	shared->entries[1].link.next = marked(NULL);
	assert_int_equal(robust(child, word_of(2)), -EFAULT);
	shared->head.list.next = NULL;
	assert_int_equal(robust(child, word_of(0)), -EFAULT);
}

static void a_thread_without_list_is_unknown(void **state)
{
	pid_t pid = start(NULL);
	int r = robust(pid, word_of(0));

	(void)state;
	stop(pid);
	assert_int_equal(r, -ENODATA);
	assert_int_equal(robust(pid, word_of(0)), -ESRCH);
}

/* What glibc registers for this thread, with a mutex of its own. */
static void a_mutex_of_the_c_library_is_found(void **state)
{
	pthread_mutex_t mutex;
	pthread_mutexattr_t attr;
	uint64_t address = (uint64_t)(uintptr_t)&mutex;
	int held, free;
	int32_t words[2];

	(void)state;
	assert_int_equal(pthread_mutexattr_init(&attr), 0);
	/* musl registers its list with the first mutex that processes can share. */
	assert_int_equal(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), 0);
	assert_int_equal(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
	assert_int_equal(pthread_mutex_init(&mutex, &attr), 0);
	assert_int_equal(pthread_mutex_lock(&mutex), 0);
	/* Its futex has the id of the thread: the first word in glibc, the second in
	 * musl. */
	memcpy(words, &mutex, sizeof(words));
	address += words[0] == getpid() ? 0 : sizeof(words[0]);
	held = robust((int32_t)getpid(), address);
	assert_int_equal(pthread_mutex_unlock(&mutex), 0);
	free = robust((int32_t)getpid(), address);
	assert_int_equal(held, 1);
	assert_int_equal(free, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_list_is_walked),
		cmocka_unit_test(a_pending_lock_counts),
		cmocka_unit_test(marked_links_are_followed),
		cmocka_unit_test(an_endless_list_is_left),
		cmocka_unit_test(a_broken_list_is_left),
		cmocka_unit_test(a_thread_without_list_is_unknown),
		cmocka_unit_test(a_mutex_of_the_c_library_is_found),
	};

	if (LACKED(set_robust_list))
		return 0;
	return cmocka_run_group_tests(tests, setup, teardown);
}
