/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The jobs in which many workers use one object. */
#include "stress/load/contend.h"
#include "mech/drivers.h"

/* clang-format off */
const struct ix_job ix_jobs_contend[] = {
	{ .subject = "shm", .workload = &ix_contend_memory, .on = &ix_shm_driver,
	  .ops = { "attach", "detach" },
	  .what = "one segment is attached and detached by all; nattch comes back" },
	{ .subject = "msg", .workload = &ix_contend_msg, .on = &ix_msg_driver,
	  .ops = { "send", "receive" },
	  .what = "several senders and receivers on one short queue; none lost, none twice" },
	{ .subject = "sem", .workload = &ix_contend_array, .on = &ix_sem_driver,
	  .ops = { "lock", "unlock", "lock-several", "unlock-several" },
	  .what = "one array as locks, one or several at once; never two inside" },
	{ .subject = "mq", .workload = &ix_contend_mq, .on = &ix_mq_driver,
	  .ops = { "send", "receive" },
	  .what = "several senders and receivers on one short queue; none lost, none twice" },
	{ .subject = "pshm", .workload = &ix_contend_memory, .on = &ix_pshm_driver,
	  .ops = { "attach", "detach" },
	  .what = "one object is mapped and unmapped by all; each finds what it wrote" },
	{ .subject = "psem", .workload = &ix_contend_token, .on = &ix_psem_driver,
	  .ops = { "lock", "unlock" },
	  .what = "one named semaphore as a lock; never two inside" },
	{ 0 },
};
/* clang-format on */
