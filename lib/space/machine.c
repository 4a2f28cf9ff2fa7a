/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine's rows: what was found, what the kernel counts, and the difference. Huge
 * pages are counted elsewhere. The kernel's count is a sum over CPUs that lags behind by
 * some pages of each.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "core/limit.h"
#include "limits/limits.h"
#include "ns/ns.h"
#include "space/memory.h"

#define MACHINE "machine"

#define MACHINE_MEMINFO 8192

static int machine_kb(const char *text, const char *key, uint64_t *ret_bytes)
{
	uint64_t kb;
	int r = ix_meminfo_parse(text, key, &kb);

	if (r == 0)
		*ret_bytes = ix_mul_sat(kb, 1024);
	return r;
}

/* Huge pages of all sizes; of those of the default size, it is known how many are
 * used. */
static int machine_huge(struct ix_mem_answer *m, const char *text)
{
	uint64_t all = 0, total = 0, free = 0, page = 0, part;
	struct ix_mem_put p;

	if (machine_kb(text, "Hugetlb", &all) < 0 || !all)
		return 0;
	p = ix_mem_begin(m->t, MACHINE, "hugetlb");
	ix_mem_number(&p, IX_MEM_LIMIT, all);
	if (ix_meminfo_parse(text, "HugePages_Total", &total) == 0 &&
	    ix_meminfo_parse(text, "HugePages_Free", &free) == 0 &&
	    machine_kb(text, "Hugepagesize", &page) == 0) {
		part = ix_mul_sat(total, page);
		if (part == all)
			ix_mem_number(&p, IX_MEM_USED,
				      ix_mul_sat(total - MIN(free, total), page));
		else
			ix_mem_unknown(&p, IX_MEM_USED);
	}
	ix_mem_what(&p, "huge pages, which are not part of Shmem");
	return ix_mem_end(&p);
}

/* What the sum may lack, as a text that begins with "; ". */
static void machine_lacks(const struct ix_mem_answer *m, char *buf, size_t size)
{
	const struct ipcx_ns *ns = m->x->ns;
	const struct {
		bool so;
		const char *text;
	} all[] = {
		{ !ns || !ns->all, "other namespaces were not asked" },
		{ m->unseen_processes, "some processes could not be seen" },
		{ m->unseen_places, "some places could not be read" },
		{ m->unseen_sizes, "some sizes are unknown" },
	};
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].so && len < size)
			len += (size_t)snprintf(buf + len, size - len, "%s%s",
						len ? ", " : "", all[i].text);
}

static int machine_sum(struct ix_mem_answer *m)
{
	struct ix_mem_put p = ix_mem_begin(m->t, MACHINE, "sum");
	char lacks[256], amount[IX_NUM_MAX];

	ix_mem_number(&p, IX_MEM_RESIDENT, m->sum);
	machine_lacks(m, lacks, sizeof(lacks));
	*ix_put_size(amount, m->swapped) = '\0';
	if (m->swapped)
		ix_mem_what(&p,
			    "found in the places above; up to %s of it may be in swap",
			    amount);
	else if (lacks[0])
		ix_mem_what(&p, "found in the places above, at least: %s", lacks);
	else
		ix_mem_what(&p, "found in the places above");
	return ix_mem_end(&p);
}

static int machine_rest(struct ix_mem_answer *m, uint64_t shmem)
{
	struct ix_mem_put p = ix_mem_begin(m->t, MACHINE, "unexplained");
	char lacks[256], amount[IX_NUM_MAX];

	ix_mem_number(&p, IX_MEM_RESIDENT, shmem > m->sum ? shmem - m->sum : 0);
	machine_lacks(m, lacks, sizeof(lacks));
	*ix_put_size(amount, m->sum > shmem ? m->sum - shmem : 0) = '\0';
	if (m->sum > shmem)
		ix_mem_what(&p, "%s more was found than Shmem counts%s", amount,
			    m->swapped ? ": part of it is in swap" : "");
	else if (lacks[0])
		ix_mem_what(&p, "possibly not seen: %s", lacks);
	else
		ix_mem_what(
			&p,
			"in no place that can be seen: buffers of a GPU, files in flight over sockets, file systems that are mounted nowhere");
	return ix_mem_end(&p);
}

int ix_mem_put_machine(struct ix_mem_answer *m)
{
	char text[MACHINE_MEMINFO];
	struct ix_mem_put p;
	uint64_t shmem = 0;
	int r = ix_meminfo_read(m->x, text, sizeof(text));

	if (r >= 0)
		r = machine_kb(text, "Shmem", &shmem);
	if (r < 0) {
		ix_table_note(m->t, IPCX_NOTE_UNAVAILABLE, IPCX_NO_MECH, r,
			      "/proc/meminfo", "%s", ix_errno_text(r));
		return machine_sum(m);
	}
	r = machine_huge(m, text);
	if (r == 0)
		r = machine_sum(m);
	if (r < 0)
		return r;
	p = ix_mem_begin(m->t, MACHINE, "shmem");
	ix_mem_number(&p, IX_MEM_RESIDENT, shmem);
	ix_mem_what(&p, "Shmem of /proc/meminfo");
	r = ix_mem_end(&p);
	return r == 0 ? machine_rest(m, shmem) : r;
}

int ix_mem_swapped(struct ipcx *x, uint64_t *ret_bytes)
{
	char text[MACHINE_MEMINFO];
	uint64_t total = 0, free = 0;
	int r = ix_meminfo_read(x, text, sizeof(text));

	if (r >= 0)
		r = machine_kb(text, "SwapTotal", &total);
	if (r == 0)
		r = machine_kb(text, "SwapFree", &free);
	if (r == 0)
		*ret_bytes = total - MIN(free, total);
	return MIN(r, 0);
}
