/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Queues that have no name any more: they exist, and count, while they are open. */
#pragma once

#include "why/mq.h"

#define IX_MQ_ANYBODY UINT32_MAX

struct ix_mq_hidden {
	uint32_t uid; /* of whose queues; IX_MQ_ANYBODY */
	uint64_t dev; /* in which namespace: the device of its queues; 0: in any */
	uint64_t queues, bytes; /* bytes: as RLIMIT_MSGQUEUE counts them */
	bool whole;             /* there are no others */
};

/* Look through the descriptors of all processes. */
void ix_mq_hidden(struct ix_why *w, struct ix_mq_hidden *h);

/* The same in the namespace of the question. */
void ix_mq_hidden_here(struct ix_why *w, struct ix_mq_hidden *h);

/* What a queue counts against RLIMIT_MSGQUEUE. */
uint64_t ix_mq_bytes(uint64_t maxmsg, uint64_t msgsize);
