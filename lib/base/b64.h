/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes as base64 text (RFC 4648, section 4), with padding and without line breaks. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

/* Append n bytes as base64. Returns 0 or -ENOMEM. */
int ix_b64_put(struct ix_buf *b, const void *data, size_t n);

/*
 * Decode len characters and append the bytes. Anything that ix_b64_put() would not have
 * written is refused: other characters, missing padding, nonzero bits after the last
 * byte. Returns 0, -EINVAL or -ENOMEM.
 */
int ix_b64_get(struct ix_buf *b, const char *text, size_t len);
