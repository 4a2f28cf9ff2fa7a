/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pins: namespaces that are kept alive and have a name. */
#pragma once

#include <stdbool.h>

#include "core/ctx.h"

/* Open a pin by name. Returns 0; -ENOENT if there is no such pin, or if the file is not a
 * pin; another -errno. Errors set no text. */
int ix_pin_open(struct ipcx *x, const char *name, int *ret_fd);

/* Get the path of the directory of the caller's pins. Returns its length. */
#define IX_PINS_DIR 64
size_t ix_pins_dir(char *buf, size_t size);

#define IX_PIN_MAX 64 /* maximum length of a pin's name */

/* All pins, found by reading the directory once; sorted by inode number, then name. */
struct ix_pins {
	struct ix_pin {
		uint64_t ino;
		char name[IX_PIN_MAX + 1];
	} * all;
	size_t n, cap;
};

/* Read all pins; the list is empty if the caller may not see them. Returns 0 or
 * -ENOMEM. */
int ix_pins_read(struct ix_pins *ret_pins);
void ix_pins_free(struct ix_pins *p);

/* Return the first of a namespace's pins, which follow each other; NULL if it has
 * none. */
const struct ix_pin *ix_pins_of(const struct ix_pins *p, uint64_t ino);

/* Return the name of a namespace's pin (the first by name, if there are several); NULL if
 * the namespace has no pin. */
const char *ix_pins_name(const struct ix_pins *p, uint64_t ino);
