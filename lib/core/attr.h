/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes of struct ipcx_attrs as a table: name, the field that shows it, where it
 * stands. */
#pragma once

#include "ipcx.h"

struct ix_attr {
	uint64_t bit;
	const char *name;      /* as in a message: "size" */
	enum ipcx_field field; /* IPCX_NO_FIELD: no field shows it */
	uint16_t offset, size; /* of the member, 0 when it is a flag alone */
	bool fits;             /* an existing object fits when its field is at least this
				  (--if-missing) */
};

/* Set by the library alone: the contents must be exactly as long as the size, which was
 * read from the file that they come from. */
#define IX_A_EXACT (UINT64_C(1) << 63)

/* The attribute number i; NULL past the last. */
const struct ix_attr *ix_attr(unsigned i);

/* The member's value, widened. */
uint64_t ix_attr_value(const struct ix_attr *attr, const struct ipcx_attrs *a);
void ix_attr_set(const struct ix_attr *attr, struct ipcx_attrs *a, uint64_t value);

/* The names of the attributes in a mask, ", " between them. */
void ix_attr_names(uint64_t mask, char *buf, size_t size);
