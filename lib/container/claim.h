/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who claims that a process is the container NAME, and how far to trust that claim. A
 * name is trusted as far as its giver: the owner of a state file in our own root
 * directory, or a watcher process (conmon, a shim, lxc-start, systemd-nspawn, bwrap).
 * Each claim is judged here, by what the kernel reports about giver and process, before
 * it is used.
 *
 * - A file of root, or a watcher of root in our user, PID and mount namespaces, gives
 *   names as root. A watcher of root may name its children; a file of root may name any
 *   process.
 * - An unprivileged user's files and watchers give names as that user, and only to that
 *   user's own processes: those in a user namespace that the user created, and children
 *   of the watcher that have the same user id, in a mount namespace that is not ours.
 * - A watcher in a user namespace created by user U gives names as U, to processes in
 *   that user namespace or below it.
 * - Any other watcher is in a container itself, or treated as if it were: it is in
 *   another PID or mount namespace. Its names never count as root's. They are prefixed
 *   with the name of that container, and apply only to the watcher's children.
 * - A watcher whose namespaces may not be read gives names to processes that may not be
 *   read either: that is enough to explain why those cannot be entered.
 *
 * Our own IPC namespace is labelled only with names that root or the caller gives from
 * within our own namespaces.
 */
#pragma once

#include "container/container.h"
#include "container/state.h"
#include "proc/space.h"

struct ix_giver {
	uid_t uid;            /* the user for whom it gives names */
	int32_t pid;          /* of the watcher; 0 for a file in our root */
	bool ours;            /* in our user, PID and mount namespaces */
	bool inner;           /* in a container, or treated as if it were: see above */
	bool hidden;          /* its namespaces may not be read */
	uid_t files;          /* required owner of the files that it names */
	unsigned level;       /* number of PID namespaces that it is in, ours included */
	struct ix_space user; /* for a watcher outside our user namespace */
	struct ix_space mnt, pids;
	int dir; /* the watcher's /proc directory, safe against pid reuse; or -1 */
};

#define auto_giver __attribute__((cleanup(ix_giver_end)))

/* The giver for state files in our root that belong to uid. */
struct ix_giver ix_giver_file(uid_t uid);

/*
 * The giver for a process that watches containers, judged by what the kernel reports.
 * Returns false if it is gone or the caller does not trust its names: an unprivileged
 * caller trusts only root's names and its own.
 */
bool ix_giver_watcher(const struct ix_search *s, const struct ix_proc *p,
		      struct ix_giver *ret_g);
void ix_giver_end(const struct ix_giver *g);

/*
 * Return the process that a giver means by a pid, which belongs to the giver's PID
 * namespace; 0 if none of its children has that pid.
 */
int32_t ix_giver_process(const struct ix_search *s, const struct ix_giver *g,
			 int64_t number);

/* A claimed process, pinned by its /proc directory. */
struct ix_claimed {
	struct ix_proc proc;
	struct ix_space ipc, mnt, pids;
	int dir;
};

/*
 * Judge a claim. Returns 1 and the process as it was read; 0 if the giver may not name
 * it, the process is gone, or another process has reused its pid: one that started after
 * "written", the time of the last change to the file that names it (if "written" is 0,
 * found->start is compared instead).
 */
int ix_claim_judge(const struct ix_search *s, const struct ix_container *found,
		   int64_t written, const struct ix_giver *g,
		   struct ix_claimed *ret_claimed);
