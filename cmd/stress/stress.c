/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx stress: put load on the objects of each mechanism, check their behaviour, and
 * measure. */
#include <stdio.h>

#include "commands.h"
#include "stress/stress.h"

static const enum ipcx_field fields[] = {
	IPCX_F_MECH,      IPCX_F_SIZE,     IPCX_F_OBJECTS, IPCX_F_WORKLOAD,
	IPCX_F_OPERATION, IPCX_F_CPUS,     IPCX_F_WORKERS, IPCX_F_OPS,
	IPCX_F_SAMPLES,   IPCX_F_ELAPSED,  IPCX_F_RATE,    IPCX_F_MEAN,
	IPCX_F_P50,       IPCX_F_P90,      IPCX_F_P99,     IPCX_F_P999,
	IPCX_F_MAX,       IPCX_F_ERRORS,   IPCX_F_ERRNOS,  IPCX_F_FAULTS,
	IPCX_F_CPU_TIME,  IPCX_F_SWITCHES, IPCX_F_WHAT
};
/* At most 80 columns with the longest workload and operation. Failed calls, like faults,
 * are reported below the table. */
static const enum ipcx_field shown[] = { IPCX_F_WORKLOAD, IPCX_F_OPERATION, IPCX_F_CPUS,
					 IPCX_F_RATE,     IPCX_F_P50,       IPCX_F_P99,
					 IPCX_F_MAX };
static const enum ipcx_field listed[] = { IPCX_F_MECH, IPCX_F_WORKLOAD, IPCX_F_WHAT };
static const enum ipcx_field blocks[] = { IPCX_F_MECH };

static void stress_label(const struct ipcx_table *t, size_t row, char *buf, size_t size)
{
	struct ipcx_value v;
	const char *name = stress_text(t, row, IPCX_F_MECH, &v);
	unsigned mech;

	(void)snprintf(buf, size, "%s",
		       ipcx_mech_by_name(name, (size_t)-1, &mech) == 0
			       ? ipcx_mech_info(mech)->label
			       : name);
}

static const struct stress_kind kind = {
	.subject = IPCX_F_MECH,
	.fields = COLUMN_LIST_INIT(fields),
	.shown = COLUMN_LIST_INIT(shown),
	.listed = COLUMN_LIST_INIT(listed),
	.blocks = COLUMN_LIST_INIT(blocks),
	.label = stress_label,
};

static int stress_run(struct app *app, void *data, int n, char **words)
{
	return stress_command(app, &kind, data, n, words);
}

/* clang-format off */
static const struct opt opts[] = {
	STRESS_OPTIONS(COMPLETE_LOADS),
	{ "objects", 0, NUMBER(struct stress_args, objects), GIVEN(struct stress_args, given, STRESS_OBJECTS), .arg = "N", .help = "objects per worker, 1 to 32768 (default 8)" },
	{ "here",    0, FLAG(struct stress_args, here),      .help = "load ipcx's own namespaces, not fresh ones" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts, 0 },
	{ ns_one_opts, offsetof(struct stress_args, where) },
	{ filter_opts, offsetof(struct stress_args, output) },
	{ output_opts,     offsetof(struct stress_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx stress",                                        "every workload of every mechanism, ten seconds in all" },
	{ "ipcx stress msg mq --workload transfer --for 1m",    "check that queues do not lose, duplicate or reorder messages" },
	{ "ipcx stress sem --workload transfer --expect 'p50 < 50us'", "in a test: exit with 1 if it is slower" },
	{ "ipcx stress --ns web --workload churn",              "load a container's namespace while it is in use" },
	{ "ipcx stress --list",                                 "list all workloads" },
	{ "", "" },
};

const struct cmd cmd_stress = {
	.name = "stress", .operands = "[MECH…]", .summary = "Load, check and measure mechanisms",
	.about = "Lets several processes use objects of each mechanism as fast as they can, checks that the kernel keeps its promises (no message lost, duplicated "
		 "or changed, never two processes in one critical section, SEM_UNDO applied after a kill, every waiter woken), and measures each operation. It runs in "
		 "fresh namespaces, where it cannot touch other objects, unless --ns or --here is given. All objects that it creates are removed, "
		 "even after a signal.",
	.options = options, .examples = examples, .complete = COMPLETE_MECHS | COMPLETE_GROUPS,
	.exits = EXITS({ EXIT_FAILED, "failed; or there were faults, failed calls, or unexpected results" }, NO_SUCH_NAMESPACE, { EXIT_PART, "some mechanisms are not available" }),
	.at_home = true, .args_size = sizeof(struct stress_args), .run = stress_run,
};
/* clang-format on */
