/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An object's memory, opened by its mechanism and read and written by lib/data/. */
#pragma once

#include <stdint.h>

struct ix_memory {
	uint64_t size; /* in bytes, at the time when it was opened */
	int fd;        /* descriptor for reading without touching pages; or -1 */
	char *map;     /* attached memory (shmat(2)); NULL: fd is used for writing, too */
};

#define IX_NO_MEMORY     \
	{                \
		.fd = -1 \
	}
