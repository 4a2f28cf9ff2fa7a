/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command is about: mechanisms, references, a condition, as the words of its
 * command line say. */
#pragma once

#include "ipcx.h"
#include "ui/opt.h"
#include "ui/output.h"

struct select_args {
	struct opt_list where; /* conditions that must all hold */
};

extern const struct opt select_opts[];

struct selection {
	uint64_t mechs; /* those that were named, to be listed whole */
	struct ipcx_ref *refs;
	size_t nrefs;
	struct ipcx_expr *where;
};

/*
 * Read "MECH…|REF…": a mechanism is the default of the references behind it, or, when
 * none up to the next mechanism is one of its own, is meant whole. args is NULL where
 * there are no conditions. Answers 0, or an exit status after a message.
 */
int select_read(struct ipcx *x, const struct select_args *args, int n, char **words,
		struct selection *ret_sel);

/*
 * Read the conditions that stand behind this option as one: all must hold. NULL when
 * there are none. 0, or an exit status after a message: of wrong usage only when a
 * condition itself is wrong.
 */
int select_condition(struct ipcx *x, const char *option, const struct opt_list *texts,
		     struct ipcx_expr **ret_expr);

void select_free(struct selection *sel);

/* The mask of every mechanism. */
uint64_t select_all(void);

/* All mechanisms that the selection touches. */
uint64_t select_touched(const struct selection *sel);

/* Whether one of the mechanisms in the mask (a uint64_t behind data) has the field: for
 * output_fields(). */
bool select_knows(enum ipcx_field field, const void *data);

/* To show every field of the mechanisms in the mask that comes with each listing. */
struct shown select_usual(uint64_t mask);
