/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limits that a POSIX shared memory object counts against. */
#include <unistd.h>

#include "base/num.h"
#include "mech/charges.h"

/* A tmpfs accounts in whole pages. */
static uint64_t pshm_amount_bytes(const struct ipcx_attrs *a)
{
	return ix_mul_sat(ix_amount_pages(a), (uint64_t)sysconf(_SC_PAGESIZE));
}

int ix_pshm_wish(const char *text, struct ipcx_attrs *ret_attrs)
{
	static const uint64_t words[] = { IPCX_A_COUNT, IPCX_A_SIZE };

	return ix_request_read(text, words, ARRAY_SIZE(words), ret_attrs);
}

/* clang-format off */
const struct ix_charge ix_pshm_charges[] = {
	{ .limit = "size_max", .each = true, .making = true, .amount = ix_amount_size },
	{ .limit = "rlimit_fsize", .each = true, .making = true, .amount = ix_amount_size },
	{ .limit = "dev_shm", .amount = pshm_amount_bytes },
	{ .limit = "dev_shm_inodes", .amount = ix_amount_one },
	{ .limit = NULL },
};
/* clang-format on */
