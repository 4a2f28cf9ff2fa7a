/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The facts of a run: the machine and settings on which its figures depend. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "core/copyin.h"
#include "core/table.h"
#include "stress/engine/workers.h"
#include "stress/run/run.h"

struct fact_row {
	struct ix_row head;
	ix_text name, what;
};

static const struct ix_kind kind = {
	.name = "facts",
	.row_size = sizeof(struct fact_row),
	IX_COLUMNS(IX_COL(IPCX_F_NAME, struct fact_row, name),
		   IX_COL(IPCX_F_WHAT, struct fact_row, what)),
};

static void PRINTF(3, 4) add(struct ipcx_table *t, const char *name, const char *fmt, ...)
{
	struct fact_row *row = ix_table_row(t);
	char text[1024];
	va_list args;

	if (!row) {
		t->starved = true;
		return;
	}
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	row->name = ix_table_text(t, name);
	row->what = ix_table_text(t, text);
	ix_table_keep(t);
}

/* ---- limits of the namespace */

void ix_keep_limits(struct ipcx *x, struct ix_shared *shared)
{
	static const char *const names[] = { "msgmax",
					     "msgmnb",
					     "msgmni",
					     "shmmni",
					     "semmni",
					     "semmsl",
					     "semopm",
					     "mqueue_msg_max",
					     "mqueue_msgsize_max",
					     "mqueue_queues_max",
					     NULL };
	struct ipcx_table *t;
	size_t at = 0;

	if (ipcx_limit_values(x, names, &t) < 0)
		return;
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_value name, limit;

		if (ipcx_row_get(t, i, IPCX_F_NAME, &name) < 0 ||
		    ipcx_row_get(t, i, IPCX_F_LIMIT, &limit) < 0 ||
		    limit.type != IPCX_TYPE_UINT || at >= sizeof(shared->limits))
			continue;
		at += (size_t)snprintf(shared->limits + at, sizeof(shared->limits) - at,
				       "%s%s %llu", at ? ", " : "",
				       ipcx_value_string(&name),
				       (unsigned long long)limit.as.u);
	}
	ipcx_table_free(t);
}

/* ---- the machine */

static void add_cpus(struct ipcx_table *t)
{
	unsigned cpus[2];
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	if (ix_cpus(IPCX_ON_TWO, cpus) == 2)
		add(t, "cpus", "%ld; workers on %u, and on %u and %u", online, cpus[0],
		    cpus[0], cpus[1]);
	else if (ix_cpus(IPCX_ON_ONE, cpus) == 1)
		add(t, "cpus", "%ld; workers on %u", online, cpus[0]);
	else
		add(t, "cpus", "%ld", online);
}

static int skip_dots(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* The active mitigations, which can slow down every system call. */
static void add_mitigations(struct ipcx_table *t)
{
	static const char place[] = "/sys/devices/system/cpu/vulnerabilities";
	static const char word[] = "Mitigation: ";
	auto_fd int dir = ix_open(AT_FDCWD, place, O_RDONLY | O_DIRECTORY);
	struct dirent **list;
	char all[900] = "", text[512];
	size_t at = 0;
	int n = dir < 0 ? -1 : scandir(place, &list, skip_dots, alphasort);

	for (int i = 0; i < n; i++) {
		int len = ix_read_file(dir, list[i]->d_name, text, sizeof(text));

		if (len > 0 && strncmp(text, word, strlen(word)) == 0 &&
		    at < sizeof(all)) {
			text[strcspn(text, ";,\n")] = '\0';
			at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s: %s",
					       at ? "; " : "", list[i]->d_name,
					       text + strlen(word));
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	if (at)
		add(t, "mitigations", "%s", all);
}

int ipcx_stress_facts(struct ipcx_stress *s, struct ipcx_table **ret_table)
{
	IX_REQUIRE(s ? s->x : NULL, ret_table);
	const struct ix_shared *shared = s->shared;
	struct ipcx_table *t;
	struct utsname u;
	int r = ix_table_new(&t);

	if (r == 0 && (r = ix_table_section(t, &kind, IPCX_NO_MECH)) < 0)
		ipcx_table_free(t);
	if (r < 0)
		return ix_fail_plain(s->x, r, "out of memory");
	add(t, "seed", "%llu", (unsigned long long)s->plan.seed);
	add(t, "namespace", "%s", shared->fresh ? "a fresh one" : "one that is in use");
	if (uname(&u) == 0)
		add(t, "kernel", "%s %s %s", u.sysname, u.release, u.machine);
	add_cpus(t);
	add(t, "clock", "reading it takes %u ns", shared->clock_cost);
	add(t, "system call", "an empty one takes %u ns", shared->call_cost);
	add_mitigations(t);
	if (shared->limits[0])
		add(t, "limits", "%s", shared->limits);
	return ix_table_hand(s->x, t, 0, ret_table);
}
