/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kata Containers: the containers of a pod run in a virtual machine, so their IPC objects
 * are in the kernel of that machine. The process here is the hypervisor, which nearly
 * always is in our own IPC namespace. The runtime keeps one file for each machine, in the
 * directory that is called like the pod's first container.
 */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "container/claim.h"

#define SANDBOXES "run/vc/sbs"

/* A pod has fewer containers. */
#define CONFIGS_MAX 256

/* Annotations of containerd and of CRI-O. */
static const char *const pods[][2] = {
	{ "io.kubernetes.cri.sandbox-name", "io.kubernetes.cri.sandbox-namespace" },
	{ "io.kubernetes.cri-o.KubeName", "io.kubernetes.cri-o.Namespace" },
};

static void kata_pod(const struct ix_json *j, struct ix_container *found)
{
	size_t n = MIN(ix_json_count(j, "Config/ContainerConfigs"), CONFIGS_MAX);

	for (size_t i = 0; i < n * ARRAY_SIZE(pods) && !found->pod; i++) {
		const char *const *keys = pods[i % ARRAY_SIZE(pods)];
		char path[160];

		(void)snprintf(path, sizeof(path),
			       "Config/ContainerConfigs/%zu/Annotations/%s",
			       i / ARRAY_SIZE(pods), keys[0]);
		found->pod = ix_json_text(j, path);
		(void)snprintf(path, sizeof(path),
			       "Config/ContainerConfigs/%zu/Annotations/%s",
			       i / ARRAY_SIZE(pods), keys[1]);
		found->pod_namespace = found->pod ? ix_json_text(j, path) : NULL;
	}
}

static bool kata_read_state(const struct ix_json *j, struct ix_container *found)
{
	/* The daemon for files is named by a newer version and an older one. */
	static const char processes[][IX_TEXT(40)] = {
		"HypervisorState/Pid", "HypervisorState/VirtiofsDaemonPid",
		"HypervisorState/VirtiofsdPid"
	};
	int64_t pid = 0;

	for (size_t i = 0; i < ARRAY_SIZE(processes) && pid <= 0; i++)
		(void)ix_json_number(j, processes[i], &pid);
	if (pid <= 0 || pid > INT32_MAX)
		return false;
	found->pid = (int32_t)pid;
	found->id = ix_json_text(j, "SandboxContainer");
	kata_pod(j, found);
	if (found->pod)
		found->pod_id = found->id;
	return found->id && *found->id;
}

static int kata_list(const struct ix_search *s, struct ix_containers *c)
{
	const struct ix_giver root = ix_giver_file(0);
	struct ix_state_list all auto_state_list = ix_state_list(s, SANDBOXES, &root);
	const char *name;
	int r = 0;

	while (r == 0 && (name = ix_state_next(&all)) != NULL) {
		struct ix_container found = { .runtime = "kata",
					      .elsewhere = true,
					      .kernel = "Kata Containers" };
		struct ix_json *j;
		int64_t written = 0;
		char path[300];

		(void)snprintf(path, sizeof(path), "%.250s/persist.json", name);
		r = ix_state_json(s, dirfd(all.dir), path, 0, &written, &j);
		if (r < 0) {
			r = r == -ENOMEM ? r : 0;
			continue;
		}
		if (kata_read_state(j, &found))
			r = ix_container_add(s, c, &found, written, &root);
		ix_json_free(j);
	}
	return r;
}

extern const struct ix_runtime ix_runtime_kata;
const struct ix_runtime ix_runtime_kata = { .name = "kata",
					    .list = kata_list,
					    .read_state = kata_read_state };
