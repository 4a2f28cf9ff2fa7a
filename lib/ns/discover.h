/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out which IPC namespaces exist, and what keeps each of them alive. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "core/gaps.h"
#include "ns/keepers.h"

/* One namespace that was found. */
struct ix_nsseen {
	uint64_t ino;
	int32_t pid;    /* the oldest process in it, or 0 */
	int32_t spare;  /* another process in it: the one seen last */
	uint64_t start; /* start time of the oldest process, in ticks since boot */
	uint32_t processes, threads, mounts, fds;
	int fd; /* a descriptor of the namespace if no process is in it, since it could
		 * not be found again; else -1 */
	bool listed; /* only the kernel's list has it: what keeps it was not found */
};

/* The processes that share an IPC namespace and a mount namespace. */
struct ix_nspair {
	uint64_t ipc, mnt;
	int32_t pid;    /* the oldest of these processes */
	int32_t spare;  /* the process seen last */
	uint64_t start; /* start time of the oldest of these processes */
	uint32_t processes;
};

/* A process, and the pair of namespaces that it belongs to. */
struct ix_process_entry {
	int32_t pid;
	uint32_t pair;
};

#define IX_HIDDEN UINT32_MAX /* means the pair of a process that we may not inspect */

struct ix_nslist {
	struct ix_keepers keepers;        /* with IX_SEEK_KEEPERS: sorted */
	struct ix_process_entry *entries; /* all processes, in the order in which the
					   * kernel lists them: by pid */
	size_t nentries, cap_entries;
	struct ix_nspair *pairs;
	size_t npairs, cap_pairs, last_pair;
	uint32_t *pair_index; /* hash table as index below, by both inode numbers */
	size_t pair_slots;
	struct ix_nsseen *all;
	size_t n, cap;
	uint32_t *index; /* hash table by inode number, open addressing; its elements are
			  * indices in all[] plus 1 */
	size_t slots;
	size_t last;
	uint32_t hidden; /* processes that could not be inspected, for lack of permission
			  * or other reasons */
	uint32_t denied; /* of these, the processes that we lack permission to inspect */
	uint32_t missed; /* number of failed attempts to read a process */
	int missed_error;
	bool no_ipcns;   /* the kernel was built without IPC namespaces */
	bool no_mounts;  /* some namespaces are mounted, but could not be found because
			  * libmount is not installed */
	bool first;      /* process 1 was seen */
	uint32_t closed; /* namespaces that the kernel lists but does not let us open */
	int unlisted;    /* the kernel's list could not be read to its end: -errno */
};

/* What is searched for namespaces in addition to the processes' ns/ipc and the mounts. */
#define IX_SEEK_THREADS (1U << 0) /* threads in another namespace than their process */
#define IX_SEEK_FDS     (1U << 1) /* every open descriptor of every process */
#define IX_SEEK_KEEPERS (1U << 2) /* nothing more, but each holder is recorded */

/* Find all namespaces. Returns 0; -ENOMEM; -ENOENT if there is no /proc. Errors set a
 * text. */
int ix_discover(struct ipcx *x, unsigned how, struct ix_nslist *ret_list);

/* The same, but fail with -EOPNOTSUPP if the kernel has no IPC namespaces. */
int ix_discover_some(struct ipcx *x, unsigned how, struct ix_nslist *ret_list);
void ix_nslist_free(struct ix_nslist *l);

/* Add to "gaps" why a list may be incomplete: calls that failed, and processes that we
 * may not inspect. */
void ix_nslist_gaps(const struct ix_nslist *l, struct ix_gaps *g);

/* Count a failed attempt to read a process (-errno), unless the process has ended.
 * ix_nslist_shut() does not count missing permission, either: it is for files that we
 * often may not read. */
void ix_nslist_missed(struct ix_nslist *l, int error);
void ix_nslist_shut(struct ix_nslist *l, int error);

/* Return the namespace with this inode number, or NULL. */
struct ix_nsseen *ix_nslist_find(const struct ix_nslist *l, uint64_t ino);

/* Return the pair of namespaces of a process; NULL if the process was not seen. */
struct ix_nspair *ix_nslist_pair(const struct ix_nslist *l, int32_t pid);

/*
 * Return the processes that may be the first process of a container: the oldest process
 * in each mount namespace except the caller's, and all processes that we may not inspect.
 * The caller frees the array; NULL if out of memory.
 */
int32_t *ix_nslist_firsts(struct ipcx *x, const struct ix_nslist *l, size_t *ret_n);

/* Parse "ipc:[N]", the text of a link in /proc; returns 0 for any other text. */
uint64_t ix_ns_number(const char *type, const char *text, size_t len);

/* Return the inode number of a process's namespace, from a link below /proc such as
 * "123/ns/ipc"; 0 with errno if the process is gone or we may not inspect it. */
uint64_t ix_ns_link(int proc, const char *path, const char *type);
