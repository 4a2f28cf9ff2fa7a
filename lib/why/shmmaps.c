/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why shmat(2) and shmdt(2) fail: what the process has mapped. Anonymous memory counts,
 * too, so that the text of /proc/PID/maps is read. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "proc/maps.h"
#include "why/shm.h"

/* Text of a process that has vm.max_map_count mappings, several times over. */
#define MAPS_MOST ((size_t)64 << 20)

#define MAPS_SEGMENT "/SYSV" /* how the names of segments begin (ipc/shm.c) */

struct shmmaps {
	uint64_t n;        /* those that count: not [vsyscall] */
	uint64_t segments; /* attaches */
	bool starts;       /* an attach begins at the address */
	bool taken;        /* the range holds something */
	uint64_t in, of;   /* the attach that the address is inside of, and its id */
	bool inside;
	char what[80]; /* what is in the range */
};

/* One mapping; the range is that of the call, 0 bytes long if that is not known. */
static void shmmaps_one(struct shmmaps *s, const struct ix_mapping *m, const char *name,
			size_t len, uint64_t addr, uint64_t size)
{
	static const char vsyscall[] = "[vsyscall]", segment[] = MAPS_SEGMENT;

	if (len == sizeof(vsyscall) - 1 && !memcmp(name, vsyscall, len))
		return;
	s->n++;
	if (!s->taken && size && m->start < addr + size && m->end > addr) {
		s->taken = true;
		(void)snprintf(s->what, sizeof(s->what), "0x%" PRIx64 "-0x%" PRIx64,
			       m->start, m->end);
	}
	if (len < sizeof(segment) - 1 || memcmp(name, segment, sizeof(segment) - 1) != 0)
		return;
	s->segments++;
	/* The kernel looks for the start of the segment, of which a part may have been
	 * unmapped. */
	if (m->start >= m->offset && m->start - m->offset == addr)
		s->starts = true;
	if (m->start < addr && addr < m->end) {
		s->inside = true;
		s->in = m->start - m->offset;
		s->of = m->ino;
	}
}

/* Read the mappings of the process of the question. Returns false, with the reason set,
 * if they are not known. */
static bool shmmaps_read(struct ix_why *w, struct ix_reason *r, uint64_t addr,
			 uint64_t size, struct shmmaps *ret_s)
{
	struct ix_buf text auto_buf = { .data = NULL };
	char path[32];
	auto_fd int fd = -1;
	int error;

	*ret_s = (struct shmmaps){ 0 };
	if (w->as.kind != IX_AS_PROCESS) {
		ix_reason_set(
			r, IX_SO_UNKNOWN,
			"cannot be told: the mappings of which process? name its pid");
		return false;
	}
	(void)snprintf(path, sizeof(path), "%" PRId32 "/maps", w->as.pid);
	fd = ix_open(ix_procfd(w->x), path, O_RDONLY);
	error = fd < 0 ? fd : ix_read_all(fd, MAPS_MOST, &text);
	if (error < 0 || text.len == 0) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the mappings of %s cannot be read: %s",
			      w->as.who,
			      error < 0 ? ix_errno_text(error) : "it has ended");
		return false;
	}
	for (const char *p = text.data, *end = p + text.len; p < end;) {
		const char *stop = memchr(p, '\n', (size_t)(end - p)), *name;
		struct ix_mapping m;
		size_t len;

		if (!stop)
			stop = end;
		if (ix_maps_parse(p, (size_t)(stop - p), &m, &name, &len) == 0)
			shmmaps_one(ret_s, &m, name, len, addr, size);
		p = stop + 1;
	}
	return true;
}

static void shmmaps_taken(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	struct shmmaps s;
	uint64_t flags = 0, size, page = (uint64_t)sysconf(_SC_PAGESIZE), addr;
	bool known = ix_shm_flags(w, &flags);

	if (!ix_args_has(&w->a, IX_ARG_ADDR)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: addr= is not known");
		return;
	}
	if (w->a.addr == 0 || (known && flags & SHM_REMAP)) {
		ix_reason_set(r, IX_SO_NOT, "%s",
			      w->a.addr ? "SHM_REMAP was given"
					: "the kernel chooses the address");
		return;
	}
	if (ix_shm_find(w, r, &t) <= 0 || !ix_why_number(t, 0, IPCX_F_SIZE, &size)) {
		if (!r->evidence[0])
			ix_reason_set(r, IX_SO_NOT, "no segment has this id");
		return;
	}
	size += page - 1 - (size - 1) % page;
	addr = w->a.addr - w->a.addr % page;
	if (addr + size < addr) {
		ix_reason_set(r, IX_SO, "the segment would end beyond the address space");
	} else if (shmmaps_read(w, r, addr, size, &s)) {
		ix_reason_set(r,
			      !s.taken ? IX_SO_NOT
			      : known  ? IX_SO
				       : IX_SO_UNKNOWN,
			      "%s%s has %s%s in 0x%" PRIx64 "-0x%" PRIx64,
			      s.taken && !known ? "cannot be told: " : "", w->as.who,
			      s.taken ? "mapped " : "nothing mapped", s.what, addr,
			      addr + size);
	}
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "give NULL, so that the kernel chooses the address");
}

/* do_mmap() in mm/mmap.c lets a process have one mapping more than that. */
static void shmmaps_many(struct ix_why *w, struct ix_reason *r)
{
	struct shmmaps s;
	uint64_t max;

	if (!ix_shm_proc_number(w, "sys/vm/max_map_count", &max)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: vm.max_map_count cannot be read");
		return;
	}
	if (!shmmaps_read(w, r, 0, 0, &s))
		return;
	ix_reason_set(r,
		      s.n > max    ? IX_SO
		      : s.n == max ? IX_SO_UNKNOWN
				   : IX_SO_NOT,
		      "%s has %" PRIu64 " mappings, %" PRIu64
		      " of them segments; vm.max_map_count is %" PRIu64,
		      w->as.who, s.n, s.segments, max);
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "sysctl -w vm.max_map_count=%" PRIu64, max * 2);
}

static void shmmaps_unaligned(const struct ix_why *w, struct ix_reason *r)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (!ix_args_has(&w->a, IX_ARG_ADDR))
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: addr= is not known");
	else
		ix_reason_set(r, ix_so(w->a.addr % page),
			      "0x%" PRIx64 " is %" PRIu64 " bytes past a multiple of "
			      "%" PRIu64,
			      w->a.addr, w->a.addr % page, page);
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "give the address that shmat(2) returned");
}

static void shmmaps_not_attached(struct ix_why *w, struct ix_reason *r)
{
	struct shmmaps s;

	if (!ix_args_has(&w->a, IX_ARG_ADDR)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: addr= is not known");
		return;
	}
	if (!shmmaps_read(w, r, w->a.addr, 0, &s))
		return;
	if (s.starts) {
		ix_reason_set(r, IX_SO_NOT, "%s has a segment at 0x%" PRIx64, w->as.who,
			      w->a.addr);
		return;
	}
	if (s.inside)
		ix_reason_set(r, IX_SO,
			      "0x%" PRIx64 " is inside segment shm:%" PRIu64
			      ", which begins at 0x%" PRIx64,
			      w->a.addr, s.of, s.in);
	else
		ix_reason_set(r, IX_SO, "%s has %" PRIu64 " attaches, none at 0x%" PRIx64,
			      w->as.who, s.segments, w->a.addr);
	(void)snprintf(r->fix, sizeof(r->fix),
		       s.inside
			       ? "detach 0x%" PRIx64
			       : "give the address that shmat(2) returned, and only once",
		       s.in);
}

void ix_shm_maps(struct ix_why *w, enum ix_shm_check check, struct ix_reason *r)
{
	if (check == IX_SHM_TAKEN)
		shmmaps_taken(w, r);
	else if (check == IX_SHM_MAPS)
		shmmaps_many(w, r);
	else if (check == IX_SHM_DETACH_UNALIGNED)
		shmmaps_unaligned(w, r);
	else
		shmmaps_not_attached(w, r);
}
