/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Creating objects: exclusively, all or none, and with an error text that names the
 * obstacle. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/esc.h"
#include "base/num.h"
#include "core/attr.h"
#include "core/columns.h"
#include "core/copyin.h"
#include "core/kconfig.h"
#include "ns/ns.h"
#include "ns/run.h"
#include "query/existing.h"
#include "query/fit.h"
#include "query/made.h"
#include "query/query.h"

/* Set the error text of a failed create: the mechanism's own, or the limit that was hit,
 * or the mechanism's table of errnos, or the errno. */
static int create_explain(struct ipcx *x, const struct ipcx_attrs *a, uint64_t left,
			  int r)
{
	const struct ix_mech *m = ix_mech(a->mech);
	struct ipcx_attrs rest = *a;
	struct ipcx_hint hint = { .subject = "" };
	const char *text;
	char why[512];

	if (x->error[0])
		return r;
	/* The size is that of the contents' file, so the caller did not request it. */
	if (r == -EINVAL && (a->set & IX_A_EXACT) && a->bytes == 0)
		return ix_fail_plain_as(
			x, r, false,
			"%s: cannot make a %s: the contents are empty, but it needs at least 1 byte",
			m->info.name, m->info.object);
	rest.set |= IPCX_A_COUNT;
	rest.count = left;
	/* A limit that was hit is not an invalid argument, although the kernel returns
	 * EINVAL. */
	if (ix_explain(x, a->mech, &rest, r, why, sizeof(why), &hint) == 0) {
		r = ix_fail_plain(x, r == -EINVAL ? -ERANGE : r,
				  "%s: cannot make a %s: %s", m->info.name,
				  m->info.object, why);
		if (hint.kind == IPCX_HINT_NONE && r == m->create_hint.error)
			hint.kind = m->create_hint.hint;
		return ix_hint(x, r, hint.kind, hint.subject, hint.value);
	}
	text = r == -ENOSYS && ix_kconfig_lacks(x, m->kconfig, why, sizeof(why)) < 0
		       ? why
		       : ix_cause_text(m->causes, IX_FOR_CREATE, r, a->set);
	r = ix_fail_plain_as(x, r, text && r == -EINVAL, "%s: cannot make a %s: %s",
			     m->info.name, m->info.object,
			     text ? text : ix_errno_text(r));
	return r == m->create_hint.error && text
		       ? ix_hint(x, r, m->create_hint.hint, "", 0)
		       : r;
}

/* Create one object; "left" objects, including this one, are still to be created. */
static int make_one(struct ipcx *x, const struct ipcx_attrs *a, uint64_t left,
		    struct ipcx_table *t)
{
	const struct ix_mech *m = ix_mech(a->mech);
	struct ipcx_ref ref;
	int r;

	/* The object that exists may be gone when we look at it, and back on the next
	 * try: retry a few times. */
	for (int tries = 0; tries < 10; tries++) {
		x->error[0] = '\0';
		if (ix_made_ready(t, a) < 0)
			return ix_fail_plain(x, -ENOMEM, "out of memory");
		r = m->create(x, a, &ref);
		if (r >= 0) {
			ref.mech = a->mech;
			r = ix_made_keep(x, t, a, &ref, false);
			return r < 0 ? ix_made_forget(x, &ref) : 0;
		}
		if (r != -EEXIST || x->error[0])
			return create_explain(x, a, left, r);
		r = ix_take_existing(x, a, t);
		if (r != -EAGAIN)
			return r;
	}
	return create_explain(x, a, left, -EEXIST);
}

/* Add the cautions for the creator once per mechanism, not per object. */
static void create_caution(struct ipcx *x, struct ipcx_table *t,
			   const struct ipcx_attrs *specs, size_t n)
{
	uint64_t asked = 0;
	char text[512];

	for (size_t i = 0; i < n; i++) {
		const struct ix_mech *m = ix_mech(specs[i].mech);

		if ((asked & IPCX_MECH_BIT(specs[i].mech)) || !m->caution)
			continue;
		asked |= IPCX_MECH_BIT(specs[i].mech);
		if (m->caution(x, specs, n, text, sizeof(text)))
			ix_table_note(t, IPCX_NOTE_INFO, specs[i].mech, 0, "", "%s",
				      text);
	}
}

static int create_make_all(struct ipcx *x, const struct ipcx_attrs *specs, size_t n,
			   struct ipcx_table *t)
{
	for (size_t i = 0; i < n; i++) {
		const struct ipcx_attrs *a = &specs[i];
		uint64_t count = a->set & IPCX_A_COUNT ? a->count : 1;
		struct ipcx_attrs there;
		int r = ix_attrs_there(x, a, &there);

		for (uint64_t k = 0; r == 0 && k < count; k++)
			r = make_one(x, &there, count - k, t);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The arguments of make_there(). */
struct order {
	const struct ipcx_attrs *specs;
	size_t n;
};

static int make_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	const struct order *o = arg;
	int r = create_make_all(x, o->specs, o->n, t);

	if (r == 0)
		create_caution(x, t, o->specs, o->n);
	return r;
}

static bool is_mounted(const struct ipcx_attrs *a)
{
	return ix_mech(a->mech)->mounted;
}

/* Name the first object, and the number of further ones. */
static void wanted_names(const struct order *o, char *buf, size_t size)
{
	size_t len;

	ix_wanted_name(&o->specs[0], buf, size);
	len = strlen(buf);
	if (o->n > 1)
		(void)snprintf(buf + len, size - len, " and %zu more", o->n - 1);
}

/* Note where else the created objects are visible. */
static int create_note_elsewhere(struct ipcx *x, struct ipcx_table *t)
{
	char target[256], shown[4 * sizeof(target)];
	int r = ix_ns_run_elsewhere(x, false, target, sizeof(target));

	if (r <= 0 || x->ns->told_elsewhere)
		return MIN(r, 0);
	x->ns->told_elsewhere = true;
	(void)ix_escape(shown, sizeof(shown), target, IX_ESC_TEXT);
	ix_table_note(t, IPCX_NOTE_INFO, IPCX_NO_MECH, 0, "", IX_ELSEWHERE, shown);
	return 0;
}

/* Create the objects in the given order, in runs of /dev/shm objects and others: for
 * those in /dev/shm another user's rights may apply, and a process that has only these
 * rights creates them. */
static int make_in_runs(struct ipcx *x, const struct ipcx_attrs *specs, size_t n,
			struct ipcx_table *t)
{
	char wanted[IPCX_REF_MAX];
	struct order o;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i += o.n) {
		bool mounted = is_mounted(&specs[i]);

		o = (struct order){ .specs = &specs[i], .n = 1 };
		while (i + o.n < n && is_mounted(&specs[i + o.n]) == mounted)
			o.n++;
		wanted_names(&o, wanted, sizeof(wanted));
		r = mounted ? create_note_elsewhere(x, t) : 0;
		if (r == 0)
			r = ix_ns_run(x, &(struct ix_ns_call){ .run = make_there,
							       .arg = &o,
							       .t = t,
							       .object = wanted,
							       .acts = true,
							       .mounted = mounted });
	}
	return r;
}

static int create_make(struct ipcx *x, const struct ipcx_attrs *specs, size_t n,
		       struct ipcx_table *t)
{
	int r = make_in_runs(x, specs, n, t);

	/* If there is no memory for the rows of all created objects, remove the
	 * objects. */
	if (r == 0 && t->starved)
		r = ix_fail_plain(x, -ENOMEM, "out of memory");
	if (r < 0)
		ix_made_undo(x, t);
	return r;
}

/* If no size is given, use the size of the rest of the contents' file. */
static int create_take_size(struct ipcx *x, struct ipcx_attrs *a)
{
	const struct ix_mech *m = ix_mech(a->mech);
	struct stat st;
	off_t at;

	if (a->set & IPCX_A_SIZE)
		return 0;
	if (fstat(a->from, &st) < 0)
		return ix_fail(x, -errno, "%s: cannot read the contents", m->info.name);
	if (S_ISREG(st.st_mode) && st.st_size == 0 && !(m->info.require & IPCX_A_SIZE))
		return 0; /* may be a file of /proc, which have the size 0 */
	if (!S_ISREG(st.st_mode))
		return m->info.require & IPCX_A_SIZE
			       ? ix_fail_plain(
					 x, -EINVAL,
					 "%s: a size is needed: it cannot be determined from these contents",
					 m->info.name)
			       : 0;
	at = lseek(a->from, 0, SEEK_CUR);
	if (at < 0)
		return ix_fail(x, -errno, "%s: cannot read the contents", m->info.name);
	a->bytes = (uint64_t)(st.st_size - MIN(at, st.st_size));
	a->set |= IPCX_A_SIZE | IX_A_EXACT;
	return 0;
}

/* Copy and check all specs, whatever size the struct has in the program. */
static int take_specs(struct ipcx *x, const struct ipcx_attrs *specs, size_t n,
		      struct ipcx_attrs *ret_specs)
{
	int r = IX_COPY_IN_ALL(x, ipcx_attrs, IPCX_ATTRS_SIZE_0_1, specs, n, ret_specs);

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = ix_attrs_check(x, &ret_specs[i]);
		if (r == 0 && (ret_specs[i].set & IPCX_A_FROM))
			r = create_take_size(x, &ret_specs[i]);
	}
	return r;
}

int ipcx_create(struct ipcx *x, const struct ipcx_attrs *specs, size_t n,
		struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	auto_free struct ipcx_attrs *own = NULL;
	struct ipcx_table *t;
	int r;

	own = calloc(n ? n : 1, sizeof(*own));
	if (!own)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	r = take_specs(x, specs, n, own);
	if (r < 0)
		return r;
	r = ix_table_new(&t);
	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	r = create_make(x, own, n, t);
	return ix_table_hand(x, t, r, ret_table);
}
