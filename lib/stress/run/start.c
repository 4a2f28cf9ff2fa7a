/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stress run as its caller sees it: start, wait, stop, end. The work is done by a
 * process forked here, the supervisor, and by the workers that it forks. Their results
 * are in shared memory, so they survive even if these processes are killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/calls.h"
#include "base/num.h"
#include "base/util.h"
#include "core/copyin.h"
#include "core/mech.h"
#include "ns/ns.h"
#include "ns/rights.h"
#include "stress/engine/objectlog.h"
#include "stress/engine/worker.h"
#include "stress/load/jobs.h"
#include "stress/run/run.h"

#define DEFAULT_NS      (10 * IX_SECOND_NS)
#define DEFAULT_OBJECTS 8
#define OBJECTS_MOST    32768

/* How long ipcx_stress_end() waits for the supervisor before it kills the supervisor:
 * longer than the supervisor waits for hung workers, a time that depends on their
 * number. */
#define END_NS(workers) ((25 + UINT64_C(1) * (workers) / 10) * IX_SECOND_NS)

/* ---- the plan */

/* Check that all workloads in a list exist, or all ways. */
static int start_check_names(struct ipcx *x, const char *const *names, bool ways,
			     bool compare)
{
	for (; names && *names; names++) {
		const struct ix_job *job;
		struct ix_job room;
		unsigned i;

		for (i = 0; (job = ix_job(i, &room)); i++)
			if (job->compare == compare &&
			    strcmp(*names, ways ? job->subject : job->workload->name) ==
				    0)
				break;
		if (!job)
			return ix_fail_plain(x, -ENOENT, "no such %s: '%s'",
					     ways ? "way" : "workload", *names);
	}
	return 0;
}

static int check_any(struct ipcx *x, const struct ipcx_stress_plan *plan)
{
	bool here = plan->ns || (plan->flags & IPCX_STRESS_HERE);
	const struct ix_job *job;
	struct ix_job room;

	for (unsigned i = 0; (job = ix_job(i, &room)); i++)
		if (ix_job_wanted(job, plan) && !(job->fresh_only && here))
			return 0;
	return ix_fail_plain(x, -ENOENT,
			     "no such workload for these mechanisms or ways%s",
			     here ? " in a namespace in use" : "");
}

/* Return the most workers that any run of the plan has. */
static unsigned most_workers(const struct ipcx_stress_plan *plan)
{
	const struct ix_job *job;
	struct ix_job room;
	unsigned most = 0;

	for (unsigned i = 0; (job = ix_job(i, &room)); i++)
		if (ix_job_wanted(job, plan))
			most = MAX(most, ix_workers_of(plan, job->workload));
	return most;
}

static uint64_t random_seed(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	/* At most 7 digits, because users may have to type it again. */
	return ix_mix((uint64_t)now.tv_nsec, (uint64_t)getpid()) % 1000000 + 1;
}

/* Check that the caller may load the namespace. If its /dev/shm belongs to another user
 * namespace, the workers would act there with the caller's rights, which the owner of
 * that /dev/shm does not have. */
static int may_load(struct ipcx *x, const struct ipcx_stress_plan *plan)
{
	auto_fd int user = -1;
	bool mounted = plan->flags & IPCX_STRESS_COMPARE;
	int r = ipcx_ns_may_act(x, plan->ns);

	for (unsigned m = 0; ix_mech(m); m++)
		if (!plan->mechs || (plan->mechs & IPCX_MECH_BIT(m)))
			mounted |= ix_mech(m)->mounted;
	if (r < 0 || !mounted)
		return r;
	r = ix_rights_mounted(x, ix_ns_target(plan->ns), &user);
	if (r < 0 || user < 0)
		return r;
	return ix_fail_plain(
		x, -EPERM,
		"its /dev/shm belongs to another user namespace: only mechanisms of the IPC namespace (shm, msg, sem, mq) can be loaded there");
}

static int fill_in(struct ipcx *x, const struct ipcx_stress_plan *from,
		   struct ipcx_stress_plan *plan)
{
	const unsigned all = IPCX_ON_ONE | IPCX_ON_TWO | IPCX_ON_MANY;
	const unsigned flags = IPCX_STRESS_HERE | IPCX_STRESS_COMPARE | IPCX_STRESS_FORCE;
	bool compare;
	int r = IX_COPY_IN(x, ipcx_stress_plan, IPCX_STRESS_PLAN_SIZE_0_1, from, plan);

	if (r < 0)
		return r;
	if ((plan->flags & ~flags) || (plan->cpus & ~all) || plan->workers > IX_WORKERS ||
	    plan->objects > OBJECTS_MOST ||
	    (plan->ns && (ipcx_ns_is_all(plan->ns) || (plan->flags & IPCX_STRESS_HERE))))
		return ix_fail_plain(x, -EINVAL, "invalid plan");
	r = plan->ns ? may_load(x, plan) : 0;
	if (r < 0)
		return r;
	compare = plan->flags & IPCX_STRESS_COMPARE;
	if (ix_too_wide(plan->bytes, sizeof(size_t)))
		return ix_fail_plain(x, -EOVERFLOW,
				     "a 32-bit program can only load objects below 4 GiB");
	if (!plan->workers)
		plan->workers = 2;
	if (!plan->objects)
		plan->objects = DEFAULT_OBJECTS;
	if (plan->objects > (IX_LOG_SLOTS - IX_LOG_FIRST) / plan->workers)
		return ix_fail_plain(x, -EINVAL,
				     "%u workers can have at most %u objects each",
				     plan->workers,
				     (IX_LOG_SLOTS - IX_LOG_FIRST) / plan->workers);
	if (!plan->cpus)
		plan->cpus = IPCX_ON_ONE | IPCX_ON_TWO;
	if (!plan->seed)
		plan->seed = random_seed();
	if (!plan->duration && !plan->ops)
		plan->duration = DEFAULT_NS;
	return start_check_names(x, plan->workloads, false, compare) < 0 ||
			       start_check_names(x, plan->ways, true, compare) < 0
		       ? -ENOENT
		       : check_any(x, plan);
}

/* ---- start */

/* Reap the supervisor. ECHILD is fine: the caller may wait for all its children. */
static void start_reap(struct ipcx_stress *s)
{
	while (waitpid(s->supervisor, NULL, 0) < 0 && errno == EINTR)
		;
	s->supervisor = 0;
}

/* Wait for the byte that the supervisor writes after entering its namespaces, or for the
 * supervisor's end. */
static int wait_ready(struct ipcx_stress *s)
{
	char byte;
	ssize_t n;

	do
		n = read(s->line, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return 0;
	start_reap(s);
	if (s->shared->error)
		return ix_fail_plain(s->x, s->shared->error, "%s", s->shared->why);
	return ix_fail_plain(s->x, -EIO, "the supervising process ended early");
}

/* Open a pidfd, so that we can neither wait for nor signal another process that reuses
 * the pid. */
static int start_watch(struct ipcx_stress *s)
{
	s->pidfd = (int)IX_CALL(SYS_pidfd_open, s->supervisor, 0);
	if (s->pidfd >= 0 || errno == ENOSYS || (errno == EPERM && ix_call_filtered()))
		return 0; /* without a pidfd, the line tells of its end */
	return ix_fail(s->x, -errno, "cannot watch a process");
}

static int launch(struct ipcx_stress *s)
{
	auto_fd int here = -1, there = -1;
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return ix_fail(s->x, -errno, "cannot create a socket");
	here = fds[0];
	there = fds[1];
	s->supervisor = fork();
	if (s->supervisor == 0) {
		(void)close(here);
		ix_supervise(s, there);
		_exit(0);
	}
	if (s->supervisor < 0) {
		s->supervisor = 0;
		return ix_fail(s->x, -errno, "cannot create a process");
	}
	s->line = take_fd(&here);
	(void)close(take_fd(&there));
	r = start_watch(s);
	if (r < 0) {
		(void)close(take_fd(&s->line)); /* closing the line ends the supervisor */
		start_reap(s);
		return r;
	}
	return wait_ready(s);
}

int ipcx_stress_start(struct ipcx *x, const struct ipcx_stress_plan *plan,
		      struct ipcx_stress **ret_s)
{
	IX_REQUIRE(x, plan, ret_s);
	struct ipcx_stress *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	s->x = x;
	s->line = s->pidfd = -1;
	r = fill_in(x, plan, &s->plan);
	if (r == 0)
		r = ix_memory_check(x, &s->plan);
	if (r == 0 && !(s->shared = ix_shared_new(most_workers(&s->plan))))
		r = ix_fail(x, -errno, "cannot share memory");
	if (r == 0)
		r = launch(s);
	if (r < 0)
		(void)ipcx_stress_end(s);
	else
		*ret_s = s;
	return r;
}

/* ---- while it runs */

int ipcx_stress_wait(struct ipcx_stress *s, int64_t timeout)
{
	const struct timespec span = { .tv_sec = timeout / (int64_t)IX_SECOND_NS,
				       .tv_nsec = timeout % (int64_t)IX_SECOND_NS };
	struct pollfd fd = { .events = POLLIN };

	if (!s)
		return -EINVAL;
	fd.fd = s->pidfd >= 0 ? s->pidfd : s->line;
	if (s->supervisor) {
		if (ppoll(&fd, 1, timeout < 0 ? NULL : &span, NULL) <= 0)
			return 1;
		start_reap(s);
	}
	if (!atomic_load(&s->shared->ended))
		return ix_fail_plain(s->x, -EIO,
				     "the supervising process came to an unexpected end");
	return 0;
}

void ipcx_stress_stop(struct ipcx_stress *s)
{
	if (s)
		atomic_store(&s->shared->quit, 1);
}

static void start_look(const struct ipcx_stress *s,
		       struct ipcx_stress_progress *ret_progress)
{
	const struct ix_shared *shared = s->shared;
	struct ix_job room;
	const struct ix_job *job = ix_job(atomic_load(&shared->job), &room);
	uint64_t now = ix_now(), ends = atomic_load(&shared->ends), ops = 0;

	*ret_progress = (struct ipcx_stress_progress){ .done = atomic_load(&shared->done),
						       .all = atomic_load(&shared->all),
						       .subject = "",
						       .workload = "" };
	if (!atomic_load(&shared->running) || !job)
		return;
	for (unsigned i = 0; i < shared->nslots; i++)
		for (unsigned op = 0; op < IX_OPS; op++)
			ops += shared->slots[i].histogram[op].ops;
	ret_progress->subject = job->subject;
	ret_progress->workload = job->workload->name;
	ret_progress->cpus = atomic_load(&shared->cpus);
	ret_progress->ops = ops;
	ret_progress->elapsed = now - MIN(now, atomic_load(&shared->began));
	if (ends)
		ret_progress->left = (ends - MIN(ends, now)) +
				     (ret_progress->all - ret_progress->done - 1) *
					     (ends - atomic_load(&shared->began));
}

int ipcx_stress_progress(const struct ipcx_stress *s,
			 struct ipcx_stress_progress *ret_progress)
{
	IX_REQUIRE(s ? s->x : NULL, ret_progress);
	struct ipcx_stress_progress now;

	start_look(s, &now);
	return IX_COPY_OUT(s->x, ipcx_stress_progress, IPCX_STRESS_PROGRESS_SIZE_0_1,
			   &now, ret_progress);
}

/* ---- the end */

/* Without a pidfd: a child that is not reaped keeps its number. */
static void send_signal(const struct ipcx_stress *s, int signo)
{
	siginfo_t info;

	if (s->pidfd >= 0 &&
	    (IX_CALL(SYS_pidfd_send_signal, s->pidfd, signo, NULL, 0) == 0 ||
	     errno == ESRCH))
		return;
	if (waitid(P_PID, (id_t)s->supervisor, &info, WEXITED | WNOWAIT | WNOHANG) == 0)
		(void)kill(s->supervisor, signo);
}

/* Ask the supervisor to end, which removes everything; after a timeout, kill the
 * supervisor. */
static void end_supervisor(struct ipcx_stress *s)
{
	uint64_t until = ix_now() + END_NS(s->shared->nslots);

	ipcx_stress_stop(s);
	send_signal(s, SIGTERM);
	while (s->supervisor && ix_now() < until)
		(void)ipcx_stress_wait(s, (int64_t)IX_SECOND_NS / 10);
	if (!s->supervisor)
		return;
	send_signal(s, SIGKILL); /* the death of the supervisor kills its workers */
	start_reap(s);
}

/* Workers die with the supervisor (PR_SET_PDEATHSIG), but not at the same moment. Wait
 * for them, so that the cleanup also finds an object that a worker is just creating. */
static void wait_for_workers(const struct ix_shared *shared)
{
	static const struct timespec span = { .tv_nsec = 1000000 };

	for (unsigned i = 0; i < shared->nslots; i++)
		for (int looks = 0; looks < 2000 && shared->slots[i].pid > 0 &&
				    !atomic_load(&shared->slots[i].ended) &&
				    kill(shared->slots[i].pid, 0) == 0;
		     looks++)
			(void)nanosleep(&span, NULL);
}

static void cleanup_here(struct ipcx_stress *s)
{
	struct ix_task t = ix_task_of(s);

	if (ix_cleanup(&t) == 0)
		ix_key_range_give(s->shared);
}

/* Clean up in the namespace that was loaded, in a forked process that enters it. The
 * object log is shared, so that the caller sees which objects are left. */
static void cleanup_there(struct ipcx_stress *s)
{
	pid_t pid = s->plan.ns ? fork() : 0;

	if (!s->plan.ns) {
		cleanup_here(s);
	} else if (pid == 0) {
		s->x->ns = NULL;
		if (ipcx_ns_enter(s->x, s->plan.ns, 0) >= 0)
			cleanup_here(s);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int ipcx_stress_end(struct ipcx_stress *s)
{
	struct ix_task t;
	unsigned left = 0;

	if (!s)
		return 0;
	if (s->supervisor && s->shared)
		end_supervisor(s);
	if (s->shared && !s->shared->fresh) {
		t = ix_task_of(s);
		if (!atomic_load(&s->shared->ended))
			wait_for_workers(s->shared);
		if (ix_log_count(&t) > 0 || s->shared->range_lock >= 0)
			cleanup_there(s);
		left = ix_log_count(&t);
	}
	if (left)
		(void)ix_fail_plain(
			s->x, -EIO,
			"%u objects of this run are left: keys from 0x%08x, names /ipcx-stress.%016llx.*",
			left, s->shared->keys, (unsigned long long)s->shared->run);
	ix_shared_free(s->shared);
	if (s->line >= 0)
		(void)close(s->line);
	if (s->pidfd >= 0)
		(void)close(s->pidfd);
	free(s);
	return left ? -EIO : 0;
}
