/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages as text without loss: one JSON object per line, described in ipcx-msg(5):
 * {"ipcx":1,"type":N,"size":BYTES,"data":"base64"}. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "ipcx.h"

/* The version to write. Other versions are rejected, except 0, which marks a void record:
 * another reader received the message after the record was written. */
#define RECORD_VERSION 1

/* The offset of the version in a record, and the byte that makes a record void: a single
 * byte, so that the change is atomic. */
#define RECORD_VERSION_AT 8
#define RECORD_VOID       "0"

/* Maximum size of a line without its data. */
#define RECORD_EXTRA 4096

/* Append the record of a message, with a newline; label is the name of its number:
 * "type". Returns 0 or -ENOMEM. */
int record_put(struct ix_buf *b, const char *label, const struct ipcx_message *m);

/*
 * Parse a line. data is overwritten with the bytes of the message, or with the text of
 * the error.
 *
 * @return NULL, or what is wrong with the line
 */
const char *record_get(const char *line, size_t len, const char *label,
		       struct ix_buf *data, struct ipcx_message *ret_m, bool *ret_void);
