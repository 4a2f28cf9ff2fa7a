/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of /proc/PID/uid_map: ranges of ids, as they are there and as they are here. */
#include "core/idmap.h"

#include <errno.h>
#include <string.h>

#include "base/num.h"

#define BLANKS " \t"

/* The next number of a line. */
static int take_number(const char **at, uint32_t *ret_n)
{
	const char *p = *at + strspn(*at, BLANKS);
	size_t len = strspn(p, "0123456789");
	char text[IX_NUM_MAX];
	uint64_t n;

	if (len == 0 || len >= sizeof(text))
		return -EPROTO;
	memcpy(text, p, len);
	text[len] = '\0';
	if (ix_parse_u64(text, UINT32_MAX, &n) < 0)
		return -EPROTO;
	*ret_n = (uint32_t)n;
	*at = p + len;
	return 0;
}

int ix_idmap_parse(const char *text, struct ix_idrange ret_ranges[IX_IDMAP_MAX])
{
	struct ix_idrange ranges[IX_IDMAP_MAX];
	int n = 0;

	for (const char *p = text; *p; n++) {
		struct ix_idrange range;

		if (n == IX_IDMAP_MAX || take_number(&p, &range.inside) < 0 ||
		    take_number(&p, &range.outside) < 0 ||
		    take_number(&p, &range.count) < 0)
			return -EPROTO;
		p += strspn(p, BLANKS);
		if (*p && *p++ != '\n')
			return -EPROTO;
		ranges[n] = range;
	}
	memcpy(ret_ranges, ranges, (size_t)n * sizeof(*ranges));
	return n;
}

uint32_t ix_id_here(const struct ix_idrange *ranges, size_t n, uint32_t there)
{
	/* The kernel says the same of all who have no number there: a user who really has
	 * this one cannot be told from them. */
	for (size_t i = 0; i < n && there != IX_UNMAPPED; i++)
		if (there - ranges[i].inside < ranges[i].count)
			return ranges[i].outside + (there - ranges[i].inside);
	return IX_UNMAPPED;
}

int ix_id_there(const struct ix_idrange *ranges, size_t n, uint32_t here,
		uint32_t *ret_there)
{
	for (size_t i = 0; i < n; i++) {
		if (here - ranges[i].outside >= ranges[i].count)
			continue;
		*ret_there = ranges[i].inside + (here - ranges[i].outside);
		return 0;
	}
	return -EOVERFLOW;
}
