/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Only a separate process can take on an identity in another user namespace: a child
 * makes the call there and sends back the result. Each step is verified before the next
 * one is taken; a child that fails or dies is an error, never an empty result.
 */
#include "ns/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "core/wire.h"
#include "ns/ns.h"
#include "ns/rights.h"
#include "ns/step.h"

/* Maximum size of an answer: larger than the table of any namespace, and more than a
 * 32-bit program can address. */
#define ANSWER_MAX (SIZE_MAX >> (sizeof(size_t) == 8 ? 30 : 1))

/* The header that is sent before the packed table. */
struct answer {
	int r;
	bool has_fd; /* a descriptor is sent together with this header */
	char error[sizeof(((struct ipcx *)0)->error)];
	enum ipcx_failure failure;
	enum ipcx_hint_kind hint;
	char hint_subject[sizeof(((struct ipcx *)0)->hint_subject)];
	uint64_t hint_value;
};

/* ---- the identity of the child */

/* Keep processes of the other user namespace from inspecting this one. This has to be
 * repeated after a change of user, which resets the dumpable flag to fs.suid_dumpable. */
static int child_hide(struct ipcx *x, const struct ix_target *p, int r)
{
	if (r == 0)
		r = ix_step_hide();
	return r < 0 ? ix_step_failed(x, p, "hide from its processes", r) : 0;
}

/* Choose an id of the user namespace: 0 if that is mapped, else the first mapped id. Get
 * it together with the id to which it is mapped in our user namespace. */
static bool first_id(const struct ix_idrange *ranges, size_t n, uint32_t *ret_there,
		     uint32_t *ret_here)
{
	if (n == 0)
		return false;
	*ret_there = ranges[0].inside;
	*ret_here = ranges[0].outside;
	for (size_t i = 0; i < n; i++) {
		if (ranges[i].inside != 0)
			continue;
		*ret_there = 0;
		*ret_here = ranges[i].outside;
	}
	return true;
}

/* A user of another user namespace. */
struct who {
	uid_t owner;       /* the namespace's creator, as seen in our user namespace */
	bool mine;         /* the owner is the caller, who has all rights there anyway */
	uint32_t uid, gid; /* the ids to take on inside the namespace */
	uint32_t uid_here, gid_here; /* the same ids as seen in our user namespace */
};

/* Find the root user of a user namespace; if the namespace has no user 0, find its owner
 * and its first mapped id. */
static int who_of(struct ipcx *x, const struct ix_target *p, int user,
		  struct who *ret_who)
{
	const struct ix_idmap *map = x->view.ids;
	struct who w = { .uid = 0 };

	if (ioctl(user, NS_GET_OWNER_UID, &w.owner) < 0)
		return ix_step_failed(x, p, "find out who created its user namespace",
				      -errno);
	w.mine = w.owner == geteuid();
	/* The map is empty if this is not the user namespace of the target's process. */
	if (map->nusers && (!first_id(map->users, map->nusers, &w.uid, &w.uid_here) ||
			    !first_id(map->groups, map->ngroups, &w.gid, &w.gid_here)))
		return ix_fail_plain(
			x, -EPERM,
			"ipc:[%llu]: its user namespace maps no groups: nobody can act as its owner in there",
			(unsigned long long)p->ino);
	if (w.uid != 0 && w.owner == 0)
		return ix_fail_plain(
			x, -EPERM,
			"ipc:[%llu]: its user namespace was created by uid 0 but has no user 0: it is unknown whose rights apply there",
			(unsigned long long)p->ino);
	*ret_who = w;
	return 0;
}

/* Drop our supplementary groups, which must not be available inside the user namespace.
 * This is done before entering it, since setgroups(2) may be forbidden there. The caller
 * may keep the groups if the caller owns the user namespace. */
static int leave_groups(struct ipcx *x, const struct ix_target *p, const struct who *w)
{
	int r = ix_step_drop_groups(x);

	if (r == -EPERM && w->mine)
		r = 0;
	else if (r == 0 && !w->mine && getgroups(0, NULL) != 0)
		r = IX_STEP_ELSEWHERE;
	return r < 0 ? ix_step_failed(x, p, "give up our supplementary groups", r) : 0;
}

/* Change our ids, too: after setns(2) alone, we would still own the files of the real
 * root. */
static int become_root(struct ipcx *x, const struct ix_target *p, int user,
		       const struct who *w)
{
	int r = 0;

	if (w->uid != 0 && !w->mine)
		r = ix_step_become(w->owner, w->gid_here);
	if (r == 0)
		r = ix_step_hide();
	if (r == 0)
		r = ix_step_into(x, user, CLONE_NEWUSER);
	if (r == 0)
		r = ix_step_hide();
	if (r == 0 && w->mine)
		r = ix_step_drop_groups(x);
	if (r == 0)
		r = ix_step_become(w->uid, w->gid);
	if (r == -EINVAL)
		return ix_fail_plain(
			x, -EPERM,
			"ipc:[%llu]: nobody can become root in its user namespace: it has no user or group 0",
			(unsigned long long)p->ino);
	if (r < 0)
		return ix_step_failed(x, p, "become root in its user namespace", r);
	return child_hide(x, p, 0);
}

/* ---- entering */

/* To access the files on the target's mounts, take on the rights of the user who owns the
 * mounts, and enter no further namespace. */
static int enter_as_root(struct ipcx *x, const struct ix_target *p, int user)
{
	struct who w = { .uid = 0 };
	int r = child_hide(x, p, 0);

	if (r == 0)
		r = who_of(x, p, user, &w);
	if (r == 0)
		r = leave_groups(x, p, &w);
	return r < 0 ? r : become_root(x, p, user, &w);
}

static int child_enter_user(struct ipcx *x, const struct ix_target *p, bool as_owner)
{
	int r;

	if (as_owner)
		return enter_as_root(x, p, p->userfd);
	r = child_hide(x, p, 0);
	if (r < 0)
		return r;
	r = ix_step_into(x, p->userfd, CLONE_NEWUSER);
	if (r == -EPERM)
		return ix_may_enter(x, p, r);
	return r < 0 ? ix_step_failed(x, p, "enter the user namespace that owns it", r)
		     : child_hide(x, p, 0);
}

/*
 * Enter the user namespace first: only inside it do we have the rights to enter the other
 * namespaces. Then make a mount namespace of our own, which gives us the right to make a
 * detached mount of the queues.
 */
static int child_enter_ipc(struct ipcx *x, const struct ix_target *p, bool as_owner)
{
	int r = child_enter_user(x, p, as_owner);

	if (r < 0)
		return r;
	r = ix_step_apart(x, CLONE_NEWNS);
	if (r < 0)
		return ix_step_failed(x, p, "make a mount namespace", r);
	r = ix_step_into(x, p->nsfd, CLONE_NEWIPC);
	if (r == -EPERM)
		return ix_may_enter(x, p, r);
	return r < 0 ? ix_step_failed(x, p, "enter it", r) : ix_ns_run_check(x, p);
}

/* ---- the child */

static int child_run(struct ipcx *x, const struct ix_ns_call *e,
		     const struct ix_target *p, int user)
{
	int r = user < 0 ? child_enter_ipc(x, p, e->as_owner) : enter_as_root(x, p, user);

	if (r == 0 && e->t)
		r = ix_table_place(e->t, p->ino, p->boxes, x->ns->gaps.names);
	return r < 0 ? r : e->run(x, e->arg, e->t);
}

static int send_whole(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Buffer for sending one descriptor (unix(7)). */
union payload {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int))];
};

/* Send the first byte of the answer together with a descriptor. */
static int send_fd(int socket, char *byte, int fd)
{
	union payload payload = { .room = { 0 } };
	struct iovec one = { .iov_base = byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &one,
			    .msg_iovlen = 1,
			    .msg_control = payload.room,
			    .msg_controllen = sizeof(payload.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	ssize_t n;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	do
		n = sendmsg(socket, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : -EIO;
}

static int send_answer(struct ipcx *x, const struct ix_ns_call *e, int r, int socket)
{
	auto_buf struct ix_buf b = { 0 };
	struct answer head = { .r = r,
			       .has_fd = e->fd && *e->fd >= 0,
			       .failure = x->failure,
			       .hint = x->hint.kind,
			       .hint_value = x->hint.value };
	size_t sent = 0;

	memcpy(head.error, x->error, sizeof(head.error));
	memcpy(head.hint_subject, x->hint_subject, sizeof(head.hint_subject));
	if (ix_buf_add(&b, &head, sizeof(head)) < 0 ||
	    (e->out_size && ix_buf_add(&b, e->out, e->out_size) < 0) ||
	    (e->t && ix_table_pack(e->t, &b) < 0))
		return -ENOMEM;
	if (head.has_fd) {
		r = send_fd(socket, b.data, *e->fd);
		if (r < 0)
			return r;
		sent = 1;
	}
	return send_whole(socket, b.data + sent, b.len - sent);
}

/* ---- the parent */

/* Report that the child's answer is lost. "error" is -errno, or 0 if the answer is
 * missing or incomplete. What the child did until then stays in effect. */
static int child_lost(struct ipcx *x, const struct ix_ns_call *e, int error)
{
	const char *what = e->object ? e->object : "";

	if (!error)
		return ix_fail_plain(
			x, -EIO,
			"%s%sthe process sent to that namespace ended early: what it did until then stays in effect",
			what, *what ? ": " : "");
	return ix_fail_plain(
		x, error,
		"%s%sthe answer of the process that entered that namespace is lost; what it did there stays in effect: %s",
		what, *what ? ": " : "", ix_errno_text(error));
}

/* Return the descriptor that came with a message, or -1. */
static int fd_of(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int fd;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -1;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return ix_fd_lift(fd);
}

/* Receive the whole answer; *ret_fd becomes the descriptor that was sent with the first
 * byte of the answer, or -1. */
static int child_receive(int socket, struct ix_buf *b, int *ret_fd)
{
	union payload payload = { .room = { 0 } };
	char byte;
	struct iovec one = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &one,
			    .msg_iovlen = 1,
			    .msg_control = payload.room,
			    .msg_controllen = sizeof(payload.room) };
	auto_buf struct ix_buf rest = { 0 };
	ssize_t n;
	int r;

	do
		n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : 0;
	*ret_fd = fd_of(&m);
	r = ix_buf_add(b, &byte, 1);
	if (r == 0)
		r = ix_read_all(socket, ANSWER_MAX, &rest);
	return r < 0 || rest.len == 0 ? r : ix_buf_add(b, rest.data, rest.len);
}

static int take_answer(struct ipcx *x, const struct ix_ns_call *e, const struct ix_buf *b,
		       int *fd)
{
	struct answer head;
	size_t at = sizeof(head) + e->out_size;
	int r = 0;

	if (!b->data || b->len < at)
		return child_lost(x, e, 0);
	memcpy(&head, b->data, sizeof(head));
	if (head.has_fd != (*fd >= 0)) /* probably our own RLIMIT_NOFILE */
		return ix_fail(x, -EMFILE, "the descriptor opened there");
	if (e->t)
		r = ix_table_unpack(e->t, b->data + at, b->len - at);
	if (r == -EPROTO)
		return child_lost(x, e, 0);
	if (r < 0)
		return child_lost(x, e, r);
	if (e->out_size)
		memcpy(e->out, b->data + sizeof(head), e->out_size);
	if (e->fd)
		*e->fd = take_fd(fd);
	memcpy(x->error, head.error, sizeof(x->error));
	x->failure = head.failure;
	x->said = head.r;
	head.hint_subject[sizeof(head.hint_subject) - 1] = '\0';
	return ix_hint(x, head.r, head.hint, head.hint_subject, head.hint_value);
}

/* Whether the child exited with status 0. If SIGCHLD is ignored, the status is unknown
 * and counts as 0: an incomplete answer is rejected in any case. */
static bool child_wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return true;
	return status == 0;
}

int ix_send_child(struct ipcx *x, const struct ix_ns_call *e, const struct ix_target *p,
		  int user)
{
	auto_buf struct ix_buf b = { 0 };
	auto_free struct ix_idmap *map = malloc(sizeof(*map));
	auto_fd int in = -1, out = -1, fd = -1;
	int ends[2], r;
	bool well;
	pid_t pid;

	if (!map)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	ix_rights_map(x, p, user < 0 ? p->userfd : user, map);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return ix_fail(x, -errno, "cannot make a pair of sockets");
	in = ends[0];
	out = ends[1];
	x->view = (struct ix_view){
		.there = true,
		.remote = true,
		.only_shm = p->only_shm,
		.rootfd = p->rootfd,
		.pid = p->pid,
		.ids = map,
	};
	pid = fork();
	if (pid == 0) {
		r = child_run(x, e, p, user);
		_exit(send_answer(x, e, r, out) < 0);
	}
	x->view = (struct ix_view){ .there = false };
	if (pid < 0)
		return ix_fail(x, -errno, "cannot make a process");
	(void)close(take_fd(&out));
	r = child_receive(in, &b, &fd);
	well = child_wait_for(pid);
	if (r < 0)
		return child_lost(x, e, r);
	return well ? take_answer(x, e, &b, &fd) : child_lost(x, e, 0);
}
