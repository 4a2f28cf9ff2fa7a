/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why calls on POSIX message queues fail: names, permissions and attributes. glibc tests
 * for the first slash; the kernel gets the name without it (do_mq_open(), ipc/mqueue.c).
 */
#include "why/mq.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "core/limit.h"
#include "core/mech.h"
#include "mech/mqueue.h"
#include "mech/posixchecks.h"
#include "ns/run.h"
#include "why/fix.h"

/* ---- names */

/* What mq_open(3) does with a name. */
static unsigned mq_shape(const char *name)
{
	if (name[0] != '/')
		return IX_MQC_NO_SLASH;
	name++;
	if (!*name)
		return IX_MQC_BARE;
	if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return IX_MQC_SLASHES;
	return strlen(name) > NAME_MAX ? IX_MQC_LONG : 0;
}

static void mq_name(struct ix_why *w, unsigned check, struct ix_reason *r)
{
	const char *name = ix_place_name(w);
	char shown[300], better[300];
	unsigned shape;

	if (!name) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: name= is not known");
		return;
	}
	(void)ix_place_shown(w, shown, sizeof(shown));
	shape = mq_shape(name);
	ix_reason_set(r, ix_so(shape == check), "the name is \"%s\", with %zu bytes",
		      shown, strlen(name));
	if (shape != check)
		return;
	if (check == IX_MQC_LONG)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "use a name of at most %d bytes and a slash", NAME_MAX);
	else if (check == IX_MQC_BARE || !*name)
		(void)snprintf(
			r->fix, sizeof(r->fix),
			"use a name such as \"/jobs\": a slash and at least one byte");
	else {
		(void)snprintf(better, sizeof(better), "%s", name + strspn(name, "/."));
		for (char *p = better; *p; p++)
			if (*p == '/')
				*p = '-';
		ix_reason_fix_name(r, better[0] ? better : "jobs");
	}
}

void ix_reason_fix_name(struct ix_reason *r, const char *name)
{
	char quoted[1100];

	(void)snprintf(r->fix, sizeof(r->fix),
		       "use a name with one slash, at its beginning: /%s",
		       ix_fix_quoted(quoted, sizeof(quoted), name));
}

/* A name that no queue can have decides the call before anything else does. */
static bool mq_bad_name(const struct ix_why *w)
{
	const char *name = ix_place_name(w);

	return name && mq_shape(name);
}

/* ---- permissions */

static void mq_mode(struct ix_why *w, struct ix_reason *r)
{
	int error;
	const struct ipcx_table *t = ix_why_object(w, false, &error);
	uint64_t mode, uid, gid;
	uint32_t most, least = ix_place_access(w, &most);
	enum ix_so may, may_most;

	if (!t) {
		ix_mq_no_object(w, error, r);
		return;
	}
	if (!ix_why_number(t, 0, IPCX_F_MODE, &mode) ||
	    !ix_why_number(t, 0, IPCX_F_UID, &uid) ||
	    !ix_why_number(t, 0, IPCX_F_GID, &gid)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: no mounted directory shows its mode");
		return;
	}
	if (!least)
		least = 0400;
	may = ix_as_may_file(&w->as, (uint32_t)uid, (uint32_t)gid, (uint32_t)mode, least);
	may_most = ix_as_may_file(&w->as, (uint32_t)uid, (uint32_t)gid, (uint32_t)mode,
				  most);
	if (may == IX_SO_UNKNOWN || may_most == IX_SO_UNKNOWN || may != may_most)
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the queue has mode %04" PRIo64
			      " and uid %" PRIu64 "; %s",
			      mode, uid,
			      may != may_most && may != IX_SO_UNKNOWN &&
					      may_most != IX_SO_UNKNOWN
				      ? "for what it was opened is not known"
				      : "the rights of the caller are not known");
	else
		ix_reason_set(r, ix_so(may == IX_SO_NOT),
			      "the queue has mode %04" PRIo64 " and uid %" PRIu64
			      "; the caller (%s) has uid %" PRIu32,
			      mode, uid, w->as.who, w->as.uid);
	if (r->applies == IX_SO)
		ix_place_permit(w, (uint32_t)uid, (uint32_t)gid, (uint32_t)mode, most, r);
}

/* The root directory of the queues' file system. */
struct mq_dir {
	int error;
	uint32_t mode, uid, gid;
};

static int mq_dir_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	struct ix_scan s = { .x = x, .t = t };
	struct mq_dir *d = arg;
	struct stat st;

	while (ix_mech(s.mech) && ix_mech(s.mech)->causes != ix_mq_causes)
		s.mech++;
	d->error = ix_mqueue_dir(&s, &dir);
	if (d->error == 0 && fstat(dir.fd, &st) < 0)
		d->error = -errno;
	if (d->error == 0) {
		d->mode = st.st_mode;
		d->uid = st.st_uid;
		d->gid = st.st_gid;
	}
	return 0;
}

static int mq_dir(struct ix_why *w, struct mq_dir *ret_d)
{
	struct ipcx_table *t;
	int r = ix_table_new(&t);

	*ret_d = (struct mq_dir){ .error = 0 };
	if (r < 0)
		return r;
	r = ix_ns_run(w->x, &(struct ix_ns_call){ .run = mq_dir_there,
						  .arg = ret_d,
						  .out = ret_d,
						  .out_size = sizeof(*ret_d),
						  .t = t,
						  .looks = true });
	ipcx_table_free(t);
	return r < 0 ? r : ret_d->error;
}

/* Creating and removing need permission for the directory, as for files. */
static void mq_directory(struct ix_why *w, struct ix_reason *r)
{
	struct mq_dir d;
	enum ix_so may;
	int error;
	bool exists;

	if (mq_bad_name(w)) {
		ix_reason_set(r, IX_SO_NOT, "the name decides before");
		return;
	}
	exists = ix_why_object(w, false, &error) != NULL;
	if (w->call == IX_MQ_OPEN && exists) {
		ix_reason_set(r, IX_SO_NOT, "the queue exists: none is created");
		return;
	}
	if (w->call == IX_MQ_OPEN && ix_place_known(w) && !ix_place_creates(w)) {
		ix_reason_set(r, IX_SO_NOT, "without O_CREAT, none is created");
		return;
	}
	if (mq_dir(w, &d) < 0) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the directory of the queues: %s",
			      ix_errno_text(d.error));
		return;
	}
	may = ix_as_may_file(&w->as, d.uid, d.gid, d.mode, 0300);
	ix_reason_set(r, may == IX_SO_UNKNOWN ? may : ix_so(may == IX_SO_NOT),
		      "%sthe directory of the queues has mode %04" PRIo32
		      " and uid %" PRIu32,
		      may == IX_SO_UNKNOWN ? "cannot be told: " : "", d.mode & 07777,
		      d.uid);
	if (may == IX_SO_NOT)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "as its owner: chmod 1777 /dev/mqueue");
}

static void mq_sticky(struct ix_why *w, struct ix_reason *r)
{
	int error;
	const struct ipcx_table *t = ix_why_object(w, false, &error);
	char ref[IPCX_REF_MAX + 16];
	enum ix_so fowner;
	struct mq_dir d;
	uint64_t uid, gid = 0;
	bool others;

	if (!t) {
		ix_mq_no_object(w, error, r);
		return;
	}
	if (!ix_why_number(t, 0, IPCX_F_UID, &uid) || mq_dir(w, &d) < 0 ||
	    !w->as.ids_known) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s",
			      w->as.ids_known ? "its owner is not known"
					      : "the ids of the caller are not known");
		return;
	}
	(void)ix_why_number(t, 0, IPCX_F_GID, &gid);
	fowner = ix_as_capable_file(&w->as, CAP_FOWNER, (uint32_t)uid, (uint32_t)gid);
	others = (d.mode & S_ISVTX) && uid != w->as.uid && d.uid != w->as.uid;
	ix_reason_set(r,
		      !others               ? IX_SO_NOT
		      : fowner == IX_SO     ? IX_SO_NOT
		      : fowner == IX_SO_NOT ? IX_SO
					    : IX_SO_UNKNOWN,
		      "%sthe queue belongs to uid %" PRIu64
		      "; the caller (%s) has uid %" PRIu32
		      ", and the directory of the queues has mode %04" PRIo32,
		      others && fowner == IX_SO_UNKNOWN ? "cannot be told: " : "", uid,
		      w->as.who, w->as.uid, d.mode & 07777);
	if (r->applies == IX_SO && ix_place_ref(w, ref, sizeof(ref)))
		ix_fix_command(r->fix, sizeof(r->fix), w->where,
			       "set %s --owner %" PRIu32, ref, w->as.uid);
}

/* ---- other facts */

void ix_mq_no_object(struct ix_why *w, int error, struct ix_reason *r)
{
	char shown[300];

	(void)ix_place_shown(w, shown, sizeof(shown));
	if (error == -EDESTADDRREQ && !ix_place_name(w))
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: name= is not known");
	else if (error == -ENOENT || error == -EDESTADDRREQ)
		ix_reason_set(r, IX_SO_NOT, "there is no queue %s", shown);
	else
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s: %s", shown,
			      ix_errno_text(error));
}

static void mq_exists(struct ix_why *w, struct ix_reason *r)
{
	int error;

	if (ix_why_object(w, false, &error))
		ix_place_exists(w, IX_SO, r);
	else if (error == -ENOENT)
		ix_place_exists(w, IX_SO_NOT, r);
	else
		ix_mq_no_object(w, error, r);
}

/* The two bits of the access mode together are no mode. */
static void mq_access(struct ix_why *w, struct ix_reason *r)
{
	bool both = (w->a.flags & O_ACCMODE) == (O_WRONLY | O_RDWR);

	if (!ix_place_known(w)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: flags= is not known");
		return;
	}
	ix_reason_set(r, ix_so(both), "the access mode is %" PRIu64,
		      w->a.flags & O_ACCMODE);
	if (both)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "use one of O_RDONLY, O_WRONLY and O_RDWR");
}

void ix_why_mq(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	switch ((unsigned)c->check) {
	case IX_MQC_NO_SLASH:
	case IX_MQC_BARE:
	case IX_MQC_SLASHES:
	case IX_MQC_LONG:
		mq_name(w, c->check, r);
		return;
	case IX_MQC_ABSENT:
		ix_place_absent(w, r);
		return;
	case IX_MQC_ELSEWHERE:
		ix_place_elsewhere(w, r);
		return;
	case IX_MQC_EXISTS:
		mq_exists(w, r);
		return;
	case IX_MQC_MODE:
		mq_mode(w, r);
		return;
	case IX_MQC_DIRECTORY:
		mq_directory(w, r);
		return;
	case IX_MQC_STICKY:
		mq_sticky(w, r);
		return;
	case IX_MQC_ACCESS:
		mq_access(w, r);
		return;
	case IX_MQC_FDS:
		ix_place_fds(w, r);
		return;
	case IX_MQC_SIGNAL:
		ix_place_tracer(w, r);
		return;
	case IX_MQC_MAXMSG:
	case IX_MQC_MSGSIZE:
	case IX_MQC_PRODUCT:
	case IX_MQC_UNMAPPED:
	case IX_MQC_QUEUES:
		ix_mq_attributes(w, c->check, r);
		return;
	case IX_MQC_CHARGE:
		ix_mq_charge(w, r);
		return;
	}
	ix_mq_flow(w, c, r);
}
