/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces of containers, by name. */
#pragma once

#include "core/gaps.h"
#include "ns/target.h"

/* Open the namespace of a container by a text that ix_container_named() accepts. Returns
 * 0 or -errno with a text; what is known to be elsewhere is added to gaps. */
int ix_open_container(struct ipcx *x, const char *name, struct ix_gaps *gaps,
		      struct ix_target *ret_p);

/*
 * Open the namespace of a process, unless its number is also the name, the id or the
 * beginning of the id of a container of root or of the caller: -ENOTUNIQ. If there is no
 * such process, open that container. All containers are searched for, which costs about
 * as much as finding out who shares the namespace.
 */
int ix_open_pid(struct ipcx *x, const char *where, int32_t pid, struct ix_gaps *gaps,
		struct ix_target *ret_p);
