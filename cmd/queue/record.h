/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages as text that loses nothing: a JSON object on a line of its own, described in
 * ipcx-msg(5): {"ipcx":1,"type":N,"size":BYTES,"data":"base64"}.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "ipcx.h"

/* The version that is written; others are refused, but 0: a record that does not count,
 * because its message went to another reader after it was written. */
#define RECORD_VERSION 1

/* Where in a record its version stands, and what makes one void: a single byte, so that
 * no moment is between the two. */
#define RECORD_VERSION_AT 8
#define RECORD_VOID       "0"

/* What a line has beside its data, at most. */
#define RECORD_EXTRA 4096

/* Append the record of a message, with its newline; label is the name of its number:
 * "type". 0 or -ENOMEM. */
int record_put(struct ix_buf *b, const char *label, const struct ipcx_message *m);

/*
 * Read a line. The bytes of the message go to data, which it takes over whole; so may the
 * text of what is wrong.
 *
 * @return NULL, or what is wrong with it
 */
const char *record_get(const char *line, size_t len, const char *label,
		       struct ix_buf *data, struct ipcx_message *ret_m, bool *ret_void);
