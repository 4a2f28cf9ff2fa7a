/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drivers and the cleanup of the object log, on real objects in fresh namespaces. Each
 * object has the requested properties, can be created exclusively only once, and is found
 * by its key or name. Cleanup removes the objects left by a slot of the log, and no
 * foreign object.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "core/mech.h"
#include "mech/drivers.h"
#include "stress/engine/objectlog.h"
#include "stress/load/room.h"
#include "unit.h"

#define SLOT 7

/* The PID of init, which no test process has. */
#define ANOTHER 1

static struct ix_task task = { .names.keys = 0x5a000000, .objects = 1, .workers = 1 };

/* Return a size that objects of this driver can have: a named semaphore has only one
 * size, an array is given a number of semaphores, the others bytes. */
static size_t size_for(const struct ix_driver *d)
{
	return d == &ix_psem_driver ? sizeof(sem_t) : d == &ix_sem_driver ? 3 : 100;
}

static struct ix_object made(const struct ix_driver *d)
{
	struct ix_object object = { .slot = SLOT, .id = -1, .size = size_for(d) };

	assert_int_equal(d->make(&task.names, &object), 0);
	assert_true(d->is_there(&task.names, &object));
	return object;
}

static void removed(const struct ix_driver *d, struct ix_object *object)
{
	assert_int_equal(d->remove(&task.names, object), 0);
	d->close(object);
	assert_false(d->is_there(&task.names, object));
}

/* Return the first mechanism, from this one on, that can be put under load. */
static unsigned next_driver(unsigned mech)
{
	while (ix_mech(mech) && !ix_mech(mech)->driver)
		mech++;
	return mech;
}

static void test_each_object_has_the_requested_properties(void **state)
{
	(void)state;
	for (unsigned i = next_driver(0); ix_mech(i); i = next_driver(i + 1)) {
		const struct ix_driver *d = ix_mech(i)->driver;
		const char *name = ix_mech(i)->info.name;
		struct ix_object object = made(d), again = { .slot = SLOT, .id = -1 };
		struct ix_seen seen;

		again.size = object.size;
		ROW_TRUE(name, d->make(&task.names, &again) == -EEXIST);
		ROW_TRUE(name, d->stat(&task.names, &object, &seen) == 0);
		ROW_TRUE(name, seen.mode == 0600 && seen.uid == geteuid());
		ROW_TRUE(name, seen.size == size_for(d) && seen.holds == 0);
		ROW_TRUE(name, !d->keyed || seen.key == ix_slot_key(&task.names, SLOT));
		ROW_TRUE(name, d->change(&task.names, &object, 0640) == 0);
		ROW_TRUE(name, d->stat(&task.names, &object, &seen) == 0);
		ROW_TRUE(name, seen.mode == 0640);
		removed(d, &object);
		ROW_TRUE(name, d->open(&task.names, &again) == -ENOENT);
	}
}

static void test_memory_is_shared_by_key_or_name(void **state)
{
	(void)state;
	for (unsigned i = next_driver(0); ix_mech(i); i = next_driver(i + 1)) {
		const struct ix_driver *d = ix_mech(i)->driver;
		const char *name = ix_mech(i)->info.name;
		struct ix_object one = made(d), two = { .slot = SLOT, .id = -1 };

		ROW_TRUE(name, d->open(&task.names, &two) == 0);
		ROW_TRUE(name, !d->keyed || two.id == one.id);
		if (d->mapped) {
			ROW_TRUE(name, two.size == one.size && !one.at);
			ROW_TRUE(name, d->open(&task.names, &one) == 0);
			memcpy(one.at, "here", 5);
			ROW_TRUE(name, one.at != two.at && !strcmp(two.at, "here"));
		}
		d->close(&two);
		removed(d, &one);
	}
}

/* ---- cleanup */

static bool swept(const struct ix_driver *d, uint32_t slot, int id, pid_t maker)
{
	struct ix_object object = { .slot = SLOT };

	assert_int_equal(d->sweep(&task.names, slot, id, maker), 0);
	return !d->is_there(&task.names, &object);
}

static void test_leftovers_of_a_slot_are_removed(void **state)
{
	(void)state;
	for (unsigned i = next_driver(0); ix_mech(i); i = next_driver(i + 1)) {
		const struct ix_driver *d = ix_mech(i)->driver;
		const char *name = ix_mech(i)->info.name;
		struct ix_object object = made(d);
		int id = d->keyed ? object.id : -1;

		ROW_TRUE(name, swept(d, SLOT, id, getpid()));
		ROW_TRUE(name, swept(d, SLOT, id, getpid())); /* nothing left: no error */
		d->close(&object);
		/* as if the creator had been killed before logging the id */
		object = made(d);
		ROW_TRUE(name, swept(d, SLOT, -1, getpid()));
		d->close(&object);
	}
}

static void test_id_reused_by_another_object_is_left(void **state)
{
	(void)state;
	for (unsigned i = next_driver(0); ix_mech(i); i = next_driver(i + 1)) {
		const struct ix_driver *d = ix_mech(i)->driver;
		const char *name = ix_mech(i)->info.name;
		struct ix_object object;

		if (!d->keyed)
			continue;
		object = made(d);
		ROW_TRUE(name, !swept(d, SLOT + 1, object.id, getpid()));
		removed(d, &object);
	}
}

/* The log entry has no id, and another process created, used or changed the object. */
static void test_foreign_object_is_left(void **state)
{
	struct ix_object shm = made(&ix_shm_driver), msg = made(&ix_msg_driver);
	struct ix_object sem = made(&ix_sem_driver);
	struct sembuf op = { .sem_op = 1 };
	long text[2] = { 1 };

	(void)state;
	assert_false(swept(&ix_shm_driver, SLOT, -1, ANOTHER));
	assert_int_equal(msgsnd(msg.id, text, 1, 0), 0);
	assert_false(swept(&ix_msg_driver, SLOT, -1, getpid()));
	assert_int_equal(semop(sem.id, &op, 1), 0);
	assert_false(swept(&ix_sem_driver, SLOT, -1, getpid()));
	assert_int_equal(ix_shm_driver.change(&task.names, &shm, 0666), 0);
	assert_false(swept(&ix_shm_driver, SLOT, -1, getpid()));
	removed(&ix_shm_driver, &shm);
	removed(&ix_msg_driver, &msg);
	removed(&ix_sem_driver, &sem);
}

static void test_name_of_a_foreign_object_is_left(void **state)
{
	static const struct {
		const struct ix_driver *driver;
		const char *before;
	} rows[] = { { &ix_pshm_driver, "" }, { &ix_psem_driver, "sem." } };
	char path[IX_NAME + 16], name[IX_NAME];
	struct ix_object mq;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		(void)snprintf(path, sizeof(path), "/dev/shm/%s%s", rows[i].before,
			       ix_slot_name(&task.names, SLOT, name) + 1);
		assert_int_equal(symlink("/dev/null", path), 0);
		ROW_TRUE(rows[i].before, !swept(rows[i].driver, SLOT, -1, getpid()));
		assert_int_equal(unlink(path), 0);
		assert_int_equal(mkdir(path, 0700), 0);
		ROW_TRUE(rows[i].before, !swept(rows[i].driver, SLOT, -1, getpid()));
		assert_int_equal(rmdir(path), 0);
	}
	mq = made(&ix_mq_driver);
	if (fchown(mq.id, 1, (gid_t)-1) == 0) /* only if another uid exists here */
		assert_false(swept(&ix_mq_driver, SLOT, -1, getpid()));
	removed(&ix_mq_driver, &mq);
}

/* If a process is killed right after it created an object, the object is nevertheless
 * found through the log. */
static void test_cleanup_after_a_killed_worker(void **state)
{
	(void)state;
	for (int fresh = 0; fresh < 2; fresh++)
		for (unsigned i = next_driver(0); ix_mech(i); i = next_driver(i + 1)) {
			const struct ix_driver *d = ix_mech(i)->driver;
			const char *name = ix_mech(i)->info.name;
			struct ix_object object = { .slot = SLOT, .id = -1 };
			pid_t pid;

			task.names.fresh = fresh;
			pid = fork();
			if (pid == 0) {
				(void)ix_make(&task, d, &object);
				_exit(0);
			}
			assert_int_equal(waitpid(pid, NULL, 0), pid);
			ROW_TRUE(name, d->is_there(&task.names, &object));
			ROW_TRUE(name, ix_log_count(&task) == 1);
			ROW_TRUE(name, ix_cleanup(&task) == 0);
			ROW_TRUE(name, !d->is_there(&task.names, &object));
			ROW_TRUE(name, ix_log_count(&task) == 0);
		}
	task.names.fresh = false;
}

/* Probing for room leaves no object. */
static void test_probe_leaves_no_object(void **state)
{
	int r = 1;

	(void)state;
	for (unsigned i = next_driver(0); ix_mech(i); i = next_driver(i + 1)) {
		const struct ix_driver *d = ix_mech(i)->driver;
		const char *name = ix_mech(i)->info.name;

		ROW_TRUE(name, ix_room(&task, d, size_for(d), 5, &r) == 5);
		ROW_TRUE(name, ix_log_count(&task) == 0);
	}
	assert_int_equal(ix_largest(&task, &ix_sem_driver, 8, &r), 8);
	assert_true(ix_largest(&task, &ix_mq_driver, 1U << 30, &r) < 1U << 30);
	assert_int_equal(r, -EINVAL);
	assert_int_equal(ix_log_count(&task), 0);
}

/* An emulator may translate the structures of the kernel wrongly: qemu-user 7.2 has only
 * 16 bits for the mode, at its wrong end on s390x, and leaves the upper half of a time as
 * it was where long has 32 bits. Returns NULL if it does not. */
static const char *what_is_wrong(void)
{
	int shmid = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	int msqid = msgget(IPC_PRIVATE, 0600);
	struct shmid_ds shm;
	struct msqid_ds msg;
	const char *wrong = NULL;

	memset(&msg, 0xff, sizeof(msg));
	if (msgctl(msqid, IPC_STAT, &msg) < 0 || msg.msg_stime != 0)
		wrong = "the emulator does not tell the time of a message";
	if (shmctl(shmid, IPC_STAT, &shm) < 0 || (shm.shm_perm.mode & 0777) != 0600)
		wrong = "the emulator does not tell the mode of a segment";
	(void)shmctl(shmid, IPC_RMID, NULL);
	(void)msgctl(msqid, IPC_RMID, NULL);
	return wrong;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_object_has_the_requested_properties),
		cmocka_unit_test(test_memory_is_shared_by_key_or_name),
		cmocka_unit_test(test_leftovers_of_a_slot_are_removed),
		cmocka_unit_test(test_id_reused_by_another_object_is_left),
		cmocka_unit_test(test_foreign_object_is_left),
		cmocka_unit_test(test_name_of_a_foreign_object_is_left),
		cmocka_unit_test(test_cleanup_after_a_killed_worker),
		cmocka_unit_test(test_probe_leaves_no_object),
	};
	const char *wrong = what_is_wrong();
	int r;

	if (wrong) {
		(void)printf("1..0 # SKIP %s\n", wrong);
		return 0;
	}
	(void)umask(077);
	task.names.run = getpid();
	task.shared = ix_shared_new(1);
	if (!task.shared)
		return 77;
	r = cmocka_run_group_tests_name("drivers", tests, NULL, NULL);
	ix_shared_free(task.shared);
	return r;
}
