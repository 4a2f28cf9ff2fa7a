/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether every process has a PID in our PID namespace. */
#pragma once

#include "core/ctx.h"

#define IX_NO_NUMBER "processes outside of this PID namespace have no PID here"

/* Whether every process has a PID here: only in the initial PID namespace, where a PID of
 * 0 means that no process acted. Elsewhere 0 may stand for a process without a PID here.
 * False if /proc does not say. */
bool ix_numbers_all(struct ipcx *x);
