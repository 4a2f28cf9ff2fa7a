/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a mountinfo: the reader terminates, and the texts of a mount are in its
 * own line, one after another. */
#include "base/mntinfo.h"
#include "base/util.h"
#include "fuzz.h"

/* Check that a text ends before "end"; return the byte after it. */
static const char *inside(const char *text, const char *begin, const char *end)
{
	CHECK(text >= begin && text < end);
	CHECK(memchr(text, '\0', (size_t)(end - text)));
	return strchr(text, '\0') + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = fuzz_text(data, size);
	const char *end = strchr(text, '\0');
	struct ix_mntinfo m = { .id = 0 };
	char *pos = text;
	int r;

	for (;;) {
		const char *line = pos;

		r = ix_mntinfo_next(&pos, &m);
		if (r <= 0)
			break;
		CHECK(pos > line && pos <= end);
		CHECK(inside(m.root, line, pos) <= m.target);
		CHECK(inside(m.target, line, pos) <= m.type);
		(void)inside(m.type, line, pos);
	}
	CHECK(r < 0 || pos == end);
	return 0;
}
