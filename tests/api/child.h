/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs test code in a child process if it enters other namespaces or gives up
 * privileges. */
#pragma once

#include <sys/wait.h>
#include <unistd.h>

/* In the child: return 1 unless the condition holds. */
#define MUST(condition)                                                                  \
	do {                                                                             \
		if (!(condition)) {                                                      \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, \
				      #condition);                                       \
			return 1;                                                        \
		}                                                                        \
	} while (0)

/* The same for a call that returns -errno: if it returns another value, prints the error
 * text. */
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

/* Run a function in a child process, with a new context; the function returns 0 on
 * success. */
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
