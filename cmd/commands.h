/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every command, in the order of --help. */
#pragma once

#include "cmd.h"

/* clang-format off */
#define COMMANDS(line) \
	line(ls)         \
	line(show)       \
	line(who)        \
	line(waits)      \
	line(mk)         \
	line(rm)         \
	line(set)        \
	line(why)        \
	line(doctor)     \
	line(limits)     \
	line(limits_set) \
	line(df)         \
	line(metrics)    \
	line(check)      \
	line(key)        \
	line(mem_read)   \
	line(mem_write)  \
	line(mem_fill)   \
	line(mem_copy)   \
	line(queue_send) \
	line(queue_recv) \
	line(queue_peek) \
	line(queue_notify) \
	line(queue_drain) \
	line(queue_load) \
	line(sem_get)    \
	line(sem_get_one) \
	line(sem_set)    \
	line(sem_op)     \
	line(sem_wait)   \
	line(sem_post)   \
	line(sem_run)    \
	line(sem_run_give) \
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

#define DECLARE_COMMAND(name) extern const struct cmd cmd_##name;
COMMANDS(DECLARE_COMMAND)
