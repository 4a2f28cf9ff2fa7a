/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares what a user typed with the names of one container. */
#pragma once

#include "container/container.h"

/* How well a text fits a container; a lower grade is better. */
enum ix_grade {
	IX_NO_FIT,
	IX_FIT_NAME,      /* it is the name or the id, of the container or of its pod */
	IX_FIT_SERVICE,   /* it is the unit that systemd runs in an IPC namespace */
	IX_FIT_UNIT,      /* it is the unit that the container runs in */
	IX_FIT_UNESCAPED, /* the same, but for systemd's escapes */
	IX_FIT_PREFIX,    /* it is the beginning of the id, of the container or its pod */
};

struct ix_fit {
	enum ix_grade grade;
	bool pod; /* it is the pod that the text fits */
	bool id;  /* it is the container's own id that the text fits */
};

/* What the user typed for a container. */
struct ix_word {
	const char *text; /* the whole text */
	const char *rest; /* the text without "UID/" */
	bool by_user;
	uint64_t uid;
};

/* Read what a user typed. If everything before the first slash is digits, it is a UID. */
struct ix_word ix_word_read(const char *text);

/* Fit a text that has neither a user nor an outer container. */
struct ix_fit ix_fit_name(const struct ix_container *c, const char *text);

/* Fit what the user typed, with the user and the outer container, which may not be
 * missing. */
struct ix_fit ix_fit_word(const struct ix_container *c, const struct ix_word *w);
