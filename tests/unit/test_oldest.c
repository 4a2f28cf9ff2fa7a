/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ns/oldest.c: the oldest process of a namespace. The recorded /proc has reused PIDs,
 * first processes of PID namespaces, and processes that exit during the search. */
#include "ns/oldest.h"

#include "machine.h"

#define HOME 4026531839ULL
#define BOX  4026532000ULL

static void link_ns(const struct machine *m, int pid, const char *type,
		    unsigned long long n)
{
	char path[64], text[64];

	(void)snprintf(path, sizeof(path), "proc/%d/ns/%s", pid, type);
	(void)snprintf(text, sizeof(text), "%s:[%llu]", type, n);
	(void)unlinkat(m->fd, path, 0);
	assert_int_equal(symlinkat(text, m->fd, path), 0);
}

/* Add a process in an IPC namespace, with its PID at each level. */
static void live(const struct machine *m, int pid, int parent, uint64_t start,
		 unsigned long long ipc, const char *numbers)
{
	char text[200];

	run(m, pid, parent, "p", start);
	link_ns(m, pid, "ipc", ipc);
	link_ns(m, pid, "mnt", ipc + 1);
	(void)snprintf(text, sizeof(text), "Name:\tp\nNSpid:\t%s\nNSsid:\t1\n", numbers);
	put_of(m, pid, "status", text, strlen(text));
}

static void drop(const struct machine *m, int pid, const char *file)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "proc/%d/%s", pid, file);
	assert_int_equal(unlinkat(m->fd, path, 0), 0);
}

static void expect(const struct machine *m, unsigned long long ipc, int pid,
		   uint64_t start, uint32_t processes)
{
	const struct ix_nsseen *seen;
	struct ix_nslist l;

	assert_int_equal(ix_discover(m->x, 0, &l), 0);
	seen = ix_nslist_find(&l, ipc);
	assert_non_null(seen);
	assert_int_equal(seen->pid, pid);
	assert_int_equal(seen->start, start);
	assert_int_equal(seen->processes, processes);
	ix_nslist_free(&l);
}

/* No other process is read; the test would fail, as the others have no files. */
static void test_first_process_of_a_pid_namespace(void **state)
{
	const struct machine *m = *state;

	live(m, 1, 0, 1, HOME, "1");
	live(m, 700, 1, 700, BOX, "700\t1");
	live(m, 90, 700, 900, BOX, "90\t7"); /* a reused PID */
	live(m, 95, 90, 950, BOX, "95\t8");
	live(m, 800, 1, 800, BOX, "800\t2"); /* entered from outside */
	drop(m, 95, "stat");
	drop(m, 800, "stat");
	expect(m, BOX, 700, 700, 4);
	expect(m, HOME, 1, 1, 1);
}

static void test_without_a_pid_namespace(void **state)
{
	const struct machine *m = *state;

	live(m, 1, 0, 1, HOME, "1");
	live(m, 300, 1, 900, BOX, "300");
	live(m, 310, 1, 500, BOX, "310");
	live(m, 320, 310, 700, BOX, "320");
	expect(m, BOX, 310, 500, 3);
}

/* PIDs of six and seven digits (PID_MAX_LIMIT is 4194304). */
static void test_long_pids(void **state)
{
	const struct machine *m = *state;

	live(m, 1, 0, 1, HOME, "1");
	live(m, 4194303, 1, 500, BOX, "4194303\t1");
	live(m, 999999, 4194303, 900, BOX, "999999\t7");
	live(m, 100000, 999999, 950, BOX, "100000\t8");
	drop(m, 999999, "status"); /* no process between these two is read */
	expect(m, BOX, 4194303, 500, 3);
}

/* A process with PID 1 in an outer namespace only: its innermost PID counts. */
static void test_pid_1_of_an_outer_namespace(void **state)
{
	const struct machine *m = *state;

	live(m, 1, 0, 1, HOME, "1");
	live(m, 300, 1, 900, BOX, "300\t1\t5");
	live(m, 400, 1, 400, BOX, "400\t11");
	expect(m, BOX, 400, 400, 2);
}

static void test_processes_that_exit(void **state)
{
	const struct machine *m = *state;

	live(m, 1, 0, 1, HOME, "1");
	live(m, 300, 1, 300, BOX, "300\t1");
	live(m, 400, 300, 400, BOX, "400\t2");
	live(m, 500, 300, 350, BOX, "500\t3");
	drop(m, 300, "stat");
	expect(m, BOX, 500, 350, 3);
}

/* A process that is its own parent must not cause an endless loop. */
static void test_circle_of_parents_ends(void **state)
{
	const struct machine *m = *state;

	live(m, 300, 400, 300, BOX, "300");
	live(m, 400, 300, 200, BOX, "400");
	expect(m, BOX, 400, 200, 2);
}

/* The oldest process of each mount namespace other than ours may be the first of a
 * container. */
static void test_oldest_process_of_each_mount_namespace(void **state)
{
	const struct machine *m = *state;
	struct ix_nslist l;
	int32_t *pids;
	size_t n;

	live(m, 1, 0, 1, HOME, "1");
	live(m, 700, 1, 700, BOX, "700\t1");
	live(m, 710, 700, 710, BOX, "710\t2");
	assert_int_equal(ix_discover(m->x, 0, &l), 0);
	pids = ix_nslist_firsts(m->x, &l, &n);
	assert_non_null(pids);
	/* The mount namespace of process 1 does not count as ours, since this /proc has
	 * no "self". */
	assert_int_equal(n, 2);
	assert_int_equal(pids[0] + pids[1], 701);
	free(pids);
	ix_nslist_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_MACHINE(test_first_process_of_a_pid_namespace),
		ON_MACHINE(test_without_a_pid_namespace),
		ON_MACHINE(test_long_pids),
		ON_MACHINE(test_pid_1_of_an_outer_namespace),
		ON_MACHINE(test_processes_that_exit),
		ON_MACHINE(test_circle_of_parents_ends),
		ON_MACHINE(test_oldest_process_of_each_mount_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
