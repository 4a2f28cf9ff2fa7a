/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Find the known word that a mistyped word most likely stands for. */
#pragma once

#include <stddef.h>

/*
 * Return how many letters must be changed, inserted, deleted or swapped with their
 * neighbour to turn one word into the other, ignoring case; (size_t)-1 if a word is
 * longer than 32 bytes.
 */
size_t ix_distance(const char *a, size_t alen, const char *b, size_t blen);

/* Return the largest distance at which a word of this length is worth suggesting. */
size_t ix_nearest(size_t len);
