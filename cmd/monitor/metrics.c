/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx metrics: what a monitoring system collects, as text, as a file, or as the answer
 * to one HTTP request. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/esc.h"
#include "commands.h"
#include "monitor/metrics.h"
#include "stop.h"
#include "ui/asked.h"
#include "ui/save.h"

#define GIVEN_MAX   1U
#define GIVEN_EVERY 2U

#define SERIES_MAX 1000

/* ---- options */

/* Read a list of words into a mask. */
static int words_read(const char *option, const char *list,
		      const struct metric_word *words, unsigned *ret_mask)
{
	char all[80] = "";
	size_t at = 0;

	*ret_mask = 0;
	for (const char *p = list; p; p = *p ? p + 1 : NULL) {
		size_t len = strcspn(p, ","), i = 0;

		while (words[i].name[0] &&
		       (strncmp(words[i].name, p, len) || words[i].name[len]))
			i++;
		for (size_t k = 0; !words[i].name[0] && words[k].name[0]; k++)
			at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s",
					       k ? ", " : "", words[k].name);
		if (!words[i].name[0])
			return msg_usage("%s: no '%.*s': there are %s", option, (int)len,
					 p, all);
		*ret_mask |= 1U << i;
		p += len;
	}
	return 0;
}

static int metrics_words(struct metrics *m)
{
	int r = words_read("--by", m->args->by, metric_by_words, &m->by);

	if (!r)
		r = words_read("--with", m->args->with, metric_with_words, &m->with);
	if (r)
		return r;
	if (m->by & BY_NOTHING && m->by != BY_NOTHING)
		return msg_usage("--by: 'none' and other words contradict each other");
	return 0;
}

static int metrics_check(const struct metrics_args *args)
{
	int ways = (args->output != NULL) + (args->get != NULL) + args->http;

	if (ways > 1)
		return msg_usage("--output, --http and --get contradict each other");
	if (args->http && out_is_terminal())
		return msg_usage(
			"--http answers on a socket or a pipe, not on a terminal");
	if (args->given & GIVEN_EVERY && !args->output)
		return msg_usage("--every goes with --output");
	if (args->given & GIVEN_EVERY && !args->every)
		return msg_usage("--every: 0 is not an interval");
	if (args->given & GIVEN_MAX && !args->max)
		return msg_usage("--max-series: at least 1");
	if (args->per_object && !args->select.where.n)
		return msg_usage(
			"--per-object needs a condition, such as -w 'size > 1G': "
			"there is a series for each object that fulfils it");
	if (args->select.where.n && !args->per_object)
		return msg_usage("--where goes with --per-object");
	if (args->given & GIVEN_EVERY && !strcmp(args->output, "-"))
		return msg_usage("--every needs a file that can be replaced");
	return args->get ? metric_get_check(args) : 0;
}

/* ---- one reading */

/* Rows of limits tell their namespace only if one was named. */
static int metrics_ns(struct metrics *m)
{
	struct ns_args where = m->args->where;
	int r = app_where(m->app, &where.ns);

	if (m->args->get)
		m->by |= metric_get_by(m->args->get);
	if (!where.ns && m->by & (BY_NS | BY_CONTAINER))
		where.ns = "self";
	if (!r)
		r = ns_use(m->app, &where);
	if (!m->args->by && !m->by)
		m->by = ns_all(m->app) ? BY_OWNER | BY_NS | BY_CONTAINER : BY_OWNER;
	m->by &= ~(unsigned)BY_NOTHING;
	return r;
}

static int metrics_open(struct metrics *m, const struct selection *sel)
{
	const struct output_args none = { .json = false };
	int r = metrics_words(m);

	if (!r)
		r = metrics_ns(m);
	m->mechs = sel->mechs ? sel->mechs : select_all();
	m->where = sel->where;
	m->max = m->args->given & GIVEN_MAX ? m->args->max : SERIES_MAX;
	if (!r && m->args->get) {
		m->with |= metric_needs(metric_get_family(m->args->get));
		m->max = UINT64_MAX;
	}
	return r ? r : asked_of(m->mechs, m->where, &none, ASKED_SILENT);
}

/* Read everything, and write it as text. */
static int metrics_text(struct metrics *m, const struct selection *sel,
			struct ix_buf *ret_text)
{
	int r = metrics_open(m, sel);

	if (!r)
		r = metric_read(m);
	if (!r && metric_text(m, ret_text) < 0) {
		msg_error("out of memory");
		r = EXIT_FAILED;
	}
	metric_free(m);
	return r;
}

/* ---- what happens with it */

static int metrics_get(struct metrics *m, const struct selection *sel)
{
	int r = metrics_open(m, sel);

	if (!r)
		r = metric_read(m);
	if (!r)
		r = metric_get(m, m->args->get);
	metric_free(m);
	return r;
}

/* No signal leaves a temporary file behind. */
static int metrics_save(const char *path, const struct ix_buf *text)
{
	sigset_t ends, before;
	int r;

	stop_block(&ends);
	(void)sigprocmask(SIG_BLOCK, &ends, &before);
	r = save_file(path, text->data, text->len, true);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

/* A monitoring system gets names as they are, a terminal none of their control
 * characters. */
static void metrics_show(const struct ix_buf *text)
{
	const unsigned char *p = (const unsigned char *)text->data, *end = p + text->len;
	uint32_t code;

	if (!out_is_terminal()) {
		out_bytes(text->data, text->len);
		return;
	}
	for (size_t n; p < end; p += n) {
		n = ix_utf8(p, (size_t)(end - p), &code);
		n = n ? n : 1;
		if (*p == '\n' || !ix_esc_hidden(code))
			out_bytes((const char *)p, n);
		else
			for (size_t i = 0; i < n; i++)
				out_format("\\\\x%02x", p[i]);
	}
}

static int metrics_print(struct metrics *m, const struct selection *sel)
{
	auto_buf struct ix_buf text = { .len = 0 };
	int r = metrics_text(m, sel, &text);

	if (r)
		return r;
	if (m->args->output && strcmp(m->args->output, "-") != 0)
		return metrics_save(m->args->output, &text);
	metrics_show(&text);
	return EXIT_DONE;
}

static int metrics_http(struct metrics *m, const struct selection *sel)
{
	auto_buf struct ix_buf text = { .len = 0 };
	bool open, head;
	int status = http_request(&open, &head), r = EXIT_DONE, sent;

	if (!status)
		return EXIT_DONE;
	if (status == 200)
		r = metrics_text(m, sel, &text);
	sent = http_answer(r ? 500 : status, open, head, &text);
	return r ? r : sent;
}

/* Wait for the next round. Returns false if a signal ends the command. */
static bool metrics_wait(const sigset_t *ends, uint64_t ns)
{
	const struct timespec pause = { .tv_sec = (time_t)(ns / 1000000000),
					.tv_nsec = (long)(ns % 1000000000) };
	int signo;

	do
		signo = sigtimedwait(ends, NULL, &pause);
	while (signo < 0 && errno == EINTR);
	return signo < 0;
}

/* Write the file again and again. What fails later than at the start may pass, and is
 * seen by the age of the file. */
static int metrics_every(struct metrics *m, const struct selection *sel)
{
	struct app *app = m->app;
	sigset_t ends;
	int r;

	stop_block(&ends);
	(void)sigprocmask(SIG_BLOCK, &ends, NULL);
	r = metrics_print(m, sel);
	while (!r && metrics_wait(&ends, m->args->every)) {
		/* The namespaces are others by now. */
		ipcx_use(app->x, NULL);
		ipcx_ns_free(app->ns);
		app->ns = NULL;
		ipcx_clock(app->x, time(NULL));
		(void)metrics_print(m, sel);
	}
	return r;
}

static int metrics_run(struct app *app, void *data, int n, char **words)
{
	struct metrics m = { .app = app, .args = data };
	struct selection sel;
	int r = metrics_check(m.args);

	if (!r)
		r = select_read(app->x, &m.args->select, n, words, &sel);
	if (r)
		return r;
	if (sel.nrefs)
		r = msg_usage("metrics are of mechanisms, such as shm, not of objects: "
			      "--per-object has series for objects");
	else if (m.args->get)
		r = metrics_get(&m, &sel);
	else if (m.args->http)
		r = metrics_http(&m, &sel);
	else if (m.args->given & GIVEN_EVERY)
		r = metrics_every(&m, &sel);
	else
		r = metrics_print(&m, &sel);
	select_free(&sel);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "by",         0, JOINED(struct metrics_args, by),     .arg = "LABELS", .complete = COMPLETE_LABELS, .help = "series for each owner, ns, container (a list), or none" },
	{ "with",       0, JOINED(struct metrics_args, with),   .arg = "FACTS", .complete = COMPLETE_FACTS, .help = "also what takes longer to read: rss, waits, who, doctor" },
	{ "per-object", 0, FLAG(struct metrics_args, per_object), .help = "also series for each object that fulfils the condition" },
	{ "max-series", 0, NUMBER(struct metrics_args, max), GIVEN(struct metrics_args, given, GIVEN_MAX), .arg = "N", .help = "the most series of a metric; the rest becomes \"(other)\" (1000)" },
	{ "output",     0, TEXT(struct metrics_args, output),   .arg = "FILE", .complete = COMPLETE_FILES, .help = "replace this file in one step, for a textfile collector" },
	{ "every",      0, DURATION(struct metrics_args, every), GIVEN(struct metrics_args, given, GIVEN_EVERY), .arg = "INTERVAL", .help = "with --output: write it again and again" },
	{ "http",       0, FLAG(struct metrics_args, http),     .help = "answer one HTTP request on standard input and output" },
	{ "get",        0, TEXT(struct metrics_args, get),      .arg = "METRIC", .complete = COMPLETE_METRICS, .help = "print one value, such as 'ipcx_objects{mech=\"shm\"}'" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,        0 },
	{ ns_opts,     offsetof(struct metrics_args, where) },
	{ select_opts, offsetof(struct metrics_args, select) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx metrics",                                "objects, bytes and limits of this namespace" },
	{ "ipcx metrics --output /var/lib/prometheus/node-exporter/ipcx.prom", "for node_exporter's textfile collector" },
	{ "ipcx metrics --by none --with waits,doctor",  "few series, and who is stuck and what is wrong" },
	{ "ipcx metrics --per-object -w 'size > 1G'",    "large objects have series of their own" },
	{ "ipcx metrics --get 'ipcx_objects{mech=\"shm\"}'", "one number, for Zabbix and scripts" },
	{ "printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' | ipcx metrics --http", "what a socket unit runs for each scrape" },
	{ "", "" },
};

const struct cmd cmd_metrics = {
	.name = "metrics", .operands = "[MECH…]", .summary = "Print metrics for a monitoring system",
	.about = "Prints numbers of objects, their bytes, limits and how much of them is used as text that both Prometheus' textfile collector and OpenMetrics read. "
		 "The number of series is bounded, a value that is unknown is no series, and ipcx_unreadable tells what could not be read.",
	.options = options, .examples = examples, .complete = COMPLETE_MECHS | COMPLETE_GROUPS,
	.exits = EXITS({ EXIT_DONE, "written, also if something could not be read: ipcx_unreadable tells that; with --http: answered" }, { EXIT_MISSING, "no such namespace; with --get: no such series" }, { EXIT_PART, "with --get: something could not be read" }),
	.args_size = sizeof(struct metrics_args), .run = metrics_run,
};
/* clang-format on */
