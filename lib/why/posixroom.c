/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Room in /dev/shm, and sizes. ftruncate(2) of a tmpfs promises nothing: the memory is
 * taken when it is touched, and if there is none left, the process gets SIGBUS.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/num.h"
#include "mech/posix.h"
#include "mech/posixchecks.h"
#include "why/fix.h"
#include "why/posix.h"

/* The /dev/shm of a container, unless its runtime is told otherwise. */
#define ROOM_DOCKER (UINT64_C(64) << 20)

static const char *room_docker(const struct ix_place *p)
{
	return p->tmpfs && p->size == ROOM_DOCKER
		       ? "; 64 MiB are what container runtimes give by default"
		       : "";
}

static uint64_t room_pages(uint64_t bytes)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return ix_mul_sat(bytes / page + (bytes % page != 0), page);
}

/* What to ask for: a little more would be used up soon. */
static uint64_t room_more(uint64_t now, uint64_t needed, uint64_t modest)
{
	return MAX(needed, now < modest ? 2 * now : now);
}

/* How many bytes the call has yet to get. Returns whether that is known; else the
 * least. */
static bool room_needed(struct ix_why *w, const struct ix_place *p, uint64_t *ret_needed)
{
	bool file = p->file[0] && !p->file_error;
	uint64_t size, held = file ? p->file_bytes : 0;

	*ret_needed = room_pages(1);
	if (w->call == IX_SEM_OPEN)
		return true;
	if (!ix_args_has(&w->a, IX_ARG_SIZE)) {
		size = file ? room_pages(p->file_size) : 0;
		if (size > held)
			*ret_needed = size - held;
		return size > held;
	}
	size = room_pages(w->a.size);
	*ret_needed = size > held ? size - held : 0;
	return true;
}

/* Whether the bytes of the file system are used up. */
static void room_bytes(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_place *p;
	uint64_t needed;
	bool known;
	enum ix_so so;

	if (!ix_place_seen(w, &p, r))
		return;
	if (p->tmpfs && !p->size) {
		ix_reason_set(r, IX_SO_NOT, "%s has no limit", IX_SHM_DIR);
		return;
	}
	if (w->call == IX_SHM_OPEN && p->tmpfs) {
		ix_reason_set(r, IX_SO_NOT, "an empty file takes no memory");
		return;
	}
	known = room_needed(w, p, &needed);
	so = needed > p->free ? IX_SO : known ? IX_SO_NOT : IX_SO_UNKNOWN;
	ix_reason_set(r, so,
		      "%s%s has %" PRIu64 " bytes, %" PRIu64 " in use, %" PRIu64
		      " free, %s%" PRIu64 " needed%s%s",
		      so == IX_SO_UNKNOWN ? "cannot be told: " : "", IX_SHM_DIR, p->size,
		      p->used, p->free, known ? "" : "at least ", needed,
		      known ? "" : "; size= is not known", room_docker(p));
	if (so == IX_SO)
		ix_place_more(w, "size",
			      room_more(p->size, room_pages(p->used + needed),
					UINT64_C(1) << 30),
			      r);
}

static void room_inodes(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_place *p;
	bool so;

	if (!ix_place_seen(w, &p, r))
		return;
	if (!p->inodes) {
		ix_reason_set(r, IX_SO_NOT, "the number of files in %s is not limited",
			      IX_SHM_DIR);
		return;
	}
	so = !p->inodes_free;
	ix_reason_set(r, ix_so(so), "%s may hold %" PRIu64 " files, %" PRIu64 " are free",
		      IX_SHM_DIR, p->inodes, p->inodes_free);
	if (so)
		ix_place_more(w, "nr_inodes",
			      room_more(p->inodes, p->inodes + 16, UINT64_C(1) << 20), r);
}

static void room_fsize(struct ix_why *w, struct ix_reason *r)
{
	uint64_t size = w->call == IX_SEM_OPEN ? IX_SEM_SIZE_64 : w->a.size, most;
	bool known = w->call == IX_SEM_OPEN || ix_args_has(&w->a, IX_ARG_SIZE);

	if (!w->as.limits_known) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: RLIMIT_FSIZE (%s) is not known",
			      w->as.who);
		return;
	}
	most = w->as.limits[RLIMIT_FSIZE].soft;
	if (most == UINT64_MAX) {
		ix_reason_set(r, IX_SO_NOT, "RLIMIT_FSIZE (%s) is unlimited", w->as.who);
		return;
	}
	if (!known) {
		ix_reason_set(
			r, IX_SO_UNKNOWN,
			"cannot be told: size= is not known; RLIMIT_FSIZE (%s) is %" PRIu64,
			w->as.who, most);
		return;
	}
	ix_reason_set(r, ix_so(size > most),
		      "RLIMIT_FSIZE (%s) is %" PRIu64 ", %" PRIu64 " asked for",
		      w->as.who, most, size);
	if (size > most)
		ix_place_rlimit(w, RLIMIT_FSIZE, size, r);
}

/* More than any file can have. */
static void room_most(struct ix_why *w, struct ix_reason *r)
{
	bool so = w->a.size > INT64_MAX;

	if (!ix_args_has(&w->a, IX_ARG_SIZE)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: size= is not known");
		return;
	}
	ix_reason_set(r, ix_so(so),
		      "a file has at most %" PRIu64 " bytes, %" PRIu64 " asked for",
		      (uint64_t)INT64_MAX, w->a.size);
	if (so)
		(void)snprintf(r->fix, sizeof(r->fix), "ask for less");
}

/* 0 is no length for mmap(2) and posix_fallocate(3); a negative one is none for any. */
static void room_size(struct ix_why *w, struct ix_reason *r)
{
	if (!ix_args_has(&w->a, IX_ARG_SIZE)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: size= is not known");
		return;
	}
	ix_reason_set(r, ix_so(w->a.size == 0), "the size is %" PRIu64, w->a.size);
	if (!w->a.size)
		(void)snprintf(r->fix, sizeof(r->fix), "ask for 1 byte or more");
}

/* How the process has the file open. */
static void room_access(struct ix_why *w, struct ix_reason *r)
{
	bool reads = false, writes = false;
	int n = ix_place_opened(w, &reads, &writes);

	if (n < 0) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s",
			      w->as.kind != IX_AS_PROCESS
				      ? "the process that called is not known"
			      : n == -EDESTADDRREQ ? "name= is not known"
						   : ix_errno_text(n));
		return;
	}
	ix_reason_set(r, n ? ix_so(!writes) : IX_SO_UNKNOWN,
		      n == 0   ? "cannot be told: %s does not have the file open now"
		      : writes ? "%s has it open for writing"
			       : "%s has it open for reading only",
		      w->as.who);
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix), "open it with O_RDWR");
}

static void room_noexec(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_place *p;

	if (!ix_place_seen(w, &p, r))
		return;
	/* Only a mapping that is to be executed is refused. */
	ix_reason_set(
		r, p->noexec ? IX_SO_UNKNOWN : IX_SO_NOT,
		p->noexec
			? "cannot be told: %s is mounted noexec; whether PROT_EXEC was asked for is not known"
			: "%s is not mounted noexec",
		IX_SHM_DIR);
}

/* What is mapped has not been given memory yet, and there is not enough left. */
static void room_bus(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_place *p;
	uint64_t needed, size;
	bool known;
	enum ix_so so;

	if (!ix_place_seen(w, &p, r))
		return;
	if (p->tmpfs && !p->size) {
		ix_reason_set(r, IX_SO_NOT, "%s has no limit", IX_SHM_DIR);
		return;
	}
	known = room_needed(w, p, &needed);
	so = needed > p->free ? IX_SO : known ? IX_SO_NOT : IX_SO_UNKNOWN;
	/* A file that has all of its memory needs none. */
	if (p->file[0] && !p->file_error && !ix_args_has(&w->a, IX_ARG_SIZE) &&
	    room_pages(p->file_size) <= p->file_bytes)
		so = IX_SO_NOT;
	size = p->file[0] && !p->file_error ? p->file_size : w->a.size;
	ix_reason_set(r, so,
		      "%s%s has %" PRIu64 " bytes, %" PRIu64
		      " free; the object has %" PRIu64 " bytes, %" PRIu64
		      " of them in memory%s%s",
		      so == IX_SO_UNKNOWN ? "cannot be told: " : "", IX_SHM_DIR, p->size,
		      p->free, size, p->file_error ? 0 : p->file_bytes,
		      so == IX_SO_UNKNOWN ? "; name= or size= are not known" : "",
		      room_docker(p));
	if (so == IX_SO)
		ix_place_more(w, "size",
			      room_more(p->size, room_pages(p->used + needed),
					UINT64_C(1) << 30),
			      r);
}

/* The file is smaller than what was mapped. */
static void room_end(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_place *p;
	bool so;

	if (!ix_place_file(w, &p, r))
		return;
	if (!ix_args_has(&w->a, IX_ARG_SIZE) && p->file_size) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: size= is not known; the file has %" PRIu64
			      " bytes",
			      p->file_size);
		return;
	}
	so = p->file_size == 0 || room_pages(p->file_size) < w->a.size;
	ix_reason_set(r, ix_so(so),
		      "the file has %" PRIu64 " bytes, %" PRIu64 " are used",
		      p->file_size, w->a.size);
	if (so && w->a.size) {
		char ref[IPCX_REF_MAX + 16];

		if (ix_place_ref(w, ref, sizeof(ref)))
			ix_fix_command(r->fix, sizeof(r->fix), w->where,
				       "set %s --size %" PRIu64, ref, w->a.size);
	} else if (so) {
		(void)snprintf(r->fix, sizeof(r->fix),
			       "call ftruncate() before the memory is used");
	}
}

static void room_address(struct ix_why *w, struct ix_reason *r)
{
	uint64_t most;

	if (!w->as.limits_known) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: RLIMIT_AS (%s) is not known", w->as.who);
		return;
	}
	most = w->as.limits[RLIMIT_AS].soft;
	if (most == UINT64_MAX)
		ix_reason_set(r, IX_SO_NOT, "RLIMIT_AS (%s) is unlimited", w->as.who);
	else if (ix_args_has(&w->a, IX_ARG_SIZE) && w->a.size > most)
		ix_reason_set(r, IX_SO,
			      "RLIMIT_AS (%s) is %" PRIu64 ", %" PRIu64 " asked for",
			      w->as.who, most, w->a.size);
	else
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: RLIMIT_AS (%s) is %" PRIu64
			      "; how much of it is used is not known",
			      w->as.who, most);
	if (r->applies == IX_SO)
		ix_place_rlimit(w, RLIMIT_AS, ix_mul_sat(w->a.size, 2), r);
}

void ix_posix_room(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	switch ((unsigned)c->check) {
	case IX_POSIX_BYTES:
		room_bytes(w, r);
		break;
	case IX_POSIX_INODES:
		room_inodes(w, r);
		break;
	case IX_POSIX_FSIZE:
		room_fsize(w, r);
		break;
	case IX_POSIX_MOST:
		room_most(w, r);
		break;
	case IX_POSIX_SIZE:
		room_size(w, r);
		break;
	case IX_POSIX_ACCESS:
		room_access(w, r);
		break;
	case IX_POSIX_NOEXEC:
		room_noexec(w, r);
		break;
	case IX_POSIX_BUS_ROOM:
		room_bus(w, r);
		break;
	case IX_POSIX_BUS_END:
		room_end(w, r);
		break;
	case IX_POSIX_SPACE:
		room_address(w, r);
		break;
	}
}
