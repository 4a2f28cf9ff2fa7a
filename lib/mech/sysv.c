/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding one System V object, and what the rows of all three mechanisms have in
 * common. */
#include "mech/sysv.h"

#include <errno.h>
#include <string.h>

#include "base/calls.h"
#include "base/num.h"

void ix_derive_sysv_ref(const struct ipcx_table *t, const struct ix_section *s,
			const void *row, struct ipcx_value *v)
{
	const struct ix_mech *m = ix_mech(s->mech);
	size_t len = strlen(m->info.name);

	(void)t;
	memcpy(v->private_text, m->info.name, len);
	v->private_text[len] = ':';
	*ix_put_i64(v->private_text + len + 1, ((const struct ix_sysv_row *)row)->id) =
		'\0';
	v->type = IPCX_TYPE_STRING;
	v->as.private_s = NULL;
}

void ix_derive_sysv_mode(const struct ipcx_table *t, const struct ix_section *s,
			 const void *row, struct ipcx_value *v)
{
	(void)t;
	(void)s;
	v->type = IPCX_TYPE_MODE;
	v->as.u = ((const struct ix_sysv_row *)row)->mode & 0777;
}

uint32_t ix_sysv_slot(int32_t id, unsigned bits)
{
	return (uint32_t)id & ((UINT32_C(1) << bits) - 1);
}

bool ix_sysv_gone(int r)
{
	return r == -EINVAL || r == -EIDRM;
}

void ix_derive_id_index(const struct ipcx_table *t, const struct ix_section *s,
			const void *row, struct ipcx_value *v)
{
	(void)s;
	if (!t->id_bits)
		return;
	v->type = IPCX_TYPE_UINT;
	v->as.u = ix_sysv_slot(((const struct ix_sysv_row *)row)->id, t->id_bits);
}

void ix_derive_id_seq(const struct ipcx_table *t, const struct ix_section *s,
		      const void *row, struct ipcx_value *v)
{
	(void)s;
	if (!t->id_bits)
		return;
	v->type = IPCX_TYPE_UINT;
	v->as.u = (uint32_t)((const struct ix_sysv_row *)row)->id >> t->id_bits;
}

void ix_sysv_perm(struct ix_sysv_row *row, int id, const struct ipc_perm *p)
{
	row->id = id;
	row->key = (uint32_t)p->__key;
	row->uid = p->uid;
	row->gid = p->gid;
	row->cuid = p->cuid;
	row->cgid = p->cgid;
	row->mode = p->mode;
}

bool ix_sysv_named_text(const struct ix_scan *s, const struct ix_sysv *v)
{
	for (size_t i = 0; i < v->ntext_only; i++)
		if (ipcx_fieldset_has(&s->want, v->text_only[i]))
			return true;
	return false;
}

bool ix_sysv_wants_text(const struct ix_scan *s, const struct ix_sysv *v)
{
	return v->text_first || ix_sysv_named_text(s, v);
}

struct ix_lacking ix_sysv_calls_lack(const struct ix_sysv *v)
{
	return (struct ix_lacking){ ipcx_fieldset_of(v->text_only, v->ntext_only), 0, 0 };
}

static int sysv_absent(int index, void *row)
{
	(void)index;
	(void)row;
	return -ENOSYS;
}

static void sysv_try(const void *v)
{
	(void)((const struct ix_sysv *)v)->stat_slot(-1, NULL);
}

struct ix_sysv ix_sysv_safe(const struct ix_sysv *v)
{
	struct ix_sysv safe = *v;

	safe.careful = ix_call_filtered();
	return safe;
}

int ix_sysv_look(struct ix_sysv *v, int slot, void *row)
{
	int r = v->careful ? v->stat_slot_own(slot, row) : -EACCES;

	if (r != -EACCES && r != -EPERM)
		return r;
	if (v->careful && !ix_call_survives(sysv_try, v))
		v->stat_slot = sysv_absent;
	v->careful = false;
	return v->stat_slot(slot, row);
}

int ix_sysv_stat(const struct ix_sysv *v, int id, void *row)
{
	static const unsigned bits[] = { 15, 24 }; /* without and with ipcmni_extend */
	int refused = v->stat_id(id, row);

	if (refused != -EACCES && refused != -EPERM)
		return MIN(refused, 0);
	for (size_t i = 0; i < ARRAY_SIZE(bits) && ix_call_survives(sysv_try, v); i++)
		if (v->stat_slot((int)ix_sysv_slot(id, bits[i]), row) == id)
			return 0;
	return refused;
}

int ix_sysv_id(const struct ix_sysv *v, const struct ipcx_ref *ref)
{
	if (ref->by == IPCX_BY_ID)
		return ref->id;
	return v->get(ref->key, NULL, 0);
}

/* No object has the id of the reference. Programs print keys as numbers, too, so it may
 * be a key: that costs one call to find out. */
static int sysv_missing(struct ix_scan *s, const struct ix_sysv *v,
			const struct ipcx_ref *ref)
{
	int id;

	if (ref->by != IPCX_BY_ID || ref->id <= 0 || s->many)
		return -ENOENT;
	id = v->get((uint32_t)ref->id, NULL, 0);
	if (id < 0 && id != -EACCES && id != -EPERM)
		return -ENOENT;
	return ix_hint(s->x,
		       ix_fail_plain_as(s->x, -ENOENT, true, "no such %s",
					ix_mech(ref->mech)->info.object),
		       IPCX_HINT_KEY, "", (uint32_t)ref->id);
}

int ix_sysv_find(struct ix_scan *s, const struct ix_sysv *v, const struct ipcx_ref *ref)
{
	int id = ix_sysv_id(v, ref), text = 0, r;
	struct ix_sysv_row *row;
	bool stopped = false;

	if (id < 0) /* EINVAL for a key does not mean that no object has that key */
		return id == -EIDRM ? -ENOENT : id;
	if (ix_sysv_wants_text(s, v)) {
		text = ix_sysv_text_until(s, v, 0, id, 0, &stopped);
		if (text > 0 || text == -ENOMEM || stopped)
			return MIN(text, 0);
	}
	row = ix_scan_row(s);
	if (!row)
		return -ENOMEM;
	r = ix_sysv_stat(v, id, row);
	if (ix_sysv_gone(r))
		return sysv_missing(s, v, ref);
	/* Not permitted, a kernel before 4.17, or a seccomp filter: /proc/sysvipc is
	 * readable for every user. */
	if (r < 0) {
		text = ix_sysv_text_until(s, v, 0, id, r, &stopped);
		return stopped ? text : text > 0 ? 0 : r;
	}
	s->source = ix_sysv_calls_lack(v);
	ix_lacks(s->t, row, &s->source);
	if (ix_sysv_wants_text(s, v))
		ix_sysv_text_only(s, v, text < 0 ? text : -ENODATA);
	r = ix_scan_keep(s);
	return r < 0 ? r : 0;
}
