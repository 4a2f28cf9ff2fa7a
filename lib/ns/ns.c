/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening an IPC namespace by name: the forms that WHERE can have, and how a word is
 * classified. */
#include "ns/ns.h"
#include "core/box.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <sched.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/esc.h"
#include "base/file.h"
#include "base/num.h"
#include "core/copyin.h"
#include "ns/contained.h"
#include "ns/discover.h"
#include "ns/label.h"
#include "ns/pin.h"
#include "ns/remains.h"
#include "ns/shms.h"

/* The highest possible process id (PID_MAX_LIMIT). */
#define PID_MOST 4194304

/* The range of inode numbers of IPC namespaces: the lowest is PROC_IPC_INIT_INO; those
 * above it come from proc_alloc_inum(), whose type is unsigned int
 * (fs/proc/generic.c). */
#define INO_LEAST 0xEFFFFFFFU
#define INO_MOST  UINT32_MAX

int ix_ns_take(struct ix_target *p, struct ipcx_ns **ret_ns)
{
	struct ipcx_ns *ns = calloc(1, sizeof(*ns));

	if (ns)
		ns->places = malloc(sizeof(*ns->places));
	if (!ns || !ns->places) {
		free(ns);
		ix_target_close(p);
		return -ENOMEM;
	}
	ns->places[0] = *p;
	ns->n = 1;
	*ret_ns = ns;
	return 0;
}

void ipcx_ns_free(struct ipcx_ns *ns)
{
	if (!ns)
		return;
	for (size_t i = 0; i < ns->n; i++)
		ix_target_close(&ns->places[i]);
	free(ns->places);
	free(ns->where);
	free(ns);
}

bool ipcx_ns_is_all(const struct ipcx_ns *ns)
{
	return ns && ns->all;
}

int ix_ns_no_directory(struct ipcx *x, const struct ipcx_ns *ns)
{
	const struct ix_target *p = ns ? ix_ns_target(ns) : NULL;

	if (!p || !p->directory)
		return 0;
	return ix_fail_plain(x, -EINVAL, "%s: is a directory, not an IPC namespace",
			     p->directory);
}

int ix_ns_needed(struct ipcx *x, const struct ipcx_ns *ns)
{
	const struct ix_target *p = ns ? ix_ns_target(ns) : NULL;

	if (p && p->self && !p->ino)
		return ix_fail_plain(x, -EOPNOTSUPP, "self: %s", IX_NO_IPCNS);
	return ix_ns_no_directory(x, ns);
}

void ipcx_use(struct ipcx *x, struct ipcx_ns *ns)
{
	if (x)
		x->ns = ns ? ns : x->base;
}

/* ---- the forms of a name */

static int open_self(struct ipcx *x, struct ix_target *ret_p)
{
	int proc = ix_procfd(x), root = ix_rootfd(x), r;

	if (proc < 0 || root < 0)
		return ix_fail(x, proc < 0 ? proc : root, "self");
	r = ix_open(proc, "thread-self/ns/ipc", O_RDONLY);
	if (r < 0 && x->lent)
		r = ix_open(AT_FDCWD, "/proc/thread-self/ns/ipc", O_RDONLY);
	if (r == -ENOENT && ix_target_lacks_ipcns(x)) {
		/* The only one, which has no number. */
		if (x->rooted)
			return ix_fail_plain(x, -EOPNOTSUPP, "self: %s", IX_NO_IPCNS);
		*ret_p = (struct ix_target)IX_NO_TARGET;
	} else if (r < 0) {
		return ix_fail(x, r, "self");
	} else {
		r = ix_target_of_fd(x, r, "self", ret_p);
		if (r < 0)
			return r;
	}
	/* The root of the context is then another's, but this /dev/shm is ours. */
	ret_p->self = !x->rooted;
	ret_p->rootfd = x->rooted ? ix_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY)
				  : ix_open(root, ".", O_PATH | O_DIRECTORY);
	return 0;
}

/*
 * Open a file. Opening a device or a FIFO could have side effects: so use O_PATH first,
 * to check that the file is on nsfs.
 */
static int ns_open_file(struct ipcx *x, const char *path, struct ix_target *ret_p)
{
	char shown[IPCX_REF_MAX], through[40];
	int proc = ix_procfd(x), fd;
	auto_fd int held = -1;
	struct statfs fs;

	(void)ix_escape(shown, sizeof(shown), path, IX_ESC_TEXT);
	held = ix_open(AT_FDCWD, path, O_PATH);
	if (held == -ENOENT || held == -ENOTDIR)
		return ix_fail(x, -ENOENT, "%s", shown);
	if (held < 0)
		return ix_fail(x, held, "%s", shown);
	if (fstatfs(held, &fs) < 0 || fs.f_type != NSFS_MAGIC)
		return ix_remains_open(x, path, shown, ret_p);
	(void)snprintf(through, sizeof(through), "thread-self/fd/%d", held);
	fd = proc < 0 ? proc : ix_open(proc, through, O_RDONLY);
	if (fd < 0)
		return ix_fail(x, fd, "%s", shown);
	return ix_target_of_fd(x, fd, shown, ret_p);
}

/* ---- namespaces that have to be searched for */

/* Open a namespace through its oldest process or, if no process is in it, through the
 * descriptor that discovery kept. */
static int open_seen(struct ipcx *x, struct ix_nsseen *seen, struct ix_target *ret_p)
{
	char what[40];

	if (seen->pid)
		return ix_target_of_pid(x, seen->pid, seen->start, ret_p);
	(void)snprintf(what, sizeof(what), "ipc:[%" PRIu64 "]", seen->ino);
	if (seen->fd < 0)
		return ix_fail_plain(
			x, -EACCES, "%s: what keeps it alive may not be opened from here",
			what);
	return ix_target_of_fd(x, take_fd(&seen->fd), what, ret_p);
}

static int open_inode(struct ipcx *x, uint64_t ino, struct ix_target *ret_p)
{
	struct ix_gaps gaps = { .n = 0 };
	struct ix_nslist l;
	struct ix_nsseen *seen;
	int r;

	if (ino == ix_ns_own(x, "ipc"))
		return open_self(x, ret_p);
	r = ix_discover(x, IX_SEEK_THREADS | IX_SEEK_FDS, &l);
	if (r < 0)
		return r;
	seen = ix_nslist_find(&l, ino);
	if (ino >= INO_LEAST && ino <= INO_MOST)
		ix_nslist_gaps(&l, &gaps);
	if (!seen && gaps.n)
		r = ix_fail_plain(x, -ENODATA,
				  "ipc:[%" PRIu64
				  "]: cannot tell whether there is such a namespace: %.*s",
				  ino, ix_gap_reason(gaps.all[0].text), gaps.all[0].text);
	else if (!seen)
		r = ix_fail_plain(x, -ENOENT, "ipc:[%" PRIu64 "]: no such namespace",
				  ino);
	else
		r = open_seen(x, seen, ret_p);
	ix_nslist_free(&l);
	if (r == 0 && ret_p->ino != ino) {
		ix_target_close(ret_p);
		return ix_fail_plain(x, -ENOENT, "ipc:[%" PRIu64 "]: is gone", ino);
	}
	return r;
}

/* Open the namespace for a number that is too large for a pid: an inode number, or the
 * name or the beginning of the id of a container. If it is unknown whether a possible
 * inode number exists, no container is opened instead. */
static int open_number(struct ipcx *x, const char *where, uint64_t n,
		       struct ix_gaps *gaps, struct ix_target *ret_p)
{
	bool possible = n >= INO_LEAST && n <= INO_MOST;
	int r = open_inode(x, n, ret_p);

	if (r != -ENOENT && (r != -ENODATA || possible))
		return r;
	r = ix_open_container(x, where, gaps, ret_p);
	return r == -ENOENT && possible
		       ? ix_fail_plain(x, -ENOENT, "ipc:[%" PRIu64 "]: no such namespace",
				       n)
		       : r;
}

/* Open a pin, unless a container has the same name. "pin:NAME" always means the pin. */
static int open_name(struct ipcx *x, const char *name, struct ix_gaps *gaps,
		     struct ix_target *ret_p)
{
	bool chosen = !strncmp(name, "pin:", 4);
	struct ix_target other = IX_NO_TARGET;
	char shown[IPCX_REF_MAX];
	int fd = -1, r = ix_pin_open(x, chosen ? name + 4 : name, &fd);

	(void)ix_escape(shown, sizeof(shown), name, IX_ESC_TEXT);
	if (r < 0 && (chosen || r != -ENOENT))
		return ix_fail(x, r, "%s", shown);
	if (r < 0)
		return ix_open_container(x, name, gaps, ret_p);
	/* Use the pin only if no container has that name. */
	r = chosen ? -ENOENT : ix_open_container(x, name, gaps, &other);
	if (r == -ENODATA) /* no container with this name is visible */
		r = -ENOENT;
	if (r != -ENOENT)
		(void)close(fd);
	if (r == 0) {
		const char *label = ix_boxes_label(other.boxes);

		r = ix_fail_plain(x, -ENOTUNIQ,
				  "'%s' may be a pin, pin:%s, or a container, %s", shown,
				  shown, label ? label : "?");
		ix_target_close(&other);
		return r;
	}
	if (r == -ENOTUNIQ)
		return ix_fail_plain(x, -ENOTUNIQ, "%s, or the pin pin:%s", x->error,
				     shown);
	if (r != -ENOENT)
		return r;
	return ix_target_of_fd(x, fd, shown, ret_p);
}

/* ---- all of them */

static int by_age(const void *a, const void *b)
{
	const struct ix_target *p = a, *q = b;

	if (p->oldest != q->oldest)
		return p->oldest > q->oldest ? 1 : -1;
	if (p->ino != q->ino)
		return p->ino > q->ino ? 1 : -1;
	if (p->only_shm != q->only_shm)
		return p->only_shm ? 1 : -1;
	return (p->pid > q->pid) - (p->pid < q->pid);
}

/* Do not keep the namespace open: a system can have more namespaces than a process may
 * have descriptors. */
static struct ix_target place_of(struct ix_nsseen *seen, uint64_t self)
{
	struct ix_target p = IX_NO_TARGET;

	p.ino = seen->ino;
	p.pid = seen->pid;
	p.start = seen->start;
	p.spare = seen->spare;
	p.self = seen->ino == self;
	p.oldest = p.self ? -1 : p.pid;
	p.nsfd = take_fd(&seen->fd);
	if (p.nsfd >= 0)
		(void)ix_ns_identity(p.nsfd, CLONE_NEWIPC, &p.ino, &p.id);
	return p;
}

/* Open our own namespace directly; if that fails, use the target that discovery found. */
static void take_self(struct ipcx *x, struct ix_target *p)
{
	struct ix_target self = IX_NO_TARGET;

	if (open_self(x, &self) < 0) {
		x->error[0] = '\0';
		return;
	}
	self.pid = p->pid;
	self.oldest = p->oldest;
	ix_target_close(p);
	*p = self;
}

int ix_ns_all_of(struct ipcx *x, struct ix_nslist *l, struct ipcx_ns **ret_ns)
{
	struct ipcx_ns *ns = calloc(1, sizeof(*ns));
	/* If the root of the context is another's, our own namespace is one of many. */
	uint64_t self = x->rooted ? 0 : ix_ns_own(x, "ipc");

	if (!ns)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	ns->all = true;
	ns->places = calloc(l->n + l->npairs + 1, sizeof(*ns->places));
	for (size_t i = 0; ns->places && i < l->n; i++)
		ns->places[ns->n++] = place_of(&l->all[i], self);
	for (size_t i = 0; i < ns->n; i++)
		if (ns->places[i].self)
			take_self(x, &ns->places[i]);
	if (!ns->places || ix_label_targets(x, l, ns) < 0 || ix_shms_add(x, l, ns) < 0) {
		ipcx_ns_free(ns);
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	}
	qsort(ns->places, ns->n, sizeof(*ns->places), by_age);
	if (ix_remains_add(x, l, ns) < 0) {
		ipcx_ns_free(ns);
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	}
	*ret_ns = ns;
	return 0;
}

static int ns_open_all(struct ipcx *x, struct ipcx_ns **ret_ns)
{
	struct ix_nslist l;
	int r = ix_discover_some(x, 0, &l);

	if (r < 0)
		return r;
	r = ix_ns_all_of(x, &l, ret_ns);
	ix_nslist_free(&l);
	return r;
}

/* ---- classifying a word */

/* Numbers are never printed with leading zeros, so a word with leading zeros is the
 * beginning of an id. */
static bool ns_is_number(const char *where, uint64_t *ret_n)
{
	return (where[0] != '0' || strspn(where, "0123456789") < 2) &&
	       ix_parse_u64(where, UINT64_MAX, ret_n) == 0;
}

static int open_word(struct ipcx *x, const char *where, struct ix_gaps *gaps,
		     struct ix_target *ret_p)
{
	uint64_t n = ix_ns_number("ipc", where, strlen(where));

	if (!strcmp(where, "self"))
		return open_self(x, ret_p);
	if (n)
		return open_inode(x, n, ret_p);
	if (*where == '/' || *where == '.')
		return ns_open_file(x, where, ret_p);
	if (ns_is_number(where, &n))
		return n > PID_MOST ? open_number(x, where, n, gaps, ret_p)
		       : n          ? ix_open_pid(x, where, (int32_t)n, gaps, ret_p)
				    : ix_fail_plain(x, -EINVAL, "0 is not a process");
	if (*where)
		return open_name(x, where, gaps, ret_p);
	return ix_fail_plain(x, -EINVAL, "an empty word is not a namespace");
}

int ipcx_ns_open(struct ipcx *x, const char *where, struct ipcx_ns **ret_ns)
{
	IX_REQUIRE(x, where, ret_ns);
	struct ix_target p = IX_NO_TARGET;
	struct ix_gaps gaps = { .n = 0 };
	int r;

	if (!strcmp(where, "all"))
		return ns_open_all(x, ret_ns);
	r = open_word(x, where, &gaps, &p);
	if (r == -ENODATA) /* the namespace may exist, although it cannot be seen */
		r = -EACCES;
	if (r < 0)
		return r;
	if (!p.named)
		ix_target_elsewhere(x, &p, &gaps);
	if (ix_ns_take(&p, ret_ns) < 0)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	(*ret_ns)->gaps = gaps;
	(*ret_ns)->where = strdup(where);
	return 0;
}
