/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that forked processes share, and futexes in it. */
#include <linux/futex.h>
#include <linux/time_types.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/util.h"
#include "stress/engine/shared.h"

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

struct ix_shared *ix_shared_new(unsigned workers)
{
	size_t size = sizeof(struct ix_shared) + workers * sizeof(struct ix_worker_slot);
	struct ix_shared *shared = ix_share(size);

	if (!shared)
		return NULL;
	shared->size = size;
	shared->nslots = workers;
	shared->range_lock = shared->line = -1;
	return shared;
}

void ix_shared_free(struct ix_shared *shared)
{
	if (shared)
		ix_unshare(shared, shared->size);
}

int ix_futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t timeout)
{
	/* Where long has 32 bits, this call's time has, too, unlike that of the C library.
	 */
	const struct __kernel_old_timespec span = {
		.tv_sec = MIN(timeout / (int64_t)IX_SECOND_NS, INT32_MAX),
		.tv_nsec = timeout % (int64_t)IX_SECOND_NS,
	};

	return (int)syscall(SYS_futex, word, FUTEX_WAIT, value,
			    timeout < 0 ? NULL : &span, NULL, 0);
}

int ix_futex_wake(_Atomic uint32_t *word, unsigned n)
{
	return (int)syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0);
}
