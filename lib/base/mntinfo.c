/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads a mountinfo line by line where every mount counts. A line has the form "ID PARENT
 * MAJOR:MINOR ROOT TARGET OPTIONS FIELDS… - TYPE SOURCE OPTIONS". Blanks, tabs, newlines
 * and backslashes in paths are written as three octal digits, so words end at blanks.
 */
#include "base/mntinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "base/num.h"
#include "base/util.h"

/* The most bytes that are read: more than any real mount namespace has. */
#define MNTINFO_MAX ((size_t)64 << 20)

int ix_mntinfo_read(int proc, int pid, struct ix_buf *ret_b)
{
	auto_buf struct ix_buf b = { 0 };
	auto_fd int fd = -1;
	char path[32];
	int r;

	(void)snprintf(path, sizeof(path), "%d/mountinfo", pid);
	fd = ix_open(proc, pid ? path : "thread-self/mountinfo", O_RDONLY);
	if (fd < 0)
		return fd;
	r = ix_read_all(fd, MNTINFO_MAX, &b);
	if (r == 0)
		r = ix_buf_add(&b, "", 1);
	if (r < 0)
		return r;
	*ret_b = b;
	b = (struct ix_buf){ 0 };
	return 0;
}

/* End the word at *pos, and move on to the next one. Returns the word; NULL if the line
 * ends with it. */
static char *mntinfo_word(char **pos)
{
	char *word = *pos, *blank = word ? strchr(word, ' ') : NULL;

	if (!blank)
		return NULL;
	*blank = '\0';
	*pos = blank + 1;
	return word;
}

static void undo_escapes(char *text)
{
	char *to = text;

	for (const char *p = text; *p; to++) {
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' &&
		    p[2] <= '7' && p[3] >= '0' && p[3] <= '7') {
			*to = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 |
				     (p[3] - '0'));
			p += 4;
		} else {
			*to = *p++;
		}
	}
	*to = '\0';
}

/* "MAJOR:MINOR" */
static int parse_dev(const char *text, uint64_t *ret_dev)
{
	const char *end = strchr(text, '\0');
	uint64_t large, small;

	if (ix_take_u64(&text, end, UINT32_MAX, &large) < 0 || *text++ != ':' ||
	    ix_take_u64(&text, end, UINT32_MAX, &small) < 0 || *text)
		return -EPROTO;
	*ret_dev = makedev((unsigned)large, (unsigned)small);
	return 0;
}

static int parse_line(char *line, struct ix_mntinfo *ret_mount)
{
	const char *id = mntinfo_word(&line), *parent = mntinfo_word(&line),
		   *dev = mntinfo_word(&line);
	char *root = mntinfo_word(&line), *target = mntinfo_word(&line),
	     *fields = target ? strstr(line, "- ") : NULL;

	/* The optional fields may be missing: then "-" follows the mount options. */
	while (fields && fields[-1] != ' ')
		fields = strstr(fields + 1, "- ");
	if (!id || !parent || !dev || !root || !fields)
		return -EPROTO;
	fields += 2;
	ret_mount->type = mntinfo_word(&fields);
	if (!ret_mount->type || ix_parse_u64(id, UINT64_MAX, &ret_mount->id) < 0 ||
	    parse_dev(dev, &ret_mount->dev) < 0)
		return -EPROTO;
	undo_escapes(root);
	undo_escapes(target);
	ret_mount->root = root;
	ret_mount->target = target;
	return 0;
}

int ix_mntinfo_next(char **pos, struct ix_mntinfo *ret_mount)
{
	struct ix_mntinfo m = { 0 };
	char *line = *pos, *end;
	int r;

	if (!*line)
		return 0;
	end = strchr(line, '\n');
	if (!end)
		return -EPROTO; /* truncated */
	*end = '\0';
	*pos = end + 1;
	r = parse_line(line, &m);
	if (r < 0)
		return r;
	*ret_mount = m;
	return 1;
}
