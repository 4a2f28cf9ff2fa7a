/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This file is the only user of the name service switch. */
#include "base/nsscall.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/port.h"
#include "base/util.h"

/* Whether nscd(8) runs, which musl asks after the files, and which asks all services. */
static bool nscd_runs(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX,
				  .sun_path = "/var/run/nscd/socket" };
	auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

/* What stands for "there is no such entry". */
static int no_entry(bool group)
{
	return IX_ASKS_NSSWITCH || nscd_runs() ? 0 : ix_nss_others(group);
}

/*
 * Make one call. If the last available service does not know the entry, glibc returns 0
 * without a result. If no service could be asked, glibc returns the value of errno, which
 * it may not have set; so errno is set to IX_NSS_NONE before the call. Returns 0 or a
 * positive errno.
 */
static int call_user(const struct ix_nss_question *q, char *room, size_t size,
		     struct ix_nss_answer *ret_a)
{
	struct passwd p, *found = NULL;
	int r;

	errno = IX_NSS_NONE;
	r = q->name ? getpwnam_r(q->name, &p, room, size, &found)
		    : getpwuid_r(q->id, &p, room, size, &found);
	*ret_a = (struct ix_nss_answer){ NULL, 0, 0 };
	if (found)
		*ret_a = (struct ix_nss_answer){ p.pw_name, p.pw_uid, p.pw_gid };
	return found ? 0 : r ? r : no_entry(false);
}

static int call_group(const struct ix_nss_question *q, char *room, size_t size,
		      struct ix_nss_answer *ret_a)
{
	struct group g, *found = NULL;
	int r;

	errno = IX_NSS_NONE;
	r = q->name ? getgrnam_r(q->name, &g, room, size, &found)
		    : getgrgid_r(q->id, &g, room, size, &found);
	*ret_a = (struct ix_nss_answer){ NULL, 0, 0 };
	if (found)
		*ret_a = (struct ix_nss_answer){ g.gr_name, g.gr_gid, 0 };
	return found ? 0 : r ? r : no_entry(true);
}

int ix_nss_call(const struct ix_nss_question *q, char *room, size_t size,
		struct ix_nss_answer *ret_a)
{
	return q->group ? call_group(q, room, size, ret_a)
			: call_user(q, room, size, ret_a);
}

int ix_nss_grouplist(const char *name, gid_t gid, gid_t *groups, int *n)
{
	int r = no_entry(true);

	if (r)
		return -r;
	return getgrouplist(name, gid, groups, n) < 0 ? -ERANGE : 0;
}
