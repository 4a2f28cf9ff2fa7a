/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages that flow one way, from senders to receivers, over one channel or several, and
 * are all accounted for at the end. */
#pragma once

#include "stress/channel/way.h"
#include "stress/engine/worker.h"

/* As many channels as the supervisor has slots for. */
#define IX_CHANNELS (IX_LOG_FIRST / IX_PARTS)

/* No operation: it is not counted. */
#define IX_NO_OP IX_OPS

struct ix_flow {
	/* What is wanted. */
	const struct ix_way *way;
	bool fan_in; /* all others send to the first; else even ones send to odd ones */
	bool mixed;  /* sizes and ranks differ */
	bool roomy;
	size_t size;
	unsigned send_op, receive_op;
	/* What there is then. */
	unsigned channels, opened;
	struct ix_channel channel[IX_CHANNELS];
};

/* A flow on so many channels: it is the task's state, for the functions below. Should it
 * fail, ix_cannot() was said. */
int ix_flow_open(struct ix_task *t, const struct ix_flow *wanted, unsigned channels);

/* How many of the crew send and receive. */
unsigned ix_flow_channels(const struct ix_task *t);

/* The functions of a workload. */
void ix_flow_work(struct ix_worker *w);
void ix_flow_check(struct ix_task *t);
void ix_flow_finish(struct ix_task *t);

/* Memory that so many channels take at most, whatever the way. */
uint64_t ix_flow_memory(unsigned channels, size_t longest);
