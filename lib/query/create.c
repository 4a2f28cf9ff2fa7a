/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making objects: all or none, exclusively, and with words for what was in the way. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/esc.h"
#include "base/num.h"
#include "core/attr.h"
#include "core/columns.h"
#include "core/copyin.h"
#include "ns/ns.h"
#include "ns/there.h"
#include "query/fit.h"
#include "query/made.h"
#include "query/query.h"

static int refuse_attrs(struct ipcx *x, const struct ix_mech *m, uint64_t mask,
			const char *what)
{
	char names[200];

	ix_attr_names(mask, names, sizeof(names));
	return ix_fail_plain(x, -EINVAL, "%s: a %s %s %s", m->info.name, m->info.object,
			     what, names);
}

/* A name as every mechanism takes it: through the rules of references, so that what was
 * made can be named. */
static int check_name(struct ipcx *x, const struct ipcx_attrs *a,
		      struct ipcx_ref *ret_ref)
{
	const char *name = a->name && a->name[0] == '/' ? a->name + 1 : a->name;

	if (!name || !*name || strchr(name, '/') || strlen(name) > 255 ||
	    !strcmp(name, ".") || !strcmp(name, ".."))
		return ix_fail_plain(
			x, -EINVAL,
			"%s: a name is \"/\" and 1 to 255 bytes without another \"/\"",
			ix_mech(a->mech)->info.name);
	*ret_ref = (struct ipcx_ref){ .mech = a->mech, .by = IPCX_BY_NAME };
	(void)snprintf(ret_ref->name, sizeof(ret_ref->name), "/%s", name);
	return 0;
}

static int check_spec(struct ipcx *x, const struct ipcx_attrs *a)
{
	const struct ix_mech *m = ix_mech(a->mech);
	struct ipcx_ref ref;

	if (!m)
		return ix_fail_plain(x, -EINVAL, "no such mechanism");
	if (a->set & ~m->info.create)
		return refuse_attrs(x, m, a->set & ~m->info.create, "has no");
	if (m->info.require & ~a->set)
		return refuse_attrs(x, m, m->info.require & ~a->set, "needs");
	if ((a->set & IPCX_A_COUNT) && a->count != 1 &&
	    (a->set & (IPCX_A_NAME | IPCX_A_KEY | IPCX_A_ID | IPCX_A_FROM)))
		return ix_fail_plain(x, -EINVAL,
				     "%s: several at once cannot have the same %s",
				     m->info.name,
				     a->set & IPCX_A_NAME  ? "name"
				     : a->set & IPCX_A_KEY ? "key"
				     : a->set & IPCX_A_ID  ? "id"
							   : "contents");
	if ((a->set & IPCX_A_MODE) && a->mode > 0777)
		return ix_fail_plain(x, -EINVAL,
				     "mode 0%o: only the bits of 0777 can be set",
				     a->mode);
	if ((a->set & IPCX_A_UID && a->uid == (uid_t)-1) ||
	    (a->set & IPCX_A_GID && a->gid == (gid_t)-1))
		return ix_fail_plain(x, -EINVAL, "4294967295 is no user or group id");
	if ((a->set & IPCX_A_INIT) && (a->ninit == 0 || !a->init))
		return ix_fail_plain(x, -EINVAL, "%s: no initial values", m->info.name);
	if ((a->set & IPCX_A_HUGE) && (a->huge & (a->huge - 1)))
		return ix_fail_plain(x, -EINVAL,
				     "%s: a huge page has a power of two bytes",
				     m->info.name);
	if ((a->set & IPCX_A_KEY) && a->key == 0 && (a->set & IPCX_A_IF_MISSING))
		return ix_fail_plain(
			x, -EINVAL, "key 0 (IPC_PRIVATE) never names an existing object");
	return a->set & IPCX_A_NAME ? check_name(x, a, &ref) : 0;
}

/* The object that has the key or name already, as a table of one row. */
static int existing(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_table **ret_t)
{
	struct ipcx_ref ref = { .mech = a->mech, .by = IPCX_BY_KEY, .key = a->key };
	struct ipcx_query q = { .size = sizeof(q), .refs = &ref, .nrefs = 1 };
	struct ipcx_table *t;
	int r = 0;

	if (a->set & IPCX_A_NAME)
		r = check_name(x, a, &ref);
	if (r == 0)
		r = ipcx_scan(x, &q, &t);
	if (r < 0)
		return r;
	if (t->rows == 0) {
		ipcx_table_free(t);
		return -ENOENT;
	}
	*ret_t = t;
	return 0;
}

static const char *text_of(const struct ipcx_table *t, enum ipcx_field f,
			   struct ipcx_value *v)
{
	if (ipcx_row_get(t, 0, f, v) < 0 || v->type == IPCX_TYPE_NONE)
		return "?";
	if (v->type == IPCX_TYPE_STRING)
		return ipcx_value_string(v);
	(void)ipcx_value_format(&(struct ipcx_value){ .type = v->type, .as.u = v->as.u },
				v->private_text, sizeof(v->private_text));
	return v->private_text;
}

/* The first attribute in which the existing object is less than what was asked for; NULL
 * when it fits. */
static const struct ix_attr *misfit(const struct ipcx_table *t,
				    const struct ipcx_attrs *a, uint64_t *ret_has)
{
	const struct ix_attr *attr;
	struct ipcx_value v;

	for (unsigned i = 0; (attr = ix_attr(i)); i++) {
		if (!attr->fits || !(a->set & attr->bit))
			continue;
		if (ipcx_row_get(t, 0, attr->field, &v) < 0 || v.type == IPCX_TYPE_NONE)
			v.as.u = 0;
		if (v.as.u >= ix_attr_value(attr, a))
			continue;
		*ret_has = v.as.u;
		return attr;
	}
	return NULL;
}

/* What was asked for, as it was asked for: by key or by name. */
static void wanted_name(const struct ipcx_attrs *a, char *buf, size_t size)
{
	struct ipcx_ref ref = { .mech = a->mech, .by = IPCX_BY_KEY, .key = a->key };

	if (a->set & IPCX_A_NAME) {
		ref.by = IPCX_BY_NAME;
		(void)snprintf(ref.name, sizeof(ref.name), "%s%s",
			       a->name[0] == '/' ? "" : "/", a->name);
	}
	(void)ipcx_ref_format(&ref, buf, size);
}

static int already_there(struct ipcx *x, const struct ipcx_attrs *a,
			 const struct ipcx_table *t)
{
	struct ipcx_value ref, owner, mode;
	char wanted[IPCX_REF_MAX];
	uint64_t has;
	const struct ix_attr *attr = misfit(t, a, &has);

	wanted_name(a, wanted, sizeof(wanted));
	if (attr && (a->set & IPCX_A_IF_MISSING))
		return ix_fail_plain(x, -EEXIST,
				     "%s: cannot take the existing %s: its %s is %" PRIu64
				     ", less than %" PRIu64,
				     wanted, text_of(t, IPCX_F_REF, &ref), attr->name,
				     has, ix_attr_value(attr, a));
	(void)ix_fail_plain(x, -EEXIST,
			    "%s: cannot make it: %s exists, owner %s, mode %s", wanted,
			    text_of(t, IPCX_F_REF, &ref),
			    text_of(t, IPCX_F_OWNER, &owner),
			    text_of(t, IPCX_F_MODE, &mode));
	return attr ? -EEXIST : ix_hint(x, -EEXIST, IPCX_HINT_TAKE_EXISTING, "", 0);
}

/* -EEXIST: take what is there when it fits and that was allowed, else say whose it is. */
static int take_existing(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_table *t)
{
	struct ipcx_table *there;
	struct ipcx_ref ref;
	struct ipcx_value v;
	uint64_t has;
	int r = existing(x, a, &there);

	if (r < 0)
		return r == -ENOENT ? -EAGAIN : r; /* it went in between: try again */
	if (!(a->set & IPCX_A_IF_MISSING) || misfit(there, a, &has)) {
		r = already_there(x, a, there);
	} else {
		(void)ipcx_row_ref(there, 0, &ref);
		r = ix_made_keep(x, t, a, &ref, true);
		ix_table_note(t, IPCX_NOTE_INFO, a->mech, 0,
			      text_of(there, IPCX_F_REF, &v),
			      "existed already and is large enough: taken as it is");
	}
	ipcx_table_free(there);
	return r;
}

/* Words for a failed create: the mechanism's own, the limit in the way, its table of
 * errnos, the errno. */
static int explain(struct ipcx *x, const struct ipcx_attrs *a, uint64_t left, int r)
{
	const struct ix_mech *m = ix_mech(a->mech);
	struct ipcx_attrs rest = *a;
	struct ipcx_hint hint = { .subject = "" };
	const char *text;
	char why[512];

	if (x->error[0])
		return r;
	rest.set |= IPCX_A_COUNT;
	rest.count = left;
	/* A limit in the way is no wrong argument, though the kernel calls it one. */
	if (ix_explain(x, a->mech, &rest, r, why, sizeof(why), &hint) == 0) {
		r = ix_fail_plain(x, r == -EINVAL ? -ERANGE : r,
				  "%s: cannot make a %s: %s", m->info.name,
				  m->info.object, why);
		return ix_hint(x, r, hint.kind, hint.subject, hint.value);
	}
	text = ix_errtext(m->create_errors, r, a->set);
	r = ix_fail_plain_as(x, r, text && r == -EINVAL, "%s: cannot make a %s: %s",
			     m->info.name, m->info.object,
			     text ? text : ix_errno_text(r));
	return r == m->create_hint.error && text
		       ? ix_hint(x, r, m->create_hint.hint, "", 0)
		       : r;
}

/* One object of so many that are still to be made. */
static int make_one(struct ipcx *x, const struct ipcx_attrs *a, uint64_t left,
		    struct ipcx_table *t)
{
	const struct ix_mech *m = ix_mech(a->mech);
	struct ipcx_ref ref;
	int r;

	/* What exists now may be gone when it is looked at, and back when it is made:
	 * some tries, not for ever. */
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
			return explain(x, a, left, r);
		r = take_existing(x, a, t);
		if (r != -EAGAIN)
			return r;
	}
	return explain(x, a, left, -EEXIST);
}

/* Once for each mechanism, not for each object: of the sections from this one on. */
static void caution(struct ipcx *x, struct ipcx_table *t, size_t from)
{
	for (size_t i = from; i < t->nsections; i++) {
		const struct ix_mech *m = ix_mech(t->sections[i].mech);
		const char *text = m->caution ? m->caution(x) : NULL;

		if (text)
			ix_table_note(t, IPCX_NOTE_INFO, t->sections[i].mech, 0, "", "%s",
				      text);
	}
}

static int make_all(struct ipcx *x, const struct ipcx_attrs *specs, size_t n,
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

/* What is to be made, on its way to where. */
struct order {
	const struct ipcx_attrs *specs;
	size_t n;
};

static int make_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	const struct order *o = arg;
	size_t before = t->nsections;
	int r = make_all(x, o->specs, o->n, t);

	if (r == 0)
		caution(x, t, before);
	return r;
}

static bool is_mounted(const struct ipcx_attrs *a)
{
	return ix_mech(a->mech)->mounted;
}

/* The first, and how many more. */
static void wanted_names(const struct order *o, char *buf, size_t size)
{
	size_t len;

	wanted_name(&o->specs[0], buf, size);
	len = strlen(buf);
	if (o->n > 1)
		(void)snprintf(buf + len, size - len, " and %zu more", o->n - 1);
}

/* Where else what is made is seen. */
static int note_elsewhere(struct ipcx *x, struct ipcx_table *t)
{
	char target[256], shown[4 * sizeof(target)];
	int r = ix_there_elsewhere(x, false, target, sizeof(target));

	if (r <= 0 || x->ns->told_elsewhere)
		return MIN(r, 0);
	x->ns->told_elsewhere = true;
	(void)ix_escape(shown, sizeof(shown), target, IX_ESC_TEXT);
	ix_table_note(t, IPCX_NOTE_INFO, IPCX_NO_MECH, 0, "", IX_ELSEWHERE, shown);
	return 0;
}

/* In the order that was asked for. For objects that stand in /dev/shm somebody else's
 * rights may count: they are made by a process that has those alone. */
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
		r = mounted ? note_elsewhere(x, t) : 0;
		if (r == 0)
			r = ix_there(x, &(struct ix_errand){ .run = make_there,
							     .arg = &o,
							     .t = t,
							     .object = wanted,
							     .acts = true,
							     .mounted = mounted });
	}
	return r;
}

static int make(struct ipcx *x, const struct ipcx_attrs *specs, size_t n,
		struct ipcx_table *t)
{
	int r = make_in_runs(x, specs, n, t);

	/* Without words for what was made, it is not made. */
	if (r == 0 && t->starved)
		r = ix_fail_plain(x, -ENOMEM, "out of memory");
	if (r < 0)
		ix_made_undo(x, t);
	return r;
}

int ix_attrs_in(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_attrs *ret_a)
{
	return IX_COPY_IN(x, ipcx_attrs, IPCX_ATTRS_SIZE_0_1, a, ret_a);
}

/* All of them, whatever size they have in the program. */
static int take_specs(struct ipcx *x, const struct ipcx_attrs *specs, size_t n,
		      struct ipcx_attrs *ret_specs)
{
	int r = IX_COPY_IN_ALL(x, ipcx_attrs, IPCX_ATTRS_SIZE_0_1, specs, n, ret_specs);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = check_spec(x, &ret_specs[i]);
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
	r = make(x, own, n, t);
	return ix_table_hand(x, t, r, ret_table);
}
