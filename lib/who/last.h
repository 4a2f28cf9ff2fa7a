/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that acted last on an object, for error texts. */
#pragma once

#include "core/ctx.h"

/* For a process that acted although the object shows no pid. */
#define IX_LAST_OUTSIDE "outside of this PID namespace"

/*
 * Write the pid and, as far as it is known, what became of the process: "45 (sleep)" with
 * the name of its command; "45 (gone)"; "45 (sleep?)" if the process that has the pid now
 * may have started later; or only "45". Names are escaped. The process acted between
 * "from" and "to", in seconds since the epoch; 0: unknown.
 */
void ix_last_put(struct ipcx *x, int32_t pid, int64_t from, int64_t to, char *buf,
		 size_t size);

/* Write "45 (sleep)" for a process with this name, which is in quotes if it could be
 * taken for something else; otherwise as it is. */
void ix_last_name(int32_t pid, const char *comm, char *buf, size_t size);
