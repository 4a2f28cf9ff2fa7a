/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Creating POSIX shared memory: members of struct ix_mech, and what pshm.c needs to
 * change an object. */
#pragma once

#include "core/mech.h"

#define IX_LIKE_A_SEM "with this name, a file of that size is a semaphore"

int ix_pshm_create(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_ref *ret_ref);
int ix_pshm_may_use(struct ipcx *x, const struct ipcx_attrs *a,
		    const struct ipcx_ref *ref);
int ix_pshm_complete(struct ipcx *x, const struct ipcx_attrs *a,
		     const struct ipcx_ref *ref, bool now, char *did, size_t size);
bool ix_pshm_caution(struct ipcx *x, const struct ipcx_attrs *specs, size_t n, char *buf,
		     size_t size);

/* Whether this file, with the size in the attributes, would be recognised as a
 * semaphore. */
bool ix_pshm_would_be_sem(const char *file, const struct ipcx_attrs *a);

/* Whether an object may have this size, as far as is known before trying. Returns 0 or
 * -EFBIG. */
int ix_pshm_may_have(uint64_t bytes);

/* ftruncate(2), if RLIMIT_FSIZE permits it. Returns 0 or -errno. */
int ix_pshm_resize(int fd, uint64_t bytes);

/* Whether the file system of fd has fewer than this many bytes left; if so buf receives a
 * sentence that says so. */
bool ix_pshm_short_of(int fd, uint64_t bytes, char *buf, size_t size);
