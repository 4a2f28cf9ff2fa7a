/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What base/mnttable.c asks libmount for, without it: the static library cannot load
 * libmount, Debian has no static one, and other systems may have none at all. Mount
 * points are compared as libmount does.
 */
#include "base/mnttable.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>

#include "base/buf.h"
#include "base/mntinfo.h"
#include "base/util.h"

/* All mounts, from the oldest to the newest. */
struct own_table {
	struct ix_buf text; /* what the mounts refer to */
	struct ix_mntinfo *all;
	size_t n;
};

static void own_end(struct own_table *t)
{
	free(t->all);
	free(t->text.data);
}

static int own_add(struct own_table *t, const struct ix_mntinfo *m)
{
	struct ix_mntinfo *more = reallocarray(t->all, t->n + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	t->all = more;
	more[t->n++] = *m;
	return 0;
}

/* A copy is parsed, because the text need not end with a NUL. */
static int own_parse(const char *text, size_t len, struct own_table *t)
{
	struct ix_mntinfo m;
	char *pos;
	int r = 0;

	if (ix_buf_add(&t->text, text, len) < 0 || ix_buf_add(&t->text, "", 1) < 0)
		return -ENOMEM;
	pos = t->text.data;
	while (r == 0) {
		r = ix_mntinfo_next(&pos, &m);
		if (r <= 0)
			return r;
		r = own_add(t, &m);
	}
	return r;
}

/* If several mounts have the same mount point, only the newest is reachable by path. */
static bool own_covered(const struct own_table *t, size_t mount)
{
	const char *target = t->all[mount].target;

	for (size_t i = mount + 1; i < t->n; i++)
		if (!strcmp(t->all[i].target, target))
			return true;
	return false;
}

int ix_mnttable_find(char *text, size_t len, const char *fstype, char *buf, size_t size)
{
	struct own_table t = { .n = 0 };
	int r = own_parse(text, len, &t);
	size_t i = t.n;

	while (r == 0 && i &&
	       (strcmp(t.all[i - 1].type, fstype) != 0 || own_covered(&t, i - 1)))
		i--;
	if (r == 0)
		r = i ? ix_mnt_copy(t.all[i - 1].target, buf, size) : -ENOENT;
	own_end(&t);
	return r;
}

int ix_mnttable_nsfs(char *text, size_t len, struct ix_mnt_list *l)
{
	struct own_table t = { .n = 0 };
	int r = own_parse(text, len, &t);

	for (size_t i = 0; r == 0 && i < t.n; i++)
		if (!strcmp(t.all[i].type, "nsfs"))
			r = ix_mnt_keep(l, t.all[i].root, t.all[i].target);
	own_end(&t);
	return r;
}

int ix_mnt_bind_private(const char *path)
{
	int r;

	if (mount(path, path, NULL, MS_BIND, NULL) < 0)
		return -errno;
	r = mount(NULL, path, NULL, MS_PRIVATE, NULL) < 0 ? -errno : 0;
	if (r < 0)
		(void)umount2(path, MNT_DETACH);
	return r;
}
