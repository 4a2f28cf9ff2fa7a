/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Doing something in the namespace that a context uses, while the caller stays where it
 * is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"
#include "core/table.h"

/* What is to be done there, and with which rights. */
struct ix_ns_call {
	/* 0 or more, or -errno with a text in the context. Appends to t. May run in
	 * another thread or process: what it changes is lost, but for t, out and fd. */
	int (*run)(struct ipcx *x, void *arg, struct ipcx_table *t);
	void *arg;
	struct ipcx_table *t; /* or NULL */
	void *out;            /* more that is brought back, or NULL */
	size_t out_size;
	int *fd; /* a descriptor that run() opens and that is brought back, too: -1
		    before, and where there is none; or NULL */
	const char *object; /* what it is for, where that is to be said when nobody can
				tell what became of it ("pshm:/new"); or NULL */
	bool enough; /* of many namespaces, the first with a row in t is the last */
	bool looks;  /* changes nothing: may be done in all namespaces, one after
			another */
	bool acts;   /* makes, changes or removes something: nothing is done so in our own
			namespace when that was found by a container's name */
	bool mounted;  /* more than names and stat(2) of what is mounted on /dev/shm, and
			  nothing else: with the rights of whoever made the mounts
			  (ix_rights_mounted()). Of one namespace, never of all */
	bool sweeps;   /* … whatever stands there, without its name being said: not in a
			  file system that is mounted here elsewhere, but with those rights   */
	bool as_owner; /* wants to be somebody in the user namespace that owns the IPC
			  namespace, as the owner's sysctls do */
};

/*
 * Do it: here, where the context uses nothing else, or is there already. Answers what
 * run() did, or why it could not be brought there, with a text. Of all namespaces those
 * that have gone are passed over, and those that may not be entered are one note.
 */
int ix_ns_run(struct ipcx *x, const struct ix_ns_call *e);

/*
 * Where what the place in use has on /dev/shm is mounted here, too, on another path than
 * ours: 1 and that path, for a note; 0; -errno when that cannot be told. Not asked where
 * somebody else's rights count.
 *
 * @param sweeps as in struct ix_ns_call: -EPERM with a text where that is not to be done
 */
int ix_ns_run_elsewhere(struct ipcx *x, bool sweeps, char *buf, size_t size);
