/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is checked before something is changed in another namespace: a name that leads to
 * our own objects, or a /dev/shm that is ours or mounted here, too, is not what was
 * meant. */
#include "ns/may.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "core/box.h"
#include "core/copyin.h"
#include "core/dirid.h"
#include "ns/label.h"
#include "ns/ns.h"
#include "ns/rights.h"
#include "ns/run.h"

static int is_ours(struct ipcx *x, const struct ix_target *p, const char *what)
{
	return ix_hint(
		x,
		ix_fail_plain(x, -EINVAL,
			      "%s: %s: a container's name is not enough to change it",
			      p->boxes ? ix_boxes_label(p->boxes) : "the container",
			      what),
		IPCX_HINT_STAY, "", 0);
}

int ipcx_ns_may_act(struct ipcx *x, const struct ipcx_ns *ns)
{
	IX_REQUIRE(x, ns);
	const struct ix_target *p = ix_ns_target(ns);
	uint64_t own = ix_ns_own(x, "ipc");
	bool host = x->rooted && p && p->ino == ix_ns_home(x, "ipc");

	/* After ipcx_ns_enter(), the namespace is always ours; the check was made when it
	 * was entered. */
	if (!p || !p->named || x->moved || (own && p->ino != own && !host))
		return 0;
	return is_ours(x, p,
		       host ? "that is the namespace of process 1"
			    : "that is this namespace");
}

/* Return the error that makes it impossible to compare a directory, or 0; a missing
 * directory is not such an error. */
static int spot_fault(const struct ix_dirid *s)
{
	return s->error == -ENOENT ? 0 : s->error;
}

static int may_act_apart(struct ipcx *x, const struct ix_target *p, int root)
{
	struct ix_dirid ours, theirs;
	int r;

	if (root < 0)
		return ix_fail(x, root, "/");
	ours = ix_dirid_below(x, root, "dev/shm");
	theirs = ix_dirid_below(x, p->rootfd, "dev/shm");
	r = MIN(spot_fault(&ours), spot_fault(&theirs));
	if (r < 0)
		return ix_fail(x, r,
			       "process %d: cannot find out whether its /dev/shm is ours",
			       p->pid);
	return ix_dirid_same(&ours, &theirs) ? is_ours(x, p, "its /dev/shm is ours") : 0;
}

int ix_ns_may_act_mounted(struct ipcx *x)
{
	const struct ix_target *p = ix_ns_target(x->ns);
	auto_fd int own = -1;
	int r;

	if (!p || !p->named || p->rootfd < 0)
		return 0;
	r = may_act_apart(x, p, ix_rootfd(x));
	if (r < 0 || !x->rooted)
		return r;
	own = ix_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	return may_act_apart(x, p, own);
}

int ix_ns_run_elsewhere(struct ipcx *x, bool sweeps, char *buf, size_t size)
{
	const struct ix_target *p = x->ns && !x->view.there ? ix_ns_target(x->ns) : NULL;
	auto_fd int user = -1, fd = -1;
	int r;

	if (!p || p->self || p->rootfd < 0)
		return 0;
	r = ix_rights_mounted(x, p, &user);
	if (r < 0 || user >= 0)
		return 0; /* ix_ns_run() will report the error, or use the rights of that
			   * user namespace */
	fd = ix_dirid_open(x, p->rootfd, "dev/shm", O_PATH | O_DIRECTORY);
	if (fd < 0)
		return 0; /* the call itself will report the reason */
	r = ix_dirid_elsewhere(x, fd, "dev/shm", buf, size);
	if (r > 0 && sweeps && !ix_target_claimed(x, p))
		return ix_dirid_refused(x, p->pid, "/dev/shm", buf);
	return r;
}
