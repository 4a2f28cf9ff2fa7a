/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects to be created that exist already. */
#pragma once

#include "core/ctx.h"
#include "core/table.h"

/* Format the reference under which the object was requested: by key or by name. */
void ix_wanted_name(const struct ipcx_attrs *a, char *buf, size_t size);

/*
 * Creating failed with -EEXIST: if the attributes permit it, the object fits, and the
 * caller may use it, add it to t; else set an error text with its owner. Returns 0;
 * -EAGAIN if the object is gone or was replaced; or another -errno.
 */
int ix_take_existing(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_table *t);
