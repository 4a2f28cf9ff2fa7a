/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who shares an IPC namespace, its /dev/shm or its /dev/mqueue: processes may share any
 * of the three without the others. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "core/box.h"
#include "core/columns.h"
#include "core/copyin.h"
#include "core/dirid.h"
#include "mech/mqueue.h"
#include "ns/label.h"
#include "ns/ns.h"
#include "ns/run.h"
#include "proc/stat.h"
#include "query/boxed.h"

struct share_row {
	struct ix_row head;
	uint64_t ns, mnt;
	uint32_t processes, uid, boxes;
	int32_t pid;
	ix_text shares, command, shm, mqueue;
};

static void sharers_derive_owner(const struct ipcx_table *t, const struct ix_section *s,
				 const void *row, struct ipcx_value *v)
{
	(void)s;
	ix_derive_name(t, &t->users, ((const struct share_row *)row)->uid, v);
}

/* clang-format off */
static const struct ix_kind shares_kind = {
	.name = "sharers",
	.row_size = sizeof(struct share_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_NS,             struct share_row, ns),
		IX_COL_ZERO(IPCX_F_MNT_NS,    struct share_row, mnt),
		IX_COL(IPCX_F_SHARES,         struct share_row, shares),
		IX_COL(IPCX_F_PID,            struct share_row, pid),
		IX_COL(IPCX_F_COMMAND,        struct share_row, command),
		IX_DERIVED_FROM(IPCX_F_OWNER, struct share_row, uid, sharers_derive_owner),
		IX_COL(IPCX_F_UID,            struct share_row, uid),
		IX_BOX_COLUMNS(struct share_row, boxes),
		IX_COL(IPCX_F_PROCESSES,      struct share_row, processes),
		IX_COL(IPCX_F_SHM_DEVICE,     struct share_row, shm),
		IX_COL(IPCX_F_MQUEUE_DEVICE,  struct share_row, mqueue)
	),
};
/* clang-format on */

/* Processes whose /dev/mqueue shows the queues of another namespace than their own. */
struct misled {
	uint32_t processes;
	int32_t pid; /* the first */
};

struct sharers {
	struct ipcx *x;
	struct ipcx_table *t;
	struct ix_containers *c;
	uint32_t *lists; /* for each container: the list in the table that has it, or 0 */

	/* What is shared. */
	uint64_t ns;
	struct ix_dirid shm, mqueue;
	uint64_t queues; /* device of the queues of this namespace; 0: unknown */

	struct ix_dirid other; /* a directory that was found not to show these queues, */
	bool other_queues;     /* and whether it shows others */
	struct misled inside, outside, either;
};

/* One process that stands for all with the same IPC and mount namespace. */
struct sharer {
	int32_t pid;
	int dir; /* its /proc directory */
	struct ix_dirid shm, mqueue;
};

enum shared { NOT_SHARED, SHARED, PERHAPS_SHARED };

/* ---- what is the same */

/* Whether it is unknown which directory a process sees. A missing directory (ENOENT) or
 * an ended process (ESRCH) does not count as unknown. */
static bool sharers_is_unknown(const struct ix_dirid *s)
{
	return s->error && s->error != -ENOENT && s->error != -ESRCH;
}

static void note_unknown_dir(struct ipcx_table *t, const struct ix_dirid *s,
			     const char *what)
{
	if (sharers_is_unknown(s))
		ix_table_once(t, s->error, what);
}

static enum shared sharers_same(const struct ix_dirid *a, const struct ix_dirid *b)
{
	if (!a->error && !b->error)
		return ix_dirid_same(a, b) ? SHARED : NOT_SHARED;
	/* A directory that does not exist is shared with no process. */
	return (a->error && !sharers_is_unknown(a)) ||
			       (b->error && !sharers_is_unknown(b))
		       ? NOT_SHARED
		       : PERHAPS_SHARED;
}

/* Open the oldest process of a pair or, if it has ended, the one seen last. Returns false
 * if both have ended. */
static bool sharers_open(const struct sharers *s, const struct ix_nspair *p,
			 struct sharer *ret)
{
	const int32_t pids[] = { p->pid, p->spare };
	int proc = ix_procfd(s->x);

	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		auto_fd int root = -1;
		char name[16];

		(void)snprintf(name, sizeof(name), "%d", pids[i]);
		*ret = (struct sharer){ .pid = pids[i] };
		ret->dir = proc < 0 ? proc : ix_open(proc, name, O_PATH | O_DIRECTORY);
		root = ix_dirid_root(ret->dir, "root");
		if (root != -ESRCH) {
			ret->shm = ix_dirid_below(s->x, root, "dev/shm");
			ret->mqueue = ix_dirid_below(s->x, root, "dev/mqueue");
			return true;
		}
		if (ret->dir >= 0)
			(void)close(ret->dir);
	}
	return false;
}

/* ---- queues of other namespaces */

static void misled_add(struct misled *m, const struct sharer *one,
		       const struct ix_nspair *p)
{
	m->pid = m->processes ? m->pid : one->pid;
	m->processes += p->processes;
}

/* Whether queues are mounted on a /dev/mqueue that is not that of this namespace. If that
 * is unknown, they are not. Usually it is the same directory for all processes. */
static bool shows_other_queues(struct sharers *s, const struct sharer *one)
{
	auto_fd int root = -1;

	if (s->other.dev && ix_dirid_same(&s->other, &one->mqueue))
		return s->other_queues;
	root = ix_dirid_root(one->dir, "root");
	s->other = one->mqueue;
	s->other_queues = root >= 0 &&
			  ix_dirid_is(s->x, one->pid, root, "dev/mqueue", "mqueue") == 1;
	return s->other_queues;
}

/* Each IPC namespace has one file system of queues: its device tells whose queues a
 * /dev/mqueue shows, whatever is in it. */
static void sharers_judge_queues(struct sharers *s, const struct sharer *one,
				 const struct ix_nspair *p, enum shared mqueue)
{
	bool inside = p->ipc == s->ns;

	if (!s->ns || one->mqueue.error)
		return;
	if (!s->queues) {
		if (!inside && mqueue == SHARED)
			misled_add(&s->either, one, p);
	} else if (one->mqueue.dev == s->queues) {
		if (!inside)
			misled_add(&s->outside, one, p);
	} else if (inside && shows_other_queues(s, one)) {
		misled_add(&s->inside, one, p);
	}
}

static void note_misled(struct ipcx_table *t, const struct misled *m, const char *what)
{
	char more[48] = "";

	if (!m->processes)
		return;
	if (m->processes > 1)
		(void)snprintf(more, sizeof(more), " (and %" PRIu32 " more)",
			       m->processes - 1);
	ix_table_note(t, IPCX_NOTE_INFO, IPCX_NO_MECH, 0, "",
		      "/dev/mqueue of process %" PRId32 "%s %s", m->pid, more, what);
}

static void sharers_note_queues(const struct sharers *s)
{
	note_misled(s->t, &s->inside,
		    "shows the queues of another IPC namespace than its own");
	note_misled(s->t, &s->outside,
		    "shows the queues of this IPC namespace, which is not its own");
	note_misled(
		s->t, &s->either,
		"is that of this place, which is in another IPC namespace: for one of them, it shows the wrong queues");
}

static int queues_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	int r = ix_mqueue_device(x, arg);

	(void)t;
	return r < 0 ? ix_fail(x, r, "queues") : 0;
}

/* That the queues may not be looked at is reported where they are listed. */
static uint64_t sharers_queues(struct ipcx *x)
{
	uint64_t dev = 0;
	int r = ix_ns_run(x, &(struct ix_ns_call){ .run = queues_there,
						   .arg = &dev,
						   .out = &dev,
						   .out_size = sizeof(dev),
						   .looks = true });

	x->error[0] = '\0';
	return r < 0 ? 0 : dev;
}

/* ---- rows */

static void sharers_text(struct sharers *s, struct share_row *row, bool ipc,
			 enum shared shm, enum shared mqueue)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%s%s%s", ipc ? ",ipc" : "",
		       shm == SHARED ? ",shm" : "", mqueue == SHARED ? ",mqueue" : "");
	if (!s->ns || shm == PERHAPS_SHARED || mqueue == PERHAPS_SHARED)
		ix_unknown(s->t, row, IPCX_F_SHARES);
	else
		row->shares = ix_table_text(s->t, text + 1);
}

/* What is known of the process itself. Returns 1, 0 if it has ended, or -ENOMEM. */
static int sharers_process(struct sharers *s, const struct sharer *one,
			   struct share_row *row)
{
	char text[1024];
	struct ix_proc_stat ps;
	struct stat st;
	int r = one->dir < 0 ? one->dir : fstat(one->dir, &st) < 0 ? -errno : 0, len;

	row->pid = one->pid;
	row->uid = r < 0 ? 0 : st.st_uid;
	if (r < 0) {
		ix_unknown(s->t, row, IPCX_F_UID);
		ix_unknown(s->t, row, IPCX_F_OWNER);
		ix_table_once(s->t, r, "the users of some processes could not be read");
	} else if (ix_name_id(s->x, s->t, false, row->uid) < 0) {
		return -ENOMEM;
	}
	/* Read after the user: that of an ended process would be root. */
	len = one->dir < 0 ? one->dir
			   : ix_read_file(one->dir, "stat", text, sizeof(text));
	if (len == -ENOENT || len == -ESRCH)
		return 0;
	if (len >= 0 && ix_proc_stat_parse(text, (size_t)len, &ps) < 0)
		len = -EPROTO;
	if (len >= 0) {
		row->command = ix_table_text(s->t, ps.comm);
	} else {
		ix_unknown(s->t, row, IPCX_F_COMMAND);
		ix_table_once(s->t, len,
			      "the commands of some processes could not be read");
	}
	ix_boxed_of(s->x, s->c, one->pid, s->lists, s->t, row, &row->boxes);
	return s->t->starved ? -ENOMEM : 1;
}

static int sharers_row(struct sharers *s, const struct ix_nspair *p,
		       const struct sharer *one)
{
	bool ipc = s->ns && p->ipc == s->ns;
	enum shared shm = sharers_same(&one->shm, &s->shm),
		    mqueue = sharers_same(&one->mqueue, &s->mqueue);
	struct share_row *row;
	char text[IX_DIRID_TEXT];
	int r;

	/* Also for processes of which nothing is known to be shared: what is unknown
	 * might be shared. */
	note_unknown_dir(s->t, &one->shm,
			 "what is mounted on /dev/shm of some processes is unknown");
	note_unknown_dir(s->t, &one->mqueue,
			 "what is mounted on /dev/mqueue of some processes is unknown");
	sharers_judge_queues(s, one, p, mqueue);
	if (!ipc && shm != SHARED && mqueue != SHARED)
		return 0;
	row = ix_table_row(s->t);
	if (!row)
		return -ENOMEM;
	row->ns = p->ipc;
	row->mnt = p->mnt;
	row->processes = p->processes;
	row->shm = one->shm.error ? 0
				  : ix_table_text(s->t, ix_dirid_text(&one->shm, text));
	row->mqueue = one->mqueue.error
			      ? 0
			      : ix_table_text(s->t, ix_dirid_text(&one->mqueue, text));
	if (sharers_is_unknown(&one->shm))
		ix_unknown(s->t, row, IPCX_F_SHM_DEVICE);
	if (sharers_is_unknown(&one->mqueue))
		ix_unknown(s->t, row, IPCX_F_MQUEUE_DEVICE);
	sharers_text(s, row, ipc, shm, mqueue);
	r = sharers_process(s, one, row);
	if (r > 0)
		ix_table_keep(s->t);
	return MIN(r, 0);
}

static int sharers_add(struct sharers *s, const struct ix_nspair *p)
{
	struct sharer one;
	int r;

	if (!sharers_open(s, p, &one)) {
		/* These were all, unless there are more than both. */
		if (p->processes > 2)
			ix_table_once(
				s->t, 0,
				"some processes ended while they were looked at: those that share their namespaces may be missing");
		return 0;
	}
	r = sharers_row(s, p, &one);
	if (one.dir >= 0)
		(void)close(one.dir);
	return r;
}

static void sharers_gaps(struct sharers *s, const struct ix_nslist *l)
{
	ix_gaps_note(ix_containers_gaps(s->c), s->t);
	if (l->hidden || !l->first)
		ix_table_note(
			s->t, IPCX_NOTE_INCOMPLETE, IPCX_NO_MECH, -EACCES, "",
			"processes that may not be looked at may share it or its directories, too");
	if (!s->ns)
		ix_table_once(s->t, 0,
			      "the inode number of this IPC namespace could not be read");
	note_unknown_dir(s->t, &s->shm, "what is mounted on its /dev/shm is unknown");
	note_unknown_dir(s->t, &s->mqueue,
			 "what is mounted on its /dev/mqueue is unknown");
}

/* Find out what may be shared. A /dev/mqueue without a mount shows no queues, even if
 * other processes have the same directory. */
static void sharers_begin(struct sharers *s)
{
	struct ipcx *x = s->x;
	const struct ix_target *p = x->ns && !x->ns->all ? ix_ns_target(x->ns) : NULL;
	int root = p ? p->rootfd : ix_rootfd(x), r;

	root = root < 0 ? -ESRCH : root;
	s->ns = p ? p->ino : ix_ns_own(x, "ipc");
	s->queues = p || !x->ns ? sharers_queues(x) : 0;
	s->shm = ix_dirid_below(x, root, "dev/shm");
	s->mqueue = ix_dirid_below(x, root, "dev/mqueue");
	if (s->mqueue.error || s->mqueue.dev == s->queues)
		return;
	r = ix_dirid_is(x, p ? p->pid : 0, root, "dev/mqueue", "mqueue");
	if (r <= 0)
		s->mqueue.error = r < 0 ? r : -ENOENT;
}

static int add_sharers(struct ipcx *x, struct ipcx_table *t)
{
	struct sharers s = { .x = x, .t = t };
	auto_free uint32_t *lists = NULL;
	struct ix_nslist l;
	int r;

	sharers_begin(&s);
	r = ix_discover(x, 0, &l);
	if (r < 0)
		return r;
	r = ix_containers_among(x, &l, &s.c);
	if (r == 0) {
		sharers_gaps(&s, &l);
		lists = calloc(ix_containers_count(s.c) + 1, sizeof(*lists));
		s.lists = lists;
		r = lists ? 0 : -ENOMEM;
	}
	for (size_t i = 0; r == 0 && i < l.npairs; i++)
		r = sharers_add(&s, &l.pairs[i]);
	if (r == 0)
		sharers_note_queues(&s);
	ix_containers_free(s.c);
	ix_nslist_free(&l);
	return r;
}

int ipcx_sharers(struct ipcx *x, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct ipcx_table *t;
	int r = ix_ns_needed(x, x->ns);

	if (r < 0)
		return r;
	r = ix_table_new(&t);
	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	r = ix_table_section(t, &shares_kind, IPCX_NO_MECH);
	if (r == 0)
		r = add_sharers(x, t);
	if (r == -ENOMEM)
		r = ix_fail_plain(x, r, "out of memory");
	return ix_table_hand(x, t, r, ret_table);
}
