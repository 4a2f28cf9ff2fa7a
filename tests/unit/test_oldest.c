/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which process of a namespace is the eldest, by a recorded /proc: numbers that were used
 * again, first processes of PID namespaces, processes that are gone meanwhile. */
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

/* A process in an IPC namespace, with its number in each PID namespace. */
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

/* Nobody else is asked: their files are not even there. */
static void first_of_a_pid_namespace(void **state)
{
	const struct machine *m = *state;

	live(m, 1, 0, 1, HOME, "1");
	live(m, 700, 1, 700, BOX, "700\t1");
	live(m, 90, 700, 900, BOX, "90\t7"); /* a number that was used again */
	live(m, 95, 90, 950, BOX, "95\t8");
	live(m, 800, 1, 800, BOX, "800\t2"); /* put there from outside */
	drop(m, 95, "stat");
	drop(m, 800, "stat");
	expect(m, BOX, 700, 700, 4);
	expect(m, HOME, 1, 1, 1);
}

static void no_pid_namespace(void **state)
{
	const struct machine *m = *state;

	live(m, 1, 0, 1, HOME, "1");
	live(m, 300, 1, 900, BOX, "300");
	live(m, 310, 1, 500, BOX, "310");
	live(m, 320, 310, 700, BOX, "320");
	expect(m, BOX, 310, 500, 3);
}

/* Of six digits and of seven (PID_MAX_LIMIT is 4194304). */
static void long_numbers(void **state)
{
	const struct machine *m = *state;

	live(m, 1, 0, 1, HOME, "1");
	live(m, 4194303, 1, 500, BOX, "4194303\t1");
	live(m, 999999, 4194303, 900, BOX, "999999\t7");
	live(m, 100000, 999999, 950, BOX, "100000\t8");
	drop(m, 999999, "status"); /* nobody between has to be asked */
	expect(m, BOX, 4194303, 500, 3);
}

/* Number 1, but of a namespace that begins above: the last number counts. */
static void not_the_first(void **state)
{
	const struct machine *m = *state;

	live(m, 1, 0, 1, HOME, "1");
	live(m, 300, 1, 900, BOX, "300\t1\t5");
	live(m, 400, 1, 400, BOX, "400\t11");
	expect(m, BOX, 400, 400, 2);
}

static void who_has_gone(void **state)
{
	const struct machine *m = *state;

	live(m, 1, 0, 1, HOME, "1");
	live(m, 300, 1, 300, BOX, "300\t1");
	live(m, 400, 300, 400, BOX, "400\t2");
	live(m, 500, 300, 350, BOX, "500\t3");
	drop(m, 300, "stat");
	expect(m, BOX, 500, 350, 3);
}

/* A parent that is its own child would be followed for ever. */
static void a_circle(void **state)
{
	const struct machine *m = *state;

	live(m, 300, 400, 300, BOX, "300");
	live(m, 400, 300, 200, BOX, "400");
	expect(m, BOX, 400, 200, 2);
}

/* Containers begin with the eldest of each mount namespace that is not ours. */
static void firsts(void **state)
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
	/* That of process 1 is not ours either: the test's /proc knows no "self". */
	assert_int_equal(n, 2);
	assert_int_equal(pids[0] + pids[1], 701);
	free(pids);
	ix_nslist_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_MACHINE(first_of_a_pid_namespace),
		ON_MACHINE(no_pid_namespace),
		ON_MACHINE(long_numbers),
		ON_MACHINE(not_the_first),
		ON_MACHINE(who_has_gone),
		ON_MACHINE(a_circle),
		ON_MACHINE(firsts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
