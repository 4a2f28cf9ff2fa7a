/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ipcx_memory(): where shared memory is. */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "core/copyin.h"
#include "mech/kconfigs.h"
#include "ns/label.h"
#include "ns/ns.h"
#include "ns/run.h"
#include "space/memory.h"

/* ---- facts */

static int memory_here(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	int r = ix_space_here(x, IX_SPACE_CONTENTS, t);

	(void)arg;
	if (r == 0 && !x->view.only_shm)
		r = ix_mem_segments(x, t);
	return r < 0 ? ix_fail_plain(x, r, "out of memory") : 0;
}

static int memory_facts(struct ix_mem_answer *m)
{
	struct ix_ns_call call = {
		.run = memory_here, .t = m->facts, .looks = true, .parts = true
	};
	int r = ix_space_home(m->x, m->facts);
	const struct ipcx_note *n;

	if (r == 0)
		r = ix_ns_run(m->x, &call);
	for (size_t i = 0; r == 0 && (n = ipcx_table_note(m->facts, i)); i++) {
		ix_table_hand_on(m->t, n);
		m->unseen_places |= n->kind != IPCX_NOTE_INFO;
	}
	return r;
}

/* Remember the file systems of every /dev/shm, before the mounts are read. */
static int memory_spaces(struct ix_mem_answer *m)
{
	const struct ix_space_shm *s;
	struct ix_mem_fs *fs;

	for (size_t i = 0; i < m->facts->rows; i++) {
		s = ix_space_at(m->facts, i);
		if (!s || s->error || !s->tmpfs)
			continue;
		fs = ix_mem_fs(m, s->dev, "/dev/shm", 0);
		if (!fs)
			return -ENOMEM;
		fs->shm = fs->opened = true;
	}
	return 0;
}

/* ---- rows of /dev/shm */

void ix_mem_resident(struct ix_mem_answer *m, const struct ix_mem_put *p, uint64_t bytes,
		     bool counts)
{
	if (!m->swapped)
		ix_mem_number(p, IX_MEM_RESIDENT, bytes);
	else
		ix_mem_unknown(p, IX_MEM_RESIDENT);
	if (m->swapped)
		ix_table_reason(
			m->t,
			"how much of a file system is in swap is unknown: the kernel does not count it");
	if (counts)
		m->sum += bytes;
}

static const char *const memory_parts[] = {
	[IX_SPACE_OBJECTS] = "objects",
	[IX_SPACE_DIRECTORIES] = "directories",
	[IX_SPACE_OTHER] = "other",
	[IX_SPACE_NAMELESS] = "nameless",
};

/* "biggest: NAME 20M, NAME 3M" */
static void memory_biggest(const struct ix_mem_answer *m, const struct ix_space_shm *s,
			   enum ix_space_part part, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < IX_SPACE_BIG && s->big[i] && len < size; i++) {
		char amount[IX_NUM_MAX];

		if (s->big_part[i] != part)
			continue;
		*ix_put_size(amount, s->big[i]) = '\0';
		len += (size_t)snprintf(buf + len, size - len, "%s%s%s %s",
					len ? ", " : "biggest: ",
					ix_table_string(m->facts, s->big_name[i]),
					part == IX_SPACE_DIRECTORIES ? "/" : "", amount);
	}
}

/* Whose the nameless files are, and how much of them was found in processes. */
static void memory_nameless(struct ix_mem_answer *m, const struct ix_space_shm *s,
			    const struct ix_mem_put *p)
{
	const struct ix_mem_fs *fs = ix_mem_fs_find(m, s->dev);
	uint64_t bytes = s->bytes[IX_SPACE_NAMELESS];
	char text[512] = "", amount[IX_NUM_MAX];

	if (fs && fs->kept.files) {
		ix_mem_number(p, IX_MEM_OBJECTS, fs->kept.files);
		ix_mem_biggest(m, &fs->kept, text, sizeof(text));
	}
	if (!fs || fs->kept.unsized || bytes <= fs->kept.bytes + (UINT64_C(256) << 10)) {
		ix_mem_what(p, "%s", text);
		return;
	}
	*ix_put_size(amount, bytes - fs->kept.bytes) = '\0';
	ix_mem_what(p, "%s%s%s %s", text, text[0] ? "; " : "", amount,
		    s->whole ? "that no process was seen to use"
			     : "outside of this directory, or not seen in a process");
}

static int memory_put_part(struct ix_mem_answer *m, const struct ix_space_shm *s,
			   enum ix_space_part part)
{
	bool rest = part == IX_SPACE_NAMELESS;
	/* One user's directory must not hide what the objects of all others take. */
	bool partly = rest ? s->missed != 0 : s->missed >> part & 1;
	const struct ix_mem_fs *fs = rest ? ix_mem_fs_find(m, s->dev) : NULL;
	struct ix_mem_put p;
	char text[900];

	if (rest && (!s->tmpfs || !s->size))
		return 0;
	if (!s->bytes[part] && !s->files[part] && !partly && !(fs && fs->kept.files))
		return 0;
	p = ix_mem_begin(m->t, "/dev/shm", memory_parts[part]);
	if (partly)
		ix_mem_unknown(&p, IX_MEM_USED);
	else
		ix_mem_number(&p, IX_MEM_USED, s->bytes[part]);
	if (s->tmpfs && !partly)
		ix_mem_resident(m, &p, s->bytes[part], false);
	if (rest) {
		memory_nameless(m, s, &p);
		return ix_mem_end(&p);
	}
	if (partly)
		ix_mem_unknown(&p, IX_MEM_OBJECTS);
	else
		ix_mem_number(&p, IX_MEM_OBJECTS, s->files[part]);
	memory_biggest(m, s, part, text, sizeof(text));
	ix_mem_what(&p, "%s", text);
	return ix_mem_end(&p);
}

static void memory_sizes(struct ix_mem_answer *m, const struct ix_space_shm *s,
			 const struct ix_mem_put *p)
{
	uint64_t walked = 0;

	for (unsigned i = 0; i < IX_SPACE_NAMELESS; i++)
		walked += s->bytes[i];
	if (s->size)
		ix_mem_number(p, IX_MEM_LIMIT, s->size);
	if (s->inodes) {
		ix_mem_number(p, IX_MEM_INODES, s->inodes);
		ix_mem_number(p, IX_MEM_INODES_USED, s->inodes_used);
	}
	if (s->size || !s->tmpfs)
		ix_mem_number(p, IX_MEM_USED, s->used);
	else
		ix_mem_unknown(p, IX_MEM_USED);
	if (!s->tmpfs) {
		ix_mem_what(p, "not in memory: this is another file system");
	} else if (s->size) {
		ix_mem_resident(m, p, s->used, true);
	} else {
		ix_mem_unknown(p, IX_MEM_RESIDENT);
		m->sum += walked;
		m->unseen_sizes = true;
		ix_mem_what(p, "it has no limit, so the kernel does not count its use");
	}
}

/* The kernel counts for a whole file system, which several places may be on. */
static bool memory_counted(const struct ix_mem_answer *m, size_t row)
{
	const struct ix_space_shm *s = ix_space_at(m->facts, row), *other;

	for (size_t i = 0; i < row; i++) {
		other = ix_space_at(m->facts, i);
		if (other && !other->error && other->dev == s->dev)
			return true;
	}
	return false;
}

static int memory_put_space(struct ix_mem_answer *m, size_t row)
{
	const struct ix_space_shm *s = ix_space_at(m->facts, row);
	struct ix_mem_put p;
	int r;

	if (s->error == 0 && memory_counted(m, row))
		return 0;
	p = ix_mem_begin(m->t, "/dev/shm", "all");
	if (s->error) {
		m->unseen_places |= s->error != -ENOENT;
		if (s->error != -ENOENT) {
			ix_mem_unknown(&p, IX_MEM_LIMIT);
			ix_mem_unknown(&p, IX_MEM_USED);
			ix_mem_unknown(&p, IX_MEM_RESIDENT);
		}
		ix_mem_what(&p, "%s", ix_table_string(m->facts, s->why));
		return ix_mem_end(&p);
	}
	memory_sizes(m, s, &p);
	r = ix_mem_end(&p);
	if (s->missed && s->lost)
		ix_table_once(m->t, s->lost, "part of a /dev/shm could not be read");
	else if (s->missed)
		ix_table_once(
			m->t, 0,
			"part of a /dev/shm was not looked at: its directories are too deep, or have too many files");
	for (unsigned i = 0; r == 0 && s->walked && i < IX_SPACE_PARTS; i++)
		r = memory_put_part(m, s, (enum ix_space_part)i);
	return r;
}

/* ---- rows of System V */

/* A kernel without System V IPC has no segments. */
static int memory_put_unread(struct ix_mem_answer *m, int error, struct ix_mem_put *p)
{
	char why[160];
	int lacks = ix_kconfig_lacks(m->x, &ix_kconfig_sysv, why, sizeof(why));

	if (lacks != -ENOSYS) {
		ix_mem_unknown(p, IX_MEM_USED);
		ix_mem_unknown(p, IX_MEM_RESIDENT);
		ix_mem_unknown(p, IX_MEM_OBJECTS);
		m->unseen_places = true;
	}
	ix_mem_what(p, "%s", lacks ? why : ix_errno_text(error));
	return ix_mem_end(p);
}

static int memory_put_segments(struct ix_mem_answer *m, const struct ix_mem_segments *s)
{
	static const char *const kinds[] = { "segments", "unattached", "removed" },
				 *const what[] = { "", "nobody has attached them",
						   "removed: gone with the last detach" };
	int r = 0;

	for (unsigned i = 0; r == 0 && i < (s->parts ? IX_MEM_PARTS : 1); i++) {
		const struct ix_mem_segment_sum *sum = &s->sum[i];
		struct ix_mem_put p;

		if (i && !sum->n)
			continue;
		p = ix_mem_begin(m->t, "System V", kinds[i]);
		if (s->error)
			return memory_put_unread(m, s->error, &p);
		if (!i && s->most)
			ix_mem_number(&p, IX_MEM_LIMIT, s->most);
		ix_mem_number(&p, IX_MEM_USED, sum->bytes);
		ix_mem_number(&p, IX_MEM_RESIDENT, sum->rss);
		ix_mem_number(&p, IX_MEM_SWAP, sum->swap);
		ix_mem_number(&p, IX_MEM_OBJECTS, sum->n);
		ix_mem_what(&p, "%s", what[i]);
		r = ix_mem_end(&p);
	}
	m->sum += s->sum[IX_MEM_ALL].rss;
	if (!s->parts)
		ix_table_once(
			m->t, 0,
			"which segments nobody has attached is unknown: /proc/sysvipc could not be read");
	return r;
}

/* ---- the call */

static int memory_put_places(struct ix_mem_answer *m)
{
	const struct ix_mem_segments *segments;
	const struct ix_section *s;
	int r = 0;

	for (size_t i = 0; r == 0 && i < m->facts->rows; i++) {
		const struct ix_where *at = NULL;

		(void)ix_table_at(m->facts, i, &s);
		if (s->place) {
			at = &m->facts->places[s->place - 1];
			r = ix_table_same_place(m->t, m->facts, at);
		}
		segments = ix_mem_segments_at(m->facts, i);
		if (r == 0 && segments)
			r = memory_put_segments(m, segments);
		if (r == 0 && segments)
			r = ix_mem_put_kept(m, at ? at->ns : m->one);
		else if (r == 0 && ix_space_at(m->facts, i))
			r = memory_put_space(m, i);
	}
	return r == 0 ? ix_mem_put_kept_rest(m) : r;
}

/* Without a look at the processes, the rest of the answer holds. */
static int memory_pass(struct ix_mem_answer *m)
{
	int r = ix_mem_pass(m);

	if (r == 0 || r == -ENOMEM)
		return r;
	ix_table_note(m->t, IPCX_NOTE_UNAVAILABLE, IPCX_NO_MECH, r, "", "%s",
		      m->x->error);
	m->x->error[0] = '\0';
	m->unseen_processes = true;
	return 0;
}

static int memory_run(struct ix_mem_answer *m)
{
	const struct ix_target *p = m->x->ns ? ix_ns_target(m->x->ns) : NULL;
	int r;

	(void)ix_mem_swapped(m->x, &m->swapped); /* its failure is told with Shmem */
	m->one = p ? p->ino : m->x->ns ? 0 : ix_ns_own(m->x, "ipc");
	r = memory_facts(m);
	if (r == 0)
		r = memory_spaces(m);
	if (r == 0)
		r = ix_mem_mounts(m);
	if (r == 0)
		r = memory_pass(m);
	if (r == 0)
		r = memory_put_places(m);
	if (r == 0)
		r = ix_table_place(m->t, 0, NULL, false);
	if (r == 0)
		r = ix_mem_put_mounts(m);
	if (r == 0)
		r = ix_mem_put_groups(m);
	return r == 0 ? ix_mem_put_machine(m) : r;
}

static void memory_end(struct ix_mem_answer *m)
{
	if (m->collected)
		ix_uses_free(&m->uses);
	tdestroy(m->tree, free);
	tdestroy(m->spaces, free);
	ipcx_table_free(m->facts);
}

static void memory_unseen(const struct ix_mem_answer *m, struct ipcx_unseen *ret_unseen)
{
	const struct ipcx_unseen unseen = { .size = sizeof(unseen),
					    .processes = m->uses.denied + m->uses.missed,
					    .others = m->uses.others || !m->collected };

	if (ret_unseen)
		(void)IX_COPY_OUT(m->x, ipcx_unseen, IPCX_UNSEEN_SIZE_0_1, &unseen,
				  ret_unseen);
	else if (m->collected)
		ix_uses_note(&m->uses, m->t);
}

int ipcx_memory(struct ipcx *x, struct ipcx_unseen *ret_unseen,
		struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct ix_mem_answer m = { .x = x, .end = &m.first };
	int r = ret_unseen
			? IX_COPY_CHECK(x, ipcx_unseen, IPCX_UNSEEN_SIZE_0_1, ret_unseen)
			: 0;

	if (r < 0)
		return r;
	r = ix_table_new(&m.t);
	if (r == 0)
		r = ix_table_new(&m.facts);
	if (r == 0)
		r = memory_run(&m);
	if (r == 0)
		memory_unseen(&m, ret_unseen);
	memory_end(&m);
	if (r == -ENOMEM)
		r = ix_fail_plain(x, r, "out of memory");
	return m.t ? ix_table_hand(x, m.t, r, ret_table) : r;
}
