/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of podman's pods. */
#pragma once

#include "container/claim.h"
#include "container/state.h"

#define IX_POD_ID 64 /* length of the id of a pod */

struct ix_pods;

/* Start without any names; they are read when they are asked for. Returns NULL if memory
 * is short. */
struct ix_pods *ix_pods_new(const struct ix_search *s);
void ix_pods_free(struct ix_pods *p);

/*
 * Return the pod whose id begins with "id" (12 to 64 hexadecimal digits), from the
 * database of the podman whose storage contains "bundle"; NULL if it is not found. The
 * whole id is stored in ret_id. The result is valid until ix_pods_free().
 */
const char *ix_pods_name(struct ix_pods *p, const char *bundle, const struct ix_giver *g,
			 const char *id, const char **ret_id);

/* Remember that a container holds the namespaces of the pod whose id begins with "id". */
void ix_pods_infra(struct ix_pods *p, const struct ix_giver *g, const char *container,
		   const char *id);

/* Return the beginning of the id of that pod; NULL if it is unknown. */
const char *ix_pods_of_infra(const struct ix_pods *p, const struct ix_giver *g,
			     const char *container);

/* Find the ids of pods in the text of a database; for each, found() is called with
 * texts in buffers. Returns 0 or the first other value that found() returned. */
int ix_pods_scan(const char *text, size_t len,
		 int (*found)(void *arg, const char *id, const char *name), void *arg);
