/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names in the text of /proc/PID/cgroup (cgroups(7)). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Iterates over the path components in a text, outermost first. */
struct ix_cgroup_reader {
	const char *at, *end;
	const char *line; /* the line of the component returned last, from its first colon
			   * on: hierarchy numbers do not matter */
	const char *stop; /* end of that component */
	bool fresh;       /* the next component is the first of its line */
};

struct ix_cgroup_reader ix_cgroup_read(const char *text, size_t len);

/*
 * Return the next component that could name a container, stripped of known prefixes and
 * suffixes: "docker-ID.scope", "ID" and "lxc.payload.NAME" become "ID", "ID" and
 * "lxc.payload.NAME". Cgroups of monitors are skipped. Returns false at the end.
 */
bool ix_cgroup_next(struct ix_cgroup_reader *r, char *buf, size_t size);
