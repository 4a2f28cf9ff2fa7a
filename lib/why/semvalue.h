/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of semop(2) on the value of one semaphore. */
#pragma once

#include "why/why.h"

/* The value would exceed 32767. */
void ix_sem_why_above(struct ix_why *w, struct ix_reason *r);

/* The value does not allow the operation now; blocks: the call does not return. */
void ix_sem_why_waits(struct ix_why *w, bool blocks, struct ix_reason *r);
