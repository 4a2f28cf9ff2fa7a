/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pseudo-random numbers, the same for the same seed. */
#pragma once

#include <stdint.h>

struct ix_random {
	uint64_t state;
};

uint64_t ix_random(struct ix_random *r);
/* From 0 to below n. */
uint64_t ix_random_below(struct ix_random *r, uint64_t n);
/* The same bits for the same numbers: what a message has to hold. */
uint64_t ix_mix(uint64_t a, uint64_t b);
