/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The texts of /proc/PID/status and of its small neighbours. The kernel writes them, but
 * the process chooses parts: its name, its groups, its children. A line that is not as
 * the kernel writes it, is cut off or stands there twice is never half believed.
 *
 * All answer 0; -ENODATA: this kernel does not tell; -EPROTO: it is no such text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* "Groups:" makes the file as long as the process wants: 65536 numbers at most. */
#define IX_STATUS_MAX ((size_t)1 << 20)

/* Read the file at path, "PID/status". 0 or -errno. */
int ix_status_read(int dirfd, const char *path, struct ix_buf *ret_text);

/* As whoever opened the file sees it: numbers are those of his user namespace. */
struct ix_status_ids {
	uint32_t real, effective, saved, fs;
};

int ix_status_uids(const char *text, size_t len, struct ix_status_ids *ret_ids);
int ix_status_gids(const char *text, size_t len, struct ix_status_ids *ret_ids);

/* The bounding set of capabilities. */
int ix_status_bounding(const char *text, size_t len, uint64_t *ret_caps);

/* "NSpid:" (Linux 4.1): its number in the PID namespace of that /proc and in each below
 * that, down to its own. */
struct ix_status_pids {
	unsigned levels;
	int32_t first, last;
};

int ix_status_pids(const char *text, size_t len, struct ix_status_pids *ret_pids);

/* Its number on one of these levels, from 0; -ENODATA: there are not so many. */
int ix_status_pid_at(const char *text, size_t len, unsigned level, int32_t *ret_pid);

/* /proc/PID/setgroups: whether setgroups(2) is forbidden in its user namespace. */
int ix_setgroups_denied(const char *text, size_t len, bool *ret_denied);

/* /proc/PID/task/TID/children: those before anything that is no number of one, at most so
 * many. How many there are in ret_pids. */
size_t ix_children_parse(const char *text, size_t len, int32_t *ret_pids, size_t max);
