/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The workers of one run: forked, started together, watched while they work, and ended
 * even if they hang. To detect a standstill, the supervisor counts its own polls instead
 * of elapsed time: if the machine or the job is stopped (SIGSTOP), supervisor and workers
 * both stop.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include "stress/engine/objectlog.h"
#include "stress/engine/workers.h"

/* Interval between polls, and how many polls without any operation count as a
 * standstill. */
#define POLL_NS          10000000
#define STANDSTILL_POLLS 1000
/* How many polls the workers may take to stop. */
#define STOP_POLLS 1000
/* Additional polls for each worker, since all workers may share one busy CPU. */
#define POLLS(c, polls) ((polls) + 4 * (c)->task->workers)
/* One of this many polls interrupts blocked workers: each signal costs them time. */
#define INTERRUPT_EVERY 4

/* ---- events */

static void PRINTF(4, 0)
	add_event(struct ix_task *t, bool fault, int error, const char *fmt, va_list args)
{
	struct ix_shared *shared = t->shared;
	struct ix_event *event = &shared->events[shared->nevents];

	if (shared->nevents == IX_EVENTS)
		return;
	*event = (struct ix_event){ .job = (uint16_t)t->job_number,
				    .cpus = (uint8_t)t->cpus,
				    .fault = fault,
				    .error = error };
	(void)vsnprintf(event->text, sizeof(event->text), fmt, args);
	/* Skip a message identical to the previous one for the same job. */
	if (shared->nevents > 0 && event[-1].job == event->job && !event[-1].fault &&
	    !fault && strcmp(event[-1].text, event->text) == 0)
		return;
	shared->nevents++;
}

void ix_wrong(struct ix_task *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_event(t, true, 0, fmt, args);
	va_end(args);
	t->wrong++;
}

/* Report a failure of the run that is not a broken promise of the kernel. */
static void PRINTF(2, 3) disturbed(struct ix_task *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_event(t, true, -EINTR, fmt, args);
	va_end(args);
}

int ix_cannot(struct ix_task *t, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_event(t, false, error, fmt, args);
	va_end(args);
	return error;
}

/* ---- in the supervisor */

/* The workers as the supervisor sees them. */
struct workers {
	struct ix_task *task;
	struct ix_shared *shared;
	pid_t pids[IX_WORKERS]; /* 0: reaped */
	unsigned alive;
	uint64_t began, warm, ends;
	uint64_t counted;        /* operations at the last poll */
	unsigned still;          /* polls without any operation */
	unsigned draining;       /* polls since the stop, or since a worker last ended */
	unsigned draining_alive; /* workers alive at that time */
	bool killed;             /* we killed the workers, as they did not stop */
	bool broken;             /* a worker did not end by itself */
};

static void workers_lost(struct workers *c, unsigned index, int status)
{
	c->broken = true;
	if (c->killed)
		return;
	if (WIFSIGNALED(status))
		ix_wrong(
			c->task,
			"worker %u was killed by signal %d, by somebody or for lack of memory",
			index, WTERMSIG(status));
	else
		disturbed(c->task, "not finished: worker %u ended with status %d", index,
			  WEXITSTATUS(status));
}

static void workers_reap(struct workers *c)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (unsigned i = 0; i < c->task->workers; i++) {
			if (c->pids[i] != pid)
				continue;
			c->pids[i] = 0;
			c->alive--;
			if (!atomic_load(&c->shared->slots[i].ended))
				workers_lost(c, i, status);
		}
}

static void signal_all(const struct workers *c, int signo)
{
	for (unsigned i = 0; i < c->task->workers; i++)
		if (c->pids[i])
			(void)kill(c->pids[i], signo);
}

static uint64_t workers_count(const struct workers *c)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < c->task->workers; i++)
		for (unsigned op = 0; op < IX_OPS; op++)
			n += c->shared->slots[i].histogram[op].ops;
	return n;
}

static void set_phase(struct workers *c, enum ix_phase phase)
{
	atomic_store(&c->shared->phase, phase);
	(void)ix_futex_wake(&c->shared->phase, INT32_MAX);
}

/* Kill the workers, because they hang. */
static void give_up(struct workers *c, const char *why)
{
	if (!c->killed)
		ix_wrong(c->task, "%s: %u of %u workers hang", why, c->alive,
			 c->task->workers);
	c->killed = true;
	set_phase(c, IX_STOP);
	signal_all(c, SIGKILL);
}

/* Sleep until the next poll. SIGTERM or the death of the caller ends the run. */
static void sleep_until_poll(struct workers *c)
{
	static const struct timespec span = { .tv_nsec = POLL_NS };
	struct pollfd line = { .fd = c->shared->line }; /* POLLHUP: the caller is gone */
	sigset_t set;
	int signo;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	signo = sigtimedwait(&set, NULL, &span);
	if (signo == SIGTERM || poll(&line, 1, 0) > 0)
		atomic_store(&c->shared->quit, 1);
}

static void workers_watch(struct workers *c)
{
	uint64_t counted = workers_count(c);

	c->still = counted == c->counted ? c->still + 1 : 0;
	c->counted = counted;
	if (c->still > POLLS(c, STANDSTILL_POLLS))
		give_up(c, "no operation for seconds");
}

/* Stop the workers: interrupt the blocked ones again and again until they notice. Many
 * workers on one CPU take long, so the count of polls starts again whenever a worker
 * ends. */
static void drain(struct workers *c)
{
	if (c->alive < c->draining_alive)
		c->draining = 0;
	c->draining_alive = c->alive;
	if (c->draining % INTERRUPT_EVERY == 0)
		signal_all(c, SIGUSR1);
	if (++c->draining > POLLS(c, STOP_POLLS))
		give_up(c, "not all workers stopped");
}

static bool time_is_over(const struct workers *c, uint64_t now)
{
	return atomic_load(&c->shared->quit) || c->broken || (c->ends && now >= c->ends);
}

static void workers_step(struct workers *c)
{
	uint64_t now = ix_now();
	uint32_t phase = atomic_load(&c->shared->phase);

	if (phase != IX_STOP && time_is_over(c, now))
		set_phase(c, IX_STOP);
	else if (phase == IX_WARM && now >= c->warm)
		set_phase(c, IX_RUN);
	if (c->task->job->workload->poll)
		c->task->job->workload->poll(c->task);
	if (atomic_load(&c->shared->phase) == IX_STOP)
		drain(c);
	else
		workers_watch(c);
}

/* Warm up for a twentieth of the time, at most 100 ms. */
static void set_times(struct workers *c)
{
	uint64_t span = c->task->duration;

	c->began = ix_now();
	c->warm = c->began + MIN(span / 20, IX_SECOND_NS / 10);
	c->ends = span ? c->began + span : 0;
	atomic_store(&c->shared->began, c->began);
	atomic_store(&c->shared->ends, c->ends);
}

static int workers_spawn(struct workers *c)
{
	pid_t self = getpid();

	for (unsigned i = 0; i < c->task->workers; i++) {
		c->pids[i] = fork();
		if (c->pids[i] == 0)
			ix_be_worker(c->task, i, self);
		if (c->pids[i] < 0) {
			c->pids[i] = 0;
			c->killed = true;
			return ix_cannot(c->task, -errno, "cannot create a process: %s",
					 ix_errno_text(errno));
		}
		c->alive++;
	}
	return 0;
}

/* Wait until all workers are ready, so that they start at the same time. */
static void await_ready(struct workers *c)
{
	for (unsigned polls = 0; !c->broken && polls < POLLS(c, STOP_POLLS); polls++) {
		if (atomic_load(&c->shared->ready) >= c->task->workers)
			return;
		sleep_until_poll(c);
		workers_reap(c);
	}
}

static void workers_work(struct workers *c)
{
	if (workers_spawn(c) < 0)
		signal_all(c, SIGKILL);
	else
		await_ready(c);
	set_times(c);
	set_phase(c, c->task->ops || !c->task->duration ? IX_RUN : IX_WARM);
	for (workers_reap(c); c->alive > 0; workers_reap(c)) {
		workers_step(c);
		sleep_until_poll(c);
	}
	set_phase(c, IX_STOP);
}

static void reset(struct ix_task *t)
{
	struct ix_shared *shared = t->shared;

	atomic_store(&shared->phase, IX_WAIT);
	atomic_store(&shared->ready, 0);
	for (unsigned i = 0; i < IX_SHARED_WORDS; i++)
		atomic_store(&shared->words[i], 0);
	memset(shared->slots, 0, t->workers * sizeof(shared->slots[0]));
	t->state = NULL;
	t->wrong = 0;
}

static void gather_faults(struct ix_task *t)
{
	for (unsigned i = 0; i < t->workers; i++) {
		const struct ix_worker_slot *d = &t->shared->slots[i];

		if (!d->faults)
			continue;
		ix_wrong(t, "worker %u: %s", i, d->fault);
		t->wrong += d->faults - 1;
	}
}

void ix_workers_run(struct ix_task *t)
{
	const struct ix_workload *wl = t->job->workload;
	struct workers c = { .task = t, .shared = t->shared };
	int r;

	reset(t);
	r = wl->prepare ? wl->prepare(t) : 0;
	if (r == 0) {
		atomic_store(&t->shared->running, 1);
		workers_work(&c);
		atomic_store(&t->shared->running, 0);
		gather_faults(t);
		if (wl->check && !c.broken && !c.killed)
			wl->check(t);
	}
	if (wl->finish)
		wl->finish(t);
	/* Only killed workers may leave objects. */
	if (ix_log_count(t) > 0 && !c.broken && !c.killed && r == 0)
		ix_wrong(t, "%u objects were not removed", ix_log_count(t));
	if (ix_cleanup(t) > 0)
		ix_wrong(t, "%u objects cannot be removed", ix_log_count(t));
	if (r == 0 && !(c.killed && c.counted == 0))
		ix_results(t);
}
