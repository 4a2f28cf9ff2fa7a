/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers: which ones exist, their names and their first processes. Containers are
 * found without asking any daemon: in the state files of the runtimes, in
 * /proc/PID/cgroup and among the parents of processes. Each family of runtimes is one
 * file in lib/container/ and one line in lib/container/registry.c.
 *
 * Everything here is a claim until it is verified: state files outlive a crash, pids are
 * reused, and processes in a container may be able to write cgroup names and
 * environments. A process is listed as the first process of a container only if it can be
 * the process that the claim means. Names are only used as labels.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "core/gaps.h"

struct ix_containers;

/* If several containers have the same name, the order in which they are preferred: by who
 * gives the name. */
enum ix_rank {
	IX_RANK_ROOT,   /* given by root, from our own namespaces */
	IX_RANK_CALLER, /* given by the calling user */
	IX_RANK_USER,   /* given by another user */
	IX_RANK_INNER,  /* given by somebody inside a container */
	IX_RANK_HIDDEN, /* given by a watcher whose namespaces we may not read */
};

/* One container. The texts are copied unchanged from what the runtime wrote, and may
 * contain any bytes. */
struct ix_container {
	const char *runtime; /* "docker", "podman", "runc", …; a static string */
	const char *id;      /* the runtime's id, or NULL */
	const char *name;    /* the name for people; NULL if only the id is known */
	const char *pod;     /* name of the pod (Kubernetes, podman), or NULL */
	const char *pod_namespace;
	const char *pod_id; /* the id of that pod, or NULL; in Kubernetes, the id of the
			     * container that holds the pod's namespaces */
	const char
		*space; /* the namespace of the runtime (of containerd, a project of LXD)
			 * in which names and ids are unique; NULL if there is only one */
	const char *unit; /* the systemd unit that the container is, or runs in; or NULL */
	const char *ipc_mode; /* from the runtime's own files: "private", "host",
			       * "shareable", "pod", "container:ID", "path:FILE", …;
			       * NULL if those files do not say it */
	bool elsewhere;       /* the container's IPC objects are not in this kernel
			       * (container/runsc.c) */
	const char *kernel;   /* if so, what that other kernel is: "gVisor"; a static
			       * string; NULL: "gVisor" */
	const char *cgroup;   /* name of the container's cgroup, if that is not the id */
	int32_t pid; /* pid of the container's first process, as in the caller's /proc */
	uint64_t start; /* start time of that process in ticks since boot: pid and start
			 * together identify a process */

	/* Set when the claim was judged (container/claim.h): */
	uint32_t uid;      /* who gives the name */
	enum ix_rank rank; /* the rank that follows from the giver's uid and namespaces */
	const char *outer; /* the label of the container that the giver is in ("?" if this
			    * container has no name); NULL if the giver is in none */
	uint64_t ipc; /* inode number of the first process's IPC namespace; 0 if we may
		       * not read it, or if the objects are elsewhere and this namespace
		       * is ours */

	/* Set when the list is complete (container/named.c): */
	const char *label; /* differs from the labels of all other containers */
	bool led; /* the pod has a container whose label is the name of the pod */
};

struct ix_search;
struct ix_giver;
struct ix_words;
struct ix_json;

/* A family of runtimes. */
struct ix_runtime {
	const char *name; /* name of the family; the name of a container's runtime may be
			   * more specific */
	/* Call ix_container_add() for each container whose state can be read. State that
	 * cannot be read is skipped; the only possible error is -ENOMEM. */
	int (*list)(const struct ix_search *s, struct ix_containers *c);
	/* Parse a watcher's command line, or a state file; the results point into the
	 * text. Return false if the text describes no container. The pointer is NULL if
	 * the family has no such watchers or files. */
	bool (*read_words)(const struct ix_words *w, struct ix_container *ret_found);
	bool (*read_state)(const struct ix_json *j, struct ix_container *ret_found);
};

/* Return family number i, the most informative first; NULL if there are not that many. */
const struct ix_runtime *ix_runtime(size_t i);

/*
 * List the containers of all families, each with a living, verified process.
 *
 * @param firsts the processes that may be the first process of a container
 * (ix_nslist_firsts()); watchers without state files are searched for among these
 * processes and their parents
 * @param gaps what is unknown about those processes
 * @return 0 or -ENOMEM
 */
int ix_containers_new(struct ipcx *x, const int32_t *firsts, size_t n,
		      const struct ix_gaps *gaps, struct ix_containers **ret_c);
void ix_containers_free(struct ix_containers *c);

/* Return container number i; NULL if there are not that many. */
const struct ix_container *ix_containers_at(const struct ix_containers *c, size_t i);

/* Return how many there are, and the number of one of them. */
size_t ix_containers_count(const struct ix_containers *c);
size_t ix_containers_index(const struct ix_containers *c, const struct ix_container *one);

/*
 * For use by the families: add one container (its strings are copied) and the giver of
 * its name. The container is dropped if the claim is rejected (ix_claim_judge()); of
 * several claims about one process, only the best is kept. Returns 0 or -ENOMEM.
 */
int ix_container_add(const struct ix_search *s, struct ix_containers *c,
		     const struct ix_container *found, int64_t written,
		     const struct ix_giver *giver);

/* Return what is missing from the list: processes and claims that could not be read, and
 * claims that exceed the limit for one user. */
const struct ix_gaps *ix_containers_gaps(const struct ix_containers *c);

/*
 * Find the container that a process belongs to. It is the container whose first process
 * this is; else the outermost container named by root whose cgroup the process is in;
 * else the container whose first process has the same PID namespace. Cgroup names are not
 * used for anything else. Returns 1; 0 if it certainly belongs to none; or -errno if that
 * is unknown: -ENODATA if the list is not complete, or why its control groups or its PID
 * namespace could not be read. Unless 1 is returned, *ret_container is NULL.
 */
int ix_container_of(struct ipcx *x, const struct ix_containers *c, int32_t pid,
		    const struct ix_container **ret_container);

/* Add a gap for a container whose objects are not in this kernel: "LABEL: its objects
 * …". */
void ix_container_elsewhere(const struct ix_container *c, struct ix_gaps *g);

/*
 * Find a container by what a user typed. This is a label (ix_container_label()), or a
 * shorter text that means only one container:
 *
 *   [UID/][OUTER/][RUNTIME[SPACE]:][POD_NAMESPACE/][POD/]NAME
 *
 * NAME is the name, the id, or a unique beginning of an id. A pod alone, by its name or
 * id, is found if its containers share an IPC namespace; so is a systemd unit. After the
 * runtime, SPACE may also be written before the name, with a slash. A name given by a
 * user needs "UID/" unless that user is the caller. Names given by root come first.
 *
 * Returns 0; -ENOENT; -ENODATA if the container may exist but cannot be seen; -ENOTUNIQ
 * if several match. All errors set a text; the text for -ENOTUNIQ lists the labels to
 * choose from.
 */
int ix_container_named(struct ipcx *x, const struct ix_containers *c, const char *name,
		       const struct ix_container **ret_container);

/* The same as ix_container_named(), but only for names of this rank or a better one. */
int ix_container_of_rank(struct ipcx *x, const struct ix_containers *c, const char *name,
			 enum ix_rank least, const struct ix_container **ret_container);

/*
 * Write the label of a container, as it is shown and may be typed:
 * "[UID/][OUTER/]RUNTIME[SPACE]:[POD_NAMESPACE/][POD/]NAME", with the beginning of the id
 * instead of NAME if the container has no name, or if another container has the same
 * label. Characters that a shell would change, and those that end a part of the label or
 * an entry of a list, are written as %XX.
 */
#define IX_LABEL_MAX 1024
void ix_container_label(const struct ix_container *c, char *buf, size_t size);

/* Describe a container as tables keep it (core/box.h). The texts are those of the
 * container, and label[], which is written. */
struct ix_box;
void ix_container_box(const struct ix_container *c, char label[IX_LABEL_MAX],
		      struct ix_box *ret_box);
