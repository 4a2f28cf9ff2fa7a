/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Apptainer and Singularity: the process that watches a container calls itself "Apptainer
 * instance: USER [NAME]" if the container is an instance, and "Apptainer runtime parent"
 * otherwise; its program is called starter or, with the set-user-ID bit, starter-suid.
 * The files below ~/.apptainer/instances have the same name, and are not needed.
 */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "container/claim.h"

static const char *const programs[] = { "/usr/libexec/apptainer/bin/starter-suid",
					"/usr/local/libexec/apptainer/bin/starter-suid",
					"/usr/libexec/singularity/bin/starter-suid",
					"/usr/local/libexec/singularity/bin/starter-suid",
					NULL };

/* Whether the title of a process is that of a watcher; if so, get the runtime. */
static bool apptainer_watches(const struct ix_words *w, struct ix_container *found)
{
	static const struct {
		char begin[IX_TEXT(16)], runtime[IX_TEXT(16)];
	} products[] = {
		{ "Apptainer ", "apptainer" },
		{ "Singularity ", "singularity" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(products) && w->n; i++) {
		size_t len = strlen(products[i].begin);

		if (strncmp(w->all[0], products[i].begin, len) != 0)
			continue;
		found->runtime = products[i].runtime;
		return !strncmp(w->all[0] + len, "instance: ", 10) ||
		       !strncmp(w->all[0] + len, "runtime parent", 14);
	}
	return false;
}

/* Find the name of an instance at the end of the title, which is cut after the name. */
static bool apptainer_read_words(const struct ix_words *w, struct ix_container *found)
{
	char *open, *close;

	if (!apptainer_watches(w, found))
		return false;
	open = strrchr(w->all[0], '[');
	close = strrchr(w->all[0], ']');
	if (!open || !close || close[1] || close <= open + 1 ||
	    !strstr(w->all[0], " instance: "))
		return false;
	*close = '\0';
	found->name = open + 1;
	return true;
}

static int apptainer_read(const struct ix_search *s, struct ix_containers *c,
			  const struct ix_giver *g)
{
	struct ix_container found = { .id = NULL };
	struct ix_proc init;
	struct ix_words w;
	char id[16];
	int r = 0;

	if (!ix_search_inner(s, g->pid, &init) || ix_words_of(g, &w) < 0)
		return 0;
	if (apptainer_watches(&w, &found)) {
		(void)snprintf(id, sizeof(id), "%d", init.pid);
		found.id = id;
		(void)apptainer_read_words(&w, &found);
		found.pid = init.pid;
		found.start = init.start;
		r = ix_container_add(s, c, &found, 0, g);
	}
	ix_words_free(&w);
	return r;
}

/* The container's process may be a copy of the one that watches it. */
static bool apptainer_outer(const struct ix_search *s, const struct ix_proc *p)
{
	struct ix_proc parent;

	return !strncmp(p->comm, "starter", 7) &&
	       !(ix_search_proc(s, p->parent, &parent) &&
		 !strncmp(parent.comm, "starter", 7));
}

static int apptainer_list(const struct ix_search *s, struct ix_containers *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->nprocs; i++) {
		struct ix_giver g;

		if (!apptainer_outer(s, &s->procs[i]) ||
		    !ix_giver_setuid(s, &s->procs[i], programs, &g))
			continue;
		r = apptainer_read(s, c, &g);
		ix_giver_end(&g);
	}
	return r;
}

extern const struct ix_runtime ix_runtime_apptainer;
const struct ix_runtime ix_runtime_apptainer = { .name = "apptainer",
						 .list = apptainer_list,
						 .read_words = apptainer_read_words };
