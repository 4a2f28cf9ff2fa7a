/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Steps that change where the calling thread is, or who it is, each with its check: the
 * call is made, then what came of it is read back from the kernel. A step answers 0 only
 * when it is known to have been taken. What cannot be read back is an error, found out
 * before the step where that is possible; the thread may have moved all the same, so
 * whoever gets an error does nothing more in it.
 *
 * Steps give no text: ix_step_failed() makes it, where the object is known.
 */
#pragma once

#include <sys/types.h>

#include "ns/target.h"

/* What a step answers beside the errno of its call. */
#define IX_STEP_ELSEWHERE  (-EXDEV)   /* taken, but it led somewhere else */
#define IX_STEP_UNVERIFIED (-ENODATA) /* nothing tells what came of it */

/*
 * Enter the namespace behind a descriptor. type is one of CLONE_NEWIPC, CLONE_NEWNS,
 * CLONE_NEWPID (for children made from then on), CLONE_NEWNET, CLONE_NEWUTS,
 * CLONE_NEWCGROUP, CLONE_NEWUSER. Who is there already stays as he is (setns(2) allows
 * that to nobody in a user namespace, and to no ordinary user in others); but a mount
 * namespace is entered again, since that leads to its root.
 */
int ix_step_into(struct ipcx *x, int fd, int type);

/* Whether the thread is in that namespace: 0, IX_STEP_ELSEWHERE, IX_STEP_UNVERIFIED. */
int ix_step_check(struct ipcx *x, int fd, int type);

/* unshare(2): each namespace of a mask of those types, but CLONE_NEWPID, is another one
 * afterwards. */
int ix_step_apart(struct ipcx *x, int types);

/* No supplementary groups. Where a user namespace forbids setgroups(2) for good, the
 * groups that one had stay: there are no others to be had (user_namespaces(7)). */
int ix_step_drop_groups(struct ipcx *x);

/* This user and this group: the real, effective and saved ids. */
int ix_step_become(uid_t uid, gid_t gid);

/* prctl(2): no new privileges by executing; not to be looked into by others. */
int ix_step_no_new_privs(void);
int ix_step_hide(void);

/*
 * The text of a step that failed, of which what is "enter it": answers r, with -EIO for
 * -EINVAL, which in our interface is the caller's fault and in the kernel's much else.
 */
int ix_step_failed(struct ipcx *x, const struct ix_target *p, const char *what, int r);

/* The text of r alone. */
const char *ix_step_text(int r);
