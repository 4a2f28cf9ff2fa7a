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
#include "base/mnt.h"
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

static int read_below(int proc, const struct ix_limit *l, uint64_t *ret_n)
{
	char path[64], text[256];
	int r;

	ix_sysctl_path(l, path, sizeof(path));
	r = ix_read_file(proc, path, text, sizeof(text));
	return r < 0 ? r : ix_sysctl_parse(text, l->at, MAX(l->of, 1), ret_n);
}

int ix_sysctl_read(struct ipcx *x, const struct ix_limit *l, uint64_t *ret_n)
{
	int proc = ix_procfd(x);

	if (proc < 0)
		return proc == -ENOENT ? -ENODEV : proc;
	return read_below(proc, l, ret_n);
}

/* ---- many namespaces */

/* The number of namespaces for which a procfs is mounted: a mount takes as long as to
 * read a few of them. */
#define NAMESPACES_PER_MOUNT 64

static void unmount(struct ix_sysctls *c)
{
	if (c->mounted)
		(void)close(c->proc);
	c->mounted = false;
}

/* A procfs that the caller of the library supplied may be of another machine. */
static void mount_next(struct ix_sysctls *c, const struct ipcx *x)
{
	unmount(c);
	c->error = x->lent || x->rooted ? -EPERM : ix_mnt_may();
	if (c->error < 0)
		return;
	c->proc = ix_mnt_detached("proc");
	c->mounted = c->proc >= 0;
	c->error = MIN(c->proc, 0);
	c->left = NAMESPACES_PER_MOUNT;
}

void ix_sysctls_next(struct ix_sysctls *c, struct ix_limits *s)
{
	if (c->left == 0 && c->error == 0)
		mount_next(c, s->x);
	if (c->left > 0)
		c->left--;
	s->proc = c->mounted ? c->proc : 0;
}

void ix_sysctls_end(struct ix_sysctls *c)
{
	unmount(c);
}

static int sysctls_proc(const struct ix_limits *s)
{
	return s->proc ? s->proc : ix_procfd(s->x);
}

#define QUEUES "fs.mqueue."

/* Read a limit of message queues through the directory of all of them. */
static int read_queues(struct ix_limits *s, const struct ix_limit *l, uint64_t *ret_n)
{
	char text[256];
	int proc = sysctls_proc(s), r;

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
	if (s->proc && read_below(s->proc, l, &r->limit) == 0)
		return 0;
	return ix_sysctl_read(s->x, l, &r->limit);
}
