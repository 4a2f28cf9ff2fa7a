/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why shmctl(2) fails: ksys_shmctl() in ipc/shm.c. */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <unistd.h>

#include "base/num.h"
#include "why/shm.h"

/* clang-format off */
static const struct {
	int8_t cmd;
	char name[IX_TEXT(14)];
} commands[] = {
	{ IPC_RMID, "IPC_RMID" }, { IPC_SET, "IPC_SET" }, { IPC_STAT, "IPC_STAT" }, { IPC_INFO, "IPC_INFO" },
	{ SHM_LOCK, "SHM_LOCK" }, { SHM_UNLOCK, "SHM_UNLOCK" }, { SHM_STAT, "SHM_STAT" }, { SHM_INFO, "SHM_INFO" },
	{ SHM_STAT_ANY, "SHM_STAT_ANY" },
};
/* clang-format on */

/* strace(1) writes "IPC_64|IPC_RMID"; IPC_64 is 0x100. */
int ix_shm_command(const struct ix_why *w)
{
	const char *text = w->a.cmd;
	uint64_t n;

	if (!ix_args_has(&w->a, IX_ARG_CMD))
		return IX_SHM_CMD_UNKNOWN;
	if (!strncmp(text, "IPC_64|", 7))
		text += 7;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i].name, text))
			return commands[i].cmd;
		if (ix_parse_u64(text, INT32_MAX, &n) == 0 &&
		    (n & ~UINT64_C(0x100)) == (uint64_t)commands[i].cmd)
			return commands[i].cmd;
	}
	return IX_SHM_CMD_NONE;
}

/* Whether the command is one of two; unknown, with the reason set, if it is not known.
 * what: says that it is none of them. */
static enum ix_so shmctl_is(const struct ix_why *w, int one, int other, const char *what,
			    struct ix_reason *r)
{
	int cmd = ix_shm_command(w);

	if (cmd == IX_SHM_CMD_UNKNOWN)
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: cmd= is not known");
	else if (cmd != one && cmd != other)
		ix_reason_set(r, IX_SO_NOT, "the command is not %s", what);
	return cmd == IX_SHM_CMD_UNKNOWN ? IX_SO_UNKNOWN
					 : ix_so(cmd == one || cmd == other);
}

static void shmctl_no_command(struct ix_why *w, struct ix_reason *r)
{
	char known[160];
	size_t at = 0;

	if (!ix_args_has(&w->a, IX_ARG_CMD)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: cmd= is not known");
		return;
	}
	ix_reason_set(r, ix_so(ix_shm_command(w) == IX_SHM_CMD_NONE), "the command is %s",
		      ix_shm_command(w) == IX_SHM_CMD_NONE ? "none of shmctl(2)"
							   : "one of shmctl(2)");
	if (r->applies != IX_SO)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
				       at ? ", " : "", commands[i].name);
	(void)snprintf(r->fix, sizeof(r->fix), "use one of %s", known);
}

/* ---- rights */

/* Find the segment; if there is none, the call fails with EINVAL. */
static bool shmctl_found(struct ix_why *w, struct ix_reason *r,
			 const struct ipcx_table **ret_t)
{
	int found = ix_shm_find(w, r, ret_t);

	if (found == 0)
		ix_reason_set(r, IX_SO_NOT, "no segment has this id: EINVAL");
	return found > 0;
}

/* Whether the caller lacks ownership and a capability. */
static void shmctl_owned(struct ix_why *w, const struct ipcx_table *t, int cap,
			 const char *name, struct ix_reason *r)
{
	enum ix_so owns = ix_shm_owns(w, t), able = ix_as_capable(&w->as, cap);
	char segment[IX_SHM_NAME], owner[IX_SHM_OWNER];
	bool proven = owns == IX_SO_NOT && able == IX_SO_NOT;

	(void)ix_shm_name(t, segment);
	if (owns == IX_SO)
		ix_reason_set(r, IX_SO_NOT, "%s: owner or creator of %s", w->as.who,
			      segment);
	else if (able == IX_SO)
		ix_reason_set(r, IX_SO_NOT, "%s: has %s", w->as.who, name);
	else
		ix_reason_set(r, proven ? IX_SO : IX_SO_UNKNOWN,
			      "%s%s belongs to %s; %s: neither its owner nor its "
			      "creator%s%s",
			      proven ? "" : "cannot be told: the rights are not known: ",
			      segment, ix_shm_owner(t, owner), w->as.who,
			      proven ? ", without " : "", proven ? name : "");
}

/* Write a command with the segment's reference: "rm shm:5", "set shm:5 --lock". */
static void shmctl_fix(const struct ix_why *w, const struct ipcx_table *t,
		       const char *verb, const char *option, struct ix_reason *r)
{
	uint64_t id = 0;
	char text[80];

	(void)ix_why_number(t, 0, IPCX_F_ID, &id);
	(void)snprintf(text, sizeof(text), "%s shm:%" PRIu64 "%s", verb, id, option);
	ix_shm_owner_fix(w, t, r, text);
}

static void shmctl_not_owner(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	enum ix_so is = shmctl_is(w, IPC_RMID, IPC_SET, "IPC_RMID or IPC_SET", r);

	if (is == IX_SO_NOT || !shmctl_found(w, r, &t))
		return;
	shmctl_owned(w, t, CAP_SYS_ADMIN, "CAP_SYS_ADMIN", r);
	if (r->applies != IX_SO)
		return;
	if (is == IX_SO_UNKNOWN)
		(void)shmctl_is(w, IPC_RMID, IPC_SET, "", r);
	else if (ix_shm_command(w) == IPC_RMID)
		shmctl_fix(w, t, "rm", "", r);
	else
		(void)snprintf(r->fix, sizeof(r->fix),
			       "let its owner or root change it: ipcx set");
}

static void shmctl_locks_others(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	enum ix_so is = shmctl_is(w, SHM_LOCK, SHM_UNLOCK, "SHM_LOCK or SHM_UNLOCK", r);

	if (is == IX_SO_NOT || !shmctl_found(w, r, &t))
		return;
	shmctl_owned(w, t, CAP_IPC_LOCK, "CAP_IPC_LOCK", r);
	if (r->applies != IX_SO)
		return;
	if (is == IX_SO_UNKNOWN)
		(void)shmctl_is(w, SHM_LOCK, SHM_UNLOCK, "", r);
	else
		shmctl_fix(w, t, "set",
			   ix_shm_command(w) == SHM_LOCK ? " --lock" : " --unlock", r);
}

/* Whether RLIMIT_MEMLOCK counts, as SHM_LOCK was asked for by a caller without
 * CAP_IPC_LOCK whose limit is known. Else the reason is set. */
static bool shmctl_memlock(struct ix_why *w, struct ix_reason *r, enum ix_so able)
{
	enum ix_so is = shmctl_is(w, SHM_LOCK, SHM_LOCK, "SHM_LOCK", r);

	if (is == IX_SO_NOT)
		return false;
	if (able == IX_SO)
		ix_reason_set(r, IX_SO_NOT, "%s: has CAP_IPC_LOCK", w->as.who);
	else if (!w->as.limits_known)
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: RLIMIT_MEMLOCK of %s is not known: name "
			      "the process",
			      w->as.who);
	else if (able == IX_SO_UNKNOWN)
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: whether %s has CAP_IPC_LOCK is not known",
			      w->as.who);
	return able == IX_SO_NOT && w->as.limits_known;
}

static void shmctl_lock_nothing(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_rlimit *l = &w->as.limits[RLIMIT_MEMLOCK];
	const struct ipcx_table *t;
	uint64_t size = 0;

	if (!shmctl_memlock(w, r, ix_as_capable(&w->as, CAP_IPC_LOCK)))
		return;
	if (l->soft) {
		ix_reason_set(r, IX_SO_NOT, "%s: RLIMIT_MEMLOCK is %" PRIu64, w->as.who,
			      l->soft);
		return;
	}
	if (!shmctl_found(w, r, &t))
		return;
	(void)ix_why_number(t, 0, IPCX_F_SIZE, &size);
	/* No other reason to fail with EPERM depends on the limit. */
	if (ix_shm_command(w) == IX_SHM_CMD_UNKNOWN)
		return;
	ix_reason_set(r, IX_SO, "%s: RLIMIT_MEMLOCK is 0, without CAP_IPC_LOCK",
		      w->as.who);
	ix_shm_prlimit(w, "memlock", size, l->hard, r);
}

/* user_shm_lock() in mm/mlock.c: in pages, with all that the user has locked. */
static void shmctl_lock_more(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_rlimit *l = &w->as.limits[RLIMIT_MEMLOCK];
	const struct ipcx_table *t;
	uint64_t size, page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (!shmctl_memlock(w, r, ix_shm_machine_right(w, CAP_IPC_LOCK)))
		return;
	if (l->soft == UINT64_MAX) {
		ix_reason_set(r, IX_SO_NOT, "%s: RLIMIT_MEMLOCK is unlimited", w->as.who);
		return;
	}
	if (!shmctl_found(w, r, &t) || !ix_why_number(t, 0, IPCX_F_SIZE, &size))
		return;
	size += page - 1 - (size - 1) % page;
	if (size / page <= l->soft / page) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: RLIMIT_MEMLOCK is %" PRIu64
			      ", the segment takes %" PRIu64
			      ", but how much the user has locked is not shown",
			      l->soft, size);
		return;
	}
	ix_reason_set(r, IX_SO,
		      "%s: RLIMIT_MEMLOCK is %" PRIu64 ", the segment takes %" PRIu64,
		      w->as.who, l->soft, size);
	ix_shm_prlimit(w, "memlock", size, l->hard, r);
}

static void shmctl_unreadable(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	int cmd = ix_shm_command(w);
	char name[IX_SHM_NAME], owner[IX_SHM_OWNER];
	uint64_t mode = 0;
	enum ix_so grants;

	/* No other command fails with EACCES. */
	if (cmd != IX_SHM_CMD_UNKNOWN &&
	    shmctl_is(w, IPC_STAT, SHM_STAT, "one of these", r) != IX_SO)
		return;
	if (cmd == SHM_STAT) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: SHM_STAT takes a slot: name the segment, "
			      "with IPC_STAT");
		return;
	}
	if (!shmctl_found(w, r, &t))
		return;
	grants = ix_shm_grants(w, t, 0400);
	(void)ix_why_number(t, 0, IPCX_F_MODE, &mode);
	ix_reason_set(
		r, grants == IX_SO_UNKNOWN ? IX_SO_UNKNOWN : ix_so(grants == IX_SO_NOT),
		"%s%s has mode %04" PRIo64 " and belongs to %s; %s asked",
		grants == IX_SO_UNKNOWN ? "cannot be told: " : "", ix_shm_name(t, name),
		mode & 0777, ix_shm_owner(t, owner), w->as.who);
	if (r->applies == IX_SO)
		ix_shm_open_up(w, t, r, 0400);
}

static void shmctl_no_user(struct ix_why *w, struct ix_reason *r)
{
	if (shmctl_is(w, IPC_SET, IPC_SET, "IPC_SET", r) == IX_SO)
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the new owner is not known");
}

/* Only the structures of the oldest C libraries have 16 bits for ids. */
static void shmctl_wide(struct ix_why *w, struct ix_reason *r)
{
	static const enum ipcx_field ids[] = { IPCX_F_UID, IPCX_F_GID, IPCX_F_CUID,
					       IPCX_F_CGID };
	const struct ipcx_table *t;
	uint64_t n, most = 0, size = 0;

	if (!shmctl_found(w, r, &t))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		most = ix_why_number(t, 0, ids[i], &n) ? MAX(most, n) : UINT32_MAX;
	if (!ix_why_number(t, 0, IPCX_F_SIZE, &size))
		size = UINT64_MAX;
	ix_reason_set(r,
		      most > UINT16_MAX || size > UINT32_MAX ? IX_SO_UNKNOWN : IX_SO_NOT,
		      "%sthe largest id is %" PRIu64 ", the size %" PRIu64,
		      most > UINT16_MAX || size > UINT32_MAX
			      ? "cannot be told: the program is not known; "
			      : "",
		      most, size);
}

void ix_shm_control(struct ix_why *w, enum ix_shm_check check, struct ix_reason *r)
{
	static void (*const checks[])(struct ix_why * w, struct ix_reason * r) = {
		[IX_SHM_NOT_OWNER - IX_SHM_NOT_OWNER] = shmctl_not_owner,
		[IX_SHM_LOCKS_OTHERS - IX_SHM_NOT_OWNER] = shmctl_locks_others,
		[IX_SHM_LOCK_NOTHING - IX_SHM_NOT_OWNER] = shmctl_lock_nothing,
		[IX_SHM_LOCK_MORE - IX_SHM_NOT_OWNER] = shmctl_lock_more,
		[IX_SHM_UNREADABLE - IX_SHM_NOT_OWNER] = shmctl_unreadable,
		[IX_SHM_NO_COMMAND - IX_SHM_NOT_OWNER] = shmctl_no_command,
		[IX_SHM_NO_USER - IX_SHM_NOT_OWNER] = shmctl_no_user,
		[IX_SHM_WIDE - IX_SHM_NOT_OWNER] = shmctl_wide,
	};

	checks[check - IX_SHM_NOT_OWNER](w, r);
}
