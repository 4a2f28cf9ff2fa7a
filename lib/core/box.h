/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers as rows: those of the namespace that rows are read in, or that of a row's
 * process. What finds containers is above this layer; here is what a table keeps of them.
 */
#pragma once

#include "core/rows.h"

/* What a table keeps of a container. */
struct ix_box {
	const char *label; /* how it is shown, and may be typed */
	const char *runtime, *id, *name, *pod, *pod_namespace, *unit, *ipc_mode;
	uint32_t uid; /* who gives the name */
	int32_t pid;  /* its first process */
	uint64_t ns;  /* the IPC namespace of that process; 0: unknown */
};

/* Containers with their texts, in one block of memory: free(3) it. */
struct ix_boxes {
	size_t n;
	struct ix_box all[];
};

/* Copy n containers, at least one; NULL if out of memory. */
struct ix_boxes *ix_boxes_new(const struct ix_box *all, size_t n);

/* The label of the first container; NULL if there is none. boxes may be NULL. */
static inline const char *ix_boxes_label(const struct ix_boxes *boxes)
{
	return boxes ? boxes->all[0].label : NULL;
}

/* The kind of these rows: "containers". */
extern const struct ix_kind ix_boxes;

/* Add a row to a table whose section is of this kind. Returns 0 or -ENOMEM. */
int ix_box_add(struct ipcx_table *t, const struct ix_box *box);

/* Make a list of containers below a table. Returns its number; 0 if n is 0, or if out of
 * memory: the table is starved then. */
uint32_t ix_box_list(struct ipcx_table *t, const struct ix_box *all, size_t n);

/* Copy a list of containers of another table; the same results. */
uint32_t ix_box_copy(struct ipcx_table *t, const struct ipcx_table *from, uint32_t list);

/* The fields that describe containers, and whether a set has one of them. */
struct ipcx_fieldset ix_box_fields(void);
bool ix_box_wanted(const struct ipcx_fieldset *want);

/* Columns of the containers of the namespace in which rows were read. */
typedef void ix_box_derive(const struct ipcx_table *t, const struct ix_section *s,
			   const void *row, struct ipcx_value *v);

ix_box_derive ix_place_container, ix_place_container_uid, ix_place_containers,
	ix_place_runtime, ix_place_pod, ix_place_pod_ns, ix_place_unit;

/* clang-format off */
#define IX_PLACE_BOX_COLUMNS(make)                      \
	make(IPCX_F_CONTAINER, ix_place_container),         \
	make(IPCX_F_CONTAINER_UID, ix_place_container_uid), \
	make(IPCX_F_CONTAINERS, ix_place_containers),       \
	make(IPCX_F_RUNTIME, ix_place_runtime),             \
	make(IPCX_F_POD, ix_place_pod),                     \
	make(IPCX_F_POD_NS, ix_place_pod_ns),               \
	make(IPCX_F_SYSTEMD_UNIT, ix_place_unit)

/* Columns of the container of a row's own process, for a struct with a member of type
 * uint32_t that is the number of a list. */
ix_box_derive ix_box_container, ix_box_container_uid, ix_box_containers, ix_box_runtime,
	ix_box_pod, ix_box_pod_ns, ix_box_unit;

#define IX_BOX_COLUMNS(type, member)                                               \
	IX_DERIVED_FROM(IPCX_F_CONTAINER,     type, member, ix_box_container),     \
	IX_DERIVED_FROM(IPCX_F_CONTAINER_UID, type, member, ix_box_container_uid), \
	IX_DERIVED_FROM(IPCX_F_CONTAINERS,    type, member, ix_box_containers),    \
	IX_DERIVED_FROM(IPCX_F_RUNTIME,       type, member, ix_box_runtime),       \
	IX_DERIVED_FROM(IPCX_F_POD,           type, member, ix_box_pod),           \
	IX_DERIVED_FROM(IPCX_F_POD_NS,        type, member, ix_box_pod_ns),        \
	IX_DERIVED_FROM(IPCX_F_SYSTEMD_UNIT,  type, member, ix_box_unit)
/* clang-format on */
