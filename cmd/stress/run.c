/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stress run as a user sees it: start, progress line, signals, results. The library
 * does the measuring. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/util.h"
#include "stop.h"
#include "stress/stress.h"

#define MS     INT64_C(1000000) /* in ns */
#define REDRAW 100              /* ms */

/* A signal within this many ms after the first does not count as a second signal:
 * timeout(1) signals both a process and its group. */
#define SAME_SIGNAL 500

static const enum ipcx_field fact_fields[] = { IPCX_F_NAME, IPCX_F_WHAT };

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / MS;
}

const char *stress_cpus(unsigned cpus)
{
	return cpus == IPCX_ON_ONE   ? "on 1 CPU"
	       : cpus == IPCX_ON_TWO ? "on 2 CPUs"
				     : "on any CPUs";
}

/* ---- while it runs */

/* Write 1234567 as "1.23M": three digits, for a figure that changes all the time. */
static void short_number(uint64_t n, char *buf, size_t size)
{
	static const char units[] = " kMGTPE";
	unsigned unit = 0;
	uint64_t part = 0;

	for (; n >= 1000 && unit < sizeof(units) - 2; unit++) {
		part = n % 1000;
		n /= 1000;
	}
	if (!unit)
		(void)snprintf(buf, size, "%" PRIu64, n);
	else if (n < 10)
		(void)snprintf(buf, size, "%" PRIu64 ".%02" PRIu64 "%c", n, part / 10,
			       units[unit]);
	else if (n < 100)
		(void)snprintf(buf, size, "%" PRIu64 ".%" PRIu64 "%c", n, part / 100,
			       units[unit]);
	else
		(void)snprintf(buf, size, "%" PRIu64 "%c", n, units[unit]);
}

static void draw(const struct ipcx_stress *run, bool ending)
{
	struct ipcx_stress_progress p = { .size = sizeof(p) };
	char line[256], rate[24] = "", left[40] = "";

	(void)ipcx_stress_progress(run, &p);
	if (p.elapsed >= 1000)
		short_number((uint64_t)((double)p.ops * 1e9 / (double)p.elapsed), rate,
			     sizeof(rate));
	if (ending)
		(void)snprintf(left, sizeof(left), ", ending");
	else if (p.left)
		(void)snprintf(left, sizeof(left), ", %" PRIu64 "s left",
			       (p.left + (uint64_t)(999 * MS)) / (uint64_t)(1000 * MS));
	(void)snprintf(line, sizeof(line), "%u of %u: %s%s%s%s%s%s%s%s",
		       MIN(p.done + 1, p.all), p.all, p.subject ? p.subject : "",
		       p.subject && *p.subject ? " " : "", p.workload ? p.workload : "",
		       p.workload && *p.workload ? " " : "",
		       p.subject && *p.subject ? stress_cpus(p.cpus) : "",
		       *rate ? ", " : "", *rate ? rate : "", *rate ? "/s" : "");
	(void)snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s", left);
	msg_live(line);
}

/* Wait until the run is done, and show a progress line. Returns 0 or -errno; > 0 after a
 * second signal, which asks to end at once. */
static int stress_run_watch(struct load_run *s)
{
	int64_t stopped = 0, drawn = 0;
	unsigned heard = 0;
	int r;

	while ((r = ipcx_stress_wait(s->run, REDRAW * MS)) > 0) {
		int64_t now = now_ms();

		if (stop_wanted() && !stopped) {
			ipcx_stress_stop(s->run);
			stopped = now;
		}
		if (now - stopped < SAME_SIGNAL)
			heard = stop_times();
		if (stopped && stop_times() > heard)
			break;
		if (now - drawn >= REDRAW - 10) {
			draw(s->run, stopped != 0);
			drawn = now;
		}
	}
	msg_live(NULL);
	return r;
}

/* ---- what is printed */

/* Whether two rows belong to the same block. */
static bool together(const struct load_run *s, const struct ipcx_table *t, size_t a,
		     size_t b)
{
	for (size_t i = 0; i < s->kind->blocks.n; i++) {
		enum ipcx_field f = s->kind->blocks.list[i];
		struct ipcx_value va, vb;

		if (strcmp(stress_text(t, a, f, &va), stress_text(t, b, f, &vb)) != 0)
			return false;
	}
	return true;
}

static bool stress_run_begins(const struct load_run *s, const struct ipcx_table *t,
			      size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (together(s, t, i, row))
			return false;
	return true;
}

int stress_blocks(struct load_run *s, const struct ipcx_table *t, stress_put *put)
{
	auto_free uint32_t *order = NULL, *rows = NULL;
	size_t n;
	char label[160];
	int r = output_pick(&s->output, t, &order, &n);

	if (r)
		return r;
	rows = calloc(n + 1, sizeof(*rows));
	if (!rows) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	for (size_t i = 0; !r && i < ipcx_table_rows(t); i++) {
		size_t count = 0;

		if (!stress_run_begins(s, t, i))
			continue;
		for (size_t k = 0; k < n; k++) {
			uint32_t row = order ? order[k] : (uint32_t)k;

			if (together(s, t, i, row))
				rows[count++] = row;
		}
		if (count == 0)
			continue;
		s->kind->label(t, i, label, sizeof(label));
		r = put(s, &(struct output_rows){ .t = t, .order = rows, .n = count },
			label);
	}
	return r;
}

static int put_block(struct load_run *s, const struct output_rows *rows,
		     const char *label)
{
	output_heading(&s->output, label);
	output_put(&s->output, rows);
	return 0;
}

static bool in_blocks(const struct load_run *s)
{
	const char *fields = s->args->output.fields;

	return s->output.format->blocks && !(fields && *fields != '+');
}

int stress_print(struct load_run *s, const struct ipcx_table *t)
{
	if (in_blocks(s) && ipcx_table_rows(t))
		return stress_blocks(s, t, put_block);
	output_heading(&s->output, NULL);
	return output_all(&s->output, t);
}

/* Set up format and columns, so that their errors are reported before anything runs. */
static int stress_run_open_output(struct load_run *s)
{
	int r = output_open(&s->output, &s->args->output, "results");

	if (!r)
		r = output_fields(&s->output, s->args->output.fields,
				  in_blocks(s) ? s->kind->shown : s->kind->fields,
				  columns_have, &s->kind->fields);
	if (!r)
		r = output_condition(s->app->x, &s->args->output, columns_have,
				     &s->kind->fields, &s->output.where);
	if (!r && s->args->plot && s->output.format->raw)
		r = msg_usage("--plot cannot be combined with --format %s",
			      s->output.format->name);
	if (!r && in_blocks(s) && !s->output.sort)
		s->output.sort = s->kind->order;
	return r;
}

/* Print the rows of the list that the plan includes. Returns 0, or exit status 1. */
static int put_listed(struct load_run *s, struct output *output,
		      const struct ipcx_table *t)
{
	auto_free uint32_t *order = NULL, *rows = NULL;
	size_t n = 0, picked;
	int r = output_pick(output, t, &order, &picked);

	if (r)
		return r;
	rows = calloc(picked + 1, sizeof(*rows));
	if (!rows) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < picked; i++) {
		uint32_t row = order ? order[i] : (uint32_t)i;

		if (stress_planned(s, t, row))
			rows[n++] = row;
	}
	output_put(output, &(struct output_rows){ .t = t, .order = rows, .n = n });
	return 0;
}

static int stress_run_list(struct load_run *s)
{
	struct ipcx_table *t;
	struct output output;
	int r = output_open(&output, &s->args->output, "workloads");

	if (!r)
		r = output_fields(&output, s->args->output.fields, s->kind->listed,
				  columns_have, &s->kind->listed);
	if (!r)
		r = output_condition(s->app->x, &s->args->output, columns_have,
				     &s->kind->listed, &output.where);
	if (r)
		return r;
	r = ipcx_stress_list(s->app->x, s->kind->flags, &t);
	if (r < 0)
		return app_failed(s->app, r);
	output.broken = true;
	output_heading(&output, NULL);
	r = put_listed(s, &output, t);
	output_close(&output);
	ipcx_table_free(t);
	return output_status(&output, r);
}

/* ---- start to end */

static int stress_run_begin(struct load_run *s)
{
	const char *where = s->args->where.ns;
	int r;

	if (where) {
		r = ipcx_ns_open(s->app->x, where, &s->app->ns);
		if (r < 0)
			return app_failed(s->app, r);
		if (ns_all(s->app))
			return msg_usage("stress needs one namespace, not all");
		s->plan.ns = s->app->ns;
	}
	stop_catch();
	r = ipcx_stress_start(s->app->x, &s->plan, &s->run);
	/* No workload fits, or the plan is contradictory: report wrong usage, not a
	 * missing object. */
	if ((r == -ENOENT || r == -EINVAL) &&
	    ipcx_failure(s->app->x) != IPCX_FAILURE_OTHER)
		return msg_usage("%s", ipcx_error(s->app->x));
	if (r == 0)
		return 0;
	(void)app_failed(s->app, r);
	if (r == -ENOMEM && !s->args->force)
		msg_note("lower --size, --objects or --workers, or use --force");
	else if (r != -ENOMEM && !s->plan.ns && !s->args->here)
		msg_note("--here needs no fresh namespaces: it loads ipcx's own");
	return EXIT_FAILED;
}

static int stress_run_failed(struct load_run *s)
{
	msg_error("%s", ipcx_error(s->app->x));
	return EXIT_FAILED;
}

/* Print results and facts first. Messages about the results come last, so that the user
 * sees these messages without scrolling up. */
static int stress_run_report(struct load_run *s, struct tally *tally)
{
	struct ipcx_table *results = NULL, *facts = NULL;
	int r = 0;

	if (ipcx_stress_results(s->run, &results) < 0 ||
	    ipcx_stress_facts(s->run, &facts) < 0)
		r = stress_run_failed(s);
	if (!r)
		r = s->args->plot ? s->kind->plot(s, results) : stress_print(s, results);
	if (!r) {
		output_more(&s->output,
			    &(struct output_child){ .label = "measured on",
						    .name = "facts",
						    .t = facts,
						    .shown = COLUMN_LIST(fact_fields) });
		msg_table(results, s->app->verbose, tally);
		msg_table(facts, s->app->verbose, &(struct tally){ 0 });
		if (!stop_wanted())
			stress_judge(s, results);
	}
	ipcx_table_free(results);
	ipcx_table_free(facts);
	return r;
}

static int verdict(const struct load_run *s, const struct tally *tally)
{
	if (s->bad || tally->failed || tally->missing)
		return EXIT_FAILED;
	if (tally->unavailable)
		return tally->done ? EXIT_PART : EXIT_FAILED;
	return output_status(&s->output, EXIT_DONE);
}

static int stress_run_run(struct load_run *s)
{
	struct tally tally = { 0 };
	int r = stress_run_watch(s), status = 0;

	if (r < 0) {
		(void)stress_run_failed(s);
		s->bad = true;
	}
	if (r <= 0)
		status = stress_run_report(s, &tally);
	if (ipcx_stress_end(TAKE(s->run)) < 0) {
		(void)stress_run_failed(s);
		s->bad = true;
	}
	if (r <= 0 && !status)
		output_close(&s->output);
	return status ? status : verdict(s, &tally);
}

int stress_command(struct app *app, const struct stress_kind *kind,
		   const struct stress_args *args, int n, char **words)
{
	struct load_run s = { .app = app, .kind = kind, .args = args };
	int r = stress_plan(&s, n, words);

	if (!r && args->list) {
		r = stress_run_list(&s);
		stress_plan_free(&s);
		return r;
	}
	if (!r)
		r = stress_expect(&s);
	if (!r)
		r = stress_run_open_output(&s);
	if (!r)
		r = stress_run_begin(&s);
	if (!r)
		r = stress_run_run(&s);
	stress_plan_free(&s);
	return stop_end(r);
}
