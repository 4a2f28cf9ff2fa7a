/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces that are kept alive under a name. */
#pragma once

#include <stdbool.h>

#include "core/ctx.h"

/* Open the pin of this name: 0; -ENOENT when there is none (or what has the name is no
 * pin); -errno. Without a text. */
int ix_pin_open(struct ipcx *x, const char *name, int *ret_fd);

#define IX_PIN_MAX 64 /* letters of a name */

/* All pins, as one look at the directory showed them. */
struct ix_pins {
	struct ix_pin {
		uint64_t ino;
		char name[IX_PIN_MAX + 1];
	} * all;
	size_t n;
};

/* 0 or -ENOMEM; without pins, or the right to see them, none. */
int ix_pins_read(struct ix_pins *ret_pins);
void ix_pins_free(struct ix_pins *p);

/* The name of the pin of a namespace, the first in the order of the directory; NULL
 * without one. */
const char *ix_pins_name(const struct ix_pins *p, uint64_t ino);
