/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The jobs of the workload "contend", in which many workers use one object. */
#include "stress/load/contend.h"
#include "mech/drivers.h"

/* clang-format off */
const struct ix_job ix_jobs_contend[] = {
	{ .subject = "shm", .workload = &ix_contend_memory, .on = &ix_shm_driver,
	  .ops = "attach detach",
	  .what = "all workers attach and detach one segment; nattch returns to 1" },
	{ .subject = "msg", .workload = &ix_contend_msg, .on = &ix_msg_driver,
	  .ops = "send receive",
	  .what = "several senders and receivers on one short queue; no message lost or duplicated" },
	{ .subject = "sem", .workload = &ix_contend_array, .on = &ix_sem_driver,
	  .ops = "lock unlock lock-several unlock-several",
	  .what = "one array as locks, taken singly or several at once; never two holders" },
	{ .subject = "mq", .workload = &ix_contend_mq, .on = &ix_mq_driver,
	  .ops = "send receive",
	  .what = "several senders and receivers on one short queue; no message lost or duplicated" },
	{ .subject = "pshm", .workload = &ix_contend_memory, .on = &ix_pshm_driver,
	  .ops = "attach detach",
	  .what = "all workers map and unmap one object; each finds what it wrote" },
	{ .subject = "psem", .workload = &ix_contend_token, .on = &ix_psem_driver,
	  .ops = "lock unlock",
	  .what = "one named semaphore as a lock; never two holders" },
	{ 0 },
};
/* clang-format on */
