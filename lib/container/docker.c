/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Docker: DATA-ROOT/containers/ID/config.v2.json has name and process, hostconfig.json
 * beside it the IPC mode. The data-root is the usual one, that of daemon.json, or where
 * the files are that a running container has mounted.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"
#include "container/container.h"
#include "container/state.h"

#define USUAL_ROOT  "/var/lib/docker"
#define DAEMON_FILE "daemon.json"

static int read_one(const struct ix_search *s, struct ix_containers *c, int dir,
		    const char *id)
{
	struct ix_container found = { .runtime = "docker", .id = id };
	struct ix_json *j, *host = NULL;
	char path[300];
	int64_t pid = 0, written = 0, ignored;
	int r;

	(void)snprintf(path, sizeof(path), "%.200s/config.v2.json", id);
	r = ix_state_json(dir, path, 0, &written, &j);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (ix_json_number(j, "State/Pid", &pid) && pid > 0 && pid <= INT32_MAX) {
		found.pid = (int32_t)pid;
		found.name = ix_json_text(j, "Name");
		if (found.name && *found.name == '/')
			found.name++;
		found.pod = ix_json_text(j, "Config/Labels/io.kubernetes.pod.name");
		found.pod_namespace =
			ix_json_text(j, "Config/Labels/io.kubernetes.pod.namespace");
		(void)snprintf(path, sizeof(path), "%.200s/hostconfig.json", id);
		if (ix_state_json(dir, path, 0, &ignored, &host) == 0)
			found.ipc_mode = ix_json_text(host, "IpcMode");
		r = ix_container_add(s, c, &found, written, 0);
	}
	ix_json_free(host);
	ix_json_free(j);
	return r;
}

static int list_root(const struct ix_search *s, struct ix_containers *c, const char *root)
{
	DIR *dir auto_dir = NULL;
	const struct dirent *d;
	char path[4096];
	int fd, r = 0;

	if ((size_t)snprintf(path, sizeof(path), "%s/containers", root) >= sizeof(path))
		return 0;
	fd = ix_state_dir(s, path, 0);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir && fd >= 0)
		(void)close(fd);
	while (dir && r == 0 && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			r = read_one(s, c, dirfd(dir), d->d_name);
	return r;
}

static int list_configured(const struct ix_search *s, struct ix_containers *c)
{
	auto_fd int dir = ix_state_dir(s, "/etc/docker", 0);
	struct ix_json *j;
	const char *root;
	int64_t written;
	int r = dir < 0 ? dir : ix_state_json(dir, DAEMON_FILE, 0, &written, &j);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	root = ix_json_text(j, "data-root");
	r = root ? list_root(s, c, root) : 0;
	ix_json_free(j);
	return r;
}

/* Docker has the container's /etc/hostname and the like in DATA-ROOT/containers/ID, and
 * tells containerd to mount them. */
static int list_mounted(const struct ix_search *s, struct ix_containers *c, int bundle,
			char *before, size_t size)
{
	struct ix_json *j;
	int64_t written;
	int r = ix_state_json(bundle, "config.json", 0, &written, &j);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0, n = ix_json_count(j, "mounts"); i < n; i++) {
		const char *source, *at;
		char path[48];

		(void)snprintf(path, sizeof(path), "mounts/%zu/source", i);
		source = ix_json_text(j, path);
		at = source ? strstr(source, "/containers/") : NULL;
		if (!at || *source != '/' || (size_t)(at - source) >= size ||
		    (strncmp(source, before, (size_t)(at - source)) == 0 &&
		     !before[at - source]))
			continue;
		memcpy(before, source, (size_t)(at - source));
		before[at - source] = '\0';
		r = list_root(s, c, before);
		break;
	}
	ix_json_free(j);
	return r;
}

/* Of containers that run, wherever the data-root is. */
static int list_running(const struct ix_search *s, struct ix_containers *c)
{
	char path[PATH_MAX], before[PATH_MAX] = USUAL_ROOT;
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->nprocs; i++) {
		auto_fd int dir = -1;

		if (!ix_search_bundle(s, &s->procs[i], path, sizeof(path)) ||
		    !strstr(path, IX_TASKS "/moby/"))
			continue;
		dir = ix_state_dir(s, path, 0);
		if (dir >= 0)
			r = list_mounted(s, c, dir, before, sizeof(before));
	}
	return r;
}

static int list(const struct ix_search *s, struct ix_containers *c)
{
	int r = list_root(s, c, USUAL_ROOT);

	if (r == 0)
		r = list_configured(s, c);
	return r == 0 ? list_running(s, c) : r;
}

extern const struct ix_runtime ix_runtime_docker;
const struct ix_runtime ix_runtime_docker = { .name = "docker", .list = list };
