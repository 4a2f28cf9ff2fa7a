/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of the pass over /proc: which processes there are, and which file systems hold
 * memory that has no name. */
#pragma once

#include <dirent.h>

#include "proc/stat.h"
#include "who/uses.h"

/* A walk over the processes in /proc. */
struct ix_procs_walk {
	DIR *dir;
};

/* Returns 0 or -errno. */
int ix_procs_walk_open(struct ipcx *x, struct ix_procs_walk *ret_walk);

/* Return 1 and the next pid, 0 at the end, or -errno. */
int ix_procs_walk_next(struct ix_procs_walk *w, int32_t *ret_pid);

#define auto_procs_walk __attribute__((cleanup(ix_procs_walk_close)))
void ix_procs_walk_close(struct ix_procs_walk *w);

/* Open the /proc directory of a process with O_PATH. Returns a descriptor or -errno. */
int ix_procs_open(struct ipcx *x, int32_t pid);

/* Read the file "stat" below a /proc directory. Returns 0 or -errno. */
int ix_procs_stat(int dir, struct ix_proc_stat *ret_st);

/* Describe a process by its directory, or by its pid. Returns 0; -ESRCH if it has ended;
 * or another -errno. */
int ix_procs_describe(int dir, int32_t pid, struct ix_user *ret_user);
int ix_procs_user(struct ipcx *x, int32_t pid, struct ix_user *ret_user);

/* Whether a process has neither memory nor descriptors: it is a thread of the kernel, or
 * has ended, or is about to end: then the kernel refuses to show its descriptors to its
 * own user, because they belong to root without the memory (task_dump_owner() in
 * fs/proc/base.c). */
bool ix_procs_is_empty(const struct ix_proc_stat *st);

/* If the first thread of a process has ended while others run, open the directory of one
 * of them. Returns a descriptor; -ENODATA if the first thread runs; -ESRCH if none does;
 * or another -errno. */
int ix_procs_thread(int dir, const struct ix_proc_stat *first, int32_t *ret_tid);

/* Store the file systems of segments and memfds, one for each size of pages. Returns
 * their number. */
size_t ix_procs_memory(struct ix_memory_dev *ret, size_t max);

/* Return the device of pipes that have no name; 0 if unknown. */
uint64_t ix_procs_pipes(void);
