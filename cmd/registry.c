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
	line(shm_read)   \
	line(shm_write)  \
	line(shm_fill)   \
	line(shm_copy)   \
	line(shm_hash)   \
	line(pshm_read)  \
	line(pshm_write) \
	line(pshm_fill)  \
	line(pshm_copy)  \
	line(pshm_hash)  \
	line(msg_send)   \
	line(msg_recv)   \
	line(msg_peek)   \
	line(msg_drain)  \
	line(msg_load)   \
	line(mq_send)    \
	line(mq_recv)    \
	line(mq_peek)    \
	line(mq_notify)  \
	line(mq_drain)   \
	line(mq_load)    \
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
	line(stress)     \
	line(stress_compare) \
	line(ns_ls)      \
	line(ns_show)    \
	line(ns_cmp)     \
	line(ns_enter)   \
	line(ns_new)     \
	line(ns_pin)     \
	line(ns_unpin)   \
	line(compat)     \
	line(help)       \
	line(complete)
/* clang-format on */

#define DECLARE(name) extern const struct cmd cmd_##name;
#define LIST(name)    &cmd_##name,

COMMANDS(DECLARE)

const struct cmd *const cmds[] = { COMMANDS(LIST) NULL };
