/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limits that objects of some mechanisms count against, and the parsers of requests
 * for ipcx_fit(): the members charges and request of struct ix_mech. */
#pragma once

#include "core/limit.h"
#include "core/mech.h"

extern const struct ix_charge ix_msg_charges[], ix_sem_charges[], ix_psem_charges[],
	ix_pshm_charges[];

int ix_msg_wish(const char *text, struct ipcx_attrs *ret_attrs);
int ix_sem_wish(const char *text, struct ipcx_attrs *ret_attrs);
int ix_pshm_wish(const char *text, struct ipcx_attrs *ret_attrs);
int ix_psem_wish(const char *text, struct ipcx_attrs *ret_attrs);
