/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what is asked of objects is something that they could answer. */
#pragma once

#include <stdbool.h>

#include "ipcx.h"

/*
 * A condition (or NULL) and an order (or NULL) over objects of these mechanisms. What
 * none of them has is wrong usage; with say, those of them that cannot fulfil the
 * condition are told. 0, or an exit status after a message.
 */
int asked_of(uint64_t mechs, const struct ipcx_expr *where, const char *sort, bool say);

/* Those of these mechanisms whose objects can fulfil the condition; NULL: all. */
uint64_t asked_possible(uint64_t mechs, const struct ipcx_expr *where);
