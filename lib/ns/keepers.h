/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What keeps each IPC namespace alive, one record for each holder. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ix_keeper_kind {
	IX_KEEPER_PROCESS,
	IX_KEEPER_THREAD,  /* of a process in another namespace */
	IX_KEEPER_FD,      /* an open descriptor of the namespace, or of a mount of it */
	IX_KEEPER_MOUNT,   /* a mount of the namespace's file */
	IX_KEEPER_PIN,     /* such a mount, made by ipcx_ns_pin() */
	IX_KEEPER_MAPPING, /* an attached segment of a process in another namespace */
	IX_KEEPER_UNKNOWN,
};

struct ix_keeper {
	uint64_t ns;  /* 0: which namespace it keeps is unknown */
	uint64_t mnt; /* of a mount: the mount namespace */
	enum ix_keeper_kind kind;
	int32_t pid;   /* of a mount: a process that sees it */
	int32_t tid;   /* a thread, or the thread that has the descriptor; or 0 */
	int32_t fd;    /* or -1 */
	int32_t id;    /* of a mapping: the segment's id */
	bool perhaps;  /* of a mapping: other namespaces are as likely */
	uint32_t more; /* stands for this many more of its kind */
	char *path;    /* where it is mounted, below the root of pid; of a descriptor
			* whose namespace is unknown: what it is; or NULL */
};

struct ix_keepers {
	struct ix_keeper *all;
	size_t n, cap;
};

/* The most records of one kind for each namespace; of the rest, only the number is known.
 */
#define IX_KEEPERS_PROCESSES 16U
#define IX_KEEPERS_OTHERS    256U

/* Add a record; its path is copied. Returns 0 or -ENOMEM. */
int ix_keepers_add(struct ix_keepers *k, const struct ix_keeper *one);

/* Sort by namespace, kind and numbers. */
void ix_keepers_sort(struct ix_keepers *k);

/* Return the records of one namespace in a sorted list, *ret_n of them. */
const struct ix_keeper *ix_keepers_of(const struct ix_keepers *k, uint64_t ns,
				      size_t *ret_n);
void ix_keepers_free(struct ix_keepers *k);

/* Write a keeper in words: "descriptor 5 of 812 (lxc-start)". comm is the command of its
 * process, or NULL; "here" says that its mount is in our mount namespace. */
#define IX_KEEPER_TEXT 4600
void ix_keeper_words(const struct ix_keeper *k, const char *comm, bool here, char *buf,
		     size_t size);

/* Write the command that makes it let go; "" if there is none. */
#define IX_KEEPER_LET_GO 16500
void ix_keeper_let_go(const struct ix_keeper *k, bool here, char *buf, size_t size);

/* The name of a kind: "fd". */
const char *ix_keeper_kind(enum ix_keeper_kind kind);
