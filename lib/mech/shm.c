/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System V shared memory: shmget(2), shmctl(2), /proc/sysvipc/shm. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/shm.h>

#include "base/file.h"
#include "base/num.h"
#include "core/limit.h"
#include "mech/causes.h"
#include "mech/drivers.h"
#include "mech/kconfigs.h"
#include "mech/shmmake.h"
#include "mech/shmmem.h"
#include "mech/shmtotals.h"
#include "mech/sysv.h"
#include "who/uses.h"
#include "who/waits.h"

/* Bits of shm_perm.mode besides the permissions (ipc/shm.c). */
#define MODE_DEST   01000U
#define MODE_LOCKED IX_SHM_LOCKED

/* The encoding of huge page sizes in flags (mmap(2), MAP_HUGE_SHIFT). */
#define HUGE_SHIFT 26

struct shm_row {
	struct ix_sysv_row base;
	uint64_t size, rss, swap, nattch;
	int64_t atime, dtime;
	int32_t cpid, lpid;
	ix_text command;
	uint32_t waiters;
	uint8_t cpid_alive, lpid_alive, use;
	uint8_t huge; /* binary logarithm of the size of its huge pages, or 0 */
};

_Static_assert(sizeof(struct shm_row) <= 128, "rows stay compact");

static void derive_status(const struct ipcx_table *t, const struct ix_section *s,
			  const void *row, struct ipcx_value *v)
{
	static const char *const words[] = { NULL, "dest", "locked", "dest,locked" };
	uint32_t mode = ((const struct ix_sysv_row *)row)->mode;

	(void)t;
	(void)s;
	v->as.private_s = words[!!(mode & MODE_DEST) + 2 * !!(mode & MODE_LOCKED)];
	if (v->as.private_s)
		v->type = IPCX_TYPE_STRING;
}

static void derive_dest(const struct ipcx_table *t, const struct ix_section *s,
			const void *row, struct ipcx_value *v)
{
	(void)t;
	(void)s;
	v->type = IPCX_TYPE_BOOL;
	v->as.u = !!(((const struct ix_sysv_row *)row)->mode & MODE_DEST);
}

static void derive_locked(const struct ipcx_table *t, const struct ix_section *s,
			  const void *row, struct ipcx_value *v)
{
	(void)t;
	(void)s;
	v->type = IPCX_TYPE_BOOL;
	v->as.u = !!(((const struct ix_sysv_row *)row)->mode & MODE_LOCKED);
}

/* clang-format off */
static const struct ix_kind shm_kind = {
	.name = "objects",
	.row_size = sizeof(struct shm_row),
	IX_COLUMNS(
		IX_SYSV_COLUMNS(struct shm_row),
		IX_COL(IPCX_F_SIZE,          struct shm_row, size),
		IX_COL(IPCX_F_RSS,           struct shm_row, rss),
		IX_COL(IPCX_F_SWAP,          struct shm_row, swap),
		IX_COL(IPCX_F_NATTCH,        struct shm_row, nattch),
		IX_DERIVED_FROM(IPCX_F_STATUS,        struct shm_row, base.mode, derive_status),
		IX_DERIVED_FROM(IPCX_F_DEST,          struct shm_row, base.mode, derive_dest),
		IX_DERIVED_FROM(IPCX_F_LOCKED,        struct shm_row, base.mode, derive_locked),
		IX_COL_ZERO(IPCX_F_CPID,          struct shm_row, cpid),
		IX_COL_ZERO(IPCX_F_LPID,          struct shm_row, lpid),
		IX_COL(IPCX_F_COMMAND,       struct shm_row, command),
		IX_DERIVED_FROM(IPCX_F_CREATOR_ALIVE, struct shm_row, cpid_alive, ix_derive_cpid_alive),
		IX_DERIVED_FROM(IPCX_F_CPID_ALIVE,    struct shm_row, cpid_alive, ix_derive_cpid_alive),
		IX_DERIVED_FROM(IPCX_F_LPID_ALIVE,    struct shm_row, lpid_alive, ix_derive_lpid_alive),
		IX_DERIVED_WORDS(IPCX_F_IDLE,          IX_WORD_OF(struct shm_row, nattch) | IX_WORD_OF(struct shm_row, base.ctime) |
							  IX_WORD_OF(struct shm_row, atime) | IX_WORD_OF(struct shm_row, dtime), ix_derive_idle),
		IX_COL_ZERO(IPCX_F_ATIME,         struct shm_row, atime),
		IX_COL_ZERO(IPCX_F_DTIME,         struct shm_row, dtime),
		IX_WAITERS_COLUMN(struct shm_row),
		IX_USERS_COLUMNS(struct shm_row, base.users),
		IX_COL_(IPCX_F_HUGEPAGESIZE, struct shm_row, huge, .derive = ix_derive_hugepagesize, .costly = true)
	),
};

static const struct ix_sysv_word words[] = {
	IX_SYSV_WORDS(struct shm_row),
	IX_WORD("shmid",  IPCX_F_ID,     struct shm_row, base.id),
	IX_WORD("size",   IPCX_F_SIZE,   struct shm_row, size),
	IX_WORD("cpid",   IPCX_F_CPID,   struct shm_row, cpid),
	IX_WORD("lpid",   IPCX_F_LPID,   struct shm_row, lpid),
	IX_WORD("nattch", IPCX_F_NATTCH, struct shm_row, nattch),
	IX_WORD("atime",  IPCX_F_ATIME,  struct shm_row, atime),
	IX_WORD("dtime",  IPCX_F_DTIME,  struct shm_row, dtime),
	IX_WORD("rss",    IPCX_F_RSS,    struct shm_row, rss),
	IX_WORD("swap",   IPCX_F_SWAP,   struct shm_row, swap),
	{ .heading = "" },
};
/* clang-format on */

static int shm_highest(void)
{
	struct shminfo info;
	int r = shmctl(0, IPC_INFO, (struct shmid_ds *)&info);

	return r < 0 ? -errno : r;
}

static int shm_used(void)
{
	struct shm_info info;

	return shmctl(0, SHM_INFO, (struct shmid_ds *)&info) < 0 ? -errno : info.used_ids;
}

static int shm_stat_by(int which, int how, void *data)
{
	struct shm_row *row = data;
	struct shmid_ds ds;
	int id = shmctl(which, how, &ds);

	if (id < 0)
		return -errno;
	if (how == IPC_STAT)
		id = which;
	ix_sysv_perm(&row->base, id, &ds.shm_perm);
	row->base.ctime = ds.shm_ctime;
	row->size = ds.shm_segsz;
	row->nattch = ds.shm_nattch;
	row->atime = ds.shm_atime;
	row->dtime = ds.shm_dtime;
	row->cpid = ds.shm_cpid;
	row->lpid = ds.shm_lpid;
	return id;
}

static int shm_stat_slot(int index, void *row)
{
	return shm_stat_by(index, SHM_STAT_ANY, row);
}

static int shm_stat_slot_own(int index, void *row)
{
	return shm_stat_by(index, SHM_STAT, row);
}

static int shm_stat_id(int id, void *row)
{
	return shm_stat_by(id, IPC_STAT, row);
}

static int huge_flags(const struct ipcx_attrs *a)
{
	int flags = 0;

	if (a->set & IPCX_A_HUGE) {
		flags = SHM_HUGETLB;
		if (a->huge)
			flags |= (63 - __builtin_clzll(a->huge)) << HUGE_SHIFT;
	}
	if (a->set & IPCX_A_NORESERVE)
		flags |= SHM_NORESERVE;
	return flags;
}

static int shm_get(uint32_t key, const struct ipcx_attrs *a, int flags)
{
	int id;

	if (a && ix_too_wide(a->bytes, sizeof(size_t)))
		return -EOVERFLOW;
	if (a)
		flags |= huge_flags(a);
	id = shmget((key_t)key, a ? a->bytes : 0, flags);
	return id < 0 ? -errno : id;
}

static int shm_rmid(int id)
{
	return shmctl(id, IPC_RMID, NULL) < 0 ? -errno : 0;
}

static int shm_set(const void *data, const struct ipcx_attrs *a)
{
	const struct shm_row *row = data;
	struct shmid_ds ds = { 0 };

	ix_sysv_perm_set(&ds.shm_perm, &row->base, a);
	return shmctl(row->base.id, IPC_SET, &ds) < 0 ? -errno : 0;
}

/* In a 32-bit program shmctl(2) returns only the low 32 bits of a segment's size. */
#define NARROW (sizeof(((struct shmid_ds *)NULL)->shm_segsz) < sizeof(uint64_t))

static const enum ipcx_field text_only[] = { IPCX_F_RSS, IPCX_F_SWAP, IPCX_F_SIZE };

/* clang-format off */
const struct ix_sysv ix_shm_sysv = {
	.name = "shm", .kind = &shm_kind, .words = words, .text_only = text_only, .ntext_only = ARRAY_SIZE(text_only) - !NARROW, .text_first = NARROW,
	.highest = shm_highest, .used = shm_used, .used_is_costly = true,
	.stat_slot = shm_stat_slot, .stat_slot_own = shm_stat_slot_own, .stat_id = shm_stat_id,
	.get = shm_get, .rmid = shm_rmid, .set = shm_set,
};
/* clang-format on */

static int shm_scan(struct ix_scan *s)
{
	return ix_sysv_scan(s, &ix_shm_sysv);
}

static int shm_find(struct ix_scan *s, const struct ipcx_ref *ref)
{
	return ix_sysv_find(s, &ix_shm_sysv, ref);
}

static int shm_may_use(struct ipcx *x, const struct ipcx_attrs *a,
		       const struct ipcx_ref *ref)
{
	(void)x;
	return ix_sysv_may_use(&ix_shm_sysv, a, ref);
}

static int shm_create(struct ipcx *x, const struct ipcx_attrs *a,
		      struct ipcx_ref *ret_ref)
{
	int r = ix_sysv_create(x, &ix_shm_sysv, a, ret_ref);

	if (r < 0)
		return r;
	if (a->set & IPCX_A_FROM)
		r = ix_shm_fill(x, ret_ref->id, a);
	if (r == 0 && (a->set & IPCX_A_LOCK) && shmctl(ret_ref->id, SHM_LOCK, NULL) < 0)
		r = ix_fail(x, -errno,
			    "shm:%d: cannot lock (RLIMIT_MEMLOCK, or CAP_IPC_LOCK)",
			    ret_ref->id);
	if (r < 0)
		(void)shm_rmid(ret_ref->id);
	return r;
}

/* Warn that the new segment is removed as soon as its creator, the calling process,
 * exits. */
static bool shm_caution(struct ipcx *x, const struct ipcx_attrs *specs, size_t n,
			char *buf, size_t size)
{
	char text[IX_NUM_MAX] = "";
	int proc = ix_procfd(x);

	(void)specs;
	(void)n;
	if (proc < 0 ||
	    ix_read_file(proc, "sys/kernel/shm_rmid_forced", text, sizeof(text)) < 0 ||
	    text[0] != '1')
		return false;
	(void)snprintf(
		buf, size,
		"kernel.shm_rmid_forced is 1: a segment without attached processes is "
		"removed when its creator exits, which is now");
	return true;
}

static int shm_remove_row(struct ix_scan *s, const void *data)
{
	(void)s;
	return shm_rmid(((const struct ix_sysv_row *)data)->id);
}

static int shm_change(struct ix_scan *s, const void *data, const struct ipcx_attrs *a)
{
	const struct shm_row *row = data;

	(void)s;
	if (a->set & (IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID)) {
		int r = shm_set(row, a);

		if (r < 0)
			return r;
	}
	if ((a->set & IPCX_A_LOCK) && shmctl(row->base.id, SHM_LOCK, NULL) < 0)
		return -errno;
	if ((a->set & IPCX_A_UNLOCK) && shmctl(row->base.id, SHM_UNLOCK, NULL) < 0)
		return -errno;
	return 0;
}

/* ---- limits */

/* Parse "huge" or "huge=2M". */
static int wish_huge(const char *text, struct ipcx_attrs *a)
{
	static const char word[] = "huge";
	size_t len = sizeof(word) - 1;

	if (strncmp(text, word, len) != 0 || (text[len] && text[len] != '='))
		return -EINVAL;
	a->set |= IPCX_A_HUGE;
	if (!text[len])
		return 0;
	if (ix_parse_size(text + len + 1, &a->huge) < 0 || a->huge == 0 ||
	    a->huge & (a->huge - 1))
		return -EINVAL;
	return 0;
}

static int shm_wish(const char *text, struct ipcx_attrs *ret_attrs)
{
	static const uint64_t counted[] = { IPCX_A_COUNT, IPCX_A_SIZE };
	const char *comma = strchrnul(text, ',');
	struct ipcx_attrs a;
	char numbers[128];
	int r;

	if ((size_t)(comma - text) >= sizeof(numbers))
		return -EINVAL;
	memcpy(numbers, text, (size_t)(comma - text));
	numbers[comma - text] = '\0';
	r = ix_request_read(numbers, counted, ARRAY_SIZE(counted), &a);
	if (r == 0 && *comma)
		r = wish_huge(comma + 1, &a);
	if (r < 0)
		return r;
	*ret_attrs = a;
	return 0;
}

/* Huge pages are reserved when the segment is created (mm/hugetlb.c), except with
 * SHM_NORESERVE. */
static uint64_t amount_huge(const struct ipcx_attrs *a)
{
	bool huge = (a->set & IPCX_A_HUGE) && !(a->set & IPCX_A_NORESERVE);

	return huge ? ix_amount_size(a) : 0;
}

/* The memory accounted on creation (shmem_acct_size() in mm/shmem.c): whole pages; none
 * for huge pages or with SHM_NORESERVE. */
static uint64_t amount_memory(const struct ipcx_attrs *a)
{
	if (a->set & (IPCX_A_HUGE | IPCX_A_NORESERVE))
		return 0;
	return ix_mul_sat(ix_amount_pages(a), (uint64_t)sysconf(_SC_PAGESIZE));
}

static uint64_t huge_page(const struct ipcx_attrs *a)
{
	return a->set & IPCX_A_HUGE ? a->huge : 0;
}

/* clang-format off */
static const struct ix_charge charges[] = {
	{ .limit = "shmmax", .each = true, .amount = ix_amount_size },
	{ .limit = "size_max", .each = true, .making = true, .amount = ix_amount_size },
	{ .limit = "shmmni", .amount = ix_amount_one },
	{ .limit = "shmall", .amount = ix_amount_pages },
	{ .limit = "memory", .making = true, .amount = amount_memory },
	{ .limit = "hugepages", .amount = amount_huge, .page = huge_page },
	{ .limit = NULL },
};

static const enum ipcx_field shown[] = {
	IPCX_F_ID, IPCX_F_KEY, IPCX_F_OWNER, IPCX_F_MODE, IPCX_F_SIZE, IPCX_F_NATTCH, IPCX_F_STATUS,
	IPCX_F_CPID, IPCX_F_AGE,
};

static const struct ix_traces traces = { .mapped = true, .by_id = true, .kind = IX_USE_SYSV, .waits = 1U << IX_WAIT_FUTEX };

static const struct ix_sign signs[] = {
	{ IPCX_F_NATTCH,     IPCX_USE_ATTACHED, "attached" },
	{ IPCX_F_CPID_ALIVE, IPCX_USE_CREATOR,  "its creator still runs" },
	{ IPCX_NO_FIELD,     IPCX_USE_NONE,     "creator ended" },
};

extern const struct ix_mech ix_mech_shm;
const struct ix_mech ix_mech_shm = {
	.info = {
		.name = "shm", .label = "System V shared memory", .object = "shared memory segment", .group = "sysv",
		.create = IPCX_A_KEY | IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID | IPCX_A_SIZE | IPCX_A_HUGE |
			  IPCX_A_NORESERVE | IPCX_A_LOCK | IPCX_A_FROM | IPCX_A_ID | IPCX_A_COUNT | IPCX_A_IF_MISSING,
		.require = IPCX_A_SIZE,
		.change = IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID | IPCX_A_LOCK | IPCX_A_UNLOCK,
		.need = "[COUNTx]SIZE[,huge[=PAGE]]",
		.shown = shown, .nshown = ARRAY_SIZE(shown),
	},
	.weight = IPCX_F_SIZE,
	.traces = &traces, .signs = signs,
	.kind = &shm_kind, .kconfig = &ix_kconfig_sysv,
	.charges = charges, .request = shm_wish, .may_make = ix_shm_may_make, .right = "CAP_IPC_LOCK",
	.scan = shm_scan, .find = shm_find, .create = shm_create, .may_use = shm_may_use, .complete = ix_shm_complete, .caution = shm_caution, .remove = shm_remove_row, .change = shm_change, .may = ix_shm_may,
	.totals = &ix_shm_totals,
	.memory = ix_shm_memory,
	.driver = &ix_shm_driver,
	.causes = ix_shm_causes,
	.create_hint = { -ENOMEM, IPCX_HINT_NORESERVE },
};
/* clang-format on */
