/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces that are kept alive under a name. */
#pragma once

#include <stdbool.h>

#include "core/ctx.h"

/* Open the pin of this name: 0; -ENOENT when there is none (or what has the name is no
 * pin); -errno. Without a text. */
int ix_pin_open(struct ipcx *x, const char *name, int *ret_fd);

/* The name of the pin of a namespace, the first in the order of the directory; "" without
 * one. */
void ix_pin_name(struct ipcx *x, uint64_t ino, char *buf, size_t size);
