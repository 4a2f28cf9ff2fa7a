/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of ipcs: lists, one object, limits and totals. */
#pragma once

#include <stdbool.h>

#include "ipcx.h"

enum ipcs_kind { IPCS_MSG, IPCS_SHM, IPCS_SEM, IPCS_KINDS }; /* in the order of output */

enum ipcs_view {
	VIEW_DEFAULT,
	VIEW_TIME,
	VIEW_PID,
	VIEW_CREATOR,
	VIEW_LIMITS,
	VIEW_SUMMARY,
	VIEWS
};

enum ipcs_unit { UNIT_DEFAULT, UNIT_BYTES, UNIT_HUMAN };

/* The forms of a value. */
enum ipcs_form {
	AS_NUMBER,
	AS_KEY,
	AS_NAME,
	AS_PERMS,
	AS_MODE,     /* with the leading 0 */
	AS_MODE_ALL, /* also the bits above the permissions: removed, locked */
	AS_SIZE,     /* human */
	AS_SHORT,    /* time: "Nov 21 08:01:16 " */
	AS_LONG,     /* time: "Sat Nov 21 08:01:16 2026" */
	AS_DEST,     /* "dest", or nothing */
	AS_LOCKED,
};

/* Write a value of a row at p; return the end. */
char *ipcs_value(char *p, const struct ipcx_table *t, size_t row, enum ipcx_field field,
		 enum ipcs_form form);

/* Each of these functions returns the exit status. */
int ipcs_list(struct ipcx *x, enum ipcs_kind kind, enum ipcs_view view,
	      enum ipcs_unit unit);
int ipcs_detail(struct ipcx *x, enum ipcs_kind kind, int32_t id, enum ipcs_unit unit);
int ipcs_limits(struct ipcx *x, enum ipcs_kind kind, enum ipcs_unit unit);
int ipcs_summary(const struct ipcx_table *totals, enum ipcs_kind kind,
		 enum ipcs_unit unit);

/* Count the gaps in the totals, which are of all kinds, for these kinds only. */
void ipcs_gaps(const struct ipcx_table *totals, const bool *kinds);

/* The mechanism of each kind: "msg". */
extern const char *const ipcs_mechs[IPCS_KINDS];
