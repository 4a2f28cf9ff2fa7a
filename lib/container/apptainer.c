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

static bool apptainer_read_words(const struct ix_words *w, struct ix_container *found)
{
	static const struct {
		char begin[IX_TEXT(16)], runtime[IX_TEXT(16)];
	} products[] = {
		{ "Apptainer ", "apptainer" },
		{ "Singularity ", "singularity" },
	};
	size_t i = 0;

	while (i < ARRAY_SIZE(products) && w->n &&
	       strncmp(w->all[0], products[i].begin, strlen(products[i].begin)) != 0)
		i++;
	if (i == ARRAY_SIZE(products) || !w->n)
		return false;
	found->runtime = products[i].runtime;
	return !strncmp(w->all[0] + strlen(products[i].begin), "instance: ", 10) ||
	       !strncmp(w->all[0] + strlen(products[i].begin), "runtime parent", 14);
}

/* Return the name of an instance in the title "… instance: USER [NAME]", which is cut at
 * its end; NULL if there is none. Names consist of letters, digits, '.', '_' and '-'. */
static const char *apptainer_name(const struct ix_words *w, char *buf, size_t size)
{
	const char *open = strrchr(w->all[0], '['), *close = strrchr(w->all[0], ']');

	if (!open || !close || close[1] || close <= open + 1 ||
	    !strstr(w->all[0], " instance: "))
		return NULL;
	(void)snprintf(buf, size, "%.*s", (int)(close - open - 1), open + 1);
	return buf;
}

static int apptainer_read(const struct ix_search *s, struct ix_containers *c,
			  const struct ix_giver *g)
{
	struct ix_container found = { .id = NULL };
	struct ix_proc init;
	struct ix_words w;
	char name[256], id[16];
	int r = 0;

	if (!ix_search_inner(s, g->pid, &init) || ix_words_of(g, &w) < 0)
		return 0;
	if (apptainer_read_words(&w, &found)) {
		(void)snprintf(id, sizeof(id), "%d", init.pid);
		found.id = id;
		found.name = apptainer_name(&w, name, sizeof(name));
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
