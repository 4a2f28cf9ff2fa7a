/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * podman and CRI-O: while a container runs, conmon is the parent of its first process;
 * conmon's command line contains the container's id, name and bundle, whatever the
 * storage location and the user. The bundle's config.json contains the id of the pod, in
 * the path of the cgroup; if cgroups are not used, the pod is known by the container that
 * holds its namespaces, which podman calls "ID-infra". CRI-O writes the names of the pod
 * into annotations.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"
#include "container/claim.h"
#include "container/pods.h"
#include "container/spec.h"

#define HEX        "0123456789abcdef"
#define INFRA_LEN  12 /* digits of the pod's id in the name of its first container */
#define INFRA_TAIL "-infra"

/* Read from the bundle what conmon's command line does not contain. */
static bool podman_read_spec(const struct ix_json *j, struct ix_container *found)
{
	if (!ix_spec_crio(j, found))
		found->ipc_mode = ix_spec_ipc(j);
	return true;
}

/* A conmon started for an exec session does not watch a container. */
static bool podman_read_words(const struct ix_words *w, struct ix_container *found)
{
	found->id = ix_words_option(w, "-c", "--cid");
	found->name = ix_words_option(w, "-n", "--name");
	return found->id && !ix_words_has(w, "-e", "--exec");
}

/* ---- the pod */

static bool copy_id(const char *text, char buf[IX_POD_ID + 1])
{
	if (strspn(text, HEX) != IX_POD_ID)
		return false;
	memcpy(buf, text, IX_POD_ID);
	buf[IX_POD_ID] = '\0';
	return true;
}

/* The cgroup is PARENT/POD/libpod-ID or, with systemd, PARENT-libpod_pod_POD.slice. */
static bool pod_of_cgroup(const struct ix_json *spec, char buf[IX_POD_ID + 1])
{
	static const char slice[] = "libpod_pod_", scope[] = "/libpod-";
	const char *path = spec ? ix_json_text(spec, "linux/cgroupsPath") : NULL;
	const char *at = path ? strstr(path, slice) : NULL;

	if (at)
		return copy_id(at + strlen(slice), buf);
	at = path ? strstr(path, scope) : NULL;
	return at && at - path > IX_POD_ID && at[-IX_POD_ID - 1] == '/' &&
	       copy_id(at - IX_POD_ID, buf);
}

static bool pod_of_name(const char *name, char buf[IX_POD_ID + 1])
{
	if (!name || strspn(name, HEX) != INFRA_LEN ||
	    strcmp(name + INFRA_LEN, INFRA_TAIL) != 0)
		return false;
	memcpy(buf, name, INFRA_LEN);
	buf[INFRA_LEN] = '\0';
	return true;
}

/* Find the pod of a container of podman. If its name is not found, the beginning of its
 * id takes the place of the name, as in the names of podman. */
static void find_pod(struct ix_pods *pods, const struct ix_json *spec, const char *bundle,
		     const struct ix_giver *g, char id[IX_POD_ID + 1],
		     char brief[INFRA_LEN + 1], struct ix_container *found)
{
	const char *infra =
		spec ? ix_json_text(spec, "annotations/io.kubernetes.cri-o.SandboxID")
		     : NULL;
	const char *known = infra ? ix_pods_of_infra(pods, g, infra) : NULL;

	if (!pod_of_cgroup(spec, id) && !pod_of_name(found->name, id)) {
		if (!known)
			return;
		(void)snprintf(id, IX_POD_ID + 1, "%s", known);
	}
	if (!infra)
		ix_pods_infra(pods, g, found->id, id);
	found->pod_id = id;
	found->pod = ix_pods_name(pods, bundle, g, id, &found->pod_id);
	if (!found->pod) {
		(void)snprintf(brief, INFRA_LEN + 1, "%.*s", INFRA_LEN, id);
		found->pod = brief;
	}
}

/* ---- containers */

static int open_spec(const struct ix_search *s, const char *bundle,
		     const struct ix_giver *g, struct ix_json **ret_json)
{
	auto_fd int dir = bundle && *bundle == '/' ? ix_state_dir(s, bundle, g) : -ENOENT;
	int64_t written;

	return dir < 0 ? dir
		       : ix_state_json(s, dir, "config.json", g->files, &written,
				       ret_json);
}

static int podman_read_one(const struct ix_search *s, struct ix_containers *c,
			   struct ix_pods *pods, const struct ix_giver *conmon)
{
	struct ix_container found = { .runtime = "podman" };
	char id[IX_POD_ID + 1], brief[INFRA_LEN + 1];
	struct ix_crio_name name;
	struct ix_proc init;
	struct ix_json *j = NULL;
	struct ix_words w;
	int r = 0;

	if (!ix_search_child(s, conmon->pid, &init) || ix_words_of(conmon, &w) < 0)
		return 0;
	found.pid = init.pid;
	found.start = init.start;
	if (podman_read_words(&w, &found)) {
		const char *bundle = ix_words_option(&w, "-b", "--bundle");

		if (open_spec(s, bundle, conmon, &j) == 0)
			(void)podman_read_spec(j, &found);
		if (!strcmp(found.runtime, "crio"))
			ix_spec_crio_name(ix_words_option(&w, "-n", "--name"), &name,
					  &found);
		else
			find_pod(pods, j, bundle, conmon, id, brief, &found);
		r = ix_container_add(s, c, &found, 0, conmon);
	}
	ix_json_free(j);
	ix_words_free(&w);
	return r;
}

static int podman_list(const struct ix_search *s, struct ix_containers *c)
{
	struct ix_pods *pods = ix_pods_new(s);
	int r = pods ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < s->nprocs; i++) {
		struct ix_giver g;

		if (strcmp(s->procs[i].comm, "conmon") != 0 ||
		    !ix_giver_watcher(s, &s->procs[i], &g))
			continue;
		r = podman_read_one(s, c, pods, &g);
		ix_giver_end(&g);
	}
	ix_pods_free(pods);
	return r;
}

extern const struct ix_runtime ix_runtime_podman;
const struct ix_runtime ix_runtime_podman = { .name = "podman",
					      .list = podman_list,
					      .read_words = podman_read_words,
					      .read_state = podman_read_spec };
