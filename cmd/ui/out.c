/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only writer to standard output. */
#include "ui/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/util.h"
#include "ui/exit.h"
#include "ui/msg.h"

/* Bytes per write(2); the buffer is larger by OUT_ROOM, so that a cell can be written
 * without checking the space. */
#define CHUNK 32768

static _Alignas(64) char buffer[CHUNK + OUT_ROOM];

static struct {
	size_t len; /* bytes in the buffer */
	int error;
	bool told; /* the error was reported */
	int fd;
	uint64_t flushed; /* bytes that left the buffer, written or not */
	uint64_t written;
	bool (*stop)(void);
} out = { .fd = STDOUT_FILENO };

static void out_write_all(const char *p, size_t n)
{
	while (n > 0 && !out.error) {
		ssize_t put = write(out.fd, p, n);

		if (put < 0 && errno == EINTR && !(out.stop && out.stop()))
			continue;
		if (put < 0) {
			out.error = -errno;
			return;
		}
		p += put;
		n -= (size_t)put;
		out.written += (size_t)put;
	}
}

int out_flush(void)
{
	out_write_all(buffer, out.len);
	out.flushed += out.len;
	out.len = 0;
	return out.error;
}

int out_check(void)
{
	int r = out_flush();

	if (r < 0 && !out.told)
		msg_error("write error: %s", strerror(-r));
	out.told |= r < 0;
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

int out_ready(void)
{
	int flags = fcntl(out.fd, F_GETFL);

	/* If stdout was closed, main.c has opened /dev/null in its place, for reading
	 * only. */
	if (!out.error && (flags < 0 || (flags & O_ACCMODE) == O_RDONLY))
		out.error = -EBADF;
	return out_check();
}

bool out_told(void)
{
	return out.told;
}

size_t out_columns(void)
{
	struct winsize size;

	int fd = out.fd;

	if (!isatty(fd))
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

bool out_is_terminal(void)
{
	return isatty(STDOUT_FILENO);
}

uint64_t out_position(void)
{
	return out.flushed + out.len;
}

uint64_t out_written(void)
{
	return out.written;
}

void out_start(int fd, bool (*stop)(void))
{
	(void)out_flush();
	out.fd = fd ? fd : STDOUT_FILENO;
	out.stop = stop;
	out.flushed = out.written = 0;
}

void out_drop(void)
{
	out.len = 0;
	out.error = 0;
	out.told = false;
}

char *out_room(void)
{
	if (out.len >= CHUNK)
		(void)out_flush();
	return buffer + out.len;
}

void out_done(const char *end)
{
	out.len = (size_t)(end - buffer);
}

void out_bytes(const char *p, size_t n)
{
	while (n > 0) {
		char *room = out_room();
		size_t part = MIN(n, (size_t)OUT_ROOM);

		memcpy(room, p, part);
		out_done(room + part);
		p += part;
		n -= part;
	}
}

void out_text(const char *text)
{
	out_bytes(text, strlen(text));
}

void out_format(const char *fmt, ...)
{
	char *room = out_room();
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(room, OUT_ROOM, fmt, args);
	va_end(args);
	if (n > 0)
		out_done(room + MIN((size_t)n, (size_t)OUT_ROOM - 1));
}

void out_paragraph(const char *text)
{
	out_indented(text, 0);
}

void out_indented(const char *text, size_t indent)
{
	size_t column = indent;

	while (*text) {
		size_t n = strcspn(text, " \n");

		if (column > indent && column + 1 + n > 79) {
			out_format("\n%*s", (int)indent, "");
			column = indent;
		}
		if (column > indent) {
			out_text(" ");
			column++;
		}
		out_bytes(text, n);
		column += n;
		text += n;
		text += strspn(text, " \n");
	}
	out_text("\n");
}
