/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects whose names tell which program made them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

/* What becomes of an object that its program has left behind. */
enum ix_leftover {
	IX_LEFT_OVER,  /* nothing: it stays until it is removed by hand */
	IX_LEFT_SWEPT, /* the program removes it when it is started again */
	IX_LEFT_STAYS, /* it is meant to stay, and must not be removed: no finding */
};

struct ix_known {
	char pattern[IX_TEXT(40)]; /* of the name, without "/" */
	char program[IX_TEXT(32)];
	bool sem;     /* the name of a semaphore; otherwise of shared memory */
	uint8_t left; /* enum ix_leftover */
	char what[IX_TEXT(
		112)]; /* what is known of such a leftover, for evidence; or "" */
};

/*
 * Find out which program makes objects with this name (with or without the leading "/";
 * of a semaphore: without "sem."). If the name holds the process that made it, *ret_pid
 * is that, a number in the PID namespace of the program; otherwise 0. Returns NULL if
 * that is unknown.
 */
const struct ix_known *ix_doctor_known(const char *name, bool sem, uint32_t *ret_pid);

/* Return entry number i; NULL past the last. */
const struct ix_known *ix_doctor_known_at(unsigned i);
