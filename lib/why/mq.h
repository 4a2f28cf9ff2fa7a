/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the checks of POSIX message queues. */
#pragma once

#include "mech/causes.h"
#include "why/place.h"

/* Say that there is no such queue, or that it is not known whether there is one. */
void ix_mq_no_object(struct ix_why *w, int error, struct ix_reason *r);

/* Write that a name with one slash is needed. */
void ix_reason_fix_name(struct ix_reason *r, const char *name);

/* The attributes of a new queue, and the number of queues. */
void ix_mq_attributes(struct ix_why *w, unsigned check, struct ix_reason *r);

/* RLIMIT_MSGQUEUE. */
void ix_mq_charge(struct ix_why *w, struct ix_reason *r);

/* Whether the caller has CAP_SYS_RESOURCE over the whole machine, as the limits of queues
 * demand. */
enum ix_so ix_mq_resource(struct ix_why *w);

/* Return the value of a limit of the question's namespace, and how much of it is used.
 * False if it cannot be read. */
bool ix_mq_limit(struct ix_why *w, const char *name, uint64_t *ret_limit,
		 uint64_t *ret_used);

/* Sending, receiving, notification. */
void ix_mq_flow(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r);
