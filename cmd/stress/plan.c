/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turn command-line words into a plan: split lists, and check every name against the
 * library's list of workloads. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "stress/stress.h"

static int stress_plan_no_memory(void)
{
	msg_error("out of memory");
	return EXIT_FAILED;
}

/* Split all lists into a single array of words. Returns 0, or an exit status after a
 * message. */
static int split(const char *const *lists, size_t n, struct stress_words *ret_words)
{
	size_t room = 1, count = 1;
	struct stress_words w;
	char *p;

	for (size_t i = 0; i < n; i++) {
		room += strlen(lists[i]) + 1;
		for (const char *c = lists[i]; *c; c++)
			count += *c == ',';
		count++;
	}
	w.text = malloc(room);
	w.all = calloc(count, sizeof(*w.all));
	*ret_words = w;
	if (!w.text || !w.all)
		return stress_plan_no_memory();
	p = w.text;
	for (size_t i = 0, k = 0; i < n; i++) {
		const char *list = lists[i];

		do {
			size_t len = strcspn(list, ",");

			w.all[k++] = p;
			p = mempcpy(p, list, len);
			*p++ = '\0';
			list += len;
		} while (*list++);
	}
	return 0;
}

static bool stress_plan_among(const char *word, const char *const *words)
{
	for (; words && *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

const char *stress_text(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			struct ipcx_value *v)
{
	if (ipcx_row_get(t, row, f, v) < 0 || v->type != IPCX_TYPE_STRING)
		return "";
	return ipcx_value_string(v);
}

/* Whether the plan includes the mechanism or way of a row. */
static bool is_about(const struct load_run *s, const struct ipcx_table *list, size_t row)
{
	struct ipcx_value v;
	const char *subject = stress_text(list, row, s->kind->subject, &v);
	unsigned mech;

	if (s->kind->flags & IPCX_STRESS_COMPARE)
		return !s->ways.all || stress_plan_among(subject, s->ways.all);
	return !s->plan.mechs || (ipcx_mech_by_name(subject, (size_t)-1, &mech) == 0 &&
				  (s->plan.mechs & IPCX_MECH_BIT(mech)));
}

bool stress_planned(const struct load_run *s, const struct ipcx_table *list, size_t row)
{
	struct ipcx_value v;

	return is_about(s, list, row) &&
	       (!s->workloads.all ||
		stress_plan_among(stress_text(list, row, IPCX_F_WORKLOAD, &v),
				  s->workloads.all));
}

static bool is_listed(const struct load_run *s, const struct ipcx_table *list,
		      enum ipcx_field f, const char *word)
{
	struct ipcx_value v;

	for (size_t i = 0; i < ipcx_table_rows(list); i++)
		if ((f == s->kind->subject || is_about(s, list, i)) &&
		    !strcmp(stress_text(list, i, f, &v), word))
			return true;
	return false;
}

/* Check that each word is a value of this field in the list of workloads; the error
 * message names the valid words. */
static int stress_plan_check(const struct load_run *s, const struct ipcx_table *list,
			     enum ipcx_field f, const char *const *words,
			     const char *what)
{
	char names[512] = "";
	size_t at = 0;

	while (words && *words && is_listed(s, list, f, *words))
		words++;
	if (!words || !*words)
		return 0;
	for (size_t i = 0; i < ipcx_table_rows(list) && at < sizeof(names) - 64; i++) {
		struct ipcx_value v;
		const char *name = stress_text(list, i, f, &v);
		size_t len = strlen(name);
		const char *found = strstr(names, name);

		/* Skip a name that is already in the blank-separated list. */
		while (found && !(found[-1] == ' ' && (found[len] == ' ' || !found[len])))
			found = strstr(found + 1, name);
		if (!found && len < 60 && (f == s->kind->subject || is_about(s, list, i)))
			at += (size_t)snprintf(names + at, sizeof(names) - at, " %s",
					       name);
	}
	return msg_usage("no %s '%s' here; there are:%s", what, *words, names);
}

static int read_cpus(const struct opt_list *lists, unsigned *ret_cpus)
{
	static const struct {
		const char *word;
		unsigned cpus;
	} known[] = { { "1", IPCX_ON_ONE },
		      { "2", IPCX_ON_TWO },
		      { "any", IPCX_ON_MANY } };
	struct stress_words words = { 0 };
	unsigned cpus = 0;
	int r = split(lists->all, lists->n, &words);

	for (size_t i = 0; !r && words.all[i]; i++) {
		unsigned found = 0;

		for (size_t k = 0; k < ARRAY_SIZE(known); k++)
			if (!strcmp(words.all[i], known[k].word))
				found = known[k].cpus;
		if (!found)
			r = msg_usage("--cpus: '%s' is not 1, 2 or any", words.all[i]);
		cpus |= found;
	}
	free(words.text);
	free(words.all);
	if (!r)
		*ret_cpus = cpus;
	return r;
}

static int read_mechs(int n, char **words, uint64_t *ret_mechs)
{
	uint64_t all = 0, one;

	for (int i = 0; i < n; i++) {
		if (ipcx_mech_mask(words[i], &one) < 0)
			return msg_usage("'%s' is no mechanism", words[i]);
		for (unsigned m = 0; ipcx_mech_info(m); m++)
			if ((one & IPCX_MECH_BIT(m)) && ipcx_mech_info(m)->lasts)
				return msg_usage("%s: a %s cannot be put under load: %s",
						 ipcx_mech_info(m)->name,
						 ipcx_mech_info(m)->object,
						 ipcx_mech_info(m)->lasts);
		all |= one;
	}
	*ret_mechs = all;
	return 0;
}

static int check_numbers(const struct stress_args *args)
{
	if ((args->given & STRESS_FOR) && (args->given & STRESS_OPS))
		return msg_usage("--for and --ops contradict each other");
	if ((args->given & STRESS_FOR) && args->duration == 0)
		return msg_usage("--for: must be longer than 0");
	if ((args->given & STRESS_OPS) && args->ops == 0)
		return msg_usage("--ops: at least 1");
	if ((args->given & STRESS_WORKERS) && (args->workers < 1 || args->workers > 256))
		return msg_usage("--workers: 1 to 256");
	if ((args->given & STRESS_SIZE) && args->bytes == 0)
		return msg_usage("--size: at least 1");
	if ((args->given & STRESS_OBJECTS) &&
	    (args->objects < 1 || args->objects > 32768))
		return msg_usage("--objects: 1 to 32768");
	if (args->here && args->where.ns)
		return msg_usage("--here and --ns contradict each other");
	return 0;
}

static int stress_plan_check_names(struct load_run *s)
{
	struct ipcx_table *list;
	int r = ipcx_stress_list(s->app->x, s->kind->flags, &list);

	if (r < 0)
		return app_failed(s->app, r);
	r = stress_plan_check(s, list, s->kind->subject, s->ways.all, "way");
	if (!r)
		r = stress_plan_check(s, list, IPCX_F_WORKLOAD, s->workloads.all,
				      "workload");
	ipcx_table_free(list);
	return r;
}

int stress_plan(struct load_run *s, int n, char **words)
{
	const struct stress_args *args = s->args;
	bool compare = s->kind->flags & IPCX_STRESS_COMPARE;
	int r = check_numbers(args);

	if (!r && args->workloads.n)
		r = split(args->workloads.all, args->workloads.n, &s->workloads);
	if (!r && n && compare)
		r = split((const char *const *)words, (size_t)n, &s->ways);
	if (!r && args->cpus.n)
		r = read_cpus(&args->cpus, &s->plan.cpus);
	if (!r && !compare)
		r = read_mechs(n, words, &s->plan.mechs);
	if (!r)
		r = stress_plan_check_names(s);
	if (r)
		return r;
	s->plan.size = sizeof(s->plan);
	s->plan.workloads = s->workloads.all;
	s->plan.ways = s->ways.all;
	s->plan.duration = args->duration;
	s->plan.ops = args->ops;
	s->plan.bytes = args->bytes;
	s->plan.seed = args->seed;
	s->plan.workers = (unsigned)args->workers;
	s->plan.objects = (unsigned)args->objects;
	s->plan.flags = s->kind->flags | (args->here ? IPCX_STRESS_HERE : 0) |
			(args->force ? IPCX_STRESS_FORCE : 0);
	return 0;
}

void stress_plan_free(struct load_run *s)
{
	free(s->workloads.text);
	free(s->workloads.all);
	free(s->ways.text);
	free(s->ways.all);
	ipcx_expr_free(s->expect);
}
