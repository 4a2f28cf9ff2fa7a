/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which IPC namespaces there are, and what keeps each of them alive. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "core/gaps.h"

/* One namespace that was seen. */
struct ix_nsseen {
	uint64_t ino;
	int32_t pid;    /* its eldest process, or 0 */
	int32_t spare;  /* another, the last that was seen */
	uint64_t start; /* when that started, in ticks since boot */
	uint32_t processes, threads, mounts, fds;
	int fd; /* opened where no process has it: nothing else would find it again; -1 */
};

/* Processes that are in the same IPC namespace and the same mount namespace. */
struct ix_nspair {
	uint64_t ipc, mnt;
	int32_t pid;    /* the eldest of them */
	int32_t spare;  /* the last that was seen */
	uint64_t start; /* when that started */
	uint32_t processes;
};

/* One process, and which pair it is of. */
struct ix_process_entry {
	int32_t pid;
	uint32_t pair;
};

#define IX_HIDDEN UINT32_MAX /* the pair of one that may not be looked at */

struct ix_nslist {
	struct ix_process_entry
		*entries; /* all processes, upwards, as the kernel lists them */
	size_t nentries, cap_entries;
	struct ix_nspair *pairs;
	size_t npairs, last_pair;
	struct ix_nsseen *all;
	size_t n, cap;
	uint32_t *index; /* by inode number, open addressing: place in all[] plus 1 */
	size_t slots;
	size_t last;
	uint32_t hidden; /* processes that may not be looked at, or could not be */
	uint32_t denied; /* … the former of them */
	uint32_t missed; /* looks at processes that failed, and why the first did */
	int missed_error;
	bool no_mounts; /* namespaces are mounted, and libmount is not there to tell */
	bool first;     /* process 1 was seen */
};

/* How closely to look: ns/ipc and mounts always. */
#define IX_SEEK_THREADS (1U << 0) /* threads that are elsewhere than their process */
#define IX_SEEK_FDS     (1U << 1) /* open descriptors: all of all processes */

/* 0, -ENOMEM, or -ENOENT without /proc; with a text. */
int ix_discover(struct ipcx *x, unsigned how, struct ix_nslist *ret_list);
void ix_nslist_free(struct ix_nslist *l);

/* What is missing of a list: calls failed, or processes may not be looked at. */
void ix_nslist_gaps(const struct ix_nslist *l, struct ix_gaps *g);

/* A look at a process failed (-errno): that counts, unless it has gone; or, of what may
 * well be shut, unless it may not be looked at. */
void ix_nslist_missed(struct ix_nslist *l, int error);
void ix_nslist_shut(struct ix_nslist *l, int error);

/* The one with this inode number, or NULL. */
struct ix_nsseen *ix_nslist_find(const struct ix_nslist *l, uint64_t ino);

/* The pair of a process that was seen, or NULL. */
struct ix_nspair *ix_nslist_pair(const struct ix_nslist *l, int32_t pid);

/*
 * The processes that containers may begin with: the eldest of each mount namespace that
 * is not the caller's, and all that may not be looked at. NULL when memory is out; else
 * the caller's.
 */
int32_t *ix_nslist_firsts(struct ipcx *x, const struct ix_nslist *l, size_t *ret_n);

/* The number in "ipc:[N]", as a link in /proc reads; 0 when it is something else. */
uint64_t ix_ns_number(const char *type, const char *text, size_t len);

/* The inode number of a namespace of a process, by its link; 0 when it is gone or may not
 * be looked at (errno tells). path is below /proc: "123/ns/ipc". */
uint64_t ix_ns_link(int proc, const char *path, const char *type);
