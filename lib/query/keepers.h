/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What keeps namespaces alive, as rows. */
#pragma once

#include "ns/discover.h"
#include "ns/pin.h"
#include "query/query.h"

struct ix_containers;

struct ix_kept {
	const struct ix_nslist *l;
	const struct ix_pins *pins;
	struct ix_keepers mapped; /* sorted */
	struct ix_containers *boxes;
	uint64_t own_mnt;
};

/* Prepare the lists of all namespaces; x uses all of them (ipcx_use()). Adds notes about
 * what cannot be told; "all" says that also other namespaces than one are asked about.
 * Returns 0 or -ENOMEM. */
int ix_kept_begin(struct ipcx *x, struct ipcx_table *t, bool all, struct ix_kept *k);

/* Make the list of one namespace: the member of a row for IPCX_F_KEEPERS. Returns 0 or
 * -ENOMEM. */
int ix_kept_list(struct ipcx *x, struct ipcx_table *t, const struct ix_kept *k,
		 const struct ix_nsseen *seen, uint32_t *ret_list);
void ix_kept_end(struct ix_kept *k);

/* Find the namespaces that attached segments of processes in other namespaces keep; they
 * are added to .mapped. Returns 0 or -ENOMEM. */
int ix_kept_mapped(struct ipcx *x, struct ipcx_table *t, bool all,
		   struct ix_keepers *mapped);
