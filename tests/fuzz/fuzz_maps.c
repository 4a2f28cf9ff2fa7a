/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of /proc/PID/maps, whose names a process chooses, and the text of fdinfo: an
 * accepted line, written again as the kernel writes it, gives the same mapping; a refused
 * text leaves the output unchanged.
 */
#include <errno.h>
#include <inttypes.h>
#include <sys/sysmacros.h>

#include "base/util.h"
#include "fuzz.h"
#include "proc/fds.h"
#include "proc/maps.h"

static bool same(const struct ix_mapping *a, const struct ix_mapping *b)
{
	return a->start == b->start && a->end == b->end && a->dev == b->dev &&
	       a->ino == b->ino && a->read == b->read && a->write == b->write &&
	       a->shared == b->shared;
}

static void check_again(const struct ix_mapping *m, const char *name, size_t len)
{
	auto_free char *line = malloc(len + 200);
	struct ix_mapping again = { 0 };
	const char *found = NULL;
	size_t n = 0;
	int head;

	CHECK(line);
	head = snprintf(line, 200,
			"%08" PRIx64 "-%08" PRIx64 " %c%c-%c 00000000 %02x:%02x %" PRIu64
			" ",
			m->start, m->end, m->read ? 'r' : '-', m->write ? 'w' : '-',
			m->shared ? 's' : 'p', major(m->dev), minor(m->dev), m->ino);
	CHECK(head > 0 && head < 200);
	if (len)
		memcpy(line + head, name, len);
	CHECK(ix_maps_parse(line, (size_t)head + len, &again, &found, &n) == 0);
	CHECK(same(m, &again));
	CHECK(n == len && (!n || !memcmp(found, name, n)));
}

static void check_line(const uint8_t *data, size_t len)
{
	auto_free char *line = malloc(len ? len : 1);
	struct ix_mapping m = { .start = 77, .ino = 78 };
	const char *name = "?";
	size_t n = 79;
	int r;

	CHECK(line);
	if (len)
		memcpy(line, data, len);
	r = ix_maps_parse(line, len, &m, &name, &n);
	CHECK(r == 0 || r == -EPROTO);
	if (r < 0) {
		CHECK(m.start == 77 && m.ino == 78 && n == 79 && !strcmp(name, "?"));
		return;
	}
	CHECK(!n || (name >= line && name + n <= line + len));
	CHECK(m.start <= m.end);
	check_again(&m, name, n);
}

static void check_flags(const uint8_t *data, size_t len)
{
	auto_free char *text = malloc(len ? len : 1);
	int flags = 77, again = 0, r;
	char line[40];

	CHECK(text);
	if (len)
		memcpy(text, data, len);
	r = ix_fd_flags_parse(text, len, &flags);
	CHECK(r == 0 || r == -EPROTO);
	if (r < 0) {
		CHECK(flags == 77);
		return;
	}
	CHECK(memmem(text, len, "flags:", 6));
	(void)snprintf(line, sizeof(line), "pos:\t0\nflags:\t0%o\n", (unsigned)flags);
	CHECK(ix_fd_flags_parse(line, strlen(line), &again) == 0 && again == flags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_flags(data, size);
	for (;;) {
		const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
		size_t len = newline ? (size_t)(newline - data) : size;

		check_line(data, len);
		if (!newline)
			return 0;
		data += len + 1;
		size -= len + 1;
	}
}
