/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gVisor: a process that acts as a kernel of its own. The IPC objects of the programs in
 * a container exist only in the memory of that process, not in a namespace of our kernel:
 * the IPC namespace of the container's first process stays empty. For each container, a
 * file ID_sandbox:SANDBOX.state below the root of runsc contains the pid.
 */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "container/claim.h"

/* The state directories: that of runsc itself; that of containerd, which has one
 * subdirectory per namespace; and that of Docker, which has one subdirectory per
 * additional runtime. */
#define ROOT       "run/runsc"
#define USER_ROOT  "run/user/%u/runsc"
#define CONTAINERD "run/containerd/runsc"
#define DOCKER     "run/docker"

static bool runsc_read_state(const struct ix_json *j, struct ix_container *found)
{
	int64_t pid = 0;

	if (!ix_json_number(j, "sandbox/pid", &pid) || pid <= 0 || pid > INT32_MAX)
		return false;
	found->pid = (int32_t)pid;
	found->id = found->name = ix_json_text(j, "id");
	return found->id != NULL;
}

static int runsc_read_one(const struct ix_search *s, struct ix_containers *c, int dir,
			  const char *file, const struct ix_giver *g)
{
	struct ix_container found = { .runtime = "runsc", .elsewhere = true };
	struct ix_json *j;
	int64_t written = 0;
	size_t len = strlen(file);
	int r;

	if (len <= 6 || strcmp(file + len - 6, ".state") != 0)
		return 0;
	r = ix_state_json(s, dir, file, g->files, &written, &j);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = runsc_read_state(j, &found) ? ix_container_add(s, c, &found, written, g) : 0;
	ix_json_free(j);
	return r;
}

static int runsc_list_root(const struct ix_search *s, struct ix_containers *c,
			   const char *root, uid_t owner)
{
	const struct ix_giver g = ix_giver_file(owner);
	struct ix_state_list all auto_state_list = ix_state_list(s, root, &g);
	const char *name;
	int r = 0;

	while (r == 0 && (name = ix_state_next(&all)) != NULL)
		r = runsc_read_one(s, c, dirfd(all.dir), name, &g);
	return r;
}

/* List the containers of a daemon, whose state directory has one subdirectory per
 * namespace or runtime. */
static int list_daemon(const struct ix_search *s, struct ix_containers *c,
		       const char *top, const char *prefix, const char *root)
{
	const struct ix_giver g = ix_giver_file(0);
	struct ix_state_list all auto_state_list = ix_state_list(s, top, &g);
	const char *name;
	char path[300];
	int r = 0;

	while (r == 0 && (name = ix_state_next(&all)) != NULL) {
		if (strncmp(name, prefix, strlen(prefix)) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%.200s%s", top, name, root);
		r = runsc_list_root(s, c, path, 0);
	}
	return r;
}

static int runsc_list(const struct ix_search *s, struct ix_containers *c)
{
	char root[64];
	int r = runsc_list_root(s, c, ROOT, 0);

	if (r == 0)
		r = list_daemon(s, c, CONTAINERD, "", "");
	if (r == 0)
		r = list_daemon(s, c, DOCKER, "runtime-", "/moby");

	for (size_t u = 0; r == 0 && u < s->nusers; u++) {
		(void)snprintf(root, sizeof(root), USER_ROOT, s->users[u]);
		r = runsc_list_root(s, c, root, s->users[u]);
	}
	return r;
}

extern const struct ix_runtime ix_runtime_runsc;
const struct ix_runtime ix_runtime_runsc = { .name = "runsc",
					     .list = runsc_list,
					     .read_state = runsc_read_state };
