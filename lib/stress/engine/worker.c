/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One worker in its own process: its start, its loop condition, and what the worker
 * records about itself at the end. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "stress/engine/worker.h"
#include "stress/engine/workers.h"

void ix_failed(struct ix_worker *w, unsigned op, int error)
{
	error = error < 0 ? -error : error;
	w->slot->histogram[op].errors[MIN(error, IX_ERRNOS - 1)]++;
}

void ix_fault(struct ix_worker *w, const char *fmt, ...)
{
	va_list args;

	if (w->slot->faults++ > 0)
		return;
	va_start(args, fmt);
	(void)vsnprintf(w->slot->fault, sizeof(w->slot->fault), fmt, args);
	va_end(args);
}

static void interrupted(int signo)
{
	(void)signo; /* this handler exists only to make blocking calls fail with EINTR */
}

static void worker_mark(uint64_t *ret_cpu, uint64_t *ret_switches)
{
	struct rusage u = { 0 };

	(void)getrusage(RUSAGE_SELF, &u);
	*ret_cpu = (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * IX_SECOND_NS +
		   (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
	*ret_switches = (uint64_t)(u.ru_nvcsw + u.ru_nivcsw);
}

static void worker_begin(struct ix_worker *w)
{
	worker_mark(&w->cpu, &w->switches);
	w->began = ix_now();
}

/* Discard what was measured during the warm-up; errors and faults are kept. */
static void forget(struct ix_worker *w)
{
	for (unsigned op = 0; op < IX_OPS; op++)
		ix_histogram_reset(&w->slot->histogram[op]);
}

bool ix_running_slow(struct ix_worker *w)
{
	uint32_t phase = atomic_load(&w->shared->phase);

	if (phase == IX_STOP || w->rounds == 0)
		return false;
	if (phase != w->phase) { /* the warm-up is over */
		forget(w);
		w->phase = phase;
		worker_begin(w);
	}
	if (w->rounds != UINT64_MAX)
		w->rounds--;
	return true;
}

static void note_end(struct ix_worker *w)
{
	uint64_t cpu, switches;

	if (w->phase == IX_WARM) /* blocked since the warm-up */
		forget(w);
	worker_mark(&cpu, &switches);
	w->slot->elapsed = ix_now() - w->began;
	w->slot->cpu = cpu - w->cpu;
	w->slot->switches = switches - w->switches;
	atomic_store(&w->slot->ended, 1);
}

static void wait_for_all(struct ix_shared *shared)
{
	(void)atomic_fetch_add(&shared->ready, 1);
	while (atomic_load(&shared->phase) == IX_WAIT)
		(void)ix_futex_wait(&shared->phase, IX_WAIT, -1);
}

/* Let SIGUSR1 interrupt calls, and SIGCONT as well: without a handler, the kernel would
 * restart some calls after a stop unnoticed. Ignore SIGTERM: the supervisor decides when
 * to end. */
static void set_signals(void)
{
	struct sigaction action = { .sa_handler = interrupted }; /* no SA_RESTART */
	sigset_t none;

	(void)sigaction(SIGUSR1, &action, NULL);
	(void)sigaction(SIGCONT, &action, NULL);
	(void)signal(SIGTERM, SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

void ix_be_worker(struct ix_task *t, unsigned index, pid_t supervisor)
{
	struct ix_worker w = {
		.task = t,
		.shared = t->shared,
		.slot = &t->shared->slots[index],
		.index = index,
		.phase = IX_WAIT, /* ix_running() updates this phase */
		.rounds = t->ops ? t->ops : UINT64_MAX,
		.clock_cost = t->shared->clock_cost,
		.random = { .state = ix_mix(t->seed + t->job_number, index) },
	};

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != supervisor)
		_exit(1);
	w.slot->pid = getpid();
	set_signals();
	ix_pin(t, index);
	wait_for_all(w.shared);
	worker_begin(&w);
	t->job->workload->work(&w);
	note_end(&w);
	_exit(0);
}
