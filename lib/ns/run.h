/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a call in the namespace that a context uses, while the caller stays in its
 * own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"
#include "core/table.h"

/* A call to be made in that namespace, and the rights that it needs. */
struct ix_ns_call {
	/* Returns 0 or more, or -errno with a text in the context; appends rows to t. May
	 * run in another thread or process: its changes to memory are lost, except those
	 * to t, out and fd. */
	int (*run)(struct ipcx *x, void *arg, struct ipcx_table *t);
	void *arg;
	struct ipcx_table *t; /* or NULL */
	void *out;            /* further data that run() returns, or NULL */
	size_t out_size;
	int *fd; /* a descriptor that run() opens and returns; it is -1 before and, if
		  * run() opens none, after the call; or NULL */
	const char *object; /* the object ("pshm:/new"), for the message in case the
			     * outcome is unknown; or NULL */
	bool enough; /* if there are many namespaces, stop after the first that adds a row
		      * to t */
	bool looks;  /* only reads: may be made in all namespaces, one after another */
	bool acts; /* creates, changes or removes something: refused if a container's name
		    * was given and its namespace turns out to be our own */
	bool mounted;  /* accesses only /dev/shm, and more of it than names and stat(2):
			* uses the rights of the mounts' owner (ix_rights_mounted()).
			* Allowed for one namespace, never for all */
	bool sweeps;   /* like "mounted", but acts on all files there, not on a named one:
			* if our own rights apply, refused in a file system that is also
			* mounted elsewhere in our mount namespace */
	bool parts;    /* run() respects view.only_shm: it is called for what is in a
			* /dev/shm alone in a directory that has no namespace and, if it
			* only reads, where the IPC namespace may not be entered. Then it
			* reports view.denied for the rest */
	bool removes;  /* of the calls that act: only removes files */
	bool as_owner; /* needs an identity in the user namespace that owns the IPC
			* namespace, as is the case for sysctls that the owner may set */
};

/*
 * Make the call; it is made in this thread if the context uses no namespace, or if the
 * process is in that namespace already. Returns the result of run(), or -errno with a
 * text if run() could not be called in the namespace. If the context uses all namespaces,
 * those that have gone are skipped, and a single note reports those that may not be
 * entered.
 */
int ix_ns_run(struct ipcx *x, const struct ix_ns_call *e);

/*
 * Find out whether the /dev/shm of the target in use is also mounted in our mount
 * namespace on another path than our /dev/shm. Returns 1 and that path, for a note; 0 if
 * it is mounted on no other path; -errno if this is unknown. If the rights of another
 * user namespace apply, nothing is checked, and 0 is returned.
 *
 * @param sweeps as in struct ix_ns_call: if true, -EPERM with a text is returned if such
 * a call is refused because of the other path
 */
int ix_ns_run_elsewhere(struct ipcx *x, bool sweeps, char *buf, size_t size);
