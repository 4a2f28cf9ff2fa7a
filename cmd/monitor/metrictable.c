/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The families of metrics: their names, and the fields whose descriptions and units they
 * have. The text is valid for two readers: the textfile collector of node_exporter, which
 * knows only the classic format and no type but gauge here, and OpenMetrics, where the
 * unit ends the name and "# EOF" the text. What one of them needs is a comment for the
 * other.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "monitor/metrics.h"

#define NONE IPCX_NO_FIELD

/* clang-format off */
static const struct metric_family families[] = {
	/* Those of a set stand together; the first one says which samples are the largest.
	 * name, without the unit     fields                              set                fold          description */
	{ "objects",                  IPCX_F_OBJECTS, NONE,               METRIC_GROUPS,     FOLD_ADD,     "" },
	{ "bytes",                    IPCX_F_BYTES, NONE,                 METRIC_GROUPS,     FOLD_ADD,     "" },
	{ "messages",                 IPCX_F_MESSAGE_COUNT, NONE,              METRIC_GROUPS,     FOLD_ADD,     "" },
	{ "semaphores",               IPCX_F_SEMAPHORE_COUNT, NONE,            METRIC_GROUPS,     FOLD_ADD,     "" },
	{ "attaches",                 IPCX_F_ATTACHES, NONE,              METRIC_GROUPS,     FOLD_ADD,     "" },
	{ "unattached_objects",       IPCX_F_UNATTACHED_COUNT, NONE,            METRIC_GROUPS,     FOLD_ADD,     "" },
	{ "unattached_bytes",         IPCX_F_UNATTACHED_BYTES, NONE,      METRIC_GROUPS,     FOLD_ADD,     "" },
	{ "fullest_queue",            IPCX_F_FULLEST, NONE,               METRIC_GROUPS,     FOLD_HIGHEST, "" },
	{ "oldest_use_timestamp",     IPCX_F_OLDEST, NONE,                METRIC_GROUPS,     FOLD_LOWEST,  "" },
	{ "resident",                 IPCX_F_RESIDENT, NONE,              METRIC_GROUPS,     FOLD_ADD,     "" },
	{ "swapped",                  IPCX_F_SWAP, NONE,                  METRIC_GROUPS,     FOLD_ADD,     "" },
	{ "users",                    IPCX_F_USER_COUNT, NONE,            METRIC_GROUPS,     FOLD_ADD,     "" },
	{ "unused_objects",           IPCX_F_UNUSED_COUNT, NONE,                METRIC_GROUPS,     FOLD_ADD,     "" },
	{ "unused_bytes",             IPCX_F_UNUSED_BYTES, NONE,          METRIC_GROUPS,     FOLD_ADD,     "" },
	{ "waiting_threads",          IPCX_F_OBJECTS, NONE,               METRIC_WAITS,      FOLD_ADD,     "threads that wait for objects" },
	{ "stuck_threads",            IPCX_F_OBJECTS, NONE,               METRIC_STUCK,      FOLD_ADD,     "threads that may wait forever; grade: how sure that is" },
	{ "findings",                 IPCX_F_OBJECTS, NONE,               METRIC_FINDINGS,   FOLD_ADD,     "findings of ipcx doctor; grade: how sure they are" },
	{ "limit_used",               IPCX_F_PERCENT, NONE,               METRIC_LIMITS,     FOLD_HIGHEST, "" },
	{ "limit_used",               IPCX_F_USED, NONE,                  METRIC_LIMITS,     FOLD_HIGHEST, "" },
	{ "limit",                    IPCX_F_LIMIT, NONE,                 METRIC_LIMITS,     FOLD_HIGHEST, "" },
	{ "namespaces",               NONE, NONE,                         METRIC_NAMESPACES, FOLD_ADD,     "IPC namespaces that were read" },
	{ "object_size",              IPCX_F_SIZE, NONE,                  METRIC_OBJECTS,    FOLD_ADD,     "" },
	{ "object_allocated",         IPCX_F_ALLOCATED, NONE,             METRIC_OBJECTS,    FOLD_ADD,     "" },
	{ "object_resident",          IPCX_F_RSS, NONE,                   METRIC_OBJECTS,    FOLD_ADD,     "" },
	{ "object_swapped",           IPCX_F_SWAP, NONE,                  METRIC_OBJECTS,    FOLD_ADD,     "" },
	{ "object_attaches",          IPCX_F_NATTCH, NONE,                METRIC_OBJECTS,    FOLD_ADD,     "" },
	{ "object_message",           IPCX_F_CBYTES, NONE,                METRIC_OBJECTS,    FOLD_ADD,     "" },
	{ "object_messages",          IPCX_F_QNUM, IPCX_F_CURMSGS,        METRIC_OBJECTS,    FOLD_ADD,     "" },
	{ "object_used",              IPCX_F_USE_PERCENT, NONE,           METRIC_OBJECTS,    FOLD_HIGHEST, "" },
	{ "object_semaphores",        IPCX_F_NSEMS, NONE,                 METRIC_OBJECTS,    FOLD_ADD,     "" },
	{ "object_value",             IPCX_F_VALUE, NONE,                 METRIC_OBJECTS,    FOLD_ADD,     "" },
	{ "object_users",             IPCX_F_USER_COUNT, NONE,            METRIC_OBJECTS,    FOLD_ADD,     "" },
	{ "object_changed_timestamp", IPCX_F_CTIME, NONE,                 METRIC_OBJECTS,    FOLD_HIGHEST, "" },
	{ "unreadable",               NONE, NONE,                         METRIC_UNREADABLE, FOLD_HIGHEST, "what could not be read, or only in part; 0: all was read" },
	{ "series_dropped",           NONE, NONE,                         METRIC_DROPPED,    FOLD_ADD,     "groups that were summed up as other, or series left out (--max-series)" },
	{ "scrape_duration_seconds",  NONE, NONE,                         METRIC_SELF,       FOLD_HIGHEST, "how long it took to read everything" },
	{ "build_info",               NONE, NONE,                         METRIC_SELF,       FOLD_LOWEST,  "always 1; the label has the version of ipcx" },
};
/* clang-format on */

/* clang-format off */
const struct metric_word metric_by_words[] = {
	{ "owner",     "the owner's name" },
	{ "ns",        "inode number of the IPC namespace" },
	{ "container", "the namespace's first container" },
	{ "none",      "no further label" },
	{ .name = "" },
};

const struct metric_word metric_with_words[] = {
	{ "rss",    "memory in RAM and in swap, from /proc/sysvipc" },
	{ "waits",  "threads that wait, from a look at all threads" },
	{ "who",    "users and unused objects, from a look at all processes" },
	{ "doctor", "findings of ipcx doctor" },
	{ .name = "" },
};
/* clang-format on */

const struct metric_family *metric_family(size_t i)
{
	return i < ARRAY_SIZE(families) ? &families[i] : NULL;
}

size_t metric_at(size_t family)
{
	size_t at = 0;

	for (size_t i = family; i > 0 && families[i - 1].set == families[family].set; i--)
		at++;
	return at;
}

/* ---- names and units */

const char *metric_unit(const struct metric_family *f)
{
	const struct ipcx_field_info *info = ipcx_field_info((enum ipcx_field)f->field);
	size_t len = strlen(f->name);

	if (!info)
		return len > 8 && !strcmp(f->name + len - 8, "_seconds") ? "seconds"
									 : NULL;
	if (info->type == IPCX_TYPE_TIME)
		return "seconds";
	if (info->unit == IPCX_UNIT_PERCENT)
		return "ratio";
	return info->unit == IPCX_UNIT_VARIES ? NULL : ipcx_unit_name(info->unit);
}

void metric_name(const struct metric_family *f, char *buf, size_t size)
{
	const char *unit = metric_unit(f);
	size_t len = strlen(f->name), more = unit ? strlen(unit) : 0;
	bool ends = unit && len >= more && !strcmp(f->name + len - more, unit);

	(void)snprintf(buf, size, "ipcx_%s%s%s", f->name, unit && !ends ? "_" : "",
		       unit && !ends ? unit : "");
}

const char *metric_labels_of(const struct metric_family *f)
{
	switch ((enum metric_set)f->set) {
	case METRIC_GROUPS:
		return "mech, owner, ns, container";
	case METRIC_WAITS:
		return "mech, ns, container";
	case METRIC_STUCK:
		return "mech, grade, ns, container";
	case METRIC_FINDINGS:
		return "finding, grade, ns, container";
	case METRIC_LIMITS:
		return "limit, unit, ns, container, device, directory";
	case METRIC_OBJECTS:
		return "mech, ref, name, owner, ns, container, device, directory";
	case METRIC_UNREADABLE:
	case METRIC_DROPPED:
		return "what";
	case METRIC_SELF:
		return f->fold == FOLD_LOWEST ? "version" : "";
	case METRIC_NAMESPACES:
	case METRIC_SETS:
		break;
	}
	return "";
}

unsigned metric_needs(const struct metric_family *f)
{
	if (f->set == METRIC_WAITS || f->set == METRIC_STUCK)
		return WITH_WAITS;
	if (f->set == METRIC_FINDINGS)
		return WITH_DOCTOR;
	if (f->set != METRIC_GROUPS)
		return 0;
	if (f->field == IPCX_F_RESIDENT || f->field == IPCX_F_SWAP)
		return WITH_RSS;
	return f->field == IPCX_F_USER_COUNT || f->field == IPCX_F_UNUSED_COUNT ||
			       f->field == IPCX_F_UNUSED_BYTES
		       ? WITH_WHO
		       : 0;
}

const char *metric_help(const struct metric_family *f, char *buf, size_t size)
{
	const struct ipcx_field_info *info = ipcx_field_info((enum ipcx_field)f->field);

	if (f->help[0] || !info)
		return f->help;
	if (info->unit != IPCX_UNIT_PERCENT)
		return info->doc;
	(void)snprintf(buf, size, "%s (here a ratio: 1 is 100 percent)", info->doc);
	return buf;
}

/* ---- values */

static bool family_value(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			 struct metric_value *v)
{
	struct ipcx_fieldset unknown;
	struct ipcx_value value;

	if (f == NONE || ipcx_row_get(t, row, f, &value) < 0)
		return false;
	if (value.type == IPCX_TYPE_NONE) {
		unknown = ipcx_row_unknown(t, row);
		v->kind = ipcx_fieldset_has(&unknown, f) ? UNKNOWN_VALUE : NO_VALUE;
		return v->kind != NO_VALUE;
	}
	if (value.type == IPCX_TYPE_REAL) {
		v->kind = REAL_VALUE;
		v->d = value.as.d / 100; /* a percentage becomes a ratio */
	} else if (value.type == IPCX_TYPE_TIME && value.as.i < 0) {
		v->kind = REAL_VALUE;
		v->d = (double)value.as.i;
	} else {
		v->kind = WHOLE_VALUE;
		v->n = value.as.u;
	}
	return true;
}

void metric_values(enum metric_set set, const struct ipcx_table *t, size_t row,
		   struct metric_sample *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct metric_family *f = &families[i];
		struct metric_value *v = &s->values[metric_at(i)];

		if (f->set == set && !family_value(t, row, (enum ipcx_field)f->field, v))
			(void)family_value(t, row, (enum ipcx_field)f->other, v);
	}
}

char *metric_put_value(char *p, const struct metric_value *v)
{
	if (v->kind == WHOLE_VALUE)
		return ix_put_u64(p, v->n);
	if (isinf(v->d))
		return ix_put_text(p, v->d > 0 ? "+Inf" : "-Inf");
	return p + snprintf(p, IX_NUM_MAX, "%.9g", v->d);
}

/* ---- text */

static void text_escaped(struct ix_buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			(void)ix_buf_add(b, "\\", 1);
		(void)ix_buf_add(b, text, 1);
	}
}

static void text_head(struct ix_buf *b, const struct metric_family *f, const char *name)
{
	char help[256];

	(void)ix_buf_printf(b, "# HELP %s ", name);
	text_escaped(b, metric_help(f, help, sizeof(help)));
	(void)ix_buf_printf(b, "\n# TYPE %s gauge\n", name);
	if (metric_unit(f))
		(void)ix_buf_printf(b, "# UNIT %s %s\n", name, metric_unit(f));
}

static int text_sample(struct ix_buf *b, const char *name, const char *labels,
		       const struct metric_value *v)
{
	char number[IX_NUM_MAX + 2];
	char *end = metric_put_value(number, v);

	*end++ = '\n';
	*end = '\0';
	return labels[0] ? ix_buf_printf(b, "%s{%s} %s", name, labels, number)
			 : ix_buf_printf(b, "%s %s", name, number);
}

int metric_text(const struct metrics *m, struct ix_buf *ret_text)
{
	int r = m->starved ? -ENOMEM : 0;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct metric_samples *set = &m->sets[families[i].set];
		bool begun = false;
		char name[64];

		metric_name(&families[i], name, sizeof(name));
		for (size_t k = 0; r == 0 && k < set->n; k++) {
			const struct metric_value *v = &set->all[k].values[metric_at(i)];

			if (v->kind == NO_VALUE || v->kind == UNKNOWN_VALUE)
				continue;
			if (!begun)
				text_head(ret_text, &families[i], name);
			begun = true;
			r = text_sample(ret_text, name, set->all[k].labels, v);
		}
	}
	if (r == 0)
		r = ix_buf_str(ret_text, "# EOF\n");
	/* Also of what was not looked at above. */
	return ret_text->starved ? -ENOMEM : r;
}
