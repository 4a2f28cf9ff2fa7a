/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of msgsnd(2) and msgrcv(2) on what is in the queue. */
#pragma once

#include "why/why.h"

/* The message is longer than msgmax. */
void ix_msg_why_long(struct ix_why *w, struct ix_reason *r);

/* The queue has no room for the bytes of the message, or for one more message; blocks:
 * the call does not return. */
void ix_msg_why_no_bytes(struct ix_why *w, bool blocks, struct ix_reason *r);
void ix_msg_why_no_number(struct ix_why *w, bool blocks, struct ix_reason *r);

/* No message of the type is in the queue. */
void ix_msg_why_none(struct ix_why *w, bool blocks, struct ix_reason *r);

/* The message that would be received is longer than the buffer. */
void ix_msg_why_buffer(struct ix_why *w, struct ix_reason *r);
