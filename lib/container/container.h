/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers: which there are, what they are called, which process is their first. Found
 * without asking any daemon, in the state files of the runtimes, in /proc/PID/cgroup and
 * among the parents of processes. A family of runtimes is one file under lib/container/
 * and one line in its registry.
 *
 * Everything here is a claim until it is verified: state files outlive a crash, numbers
 * of processes are used again, whoever runs in a container may write cgroup names and
 * environment. A container is listed with a process only when that process can be the
 * one that was meant; names are never more than labels.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "core/gaps.h"

struct ix_containers;

/* Whose names come before whose, where several are the same. */
enum ix_rank {
	IX_RANK_ROOT,   /* root's, given in our own namespaces */
	IX_RANK_CALLER, /* his own */
	IX_RANK_USER,   /* another user's */
	IX_RANK_INNER,  /* given from inside of a container */
	IX_RANK_HIDDEN, /* given by who may not be looked at */
};

/* One container. The texts are as their makers wrote them: any bytes. */
struct ix_container {
	const char *runtime; /* "docker", "podman", "runc", …; static */
	const char *id;      /* as the runtime knows it, or NULL */
	const char *name;    /* what people call it; NULL: only the id is known */
	const char *pod;     /* of Kubernetes and podman, or NULL */
	const char *pod_namespace;
	const char *ipc_mode; /* what the runtime's own files say: "private", "host",
				 "container:ID", …; NULL: they do not */
	bool elsewhere;       /* its objects are not in this kernel (container/runsc.c) */
	const char *cgroup;   /* the name of its cgroup where that is not the id */
	int32_t pid;          /* its first process, as the caller's /proc shows it */
	uint64_t start;       /* and when that started, in ticks since boot: the two
				 together are never used again */

	/* Set when the claim was judged (container/claim.h): */
	uint32_t uid;      /* who gives the name */
	enum ix_rank rank; /* and what comes of that */
	const char *outer; /* the label of the container that the giver is in itself,
			      "?" when that has no name; or NULL */
	uint64_t ipc;      /* inode number of the IPC namespace of its first process;
			      0: it may not be looked at */
};

struct ix_search;
struct ix_giver;
struct ix_words;
struct ix_json;

/* A family of runtimes. */
struct ix_runtime {
	const char *name; /* of the family; a container may say more precisely */
	/* Every container whose state can be read here: ix_container_add() for each.
	 * What cannot be read is left out; only -ENOMEM is an error. */
	int (*list)(const struct ix_search *s, struct ix_containers *c);
	/* What the words of a watcher say of the container that it watches, and what a
	 * state file says: they point into those. False: nothing. NULL: it has none. */
	bool (*read_words)(const struct ix_words *w, struct ix_container *ret_found);
	bool (*read_state)(const struct ix_json *j, struct ix_container *ret_found);
};

/* Family number i, those that tell most of a container first; NULL past the last. */
const struct ix_runtime *ix_runtime(size_t i);

/*
 * All containers of all families, each with a living, verified process.
 *
 * @param firsts the processes that a container may begin with (ix_nslist_firsts()): among
 * them and their parents those are looked for who keep no state files
 * @param gaps what is not known of those processes
 * @return 0 or -ENOMEM
 */
int ix_containers_new(struct ipcx *x, const int32_t *firsts, size_t n,
		      const struct ix_gaps *gaps, struct ix_containers **ret_c);
void ix_containers_free(struct ix_containers *c);

/* Container number i; NULL past the last. */
const struct ix_container *ix_containers_at(const struct ix_containers *c, size_t i);

/*
 * For the families: one container that was read, its strings to be copied, and who says
 * so. It is left out when the claim does not hold (ix_claim_judge()); of several claims
 * for one process the best is kept. 0 or -ENOMEM.
 */
int ix_container_add(const struct ix_search *s, struct ix_containers *c,
		     const struct ix_container *found, int64_t written,
		     const struct ix_giver *giver);

/* What the list lacks: processes, claims that could not be read, those of a user who
 * makes too many. */
const struct ix_gaps *ix_containers_gaps(const struct ix_containers *c);

/*
 * The container that a process belongs to, or NULL: the one that it is the first process
 * of; one of root's whose cgroup it is in, the outermost; the one whose first process has
 * the same PID namespace. What a cgroup is called counts for nothing else.
 */
const struct ix_container *ix_container_of(struct ipcx *x, const struct ix_containers *c,
					   int32_t pid);

/* "LABEL: its objects are not in this kernel": a gap, of a container whose are not. */
void ix_container_elsewhere(const struct ix_container *c, struct ix_gaps *g);

/*
 * The container with this name, this id, or the only one whose id begins so; "RUNTIME:"
 * before it chooses the runtime, "OUTER/" the container in which it was given, "UID/" the
 * user who gave it: names of users have that before them, unless the caller is the user.
 * Names of root's come first. 0; -ENOENT; -ENODATA: there may be one that cannot be seen;
 * -ENOTUNIQ when several fit: all with a text (the latter lists them as they may be
 * named).
 */
int ix_container_named(struct ipcx *x, const struct ix_containers *c, const char *name,
		       const struct ix_container **ret_container);

/*
 * What a container is called where it is shown, and what may be typed for it:
 * "[UID/][OUTER/]RUNTIME:NAME", with the beginning of its id where it has no name. What
 * would end a part, or an entry of a list ("/", "," and "%"), is %XX in it.
 */
#define IX_LABEL_MAX 1024
void ix_container_label(const struct ix_container *c, char *buf, size_t size);
