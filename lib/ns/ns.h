/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces opened for use: one target, or many that are opened in turn. */
#pragma once

#include "core/gaps.h"
#include "ns/discover.h"
#include "ns/target.h"

struct ipcx_ns {
	struct ix_target *places;
	size_t n;
	size_t held; /* if there are many: number of targets kept open between calls
		      * (ns/run.c) */
	bool all;
	char *where;               /* the word that named it; or NULL */
	bool labelled;             /* if there is one: its containers were searched for */
	struct ix_gaps unlabelled; /* what that search could not find out */
	bool told; /* it was reported which processes share only its /dev/shm or only the
		    * IPC namespace */
	bool told_elsewhere; /* other mount points of its /dev/shm were reported */
	struct ix_gaps gaps; /* if there are many: what the list or the labels lack */
};

/* Make an ipcx_ns of all namespaces in a list, each labelled with its containers; the
 * caller's own namespace comes first. Takes over the descriptors of the list. Returns 0,
 * or -ENOMEM with a text. */
int ix_ns_all_of(struct ipcx *x, struct ix_nslist *l, struct ipcx_ns **ret_ns);

/* Make an ipcx_ns of one target; takes over the descriptors of the target, even on
 * failure. Returns 0 or -ENOMEM. */
int ix_ns_take(struct ix_target *p, struct ipcx_ns **ret_ns);

/* Check that this process is single-threaded, as the kernel requires for moving a
 * process; waits a moment for a helper thread of ours that is about to end. Returns 0, or
 * -EBUSY with a text. */
int ix_ns_alone(struct ipcx *x);

/* Return the only target of a namespace opened for use; NULL for "all". */
static inline const struct ix_target *ix_ns_target(const struct ipcx_ns *ns)
{
	return ns->all ? NULL : &ns->places[0];
}

/* Check that what was opened for use is no mere directory (ns/remains.h). Returns 0, or
 * -EINVAL with a text. ix_ns_needed() also checks that it can be entered: the only IPC
 * namespace of a kernel without CONFIG_IPC_NS cannot. */
int ix_ns_no_directory(struct ipcx *x, const struct ipcx_ns *ns);
int ix_ns_needed(struct ipcx *x, const struct ipcx_ns *ns);
