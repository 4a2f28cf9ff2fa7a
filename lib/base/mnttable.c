/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file is the only user of libmount, which parses mountinfo and finds out which
 * mount covers which. libmount is loaded at first use, as it loads three more libraries
 * and most runs never need it.
 */
#include "base/mnttable.h"

#include <errno.h>
#include <libmount/libmount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/dl.h"
#include "base/util.h"

IX_DL_NOTE(
	mnt_note,
	"[{\"feature\":\"mount\",\"description\":\"Finding where POSIX message queues are "
	"mounted\",\"priority\":\"recommended\",\"soname\":[\"libmount.so.1\"]}]");

/* libmount's functions, under their own names and types. */
struct libmount {
	__typeof__(mnt_unref_table) *unref_table;
	__typeof__(mnt_new_iter) *new_iter;
	__typeof__(mnt_free_iter) *free_iter;
	__typeof__(mnt_table_next_fs) *table_next_fs;
	__typeof__(mnt_table_find_target) *table_find_target;
	__typeof__(mnt_fs_get_fstype) *fs_get_fstype;
	__typeof__(mnt_fs_get_target) *fs_get_target;
	__typeof__(mnt_fs_get_root) *fs_get_root;
	__typeof__(mnt_new_table) *new_table;
	__typeof__(mnt_table_parse_stream) *table_parse_stream;
	__typeof__(mnt_new_context) *new_context;
	__typeof__(mnt_free_context) *free_context;
	__typeof__(mnt_context_disable_mtab) *context_disable_mtab;
	__typeof__(mnt_context_set_source) *context_set_source;
	__typeof__(mnt_context_set_target) *context_set_target;
	__typeof__(mnt_context_set_mflags) *context_set_mflags;
	__typeof__(mnt_context_mount) *context_mount;
	__typeof__(mnt_context_get_syscall_errno) *context_get_syscall_errno;
};

static int mnt_load(struct libmount *lib)
{
	const struct ix_symbol symbols[] = {
		IX_SYMBOL(mnt_, lib, unref_table),
		IX_SYMBOL(mnt_, lib, new_iter),
		IX_SYMBOL(mnt_, lib, free_iter),
		IX_SYMBOL(mnt_, lib, table_next_fs),
		IX_SYMBOL(mnt_, lib, table_find_target),
		IX_SYMBOL(mnt_, lib, fs_get_fstype),
		IX_SYMBOL(mnt_, lib, fs_get_target),
		IX_SYMBOL(mnt_, lib, fs_get_root),
		IX_SYMBOL(mnt_, lib, new_table),
		IX_SYMBOL(mnt_, lib, table_parse_stream),
		IX_SYMBOL(mnt_, lib, new_context),
		IX_SYMBOL(mnt_, lib, free_context),
		IX_SYMBOL(mnt_, lib, context_disable_mtab),
		IX_SYMBOL(mnt_, lib, context_set_source),
		IX_SYMBOL(mnt_, lib, context_set_target),
		IX_SYMBOL(mnt_, lib, context_set_mflags),
		IX_SYMBOL(mnt_, lib, context_mount),
		IX_SYMBOL(mnt_, lib, context_get_syscall_errno),
	};

	return ix_dl_open("libmount.so.1", symbols, ARRAY_SIZE(symbols));
}

/* Search from the newest mount. If several mounts have the same mount point, only the
 * newest is reachable by path. */
static const char *mnt_find_target(const struct libmount *lib, struct libmnt_table *table,
				   struct libmnt_iter *iter, const char *fstype)
{
	struct libmnt_fs *fs;

	while (lib->table_next_fs(table, iter, &fs) == 0) {
		const char *type = lib->fs_get_fstype(fs),
			   *target = lib->fs_get_target(fs);

		if (!type || !target || strcmp(type, fstype))
			continue;
		if (lib->table_find_target(table, target, MNT_ITER_BACKWARD) == fs)
			return target;
	}
	return NULL;
}

/* libmount can parse only files and streams, not a text in memory. */
static int mnt_parse(const struct libmount *lib, char *text, size_t len,
		     struct libmnt_table **ret_parsed)
{
	FILE *file auto_file = fmemopen(text, len, "r");
	struct libmnt_table *table = file ? lib->new_table() : NULL;

	if (!table)
		return -ENOMEM;
	if (lib->table_parse_stream(table, file, "mountinfo")) {
		lib->unref_table(table);
		return -EPROTO;
	}
	*ret_parsed = table;
	return 0;
}

int ix_mnttable_find(char *text, size_t len, const char *fstype, char *buf, size_t size)
{
	struct libmount lib;
	struct libmnt_table *table = NULL;
	struct libmnt_iter *iter;
	const char *target;
	int r = mnt_load(&lib);

	if (r == 0)
		r = mnt_parse(&lib, text, len, &table);
	if (r < 0)
		return r;
	iter = lib.new_iter(MNT_ITER_BACKWARD);
	if (iter) {
		target = mnt_find_target(&lib, table, iter, fstype);
		r = target ? ix_mnt_copy(target, buf, size) : -ENOENT;
		lib.free_iter(iter);
	} else {
		r = -ENOMEM;
	}
	lib.unref_table(table);
	return r;
}

/* ---- bind-mounted namespaces */

static int mnt_collect(const struct libmount *lib, struct libmnt_table *table,
		       struct ix_mnt_list *l)
{
	struct libmnt_iter *iter = lib->new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int r = iter ? 0 : -ENOMEM;

	while (r == 0 && lib->table_next_fs(table, iter, &fs) == 0) {
		const char *type = lib->fs_get_fstype(fs), *root = lib->fs_get_root(fs),
			   *target = lib->fs_get_target(fs);

		if (type && root && target && !strcmp(type, "nsfs"))
			r = ix_mnt_keep(l, root, target);
	}
	if (iter)
		lib->free_iter(iter);
	return r;
}

int ix_mnttable_nsfs(char *text, size_t len, struct ix_mnt_list *l)
{
	struct libmnt_table *table = NULL;
	struct libmount lib;
	int r = mnt_load(&lib);

	if (r == 0)
		r = mnt_parse(&lib, text, len, &table);
	if (r < 0)
		return r;
	r = mnt_collect(&lib, table, l);
	lib.unref_table(table);
	return r;
}

/* ---- a private mount */

int ix_mnt_bind_private(const char *path)
{
	struct libmnt_context *c;
	struct libmount lib;
	int r = mnt_load(&lib);

	if (r < 0)
		return r;
	c = lib.new_context();
	if (!c)
		return -ENOMEM;
	/* The mount is private: do not record it in mtab. */
	if (lib.context_disable_mtab(c, 1) || lib.context_set_source(c, path) ||
	    lib.context_set_target(c, path) ||
	    lib.context_set_mflags(c, MS_BIND | MS_PRIVATE))
		r = -EINVAL;
	else if (lib.context_mount(c) != 0)
		r = lib.context_get_syscall_errno(c) > 0
			    ? -lib.context_get_syscall_errno(c)
			    : -EPERM;
	lib.free_context(c);
	return r;
}
