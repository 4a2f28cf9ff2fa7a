/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ioctl PROCMAP_QUERY (include/uapi/linux/fs.h, fs/proc/task_mmu.c) is declared here,
 * because the headers of many distributions are older than Linux 6.11.
 */
#include "proc/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "base/calls.h"
#include "base/file.h"
#include "base/port.h"
#include "base/util.h"

/* struct procmap_query. */
struct maps_query {
	uint64_t size, flags, addr;
	uint64_t start, end, vma_flags, page_size, offset, inode;
	uint32_t major, minor, name_size, build_id_size;
	uint64_t name, build_id;
};

#define MAPS_QUERY IX_IOCTL(_IOWR('f', 17, struct maps_query))

enum {
	MAPS_READ = 0x01,
	MAPS_WRITE = 0x02,
	MAPS_SHARED = 0x08,
	MAPS_OR_NEXT = 0x10, /* the next mapping if none covers the address */
	MAPS_FILE = 0x20,    /* only mappings of files */
};

/* Bytes read from the text at once. A line has at most this many; the rest of the path of
 * a file in very many directories is left out. */
#define MAPS_CHUNK (64 * 1024)

#define MAPS_NAMED "[anon_shmem:" /* a name given with prctl(2), PR_SET_VMA */

int ix_maps_open(int dir, const char *path, bool shared_only, struct ix_maps *ret_maps)
{
	int fd = ix_open(dir, path, O_RDONLY);

	if (fd < 0)
		return fd;
	*ret_maps = (struct ix_maps){ .fd = fd, .shared_only = shared_only };
	return 0;
}

void ix_maps_close(struct ix_maps *m)
{
	if (m->fd >= 0)
		(void)close(m->fd);
	free(m->data);
	*m = (struct ix_maps){ .fd = -1 };
}

/* ---- by the ioctl */

static int maps_ask(const struct ix_maps *m, uint64_t addr, char *name, size_t size,
		    struct maps_query *ret_q)
{
	struct maps_query q = {
		.size = sizeof(q),
		.flags = MAPS_OR_NEXT | MAPS_FILE | (m->shared_only ? MAPS_SHARED : 0),
		.addr = addr,
		.name_size = (uint32_t)size,
		.name = (uint64_t)(uintptr_t)name,
	};

	if (ioctl(m->fd, MAPS_QUERY, &q) < 0)
		return -errno;
	*ret_q = q;
	return 0;
}

/* Whether an errno may mean that the kernel, or a filter, has no such ioctl. */
static bool maps_lacks_query(int error)
{
	return error == -ENOTTY || error == -ENOSYS || error == -EINVAL ||
	       error == -EPERM || error == -EOPNOTSUPP;
}

static int maps_next_query(struct ix_maps *m, struct ix_mapping *ret_mapping)
{
	struct maps_query q = { 0 };
	int r = maps_ask(m, m->next, NULL, 0, &q);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	m->next = q.end;
	*ret_mapping = (struct ix_mapping){
		.start = q.start,
		.end = q.end,
		.dev = makedev(q.major, q.minor),
		.ino = q.inode,
		.offset = q.offset,
		.read = q.vma_flags & MAPS_READ,
		.write = q.vma_flags & MAPS_WRITE,
		.shared = q.vma_flags & MAPS_SHARED,
	};
	return 1;
}

/* ---- from the text */

/* Take a number in this base that ends at a given character. */
static int maps_take(const char **p, const char *end, unsigned base, char stop,
		     uint64_t *ret_n)
{
	uint64_t n = 0;
	const char *from = *p;

	for (; *p < end && **p != stop; (*p)++) {
		char c = **p;
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
							: UINT_MAX;

		if (digit >= base || n > (UINT64_MAX - digit) / base)
			return -EPROTO;
		n = n * base + digit;
	}
	if (*p == from || *p == end)
		return -EPROTO;
	(*p)++;
	*ret_n = n;
	return 0;
}

/* "7f…-7f… rw-s 00000000 00:01 98304                   /SYSV00000000 (deleted)" */
int ix_maps_parse(const char *line, size_t len, struct ix_mapping *ret_mapping,
		  const char **ret_name, size_t *ret_name_len)
{
	const char *p = line, *end = line + len;
	uint64_t major = 0, minor = 0;
	struct ix_mapping m = { .start = 0 };

	if (maps_take(&p, end, 16, '-', &m.start) < 0 ||
	    maps_take(&p, end, 16, ' ', &m.end) < 0 || m.end <= m.start || end - p < 5 ||
	    p[4] != ' ')
		return -EPROTO;
	m.read = p[0] == 'r';
	m.write = p[1] == 'w';
	m.shared = p[3] == 's';
	p += 5;
	if (maps_take(&p, end, 16, ' ', &m.offset) < 0 ||
	    maps_take(&p, end, 16, ':', &major) < 0 ||
	    maps_take(&p, end, 16, ' ', &minor) < 0 || major > UINT32_MAX ||
	    minor > UINT32_MAX)
		return -EPROTO;
	m.dev = makedev((unsigned)major, (unsigned)minor);
	if (maps_take(&p, end, 10, ' ', &m.ino) < 0)
		return -EPROTO;
	while (p < end && *p == ' ')
		p++;
	*ret_mapping = m;
	*ret_name = p;
	*ret_name_len = (size_t)(end - p);
	return 0;
}

/* Whether the memory still exists: once the process has executed another program, the
 * text seems to end early. */
static bool maps_is_alive(const struct ix_maps *m)
{
	char c;

	return pread(m->fd, &c, 1, 0) != 0;
}

/* Read on: keep the beginning of a line that is not complete yet. Returns the number of
 * bytes read, or -errno. */
static ssize_t maps_fill(struct ix_maps *m)
{
	ssize_t n;

	memmove(m->data, m->data + m->at, m->len - m->at);
	m->len -= m->at;
	m->at = 0;
	do
		n = read(m->fd, m->data + m->len, m->cap - m->len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	m->len += (size_t)n;
	return n > 0 || maps_is_alive(m) ? n : -ESRCH;
}

/* Forget the rest of a line that was cut. */
static void maps_skip(struct ix_maps *m)
{
	const char *from = m->data + m->at;
	const char *stop = memchr(from, '\n', m->len - m->at);

	m->at = stop ? (size_t)(stop + 1 - m->data) : m->len;
	m->cut = !stop;
}

/* Return 1 and the next line without its newline; 0 at the end. */
static int maps_line(struct ix_maps *m, const char **ret_line, size_t *ret_len)
{
	for (;;) {
		const char *line, *stop;
		ssize_t n;

		if (m->cut)
			maps_skip(m);
		line = m->data + m->at;
		stop = memchr(line, '\n', m->len - m->at);
		if (stop || m->len - m->at == m->cap) {
			m->cut = !stop;
			*ret_line = line;
			*ret_len = stop ? (size_t)(stop - line) : m->cap;
			m->at += *ret_len + (stop ? 1 : 0);
			return 1;
		}
		n = maps_fill(m);
		if (n <= 0)
			return (int)n;
	}
}

static int maps_begin_text(struct ix_maps *m)
{
	m->data = malloc(MAPS_CHUNK);
	if (!m->data)
		return -ENOMEM;
	m->cap = MAPS_CHUNK;
	m->text = true;
	return 0;
}

/* In the text, a mapping of a file is one whose path begins with a slash, or memory that
 * was given a name: the inode of segment 0 is 0. */
static bool maps_is_file(const struct ix_maps *m)
{
	const size_t n = sizeof(MAPS_NAMED) - 1;

	return m->name_len > 0 && (m->name[0] == '/' ||
				   (m->name_len > n && !memcmp(m->name, MAPS_NAMED, n)));
}

static int maps_next_text(struct ix_maps *m, struct ix_mapping *ret_mapping)
{
	struct ix_mapping found;
	const char *line;
	size_t len;
	int r;

	while ((r = maps_line(m, &line, &len)) > 0) {
		r = ix_maps_parse(line, len, &found, &m->name, &m->name_len);
		if (r < 0)
			return r;
		if (!maps_is_file(m) || (m->shared_only && !found.shared))
			continue;
		*ret_mapping = found;
		return 1;
	}
	return r;
}

/* ---- both */

static void maps_try(const void *fd)
{
	(void)ioctl(*(const int *)fd, MAPS_QUERY, NULL);
}

/* Begin with the text where a filter kills for the ioctl. */
static int maps_begin(struct ix_maps *m)
{
	return m->text || m->next || ix_call_known(SYS_ioctl, maps_try, &m->fd)
		       ? 0
		       : maps_begin_text(m);
}

int ix_maps_next(struct ix_maps *m, struct ix_mapping *ret_mapping)
{
	int r = maps_begin(m);

	if (r < 0)
		return r;
	if (m->text)
		return maps_next_text(m, ret_mapping);
	r = maps_next_query(m, ret_mapping);
	if (r >= 0 || m->next || !maps_lacks_query(r))
		return r;
	r = maps_begin_text(m);
	return r < 0 ? r : maps_next_text(m, ret_mapping);
}

int ix_maps_at(struct ix_maps *m, uint64_t address, struct ix_mapping *ret_mapping)
{
	struct ix_mapping found = { .end = 0 };
	int r = maps_begin(m);

	if (r < 0)
		return r;
	if (!m->text) {
		m->next = address;
		r = maps_next_query(m, &found);
		if (r < 0 && maps_lacks_query(r) && (r = maps_begin_text(m)) < 0)
			return r;
	}
	while (m->text && (r = maps_next_text(m, &found)) > 0 && found.end <= address)
		;
	if (r <= 0 || address < found.start || address >= found.end)
		return MIN(r, 0);
	*ret_mapping = found;
	return 1;
}

/* Undo the escape of newlines, the only one that the kernel makes here. */
static size_t maps_unescape(char *text, size_t len)
{
	size_t to = 0;

	for (size_t i = 0; i < len; i++) {
		if (len - i >= 4 && !memcmp(text + i, "\\012", 4)) {
			text[to++] = '\n';
			i += 3;
		} else {
			text[to++] = text[i];
		}
	}
	text[to] = '\0';
	return to;
}

int ix_maps_name(struct ix_maps *m, const struct ix_mapping *mapping, char *buf,
		 size_t size)
{
	char path[PATH_MAX + 64];
	struct maps_query q = { 0 };
	size_t len;
	int r;

	if (size == 0)
		return -EINVAL;
	if (m->text) {
		len = MIN(m->name_len, size - 1);
		memcpy(buf, m->name, len);
		return (int)maps_unescape(buf, len);
	}
	r = maps_ask(m, mapping->start, path, sizeof(path), &q);
	if (r < 0)
		return r;
	if (q.start != mapping->start || q.inode != mapping->ino)
		return -ESTALE;
	len = q.name_size ? MIN((size_t)q.name_size - 1, size - 1) : 0;
	memcpy(buf, path, len);
	buf[len] = '\0';
	return (int)len;
}
