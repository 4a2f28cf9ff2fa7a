/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One HTTP request on standard input, its answer on standard output: what a socket unit
 * with Accept=yes (systemd.socket(5)) or inetd(8) hands over. There is no connection after
 * the answer, so nothing of HTTP is needed but the first line and one header (RFC 9112).
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/timeout.h"
#include "monitor/metrics.h"

#define REQUEST_MAX 8192
#define REQUEST_NS  (5 * INT64_C(1000000000))

/* Wait until the descriptor is ready. Returns 0, or -ETIMEDOUT. */
static int http_wait(int fd, short events, struct ix_timeout *t)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left;

	for (;;) {
		left = ix_timeout_left(t);
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)(left / 1000000) + 1) > 0)
			return 0;
	}
}

/* Return the end of the header, after its empty line; NULL if it is not there yet. */
static char *http_end(char *text)
{
	for (char *p = text; (p = strchr(p, '\n')); p++) {
		if (p[1] == '\n')
			return p + 2;
		if (p[1] == '\r' && p[2] == '\n')
			return p + 3;
	}
	return NULL;
}

/* Read the header. Returns 200, the status of an error, or 0 if nobody asks. */
static int http_read(char *buf, size_t size)
{
	struct ix_timeout timeout = IX_TIMEOUT(REQUEST_NS);
	size_t len = 0;

	for (;;) {
		ssize_t n;

		buf[len] = '\0';
		if (http_end(buf))
			return 200;
		if (len == size - 1)
			return 431;
		if (http_wait(STDIN_FILENO, POLLIN, &timeout) < 0)
			return 408;
		n = read(STDIN_FILENO, buf + len, size - 1 - len);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return len ? 400 : 0;
		/* A NUL would hide what comes after it. */
		if (memchr(buf + len, '\0', (size_t)n))
			return 400;
		len += (size_t)n;
	}
}

/* "GET /metrics HTTP/1.1" */
static int http_line(char *line)
{
	char *save, *method = strtok_r(line, " ", &save);
	char *target = strtok_r(NULL, " ", &save), *version = strtok_r(NULL, " ", &save);
	char *host;

	if (!method || !target || !version || strtok_r(NULL, " ", &save))
		return 400;
	if (strncmp(version, "HTTP/", 5) != 0)
		return 400;
	if (strncmp(version + 5, "1.", 2) != 0)
		return 505;
	if (strcmp(method, "GET") != 0)
		return 405;
	/* A proxy is asked by the whole address. */
	host = strncasecmp(target, "http://", 7) ? NULL : target + 7;
	if (host)
		target = host + strcspn(host, "/");
	target[strcspn(target, "?")] = '\0';
	return strcmp(target, "/metrics") ? 404 : 200;
}

/* Whether the parameters of a type say that it is not wanted: "q=0", "q=0.000". */
static bool http_unwanted(const char *p, const char *end)
{
	for (; p && p < end; p = memchr(p, ';', (size_t)(end - p))) {
		p += strspn(p, "; \t");
		if (strncasecmp(p, "q=0", 3) != 0)
			continue;
		p += 2 + strspn(p + 2, "0.");
		return p >= end || strchr(" \t;,", *p);
	}
	return false;
}

/* Whether a type is among those of an Accept header. */
static bool http_accepts(const char *value, const char *type)
{
	size_t len = strlen(type);

	while (*value) {
		const char *end = value + strcspn(value, ",");

		value += strspn(value, " \t");
		if (!strncasecmp(value, type, len) && strchr(" \t;,", value[len]))
			return !http_unwanted(value + len, end);
		value = *end ? end + 1 : end;
	}
	return false;
}

int http_request(bool *ret_open, bool *ret_head)
{
	char buf[REQUEST_MAX + 1];
	char *save = NULL, *line, *end;
	int status = http_read(buf, sizeof(buf));

	*ret_open = *ret_head = false;
	if (status != 200)
		return status;
	end = http_end(buf);
	if (end)
		*end = '\0';
	line = buf + strcspn(buf, "\r\n");
	if (*line)
		*line++ = '\0';
	for (char *h = strtok_r(line, "\r\n", &save); h;
	     h = strtok_r(NULL, "\r\n", &save))
		if (!strncasecmp(h, "Accept:", 7))
			*ret_open |= http_accepts(h + 7, "application/openmetrics-text");
	*ret_head = !strncmp(buf, "HEAD ", 5);
	return http_line(buf);
}

/* ---- the answer */

static const char *http_phrase(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 431:
		return "Request Header Fields Too Large";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Internal Server Error";
	}
}

/* Write to a reader that may have stopped reading. */
static int http_write(const char *p, size_t n)
{
	struct ix_timeout timeout = IX_TIMEOUT(REQUEST_NS);

	while (n > 0) {
		ssize_t done;

		if (http_wait(STDOUT_FILENO, POLLOUT, &timeout) < 0)
			return -ETIMEDOUT;
		done = send(STDOUT_FILENO, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		/* A pipe that is ready has room for this much. */
		if (done < 0 && errno == ENOTSOCK)
			done = write(STDOUT_FILENO, p, MIN(n, (size_t)PIPE_BUF));
		if (done < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (done < 0)
			return -errno;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

/* What was sent and not read, such as a body, would make the kernel reset the connection
 * before the answer is read. */
static void http_drain(void)
{
	struct ix_timeout timeout = IX_TIMEOUT(REQUEST_NS / 10);
	size_t most = (size_t)16 * REQUEST_MAX;
	char buf[1024];
	ssize_t n = 1;

	if (shutdown(STDOUT_FILENO, SHUT_WR) < 0)
		return;
	while (n > 0 && most > sizeof(buf) &&
	       http_wait(STDIN_FILENO, POLLIN, &timeout) == 0) {
		n = read(STDIN_FILENO, buf, sizeof(buf));
		most -= sizeof(buf);
	}
}

int http_answer(int status, bool open, bool head, const struct ix_buf *text)
{
	static const char type_open[] =
		"application/openmetrics-text; version=1.0.0; charset=utf-8";
	static const char type_text[] = "text/plain; version=0.0.4; charset=utf-8";
	auto_buf struct ix_buf answer = { .len = 0 };
	bool fine = status == 200;
	int r = ix_buf_printf(&answer,
			      "HTTP/1.1 %d %s\r\n"
			      "Content-Type: %s\r\n"
			      "Connection: close\r\n"
			      "%s",
			      status, http_phrase(status),
			      !fine  ? "text/plain; charset=utf-8"
			      : open ? type_open
				     : type_text,
			      status == 405 ? "Allow: GET\r\n" : "");

	if (r == 0 && fine)
		r = ix_buf_printf(&answer, "Content-Length: %zu\r\n\r\n", text->len);
	else if (r == 0)
		r = ix_buf_printf(&answer,
				  head ? "Content-Length: %zu\r\n\r\n"
				       : "Content-Length: %zu\r\n\r\n%d %s%s\n",
				  strlen(http_phrase(status)) + 5 +
					  (status == 404 ? 19U : 0U),
				  status, http_phrase(status),
				  status == 404 ? ": GET /metrics only" : "");
	if (r == 0)
		r = http_write(answer.data, answer.len);
	if (r == 0 && fine)
		r = http_write(text->data, text->len);
	if (r == 0)
		http_drain();
	/* Who asked may go away at any time. */
	if (r == 0 || r == -EPIPE || r == -ECONNRESET)
		return EXIT_DONE;
	msg_error("the answer could not be sent: %s", strerror(-r));
	return EXIT_FAILED;
}
