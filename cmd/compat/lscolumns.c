/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of lsipc, and how library values become their texts. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "base/util.h"
#include "compat/form.h"
#include "compat/lsipc.h"
#include "compat/tool.h"
#include "ui/msg.h"

#define LEFT(name, label)                        \
	{                                        \
		name, label, false, false, false \
	}
#define RIGHT(name, label)                      \
	{                                       \
		name, label, true, false, false \
	}
#define FOREIGN(name, label)                    \
	{                                       \
		name, label, false, false, true \
	}
#define OWNER(name, label)                     \
	{                                      \
		name, label, true, false, true \
	}

#define ALL    (LS_SYSV | LS_POSIX | LS_BIT(LS_LIMITS))
#define SHM    LS_BIT(LS_SHM)
#define MSG    LS_BIT(LS_MSG)
#define SEM    LS_BIT(LS_SEM)
#define LIMITS LS_BIT(LS_LIMITS)

/* clang-format off */
const struct ls_column ls_columns[] = {
	{ LEFT("KEY", "Key"),                  "key",                              ALL, LS_KEY,    IPCX_F_KEY,           0, false },
	{ LEFT("ID", "ID"),                    "id",                               ALL, LS_NUMBER, IPCX_F_ID,            0, false },
	{ OWNER("OWNER", "Owner"),             "owner by name, else uid",          ALL, LS_NAME,   IPCX_F_OWNER,         0, false },
	{ RIGHT("PERMS", "Permissions"),       "permissions",                      ALL, LS_PERMS,  IPCX_F_MODE,          0, false },
	{ RIGHT("CUID", "Creator UID"),        "creator's uid",                    ALL, LS_NUMBER, IPCX_F_CUID,          IPCX_F_UID, false },
	{ FOREIGN("CUSER", "Creator user"),    "creator",                          ALL, LS_KNOWN,  IPCX_F_CREATOR,       IPCX_F_CUID, false },
	{ RIGHT("CGID", "Creator GID"),        "creator's gid",                    ALL, LS_NUMBER, IPCX_F_CGID,          IPCX_F_GID, false },
	{ FOREIGN("CGROUP", "Creator group"),  "creator's group",                  ALL, LS_KNOWN,  IPCX_F_CREATOR_GROUP, IPCX_F_CGID, false },
	{ RIGHT("UID", "UID"),                 "owner's uid",                      ALL, LS_NUMBER, IPCX_F_UID,           0, true },
	{ FOREIGN("USER", "User name"),        "owner",                            ALL, LS_KNOWN,  IPCX_F_OWNER,         IPCX_F_UID, true },
	{ RIGHT("GID", "GID"),                 "owning group's id",                ALL, LS_NUMBER, IPCX_F_GID,           0, true },
	{ FOREIGN("GROUP", "Group name"),      "owning group",                     ALL, LS_KNOWN,  IPCX_F_GROUP,         IPCX_F_GID, true },
	{ RIGHT("CTIME", "Last change"),       "last change",                      ALL, LS_TIME,   IPCX_F_CTIME,         0, true },
	{ FOREIGN("NAME", "Name"),             "name",                        LS_POSIX, LS_POSIX_NAME, IPCX_F_NAME,      0, false },
	{ RIGHT("MTIME", "Last action"),       "last change of the contents", LS_POSIX, LS_TIME,   IPCX_F_MTIME,         0, false },
	{ RIGHT("SIZE", "Segment size"),       "size", SHM | LS_BIT(LS_PSHM),           LS_SIZE,   IPCX_F_SIZE,          0, false },
	{ RIGHT("NATTCH", "Attached processes"), "attaches",                       SHM, LS_NUMBER, IPCX_F_NATTCH,        0, false },
	{ { "STATUS", "Status", false, COLS_SELDOM, false },  "removed already, locked",          SHM, LS_TEXT,   IPCX_F_STATUS,        0, false },
	{ RIGHT("ATTACH", "Attach time"),      "last attach",                      SHM, LS_TIME,   IPCX_F_ATIME,         0, false },
	{ RIGHT("DETACH", "Detach time"),      "last detach",                      SHM, LS_TIME,   IPCX_F_DTIME,         0, false },
	{ { "COMMAND", "Creator command", false, COLS_CUT, true }, "command line of the process CPID", SHM, LS_COMMAND, IPCX_F_CPID, 0, false },
	{ RIGHT("CPID", "Creator PID"),        "process that made it",             SHM, LS_NUMBER, IPCX_F_CPID,          0, false },
	{ RIGHT("LPID", "Last user PID"),      "process that used it last",        SHM, LS_NUMBER, IPCX_F_LPID,          0, false },
	{ RIGHT("USEDBYTES", "Bytes used"),    "bytes of its messages", MSG | LS_BIT(LS_MQ), LS_SIZE, IPCX_F_CBYTES,      IPCX_F_QSIZE, false },
	{ LEFT("MSGS", "Messages"),            "messages in it",     MSG | LS_BIT(LS_MQ), LS_NUMBER, IPCX_F_QNUM,        IPCX_F_CURMSGS, false },
	{ RIGHT("SEND", "Msg sent"),           "last send",                        MSG, LS_TIME,   IPCX_F_STIME,         0, false },
	{ RIGHT("RECV", "Msg received"),       "last receive",                     MSG, LS_TIME,   IPCX_F_RTIME,         0, false },
	{ RIGHT("LSPID", "Msg sender"),        "process that sent last",           MSG, LS_NUMBER, IPCX_F_LSPID,         0, false },
	{ RIGHT("LRPID", "Msg receiver"),      "process that received last",       MSG, LS_NUMBER, IPCX_F_LRPID,         0, false },
	{ RIGHT("NSEMS", "Semaphores"),        "semaphores in it",                 SEM, LS_NUMBER, IPCX_F_NSEMS,         0, false },
	{ RIGHT("OTIME", "Last operation"),    "last semop(2)",                    SEM, LS_TIME,   IPCX_F_OTIME,         0, false },
	{ RIGHT("SVAL", "Value"),              "value",            LS_BIT(LS_PSEM), LS_NUMBER,     IPCX_F_VALUE,         0, false },
	{ LEFT("RESOURCE", "Resource"),        "name of the limit",             LIMITS, LS_TEXT,   IPCX_NO_FIELD,        0, false },
	{ LEFT("DESCRIPTION", "Description"),  "what it limits",                LIMITS, LS_TEXT,   IPCX_NO_FIELD,        0, false },
	{ RIGHT("LIMIT", "Limit"),             "the limit",                     LIMITS, LS_TEXT,   IPCX_NO_FIELD,        0, false },
	{ RIGHT("USED", "Used"),               "what is used of it",            LIMITS, LS_TEXT,   IPCX_NO_FIELD,        0, false },
	{ RIGHT("USE%", "Use"),                "the same in percent",           LIMITS, LS_TEXT,   IPCX_NO_FIELD,        0, false },
	{ .c.name = "" },
};

const struct ls_kind_info ls_kinds[] = {
	[LS_SHM]    = { "shm",  "sharedmemory",       "", "shared memory segment",
			"KEY,ID,PERMS,OWNER,SIZE,NATTCH,STATUS,CTIME,CPID,LPID,COMMAND", "ATTACH,DETACH", "CUID,CGID,UID,GID" },
	[LS_MSG]    = { "msg",  "messages",           "", "message queue",
			"KEY,ID,PERMS,OWNER,USEDBYTES,MSGS,LSPID,LRPID", "SEND,RECV,CTIME", "CUID,CGID,UID,GID" },
	[LS_SEM]    = { "sem",  "semaphores",         "semaphores", "semaphore",
			"KEY,ID,PERMS,OWNER,NSEMS", "OTIME,CTIME", "CUID,CGID,UID,GID" },
	[LS_PSHM]   = { "pshm", "posix-sharedmemory", "", "shared memory segment",
			"NAME,PERMS,OWNER,SIZE,MTIME", NULL, "CUID,CGID" },
	[LS_MQ]     = { "mq",   "posix-messages",     "", "message queue",
			"NAME,PERMS,OWNER,MTIME,USEDBYTES,MSGS", NULL, "CUID,CGID" },
	/* The originals call a missing semaphore a message queue. */
	[LS_PSEM]   = { "psem", "posix-semaphores",   "", "message queue",
			"NAME,PERMS,OWNER,MTIME,SVAL", NULL, "CUID,CGID" },
	[LS_LIMITS] = { NULL,   "ipclimits",          "", NULL,
			"RESOURCE,DESCRIPTION,LIMIT,USED,USE%", NULL, NULL },
};
/* clang-format on */

const struct ls_column *ls_column(const char *name, size_t len)
{
	for (const struct ls_column *c = ls_columns; *c->c.name; c++)
		if (!strncasecmp(c->c.name, name, len) && !c->c.name[len])
			return c;
	return NULL;
}

/* A cell has room for any user name that the C library can return. */
static char *lscolumns_put_name(char *p, const char *text)
{
	size_t n = strnlen(text, FORM_COMMAND_MAX);

	memcpy(p, text, n);
	return p + n;
}

/* Return whether the name of a user or group is only its number. */
static bool lscolumns_is_number(const struct ls_rows *rows, size_t row,
				const struct ls_column *c, const char *name)
{
	enum ipcx_field plain = c->plain;
	char text[IX_NUM_MAX];

	/* A file has only an owner; its creator is not known. */
	if (plain == IPCX_F_CUID && !tool_known(rows->t, row, plain))
		plain = IPCX_F_UID;
	if (plain == IPCX_F_CGID && !tool_known(rows->t, row, plain))
		plain = IPCX_F_GID;
	*ix_put_u64(text, tool_count(rows->t, row, plain)) = '\0';
	return !strcmp(text, name);
}

static char *lscolumns_put_time(char *p, int64_t when, enum ls_time how)
{
	switch (how) {
	case LS_SHORT:
		return form_short(p, when);
	case LS_FULL:
		return form_ctime(p, when);
	case LS_ISO:
		return form_iso(p, when);
	}
	return p;
}

/* Return the field of a POSIX object that corresponds to a System V field. */
static enum ipcx_field other(const struct ls_column *c)
{
	if (c->field == IPCX_F_CREATOR)
		return IPCX_F_OWNER;
	if (c->field == IPCX_F_CREATOR_GROUP)
		return IPCX_F_GROUP;
	return c->form == LS_KNOWN || !c->plain ? IPCX_NO_FIELD : c->plain;
}

static char *put_perms(char *p, uint64_t mode, bool numeric)
{
	if (!numeric)
		return form_perms(p, mode);
	return ix_put_oct(ix_put_text(p, mode ? "0" : ""), mode, 1);
}

static char *lscolumns_put_value(const struct ls_rows *rows, size_t row,
				 const struct ls_column *c, const struct ipcx_value *v,
				 char *p)
{
	char *end;

	switch (c->form) {
	case LS_TEXT:
		return ix_put_text(p, v->type == IPCX_TYPE_STRING ? ipcx_value_string(v)
								  : "");
	case LS_NUMBER:
		return v->type == IPCX_TYPE_INT ? ix_put_i64(p, v->as.i)
						: ix_put_u64(p, v->as.u);
	case LS_KEY:
		return ix_put_hex(ix_put_text(p, "0x"), v->as.u, 8);
	case LS_NAME:
		return lscolumns_put_name(p, ipcx_value_string(v));
	case LS_KNOWN:
		return lscolumns_is_number(rows, row, c, ipcx_value_string(v))
			       ? NULL
			       : lscolumns_put_name(p, ipcx_value_string(v));
	case LS_PERMS:
		return put_perms(p, v->as.u, rows->style.numeric_perms);
	case LS_SIZE:
		return rows->style.bytes ? ix_put_u64(p, v->as.u) : form_size(p, v->as.u);
	case LS_TIME:
		return v->as.i ? lscolumns_put_time(p, v->as.i, rows->style.time) : NULL;
	case LS_COMMAND:
		end = form_command(p, v->as.i);
		return end > p ? end : NULL;
	case LS_POSIX_NAME:
		/* The file name in its directory; the name of a queue begins with a
		 * slash. */
		return ix_put_text(p, ipcx_value_string(v) +
					      (ipcx_mech_has(ipcx_row_mech(rows->t, row),
							     IPCX_F_CURMSGS)
						       ? 0
						       : 1));
	}
	return NULL;
}

/* Return whether the column shows 0 where the library reports a PID of 0 as no value. */
static bool is_zero(const struct ls_column *c)
{
	return c->field == IPCX_F_CPID || c->field == IPCX_F_LPID ||
	       c->field == IPCX_F_LSPID || c->field == IPCX_F_LRPID;
}

char *ls_cell(const void *data, size_t row, size_t column, char *p)
{
	const struct ls_rows *rows = data;
	const struct ls_column *c = rows->columns[column];
	struct ipcx_value v;
	int r;

	if (rows->pick)
		row = rows->pick[row];
	if (c->sysv_only && ipcx_mech_info(ipcx_row_mech(rows->t, row))->named)
		return NULL;
	r = ipcx_row_get(rows->t, row, c->field, &v);
	if (r < 0 && other(c) != IPCX_NO_FIELD)
		r = ipcx_row_get(rows->t, row, other(c), &v);
	if (r < 0)
		return NULL;
	if (v.type == IPCX_TYPE_NONE && c->form == LS_NUMBER && is_zero(c))
		v = (struct ipcx_value){ .type = IPCX_TYPE_UINT };
	if (v.type == IPCX_TYPE_NONE && c->form != LS_TEXT)
		return NULL;
	return lscolumns_put_value(rows, row, c, &v, p);
}

/* ---- which */

static bool lscolumns_add_column(struct ls_options *w, const struct ls_column *c)
{
	if (w->cols.n == COLS_MAX)
		return false;
	w->cols.columns[w->cols.n] = &c->c;
	w->columns[w->cols.n++] = c;
	return true;
}

/* Add the columns of a built-in list, whose names are all valid. */
static void add_known(struct ls_options *w, const char *list)
{
	while (list && *list) {
		size_t n = strcspn(list, ",");

		(void)lscolumns_add_column(w, ls_column(list, n));
		list += n + (list[n] == ',');
	}
}

/* Add the columns of -o. An empty name fails without a message, as in the original. */
static bool add_named(struct ls_options *w, const char *list)
{
	if (!*list)
		return false;
	while (*list) {
		size_t n = strcspn(list, ",");
		const struct ls_column *c;

		if (n == 0 && list[1])
			return false;
		if (list[n] == ',' && !list[n + 1])
			n++; /* a trailing comma is part of the name */
		c = ls_column(list, n);
		if (!c) {
			msg_error("unknown column: %s", list);
			return false;
		}
		if (!lscolumns_add_column(w, c))
			return false;
		list += n + (list[n] == ',');
	}
	return true;
}

/* In lists of segments, the times come before the command. */
static void add_times(struct ls_options *w)
{
	const struct ls_column *last = w->columns[w->cols.n - 1];
	bool command = !w->global && last->form == LS_COMMAND;

	w->cols.n -= command;
	add_known(w, ls_kinds[w->kind].times);
	if (command)
		(void)lscolumns_add_column(w, last);
}

bool ls_choose(struct ls_options *w)
{
	bool pretty = (w->by_id || w->name) && !w->form_given;
	enum ls_kind applies = w->global ? LS_LIMITS : w->kind;

	if (pretty && (!w->output || *w->output == '+') && !w->creator && !w->time) {
		for (const struct ls_column *c = ls_columns; *c->c.name; c++)
			if (c->kinds & LS_BIT(w->kind))
				(void)lscolumns_add_column(w, c);
	} else if (!w->output || *w->output == '+') {
		if (w->kind != LS_NONE)
			add_known(w, ls_kinds[w->kind].columns);
		if (w->global)
			add_known(w, ls_kinds[LS_LIMITS].columns);
		if (w->creator && w->kind != LS_NONE)
			add_known(w, ls_kinds[w->kind].creators);
		if (w->time && w->kind != LS_NONE)
			add_times(w);
	}
	if (w->output && !add_named(w, w->output + (*w->output == '+')))
		return false;
	for (size_t i = 0; i < w->cols.n; i++)
		if (w->output && *w->output != '+' &&
		    !(w->columns[i]->kinds & LS_BIT(applies))) {
			msg_error("column %s does not apply to the specified IPC",
				  w->columns[i]->c.name);
			return false;
		}
	return true;
}

struct ipcx_fieldset ls_fields(const struct ls_options *w)
{
	struct ipcx_fieldset fields = IPCX_FIELDSET(IPCX_F_CURMSGS, IPCX_F_NAME);

	for (size_t i = 0; i < w->cols.n; i++) {
		const struct ls_column *c = w->columns[i];

		ipcx_fieldset_add(&fields, c->field);
		if (c->plain)
			ipcx_fieldset_add(&fields, c->plain);
		if (c->form == LS_KNOWN)
			ipcx_fieldset_add(&fields, c->plain == IPCX_F_CUID
							   ? IPCX_F_OWNER
							   : IPCX_F_GROUP);
	}
	return fields;
}
