/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limits that are sysctls. A sysctl file shows the IPC namespace of the process that
 * opens it, at that moment, so it is opened for each reading and never kept open.
 */
#include "limits/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"

#define BLANKS " \t\n"

int ix_sysctl_parse(const char *text, unsigned at, unsigned of, uint64_t *ret_n)
{
	char number[IX_NUM_MAX] = "";
	unsigned found = 0;
	size_t len;

	for (const char *p = text + strspn(text, BLANKS); *p; p += strspn(p, BLANKS)) {
		len = strcspn(p, BLANKS);
		if (found == at) {
			if (len >= sizeof(number))
				return -ERANGE;
			memcpy(number, p, len);
			number[len] = '\0';
		}
		found++;
		p += len;
	}
	if (found != of)
		return -EINVAL;
	return ix_parse_u64(number, UINT64_MAX, ret_n);
}

void ix_sysctl_path(const struct ix_limit *l, char *buf, size_t size)
{
	(void)snprintf(buf, size, "sys/%s", l->source);
	for (char *p = buf; *p; p++)
		if (*p == '.')
			*p = '/';
}

int ix_sysctl_read(struct ipcx *x, const struct ix_limit *l, uint64_t *ret_n)
{
	char path[64], text[256];
	int proc = ix_procfd(x), r;

	if (proc < 0)
		return proc == -ENOENT ? -ENODEV : proc;
	ix_sysctl_path(l, path, sizeof(path));
	r = ix_read_file(proc, path, text, sizeof(text));
	if (r < 0)
		return r;
	return ix_sysctl_parse(text, l->at, MAX(l->of, 1), ret_n);
}

#define QUEUES "fs.mqueue."

/* Read a limit of message queues through the directory of all of them. */
static int read_queues(struct ix_limits *s, const struct ix_limit *l, uint64_t *ret_n)
{
	char text[256];
	int proc = ix_procfd(s->x), r;

	if (!s->queues)
		s->queues =
			proc < 0 ? proc
				 : ix_open(proc, "sys/fs/mqueue", O_PATH | O_DIRECTORY);
	if (s->queues < 0)
		return ix_sysctl_read(s->x, l, ret_n);
	r = ix_read_file(s->queues, l->source + sizeof(QUEUES) - 1, text, sizeof(text));
	return r < 0 ? r : ix_sysctl_parse(text, l->at, MAX(l->of, 1), ret_n);
}

void ix_limits_end(struct ix_limits *s)
{
	if (s->queues > 0)
		(void)close(s->queues);
	s->queues = 0;
}

int ix_read_sysctl(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r)
{
	/* A 32-bit program gets smaller numbers from the calls. */
	if (s->many && sizeof(long) == 8 && l->fallback.call != IX_INFO_NONE &&
	    ix_info_get(s, l->fallback, &r->limit) == 0)
		return 0;
	if (s->many && !strncmp(l->source, QUEUES, sizeof(QUEUES) - 1))
		return read_queues(s, l, &r->limit);
	return ix_sysctl_read(s->x, l, &r->limit);
}
