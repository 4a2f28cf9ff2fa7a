/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Taking and posting a mapped semaphore whose file other processes may truncate: SIGBUS
 * becomes an error. */
#pragma once

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Take one token (timeout in ns; 0: do not wait, negative: wait for ever) or post one.
 * Returns 0; -EAGAIN or -ETIMEDOUT; -EINTR if a signal was caught, and nothing was taken;
 * -EOVERFLOW; -EIO if the file was truncated; -ESRCH if the child that makes the call
 * cannot be created, -ECHILD if that child was killed; or another -errno.
 */
int ix_psem_call(sem_t *sem, bool give, int64_t timeout);
