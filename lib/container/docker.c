/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Docker: DATA-ROOT/containers/ID/config.v2.json contains the name and the process, and
 * hostconfig.json in the same directory contains the IPC mode. The data-root is the
 * default one, the one set in daemon.json, or the one that holds files mounted into a
 * running container.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"
#include "container/claim.h"

#define USUAL_ROOT  "/var/lib/docker"
#define DAEMON_FILE "daemon.json"

/* Read config.v2.json; the pid in this file belongs to the daemon's PID namespace. */
static bool read_config(const struct ix_json *j, struct ix_container *found)
{
	int64_t pid = 0;

	if (!ix_json_number(j, "State/Pid", &pid) || pid <= 0 || pid > INT32_MAX)
		return false;
	found->pid = (int32_t)pid;
	found->name = ix_json_text(j, "Name");
	if (found->name && *found->name == '/')
		found->name++;
	found->pod = ix_json_text(j, "Config/Labels/io.kubernetes.pod.name");
	found->pod_namespace =
		ix_json_text(j, "Config/Labels/io.kubernetes.pod.namespace");
	found->pod_id = ix_json_text(j, "Config/Labels/io.kubernetes.sandbox.id");
	return true;
}

static int docker_read_one(const struct ix_search *s, struct ix_containers *c, int dir,
			   const char *id, const struct ix_giver *g)
{
	struct ix_container found = { .runtime = "docker", .id = id };
	struct ix_json *j, *host = NULL;
	char path[300];
	int64_t written = 0, ignored;
	int r;

	(void)snprintf(path, sizeof(path), "%.200s/config.v2.json", id);
	r = ix_state_json(s, dir, path, g->files, &written, &j);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (read_config(j, &found)) {
		found.pid = ix_giver_process(s, g, found.pid);
		(void)snprintf(path, sizeof(path), "%.200s/hostconfig.json", id);
		if (ix_state_json(s, dir, path, g->files, &ignored, &host) == 0)
			found.ipc_mode = ix_json_text(host, "IpcMode");
		r = ix_container_add(s, c, &found, written, g);
	}
	ix_json_free(host);
	ix_json_free(j);
	return r;
}

/* Read the container whose id is "only", or all containers if "only" is NULL. */
static int docker_list_root(const struct ix_search *s, struct ix_containers *c,
			    const char *root, const char *only, const struct ix_giver *g)
{
	struct ix_state_list l;
	const char *name;
	char path[4096];
	int r = 0;

	if ((size_t)snprintf(path, sizeof(path), "%s/containers", root) >= sizeof(path))
		return 0;
	l = ix_state_list(s, path, g);
	while (r == 0 && l.dir && (name = only ? only : ix_state_next(&l)) != NULL) {
		r = docker_read_one(s, c, dirfd(l.dir), name, g);
		if (only)
			break;
	}
	ix_state_list_end(&l);
	return r;
}

static int list_configured(const struct ix_search *s, struct ix_containers *c)
{
	const struct ix_giver daemon = ix_giver_file(0);
	auto_fd int dir = ix_state_dir(s, "/etc/docker", &daemon);
	struct ix_json *j;
	const char *root;
	int64_t written;
	int r = dir < 0 ? dir : ix_state_json(s, dir, DAEMON_FILE, 0, &written, &j);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	root = ix_json_text(j, "data-root");
	r = root ? docker_list_root(s, c, root, NULL, &daemon) : 0;
	ix_json_free(j);
	return r;
}

/* Docker keeps a container's /etc/hostname and similar files in DATA-ROOT/containers/ID
 * and has containerd mount them, so the mount sources show the data-root. */
static bool find_root(const struct ix_search *s, int bundle, const struct ix_giver *g,
		      char *buf, size_t size)
{
	struct ix_json *j;
	int64_t written;
	bool found = false;

	if (ix_state_json(s, bundle, "config.json", g->files, &written, &j) < 0)
		return false;
	for (size_t i = 0, n = ix_json_count(j, "mounts"); !found && i < n; i++) {
		const char *source, *at;
		char path[48];

		(void)snprintf(path, sizeof(path), "mounts/%zu/source", i);
		source = ix_json_text(j, path);
		at = source ? strstr(source, "/containers/") : NULL;
		found = at && *source == '/' && (size_t)(at - source) < size;
		if (found)
			(void)snprintf(buf, size, "%.*s", (int)(at - source), source);
	}
	ix_json_free(j);
	return found;
}

/* If the shim belongs to root in our own namespaces, read all containers of its
 * data-root, unless the shim before had the same one; otherwise read only the container
 * of this shim. */
static int docker_list_shim(const struct ix_search *s, struct ix_containers *c,
			    const struct ix_giver *shim, char before[PATH_MAX])
{
	char path[PATH_MAX], root[PATH_MAX];
	const struct ix_giver daemon = ix_giver_file(0);
	auto_fd int dir = -1;

	if (!ix_search_bundle(shim, path, sizeof(path)) ||
	    !strstr(path, IX_TASKS "/moby/"))
		return 0;
	dir = ix_state_dir(s, path, shim);
	if (dir < 0 || !find_root(s, dir, shim, root, sizeof(root)))
		return 0;
	if (!shim->ours || shim->uid)
		return docker_list_root(s, c, root, strrchr(path, '/') + 1, shim);
	if (!strcmp(root, before))
		return 0;
	memcpy(before, root, strlen(root) + 1);
	return docker_list_root(s, c, root, NULL, &daemon);
}

/* List running containers, wherever the data-root is. */
static int list_running(const struct ix_search *s, struct ix_containers *c)
{
	char before[PATH_MAX] = USUAL_ROOT;
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->nprocs; i++) {
		struct ix_giver g;

		if (!ix_search_shim(&s->procs[i]) ||
		    !ix_giver_watcher(s, &s->procs[i], &g))
			continue;
		r = docker_list_shim(s, c, &g, before);
		ix_giver_end(&g);
	}
	return r;
}

static int docker_list(const struct ix_search *s, struct ix_containers *c)
{
	const struct ix_giver daemon = ix_giver_file(0);
	int r = docker_list_root(s, c, USUAL_ROOT, NULL, &daemon);

	if (r == 0)
		r = list_configured(s, c);
	return r == 0 ? list_running(s, c) : r;
}

extern const struct ix_runtime ix_runtime_docker;
const struct ix_runtime ix_runtime_docker = { .name = "docker",
					      .list = docker_list,
					      .read_state = read_config };
