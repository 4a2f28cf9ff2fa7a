/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the verbs of memory: "ipcx shm read", "ipcx pshm write", … Each is written
 * once, for every mechanism whose objects are memory (IPCX_CAN_MEMORY). */
#pragma once

#include "verb.h"

/* A range of bytes. */
struct mem_range {
	uint64_t offset, length;
	uint64_t given;
};

#define MEM_GIVEN_LENGTH 1U

extern const struct opt mem_range_opts[];

/* Open memory, and the name of this memory for messages. */
struct mem {
	struct ipcx_mem *m;
	char name[IPCX_REF_MAX];
};

/*
 * Open the memory that a word names; if the word names no mechanism, the command's
 * mechanism is meant.
 *
 * @param any a reference may name memory of another mechanism
 * @return 0, or an exit status after a message
 */
int mem_open(struct app *app, const struct ns_args *where, const char *word, bool any,
	     unsigned flags, struct mem *ret_mem);
void mem_close(struct mem *mem);

/* Resolve a range, which must be completely inside the memory. Returns 0, or an exit
 * status after a message. */
int mem_bytes(const struct mem *mem, const struct mem_range *range, uint64_t *ret_at,
	      uint64_t *ret_n);

/* Bytes per read. */
#define MEM_PIECE ((size_t)1 << 18)

/* Read a range in pieces, until the range ends or take() returns nonzero. Returns 0, what
 * take() returned, or an exit status after a message. */
typedef int mem_take(void *data, uint64_t at, const char *bytes, size_t n);
int mem_each(struct app *app, const struct mem *mem, uint64_t at, uint64_t n,
	     mem_take *take, void *data);
