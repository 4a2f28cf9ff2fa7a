/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of the labels of containers, and what a label means. */
#pragma once

#include "container/container.h"

/* Write the shortest text by which containers inside this one refer to it: "NAME", or
 * the label without its first parts if the name alone could mean something else. */
void ix_container_handle(const struct ix_container *c, char *buf, size_t size);

/* Write one part of a label, escaped; returns false if it does not fit. */
bool ix_label_part(const char *text, char *buf, size_t size);

/* Return the namespace of the runtime if labels show it, else NULL. */
const char *ix_label_space(const struct ix_container *c);

/* Whether an id is machine-made, so that its beginning may be used instead. */
bool ix_id_may_be_cut(const char *id);

/* Whether a container only holds the namespaces of its pod: the sandbox or infra
 * container, whose label is the name of the pod. */
bool ix_container_leads(const struct ix_container *c);

/* Whether two containers are in the same pod, or are the same. */
bool ix_containers_same_pod(const struct ix_container *a, const struct ix_container *b);

/* Give each container of a list its label; no two are equal. Returns 0 or -ENOMEM. */
int ix_containers_label(struct ix_containers *c);
