/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts that several checks need: the object of the question, elsewhere, and limits. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/mech.h"
#include "query/fit.h"
#include "why/fix.h"
#include "why/why.h"

void ix_reason_set(struct ix_reason *r, enum ix_so applies, const char *fmt, ...)
{
	va_list ap;

	r->applies = applies;
	va_start(ap, fmt);
	(void)vsnprintf(r->evidence, sizeof(r->evidence), fmt, ap);
	va_end(ap);
}

unsigned ix_why_mech(const struct ix_why *w)
{
	for (unsigned m = 0; ix_mech(m); m++)
		for (const struct ix_cause *c = ix_mech(m)->causes; c && c->text[0]; c++)
			if (c->call == w->call && c->call != IX_CALL_NONE)
				return m;
	return IPCX_NO_MECH;
}

bool ix_why_ref(const struct ix_why *w, unsigned mech, struct ipcx_ref *ret_ref)
{
	const struct ix_args *a = &w->a;
	char text[sizeof(a->name) + 16];

	if (ix_args_has(a, IX_ARG_REF) && a->ref.mech == mech) {
		*ret_ref = a->ref;
		return true;
	}
	*ret_ref = (struct ipcx_ref){ .mech = mech, .by = IPCX_BY_ID };
	if (ix_args_has(a, IX_ARG_ID) && a->id >= 0 && a->id <= INT32_MAX) {
		ret_ref->id = (int32_t)a->id;
		return !ipcx_mech_has(mech, IPCX_F_NAME);
	}
	if (ix_args_has(a, IX_ARG_KEY) && a->key) {
		ret_ref->by = IPCX_BY_KEY;
		ret_ref->key = a->key;
		return ipcx_mech_has(mech, IPCX_F_KEY);
	}
	if (!ix_args_has(a, IX_ARG_NAME))
		return false;
	(void)snprintf(text, sizeof(text), "%s%s", a->name[0] == '/' ? "" : "/", a->name);
	return ipcx_mech_has(mech, IPCX_F_NAME) &&
	       ipcx_ref_parse(w->x, text, mech, ret_ref) == 0;
}

static int why_look(struct ix_why *w, const struct ipcx_ref *ref, bool all,
		    struct ipcx_table **ret_t, char *text, size_t size)
{
	struct ipcx_query q = { .size = sizeof(q), .refs = ref, .nrefs = 1 };
	const struct ipcx_note *note;
	int r;

	if (all)
		for (unsigned f = 0; f < ipcx_field_count(); f++)
			if (ipcx_mech_has(ref->mech, (enum ipcx_field)f) &&
			    ipcx_mech_cost(ref->mech, (enum ipcx_field)f) ==
				    IPCX_COST_COSTLY)
				ipcx_fieldset_add(&q.fields, (enum ipcx_field)f);
	r = ipcx_scan(w->x, &q, ret_t);
	if (r < 0) {
		(void)snprintf(text, size, "%s", ipcx_error(w->x));
		return r;
	}
	if (ipcx_table_rows(*ret_t))
		return 0;
	r = -ENOENT;
	for (size_t i = 0; (note = ipcx_table_note(*ret_t, i)); i++)
		if (note->kind != IPCX_NOTE_MISSING && note->kind != IPCX_NOTE_INFO) {
			r = note->error ? note->error : -EIO;
			(void)snprintf(text, size, "%s", note->text);
		}
	ipcx_table_free(*ret_t);
	*ret_t = NULL;
	return r;
}

const struct ipcx_table *ix_why_object(struct ix_why *w, bool all, int *ret_error)
{
	__typeof__(w->object[0]) *o = &w->object[all];
	struct ipcx_ref ref;

	if (!o->asked) {
		o->asked = true;
		o->error =
			ix_why_ref(w, ix_why_mech(w), &ref)
				? why_look(w, &ref, all, &o->t, o->text, sizeof(o->text))
				: -EDESTADDRREQ;
	}
	*ret_error = o->error;
	return o->t;
}

bool ix_why_number(const struct ipcx_table *t, size_t row, enum ipcx_field f,
		   uint64_t *ret_n)
{
	struct ipcx_value v;

	if (!t || ipcx_row_get(t, row, f, &v) < 0 || v.type == IPCX_TYPE_NONE)
		return false;
	*ret_n = v.as.u;
	return true;
}

const char *ix_why_word(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			struct ipcx_value *v)
{
	if (!t || ipcx_row_get(t, row, f, v) < 0 || v->type != IPCX_TYPE_STRING)
		return NULL;
	return ipcx_value_string(v);
}

int ix_why_elsewhere(struct ix_why *w, char *buf, size_t size, bool *ret_whole)
{
	struct ipcx_ns *all, *before = w->x->ns;
	struct ipcx_table *t = NULL;
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	struct ipcx_ref ref;
	uint64_t ns;
	int r;

	buf[0] = '\0';
	*ret_whole = false;
	if (!ix_why_ref(w, ix_why_mech(w), &ref))
		return -EDESTADDRREQ;
	r = ipcx_ns_open(w->x, "all", &all);
	if (r < 0)
		return r;
	q.refs = &ref;
	ipcx_use(w->x, all);
	r = ipcx_scan(w->x, &q, &t);
	ipcx_use(w->x, before);
	ipcx_ns_free(all);
	if (r < 0)
		return r;
	*ret_whole = ipcx_table_complete(t);
	r = (int)ipcx_table_rows(t);
	if (r > 0 && ix_why_number(t, 0, IPCX_F_NS, &ns))
		(void)snprintf(buf, size, "ipc:[%" PRIu64 "]", ns);
	ipcx_table_free(t);
	return r;
}
