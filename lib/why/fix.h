/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that put things right, to be copied into a shell. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

/*
 * Write a command of ipcx: "ipcx " and the text and, if the object is in another
 * namespace, how to get there. Words that may hold anything go through ix_fix_quoted().
 * where: as --ns takes it, or NULL. buf is "" if it is too small for all of the command.
 */
void ix_fix_command(char *buf, size_t size, const char *where, const char *fmt, ...)
	PRINTF(4, 5);

/* Quote a word for a shell, if it needs quotes. Returns buf, which is "" if it is too
 * small for all of the word. */
const char *ix_fix_quoted(char *buf, size_t size, const char *word);
