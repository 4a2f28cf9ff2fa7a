/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of environment variables for programs that we start. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "ui/opt.h"

/* The variables in pool are NUL-terminated, one after another. */
struct run_env {
	struct ix_buf pool;
};

/* Append the variables of a file, as docker reads it: lines NAME=VALUE, or NAME alone for
 * the value that we have; empty lines, and those that begin with #, are skipped. Then
 * append those of --env. Returns 0, or an exit status after a message. */
int env_read(struct run_env *env, const char *file, const struct opt_list *words);

/*
 * Make the array that execve(2) takes from several lists, each NUL-separated: a variable
 * replaces those of the same name in earlier lists. The last list is at lists[n - 1]. The
 * array points into the lists. Returns NULL if out of memory.
 */
struct env_list {
	const char *text;
	size_t len;
};
char **env_array(const struct env_list *lists, size_t n);

/* Return the value of a variable of the array; NULL if it has none. */
const char *env_value(char *const *array, const char *name);
