/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --get: one number of all metrics, chosen as in the text: NAME{LABEL="VALUE",…}. */
#include <string.h>

#include "base/num.h"
#include "monitor/metrics.h"

/* NAME="VALUE" in labels or in a selector: with quotes and escapes as written. */
struct word {
	const char *text;
	size_t len;
};

static const char name_chars[] = "abcdefghijklmnopqrstuvwxyz_0123456789";

/* Take the next label from *at, and the comma after it. Returns false if there is none. */
static bool word_next(const char **at, struct word *ret)
{
	const char *p = *at + strspn(*at, name_chars);

	if (p == *at || p[0] != '=' || p[1] != '"')
		return false;
	for (p += 2; *p && *p != '"'; p++)
		if (*p == '\\' && !*++p)
			return false;
	if (*p != '"')
		return false;
	*ret = (struct word){ *at, (size_t)(p + 1 - *at) };
	*at = p + 1;
	if (p[1] == ',' && p[2] != '}')
		*at = p + 2;
	else if (p[1] && p[1] != '}')
		return false;
	return true;
}

static bool labels_have(const char *labels, const struct word *w)
{
	struct word one;

	while (word_next(&labels, &one))
		if (one.len == w->len && !memcmp(one.text, w->text, w->len))
			return true;
	return false;
}

/* Whether the labels have all that the selector names. */
static bool labels_match(const char *labels, const char *selector)
{
	const char *at = strchr(selector, '{');
	struct word w;

	if (!at++)
		return true;
	while (word_next(&at, &w))
		if (!labels_have(labels, &w))
			return false;
	return true;
}

/* Return the number of the family that a selector names, or SIZE_MAX. */
static size_t get_family(const char *selector)
{
	size_t len = strcspn(selector, "{");
	const struct metric_family *f;
	char name[64];

	for (size_t i = 0; (f = metric_family(i)); i++) {
		metric_name(f, name, sizeof(name));
		if (strlen(name) == len && !memcmp(name, selector, len))
			return i;
	}
	return SIZE_MAX;
}

/* ---- whether a selector makes sense: a mistyped one must not be 0 for ever */

/* Whether a comma-separated list has a word of this length. */
static bool list_has(const char *list, const char *word, size_t len)
{
	for (; *list; list += strspn(list, ", ")) {
		size_t n = strcspn(list, ",");

		if (n == len && !memcmp(list, word, n))
			return true;
		list += n;
	}
	return false;
}

/* Whether a metric of groups is about objects of a mechanism: which fields these have. */
static bool get_applies(const struct metric_family *f, unsigned mech)
{
	static const struct {
		uint16_t sum, of[2];
	} needs[] = {
		{ IPCX_F_BYTES, { IPCX_F_SIZE, IPCX_F_CBYTES } },
		{ IPCX_F_MESSAGE_COUNT, { IPCX_F_QNUM, IPCX_F_CURMSGS } },
		{ IPCX_F_SEMAPHORE_COUNT, { IPCX_F_NSEMS, IPCX_F_NSEMS } },
		{ IPCX_F_ATTACHES, { IPCX_F_NATTCH, IPCX_F_NATTCH } },
		{ IPCX_F_UNATTACHED_COUNT, { IPCX_F_NATTCH, IPCX_F_NATTCH } },
		{ IPCX_F_UNATTACHED_BYTES, { IPCX_F_NATTCH, IPCX_F_NATTCH } },
		{ IPCX_F_FULLEST, { IPCX_F_USE_PERCENT, IPCX_F_USE_PERCENT } },
		{ IPCX_F_RESIDENT, { IPCX_F_RSS, IPCX_F_RSS } },
		{ IPCX_F_SWAP, { IPCX_F_SWAP, IPCX_F_SWAP } },
		{ IPCX_F_USER_COUNT, { IPCX_F_USER_COUNT, IPCX_F_USER_COUNT } },
	};

	for (size_t i = 0; f->set == METRIC_GROUPS && i < ARRAY_SIZE(needs); i++)
		if (needs[i].sum == f->field)
			return ipcx_mech_has(mech, (enum ipcx_field)needs[i].of[0]) ||
			       ipcx_mech_has(mech, (enum ipcx_field)needs[i].of[1]);
	return true;
}

static int get_check_label(const struct metric_family *f, const struct word *w)
{
	size_t len = strcspn(w->text, "=");
	const char *value = w->text + len + 2;
	int n = (int)(w->len - len - 3);
	unsigned mech;

	if (!list_has(metric_labels_of(f), w->text, len))
		return msg_usage("--get: this metric has no label '%.*s', but %s",
				 (int)len, w->text,
				 *metric_labels_of(f) ? metric_labels_of(f) : "none");
	if (len != 4 || memcmp(w->text, "mech", 4) != 0)
		return 0;
	if (ipcx_mech_by_name(value, (size_t)n, &mech) < 0)
		return msg_usage("--get: no mechanism '%.*s'", n, value);
	if (!get_applies(f, mech))
		return msg_usage("--get: this metric is not about '%.*s'", n, value);
	return 0;
}

int metric_get_check(const struct metrics_args *args)
{
	const char *selector = args->get, *at = strchr(selector, '{');
	const struct metric_family *f;
	struct word w;
	int r = 0;

	if (get_family(selector) == SIZE_MAX)
		return msg_usage("--get: no metric '%.*s': ipcx metrics lists them",
				 (int)strcspn(selector, "{"), selector);
	f = metric_get_family(selector);
	if (f->set == METRIC_OBJECTS && !args->per_object)
		return msg_usage("--get: this metric needs --per-object");
	if (f->set == METRIC_NAMESPACES &&
	    (!args->where.ns || strcmp(args->where.ns, "all")))
		return msg_usage("--get: this metric needs --ns all");
	if (!at++)
		return 0;
	while (!r && word_next(&at, &w))
		r = get_check_label(f, &w);
	if (!r && (at[0] != '}' || at[1]))
		r = msg_usage("--get: '%s' is not of the form NAME{LABEL=\"VALUE\",…}",
			      selector);
	return r;
}

unsigned metric_get_by(const char *selector)
{
	const char *at = strchr(selector, '{');
	struct word w;
	unsigned by = 0;

	while (at && (*at == '{' ? at++, 1 : 1) && word_next(&at, &w))
		for (unsigned i = 0; metric_by_words[i].name[0]; i++)
			if (list_has(metric_by_words[i].name, w.text,
				     strcspn(w.text, "=")))
				by |= 1U << i;
	return by;
}

const struct metric_family *metric_get_family(const char *selector)
{
	return metric_family(get_family(selector));
}

/* Whether a gap concerns a metric: what is unreadable there is a mechanism, or "limits",
 * "namespaces", "processes" and the like. */
static bool get_concerns(const struct metric_family *f, const char *selector,
			 const char *labels)
{
	char mech[40];
	unsigned known;
	size_t len = strcspn(labels + 6, "\"");
	bool is_mech = ipcx_mech_by_name(labels + 6, len, &known) == 0;
	bool limits = len == 6 && !memcmp(labels + 6, "limits", len);

	switch ((enum metric_set)f->set) {
	case METRIC_UNREADABLE:
	case METRIC_DROPPED:
	case METRIC_SELF:
		return false;
	case METRIC_LIMITS:
	case METRIC_NAMESPACES:
		return !is_mech;
	case METRIC_GROUPS:
	case METRIC_OBJECTS:
	case METRIC_WAITS:
	case METRIC_STUCK:
	case METRIC_FINDINGS:
	case METRIC_SETS:
		break;
	}
	if (!is_mech)
		return !limits;
	(void)snprintf(mech, sizeof(mech), "mech=\"%.*s\"", (int)len, labels + 6);
	return !strstr(selector, "mech=") || strstr(selector, mech);
}

static bool get_is_partial(const struct metrics *m, const struct metric_family *f,
			   const char *selector)
{
	const struct metric_samples *s = &m->sets[METRIC_UNREADABLE];

	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].values[0].n && get_concerns(f, selector, s->all[i].labels))
			return true;
	return false;
}

int metric_get(const struct metrics *m, const char *selector)
{
	const size_t family = get_family(selector);
	const struct metric_family *f = metric_family(family);
	const struct metric_samples *s = &m->sets[f->set];
	bool partial = get_is_partial(m, f, selector);
	struct metric_value v = { .kind = NO_VALUE };
	char number[IX_NUM_MAX + 2];

	for (size_t i = 0; i < s->n; i++) {
		const struct metric_value *one = &s->all[i].values[metric_at(family)];
		/* The highest of those that are known is a number, a part of a sum not. */
		bool skipped = one->kind == UNKNOWN_VALUE && f->fold == FOLD_HIGHEST;

		if (!labels_match(s->all[i].labels, selector))
			continue;
		partial |= skipped;
		if (!skipped)
			metric_fold(&v, one, (enum metric_fold)f->fold);
	}
	if (v.kind == NO_VALUE && f->fold == FOLD_ADD && !partial)
		v = (struct metric_value){ .kind = WHOLE_VALUE };
	if (v.kind == NO_VALUE || v.kind == UNKNOWN_VALUE) {
		msg_error("%s: %s", selector,
			  v.kind == UNKNOWN_VALUE || partial
				  ? "unknown: something could not be read (see --verbose)"
				  : "there is no such series");
		return v.kind == NO_VALUE && !partial ? EXIT_MISSING : EXIT_FAILED;
	}
	*metric_put_value(number, &v) = '\0';
	out_format("%s\n", number);
	if (partial)
		msg_note("something could not be read (see --verbose)");
	return partial ? EXIT_PART : EXIT_DONE;
}
