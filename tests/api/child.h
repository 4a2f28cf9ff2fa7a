/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What moves its process, or gives up its rights, is done in a child that can be spared. */
#pragma once

#include <sys/wait.h>
#include <unistd.h>

/* In the child: a condition without which there is no going on. */
#define MUST(condition)                                                                  \
	do {                                                                             \
		if (!(condition)) {                                                      \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, \
				      #condition);                                       \
			return 1;                                                        \
		}                                                                        \
	} while (0)

/* The same for a call that answers -errno: its text is shown. */
#define MUST_BE(x, call, answer)                                                         \
	do {                                                                             \
		int r_ = (call);                                                         \
		if (r_ != (answer)) {                                                    \
			(void)fprintf(stderr, "%s:%d: %d: %s: %s\n", __FILE__, __LINE__, \
				      r_, #call, ipcx_error(x));                         \
			return 1;                                                        \
		}                                                                        \
	} while (0)

#define SKIPPED 77

/* Run it in a child, with a context of its own; it answers 0 when all is well. */
static inline int in_child(int (*run)(struct ipcx *x, void *arg), void *arg)
{
	struct ipcx *x;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (ipcx_new(&x) < 0)
			_exit(1);
		status = run(x, arg);
		ipcx_free(x);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}
