/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * podman and CRI-O: while a container runs, conmon is the parent of its first process;
 * conmon's command line contains the container's id, name and bundle, whatever the
 * storage location and the user. The bundle's config.json names the pod.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"
#include "container/claim.h"

/* Read from the bundle what conmon's command line does not contain. */
static bool podman_read_spec(const struct ix_json *j, struct ix_container *found)
{
	static const char manager[] = "annotations/io.container.manager";
	const char *text = ix_json_text(j, manager);
	const char *pod = ix_json_text(j, "annotations/io.kubernetes.cri-o.KubeName");

	if (text && !strcmp(text, "cri-o"))
		found->runtime = "crio";
	if (pod)
		found->pod = pod;
	else
		found->pod = ix_json_text(j, "annotations/io.kubernetes.cri-o.SandboxID");
	found->pod_namespace =
		ix_json_text(j, "annotations/io.kubernetes.cri-o.Namespace");
	text = ix_json_text(j, "annotations/io.kubernetes.cri-o.ContainerName");
	if (text && found->pod_namespace)
		found->name = text;
	return true;
}

/* A conmon started for an exec session does not watch a container. */
static bool podman_read_words(const struct ix_words *w, struct ix_container *found)
{
	found->id = ix_words_option(w, "-c", "--cid");
	found->name = ix_words_option(w, "-n", "--name");
	return found->id && !ix_words_has(w, "-e", "--exec");
}

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
			   const struct ix_giver *conmon)
{
	struct ix_container found = { .runtime = "podman" };
	struct ix_proc init;
	struct ix_json *j = NULL;
	struct ix_words w;
	int r = 0;

	if (!ix_search_child(s, conmon->pid, &init) || ix_words_of(conmon, &w) < 0)
		return 0;
	found.pid = init.pid;
	found.start = init.start;
	if (podman_read_words(&w, &found)) {
		if (open_spec(s, ix_words_option(&w, "-b", "--bundle"), conmon, &j) == 0)
			(void)podman_read_spec(j, &found);
		r = ix_container_add(s, c, &found, 0, conmon);
	}
	ix_json_free(j);
	ix_words_free(&w);
	return r;
}

static int podman_list(const struct ix_search *s, struct ix_containers *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->nprocs; i++) {
		struct ix_giver g;

		if (strcmp(s->procs[i].comm, "conmon") != 0 ||
		    !ix_giver_watcher(s, &s->procs[i], &g))
			continue;
		r = podman_read_one(s, c, &g);
		ix_giver_end(&g);
	}
	return r;
}

extern const struct ix_runtime ix_runtime_podman;
const struct ix_runtime ix_runtime_podman = { .name = "podman",
					      .list = podman_list,
					      .read_words = podman_read_words,
					      .read_state = podman_read_spec };
