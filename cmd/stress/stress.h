/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What 'stress' and 'stress compare' share: their options, the way from words to a plan,
 * a run with its live line, and the verdict on what came of it. */
#pragma once

#include "cmd.h"
#include "ipcx-stress.h"
#include "nsopt.h"

/* Options whose value 0 must be told from none. */
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

/* One of the two commands: what its rows are about, and how people see them. */
struct stress_kind {
	unsigned flags;          /* 0 or IPCX_STRESS_COMPARE */
	enum ipcx_field subject; /* mechanism, or name of a way */
	struct shown fields;     /* of the results */
	struct shown shown;      /* of those for people, in a block */
	struct shown listed;     /* of the list of workloads */
	struct shown blocks;     /* rows that have the same of these make a block */
	const char *order;       /* of people's rows, when nothing is said; NULL */
	/* What stands above a block. */
	void (*label)(const struct ipcx_table *t, size_t row, char *buf, size_t size);
	/* Print results as bars (--plot), as stress_print() does. */
	int (*plot)(struct load_run *s, const struct ipcx_table *t);
};

/* Words that stood in lists with commas between. */
struct stress_words {
	char *text;
	const char **all; /* ended by NULL; NULL when there are none */
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
	bool bad; /* something was not as it should be, and was told */
};

/* Read the plan from options and operands (mechanisms or ways), and hold it against what
 * there is. 0, or an exit status after a message. Free it in any case. */
int stress_plan(struct load_run *s, int n, char **words);
void stress_plan_free(struct load_run *s);

/* Whether the plan is about a row of the list of workloads. */
bool stress_planned(const struct load_run *s, const struct ipcx_table *list, size_t row);

/* The whole of a command. */
int stress_command(struct app *app, const struct stress_kind *kind,
		   const struct stress_args *args, int n, char **words);

/* Print results: in blocks, or as one table. 0, or an exit status after a message. */
int stress_print(struct load_run *s, const struct ipcx_table *t);

/* The rows of one block after the other: put() with rows that are in order. 0, or what
 * put() answered. */
typedef int stress_put(struct load_run *s, const struct output_rows *rows,
		       const char *label);
int stress_blocks(struct load_run *s, const struct ipcx_table *t, stress_put *put);

/* --expect: read it. 0, or exit status 2 after a message. */
int stress_expect(struct load_run *s);

/* Tell each row that had errors or is not as expected. */
void stress_judge(struct load_run *s, const struct ipcx_table *t);

/* "on 1 CPU", "on 2 CPUs", "on any CPUs". */
const char *stress_cpus(unsigned cpus);

/* The text of a string field; "" when there is none. The value must be kept. */
const char *stress_text(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			struct ipcx_value *v);

/* clang-format off */
/* The lists stand in one place each, for their commands' option tables. */
#define STRESS_OPTIONS(loads) \
	{ "for",      0, DURATION(struct stress_args, duration), GIVEN(struct stress_args, given, STRESS_FOR), .arg = "DURATION", .help = "how long everything together takes (default 10s)" }, \
	{ "ops",      0, NUMBER(struct stress_args, ops),        GIVEN(struct stress_args, given, STRESS_OPS), .arg = "N", .help = "instead: so many rounds of each worker and workload" }, \
	{ "workers",  0, NUMBER(struct stress_args, workers),    GIVEN(struct stress_args, given, STRESS_WORKERS), .arg = "N", .help = "processes of each workload, 1 to 256 (default 2; some workloads need more)" }, \
	{ "size",     0, SIZE(struct stress_args, bytes),        GIVEN(struct stress_args, given, STRESS_SIZE), .arg = "SIZE", .help = "of a message, or a segment (default: what suits the workload)" }, \
	{ "seed",     0, NUMBER(struct stress_args, seed),       .arg = "N", .help = "of sizes and order; 0, or none: one is made up, and shown" }, \
	{ "workload", 0, LISTED(struct stress_args, workloads),  .arg = "LIST", .complete = (loads), .help = "only these workloads, commas between; may be repeated" }, \
	{ "cpus",     0, LISTED(struct stress_args, cpus),       .arg = "LIST", .complete = COMPLETE_CPUS, .help = "run on 1, on 2, or on any CPUs (default 1,2), each for itself" }, \
	{ "expect",   0, LISTED(struct stress_args, expect),     .arg = "EXPR", .complete = COMPLETE_FIELDS, .help = "exit with 1 unless every result fulfils this: 'p99 < 50us && errors == 0'" }, \
	{ "force",    0, FLAG(struct stress_args, force),        .help = "also where the memory may not suffice" }, \
	{ "list",     0, FLAG(struct stress_args, list),         .help = "run nothing, list the workloads" }
/* clang-format on */
