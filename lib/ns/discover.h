/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which IPC namespaces exist, and what keeps each of them alive. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "core/gaps.h"

/* One namespace that was found. */
struct ix_nsseen {
	uint64_t ino;
	int32_t pid;    /* its oldest process, or 0 */
	int32_t spare;  /* another process in it, the last one seen */
	uint64_t start; /* start time of the oldest, in ticks since boot */
	uint32_t processes, threads, mounts, fds;
	int fd; /* kept open if no process is in it, as it could not be found again; else
		 * -1 */
};

/* The processes that share an IPC namespace and a mount namespace. */
struct ix_nspair {
	uint64_t ipc, mnt;
	int32_t pid;    /* the oldest of them */
	int32_t spare;  /* the last one seen */
	uint64_t start; /* start time of the oldest */
	uint32_t processes;
};

/* A process and the pair that it belongs to. */
struct ix_process_entry {
	int32_t pid;
	uint32_t pair;
};

#define IX_HIDDEN UINT32_MAX /* the pair of a process that may not be inspected */

struct ix_nslist {
	struct ix_process_entry
		*entries; /* all processes, ascending, as the kernel lists them */
	size_t nentries, cap_entries;
	struct ix_nspair *pairs;
	size_t npairs, last_pair;
	struct ix_nsseen *all;
	size_t n, cap;
	uint32_t *index; /* hash by inode number, open addressing: index in all[] plus
			  * 1 */
	size_t slots;
	size_t last;
	uint32_t hidden; /* processes that could not be inspected, for lack of permission
			  * or other reasons */
	uint32_t denied; /* … those not permitted */
	uint32_t missed; /* failed reads of processes, and the error of the first */
	int missed_error;
	bool no_mounts; /* namespaces are mounted, but libmount is not installed */
	bool first;     /* process 1 was seen */
};

/* What else to search; ns/ipc and mounts are always searched. */
#define IX_SEEK_THREADS (1U << 0) /* threads in another namespace than their process */
#define IX_SEEK_FDS     (1U << 1) /* every open descriptor of every process */

/* Find all namespaces. Returns 0, -ENOMEM, or -ENOENT without /proc; with a text. */
int ix_discover(struct ipcx *x, unsigned how, struct ix_nslist *ret_list);
void ix_nslist_free(struct ix_nslist *l);

/* Add what a list lacks: failed calls, and processes that may not be inspected. */
void ix_nslist_gaps(const struct ix_nslist *l, struct ix_gaps *g);

/* Count a failed read of a process (-errno), unless the process has ended;
 * ix_nslist_shut() also ignores missing permission, for files that we often may not
 * read. */
void ix_nslist_missed(struct ix_nslist *l, int error);
void ix_nslist_shut(struct ix_nslist *l, int error);

/* Return the namespace with this inode number, or NULL. */
struct ix_nsseen *ix_nslist_find(const struct ix_nslist *l, uint64_t ino);

/* Return the pair of a process that was seen, or NULL. */
struct ix_nspair *ix_nslist_pair(const struct ix_nslist *l, int32_t pid);

/*
 * Return the processes that may be the first of a container: the oldest of each mount
 * namespace that is not the caller's, and all that may not be inspected. The caller frees
 * the array; NULL if out of memory.
 */
int32_t *ix_nslist_firsts(struct ipcx *x, const struct ix_nslist *l, size_t *ret_n);

/* Parse "ipc:[N]", the text of a link in /proc; 0 if it is something else. */
uint64_t ix_ns_number(const char *type, const char *text, size_t len);

/* Return the inode number of a process's namespace, from a link below /proc such as
 * "123/ns/ipc"; 0 with errno if the process is gone or may not be inspected. */
uint64_t ix_ns_link(int proc, const char *path, const char *type);
