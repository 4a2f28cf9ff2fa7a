/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What 'stress' and 'stress compare' share: options, the plan, the run with its progress
 * line, and the verdict on the results. */
#pragma once

#include "cmd.h"
#include "ipcx-stress.h"
#include "nsopt.h"

/* Bits of stress_args.given: a value of 0 does not show whether such an option was
 * given. */
#define STRESS_FOR     (1U << 0)
#define STRESS_OPS     (1U << 1)
#define STRESS_WORKERS (1U << 2)
#define STRESS_SIZE    (1U << 3)
#define STRESS_OBJECTS (1U << 4)

struct stress_args {
	struct output_args output;
	struct ns_args where;
	struct opt_list workloads, cpus;
	uint64_t duration, ops, workers, bytes, objects, seed;
	uint64_t given; /* STRESS_… */
	struct opt_list expect;
	bool here, force, list, plot;
};

struct load_run;

/* One of the two commands: its fields, and how its results are shown to people. */
struct stress_kind {
	unsigned flags;          /* 0 or IPCX_STRESS_COMPARE */
	enum ipcx_field subject; /* field of the mechanism, or of the name of a way */
	struct shown fields;     /* all fields of the results */
	struct shown shown;      /* fields shown to people by default */
	struct shown listed;     /* fields of the list of workloads */
	struct shown blocks; /* rows with the same values in these fields form a block */
	const char *order;   /* default --sort of a block's rows, or NULL */
	/* Write the title of a block. */
	void (*label)(const struct ipcx_table *t, size_t row, char *buf, size_t size);
	/* Print results as bars (--plot), as stress_print() does. */
	int (*plot)(struct load_run *s, const struct ipcx_table *t);
};

/* The words of comma-separated lists. */
struct stress_words {
	char *text;
	const char **all; /* NULL-terminated; NULL if there are no lists */
};

/* A run, from its plan to its end. */
struct load_run {
	struct app *app;
	const struct stress_kind *kind;
	const struct stress_args *args;
	struct stress_words workloads, ways;
	struct ipcx_stress_plan plan;
	struct ipcx_expr *expect;
	struct output output;
	struct ipcx_stress *run;
	bool bad; /* something was wrong, and was reported */
};

/* Read the plan from options and operands (mechanisms or ways) and check its names.
 * Returns 0, or an exit status after a message. Call stress_plan_free() even on
 * failure. */
int stress_plan(struct load_run *s, int n, char **words);
void stress_plan_free(struct load_run *s);

/* Whether the plan includes a row of the list of workloads. */
bool stress_planned(const struct load_run *s, const struct ipcx_table *list, size_t row);

/* Run the command of this kind. Returns the exit status. */
int stress_command(struct app *app, const struct stress_kind *kind,
		   const struct stress_args *args, int n, char **words);

/* Print results in blocks, or as one table. Returns 0, or an exit status after a message.
 */
int stress_print(struct load_run *s, const struct ipcx_table *t);

/* Call put() for each block, with the rows of the block in order. Returns 0, or the first
 * other status that put() returned. */
typedef int stress_put(struct load_run *s, const struct output_rows *rows,
		       const char *label);
int stress_blocks(struct load_run *s, const struct ipcx_table *t, stress_put *put);

/* Parse --expect. Returns 0, or exit status 2 after a message. */
int stress_expect(struct load_run *s);

/* Report each row that has errors or is not as expected. */
void stress_judge(struct load_run *s, const struct ipcx_table *t);

/* "on 1 CPU", "on 2 CPUs", "on any CPUs". */
const char *stress_cpus(unsigned cpus);

/* Return the text of a string field, valid as long as *v; "" if there is none. */
const char *stress_text(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			struct ipcx_value *v);

/* clang-format off */
/* The options that both commands have. */
#define STRESS_OPTIONS(loads) \
	{ "for",      0, DURATION(struct stress_args, duration), GIVEN(struct stress_args, given, STRESS_FOR), .arg = "DURATION", .help = "duration of all runs together (default 10s)" }, \
	{ "ops",      0, NUMBER(struct stress_args, ops),        GIVEN(struct stress_args, given, STRESS_OPS), .arg = "N", .help = "instead of --for: rounds of each worker in each run" }, \
	{ "workers",  0, NUMBER(struct stress_args, workers),    GIVEN(struct stress_args, given, STRESS_WORKERS), .arg = "N", .help = "processes per workload, 1 to 256 (default at least 2)" }, \
	{ "size",     0, SIZE(struct stress_args, bytes),        GIVEN(struct stress_args, given, STRESS_SIZE), .arg = "SIZE", .help = "size of a message or segment (default: by workload)" }, \
	{ "seed",     0, NUMBER(struct stress_args, seed),       .arg = "N", .help = "random seed (default: random; shown in the results)" }, \
	{ "workload", 0, LISTED(struct stress_args, workloads),  .arg = "LIST", .complete = (loads), .help = "only these workloads, comma-separated; repeatable" }, \
	{ "cpus",     0, LISTED(struct stress_args, cpus),       .arg = "LIST", .complete = COMPLETE_CPUS, .help = "a run each on 1, 2 or any CPUs (default 1,2)" }, \
	{ "expect",   0, LISTED(struct stress_args, expect),     .arg = "EXPR", .complete = COMPLETE_FIELDS, .help = "condition for every result, else exit with 1" }, \
	{ "force",    0, FLAG(struct stress_args, force),        .help = "run even if the memory may not suffice" }, \
	{ "list",     0, FLAG(struct stress_args, list),         .help = "list the workloads and run nothing" }
/* clang-format on */
