/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Short names of containers. */
#pragma once

#include "container/container.h"

/* Write the last part of the label: "NAME", or "RUNTIME:ID" if the container has no
 * usable name. */
void ix_container_handle(const struct ix_container *c, char *buf, size_t size);
