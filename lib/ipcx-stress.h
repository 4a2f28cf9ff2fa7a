/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libipcx: load on IPC objects, checked and measured.
 *
 * UNSTABLE: unlike ipcx.h, what stands here may change or go with any release; the
 * symbols have a version node of their own (LIBIPCX_STRESS_…), so that a program built
 * against another form of it does not start rather than misbehave. Errors, ownership and
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

/** Fields of the rows of ipcx_stress_results(), outside of the numbers that ipcx.h gives
 * away: they are as unstable as the rest. */
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

/** A storm on IPC objects, at work or done. */
struct ipcx_stress;

/** How workers are placed on CPUs. Each kind asked for is a run of its own. */
#define IPCX_ON_ONE  (1U << 0) /**< all on one CPU */
#define IPCX_ON_TWO  (1U << 1) /**< in turn on two; left out where there is only one */
#define IPCX_ON_MANY (1U << 2) /**< wherever the kernel puts them: figures vary widely */

/** Flags of a plan. */
#define IPCX_STRESS_HERE (1U << 0) /**< in the caller's namespaces, not in fresh ones */
#define IPCX_STRESS_COMPARE \
	(1U << 1) /**< the ways to move data between processes, side by side */
#define IPCX_STRESS_FORCE (1U << 2) /**< although the memory may not suffice */

/** What to do. Set size to sizeof(struct ipcx_stress_plan); 0 and NULL are the defaults. */
struct ipcx_stress_plan {
	size_t size;
	uint64_t mechs; /**< mask of mechanisms; 0: all. Not for a comparison */
	const char *const *workloads; /**< ended by NULL; NULL: all */
	const char *const *ways;      /**< of a comparison, ended by NULL; NULL: all */
	struct ipcx_ns *ns;           /**< the namespace to load; NULL: a fresh one */
	uint64_t duration; /**< nanoseconds, for everything together; default 10 s */
	uint64_t ops;      /**< instead: so many rounds of each worker and workload */
	uint64_t bytes;    /**< of a message, or a segment; 0: what suits the workload */
	uint64_t seed;     /**< of sizes and order; 0: one is made up */
	unsigned workers;  /**< processes of each workload, 1 to 256; default 2 */
	unsigned objects;  /**< of each worker, 1 to 32768; default 8 */
	unsigned cpus;     /**< IPCX_ON_…; default one and two */
	unsigned flags;    /**< IPCX_STRESS_… */
};

/** The size of struct ipcx_stress_plan in the first version. */
#define IPCX_STRESS_PLAN_SIZE_0_1 \
	(offsetof(struct ipcx_stress_plan, flags) + sizeof(unsigned))

/** How far it is. Set size to sizeof(struct ipcx_stress_progress). */
struct ipcx_stress_progress {
	size_t size;
	unsigned done, all;  /**< runs: a workload of a mechanism on its CPUs */
	const char *subject; /**< mechanism or way that runs now. Static; "" between two */
	const char *workload; /**< static */
	unsigned cpus;        /**< IPCX_ON_… */
	uint64_t ops;         /**< operations of this run so far */
	uint64_t elapsed;     /**< nanoseconds of this run so far */
	uint64_t left; /**< nanoseconds until all is done, about; 0 when not known */
};

/** The size of struct ipcx_stress_progress in the first version. */
#define IPCX_STRESS_PROGRESS_SIZE_0_1 \
	(offsetof(struct ipcx_stress_progress, left) + sizeof(uint64_t))

/**
 * Begin. Child processes do the work: in fresh IPC, mount and (without CAP_SYS_ADMIN)
 * user namespaces, unless the plan says otherwise; the caller stays where it is and
 * may use x meanwhile. Should the caller die, they end and remove what they made.
 *
 * @param ret_s end it with ipcx_stress_end(), before the context is freed
 * @return 0; -EINVAL; -ENOENT for an unknown workload or way; -ENOMEM, also when the
 * machine's memory would not suffice; -EPERM, … when the namespaces cannot be had
 */
int ipcx_stress_start(struct ipcx *x, const struct ipcx_stress_plan *plan,
		      struct ipcx_stress **ret_s);

/** Wait until it is done. @param timeout nanoseconds at most, -1 for ever @return 0 done,
 * 1 not yet (also after a signal), -EIO when the children came to an unexpected end */
int ipcx_stress_wait(struct ipcx_stress *s, int64_t timeout);

/** How far it is. @return 0; -EINVAL for NULL or a size that is none */
int ipcx_stress_progress(const struct ipcx_stress *s,
			 struct ipcx_stress_progress *ret_progress);

/** Have it end early: what was measured so far stays. ipcx_stress_wait() says when. */
void ipcx_stress_stop(struct ipcx_stress *s);

/**
 * What was measured, a row for each operation of each run: mech or (of a comparison)
 * name, workload, operation, cpus, workers, size, ops, rate, mean, p50 to max, errors,
 * faults, … A fault is a promise of the kernel that was not kept: a message lost, doubled
 * or changed, two in one critical section, a value that did not come back. Its text is a
 * note (IPCX_NOTE_FAILED); what could not be run here is a note, too
 * (IPCX_NOTE_UNAVAILABLE).
 *
 * @return 0, -ENOMEM
 */
int ipcx_stress_results(struct ipcx_stress *s, struct ipcx_table **ret_table);

/** On what it ran: name, what. Kernel, CPUs, mitigations, limits, seed, cost of a system
 * call and of reading the clock. @return 0, -ENOMEM */
int ipcx_stress_facts(struct ipcx_stress *s, struct ipcx_table **ret_table);

/** End it at once, remove what it made, and free it. NULL is allowed. @return 0; -EIO
 * when something is left that could not be removed: the text says what */
int ipcx_stress_end(struct ipcx_stress *s);

/** Every workload there is: mech (or name, of a comparison), workload, what.
 * @param flags 0 or IPCX_STRESS_COMPARE @return 0, -ENOMEM */
int ipcx_stress_list(struct ipcx *x, unsigned flags, struct ipcx_table **ret_table);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
