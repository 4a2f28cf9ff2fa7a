/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write a file completely or not at all. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Write a new file (or replace one, with force) through a temporary one beside it, synced
 * to disk before it gets its final name. "-" is standard output. Returns an exit status
 * after a message.
 */
int save_file(const char *path, const char *data, size_t len, bool force);

/* Check whether save_file() could succeed, as far as the file and its directory show.
 * Returns 0, or an exit status after the message that save_file() would print. */
int save_check(const char *path, bool force);
