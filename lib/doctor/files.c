/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared memory and semaphores of POSIX that nobody uses. That is known only if every
 * process was seen. Whether they are garbage is another question: programs may keep such
 * files, so that only a name that is known makes it likely. Files of one user whose names
 * begin with the same letters are one finding.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/older.h"
#include "core/mech.h"
#include "doctor/doctor.h"
#include "doctor/names.h"

/* How many letters at the beginning of names are compared. */
#define FILES_PREFIX 24

struct file {
	size_t row, section;
	uint64_t uid, age, bytes;
	const struct ix_known *known;
	uint32_t pid; /* of the maker, which has ended; or 0 */
	char prefix[FILES_PREFIX];
};

struct files {
	struct ix_doctor *d;
	struct ix_buf all;
	/* The group that is being told. */
	const struct file *first;
	size_t n;
	/* Our own /dev/shm; 0: unknown. */
	uint64_t home_dev, home_ino;
	bool several; /* of the section of the group: files_several() */
};

static void files_prefix(const char *name, char *prefix)
{
	size_t n = 0;

	name += *name == '/';
	while (n + 1 < FILES_PREFIX &&
	       ((name[n] >= 'a' && name[n] <= 'z') || (name[n] >= 'A' && name[n] <= 'Z')))
		n++;
	(void)snprintf(prefix, FILES_PREFIX, "%.*s", (int)n, name);
}

/* Whether the process with a number that a name holds runs: then it may still want the
 * file. The number counts in our own namespaces only. */
static bool files_maker_runs(const struct ix_doctor *d, uint32_t pid)
{
	char path[16];
	int proc = ix_procfd(d->x);

	(void)snprintf(path, sizeof(path), "%" PRIu32, pid);
	return proc < 0 || ix_access(proc, path, F_OK, 0) != -ENOENT;
}

/* Whether nobody uses an object, and nobody has changed it for long. */
static bool files_unused(const struct ix_doctor *d, size_t row)
{
	size_t first;

	return !ix_doctor_users_of(d, row, &first) &&
	       ix_doctor_number(d->objects, row, IPCX_F_AGE, 0) >= d->idle_s;
}

static int files_look(struct files *f, size_t section, size_t row, bool sem)
{
	struct ix_doctor *d = f->d;
	struct file one = { .row = row, .section = section };
	struct ipcx_value v;
	const char *name = ix_doctor_word(d->objects, row, IPCX_F_NAME, &v);
	bool still;
	int r;

	if (!*name || !files_unused(d, row))
		return 0;
	one.known = ix_doctor_known(name, sem, &one.pid);
	if (one.known && one.known->left == IX_LEFT_STAYS)
		return 0;
	if (one.pid && !d->x->ns && files_maker_runs(d, one.pid))
		return 0;
	r = ix_doctor_still(d, row, &still);
	if (r < 0 || !still)
		return r;
	one.uid = ix_doctor_number(d->objects, row, IPCX_F_UID, UINT64_MAX);
	one.age = ix_doctor_number(d->objects, row, IPCX_F_AGE, 0);
	one.bytes = ix_doctor_number(d->objects, row, IPCX_F_ALLOCATED, 0);
	files_prefix(name, one.prefix);
	return ix_buf_add(&f->all, &one, sizeof(one));
}

/* ---- groups */

static int files_group_order(const void *a, const void *b)
{
	const struct file *l = a, *r = b;
	int order;

	if (l->section != r->section)
		return l->section < r->section ? -1 : 1;
	if (l->uid != r->uid)
		return l->uid < r->uid ? -1 : 1;
	order = strcmp(l->prefix, r->prefix);
	if (order)
		return order;
	if (l->known != r->known)
		return (uintptr_t)l->known < (uintptr_t)r->known ? -1 : 1;
	return l->row < r->row ? -1 : l->row > r->row;
}

static bool files_same(const struct file *l, const struct file *r)
{
	return l->section == r->section && l->uid == r->uid &&
	       !strcmp(l->prefix, r->prefix);
}

/* Whether all files of a group are of one known program; its entry, or NULL. */
static const struct ix_known *files_program(const struct files *f)
{
	for (size_t i = 1; i < f->n; i++)
		if (f->first[i].known != f->first->known)
			return NULL;
	return f->first->known;
}

/* Whether other files have names like those of a group, in the same directory, which a
 * condition on names would not tell from them: these are meant to stay. */
static bool files_stay(const struct files *f)
{
	const struct ipcx_table *t = f->d->objects;
	const struct ix_section *s = &t->sections[f->first->section];
	bool sem = s->mech == ix_doctor_mech("psem");

	for (size_t row = s->first; row < s->first + s->count; row++) {
		char prefix[FILES_PREFIX];
		struct ipcx_value v;
		const char *name = ix_doctor_word(t, row, IPCX_F_NAME, &v);
		const struct ix_known *known;
		uint32_t pid;

		files_prefix(name, prefix);
		if (strcmp(prefix, f->first->prefix) != 0)
			continue;
		known = ix_doctor_known(name, sem, &pid);
		if ((known && known->left == IX_LEFT_STAYS) || (pid && !f->d->x->ns))
			return true;
	}
	return false;
}

/* Whether the namespace of a group has several /dev/shm: its name is not enough to find
 * this one, and in another one the same names may be in use. */
static bool files_several(const struct files *f)
{
	const struct ipcx_table *t = f->d->objects;
	const struct ix_section *of = &t->sections[f->first->section], *s;
	uint64_t ns = ix_doctor_number(t, of->first, IPCX_F_NS, 0);

	for (size_t i = 0; f->d->all && i < t->nsections; i++) {
		s = &t->sections[i];
		if (s->mech == of->mech && s->count &&
		    (s->dev != of->dev || s->ino != of->ino) &&
		    ix_doctor_number(t, s->first, IPCX_F_NS, 0) == ns)
			return true;
	}
	return f->d->all && ns == f->d->home && f->home_dev &&
	       (of->dev != f->home_dev || of->ino != f->home_ino);
}

static void files_command(const struct files *f, char *buf, size_t size)
{
	const struct ipcx_table *t = f->d->objects;
	char where[IX_DOCTOR_TEXT], quoted[2 * IPCX_REF_MAX];
	const char *ns = ix_doctor_where(f->d, t, f->first->row, where, sizeof(where));
	const char *mech = ix_mech(t->sections[f->first->section].mech)->info.name;
	struct ipcx_value v;

	if (f->n == 1)
		ix_fix_command(buf, size, ns, "rm %s -w 'user_count == 0'",
			       ix_fix_quoted(quoted, sizeof(quoted),
					     ix_doctor_word(t, f->first->row, IPCX_F_REF,
							    &v)));
	else
		ix_fix_command(buf, size, ns,
			       "%s %s -w 'user_count == 0 && uid == %" PRIu64
			       " && age >= %" PRIu64 " && name =~ \"^/%s%s\"'",
			       files_stay(f) ? "ls" : "rm", mech, f->first->uid,
			       f->d->idle_s, f->first->prefix,
			       strlen(f->first->prefix) + 1 < FILES_PREFIX
				       ? "([^a-zA-Z]|$)"
				       : "");
}

static void files_fix(const struct files *f, char *buf, size_t size)
{
	char command[IX_DOCTOR_TEXT - 64];

	files_command(f, command, sizeof(command));
	if (command[0] && f->several)
		(void)snprintf(buf, size,
			       "in the mount namespace that has this /dev/shm: %s",
			       command);
	else
		(void)snprintf(buf, size, "%s", command);
}

static int files_tell(const struct files *f)
{
	const struct ipcx_table *t = f->d->objects;
	const struct ix_known *known = files_program(f);
	char what[200], evidence[480], fix[IX_DOCTOR_TEXT], bytes[32], span[32];
	const char *object = ix_mech(t->sections[f->first->section].mech)->info.object;
	uint64_t sum = 0, age = UINT64_MAX;
	struct ipcx_value owner;

	for (size_t i = 0; i < f->n; i++) {
		sum += f->first[i].bytes;
		age = MIN(age, f->first[i].age);
	}
	if (f->n == 1)
		(void)snprintf(what, sizeof(what), "nobody uses this %s", object);
	else
		(void)snprintf(what, sizeof(what), "nobody uses %zu %ss of %s named %s…",
			       f->n, object,
			       ix_doctor_word(t, f->first->row, IPCX_F_OWNER, &owner),
			       f->first->prefix[0] ? f->first->prefix : "0");
	(void)snprintf(
		evidence, sizeof(evidence),
		"no process has %s mapped or open, unchanged for %s%s, %s of memory",
		f->n == 1 ? "it" : "them", ix_doctor_span(age, span, sizeof(span)),
		f->n == 1 ? "" : " or longer",
		ix_doctor_bytes(sum, bytes, sizeof(bytes)));
	if (f->n == 1 && f->first->pid)
		(void)snprintf(evidence + strlen(evidence),
			       sizeof(evidence) - strlen(evidence),
			       "; process %" PRIu32 " that its name tells has ended",
			       f->first->pid);
	if (known)
		(void)snprintf(evidence + strlen(evidence),
			       sizeof(evidence) - strlen(evidence),
			       "; such names are given by %s%s%s", known->program,
			       known->what[0] ? ": " : "", known->what);
	files_fix(f, fix, sizeof(fix));
	return ix_doctor_add(f->d, &(struct ix_found){
					   .finding = "unused",
					   .grade = known && known->left == IX_LEFT_OVER
							    ? IPCX_LIKELY
							    : IPCX_POSSIBLE,
					   .about = t,
					   .row = f->first->row,
					   .what = what,
					   .evidence = evidence,
					   .fix = fix,
					   .count = f->n,
					   .bytes = sum });
}

static int files_groups(struct files *f)
{
	struct file *all = (void *)f->all.data;
	size_t n = f->all.len / sizeof(*all);
	int r = 0;

	if (n)
		qsort(all, n, sizeof(*all), files_group_order);
	for (size_t i = 0; r == 0 && i < n; i += f->n) {
		bool again = i && f->first->section == all[i].section;

		f->first = &all[i];
		if (!again)
			f->several = files_several(f);
		for (f->n = 1; i + f->n < n && files_same(&all[i], &all[i + f->n]);)
			f->n++;
		r = files_tell(f);
	}
	return r;
}

int ix_doctor_files(struct ix_doctor *d)
{
	const unsigned pshm = ix_doctor_mech("pshm"), psem = ix_doctor_mech("psem");
	struct files f = { .d = d };
	struct stat st;
	const struct ipcx_table *t, *users;
	int r = ix_doctor_objects(d, &t);

	if (r == 0)
		r = ix_doctor_users(d, &users);
	if (r < 0 || !ix_doctor_saw_all(d))
		return r;
	for (size_t i = 0; r == 0 && i < t->nsections; i++) {
		const struct ix_section *s = &t->sections[i];

		if (s->mech != pshm && s->mech != psem)
			continue;
		for (size_t row = s->first; r == 0 && row < s->first + s->count; row++)
			r = files_look(&f, i, row, s->mech == psem);
	}
	if (r == 0 && stat("/dev/shm", &st) == 0) {
		f.home_dev = st.st_dev;
		f.home_ino = st.st_ino;
	}
	if (r == 0)
		r = files_groups(&f);
	ix_buf_free(&f.all);
	return r;
}
