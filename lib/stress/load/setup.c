/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The workload "setup": create an object, use it once and remove it. Memory is written
 * and read, a queue carries a message, a semaphore goes up and down. A new object must be
 * empty and must return the data that was put into it.
 */
#include "stress/load/setup.h"

#include <semaphore.h>
#include <string.h>
#include <sys/sem.h>

#include "mech/drivers.h"
#include "stress/channel/memfd.h"
#include "stress/channel/way.h"
#include "stress/engine/objectlog.h"
#include "stress/engine/worker.h"

/* Default size of memory: a page. */
#define BYTES 4096

/* Bytes of a message: the cost of creating a queue does not depend on this size. */
#define MESSAGE 8

/* What a worker needs for one cycle: to create, use and remove an object or channel. */
struct bench {
	const struct ix_task *task;
	uint32_t slot;
	size_t size;
	uint64_t mark; /* data to put into the object; different each time */
	struct ix_payload *sent, *came;
};

struct ix_setup_kind {
	/* Create, use, remove. Returns 0 or -errno; -EILSEQ: wrong content. */
	int (*cycle)(const struct ix_setup_kind *k, struct bench *b);
	const struct ix_driver *driver; /* object_cycle(): mechanism of the object */
	/* object_cycle(): use the object once. Returns as cycle(). */
	int (*use)(struct ix_object *object, uint64_t mark);
	const struct ix_way *way; /* used by way_cycle(): how data is moved */
};

/* ---- an object of a mechanism */

static int object_cycle(const struct ix_setup_kind *k, struct bench *b)
{
	const struct ix_driver *driver = k->driver;
	struct ix_object object = {
		.slot = b->slot,
		.id = -1,
		.size = driver->mapped ? b->size : 1,
	};
	int r = ix_make(b->task, driver, &object), e;

	if (r < 0)
		return r;
	r = driver->open(&b->task->names, &object);
	if (r == 0)
		r = k->use(&object, b->mark);
	e = ix_remove(b->task, driver, &object);
	driver->close(&object);
	return r < 0 ? r : e;
}

static int touch(struct ix_object *object, uint64_t mark)
{
	volatile unsigned char *first = object->at;
	unsigned char byte = (unsigned char)(mark | 1);

	if (*first != 0)
		return -EILSEQ;
	*first = byte;
	return *first == byte ? 0 : -EILSEQ;
}

static int sem_use(struct ix_object *object, uint64_t mark)
{
	struct sembuf up = { .sem_op = 1 };
	struct sembuf down = { .sem_op = -1, .sem_flg = IPC_NOWAIT };

	(void)mark;
	if (semop(object->id, &up, 1) < 0 || semop(object->id, &down, 1) < 0)
		return errno == EAGAIN ? -EILSEQ : -errno;
	return semop(object->id, &down, 1) < 0 && errno == EAGAIN ? 0 : -EILSEQ;
}

static int psem_use(struct ix_object *object, uint64_t mark)
{
	(void)mark;
	if (sem_post(object->at) < 0 || sem_trywait(object->at) < 0)
		return errno == EAGAIN ? -EILSEQ : -errno;
	return sem_trywait(object->at) < 0 && errno == EAGAIN ? 0 : -EILSEQ;
}

const struct ix_setup_kind ix_setup_shm = {
	.cycle = object_cycle,
	.driver = &ix_shm_driver,
	.use = touch,
};
const struct ix_setup_kind ix_setup_pshm = {
	.cycle = object_cycle,
	.driver = &ix_pshm_driver,
	.use = touch,
};
const struct ix_setup_kind ix_setup_sem = {
	.cycle = object_cycle,
	.driver = &ix_sem_driver,
	.use = sem_use,
};
const struct ix_setup_kind ix_setup_psem = {
	.cycle = object_cycle,
	.driver = &ix_psem_driver,
	.use = psem_use,
};

/* ---- memfd */

static int memfd_cycle(const struct ix_setup_kind *k, struct bench *b)
{
	struct ix_object object;
	int r = ix_memfd_open(b->size, &object);

	(void)k;
	if (r < 0)
		return r;
	r = touch(&object, b->mark);
	ix_memfd_close(&object);
	return r;
}

const struct ix_setup_kind ix_setup_memfd = { .cycle = memfd_cycle };

/* ---- channels */

static int setup_carry(struct ix_channel *c, struct bench *b)
{
	ssize_t n;

	b->sent->type = 1;
	memcpy(b->sent->data, &b->mark, c->size);
	if (c->way->send(c, b->sent, c->size) < 0)
		return -errno;
	/* This blocks only if the message was lost; in that case the supervisor
	 * interrupts the call. */
	n = c->way->receive(c, b->came, true);
	if (n < 0)
		return errno == EINTR ? -EILSEQ : -errno;
	if ((size_t)n != c->size || memcmp(b->sent->data, b->came->data, c->size))
		return -EILSEQ;
	return 0;
}

static int way_cycle(const struct ix_setup_kind *k, struct bench *b)
{
	struct ix_channel c = {
		.way = k->way,
		.slot = b->slot,
		.size = MIN(MESSAGE, k->way->most),
		.longest = MIN(MESSAGE, k->way->most),
		.in = -1,
		.out = -1,
	};
	int r = c.way->open(b->task, &c);

	if (r == 0)
		r = setup_carry(&c, b);
	ix_channel_close(b->task, &c);
	return r;
}

const struct ix_setup_kind ix_setup_msg = { .cycle = way_cycle, .way = &ix_way_msg };
const struct ix_setup_kind ix_setup_mq = { .cycle = way_cycle, .way = &ix_way_mq };
const struct ix_setup_kind ix_setup_pipe = { .cycle = way_cycle, .way = &ix_way_pipe };
const struct ix_setup_kind ix_setup_stream = { .cycle = way_cycle,
					       .way = &ix_way_stream };
const struct ix_setup_kind ix_setup_eventfd = { .cycle = way_cycle,
						.way = &ix_way_eventfd };

/* ---- the workload */

static size_t setup_size_of(const struct ix_task *t)
{
	return t->bytes ? t->bytes : BYTES;
}

static int setup_prepare(struct ix_task *t)
{
	t->bytes = setup_size_of(t);
	return 0;
}

/* Count a failed cycle. The failure is a fault unless memory or a limit was exhausted,
 * which may be due to other workers. */
static void setup_failed(struct ix_worker *w, int error)
{
	ix_failed(w, 0, error);
	if (error != ENOMEM && error != ENOSPC && error != EMFILE && error != ENFILE)
		ix_fault(w, "cannot create, use or remove an object: %s",
			 ix_errno_text(error));
}

static void cycle_on(struct ix_worker *w, struct bench *b)
{
	const struct ix_setup_kind *k = w->task->job->on;

	for (; ix_running(w); b->mark++) {
		uint64_t t = ix_begin(w, 0);
		int r = k->cycle(k, b);

		if (r == 0)
			ix_done(w, 0, t);
		else if (r == -EILSEQ)
			ix_fault(
				w,
				"a new object is not empty, or does not return what was put in");
		else if (r != -EINTR || !ix_stopping(w))
			setup_failed(w, -r);
	}
}

static void setup_work(struct ix_worker *w)
{
	auto_free struct ix_payload *sent = ix_payload_new(MESSAGE);
	auto_free struct ix_payload *came = ix_payload_new(MESSAGE);
	struct bench b = {
		.task = w->task,
		.slot = ix_log_slot(w, 0),
		.size = setup_size_of(w->task),
		.sent = sent,
		.came = came,
	};

	if (sent && came)
		cycle_on(w, &b);
	else
		ix_fault(w, "no memory");
}

static uint64_t setup_memory(const struct ix_task *t)
{
	return t->workers * (uint64_t)setup_size_of(t);
}

const struct ix_workload ix_setup = {
	.name = "setup",
	.least = 1,
	.prepare = setup_prepare,
	.work = setup_work,
	.memory = setup_memory,
};
