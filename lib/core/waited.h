/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The failure of calls that would block, or whose timeout has passed. */
#pragma once

#include "core/ctx.h"

/* Room for the facts that such a text states. */
#define IX_FACTS_MAX 400

/*
 * Keep the error text of a call that would block (timeout 0), or whose time ran out.
 * Returns -ETIMEDOUT.
 *
 * @param facts why, and who acted last on the object: "is 0, last operated on by 45
 * (sleep)". They are read after the call, and the object may have changed since: what no
 * longer holds is told in the past tense ("had no message"), and what cannot be read is
 * left out.
 */
int ix_waited(struct ipcx *x, const char *name, const char *facts, int64_t timeout);
