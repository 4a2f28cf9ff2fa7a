/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities of the calling thread (capabilities(7)). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A set of capabilities: bit N is capability number N. */
#define IX_CAPS_ALL UINT64_MAX

/* Load libcap. Functions that drop capabilities take the handle, so a missing libcap
 * shows before the first step. Release it with free(3). Returns 0, -ENOPKG without
 * libcap, or -ENOMEM. */
struct ix_libcap;
int ix_cap_load(struct ix_libcap **ret_lib);

/* Return whether a capability is in the thread's effective set: 1, 0, or -errno if the
 * kernel does not say. Needs no libcap. */
int ix_cap_has(int cap);

/* The whole effective set. Returns 0 or -errno. */
int ix_cap_effective(uint64_t *ret_caps);

/* Whether a seccomp(2) filter may be active in the thread; true also if that is unknown.
 * Uses only a call that every systemd system call group for services allows. */
bool ix_cap_filtered(void);

/*
 * Like ix_cap_has(), for actions reserved to the host's root: outside the initial user
 * namespace no capability counts for them. proc must be a procfs that shows the thread.
 */
int ix_cap_counts(int proc, int cap);

/* Return whether the thread is in the initial user namespace: 1, 0 or -errno. */
int ix_userns_first(int proc);

/* Parse a list of capability names ("cap_sys_admin,net_raw", "all", "none"). Returns 0 or
 * -EINVAL. */
int ix_cap_parse(const struct ix_libcap *lib, const char *list, uint64_t *ret_caps);

/*
 * Keep no capability but these, now and across execve(2): drop the others from the
 * bounding set (including those newer than libcap), the permitted and the effective set,
 * clear the inheritable and ambient sets, and read all of them back. Returns 0, -EIO if
 * something was left or the answers contradict each other, or -errno, also if something
 * could not be read back.
 */
int ix_cap_keep(const struct ix_libcap *lib, uint64_t caps);
