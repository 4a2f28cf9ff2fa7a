/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Distance between words (optimal string alignment), for "did you mean". */
#include "base/distance.h"

#include <strings.h>

#include "base/util.h"

#define LONGEST 32

static int differ(char a, char b)
{
	return strncasecmp(&a, &b, 1) != 0;
}

size_t ix_distance(const char *a, size_t alen, const char *b, size_t blen)
{
	/* Three rows of the distance matrix suffice: the current row and the two rows
	 * above it. */
	unsigned char rows[3][LONGEST + 1];

	if (alen > LONGEST || blen > LONGEST)
		return (size_t)-1;
	for (size_t j = 0; j <= blen; j++)
		rows[0][j] = (unsigned char)j;
	for (size_t i = 1; i <= alen; i++) {
		unsigned char *row = rows[i % 3], *above = rows[(i + 2) % 3];
		const unsigned char *higher = rows[(i + 1) % 3];

		row[0] = (unsigned char)i;
		for (size_t j = 1; j <= blen; j++) {
			int changed = above[j - 1] + differ(a[i - 1], b[j - 1]);
			int best = MIN(changed, 1 + MIN(above[j], row[j - 1]));

			if (i > 1 && j > 1 && !differ(a[i - 1], b[j - 2]) &&
			    !differ(a[i - 2], b[j - 1]))
				best = MIN(best, 1 + higher[j - 2]);
			row[j] = (unsigned char)best;
		}
	}
	return rows[alen % 3][blen];
}

size_t ix_nearest(size_t len)
{
	return len <= 3 ? 1 : len <= 7 ? 2 : 3;
}
