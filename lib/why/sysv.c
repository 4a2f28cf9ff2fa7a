/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The object of a System V call, and what is known of it. */
#include "why/sysv.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/esc.h"
#include "core/mech.h"
#include "proc/creator.h"
#include "why/fix.h"

void ix_why_missing(struct ix_reason *r, const char *arg)
{
	ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s= is not known", arg);
}

const struct ipcx_table *ix_sysv_object(struct ix_why *w, enum ix_so absent,
					struct ix_reason *r)
{
	const char *kind = ix_mech(ix_why_mech(w))->info.object;
	const struct ipcx_table *t;
	int error;

	if (ix_args_has(&w->a, IX_ARG_ID) && w->a.id < 0) {
		ix_reason_set(r, absent, "there is no %s with the id %" PRId64, kind,
			      w->a.id);
		return NULL;
	}
	t = ix_why_object(w, false, &error);
	if (t)
		return t;
	if (error == -ENOENT)
		ix_reason_set(r, absent, "there is no such %s now", kind);
	else if (error == -EDESTADDRREQ)
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: which %s is not known (id= or key=)",
			      kind);
	else
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s", w->object[0].text);
	return NULL;
}

const char *ix_sysv_ref(const struct ipcx_table *t, char *buf, size_t size)
{
	struct ipcx_value v;
	const char *ref = ix_why_word(t, 0, IPCX_F_REF, &v);

	(void)snprintf(buf, size, "%s", ref ? ref : "?");
	return buf;
}

const char *ix_sysv_named(const struct ipcx_table *t, char *buf, size_t size)
{
	char ref[IPCX_REF_MAX];
	uint64_t key = 0;

	(void)ix_why_number(t, 0, IPCX_F_KEY, &key);
	(void)ix_sysv_ref(t, ref, sizeof(ref));
	if (key)
		(void)snprintf(buf, size, "%s (key %#" PRIx64 ")", ref, key);
	else
		(void)snprintf(buf, size, "%s", ref);
	return buf;
}

enum ix_so ix_why_flag(const struct ix_why *w, uint64_t flag)
{
	return ix_args_has(&w->a, IX_ARG_FLAGS) ? ix_so(w->a.flags & flag)
						: IX_SO_UNKNOWN;
}

enum ix_so ix_why_cmd(const struct ix_why *w, const char *cmd)
{
	return ix_args_has(&w->a, IX_ARG_CMD) ? ix_so(!strcmp(w->a.cmd, cmd))
					      : IX_SO_UNKNOWN;
}

bool ix_why_limit_now(struct ix_why *w, const char *name, uint64_t *ret_n)
{
	const char *names[] = { name, NULL };
	struct ipcx_table *t;
	bool known;

	if (ipcx_limits(w->x, names, &t) < 0)
		return false;
	known = ix_why_number(t, 0, IPCX_F_LIMIT, ret_n);
	ipcx_table_free(t);
	return known;
}

bool ix_sysv_caller_owns(const struct ipcx_table *t)
{
	uint64_t uid, cuid;

	return geteuid() == 0 ||
	       (ix_why_number(t, 0, IPCX_F_UID, &uid) && uid == geteuid()) ||
	       (ix_why_number(t, 0, IPCX_F_CUID, &cuid) && cuid == geteuid());
}

void ix_sysv_fix_as_root(struct ix_reason *r)
{
	static const char as[] = "as root: ";
	size_t len = strlen(r->fix);

	if (geteuid() == 0 || strncmp(r->fix, "ipcx limits set ", 16) != 0)
		return;
	len = MIN(len, sizeof(r->fix) - sizeof(as));
	memmove(r->fix + sizeof(as) - 1, r->fix, len);
	memcpy(r->fix, as, sizeof(as) - 1);
	r->fix[sizeof(as) - 1 + len] = '\0';
}

bool ix_sysv_who(struct ix_why *w, int64_t pid, int64_t from, int64_t to, char *buf,
		 size_t size)
{
	const struct ix_moment when = { from ? from : to, MAX(from, to) };
	struct ix_process p = { .comm = "" };
	char shown[80];

	if (pid <= 0) {
		(void)snprintf(buf, size, "a process that has no number here");
		return false;
	}
	ix_proc_then(w->x, (int32_t)pid, &when, &p);
	(void)ix_escape(shown, sizeof(shown), p.comm, IX_ESC_TEXT);
	if (p.alive == IX_ALIVE && p.comm[0])
		(void)snprintf(buf, size, "process %" PRId64 " (%s), which runs", pid,
			       shown);
	else
		(void)snprintf(buf, size, "process %" PRId64 ", %s", pid,
			       p.alive == IX_ALIVE  ? "which runs"
			       : p.alive == IX_GONE ? "which has ended"
						    : "which may have ended");
	return p.alive == IX_GONE;
}

/* ---- who may use it */

/* The permissions of an object. */
struct sysv_perm {
	uint64_t uid, gid, cuid, cgid, mode;
	char text[160]; /* "belongs to hp, group users, mode 0600" */
};

static bool sysv_perm(const struct ipcx_table *t, struct sysv_perm *p)
{
	struct ipcx_value v, g;
	const char *owner = ix_why_word(t, 0, IPCX_F_OWNER, &v),
		   *group = ix_why_word(t, 0, IPCX_F_GROUP, &g);
	char shown[48], shown_group[48];

	if (!ix_why_number(t, 0, IPCX_F_UID, &p->uid) ||
	    !ix_why_number(t, 0, IPCX_F_GID, &p->gid) ||
	    !ix_why_number(t, 0, IPCX_F_CUID, &p->cuid) ||
	    !ix_why_number(t, 0, IPCX_F_CGID, &p->cgid) ||
	    !ix_why_number(t, 0, IPCX_F_MODE, &p->mode))
		return false;
	(void)ix_escape(shown, sizeof(shown), owner ? owner : "?", IX_ESC_TEXT);
	(void)ix_escape(shown_group, sizeof(shown_group), group ? group : "?",
			IX_ESC_TEXT);
	(void)snprintf(p->text, sizeof(p->text),
		       "belongs to %s, group %s, and has mode %04" PRIo64, shown,
		       shown_group, p->mode & 0777);
	return true;
}

static enum ix_so sysv_grants(const struct ix_why *w, const struct sysv_perm *p,
			      uint32_t want)
{
	if (!want)
		return IX_SO;
	return ix_as_may_ipc(&w->as, (uint32_t)p->uid, (uint32_t)p->gid,
			     (uint32_t)p->cuid, (uint32_t)p->cgid, (uint32_t)p->mode,
			     want);
}

/* What would let this user in: the same mode with more bits. */
static void sysv_open(const struct ix_why *w, const struct ipcx_table *t,
		      const struct sysv_perm *p, uint32_t want, struct ix_reason *r)
{
	char ref[IPCX_REF_MAX], command[IX_WHY_TEXT / 2];
	uint32_t mode = (uint32_t)p->mode & 0777;

	if (w->as.uid == p->uid || w->as.uid == p->cuid)
		mode |= want;
	else if (ix_as_in_group(&w->as, (uint32_t)p->gid) == IX_SO ||
		 ix_as_in_group(&w->as, (uint32_t)p->cgid) == IX_SO)
		mode |= want >> 3;
	else
		mode |= want >> 6;
	ix_fix_command(command, sizeof(command), w->where, "set %s --mode %04o",
		       ix_sysv_ref(t, ref, sizeof(ref)), mode);
	if (ix_sysv_caller_owns(t))
		(void)snprintf(r->fix, sizeof(r->fix), "%s", command);
	else
		(void)snprintf(r->fix, sizeof(r->fix), "as its owner or root: %s",
			       command);
}

static const char *sysv_wanted(uint32_t want, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s%s%s", want & 0400 ? "to read" : "",
		       (want & 0600) == 0600 ? " and " : "",
		       want & 0200 ? "to alter" : "");
	return want & 0600 ? buf : "to execute";
}

void ix_sysv_why_denied(struct ix_why *w, uint32_t least, uint32_t most,
			struct ix_reason *r)
{
	const struct ipcx_table *t = ix_sysv_object(w, IX_SO_NOT, r);
	enum ix_so some, all;
	struct sysv_perm p;
	char name[80], wanted[40];

	if (!t)
		return;
	if (!sysv_perm(t, &p) || !w->as.ids_known) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: ids or permissions could not be read");
		return;
	}
	some = sysv_grants(w, &p, least);
	all = sysv_grants(w, &p, most);
	(void)ix_sysv_named(t, name, sizeof(name));
	(void)sysv_wanted(least ? least : most, wanted, sizeof(wanted));
	if (some == IX_SO_NOT) {
		ix_reason_set(r, IX_SO, "%s %s: %s %s not allowed %s it", name, p.text,
			      w->as.who, w->as.kind == IX_AS_SELF ? "are" : "is", wanted);
		sysv_open(w, t, &p, least, r);
	} else if (all == IX_SO) {
		ix_reason_set(r, IX_SO_NOT, "%s %s: %s may use it", name, p.text,
			      w->as.who);
	} else {
		ix_reason_set(
			r, IX_SO_UNKNOWN,
			"cannot be told: %s %s; what %s asked for, or all of its rights, are not known",
			name, p.text, w->as.who);
	}
}

void ix_sysv_why_denied_one(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	struct sysv_perm p;

	ix_sysv_why_denied(w, 0, 0600, r);
	if (r->applies != IX_SO_UNKNOWN)
		return;
	t = ix_sysv_object(w, IX_SO_NOT, r);
	if (t && sysv_perm(t, &p) && w->as.ids_known &&
	    sysv_grants(w, &p, 0400) == IX_SO_NOT &&
	    sysv_grants(w, &p, 0200) == IX_SO_NOT)
		ix_sysv_why_denied(w, 0600, 0600, r);
}

/* *get(2) compares the permission bits among the flags, for user, group and others alike,
 * with what the object grants (ipcperms() in ipc/util.c). */
void ix_sysv_why_get_denied(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_args *a = &w->a;
	uint32_t want = ix_args_has(a, IX_ARG_MODE) ? a->mode : a->flags & 0777;

	if (!ix_args_has(a, IX_ARG_MODE) && !ix_args_has(a, IX_ARG_FLAGS)) {
		/* The call failed in this way, so something was asked for. */
		ix_sysv_why_denied_one(w, r);
		return;
	}
	want = ((want >> 6) | (want >> 3) | want) & 07;
	if (want)
		ix_sysv_why_denied(w, want << 6, want << 6, r);
	else
		ix_reason_set(r, IX_SO_NOT,
			      "the flags have no permission bits: nothing is compared");
}

void ix_sysv_why_owner(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	enum ix_so capable = ix_as_capable(&w->as, CAP_SYS_ADMIN);
	struct sysv_perm p;
	char name[80];

	if (ix_why_cmd(w, "IPC_RMID") == IX_SO_NOT &&
	    ix_why_cmd(w, "IPC_SET") == IX_SO_NOT) {
		ix_reason_set(r, IX_SO_NOT, "%s is not reserved to the owner", w->a.cmd);
		return;
	}
	t = ix_sysv_object(w, IX_SO_NOT, r);
	if (!t)
		return;
	if (!sysv_perm(t, &p) || !w->as.ids_known) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: ids could not be read");
		return;
	}
	(void)ix_sysv_named(t, name, sizeof(name));
	if (w->as.uid == p.uid || w->as.uid == p.cuid) {
		ix_reason_set(r, IX_SO_NOT, "%s %s: that is %s", name, p.text, w->as.who);
		return;
	}
	ix_reason_set(r,
		      capable == IX_SO       ? IX_SO_NOT
		      : capable == IX_SO_NOT ? IX_SO
					     : IX_SO_UNKNOWN,
		      "%s%s %s and was created by uid %" PRIu64 ": that is not %s%s",
		      capable == IX_SO_UNKNOWN ? "cannot be told: " : "", name, p.text,
		      p.cuid, w->as.who,
		      capable == IX_SO       ? ", but there is CAP_SYS_ADMIN"
		      : capable == IX_SO_NOT ? ", and there is no CAP_SYS_ADMIN"
					     : "");
	if (capable == IX_SO_NOT && !ix_sysv_caller_owns(t))
		(void)snprintf(r->fix, sizeof(r->fix),
			       "have it done by its owner, its creator or root");
	else if (capable == IX_SO_NOT && ix_why_cmd(w, "IPC_RMID") == IX_SO)
		ix_fix_command(r->fix, sizeof(r->fix), w->where, "rm %s",
			       ix_sysv_ref(t, name, sizeof(name)));
	else if (capable == IX_SO_NOT)
		ix_fix_command(r->fix, sizeof(r->fix), w->where, "set %s --owner %u",
			       ix_sysv_ref(t, name, sizeof(name)), w->as.uid);
}
