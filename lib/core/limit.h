/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How objects count against limits: data of each mechanism, used by lib/limits/ and to
 * explain failures. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ipcx.h"

/* Return how many bits of a System V id are its slot index (IPCMNI_SHIFT): 15, or 24 if
 * the kernel was booted with ipcmni_extend. The number of these bits limits how many
 * objects each mechanism can have. */
unsigned ix_id_bits(struct ipcx *x);

/* The limits of a POSIX queue for callers with CAP_SYS_RESOURCE (HARD_MSGMAX,
 * HARD_MSGSIZEMAX). */
#define IX_MQ_MAXMSG  65536
#define IX_MQ_MSGSIZE 16777216

/* How much of a limit one object takes. */
struct ix_charge {
	const char *limit; /* the limit's name; NULL ends the list */
	bool each; /* the limit applies to each object, not to the sum over all objects */
	uint64_t (*amount)(
		const struct ipcx_attrs *a); /* saturates instead of wrapping */
	/* Returns the size of the huge pages, in bytes, to which the amount (also in
	 * bytes) is rounded up; 0 means the default size of huge pages. NULL: the amount
	 * is in the limit's own unit. */
	uint64_t (*page)(const struct ipcx_attrs *a);
	bool making; /* the amount counts only while an object is created: existing
			objects take nothing */
};

/* Amounts used by several mechanisms. */
uint64_t ix_amount_one(const struct ipcx_attrs *a);   /* 1: the object itself */
uint64_t ix_amount_size(const struct ipcx_attrs *a);  /* bytes */
uint64_t ix_amount_pages(const struct ipcx_attrs *a); /* the size in whole pages, rounded
							 as in the kernel */
uint64_t ix_amount_nsems(const struct ipcx_attrs *a);
uint64_t ix_amount_qbytes(const struct ipcx_attrs *a);
uint64_t ix_amount_maxmsg(const struct ipcx_attrs *a);
uint64_t ix_amount_msgsize(const struct ipcx_attrs *a);

/* Multiply, saturating. */
uint64_t ix_mul_sat(uint64_t a, uint64_t b);

/*
 * Read a request "[COUNTx]N[xN…]". words lists the bits of the attributes that the
 * numbers stand for, in order; if the first is IPCX_A_COUNT, the count may be omitted and
 * is then 1. Sizes take suffixes. Returns 0 or -EINVAL.
 */
int ix_request_read(const char *text, const uint64_t *words, size_t n,
		    struct ipcx_attrs *ret_attrs);
