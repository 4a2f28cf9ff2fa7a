/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The home of libmount: how mountinfo is spelled, which mount covers which. Resolved at
 * first use: it drags three more libraries in, and most runs never ask.
 */
#include "base/mnt.h"

#include <errno.h>
#include <libmount/libmount.h>
#include <string.h>

#include "base/dl.h"
#include "base/util.h"

IX_DL_NOTE(
	mnt_note,
	"[{\"feature\":\"mount\",\"description\":\"Finding where POSIX message queues are "
	"mounted\",\"priority\":\"recommended\",\"soname\":[\"libmount.so.1\"]}]");

/* libmount's functions, under their own names and types. */
struct libmount {
	__typeof__(mnt_new_table_from_file) *new_table_from_file;
	__typeof__(mnt_unref_table) *unref_table;
	__typeof__(mnt_new_iter) *new_iter;
	__typeof__(mnt_free_iter) *free_iter;
	__typeof__(mnt_table_next_fs) *table_next_fs;
	__typeof__(mnt_table_find_target) *table_find_target;
	__typeof__(mnt_fs_get_fstype) *fs_get_fstype;
	__typeof__(mnt_fs_get_target) *fs_get_target;
};

/* dlsym(3) answers in void pointers; POSIX promises that they can hold a function. */
#define SYMBOL(lib, name)                                   \
	{                                                   \
		"mnt_" #name, (void **)(void *)&(lib)->name \
	}

static int load(struct libmount *lib)
{
	const struct ix_symbol symbols[] = {
		SYMBOL(lib, new_table_from_file),
		SYMBOL(lib, unref_table),
		SYMBOL(lib, new_iter),
		SYMBOL(lib, free_iter),
		SYMBOL(lib, table_next_fs),
		SYMBOL(lib, table_find_target),
		SYMBOL(lib, fs_get_fstype),
		SYMBOL(lib, fs_get_target),
	};

	return ix_dl_open("libmount.so.1", symbols, ARRAY_SIZE(symbols));
}

/* Backwards through the table: the newest first. The newest on its place is the one that
 * a path leads to. */
static const char *find_target(const struct libmount *lib, struct libmnt_table *table,
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

static int copy_target(const char *target, char *buf, size_t size)
{
	size_t len = strlen(target);

	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(buf, target, len + 1);
	return 0;
}

int ix_mnt_find(const char *fstype, char *buf, size_t size)
{
	struct libmount lib;
	struct libmnt_table *table;
	struct libmnt_iter *iter;
	const char *target;
	int r = load(&lib);

	if (r < 0)
		return r;
	table = lib.new_table_from_file("/proc/self/mountinfo");
	if (!table)
		return errno == ENOMEM ? -ENOMEM : -ENOENT;
	iter = lib.new_iter(MNT_ITER_BACKWARD);
	if (iter) {
		target = find_target(&lib, table, iter, fstype);
		r = target ? copy_target(target, buf, size) : -ENOENT;
		lib.free_iter(iter);
	} else {
		r = -ENOMEM;
	}
	lib.unref_table(table);
	return r;
}
