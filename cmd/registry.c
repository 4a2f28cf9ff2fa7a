/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands, in the order in which help lists them. */
#include "cmd.h"

/* clang-format off */
#define COMMANDS(line) \
	line(ls)         \
	line(show)       \
	line(mk)         \
	line(rm)         \
	line(set)        \
	line(limits)     \
	line(limits_set) \
	line(key)        \
	line(sem_get)    \
	line(sem_set)    \
	line(sem_op)     \
	line(sem_wait)   \
	line(sem_post)   \
	line(sem_run)    \
	line(psem_get)   \
	line(psem_wait)  \
	line(psem_post)  \
	line(psem_run)   \
	line(ns_ls)      \
	line(ns_show)    \
	line(ns_cmp)     \
	line(ns_enter)   \
	line(ns_new)     \
	line(ns_pin)     \
	line(ns_unpin)   \
	line(help)       \
	line(complete)
/* clang-format on */

#define DECLARE(name) extern const struct cmd cmd_##name;
#define LIST(name)    &cmd_##name,

COMMANDS(DECLARE)

const struct cmd *const cmds[] = { COMMANDS(LIST) NULL };
