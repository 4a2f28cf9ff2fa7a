/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which capability is missing for entering a namespace. */
#pragma once

#include "ns/place.h"

/*
 * Whether the caller may enter the IPC namespace of a place, or, where that is his own,
 * make a mount namespace for the rest of it. 0, with -1 when he may as he is, otherwise
 * the user namespace that he has to enter first (close it): one of his own making, in or
 * above the one below (-1: there is none). -EPERM with a text that says what is missing.
 * user_namespaces(7), "Capabilities".
 */
int ix_rights(struct ipcx *x, const struct ix_place *p, int below, int *ret_user);
