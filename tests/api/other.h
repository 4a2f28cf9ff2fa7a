/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another namespace, with a segment and a POSIX object in it, and a process that lives
 * there for as long as it is needed. */
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "child.h"

static inline uint64_t inode(pid_t pid)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/ipc", (int)pid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

struct other {
	pid_t pid;
	int end; /* closed, the process there ends */
	uint64_t ino;
};

static inline int live_there(int ready, int wait)
{
	struct ipcx_attrs two[2] = { small("shm", NULL), small("pshm", "/there") };
	struct ipcx_table *t;
	struct ipcx *x;
	char byte = 0;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	MUST(ipcx_new(&x) == 0);
	MUST_BE(x, ipcx_ns_new(x, 0), 0);
	MUST_BE(x, ipcx_create(x, two, 2, &t), 0);
	ipcx_table_free(t);
	ipcx_free(x);
	MUST(write(ready, &byte, 1) == 1);
	MUST(read(wait, &byte, 1) == 0);
	return 0;
}

static inline struct other begin_other(void)
{
	struct other o = { .pid = -1 };
	int ready[2], wait[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(wait), 0);
	o.pid = fork();
	assert_true(o.pid >= 0);
	if (o.pid == 0) {
		(void)close(ready[0]);
		(void)close(wait[1]);
		_exit(live_there(ready[1], wait[0]));
	}
	(void)close(ready[1]);
	(void)close(wait[0]);
	o.end = wait[1];
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	o.ino = inode(o.pid);
	assert_true(o.ino != 0 && o.ino != inode(getpid()));
	return o;
}

static inline void end_other(struct other *o)
{
	int status;

	(void)close(o->end);
	assert_int_equal(waitpid(o->pid, &status, 0), o->pid);
	assert_int_equal(status, 0);
}

static inline struct ipcx_ns *open_pid(struct ipcx *x, pid_t pid)
{
	struct ipcx_ns *ns = NULL;
	char where[24];

	(void)snprintf(where, sizeof(where), "%d", (int)pid);
	if (ipcx_ns_open(x, where, &ns) < 0)
		fail_msg("%s", ipcx_error(x));
	return ns;
}
