/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the process of a place is: by its own namespace and by what /proc says of it. None
 * of it comes from the process itself, which may be hostile.
 */
#include "ns/user.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/cap.h"
#include "base/file.h"
#include "base/num.h"
#include "core/copyin.h"
#include "ns/ns.h"
#include "ns/step.h"

int ix_user_of(struct ipcx *x, const struct ix_place *p, int *ret_fd)
{
	uint64_t own = ix_ns_own(x, "user"), ino = 0, id;
	int fd;

	*ret_fd = -1;
	if (p->dirfd < 0)
		return 0;
	if (!own)
		return ix_fail_plain(x, -EIO,
				     "our own user namespace: /proc does not tell");
	fd = ix_open(p->dirfd, "ns/user", O_RDONLY);
	if (fd < 0)
		return ix_fail(x, fd, "process %d: its user namespace", p->pid);
	if (ix_ns_identity(fd, CLONE_NEWUSER, &ino, &id) == 0 && ino == own)
		(void)close(fd);
	else
		*ret_fd = fd;
	return 0;
}

/* ---- what /proc says of the process */

/* "Groups:" makes the file as long as the process wants. */
#define STATUS_MAX ((size_t)1 << 20)

/* As whoever opens it sees it: numbers of users and groups are those of his namespace. */
static int read_status(const struct ix_place *p, struct ix_buf *b)
{
	auto_fd int fd = ix_open(p->dirfd, "status", O_RDONLY);
	int r = fd < 0 ? fd : ix_read_all(fd, STATUS_MAX, b);

	return r < 0 ? r : ix_buf_add(b, "", 1);
}

/* The so manieth number of a line, "Uid" (proc(5)); prefix: what ix_parse_u64() wants to
 * see before it. */
static bool parse_number(const char *text, const char *key, unsigned nth,
			 const char *prefix, uint64_t *ret_n)
{
	char word[32];
	const char *at;

	(void)snprintf(word, sizeof(word), "\n%s:\t", key);
	at = strstr(text, word);
	if (!at)
		return false;
	for (at += strlen(word); nth > 0; nth--) {
		at += strcspn(at, "\t\n");
		if (*at++ != '\t')
			return false;
	}
	(void)snprintf(word, sizeof(word), "%s%.*s", prefix, (int)strcspn(at, "\t\n"),
		       at);
	return ix_parse_u64(word, UINT64_MAX, ret_n) == 0;
}

int ipcx_ns_bounding(struct ipcx *x, const struct ipcx_ns *ns, uint64_t *ret_caps)
{
	IX_REQUIRE(x, ns, ret_caps);
	const struct ix_place *p = ns->places;
	auto_buf struct ix_buf b = { 0 };
	uint64_t caps = 0;
	int r;

	if (ns->all || p->dirfd < 0) {
		*ret_caps = IX_CAPS_ALL;
		return 0;
	}
	r = read_status(p, &b);
	if (r == 0 && !parse_number(b.data, "CapBnd", 0, "0x", &caps))
		r = -EPROTO;
	if (r < 0)
		return ix_fail(x, r, "process %d: which capabilities it may have",
			       p->pid);
	*ret_caps = caps;
	return 0;
}

/* ---- becoming it */

/* The effective ones. */
static int become_process(const struct ix_place *p)
{
	auto_buf struct ix_buf b = { 0 };
	uint64_t uid, gid;
	int r = p->dirfd < 0 ? -EINVAL : read_status(p, &b);

	if (r < 0)
		return r;
	if (!parse_number(b.data, "Uid", 1, "", &uid) ||
	    !parse_number(b.data, "Gid", 1, "", &gid))
		return -EPROTO;
	return ix_step_become((uid_t)uid, (gid_t)gid);
}

int ix_user_become(const struct ix_place *p)
{
	int r = ix_step_become(0, 0);

	return r == -EINVAL ? become_process(p) : r; /* it knows no root */
}
