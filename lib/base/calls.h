/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls for which a seccomp(2) filter may kill the process. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Whether a process that makes this call lives on: true without a filter, and if it
 * cannot be found out. Under a filter a child process makes the call, with arguments that
 * the kernel refuses; its end raises no signal, and only we can wait for it.
 */
bool ix_call_survives(void (*call)(const void *), const void *arg);

/* The same, remembered by the number of the call for the life of the process. */
bool ix_call_known(long number, void (*call)(const void *), const void *arg);

/* The same for a call by its number; all its arguments are -1. */
bool ix_call_possible(long number);

/* Whether this process has a filter. Keeps errno: many ask after a call that failed. */
bool ix_call_filtered(void);

/* syscall(2) that fails with ENOSYS where a filter kills for the call. */
#define IX_CALL(number, ...)                                       \
	(ix_call_possible(number) ? syscall((number), __VA_ARGS__) \
				  : (errno = ENOSYS, -1L))
