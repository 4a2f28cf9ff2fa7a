/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm: who uses the objects that are about to be removed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "object/rm.h"

/* The most processes that are named for one object. */
#define NAMED_MAX 3

/* What a process has done to be named. */
static const char *rmusers_verb(const struct ipcx_table *t, size_t row)
{
	struct ipcx_value how;

	if (ipcx_row_get(t, row, IPCX_F_HOW, &how) == 0 && how.type == IPCX_TYPE_STRING &&
	    !strcmp(ipcx_value_string(&how), "last-op"))
		return "last operated on by";
	return ipcx_mech_has(ipcx_row_mech(t, row), IPCX_F_NATTCH) ? "attached by"
								   : "used by";
}

/* Append "812 (postgres)". */
static void rmusers_add(const struct ipcx_table *t, size_t row, char *buf, size_t size)
{
	size_t at = strlen(buf);
	struct ipcx_value pid, command;
	const char *name = NULL;

	if (ipcx_row_get(t, row, IPCX_F_PID, &pid) < 0 || pid.type != IPCX_TYPE_INT)
		return;
	if (ipcx_row_get(t, row, IPCX_F_COMMAND, &command) == 0 &&
	    command.type == IPCX_TYPE_STRING)
		name = ipcx_value_string(&command);
	(void)snprintf(buf + at, size - at, "%s%" PRId64 "%s%.64s%s", at ? ", " : "",
		       pid.as.i, name ? " (" : "", name ? name : "", name ? ")" : "");
}

static bool rmusers_is_of(const struct ipcx_table *t, size_t row, const char *ref)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, IPCX_F_REF, &v) == 0 && v.type == IPCX_TYPE_STRING &&
	       !strcmp(ipcx_value_string(&v), ref);
}

/* Print "shm:5: attached by 812 (postgres), 1044 (psql), 3 more". */
static void rmusers_of(const struct ipcx_table *t, const char *ref, unsigned mech,
		       rm_line *line)
{
	char names[NAMED_MAX * 100] = "", text[sizeof(names) + 80];
	const char *verb = "";
	size_t n = 0;

	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		if (!rmusers_is_of(t, i, ref))
			continue;
		verb = rmusers_verb(t, i);
		if (n++ < NAMED_MAX)
			rmusers_add(t, i, names, sizeof(names));
	}
	if (n == 0)
		return;
	if (n <= NAMED_MAX)
		(void)snprintf(text, sizeof(text), "%s %s", verb, names);
	else
		(void)snprintf(text, sizeof(text), "%s %s, %zu more", verb, names,
			       n - NAMED_MAX);
	line(ref, ipcx_mech_info(mech)->name, text);
}

/* Say whether there may be further users. For a segment, the kernel counts them. */
static void rmusers_unseen(const struct ipcx_unseen *u, bool counted, rm_line *line)
{
	char text[160];

	if (u->attaches) {
		(void)snprintf(text, sizeof(text),
			       "%" PRIu64 " attach%s by processes that were not found",
			       u->attaches, u->attaches == 1 ? "" : "es");
		line(NULL, NULL, text);
	}
	if (u->processes && !counted) {
		(void)snprintf(text, sizeof(text),
			       "%" PRIu64 " process%s may not be looked at, and may use "
			       "them, too (needs CAP_SYS_PTRACE)",
			       u->processes, u->processes == 1 ? "" : "es");
		line(NULL, NULL, text);
	}
	if (u->others && !counted)
		line(NULL, NULL,
		     "processes outside this PID namespace, or hidden by hidepid, may "
		     "use them, too");
}

void rm_users_keep(struct rm_named_users *users, const struct ipcx_table *t, size_t row)
{
	if (users->n < RM_SHOWN)
		users->n += ipcx_row_ref(t, row, &users->refs[users->n]) == 0;
}

void rm_users_print(struct removal *rm, const struct rm_named_users *users, rm_line *line)
{
	struct ipcx_unseen unseen = { .size = sizeof(unseen) };
	const struct ipcx_query q = {
		.size = sizeof(q),
		.refs = users->refs,
		.nrefs = users->n,
		.fields =
			IPCX_FIELDSET(IPCX_F_REF, IPCX_F_PID, IPCX_F_COMMAND, IPCX_F_HOW),
		.flags = IPCX_NUMERIC,
	};
	char text[160 + IPCX_REF_MAX];
	bool counted = true;
	struct ipcx_table *t;

	if (!users->n)
		return;
	if (ipcx_users(rm->app->x, &q, 0, 0, &unseen, &t) < 0) {
		(void)snprintf(text, sizeof(text), "who uses them is unknown: %s",
			       ipcx_error(rm->app->x));
		line(NULL, NULL, text);
		return;
	}
	for (size_t i = 0; i < users->n; i++) {
		unsigned mech = users->refs[i].mech;
		char name[IPCX_REF_MAX];

		if (ipcx_ref_format(&users->refs[i], name, sizeof(name)) < 0)
			continue;
		counted &= !(ipcx_mech_can(mech) & IPCX_CAN_ATTACH) ||
			   ipcx_mech_has(mech, IPCX_F_NATTCH);
		rmusers_of(t, name, mech, line);
	}
	rmusers_unseen(&unseen, counted, line);
	ipcx_table_free(t);
}

/* ---- a dry run */

/* Users are named for people only: scripts need not wait for that. */
void rm_dry_users_keep(struct removal *rm, const struct ipcx_table *t)
{
	if (!rm->args->dry_run || (!rm->app->verbose && !isatty(msg_descriptor())))
		return;
	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		rm_users_keep(&rm->users, t, i);
}

static void rmusers_note(const char *ref, const char *mech, const char *text)
{
	if (ref)
		msg_object("info", ref, mech, "%s", text);
	else
		msg_note("%s", text);
}

void rm_dry_users_note(struct removal *rm)
{
	rm_users_print(rm, &rm->users, rmusers_note);
}
