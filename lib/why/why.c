/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a call failed: which causes come into question, and in which order they are told. */
#include "why/why.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/esc.h"
#include "core/columns.h"
#include "core/copyin.h"
#include "core/mech.h"
#include "mech/shmchecks.h"
#include "ns/ns.h"

struct why_row {
	struct ix_row head;
	ix_text call, error, cause, evidence, fix, program;
	uint8_t applies;
};

/* clang-format off */
static const struct ix_kind why_kind = {
	.name = "causes",
	.row_size = sizeof(struct why_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_CALL,     struct why_row, call),
		IX_COL(IPCX_F_ERROR,    struct why_row, error),
		IX_COL(IPCX_F_CAUSE,    struct why_row, cause),
		IX_COL(IPCX_F_APPLIES,  struct why_row, applies),
		IX_COL(IPCX_F_EVIDENCE, struct why_row, evidence),
		IX_COL(IPCX_F_FIX,      struct why_row, fix),
		IX_COL(IPCX_F_PROGRAM,  struct why_row, program)
	),
};
/* clang-format on */

_Static_assert(sizeof(struct why_row) % 8 == 0, "rows are compared by words");

/* A cause and what its check found. */
struct why_found {
	const struct ix_cause *cause;
	struct ix_reason reason;
};

/* ---- testing */

/* Facts are those of one mechanism. */
static void why_forget(struct ix_why *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(w->object); i++)
		ipcx_table_free(w->object[i].t);
	memset(w->object, 0, sizeof(w->object));
	ipcx_table_free(w->fits.least);
	ipcx_table_free(w->fits.most);
	memset(&w->fits, 0, sizeof(w->fits));
}

static void why_check(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	unsigned check = c->check;

	w->call = (enum ix_call)c->call;
	if (check == IX_CHECK_LIMIT)
		ix_why_limit(w, c->subject, r);
	else if (check == IX_CHECK_FILTER)
		ix_why_filter(w, c, r);
	else if (check >= IX_CHECK_POSIX)
		ix_why_posix(w, c, r);
	else if (check >= IX_CHECK_MQ)
		ix_why_mq(w, c, r);
	else if (check >= IX_CHECK_MSG)
		ix_why_msg(w, c, r);
	else if (check >= IX_CHECK_SEM)
		ix_why_sem(w, c, r);
	else if (check >= IX_CHECK_SHM)
		ix_why_shm(w, c, r);
	if (!r->evidence[0])
		ix_reason_set(r, r->applies, "%s",
			      r->applies == IX_SO_UNKNOWN ? "cannot be told from outside"
							  : "");
}

static bool why_said(const struct ix_cause *c)
{
	return c->check == IX_SHM_SAID;
}

static bool why_asks(const struct ix_why *w, const struct ix_cause *c)
{
	if (c->call == IX_CALL_NONE || !(w->calls >> c->call & 1))
		return false;
	if (why_said(c) ? !w->said || strcmp(c->subject, w->said) != 0 : !!w->said)
		return false;
	for (size_t i = 0; i < w->nerrors; i++)
		if (w->errors[i] == c->error)
			return true;
	return w->nerrors == 0;
}

/* Whether the mechanisms' lists have a cause of the same kind for these calls. */
static bool why_covered(const struct ix_why *w, const struct ix_cause *any)
{
	for (unsigned m = 0; ix_mech(m); m++)
		for (const struct ix_cause *c = ix_mech(m)->causes; c && c->text[0]; c++)
			if (c->error == any->error && c->check == any->check &&
			    why_asks(w, c))
				return true;
	return false;
}

/* Make the causes that every call can have those of the first call in question. They are
 * told only if their errno was named. Returns their number. */
static size_t why_any(struct ix_why *w)
{
	size_t n = 0;
	uint8_t call = IX_CALL_NONE;

	while (call < IX_CALLS && !(w->calls >> call & 1))
		call++;
	for (size_t i = 0; i < IX_ANY_CAUSES && w->nerrors; i++) {
		w->any[n] = ix_any_causes[i];
		w->any[n].call = call;
		if (why_asks(w, &w->any[n]) && !why_covered(w, &w->any[n]))
			n++;
	}
	return n;
}

static int why_add(struct ix_why *w, const struct why_found *f)
{
	struct why_row *row = ix_table_row(w->t);

	if (!row)
		return -ENOMEM;
	row->call = ix_table_text(w->t, ix_call_name((enum ix_call)f->cause->call));
	row->error = ix_table_text(w->t, ix_why_error_name(f->cause->error));
	row->cause = ix_table_text(w->t, f->cause->text);
	row->applies = f->reason.applies == IX_SO;
	if (f->reason.applies == IX_SO_UNKNOWN)
		ix_unknown(w->t, row, IPCX_F_APPLIES);
	if (f->reason.evidence[0])
		row->evidence = ix_table_text(w->t, f->reason.evidence);
	if (f->reason.fix[0])
		row->fix = ix_table_text(w->t, f->reason.fix);
	if (w->program[0])
		row->program = ix_table_text(w->t, w->program);
	ix_table_keep(w->t);
	return w->t->starved ? -ENOMEM : 0;
}

static void why_try(struct ix_why *w, const struct ix_cause *c, struct why_found *ret_f)
{
	ret_f->cause = c;
	ret_f->reason.applies = IX_SO_UNKNOWN;
	why_check(w, c, &ret_f->reason);
}

/* Test all causes, then add those that apply, those that may, and the others. */
static int why_test(struct ix_why *w)
{
	static const enum ix_so order[] = { IX_SO, IX_SO_UNKNOWN, IX_SO_NOT };
	auto_free struct why_found *found = NULL;
	size_t n = 0, any = why_any(w), room = any;
	int r = 0;

	for (unsigned m = 0; ix_mech(m); m++)
		for (const struct ix_cause *c = ix_mech(m)->causes; c && c->text[0]; c++)
			room += why_asks(w, c);
	found = calloc(room + 1, sizeof(*found));
	if (!found)
		return -ENOMEM;
	for (unsigned m = 0; ix_mech(m); m++) {
		why_forget(w);
		for (const struct ix_cause *c = ix_mech(m)->causes; c && c->text[0]; c++)
			if (why_asks(w, c))
				why_try(w, c, &found[n++]);
	}
	for (size_t i = 0; i < any; i++)
		why_try(w, &w->any[i], &found[n++]);
	for (size_t o = 0; o < ARRAY_SIZE(order); o++)
		for (size_t i = 0; i < n && r == 0; i++)
			if (found[i].reason.applies == order[o])
				r = why_add(w, &found[i]);
	return r;
}

/* ---- the question */

static int why_no_call(struct ipcx *x, const char *text)
{
	char shown[100], known[400];
	size_t at = 0;

	for (unsigned c = IX_CALL_NONE + 1; c < IX_CALLS; c++)
		at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
				       at ? ", " : "", ix_call_name((enum ix_call)c));
	(void)ix_escape(shown, sizeof(shown), text, IX_ESC_TEXT);
	return ix_fail_plain(x, -EINVAL, "%s: is not one of the calls %s", shown, known);
}

/* The call never fails with this errno: say with which it does. */
static int why_never(struct ix_why *w)
{
	char known[200];
	size_t at = 0;
	enum ix_call call = IX_CALL_NONE;

	while (call < IX_CALLS && !(w->calls >> call & 1))
		call++;
	known[0] = '\0';
	for (unsigned m = 0; ix_mech(m); m++)
		for (const struct ix_cause *c = ix_mech(m)->causes; c && c->text[0];
		     c++) {
			const char *name = ix_why_error_name(c->error);

			if (c->call != call || why_said(c) || strstr(known, name) ||
			    at + strlen(name) + 3 > sizeof(known))
				continue;
			at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
					       at ? ", " : "", name);
		}
	return ix_fail_plain(w->x, -EINVAL, "%s does not fail with %s%s%s",
			     ix_call_name(call), ix_why_error_name(w->errors[0]),
			     known[0] ? ", but with " : "", known);
}

static bool why_known(struct ix_why *w)
{
	for (unsigned m = 0; ix_mech(m); m++)
		for (const struct ix_cause *c = ix_mech(m)->causes; c && c->text[0]; c++)
			if (why_asks(w, c))
				return true;
	return why_any(w) > 0;
}

/* An object that none of the calls can be about would be taken for another one. */
static int why_takes(struct ix_why *w)
{
	char shown[200] = "";

	if (!ix_args_has(&w->a, IX_ARG_REF))
		return 0;
	for (unsigned c = IX_CALL_NONE + 1; c < IX_CALLS; c++) {
		w->call = (enum ix_call)c;
		if (w->calls >> c & 1 && ix_why_mech(w) == w->a.ref.mech)
			return 0;
	}
	for (w->call = IX_CALL_NONE + 1; !(w->calls >> w->call & 1);)
		w->call++;
	if (ix_why_mech(w) == IPCX_NO_MECH)
		return 0;
	(void)ipcx_ref_format(&w->a.ref, shown, sizeof(shown));
	return ix_fail_plain(w->x, -EINVAL, "%s: is no %s, which %s is about", shown,
			     ix_mech(ix_why_mech(w))->info.object, ix_call_name(w->call));
}

static int why_read(struct ix_why *w, const struct ipcx_failed_call *failed)
{
	char shown[100];
	int r = 0;

	if (failed->call) {
		enum ix_call call = ix_call_by_name(failed->call, strlen(failed->call));

		if (call == IX_CALL_NONE)
			return why_no_call(w->x, failed->call);
		w->calls = UINT64_C(1) << call;
	}
	if (failed->error) {
		w->errors[0] = ix_why_error(failed->error);
		w->nerrors = 1;
		(void)ix_escape(shown, sizeof(shown), failed->error, IX_ESC_TEXT);
		if (!w->errors[0])
			return ix_fail_plain(
				w->x, -EINVAL,
				"%s: is no errno, by name, number or text, nor SIGBUS or blocks",
				shown);
	}
	for (size_t i = 0; i < failed->nargs && r == 0; i++)
		r = ix_args_read(w->x, failed->args[i], &w->a);
	if (r < 0)
		return r;
	if (failed->line)
		r = ix_why_line(w, failed->line);
	if (r < 0)
		return r;
	if (!w->calls)
		return ix_fail_plain(w->x, -EINVAL, "which call failed is not said");
	r = why_takes(w);
	if (r < 0)
		return r;
	return why_known(w) ? 0 : why_never(w);
}

/* Whether a process has the same IPC namespace, mounts and root directory as we. */
static bool why_ours(struct ipcx *x, const struct ix_target *p)
{
	struct stat mine, theirs;
	int root = ix_rootfd(x);

	return p->ino == ix_ns_own(x, "ipc") && p->dirfd >= 0 && p->rootfd >= 0 &&
	       root >= 0 && fstatat(p->dirfd, "ns/mnt", &theirs, 0) == 0 &&
	       theirs.st_ino == ix_ns_own(x, "mnt") && fstat(p->rootfd, &theirs) == 0 &&
	       fstat(root, &mine) == 0 && theirs.st_dev == mine.st_dev &&
	       theirs.st_ino == mine.st_ino;
}

/* The process of the question has its own IPC namespace and /dev/shm. */
static int why_place(struct ix_why *w)
{
	char pid[16];
	int r;

	w->where = w->x->ns ? w->x->ns->where : NULL;
	if (w->x->ns && w->x->ns->all)
		return ix_fail_plain(w->x, -EINVAL,
				     "a call fails in one namespace: name it");
	if (w->as.kind != IX_AS_PROCESS || w->x->ns)
		return 0;
	(void)snprintf(pid, sizeof(pid), "%d", w->as.pid);
	r = ipcx_ns_open(w->x, pid, &w->own);
	if (r < 0)
		return r;
	ipcx_use(w->x, w->own);
	if (!why_ours(w->x, w->own->places))
		w->where = w->own->where;
	return 0;
}

static void why_end(struct ix_why *w)
{
	why_forget(w);
	if (w->own) {
		ipcx_use(w->x, NULL);
		ipcx_ns_free(w->own);
	}
	ix_as_end(&w->as);
}

static int why_answer(struct ix_why *w, const struct ipcx_failed_call *failed)
{
	int r = why_read(w, failed);

	if (r == 0)
		r = ix_as_begin(w->x, failed->flags, failed->uid, failed->pid, &w->as);
	if (r == 0)
		r = why_place(w);
	if (r == 0)
		r = ix_table_section(w->t, &why_kind, IPCX_NO_MECH);
	if (r == 0)
		r = why_test(w);
	return r == -ENOMEM ? ix_fail_plain(w->x, r, "out of memory") : r;
}

int ipcx_why(struct ipcx *x, const struct ipcx_failed_call *failed,
	     struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, failed, ret_table);
	struct ipcx_failed_call call;
	auto_free struct ix_why *w = NULL; /* large */
	int r = IX_COPY_IN(x, ipcx_failed_call, IPCX_FAILED_CALL_SIZE_0_1, failed, &call);

	if (r < 0)
		return r;
	if (call.flags & ~(IPCX_WHY_UID | IPCX_WHY_PID) ||
	    call.flags == (IPCX_WHY_UID | IPCX_WHY_PID))
		return ix_fail_plain(x, -EINVAL,
				     "the flags of struct ipcx_failed_call are invalid");
	if (call.nargs && !call.args)
		return ix_fail_plain(x, -EINVAL, "args is NULL, but nargs is not 0");
	w = calloc(1, sizeof(*w));
	if (!w)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	w->x = x;
	r = ix_table_new(&w->t);
	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	r = why_answer(w, &call);
	why_end(w);
	return ix_table_hand(x, w->t, r, ret_table);
}
