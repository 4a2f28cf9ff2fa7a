/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Totals that the caller of ipcx_limits_given() has. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipcx.h"

#define IX_GIVEN_TOTALS 3

struct ix_given_row {
	uint64_t ns; /* 0: the rows do not say */
	unsigned mech;
	uint8_t known; /* mask: this total is known */
	uint64_t totals[IX_GIVEN_TOTALS];
};

struct ix_given {
	struct ix_given_row *rows; /* ascending by namespace and mechanism */
	size_t n;
	bool by_ns; /* the rows say which namespace they are of */
};

/* Returns 0 or -ENOMEM. */
int ix_given_read(const struct ipcx_table *totals, struct ix_given *ret);

/* Find a total of a mechanism in a namespace. Returns 0, or -ENODATA if the caller does
 * not know it. */
int ix_given_find(const struct ix_given *g, uint64_t ns, const char *mech,
		  enum ipcx_field total, uint64_t *ret_n);

void ix_given_free(struct ix_given *g);
