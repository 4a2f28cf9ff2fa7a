/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users and groups by name or number, as in chown(1): USER, USER:GROUP, :GROUP. */
#include "ui/owner.h"

#include <errno.h>
#include <string.h>

#include "base/nss.h"
#include "base/util.h"
#include "ui/exit.h"
#include "ui/msg.h"

/* Resolve a name. Returns 0, or an exit status after a message; a failed look-up is not a
 * usage error. */
static int owner_read_id(bool group, const char *name, uint32_t *ret_id)
{
	const char *kind = group ? "group" : "user";
	int r = ix_nss_id(group, name, ret_id);

	if (r == -ENOENT)
		return msg_usage("--owner: there is no %s '%s'", kind, name);
	if (r < 0) {
		msg_error("--owner: %s '%s' could not be looked up: %s (use its number)",
			  kind, name, ix_nss_why(r));
		return EXIT_FAILED;
	}
	return 0;
}

static int read_both(char *text, const char *given, struct ipcx_attrs *attrs)
{
	char *group = strchr(text, ':');
	uint32_t uid = 0, gid = 0;
	bool set_uid, set_gid;
	int r = 0;

	if (group)
		*group++ = '\0';
	set_uid = *text != '\0';
	set_gid = group && *group;
	if (!set_uid && !set_gid)
		return msg_usage("--owner: '%s' is not USER[:GROUP]", given);
	if (set_uid)
		r = owner_read_id(false, text, &uid);
	if (!r && set_gid)
		r = owner_read_id(true, group, &gid);
	if (r)
		return r;
	if (set_uid)
		attrs->uid = uid;
	if (set_gid)
		attrs->gid = gid;
	attrs->set |= (set_uid ? IPCX_A_UID : 0) | (set_gid ? IPCX_A_GID : 0);
	return 0;
}

int owner_read(const char *text, struct ipcx_attrs *attrs)
{
	auto_free char *copy = strdup(text);

	if (!copy) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	return read_both(copy, text, attrs);
}
