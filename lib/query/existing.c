/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An object to be created exists already: report its owner, or use it if it fits. */
#include "query/existing.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/num.h"
#include "core/attr.h"
#include "core/columns.h"
#include "query/made.h"
#include "query/query.h"

/* Report why the existing file is not an object of this mechanism, or cannot be
 * inspected. Returns -EAGAIN if it is gone. */
static int existing_is_none(struct ipcx *x, const struct ipcx_attrs *a,
			    const struct ipcx_table *t)
{
	const struct ipcx_note *n;
	char wanted[IPCX_REF_MAX], why[sizeof(x->error)];

	for (size_t i = 0; (n = ipcx_table_note(t, i)) != NULL; i++)
		if (n->kind == IPCX_NOTE_MISSING || n->kind == IPCX_NOTE_FAILED ||
		    n->kind == IPCX_NOTE_UNAVAILABLE)
			break;
	if (!n || (n->kind == IPCX_NOTE_MISSING && !x->error[0]))
		return -EAGAIN;
	(void)snprintf(why, sizeof(why), "%s", n->text);
	ix_wanted_name(a, wanted, sizeof(wanted));
	if (n->kind == IPCX_NOTE_MISSING)
		return ix_fail_plain(x, -EEXIST,
				     "%s: cannot make it: the file with that name %s",
				     wanted, why);
	return ix_fail_plain(x, n->error ? n->error : -EEXIST,
			     "%s: cannot make it: it exists, and cannot be looked at: %s",
			     wanted, why);
}

/* Read the object that has the key or name, as a table of one row. Returns -EAGAIN if it
 * is gone. */
static int existing(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_table **ret_t)
{
	struct ipcx_ref ref = { .mech = a->mech, .by = IPCX_BY_KEY, .key = a->key };
	struct ipcx_query q = { .size = sizeof(q), .refs = &ref, .nrefs = 1 };
	struct ipcx_table *t;
	int r = 0;

	if (a->set & IPCX_A_NAME)
		r = ix_check_name(x, a, &ref);
	x->error[0] = '\0';
	if (r < 0)
		return r;
	r = ipcx_scan(x, &q, &t);
	if (r < 0)
		return r;
	if (t->rows == 0) {
		r = existing_is_none(x, a, t);
		ipcx_table_free(t);
		return r;
	}
	*ret_t = t;
	return 0;
}

static const char *existing_text_of(const struct ipcx_table *t, enum ipcx_field f,
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

/* Return the first attribute that is smaller in the existing object than requested, or is
 * unknown (type NONE); NULL if the object fits. */
static const struct ix_attr *misfit(const struct ipcx_table *t,
				    const struct ipcx_attrs *a,
				    struct ipcx_value *ret_has)
{
	const struct ix_attr *attr;
	struct ipcx_value v;

	for (unsigned i = 0; (attr = ix_attr(i)); i++) {
		if (!attr->fits || !(a->set & attr->bit))
			continue;
		if (ipcx_row_get(t, 0, attr->field, &v) < 0)
			v.type = IPCX_TYPE_NONE;
		if (v.type != IPCX_TYPE_NONE && v.as.u >= ix_attr_value(attr, a))
			continue;
		*ret_has = v;
		return attr;
	}
	return NULL;
}

/* Format the reference under which the object was requested: by key or by name. */
void ix_wanted_name(const struct ipcx_attrs *a, char *buf, size_t size)
{
	struct ipcx_ref ref = { .mech = a->mech, .by = IPCX_BY_KEY, .key = a->key };

	if (a->set & IPCX_A_NAME) {
		ref.by = IPCX_BY_NAME;
		(void)snprintf(ref.name, sizeof(ref.name), "%s%s",
			       a->name[0] == '/' ? "" : "/", a->name);
	}
	(void)ipcx_ref_format(&ref, buf, size);
}

/* Report the attribute that is smaller than requested. */
static int too_small(struct ipcx *x, const struct ipcx_attrs *a,
		     const struct ipcx_table *t, const struct ix_attr *attr,
		     const struct ipcx_value *has)
{
	char wanted[IPCX_REF_MAX];
	struct ipcx_value ref;

	ix_wanted_name(a, wanted, sizeof(wanted));
	if (has->type == IPCX_TYPE_NONE)
		return ix_fail_plain(
			x, -EEXIST,
			"%s: cannot use the existing %s: whether its %s is at least %" PRIu64
			" cannot be read",
			wanted, existing_text_of(t, IPCX_F_REF, &ref), attr->name,
			ix_attr_value(attr, a));
	return ix_fail_plain(x, -EEXIST,
			     "%s: cannot use the existing %s: its %s is %" PRIu64
			     ", less than %" PRIu64,
			     wanted, existing_text_of(t, IPCX_F_REF, &ref), attr->name,
			     has->as.u, ix_attr_value(attr, a));
}

/* List what was compared: " with nsems 5". */
static void existing_compared(const struct ipcx_table *t, const struct ipcx_attrs *a,
			      char *buf, size_t size)
{
	const struct ix_attr *attr;
	struct ipcx_value v;
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; (attr = ix_attr(i)) != NULL && len < size; i++)
		if (attr->fits && (a->set & attr->bit))
			len += (size_t)snprintf(buf + len, size - len, "%s%s %s",
						len ? ", " : " with ", attr->name,
						existing_text_of(t, attr->field, &v));
}

static int may_not_use(struct ipcx *x, const struct ipcx_attrs *a,
		       const struct ipcx_table *t, int error)
{
	struct ipcx_value ref, owner, mode;
	char wanted[IPCX_REF_MAX], as[IPCX_REF_MAX + 8] = "";

	ix_wanted_name(a, wanted, sizeof(wanted));
	if (strcmp(existing_text_of(t, IPCX_F_REF, &ref), wanted) != 0)
		(void)snprintf(as, sizeof(as), " as %s",
			       existing_text_of(t, IPCX_F_REF, &ref));
	if (error != -EACCES && error != -EPERM)
		return ix_fail(x, error, "%s: exists%s, and cannot be used", wanted, as);
	return ix_fail_plain(x, error,
			     "%s: exists%s, but you may not use it with mode 0%o: owner "
			     "%s, mode %s",
			     wanted, as, a->set & IPCX_A_MODE ? a->mode : 0600U,
			     existing_text_of(t, IPCX_F_OWNER, &owner),
			     existing_text_of(t, IPCX_F_MODE, &mode));
}

/*
 * Decide whether an existing object can be used: the caller must have the permissions of
 * the requested mode, the object must be large enough, and it must be possible to give it
 * whatever else is requested; if "now" is set, this is done. Returns the same values as
 * struct ix_mech.complete. Permissions are checked first, as the size of an object that
 * may not be used may be hidden.
 */
static int existing_judge(struct ipcx *x, const struct ipcx_attrs *a,
			  const struct ipcx_table *there, const struct ipcx_ref *ref,
			  bool now, char *did, size_t size)
{
	const struct ix_mech *m = ix_mech(a->mech);
	const struct ix_attr *attr;
	struct ipcx_value has;
	int r;

	x->error[0] = '\0';
	r = m->may_use ? m->may_use(x, a, ref) : 0;
	if (r == -EAGAIN || (r < 0 && x->error[0]))
		return r;
	if (r < 0)
		return may_not_use(x, a, there, r);
	attr = misfit(there, a, &has);
	if (attr)
		return too_small(x, a, there, attr, &has);
	return m->complete ? m->complete(x, a, ref, now, did, size) : 0;
}

static int existing_take(struct ipcx *x, const struct ipcx_attrs *a,
			 const struct ipcx_table *there, struct ipcx_table *t)
{
	struct ipcx_value v;
	struct ipcx_ref ref;
	char sizes[128], did[128];
	int r;

	(void)ipcx_row_ref(there, 0, &ref);
	r = existing_judge(x, a, there, &ref, true, did, sizeof(did));
	if (r < 0)
		return r;
	existing_compared(there, a, sizes, sizeof(sizes));
	ix_table_note(t, IPCX_NOTE_INFO, a->mech, 0,
		      existing_text_of(there, IPCX_F_REF, &v),
		      "existed already%s: taken%s%s", sizes, r ? ", and " : " as it is",
		      r ? did : "");
	return ix_made_keep(x, t, a, &ref, true);
}

static int already_there(struct ipcx *x, const struct ipcx_attrs *a,
			 const struct ipcx_table *there)
{
	struct ipcx_value text, owner, mode;
	char wanted[IPCX_REF_MAX], did[128];
	struct ipcx_ref ref;
	int r;

	(void)ipcx_row_ref(there, 0, &ref);
	r = existing_judge(x, a, there, &ref, false, did, sizeof(did));
	if (r == -EAGAIN)
		return r;
	ix_wanted_name(a, wanted, sizeof(wanted));
	(void)ix_fail_plain(x, -EEXIST,
			    "%s: cannot make it: %s exists, owner %s, mode %s", wanted,
			    existing_text_of(there, IPCX_F_REF, &text),
			    existing_text_of(there, IPCX_F_OWNER, &owner),
			    existing_text_of(there, IPCX_F_MODE, &mode));
	return r < 0 ? -EEXIST : ix_hint(x, -EEXIST, IPCX_HINT_TAKE_EXISTING, "", 0);
}

int ix_take_existing(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_table *t)
{
	struct ipcx_table *there = NULL;
	int r = existing(x, a, &there);

	if (r < 0)
		return r;
	r = a->set & IPCX_A_IF_MISSING ? existing_take(x, a, there, t)
				       : already_there(x, a, there);
	ipcx_table_free(there);
	return r;
}
