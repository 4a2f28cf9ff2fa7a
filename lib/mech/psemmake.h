/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bytes of a named semaphore's file. */
#pragma once

/* Write those of a semaphore with this value. 0 or -errno. */
int ix_psem_write(int fd, unsigned value);
