/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another namespace that holds a segment and a POSIX object, and a process that stays in
 * this namespace as long as a test needs it. */
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

/* A child process that has called a function (to change its namespaces, for example) and
 * now waits. */
struct sub {
	pid_t pid;
	int end; /* closing this descriptor ends the child */
};

static inline int live(int (*become)(void), int ready, int wait)
{
	char byte = 0;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	MUST(become() == 0);
	MUST(write(ready, &byte, 1) == 1);
	MUST(read(wait, &byte, 1) == 0);
	return 0;
}

static inline struct sub begin_sub(int (*become)(void))
{
	struct sub s = { .pid = -1 };
	int ready[2], wait[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(wait), 0);
	s.pid = fork();
	assert_true(s.pid >= 0);
	if (s.pid == 0) {
		(void)close(ready[0]);
		(void)close(wait[1]);
		_exit(live(become, ready[1], wait[0]));
	}
	(void)close(ready[1]);
	(void)close(wait[0]);
	s.end = wait[1];
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	return s;
}

static inline void end_sub(struct sub *s)
{
	int status;

	(void)close(s->end);
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	assert_int_equal(status, 0);
}

struct other {
	struct sub sub;
	pid_t pid;
	uint64_t ino;
};

static inline int live_there(void)
{
	struct ipcx_attrs two[2] = { small("shm", NULL), small("pshm", "/there") };
	struct ipcx_table *t;
	struct ipcx *x;

	MUST(ipcx_new(&x) == 0);
	MUST_BE(x, ipcx_ns_new(x, 0), 0);
	MUST_BE(x, ipcx_create(x, two, 2, &t), 0);
	ipcx_table_free(t);
	ipcx_free(x);
	return 0;
}

static inline struct other begin_other(void)
{
	struct other o = { .sub = begin_sub(live_there) };

	o.pid = o.sub.pid;
	o.ino = inode(o.pid);
	assert_true(o.ino != 0 && o.ino != inode(getpid()));
	return o;
}

static inline void end_other(struct other *o)
{
	end_sub(&o->sub);
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
