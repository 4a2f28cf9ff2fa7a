/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why shmat(2) fails: do_shmat() in ipc/shm.c, and do_mmap() in mm/mmap.c. */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <unistd.h>

#include "base/num.h"
#include "why/fix.h"
#include "why/shm.h"

/* Get the address and the flags. Returns false, with the reason set, if the address is
 * not known. Unknown flags: *ret_known is false. */
static bool shmat_args(const struct ix_why *w, struct ix_reason *r, uint64_t *ret_flags,
		       bool *ret_known)
{
	*ret_flags = 0;
	*ret_known = ix_shm_flags(w, ret_flags);
	if (!ix_args_has(&w->a, IX_ARG_ADDR))
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: addr= is not known");
	return ix_args_has(&w->a, IX_ARG_ADDR);
}

static void shmat_remap_null(struct ix_why *w, struct ix_reason *r)
{
	uint64_t flags, page = (uint64_t)sysconf(_SC_PAGESIZE), to = w->a.addr;
	bool known = ix_shm_flags(w, &flags);

	if (known && !(flags & SHM_REMAP)) {
		ix_reason_set(r, IX_SO_NOT, "SHM_REMAP was not given");
		return;
	}
	if (!shmat_args(w, r, &flags, &known))
		return;
	if (known && flags & SHM_RND)
		to -= to % page;
	if (to && (known || to >= page))
		ix_reason_set(r, IX_SO_NOT, "the address is 0x%" PRIx64, w->a.addr);
	else if (!known)
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: flags= are not known");
	else
		ix_reason_set(r, IX_SO, "the address is %s",
			      w->a.addr ? "rounded to 0" : "NULL");
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "give the address that is to be replaced, or leave "
			       "SHM_REMAP out");
}

static void shmat_unaligned(struct ix_why *w, struct ix_reason *r)
{
	uint64_t flags, page = (uint64_t)sysconf(_SC_PAGESIZE), over;
	bool known;

	if (!shmat_args(w, r, &flags, &known))
		return;
	over = w->a.addr % page;
	if (!over)
		ix_reason_set(r, IX_SO_NOT, "0x%" PRIx64 " is a multiple of %" PRIu64,
			      w->a.addr, page);
	else if (known)
		ix_reason_set(r, ix_so(!(flags & SHM_RND)),
			      "0x%" PRIx64 " is %" PRIu64 " bytes past a multiple of "
			      "%" PRIu64 "%s",
			      w->a.addr, over, page,
			      flags & SHM_RND ? ", which SHM_RND rounds" : "");
	else
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: 0x%" PRIx64
			      " is not a multiple of %" PRIu64
			      ", but whether SHM_RND was given is not known",
			      w->a.addr, page);
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "give 0x%" PRIx64 ", NULL, or SHM_RND", w->a.addr - over);
}

static void shmat_low(struct ix_why *w, struct ix_reason *r)
{
	uint64_t flags, page = (uint64_t)sysconf(_SC_PAGESIZE), min, to;
	enum ix_so raw = ix_shm_machine_right(w, CAP_SYS_RAWIO);
	bool known;

	if (!shmat_args(w, r, &flags, &known))
		return;
	if (!ix_shm_proc_number(w, "sys/vm/mmap_min_addr", &min)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: vm.mmap_min_addr cannot be read");
		return;
	}
	to = w->a.addr - w->a.addr % page;
	ix_reason_set(r,
		      !w->a.addr || to >= min || raw == IX_SO ? IX_SO_NOT
		      : raw == IX_SO_NOT                      ? IX_SO
							      : IX_SO_UNKNOWN,
		      "the address is 0x%" PRIx64 ", vm.mmap_min_addr is 0x%" PRIx64 "%s",
		      w->a.addr, min,
		      raw == IX_SO ? "; CAP_SYS_RAWIO may go below it" : "");
	if (r->applies == IX_SO)
		(void)snprintf(
			r->fix, sizeof(r->fix),
			"give NULL, so that the kernel chooses, or a higher address");
}

/* ---- permissions */

static void shmat_mode(const struct ix_why *w, const struct ipcx_table *t,
		       enum ix_so applies, const char *asked, struct ix_reason *r)
{
	char name[IX_SHM_NAME], owner[IX_SHM_OWNER];
	uint64_t mode = 0;

	(void)ix_why_number(t, 0, IPCX_F_MODE, &mode);
	ix_reason_set(r, applies,
		      "%s%s has mode %04" PRIo64 " and belongs to %s; %s asked for %s",
		      applies == IX_SO_UNKNOWN ? "cannot be told: " : "",
		      ix_shm_name(t, name), mode & 0777, ix_shm_owner(t, owner),
		      w->as.who, asked);
}

static void shmat_closed(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	uint64_t flags;
	bool known = ix_shm_flags(w, &flags);
	uint32_t want = known && flags & SHM_RDONLY ? 0400 : 0600;
	enum ix_so grants;
	int found = ix_shm_find(w, r, &t);

	if (found == 0)
		ix_reason_set(r, IX_SO_NOT, "no segment has this id: EINVAL");
	if (found <= 0)
		return;
	grants = ix_shm_grants(w, t, want);
	/* Without flags it is so only if not even reading is granted. */
	if (!known && grants == IX_SO_NOT && ix_shm_grants(w, t, 0400) != IX_SO_NOT)
		grants = IX_SO_UNKNOWN;
	shmat_mode(w, t,
		   grants == IX_SO_UNKNOWN ? IX_SO_UNKNOWN : ix_so(grants == IX_SO_NOT),
		   !known         ? "reading, or reading and writing"
		   : want == 0400 ? "reading"
				  : "reading and writing",
		   r);
	if (r->applies == IX_SO)
		ix_shm_open_up(w, t, r, want);
}

static void shmat_no_exec(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	uint64_t flags;
	bool known = ix_shm_flags(w, &flags);
	enum ix_so grants;
	int found;

	if (known && !(flags & SHM_EXEC)) {
		ix_reason_set(r, IX_SO_NOT, "SHM_EXEC was not given");
		return;
	}
	found = ix_shm_find(w, r, &t);
	if (found == 0)
		ix_reason_set(r, IX_SO_NOT, "no segment has this id: EINVAL");
	if (found <= 0)
		return;
	grants = ix_shm_grants(w, t, 0100);
	if (!known && grants == IX_SO_NOT)
		grants = IX_SO_UNKNOWN;
	shmat_mode(w, t,
		   grants == IX_SO_UNKNOWN ? IX_SO_UNKNOWN : ix_so(grants == IX_SO_NOT),
		   known ? "execution" : "what is not known", r);
	if (r->applies == IX_SO)
		ix_shm_open_up(w, t, r, flags & SHM_RDONLY ? 0500 : 0700);
}

/* A call that found a segment which was removed before it was locked: a later one gets
 * EINVAL. */
static void shmat_removed(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	char name[IX_SHM_NAME];
	uint64_t dest = 0;
	int found = ix_shm_find(w, r, &t);

	if (found < 0)
		return;
	if (found == 0) {
		ix_reason_set(r, IX_SO, "no segment has this id any more");
		(void)snprintf(
			r->fix, sizeof(r->fix),
			"get the id again by shmget(2); what removed it may do so again");
		return;
	}
	(void)ix_why_number(t, 0, IPCX_F_DEST, &dest);
	ix_reason_set(r, IX_SO_NOT, "%s exists%s", ix_shm_name(t, name),
		      dest ? ", removed, but still attached" : "");
}

/* ---- limits of the process */

/* Get how much address space the process has; false if that is not known. */
static bool shmat_total(struct ix_why *w, uint64_t *ret_bytes)
{
	char path[32];
	uint64_t pages;

	(void)snprintf(path, sizeof(path), "%" PRId32 "/statm", w->as.pid);
	if (w->as.kind != IX_AS_PROCESS || !ix_shm_proc_number(w, path, &pages))
		return false;
	*ret_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return true;
}

static void shmat_addresses(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_rlimit *l = &w->as.limits[RLIMIT_AS];
	const struct ipcx_table *t;
	uint64_t size, total = 0;
	bool counted;
	int found;

	if (w->as.limits_known && l->soft == UINT64_MAX) {
		ix_reason_set(r, IX_SO_NOT, "%s: RLIMIT_AS is unlimited", w->as.who);
		return;
	}
	found = ix_shm_find(w, r, &t);
	if (found == 0)
		ix_reason_set(r, IX_SO_NOT, "no segment has this id: EINVAL");
	if (found <= 0 || !ix_why_number(t, 0, IPCX_F_SIZE, &size))
		return;
	if (!w->as.limits_known) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the limits of %s are not known: name the "
			      "process",
			      w->as.who);
		return;
	}
	counted = shmat_total(w, &total);
	if (!counted && size <= l->soft) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: RLIMIT_AS is %" PRIu64
			      ", the segment has %" PRIu64
			      " bytes, but how much the process has is not known: name it",
			      l->soft, size);
		return;
	}
	ix_reason_set(r, ix_so(size > l->soft || total > l->soft - size),
		      "%s: RLIMIT_AS is %" PRIu64 ", %" PRIu64
		      " in use, the segment has %" PRIu64 " bytes",
		      w->as.who, l->soft, total, size);
	if (r->applies == IX_SO)
		ix_shm_prlimit(w, "as", total + size, l->hard, r);
}

/* mlock_future_ok() in mm/mmap.c. Whether MCL_FUTURE is in force is not shown. */
static void shmat_mlockall(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_rlimit *l = &w->as.limits[RLIMIT_MEMLOCK];

	if (ix_shm_machine_right(w, CAP_IPC_LOCK) == IX_SO)
		ix_reason_set(r, IX_SO_NOT, "%s: has CAP_IPC_LOCK", w->as.who);
	else if (w->as.limits_known && l->soft == UINT64_MAX)
		ix_reason_set(r, IX_SO_NOT, "%s: RLIMIT_MEMLOCK is unlimited", w->as.who);
	else if (w->as.limits_known)
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: RLIMIT_MEMLOCK is %" PRIu64
			      ", but whether MCL_FUTURE is in force is not shown",
			      l->soft);
	else
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: RLIMIT_MEMLOCK is not known");
}

void ix_shm_attach(struct ix_why *w, enum ix_shm_check check, struct ix_reason *r)
{
	if (check == IX_SHM_REMAP_NULL)
		shmat_remap_null(w, r);
	else if (check == IX_SHM_UNALIGNED)
		shmat_unaligned(w, r);
	else if (check == IX_SHM_LOW)
		shmat_low(w, r);
	else if (check == IX_SHM_CLOSED)
		shmat_closed(w, r);
	else if (check == IX_SHM_NO_EXEC)
		shmat_no_exec(w, r);
	else if (check == IX_SHM_ADDRESSES)
		shmat_addresses(w, r);
	else if (check == IX_SHM_MLOCKALL)
		shmat_mlockall(w, r);
	else
		shmat_removed(w, r);
}
