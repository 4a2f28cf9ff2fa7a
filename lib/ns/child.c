/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Becoming somebody in another user namespace is for a process of its own: a child does
 * the errand and writes what came of it into a pipe.
 */
#include "ns/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "core/wire.h"

/* More than any namespace holds. */
#define ANSWER_MAX ((size_t)1 << 34)

/* What comes before the packed table. */
struct answer {
	int r;
	char error[sizeof(((struct ipcx *)0)->error)];
	enum ipcx_hint_kind hint;
	char hint_subject[sizeof(((struct ipcx *)0)->hint_subject)];
	uint64_t hint_value;
};

/* ---- how users there are numbered here */

static int read_map(int dir, const char *name, struct ix_idrange *ranges, size_t *ret_n)
{
	char text[32768];
	int n = ix_read_file(dir, name, text, sizeof(text));

	if (n >= 0)
		n = ix_idmap_parse(text, ranges);
	if (n < 0)
		return n;
	*ret_n = (size_t)n;
	return 0;
}

/* The map of the place's process, when its user namespace is the one that is entered.
 * Without one nobody there has a number here. */
static void find_map(struct ipcx *x, const struct ix_place *p, struct ix_idmap *ret_map)
{
	int proc = ix_procfd(x);
	auto_fd int dir = -1;
	struct stat here, there;
	char name[16];

	ret_map->nusers = ret_map->ngroups = 0;
	if (proc < 0 || !p->pid)
		return;
	(void)snprintf(name, sizeof(name), "%d", p->pid);
	dir = ix_open(proc, name, O_PATH | O_DIRECTORY);
	if (dir < 0 || fstatat(dir, "ns/user", &there, 0) < 0 ||
	    fstat(p->userfd, &here) < 0 || here.st_ino != there.st_ino)
		return;
	if (read_map(dir, "uid_map", ret_map->users, &ret_map->nusers) < 0 ||
	    read_map(dir, "gid_map", ret_map->groups, &ret_map->ngroups) < 0)
		ret_map->nusers = ret_map->ngroups = 0;
}

/* ---- the child */

static int step(struct ipcx *x, const struct ix_place *p, const char *what, int r)
{
	return r == 0 ? 0 : ix_place_failed(x, p, what);
}

/*
 * The user namespace first: only there are the rights for the others. A mount namespace
 * of its own comes with the right to make a detached mount of the queues.
 */
static int enter(struct ipcx *x, const struct ix_place *p, bool as_owner)
{
	int r;

	/* What runs there may not look into a process that has been outside. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	if (setns(p->userfd, CLONE_NEWUSER) < 0)
		return ix_may_enter(x, p, -errno);
	r = step(x, p, "make a mount namespace", unshare(CLONE_NEWNS));
	if (r == 0 && setns(p->nsfd, CLONE_NEWIPC) < 0)
		r = ix_may_enter(x, p, -errno);
	if (r == 0)
		r = ix_there_check(x, p);
	if (r == 0 && as_owner)
		r = step(x, p, "become its owner",
			 setresgid(0, 0, 0) < 0 ? -1 : setresuid(0, 0, 0));
	return r;
}

static int run(struct ipcx *x, const struct ix_errand *e, const struct ix_place *p)
{
	int r = enter(x, p, e->as_owner);

	if (r == 0 && e->t)
		r = ix_table_place(e->t, p->ino, p->label, p->giver);
	return r < 0 ? r : e->run(x, e->arg, e->t);
}

static int write_whole(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_answer(struct ipcx *x, const struct ix_errand *e, int r, int fd)
{
	auto_buf struct ix_buf b = { 0 };
	struct answer head = { .r = r,
			       .hint = x->hint.kind,
			       .hint_value = x->hint.value };

	memcpy(head.error, x->error, sizeof(head.error));
	memcpy(head.hint_subject, x->hint_subject, sizeof(head.hint_subject));
	if (ix_buf_add(&b, &head, sizeof(head)) < 0 ||
	    (e->out_size && ix_buf_add(&b, e->out, e->out_size) < 0) ||
	    (e->t && ix_table_pack(e->t, &b) < 0))
		return -ENOMEM;
	return write_whole(fd, b.data, b.len);
}

/* ---- the parent */

static int take_answer(struct ipcx *x, const struct ix_errand *e, const struct ix_buf *b)
{
	struct answer head;
	size_t at = sizeof(head) + e->out_size;
	int r = 0;

	if (b->len < at)
		return ix_fail_plain(x, -EIO, "the process that went there ended early");
	memcpy(&head, b->data, sizeof(head));
	if (e->out_size)
		memcpy(e->out, b->data + sizeof(head), e->out_size);
	if (e->t)
		r = ix_table_unpack(e->t, b->data + at, b->len - at);
	if (r < 0)
		return ix_fail(x, r, "what the process brought back");
	memcpy(x->error, head.error, sizeof(x->error));
	head.hint_subject[sizeof(head.hint_subject) - 1] = '\0';
	return ix_hint(x, head.r, head.hint, head.hint_subject, head.hint_value);
}

static void wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

int ix_send_child(struct ipcx *x, const struct ix_errand *e, const struct ix_place *p)
{
	auto_buf struct ix_buf b = { 0 };
	auto_free struct ix_idmap *map = malloc(sizeof(*map));
	auto_fd int in = -1, out = -1;
	int fds[2], r;
	pid_t pid;

	if (!map)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	find_map(x, p, map);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return ix_fail(x, -errno, "cannot make a pipe");
	in = fds[0];
	out = fds[1];
	x->view = (struct ix_view){
		.there = true,
		.away = true,
		.rootfd = p->rootfd,
		.pid = p->pid,
		.ids = map,
	};
	pid = fork();
	if (pid == 0) {
		r = run(x, e, p);
		_exit(write_answer(x, e, r, out) < 0);
	}
	x->view = (struct ix_view){ .there = false };
	if (pid < 0)
		return ix_fail(x, -errno, "cannot make a process");
	(void)close(take_fd(&out));
	r = ix_read_all(in, ANSWER_MAX, &b);
	wait_for(pid);
	return r < 0 ? ix_fail(x, r, "what the process brought back")
		     : take_answer(x, e, &b);
}
