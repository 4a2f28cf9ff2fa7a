/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The jobs of a comparison: every way to move data between processes carries the same
 * messages, in one direction and as requests and answers, between two processes and from
 * many to one.
 */
#include <inttypes.h>
#include <string.h>

#include "stress/engine/workers.h"
#include "stress/load/flow.h"
#include "stress/load/jobs.h"
#include "stress/load/setup.h"

/* Default size of a message. */
#define BYTES 64

/* How long to wait for an outstanding answer after the run was stopped. */
#define ANSWER_TIMEOUT_NS IX_SECOND_NS

static int open_flow(struct ix_task *t, struct ix_flow *wanted, unsigned channels)
{
	wanted->way = t->job->on;
	t->bytes = wanted->way->most ? (t->bytes ? t->bytes : BYTES) : 0;
	wanted->size = t->bytes;
	return ix_flow_open(t, wanted, channels);
}

static uint64_t compare_memory(const struct ix_task *t)
{
	return ix_flow_memory(IX_CHANNELS, t->bytes ? t->bytes : BYTES);
}

/* ---- in one direction: in pairs, and from many to one */

static int one_way_prepare(struct ix_task *t)
{
	return open_flow(t, &(struct ix_flow){ .send_op = IX_NO_OP },
			 ix_flow_channels(t));
}

static const struct ix_workload one_way = {
	.name = "one-way",
	.least = 2,
	.even = true,
	.prepare = one_way_prepare,
	.work = ix_flow_work,
	.check = ix_flow_check,
	.finish = ix_flow_finish,
	.memory = compare_memory,
};

static int fan_in_prepare(struct ix_task *t)
{
	return open_flow(t, &(struct ix_flow){ .fan_in = true, .send_op = IX_NO_OP }, 1);
}

static const struct ix_workload fan_in = {
	.name = "fan-in",
	.least = 3,
	.prepare = fan_in_prepare,
	.work = ix_flow_work,
	.check = ix_flow_check,
	.finish = ix_flow_finish,
	.memory = compare_memory,
};

/* ---- request and answer: in pairs, or many clients of one server */

static int open_both_ways(struct ix_task *t, struct ix_flow *wanted)
{
	if (t->workers > IX_CHANNELS)
		return ix_cannot(t, -E2BIG, "at most %d workers are possible",
				 IX_CHANNELS);
	return open_flow(t, wanted, t->workers);
}

static int round_trip_prepare(struct ix_task *t)
{
	return open_both_ways(t, &(struct ix_flow){ .roomy = true });
}

/* Channel 0 carries all requests, channel n the answers to worker n. */
static int serve_prepare(struct ix_task *t)
{
	if (t->bytes && t->bytes < IX_PAYLOAD_NUMBERED)
		return ix_cannot(t, -EINVAL,
				 "a request that names its sender needs at least %d bytes",
				 IX_PAYLOAD_NUMBERED);
	return open_both_ways(t, &(struct ix_flow){ .fan_in = true });
}

/* One side of the exchange of requests and answers: its channels and buffers, and which
 * of the workers ask, which means that they send requests. */
struct end {
	struct ix_channel *there; /* for requests */
	struct ix_channel *back;  /* for answers: to this worker, or to all that ask */
	struct ix_payload *request, *answer;
	unsigned from, to; /* indices of the first and last worker that ask */
	uint64_t salt;
};

/* Receive the answer; after a stop, wait up to ANSWER_TIMEOUT_NS for the answer. Returns
 * -1 and sets errno on failure; EINTR: the run was stopped and no answer arrived. */
static ssize_t compare_await(struct ix_worker *w, struct end *e)
{
	uint64_t over = 0;

	for (;;) {
		ssize_t n = e->back->way->receive(e->back, e->answer, true);

		if (n >= 0 || errno != EINTR)
			return n;
		if (!ix_stopping(w))
			continue;
		if (!over)
			over = ix_now();
		errno = EINTR;
		if (ix_now() - over > ANSWER_TIMEOUT_NS)
			return -1;
	}
}

/* Count a failed call; any error but ENOMEM is a fault. */
static void compare_failed(struct ix_worker *w, uint64_t request)
{
	int error = errno;

	ix_failed(w, 0, error);
	if (error == EINTR)
		ix_fault(w, "request %" PRIu64 " was not answered", request);
	else if (error != ENOMEM)
		ix_fault(w, "request %" PRIu64 ": %s", request, ix_errno_text(error));
}

static void compare_ask(struct ix_worker *w, struct end *e)
{
	struct ix_sender s = { .salt = e->salt, .number = w->index };
	size_t size = e->there->size;

	while (ix_running(w)) {
		uint64_t t;
		ssize_t n;

		ix_payload_fill(&s, e->request, size, 0);
		t = ix_begin(w, 0);
		n = e->there->way->send(e->there, e->request, size);
		if (n == 0)
			n = compare_await(w, e);
		if (n < 0) {
			if (errno != EINTR || ix_stopping(w))
				compare_failed(w, s.totals.count);
			continue;
		}
		ix_done(w, 0, t);
		ix_payload_sent(&s, size, 0);
		if ((size_t)n != size || memcmp(e->request->data, e->answer->data, size))
			ix_fault(w,
				 "request %" PRIu64 " got the answer to another request",
				 s.totals.count);
	}
	atomic_store(&w->shared->words[w->index], 1);
}

/* Whether another request may arrive: that is possible until every worker that asks has
 * set its word. */
static bool may_come(struct ix_worker *w, const struct end *e)
{
	if (ix_running(w))
		return true;
	for (unsigned i = e->from; ix_stopping(w) && i <= e->to; i++)
		if (!atomic_load(&w->shared->words[i]))
			return true;
	return false;
}

/* Return the channel for the answer; NULL if the request names no worker that asks. */
static struct ix_channel *back_to(const struct end *e, const struct ix_payload *request,
				  size_t size)
{
	unsigned who = e->from == e->to ? e->from : ix_payload_sender(request, size);

	return who >= e->from && who <= e->to ? e->back + (who - e->from) : NULL;
}

static void send_back(struct ix_worker *w, struct end *e, size_t size, uint64_t number)
{
	struct ix_channel *back = back_to(e, e->request, size);
	int r;

	if (!back)
		return; /* ix_payload_check() has reported the request */
	do
		r = back->way->send(back, e->request, size);
	while (r < 0 && errno == EINTR && !ix_stopping(w));
	if (r < 0)
		compare_failed(w, number);
}

static void answer(struct ix_worker *w, struct end *e, struct ix_receiver *r)
{
	while (may_come(w, e)) {
		enum ix_payload_verdict verdict;
		ssize_t n;

		do
			n = e->there->way->receive(e->there, e->request, true);
		while (n < 0 && errno == EINTR && !ix_stopping(w));
		if (n < 0) {
			if (errno != EINTR)
				compare_failed(w, r->totals.count);
			continue;
		}
		verdict = ix_payload_check(r, e->request, (size_t)n,
					   (unsigned)(e->request->type - 1));
		if (verdict)
			ix_fault(w, "request %" PRIu64 " %s", r->totals.count,
				 ix_payload_verdict_text(verdict));
		send_back(w, e, (size_t)n, r->totals.count);
	}
}

static void ask_or_answer(struct ix_worker *w, struct end *e, bool asks)
{
	auto_free struct ix_payload *p = ix_payload_new(e->there->longest);
	auto_free struct ix_payload *q = ix_payload_new(e->back->longest);
	auto_free struct ix_receiver *r = calloc(1, sizeof(*r));

	if (!p || !q || !r) {
		ix_fault(w, "no memory");
		return;
	}
	e->request = p;
	e->answer = q;
	if (asks) {
		compare_ask(w, e);
		return;
	}
	r->salt = e->salt;
	r->senders = w->task->workers;
	r->alone = true;
	if (w->rounds != UINT64_MAX)
		w->rounds *= e->to - e->from + 1; /* the rounds of all workers that ask */
	answer(w, e, r);
}

static void round_trip_work(struct ix_worker *w)
{
	struct ix_flow *f = w->task->state;
	unsigned asks = w->index & ~1U;
	struct end e = { .there = &f->channel[asks],
			 .back = &f->channel[asks + 1],
			 .from = asks,
			 .to = asks,
			 .salt = ix_mix(w->task->seed, asks) };

	ask_or_answer(w, &e, w->index == asks);
}

static void serve_work(struct ix_worker *w)
{
	struct ix_flow *f = w->task->state;
	struct end e = { .there = &f->channel[0],
			 .back = &f->channel[MAX(w->index, 1)],
			 .from = 1,
			 .to = w->task->workers - 1,
			 .salt = ix_mix(w->task->seed, 0) };

	ask_or_answer(w, &e, w->index > 0);
}

static const struct ix_workload round_trip = {
	.name = "round-trip",
	.least = 2,
	.even = true,
	.prepare = round_trip_prepare,
	.work = round_trip_work,
	.finish = ix_flow_finish,
	.memory = compare_memory,
};

static const struct ix_workload serve = {
	.name = "serve",
	.least = 3,
	.prepare = serve_prepare,
	.work = serve_work,
	.finish = ix_flow_finish,
	.memory = compare_memory,
};

/* ---- the jobs */

#define JOB(name, load, with, op, text)                                                \
	{                                                                              \
		.subject = (name), .workload = &(load), .on = &(with), .what = (text), \
		.ops = (op), .compare = true,                                          \
	}

/* The jobs of one way to move data. */
#define WAY(name, way, text)                                                           \
	JOB(name, one_way, way, "message", text ", one way"),                          \
		JOB(name, round_trip, way, "round-trip", text ", request and answer"), \
		JOB(name, fan_in, way, "message", text ", from many to one")

/* The jobs of a way whose messages can name their sender: also the job "serve". */
#define NAMED_WAY(name, way, text) \
	WAY(name, way, text), JOB(name, serve, way, "round-trip", text ", many ask one")

#define SETUP(name, text) JOB(#name, ix_setup, ix_setup_##name, "setup", text)

/* clang-format off */
const struct ix_job ix_jobs_compare[] = {
	NAMED_WAY("msg",       ix_way_msg,       "messages through a System V queue"),
	NAMED_WAY("mq",        ix_way_mq,        "messages through a POSIX queue"),
	NAMED_WAY("pipe",      ix_way_pipe,      "fixed-size messages through a pipe"),
	NAMED_WAY("stream",    ix_way_stream,    "fixed-size messages through a UNIX stream socket"),
	NAMED_WAY("seqpacket", ix_way_seqpacket, "messages through a UNIX seqpacket socket"),
	NAMED_WAY("shm+sem",   ix_way_shm_sem,   "messages in a System V segment, with System V semaphores"),
	NAMED_WAY("pshm+psem", ix_way_pshm_psem, "messages in POSIX shared memory, with POSIX semaphores"),
	NAMED_WAY("shm+futex", ix_way_shm_futex, "messages in a System V segment, with a futex"),
	WAY("eventfd",   ix_way_eventfd,   "wake-ups without data through an eventfd"),
	SETUP(shm,       "shmget, shmat, first touch, shmdt, removal"),
	SETUP(pshm,      "shm_open, ftruncate, mmap, first touch, munmap, shm_unlink"),
	SETUP(memfd,     "memfd_create, ftruncate, mmap, first touch, munmap, close"),
	SETUP(msg,       "msgget, a message, removal"),
	SETUP(mq,        "mq_open, a message, mq_close, mq_unlink"),
	SETUP(pipe,      "pipe, a message, close"),
	SETUP(stream,    "socketpair, a message, close"),
	SETUP(sem,       "semget, semop up and down, removal"),
	SETUP(psem,      "sem_open, sem_post, sem_wait, sem_close, sem_unlink"),
	SETUP(eventfd,   "eventfd, a wake-up, close"),
	{ 0 },
};
/* clang-format on */
