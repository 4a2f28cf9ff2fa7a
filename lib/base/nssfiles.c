/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Users and groups from the files passwd(5) and group(5) alone. In a statically linked
 * program, glibc's own functions load services of whichever glibc the machine has, which
 * may be none or another one. What nsswitch.conf(5) lists besides the files can only be
 * named as a reason for an entry that is not found.
 */
#include "base/nsscall.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"

static int open_stream(const char *path, FILE **ret_file)
{
	int fd = ix_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");

	if (fd < 0)
		return -fd;
	if (!file) {
		(void)close(fd);
		return ENOMEM;
	}
	*ret_file = file;
	return 0;
}

/* Lines of nis(5), "+NAME" and "-NAME", are no entries. */
static bool is_entry(const char *name)
{
	return *name && *name != '+' && *name != '-';
}

static bool is_asked(const struct ix_nss_question *q, const char *name, uint32_t id)
{
	return is_entry(name) && (q->name ? !strcmp(name, q->name) : id == q->id);
}

static int find_user(const struct ix_nss_question *q, FILE *file, char *room, size_t size,
		     struct ix_nss_answer *ret_a)
{
	struct passwd p, *found = NULL;
	int r;

	while ((r = fgetpwent_r(file, &p, room, size, &found)) == 0)
		if (is_asked(q, p.pw_name, p.pw_uid)) {
			*ret_a = (struct ix_nss_answer){ p.pw_name, p.pw_uid, p.pw_gid };
			return 0;
		}
	return r;
}

static int find_group(const struct ix_nss_question *q, FILE *file, char *room,
		      size_t size, struct ix_nss_answer *ret_a)
{
	struct group g, *found = NULL;
	int r;

	while ((r = fgetgrent_r(file, &g, room, size, &found)) == 0)
		if (is_asked(q, g.gr_name, g.gr_gid)) {
			*ret_a = (struct ix_nss_answer){ g.gr_name, g.gr_gid, 0 };
			return 0;
		}
	return r;
}

int ix_nss_call(const struct ix_nss_question *q, char *room, size_t size,
		struct ix_nss_answer *ret_a)
{
	FILE *file auto_file = NULL;
	int r = open_stream(q->group ? "/etc/group" : "/etc/passwd", &file);

	*ret_a = (struct ix_nss_answer){ NULL, 0, 0 };
	if (r == 0)
		r = q->group ? find_group(q, file, room, size, ret_a)
			     : find_user(q, file, room, size, ret_a);
	/* ENOENT is the end of the file, or that there is no file. */
	if (r == ENOENT && file && ferror(file))
		return EIO;
	if (r != ENOENT)
		return r;
	r = ix_nss_others(q->group);
	return r || file ? r : ENOENT;
}

static bool is_member(const struct group *g, const char *name)
{
	for (char **member = g->gr_mem; *member; member++)
		if (!strcmp(*member, name))
			return true;
	return false;
}

/* Add a group to the first *n, as far as there is room. */
static void add_group(gid_t gid, gid_t *groups, int room, int *n)
{
	for (int i = 0; i < MIN(*n, room); i++)
		if (groups[i] == gid)
			return;
	if (*n < room)
		groups[*n] = gid;
	(*n)++;
}

int ix_nss_grouplist(const char *name, gid_t gid, gid_t *groups, int *n)
{
	FILE *file auto_file = NULL;
	auto_buf struct ix_buf b = { 0 };
	struct group g, *found = NULL;
	int r = ix_nss_others(true), room = *n, all = 0;

	if (r)
		return -r;
	add_group(gid, groups, room, &all);
	r = open_stream("/etc/group", &file);
	if (r == 0 && !ix_buf_room(&b, IX_NSS_ROOM))
		return -ENOMEM;
	while (r == 0) {
		r = fgetgrent_r(file, &g, b.data, b.cap, &found);
		if (r == 0 && is_entry(g.gr_name) && is_member(&g, name))
			add_group(g.gr_gid, groups, room, &all);
	}
	if (r != ENOENT || (file && ferror(file)))
		return r == ENOENT ? -EIO : -r;
	*n = all;
	return all > room ? -ERANGE : 0;
}
