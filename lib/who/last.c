/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process chooses the name of its command. A name that could be taken for a part of the
 * text is in quotes. */
#include "who/last.h"

#include <string.h>

#include "base/esc.h"
#include "proc/creator.h"
#include "who/procs.h"

static bool is_ambiguous(const char *comm)
{
	size_t len = strlen(comm);

	return !len || strcmp(comm, "gone") == 0 || comm[len - 1] == '?' ||
	       strpbrk(comm, "()\"");
}

static void last_put_name(int32_t pid, const char *comm, const char *mark, char *buf,
			  size_t size)
{
	bool quote = is_ambiguous(comm);
	char shown[4 * sizeof(((struct ix_process *)0)->comm)];

	(void)ix_escape(shown, sizeof(shown), comm, quote ? IX_ESC_SHELL : IX_ESC_TEXT);
	(void)snprintf(buf, size, quote ? "%d (\"%s\"%s)" : "%d (%s%s)", pid, shown,
		       mark);
}

void ix_last_name(int32_t pid, const char *comm, char *buf, size_t size)
{
	if (is_ambiguous(comm))
		last_put_name(pid, comm, "", buf, size);
	else
		(void)snprintf(buf, size, "%d (%s)", pid, comm);
}

/* Returns whether a process has the pid now. */
static bool last_name_now(struct ipcx *x, int32_t pid, struct ix_proc_stat *ret_st)
{
	auto_fd int dir = ix_procs_open(x, pid);

	return dir >= 0 && ix_procs_stat(dir, ret_st) == 0;
}

void ix_last_put(struct ipcx *x, int32_t pid, int64_t from, int64_t to, char *buf,
		 size_t size)
{
	const struct ix_moment when = { from, to };
	struct ix_process p;
	struct ix_proc_stat st;

	ix_proc_then(x, pid, &when, &p);
	if (p.alive == IX_GONE)
		(void)snprintf(buf, size, "%d (gone)", pid);
	else if (p.alive == IX_ALIVE)
		last_put_name(pid, p.comm, "", buf, size);
	else if (p.why == IX_WHY_MOMENT && last_name_now(x, pid, &st))
		last_put_name(pid, st.comm, "?", buf, size);
	else
		(void)snprintf(buf, size, "%d", pid);
}
