/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which containers live in which namespace, in words. */
#pragma once

#include "container/container.h"
#include "ns/discover.h"
#include "ns/place.h"

/* "RUNTIME:NAME" of a container: "RUNTIME:ID", shortened, where it has no name. */
void ix_container_label(const struct ix_container *c, char *buf, size_t size);

/* All containers (ix_containers_new()) among the processes of a list. 0 or -ENOMEM. */
int ix_containers_among(struct ipcx *x, const struct ix_nslist *l,
			struct ix_containers **ret_c);

/* The same of all processes. 0 or -errno with a text. */
int ix_containers_all(struct ipcx *x, struct ix_containers **ret_c);

/* Give each place the label of the containers in it, with a comma between. 0 or -ENOMEM.
 */
int ix_label_places(struct ipcx *x, const struct ix_nslist *l, struct ix_place *places,
		    size_t n);
