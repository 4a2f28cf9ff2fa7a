/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How objects count against limits: data in each mechanism, read by lib/limits/ and by
 * whoever explains a failure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ipcx.h"

/* How many bits of a System V id are the index of its slot (IPCMNI_SHIFT): 15, or 24
 * where the kernel was started with ipcmni_extend. So many objects of a mechanism can
 * there be at most. */
unsigned ix_id_bits(struct ipcx *x);

/* What one POSIX queue can have at all (HARD_MSGMAX, HARD_MSGSIZEMAX), and the capability
 * that lets it. */
#define IX_MQ_MAXMSG  65536
#define IX_MQ_MSGSIZE 16777216

/* One object with these attributes takes so much of that limit. */
struct ix_charge {
	const char *limit; /* its name; NULL ends the list */
	bool each; /* one object alone must stay within it; otherwise the sum over all
		      objects */
	uint64_t (*amount)(const struct ipcx_attrs *a); /* saturates, never wraps */
	/* The amount is bytes, and is counted in huge pages of so many bytes: those of
	 * the default size for 0. NULL: it is counted in the limit's own unit. */
	uint64_t (*page)(const struct ipcx_attrs *a);
	bool making; /* counts only while it is made: no share of one that exists */
};

/* Amounts that several mechanisms use. */
uint64_t ix_amount_one(const struct ipcx_attrs *a);  /* 1: the object itself */
uint64_t ix_amount_size(const struct ipcx_attrs *a); /* bytes */
uint64_t ix_amount_pages(
	const struct ipcx_attrs *a); /* whole pages of bytes, as the kernel rounds */
uint64_t ix_amount_nsems(const struct ipcx_attrs *a);
uint64_t ix_amount_qbytes(const struct ipcx_attrs *a);
uint64_t ix_amount_maxmsg(const struct ipcx_attrs *a);
uint64_t ix_amount_msgsize(const struct ipcx_attrs *a);

/* Count times amount, saturating. */
uint64_t ix_mul_sat(uint64_t a, uint64_t b);

/*
 * Read a wish "[COUNTx]N[xN…]" of the words that a mechanism gives: attribute bits in
 * order; the first word may be left out and is then 1 (IPCX_A_COUNT). Sizes take
 * suffixes. 0 or -EINVAL.
 */
int ix_request_read(const char *text, const uint64_t *words, size_t n,
		    struct ipcx_attrs *ret_attrs);
