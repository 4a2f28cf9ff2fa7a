/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what is asked of objects is something that they could answer. */
#pragma once

#include "ipcx.h"
#include "ui/output.h"

/* Whether what some of the mechanisms lack is told. */
enum asked_notes {
	ASKED_SILENT, /* nobody named them */
	ASKED_TOLD,
	ASKED_APART, /* and each stands in a table of its own */
};

/*
 * A condition (or NULL), and what args say of order and columns, over objects of these
 * mechanisms. What none of them has is wrong usage (of columns output_fields() says
 * that); what some lack is told, where notes say so: of conditions, orders and columns
 * that were named. 0, or an exit status after a message.
 */
int asked_of(uint64_t mechs, const struct ipcx_expr *where,
	     const struct output_args *args, enum asked_notes notes);

/* Those of these mechanisms whose objects can fulfil the condition; NULL: all. */
uint64_t asked_possible(uint64_t mechs, const struct ipcx_expr *where);
