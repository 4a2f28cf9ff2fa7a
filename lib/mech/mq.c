/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * POSIX message queues (mq_overview(7), ipc/mqueue.c): which fields a queue has, what
 * reading each of them costs, and how its bytes are counted.
 *
 * Opening a queue for reading has no side effects, and mq_getattr(3) on it supplies the
 * cheap fields. Reading its file updates its atime and ctime (even on a noatime mount),
 * so the file is read only for fields that have no other source.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mqueue.h>
#include <signal.h>
#include <string.h>

#include "base/file.h"
#include "core/limit.h"
#include "mech/causes.h"
#include "mech/drivers.h"
#include "mech/kconfigs.h"
#include "mech/mqueue.h"
#include "mech/queues.h"
#include "who/uses.h"
#include "who/waits.h"

/* How the registered process is notified of a message. */
enum notify {
	NOTIFY_NOBODY,
	NOTIFY_SIGNAL,
	NOTIFY_NONE,
	NOTIFY_THREAD,
};

struct mq_row {
	struct ix_posix_row base;
	uint64_t maxmsg, msgsize, curmsgs, qsize;
	int32_t notify_pid, notify_signal;
	uint32_t waiters;
	uint8_t notify, use;
};

_Static_assert(sizeof(struct mq_row) <= 128, "rows stay compact");

static void derive_use_percent(const struct ipcx_table *t, const struct ix_section *s,
			       const void *data, struct ipcx_value *v)
{
	const struct mq_row *row = data;

	(void)t;
	(void)s;
	if (row->maxmsg == 0)
		return;
	v->type = IPCX_TYPE_REAL;
	v->as.d = 100.0 * (double)row->curmsgs / (double)row->maxmsg;
}

static void derive_notify(const struct ipcx_table *t, const struct ix_section *s,
			  const void *data, struct ipcx_value *v)
{
	static const char *const words[] = {
		[NOTIFY_SIGNAL] = "signal",
		[NOTIFY_NONE] = "none",
		[NOTIFY_THREAD] = "thread",
	};

	(void)t;
	(void)s;
	v->as.private_s = words[((const struct mq_row *)data)->notify];
	if (v->as.private_s)
		v->type = IPCX_TYPE_STRING;
}

/* clang-format off */
static const struct ix_kind mq_kind = {
	.name = "objects",
	.row_size = sizeof(struct mq_row),
	IX_COLUMNS(
		IX_POSIX_COLUMNS(struct mq_row),
		IX_COL(IPCX_F_MAXMSG,        struct mq_row, maxmsg),
		IX_COL(IPCX_F_MSGSIZE,       struct mq_row, msgsize),
		IX_COL(IPCX_F_CURMSGS,       struct mq_row, curmsgs),
		IX_DERIVED(IPCX_F_USE_PERCENT,   derive_use_percent),
		IX_COL(IPCX_F_QSIZE,         struct mq_row, qsize),
		IX_DERIVED(IPCX_F_NOTIFY,        derive_notify),
		IX_COL_ZERO(IPCX_F_NOTIFY_PID,    struct mq_row, notify_pid),
		IX_COL_ZERO(IPCX_F_NOTIFY_SIGNAL, struct mq_row, notify_signal),
		IX_DERIVED_WORDS(IPCX_F_IDLE,          IX_WORD_OF(struct mq_row, base.ctime) |
							  IX_WORD_OF(struct mq_row, base.mtime), ix_derive_idle),
		IX_COL(IPCX_F_MTIME,         struct mq_row, base.mtime),
		IX_WAITERS_COLUMN(struct mq_row),
		IX_USERS_COLUMNS(struct mq_row, base.users)
	),
};

static const enum ipcx_field of_attr[]   = { IPCX_F_MAXMSG, IPCX_F_MSGSIZE, IPCX_F_CURMSGS, IPCX_F_USE_PERCENT };
static const enum ipcx_field of_status[] = { IPCX_F_QSIZE, IPCX_F_NOTIFY, IPCX_F_NOTIFY_PID, IPCX_F_NOTIFY_SIGNAL };
static const enum ipcx_field of_stat[]   = { IPCX_F_OWNER, IPCX_F_UID, IPCX_F_GROUP, IPCX_F_GID, IPCX_F_MODE,
				     IPCX_F_CTIME, IPCX_F_AGE, IPCX_F_MTIME, IPCX_F_IDLE };
/* clang-format on */

static void unknown_all(struct ix_scan *s, struct mq_row *row,
			const enum ipcx_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ix_unknown(s->t, row, fields[i]);
}

static bool wants(const struct ix_scan *s, const enum ipcx_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ipcx_fieldset_has(&s->want, fields[i]))
			return true;
	return false;
}

static bool wants_attr(const struct ix_scan *s)
{
	return wants(s, of_attr, ARRAY_SIZE(of_attr));
}

static bool wants_status(const struct ix_scan *s)
{
	return wants(s, of_status, ARRAY_SIZE(of_status));
}

/* ---- reading */

static int put_attr(struct mq_row *row, int fd)
{
	struct mq_attr attr;

	if (fd < 0 || mq_getattr(fd, &attr) < 0)
		return -1;
	row->maxmsg = (uint64_t)attr.mq_maxmsg;
	row->msgsize = (uint64_t)attr.mq_msgsize;
	row->curmsgs = (uint64_t)attr.mq_curmsgs;
	return 0;
}

/* The kernel writes SIGEV_SIGNAL (0) also when no process is registered, and pid 0 also
 * for a process that is not in our PID namespace. */
static enum notify notify_of(const struct ix_mq_status *st)
{
	if (st->notify == SIGEV_NONE)
		return NOTIFY_NONE;
	if (st->notify == SIGEV_THREAD)
		return NOTIFY_THREAD;
	return st->pid || st->signo ? NOTIFY_SIGNAL : NOTIFY_NOBODY;
}

static int put_status(struct mq_row *row, int fd)
{
	struct ix_mq_status st;
	char text[512];
	ssize_t len;

	if (fd < 0)
		return -ENODATA; /* the caller notes why the queue is not open */
	do
		len = pread(fd, text, sizeof(text), 0);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	if (ix_mq_status(text, (size_t)len, &st) < 0)
		return -EPROTO;
	row->qsize = st.qsize;
	row->notify = (uint8_t)notify_of(&st);
	row->notify_pid = st.pid;
	row->notify_signal = st.signo;
	return 0;
}

static void note(struct ix_scan *s, enum ipcx_note_kind kind, int error, const char *name,
		 const char *text)
{
	struct ipcx_ref ref;
	char subject[IPCX_REF_MAX];

	ix_posix_ref(s->mech, name, &ref);
	if (ipcx_ref_format(&ref, subject, sizeof(subject)) > 0)
		ix_table_note(s->t, kind, s->mech, error, subject, "%s: %s", text,
			      ix_errno_text(error));
}

/* Add the row of one queue; fd is a descriptor of that queue, or -1. */
static int mq_keep(struct ix_scan *s, const char *name, const struct stat *st, int fd)
{
	struct mq_row *row = ix_posix_row(s, name, st);
	int r;

	if (!row)
		return -ENOMEM;
	if (!wants_attr(s) || put_attr(row, fd) < 0) {
		if (fd >= 0 && wants_attr(s)) /* mq_getattr(3) should have worked */
			note(s, IPCX_NOTE_INCOMPLETE, -errno, name, "counters unknown");
		unknown_all(s, row, of_attr, ARRAY_SIZE(of_attr));
	}
	r = wants_status(s) ? put_status(row, fd) : -ENODATA;
	if (r < 0) {
		if (r != -ENODATA)
			ix_table_once(s->t, r,
				      "the files of some queues could not be read");
		unknown_all(s, row, of_status, ARRAY_SIZE(of_status));
	}
	if (st->st_nlink == 0) /* no stat(2) succeeded */
		unknown_all(s, row, of_stat, ARRAY_SIZE(of_stat));
	r = ix_scan_keep(s);
	return r < 0 ? r : 0;
}

/* List a queue even if it may not be opened, but not if it is gone. */
static int keep_unopened(struct ix_scan *s, const struct ix_posix_dir *dir,
			 const char *name, int error, uint64_t *denied)
{
	struct stat st;

	if (fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			note(s, IPCX_NOTE_FAILED, -errno, name, "cannot be read");
		return 0;
	}
	if (error == -EACCES || error == -EPERM)
		*denied += wants_attr(s) || wants_status(s);
	else
		note(s, IPCX_NOTE_FAILED, error, name, "cannot be opened");
	return mq_keep(s, name, &st, -1);
}

static int mq_one(struct ix_scan *s, const struct ix_posix_dir *dir, const char *name,
		  uint64_t *denied)
{
	auto_fd int fd = ix_open(dir->fd, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
	struct stat st;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return keep_unopened(s, dir, name, fd, denied);
	if (fstat(fd, &st) < 0) {
		note(s, IPCX_NOTE_FAILED, -errno, name, "cannot be read");
		return 0;
	}
	if (st.st_nlink == 0 || st.st_dev != dir->dev)
		return 0;
	return mq_keep(s, name, &st, fd);
}

static int mq_scan(struct ix_scan *s)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	const struct ipcx_fieldset counters =
		IPCX_FIELDSET(IPCX_F_MAXMSG, IPCX_F_MSGSIZE, IPCX_F_CURMSGS,
			      IPCX_F_USE_PERCENT, IPCX_F_QSIZE, IPCX_F_NOTIFY,
			      IPCX_F_NOTIFY_PID, IPCX_F_NOTIFY_SIGNAL);
	struct ix_posix_names *names auto_posix_names = NULL;
	uint64_t denied = 0;
	const char *name;
	int r = ix_mqueue_dir(s, &dir);

	if (r < 0)
		return r;
	r = ix_table_dir(s->t, dir.dev, dir.ino);
	if (r < 0)
		return r;
	r = ix_posix_names_open(&dir, &names);
	if (r < 0)
		return ix_fail(s->x, r, "the directory of the message queues");
	s->dir = &dir;
	while ((r = ix_posix_names_next(names, &name)) > 0) {
		r = mq_one(s, &dir, name, &denied);
		if (r < 0)
			break;
	}
	if (denied)
		ix_table_note(s->t, ix_scan_gap(s, &counters), s->mech, -EACCES, "",
			      "counters of %" PRIu64
			      " queues unknown: they may not be opened for reading",
			      denied);
	s->dir = NULL;
	return r;
}

/* ---- finding one */

/* Add the row of a queue that exists but may not be opened: if a directory shows the
 * queue, stat(2) fills the fields that it can. */
static int find_closed(struct ix_scan *s, const struct ix_posix_dir *dir,
		       const char *name)
{
	struct stat st = { .st_nlink = 0 };

	if (dir->fd < 0)
		note(s, IPCX_NOTE_INCOMPLETE, -EACCES, name,
		     "may not be opened, and no mounted directory shows it");
	else if (fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	else if ((s->verb == IX_LOOK || s->dry) && (wants_attr(s) || wants_status(s)))
		note(s, IPCX_NOTE_INCOMPLETE, -EACCES, name, "counters unknown");
	return mq_keep(s, name, &st, -1);
}

/* Find a queue by name without a directory: mq_open(3) works in any namespace, even where
 * no mqueue file system is mounted. */
static int mq_find(struct ix_scan *s, const struct ipcx_ref *ref)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	auto_fd int fd = ix_mq_open(ref->name, O_RDONLY);
	const char *name = ref->name + 1;
	struct stat st;
	int r;

	if (fd < 0 && fd != -EACCES)
		return fd == -ENAMETOOLONG ? -ENOENT : fd;
	if ((fd < 0 || s->verb != IX_LOOK) && ix_mqueue_dir(s, &dir) == -ENOMEM)
		return -ENOMEM;
	s->dir = &dir;
	if (fd < 0)
		r = find_closed(s, &dir, name);
	else
		r = fstat(fd, &st) < 0 ? -errno
		    : st.st_nlink == 0 ? -ENOENT
				       : mq_keep(s, name, &st, fd);
	s->dir = NULL;
	return r;
}

/* ---- limits */

/*
 * What a queue counts against RLIMIT_MSGQUEUE (mqueue_get_inode() in ipc/mqueue.c,
 * getrlimit(2)): space for all of its messages, a struct msg_msg for each message, and a
 * struct posix_msg_tree_node for each message, but at most one per priority. Both structs
 * have 48 bytes on 64-bit kernels: measured on Linux 6.18, the lowest limit that allows
 * 10 messages of 8192 bytes is 82880.
 */
#define MSG_RECORD 48
#define TREE_NODE  48
#define PRIORITIES UINT64_C(32768) /* MQ_PRIO_MAX */

static uint64_t mq_amount_bytes(const struct ipcx_attrs *a)
{
	uint64_t maxmsg = ix_amount_maxmsg(a), bytes;

	bytes = ix_mul_sat(maxmsg, ix_amount_msgsize(a));
	if (__builtin_add_overflow(bytes, ix_mul_sat(maxmsg, MSG_RECORD), &bytes) ||
	    __builtin_add_overflow(bytes, MIN(maxmsg, PRIORITIES) * TREE_NODE, &bytes))
		return UINT64_MAX;
	return bytes;
}

static int mq_wish(const char *text, struct ipcx_attrs *ret_attrs)
{
	static const uint64_t words[] = { IPCX_A_COUNT, IPCX_A_MAXMSG, IPCX_A_MSGSIZE };

	return ix_request_read(text, words, ARRAY_SIZE(words), ret_attrs);
}

/* clang-format off */
static const struct ix_charge charges[] = {
	{ .limit = "mqueue_queues_max", .amount = ix_amount_one },
	{ .limit = "mqueue_msg_max", .each = true, .amount = ix_amount_maxmsg },
	{ .limit = "mqueue_msgsize_max", .each = true, .amount = ix_amount_msgsize },
	{ .limit = "rlimit_msgqueue", .amount = mq_amount_bytes },
	{ .limit = NULL },
};

static const enum ipcx_field shown[] = {
	IPCX_F_NAME, IPCX_F_OWNER, IPCX_F_MODE, IPCX_F_MAXMSG, IPCX_F_MSGSIZE, IPCX_F_CURMSGS,
	IPCX_F_USE_PERCENT, IPCX_F_AGE,
};

static const struct ix_traces traces = { .opened = true, .kind = IX_USE_FILE, .waits = 1U << IX_WAIT_MQ };

static const struct ix_sign signs[] = {
	{ IPCX_F_USER_COUNT, IPCX_USE_ATTACHED, "open" },
	{ IPCX_F_CURMSGS,    IPCX_USE_HOLDS,    "holds messages" },
	{ IPCX_NO_FIELD,     IPCX_USE_NONE,     "nobody has it open" },
};

extern const struct ix_mech ix_mech_mq;
const struct ix_mech ix_mech_mq = {
	.info = {
		.name = "mq", .label = "POSIX message queues", .object = "message queue", .group = "posix",
		.named = true,
		.create = IPCX_A_NAME | IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID | IPCX_A_MAXMSG | IPCX_A_MSGSIZE |
			  IPCX_A_IF_MISSING,
		.require = IPCX_A_NAME,
		.change = IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID,
		.need = "[COUNTx]MAXMSGxMSGSIZE",
		.shown = shown, .nshown = ARRAY_SIZE(shown),
		.message_label = "priority", .message_least = 0,
	},
	.traces = &traces, .signs = signs,
	.kind = &mq_kind, .kconfig = &ix_kconfig_mqueue,
	.charges = charges, .request = mq_wish,
	.scan = mq_scan, .find = mq_find, .create = ix_mq_create, .may_use = ix_mq_may_use, .remove = ix_mq_remove, .change = ix_mq_change, .may = ix_mq_may,
	.queue = &ix_mq_queue,
	.driver = &ix_mq_driver,
	.causes = ix_mq_causes,
};
/* clang-format on */
