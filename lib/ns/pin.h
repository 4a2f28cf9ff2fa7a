/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces kept alive under a name. */
#pragma once

#include <stdbool.h>

#include "core/ctx.h"

/* Open a pin by name. Returns 0; -ENOENT if there is none, or the file is not a pin; or
 * -errno; without a text. */
int ix_pin_open(struct ipcx *x, const char *name, int *ret_fd);

#define IX_PIN_MAX 64 /* maximum length of a name */

/* All pins, from one read of the directory. */
struct ix_pins {
	struct ix_pin {
		uint64_t ino;
		char name[IX_PIN_MAX + 1];
	} * all;
	size_t n;
};

/* Read all pins; none without the right to see them. Returns 0 or -ENOMEM. */
int ix_pins_read(struct ix_pins *ret_pins);
void ix_pins_free(struct ix_pins *p);

/* Return the name of a namespace's pin, the first in directory order; NULL if it has
 * none. */
const char *ix_pins_name(const struct ix_pins *p, uint64_t ino);
