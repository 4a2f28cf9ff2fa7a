/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the attributes that a program passes, and checking them against those of the
 * mechanism. */
#include <errno.h>
#include <string.h>

#include "core/attr.h"
#include "core/copyin.h"
#include "query/query.h"

int ix_attrs_in(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_attrs *ret_a)
{
	return IX_COPY_IN(x, ipcx_attrs, IPCX_ATTRS_SIZE_0_1, a, ret_a);
}

static int attrs_refuse(struct ipcx *x, const struct ix_mech *m, uint64_t mask,
			const char *what)
{
	char names[200];

	ix_attr_names(mask, names, sizeof(names));
	return ix_fail_plain(x, -EINVAL, "%s: a %s %s %s", m->info.name, m->info.object,
			     what, names);
}

int ix_check_name(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_ref *ret_ref)
{
	const char *name = a->name && a->name[0] == '/' ? a->name + 1 : a->name;

	if (!name || !*name || strchr(name, '/') || strlen(name) > 255 ||
	    !strcmp(name, ".") || !strcmp(name, ".."))
		return ix_fail_plain(
			x, -EINVAL,
			"%s: a name is \"/\" and 1 to 255 bytes without another \"/\"",
			ix_mech(a->mech)->info.name);
	*ret_ref = (struct ipcx_ref){ .mech = a->mech, .by = IPCX_BY_NAME };
	(void)snprintf(ret_ref->name, sizeof(ret_ref->name), "/%s", name);
	return 0;
}

int ix_cannot_be(struct ipcx *x, const struct ix_mech *m, const char *verb)
{
	return ix_fail_plain(x, -EINVAL, "%s: a %s cannot be %s%s%s", m->info.name,
			     m->info.object, verb, m->info.lasts ? ": " : "",
			     m->info.lasts ? m->info.lasts : "");
}

int ix_attrs_check(struct ipcx *x, const struct ipcx_attrs *a)
{
	const struct ix_mech *m = ix_mech(a->mech);
	struct ipcx_ref ref;

	if (!m)
		return ix_fail_plain(x, -EINVAL, "no such mechanism");
	if (!m->create)
		return ix_cannot_be(x, m, "created");
	if (a->set & ~m->info.create)
		return attrs_refuse(x, m, a->set & ~m->info.create, "has no");
	if (m->info.require & ~(a->set & IPCX_A_FROM ? a->set | IPCX_A_SIZE : a->set))
		return attrs_refuse(x, m, m->info.require & ~a->set, "needs");
	if ((a->set & IPCX_A_COUNT) && a->count != 1 &&
	    (a->set & (IPCX_A_NAME | IPCX_A_KEY | IPCX_A_ID | IPCX_A_FROM)))
		return ix_fail_plain(x, -EINVAL,
				     "%s: several objects cannot have the same %s",
				     m->info.name,
				     a->set & IPCX_A_NAME  ? "name"
				     : a->set & IPCX_A_KEY ? "key"
				     : a->set & IPCX_A_ID  ? "id"
							   : "contents");
	if ((a->set & IPCX_A_MODE) && a->mode > 0777)
		return ix_fail_plain(x, -EINVAL,
				     "mode 0%o: only the bits of 0777 can be set",
				     a->mode);
	if ((a->set & IPCX_A_UID && a->uid == (uid_t)-1) ||
	    (a->set & IPCX_A_GID && a->gid == (gid_t)-1))
		return ix_fail_plain(x, -EINVAL, "4294967295 is not a user or group id");
	if ((a->set & IPCX_A_INIT) && (a->ninit == 0 || !a->init))
		return ix_fail_plain(x, -EINVAL, "%s: no initial values", m->info.name);
	if ((a->set & IPCX_A_HUGE) && (a->huge & (a->huge - 1)))
		return ix_fail_plain(x, -EINVAL,
				     "%s: a huge page has a power of two bytes",
				     m->info.name);
	if ((a->set & IPCX_A_KEY) && a->key == 0 && (a->set & IPCX_A_IF_MISSING))
		return ix_fail_plain(
			x, -EINVAL, "key 0 (IPC_PRIVATE) never names an existing object");
	return a->set & IPCX_A_NAME ? ix_check_name(x, a, &ref) : 0;
}
