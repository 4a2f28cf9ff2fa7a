/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The workload "transfer": messages through each mechanism, whole and in order. Messages
 * in shared memory are synchronised by semaphores of the same family. */
#include "stress/load/flow.h"
#include "stress/load/jobs.h"
#include "stress/load/tokens.h"

/* Default length of the longest message: half of the defaults of kernel.msgmax and
 * fs.mqueue.msgsize_max. */
#define LONGEST 4096

static int transfer_prepare(struct ix_task *t)
{
	return ix_flow_open(t,
			    &(struct ix_flow){
				    .way = t->job->on,
				    .mixed = !t->bytes,
				    .size = t->bytes ? t->bytes : LONGEST,
				    .send_op = 0,
				    .receive_op = 1,
			    },
			    ix_flow_channels(t));
}

static uint64_t transfer_memory(const struct ix_task *t)
{
	return ix_flow_memory(ix_flow_channels(t), t->bytes ? t->bytes : LONGEST);
}

static const struct ix_workload transfer = {
	.name = "transfer",
	.least = 2,
	.even = true,
	.prepare = transfer_prepare,
	.work = ix_flow_work,
	.check = ix_flow_check,
	.finish = ix_flow_finish,
	.memory = transfer_memory,
};

#define TRANSFER(mech, way, text)                                                       \
	{                                                                               \
		.subject = (mech), .workload = &transfer, .on = &(way), .what = (text), \
		.ops = "send receive",                                                  \
	}

#define TOKENS(mech, kind, text)                                          \
	{                                                                 \
		.subject = (mech), .workload = &ix_tokens, .on = &(kind), \
		.what = (text), .ops = "give take",                       \
	}

/* clang-format off */
const struct ix_job ix_jobs_transfer[] = {
	TRANSFER("shm", ix_way_shm_sem,
		 "messages through a ring in a segment: in order, none lost, duplicated or changed"),
	TRANSFER("msg", ix_way_msg,
		 "messages of several types: each type in order, none lost, duplicated or changed"),
	TOKENS("sem", ix_tokens_sem,
	       "several tokens at once: as many taken as given, two semaphores always add up"),
	TRANSFER("mq", ix_way_mq,
		 "messages of several priorities: each priority in order, none lost, duplicated or changed"),
	TRANSFER("pshm", ix_way_pshm_psem,
		 "messages through a ring in shared memory: in order, none lost, duplicated or changed"),
	TOKENS("psem", ix_tokens_psem, "single tokens: as many taken as given"),
	{ 0 },
};
/* clang-format on */
