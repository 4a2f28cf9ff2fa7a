/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gears and what the ledger sweeps: on real objects, so it runs in namespaces of its own.
 * Each is what it was asked to be, can be had once only, and is found by its key or name;
 * a sweep takes what a slot has left, and nothing of others.
 */
#include "stress/gears.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "stress/room.h"
#include "unit.h"

#define SLOT 7

/* Nobody has this number while init lives. */
#define ANOTHER 1

static struct ix_task task = { .keys = 0x5a000000, .objects = 1, .workers = 1 };

/* Bytes where that is what a size means; a named semaphore has only one. */
static size_t size_for(const struct ix_gear *g)
{
	return g == &ix_gear_psem ? sizeof(sem_t) : g == &ix_gear_sem ? 3 : 100;
}

static struct ix_thing made(const struct ix_gear *g)
{
	struct ix_thing thing = { .slot = SLOT, .id = -1, .size = size_for(g) };

	assert_int_equal(g->make(&task, &thing), 0);
	assert_true(g->is_there(&task, &thing));
	return thing;
}

static void removed(const struct ix_gear *g, struct ix_thing *thing)
{
	assert_int_equal(g->remove(&task, thing), 0);
	g->close(thing);
	assert_false(g->is_there(&task, thing));
}

static void test_each_is_what_was_asked_for(void **state)
{
	(void)state;
	for (unsigned i = 0; ix_gears[i]; i++) {
		const struct ix_gear *g = ix_gears[i];
		struct ix_thing thing = made(g), again = { .slot = SLOT, .id = -1 };
		struct ix_seen seen;

		ROW_TRUE(g->mech, ix_gear_of(g->mech) == g);
		again.size = thing.size;
		ROW_TRUE(g->mech, g->make(&task, &again) == -EEXIST);
		ROW_TRUE(g->mech, g->stat(&task, &thing, &seen) == 0);
		ROW_TRUE(g->mech, seen.mode == 0600 && seen.uid == geteuid());
		ROW_TRUE(g->mech, seen.size == size_for(g) && seen.holds == 0);
		ROW_TRUE(g->mech, !g->keyed || seen.key == ix_slot_key(&task, SLOT));
		ROW_TRUE(g->mech, g->change(&task, &thing, 0640) == 0);
		ROW_TRUE(g->mech, g->stat(&task, &thing, &seen) == 0);
		ROW_TRUE(g->mech, seen.mode == 0640);
		removed(g, &thing);
		ROW_TRUE(g->mech, g->open(&task, &again) == -ENOENT);
	}
}

static void test_memory_is_shared_by_key_or_name(void **state)
{
	(void)state;
	for (unsigned i = 0; ix_gears[i]; i++) {
		const struct ix_gear *g = ix_gears[i];
		struct ix_thing one = made(g), two = { .slot = SLOT, .id = -1 };

		ROW_TRUE(g->mech, g->open(&task, &two) == 0);
		ROW_TRUE(g->mech, !g->keyed || two.id == one.id);
		if (g->mapped) {
			ROW_TRUE(g->mech, two.size == one.size && !one.at);
			ROW_TRUE(g->mech, g->open(&task, &one) == 0);
			memcpy(one.at, "here", 5);
			ROW_TRUE(g->mech, one.at != two.at && !strcmp(two.at, "here"));
		}
		g->close(&two);
		removed(g, &one);
	}
}

/* ---- sweeping */

static bool swept(const struct ix_gear *g, uint32_t slot, int id, pid_t maker)
{
	struct ix_thing thing = { .slot = SLOT };

	assert_int_equal(g->sweep(&task, slot, id, maker), 0);
	return !g->is_there(&task, &thing);
}

static void test_what_a_slot_has_left_is_swept(void **state)
{
	(void)state;
	for (unsigned i = 0; ix_gears[i]; i++) {
		const struct ix_gear *g = ix_gears[i];
		struct ix_thing thing = made(g);
		int id = g->keyed ? thing.id : -1;

		ROW_TRUE(g->mech, swept(g, SLOT, id, getpid()));
		ROW_TRUE(g->mech, swept(g, SLOT, id, getpid())); /* nothing: no error */
		g->close(&thing);
		thing = made(g); /* its maker was ended before it said so */
		ROW_TRUE(g->mech, swept(g, SLOT, -1, getpid()));
		g->close(&thing);
	}
}

static void test_an_id_that_is_another_object_is_left(void **state)
{
	(void)state;
	for (unsigned i = 0; ix_gears[i]; i++) {
		const struct ix_gear *g = ix_gears[i];
		struct ix_thing thing;

		if (!g->keyed)
			continue;
		thing = made(g);
		ROW_TRUE(g->mech, !swept(g, SLOT + 1, thing.id, getpid()));
		removed(g, &thing);
	}
}

/* Without an id: somebody else made it, has used it, or has changed it. */
static void test_what_is_not_ours_is_left(void **state)
{
	struct ix_thing shm = made(&ix_gear_shm), msg = made(&ix_gear_msg);
	struct ix_thing sem = made(&ix_gear_sem);
	struct sembuf op = { .sem_op = 1 };
	long text[2] = { 1 };

	(void)state;
	assert_false(swept(&ix_gear_shm, SLOT, -1, ANOTHER));
	assert_int_equal(msgsnd(msg.id, text, 1, 0), 0);
	assert_false(swept(&ix_gear_msg, SLOT, -1, getpid()));
	assert_int_equal(semop(sem.id, &op, 1), 0);
	assert_false(swept(&ix_gear_sem, SLOT, -1, getpid()));
	assert_int_equal(ix_gear_shm.change(&task, &shm, 0666), 0);
	assert_false(swept(&ix_gear_shm, SLOT, -1, getpid()));
	removed(&ix_gear_shm, &shm);
	removed(&ix_gear_msg, &msg);
	removed(&ix_gear_sem, &sem);
}

static void test_a_name_that_is_no_object_of_ours_is_left(void **state)
{
	static const struct {
		const struct ix_gear *gear;
		const char *before;
	} rows[] = { { &ix_gear_pshm, "" }, { &ix_gear_psem, "sem." } };
	char path[IX_NAME + 16], name[IX_NAME];
	struct ix_thing mq;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		(void)snprintf(path, sizeof(path), "/dev/shm/%s%s", rows[i].before,
			       ix_slot_name(&task, SLOT, name) + 1);
		assert_int_equal(symlink("/dev/null", path), 0);
		ROW_TRUE(rows[i].gear->mech, !swept(rows[i].gear, SLOT, -1, getpid()));
		assert_int_equal(unlink(path), 0);
		assert_int_equal(mkdir(path, 0700), 0);
		ROW_TRUE(rows[i].gear->mech, !swept(rows[i].gear, SLOT, -1, getpid()));
		assert_int_equal(rmdir(path), 0);
	}
	mq = made(&ix_gear_mq);
	if (fchown(mq.id, 1, (gid_t)-1) == 0) /* where there is another user */
		assert_false(swept(&ix_gear_mq, SLOT, -1, getpid()));
	removed(&ix_gear_mq, &mq);
}

/* A process that is killed right after making: the ledger has it. */
static void test_the_ledger_sweeps_after_a_kill(void **state)
{
	(void)state;
	for (int fresh = 0; fresh < 2; fresh++)
		for (unsigned i = 0; ix_gears[i]; i++) {
			const struct ix_gear *g = ix_gears[i];
			struct ix_thing thing = { .slot = SLOT, .id = -1 };
			pid_t pid;

			task.fresh = fresh;
			pid = fork();
			if (pid == 0) {
				(void)ix_make(&task, g, &thing);
				_exit(0);
			}
			assert_int_equal(waitpid(pid, NULL, 0), pid);
			ROW_TRUE(g->mech, g->is_there(&task, &thing));
			ROW_TRUE(g->mech, ix_ledger_open(&task) == 1);
			ROW_TRUE(g->mech, ix_sweep(&task) == 0);
			ROW_TRUE(g->mech, !g->is_there(&task, &thing));
			ROW_TRUE(g->mech, ix_ledger_open(&task) == 0);
		}
	task.fresh = false;
}

/* What is tried out beforehand leaves nothing. */
static void test_room_is_given_back(void **state)
{
	int r = 1;

	(void)state;
	for (unsigned i = 0; ix_gears[i]; i++) {
		const struct ix_gear *g = ix_gears[i];

		ROW_TRUE(g->mech, ix_room(&task, g, size_for(g), 5, &r) == 5);
		ROW_TRUE(g->mech, ix_ledger_open(&task) == 0);
	}
	assert_int_equal(ix_largest(&task, &ix_gear_sem, 8, &r), 8);
	assert_true(ix_largest(&task, &ix_gear_mq, 1U << 30, &r) < 1U << 30);
	assert_int_equal(r, -EINVAL);
	assert_int_equal(ix_ledger_open(&task), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_is_what_was_asked_for),
		cmocka_unit_test(test_memory_is_shared_by_key_or_name),
		cmocka_unit_test(test_what_a_slot_has_left_is_swept),
		cmocka_unit_test(test_an_id_that_is_another_object_is_left),
		cmocka_unit_test(test_what_is_not_ours_is_left),
		cmocka_unit_test(test_a_name_that_is_no_object_of_ours_is_left),
		cmocka_unit_test(test_the_ledger_sweeps_after_a_kill),
		cmocka_unit_test(test_room_is_given_back),
	};
	int r;

	(void)umask(077);
	task.run = getpid();
	task.arena = ix_arena_new(1);
	if (!task.arena)
		return 77;
	r = cmocka_run_group_tests_name("gears", tests, NULL, NULL);
	ix_arena_free(task.arena);
	return r;
}
