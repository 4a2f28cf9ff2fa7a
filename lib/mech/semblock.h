/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why operations on a semaphore array would have to wait. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/sem.h>

struct ipcx;

/* The first operation that has to wait. */
struct ix_semblock {
	uint32_t num; /* its semaphore */
	int32_t op;   /* 0: waits for zero */
	int32_t value;
	int32_t before; /* the value that the operations before it would leave */
};

/*
 * Find the operation that has to wait if the semaphores have these values. Operations are
 * done in order, and each begins with the values that those before it would leave.
 * Returns whether there is one.
 *
 * @param now nsems values, overwritten
 */
bool ix_semblock_find(const unsigned short *values, unsigned short *now, size_t nsems,
		      const struct sembuf *ops, size_t n, struct ix_semblock *ret_block);

/* Describe, after the call was refused, what the operations wait for, and who operated
 * last on that semaphore; at least what was asked for. */
void ix_semblock_put(struct ipcx *x, int id, const struct sembuf *ops, size_t n,
		     char *buf, size_t size);
