/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Input cut into pieces, in memory for one piece. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct feed {
	int fd;
	size_t most;     /* bytes that a piece may have */
	uint64_t number; /* of the piece that was read last, from 1 on */
	struct ix_buf buf;
	size_t at, seen; /* where the piece begins; how far it was looked through */
	bool end;
};

/*
 * The next line without its newline (the last one need not have it), the next size bytes
 * (the last piece may have fewer), all that is left. 1 and the piece, good until the next
 * call; 0 at the end; -EMSGSIZE when it is too long; -EINTR when the program shall end;
 * -errno.
 */
int feed_line(struct feed *f, const char **ret_p, size_t *ret_len);
int feed_block(struct feed *f, size_t size, const char **ret_p, size_t *ret_len);
int feed_rest(struct feed *f, const char **ret_p, size_t *ret_len);

void feed_end(struct feed *f);
