/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parse PATH[:PROJ] and PROJ. */
#include "ui/proj.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"

int proj_read(const char *text, int *ret_proj)
{
	uint64_t n;

	if (text[0] && !text[1] && (text[0] < '0' || text[0] > '9')) {
		*ret_proj = (unsigned char)text[0];
		return 0;
	}
	if (ix_parse_u64(text, 255, &n) < 0 || n == 0)
		return -EINVAL;
	*ret_proj = (int)n;
	return 0;
}

char *proj_split(const char *text, int *ret_proj)
{
	char *path = strdup(text), *colon;

	*ret_proj = 1;
	if (!path || access(text, F_OK) == 0)
		return path;
	colon = strrchr(path, ':');
	if (colon && proj_read(colon + 1, ret_proj) == 0)
		*colon = '\0';
	return path;
}
