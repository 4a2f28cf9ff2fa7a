/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether files in /dev/shm may be opened, made and removed. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "mech/posix.h"
#include "mech/posixchecks.h"
#include "why/fix.h"
#include "why/posix.h"

static enum ix_so right_not(enum ix_so may)
{
	return may == IX_SO_UNKNOWN ? may : ix_so(may == IX_SO_NOT);
}

/* The file exists, and its mode does not grant what is asked. */
static void right_mode(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_place *p;
	uint32_t most, least = ix_place_access(w, &most);
	enum ix_so may, may_most;

	if (!ix_place_file(w, &p, r))
		return;
	least = least ? least : 0400;
	may = ix_as_may_file(&w->as, p->file_uid, p->file_gid, p->file_mode, least);
	may_most = ix_as_may_file(&w->as, p->file_uid, p->file_gid, p->file_mode, most);
	if (may == IX_SO && may_most == IX_SO_NOT) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the file has mode %04" PRIo32
			      " and uid %" PRIu32 "; for what it was opened is not known",
			      p->file_mode & 07777, p->file_uid);
		return;
	}
	ix_reason_set(r, right_not(may_most),
		      "%sthe file has mode %04" PRIo32 " and uid %" PRIu32
		      "; the caller (%s) has uid %" PRIu32,
		      may_most == IX_SO_UNKNOWN ? "cannot be told: " : "",
		      p->file_mode & 07777, p->file_uid, w->as.who, w->as.uid);
	if (r->applies == IX_SO)
		ix_place_permit(w, p->file_uid, p->file_gid, p->file_mode, most, r);
}

/* Where the directory belongs, for a command that changes it. */
static void right_fix_directory(const struct ix_place *p, struct ix_reason *r)
{
	char where[48] = "";

	if (p->remote && p->pid)
		(void)snprintf(where, sizeof(where), "nsenter -t %" PRId32 " -m ",
			       p->pid);
	(void)snprintf(r->fix, sizeof(r->fix), "%schmod 1777 %s", where, IX_SHM_DIR);
}

/* Making and removing a file needs permission for the directory. */
static void right_directory(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_place *p;
	bool opens = w->call == IX_SHM_OPEN || w->call == IX_SEM_OPEN;
	uint32_t want = 0300;
	enum ix_so may;

	if (!ix_place_seen(w, &p, r))
		return;
	if (opens && p->file[0] && p->file_error == 0)
		want = 0100;
	may = ix_as_may_file(&w->as, p->uid, p->gid, p->mode, want);
	if (may == IX_SO_NOT && opens && want == 0300 && ix_place_known(w) &&
	    !ix_place_creates(w))
		may = ix_as_may_file(&w->as, p->uid, p->gid, p->mode, 0100);
	if (may == IX_SO_NOT && opens && !p->file[0]) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: %s has mode %04" PRIo32 " and uid %" PRIu32
			      "; name= is not known",
			      IX_SHM_DIR, p->mode & 07777, p->uid);
		return;
	}
	ix_reason_set(r, right_not(may),
		      "%s%s has mode %04" PRIo32 " and uid %" PRIu32
		      "; the caller (%s) has uid %" PRIu32,
		      may == IX_SO_UNKNOWN ? "cannot be told: " : "", IX_SHM_DIR,
		      p->mode & 07777, p->uid, w->as.who, w->as.uid);
	if (r->applies == IX_SO)
		right_fix_directory(p, r);
}

/* Read fs.protected_regular, which all namespaces share. Returns -errno if unknown. */
static int right_protection(struct ix_why *w)
{
	int proc = ix_procfd(w->x), len;
	char text[16];
	uint64_t n;

	len = proc < 0 ? proc
		       : ix_read_file(proc, "sys/fs/protected_regular", text,
				      sizeof(text));
	if (len < 0)
		return len;
	text[strcspn(text, "\n")] = '\0';
	return ix_parse_u64(text, 2, &n) < 0 ? -EPROTO : (int)n;
}

/*
 * may_create_in_sticky() of fs/namei.c: O_CREAT is refused for a file that exists,
 * belongs to neither the caller nor the owner of the directory, and is in a sticky
 * directory to which others may write. No capability helps.
 */
static void right_protected(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_place *p;
	int how = right_protection(w);
	char ref[IPCX_REF_MAX + 16];
	bool so;

	if (!ix_place_file(w, &p, r))
		return;
	if (how < 0 || !w->as.ids_known || !ix_place_known(w)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s",
			      how < 0 ? "fs.protected_regular could not be read"
			      : !w->as.ids_known ? "the ids of the caller are not known"
						 : "flags= is not known");
		return;
	}
	so = ix_place_creates(w) && how && (p->mode & S_ISVTX) && S_ISREG(p->file_mode) &&
	     p->file_uid != p->uid && p->file_uid != w->as.uid &&
	     ((p->mode & 0002) || (how > 1 && (p->mode & 0020)));
	ix_reason_set(r, ix_so(so),
		      "fs.protected_regular is %d, %s has mode %04" PRIo32
		      " and uid %" PRIu32 ", the file has uid %" PRIu32
		      "; the caller (%s) has uid %" PRIu32 "; O_CREAT was %sgiven",
		      how, IX_SHM_DIR, p->mode & 07777, p->uid, p->file_uid, w->as.who,
		      w->as.uid, ix_place_creates(w) ? "" : "not ");
	if (so && ix_place_ref(w, ref, sizeof(ref)))
		(void)snprintf(r->fix, sizeof(r->fix),
			       "open it without O_CREAT, as it exists");
}

static void right_sticky(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_place *p;
	enum ix_so fowner;
	bool others;

	if (!ix_place_file(w, &p, r))
		return;
	if (!w->as.ids_known) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the ids of the caller are not known");
		return;
	}
	fowner = ix_as_capable_file(&w->as, CAP_FOWNER, p->file_uid, p->file_gid);
	others = (p->mode & S_ISVTX) && p->file_uid != w->as.uid && p->uid != w->as.uid;
	ix_reason_set(r, others ? right_not(fowner) : IX_SO_NOT,
		      "%s has mode %04" PRIo32 " and uid %" PRIu32
		      ", the file has uid %" PRIu32 "; the caller (%s) has uid %" PRIu32,
		      IX_SHM_DIR, p->mode & 07777, p->uid, p->file_uid, w->as.who,
		      w->as.uid);
	if (r->applies == IX_SO) {
		char ref[IPCX_REF_MAX + 16];

		if (ix_place_ref(w, ref, sizeof(ref)))
			ix_fix_command(r->fix, sizeof(r->fix), w->where,
				       "set %s --owner %" PRIu32, ref, w->as.uid);
	}
}

static void right_read_only(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_place *p;
	char where[32] = "";

	if (!ix_place_seen(w, &p, r))
		return;
	ix_reason_set(r, ix_so(p->read_only), "%s is mounted %s", IX_SHM_DIR,
		      p->read_only ? "read-only" : "for reading and writing");
	if (!p->read_only)
		return;
	if (p->remote && p->pid)
		(void)snprintf(where, sizeof(where), "-N %" PRId32 " ", p->pid);
	if (ix_place_may_mount(w))
		(void)snprintf(r->fix, sizeof(r->fix), "mount %s-o remount,rw %s", where,
			       IX_SHM_DIR);
	else
		(void)snprintf(r->fix, sizeof(r->fix),
			       "start the container with a writable tmpfs at %s",
			       IX_SHM_DIR);
}

void ix_posix_rights(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	switch ((unsigned)c->check) {
	case IX_POSIX_MODE:
		right_mode(w, r);
		return;
	case IX_POSIX_DIRECTORY:
		right_directory(w, r);
		return;
	case IX_POSIX_PROTECTED:
		right_protected(w, r);
		return;
	case IX_POSIX_STICKY:
		right_sticky(w, r);
		return;
	}
	right_read_only(w, r);
}
