/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects that exist when they are to be made. */
#pragma once

#include "core/ctx.h"
#include "core/table.h"

/* What was asked for, as it was asked for: by key or by name. */
void ix_wanted_name(const struct ipcx_attrs *a, char *buf, size_t size);

/*
 * Making it was answered with -EEXIST: take what is there, as a row of t, when that was
 * allowed, it fits, and the caller may use it; else say whose it is. -EAGAIN: it went, or
 * is another by now.
 */
int ix_take_existing(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_table *t);
