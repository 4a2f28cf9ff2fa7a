/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory of an object, opened: what a mechanism that has some makes, and lib/data/
 * reads and writes. */
#pragma once

#include <stdint.h>

struct ix_memory {
	uint64_t size; /* bytes, when it was opened */
	int fd;    /* whose bytes those are: to be read without touching them; or -1 */
	char *map; /* attached (shmat(2)), or NULL: then the descriptor is written to, too
		    */
};

#define IX_NO_MEMORY     \
	{                \
		.fd = -1 \
	}
