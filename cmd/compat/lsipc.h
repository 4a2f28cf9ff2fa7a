/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of lsipc: the columns, and the sources of their values. */
#pragma once

#include "base/util.h"
#include "compat/cols.h"
#include "ipcx.h"

/* The kinds of IPC objects, and the limits. */
enum ls_kind { LS_SHM, LS_PSHM, LS_MSG, LS_MQ, LS_SEM, LS_PSEM, LS_LIMITS, LS_NONE };

#define LS_BIT(kind) (1U << (kind))
#define LS_SYSV      (LS_BIT(LS_SHM) | LS_BIT(LS_MSG) | LS_BIT(LS_SEM))
#define LS_POSIX     (LS_BIT(LS_PSHM) | LS_BIT(LS_MQ) | LS_BIT(LS_PSEM))

struct ls_kind_info {
	const char *mech;
	const char *json;     /* name of the array in JSON */
	const char *empty;    /* name of an empty array in JSON */
	const char *object;   /* name of such an object in messages */
	const char *columns;  /* default columns, separated by commas */
	const char *times;    /* columns added by -t */
	const char *creators; /* columns added by -c */
};
extern const struct ls_kind_info ls_kinds[];

enum ls_time { LS_SHORT, LS_FULL, LS_ISO };

enum ls_form {
	LS_TEXT,
	LS_NUMBER,
	LS_KEY,
	LS_NAME,
	LS_KNOWN,
	LS_PERMS,
	LS_SIZE,
	LS_TIME,
	LS_COMMAND,
	LS_POSIX_NAME
};

/* The first member is the part that cols.c knows. */
struct ls_column {
	struct cols_column c;
	char help[IX_TEXT(48)];
	unsigned kinds; /* bits: the kinds of objects that have this column */
	enum ls_form form;
	enum ipcx_field field;
	enum ipcx_field
		plain;  /* LS_KNOWN: the numeric id to show if the name is unknown */
	bool sysv_only; /* the column is always empty for POSIX objects */
};

/* All columns, terminated by an empty name. */
extern const struct ls_column ls_columns[];

/* Return the column of that name, ignoring case; or NULL. */
const struct ls_column *ls_column(const char *name, size_t len);

/* The style of values. */
struct ls_style {
	enum ls_time time;
	bool bytes, numeric_perms;
};

/* Rows to print. */
struct ls_rows {
	const struct ipcx_table *t;
	const size_t *pick; /* indices of the rows; NULL: all */
	const struct ls_column *const *columns;
	struct ls_style style;
};
cols_cell ls_cell;

/* Print the limits of these kinds. Returns the exit status. */
int ls_limits(struct ipcx *x, struct cols *cols, const struct ls_column *const *columns,
	      unsigned kinds, bool bytes);

/* Return whether the directory of a POSIX kind exists; print a message if not. */
bool ls_mounted(struct ipcx *x, enum ls_kind kind);

/* The parsed options. */
struct ls_options {
	struct cols cols;
	const struct ls_column *columns[COLS_MAX];
	enum ls_kind kind; /* LS_NONE: no kind was given */
	bool global, by_id, creator, time, form_given, time_given;
	int64_t id;
	const char *name, *output;
	struct ls_style style;
};

/* Choose the columns. Returns false on an error, after a message if the original prints
 * one. */
bool ls_choose(struct ls_options *w);

/* Return the fields that are needed for the columns. */
struct ipcx_fieldset ls_fields(const struct ls_options *w);
