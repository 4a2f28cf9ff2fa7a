/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --ns: the namespace that a command works in. */
#pragma once

#include "cmd.h"

struct ns_args {
	const char *ns;
};

/* For commands that only look (WHERE may be "all"), and for those that change. */
extern const struct opt ns_opts[], ns_one_opts[];

/* Let the context work where --ns says. 0, or an exit status after a message. */
int ns_use(struct app *app, const struct ns_args *args);

/* Say that a command in there has a /dev/shm of its own. */
void ns_note_empty(void);

/* Whether that is every namespace: then rows say where they are from. */
bool ns_all(const struct app *app);

/* Put ns and container before the default columns when all namespaces are shown. */
struct shown ns_shown(const struct app *app, struct shown shown);
