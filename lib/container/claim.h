/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who says that a process is the container NAME, and what that is worth. A name is worth
 * what its giver is: the owner of a state file in our own root, or a watcher process
 * (conmon, a shim, lxc-start, systemd-nspawn, bwrap). Whether a claim holds is judged
 * here, by what the kernel says of giver and process, before anybody sees it.
 *
 * - A file of root's, or a watcher of root's in our user, PID and mount namespaces, gives
 *   root's names. A watcher of root's covers its child; a file covers what it names.
 * - A user, by his files or watchers, gives names as himself, and only to what is his:
 *   processes in a user namespace that he made, and children of his watcher that have his
 *   user id, in a mount namespace that is not ours.
 * - A watcher in a user namespace that U made gives names as U, to processes in that user
 *   namespace or below.
 * - Any other watcher is in a container itself, or as good as: in another PID or mount
 *   namespace. Its names are never root's. They carry the name of the container that it
 *   is in, and cover its children only.
 * - One whose namespaces may not be looked at gives names to processes that may not be
 *   looked at either: enough to say why they cannot be entered.
 *
 * The namespace that we are in ourselves has the names that root or the caller gives in
 * our own namespaces, and no others.
 */
#pragma once

#include "container/container.h"
#include "container/state.h"
#include "proc/space.h"

struct ix_giver {
	uid_t uid;            /* as whom it gives names */
	int32_t pid;          /* of the watcher; 0: a file in our root */
	bool ours;            /* in our user, PID and mount namespaces */
	bool inner;           /* in a container, or as good as: see above */
	bool hidden;          /* its namespaces may not be looked at */
	uid_t files;          /* whose the files have to be that it names */
	unsigned level;       /* how many PID namespaces it is in, with ours */
	struct ix_space user; /* of a watcher outside of our user namespace */
	struct ix_space mnt, pids;
	int dir; /* of the watcher in /proc, which never becomes another's; or -1 */
};

#define auto_giver __attribute__((cleanup(ix_giver_end)))

/* The owner of state files in our root. */
struct ix_giver ix_giver_file(uid_t uid);

/*
 * A process that watches containers, by what the kernel says of it. False when it is
 * gone, or gives no names that the caller could hear: an ordinary user hears those of
 * root and his own.
 */
bool ix_giver_watcher(const struct ix_search *s, const struct ix_proc *p,
		      struct ix_giver *ret_g);
void ix_giver_end(const struct ix_giver *g);

/*
 * The process that a giver means by a number: its own numbers are those of its PID
 * namespace. 0: there is none among its children.
 */
int32_t ix_giver_process(const struct ix_search *s, const struct ix_giver *g,
			 int64_t number);

/* A process that a name is claimed for, held by its directory in /proc. */
struct ix_claimed {
	struct ix_proc proc;
	struct ix_space ipc, mnt, pids;
	int dir;
};

/*
 * Judge a claim. Answers 1, and the process as it was looked at; 0 when the name is not
 * its giver's to give, the process is gone, or is another one than was meant: one that
 * started after "written", when the file that names it was written last (0: start tells).
 */
int ix_claim_judge(const struct ix_search *s, const struct ix_container *found,
		   int64_t written, const struct ix_giver *g,
		   struct ix_claimed *ret_claimed);
