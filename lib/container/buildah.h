/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers in which buildah runs a command. */
#pragma once

#include "container/state.h"

/*
 * Return the name by which buildah knows the working container that a container of runc
 * or crun runs, to be freed; NULL if this is no container of buildah, or if its name
 * cannot be read.
 *
 * @param id the container's id, as the runtime knows it
 * @param spec the specification, also as in the state file of runc
 * @param g the giver of the container's name
 */
char *ix_buildah_name(const struct ix_search *s, const char *id,
		      const struct ix_json *spec, const struct ix_giver *g);
