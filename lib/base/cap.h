/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities of the calling thread (capabilities(7)). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A set of capabilities: bit N is capability number N. */
#define IX_CAPS_ALL UINT64_MAX

/* Whether the thread has a capability in effect: 1, 0, or -ENOPKG without libcap. */
int ix_cap_has(int cap);

/* The capabilities of a list of names ("cap_sys_admin,net_raw", "all", "none"): 0,
 * -EINVAL, -ENOPKG. */
int ix_cap_parse(const char *list, uint64_t *ret_caps);

/*
 * Keep no capability but these, now and over execve(2): the bounding set is cut, the
 * inheritable and ambient ones emptied, the rest taken from the permitted and effective
 * ones; then looked at again. 0; -EPERM when something was left; -ENOPKG; -errno.
 */
int ix_cap_keep(uint64_t caps);
