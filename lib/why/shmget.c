/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why shmget(2) fails for a key that exists, or does not: ipcget() in ipc/util.c. That
 * there is no segment proves what a call without IPC_CREAT does; that there is one, what
 * a call with it does.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>

#include "base/num.h"
#include "why/fix.h"
#include "why/shm.h"

static bool shmget_private(const struct ix_why *w)
{
	return ix_args_has(&w->a, IX_ARG_KEY) && w->a.key == IPC_PRIVATE;
}

/* Whether IPC_PRIVATE, or a flag that was given or not, rules the cause out. */
static bool shmget_ruled_out(const struct ix_why *w, uint64_t flag, bool given,
			     struct ix_reason *r)
{
	const char *name = flag == IPC_CREAT ? "IPC_CREAT" : "IPC_EXCL";
	uint64_t flags;

	if (shmget_private(w)) {
		ix_reason_set(r, IX_SO_NOT, "IPC_PRIVATE always makes a new segment");
		return true;
	}
	if (!flag || !ix_shm_flags(w, &flags) || !!(flags & flag) != given)
		return false;
	ix_reason_set(r, IX_SO_NOT, "%s was %sgiven", name, given ? "" : "not ");
	return true;
}

static void shmget_elsewhere(struct ix_why *w, struct ix_reason *r)
{
	char where[64], quoted[80], key[IX_NUM_MAX] = "";
	const struct ipcx_table *t;
	bool whole;
	int n;

	if (shmget_ruled_out(w, IPC_CREAT, true, r))
		return;
	n = ix_shm_find(w, r, &t);
	if (n < 0)
		return;
	if (n) {
		ix_reason_set(r, IX_SO_NOT, "it is in this namespace");
		return;
	}
	n = ix_why_elsewhere(w, where, sizeof(where), &whole);
	*ix_put_key(key, w->a.key) = '\0';
	if (n > 0) {
		ix_reason_set(r, IX_SO, "key %s is in %d other namespace%s: %s%s", key, n,
			      n > 1 ? "s" : "", where, n > 1 ? ", …" : "");
		(void)snprintf(r->fix, sizeof(r->fix),
			       "run the program in that namespace (ipcx ns enter %s), or "
			       "let its container share it",
			       ix_fix_quoted(quoted, sizeof(quoted), where));
	} else if (n == 0 && whole) {
		ix_reason_set(r, IX_SO_NOT, "no other namespace has key %s", key);
	} else {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: not every namespace may be looked into");
	}
}

static void shmget_absent(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	char name[IX_SHM_NAME], key[IX_NUM_MAX] = "";
	int found;

	if (shmget_ruled_out(w, IPC_CREAT, true, r))
		return;
	found = ix_shm_find(w, r, &t);
	if (found > 0)
		ix_reason_set(r, IX_SO_NOT, "%s exists", ix_shm_name(t, name));
	if (found)
		return;
	*ix_put_key(key, w->a.key) = '\0';
	ix_reason_set(r, IX_SO, "no segment has key %s", key);
	(void)snprintf(
		r->fix, sizeof(r->fix),
		"start the program that makes the segment first, or ask with IPC_CREAT");
}

/* An existing segment is in the way: remove it if it is unused. */
static void shmget_make_way(struct ix_why *w, const struct ipcx_table *t,
			    struct ix_reason *r, const char *otherwise)
{
	uint64_t id = 0, nattch = 0;
	char command[64], where[160] = "";

	(void)ix_why_number(t, 0, IPCX_F_ID, &id);
	(void)ix_why_number(t, 0, IPCX_F_NATTCH, &nattch);
	if (ix_shm_unused(w, t) == IX_SO) {
		(void)snprintf(command, sizeof(command), "rm shm:%" PRIu64 " --unused",
			       id);
		ix_shm_owner_fix(w, t, r, command);
		return;
	}
	ix_fix_command(where, sizeof(where), w->where, "who shm:%" PRIu64, id);
	(void)snprintf(r->fix, sizeof(r->fix), "%s; who uses it: %s", otherwise,
		       nattch ? where : "its creator, which still runs");
}

static void shmget_exists(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	char name[IX_SHM_NAME], owner[IX_SHM_OWNER];
	uint64_t size = 0, nattch = 0;
	int found;

	if (shmget_ruled_out(w, IPC_EXCL, false, r) ||
	    shmget_ruled_out(w, IPC_CREAT, false, r))
		return;
	found = ix_shm_find(w, r, &t);
	if (found == 0)
		ix_reason_set(r, IX_SO_NOT, "no segment has this key");
	if (found <= 0)
		return;
	(void)ix_why_number(t, 0, IPCX_F_SIZE, &size);
	(void)ix_why_number(t, 0, IPCX_F_NATTCH, &nattch);
	ix_reason_set(r, IX_SO,
		      "%s of %s exists: %" PRIu64 " bytes, attached %" PRIu64 " times",
		      ix_shm_name(t, name), ix_shm_owner(t, owner), size, nattch);
	shmget_make_way(w, t, r, "use another key, or ask without IPC_EXCL");
}

static void shmget_smaller(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	char name[IX_SHM_NAME], otherwise[80];
	uint64_t size = 0, flags = 0;
	int found;

	if (shmget_ruled_out(w, 0, true, r))
		return;
	if (ix_shm_flags(w, &flags) &&
	    (flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL)) {
		ix_reason_set(r, IX_SO_NOT,
			      "IPC_EXCL was given: an existing one is EEXIST");
		return;
	}
	found = ix_shm_find(w, r, &t);
	if (found == 0)
		ix_reason_set(r, IX_SO_NOT, "no segment has this key");
	if (found <= 0)
		return;
	if (!ix_why_number(t, 0, IPCX_F_SIZE, &size))
		return;
	if (!ix_args_has(&w->a, IX_ARG_SIZE)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: size= is not known; %s has %" PRIu64
			      " bytes",
			      ix_shm_name(t, name), size);
		return;
	}
	ix_reason_set(r, ix_so(w->a.size > size),
		      "%s has %" PRIu64 " bytes, %" PRIu64 " asked for",
		      ix_shm_name(t, name), size, w->a.size);
	if (w->a.size <= size)
		return;
	(void)snprintf(otherwise, sizeof(otherwise),
		       "ask for at most %" PRIu64 " bytes, or use another key", size);
	shmget_make_way(w, t, r, otherwise);
}

static void shmget_denied(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	char name[IX_SHM_NAME], owner[IX_SHM_OWNER];
	uint64_t flags, mode = 0;
	uint32_t want = 0600;
	bool known = ix_shm_flags(w, &flags) || ix_args_has(&w->a, IX_ARG_MODE);
	enum ix_so grants;
	int found;

	if (shmget_ruled_out(w, 0, true, r))
		return;
	found = ix_shm_find(w, r, &t);
	if (found == 0)
		ix_reason_set(r, IX_SO_NOT, "no segment has this key");
	if (found <= 0)
		return;
	if (known) {
		if (!ix_shm_flags(w, &flags))
			flags = w->a.mode;
		want = (uint32_t)((flags | flags << 3 | flags << 6) & 0700);
	}
	grants = want ? ix_shm_grants(w, t, want) : IX_SO;
	(void)ix_why_number(t, 0, IPCX_F_MODE, &mode);
	(void)ix_shm_name(t, name);
	(void)ix_shm_owner(t, owner);
	if (grants == IX_SO_UNKNOWN || (!known && grants == IX_SO_NOT)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: %s is not known; %s has mode %04" PRIo64
			      " and belongs to %s",
			      known ? "who asked" : "mode=", name, mode & 0777, owner);
		return;
	}
	ix_reason_set(r, ix_so(grants == IX_SO_NOT),
		      "%s has mode %04" PRIo64
		      " and belongs to %s; %s asked for %s%s%s%s",
		      name, mode & 0777, owner, w->as.who, want & 0400 ? "r" : "",
		      want & 0200 ? "w" : "", want & 0100 ? "x" : "",
		      want ? "" : "nothing");
	if (grants == IX_SO_NOT)
		ix_shm_open_up(w, t, r, want);
}

/* An existing segment is found with size 0, whatever its size is. */
static void shmget_empty(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	struct ix_reason ignored = { .applies = IX_SO_UNKNOWN };
	char name[IX_SHM_NAME];

	if (!ix_args_has(&w->a, IX_ARG_SIZE))
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: size= is not known");
	else if (w->a.size)
		ix_reason_set(r, IX_SO_NOT, "%" PRIu64 " bytes asked for", w->a.size);
	else if (!shmget_private(w) && ix_shm_find(w, &ignored, &t) == 1)
		ix_reason_set(r, IX_SO_NOT, "%s exists, which size 0 finds",
			      ix_shm_name(t, name));
	else {
		ix_reason_set(r, IX_SO, "0 bytes asked for");
		(void)snprintf(r->fix, sizeof(r->fix), "ask for the size that is needed");
	}
}

void ix_shm_get(struct ix_why *w, enum ix_shm_check check, struct ix_reason *r)
{
	if (check == IX_SHM_ELSEWHERE)
		shmget_elsewhere(w, r);
	else if (check == IX_SHM_ABSENT)
		shmget_absent(w, r);
	else if (check == IX_SHM_EXISTS)
		shmget_exists(w, r);
	else if (check == IX_SHM_DENIED)
		shmget_denied(w, r);
	else if (check == IX_SHM_SMALLER)
		shmget_smaller(w, r);
	else
		shmget_empty(w, r);
}
