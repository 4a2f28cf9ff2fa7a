/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages from senders to receivers over one or more channels, all accounted for at the
 * end. */
#pragma once

#include "stress/channel/way.h"
#include "stress/engine/worker.h"

/* The maximum number of channels: the supervisor has slots for this number. */
#define IX_CHANNELS (IX_LOG_FIRST / IX_PARTS)

/* Stands for an operation that is not counted. */
#define IX_NO_OP IX_OPS

struct ix_flow {
	/* Members that the caller sets. */
	const struct ix_way *way;
	bool fan_in; /* all workers send to worker 0; otherwise each even worker sends to
			an odd one */
	bool mixed;  /* sizes and ranks differ */
	bool roomy;  /* as in struct ix_channel */
	size_t size; /* size of every message; if mixed, of the longest */
	unsigned send_op, receive_op; /* operations to count, or IX_NO_OP */
	/* Members that ix_flow_open() sets. */
	unsigned channels, opened;
	struct ix_channel channel[IX_CHANNELS];
};

/* Open a flow on this many channels, or fewer if limits allow no more, and make it the
 * task's state for the functions below. Returns 0, or -errno after ix_cannot(). */
int ix_flow_open(struct ix_task *t, const struct ix_flow *wanted, unsigned channels);

/* The number of channels: one for each pair of workers, at most IX_CHANNELS. */
unsigned ix_flow_channels(const struct ix_task *t);

/* Functions for struct ix_workload. */
void ix_flow_work(struct ix_worker *w);
void ix_flow_check(struct ix_task *t);
void ix_flow_finish(struct ix_task *t);

/* The most memory that this many channels take, whichever way they use. */
uint64_t ix_flow_memory(unsigned channels, size_t longest);
