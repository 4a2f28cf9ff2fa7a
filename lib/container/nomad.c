/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nomad runs each task of the drivers exec and java as the child of a process "nomad
 * executor", whose last word is a text of JSON. The log file named there is
 * DIRECTORY/ALLOCATION/TASK/executor.out. Tasks without isolation (raw_exec) have no
 * namespaces of their own, and tasks of Docker are found as containers of Docker.
 */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "container/claim.h"

#define ISOLATED "\"FSIsolation\":true"

static bool nomad_read_state(const struct ix_json *j, struct ix_container *found)
{
	found->id = ix_json_text(j, "LogFile");
	return found->id && *found->id == '/';
}

/* Split the path of the log file in place. */
static bool split_log(char *path, struct ix_container *found)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		return false;
	*slash = '\0';
	slash = strrchr(path, '/');
	if (!slash || !slash[1])
		return false;
	*slash = '\0';
	found->name = slash + 1;
	slash = strrchr(path, '/');
	if (!slash || !slash[1])
		return false;
	found->pod = found->pod_id = slash + 1;
	return true;
}

static int nomad_read_one(const struct ix_search *s, struct ix_containers *c,
			  const struct ix_giver *executor)
{
	struct ix_container found = { .runtime = "nomad" };
	char path[600], cgroup[620];
	struct ix_json *j = NULL;
	struct ix_proc init;
	struct ix_words w;
	int r = 0;

	if (!ix_search_child(s, executor->pid, &init) || ix_words_of(executor, &w) < 0)
		return 0;
	if (w.n == 3 && !strcmp(w.all[1], "executor") && strstr(w.all[2], ISOLATED) &&
	    ix_json_parse(w.all[2], strlen(w.all[2]), &j) == 0 &&
	    nomad_read_state(j, &found) && strlen(found.id) < sizeof(path)) {
		(void)snprintf(path, sizeof(path), "%s", found.id);
		found.id = NULL;
		if (split_log(path, &found)) {
			(void)snprintf(cgroup, sizeof(cgroup), "%s.%s", found.pod,
				       found.name);
			found.id = found.cgroup = cgroup;
			found.pid = init.pid;
			found.start = init.start;
			r = ix_container_add(s, c, &found, 0, executor);
		}
	}
	ix_json_free(j);
	ix_words_free(&w);
	return r;
}

static int nomad_list(const struct ix_search *s, struct ix_containers *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->nprocs; i++) {
		struct ix_giver g;

		if (strcmp(s->procs[i].comm, "nomad") != 0 ||
		    !ix_giver_watcher(s, &s->procs[i], &g))
			continue;
		r = nomad_read_one(s, c, &g);
		ix_giver_end(&g);
	}
	return r;
}

extern const struct ix_runtime ix_runtime_nomad;
const struct ix_runtime ix_runtime_nomad = { .name = "nomad",
					     .list = nomad_list,
					     .read_state = nomad_read_state };
