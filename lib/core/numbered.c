/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This is determined only once per context: a process stays in the PID namespace that it
 * was created in (pid_namespaces(7)). */
#include "core/numbered.h"

#include <sys/stat.h>

/* The inode of the initial PID namespace (PROC_PID_INIT_INO). */
#define PID_NS_INIT 0xEFFFFFFCU

static bool in_first(struct ipcx *x)
{
	int proc = ix_procfd(x);
	struct stat st;

	return proc >= 0 && fstatat(proc, "thread-self/ns/pid", &st, 0) == 0 &&
	       st.st_ino == PID_NS_INIT;
}

bool ix_numbers_all(struct ipcx *x)
{
	if (x->numbered == IX_NUMBERED_NOT_ASKED)
		x->numbered = in_first(x) ? IX_NUMBERED_ALL : IX_NUMBERED_SOME;
	return x->numbered == IX_NUMBERED_ALL;
}
