/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mapped memfd. A memfd has no name, so it needs no slot and no driver. */
#pragma once

#include "core/driver.h"

/* Create a memfd and map it. Returns 0 or -errno. */
int ix_memfd_open(size_t size, struct ix_object *ret_object);
void ix_memfd_close(struct ix_object *object);
