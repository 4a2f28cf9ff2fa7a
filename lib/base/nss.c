/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answer "no such entry" is not trusted at once, because an unavailable service or an
 * unreadable file often gives the same answer. */
#include "base/nss.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/nsscall.h"
#include "base/num.h"
#include "base/util.h"

/* 4294967295 is not an id: to the kernel it means "do not change". */
#define ID_MAX (UINT32_MAX - 1)

/* The most bytes of passwd(5) or group(5) that are read; larger user databases are kept
 * by services, not in files. */
#define FILE_MAX ((size_t)64 << 20)

/* Make the call; while the buffer is too small, repeat it with a larger one. Returns 1 if
 * the entry was found, 0 if not, or -errno. */
static int call(const struct ix_nss_question *q, struct ix_buf *room,
		struct ix_nss_answer *ret_a)
{
	int r;

	for (size_t size = 1024; size <= IX_NSS_ROOM; size *= 4) {
		if (!ix_buf_room(room, size))
			return -ENOMEM;
		do
			r = ix_nss_call(q, room->data, size, ret_a);
		while (r == EINTR);
		if (r != ERANGE)
			return r ? -r : ret_a->name && *ret_a->name;
	}
	return -ERANGE;
}

/* Whether a line of passwd(5) or group(5), "NAME:x:ID:…", answers the query. */
static bool line_says(const char *line, const struct ix_nss_question *q)
{
	const char *colon = strchr(line, ':'), *number;
	uint64_t id;

	if (!colon)
		return false;
	if (q->name)
		return strlen(q->name) == (size_t)(colon - line) &&
		       strncmp(line, q->name, (size_t)(colon - line)) == 0;
	number = strchr(colon + 1, ':');
	if (!number++)
		return false;
	return ix_take_u64(&number, number + strlen(number), UINT32_MAX, &id) == 0 &&
	       id == q->id;
}

/* Whether the file has the entry: 1, 0, or -errno if it cannot be read (-ENOENT: no
 * file). */
static int file_says(const struct ix_nss_question *q)
{
	auto_fd int fd = ix_open(AT_FDCWD, q->group ? "/etc/group" : "/etc/passwd",
				 O_RDONLY | O_NONBLOCK);
	auto_buf struct ix_buf b = { 0 };
	char *next;
	int r;

	if (fd < 0)
		return fd;
	r = ix_read_all(fd, FILE_MAX, &b);
	if (r == 0)
		r = ix_buf_add(&b, "", 1);
	if (r < 0)
		return r;
	for (char *line = b.data; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (line_says(line, q))
			return 1;
	}
	return 0;
}

/*
 * "No such entry" is the answer of only the last service: with "files systemd", a passwd
 * file that cannot be opened is skipped silently. So read the file here before believing
 * that there is no such entry. If the file has the entry, the failure was temporary: ask
 * glibc once more and accept the second answer.
 */
static int nss_ask(const struct ix_nss_question *q, struct ix_buf *room,
		   struct ix_nss_answer *ret_a)
{
	int r = call(q, room, ret_a), file;

	if (r > 0 || (r < 0 && r != -ENOENT))
		return r;
	file = file_says(q);
	/* If the file does not exist, as in a container with a single program, no id has
	 * a name. */
	if (file == -ENOENT)
		return 0;
	if (file < 0)
		return file;
	if (r < 0)
		return -IX_NSS_NONE;
	return file ? call(q, room, ret_a) : 0;
}

/* Replace ENOENT and EINVAL, which have another meaning for our callers. */
static int unanswered(int r)
{
	if (r == -ENOENT)
		return -IX_NSS_NONE;
	return r == -EINVAL ? -EIO : r;
}

int ix_nss_name(bool group, uint32_t id, struct ix_buf *pool)
{
	auto_buf struct ix_buf room = { 0 };
	struct ix_nss_question q = { .group = group, .id = id };
	struct ix_nss_answer a;
	int r = nss_ask(&q, &room, &a);

	if (r <= 0)
		return r ? unanswered(r) : 0;
	return ix_buf_add(pool, a.name, strlen(a.name) + 1) < 0 ? -ENOMEM : 1;
}

static bool nss_is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

int ix_nss_id(bool group, const char *text, uint32_t *ret_id)
{
	auto_buf struct ix_buf room = { 0 };
	struct ix_nss_question q = { .group = group, .name = text };
	struct ix_nss_answer a = { NULL, 0, 0 };
	uint64_t n;
	int r = nss_ask(&q, &room, &a);

	if (r > 0) {
		*ret_id = a.id;
		return 0;
	}
	if (nss_is_number(text) && ix_parse_u64(text, ID_MAX, &n) == 0) {
		*ret_id = (uint32_t)n;
		return 0;
	}
	return r == 0 ? -ENOENT : unanswered(r);
}

int ix_nss_groups(uint32_t uid, uint32_t *ret_gid, uint32_t **ret_groups, size_t *ret_n)
{
	auto_buf struct ix_buf room = { 0 };
	struct ix_nss_question q = { .id = uid };
	struct ix_nss_answer a;
	int r = nss_ask(&q, &room, &a), n = 64;

	if (r <= 0)
		return r ? unanswered(r) : -ENOENT;
	for (;;) {
		auto_free gid_t *groups = calloc((size_t)n, sizeof(*groups));
		int all = n;

		if (!groups)
			return -ENOMEM;
		r = ix_nss_grouplist(a.name, a.gid, groups, &all);
		if (r < 0 && r != -ERANGE)
			return unanswered(r);
		if (r == 0) {
			*ret_gid = a.gid;
			*ret_n = (size_t)all;
			*ret_groups = groups;
			groups = NULL;
			return 0;
		}
		/* glibc says how many there are; musl does, too. */
		if (n >= IX_NSS_GROUPS)
			return -ERANGE;
		n = MIN(MAX(all, 2 * n), IX_NSS_GROUPS);
	}
}

const char *ix_nss_why(int error)
{
	switch (error < 0 ? -error : error) {
	case IX_NSS_NONE:
		return "no service that nsswitch.conf(5) lists for them is available";
	case IX_NSS_FILES:
		return "not in the files, and a statically linked program, or one with musl, asks no other service in nsswitch.conf(5)";
	case ENOMEM:
		return "out of memory";
	default:
		return strerror(error < 0 ? -error : error);
	}
}
