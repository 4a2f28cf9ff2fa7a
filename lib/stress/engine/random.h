/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pseudo-random numbers, reproducible by their seed. */
#pragma once

#include <stdint.h>

struct ix_random {
	uint64_t state;
};

uint64_t ix_random(struct ix_random *r);
/* Return a number from 0 to n - 1; 0 if n is 0. */
uint64_t ix_random_below(struct ix_random *r, uint64_t n);
/* Hash two numbers: for seeds and for the content of messages. */
uint64_t ix_mix(uint64_t a, uint64_t b);
