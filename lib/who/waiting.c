/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one thread waits for. Its line is read first and last: if both are equal, what was
 * read between belongs to the call. The arguments in its memory may change meanwhile, so
 * they are what the memory says, not what the kernel was told.
 */
#include "who/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "proc/space.h"
#include "proc/stat.h"
#include "proc/status.h"
#include "who/object.h"

/* How often a thread is looked at that goes on meanwhile. */
#define WAITING_TRIES 3

int ix_waiting_line(int dir, const char *path, char *buf, size_t size)
{
	auto_fd int fd = ix_open(dir, path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : (int)n;
}

/* FNV-1a. */
static uint64_t line_hash(const char *text, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* One file tells both: opening another one costs more than reading this one. */
static int waiting_status(int task, char *ret_state, uint64_t *ret_switches)
{
	auto_buf struct ix_buf text = { 0 };
	int r = ix_status_read(task, "status", &text);

	if (r == 0)
		r = ix_status_state(text.data, text.len, ret_state);
	if (r == 0)
		r = ix_status_switches(text.data, text.len, ret_switches);
	return r;
}

int ix_waiting_mark(int task, uint64_t *ret_line, uint64_t *ret_switches)
{
	char text[IX_WAITING_LINE], state;
	int len = ix_waiting_line(task, "syscall", text, sizeof(text));

	if (len < 0)
		return len;
	*ret_line = line_hash(text, (size_t)len);
	return waiting_status(task, &state, ret_switches);
}

/* ---- which call */

static bool waiting_wants(const struct ix_waits_pass *p, const struct ix_blocked *b)
{
	enum ix_wait_kind kind = b->kind == IX_WAIT_OPEN ? IX_WAIT_PIPE : b->kind;

	return (p->what->kinds >> kind & 1) && !(kind == IX_WAIT_FUTEX && b->private);
}

bool ix_waiting_may(const struct ix_waits_pass *p, const struct ix_syscall *call)
{
	struct ix_blocked b;

	if (p->wide_known && ix_blocked_decode(p->wide, call, &b) && waiting_wants(p, &b))
		return true;
	return p->narrow_known && ix_abi_may_be_narrow(call) &&
	       ix_blocked_decode(p->narrow, call, &b) && waiting_wants(p, &b);
}

/* The auxiliary vector begins with a small number (AT_SYSINFO_EHDR or the like), as wide
 * as an address of the program, and an address. Unlike the executable, it is in no file
 * system that may fail to answer. */
static int waiting_is_narrow(int task)
{
	uint64_t first;
	char text[sizeof(first)];
	int len = ix_waiting_line(task, "auxv", text, sizeof(text));

	if (len < (int)sizeof(first))
		return len < 0 ? len : -ESRCH;
	memcpy(&first, text, sizeof(first));
	return first > UINT16_MAX;
}

/* Decode the call in the table of the thread's program. Returns 1, 0 or -errno. */
static int waiting_decode(const struct ix_waits_pass *p, int task,
			  const struct ix_syscall *call, struct ix_blocked *ret_b)
{
	int narrow = ix_abi_may_be_narrow(call) ? waiting_is_narrow(task) : 0;

	if (narrow < 0)
		return narrow;
	if (!(narrow ? p->narrow_known : p->wide_known))
		return 0;
	return ix_blocked_decode(narrow ? p->narrow : p->wide, call, ret_b) &&
	       waiting_wants(p, ret_b);
}

/* Parts of the names of functions in which a thread sleeps before, in or after a call,
 * but not for what the call is for: until a supervisor lets it call (seccomp), memory is
 * provided (userfaultfd, FUSE), or it is thawed
 * (which get_signal() waits for). */
static const char *const waiting_others[] = { "seccomp", "userfault",    "request_wait",
					      "freezer", "refrigerator", "get_signal" };

/* Whether a thread sleeps where its call says. Only the kernel's name for the place tells
 * that a restarted call is a futex. */
static bool waiting_believes(int task, const struct ix_blocked *b)
{
	char text[64];
	int len = ix_waiting_line(task, "wchan", text, sizeof(text) - 1);

	if (len <= 0)
		return !b->restarted;
	text[len] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(waiting_others); i++)
		if (strstr(text, waiting_others[i]))
			return false;
	return !b->restarted || strstr(text, "futex");
}

/* ---- its arguments */

static struct ix_semop *waiting_room(struct ix_waits *w, size_t n)
{
	struct ix_semop *more;
	size_t cap;

	if (w->nsemops + n <= w->cap_semops)
		return w->semops + w->nsemops;
	cap = MAX(2 * w->cap_semops, w->nsemops + n);
	if (cap > UINT32_MAX)
		return NULL;
	more = reallocarray(w->semops, cap, sizeof(*more));
	if (!more)
		return NULL;
	w->semops = more;
	w->cap_semops = cap;
	return w->semops + w->nsemops;
}

static int waiting_semops(struct ix_waits_pass *p, struct ix_wait *wait)
{
	size_t n = MIN(MAX((size_t)wait->b.count, (size_t)1), (size_t)IX_SEMOPS_MAX);
	struct ix_semop *ops = waiting_room(p->w, n);
	int r;

	if (!ops)
		return -ENOMEM;
	wait->from_memory = true;
	r = ix_waiting_reads(p)
		    ? ix_waiting_heard(p, ix_peek_semops(wait->tid, &wait->b, ops, n,
							 &wait->ops_cut))
		    : 0;
	if (r <= 0)
		return 0; /* unreadable */
	wait->ops = (uint32_t)p->w->nsemops;
	wait->nops = (uint32_t)r;
	p->w->nsemops += (size_t)r;
	return 0;
}

static void waiting_mtype(struct ix_waits_pass *p, struct ix_wait *wait)
{
	if (wait->b.sends)
		return;
	wait->mtype = wait->b.mtype;
	wait->has_mtype = !wait->b.mtype_at;
	if (!wait->b.mtype_at)
		return;
	wait->from_memory = true;
	wait->has_mtype = ix_waiting_reads(p) &&
			  ix_waiting_heard(p, ix_peek_mtype(wait->tid, &wait->b,
							    &wait->mtype)) == 0;
}

static void waiting_timeout(struct ix_waits_pass *p, struct ix_wait *wait)
{
	int r = !wait->b.timeout ? -ENODATA
		: ix_waiting_reads(p)
			? ix_waiting_heard(p, ix_peek_timeout(wait->tid, &wait->b,
							      &wait->timeout))
			: -EXDEV;

	wait->has_timeout = r == 0;
	wait->timeout_unknown = r < 0 && r != -ENODATA;
}

static int waiting_arguments(struct ix_waits_pass *p, struct ix_wait *wait)
{
	waiting_timeout(p, wait);
	if (wait->b.kind == IX_WAIT_MSG)
		waiting_mtype(p, wait);
	return wait->b.kind == IX_WAIT_SEM ? waiting_semops(p, wait) : 0;
}

/* ---- the objects */

static int waiting_add(struct ix_waits *w, const struct ix_wait *wait)
{
	if (w->n == w->cap) {
		size_t cap = w->cap ? 2 * w->cap : 64;
		struct ix_wait *more = reallocarray(w->all, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		w->all = more;
		w->cap = cap;
	}
	w->all[w->n++] = *wait;
	return 0;
}

static bool waiting_space(const struct ix_waits_pass *p, uint64_t ns)
{
	for (size_t i = 0; i < p->what->nspaces; i++)
		if (p->what->spaces[i] == ns)
			return true;
	return !p->what->nspaces;
}

/* Find the object of a wait and add the wait. Returns 0, or -errno if the thread cannot
 * be looked at. */
static int waiting_object(struct ix_waits_pass *p, int task, struct ix_wait *wait)
{
	char text[IX_WAITING_LINE];
	int r = ix_object_find(p, task, wait);

	if (r <= 0)
		return r;
	wait->ipc = ix_space_of(task, "ipc").ino;
	if (wait->b.kind != IX_WAIT_SEM && wait->b.kind != IX_WAIT_MSG)
		return waiting_add(p->w, wait);
	if (!wait->ipc) {
		/* Without the namespace, an id says nothing. */
		r = ix_waiting_line(task, "syscall", text, sizeof(text));
		return r < 0 ? r : -EPROTO;
	}
	return waiting_space(p, wait->ipc) ? waiting_add(p->w, wait) : 0;
}

/* A thread in futex_waitv(2) waits for each of its futexes. */
static int waiting_objects(struct ix_waits_pass *p, int task, struct ix_wait *wait)
{
	struct ix_waitv all[128];
	int n, r = 0;

	if (wait->b.kind != IX_WAIT_FUTEX || !wait->b.data)
		return waiting_object(p, task, wait);
	n = ix_waiting_reads(p) ? ix_waiting_heard(p, ix_peek_waitv(wait->tid, &wait->b,
								    all, ARRAY_SIZE(all)))
				: 0;
	/* A target that has changed its arguments is not to make others look unseen. */
	if (n < 0 && n != -EFAULT)
		return n;
	for (int i = 0; r == 0 && i < n; i++) {
		wait->b.object = all[i].address;
		wait->b.value = all[i].value;
		wait->from_memory = true;
		r = all[i].private ? 0 : waiting_object(p, task, wait);
	}
	return r;
}

/* ---- the thread */

/* Set the state of the waits that were added. Returns 1; 0 if the thread runs, or is
 * stopped, or sleeps for another reason; or -errno. Only now, because most threads that
 * read something wait for no object. */
static int waiting_asleep(struct ix_waits *w, int task, size_t begun)
{
	uint64_t switches = 0;
	char state = 0;
	int r = waiting_status(task, &state, &switches);

	for (size_t i = begun; i < w->n; i++) {
		w->all[i].state = state;
		w->all[i].switches = switches;
	}
	if (r < 0 || (state != 'S' && state != 'D'))
		return MIN(r, 0);
	return waiting_believes(task, &w->all[begun].b);
}

/* Look once, at a thread whose line was "text". Returns 1 if it stayed where it was, 0 if
 * it did not, or -errno. */
static int waiting_once(struct ix_waits_pass *p, int task, int32_t tid, const char *text,
			size_t len)
{
	struct ix_wait wait = { .user = (uint32_t)p->w->nusers, .tid = tid };
	char last[IX_WAITING_LINE];
	struct ix_syscall call;
	size_t begun = p->w->n;
	int r, again;

	if (ix_syscall_parse(text, len, &call) <= 0)
		return 1;
	r = waiting_decode(p, task, &call, &wait.b);
	if (r <= 0)
		return r < 0 ? r : 1;
	if (wait.b.restarted && !waiting_believes(task, &wait.b))
		return 1;
	wait.line = line_hash(text, len);
	r = waiting_arguments(p, &wait);
	if (r == 0)
		r = waiting_objects(p, task, &wait);
	if (r < 0 || p->w->n == begun)
		return r < 0 ? r : 1;
	r = waiting_asleep(p->w, task, begun);
	if (r <= 0) {
		p->w->n = begun;
		return r < 0 ? r : 1;
	}
	again = ix_waiting_line(task, "syscall", last, sizeof(last));
	return again < 0 ? again : (size_t)again == len && !memcmp(last, text, len);
}

int ix_waiting_look(struct ix_waits_pass *p, int task, int32_t tid, char *text, int len)
{
	size_t begun = p->w->n, ops = p->w->nsemops, names = p->w->names.len;

	for (int i = 0; len > 0 && i < WAITING_TRIES; i++) {
		int r = waiting_once(p, task, tid, text, (size_t)len);

		if (r != 0)
			return MIN(r, 0);
		p->w->n = begun;
		p->w->nsemops = ops;
		p->w->names.len = names;
		len = ix_waiting_line(task, "syscall", text, IX_WAITING_LINE);
	}
	return MIN(len, 0);
}
