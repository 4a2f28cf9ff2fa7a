/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx stress compare: compare the ways to move data between processes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "commands.h"
#include "stress/stress.h"
#include "ui/plot.h"

static const enum ipcx_field fields[] = {
	IPCX_F_NAME,     IPCX_F_SIZE,     IPCX_F_WORKLOAD, IPCX_F_OPERATION,
	IPCX_F_CPUS,     IPCX_F_WORKERS,  IPCX_F_OPS,      IPCX_F_SAMPLES,
	IPCX_F_ELAPSED,  IPCX_F_RATE,     IPCX_F_RATIO,    IPCX_F_MEAN,
	IPCX_F_P50,      IPCX_F_P90,      IPCX_F_P99,      IPCX_F_P999,
	IPCX_F_MAX,      IPCX_F_ERRORS,   IPCX_F_ERRNOS,   IPCX_F_FAULTS,
	IPCX_F_CPU_TIME, IPCX_F_SWITCHES, IPCX_F_WHAT
};
static const enum ipcx_field shown[] = { IPCX_F_NAME,    IPCX_F_RATE, IPCX_F_RATIO,
					 IPCX_F_P50,     IPCX_F_P99,  IPCX_F_MAX,
					 IPCX_F_CPU_TIME };
static const enum ipcx_field listed[] = { IPCX_F_NAME, IPCX_F_WORKLOAD, IPCX_F_WHAT };
/* Comparable rows form a block, sorted by speed. */
static const enum ipcx_field blocks[] = { IPCX_F_WORKLOAD, IPCX_F_OPERATION,
					  IPCX_F_CPUS };

static void stress_compare_label(const struct ipcx_table *t, size_t row, char *buf,
				 size_t size)
{
	struct ipcx_value v[3];
	const char *workload = stress_text(t, row, IPCX_F_WORKLOAD, &v[0]);
	const char *operation = stress_text(t, row, IPCX_F_OPERATION, &v[1]);
	const char *cpus = stress_text(t, row, IPCX_F_CPUS, &v[2]);
	bool same = strcmp(workload, operation) == 0;

	(void)snprintf(buf, size, "%s%s%s on %s CPU%s", workload, same ? "" : ": ",
		       same ? "" : operation, cpus, strcmp(cpus, "1") == 0 ? "" : "s");
}

/* ---- --plot */

/* Write the speed relative to the fastest way. */
static void stress_compare_times(const struct output_rows *rows, size_t i, char *buf,
				 size_t size)
{
	struct ipcx_value v;

	if (output_get(rows, i, IPCX_F_RATIO, &v) < 0 || v.type != IPCX_TYPE_REAL)
		(void)snprintf(buf, size, "-");
	else if (v.as.d <= 1)
		(void)snprintf(buf, size, "fastest");
	else if (v.as.d < 1.05)
		(void)snprintf(buf, size, "as fast");
	else
		(void)snprintf(buf, size, "%.1f x slower", v.as.d);
}

static int put_bars(struct load_run *s, const struct output_rows *rows, const char *text)
{
	struct plot_bar *bars = calloc(rows->n + 1, sizeof(*bars));
	struct ipcx_value *names = calloc(rows->n + 1, sizeof(*names)), rate;
	char ratio[24];

	for (size_t i = 0; bars && names && i < rows->n; i++) {
		bars[i].label =
			stress_text(rows->t, rows->order[i], IPCX_F_NAME, &names[i]);
		if (output_get(rows, i, IPCX_F_RATE, &rate) < 0 ||
		    rate.type != IPCX_TYPE_UINT)
			rate.as.u = 0;
		bars[i].value = (double)rate.as.u;
		stress_compare_times(rows, i, ratio, sizeof(ratio));
		(void)snprintf(bars[i].figures, sizeof(bars[i].figures),
			       "%" PRIu64 "/s  %13s", rate.as.u, ratio);
	}
	output_heading(&s->output, text);
	if (bars && names)
		plot_bars(bars, rows->n);
	else
		msg_error("out of memory");
	free(names);
	free(bars);
	return 0;
}

static int plot(struct load_run *s, const struct ipcx_table *t)
{
	return stress_blocks(s, t, put_bars);
}

static const struct stress_kind kind = {
	.flags = IPCX_STRESS_COMPARE,
	.subject = IPCX_F_NAME,
	.fields = COLUMN_LIST_INIT(fields),
	.shown = COLUMN_LIST_INIT(shown),
	.listed = COLUMN_LIST_INIT(listed),
	.blocks = COLUMN_LIST_INIT(blocks),
	.order = "-rate",
	.label = stress_compare_label,
	.plot = plot,
};

static int stress_compare_run(struct app *app, void *data, int n, char **words)
{
	return stress_command(app, &kind, data, n, words);
}

/* clang-format off */
static const struct opt opts[] = {
	STRESS_OPTIONS(COMPLETE_WAY_LOADS),
	{ "plot", 0, FLAG(struct stress_args, plot), .help = "draw the rates as bars instead of a table" },
	{ "here", 0, FLAG(struct stress_args, here), .help = "run in ipcx's own namespaces, not in fresh ones" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts, 0 },
	{ filter_opts, offsetof(struct stress_args, output) },
	{ output_opts, offsetof(struct stress_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx stress compare --plot",                               "which way is the fastest, as bars" },
	{ "ipcx stress compare --workload round-trip --size 4K",      "requests and answers of 4 KiB each" },
	{ "ipcx stress compare --cpus 2 --json",                      "between two CPUs, as JSON" },
	{ "ipcx stress compare --list",                               "list all ways and workloads" },
	{ "", "" },
};

const struct cmd cmd_stress_compare = {
	.name = "stress compare", .operands = "[WAY…]", .summary = "Compare the ways to move data between processes",
	.about = "Moves the same messages through System V and POSIX queues, pipes, sockets, and shared memory with several kinds of synchronisation. Shows for each workload and "
		 "number of CPUs which way is the fastest, and how many times slower (ratio) the others are. Helps to decide whether a program should replace System V IPC, and by what.",
	.options = options, .examples = examples, .complete = COMPLETE_WAYS,
	.exits = EXITS({ EXIT_FAILED, "failed; or there were faults, failed calls, or unexpected results" }, { EXIT_PART, "some ways are not available" }),
	.at_home = true, .args_size = sizeof(struct stress_args), .run = stress_compare_run,
};
/* clang-format on */
