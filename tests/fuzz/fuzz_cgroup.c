/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names in the text of /proc/PID/cgroup: the reader terminates; the names that it
 * returns fit, occur in the text in order, and are path components.
 */
#include "base/util.h"
#include "container/cgroup.h"
#include "fuzz.h"

#define SMALL 16 /* too small for many names */
#define LARGE 300

/* Return where a name occurs next in the text; it must occur. */
static const char *follow(const char *at, const char *end, const char *name, size_t len)
{
	const char *found = memmem(at, (size_t)(end - at), name, len);

	CHECK(found);
	return found + len;
}

/* Return the number of names. */
static size_t walk(const char *text, size_t size, size_t room)
{
	struct ix_cgroup_reader r = ix_cgroup_read(text, size);
	auto_free char *name = malloc(room);
	const char *at = text;
	size_t n = 0;

	CHECK(name);
	for (;; n++) {
		size_t len;

		memset(name, '/', room);
		if (!ix_cgroup_next(&r, name, room))
			break;
		CHECK(memchr(name, '\0', room));
		len = strlen(name);
		CHECK(!memchr(name, '/', len) && !memchr(name, '\n', len));
		at = follow(at, text + size, name, len);
		/* Each name also consumed a slash or a line end. */
		CHECK(n < size);
	}
	CHECK(r.at == r.end && !ix_cgroup_next(&r, name, room));
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = malloc(size ? size : 1);

	CHECK(text);
	if (size)
		memcpy(text, data, size);
	CHECK(walk(text, size, 1) <= walk(text, size, SMALL));
	CHECK(walk(text, size, SMALL) <= walk(text, size, LARGE));
	return 0;
}
