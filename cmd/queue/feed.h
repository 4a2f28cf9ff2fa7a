/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Split input into pieces; only one piece is in memory at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct feed {
	int fd;
	size_t most;     /* maximum size of a piece */
	uint64_t number; /* number of the last piece, from 1 */
	struct ix_buf buf;
	size_t at, seen; /* start of the piece; end of the part already searched */
	bool end;
};

/*
 * Read the next line without its newline (the last line may lack a newline), the next
 * size bytes (the last piece may have fewer), or everything left. Returns 1 and the
 * piece, valid until the next call; 0 at the end; -EMSGSIZE if the piece is too long;
 * -EINTR if the program is to end; -errno.
 */
int feed_line(struct feed *f, const char **ret_p, size_t *ret_len);
int feed_block(struct feed *f, size_t size, const char **ret_p, size_t *ret_len);
int feed_rest(struct feed *f, const char **ret_p, size_t *ret_len);

void feed_end(struct feed *f);
