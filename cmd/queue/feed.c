/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Split input into lines or blocks. */
#include "queue/feed.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "stop.h"

#define CHUNK 65536

/* Read more, after discarding the pieces that were already returned. Returns 1; 0 at the
 * end of the input; or -errno. */
static int feed_fill(struct feed *f)
{
	ssize_t n;
	char *p;

	if (f->end)
		return 0;
	if (f->at > 0) {
		memmove(f->buf.data, f->buf.data + f->at, f->buf.len - f->at);
		f->buf.len -= f->at;
		f->seen -= f->at;
		f->at = 0;
	}
	p = ix_buf_room(&f->buf, CHUNK);
	if (!p)
		return -ENOMEM;
	do
		n = read(f->fd, p, CHUNK);
	while (n < 0 && errno == EINTR && !stop_wanted());
	if (n < 0)
		return -errno;
	f->buf.len += (size_t)n;
	f->end = n == 0;
	return !f->end;
}

static int piece(struct feed *f, size_t len, size_t skip, const char **ret_p,
		 size_t *ret_len)
{
	f->number++;
	if (len > f->most)
		return -EMSGSIZE;
	*ret_p = f->buf.data + f->at;
	*ret_len = len;
	f->at += len + skip;
	f->seen = f->at;
	return 1;
}

int feed_line(struct feed *f, const char **ret_p, size_t *ret_len)
{
	for (;;) {
		size_t left = f->buf.len - f->seen;
		const char *nl = left ? memchr(f->buf.data + f->seen, '\n', left) : NULL;
		int r;

		if (nl)
			return piece(f, (size_t)(nl - f->buf.data) - f->at, 1, ret_p,
				     ret_len);
		f->seen = f->buf.len;
		if (f->buf.len - f->at > f->most)
			return piece(f, f->buf.len - f->at, 0, ret_p, ret_len);
		r = feed_fill(f);
		if (r < 0)
			return r;
		if (r == 0)
			return f->buf.len > f->at
				       ? piece(f, f->buf.len - f->at, 0, ret_p, ret_len)
				       : 0;
	}
}

int feed_block(struct feed *f, size_t size, const char **ret_p, size_t *ret_len)
{
	while (f->buf.len - f->at < size) {
		int r = feed_fill(f);

		if (r < 0)
			return r;
		if (r == 0)
			break;
	}
	if (f->buf.len == f->at)
		return 0;
	return piece(f, f->buf.len - f->at < size ? f->buf.len - f->at : size, 0, ret_p,
		     ret_len);
}

int feed_rest(struct feed *f, const char **ret_p, size_t *ret_len)
{
	int r = 1;

	while (r > 0 && f->buf.len - f->at <= f->most)
		r = feed_fill(f);
	return r < 0 ? r : piece(f, f->buf.len - f->at, 0, ret_p, ret_len);
}

void feed_end(struct feed *f)
{
	ix_buf_free(&f->buf);
}
