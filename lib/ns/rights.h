/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which capability is missing for entering a namespace. */
#pragma once

#include "ns/place.h"

/*
 * Whether the caller may enter the IPC namespace of a place: 0 as he is; 1 when he has to
 * enter the user namespace that owns it first; -EPERM with a text that says what is
 * missing. user_namespaces(7), "Capabilities".
 */
int ix_rights(struct ipcx *x, const struct ix_place *p);
