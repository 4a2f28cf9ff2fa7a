/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a process that did something must have a number here. */
#pragma once

#include "core/ctx.h"

#define IX_NO_NUMBER "processes outside of this PID namespace have no number here"

/* Whether every process has a number here: only in the first PID namespace, where a
 * number that is 0 means that there was none. What /proc does not tell is not believed.
 * Elsewhere what was done without leaving a number was done by a process that has none
 * here. */
bool ix_numbers_all(struct ipcx *x);
