/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System V semaphore arrays: semget(2), semctl(2), /proc/sysvipc/sem. */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "core/limit.h"
#include "core/numbered.h"
#include "core/semun.h"
#include "mech/causes.h"
#include "mech/charges.h"
#include "mech/drivers.h"
#include "mech/kconfigs.h"
#include "mech/semaphores.h"
#include "mech/semsums.h"
#include "mech/sysvtext.h"
#include "who/waits.h"

struct sem_row {
	struct ix_sysv_row base;
	uint64_t nsems;
	int64_t otime;
	uint32_t semncnt, semzcnt; /* over all semaphores */
	int32_t lpid;
	uint8_t lpid_alive, use;
};

_Static_assert(sizeof(struct sem_row) <= 128, "rows stay compact");

/* If one of the two could not be read, this column is marked as unknown. */
static void derive_waiters(const struct ipcx_table *t, const struct ix_section *s,
			   const void *row, struct ipcx_value *v)
{
	const struct sem_row *array = row;

	(void)t;
	(void)s;
	v->type = IPCX_TYPE_UINT;
	v->as.u = (uint64_t)array->semncnt + array->semzcnt;
}

/* clang-format off */
static const struct ix_kind sem_kind = {
	.name = "objects",
	.row_size = sizeof(struct sem_row),
	IX_COLUMNS(
		IX_SYSV_COLUMNS(struct sem_row),
		IX_COL(IPCX_F_NSEMS, struct sem_row, nsems),
		IX_COL_ZERO(IPCX_F_OTIME, struct sem_row, otime),
		IX_DERIVED_WORDS(IPCX_F_IDLE, IX_WORD_OF(struct sem_row, base.ctime) |
						 IX_WORD_OF(struct sem_row, otime), ix_derive_idle),
		IX_COL_COSTLY(IPCX_F_SEMNCNT, struct sem_row, semncnt),
		IX_COL_COSTLY(IPCX_F_SEMZCNT, struct sem_row, semzcnt),
		{ .field = IPCX_F_WAITERS, .derive = derive_waiters, .costly = true,
		  .words = IX_WORD_OF(struct sem_row, semncnt) | IX_WORD_OF(struct sem_row, semzcnt) },
		IX_COL_COSTLY_ZERO(IPCX_F_LPID, struct sem_row, lpid),
		IX_DERIVED_FROM(IPCX_F_LPID_ALIVE, struct sem_row, lpid_alive, ix_derive_lpid_alive),
		IX_NO_USERS_COLUMNS(struct sem_row)
	),
};

static const struct ix_sysv_word words[] = {
	IX_SYSV_WORDS(struct sem_row),
	IX_WORD("semid", IPCX_F_ID,    struct sem_row, base.id),
	IX_WORD("nsems", IPCX_F_NSEMS, struct sem_row, nsems),
	IX_WORD("otime", IPCX_F_OTIME, struct sem_row, otime),
	{ .heading = "" },
};
/* clang-format on */

static int sem_highest(void)
{
	struct seminfo info;
	int r = semctl(0, 0, IPC_INFO, (union semun){ .info = &info });

	return r < 0 ? -errno : r;
}

static int sem_used(void)
{
	struct seminfo info = { 0 };

	return semctl(0, 0, SEM_INFO, (union semun){ .info = &info }) < 0 ? -errno
									  : info.semusz;
}

static int sem_stat_by(int which, int how, void *data)
{
	struct sem_row *row = data;
	struct semid_ds ds = { 0 };
	int id = semctl(which, 0, how, (union semun){ .buf = &ds });

	if (id < 0)
		return -errno;
	if (how == IPC_STAT)
		id = which;
	ix_sysv_perm(&row->base, id, &ds.sem_perm);
	row->base.ctime = ds.sem_ctime;
	row->nsems = ds.sem_nsems;
	row->otime = ds.sem_otime;
	return id;
}

static int sem_stat_slot(int index, void *row)
{
	return sem_stat_by(index, SEM_STAT_ANY, row);
}

static int sem_stat_slot_own(int index, void *row)
{
	return sem_stat_by(index, SEM_STAT, row);
}

static int sem_stat_id(int id, void *row)
{
	return sem_stat_by(id, IPC_STAT, row);
}

static int sem_array_get(uint32_t key, const struct ipcx_attrs *a, int flags)
{
	int id = semget((key_t)key, a ? (int)MIN(a->nsems, (uint64_t)INT_MAX) : 0, flags);

	return id < 0 ? -errno : id;
}

static int sem_rmid(int id)
{
	return semctl(id, 0, IPC_RMID) < 0 ? -errno : 0;
}

static int sem_array_set(const void *data, const struct ipcx_attrs *a)
{
	const struct sem_row *row = data;
	struct semid_ds ds = { 0 };

	ix_sysv_perm_set(&ds.sem_perm, &row->base, a);
	return semctl(row->base.id, 0, IPC_SET, (union semun){ .buf = &ds }) < 0 ? -errno
										 : 0;
}

/* clang-format off */
static const struct ix_sysv sysv = {
	.name = "sem", .kind = &sem_kind, .words = words,
	.highest = sem_highest, .used = sem_used,
	.stat_slot = sem_stat_slot, .stat_slot_own = sem_stat_slot_own, .stat_id = sem_stat_id,
	.get = sem_array_get, .rmid = sem_rmid, .set = sem_array_set,
};
/* clang-format on */

static int sem_scan(struct ix_scan *s)
{
	return ix_sysv_scan(s, &sysv);
}

static int sem_find(struct ix_scan *s, const struct ipcx_ref *ref)
{
	return ix_sysv_find(s, &sysv, ref);
}

/* Fill the columns that take a call for each semaphore. */
static int costly(struct ix_scan *s, void *data)
{
	struct sem_row *row = data;
	struct ix_semsums sums;
	int r = ix_sem_sums(s, row->base.id, row->nsems, row, &sums);

	if (r < 0)
		return r;
	row->semncnt = sums.semncnt;
	row->semzcnt = sums.semzcnt;
	row->lpid = sums.lpid;
	return 0;
}

/* Set the initial values: one for each semaphore, or one for all. */
static int init_values(struct ipcx *x, const struct ipcx_attrs *a, int id)
{
	auto_free unsigned short *values = calloc(a->nsems, sizeof(*values));

	if (!values)
		return -ENOMEM;
	for (uint64_t i = 0; i < a->nsems; i++)
		values[i] = (unsigned short)a->init[a->ninit == 1 ? 0 : i];
	if (semctl(id, 0, SETALL, (union semun){ .array = values }) < 0)
		return ix_fail(x, -errno, "sem:%d: cannot set the initial values", id);
	return 0;
}

static int sem_may_use(struct ipcx *x, const struct ipcx_attrs *a,
		       const struct ipcx_ref *ref)
{
	(void)x;
	return ix_sysv_may_use(&sysv, a, ref);
}

static int sem_create(struct ipcx *x, const struct ipcx_attrs *a,
		      struct ipcx_ref *ret_ref)
{
	struct ipcx_attrs first = *a;
	int r;

	if (!(a->set & IPCX_A_INIT))
		return ix_sysv_create(x, &sysv, a, ret_ref);
	if (a->ninit != 1 && a->ninit != a->nsems)
		return ix_fail_plain(
			x, -EINVAL,
			"sem: %zu initial values for %llu semaphores: give one for each, or a single one for all",
			a->ninit, (unsigned long long)a->nsems);
	for (size_t i = 0; i < a->ninit; i++)
		if (a->init[i] > IX_SEMVMX)
			return ix_fail_plain(
				x, -EINVAL,
				"sem: %u is not an initial value: a semaphore of an array holds 0 to %d (SEMVMX)",
				a->init[i], IX_SEMVMX);
	/* SETALL needs write permission, which we may not have under the requested mode
	 * or owner: set mode and owner last. */
	first.mode = 0600;
	first.set = (a->set | IPCX_A_MODE) & ~(IPCX_A_UID | IPCX_A_GID);
	r = ix_sysv_create(x, &sysv, &first, ret_ref);
	if (r < 0)
		return r;
	r = init_values(x, a, ret_ref->id);
	if (r == 0) {
		struct sem_row row = { 0 };

		r = sem_stat_id(ret_ref->id, &row);
		if (r >= 0 && !(a->set & IPCX_A_MODE))
			row.base.mode = 0600;
		if (r >= 0 && (r = sem_array_set(&row, a)) < 0)
			r = ix_fail(x, r,
				    "sem:%d: cannot set owner and mode of the new array",
				    ret_ref->id);
	}
	if (r < 0)
		(void)sem_rmid(ret_ref->id);
	return MIN(r, 0);
}

static int sem_remove_row(struct ix_scan *s, const void *data)
{
	(void)s;
	return sem_rmid(((const struct ix_sysv_row *)data)->id);
}

static int sem_change(struct ix_scan *s, const void *data, const struct ipcx_attrs *a)
{
	(void)s;
	return sem_array_set(data, a);
}

struct semaphore_row {
	struct ix_row row;
	uint64_t semnum, value, semncnt, semzcnt;
	int32_t sempid;
};

/* clang-format off */
static const struct ix_kind semaphore_kind = {
	.name = "semaphores",
	.row_size = sizeof(struct semaphore_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_SEMNUM,  struct semaphore_row, semnum),
		IX_COL(IPCX_F_VALUE,   struct semaphore_row, value),
		IX_COL_ZERO(IPCX_F_SEMPID,  struct semaphore_row, sempid),
		IX_COL(IPCX_F_SEMNCNT, struct semaphore_row, semncnt),
		IX_COL(IPCX_F_SEMZCNT, struct semaphore_row, semzcnt)
	),
};
/* clang-format on */

/* Call semctl(2) for one semaphore. Returns the call's result or -errno. */
static int sem_ask(int id, uint64_t n, int what)
{
	int r = semctl(id, (int)n, what);

	return r < 0 ? -errno : r;
}

/* used: semop(2) was called on the array (sem_otime is set). */
static int semaphore(struct ipcx *x, struct ipcx_table *t, int id, uint64_t n,
		     unsigned short value, bool used)
{
	struct semaphore_row *row = ix_table_row(t);
	int pid, ncnt, zcnt, lowest;

	if (!row)
		return -ENOMEM;
	pid = sem_ask(id, n, GETPID);
	ncnt = sem_ask(id, n, GETNCNT);
	zcnt = sem_ask(id, n, GETZCNT);
	if (pid == -EIDRM || pid == -EINVAL)
		return -EIDRM;
	row->semnum = n;
	row->value = value;
	if (pid < 0)
		ix_unknown(t, row, IPCX_F_SEMPID);
	lowest = MIN(pid, ncnt);
	lowest = MIN(lowest, zcnt);
	if (lowest < 0)
		ix_table_once(t, lowest, "some semaphores could not be read completely");
	if (pid == 0 && (used || value) && !ix_numbers_all(x)) {
		ix_unknown(t, row, IPCX_F_SEMPID);
		ix_table_reason(t, IX_NO_NUMBER);
	}
	row->sempid = MAX(pid, 0);
	row->semncnt = (uint64_t)MAX(ncnt, 0);
	row->semzcnt = (uint64_t)MAX(zcnt, 0);
	if (ncnt < 0)
		ix_unknown(t, row, IPCX_F_SEMNCNT);
	if (zcnt < 0)
		ix_unknown(t, row, IPCX_F_SEMZCNT);
	ix_table_keep(t);
	return 0;
}

static int sem_contents(struct ipcx *x, const struct ipcx_ref *ref, struct ipcx_table *t)
{
	int id = ix_sysv_id(&sysv, ref), r;
	auto_free unsigned short *values = NULL;
	struct sem_row array = { .nsems = 0 };
	char name[IPCX_REF_MAX];

	(void)ipcx_ref_format(ref, name, sizeof(name));
	if (id == -ENOENT)
		return ix_fail_plain(x, -ENOENT, "%s: no such array", name);
	if (id < 0)
		return ix_fail(x, id, "%s", name);
	r = sem_stat_id(id, &array);
	if (r == -EACCES)
		return ix_fail_plain(
			x, r,
			"sem:%d: its semaphores may not be looked at: needs read permission",
			id);
	if (r == -EINVAL || r == -EIDRM)
		return ix_fail_plain(x, -ENOENT, "sem:%d: no such array", id);
	if (r < 0)
		return ix_fail(x, r, "sem:%d: cannot look at its semaphores", id);
	r = ix_table_section(t, &semaphore_kind, IPCX_NO_MECH);
	if (r < 0)
		return r;
	values = calloc(array.nsems, sizeof(*values));
	if (!values)
		return -ENOMEM;
	if (semctl(id, 0, GETALL, (union semun){ .array = values }) < 0)
		return ix_fail(x, errno == EINVAL ? -EIDRM : -errno,
			       "sem:%d: cannot read its values", id);
	for (uint64_t n = 0; n < array.nsems; n++) {
		r = semaphore(x, t, id, n, values[n], array.otime != 0);
		if (r < 0)
			return ix_fail(x, r, "sem:%d", id);
	}
	return 0;
}

/* ---- totals */

struct sem_totals {
	struct ix_row head;
	uint64_t objects, nsems;
};

/* clang-format off */
static const struct ix_kind totals_kind = {
	.name = "totals",
	.row_size = sizeof(struct sem_totals),
	IX_COLUMNS(
		IX_TOTALS_COLUMNS(struct sem_totals),
		IX_COL(IPCX_F_NSEMS, struct sem_totals, nsems)
	),
};
/* clang-format on */

/* Add up the lines of /proc/sysvipc/sem. */
static int sem_add_up(struct ipcx *x, struct sem_totals *row, int error)
{
	struct ix_sysv_lines l auto_sysv_lines = { .n = 0 };

	if (ix_sysv_lines(x, &sysv, &l) < 0 || !l.whole)
		return error;
	row->objects = l.n;
	for (size_t i = 0; i < l.n; i++)
		row->nsems += ((const struct sem_row *)ix_sysv_line(&l, i))->nsems;
	return 0;
}

/* SEM_INFO stores counters in the members in which IPC_INFO stores limits (semctl(2)). */
static int sem_ask_totals(struct ipcx *x, struct ipcx_table *t, void *data)
{
	struct sem_totals *row = data;
	struct seminfo info = { 0 };

	if (semctl(0, 0, SEM_INFO, (union semun){ .info = &info }) < 0)
		return sem_add_up(x, row, -errno);
	ix_total(t, row, IPCX_F_OBJECTS, &row->objects, info.semusz);
	ix_total(t, row, IPCX_F_NSEMS, &row->nsems, info.semaem);
	return 0;
}

static const struct ix_totals totals = { .kind = &totals_kind, .ask = sem_ask_totals };

/* clang-format off */
static const enum ipcx_field shown[] = {
	IPCX_F_ID, IPCX_F_KEY, IPCX_F_OWNER, IPCX_F_MODE, IPCX_F_NSEMS, IPCX_F_OTIME, IPCX_F_AGE,
};

static const struct ix_traces traces = { .none = "processes do not attach to a semaphore array", .waits = 1U << IX_WAIT_SEM };

static const struct ix_sign signs[] = {
	{ IPCX_F_SEMNCNT,    IPCX_USE_ATTACHED, "waited on" },
	{ IPCX_F_SEMZCNT,    IPCX_USE_ATTACHED, "waited on" },
	{ IPCX_F_LPID_ALIVE, IPCX_USE_ATTACHED, "its last operator still runs" },
	{ IPCX_NO_FIELD,     IPCX_USE_UNKNOWN,  "use between calls is not recorded" },
};

extern const struct ix_mech ix_mech_sem;
const struct ix_mech ix_mech_sem = {
	.info = {
		.name = "sem", .label = "System V semaphore arrays", .object = "semaphore array", .group = "sysv",
		.create = IPCX_A_KEY | IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID | IPCX_A_NSEMS | IPCX_A_INIT |
			  IPCX_A_ID | IPCX_A_COUNT | IPCX_A_IF_MISSING,
		.require = IPCX_A_NSEMS,
		.change = IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID,
		.need = "[COUNTx]NSEMS",
		.shown = shown, .nshown = ARRAY_SIZE(shown),
	},
	.traces = &traces, .signs = signs,
	.unrecorded = "whether an array that nobody waits on is in use is unknown: who will operate on it is not recorded",
	.kind = &sem_kind, .kconfig = &ix_kconfig_sysv,
	.charges = ix_sem_charges, .request = ix_sem_wish,
	.scan = sem_scan, .find = sem_find, .costly = costly, .contents = sem_contents, .parts = ix_sem_parts, .create = sem_create, .may_use = sem_may_use, .remove = sem_remove_row, .change = sem_change, .may = ix_sysv_may,
	.totals = &totals,
	.sem = &ix_sem_sem,
	.driver = &ix_sem_driver,
	.causes = ix_sem_causes,
};
/* clang-format on */
