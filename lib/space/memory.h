/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the answer of ipcx_memory() is put together: first facts of each place, then one
 * pass over /proc for everything that processes keep, then rows.
 */
#pragma once

#include "space/space.h"
#include "who/uses.h"

/* ---- rows */

/* A row of the answer. A number that is not set is absent. */
struct ix_mem_row {
	struct ix_row head;
	uint64_t limit, used, resident, swap, objects, inodes, inodes_used;
	double percent;
	ix_text place, kind, what;
	uint32_t has; /* bit mask of enum ix_mem_number */
};

enum ix_mem_number {
	IX_MEM_LIMIT,
	IX_MEM_USED,
	IX_MEM_RESIDENT,
	IX_MEM_SWAP,
	IX_MEM_OBJECTS,
	IX_MEM_INODES,
	IX_MEM_INODES_USED,
	IX_MEM_PERCENT,
};

/* The row that is being filled. */
struct ix_mem_put {
	struct ipcx_table *t;
	struct ix_mem_row *row; /* NULL: out of memory */
};

struct ix_mem_put ix_mem_begin(struct ipcx_table *t, const char *place, const char *kind);
void ix_mem_number(const struct ix_mem_put *p, enum ix_mem_number which, uint64_t n);
void ix_mem_unknown(const struct ix_mem_put *p, enum ix_mem_number which);
void ix_mem_what(const struct ix_mem_put *p, const char *fmt, ...) PRINTF(2, 3);

/* Add the row; percent follows from limit and used. Returns 0 or -ENOMEM. */
int ix_mem_end(const struct ix_mem_put *p);

/* ---- facts */

/* All System V segments of a namespace, those that nobody has attached, and those that
 * are removed but attached. */
enum ix_mem_segments_part { IX_MEM_ALL, IX_MEM_UNATTACHED, IX_MEM_REMOVED, IX_MEM_PARTS };

struct ix_mem_segments {
	struct ix_row row;
	struct ix_mem_segment_sum {
		uint64_t n, bytes, rss, swap;
	} sum[IX_MEM_PARTS];
	uint64_t most; /* bytes (kernel.shmall); 0: no limit, or unknown */
	int32_t error; /* why nothing is known; or 0 */
	bool parts;    /* not only the sum of all */
};

/* Append the facts about the segments of the namespace that calls act in. Returns 0 or
 * -ENOMEM. */
int ix_mem_segments(struct ipcx *x, struct ipcx_table *t);

/* Return row number i; NULL if it is another row. */
const struct ix_mem_segments *ix_mem_segments_at(const struct ipcx_table *t, size_t i);

/* ---- file systems in memory */

/* Files without a name that processes have open or mapped. */
struct ix_mem_kept {
	uint64_t bytes, files;
	uint64_t unsized;        /* of these files, the size is unknown */
	uint64_t most;           /* bytes of the biggest */
	const struct ix_use *of; /* its first use; or NULL */
};

/* A tmpfs. */
struct ix_mem_fs {
	uint64_t dev; /* first: the order of the tree */
	struct ix_mem_fs *next;
	bool shm;    /* has rows as a /dev/shm */
	bool opened; /* the sizes are known */
	int32_t pid; /* in whose mount namespace; 0: in ours */
	uint64_t size, used, inodes, inodes_used;
	struct ix_mem_kept kept;
	char path[]; /* where it is mounted there */
};

/* What the processes of one IPC namespace keep. */
struct ix_mem_space {
	uint64_t ns; /* first: the order of the tree */
	struct ix_mem_space *next;
	bool shown;
	struct ix_mem_kept memfd, anon, huge;
};

/* ---- all */

struct ix_mem_answer {
	struct ipcx *x;
	struct ipcx_table *t, *facts;
	struct ix_uses uses;
	bool collected;
	struct ix_mem_fs *first, **end;
	void *tree; /* of file systems, by device (tsearch(3)) */
	size_t nfs;
	void *spaces; /* of struct ix_mem_space, by namespace (tsearch(3)) */
	struct ix_mem_space *space; /* the same as a list */
	uint64_t one; /* the only IPC namespace that is asked for; 0: unknown, or all */
	uint64_t swapped; /* bytes of swap in use by the machine; 0: none */
	uint64_t sum;     /* in memory, of all rows */

	/* What the sum may lack. */
	bool unseen_processes, unseen_places, unseen_sizes;
};

/* Add a file system, unless it is known. Returns it; NULL if out of memory. */
struct ix_mem_fs *ix_mem_fs(struct ix_mem_answer *m, uint64_t dev, const char *path,
			    int32_t pid);
struct ix_mem_fs *ix_mem_fs_find(const struct ix_mem_answer *m, uint64_t dev);

/* Find the file systems that are mounted in the mount namespaces concerned. Returns 0 or
 * -ENOMEM. */
int ix_mem_mounts(struct ix_mem_answer *m);

/* Read how much swap the machine uses. Returns 0 or -errno. */
int ix_mem_swapped(struct ipcx *x, uint64_t *ret_bytes);

/* Look at all processes. Returns 0 or -errno with a text. */
int ix_mem_pass(struct ix_mem_answer *m);

/* Write "NAME of PID (COMMAND)" for the biggest file. */
void ix_mem_biggest(const struct ix_mem_answer *m, const struct ix_mem_kept *k, char *buf,
		    size_t size);

/* Add rows. Return 0 or -errno. */
int ix_mem_put_kept(struct ix_mem_answer *m, uint64_t ns); /* of one namespace */
int ix_mem_put_kept_rest(struct ix_mem_answer *m);         /* of all others */
int ix_mem_put_mounts(struct ix_mem_answer *m);
int ix_mem_put_groups(struct ix_mem_answer *m);
int ix_mem_put_machine(struct ix_mem_answer *m);

/* Add to a row how much of it is in memory, unless some may be in swap; and count it. */
void ix_mem_resident(struct ix_mem_answer *m, const struct ix_mem_put *p, uint64_t bytes,
		     bool counts);
