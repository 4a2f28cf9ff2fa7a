/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --ns: the namespace that a command works in. */
#pragma once

#include "cmd.h"
#include "ui/output.h"

struct ns_args {
	const char *ns;
};

/* ns_opts is for commands that only read (WHERE may be "all"), ns_one_opts for those that
 * change something. */
extern const struct opt ns_opts[], ns_one_opts[];

/* Make the library context use the namespace that --ns names. Returns 0, or an exit
 * status after a message. */
int ns_use(struct app *app, const struct ns_args *args);

/* Print a note that a command in that namespace gets an empty /dev/shm. */
void ns_note_empty(void);

/* Return whether --ns is "all"; rows then have the fields ns and container. */
bool ns_all(const struct app *app);

/* Return the fields of a set that are not about the namespace and its containers. */
struct ipcx_fieldset ns_fields_less(struct ipcx_fieldset fields);

/* Of one namespace that was named, only a part may be read: then the status is 4 if that
 * part is not empty. */
void ns_partly(const struct app *app, struct tally *tally);

/* Put ns and container before the default columns when all namespaces are shown. */
struct shown ns_shown(const struct app *app, struct shown shown);

/* Add the column of directories if some rows are from a directory, not from a
 * namespace. */
void ns_add_directory(const struct app *app, struct output *s,
		      const struct ipcx_table *t);
