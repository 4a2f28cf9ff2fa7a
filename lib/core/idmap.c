/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parse /proc/PID/uid_map: ranges of ids inside and outside of a user namespace. */
#include "core/idmap.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"

static const char *idmap_skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

/* Read the next number of a line. */
static int take_number(const char **at, const char *end, uint32_t *ret_n)
{
	const char *p = idmap_skip_blanks(*at, end);
	uint64_t n = 0;

	if (ix_take_u64(&p, end, UINT32_MAX, &n) < 0)
		return -EPROTO;
	*ret_n = (uint32_t)n;
	*at = p;
	return 0;
}

static int take_range(const char **at, const char *end, struct ix_idrange *ret_range)
{
	struct ix_idrange range;
	const char *p = *at;

	if (take_number(&p, end, &range.inside) < 0 ||
	    take_number(&p, end, &range.outside) < 0 ||
	    take_number(&p, end, &range.count) < 0)
		return -EPROTO;
	p = idmap_skip_blanks(p, end);
	if (p < end && *p++ != '\n')
		return -EPROTO;
	*ret_range = range;
	*at = p;
	return 0;
}

int ix_idmap_parse(const char *text, size_t len,
		   struct ix_idrange ret_ranges[IX_IDMAP_MAX])
{
	const char *p = text, *end = text + len;
	struct ix_idrange ranges[IX_IDMAP_MAX];
	int n = 0;

	for (; p < end; n++)
		if (n == IX_IDMAP_MAX || take_range(&p, end, &ranges[n]) < 0)
			return -EPROTO;
	memcpy(ret_ranges, ranges, (size_t)n * sizeof(*ranges));
	return n;
}

int ix_idmap_read(int dirfd, const char *path, struct ix_idrange ret_ranges[IX_IDMAP_MAX],
		  size_t *ret_n)
{
	char text[32768];
	int n = ix_read_file(dirfd, path, text, sizeof(text));

	if (n >= 0)
		n = ix_idmap_parse(text, (size_t)n, ret_ranges);
	if (n < 0)
		return n;
	*ret_n = (size_t)n;
	return 0;
}

uint32_t ix_id_here(const struct ix_idrange *ranges, size_t n, uint32_t there)
{
	/* The kernel shows every unmapped id as IX_UNMAPPED, so that an unmapped user
	 * looks the same as the user who really has this id. */
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
