/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limits that a semaphore array counts against. */
#include "base/num.h"
#include "base/port.h"
#include "mech/charges.h"

int ix_sem_wish(const char *text, struct ipcx_attrs *ret_attrs)
{
	static const uint64_t counted[] = { IPCX_A_COUNT, IPCX_A_NSEMS };

	return ix_request_read(text, counted, ARRAY_SIZE(counted), ret_attrs);
}

/*
 * What the kernel allocates for one array (sem_alloc() and struct sem in ipc/sem.c): a
 * header, and for each semaphore whole cache lines, of 64 bytes on nearly every machine.
 */
#define SEM_BYTES  64
#define HEAD_BYTES 256

static uint64_t amount_array(const struct ipcx_attrs *a)
{
	long line = sysconf(IX_SC_CACHE_LINE); /* 0 or -1: unknown */
	uint64_t bytes = ix_mul_sat(ix_amount_nsems(a), (uint64_t)MAX(line, SEM_BYTES));

	return MIN(bytes, UINT64_MAX - HEAD_BYTES) + HEAD_BYTES;
}

/* clang-format off */
const struct ix_charge ix_sem_charges[] = {
	{ .limit = "semmsl", .each = true, .amount = ix_amount_nsems },
	{ .limit = "semmni", .amount = ix_amount_one },
	{ .limit = "semmns", .amount = ix_amount_nsems },
	{ .limit = "array_max", .each = true, .making = true, .amount = amount_array },
	{ .limit = "kernel_memory", .making = true, .amount = amount_array },
	{ .limit = NULL },
};
/* clang-format on */
