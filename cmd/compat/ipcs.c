/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcs: its options and lists. Headings and rows are not always aligned, and scripts
 * depend on that. */
#include "compat/ipcs.h"

#include <limits.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "compat/form.h"
#include "compat/tool.h"
#include "ui/exit.h"
#include "ui/msg.h"
#include "ui/out.h"

/* Rows per slice: memory use does not depend on the number of objects. */
#define SLICE 512

/* Maximum size of a value: a user name and some padding. */
#define VALUE_MAX 512

const char *const ipcs_mechs[IPCS_KINDS] = { "msg", "shm", "sem" };

struct column {
	char heading[IX_TEXT(16)];
	int head;   /* width of the heading */
	int width;  /* width of the value: aligned left if positive, right if negative */
	size_t cut; /* maximum number of bytes of the value */
	enum ipcx_field field;
	enum ipcs_form form;
	char before[IX_TEXT(8)], after[IX_TEXT(8)]; /* blanks around the value */
};

struct list {
	const char *banner;
	const struct column *columns; /* terminated by .cut = 0 */
};

/* clang-format off */
static const struct column msg_default[] = {
	{ "key",        10,  10, 64, IPCX_F_KEY,    AS_KEY,    "",  "" },
	{ "msqid",      10,  10, 64, IPCX_F_ID,     AS_NUMBER, " ", "" },
	{ "owner",      10,  10, 10, IPCX_F_OWNER,  AS_NAME,   " ", "" },
	{ "perms",      10,  10, 64, IPCX_F_MODE,   AS_PERMS,  " ", "" },
	{ "used-bytes", 12,  12, 64, IPCX_F_CBYTES, AS_NUMBER, " ", "" },
	{ "messages",   12,  12, 64, IPCX_F_QNUM,   AS_NUMBER, " ", "" },
	{ .cut = 0 },
};

static const struct column msg_human[] = {
	{ "key",        10,  10, 64, IPCX_F_KEY,    AS_KEY,    "",  "" },
	{ "msqid",      10,  10, 64, IPCX_F_ID,     AS_NUMBER, " ", "" },
	{ "owner",      10,  10, 10, IPCX_F_OWNER,  AS_NAME,   " ", "" },
	{ "perms",      10,  10, 64, IPCX_F_MODE,   AS_PERMS,  " ", "" },
	{ "size",       12,  -6, 64, IPCX_F_CBYTES, AS_SIZE,   " ", "      " },
	{ "messages",   12,  12, 64, IPCX_F_QNUM,   AS_NUMBER, " ", "" },
	{ .cut = 0 },
};

static const struct column msg_time[] = {
	{ "msqid",      8,    8, 64, IPCX_F_ID,     AS_NUMBER, "",  "" },
	{ "owner",      10,  10, 10, IPCX_F_OWNER,  AS_NAME,   " ", "" },
	{ "send",       20,  20, 16, IPCX_F_STIME,  AS_SHORT,  " ", "" },
	{ "recv",       20,  20, 16, IPCX_F_RTIME,  AS_SHORT,  " ", "" },
	{ "change",     20,  20, 16, IPCX_F_CTIME,  AS_SHORT,  " ", "" },
	{ .cut = 0 },
};

static const struct column msg_pid[] = {
	{ "msqid",      10,   8, 64, IPCX_F_ID,     AS_NUMBER, "",  "" },
	{ "owner",      10,  10, 10, IPCX_F_OWNER,  AS_NAME,   " ", "" },
	{ "lspid",      10,  -5, 64, IPCX_F_LSPID,  AS_NUMBER, "  ", "" },
	{ "lrpid",      10,  -5, 64, IPCX_F_LRPID,  AS_NUMBER, "     ", "" },
	{ .cut = 0 },
};

#define CREATORS                                                                              \
	{ "perms", 10, 10, 64,        IPCX_F_MODE,          AS_PERMS, " ", "" },              \
	{ "cuid",  10, 10, VALUE_MAX, IPCX_F_CREATOR,       AS_NAME,  " ", "" },              \
	{ "cgid",  10, 10, VALUE_MAX, IPCX_F_CREATOR_GROUP, AS_NAME,  " ", "" },              \
	{ "uid",   10, 10, VALUE_MAX, IPCX_F_OWNER,         AS_NAME,  " ", "" },              \
	{ "gid",   10, 10, VALUE_MAX, IPCX_F_GROUP,         AS_NAME,  " ", "" },              \
	{ .cut = 0 }

static const struct column msg_creator[] = {
	{ "msqid",      10,  10, 64, IPCX_F_ID,     AS_NUMBER, "",  "" }, CREATORS };
static const struct column shm_creator[] = {
	{ "shmid",      10,  10, 64, IPCX_F_ID,     AS_NUMBER, "",  "" }, CREATORS };
static const struct column sem_creator[] = {
	{ "semid",      10,  10, 64, IPCX_F_ID,     AS_NUMBER, "",  "" }, CREATORS };

static const struct column shm_default[] = {
	{ "key",        10,  10, 64, IPCX_F_KEY,    AS_KEY,    "",  "" },
	{ "shmid",      10,  10, 64, IPCX_F_ID,     AS_NUMBER, " ", "" },
	{ "owner",      10,  10, 10, IPCX_F_OWNER,  AS_NAME,   " ", "" },
	{ "perms",      10,  10, 64, IPCX_F_MODE,   AS_PERMS,  " ", "" },
	{ "bytes",      10,  10, 64, IPCX_F_SIZE,   AS_NUMBER, " ", "" },
	{ "nattch",     10,  10, 64, IPCX_F_NATTCH, AS_NUMBER, " ", "" },
	{ "status",     12,   6, 64, IPCX_F_DEST,   AS_DEST,   " ", "" },
	{ "",           0,    6, 64, IPCX_F_LOCKED, AS_LOCKED, " ", "" },
	{ .cut = 0 },
};

static const struct column shm_human[] = {
	{ "key",        10,  10, 64, IPCX_F_KEY,    AS_KEY,    "",  "" },
	{ "shmid",      10,  10, 64, IPCX_F_ID,     AS_NUMBER, " ", "" },
	{ "owner",      10,  10, 10, IPCX_F_OWNER,  AS_NAME,   " ", "" },
	{ "perms",      10,  10, 64, IPCX_F_MODE,   AS_PERMS,  " ", "" },
	{ "size",       10,  -6, 64, IPCX_F_SIZE,   AS_SIZE,   " ", "    " },
	{ "nattch",     10,  10, 64, IPCX_F_NATTCH, AS_NUMBER, " ", "" },
	{ "status",     12,   6, 64, IPCX_F_DEST,   AS_DEST,   " ", "" },
	{ "",           0,    6, 64, IPCX_F_LOCKED, AS_LOCKED, " ", "" },
	{ .cut = 0 },
};

static const struct column shm_time[] = {
	{ "shmid",      10,  10, 64, IPCX_F_ID,     AS_NUMBER, "",  "" },
	{ "owner",      10,  10, 10, IPCX_F_OWNER,  AS_NAME,   " ", "" },
	{ "attached",   20,  20, 16, IPCX_F_ATIME,  AS_SHORT,  " ", "" },
	{ "detached",   20,  20, 16, IPCX_F_DTIME,  AS_SHORT,  " ", "" },
	{ "changed",    20,  20, 16, IPCX_F_CTIME,  AS_SHORT,  " ", "" },
	{ .cut = 0 },
};

static const struct column shm_pid[] = {
	{ "shmid",      10,  10, 64, IPCX_F_ID,     AS_NUMBER, "",  "" },
	{ "owner",      10,  10, 10, IPCX_F_OWNER,  AS_NAME,   " ", "" },
	{ "cpid",       10,  10, 64, IPCX_F_CPID,   AS_NUMBER, " ", "" },
	{ "lpid",       10,  10, 64, IPCX_F_LPID,   AS_NUMBER, " ", "" },
	{ .cut = 0 },
};

static const struct column sem_default[] = {
	{ "key",        10,  10, 64, IPCX_F_KEY,    AS_KEY,    "",  "" },
	{ "semid",      10,  10, 64, IPCX_F_ID,     AS_NUMBER, " ", "" },
	{ "owner",      10,  10, 10, IPCX_F_OWNER,  AS_NAME,   " ", "" },
	{ "perms",      10,  10, 64, IPCX_F_MODE,   AS_PERMS,  " ", "" },
	{ "nsems",      10,  10, 64, IPCX_F_NSEMS,  AS_NUMBER, " ", "" },
	{ .cut = 0 },
};

static const struct column sem_time[] = {
	{ "semid",        8,    8, 64, IPCX_F_ID,     AS_NUMBER, "",   "" },
	{ "owner",        10,  10, 10, IPCX_F_OWNER,  AS_NAME,   " ",  "" },
	{ "last-op",      26,  26, 24, IPCX_F_OTIME,  AS_LONG,   "  ", "" },
	{ "last-changed", 26,  26, 24, IPCX_F_CTIME,  AS_LONG,   " ",  "" },
	{ .cut = 0 },
};

/* Semaphores have no columns of process ids. */
static const struct list lists[IPCS_KINDS][VIEWS] = {
	[IPCS_MSG] = {
		[VIEW_DEFAULT] = { "Message Queues", msg_default },
		[VIEW_TIME]    = { "Message Queues Send/Recv/Change Times", msg_time },
		[VIEW_PID]     = { "Message Queues PIDs", msg_pid },
		[VIEW_CREATOR] = { "Message Queues Creators/Owners", msg_creator },
	},
	[IPCS_SHM] = {
		[VIEW_DEFAULT] = { "Shared Memory Segments", shm_default },
		[VIEW_TIME]    = { "Shared Memory Attach/Detach/Change Times", shm_time },
		[VIEW_PID]     = { "Shared Memory Creator/Last-op PIDs", shm_pid },
		[VIEW_CREATOR] = { "Shared Memory Segment Creators/Owners", shm_creator },
	},
	[IPCS_SEM] = {
		[VIEW_DEFAULT] = { "Semaphore Arrays", sem_default },
		[VIEW_TIME]    = { "Semaphore Operation/Change Times", sem_time },
		[VIEW_CREATOR] = { "Semaphore Arrays Creators/Owners", sem_creator },
	},
};
/* clang-format on */

/* ---- values */

/* A row has room for any user name that the C library can return. */
static char *ipcs_put_name(char *p, const char *name)
{
	size_t n = strnlen(name, VALUE_MAX);

	memcpy(p, name, n);
	return p + n;
}

static char *ipcs_put_time(char *p, const struct ipcx_value *v, bool whole)
{
	char text[FORM_MAX];
	size_t n;

	if (v->type == IPCX_TYPE_NONE)
		return ix_put_text(p, "Not set");
	n = (size_t)(form_ctime(text, v->as.i) - text);
	n = whole ? n : n - 4; /* without the day of the week */
	memcpy(p, whole ? text : text + 4, n);
	return p + n;
}

char *ipcs_value(char *p, const struct ipcx_table *t, size_t row, enum ipcx_field field,
		 enum ipcs_form form)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, row, field, &v) < 0 ||
	    (v.type == IPCX_TYPE_NONE && form != AS_SHORT && form != AS_LONG))
		v = (struct ipcx_value){ .type = IPCX_TYPE_UINT };
	switch (form) {
	case AS_NUMBER:
		return v.type == IPCX_TYPE_INT ? ix_put_i64(p, v.as.i)
					       : ix_put_u64(p, v.as.u);
	case AS_KEY:
		return ix_put_hex(ix_put_text(p, "0x"), v.as.u, 8);
	case AS_NAME:
		return v.type == IPCX_TYPE_STRING
			       ? ipcs_put_name(p, ipcx_value_string(&v))
			       : p;
	case AS_PERMS:
		return ix_put_oct(p, v.as.u, 1);
	case AS_MODE:
		return ix_put_oct(ix_put_text(p, v.as.u ? "0" : ""), v.as.u, 1);
	case AS_MODE_ALL:
		v.as.u |= tool_count(t, row, IPCX_F_DEST) << 9 |
			  tool_count(t, row, IPCX_F_LOCKED) << 10;
		return ix_put_oct(ix_put_text(p, v.as.u ? "0" : ""), v.as.u, 1);
	case AS_SIZE:
		return form_size(p, v.as.u);
	case AS_SHORT:
		return ipcs_put_time(p, &v, false);
	case AS_LONG:
		return ipcs_put_time(p, &v, true);
	case AS_DEST:
		return ix_put_text(p, v.as.u ? "dest" : "");
	case AS_LOCKED:
		return ix_put_text(p, v.as.u ? "locked" : "");
	}
	return p;
}

/* ---- lists */

static char *ipcs_put_cell(char *p, const struct ipcx_table *t, size_t row,
			   const struct column *c)
{
	size_t width = (size_t)(c->width < 0 ? -c->width : c->width), len;
	char *from = p = ix_put_text(p, c->before);

	p = ipcs_value(p, t, row, c->field, c->form);
	len = MIN((size_t)(p - from), c->cut);
	if (len < width && c->width < 0)
		memmove(from + width - len, from, len);
	if (len < width)
		memset(c->width < 0 ? from : from + len, ' ', width - len);
	return ix_put_text(from + MAX(len, width), c->after);
}

static void ipcs_put_rows(const struct ipcx_table *t, const struct column *columns)
{
	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		char *p = out_room();

		for (const struct column *c = columns; c->cut; c++)
			p = ipcs_put_cell(p, t, row, c);
		*p++ = '\n';
		out_done(p);
	}
}

static void put_heading(const struct list *l)
{
	out_format("------ %s --------\n", l->banner);
	for (const struct column *c = l->columns; c->cut; c++)
		if (c->head)
			out_format("%s%-*s", c == l->columns ? "" : " ", c->head,
				   c->heading);
	out_text("\n");
}

int ipcs_list(struct ipcx *x, enum ipcs_kind kind, enum ipcs_view view,
	      enum ipcs_unit unit)
{
	struct list l = lists[kind][view];
	struct ipcx_fieldset fields = { { 0 } };
	uint64_t resume = 0;

	if (!l.banner)
		return EXIT_DONE;
	if (unit == UNIT_HUMAN && l.columns == msg_default)
		l.columns = msg_human;
	if (unit == UNIT_HUMAN && l.columns == shm_default)
		l.columns = shm_human;
	for (const struct column *c = l.columns; c->cut; c++)
		ipcx_fieldset_add(&fields, c->field);
	put_heading(&l);
	do {
		struct ipcx_table *t =
			tool_scan(x, ipcs_mechs[kind], fields, SLICE, resume);

		if (!t)
			return EXIT_FAILED;
		ipcs_put_rows(t, l.columns);
		resume = ipcx_table_resume(t);
		ipcx_table_free(t);
	} while (resume);
	return EXIT_DONE;
}

/* ---- options */

#define OPT_HUMAN 256

/* clang-format off */
static const char *const groups[] = { "Which", "Which kinds", "What of them", NULL };

static const struct tool_opt opts[] = {
	{ "id",         'i', TAKES_ARGUMENT, 0, 0, "ID", "everything about the object with this id" },
	{ "shmems",     'm', TAKES_NOTHING,  0, 1, "", "shared memory segments" },
	{ "queues",     'q', TAKES_NOTHING,  0, 1, "", "message queues" },
	{ "semaphores", 's', TAKES_NOTHING,  0, 1, "", "semaphore arrays" },
	{ "all",        'a', TAKES_NOTHING,  0, 1, "", "all three, as without any of these" },
	{ "time",       't', TAKES_NOTHING,  0, 2, "", "times of the last uses and changes" },
	{ "pid",        'p', TAKES_NOTHING,  0, 2, "", "processes that made or last used them" },
	{ "creator",    'c', TAKES_NOTHING,  0, 2, "", "creators and owners" },
	{ "limits",     'l', TAKES_NOTHING,  0, 2, "", "the limits" },
	{ "summary",    'u', TAKES_NOTHING,  0, 2, "", "how much there is in all" },
	{ "human",      OPT_HUMAN, TAKES_NOTHING, 0, 2, "", "sizes in units that fit" },
	{ "bytes",      'b', TAKES_NOTHING,  0, 2, "", "sizes in bytes" },
	{ "version",    'V', TAKES_NOTHING,  0, 0, "", "the version" },
	{ "help",       'h', TAKES_NOTHING,  0, 0, "", "this" },
	{ .name = "" },
};
/* clang-format on */

struct options {
	bool kinds[IPCS_KINDS];
	bool by_id;
	int32_t id;
	enum ipcs_view view;
	enum ipcs_unit unit;
};

/* Apply one option; false if it is invalid. */
static bool ipcs_take(struct options *w, int c, const char *arg)
{
	static const char views[] = "\0tpclu"; /* in the order of enum ipcs_view */
	int64_t id;

	switch (c) {
	case 'i':
		if (!tool_number("failed to parse id argument", arg, 10, INT_MIN, INT_MAX,
				 &id))
			return false;
		w->by_id = true;
		w->id = (int32_t)id;
		return true;
	case 'a':
		w->kinds[IPCS_MSG] = w->kinds[IPCS_SHM] = w->kinds[IPCS_SEM] = true;
		return true;
	case 'm':
		return w->kinds[IPCS_SHM] = true;
	case 'q':
		return w->kinds[IPCS_MSG] = true;
	case 's':
		return w->kinds[IPCS_SEM] = true;
	case 'b':
		w->unit = UNIT_BYTES;
		return true;
	case OPT_HUMAN:
		w->unit = UNIT_HUMAN;
		return true;
	default:
		w->view = (enum ipcs_view)((const char *)memchr(views, c, sizeof(views)) -
					   views);
		return true;
	}
}

static int ipcs_put_detail(struct ipcx *x, const struct options *w)
{
	if (w->kinds[IPCS_MSG] + w->kinds[IPCS_SHM] + w->kinds[IPCS_SEM] != 1) {
		msg_error("when using an ID, a single resource must be specified");
		return EXIT_FAILED;
	}
	for (int k = 0; k < IPCS_KINDS; k++)
		if (w->kinds[k])
			return ipcs_detail(x, (enum ipcs_kind)k, w->id, w->unit);
	return EXIT_FAILED;
}

static int ipcs_show(struct ipcx *x, const struct options *w)
{
	struct ipcx_table *totals = NULL;
	int r = EXIT_DONE;

	if (w->view == VIEW_SUMMARY && ipcx_totals(x, &totals) < 0) {
		msg_error("%s", ipcx_error(x));
		return EXIT_FAILED;
	}
	ipcs_gaps(totals, w->kinds);
	out_text("\n");
	for (int k = 0; k < IPCS_KINDS && r == EXIT_DONE; k++) {
		enum ipcs_kind kind = (enum ipcs_kind)k;

		if (!w->kinds[k])
			continue;
		if (w->view == VIEW_LIMITS)
			r = ipcs_limits(x, kind, w->unit);
		else if (w->view == VIEW_SUMMARY)
			r = ipcs_summary(totals, kind, w->unit);
		else
			r = ipcs_list(x, kind, w->view, w->unit);
		out_text("\n");
	}
	ipcx_table_free(totals);
	return r;
}

static int ipcs_run(struct ipcx *x, const struct tool *t, int argc, char **argv)
{
	struct tool_walk walk = { .tool = t, .argc = argc, .argv = argv };
	struct options w = { .by_id = false };
	int c;

	while ((c = tool_next(&walk)) > 0)
		if (!ipcs_take(&w, c, walk.arg))
			return EXIT_FAILED;
	if (c < 0)
		return walk.status;
	if (w.by_id)
		return ipcs_put_detail(x, &w);
	if (!w.kinds[IPCS_MSG] && !w.kinds[IPCS_SHM] && !w.kinds[IPCS_SEM])
		(void)ipcs_take(&w, 'a', NULL);
	return ipcs_show(x, &w);
}

extern const struct tool tool_ipcs;
const struct tool tool_ipcs = {
	.name = "ipcs",
	.usage = " ipcs [-m] [-q] [-s] [-t|-p|-c|-l|-u]\n ipcs -m|-q|-s -i ID\n",
	.about = "Tell of System V IPC objects.",
	.groups = groups,
	.opts = opts,
	.run = ipcs_run,
};
