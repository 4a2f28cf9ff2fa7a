/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcs -i, -l and -u, as tables of texts and values. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/util.h"
#include "compat/form.h"
#include "compat/gap.h"
#include "compat/ipcs.h"
#include "compat/tool.h"
#include "ui/exit.h"
#include "ui/msg.h"
#include "ui/out.h"

/* ---- one object */

/* A value, the text before the value, and the width to which the value is padded. */
struct piece {
	char before[IX_TEXT(36)]; /* "": the last one */
	enum ipcx_field field;
	enum ipcs_form form;
	size_t width;
	char human[IX_TEXT(12)]; /* the text before a size with --human */
};

#define END                                         \
	{                                           \
		"", IPCX_NO_FIELD, AS_NUMBER, 0, "" \
	}

/* clang-format off */
static const struct piece msg_pieces[] = {
	{ "\nMessage Queue msqid=", IPCX_F_ID,     AS_NUMBER, 0,  "" },
	{ "\nuid=",                 IPCX_F_UID,    AS_NUMBER, 0,  "" },
	{ "\tgid=",                 IPCX_F_GID,    AS_NUMBER, 0,  "" },
	{ "\tcuid=",                IPCX_F_CUID,   AS_NUMBER, 0,  "" },
	{ "\tcgid=",                IPCX_F_CGID,   AS_NUMBER, 0,  "" },
	{ "\tmode=",                IPCX_F_MODE,   AS_MODE_ALL, 0, "" },
	{ "\ncbytes=",              IPCX_F_CBYTES, AS_NUMBER, 0,  "\ncsize=" },
	{ "\tqbytes=",              IPCX_F_QBYTES, AS_NUMBER, 0,  "\tqsize=" },
	{ "\tqnum=",                IPCX_F_QNUM,   AS_NUMBER, 0,  "" },
	{ "\tlspid=",               IPCX_F_LSPID,  AS_NUMBER, 0,  "" },
	{ "\tlrpid=",               IPCX_F_LRPID,  AS_NUMBER, 0,  "" },
	{ "\nsend_time=",           IPCX_F_STIME,  AS_LONG,   26, "" },
	{ "\nrcv_time=",            IPCX_F_RTIME,  AS_LONG,   26, "" },
	{ "\nchange_time=",         IPCX_F_CTIME,  AS_LONG,   26, "" },
	END
};

static const struct piece shm_pieces[] = {
	{ "\nShared memory Segment shmid=", IPCX_F_ID, AS_NUMBER, 0, "" },
	{ "\nuid=",                 IPCX_F_UID,    AS_NUMBER, 0,  "" },
	{ "\tgid=",                 IPCX_F_GID,    AS_NUMBER, 0,  "" },
	{ "\tcuid=",                IPCX_F_CUID,   AS_NUMBER, 0,  "" },
	{ "\tcgid=",                IPCX_F_CGID,   AS_NUMBER, 0,  "" },
	{ "\nmode=",                IPCX_F_MODE,   AS_MODE_ALL, 0, "" },
	{ "\taccess_perms=",        IPCX_F_MODE,   AS_MODE,   0,  "" },
	{ "\nbytes=",               IPCX_F_SIZE,   AS_NUMBER, 0,  "\nsize=" },
	{ "\tlpid=",                IPCX_F_LPID,   AS_NUMBER, 0,  "" },
	{ "\tcpid=",                IPCX_F_CPID,   AS_NUMBER, 0,  "" },
	{ "\tnattch=",              IPCX_F_NATTCH, AS_NUMBER, 0,  "" },
	{ "\natt_time=",            IPCX_F_ATIME,  AS_LONG,   26, "" },
	{ "\ndet_time=",            IPCX_F_DTIME,  AS_LONG,   26, "" },
	{ "\nchange_time=",         IPCX_F_CTIME,  AS_LONG,   26, "" },
	END
};

static const struct piece sem_pieces[] = {
	{ "\nSemaphore Array semid=", IPCX_F_ID,   AS_NUMBER, 0,  "" },
	{ "\nuid=",                 IPCX_F_UID,    AS_NUMBER, 0,  "" },
	{ "\t gid=",                IPCX_F_GID,    AS_NUMBER, 0,  "" },
	{ "\t cuid=",               IPCX_F_CUID,   AS_NUMBER, 0,  "" },
	{ "\t cgid=",               IPCX_F_CGID,   AS_NUMBER, 0,  "" },
	{ "\nmode=",                IPCX_F_MODE,   AS_MODE_ALL, 0, "" },
	{ ", access_perms=",        IPCX_F_MODE,   AS_MODE,   0,  "" },
	{ "\nnsems = ",             IPCX_F_NSEMS,  AS_NUMBER, 0,  "" },
	{ "\notime = ",             IPCX_F_OTIME,  AS_LONG,   26, "" },
	{ "\nctime = ",             IPCX_F_CTIME,  AS_LONG,   26, "" },
	END
};

static const struct piece sem_elements[] = {
	{ "\n",                     IPCX_F_SEMNUM,  AS_NUMBER, 10, "" },
	{ " ",                      IPCX_F_VALUE,   AS_NUMBER, 10, "" },
	{ " ",                      IPCX_F_SEMNCNT, AS_NUMBER, 10, "" },
	{ " ",                      IPCX_F_SEMZCNT, AS_NUMBER, 10, "" },
	{ " ",                      IPCX_F_SEMPID,  AS_NUMBER, 10, "" },
	END
};
/* clang-format on */

static const struct piece *const pieces[IPCS_KINDS] = { msg_pieces, shm_pieces,
							sem_pieces };

static void put_pieces(const struct ipcx_table *t, size_t row, const struct piece *all,
		       enum ipcs_unit unit)
{
	for (const struct piece *o = all; *o->before; o++) {
		bool human = unit == UNIT_HUMAN && *o->human;
		char *from, *p;

		out_text(human ? o->human : o->before);
		from = out_room();
		p = ipcs_value(from, t, row, o->field, human ? AS_SIZE : o->form);
		while ((size_t)(p - from) < o->width)
			*p++ = ' ';
		out_done(p);
	}
}

/* Read the semaphores first: without read permission nothing is printed. */
static int elements(struct ipcx *x, const struct ipcx_ref *ref, struct ipcx_table **ret_t)
{
	int r = ipcx_contents(x, ref, ret_t);

	if (r == 0)
		(void)gap_table(*ret_t);
	if (r == -ENOENT)
		return r;
	if (r < 0)
		msg_error("semctl(GETVAL) failed: %s", strerror(-r));
	return r;
}

static void ipcsdetail_missing(int32_t id)
{
	msg_error("id %d not found", id);
}

int ipcs_detail(struct ipcx *x, enum ipcs_kind kind, int32_t id, enum ipcs_unit unit)
{
	struct ipcx_ref ref = tool_ref(ipcs_mechs[kind], id);
	struct ipcx_table *t = id < 0 ? NULL
				      : tool_find(x, &ref,
						  (struct ipcx_fieldset){ { 0 } }),
			  *inside = NULL;
	int r = 0;

	if (t && kind == IPCS_SEM)
		r = elements(x, &ref, &inside);
	if (!t || r == -ENOENT)
		ipcsdetail_missing(id);
	if (t && r == 0) {
		put_pieces(t, 0, pieces[kind], unit);
		if (inside)
			out_format("\n%-10s %-10s %-10s %-10s %-10s", "semnum", "value",
				   "ncount", "zcount", "pid");
		for (size_t i = 0; inside && i < ipcx_table_rows(inside); i++)
			put_pieces(inside, i, sem_elements, unit);
		out_text("\n\n");
	}
	ipcx_table_free(inside);
	ipcx_table_free(t);
	return r < 0 && r != -ENOENT ? EXIT_FAILED : EXIT_DONE;
}

/* ---- limits */

enum measure { PLAIN, BYTES, KBYTES, PAGES };

struct limit_line {
	const char *text;
	const char *name;     /* of ipcx_limits() */
	enum measure measure; /* KBYTES: the library reports bytes */
};

/* clang-format off */
static const struct limit_line msg_limits[] = {
	{ "max queues system wide",       "msgmni", PLAIN },
	{ "max size of message",          "msgmax", BYTES },
	{ "default max size of queue",    "msgmnb", BYTES },
	{ NULL, NULL, PLAIN },
};

static const struct limit_line shm_limits[] = {
	{ "max number of segments",       "shmmni", PLAIN },
	{ "max seg size",                 "shmmax", KBYTES },
	{ "max total shared memory",      "shmall", PAGES },
	{ "min seg size",                 "shmmin", BYTES },
	{ NULL, NULL, PLAIN },
};

static const struct limit_line sem_limits[] = {
	{ "max number of arrays",         "semmni", PLAIN },
	{ "max semaphores per array",     "semmsl", PLAIN },
	{ "max semaphores system wide",   "semmns", PLAIN },
	{ "max ops per semop call",       "semopm", PLAIN },
	{ "semaphore max value",          "semvmx", PLAIN },
	{ NULL, NULL, PLAIN },
};

static const struct {
	const char *banner;
	const struct limit_line *lines;
} limits[IPCS_KINDS] = {
	[IPCS_MSG] = { "Messages Limits",      msg_limits },
	[IPCS_SHM] = { "Shared Memory Limits", shm_limits },
	[IPCS_SEM] = { "Semaphore Limits",     sem_limits },
};
/* clang-format on */

/* Convert pages to bytes; on overflow return the largest multiple of a page. */
static uint64_t from_pages(uint64_t n, uint64_t page)
{
	uint64_t bytes;

	return __builtin_mul_overflow(n, page, &bytes) ? UINT64_MAX / page * page : bytes;
}

static void put_limit(const struct limit_line *l, uint64_t n, enum ipcs_unit unit)
{
	static const char *const units[] = {
		[PLAIN] = "", [BYTES] = " (bytes)", [KBYTES] = " (kbytes)", [PAGES] = " (kbytes)"
	};
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const char *word = units[l->measure];
	char text[FORM_MAX] = "";

	if (l->measure != PLAIN && unit == UNIT_HUMAN) {
		*form_size(text, l->measure == PAGES ? from_pages(n, page) : n) = '\0';
		out_format("%s = %s\n", l->text, text);
		return;
	}
	if (unit == UNIT_BYTES && l->measure != PLAIN) {
		word = units[BYTES];
		n = l->measure == PAGES ? from_pages(n, page) : n;
	} else if (l->measure == KBYTES) {
		n /= 1024;
	} else if (l->measure == PAGES) {
		n = from_pages(n, page / 1024);
	}
	*ix_put_u64(text, n) = '\0';
	out_format("%s%s = %s\n", l->text, word, text);
}

int ipcs_limits(struct ipcx *x, enum ipcs_kind kind, enum ipcs_unit unit)
{
	const char *names[8];
	struct ipcx_table *t;
	size_t n = 0;

	for (const struct limit_line *l = limits[kind].lines; l->text; l++)
		names[n++] = l->name;
	names[n] = NULL;
	if (ipcx_limit_values(x, names, &t) < 0) {
		msg_error("%s", ipcx_error(x));
		return EXIT_FAILED;
	}
	(void)gap_table(t);
	out_format("------ %s --------\n", limits[kind].banner);
	for (const struct limit_line *l = limits[kind].lines; l->text; l++) {
		uint64_t value;

		if (tool_limit(t, l->name, IPCX_F_LIMIT, &value))
			put_limit(l, value, unit);
		else
			out_format("%s = -\n", l->text);
	}
	ipcx_table_free(t);
	return EXIT_DONE;
}

/* ---- totals */

static unsigned long long total(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	return tool_count(t, row, f);
}

static unsigned long long pages(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	return tool_count(t, row, f) / (uint64_t)sysconf(_SC_PAGESIZE);
}

static void put_space(uint64_t n, enum ipcs_unit unit)
{
	char text[FORM_MAX];

	if (unit == UNIT_HUMAN)
		*form_size(text, n) = '\0';
	else
		*ix_put_u64(text, n) = '\0';
	out_format("used space%s = %s%s\n", unit == UNIT_BYTES ? " (bytes)" : "", text,
		   unit == UNIT_DEFAULT ? " bytes" : "");
}

static void put_totals(const struct ipcx_table *t, size_t row, enum ipcs_kind kind,
		       enum ipcs_unit unit)
{
	switch (kind) {
	case IPCS_MSG:
		out_format("allocated queues = %llu\nused headers = %llu\n",
			   total(t, row, IPCX_F_OBJECTS), total(t, row, IPCX_F_QNUM));
		put_space(tool_count(t, row, IPCX_F_CBYTES), unit);
		break;
	case IPCS_SHM:
		out_format("segments allocated %llu\npages allocated %llu\n"
			   "pages resident  %llu\npages swapped   %llu\n"
			   "Swap performance: 0 attempts\t 0 successes\n",
			   total(t, row, IPCX_F_OBJECTS), pages(t, row, IPCX_F_ALLOCATED),
			   pages(t, row, IPCX_F_RSS), pages(t, row, IPCX_F_SWAP));
		break;
	case IPCS_SEM:
		out_format("used arrays = %llu\nallocated semaphores = %llu\n",
			   total(t, row, IPCX_F_OBJECTS), total(t, row, IPCX_F_NSEMS));
		break;
	case IPCS_KINDS:
		break;
	}
}

void ipcs_gaps(const struct ipcx_table *totals, const bool *kinds)
{
	uint64_t mask = 0;
	unsigned mech;

	for (int k = 0; k < IPCS_KINDS; k++)
		if (kinds[k] && ipcx_mech_by_name(ipcs_mechs[k], (size_t)-1, &mech) == 0)
			mask |= IPCX_MECH_BIT(mech);
	(void)gap_table_of(totals, mask);
}

int ipcs_summary(const struct ipcx_table *t, enum ipcs_kind kind, enum ipcs_unit unit)
{
	static const struct {
		const char *banner, *missing;
	} texts[] = {
		[IPCS_MSG] = { "Messages Status", "message queues" },
		[IPCS_SHM] = { "Shared Memory Status", "shared memory" },
		[IPCS_SEM] = { "Semaphore Status", "semaphores" },
	};
	unsigned mech = IPCX_NO_MECH;
	bool found = false;

	(void)ipcx_mech_by_name(ipcs_mechs[kind], (size_t)-1, &mech);
	out_format("------ %s --------\n", texts[kind].banner);
	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		if (ipcx_row_mech(t, i) == mech) {
			put_totals(t, i, kind, unit);
			found = true;
		}
	if (!found)
		out_format("kernel not configured for %s\n", texts[kind].missing);
	return EXIT_DONE;
}
