/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities of the calling thread (capabilities(7)). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A set of capabilities: bit N is capability number N. */
#define IX_CAPS_ALL UINT64_MAX

/* Load libcap. The functions that drop capabilities need the handle as an argument, so
 * that a missing libcap is noticed before anything is dropped. Release it with free(3).
 * Returns 0, -ENOPKG without libcap, or -ENOMEM. */
struct ix_libcap;
int ix_cap_load(struct ix_libcap **ret_lib);

/* Return whether a capability is in the thread's effective set: 1, 0, or -errno if the
 * kernel does not say. Needs no libcap. */
int ix_cap_has(int cap);

/* Read the thread's whole effective set. Returns 0 or -errno. */
int ix_cap_effective(uint64_t *ret_caps);

/* Whether a seccomp(2) filter may be active in the thread; true if that cannot be found
 * out. Makes only a system call that is allowed by all of systemd's system call groups
 * for services. */
bool ix_cap_filtered(void);

/* Whether one is active: 1, 0, or -errno if that cannot be found out. */
int ix_cap_filter(void);

/*
 * Like ix_cap_has(), for actions reserved to the host's root: a capability counts for
 * them only in the initial user namespace. proc must be a procfs that shows the thread.
 */
int ix_cap_counts(int proc, int cap);

/* Return whether the thread is in the initial user namespace: 1, 0 or -errno. */
int ix_userns_first(int proc);

/* Parse a list of capability names ("cap_sys_admin,net_raw", "all", "none"). Returns 0 or
 * -EINVAL. */
int ix_cap_parse(const struct ix_libcap *lib, const char *list, uint64_t *ret_caps);

/*
 * Drop all capabilities except caps, also for programs run by execve(2): remove the
 * others (including those that libcap does not know yet) from the bounding, permitted and
 * effective sets, clear the inheritable and ambient sets, and read all of them back.
 * Returns 0, -EIO if another capability was left or the kernel's answers contradict each
 * other, or another -errno if a step failed or a set could not be read back.
 */
int ix_cap_keep(const struct ix_libcap *lib, uint64_t caps);

/*
 * ix_cap_keep() in two steps, for a thread that becomes another user between them:
 * ix_cap_bound() removes all capabilities except caps from the bounding set, which takes
 * CAP_SETPCAP; ix_cap_clear() drops all others that the thread has, which takes none, and
 * leaves the bounding set. Both read back what they did, and return as ix_cap_keep().
 */
int ix_cap_bound(const struct ix_libcap *lib, uint64_t caps);
int ix_cap_clear(const struct ix_libcap *lib);
