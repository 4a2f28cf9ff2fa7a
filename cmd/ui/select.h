/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command works on: mechanisms, references and a condition, from its operands and
 * options. */
#pragma once

#include "ipcx.h"
#include "ui/opt.h"
#include "ui/output.h"

struct select_args {
	struct opt_list where; /* conditions that must all hold */
};

extern const struct opt select_opts[];

struct selection {
	uint64_t mechs; /* mechanisms to be listed completely */
	struct ipcx_ref *refs;
	size_t nrefs;
	struct ipcx_expr *where;
};

/*
 * Parse "MECH…|REF…": a mechanism is the default of the references after it; if none
 * before the next mechanism uses it, it selects all its objects. args is NULL if the
 * command takes no conditions. Returns 0, or an exit status after a message.
 */
int select_read(struct ipcx *x, const struct select_args *args, int n, char **words,
		struct selection *ret_sel);

/*
 * Parse the conditions given with this option into one condition that requires all of
 * them; NULL if there are none. Returns 0, or an exit status after a message: a usage
 * error only if a condition itself is invalid.
 */
int select_condition(struct ipcx *x, const char *option, const struct opt_list *texts,
		     struct ipcx_expr **ret_expr);

void select_free(struct selection *sel);

/* Return the mask of all mechanisms. */
uint64_t select_all(void);

/* Return the mask of all mechanisms in the selection. */
uint64_t select_touched(const struct selection *sel);

/* For output_fields(): whether a mechanism of the mask (data: uint64_t) has the field. */
bool select_knows(enum ipcx_field field, const void *data);

/* Return the fields to show: those of these mechanisms that are not costly. */
struct shown select_usual(uint64_t mask);
