/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mechanism added as CONTRIBUTING.md describes: this file, a line in core/registry.c
 * and one in meson.build. Its objects are the files in the directory "toys" of the
 * working directory; their bytes are memory. Their messages are in files of the same
 * names in the directory "letters". The test copies this file to lib/mech/toy.c; it is
 * not part of any build.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "mech/posix.h"

struct toy_row {
	struct ix_posix_row base;
	uint64_t size;
};

/* clang-format off */
static const struct ix_kind toy_kind = {
	.name = "objects",
	.row_size = sizeof(struct toy_row),
	IX_COLUMNS(
		IX_POSIX_COLUMNS(struct toy_row),
		IX_COL(IPCX_F_SIZE, struct toy_row, size)
	),
};
/* clang-format on */

#define LETTERS "letters"

static int open_toys(struct ix_posix_dir *ret_dir)
{
	int fd = ix_open(AT_FDCWD, "toys", O_PATH | O_DIRECTORY);

	if (fd < 0)
		return fd;
	*ret_dir = (struct ix_posix_dir){ .fd = fd };
	return 0;
}

static int one(struct ix_scan *s, const struct ix_posix_dir *dir, const char *name)
{
	struct toy_row *row;
	struct stat st;
	int r;

	if (fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	row = ix_posix_row(s, name, &st);
	if (!row)
		return -ENOMEM;
	row->size = (uint64_t)st.st_size;
	r = ix_scan_keep(s);
	return r < 0 ? r : 0;
}

static int scan(struct ix_scan *s)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	struct ix_posix_names *names auto_posix_names = NULL;
	const char *name;
	int r = open_toys(&dir);

	if (r == 0)
		r = ix_posix_names_open(&dir, &names);
	if (r < 0)
		return r;
	s->dir = &dir;
	while ((r = ix_posix_names_next(names, &name)) > 0) {
		r = one(s, &dir, name);
		if (r < 0 && r != -ENOENT)
			break;
	}
	s->dir = NULL;
	return r;
}

static int find(struct ix_scan *s, const struct ipcx_ref *ref)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	int r = open_toys(&dir);

	if (r < 0)
		return r;
	s->dir = &dir;
	r = one(s, &dir, ref->name + 1);
	s->dir = NULL;
	return r;
}

static int create(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_ref *ret_ref)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	auto_fd int fd = -1;
	struct ipcx_ref ref;
	int r = ix_posix_take_name(x, a, NAME_MAX, &ref);

	if (r == 0)
		r = open_toys(&dir);
	if (r < 0)
		return r;
	fd = openat(dir.fd, ref.name + 1, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)a->bytes) < 0 || (r = ix_posix_own(fd, a)) < 0) {
		(void)unlinkat(dir.fd, ref.name + 1, 0);
		return r < 0 ? r : -errno;
	}
	*ret_ref = ref;
	return 0;
}

static int remove_row(struct ix_scan *s, const void *row)
{
	const struct ix_posix_dir *dir = s->dir;
	char name[256];

	char letters[sizeof(LETTERS) + sizeof(name)];

	(void)ix_posix_name(s, row, name);
	(void)snprintf(letters, sizeof(letters), LETTERS "/%s", name);
	if (unlinkat(dir->fd, name, 0) < 0)
		return -errno;
	(void)unlink(letters);
	return 0;
}

static int change(struct ix_scan *s, const void *row, const struct ipcx_attrs *a)
{
	char name[256];

	(void)ix_posix_name(s, row, name);
	return ix_posix_change(s->x, s->dir, name, row, a);
}

/* ---- memory */

static int memory(struct ipcx *x, const struct ipcx_ref *ref, bool write,
		  struct ix_memory *ret_memory)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	auto_fd int fd = open_toys(&dir);
	struct stat st;

	if (fd == 0)
		fd = ix_open(dir.fd, ref->name + 1, write ? O_WRONLY : O_RDONLY);
	if (fd == -ENOENT)
		return ix_fail_plain(x, -ENOENT, "toy:%s: no such toy", ref->name);
	if (fd < 0 || fstat(fd, &st) < 0)
		return ix_fail(x, fd < 0 ? fd : -errno, "toy:%s", ref->name);
	*ret_memory =
		(struct ix_memory){ .size = (uint64_t)st.st_size, .fd = take_fd(&fd) };
	return 0;
}

/* ---- messages */

#define MOST    8   /* messages of one toy */
#define LONGEST 128 /* bytes of a message */

struct letter {
	int64_t rank;
	uint64_t size;
	char text[LONGEST];
};

/* All messages of a toy. */
struct letters {
	unsigned n;
	struct letter letter[MOST];
};

static int open_queue(struct ipcx_queue *q, const struct ipcx_ref *ref, unsigned flags)
{
	char path[sizeof(LETTERS) + sizeof(ref->name)];

	(void)flags;
	(void)snprintf(path, sizeof(path), "toys%s", ref->name);
	if (access(path, F_OK) < 0)
		return ix_queue_missing(q);
	(void)mkdir(LETTERS, 0700);
	(void)snprintf(path, sizeof(path), LETTERS "%s", ref->name);
	q->id = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (q->id < 0)
		return ix_fail(q->x, -errno, "%s", q->name);
	q->longest = LONGEST;
	return ix_queue_room(q, LONGEST);
}

static void close_queue(struct ipcx_queue *q)
{
	(void)close(q->id);
}

/* Toys are for one process at a time: nothing is locked. */
static int read_letters(struct ipcx_queue *q, struct letters *ret_l)
{
	ssize_t n = pread(q->id, ret_l->letter, sizeof(ret_l->letter), 0);

	if (n < 0)
		return ix_fail(q->x, -errno, "%s", q->name);
	ret_l->n = (unsigned)((size_t)n / sizeof(struct letter));
	return 0;
}

static int write_letters(struct ipcx_queue *q, const struct letters *l)
{
	size_t size = l->n * sizeof(struct letter);

	if (ftruncate(q->id, (off_t)size) < 0 ||
	    pwrite(q->id, l->letter, size, 0) != (ssize_t)size)
		return ix_fail(q->x, -errno, "%s", q->name);
	return 0;
}

static int state(struct ipcx_queue *q, struct ipcx_queue_state *ret_state)
{
	struct letters l;
	int r = read_letters(q, &l);

	if (r < 0)
		return r;
	ret_state->messages = l.n;
	ret_state->longest = LONGEST;
	return 0;
}

/* Returns -EAGAIN if it would block; the caller then sleeps a little and retries. */
static int send_letter(struct ipcx_queue *q, const struct ipcx_message *m, bool wait)
{
	struct letters l;
	struct letter *last;
	int r = read_letters(q, &l);

	(void)wait;
	if (r < 0 || l.n == MOST)
		return r < 0 ? r : -EAGAIN;
	last = &l.letter[l.n++];
	*last = (struct letter){ .rank = m->rank, .size = m->len };
	if (m->len)
		memcpy(last->text, m->data, m->len);
	return write_letters(q, &l);
}

/* Returns -EAGAIN if there is no such message. */
static int get(struct ipcx_queue *q, uint64_t position, bool out,
	       struct ipcx_message *ret_m)
{
	struct letters l;
	struct letter *from;
	int r = read_letters(q, &l);

	if (r < 0 || position >= l.n)
		return r < 0 ? r : -EAGAIN;
	from = &l.letter[position];
	memcpy(q->msgbuf->text, from->text, from->size);
	*ret_m = (struct ipcx_message){ .rank = from->rank,
					.data = q->msgbuf->text,
					.len = from->size };
	if (!out)
		return 0;
	l.n--;
	memmove(from, from + 1, (l.n - position) * sizeof(*from));
	return write_letters(q, &l);
}

static int receive(struct ipcx_queue *q, const struct ipcx_take *which, bool wait,
		   struct ipcx_message *ret_m)
{
	(void)which;
	(void)wait;
	return get(q, 0, true, ret_m);
}

static int peek(struct ipcx_queue *q, uint64_t position, struct ipcx_message *ret_m)
{
	int r = get(q, position, false, ret_m);

	return r == -EAGAIN
		       ? ix_fail_plain(q->x, -ENODATA, "%s: has no such message", q->name)
		       : r;
}

static void full(struct ipcx_queue *q, const struct ipcx_message *m, char *buf,
		 size_t size)
{
	(void)q;
	(void)m;
	(void)snprintf(buf, size, "holds %d messages", MOST);
}

/* clang-format off */
static const struct ix_queue_ops queue = {
	.most = 9, .limited_by = "toys are small",
	.open = open_queue, .close = close_queue, .state = state, .send = send_letter, .receive = receive, .peek = peek, .full = full,
};

/* ---- totals */

struct toy_totals {
	struct ix_row head;
	uint64_t objects, size;
};

static const struct ix_kind totals_kind = {
	.name = "totals",
	.row_size = sizeof(struct toy_totals),
	IX_COLUMNS(
		IX_TOTALS_COLUMNS(struct toy_totals),
		IX_COL(IPCX_F_SIZE, struct toy_totals, size)
	),
};
/* clang-format on */

static int ask_totals(struct ipcx *x, struct ipcx_table *t, void *data)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	struct ix_posix_names *names auto_posix_names = NULL;
	struct toy_totals *row = data;
	const char *name;
	struct stat st;
	int r = open_toys(&dir);

	(void)x;
	(void)t;
	if (r < 0 || (r = ix_posix_names_open(&dir, &names)) < 0)
		return r;
	for (; (r = ix_posix_names_next(names, &name)) > 0; row->objects++)
		if (fstatat(dir.fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			row->size += (uint64_t)st.st_size;
	return r;
}

static const struct ix_totals totals = { .kind = &totals_kind, .ask = ask_totals };

/* ---- load */

#define SIZE 64

static const char *path_of(const struct ix_naming *names, uint32_t slot,
			   char buf[IX_NAME + 8])
{
	char name[IX_NAME];

	(void)snprintf(buf, IX_NAME + 8, "toys%s", ix_slot_name(names, slot, name));
	return buf;
}

static int open_slot(const struct ix_naming *names, struct ix_object *object, int flags)
{
	char path[IX_NAME + 8];

	object->id = open(path_of(names, object->slot, path), O_RDWR | O_CLOEXEC | flags,
			  IX_MODE);
	return object->id < 0 ? -errno : 0;
}

static int load_make(const struct ix_naming *names, struct ix_object *object)
{
	int r = open_slot(names, object, O_CREAT | O_EXCL);

	if (!object->size)
		object->size = SIZE;
	return r == 0 && ftruncate(object->id, (off_t)object->size) < 0 ? -errno : r;
}

static int load_open(const struct ix_naming *names, struct ix_object *object)
{
	return object->id < 0 ? open_slot(names, object, 0) : 0;
}

static int load_remove(const struct ix_naming *names, struct ix_object *object)
{
	char path[IX_NAME + 8];

	return unlink(path_of(names, object->slot, path)) < 0 ? -errno : 0;
}

static void load_close(struct ix_object *object)
{
	if (object->id >= 0)
		(void)close(object->id);
	object->id = -1;
}

static bool load_is_there(const struct ix_naming *names, const struct ix_object *object)
{
	char path[IX_NAME + 8];

	return access(path_of(names, object->slot, path), F_OK) == 0;
}

static int load_sweep(const struct ix_naming *names, uint32_t slot, int id, pid_t maker)
{
	char path[IX_NAME + 8];
	struct stat st;

	(void)id;
	(void)maker;
	if (lstat(path_of(names, slot, path), &st) < 0 || !ix_slot_has_file(&st))
		return 0;
	return unlink(path) < 0 ? -errno : 0;
}

/* clang-format off */
static const struct ix_driver driver = {
	.make = load_make, .open = load_open, .stat = ix_look_file, .change = ix_change_file, .remove = load_remove,
	.close = load_close, .is_there = load_is_there, .sweep = load_sweep,
	.size = SIZE, .churn = "toys are created, inspected, changed, opened and removed", .churn_ops = IX_CHURN_OPS "open",
};
/* clang-format on */

/* ---- limits */

static int request(const char *text, struct ipcx_attrs *ret_attrs)
{
	static const uint64_t words[] = { IPCX_A_COUNT, IPCX_A_SIZE };

	return ix_request_read(text, words, ARRAY_SIZE(words), ret_attrs);
}

/* clang-format off */
static const struct ix_charge charges[] = {
	{ .limit = "dev_shm", .amount = ix_amount_size },
	{ .limit = NULL },
};

static const enum ipcx_field shown[] = { IPCX_F_NAME, IPCX_F_OWNER, IPCX_F_MODE, IPCX_F_SIZE };

extern const struct ix_mech ix_mech_toy;
const struct ix_mech ix_mech_toy = {
	.info = {
		.name = "toy", .label = "Toys for tests", .object = "toy", .group = "posix", .named = true,
		.create = IPCX_A_NAME | IPCX_A_MODE | IPCX_A_SIZE | IPCX_A_IF_MISSING,
		.require = IPCX_A_NAME | IPCX_A_SIZE,
		.change = IPCX_A_MODE, .need = "[COUNTx]SIZE", .shown = shown, .nshown = ARRAY_SIZE(shown),
		.message_label = "number", .message_least = 1,
	},
	.kind = &toy_kind,
	.charges = charges, .request = request,
	.scan = scan, .find = find, .create = create, .remove = remove_row, .change = change,
	.memory = memory, .queue = &queue, .totals = &totals, .driver = &driver,
};
/* clang-format on */
