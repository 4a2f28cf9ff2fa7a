/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers in which buildah runs a command. */
#pragma once

#include "container/container.h"
#include "container/state.h"

/*
 * Return the name by which buildah knows the working container that a container of runc
 * or crun runs, to be freed; NULL if this is no container that root's buildah runs, or if
 * its name cannot be read.
 *
 * @param found the container, as the runtime knows it
 * @param spec the specification, also as in the state file of runc
 */
char *ix_buildah_name(const struct ix_search *s, const struct ix_container *found,
		      const struct ix_json *spec);
