/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which known word a mistyped one was meant to be. */
#pragma once

#include <stddef.h>

/*
 * How many letters must be changed, added, left out or swapped with their neighbour to
 * make one word of the other; case does not matter. Words longer than 32 bytes are
 * infinitely far from everything: (size_t)-1.
 */
size_t ix_distance(const char *a, size_t alen, const char *b, size_t blen);

/* The largest distance at which a word of this length is still worth suggesting. */
size_t ix_nearest(size_t len);
