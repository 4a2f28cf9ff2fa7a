/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names in the text of /proc/PID/cgroup (cgroups(7)). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Reads on in a text: one component of a path after the other, outermost first. */
struct ix_cgroup_reader {
	const char *at, *end;
	const char *line; /* the line of the last component, from its first colon: numbers
			     of hierarchies say nothing */
	const char *stop; /* where that component ends */
	bool fresh;       /* the next component is the first of its line */
};

struct ix_cgroup_reader ix_cgroup_read(const char *text, size_t len);

/*
 * The next component that could name a container, as what stands in front of and behind
 * an id is taken off: "docker-ID.scope", "ID", "lxc.payload.NAME" are "ID", "ID",
 * "lxc.payload.NAME". Monitors of containers are left out. False at the end.
 */
bool ix_cgroup_next(struct ix_cgroup_reader *r, char *buf, size_t size);
