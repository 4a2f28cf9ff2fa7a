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
	*at = p[1] == ',' ? p + 2 : p + 1;
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

int metric_get_check(const char *selector)
{
	const char *at = strchr(selector, '{');
	struct word w;

	if (get_family(selector) == SIZE_MAX)
		return msg_usage("--get: no metric '%.*s': ipcx metrics lists them",
				 (int)strcspn(selector, "{"), selector);
	if (!at)
		return 0;
	at++;
	while (word_next(&at, &w))
		;
	return at[0] == '}' && !at[1]
		       ? 0
		       : msg_usage(
				 "--get: '%s' is not of the form NAME{LABEL=\"VALUE\",…}",
				 selector);
}

const struct metric_family *metric_get_family(const char *selector)
{
	return metric_family(get_family(selector));
}

/* Whether something is missing of what the metrics tell about objects. */
static bool get_is_partial(const struct metrics *m, const struct metric_family *f)
{
	const struct metric_samples *s = &m->sets[METRIC_UNREADABLE];

	if (f->set == METRIC_UNREADABLE || f->set == METRIC_DROPPED ||
	    f->set == METRIC_SELF)
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].values[0].n)
			return true;
	return false;
}

int metric_get(const struct metrics *m, const char *selector)
{
	const size_t family = get_family(selector);
	const struct metric_family *f = metric_family(family);
	const struct metric_samples *s = &m->sets[f->set];
	bool partial = get_is_partial(m, f);
	struct metric_value v = { .kind = NO_VALUE };
	char number[IX_NUM_MAX + 2];

	for (size_t i = 0; i < s->n; i++)
		if (labels_match(s->all[i].labels, selector))
			metric_fold(&v, &s->all[i].values[metric_at(family)],
				    (enum metric_fold)f->fold);
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
