/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes of struct ipcx_attrs as a table: bit, name, field and member. */
#pragma once

#include "base/util.h"
#include "ipcx.h"

struct ix_attr {
	uint64_t bit;
	char name[IX_TEXT(16)]; /* for messages: "size" */
	enum ipcx_field field;  /* the field that shows the attribute; IPCX_NO_FIELD if
				   none does */
	uint16_t offset, size; /* offset and size of the member; size 0: a flag, which has
				  no member */
	bool fits; /* if-missing accepts an existing object whose field is at least as
		      large as requested */
};

/* An attribute that only the library sets: the new contents must be exactly as long as
 * the requested size, because that size was read from the file that they come from. */
#define IX_A_EXACT (UINT64_C(1) << 63)

/* Return attribute number i; NULL past the last. */
const struct ix_attr *ix_attr(unsigned i);

/* Return the member's value, widened to 64 bits. */
uint64_t ix_attr_value(const struct ix_attr *attr, const struct ipcx_attrs *a);
void ix_attr_set(const struct ix_attr *attr, struct ipcx_attrs *a, uint64_t value);

/* List the names of the attributes in a mask, separated by ", ". */
void ix_attr_names(uint64_t mask, char *buf, size_t size);
