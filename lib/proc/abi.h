/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of the calls that proc/blocked.c decodes, as data: numbers and the places of
 * their arguments. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "proc/blocked.h"

/* Which argument holds what; zero: none does. */
enum ix_arg { IX_ARG_NONE, IX_ARG_0, IX_ARG_1, IX_ARG_2, IX_ARG_3, IX_ARG_4, IX_ARG_5 };

/* Calls whose arguments have rules of their own; "object" alone does not describe them. */
enum ix_call_rule {
	IX_RULE_NONE,
	IX_RULE_SEMTIMEDOP, /* without a timeout it is called semop */
	IX_RULE_IPC,        /* ipc(2): the first argument says which call it is */
	IX_RULE_FUTEX,      /* the second argument says which command it is */
	IX_RULE_FUTEX_WAIT,
	IX_RULE_WAITV,
	IX_RULE_RESTART, /* restart_syscall(2) */
	IX_RULE_CREAT,
};

/* Where the arguments of a call are. */
struct ix_form {
	enum ix_wait_kind kind;
	enum ix_call_rule rule;
	bool sends;
	bool absolute; /* the timeout is a point in time of CLOCK_REALTIME */
	enum ix_arg object, other, data, count, mtype, flags, flags_at, dirfd, timeout;
};

struct ix_call {
	char name[IX_TEXT(13)];
	bool time64; /* the timeout has 64-bit members in 32-bit programs, too */
	const struct ix_form *form;
};

/* Find a call by its number; NULL: not one of the table. */
const struct ix_call *ix_call_find(enum ix_abi abi, bool x32, int64_t nr);
