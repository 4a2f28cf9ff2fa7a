/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the verbs of memory have in common: "ipcx shm read", "ipcx pshm write", … Each is
 * written once, for every mechanism whose objects are memory (IPCX_CAN_MEMORY).
 */
#pragma once

#include "verb.h"

/* Which bytes of it. */
struct mem_range {
	uint64_t offset, length;
	uint64_t given;
};

#define MEM_GIVEN_LENGTH 1U

extern const struct opt mem_range_opts[];

/* Memory at work, as a message names it. */
struct mem {
	struct ipcx_mem *m;
	char name[IPCX_REF_MAX];
};

/*
 * Open the memory that a word names; without a mechanism, it is of the command's.
 *
 * @param any a reference may name the memory of another mechanism
 * @return 0, or an exit status after a message
 */
int mem_open(struct app *app, const struct ns_args *where, const char *word, bool any,
	     unsigned flags, struct mem *ret_mem);
void mem_close(struct mem *mem);

/* The bytes that are meant: all of them must be there. 0, or an exit status after a
 * message. */
int mem_bytes(const struct mem *mem, const struct mem_range *range, uint64_t *ret_at,
	      uint64_t *ret_n);

/* So many bytes at once. */
#define MEM_PIECE ((size_t)1 << 18)

/* Read a range piece by piece; an exit status of take() other than 0 ends it. 0, or that,
 * or one after a message. */
typedef int mem_take(void *data, uint64_t at, const char *bytes, size_t n);
int mem_each(struct app *app, const struct mem *mem, uint64_t at, uint64_t n,
	     mem_take *take, void *data);
