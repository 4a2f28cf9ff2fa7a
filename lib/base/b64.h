/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes as base64 text (RFC 4648, section 4), with padding and without line breaks. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

/* Append the text of n bytes. 0 or -ENOMEM. */
int ix_b64_put(struct ix_buf *b, const void *data, size_t n);

/*
 * Append the bytes of a text of len characters. What ix_b64_put() would not have written
 * is refused: other characters, missing padding, bits behind the last byte. 0, -EINVAL,
 * -ENOMEM.
 */
int ix_b64_get(struct ix_buf *b, const char *text, size_t len);
