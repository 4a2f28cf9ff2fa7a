/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why shm_open(3) and sem_open(3) and their unlink calls fail: names, as glibc makes
 * files of them, and whether there is such a file. */
#include "why/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "mech/posix.h"
#include "mech/posixchecks.h"
#include "why/fix.h"

/* ---- names */

static bool posix_of_sem(const struct ix_why *w)
{
	return w->call == IX_SEM_OPEN || w->call == IX_SEM_UNLINK;
}

static size_t posix_longest(const struct ix_why *w)
{
	return NAME_MAX - (posix_of_sem(w) ? IX_SEM_PREFIX_LEN : 0);
}

/*
 * All slashes at the beginning are skipped; none may follow. A name that is too long for
 * a file is ENAMETOOLONG, but one that is too long for glibc's own buffer is refused like
 * a wrong one.
 */
static unsigned posix_shape(const struct ix_why *w, const char *name)
{
	name += strspn(name, "/");
	if (!*name || strchr(name, '/'))
		return IX_POSIX_NAME;
	if (strlen(name) <= posix_longest(w))
		return 0;
	return posix_of_sem(w) && strlen(name) > NAME_MAX ? IX_POSIX_NAME : IX_POSIX_LONG;
}

static void posix_name(struct ix_why *w, unsigned check, struct ix_reason *r)
{
	const char *name = ix_place_name(w);
	char shown[300], better[300], quoted[1100];
	unsigned shape;

	if (!name) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: name= is not known");
		return;
	}
	(void)ix_place_shown(w, shown, sizeof(shown));
	shape = posix_shape(w, name);
	ix_reason_set(r, ix_so(shape == check), "the name is \"%s\", with %zu bytes",
		      shown, strlen(name));
	if (shape != check)
		return;
	name += strspn(name, "/");
	if (strlen(name) > posix_longest(w)) {
		(void)snprintf(r->fix, sizeof(r->fix),
			       "use a name of at most %zu bytes and a slash",
			       posix_longest(w));
		return;
	}
	(void)snprintf(better, sizeof(better), "/%s", *name ? name : "cache");
	for (char *p = better + 1; *p; p++)
		if (*p == '/')
			*p = '-';
	(void)snprintf(r->fix, sizeof(r->fix),
		       "use a name with one slash, at its beginning: %s",
		       ix_fix_quoted(quoted, sizeof(quoted), better));
}

/* ---- what is there */

static void posix_no_dir(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	const struct ix_place *p = ix_place(w);
	char where[32] = "";

	if (!p->error)
		ix_reason_set(r, IX_SO_NOT, "%s exists, with mode %04o", IX_SHM_DIR,
			      p->mode & 07777U);
	else if (p->error == c->error)
		ix_reason_set(r, IX_SO, "%s", p->text);
	else if (p->error == -ENOENT || p->error == -ENOTDIR)
		ix_reason_set(r, IX_SO_NOT, "%s", p->text);
	else
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s", p->text);
	if (r->applies != IX_SO)
		return;
	if (p->remote && p->pid)
		(void)snprintf(where, sizeof(where), "nsenter -t %d -m ", (int)p->pid);
	(void)snprintf(r->fix, sizeof(r->fix),
		       "%s%smkdir -m 1777 %s && %smount -t tmpfs -o mode=1777 shm %s",
		       where, p->error == -ENOTDIR ? "rm " IX_SHM_DIR " && " : "",
		       IX_SHM_DIR, where, IX_SHM_DIR);
}

static void posix_type(struct ix_why *w, mode_t type, struct ix_reason *r)
{
	const struct ix_place *p;
	bool so;

	if (!ix_place_file(w, &p, r))
		return;
	so = (p->file_mode & S_IFMT) == type;
	ix_reason_set(r, ix_so(so), "the file %s", ix_posix_what(p->file_mode));
	if (so)
		(void)snprintf(r->fix, sizeof(r->fix), "use another name");
}

/* A file is there, of whatever type. */
static void posix_exists(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_place *p = ix_place(w);

	if (!p->error && p->file[0] && p->file_error == 0)
		ix_place_exists(w, IX_SO, r);
	else if (!p->error && p->file[0] && p->file_error == -ENOENT)
		ix_place_exists(w, IX_SO_NOT, r);
	else
		(void)ix_place_file(w, &p, r);
}

/* A name that no file can have is not absent, nor elsewhere; and where there is no
 * directory, that is the reason. */
static bool posix_can_be(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_place *p = ix_place(w);
	const char *name = ix_place_name(w);

	if (p->error == -ENOENT || p->error == -ENOTDIR)
		ix_reason_set(r, IX_SO_NOT, "there is no directory %s", IX_SHM_DIR);
	else if (name && !p->file[0])
		ix_reason_set(r, IX_SO_NOT, "no file can have that name");
	else if (!p->error && name && p->file_error == 0)
		ix_reason_set(r, IX_SO_NOT, "the file exists");
	else
		return true;
	return false;
}

void ix_why_posix(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	switch ((unsigned)c->check) {
	case IX_POSIX_NAME:
	case IX_POSIX_LONG:
		posix_name(w, c->check, r);
		return;
	case IX_POSIX_IS_DIR:
		posix_type(w, S_IFDIR, r);
		return;
	case IX_POSIX_IS_LINK:
		posix_type(w, S_IFLNK, r);
		return;
	case IX_POSIX_NO_DIR:
		posix_no_dir(w, c, r);
		return;
	case IX_POSIX_ABSENT:
		if (posix_can_be(w, r))
			ix_place_absent(w, r);
		return;
	case IX_POSIX_ELSEWHERE:
		if (posix_can_be(w, r))
			ix_place_elsewhere(w, r);
		return;
	case IX_POSIX_EXISTS:
		posix_exists(w, r);
		return;
	case IX_POSIX_FDS:
		ix_place_fds(w, r);
		return;
	case IX_POSIX_SIGNAL:
		ix_place_tracer(w, r);
		return;
	case IX_POSIX_UNMAPPED:
		ix_place_unmapped(w, r);
		return;
	case IX_POSIX_MODE:
	case IX_POSIX_DIRECTORY:
	case IX_POSIX_PROTECTED:
	case IX_POSIX_STICKY:
	case IX_POSIX_READ_ONLY:
		ix_posix_rights(w, c, r);
		return;
	case IX_POSIX_VALUE:
	case IX_POSIX_ZERO:
	case IX_POSIX_SHORT:
	case IX_POSIX_OTHER_SIZE:
	case IX_POSIX_FULL_VALUE:
		ix_posix_sem(w, c, r);
		return;
	}
	ix_posix_room(w, c, r);
}
