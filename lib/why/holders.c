/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The processes that have an object open, and the limits of the process that failed. */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cap.h"
#include "base/esc.h"
#include "why/fix.h"
#include "why/place.h"

/* The most processes that are named. */
#define HOLDERS_NAMED 4

static int holders_ask(struct ix_why *w, pid_t pid, struct ipcx_unseen *ret_unseen,
		       struct ipcx_table **ret_t)
{
	struct ipcx_ref ref;
	struct ipcx_query q = { .size = sizeof(q), .refs = &ref, .nrefs = 1 };
	static const enum ipcx_field fields[] = {
		IPCX_F_PID,
		IPCX_F_COMMAND,
		IPCX_F_ACCESS,
		IPCX_F_HOW,
	};

	if (!ix_why_ref(w, ix_why_mech(w), &ref))
		return -EDESTADDRREQ;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		ipcx_fieldset_add(&q.fields, fields[i]);
	*ret_unseen = (struct ipcx_unseen){ .size = sizeof(*ret_unseen) };
	return ipcx_users(w->x, &q, pid, 0, ret_unseen, ret_t);
}

/* Whether a row is about an access; unknown access counts as any. */
static bool holders_way(const struct ipcx_table *t, size_t row, char way)
{
	struct ipcx_value v;
	const char *access = ix_why_word(t, row, IPCX_F_ACCESS, &v);

	return !way || !access || strchr(access, way);
}

/* A row that says who is registered for notification, not who has it open. */
static bool holders_notified(const struct ipcx_table *t, size_t row)
{
	struct ipcx_value v;
	const char *how = ix_why_word(t, row, IPCX_F_HOW, &v);

	return how && !strcmp(how, "notify");
}

int ix_place_holders(struct ix_why *w, char way, char *buf, size_t size, bool *ret_whole)
{
	struct ipcx_unseen unseen;
	struct ipcx_table *t = NULL;
	size_t at = 0;
	int n = 0, r = holders_ask(w, 0, &unseen, &t);

	buf[0] = '\0';
	*ret_whole = false;
	if (r < 0)
		return r;
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_value v;
		const char *command;
		char shown[80] = "?";
		uint64_t pid = 0;

		(void)ix_why_number(t, i, IPCX_F_PID, &pid);
		if (!holders_way(t, i, way) || holders_notified(t, i) ||
		    (w->as.kind == IX_AS_PROCESS && pid == (uint64_t)w->as.pid))
			continue;
		command = ix_why_word(t, i, IPCX_F_COMMAND, &v);
		if (command)
			(void)ix_escape(shown, sizeof(shown), command, IX_ESC_TEXT);
		if (n < HOLDERS_NAMED && at < size)
			at += (size_t)snprintf(buf + at, size - at,
					       "%s%s (process %" PRIu64 ")",
					       n ? ", " : "", shown, pid);
		n++;
	}
	if (n > HOLDERS_NAMED && at < size)
		(void)snprintf(buf + at, size - at, " and %d more", n - HOLDERS_NAMED);
	*ret_whole = !unseen.processes && !unseen.others && ipcx_table_complete(t);
	ipcx_table_free(t);
	return n;
}

int ix_place_opened(struct ix_why *w, bool *ret_r, bool *ret_w)
{
	struct ipcx_unseen unseen;
	struct ipcx_table *t = NULL;
	int r;

	if (w->as.kind != IX_AS_PROCESS)
		return -EDESTADDRREQ;
	r = holders_ask(w, w->as.pid, &unseen, &t);
	if (r < 0)
		return r;
	*ret_r = *ret_w = false;
	r = unseen.processes ? -EACCES : 0;
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_value v;
		const char *access = ix_why_word(t, i, IPCX_F_ACCESS, &v);

		if (holders_notified(t, i))
			continue;
		r = 1;
		*ret_r |= !access || strchr(access, 'r');
		*ret_w |= !access || strchr(access, 'w');
	}
	ipcx_table_free(t);
	return r;
}

void ix_place_rlimit(struct ix_why *w, int which, uint64_t to, struct ix_reason *r)
{
	static const struct {
		int which;
		char option[12], letter;
	} options[] = {
		{ RLIMIT_MSGQUEUE, "msgqueue", 'q' },
		{ RLIMIT_NOFILE, "nofile", 'n' },
		{ RLIMIT_FSIZE, "fsize", 'f' },
		{ RLIMIT_AS, "as", 'v' },
	};
	const struct ix_as *as = &w->as;
	uint64_t hard = as->limits_known ? as->limits[which].hard : UINT64_MAX;
	bool above = to > hard, able = ix_cap_has(CAP_SYS_RESOURCE) == 1;
	char who[40] = "";
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(options) && options[i].which != which)
		i++;
	if (as->kind != IX_AS_PROCESS) {
		(void)snprintf(r->fix, sizeof(r->fix),
			       "start it with a higher limit: prlimit --%s=%" PRIu64
			       " COMMAND (ulimit -%c)",
			       options[i].option, to, options[i].letter);
		return;
	}
	/* The user's own processes, up to their hard limits; others with the capability. */
	if (above && !able)
		(void)snprintf(who, sizeof(who), "with CAP_SYS_RESOURCE: ");
	else if (!able && as->uid != geteuid())
		(void)snprintf(who, sizeof(who), "as uid %" PRIu32 ": ", as->uid);
	(void)snprintf(r->fix, sizeof(r->fix),
		       "%sprlimit --pid %" PRId32 " --%s=%" PRIu64 "%s", who, as->pid,
		       options[i].option, to, above ? "" : ":");
}

void ix_place_fds(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_as *as = &w->as;
	uint64_t most;

	if (as->kind != IX_AS_PROCESS) {
		ix_reason_set(
			r, IX_SO_UNKNOWN,
			"cannot be told: the process is not known whose descriptors count");
		return;
	}
	if (!as->limits_known || as->fds == UINT64_MAX) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the descriptors of %s may not be counted",
			      as->who);
		return;
	}
	most = as->limits[RLIMIT_NOFILE].soft;
	ix_reason_set(r, ix_so(as->fds >= most),
		      "%s has %" PRIu64
		      " descriptors open, its RLIMIT_NOFILE is %" PRIu64,
		      as->who, as->fds, most);
	if (r->applies == IX_SO)
		ix_place_rlimit(w, RLIMIT_NOFILE, MAX(2 * most, 64), r);
}

void ix_place_tracer(struct ix_why *w, struct ix_reason *r)
{
	int32_t tracer = w->as.tracer;

	if (w->as.kind != IX_AS_PROCESS || tracer < 0)
		ix_reason_set(
			r, IX_SO_UNKNOWN,
			"cannot be told: the process is not known, nor who signalled it");
	else if (tracer)
		ix_reason_set(r, IX_SO, "process %" PRId32 " traces %s", tracer,
			      w->as.who);
	else
		ix_reason_set(r, IX_SO_NOT, "no debugger is attached to %s", w->as.who);
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix), "repeat the call after EINTR");
}
