/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reproducible pseudo-random numbers: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014; public
 * domain). */
#include "stress/engine/random.h"

static uint64_t stir(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t ix_random(struct ix_random *r)
{
	r->state += UINT64_C(0x9e3779b97f4a7c15);
	return stir(r->state);
}

uint64_t ix_random_below(struct ix_random *r, uint64_t n)
{
	return n ? ix_random(r) % n : 0;
}

uint64_t ix_mix(uint64_t a, uint64_t b)
{
	return stir(stir(a + UINT64_C(0x9e3779b97f4a7c15)) ^ b);
}
