/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys and names of a run in a namespace that others use: a range of unused keys, and
 * names with 64 random bits. A semaphore array, the marker, reserves the range. Its first
 * semaphore is 1 while the supervisor lives; SEM_UNDO resets it to 0 however the
 * supervisor ends. So the next run can recognise and remove what a killed run left.
 */
#include <errno.h>

#include "base/older.h"
#include "core/semun.h"
#include "stress/engine/random.h"
#include "stress/run/run.h"

/* Keys begin with 'I' (0x49). The marker's key follows the keys of the slots. */
#define RANGES       64
#define RANGE        (2 * IX_LOG_SLOTS)
#define FIRST_KEY    UINT32_C(0x49000000)
#define MARKER(from) ((key_t)((from) + IX_LOG_SLOTS))

/* The marker's semaphores: 1 while its run lives; WHOLE_VALUE as soon as all the others
 * are set; the run's number in words of 15 bits (the most that SEMVMX allows). */
enum { LIVES, WHOLE, NUMBER, WORDS = 5, SEMS = NUMBER + WORDS };
#define WHOLE_VALUE 0x4958

/* If semmni is lower, create no marker, as the workloads need the arrays. */
#define ARRAYS_LEAST 16

static unsigned short word(uint64_t run, int i)
{
	return (unsigned short)(run >> (15 * i) & 0x7fff);
}

/* ---- objects of others */

static int remove_where(struct ipcx *x, const char *mechs, const char *where,
			uint32_t *removed)
{
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_NUMERIC };
	struct ipcx_expr *e = NULL;
	struct ipcx_table *t = NULL;
	int r = ipcx_expr_parse(x, where, &e, NULL);

	(void)ipcx_mech_mask(mechs, &q.mechs);
	q.where = e;
	if (r == 0)
		r = ipcx_remove(x, &q, &t);
	if (r == 0)
		*removed += (uint32_t)ipcx_table_rows(t);
	ipcx_table_free(t);
	ipcx_expr_free(e);
	return r;
}

/* Return the number of the dead run whose marker is in a range; 0 if there is no marker,
 * if another user created it, or if its run still lives. */
static uint64_t dead_run(uint32_t from, int *ret_id)
{
	unsigned short values[SEMS];
	struct semid_ds ds = { 0 };
	uint64_t run = 0;
	int id = semget(MARKER(from), 0, 0);

	if (id < 0 || semctl(id, 0, IPC_STAT, (union semun){ .buf = &ds }) < 0 ||
	    ds.sem_perm.cuid != geteuid() || ds.sem_nsems != SEMS ||
	    semctl(id, 0, GETALL, (union semun){ .array = values }) < 0 ||
	    values[WHOLE] != WHOLE_VALUE || values[LIVES])
		return 0;
	for (int i = 0; i < WORDS; i++)
		run |= (uint64_t)values[NUMBER + i] << (15 * i);
	*ret_id = id;
	return run;
}

static int sweep_dead(struct ipcx *x, uint32_t from, uint32_t *removed)
{
	char where[120];
	int id = -1, r;
	uint64_t run = dead_run(from, &id);

	if (!run)
		return 0;
	(void)snprintf(where, sizeof(where),
		       "key >= 0x%08x && key < 0x%08x && cuid == %u", from,
		       from + IX_LOG_SLOTS, geteuid());
	r = remove_where(x, "sysv", where, removed);
	(void)snprintf(where, sizeof(where),
		       "name =~ 'ipcx-stress[.]%016llx[.]' && uid == %u",
		       (unsigned long long)run, geteuid());
	if (r == 0)
		r = remove_where(x, "posix", where, removed);
	if (r == 0 && semctl(id, 0, IPC_RMID) == 0)
		++*removed;
	return r;
}

/* Return 1 if an object has a key of this range, 0 if none has, or -errno. */
static int taken(struct ipcx *x, uint32_t from)
{
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_NUMERIC };
	struct ipcx_table *t = NULL;
	struct ipcx_expr *e = NULL;
	char where[80];
	int r;

	(void)snprintf(where, sizeof(where), "key >= 0x%08x && key < 0x%08x", from,
		       from + RANGE);
	r = ipcx_expr_parse(x, where, &e, NULL);
	if (r < 0)
		return r;
	(void)ipcx_mech_mask("sysv", &q.mechs);
	q.where = e;
	r = ipcx_scan(x, &q, &t);
	if (r == 0)
		r = ipcx_table_rows(t) > 0;
	ipcx_table_free(t);
	ipcx_expr_free(e);
	return r;
}

/* ---- the marker */

static bool few_arrays(void)
{
	struct seminfo info = { 0 };

	return semctl(0, 0, IPC_INFO, (union semun){ .info = &info }) < 0 ||
	       info.semmni < ARRAYS_LEAST;
}

/* Create the marker; WHOLE is set last, as this value makes the marker valid. Returns 0,
 * also without a marker; -EEXIST if another run was faster. */
static int make_marker(struct ix_shared *shared, uint32_t from)
{
	struct sembuf live = { .sem_num = LIVES, .sem_op = 1, .sem_flg = SEM_UNDO };
	int id;

	shared->range_lock = -1;
	if (few_arrays())
		return 0;
	id = semget(MARKER(from), SEMS, IPC_CREAT | IPC_EXCL | IX_MODE);
	if (id < 0) /* workloads will fail for the same reason, and report it */
		return errno == EEXIST ? -EEXIST : 0;
	shared->range_lock = id;
	(void)semop(id, &live, 1);
	for (int i = 0; i < WORDS; i++)
		(void)semctl(id, NUMBER + i, SETVAL,
			     (union semun){ .val = word(shared->run, i) });
	(void)semctl(id, WHOLE, SETVAL, (union semun){ .val = WHOLE_VALUE });
	return 0;
}

void ix_key_range_give(struct ix_shared *shared)
{
	if (shared->range_lock >= 0)
		(void)semctl(shared->range_lock, 0, IPC_RMID);
	shared->range_lock = -1;
}

int ix_key_range_take(struct ipcx *x, struct ix_shared *shared)
{
	uint32_t first;
	int r = 0;

	shared->range_lock = -1;
	shared->keys = FIRST_KEY;
	if (ix_random_bytes(&shared->run, sizeof(shared->run)) < 0)
		shared->run = ix_mix(ix_now(), (uint64_t)getpid());
	shared->run |= 1; /* 0 means no run */
	if (shared->fresh)
		return 0;
	for (uint32_t i = 0; r == 0 && i < RANGES; i++)
		r = sweep_dead(x, FIRST_KEY + i * RANGE, &shared->swept);
	first = (uint32_t)(shared->run >> 32) % RANGES;
	for (uint32_t i = 0; r == 0 && i < RANGES; i++) {
		shared->keys = FIRST_KEY + (first + i) % RANGES * RANGE;
		r = taken(x, shared->keys);
		if (r == 0 && make_marker(shared, shared->keys) == 0)
			return 0;
		r = MIN(r, 0);
	}
	return r < 0 ? r
		     : ix_fail_plain(x, -EEXIST,
				     "all key ranges for stress runs are in use");
}
