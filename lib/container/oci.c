/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * runc and crun: the runtime's root has one directory per container, which records the
 * pid of the first process and the start time of that process. Other tools run runc and
 * crun with other root directories; the tools' own files contain more and are read first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "container/buildah.h"
#include "container/claim.h"
#include "container/spec.h"

/* The directories in which each runtime keeps its state. %u stands for the user id. */
/* clang-format off */
static const struct layout {
	const char *runtime, *root, *user_root, *file, *pid, *start;
} layouts[] = {
	{ "runc", "run/runc", "run/user/%u/runc", "state.json", "init_process_pid", "init_process_start" },
	{ "crun", "run/crun", "run/user/%u/crun", "status",     "pid",              "process-start-time" },
};
/* clang-format on */

static bool read_layout(const struct layout *l, const struct ix_json *j,
			struct ix_container *found)
{
	int64_t pid = 0, start = 0;

	if (!ix_json_number(j, l->pid, &pid) || pid <= 0 || pid > INT32_MAX)
		return false;
	found->pid = (int32_t)pid;
	/* crun before 0.20 did not write the start time. */
	if (ix_json_number(j, l->start, &start) && start > 0)
		found->start = (uint64_t)start;
	return true;
}

/* Read a state file of runc or crun. */
static bool oci_read_state(const struct ix_json *j, struct ix_container *found)
{
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		if (read_layout(&layouts[i], j, found))
			return true;
	return false;
}

/* The mode is in the state file of runc, and in a copy of the specification beside that
 * of crun. Returns a document that the mode belongs to, or NULL. */
static struct ix_json *oci_mode(const struct ix_search *s, int dir, const char *id,
				const struct layout *l, const struct ix_giver *g,
				const struct ix_json *state, struct ix_container *found)
{
	struct ix_json *spec = NULL;
	int64_t written;
	char path[300];

	if (strcmp(l->runtime, "crun") != 0) {
		found->ipc_mode = ix_spec_ipc_of_runc(state);
		return NULL;
	}
	if ((size_t)snprintf(path, sizeof(path), "%s/config.json", id) >= sizeof(path) ||
	    ix_state_json(s, dir, path, g->files, &written, &spec) < 0)
		return NULL;
	found->ipc_mode = ix_spec_ipc(spec);
	return spec;
}

static int oci_read_one(const struct ix_search *s, struct ix_containers *c,
			const struct layout *l, int dir, const char *id,
			const struct ix_giver *g)
{
	char path[300];
	struct ix_container found = { .runtime = l->runtime, .id = id, .name = id };
	struct ix_json *j, *spec;
	int64_t written = 0;
	char *name;
	int r;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", id, l->file) >= sizeof(path))
		return 0;
	r = ix_state_json(s, dir, path, g->files, &written, &j);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (read_layout(l, j, &found)) {
		spec = oci_mode(s, dir, id, l, g, j, &found);
		name = g->uid ? NULL : ix_buildah_name(s, &found, spec ? spec : j);
		if (name) {
			found.runtime = "buildah";
			found.name = name;
		}
		r = ix_container_add(s, c, &found, written, g);
		free(name);
		ix_json_free(spec);
	}
	ix_json_free(j);
	return r;
}

static int oci_list_root(const struct ix_search *s, struct ix_containers *c,
			 const struct layout *l, const char *root, uid_t owner)
{
	const struct ix_giver g = ix_giver_file(owner);
	struct ix_state_list all auto_state_list = ix_state_list(s, root, &g);
	const char *name;
	int r = 0;

	while (r == 0 && (name = ix_state_next(&all)) != NULL)
		r = oci_read_one(s, c, l, dirfd(all.dir), name, &g);
	return r;
}

static int oci_list(const struct ix_search *s, struct ix_containers *c)
{
	char root[64];
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(layouts); i++) {
		r = oci_list_root(s, c, &layouts[i], layouts[i].root, 0);
		for (size_t u = 0; r == 0 && u < s->nusers; u++) {
			const char *id = strchr(layouts[i].user_root, '%');

			(void)snprintf(root, sizeof(root), "%.*s%u%s",
				       (int)(id - layouts[i].user_root),
				       layouts[i].user_root, s->users[u], id + 2);
			r = oci_list_root(s, c, &layouts[i], root, s->users[u]);
		}
	}
	return r;
}

extern const struct ix_runtime ix_runtime_oci;
const struct ix_runtime ix_runtime_oci = { .name = "oci",
					   .list = oci_list,
					   .read_state = oci_read_state };
