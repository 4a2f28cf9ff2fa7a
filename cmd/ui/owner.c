/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and numbers of users and groups, as chown(1) reads them: USER, USER:GROUP,
 * :GROUP. */
#include "ui/owner.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "ui/msg.h"

/* 4294967295 means "do not change" to the kernel: it is no id. */
#define ID_MAX (UINT32_MAX - 1)

static int read_user(const char *name, struct ipcx_attrs *attrs)
{
	struct passwd *p = getpwnam(name);
	uint64_t n;

	if (p)
		attrs->uid = p->pw_uid;
	else if (ix_parse_u64(name, ID_MAX, &n) == 0)
		attrs->uid = (uid_t)n;
	else
		return msg_usage("--owner: there is no user '%s'", name);
	attrs->set |= IPCX_A_UID;
	return 0;
}

static int read_group(const char *name, struct ipcx_attrs *attrs)
{
	struct group *g = getgrnam(name);
	uint64_t n;

	if (g)
		attrs->gid = g->gr_gid;
	else if (ix_parse_u64(name, ID_MAX, &n) == 0)
		attrs->gid = (gid_t)n;
	else
		return msg_usage("--owner: there is no group '%s'", name);
	attrs->set |= IPCX_A_GID;
	return 0;
}

int owner_read(const char *text, struct ipcx_attrs *attrs)
{
	auto_free char *user = strdup(text);
	char *group;
	int r = 0;

	if (!user)
		return msg_usage("out of memory");
	group = strchr(user, ':');
	if (group)
		*group++ = '\0';
	if (!*user && !(group && *group))
		return msg_usage("--owner: '%s' is no USER[:GROUP]", text);
	if (*user)
		r = read_user(user, attrs);
	if (!r && group && *group)
		r = read_group(group, attrs);
	return r;
}
