/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks that the machine and the control group have the memory that a plan can take. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "stress/load/jobs.h"
#include "stress/run/memory.h"
#include "stress/run/run.h"

/* Leave an eighth of the free memory to other processes. */
#define OURS(n) ((n) / 8 * 7)

/* Return the number at the beginning of a text; UINT64_MAX if the text begins with no
 * number, as "max" means no limit. */
static uint64_t stress_memory_number(char *text)
{
	uint64_t n = UINT64_MAX;

	text += strspn(text, " ");
	text[strspn(text, "0123456789")] = '\0';
	return ix_parse_u64(text, UINT64_MAX, &n) < 0 ? UINT64_MAX : n;
}

static uint64_t machine_has(struct ipcx *x)
{
	int proc = ix_procfd(x);
	char text[8192], *at;

	if (proc < 0 || ix_read_file(proc, "meminfo", text, sizeof(text)) < 0)
		return UINT64_MAX;
	at = strstr(text, "MemAvailable:");
	return at ? stress_memory_number(at + strlen("MemAvailable:")) * 1024
		  : UINT64_MAX;
}

static uint64_t stress_memory_read_number(int dir, const char *name)
{
	char text[32];

	return ix_read_file(dir, name, text, sizeof(text)) < 0
		       ? UINT64_MAX
		       : stress_memory_number(text);
}

/* The files of the memory controller, first for version 2, then for version 1. */
static const struct hierarchy {
	const char *line; /* text before the group's path in /proc/self/cgroup */
	const char *dir, *most, *used;
	const char *files; /* prefix for ix_memory_files() */
} hierarchies[] = {
	{ "0::", "/sys/fs/cgroup", "memory.max", "memory.current", "" },
	{ ":memory:", "/sys/fs/cgroup/memory", "memory.limit_in_bytes",
	  "memory.usage_in_bytes", "total_" },
};

/* Return the number in the line of memory.stat with this name; 0 if there is none. */
static uint64_t in_stat(const char *stat, const char *prefix, const char *name)
{
	char line[64], value[32];
	size_t length = (size_t)snprintf(line, sizeof(line), "%s%s ", prefix, name);
	uint64_t n;

	for (; *stat; stat += strcspn(stat, "\n"), stat += *stat == '\n') {
		if (strncmp(stat, line, length) != 0)
			continue;
		(void)snprintf(value, sizeof(value), "%.20s", stat + length);
		n = stress_memory_number(value);
		return n == UINT64_MAX ? 0 : n;
	}
	return 0;
}

uint64_t ix_memory_files(const char *stat, const char *prefix)
{
	return in_stat(stat, prefix, "inactive_file") +
	       in_stat(stat, prefix, "active_file");
}

/* Return the memory in use, without pages of files, which the kernel reclaims before it
 * kills a process. */
static uint64_t used_in(int dir, const struct hierarchy *h)
{
	uint64_t used = stress_memory_read_number(dir, h->used), files;
	char stat[16384];

	if (used == UINT64_MAX ||
	    ix_read_file(dir, "memory.stat", stat, sizeof(stat)) < 0)
		return used;
	files = ix_memory_files(stat, h->files);
	return used > files ? used - files : 0;
}

static uint64_t group_in(const struct hierarchy *h, const char *groups)
{
	const char *group = strstr(groups, h->line);
	uint64_t most, used;
	auto_fd int dir = -1;
	char path[4200];

	if (!group)
		return UINT64_MAX;
	group += strlen(h->line);
	(void)snprintf(path, sizeof(path), "%s%.*s", h->dir, (int)strcspn(group, "\n"),
		       group);
	dir = ix_open(AT_FDCWD, path, O_PATH | O_DIRECTORY);
	if (dir < 0)
		return UINT64_MAX;
	most = stress_memory_read_number(dir, h->most);
	used = used_in(dir, h);
	if (most == UINT64_MAX || used == UINT64_MAX)
		return UINT64_MAX;
	return most > used ? most - used : 0;
}

/* Return the memory left in the process's own group. Parent groups may allow less; this
 * is not checked. */
static uint64_t group_has(struct ipcx *x)
{
	uint64_t least = UINT64_MAX;
	int proc = ix_procfd(x);
	char text[4096];

	if (proc < 0 || ix_read_file(proc, "self/cgroup", text, sizeof(text)) < 0)
		return UINT64_MAX;
	for (size_t i = 0; i < ARRAY_SIZE(hierarchies); i++)
		least = MIN(least, group_in(&hierarchies[i], text));
	return least;
}

static uint64_t needs(const struct ipcx_stress_plan *plan, const struct ix_job *job)
{
	struct ix_task t = { .job = job,
			     .workers = ix_workers_of(plan, job->workload),
			     .objects = plan->objects,
			     .bytes = plan->bytes };

	return job->workload->memory ? job->workload->memory(&t) : 0;
}

int ix_memory_check(struct ipcx *x, const struct ipcx_stress_plan *plan)
{
	uint64_t machine = machine_has(x), group = group_has(x), most = 0;
	const struct ix_job *job;
	struct ix_job room;
	const char *subject = "", *name = "";

	for (unsigned i = 0; (job = ix_job(i, &room)); i++)
		if (ix_job_wanted(job, plan) && needs(plan, job) > most) {
			most = needs(plan, job);
			subject = job->subject;
			name = job->workload->name;
		}
	if ((plan->flags & IPCX_STRESS_FORCE) || most <= OURS(MIN(machine, group)))
		return 0;
	return ix_fail_plain(
		x, -ENOMEM,
		"%s %s can take %llu MiB of memory, but %s has only %llu MiB left: refused unless forced",
		subject, name, (unsigned long long)((most >> 20) + 1),
		group < machine ? "the control group" : "the machine",
		(unsigned long long)(MIN(machine, group) >> 20));
}
