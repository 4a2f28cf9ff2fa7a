/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether systemd-logind removes the objects of users who log out: logind.conf(5). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

/* The last word about RemoveIPC=, and where it stands. */
struct ix_logind_conf {
	bool removes;     /* yes unless a file says otherwise */
	char source[256]; /* the file; "" if none says anything */
};

/* Read the configuration below a root directory. Files that cannot be read are left out;
 * returns the first such -errno, else 0. */
int ix_logind_conf_read(int root, struct ix_logind_conf *ret_conf);

/* Find the last RemoveIPC= of section [Login] in a text. Returns 1 for yes, 0 for no, -1
 * if the text does not say. */
int ix_logind_conf_parse(const char *text);

/* Whether logind is at work below a root directory. */
enum ix_logind {
	IX_LOGIND_NONE, /* there is none */
	IX_LOGIND_MAY, /* it is installed, and systemd is at work, but has not started it */
	IX_LOGIND_STARTED, /* since the machine was started */
};
enum ix_logind ix_logind_state(int root);
