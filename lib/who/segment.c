/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which mappings belong to a System V segment. A mapping shows the segment's id and key,
 * but not its IPC namespace: that is the namespace that the attaching thread was in at
 * that time. Nearly always it is still the namespace of the process; where it is not, the
 * kernel's count of attaches decides.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/kcmp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/calls.h"
#include "base/cap.h"
#include "base/file.h"
#include "base/statx.h"
#include "core/table.h"
#include "proc/numbers.h"
#include "proc/space.h"
#include "who/procs.h"
#include "who/uses.h"

/* Compare by kind and inode only. */
static size_t segment_first(const struct ix_uses *u, enum ix_use_kind kind, uint64_t ino)
{
	size_t low = 0, high = u->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct ix_use *use = &u->all[mid];

		if (use->kind < kind || (use->kind == kind && use->ino < ino))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct ix_use *ix_uses_of(const struct ix_uses *u, enum ix_use_kind kind,
				uint64_t dev, uint64_t ino, size_t *ret_n)
{
	size_t i = segment_first(u, kind, ino), n = 0;

	while (i < u->n && u->all[i].kind == kind && u->all[i].ino == ino &&
	       u->all[i].dev < dev)
		i++;
	while (i + n < u->n && u->all[i + n].kind == kind && u->all[i + n].ino == ino &&
	       u->all[i + n].dev == dev)
		n++;
	*ret_n = n;
	return n ? &u->all[i] : NULL;
}

/* Whether a thread of the process is in the IPC namespace. */
static bool segment_thread(struct ipcx *x, const struct ix_user *user, uint64_t ns)
{
	auto_fd int dir = ix_procs_open(x, user->pid);
	int fd = dir < 0 ? dir : ix_open(dir, "task", O_RDONLY | O_DIRECTORY);
	DIR *tasks auto_dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;

	if (!tasks) {
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	while (ix_readdir(tasks, &d) == 0 && d) {
		auto_fd int task = -1;

		if (d->d_name[0] == '.')
			continue;
		task = ix_open(dirfd(tasks), d->d_name, O_PATH | O_DIRECTORY);
		if (task >= 0 && ix_space_of(task, "ipc").ino == ns)
			return true;
	}
	return false;
}

/* Order uses by what is mapped where, and then by the memory of the process. kcmp(2)
 * orders the memories of processes; two that share theirs, as after vfork(2), are equal:
 * their mappings are the same ones. */
static int segment_order(const void *a, const void *b, void *arg)
{
	const struct ix_use *l = *(const struct ix_use *const *)a;
	const struct ix_use *r = *(const struct ix_use *const *)b;
	const struct ix_uses *u = *(const struct ix_uses *const *)arg;
	long order;

	if (l == r)
		return 0;
	if (l->address != r->address)
		return l->address < r->address ? -1 : 1;
	if (l->mapped != r->mapped)
		return l->mapped < r->mapped ? -1 : 1;
	order = IX_CALL(SYS_kcmp, u->users[l->user].pid, u->users[r->user].pid, KCMP_VM,
			0, 0);
	if (order == 0 || order == 1 || order == 2)
		return order == 1 ? -1 : (int)order;
	return l->user < r->user ? -1 : 1;
}

/* The number of distinct mappings. Out of memory, all count. */
static uint64_t segment_attaches(const struct ix_uses *u, const struct ix_use **uses,
				 size_t n)
{
	auto_free const struct ix_use **sorted = calloc(n + 1, sizeof(*sorted));
	uint64_t all = 0;

	if (sorted) {
		memcpy(sorted, uses, n * sizeof(*sorted));
		qsort_r(sorted, n, sizeof(*sorted), segment_order, &u);
	}
	for (size_t i = 0; i < n; i++)
		if (!sorted || i == 0 ||
		    segment_order(&sorted[i - 1], &sorted[i], &u) != 0)
			all += sorted ? sorted[i]->mappings : uses[i]->mappings;
	return all;
}

static uint64_t segment_sum(const struct ix_use **uses, size_t n)
{
	uint64_t all = 0;

	for (size_t i = 0; i < n; i++)
		all += uses[i]->mappings;
	return all;
}

/*
 * Add the uses of processes that have left the namespace: first those of which a thread
 * is still in it; then, if every process was seen and the others are exactly as many as
 * the kernel counts, those others, by elimination.
 */
static size_t segment_strays(struct ipcx *x, const struct ix_uses *u, uint64_t ns,
			     uint64_t nattch, const struct ix_use **uses, size_t n,
			     size_t all, bool *ret_inferred)
{
	uint64_t found;

	for (size_t i = n; i < all; i++) {
		const struct ix_use *use = uses[i];

		if (!segment_thread(x, &u->users[use->user], ns))
			continue;
		uses[i] = uses[n];
		uses[n] = use;
		ret_inferred[n++] = false;
	}
	found = segment_sum(uses, n);
	if (n == all || !ix_uses_complete(u) ||
	    segment_sum(uses + n, all - n) != nattch - MIN(found, nattch))
		return n;
	for (; n < all; n++)
		ret_inferred[n] = true;
	return n;
}

/* Whether a mapping is known to be of a segment that another user created. The file of a
 * segment belongs to its creator; the kernel shows that to privileged processes only. */
static bool segment_is_of_other(struct ipcx *x, const struct ix_uses *u,
				const struct ix_use *use, int64_t creator)
{
	auto_fd int dir = ix_procs_open(x, u->users[use->user].pid);
	char path[64];
	struct statx st;

	(void)snprintf(path, sizeof(path), "map_files/%" PRIx64 "-%" PRIx64, use->address,
		       use->end);
	return dir >= 0 &&
	       ix_statx(dir, path, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) == 0 &&
	       st.stx_ino == use->ino && (int64_t)st.stx_uid != creator;
}

/*
 * Leave out processes that map another segment with the same id and key. A process can
 * have one although it is in this namespace: it shared its memory with a process in
 * another one (CLONE_VM). Returns the number of uses that remain, at the front.
 */
static size_t segment_others(struct ipcx *x, const struct ix_uses *u,
			     const struct ix_segment *seg, const struct ix_use **uses,
			     size_t n)
{
	uint64_t found = segment_sum(uses, n);
	size_t kept = n;

	for (size_t i = n; found > seg->nattch && i-- > 0;) {
		const struct ix_use *use = uses[i];

		if (found - use->mappings < seg->nattch ||
		    !segment_is_of_other(x, u, use, seg->creator))
			continue;
		found -= use->mappings;
		uses[i] = uses[--kept];
		uses[kept] = use;
	}
	return kept;
}

static size_t segment_uses(struct ipcx *x, const struct ix_uses *u,
			   const struct ix_segment *seg, const struct ix_use **ret,
			   bool *ret_inferred, uint64_t *ret_found)
{
	uint64_t ino = (uint64_t)seg->id;
	size_t i = segment_first(u, IX_USE_SYSV, ino), n = 0, all = 0;

	for (; i < u->n && u->all[i].kind == IX_USE_SYSV && u->all[i].ino == ino; i++) {
		const struct ix_use *use = &u->all[i];

		if (use->key != seg->key && !seg->any_key)
			continue;
		ret[all++] = use;
		if (u->users[use->user].ipc != seg->ns)
			continue;
		ret[all - 1] = ret[n];
		ret[n] = use;
		ret_inferred[n++] = false;
	}
	if (seg->creator >= 0)
		n = segment_others(x, u, seg, ret, n);
	*ret_found = segment_sum(ret, n);
	if (*ret_found < seg->nattch && n < all)
		n = segment_strays(x, u, seg->ns, seg->nattch, ret, n, all, ret_inferred);
	*ret_found = segment_sum(ret, n);
	/* If an attach that two processes share counted twice, one that is unseen would
	 * not be missed. */
	if (n > 1 && (*ret_found > seg->nattch || !ix_uses_complete(u)) &&
	    ix_proc_is_ours(x) > 0)
		*ret_found = segment_attaches(u, ret, n);
	return n;
}

size_t ix_uses_of_segment(struct ipcx *x, const struct ix_uses *u,
			  const struct ix_segment *segment, const struct ix_use **ret,
			  bool *ret_inferred, uint64_t *ret_found)
{
	struct ix_segment seg = *segment;
	size_t n = segment_uses(x, u, &seg, ret, ret_inferred, ret_found);

	/* When a segment is removed, the kernel sets its key to 0; the name of its file
	 * remains. */
	seg.any_key = true;
	return seg.key == 0 && *ret_found < seg.nattch
		       ? segment_uses(x, u, &seg, ret, ret_inferred, ret_found)
		       : n;
}

size_t ix_uses_segment_most(const struct ix_uses *u, int32_t id)
{
	size_t i = segment_first(u, IX_USE_SYSV, (uint64_t)id), n = 0;

	while (i + n < u->n && u->all[i + n].kind == IX_USE_SYSV &&
	       u->all[i + n].ino == (uint64_t)id)
		n++;
	return n;
}

void ix_uses_note(const struct ix_uses *u, struct ipcx_table *t)
{
	if (u->missed)
		ix_table_once(t, u->missed_error,
			      "some processes could not be looked at");
	if (u->denied)
		ix_table_once(
			t, -EACCES,
			ix_cap_has(CAP_SYS_PTRACE) > 0
				? "a security module hides some processes"
				: "some processes may not be looked at (needs CAP_SYS_PTRACE)");
	if (u->others)
		ix_table_once(
			t, 0,
			"processes outside this /proc cannot be seen (PID namespace or hidepid)");
}
