/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LXC, as well as LXD and Incus, which are built on LXC: the monitor of a container sets
 * its command line to "[lxc monitor] PATH NAME", and is the parent of the container's
 * first process. The container's cgroup is called lxc.payload.NAME.
 */
#include <string.h>

#include "base/util.h"
#include "container/claim.h"

#define MONITOR "[lxc monitor] "

/* Return the name: it is the text after the last blank, since a path may contain blanks,
 * but a name does not. */
static const char *lxc_name_of(const struct ix_words *w)
{
	const char *blank;

	if (w->n == 0 || strncmp(w->all[0], MONITOR, strlen(MONITOR)) != 0)
		return NULL;
	blank = strrchr(w->all[0], ' ');
	return blank && blank[1] ? blank + 1 : NULL;
}

static bool lxc_read_words(const struct ix_words *w, struct ix_container *found)
{
	found->id = found->name = lxc_name_of(w);
	return found->name;
}

static int lxc_read_one(const struct ix_search *s, struct ix_containers *c,
			const struct ix_giver *monitor)
{
	struct ix_container found = { .runtime = "lxc" };
	struct ix_proc init;
	char cgroup[300];
	struct ix_words w;
	int r = 0;

	if (!ix_search_child(s, monitor->pid, &init) || ix_words_of(monitor, &w) < 0)
		return 0;
	if (lxc_read_words(&w, &found)) {
		(void)snprintf(cgroup, sizeof(cgroup), "lxc.payload.%.200s", found.name);
		found.cgroup = cgroup;
		found.pid = init.pid;
		found.start = init.start;
		r = ix_container_add(s, c, &found, 0, monitor);
	}
	ix_words_free(&w);
	return r;
}

static int lxc_list(const struct ix_search *s, struct ix_containers *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->nprocs; i++) {
		const struct ix_proc *p = &s->procs[i];
		struct ix_giver g;

		if ((strncmp(p->comm, "lxc", 3) != 0 &&
		     strncmp(p->comm, "[lxc", 4) != 0) ||
		    !ix_giver_watcher(s, p, &g))
			continue;
		r = lxc_read_one(s, c, &g);
		ix_giver_end(&g);
	}
	return r;
}

extern const struct ix_runtime ix_runtime_lxc;
const struct ix_runtime ix_runtime_lxc = { .name = "lxc",
					   .list = lxc_list,
					   .read_words = lxc_read_words };
