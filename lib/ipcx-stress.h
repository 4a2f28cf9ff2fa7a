/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Load: ipcx-stress.h generates load on IPC objects, checks its results and measures it.
 * Unlike ipcx.h, it is unstable: everything in it may change or be removed in any
 * release. The symbols of ipcx-stress.h have a version node of their own
 * (LIBIPCX_STRESS_…), so that a program built against another version of the header fails
 * to start instead of misbehaving. Errors, ownership and threads are as in ipcx.h.
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

/* ---- ipcx_stress_start(3): load IPC objects, check and measure ---- */
/*
 * A run consists of one or more workloads for each mechanism, each in several processes.
 * This interface is unstable: see libipcx(3).
 *
 * @example stress.c
 * @see ipcx-stress(1)
 */

/** Fields of the rows of ipcx_stress_results(). Their numbers are greater than those of
 * ipcx.h, and as unstable as the rest of this header. */
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

/** A stress run, in progress or done. */
struct ipcx_stress;

/** How workers are placed on CPUs. Each requested placement is a separate run. */
#define IPCX_ON_ONE  (1U << 0) /**< all on one CPU */
#define IPCX_ON_TWO  (1U << 1) /**< alternately on two CPUs; skipped if only one exists */
#define IPCX_ON_MANY (1U << 2) /**< as the kernel places them; results vary widely */

/** Run in the caller's namespaces, not in new ones. */
#define IPCX_STRESS_HERE (1U << 0)
/** Compare the ways to move data between processes. */
#define IPCX_STRESS_COMPARE (1U << 1)
/** Run even if there may not be enough memory. */
#define IPCX_STRESS_FORCE (1U << 2)

/** What to run. Set size to sizeof(struct ipcx_stress_plan); 0 and NULL are the defaults.
 */
struct ipcx_stress_plan {
	size_t size;
	uint64_t mechs; /**< mask of mechanisms; 0: all. Not for a comparison */
	const char *const *workloads; /**< names, terminated by NULL; NULL: all */
	const char *const *ways; /**< ways to compare, terminated by NULL; NULL: all */
	struct ipcx_ns *ns;      /**< the namespace to load; NULL: a new one */
	uint64_t duration;       /**< nanoseconds for all runs together; default 10 s */
	uint64_t ops; /**< rounds of each worker in each workload, instead of duration */
	uint64_t bytes; /**< size of a message or segment; 0: the workload's default */
	uint64_t seed; /**< seed for random sizes and order; 0: choose a seed at random */
	unsigned workers; /**< processes per workload, 1 to 256; default 2 */
	unsigned objects; /**< objects per worker, 1 to 32768; default 8 */
	unsigned cpus;    /**< IPCX_ON_…; default one and two */
	unsigned flags;   /**< IPCX_STRESS_… */
};

/** The size of struct ipcx_stress_plan in the first version. */
#define IPCX_STRESS_PLAN_SIZE_0_1 \
	(offsetof(struct ipcx_stress_plan, flags) + sizeof(unsigned))

/** The progress of a run. Set size to sizeof(struct ipcx_stress_progress). */
struct ipcx_stress_progress {
	size_t size;
	unsigned done, all; /**< number of completed runs and of all runs; each run is one
			       workload of one mechanism in one placement */
	const char *subject;  /**< the mechanism or way of the current run. Static; ""
				 between two runs */
	const char *workload; /**< the workload of the current run. Static */
	unsigned cpus;        /**< placement of the current run, IPCX_ON_… */
	uint64_t ops;         /**< operations of the current run so far */
	uint64_t elapsed;     /**< nanoseconds that the current run has taken so far */
	uint64_t left; /**< estimated nanoseconds until all runs are done; 0: unknown */
};

/** The size of struct ipcx_stress_progress in the first version. */
#define IPCX_STRESS_PROGRESS_SIZE_0_1 \
	(offsetof(struct ipcx_stress_progress, left) + sizeof(uint64_t))

/**
 * Start a run. Child processes do the work, in new IPC, mount and (without CAP_SYS_ADMIN)
 * user namespaces unless the plan says otherwise. The caller stays in its namespaces and
 * may use x meanwhile. If the caller dies, the child processes remove what they created,
 * and end.
 *
 * @param ret_s free it with ipcx_stress_end() before the context
 * @return 0, or -errno
 * @retval -EINVAL a number of the plan is out of range, or members contradict each other
 * @retval -ENOENT there is no such workload or way
 * @retval -ENOMEM the machine's memory would not suffice (see IPCX_STRESS_FORCE)
 * @retval -EPERM new namespaces are not permitted
 * @retval -errno any other error of unshare(2), mount(2) or fork(2)
 */
int ipcx_stress_start(struct ipcx *x, const struct ipcx_stress_plan *plan,
		      struct ipcx_stress **ret_s);

/**
 * Wait until a run is done.
 *
 * @param timeout nanoseconds; -1: wait without limit
 * @return 0 if the run is done; 1 if not (the timeout expired, or a signal arrived); or
 * -errno
 * @retval -EIO the supervising process ended unexpectedly
 */
int ipcx_stress_wait(struct ipcx_stress *s, int64_t timeout);

/**
 * Read the progress of a run.
 *
 * @return 0, or -errno
 */
int ipcx_stress_progress(const struct ipcx_stress *s,
			 struct ipcx_stress_progress *ret_progress);

/** Ask a run to end early. What was measured so far is kept; ipcx_stress_wait() returns 0
 * when the run has ended. */
void ipcx_stress_stop(struct ipcx_stress *s);

/**
 * Return what was measured, a row for each operation of each run: mech (in a comparison:
 * name), workload, operation, cpus, workers, size, ops, rate, mean, p50 to max, errors,
 * faults and others. A fault is a violated guarantee of the kernel: a message lost,
 * duplicated or changed, two processes in one critical section, a value that was not
 * restored. A note describes each fault (IPCX_NOTE_FAILED) and each part that could not
 * be run here (IPCX_NOTE_UNAVAILABLE).
 *
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 */
int ipcx_stress_results(struct ipcx_stress *s, struct ipcx_table **ret_table);

/**
 * Describe the machine and the run, in rows of name and what: kernel, CPUs, mitigations,
 * limits, seed, the cost of a system call and of reading the clock.
 *
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 */
int ipcx_stress_facts(struct ipcx_stress *s, struct ipcx_table **ret_table);

/**
 * End a run at once, remove what it created, and free s, which may be NULL.
 *
 * @return 0, or -errno
 * @retval -EIO something could not be removed; the text says what
 */
int ipcx_stress_end(struct ipcx_stress *s);

/**
 * List every workload: mech (in a comparison: name), workload, what.
 *
 * @param flags IPCX_STRESS_COMPARE or 0
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 */
int ipcx_stress_list(struct ipcx *x, unsigned flags, struct ipcx_table **ret_table);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
