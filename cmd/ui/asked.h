/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reject conditions, orders and columns that none of the mechanisms can satisfy. */
#pragma once

#include "ipcx.h"
#include "ui/output.h"

/* Whether to print a note about fields that only some of the mechanisms lack. */
enum asked_notes {
	ASKED_SILENT, /* print none: the user did not name the mechanisms */
	ASKED_NOTED,
	ASKED_APART, /* print them; each mechanism has a table of its own */
};

/*
 * Check a condition (or NULL), and the order and columns in args, for objects of these
 * mechanisms. A field that none of the mechanisms has is a usage error (for columns,
 * output_fields() reports it). For a field that only some lack, a note is printed,
 * depending on `notes`. Returns 0, or an exit status after a message.
 */
int asked_of(uint64_t mechs, const struct ipcx_expr *where,
	     const struct output_args *args, enum asked_notes notes);

/* Return those of the mechanisms whose objects can match the condition; all mechanisms if
 * the condition is NULL. */
uint64_t asked_possible(uint64_t mechs, const struct ipcx_expr *where);
