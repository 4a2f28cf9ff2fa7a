/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limits that a System V message queue counts against. */
#include <string.h>

#include "mech/charges.h"

int ix_msg_wish(const char *text, struct ipcx_attrs *ret_attrs)
{
	static const uint64_t counted[] = { IPCX_A_COUNT, IPCX_A_QBYTES };

	/* A single number is a count of queues, each with qbytes at msgmnb. */
	return ix_request_read(text, counted, strchr(text, 'x') ? 2 : 1, ret_attrs);
}

/* clang-format off */
const struct ix_charge ix_msg_charges[] = {
	{ .limit = "msgmni", .amount = ix_amount_one },
	{ .limit = "msgmnb", .each = true, .amount = ix_amount_qbytes },
	{ .limit = NULL },
};
/* clang-format on */
