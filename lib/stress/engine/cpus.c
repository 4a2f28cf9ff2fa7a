/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which CPUs the workers are pinned to. The same exchange of messages can be ten times
 * faster on one CPU than on two, so results without pinning are random. */
#include <fcntl.h>
#include <sched.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "stress/engine/workers.h"

/* Read a number in /sys/devices/system/cpu/cpuN/topology/; -1 if there is none. */
static int topology(unsigned cpu, const char *what)
{
	char path[96], text[32];
	int64_t n = -1;

	(void)snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/topology/%s",
		       cpu, what);
	if (ix_read_file(AT_FDCWD, path, text, sizeof(text)) < 0)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	return ix_parse_s64(text, -1, INT32_MAX, &n) < 0 ? -1 : (int)n;
}

/* Whether two CPUs are threads of one core, which share its caches: for measurements,
 * such CPUs count neither as one CPU nor as two. */
static bool same_core(unsigned a, unsigned b)
{
	return topology(a, "core_id") >= 0 &&
	       topology(a, "core_id") == topology(b, "core_id") &&
	       topology(a, "physical_package_id") == topology(b, "physical_package_id");
}

unsigned ix_cpus(unsigned placement, unsigned ret_cpus[2])
{
	unsigned n = 0, spare = CPU_SETSIZE;
	cpu_set_t set;

	if (placement == IPCX_ON_MANY)
		return 1;
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 0;
	for (unsigned cpu = 0; cpu < CPU_SETSIZE && n < 2; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		if (n == 1 && same_core(ret_cpus[0], cpu))
			spare = MIN(spare, cpu);
		else
			ret_cpus[n++] = cpu;
	}
	if (n == 1 && spare < CPU_SETSIZE)
		ret_cpus[n++] = spare;
	return placement == IPCX_ON_ONE ? MIN(n, 1) : n == 2 ? n : 0;
}

void ix_pin(const struct ix_task *t, unsigned index)
{
	cpu_set_t set;

	if (t->cpus == IPCX_ON_MANY || t->non == 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(t->on[index % t->non], &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}
