/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Taking and giving a mapped semaphore whose file others may cut: a signal there is an
 * error here. */
#pragma once

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Take one (waiting as long as timeout says: 0 not at all, below 0 for ever) or give one.
 * 0; -EAGAIN or -ETIMEDOUT; -EINTR when a signal was caught meanwhile, and nothing is
 * taken; -EOVERFLOW; -EIO when the file was cut; -ESRCH, -ECHILD when the process that
 * does it cannot be made, or was killed; -errno.
 */
int ix_psem_call(sem_t *sem, bool give, int64_t timeout);
