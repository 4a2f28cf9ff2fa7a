/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parsing of /proc/PID/status and of some small files beside it. The kernel writes these
 * files, but the process controls parts of the contents: its name, its groups, its
 * children. A line that is malformed, truncated or present twice is rejected as a whole.
 *
 * All functions return 0; -ENODATA if this kernel has no such line; -EPROTO if the text
 * is malformed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* "Groups:" can hold up to 65536 numbers, and the process chooses how many there are. */
#define IX_STATUS_MAX ((size_t)1 << 20)

/* Read the file "PID/status". Returns 0 or -errno. */
int ix_status_read(int dirfd, const char *path, struct ix_buf *ret_text);

/* Ids as seen from the user namespace of the process that opened the file. */
struct ix_status_ids {
	uint32_t real, effective, saved, fs;
};

int ix_status_uids(const char *text, size_t len, struct ix_status_ids *ret_ids);
int ix_status_gids(const char *text, size_t len, struct ix_status_ids *ret_ids);

/* Get the capability bounding set of the process. */
int ix_status_bounding(const char *text, size_t len, uint64_t *ret_caps);

/* Get the effective capabilities, which count in the process's user namespace. */
int ix_status_effective(const char *text, size_t len, uint64_t *ret_caps);

/* Get the supplementary groups: at most max of them; *ret_n is how many there are. */
int ix_status_groups(const char *text, size_t len, uint32_t *ret_groups, size_t max,
		     size_t *ret_n);

/* Get a line with one number: "Seccomp" (2: a filter is active), "TracerPid". */
int ix_status_number(const char *text, size_t len, const char *key, uint64_t *ret_n);

/* The line "NSpid:" (since Linux 4.1): the pids of the process in the PID namespace of
 * that /proc and in each PID namespace below it, down to the process's own. */
struct ix_status_pids {
	unsigned levels;
	int32_t first, last;
};

int ix_status_pids(const char *text, size_t len, struct ix_status_pids *ret_pids);

/* Get the pid in the namespace at the given level, counted from 0; -ENODATA if there are
 * fewer levels. */
int ix_status_pid_at(const char *text, size_t len, unsigned level, int32_t *ret_pid);

/* Get the state of a thread: 'R', 'S', 'D', 'T' … */
int ix_status_state(const char *text, size_t len, char *ret_state);

/* Get how often a thread has been taken off its CPU: the sum of both counters of context
 * switches. While it sleeps, the sum stays the same. */
int ix_status_switches(const char *text, size_t len, uint64_t *ret_n);

/* /proc/PID/setgroups: whether setgroups(2) is denied in the user namespace of the
 * process. */
int ix_setgroups_denied(const char *text, size_t len, bool *ret_denied);

/* Parse /proc/PID/task/TID/children up to the first malformed entry, and store at most
 * "max" pids. Returns the number of pids stored. */
size_t ix_children_parse(const char *text, size_t len, int32_t *ret_pids, size_t max);
