/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the names of cgroups in the text of /proc/PID/cgroup (cgroups(7)). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Iterates over the components of each path in such a text, the outermost component
 * first. */
struct ix_cgroup_reader {
	const char *at, *end;
	/* The line that contains the last returned component, from the line's first colon
	 * on: the hierarchy number before that does not matter. */
	const char *line;
	const char *from; /* the whole component returned last, with prefix and suffix */
	const char *stop; /* its end */
	bool fresh;       /* the next component will be the first one of its line */
};

struct ix_cgroup_reader ix_cgroup_read(const char *text, size_t len);

/*
 * Return the next component that could name a container, stripped of known prefixes and
 * suffixes: "docker-ID.scope", "ID" and "lxc.payload.NAME" become "ID", "ID" and
 * "lxc.payload.NAME". Cgroups of monitors are skipped. Returns false if there is no
 * further component.
 */
bool ix_cgroup_next(struct ix_cgroup_reader *r, char *buf, size_t size);

/* Whether the component returned last is this text, prefix and suffix included. */
bool ix_cgroup_whole(const struct ix_cgroup_reader *r, const char *text);
