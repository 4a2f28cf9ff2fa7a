/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that forked processes share, and how they wait for each other in it. */
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "stress/engine/stress.h"

void *ix_share(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0);

	return p == MAP_FAILED ? NULL : p;
}

void ix_unshare(void *p, size_t size)
{
	if (p)
		(void)munmap(p, size);
}

struct ix_arena *ix_arena_new(unsigned workers)
{
	size_t size = sizeof(struct ix_arena) + workers * sizeof(struct ix_desk);
	struct ix_arena *arena = ix_share(size);

	if (!arena)
		return NULL;
	arena->size = size;
	arena->ndesks = workers;
	arena->marker = arena->line = -1;
	return arena;
}

void ix_arena_free(struct ix_arena *arena)
{
	if (arena)
		ix_unshare(arena, arena->size);
}

int ix_futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t patience)
{
	const struct timespec span = {
		.tv_sec = patience / (int64_t)IX_SECOND_NS,
		.tv_nsec = patience % (int64_t)IX_SECOND_NS,
	};

	return (int)syscall(SYS_futex, word, FUTEX_WAIT, value,
			    patience < 0 ? NULL : &span, NULL, 0);
}

int ix_futex_wake(_Atomic uint32_t *word, unsigned n)
{
	return (int)syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0);
}
