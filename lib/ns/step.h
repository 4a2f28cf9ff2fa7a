/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Steps that change the namespaces or ids of the calling thread, each with its check: the
 * call is made, then its effect is read back from the kernel. A step returns 0 only if it
 * certainly had its effect. If the effect cannot be read back, that is an error, which is
 * detected before the call if possible; even after an error, the thread may have moved to
 * another namespace, so it must not do anything more.
 *
 * Steps set no error text: that is done by ix_step_failed(), which the caller gives the
 * name of the object.
 */
#pragma once

#include <sys/types.h>

#include "ns/target.h"

/* Errors that a step may return besides the -errno of its call. */
#define IX_STEP_ELSEWHERE  (-EXDEV)   /* the step was taken, but led to something else */
#define IX_STEP_UNVERIFIED (-ENODATA) /* the effect of the step is unknown */

/*
 * Enter the namespace that a descriptor refers to. "type" is one of CLONE_NEWIPC,
 * CLONE_NEWNS, CLONE_NEWPID (for children made from then on), CLONE_NEWNET, CLONE_NEWUTS,
 * CLONE_NEWCGROUP, CLONE_NEWUSER. If the thread is in that namespace already, this does
 * nothing, since setns(2) would then fail for a user namespace and, without privileges,
 * for a namespace of any other type. A mount namespace is entered even then, because
 * entering it changes to its root directory.
 */
int ix_step_into(struct ipcx *x, int fd, int type);

/* Check that the thread is in the namespace that a descriptor refers to. Returns 0,
 * IX_STEP_ELSEWHERE or IX_STEP_UNVERIFIED. */
int ix_step_check(struct ipcx *x, int fd, int type);

/* Call unshare(2), and check that each namespace in the mask has changed. The mask may
 * contain the types listed above, except CLONE_NEWPID. */
int ix_step_apart(struct ipcx *x, int types);

/* Drop all supplementary groups. If the user namespace forbids setgroups(2) for good, the
 * thread keeps its groups: no other groups can be obtained there (user_namespaces(7)). */
int ix_step_drop_groups(struct ipcx *x);

/* Set the real, effective and saved user ids, and the same three group ids. */
int ix_step_become(uid_t uid, gid_t gid);

/* Two steps: set no_new_privs; and clear the dumpable flag, so that other processes
 * cannot inspect this one (prctl(2)). */
int ix_step_no_new_privs(void);
int ix_step_hide(void);

/*
 * Set the error text for a failed step; "what" is, for example, "enter it". Returns r,
 * except that -EINVAL becomes -EIO: in our API, EINVAL means an invalid argument, but the
 * kernel uses it for many other errors.
 */
int ix_step_failed(struct ipcx *x, const struct ix_target *p, const char *what, int r);

/* Return the part of the error text that describes the result of a step, without the name
 * of the object. */
const char *ix_step_text(int r);
