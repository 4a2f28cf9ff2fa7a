/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a call in the namespace that a context uses, while the caller stays in its
 * own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"
#include "core/table.h"

/* A call to be made there, and with which rights. */
struct ix_ns_call {
	/* Returns 0 or more, or -errno with a text in the context; appends to t. May run
	 * in another thread or process: its changes to memory are lost, except t, out and
	 * fd. */
	int (*run)(struct ipcx *x, void *arg, struct ipcx_table *t);
	void *arg;
	struct ipcx_table *t; /* or NULL */
	void *out;            /* further data that run() returns, or NULL */
	size_t out_size;
	int *fd; /* a descriptor that run() opens and returns; set to -1 first, and left
		  * so if it opens none; or NULL */
	const char *object; /* the object, for the message if the outcome is unknown
			     * ("pshm:/new"); or NULL */
	bool enough;        /* of many namespaces, stop after the first with a row in t */
	bool looks;   /* changes nothing: allowed for all namespaces, one after another */
	bool acts;    /* creates, changes or removes something: refused in our own
		       * namespace if that was opened by a container's name */
	bool mounted; /* accesses what is mounted on /dev/shm, beyond names and stat(2),
		       * and nothing else: uses the rights of the mounts' owner
		       * (ix_rights_mounted()). For one namespace, never for all */
	bool sweeps; /* … and acts on whatever is there, without naming it: with our own
		      * rights, not in a file system that is also mounted elsewhere
		      * here */
	bool as_owner; /* needs an identity in the user namespace that owns the IPC
			* namespace, as sysctls of the owner do */
};

/*
 * Make the call: here if the context uses no namespace, or is in it already. Returns the
 * result of run(), or -errno with a text if it could not be run there. With all
 * namespaces, those that have gone are skipped, and those that may not be entered are one
 * note.
 */
int ix_ns_run(struct ipcx *x, const struct ix_ns_call *e);

/*
 * Find out whether the /dev/shm of the target in use is also mounted here on another path
 * than our /dev/shm. Returns 1 and that path, for a note; 0 if it is not; -errno if that
 * is unknown. Not checked if the rights of another user namespace apply.
 *
 * @param sweeps as in struct ix_ns_call: -EPERM with a text if that is refused
 */
int ix_ns_run_elsewhere(struct ipcx *x, bool sweeps, char *buf, size_t size);
