/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Steps that change the namespaces or ids of the calling thread, each with its check: the
 * call is made, then its effect is read back from the kernel. A step returns 0 only if it
 * is known to have been taken. An effect that cannot be read back is an error, detected
 * before the call if possible; the thread may have moved all the same, so after an error
 * it must do nothing more.
 *
 * Steps set no text: ix_step_failed() does, where the object is known.
 */
#pragma once

#include <sys/types.h>

#include "ns/target.h"

/* Returned by a step in addition to the errno of its call. */
#define IX_STEP_ELSEWHERE  (-EXDEV)   /* taken, but it led somewhere else */
#define IX_STEP_UNVERIFIED (-ENODATA) /* its effect is unknown */

/*
 * Enter the namespace that a descriptor refers to. type is one of CLONE_NEWIPC,
 * CLONE_NEWNS, CLONE_NEWPID (for children made from then on), CLONE_NEWNET, CLONE_NEWUTS,
 * CLONE_NEWCGROUP, CLONE_NEWUSER. Does nothing if the thread is in it already: in this
 * case, setns(2) fails for a user namespace and, without privileges, for any other. A
 * mount namespace is entered again all the same, since that changes to its root.
 */
int ix_step_into(struct ipcx *x, int fd, int type);

/* Check that the thread is in that namespace. Returns 0, IX_STEP_ELSEWHERE or
 * IX_STEP_UNVERIFIED. */
int ix_step_check(struct ipcx *x, int fd, int type);

/* unshare(2), and check that each namespace in the mask has changed. The types are those
 * above, except CLONE_NEWPID. */
int ix_step_apart(struct ipcx *x, int types);

/* Drop all supplementary groups. If the user namespace forbids setgroups(2) for good,
 * they stay: others cannot be obtained there (user_namespaces(7)). */
int ix_step_drop_groups(struct ipcx *x);

/* Set the real, effective and saved ids of the user and the group. */
int ix_step_become(uid_t uid, gid_t gid);

/* Set no_new_privs; clear the dumpable flag, so that others cannot inspect the process
 * (prctl(2)). */
int ix_step_no_new_privs(void);
int ix_step_hide(void);

/*
 * Set the text for a failed step; "what" is, for example, "enter it". Returns r, but -EIO
 * for -EINVAL, which in our API means an invalid argument, and in the kernel many other
 * things.
 */
int ix_step_failed(struct ipcx *x, const struct ix_target *p, const char *what, int r);

/* Return the text for the result of a step, without the object. */
const char *ix_step_text(int r);
