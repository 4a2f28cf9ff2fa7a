/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file in memory, mapped: it has no name, so no slot and no driver either. */
#pragma once

#include "core/driver.h"

/* 0 or -errno. */
int ix_memfd_open(size_t size, struct ix_object *ret_object);
void ix_memfd_close(struct ix_object *object);
