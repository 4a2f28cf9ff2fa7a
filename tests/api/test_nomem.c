/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Out of memory: in calls of all kinds, each allocation of the library is made to fail
 * once. A call that returns -ENOMEM sets an error text. A call that succeeds returns its
 * usual result, or a table that says what is missing. No object is removed or created by
 * a failing call, and no memory leaks (the sanitizer finds leaks when the program ends).
 * The linker redirects the allocations of the library to starving.h, but not those of the
 * C library.
 */
#include "calls.h"
#include "starving.h"

#define LEAST 500 /* allocations in all tests; tests/truth covers the command */

static atomic_long total;

/* ---- each allocation in turn */

static void clear(void)
{
	struct ipcx *x;
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_ALL };
	struct ipcx_table *gone;

	assert_int_equal(ipcx_new(&x), 0);
	(void)ipcx_mech_mask("all", &q.mechs);
	assert_int_equal(ipcx_remove(x, &q, &gone), 0);
	ipcx_table_free(gone);
	ipcx_free(x);
}

static void set_up(void)
{
	static const char *const mechs[] = { "shm", "msg", "sem", "mq", "pshm", "psem" };
	struct ipcx *x;

	clear();
	assert_int_equal(ipcx_new(&x), 0);
	for (size_t i = 0; i < ARRAY_SIZE(mechs); i++)
		for (uint32_t k = 1; k < 3; k++) {
			struct ipcx_attrs a = small(mechs[i], k == 1 ? "/a" : "/b");

			if (i < 3)
				a.set |= IPCX_A_KEY;
			else
				a.set |= IPCX_A_NAME;
			a.key = (uint32_t)(i + 1) * 0x1000 + k;
			if (i == 5) {
				static const uint32_t one = 1;

				a.set |= IPCX_A_INIT;
				a.init = &one;
				a.ninit = 1;
			}
			make(x, &a, NULL);
		}
	ipcx_free(x);
}

static size_t notes(const struct ipcx_table *t)
{
	size_t n = 0;

	while (t && ipcx_table_note(t, n))
		n++;
	return n;
}

struct result {
	int r;
	size_t rows, notes;
	uint64_t n;
	bool complete;
	char error[512];
};

static struct result once(const struct act *a, long at)
{
	struct answer answer = { .t = NULL };
	struct result o = { .r = -ENOMEM, .error = "out of memory" };
	struct ipcx *x = NULL;

	atomic_store(&points, 0);
	atomic_store(&armed, at);
	if (ipcx_new(&x) == 0)
		o.r = a->call(x, &answer);
	atomic_store(&armed, 0);
	o.n = answer.n;
	o.rows = answer.t ? ipcx_table_rows(answer.t) : 0;
	o.notes = notes(answer.t);
	o.complete = !answer.t || ipcx_table_complete(answer.t);
	if (x)
		(void)snprintf(o.error, sizeof(o.error), "%s", ipcx_error(x));
	ipcx_table_free(answer.t);
	ipcx_free(x);
	return o;
}

static void check(const struct act *a, long at, const struct result *usual,
		  const struct result *o, const struct there *before,
		  const struct there *after)
{
	size_t had = objects(before), has = objects(after);
	bool said = o->r < 0 ? o->error[0] != '\0' : o->notes > usual->notes;

	if (o->r < 0 && !o->error[0])
		fail_msg("%s, allocation %ld: %d without a text", a->name, at, o->r);
	if (o->r < 0 && o->r != -ENOMEM)
		fail_msg("%s, allocation %ld: %d: %s", a->name, at, o->r, o->error);
	if (o->r >= 0 && !said && !a->moves &&
	    (o->rows != usual->rows || o->n != usual->n))
		fail_msg("%s, allocation %ld: %zu rows, not %zu, and no word of it",
			 a->name, at, o->rows, usual->rows);
	if (o->r >= 0 && !a->moves && o->rows < usual->rows && o->complete)
		fail_msg("%s, allocation %ld: %zu rows, not %zu, are called complete",
			 a->name, at, o->rows, usual->rows);
	if (o->r >= 0 && !said && has != (size_t)((long)had + a->changes))
		fail_msg("%s, allocation %ld: %zu objects of %zu, and no word of it",
			 a->name, at, has, had);
	if (o->r < 0 && has != had && !a->acts && !strstr(o->error, "stays"))
		fail_msg("%s, allocation %ld: %zu objects of %zu: %s", a->name, at, has,
			 had, o->error);
	/* A call never makes more changes than requested. */
	if (a->changes <= 0 && (has > had || had - has > (size_t)-a->changes))
		fail_msg("%s, allocation %ld: %zu objects of %zu", a->name, at, has, had);
}

static void test_each_allocation_fails_once(void **state)
{
	const struct act *a = *state;
	struct there before, after;
	struct result usual, o;
	long at = 0;

	set_up();
	usual = once(a, -1);
	if (usual.r < 0)
		fail_msg("%s: %s", a->name, usual.error);
	do {
		at++;
		if (a->changes || a->acts || at == 1)
			set_up();
		before = look();
		o = once(a, at);
		after = look();
		check(a, at, &usual, &o, &before, &after);
	} while (atomic_load(&points) >= at);
	atomic_fetch_add(&total, at - 1);
	print_message("# %s: %ld\n", a->name, at - 1);
	clear();
}

static void test_enough_allocations_failed(void **state)
{
	(void)state;
	print_message("# %ld\n", atomic_load(&total));
	assert_true(atomic_load(&total) >= LEAST);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(acts) + 1];

	for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
		tests[i] = (struct CMUnitTest){ acts[i].name,
						test_each_allocation_fails_once, NULL,
						NULL, (void *)(uintptr_t)&acts[i] };
	tests[ARRAY_SIZE(acts)] = (struct CMUnitTest){ "enough of them",
						       test_enough_allocations_failed,
						       NULL, NULL, NULL };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
