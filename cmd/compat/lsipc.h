/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of lsipc: what columns there are, where their values come from. */
#pragma once

#include "compat/cols.h"
#include "ipcx.h"

/* Kinds of IPC, and the limits. */
enum ls_kind { LS_SHM, LS_PSHM, LS_MSG, LS_MQ, LS_SEM, LS_PSEM, LS_LIMITS, LS_NONE };

#define LS_BIT(kind) (1U << (kind))
#define LS_SYSV      (LS_BIT(LS_SHM) | LS_BIT(LS_MSG) | LS_BIT(LS_SEM))
#define LS_POSIX     (LS_BIT(LS_PSHM) | LS_BIT(LS_MQ) | LS_BIT(LS_PSEM))

struct ls_kind_info {
	const char *mech;
	const char *json;     /* name of the array */
	const char *empty;    /* and when it is empty */
	const char *object;   /* in messages */
	const char *columns;  /* shown without -o, with commas between */
	const char *times;    /* what -t adds */
	const char *creators; /* what -c adds */
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

/* The first member is what the writer knows of it. */
struct ls_column {
	struct cols_column c;
	char help[48];
	unsigned kinds; /* bits: for which it can be chosen */
	enum ls_form form;
	enum ipcx_field field;
	enum ipcx_field plain; /* LS_KNOWN: the number that stands for an unknown name */
	bool sysv_only;        /* empty for POSIX objects, whatever they have */
};

/* All columns, ended by an empty name. */
extern const struct ls_column ls_columns[];

/* The column of that name, whatever its case; NULL. */
const struct ls_column *ls_column(const char *name, size_t len);

/* How the values look. */
struct ls_style {
	enum ls_time time;
	bool bytes, numeric_perms;
};

/* Rows on their way to the writer. */
struct ls_rows {
	const struct ipcx_table *t;
	const size_t *pick; /* which of them; NULL: all */
	const struct ls_column *const *columns;
	struct ls_style style;
};
cols_cell ls_cell;

/* The limits of these kinds. Answers the exit status. */
int ls_limits(struct ipcx *x, struct cols *cols, const struct ls_column *const *columns,
	      unsigned kinds, bool bytes);

/* Whether the directory of a POSIX kind is there; says so when it is not. */
bool ls_mounted(enum ls_kind kind);

/* What is to be shown. */
struct ls_options {
	struct cols cols;
	const struct ls_column *columns[COLS_MAX];
	enum ls_kind kind; /* LS_NONE: none was named */
	bool global, by_id, creator, time, form_given, time_given;
	int64_t id;
	const char *name, *output;
	struct ls_style style;
};

/* Choose the columns. False: that was wrong, which was said if the originals say it. */
bool ls_choose(struct ls_options *w);

/* The fields that they are made of. Static. */
struct ipcx_fieldset ls_fields(const struct ls_options *w);
