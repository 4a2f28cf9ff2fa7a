/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lsipc -g: the limits by their C names, and their usage. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/util.h"
#include "compat/form.h"
#include "compat/gap.h"
#include "compat/lsipc.h"
#include "compat/tool.h"
#include "ui/exit.h"
#include "ui/msg.h"

/* Rows per slice when adding up usage. */
#define SLICE 512

enum use { USE_NONE, USE_LIMIT, USE_QUEUES, USE_PAGES };

struct row {
	enum ls_kind kind;
	char resource[IX_TEXT(12)], description[IX_TEXT(48)];
	char name[IX_TEXT(24)]; /* of ipcx_limits() */
	bool bytes;
	enum use use;
};

/* clang-format off */
static const struct row all[] = {
	{ LS_MSG, "MSGMNI", "Number of System V message queues",         "msgmni", false, USE_LIMIT },
	{ LS_MSG, "MSGMAX", "Max size of System V message (bytes)",      "msgmax", true,  USE_NONE },
	{ LS_MSG, "MSGMNB", "Default max size of System V queue (bytes)", "msgmnb", true,  USE_NONE },
	{ LS_MQ,  "MQUMNI", "Number of POSIX message queues",            "mqueue_queues_max",  false, USE_QUEUES },
	{ LS_MQ,  "MQUMAX", "Max size of POSIX message (bytes)",         "mqueue_msgsize_max", true,  USE_NONE },
	{ LS_MQ,  "MQUMNB", "Number of messages in POSIX message queue", "mqueue_msg_max",     false, USE_NONE },
	{ LS_SHM, "SHMMNI", "Shared memory segments",                    "shmmni", false, USE_LIMIT },
	{ LS_SHM, "SHMALL", "Shared memory pages",                       "shmall", false, USE_PAGES },
	{ LS_SHM, "SHMMAX", "Max size of shared memory segment (bytes)", "shmmax", true,  USE_NONE },
	{ LS_SHM, "SHMMIN", "Min size of shared memory segment (bytes)", "shmmin", true,  USE_NONE },
	{ LS_SEM, "SEMMNI", "Number of semaphore identifiers",           "semmni", false, USE_LIMIT },
	{ LS_SEM, "SEMMNS", "Total number of semaphores",                "semmns", false, USE_LIMIT },
	{ LS_SEM, "SEMMSL", "Max semaphores per semaphore set.",         "semmsl", false, USE_NONE },
	{ LS_SEM, "SEMOPM", "Max number of operations per semop(2)",     "semopm", false, USE_NONE },
	{ LS_SEM, "SEMVMX", "Semaphore max value",                       "semvmx", false, USE_NONE },
};
/* clang-format on */

/* A printed row. */
struct line {
	const char *resource, *description;
	char limit[FORM_MAX], used[FORM_MAX], percent[FORM_MAX];
};

struct lines {
	struct line all[ARRAY_SIZE(all)];
	const struct ls_column *const *columns;
};

static char *lslimits_cell(const void *data, size_t row, size_t column, char *p)
{
	const struct lines *lines = data;
	const struct line *l = &lines->all[row];
	const char *name = lines->columns[column]->c.name, *text;
	size_t n;

	if (lines->columns[column]->kinds != LS_BIT(LS_LIMITS))
		return NULL;
	text = !strcmp(name, "RESOURCE")      ? l->resource
	       : !strcmp(name, "DESCRIPTION") ? l->description
	       : !strcmp(name, "LIMIT")       ? l->limit
	       : !strcmp(name, "USED")        ? l->used
					      : l->percent;
	n = strlen(text);
	memcpy(p, text, n);
	return p + n;
}

/* Sum the whole pages of all segments, slightly less than the kernel's count. */
static bool count_pages(struct ipcx *x, uint64_t *ret_n)
{
	uint64_t sum = 0, resume = 0;
	bool known = true;

	do {
		struct ipcx_table *t =
			tool_scan(x, "shm", IPCX_FIELDSET(IPCX_F_SIZE), SLICE, resume);

		if (!t)
			return false;
		for (size_t i = 0; i < ipcx_table_rows(t); i++) {
			known = known && tool_known(t, i, IPCX_F_SIZE);
			sum += tool_count(t, i, IPCX_F_SIZE);
		}
		resume = ipcx_table_resume(t);
		known = known && !gap_unread(t, 0);
		ipcx_table_free(t);
	} while (resume);
	if (known)
		*ret_n = sum / (uint64_t)sysconf(_SC_PAGESIZE);
	return known;
}

static bool count_queues(struct ipcx *x, uint64_t *ret_n)
{
	struct ipcx_table *t;
	uint64_t n = 0;
	bool unread;

	if (!ls_mounted(x, LS_MQ)) {
		*ret_n = 0;
		return true;
	}
	t = tool_scan(x, "mq", IPCX_FIELDSET(IPCX_F_CURMSGS), 0, 0);
	if (!t)
		return false;
	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		n += tool_usable(t, i);
	unread = gap_unread(t, 0);
	ipcx_table_free(t);
	if (!unread)
		*ret_n = n;
	return !unread;
}

static bool lslimits_count(struct ipcx *x, const struct ipcx_table *t,
			   const struct row *r, uint64_t *ret_n)
{
	switch (r->use) {
	case USE_NONE:
		return false;
	case USE_LIMIT:
		return tool_limit(t, r->name, IPCX_F_USED, ret_n);
	case USE_QUEUES:
		return count_queues(x, ret_n);
	case USE_PAGES:
		return count_pages(x, ret_n);
	}
	return false;
}

static void lslimits_fill(struct ipcx *x, const struct ipcx_table *t, const struct row *r,
			  bool bytes, struct line *l)
{
	uint64_t limit = 0, used;
	bool known = tool_limit(t, r->name, IPCX_F_LIMIT, &limit);

	*l = (struct line){ .resource = r->resource,
			    .description = r->description,
			    .limit = "-",
			    .used = "-",
			    .percent = "-" };
	if (known && r->bytes && !bytes)
		*form_size(l->limit, limit) = '\0';
	else if (known)
		*ix_put_u64(l->limit, limit) = '\0';
	if (!lslimits_count(x, t, r, &used))
		return;
	*ix_put_u64(l->used, used) = '\0';
	/* No percentage if the limit is 0: the original prints inf or nan. */
	if (known && limit > 0)
		(void)snprintf(l->percent, sizeof(l->percent), "%.2f%%",
			       (double)used / (double)limit * 100);
}

int ls_limits(struct ipcx *x, struct cols *cols, const struct ls_column *const *columns,
	      unsigned kinds, bool bytes)
{
	const char *names[ARRAY_SIZE(all) + 1];
	struct lines lines = { .columns = columns };
	struct ipcx_table *t;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (kinds & LS_BIT(all[i].kind))
			names[n++] = all[i].name;
	names[n] = NULL;
	if (ipcx_limits(x, names, &t) < 0) {
		msg_error("%s", ipcx_error(x));
		return EXIT_FAILED;
	}
	(void)gap_table(t);
	n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (kinds & LS_BIT(all[i].kind))
			lslimits_fill(x, t, &all[i], bytes, &lines.all[n++]);
	ipcx_table_free(t);
	cols->cell = lslimits_cell;
	if (n > 0)
		cols_measure(cols, &lines, n);
	cols_put(cols, &lines, n);
	return EXIT_DONE;
}

bool ls_mounted(struct ipcx *x, enum ls_kind kind)
{
	if (kind == LS_MQ)
		return gap_queues(x);
	if ((kind == LS_PSHM || kind == LS_PSEM) && access("/dev/shm", F_OK) < 0) {
		msg_error(TOOL_NO_SHM);
		return false;
	}
	return true;
}
