/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * containerd, also under Kubernetes and nerdctl:
 * STATE/io.containerd.runtime.v2.task/NAMESPACE/ID holds init.pid and the container's
 * specification, whose annotations Kubernetes and nerdctl fill in. That directory is the
 * working directory of the shim; its path starts from the shim's root directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"
#include "container/claim.h"
#include "container/spec.h"

#define USUAL "/run/containerd" IX_TASKS

#define NOTE(name) "annotations/io.kubernetes.cri." name

/* nerdctl passes its labels on as annotations. */
#define NERDCTL(name) "annotations/nerdctl~1" name

static bool read_nerdctl(const struct ix_json *j, struct ix_container *found)
{
	const char *name = ix_json_text(j, NERDCTL("name"));

	if (!name && !ix_json_has(j, NERDCTL("namespace")))
		return false;
	found->runtime = "nerdctl";
	if (name)
		found->name = name;
	return true;
}

static bool read_kubernetes(const struct ix_json *j, struct ix_container *found)
{
	const char *type = ix_json_text(j, NOTE("container-type"));

	if (!type)
		return false;
	found->runtime = "k8s";
	found->pod = ix_json_text(j, NOTE("sandbox-name"));
	found->pod_namespace = ix_json_text(j, NOTE("sandbox-namespace"));
	found->pod_id = ix_json_text(j, NOTE("sandbox-id"));
	found->name = strcmp(type, "sandbox") != 0
			      ? ix_json_text(j, NOTE("container-name"))
			      : found->pod;
	return true;
}

static bool containerd_read_spec(const struct ix_json *j, struct ix_container *found)
{
	found->ipc_mode = ix_spec_ipc(j);
	return read_kubernetes(j, found) || read_nerdctl(j, found);
}

/* nerdctl's own IPC mode is a text of JSON within an annotation: {"mode":"shareable"}. It
 * matters if containers only share /dev/shm, which the namespaces do not show. */
static int nerdctl_mode(const struct ix_json *spec, char *buf, size_t size)
{
	const char *text = ix_json_text(spec, NERDCTL("ipc")), *mode, *of;
	struct ix_json *j = NULL;
	int r = text && *text ? ix_json_parse(text, strlen(text), &j) : -ENOENT;

	mode = r == 0 ? ix_json_text(j, "mode") : NULL;
	of = mode ? ix_json_text(j, "victimContainerId") : NULL;
	r = mode && *mode != '/' ? 0 : -ENOENT;
	if (r == 0)
		(void)snprintf(buf, size, "%.40s%s%.100s", mode, of ? ":" : "",
			       of ? of : "");
	ix_json_free(j);
	return r;
}

static int containerd_read_one(const struct ix_search *s, struct ix_containers *c,
			       int dir, const char *ns, const char *id,
			       const struct ix_giver *g)
{
	/* This is a container of Docker, whose own files about it could not be read. */
	bool docker = !strcmp(ns, "moby");
	struct ix_container found = { .runtime = docker ? "docker" : "containerd",
				      .id = id,
				      .name = docker ? NULL : id,
				      .space = docker ? NULL : ns };
	struct ix_json *j = NULL;
	struct ix_state state;
	int64_t written;
	char path[300], mode[160];
	int r;

	(void)snprintf(path, sizeof(path), "%.200s/init.pid", id);
	r = ix_state_read(s, dir, path, g->files, &state);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	found.pid = ix_giver_process(s, g, ix_state_pid(&state));
	(void)snprintf(path, sizeof(path), "%.200s/config.json", id);
	if (ix_state_json(s, dir, path, g->files, &written, &j) == 0 &&
	    containerd_read_spec(j, &found) && !strcmp(found.runtime, "nerdctl") &&
	    nerdctl_mode(j, mode, sizeof(mode)) == 0)
		found.ipc_mode = mode;
	r = ix_container_add(s, c, &found, state.written, g);
	ix_json_free(j);
	ix_state_free(&state);
	return r;
}

static int list_namespace(const struct ix_search *s, struct ix_containers *c,
			  const char *path, const struct ix_giver *g)
{
	struct ix_state_list l auto_state_list = ix_state_list(s, path, g);
	const char *slash = strrchr(path, '/'), *name;
	int r = 0;

	while (r == 0 && (name = ix_state_next(&l)) != NULL)
		r = containerd_read_one(s, c, dirfd(l.dir), slash ? slash + 1 : path,
					name, g);
	return r;
}

static int list_usual(const struct ix_search *s, struct ix_containers *c)
{
	const struct ix_giver root = ix_giver_file(0);
	struct ix_state_list l auto_state_list = ix_state_list(s, USUAL, &root);
	const char *name;
	char path[PATH_MAX];
	int r = 0;

	while (r == 0 && (name = ix_state_next(&l)) != NULL) {
		(void)snprintf(path, sizeof(path), USUAL "/%s", name);
		r = list_namespace(s, c, path, &root);
	}
	return r;
}

/* One directory contains all containers of a containerd namespace. If several shims use
 * the same directory in our root, read it only for the first of them. */
static int containerd_list_shim(const struct ix_search *s, struct ix_containers *c,
				const struct ix_giver *shim, char before[PATH_MAX])
{
	const struct ix_giver root = ix_giver_file(0);
	char path[PATH_MAX], *slash;

	if (!ix_search_bundle(shim, path, sizeof(path)))
		return 0;
	slash = strrchr(path, '/');
	*slash = '\0';
	if (!shim->ours || shim->uid)
		return list_namespace(s, c, path, shim);
	if (!strcmp(path, before) || !strncmp(path, USUAL, strlen(USUAL)))
		return 0;
	memcpy(before, path, strlen(path) + 1);
	return list_namespace(s, c, path, &root);
}

static int list_shims(const struct ix_search *s, struct ix_containers *c)
{
	char before[PATH_MAX] = "";
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->nprocs; i++) {
		struct ix_giver g;

		if (!ix_search_shim(&s->procs[i]) ||
		    !ix_giver_watcher(s, &s->procs[i], &g))
			continue;
		r = containerd_list_shim(s, c, &g, before);
		ix_giver_end(&g);
	}
	return r;
}

static int containerd_list(const struct ix_search *s, struct ix_containers *c)
{
	int r = list_usual(s, c);

	return r == 0 ? list_shims(s, c) : r;
}

extern const struct ix_runtime ix_runtime_containerd;
const struct ix_runtime ix_runtime_containerd = { .name = "containerd",
						  .list = containerd_list,
						  .read_state = containerd_read_spec };
