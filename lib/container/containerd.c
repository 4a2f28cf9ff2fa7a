/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * containerd and Kubernetes on it: STATE/io.containerd.runtime.v2.task/NAMESPACE/ID with
 * init.pid and the container's specification, whose annotations Kubernetes fills.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"
#include "container/container.h"
#include "container/state.h"

#define USUAL "/run/containerd" IX_TASKS

#define NOTE(name) "annotations/io.kubernetes.cri." name

static void read_spec(const struct ix_json *j, struct ix_container *found)
{
	const char *type = ix_json_text(j, NOTE("container-type"));

	if (!type)
		return;
	found->runtime = "k8s";
	found->pod = ix_json_text(j, NOTE("sandbox-name"));
	found->pod_namespace = ix_json_text(j, NOTE("sandbox-namespace"));
	found->name = strcmp(type, "sandbox") != 0
			      ? ix_json_text(j, NOTE("container-name"))
			      : found->pod;
}

static int read_one(const struct ix_search *s, struct ix_containers *c, int dir,
		    const char *ns, const char *id)
{
	/* Docker's own, where Docker's files could not be read. */
	bool docker = !strcmp(ns, "moby");
	struct ix_container found = { .runtime = docker ? "docker" : "containerd",
				      .id = id,
				      .name = docker ? NULL : id };
	struct ix_json *j = NULL;
	struct ix_state state;
	int64_t written;
	char path[300];
	int r;

	(void)snprintf(path, sizeof(path), "%.200s/init.pid", id);
	r = ix_state_read(dir, path, 0, &state);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	found.pid = ix_state_pid(&state);
	(void)snprintf(path, sizeof(path), "%.200s/config.json", id);
	if (ix_state_json(dir, path, 0, &written, &j) == 0)
		read_spec(j, &found);
	r = ix_container_add(s, c, &found, state.written, 0);
	ix_json_free(j);
	ix_state_free(&state);
	return r;
}

static int list_namespace(const struct ix_search *s, struct ix_containers *c,
			  const char *path)
{
	int fd = ix_state_dir(s, path, 0), r = 0;
	DIR *dir auto_dir = fd < 0 ? NULL : fdopendir(fd);
	const char *slash = strrchr(path, '/');
	const struct dirent *d;

	if (!dir && fd >= 0)
		(void)close(fd);
	while (dir && r == 0 && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			r = read_one(s, c, dirfd(dir), slash ? slash + 1 : path,
				     d->d_name);
	return r;
}

static int list_usual(const struct ix_search *s, struct ix_containers *c)
{
	int fd = ix_state_dir(s, USUAL, 0), r = 0;
	DIR *dir auto_dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;
	char path[PATH_MAX];

	if (!dir && fd >= 0)
		(void)close(fd);
	while (dir && r == 0 && (d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), USUAL "/%s", d->d_name);
		r = list_namespace(s, c, path);
	}
	return r;
}

static int list_shims(const struct ix_search *s, struct ix_containers *c)
{
	char before[PATH_MAX] = "";
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->nprocs; i++) {
		char path[PATH_MAX], *slash;

		if (!ix_search_bundle(s, &s->procs[i], path, sizeof(path)))
			continue;
		slash = strrchr(path, '/');
		*slash = '\0';
		if (!strcmp(path, before) || !strncmp(path, USUAL, strlen(USUAL)))
			continue;
		memcpy(before, path, strlen(path) + 1);
		r = list_namespace(s, c, path);
	}
	return r;
}

static int list(const struct ix_search *s, struct ix_containers *c)
{
	int r = list_usual(s, c);

	return r == 0 ? list_shims(s, c) : r;
}

extern const struct ix_runtime ix_runtime_containerd;
const struct ix_runtime ix_runtime_containerd = { .name = "containerd", .list = list };
