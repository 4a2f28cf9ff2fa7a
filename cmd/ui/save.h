/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing a file so that it is whole or not there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Write a new file (or replace one, with force) through a temporary one beside it, on disk
 * before it has its name. "-" is standard output. Answers an exit status after a message.
 */
int save_file(const char *path, const char *data, size_t len, bool force);

/* Whether that could be done, as far as looking at the file and its directory tells. An
 * exit status, after the message that writing it would end with. */
int save_check(const char *path, bool force);
