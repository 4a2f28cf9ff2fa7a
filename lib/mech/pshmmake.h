/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making POSIX shared memory; members of struct ix_mech, and what changing shares with
 * it. */
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

/* Whether this file, with that size, would be taken for a semaphore. */
bool ix_pshm_would_be_sem(const char *file, const struct ipcx_attrs *a);

/* Whether an object may have this size, as far as that is known before: 0 or -EFBIG. */
int ix_pshm_may_have(uint64_t bytes);

/* ftruncate(2), where RLIMIT_FSIZE lets it. 0 or -errno. */
int ix_pshm_resize(int fd, uint64_t bytes);

/* Whether the file system that fd is in has less than so many bytes left; and that in
 * words. */
bool ix_pshm_short_of(int fd, uint64_t bytes, char *buf, size_t size);
