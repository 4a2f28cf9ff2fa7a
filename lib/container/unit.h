/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd units: in which unit a process runs, and who chose the name of that unit.
 *
 * The cgroup of a unit is called like the unit and lies below the cgroups of slices:
 * /system.slice/app.service. What is below a unit's cgroup may be named by the unit's
 * processes (a container, the manager of a user), so the outermost unit counts. A cgroup
 * is named by the owner of the directory that contains it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "container/claim.h"

/* The cgroup of a process in the hierarchy that systemd uses. */
struct ix_unit_place {
	const char *path; /* from the root of the hierarchy; not NUL-terminated */
	size_t len;
	bool v1; /* the hierarchy is "name=systemd" of cgroup v1 */
};

/* A component of such a path, as offsets. */
struct ix_unit_part {
	size_t from, to;
};

#define IX_UNIT_MAX 256 /* names are shorter than this */

/* Get this cgroup from the text of /proc/PID/cgroup: the hierarchy of cgroup v1 if "v1"
 * is true, else that of v2. Returns false if there is no such line. */
bool ix_unit_place(const char *text, size_t len, bool v1, struct ix_unit_place *ret_p);

/* Find the outermost unit in a path, from an offset on: the first component after those
 * of slices. Returns false if this component is not the name of a unit. */
bool ix_unit_outermost(const struct ix_unit_place *p, size_t from,
		       struct ix_unit_part *ret_part);

/* Copy the name of a unit; systemd writes "_" before the names of some cgroups. */
void ix_unit_name(const struct ix_unit_place *p, const struct ix_unit_part *part,
		  char buf[IX_UNIT_MAX]);

/* Whether a text is the name of a unit that can have processes. */
bool ix_unit_is(const char *text, size_t len);

/*
 * Open the directory of the cgroup that the first "upto" bytes of a path name (O_PATH),
 * below the context's root, and find out who owns it and the directories above it.
 *
 * @param ret_uid 0 if root owns all of them; else the owner of the outermost other one
 * @return a descriptor; -EPERM if users may write to one of the directories; -ENODATA if
 * the hierarchy is not mounted; another -errno
 */
int ix_unit_open(struct ipcx *x, const struct ix_unit_place *p, size_t upto,
		 uid_t *ret_uid);

/* Record that such a directory, or a file in it, could not be read, unless the error says
 * that it is gone or that users may write to it. */
void ix_unit_lost(const struct ix_search *s, int r);

/*
 * Find the oldest process of a cgroup.
 *
 * @param dir the directory of the cgroup
 * @param rather of several processes that started at the same time, prefer this one
 * @param ret_oldest the process; pid is 0 if there is none
 * @return 0; -EPERM if users may move processes into the cgroup; another -errno
 */
int ix_unit_oldest(const struct ix_search *s, int dir, int32_t rather,
		   struct ix_proc *ret_oldest);

/* The directory that was checked last: most containers are in cgroups of one slice. */
struct ix_unit_checked {
	char path[1024];
	size_t len; /* 0: none yet */
	bool v1, ok;
};

/* Return the unit in which a process with this text in /proc/PID/cgroup runs, if root
 * named the unit; else NULL. The name has to be freed. */
char *ix_unit_of(const struct ix_search *s, const char *text, size_t len,
		 struct ix_unit_checked *checked);

/* A unit whose processes are in our own IPC namespace. */
struct ix_unit {
	struct ix_container c; /* its texts point to the name */
	char name[IX_UNIT_MAX];
};

/*
 * Find a unit of root by its name, whose processes share our own IPC namespace; the list
 * of containers has only units with an IPC namespace of their own. c.pid is the oldest
 * process of the unit. Returns 0; -ENOENT; -ENODATA if it is unknown whether there is
 * such a unit. No text is set.
 */
int ix_unit_find(struct ipcx *x, const char *name, struct ix_unit *ret_unit);
