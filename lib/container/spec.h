/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What engines write into the specification of a container (config.json of the OCI), and
 * how a container came to its IPC namespace. */
#pragma once

#include "container/containers.h"

/*
 * Return the IPC mode that a specification sets: "private" for a namespace of its own,
 * "host" for none, or the path of the namespace that the container joins, which begins
 * with a slash; NULL if the specification does not say it. The path belongs to j.
 */
const char *ix_spec_ipc(const struct ix_json *j);

/* The same from the state file of runc, which contains runc's own form of the
 * specification. */
const char *ix_spec_ipc_of_runc(const struct ix_json *j);

/* Fill in what CRI-O writes into the annotations of a container. Returns false if the
 * container is not one of CRI-O. The texts belong to j. */
bool ix_spec_crio(const struct ix_json *j, struct ix_container *found);

/* CRI-O's own name of a container, "k8s_NAME_POD_NAMESPACE_UID_ATTEMPT", split. */
struct ix_crio_name {
	char text[600];
};

/* Fill in from such a name what is still unknown. The texts belong to "name". */
void ix_spec_crio_name(const char *text, struct ix_crio_name *name,
		       struct ix_container *found);

/*
 * Replace the paths that families stored as IPC modes: by "pod" or "container:ID" if
 * another container of this list has that namespace, by "host" if it is our own, else by
 * "path:PATH". Returns 0 or -ENOMEM.
 */
int ix_modes_settle(const struct ix_search *s, struct ix_containers *c);
