/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether every process has a PID in our PID namespace. */
#pragma once

#include "core/ctx.h"

#define IX_NO_NUMBER "processes outside of this PID namespace have no PID here"

/* Whether every process has a PID in our PID namespace. This is so only in the initial
 * PID namespace: there, a PID of 0 in an object means that no process has acted. In other
 * PID namespaces, 0 may also stand for a process that has no PID there. Returns false if
 * /proc does not say whether ours is the initial one. */
bool ix_numbers_all(struct ipcx *x);
