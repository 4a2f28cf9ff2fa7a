/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The contents of a named semaphore's file. */
#pragma once

/* Write the contents for a semaphore with this value. Returns 0 or -errno. */
int ix_psem_write(int fd, unsigned value);
