/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LXC, as well as LXD and Incus, which are built on LXC: the monitor of a container sets
 * its command line to "[lxc monitor] PATH NAME", and is the parent of the container's
 * first process. The container's cgroup is called lxc.payload.NAME.
 *
 * The monitors of LXD and Incus are forks of their own program. Their NAME is
 * PROJECT_CONTAINER, except in the project "default"; names of containers are host names,
 * which have no "_".
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

/* Whether the path in a monitor's command line is the one in which a program keeps its
 * containers. */
static bool lxc_path_is(const char *path, const char *program)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "/var/lib/%s/containers ", program);
	if (!strncmp(path, text, strlen(text)))
		return true;
	(void)snprintf(text, sizeof(text), "/var/snap/%s/common/%s/containers ", program,
		       program);
	return !strncmp(path, text, strlen(text));
}

static bool lxc_read_words(const struct ix_words *w, struct ix_container *found)
{
	static const char programs[][IX_TEXT(8)] = { "lxd", "incus" };

	found->id = found->name = lxc_name_of(w);
	if (!found->name)
		return false;
	found->runtime = "lxc";
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (lxc_path_is(w->all[0] + strlen(MONITOR), programs[i]))
			found->runtime = programs[i];
	return true;
}

/* Split PROJECT_CONTAINER; the buffer gets the project. */
static void lxc_split(struct ix_container *found, char *buf, size_t size)
{
	const char *bar = strrchr(found->name, '_');

	if (!strcmp(found->runtime, "lxc") || !bar || bar == found->name || !bar[1])
		return;
	(void)snprintf(buf, size, "%.*s", (int)(bar - found->name), found->name);
	found->space = buf;
	found->name = bar + 1;
}

static int lxc_read_one(const struct ix_search *s, struct ix_containers *c,
			const struct ix_giver *monitor)
{
	struct ix_container found = { .runtime = "lxc" };
	struct ix_proc init;
	char cgroup[300], project[256];
	struct ix_words w;
	int r = 0;

	if (!ix_search_child(s, monitor->pid, &init) || ix_words_of(monitor, &w) < 0)
		return 0;
	if (lxc_read_words(&w, &found)) {
		(void)snprintf(cgroup, sizeof(cgroup), "lxc.payload.%.200s", found.name);
		found.cgroup = cgroup;
		found.pid = init.pid;
		found.start = init.start;
		lxc_split(&found, project, sizeof(project));
		r = ix_container_add(s, c, &found, 0, monitor);
	}
	ix_words_free(&w);
	return r;
}

/* The monitor keeps the process name of the program that forked it. */
static bool lxc_monitors(const struct ix_proc *p)
{
	static const char names[][IX_TEXT(8)] = { "lxc", "[lxc", "lxd", "incus" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(p->comm, names[i], strlen(names[i])))
			return true;
	return false;
}

static int lxc_list(const struct ix_search *s, struct ix_containers *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->nprocs; i++) {
		const struct ix_proc *p = &s->procs[i];
		struct ix_giver g;

		if (!lxc_monitors(p) || !ix_giver_watcher(s, p, &g))
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
