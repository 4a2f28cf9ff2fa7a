/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When the last session of a user ends, systemd-logind removes the objects that belong to
 * the user (user_finalize(), clean_ipc_by_uid()): all but segments that are attached;
 * unless RemoveIPC= is no, loginctl(1) keeps the user, or the uid is a system user's.
 * Services that run as such a user lose what they use.
 */
#include "doctor/login.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/below.h"
#include "base/file.h"
#include "core/mech.h"
#include "doctor/logind.h"
#include "doctor/most.h"
#include "ns/run.h"
#include "why/why.h"

/* The uids of system users end before this one (SYSTEM_UID_MAX), and those in this range
 * are given to services for as long as they run (DynamicUser=): nobody logs in as one. */
#define LOGIN_FIRST   1000
#define LOGIN_DYNAMIC 61184
#define LOGIN_NOBODY  65534

/* What was found out about logind in a place. */
struct login_place {
	bool asked;
	uint8_t state; /* enum ix_logind */
	bool doubt;    /* no file says so, and the default is the distribution's */
	struct ix_logind_conf c;
	char kept[4096];    /* names of users, each with a NUL */
	char present[2048]; /* uids of users who are logged in, likewise */
};

static bool login_among(const char *names, size_t size, const char *name)
{
	const char *end = names + size;

	for (; names < end && *names; names += strlen(names) + 1)
		if (!strcmp(names, name))
			return true;
	return false;
}

/* Collect the names of a directory; those that do not fit are left out. */
static void login_names(int root, const char *path, char *buf, size_t size)
{
	const struct dirent *entry;
	int fd = ix_open_below(root, path, O_RDONLY | O_DIRECTORY, true);
	auto_dir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	size_t at = 0, len;

	memset(buf, 0, size);
	if (fd >= 0 && !d)
		(void)close(fd);
	while (d && ix_readdir(d, &entry) == 0 && entry) {
		len = strlen(entry->d_name) + 1;
		if (entry->d_name[0] == '.' || at + len >= size)
			continue;
		memcpy(buf + at, entry->d_name, len);
		at += len;
	}
}

/* Red Hat's systemd is compiled with RemoveIPC=no as the default. */
static bool login_red_hat(int root)
{
	char text[4096];
	auto_fd int fd =
		ix_open_below(root, "etc/os-release", O_RDONLY | O_NONBLOCK, true);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, "ID=", 3) || !strncmp(line, "ID_LIKE=", 8)) {
			size_t len = strcspn(line, "\n");

			if (memmem(line, len, "rhel", 4) ||
			    memmem(line, len, "centos", 6))
				return true;
		}
	}
	return false;
}

static int login_look(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	struct login_place *p = arg;
	int root;

	(void)t;
	/* One of the further /dev/shm of a namespace may be that of the system's. */
	if (p->asked && p->state != IX_LOGIND_NONE)
		return 0;
	p->asked = true;
	root = x->view.there || x->view.remote ? ix_viewfd(x) : ix_rootfd(x);
	if (root < 0)
		return 0;
	p->state = (uint8_t)ix_logind_state(root);
	if (p->state == IX_LOGIND_NONE)
		return 0;
	/* What cannot be read is as if it were not there: systemd logs it and goes on. */
	(void)ix_logind_conf_read(root, &p->c);
	if (!p->c.source[0] && login_red_hat(root))
		p->c.removes = false;
	login_names(root, "var/lib/systemd/linger", p->kept, sizeof(p->kept));
	login_names(root, "run/systemd/users", p->present, sizeof(p->present));
	return 0;
}

/* Whether logind would remove the objects of a section. */
static bool login_removes(const struct ix_section *s)
{
	static const char mechs[][IX_TEXT(6)] = { "shm", "sem",  "msg",
						  "mq",  "pshm", "psem" };

	for (unsigned i = 0; s->mech != IPCX_NO_MECH && i < ARRAY_SIZE(mechs); i++)
		if (!strcmp(ix_mech(s->mech)->info.name, mechs[i]))
			return true;
	return false;
}

/* Whether somebody would miss the object: not if all processes were seen, and none uses
 * it. Who uses a queue or an array is never known. */
static bool login_missed(const struct ix_doctor *d, const struct ipcx_table *t,
			 size_t row)
{
	const bool file = ix_doctor_number(t, row, IPCX_F_INODE, 0) != 0;
	uint64_t uid, nattch;
	size_t first;

	if (!ix_why_number(t, row, IPCX_F_UID, &uid) || uid < LOGIN_FIRST ||
	    uid == LOGIN_NOBODY || (uid >= LOGIN_DYNAMIC && uid < LOGIN_NOBODY + 2))
		return false;
	if (ix_why_number(t, row, IPCX_F_NATTCH, &nattch))
		return !nattch && ix_doctor_truth(t, row, IPCX_F_CREATOR_ALIVE);
	if (!file)
		return true;
	return ix_doctor_number(t, row, IPCX_F_LINKS, 1) &&
	       (ix_doctor_users_of(d, row, &first) || !ix_doctor_saw_all(d));
}

/* The objects of our own namespace, or of the one that was asked for. */
static int login_sum(struct ix_doctor *d, struct ix_most *m)
{
	const struct ipcx_table *t, *users;
	const struct ix_section *s;
	int r = ix_doctor_users(d, &users);

	if (r == 0)
		r = ix_doctor_objects(d, &t);
	for (size_t i = 0; r == 0 && i < t->nsections; i++) {
		uint64_t ns;

		s = &t->sections[i];
		if (!s->count || !login_removes(s))
			continue;
		if (d->all && ix_why_number(t, s->first, IPCX_F_NS, &ns) && ns != d->home)
			continue;
		for (size_t k = s->first; r == 0 && k < s->first + s->count; k++)
			if (login_missed(d, t, k))
				r = ix_most_add(m, t, k, 1);
	}
	return r == -ENOMEM ? ix_fail(d->x, r, "doctor") : r;
}

static int login_say(struct ix_doctor *d, const struct login_place *p,
		     const struct ix_most_user *u)
{
	char what[IX_DOCTOR_TEXT], evidence[IX_DOCTOR_TEXT], fix[IX_DOCTOR_TEXT];
	char owner[128], quoted[256], uid[16];
	struct ix_found f = { .finding = "removeipc",
			      .about = u->t,
			      .row = u->row,
			      .ref = owner,
			      .what = what,
			      .evidence = evidence,
			      .fix = fix };
	struct ipcx_value v;
	const char *name = ix_why_word(u->t, u->row, IPCX_F_OWNER, &v);
	bool here;

	/* Without a name, nobody logs in. */
	if (!name || !name[strspn(name, "0123456789")] ||
	    login_among(p->kept, sizeof(p->kept), name))
		return 0;
	(void)snprintf(uid, sizeof(uid), "%" PRIu32, u->uid);
	here = login_among(p->present, sizeof(p->present), uid);
	/* Most of what a user who is logged in has belongs to the session itself. */
	f.grade = here                                              ? IPCX_POSSIBLE
		  : p->state == IX_LOGIND_STARTED && p->c.source[0] ? IPCX_CERTAIN
								    : IPCX_LIKELY;
	ix_most_owner(u, owner, sizeof(owner));
	(void)snprintf(what, sizeof(what),
		       "systemd-logind removes the objects of %s when %s session of this "
		       "user ends",
		       owner, here ? "the last" : "the next");
	(void)snprintf(evidence, sizeof(evidence),
		       "%zu objects belong to uid %s, not a system user's; RemoveIPC is "
		       "yes (%s); systemd-logind %s; the user is %slogged in, and "
		       "loginctl does not keep this user",
		       u->count, uid,
		       p->c.source[0] ? p->c.source
				      : "the default: no file says otherwise",
		       p->state == IX_LOGIND_STARTED
			       ? "was started"
			       : "is installed, but was not started",
		       here ? "" : "not ");
	(void)snprintf(fix, sizeof(fix), "loginctl enable-linger %s",
		       ix_fix_quoted(quoted, sizeof(quoted), name));
	return ix_doctor_add(d, &f);
}

int ix_doctor_login(struct ix_doctor *d)
{
	auto_free struct login_place *p = calloc(1, sizeof(*p));
	struct ix_most m = { .by_user = true };
	int r = p ? 0 : ix_fail(d->x, -ENOMEM, "doctor");

	/* With all namespaces, only ours is looked at: users log in there. */
	if (r == 0 && d->x->ns && !d->all)
		r = ix_ns_run(d->x, &(struct ix_ns_call){ .run = login_look,
							  .arg = p,
							  .out = p,
							  .out_size = sizeof(*p),
							  .looks = true,
							  .parts = true });
	else if (r == 0)
		r = login_look(d->x, p, NULL);
	if (r == 0 && p->state != IX_LOGIND_NONE && p->c.removes) {
		r = login_sum(d, &m);
		if (r == 0)
			ix_most_group(&m);
		for (size_t i = 0; r == 0 && i < m.n; i++)
			r = login_say(d, p, &m.users[i]);
	}
	ix_most_free(&m);
	return r;
}
