/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the checks of /dev/shm and what is in it. */
#pragma once

#include "why/place.h"

/* Room in the file system, and sizes. */
void ix_posix_room(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r);

/* Values of semaphores. */
void ix_posix_sem(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r);

/* Permissions for files and for the directory. */
void ix_posix_rights(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r);
