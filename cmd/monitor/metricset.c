/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples: labels, and what happens to samples whose labels are the same, or which are
 * too many. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/esc.h"
#include "base/num.h"
#include "monitor/metrics.h"

static bool samples_room(struct metric_samples *s)
{
	size_t room = 2 * s->room + 16;
	struct metric_sample *more;

	if (s->n < s->room)
		return true;
	more = reallocarray(s->all, room, sizeof(*more));
	if (!more)
		return false;
	s->all = more;
	s->room = room;
	return true;
}

struct metric_sample *metric_add(struct metrics *m, enum metric_set set,
				 struct metric_labels *labels)
{
	struct metric_samples *s = &m->sets[set];

	if (labels->starved || ix_buf_add(&labels->text, "", 1) || !samples_room(s)) {
		ix_buf_free(&labels->text);
		m->starved = true;
		return NULL;
	}
	s->all[s->n] = (struct metric_sample){ .labels = TAKE(labels->text.data) };
	labels->text = (struct ix_buf){ .len = 0 };
	return &s->all[s->n++];
}

/* ---- labels */

static void label_put(struct metric_labels *l, const char *text, size_t n)
{
	l->starved |= ix_buf_add(&l->text, text, n) != 0;
}

/* Prometheus rejects a whole text because of one byte that is not UTF-8. */
static void label_value(struct metric_labels *l, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		const unsigned char *p = (const unsigned char *)text;
		char hex[8] = "\\\\x";
		uint32_t code;
		size_t n = ix_utf8(p, len, &code);

		if (n == 0)
			label_put(l, hex, (size_t)(ix_put_hex(hex + 3, *p, 2) - hex));
		else if (code == '\n')
			label_put(l, "\\n", 2);
		else if (code == '"' || code == '\\')
			label_put(l, (char[]){ '\\', (char)code }, 2);
		else
			label_put(l, text, n);
		text += n ? n : 1;
		len -= n ? n : 1;
	}
}

void metric_label(struct metric_labels *l, const char *name, const char *value)
{
	if (l->text.len)
		label_put(l, ",", 1);
	label_put(l, name, strlen(name));
	label_put(l, "=\"", 2);
	label_value(l, value);
	label_put(l, "\"", 1);
}

void metric_label_of(struct metric_labels *labels, const char *name,
		     const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	char number[48];
	struct ipcx_value v;
	const char *text;

	if (ipcx_row_get(t, row, f, &v) < 0 || v.type == IPCX_TYPE_NONE)
		return;
	text = ipcx_value_string(&v);
	if (!text) {
		(void)ipcx_value_format(&v, number, sizeof(number));
		text = number;
	}
	metric_label(labels, name, text);
}

/* ---- values */

static double value_number(const struct metric_value *v)
{
	return v->kind == WHOLE_VALUE ? (double)v->n : v->d;
}

void metric_fold(struct metric_value *to, const struct metric_value *from,
		 enum metric_fold fold)
{
	if (from->kind == NO_VALUE || to->kind == UNKNOWN_VALUE)
		return;
	if (to->kind == NO_VALUE || from->kind == UNKNOWN_VALUE) {
		*to = *from;
	} else if (fold == FOLD_ADD && to->kind == WHOLE_VALUE &&
		   from->kind == WHOLE_VALUE) {
		if (__builtin_add_overflow(to->n, from->n, &to->n))
			to->n = UINT64_MAX;
	} else if (fold == FOLD_ADD) {
		*to = (struct metric_value){ .kind = REAL_VALUE,
					     .d = value_number(to) + value_number(from) };
	} else if ((fold == FOLD_HIGHEST) == (value_number(from) > value_number(to))) {
		*to = *from;
	}
}

static void sample_fold(struct metric_sample *to, const struct metric_sample *from,
			enum metric_set set)
{
	const struct metric_family *f;

	for (size_t i = 0; (f = metric_family(i)); i++)
		if (f->set == set)
			metric_fold(&to->values[metric_at(i)],
				    &from->values[metric_at(i)],
				    (enum metric_fold)f->fold);
}

/* ---- samples with the same labels */

static int sample_by_labels(const void *a, const void *b)
{
	const struct metric_sample *x = a, *y = b;

	return strcmp(x->labels, y->labels);
}

void metric_merge(struct metrics *m, enum metric_set set)
{
	struct metric_samples *s = &m->sets[set];
	size_t kept = 0;

	if (s->n)
		qsort(s->all, s->n, sizeof(*s->all), sample_by_labels);
	for (size_t i = 0; i < s->n; i++) {
		if (kept && !sample_by_labels(&s->all[kept - 1], &s->all[i])) {
			sample_fold(&s->all[kept - 1], &s->all[i], set);
			free(s->all[i].labels);
			continue;
		}
		s->all[kept++] = s->all[i];
	}
	s->n = kept;
}

/* ---- too many samples */

/* The largest first: by the first value, then by the second. */
static int sample_by_size(const void *a, const void *b)
{
	const struct metric_sample *x = a, *y = b;

	for (size_t i = 0; i < 2; i++) {
		double p = value_number(&x->values[i]), q = value_number(&y->values[i]);

		if (p > q || p < q)
			return p > q ? -1 : 1;
	}
	return strcmp(x->labels, y->labels);
}

/* Replace all labels but the first, which is that of the mechanism. */
static char *labels_of_rest(const char *labels, const char *rest)
{
	const char *end = strchr(labels, ',');
	char *text;

	return asprintf(&text, "%.*s%s%s",
			end ? (int)(end - labels) : (int)strlen(labels), labels,
			*rest ? "," : "", rest) < 0
		       ? NULL
		       : text;
}

size_t metric_bound(struct metrics *m, enum metric_set set, uint64_t most,
		    const char *rest)
{
	struct metric_samples *s = &m->sets[set];
	size_t n = s->n, max = (size_t)MIN(most, (uint64_t)n);

	if (n == max)
		return 0;
	qsort(s->all, n, sizeof(*s->all), sample_by_size);
	for (size_t i = max; rest && i < n; i++) {
		char *labels = labels_of_rest(s->all[i].labels, rest);

		if (!labels) {
			m->starved = true;
			break;
		}
		free(s->all[i].labels);
		s->all[i].labels = labels;
	}
	for (size_t i = max; !rest && i < n; i++)
		free(s->all[i].labels);
	if (!rest)
		s->n = max;
	metric_merge(m, set);
	return n - max;
}

void metric_free(struct metrics *m)
{
	for (size_t set = 0; set < METRIC_SETS; set++) {
		for (size_t i = 0; i < m->sets[set].n; i++)
			free(m->sets[set].all[i].labels);
		free(m->sets[set].all);
		m->sets[set] = (struct metric_samples){ .n = 0 };
	}
	free(m->failed);
	free(m->gaps);
	m->failed = m->gaps = NULL;
}
