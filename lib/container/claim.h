/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Claims that a process is the first process of the container NAME: who makes a claim,
 * and how far to trust it. A name is trusted as far as its giver: the owner of a state
 * file in our own root directory, or a watcher process (conmon, a shim, lxc-start,
 * systemd-nspawn, bwrap). Each claim is judged here, by what the kernel reports about the
 * giver and the process, before the claim is used.
 *
 * - A file of root, or a watcher of root in our user, PID and mount
 *   namespaces, gives names as root. A watcher of root may name its children; a file of
 *   root may name any process.
 * - An unprivileged user's files and watchers give names as that user, and only to that
 *   user's own processes: those in a user namespace that the user created, and children
 *   of the watcher that have the same user id, in a mount namespace that is not ours and
 *   in our user namespace or one that root created.
 * - A watcher in a user namespace created by user U gives names as U, to processes in
 *   that user namespace or below it.
 * - Any other watcher is in another PID or mount namespace than we are, and so in a
 *   container itself, or is treated as if it were. Its names never count as names given
 *   by root. They are prefixed with the name of that container, and apply only to the
 *   watcher's children.
 * - A watcher whose namespaces we may not read gives names only to processes whose
 *   namespaces we may not read either: such a name suffices to say which container cannot
 *   be entered.
 * - systemd gives a unit's name as root only if root owns the unit's cgroup and all
 *   cgroups above it, the process is the oldest in it, and neither its slice nor its user
 *   namespace is a user's (container/systemd.c).
 *
 * Our own IPC namespace is labelled only with names that root or the caller gives from
 * within our own namespaces.
 */
#pragma once

#include "container/container.h"
#include "container/state.h"
#include "proc/space.h"

struct ix_giver {
	uid_t uid;   /* the user for whom the giver gives names */
	int32_t pid; /* pid of the watcher; 0 for a file in our root */
	bool ours;   /* the giver is in our user, PID and mount namespaces */
	bool inner; /* the giver is in a container, or treated as if it were: see above */
	bool hidden;    /* we may not read the giver's namespaces */
	uid_t files;    /* required owner of the files that the giver names */
	unsigned level; /* number of PID namespaces that the giver is in, ours included */
	struct ix_space user; /* user namespace of the watcher, if that is not ours */
	struct ix_space mnt, pids;
	int dir; /* the watcher's /proc directory, safe against pid reuse; or -1 */
};

#define auto_giver __attribute__((cleanup(ix_giver_end)))

/* Return the giver of the names in those state files of our root that belong to uid. */
struct ix_giver ix_giver_file(uid_t uid);

/*
 * Describe a process that watches containers as a giver of names, by what the kernel
 * reports about it.
 * Returns false if the process is gone or the caller does not trust its names: an
 * unprivileged caller trusts only names given by root and by the caller.
 */
bool ix_giver_watcher(const struct ix_search *s, const struct ix_proc *p,
		      struct ix_giver *ret_g);

/* The same for watchers that have to be set-user-ID programs: if root started the
 * process, it gives names as root only if its executable is one of these files (the list
 * ends with NULL). The user who starts another such program (sudo) can choose the name of
 * the process, but not that of the file. */
bool ix_giver_setuid(const struct ix_search *s, const struct ix_proc *p,
		     const char *const paths[], struct ix_giver *ret_g);
void ix_giver_end(const struct ix_giver *g);

/*
 * Return the process that a giver means by a pid, which belongs to the giver's PID
 * namespace; 0 if no child of the giver has that pid.
 */
int32_t ix_giver_process(const struct ix_search *s, const struct ix_giver *g,
			 int64_t number);

/* The process that a claim is about; the descriptor of its /proc directory makes pid
 * reuse harmless. */
struct ix_claimed {
	struct ix_proc proc;
	struct ix_space ipc, mnt, pids;
	int dir;
};

/* Whether a process may be the one that a file means: it started before the file was last
 * changed. */
bool ix_claim_older(const struct ix_proc *p, int64_t written);

/*
 * Judge a claim. Returns 1 and the process as it was read; 0 if the giver may not name
 * the process, the process is gone, or another process has reused its pid. The pid was
 * reused if the process started after "written", the time when the file that names the
 * process was last changed; if the claim contains a start time (found->start), the start
 * times are compared instead.
 */
int ix_claim_judge(const struct ix_search *s, const struct ix_container *found,
		   int64_t written, const struct ix_giver *g,
		   struct ix_claimed *ret_claimed);
