/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How programs make keys of files and paths: by ftok(3) and otherwise. Each way is a row
 * of a table. Only ways that are documented, or that public source shows, are listed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "core/columns.h"
#include "core/copyin.h"
#include "mech/keywalk.h"

/* A path of which a key may have been made. st is NULL if there is no such file; then the
 * path is a text. */
struct key_file {
	const char *path;
	const struct stat *st;
	int postgres;   /* the version in the data directory of a PostgreSQL; 0: another
			   directory or file; -1: it may not be searched */
	char pid[1024]; /* its postmaster.pid, or "" */
};

/* ---- ftok(3) */

static bool is_ftok(const struct key_file *f, uint32_t key)
{
	return f->st && ((ix_key_of(f->st, 0) ^ key) & 0xffffff) == 0;
}

/* The platform-independent keys of QSharedMemory and QSystemSemaphore are names of files
 * in the directory for temporary files. */
static bool is_qt(const struct key_file *f)
{
	const char *slash = strrchr(f->path, '/'), *name = slash ? slash + 1 : f->path;

	return !strncmp(name, "qipc_sharedmemory_", 18) ||
	       !strncmp(name, "qipc_systemsem_", 15);
}

static int way_ftok(const struct key_file *f, uint32_t key)
{
	return is_ftok(f, key) && !(is_qt(f) && key >> 24 == 'Q') ? 0 : -1;
}

static int way_qt(const struct key_file *f, uint32_t key)
{
	return is_ftok(f, key) && is_qt(f) && key >> 24 == 'Q' ? 0 : -1;
}

/* ---- PostgreSQL (src/backend/port/sysv_shmem.c, sysv_sema.c) */

/* How many keys are tried at most after the first: each set of 16 semaphores takes one. */
#define KEYS_TRIED 256

/* Since version 13, the first key that is tried is the inode number of the data
 * directory; semaphores begin with the next one. */
static int way_postgres_inode(const struct key_file *f, uint32_t key)
{
	uint32_t after = f->st ? key - (uint32_t)f->st->st_ino : 0;

	if (!f->postgres || (f->postgres > 0 && f->postgres < 13))
		return -1;
	return after == 0 || (f->postgres > 0 && after <= KEYS_TRIED) ? (int)after : -1;
}

/* Return line number n (from 1) of a text. */
static const char *line_of(const char *text, unsigned n)
{
	while (text && --n) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text ? text : "";
}

/* Read a number after blanks, modulo 2^64. *ret_end is the text itself if there is
 * none. */
static uint64_t key_number(const char *text, const char **ret_end)
{
	const char *p = text + strspn(text, " ");
	size_t digits = strspn(p, "0123456789");
	uint64_t n = 0;

	for (size_t i = 0; i < digits; i++)
		n = 10 * n + (uint64_t)(p[i] - '0');
	*ret_end = digits ? p + digits : text;
	return n;
}

/* Before version 13, the port times 1000 plus 1. A running server, or one that crashed,
 * has its port in postmaster.pid. */
static int way_postgres_port(const struct key_file *f, uint32_t key)
{
	const char *end;
	uint64_t port = key_number(line_of(f->pid, 4), &end);
	uint32_t after = key - (uint32_t)port * 1000;

	if (f->postgres < 1 || f->postgres >= 13 || port == 0 || port > 65535)
		return -1;
	return after > 0 && after <= KEYS_TRIED ? (int)after : -1;
}

/* The line of postmaster.pid with two numbers is the key and the id of the segment. */
static int way_postgres_recorded(const struct key_file *f, uint32_t key)
{
	for (unsigned n = 3; f->postgres > 0 && *line_of(f->pid, n); n++) {
		const char *key_end, *id_end;
		uint32_t recorded = (uint32_t)key_number(line_of(f->pid, n), &key_end);

		(void)key_number(key_end, &id_end);
		if (key_end > line_of(f->pid, n) && *key_end == ' ' && id_end > key_end &&
		    *id_end == '\n')
			return recorded == key ? 0 : -1;
	}
	return -1;
}

/* ---- keys made of texts */

/* CRC-32 as in ISO 3309, which zlib, PHP and String::CRC32 compute. */
static uint32_t crc_of(const char *text)
{
	uint32_t crc = UINT32_MAX;

	for (; *text; text++) {
		crc ^= (unsigned char)*text;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
	}
	return ~crc;
}

/* Modules of Perl take a text of digits as a number. */
static bool is_number(const char *text)
{
	return !text[strspn(text, "0123456789")];
}

static int way_crc(const struct key_file *f, uint32_t key)
{
	return *f->path && crc_of(f->path) == key ? 0 : -1;
}

/* IPC::Shareable subtracts 2^31 from what is larger than that. */
static int way_crc_less(const struct key_file *f, uint32_t key)
{
	const uint32_t most = UINT32_C(1) << 31;
	uint32_t crc = crc_of(f->path);

	return !is_number(f->path) && crc > most && crc - most == key ? 0 : -1;
}

/* pack("A4") pads with blanks, unpack("i") reads a native number. */
static int way_four(const struct key_file *f, uint32_t key)
{
	size_t len = MIN(strlen(f->path), sizeof(key));
	char four[sizeof(key)] = { ' ', ' ', ' ', ' ' };

	memcpy(four, f->path, len);
	return !is_number(f->path) && !memcmp(four, &key, sizeof(key)) ? 0 : -1;
}

/* ---- the table */

/* clang-format off */
static const struct {
	char text[72];
	bool ftok;  /* the upper byte of the key is a project number */
	bool named; /* only of paths that were named: it uses little of the path, so that many
		       paths have the same key */
	/* Return the number that was added, or -1 if the key is not made in this way. */
	int (*made)(const struct key_file *f, uint32_t key);
} ways[] = {
	{ "ftok(3)",                                                  true,  false, way_ftok },
	{ "Qt: QSharedMemory, QSystemSemaphore (ftok with Q)",        true,  false, way_qt },
	{ "PostgreSQL: recorded in postmaster.pid",                   false, false, way_postgres_recorded },
	{ "PostgreSQL since 13: inode number",                        false, false, way_postgres_inode },
	{ "PostgreSQL before 13: port times 1000",                    false, false, way_postgres_port },
	{ "CRC-32 of the path: PHP crc32(), Perl IPC::Shareable",     false, false, way_crc },
	{ "CRC-32 of the path, less 2^31: Perl IPC::Shareable",       false, false, way_crc_less },
	{ "first four bytes: Perl IPC::ShareLite, old IPC::Shareable", false, true,  way_four },
};
/* clang-format on */

struct way_row {
	struct ix_row row;
	uint64_t inode, device;
	uint32_t key, proj;
	ix_text path, way;
};

/* clang-format off */
static const struct ix_kind way_kind = {
	.name = "keys",
	.row_size = sizeof(struct way_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_KEY,         struct way_row, key),
		IX_COL(IPCX_F_PATH,        struct way_row, path),
		IX_COL_ZERO(IPCX_F_PROJ,   struct way_row, proj),
		IX_COL_ZERO(IPCX_F_DEVICE, struct way_row, device),
		IX_COL_ZERO(IPCX_F_INODE,  struct way_row, inode),
		IX_COL(IPCX_F_WAY,         struct way_row, way)
	),
};
/* clang-format on */

static int add_way(struct ipcx_table *t, const struct key_file *f, uint32_t key,
		   size_t way, int added)
{
	struct way_row *row = ix_table_row(t);
	char text[sizeof(ways[0].text) + 16];

	if (!row)
		return -ENOMEM;
	(void)snprintf(text, sizeof(text), added ? "%s + %d" : "%s", ways[way].text,
		       added);
	row->key = key;
	row->path = ix_table_text(t, f->path);
	row->way = ix_table_text(t, text);
	row->proj = ways[way].ftok ? key >> 24 : 0;
	if (f->st) {
		row->device = f->st->st_dev;
		row->inode = f->st->st_ino;
	}
	ix_table_keep(t);
	return 0;
}

/* Read the beginning of a file. Its directory may be anybody's, so it is neither followed
 * if it is a link nor waited for if it is a FIFO. Returns the length or -errno. */
static int read_regular(int dir, const char *name, char *buf, size_t size)
{
	auto_fd int fd = ix_open(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	ssize_t len;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EINVAL;
	len = pread(fd, buf, size - 1, 0);
	if (len < 0)
		return -errno;
	buf[len] = '\0';
	return (int)len;
}

/* Find out whether a directory is the data directory of a PostgreSQL. */
static void look_for_postgres(struct key_file *f)
{
	auto_fd int dir = -1;
	const char *end;
	char version[16];
	int r;

	f->postgres = 0;
	f->pid[0] = '\0';
	if (!f->st || !S_ISDIR(f->st->st_mode))
		return;
	dir = ix_open(AT_FDCWD, f->path, O_PATH | O_DIRECTORY);
	r = dir < 0 ? dir : read_regular(dir, "PG_VERSION", version, sizeof(version));
	if (r == -EACCES)
		f->postgres = -1;
	if (r <= 0)
		return;
	f->postgres = (int)(key_number(version, &end) & 0xffff);
	if (read_regular(dir, "postmaster.pid", f->pid, sizeof(f->pid)) < 0)
		f->pid[0] = '\0';
}

struct key_ways {
	struct ix_key_walk walk;
	uint32_t key;
	struct key_file file;
};

static int ways_visit(struct ix_key_walk *w, const char *path, const struct stat *st,
		      bool named)
{
	struct key_ways *k = (struct key_ways *)w;
	size_t before = w->t->rows;
	int r = 0;

	k->file.path = path;
	k->file.st = st;
	look_for_postgres(&k->file);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(ways); i++) {
		int added = ways[i].named && !named ? -1 : ways[i].made(&k->file, k->key);

		if (added >= 0)
			r = add_way(w->t, &k->file, k->key, i, added);
	}
	/* A text that has the key is not missing, even if it is not a path. */
	return r == 0 && !st ? w->t->rows > before : r;
}

int ipcx_key_ways(struct ipcx *x, uint32_t key, const char *const *paths, size_t n,
		  unsigned flags, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct key_ways k = { .walk = { .recursive = flags & IPCX_KEY_RECURSIVE,
					.visit = ways_visit },
			      .key = key };
	int r = ix_key_paths(x, paths, n);

	if (r == 0 && (flags & ~IPCX_KEY_RECURSIVE))
		r = ix_fail_plain(x, -EINVAL, "unknown flags 0x%x", flags);
	if (r < 0)
		return r;
	k.walk.t = ix_key_begin(x, &way_kind);
	if (!k.walk.t)
		return -ENOMEM;
	r = ix_key_walk(&k.walk, paths, n);
	return ix_key_finish(x, k.walk.t, r, ret_table);
}
