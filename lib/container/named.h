/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a container is called. */
#pragma once

#include "container/container.h"

/* The last part of its label without its runtime, where that tells it: "NAME", or
 * "RUNTIME:ID". */
void ix_container_handle(const struct ix_container *c, char *buf, size_t size);
