/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who has the most: amounts of objects summed up by owner and command, or by owner. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/table.h"

/* What one user, or one command of a user, has. */
struct ix_most_user {
	uint32_t uid;
	uint64_t command; /* a hash of it; 0: unknown, or not asked */
	uint64_t sum;
	size_t count;               /* objects */
	size_t gone;                /* of them, made by processes that have ended */
	const struct ipcx_table *t; /* one of the objects, for names */
	size_t row;
};

struct ix_most {
	bool by_user; /* all commands of a user together */
	struct ix_most_user *users;
	size_t n, room;
};

/* Add an object that counts for this amount. Returns 0 or -ENOMEM. */
int ix_most_add(struct ix_most *m, const struct ipcx_table *t, size_t row,
		uint64_t amount);

/* Join what belongs to the same user and command; the biggest come first. */
void ix_most_group(struct ix_most *m);

/* Append a text that says who has the most of a total: "; most belong to root
 * (postgres): 90 %". Groups first. Nothing is appended if nobody stands out. */
void ix_most_say(struct ix_most *m, uint64_t total, char *buf, size_t size);

/* Write the user's name, escaped; or the number. */
void ix_most_owner(const struct ix_most_user *u, char *buf, size_t size);

void ix_most_free(struct ix_most *m);
