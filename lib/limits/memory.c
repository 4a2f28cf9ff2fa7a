/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much memory can be committed to segments: what shmget(2) checks before it creates
 * one (shmem_acct_size() in mm/shmem.c, __vm_enough_memory() in mm/util.c), in the three
 * modes of vm.overcommit_memory. In heuristic mode no object may be larger than memory
 * and swap together, and memory in use does not count (since Linux 5.2; older kernels
 * checked how much was free).
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/cap.h"
#include "base/file.h"
#include "core/limit.h"
#include "limits/limits.h"

/* Read a sysctl in kB as bytes; 0 if this kernel does not have it. Returns 0 or
 * -errno. */
static int read_kb(struct ipcx *x, const char *source, uint64_t *ret_bytes)
{
	struct ix_limit l = { .read = IX_READ_SYSCTL };
	uint64_t kb = 0;
	int e;

	(void)snprintf(l.source, sizeof(l.source), "%s", source);
	e = ix_sysctl_read(x, &l, &kb);
	if (e < 0 && e != -ENOENT)
		return e;
	*ret_bytes = ix_mul_sat(kb, 1024);
	return 0;
}

/* Read the amounts that __vm_enough_memory() (mm/util.c) holds back: from callers without
 * CAP_SYS_ADMIN, an amount for root; from every caller, at most 1/32 of the caller's own
 * memory, so that its user can still recover. */
static int read_reserve(struct ipcx *x, uint64_t *ret_bytes)
{
	uint64_t admin = 0, user = 0, pages = 0;
	char text[128];
	int proc = ix_procfd(x), e = 0;

	if (ix_cap_counts(proc, CAP_SYS_ADMIN) != 1)
		e = read_kb(x, "vm.admin_reserve_kbytes", &admin);
	if (!e)
		e = read_kb(x, "vm.user_reserve_kbytes", &user);
	if (!e && ix_read_file(proc, "thread-self/statm", text, sizeof(text)) > 0)
		(void)ix_sysctl_parse(text, 0, 7, &pages);
	*ret_bytes = admin +
		     MIN(user, ix_mul_sat(pages, (uint64_t)sysconf(_SC_PAGESIZE)) / 32);
	return e;
}

/* With strict accounting the kernel counts per CPU, and sums up only now and then
 * (mm_compute_batch() in mm/mm_init.c): the count is exact to within 1/BLUR of the
 * memory. */
#define BLUR 256

static int read_commit(struct ipcx *x, const char *text, uint64_t total,
		       struct ix_reading *r)
{
	uint64_t limit, used;
	int e = ix_meminfo_parse(text, "CommitLimit", &limit);

	if (!e)
		e = ix_meminfo_parse(text, "Committed_AS", &used);
	if (!e)
		e = read_reserve(x, &r->reserve);
	if (e)
		return e;
	r->limit = ix_mul_sat(limit, 1024);
	r->used = ix_mul_sat(used, 1024);
	r->blur = total / BLUR;
	r->counted = true;
	return 0;
}

int ix_read_memory(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r)
{
	uint64_t mode, memory, swap;
	char text[8192];
	int e = ix_sysctl_read(s->x, l, &mode);

	if (e < 0)
		return e;
	r->unlimited = mode == 1; /* OVERCOMMIT_ALWAYS */
	r->single = r->uncounted = mode == 0;
	if (r->unlimited)
		return 0;
	e = ix_meminfo_read(s->x, text, sizeof(text));
	if (e >= 0)
		e = ix_meminfo_parse(text, "MemTotal", &memory);
	if (!e)
		e = ix_meminfo_parse(text, "SwapTotal", &swap);
	if (e)
		return e;
	if (mode == 2) /* OVERCOMMIT_NEVER */
		return read_commit(s->x, text, ix_mul_sat(memory, 1024), r);
	r->limit = ix_mul_sat(memory + swap, 1024);
	return 0;
}

/* For an array, the kernel may reclaim memory, but it never uses more than the machine
 * has (__vmalloc_node_range() in mm/vmalloc.c). Without /proc, the memory to reclaim is
 * unknown: count only what is free already. */
int ix_read_kernel_memory(struct ix_limits *s, const struct ix_limit *l,
			  struct ix_reading *r)
{
	uint64_t memory, available;
	char text[8192];
	struct sysinfo now;
	int e = ix_meminfo_read(s->x, text, sizeof(text));

	(void)l;
	if (e >= 0)
		e = ix_meminfo_parse(text, "MemTotal", &memory);
	if (!e)
		e = ix_meminfo_parse(text, "MemAvailable", &available);
	if (!e) {
		r->limit = ix_mul_sat(memory, 1024);
		available = ix_mul_sat(available, 1024);
	} else if (sysinfo(&now) == 0) {
		r->limit = ix_mul_sat(now.totalram, now.mem_unit);
		available = ix_mul_sat(now.freeram, now.mem_unit);
	} else {
		return -errno;
	}
	r->spare = available;
	r->capped = true;
	r->ceiling = r->limit;
	return 0;
}
