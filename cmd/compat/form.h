/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes, times, permissions and commands as util-linux writes them. Each function writes
 * at p without a NUL and returns the end. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Write 5000 as 4.9K, rounded to one decimal (a decimal of 0 is omitted); write 12 as
 * 12B. */
char *form_size(char *p, uint64_t n);

/* Write "Sat Nov 21 08:01:16 2026": local time. */
char *form_ctime(char *p, int64_t when);

/* Write a time as "08:01" if it is today, "Nov20" if it is in this year, else
 * "2025-Nov20". */
char *form_short(char *p, int64_t when);

/* Write "2026-11-21T08:01:16+00:00": local time with its offset. */
char *form_iso(char *p, int64_t when);

/* "rw-r-----" */
char *form_perms(char *p, uint64_t mode);

/* Write the command line of a process, with blanks between the words; nothing if the
 * process has ended. Writes at most FORM_COMMAND_MAX bytes. */
#define FORM_COMMAND_MAX 8192
char *form_command(char *p, int64_t pid);

/* Maximum size of all other texts. */
#define FORM_MAX 64
