/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages through a ring: the combinations of shared memory and synchronisation. */
#include "core/semun.h"
#include "mech/drivers.h"
#include "stress/channel/way.h"

/* Convert a ring's -errno to -1 and errno. */
static ssize_t way_ring_result(ssize_t r)
{
	if (r >= 0)
		return r;
	errno = (int)-r;
	return -1;
}

/* Create the memory as the first part, and set up the ring; new memory is all zero. */
static int ring_open(const struct ix_task *t, struct ix_channel *c,
		     const struct ix_driver *memory)
{
	unsigned depth = ix_ring_depth(c->longest);
	int r = ix_channel_part(t, c, memory, ix_ring_size(depth, c->longest));

	if (r < 0)
		return r;
	ix_ring_begin(&c->ring, c->part[0].at, depth, c->longest);
	c->ring.senders = c->senders;
	c->ring.receivers = c->receivers;
	c->ring.roomy = c->roomy;
	return 0;
}

/* Check whether kernel.sem allows two operations in one call. Returns 0 or -errno. */
static int try_two(int semid)
{
	struct sembuf ops[] = {
		{ .sem_num = IX_RING_ITEMS, .sem_op = 1 },
		{ .sem_num = IX_RING_ITEMS, .sem_op = -1 },
	};

	return semop(semid, ops, ARRAY_SIZE(ops)) < 0 ? -errno : 0;
}

static int shm_sem_open(const struct ix_task *t, struct ix_channel *c)
{
	unsigned short values[IX_RING_SEMS] = { [IX_RING_LOCK] = 1 };
	int r = ring_open(t, c, &ix_shm_driver);

	if (r == 0)
		r = ix_channel_part(t, c, &ix_sem_driver, IX_RING_SEMS);
	if (r < 0)
		return r;
	c->ring.semid = c->part[1].id;
	values[IX_RING_ROOM] = (unsigned short)c->ring.depth;
	if (semctl(c->ring.semid, 0, SETALL, (union semun){ .array = values }) < 0)
		return -errno;
	return c->senders || c->receivers ? try_two(c->ring.semid) : 0;
}

static int shm_sem_send(struct ix_channel *c, const struct ix_payload *p, size_t size)
{
	return (int)way_ring_result(ix_ring_send_sem(&c->ring, p, size));
}

static ssize_t shm_sem_receive(struct ix_channel *c, struct ix_payload *ret, bool wait)
{
	return way_ring_result(ix_ring_receive_sem(&c->ring, ret, wait));
}

const struct ix_way ix_way_shm_sem = {
	.name = "shm+sem",
	.mech = "shm",
	.most = IX_PAYLOAD_MOST,
	.whole = IX_PAYLOAD_MOST,
	.shared = true,
	.open = shm_sem_open,
	.send = shm_sem_send,
	.receive = shm_sem_receive,
};

static int pshm_psem_open(const struct ix_task *t, struct ix_channel *c)
{
	unsigned values[IX_RING_SEMS] = { [IX_RING_LOCK] = 1 };
	int r = ring_open(t, c, &ix_pshm_driver);

	values[IX_RING_ROOM] = c->ring.depth;
	for (unsigned i = 0; r == 0 && i < IX_RING_SEMS; i++) {
		r = ix_channel_part(t, c, &ix_psem_driver, 0);
		c->ring.sems[i] = r < 0 ? NULL : c->part[1 + i].at;
		for (unsigned n = 0; r == 0 && n < values[i]; n++)
			r = sem_post(c->ring.sems[i]) < 0 ? -errno : 0;
	}
	return r;
}

static int pshm_psem_send(struct ix_channel *c, const struct ix_payload *p, size_t size)
{
	return (int)way_ring_result(ix_ring_send_psem(&c->ring, p, size));
}

static ssize_t pshm_psem_receive(struct ix_channel *c, struct ix_payload *ret, bool wait)
{
	return way_ring_result(ix_ring_receive_psem(&c->ring, ret, wait));
}

const struct ix_way ix_way_pshm_psem = {
	.name = "pshm+psem",
	.mech = "pshm",
	.most = IX_PAYLOAD_MOST,
	.whole = IX_PAYLOAD_MOST,
	.shared = true,
	.open = pshm_psem_open,
	.send = pshm_psem_send,
	.receive = pshm_psem_receive,
};

static int shm_futex_open(const struct ix_task *t, struct ix_channel *c)
{
	return ring_open(t, c, &ix_shm_driver);
}

static int shm_futex_send(struct ix_channel *c, const struct ix_payload *p, size_t size)
{
	return (int)way_ring_result(ix_ring_send_futex(&c->ring, p, size));
}

static ssize_t shm_futex_receive(struct ix_channel *c, struct ix_payload *ret, bool wait)
{
	return way_ring_result(ix_ring_receive_futex(&c->ring, ret, wait));
}

const struct ix_way ix_way_shm_futex = {
	.name = "shm+futex",
	.mech = "shm",
	.most = IX_PAYLOAD_MOST,
	.whole = IX_PAYLOAD_MOST,
	.shared = true,
	.open = shm_futex_open,
	.send = shm_futex_send,
	.receive = shm_futex_receive,
};
