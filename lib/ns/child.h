/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A child process that makes a call in another user namespace. */
#pragma once

#include "ns/run.h"
#include "ns/target.h"

/*
 * Make the call in a child, wait for it, and return its result, as ix_ns_run() does.
 *
 * @param user the user namespace whose root has the rights over the target's mounts
 * (ix_rights_mounted()): become that root, and enter no other namespace. If "user" is -1,
 * enter the IPC namespace, after the user namespace that owns it
 */
int ix_send_child(struct ipcx *x, const struct ix_ns_call *e, const struct ix_target *p,
		  int user);

/* Check that the calling thread is in the IPC namespace of the target p. Returns 0, or
 * -EXDEV with a text. */
int ix_ns_run_check(struct ipcx *x, const struct ix_target *p);

/* Set the text for an IPC namespace that could not be entered because setns(2) failed
 * with this error. Returns the error. */
int ix_may_enter(struct ipcx *x, const struct ix_target *p, int error);
