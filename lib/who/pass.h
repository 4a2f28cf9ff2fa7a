/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of a pass over /proc, and the reading of one process. */
#pragma once

#include "who/uses.h"

struct ix_uses_pass {
	struct ipcx *x;
	const struct ix_uses_what *what;
	struct ix_uses *u;
	uint64_t own_shm;   /* the device of our /dev/shm, in case it is on a disk */
	bool first;         /* process 1 was seen */
	size_t begun;       /* number of uses before the current process */
	size_t begun_names; /* length of the names then */
	size_t most;        /* when to merge the uses of the current process */
	int trouble; /* why not all of the current process could be looked at, or 0 */
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

/* Add what threads have open whose descriptors are not those of the thread "tid", which
 * was read; "dir" is the directory of the process. Returns 0 or -errno. */
int ix_uses_read_threads(struct ix_uses_pass *p, int dir, int32_t tid);

/* Make one use of all that the current process has of a file. Returns 0 or -ENOMEM. */
int ix_uses_merge(struct ix_uses_pass *p);

/* The same if there are many: a process may have the same file mapped or open a million
 * times. */
static inline int ix_uses_merge_many(struct ix_uses_pass *p)
{
	return p->u->n - p->begun < p->most ? 0 : ix_uses_merge(p);
}
