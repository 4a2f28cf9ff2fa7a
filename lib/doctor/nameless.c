/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that no listing shows: files that are unlinked, but mapped or open, and memory
 * files. A process has them by right, so only what is big is told; what one process
 * keeps is one finding.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mech.h"
#include "doctor/doctor.h"
#include "ns/ns.h"
#include "proc/held.h"
#include "who/procs.h"

/* From this much on, memory that a process keeps is worth a word. */
#define NAMELESS_BYTES (UINT64_C(64) << 20)

/* What is smaller than this does not count, however many such files there are. */
#define NAMELESS_LEAST (UINT64_C(64) << 10)

/* Files without a name that one process is the first to have. */
struct keeper {
	uint32_t user;
	bool memfd;
	uint64_t n, bytes, biggest, others; /* others: most further processes of a file */
	uint64_t dev, ino;                  /* the biggest */
};

/* Read how much memory a file takes, through a process that has it. */
static uint64_t nameless_stat(const struct ix_doctor *d, const struct ix_use *use)
{
	const struct ix_held held = { .fd = use->fd,
				      .start = use->address,
				      .end = use->end,
				      .dev = use->dev,
				      .ino = use->ino };
	auto_fd int dir = ix_procs_open(d->x, d->files.users[use->user].pid);
	struct stat st;

	if (dir < 0 || ix_held_stat(dir, &held, &st) < 0)
		return 0;
	return (uint64_t)st.st_blocks * 512;
}

/* How much memory a file takes. If only mappings are known, that they are small rules it
 * out without a further look. */
static uint64_t nameless_bytes(const struct ix_doctor *d, const struct ix_use *use,
			       size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (use[i].fd >= 0)
			return use[i].size < NAMELESS_LEAST ? 0
			       : use[i].blocks              ? use[i].blocks * 512
							    : nameless_stat(d, &use[i]);
	return use->mapped < NAMELESS_LEAST ? 0 : nameless_stat(d, use);
}

static int nameless_add(struct ix_doctor *d, const struct ix_use *use, size_t n,
			struct ix_buf *keepers)
{
	struct keeper one = { .user = use->user,
			      .memfd = use->kind == IX_USE_MEMFD,
			      .n = 1,
			      .bytes = nameless_bytes(d, use, n),
			      .others = (uint64_t)n - 1,
			      .dev = use->dev,
			      .ino = use->ino };

	if (one.bytes < NAMELESS_LEAST)
		return 0;
	one.biggest = one.bytes;
	return ix_buf_add(keepers, &one, sizeof(one));
}

static int nameless_order(const void *a, const void *b)
{
	const struct keeper *l = a, *r = b;

	if (l->user != r->user)
		return l->user < r->user ? -1 : 1;
	return (int)l->memfd - (int)r->memfd;
}

/* Sorting makes the groups. Join what one process keeps; returns how many there are. */
static size_t nameless_group(struct ix_buf *buf)
{
	struct keeper *all = (void *)buf->data, *to = all;
	size_t n = buf->len / sizeof(*all);

	if (!n)
		return 0;
	qsort(all, n, sizeof(*all), nameless_order);
	for (const struct keeper *k = all + 1; k < all + n; k++) {
		if (nameless_order(k, to) != 0) {
			*++to = *k;
			continue;
		}
		to->n++;
		to->bytes += k->bytes;
		to->others = MAX(to->others, k->others);
		if (k->biggest > to->biggest) {
			to->biggest = k->biggest;
			to->dev = k->dev;
			to->ino = k->ino;
		}
	}
	return (size_t)(to - all) + 1;
}

/* Whether a file is unlinked. A descriptor tells its links; of a mapping, the name that
 * the kernel shows does. */
static bool nameless_unlinked(const struct ix_use *use, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (use[i].links || !use[i].name)
			return false;
	return true;
}

/* Whether it belongs to the namespaces that are looked at. */
static bool nameless_here(const struct ix_doctor *d, const struct ix_use *use)
{
	uint64_t of = d->files.users[use->user].ipc;
	const struct ix_target *p = d->x->ns && !d->all ? ix_ns_target(d->x->ns) : NULL;

	return d->all || !of || of == (p ? p->ino : d->home);
}

static int nameless_tell(struct ix_doctor *d, const struct keeper *k)
{
	const struct ix_user *user = &d->files.users[k->user];
	char what[240], evidence[240], fix[IX_DOCTOR_TEXT], ref[IPCX_REF_MAX], bytes[32];
	char more[48] = "";
	struct ipcx_ref it = { .mech = ix_doctor_mech(k->memfd ? "memfd" : "pshm"),
			       .by = IPCX_BY_INODE,
			       .device = k->dev,
			       .inode = k->ino };

	if (k->bytes < NAMELESS_BYTES || ipcx_ref_format(&it, ref, sizeof(ref)) < 0)
		return 0;
	if (k->others)
		(void)snprintf(more, sizeof(more), " and up to %" PRIu64 " more",
			       k->others);
	(void)snprintf(what, sizeof(what),
		       "%s of shared memory in %" PRIu64 " %s%s that no listing shows",
		       ix_doctor_bytes(k->bytes, bytes, sizeof(bytes)), k->n,
		       k->memfd ? "memory file" : "unlinked file", k->n == 1 ? "" : "s");
	(void)snprintf(evidence, sizeof(evidence),
		       "process %" PRId32
		       " (%s)%s keeps %s; the memory is free when the last "
		       "of them closes and unmaps it",
		       user->pid, user->comm, more, k->n == 1 ? "it" : "them");
	ix_fix_command(fix, sizeof(fix),
		       d->all     ? "all"
		       : d->x->ns ? d->x->ns->where
				  : NULL,
		       "who %s", ref);
	return ix_doctor_add(d, &(struct ix_found){ .finding = "nameless",
						    .grade = IPCX_CERTAIN,
						    .ref = ref,
						    .what = what,
						    .evidence = evidence,
						    .fix = fix,
						    .count = k->n,
						    .bytes = k->bytes });
}

int ix_doctor_nameless(struct ix_doctor *d)
{
	auto_buf struct ix_buf keepers = { 0 };
	const struct ipcx_table *users;
	const struct ix_use *use, *end;
	size_t n = 0;
	int r = ix_doctor_users(d, &users);

	use = d->files.all;
	end = use ? use + d->files.n : NULL;
	for (; r == 0 && use < end; use += n) {
		for (n = 1; use + n < end && use[n].kind == use->kind &&
			    use[n].ino == use->ino && use[n].dev == use->dev;)
			n++;
		if (!nameless_here(d, use))
			continue;
		if (use->kind == IX_USE_MEMFD ||
		    (use->kind == IX_USE_FILE && nameless_unlinked(use, n)))
			r = nameless_add(d, use, n, &keepers);
	}
	n = r == 0 ? nameless_group(&keepers) : 0;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = nameless_tell(d,
				  (const struct keeper *)(const void *)keepers.data + i);
	return r;
}
