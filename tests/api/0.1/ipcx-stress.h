/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libipcx: load on IPC objects, checked and measured.
 *
 * UNSTABLE: unlike ipcx.h, this interface may change or disappear with any release. Its
 * symbols have their own version node (LIBIPCX_STRESS_…), so that a program built against
 * an incompatible version fails to start instead of misbehaving. Errors, ownership and
 * threads are as in ipcx.h.
 */
#ifndef IPCX_STRESS_H
#define IPCX_STRESS_H

#include <ipcx.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/* ---- fields ---- */

/** Fields of the rows of ipcx_stress_results(). Their numbers are outside the range of
 * ipcx.h, and as unstable as the rest. */
#define IPCX_F_WORKLOAD  ((enum ipcx_field)200)
#define IPCX_F_OPERATION ((enum ipcx_field)201)
#define IPCX_F_CPUS      ((enum ipcx_field)202)
#define IPCX_F_WORKERS   ((enum ipcx_field)203)
#define IPCX_F_OPS       ((enum ipcx_field)204)
#define IPCX_F_SAMPLES   ((enum ipcx_field)205)
#define IPCX_F_ELAPSED   ((enum ipcx_field)206)
#define IPCX_F_RATE      ((enum ipcx_field)207)
#define IPCX_F_MEAN      ((enum ipcx_field)208)
#define IPCX_F_P50       ((enum ipcx_field)209)
#define IPCX_F_P90       ((enum ipcx_field)210)
#define IPCX_F_P99       ((enum ipcx_field)211)
#define IPCX_F_P999      ((enum ipcx_field)212)
#define IPCX_F_MAX       ((enum ipcx_field)213)
#define IPCX_F_ERRORS    ((enum ipcx_field)214)
#define IPCX_F_ERRNOS    ((enum ipcx_field)215)
#define IPCX_F_FAULTS    ((enum ipcx_field)216)
#define IPCX_F_CPU_TIME  ((enum ipcx_field)217)
#define IPCX_F_SWITCHES  ((enum ipcx_field)218)
#define IPCX_F_RATIO     ((enum ipcx_field)219)

/* ---- stress ---- */

/** A load run on IPC objects, running or done. */
struct ipcx_stress;

/** How workers are placed on CPUs. There is a separate run for each requested placement. */
#define IPCX_ON_ONE  (1U << 0) /**< all on one CPU */
#define IPCX_ON_TWO  (1U << 1) /**< alternately on two; skipped if there is only one */
#define IPCX_ON_MANY (1U << 2) /**< not pinned: figures vary widely */

/** Flags of a plan. */
#define IPCX_STRESS_HERE    (1U << 0) /**< in the caller's namespaces, not in fresh ones */
#define IPCX_STRESS_COMPARE (1U << 1) /**< compare the ways to move data */
#define IPCX_STRESS_FORCE   (1U << 2) /**< even if the memory may not suffice */

/** What to do. Set size to sizeof(struct ipcx_stress_plan); 0 and NULL are the defaults. */
struct ipcx_stress_plan {
	size_t size;
	uint64_t mechs; /**< mask of mechanisms; 0: all. Ignored by a comparison */
	const char *const *workloads; /**< NULL-terminated; NULL: all */
	const char *const *ways;      /**< of a comparison, NULL-terminated; NULL: all */
	struct ipcx_ns *ns;           /**< the namespace to load; NULL: a fresh one */
	uint64_t duration; /**< of all runs together, nanoseconds; default 10 s */
	uint64_t ops;      /**< instead: rounds of each worker in each run */
	uint64_t bytes;    /**< of a message or segment; 0: the workload's default */
	uint64_t seed;     /**< random seed for sizes and order; 0: a random one */
	unsigned workers;  /**< processes per workload, 1 to 256; default 2 */
	unsigned objects;  /**< per worker, 1 to 32768; default 8 */
	unsigned cpus;     /**< IPCX_ON_…; default one and two */
	unsigned flags;    /**< IPCX_STRESS_… */
};

/** The size of struct ipcx_stress_plan in the first version. */
#define IPCX_STRESS_PLAN_SIZE_0_1 \
	(offsetof(struct ipcx_stress_plan, flags) + sizeof(unsigned))

/** The progress. Set size to sizeof(struct ipcx_stress_progress). */
struct ipcx_stress_progress {
	size_t size;
	unsigned done, all;  /**< number of runs: one for each workload and placement */
	const char *subject; /**< current mechanism or way; static; "" between two runs */
	const char *workload; /**< current workload; static */
	unsigned cpus;        /**< IPCX_ON_… */
	uint64_t ops;         /**< operations of this run so far */
	uint64_t elapsed;     /**< nanoseconds of this run so far */
	uint64_t left; /**< estimated nanoseconds until all is done; 0 if unknown */
};

/** The size of struct ipcx_stress_progress in the first version. */
#define IPCX_STRESS_PROGRESS_SIZE_0_1 \
	(offsetof(struct ipcx_stress_progress, left) + sizeof(uint64_t))

/**
 * Start. Child processes do the work, in fresh IPC, mount and (without CAP_SYS_ADMIN)
 * user namespaces unless the plan says otherwise. The caller's namespaces do not change,
 * and it may use x meanwhile. If the caller dies, the children end and remove their
 * objects.
 *
 * @param ret_s end it with ipcx_stress_end() before freeing the context
 * @return 0; -EINVAL; -ENOENT for an unknown workload or way; -ENOMEM, also if the
 * machine's memory may not suffice; -EPERM, … if the namespaces cannot be created or
 * entered
 */
int ipcx_stress_start(struct ipcx *x, const struct ipcx_stress_plan *plan,
		      struct ipcx_stress **ret_s);

/** Wait until it is done. @param timeout at most, nanoseconds; -1 for ever @return 0:
 * done; 1: not yet (also after a signal); -EIO if the supervising process ended
 * unexpectedly */
int ipcx_stress_wait(struct ipcx_stress *s, int64_t timeout);

/** Report the progress. @return 0; -EINVAL for NULL or an invalid size */
int ipcx_stress_progress(const struct ipcx_stress *s,
			 struct ipcx_stress_progress *ret_progress);

/** Ask it to end early; what was measured so far is kept. Then call ipcx_stress_wait(). */
void ipcx_stress_stop(struct ipcx_stress *s);

/**
 * Get the results, one row for each operation of each run: mech or (of a comparison)
 * name, workload, operation, cpus, workers, size, ops, rate, mean, p50 to max, errors,
 * faults, … A fault is a promise that the kernel did not keep: a message lost, doubled or
 * changed, two processes in one critical section, a SEM_UNDO that was not applied. Its
 * text is a note (IPCX_NOTE_FAILED), and so is why a workload could not be run
 * (IPCX_NOTE_UNAVAILABLE).
 *
 * @return 0, -ENOMEM
 */
int ipcx_stress_results(struct ipcx_stress *s, struct ipcx_table **ret_table);

/** Get the facts about the run, rows of name and what: kernel, CPUs, mitigations, limits,
 * seed, cost of a system call and of reading the clock. @return 0, -ENOMEM */
int ipcx_stress_facts(struct ipcx_stress *s, struct ipcx_table **ret_table);

/** End it at once, remove its objects, and free it. NULL is allowed. @return 0; -EIO if
 * objects could not be removed: the error text names them */
int ipcx_stress_end(struct ipcx_stress *s);

/** List all workloads: mech (or name, of a comparison), workload, what.
 * @param flags 0 or IPCX_STRESS_COMPARE @return 0, -ENOMEM */
int ipcx_stress_list(struct ipcx *x, unsigned flags, struct ipcx_table **ret_table);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
