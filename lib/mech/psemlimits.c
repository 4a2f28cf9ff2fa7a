/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limits that a named semaphore counts against. */
#include <semaphore.h>
#include <unistd.h>

#include "mech/charges.h"

/* A tmpfs accounts in whole pages. */
static uint64_t amount_page(const struct ipcx_attrs *a)
{
	(void)a;
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* How many bytes are written to the file. */
static uint64_t amount_file(const struct ipcx_attrs *a)
{
	(void)a;
	return sizeof(sem_t);
}

int ix_psem_wish(const char *text, struct ipcx_attrs *ret_attrs)
{
	static const uint64_t words[] = { IPCX_A_COUNT };

	return ix_request_read(text, words, ARRAY_SIZE(words), ret_attrs);
}

/* clang-format off */
const struct ix_charge ix_psem_charges[] = {
	{ .limit = "rlimit_fsize", .each = true, .making = true, .amount = amount_file },
	{ .limit = "dev_shm", .amount = amount_page },
	{ .limit = "dev_shm_inodes", .amount = ix_amount_one },
	{ .limit = NULL },
};
/* clang-format on */
