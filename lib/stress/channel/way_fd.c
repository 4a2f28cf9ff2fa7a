/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages through descriptors. In a pipe and a stream all messages have the same size,
 * as pipes and streams do not keep message boundaries. Every worker has both ends open,
 * so that an end of file or EPIPE can never occur.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "stress/channel/way.h"

/* Whether there is something to read now. Always sets errno to EAGAIN. */
static bool way_fd_is_ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	errno = EAGAIN;
	return poll(&p, 1, 0) > 0;
}

/* Write a message. As soon as a part was written, EINTR no longer ends the call. */
static int way_fd_write_all(struct ix_channel *c, const struct ix_payload *p, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = write(c->out, p->data + done, size - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR || done == 0)
			return -1;
	}
	return 0;
}

static ssize_t way_fd_read_all(struct ix_channel *c, struct ix_payload *ret, bool wait)
{
	size_t done = 0;

	ret->type = 1;
	if (!wait && !way_fd_is_ready(c->in))
		return -1;
	while (done < c->size) {
		ssize_t n = read(c->in, ret->data + done, c->size - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0)
			break;
		else if (errno != EINTR || done == 0)
			return -1;
	}
	return (ssize_t)done;
}

static int pipe_open(const struct ix_task *t, struct ix_channel *c)
{
	int ends[2];

	(void)t;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	c->in = ends[0];
	c->out = ends[1];
	return 0;
}

const struct ix_way ix_way_pipe = {
	.name = "pipe",
	.least = 1,
	.most = IX_PAYLOAD_MOST,
	.whole = PIPE_BUF, /* pipe(7) */
	.open = pipe_open,
	.send = way_fd_write_all,
	.receive = way_fd_read_all,
};

static int pair_open(struct ix_channel *c, int type)
{
	int ends[2];

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	c->in = ends[0];
	c->out = ends[1];
	return 0;
}

static int stream_open(const struct ix_task *t, struct ix_channel *c)
{
	(void)t;
	return pair_open(c, SOCK_STREAM);
}

const struct ix_way ix_way_stream = {
	.name = "stream",
	.least = 1,
	.most = IX_PAYLOAD_MOST,
	.whole = PIPE_BUF, /* fits into one buffer of the kernel */
	.open = stream_open,
	.send = way_fd_write_all,
	.receive = way_fd_read_all,
};

static int seqpacket_open(const struct ix_task *t, struct ix_channel *c)
{
	(void)t;
	return pair_open(c, SOCK_SEQPACKET);
}

static int seqpacket_send(struct ix_channel *c, const struct ix_payload *p, size_t size)
{
	return send(c->out, p->data, size, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static ssize_t seqpacket_receive(struct ix_channel *c, struct ix_payload *ret, bool wait)
{
	ret->type = 1;
	return recv(c->in, ret->data, c->longest, wait ? 0 : MSG_DONTWAIT);
}

const struct ix_way ix_way_seqpacket = {
	.name = "seqpacket",
	.most = 128U << 10, /* net.core.wmem_default is a little more */
	.whole = 128U << 10,
	.shared = true,
	.open = seqpacket_open,
	.send = seqpacket_send,
	.receive = seqpacket_receive,
};

/* An eventfd as a counting semaphore: wake-ups without data. */
static int eventfd_open(const struct ix_task *t, struct ix_channel *c)
{
	(void)t;
	c->in = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
	if (c->in < 0)
		return -errno;
	c->out = c->in;
	return 0;
}

static int eventfd_send(struct ix_channel *c, const struct ix_payload *p, size_t size)
{
	const uint64_t one = 1;

	(void)p;
	(void)size;
	return write(c->out, &one, sizeof(one)) < 0 ? -1 : 0;
}

static ssize_t eventfd_receive(struct ix_channel *c, struct ix_payload *ret, bool wait)
{
	uint64_t value;

	ret->type = 1;
	if (!wait && !way_fd_is_ready(c->in))
		return -1;
	return read(c->in, &value, sizeof(value)) < 0 ? -1 : 0;
}

const struct ix_way ix_way_eventfd = {
	.name = "eventfd",
	.most = 0,
	.endless = true,
	.open = eventfd_open,
	.send = eventfd_send,
	.receive = eventfd_receive,
};
