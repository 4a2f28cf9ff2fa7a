/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A child process that does an errand in another user namespace. */
#pragma once

#include "ns/run.h"
#include "ns/target.h"

/*
 * Do it there, wait for it, bring back what it found. As ix_ns_run().
 *
 * @param user the user namespace whose rights count for what is mounted in the place
 * (ix_rights_mounted()): as its root, and without entering anything else. -1: in the IPC
 * namespace, by way of the user namespace that owns it
 */
int ix_send_child(struct ipcx *x, const struct ix_ns_call *e, const struct ix_target *p,
		  int user);

/* Whether this thread is where it should be: 0, or -EXDEV with a text. */
int ix_ns_run_check(struct ipcx *x, const struct ix_target *p);

/* The text for an IPC namespace that setns(2) refused with this error; answers it. */
int ix_may_enter(struct ipcx *x, const struct ix_target *p, int error);
