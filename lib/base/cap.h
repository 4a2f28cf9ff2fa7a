/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities of the calling thread (capabilities(7)). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A set of capabilities: bit N is capability number N. */
#define IX_CAPS_ALL UINT64_MAX

/* libcap, loaded: what gives up capabilities takes it, so that it is there before the
 * first step or not at all. free(3) ends it. 0, -ENOPKG without libcap, -ENOMEM. */
struct ix_libcap;
int ix_cap_load(struct ix_libcap **ret_lib);

/* Whether the thread has a capability in effect: 1, 0, or -errno when the kernel does not
 * tell, which is neither. Needs no libcap. */
int ix_cap_has(int cap);

/* All of those. 0 or -errno. */
int ix_cap_effective(uint64_t *ret_caps);

/* Whether calls of the thread may be answered by a filter (seccomp(2)), or that is not
 * known. By a call that every set of calls for services has. */
bool ix_cap_filtered(void);

/*
 * The same for what only the machine's own root may do: in another user namespace than
 * the initial one no capability counts for it. proc is a procfs that knows the thread.
 */
int ix_cap_counts(int proc, int cap);

/* Whether the thread is in the initial user namespace: 1, 0, -errno. */
int ix_userns_first(int proc);

/* The capabilities of a list of names ("cap_sys_admin,net_raw", "all", "none"): 0,
 * -EINVAL. */
int ix_cap_parse(const struct ix_libcap *lib, const char *list, uint64_t *ret_caps);

/*
 * Keep no capability but these, now and over execve(2): the bounding set is cut, also of
 * what is newer than libcap, the inheritable and ambient ones emptied, the rest taken from
 * the permitted and effective ones; and all of them read back. 0; -EIO when something was
 * left or did not fit together; -errno, also when something could not be read back.
 */
int ix_cap_keep(const struct ix_libcap *lib, uint64_t caps);
