/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of a pass over /proc, and the reading of one process. */
#pragma once

#include "who/uses.h"

struct ix_uses_pass {
	struct ipcx *x;
	const struct ix_uses_what *what;
	struct ix_uses *u;
	uint64_t own_shm; /* the device of our /dev/shm, in case it is on a disk */
	bool first;       /* process 1 was seen */
	size_t begun;     /* number of uses before the current process */
};

static inline bool ix_uses_wants(const struct ix_uses_pass *p, enum ix_use_kind kind)
{
	return p->what->kinds >> kind & 1;
}

/* Add the wanted mappings, and the wanted descriptors, of a process or thread, whose
 * directory in /proc is "dir". Return the number of mappings or descriptors that it has,
 * or -errno. */
int ix_uses_read_maps(struct ix_uses_pass *p, int dir);
int ix_uses_read_fds(struct ix_uses_pass *p, int dir);
