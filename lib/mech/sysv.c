/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Listing System V objects by system calls, finding one, choosing between the two sources.
 *
 * *_STAT_ANY (Linux 4.17) over the index range costs a quarter of reading /proc/sysvipc,
 * needs no read permission and does not take the namespace's lock; the text knows rss and
 * swap, and works where STAT_ANY does not.
 */
#include "mech/sysv.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/num.h"

/* Holes in the index range cost a call each; with so many of them the text is cheaper
 * (ipcmni_extend: 16 M slots). */
#define MANY_MISSES 100000
#define MISS_RATIO  8

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

static uint32_t slot_of(int32_t id, unsigned bits)
{
	return (uint32_t)id & ((UINT32_C(1) << bits) - 1);
}

void ix_derive_id_index(const struct ipcx_table *t, const struct ix_section *s,
			const void *row, struct ipcx_value *v)
{
	(void)s;
	if (!t->id_bits)
		return;
	v->type = IPCX_TYPE_UINT;
	v->as.u = slot_of(((const struct ix_sysv_row *)row)->id, t->id_bits);
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

/* Whether a field is wanted that only the text has. */
static bool wants_text(const struct ix_scan *s, const struct ix_sysv *v)
{
	for (size_t i = 0; i < v->ntext_only; i++)
		if (ipcx_fieldset_has(&s->want, v->text_only[i]))
			return true;
	return false;
}

/* The rows that follow come from calls. */
static void use_calls(struct ix_scan *s, const struct ix_sysv *v)
{
	s->source = (struct ix_lacking){ ipcx_fieldset_of(v->text_only, v->ntext_only), 0,
					 0 };
}

static bool is_gone(int r)
{
	return r == -EINVAL || r == -EIDRM;
}

/* One slot: 1 there was an object, 0 a hole, -errno. */
static int one_slot(struct ix_scan *s, const struct ix_sysv *v, int index,
		    uint64_t *denied)
{
	struct ix_sysv_row *row = ix_scan_row(s);
	int id;

	if (!row)
		return -ENOMEM;
	id = v->stat_slot(index, row);
	if (is_gone(id))
		return 0;
	if (id == -EACCES || id == -EPERM) {
		(*denied)++; /* a security module's word */
		return 1;
	}
	if (id < 0)
		return id;
	ix_lacks(s->t, row, &s->source);
	id = ix_scan_keep(s);
	return id < 0 ? id : 1;
}

/* All slots upwards. Answers 0, -EAGAIN when the text should go on from *ret_next, or
 * -errno. */
static int by_calls(struct ix_scan *s, const struct ix_sysv *v, uint64_t *ret_next)
{
	uint64_t hits = 0, misses = 0, denied = 0, kept = s->t->rows;
	int highest = v->highest(), r;

	if (highest < 0)
		return highest;
	use_calls(s, v);
	for (int64_t i = (int64_t)s->resume; i <= highest; i++) {
		if (s->max_rows && s->t->rows - kept >= s->max_rows) {
			s->t->resume = (uint64_t)i;
			break;
		}
		r = one_slot(s, v, (int)i, &denied);
		if (r < 0)
			return r;
		hits += r == 1;
		misses += r == 0;
		if (misses > MANY_MISSES && misses > MISS_RATIO * hits) {
			*ret_next = (uint64_t)i + 1;
			return -EAGAIN;
		}
	}
	if (denied)
		ix_table_note(s->t, IPCX_NOTE_FAILED, s->mech, -EACCES, v->name,
			      "%" PRIu64 " objects may not be looked at", denied);
	if (hits == 0 && s->resume == 0 && v->used() > 0) {
		*ret_next = 0;
		return -EAGAIN; /* STAT_ANY finds nothing where there is something: a
				   kernel before 4.17 */
	}
	return 0;
}

int ix_sysv_scan(struct ix_scan *s, const struct ix_sysv *v)
{
	uint64_t next = s->resume;
	int r;

	if (wants_text(s, v)) {
		r = ix_sysv_text(s, v, s->resume, -1);
		/* A heading and nothing below it may also be a mask. */
		if (r > 0 || r == -ENOMEM || (r == 0 && v->used() <= 0))
			return r;
		ix_table_note(s->t, IPCX_NOTE_INFO, s->mech, r, "/proc/sysvipc",
			      "%s, so what only it knows is unknown",
			      r < 0 ? "cannot be read" : "tells nothing");
	}
	r = by_calls(s, v, &next);
	if (r == -EAGAIN || r == -ENOSYS || r == -EPERM) {
		int by_text = ix_sysv_text(s, v, next, -1);

		/* Holes are dear, but without the text they are all there is. */
		if (by_text < 0 && r == -EAGAIN)
			by_text = 0;
		return by_text == -ENOENT ? r : by_text;
	}
	return r;
}

/* The row of an id. Without read permission IPC_STAT is refused, but the slot tells: the
 * id in it must be the same. */
static int stat_any(const struct ix_sysv *v, int id, void *row)
{
	static const unsigned bits[] = { 15, 24 }; /* plain and ipcmni_extend */
	int r = v->stat_id(id, row);

	if (r != -EACCES)
		return r < 0 ? r : 0;
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		r = v->stat_slot((int)slot_of(id, bits[i]), row);
		if (r == id)
			return 0;
	}
	return -EACCES;
}

int ix_sysv_id(const struct ix_sysv *v, const struct ipcx_ref *ref)
{
	if (ref->by == IPCX_BY_ID)
		return ref->id;
	return v->get(ref->key, NULL, 0);
}

int ix_sysv_find(struct ix_scan *s, const struct ix_sysv *v, const struct ipcx_ref *ref)
{
	int id = ix_sysv_id(v, ref), r;
	struct ix_sysv_row *row;

	if (id < 0) /* of a key EINVAL does not say that there is none */
		return id == -EIDRM ? -ENOENT : id;
	if (wants_text(s, v)) {
		r = ix_sysv_text(s, v, 0, id);
		if (r > 0 || r == -ENOMEM)
			return MIN(r, 0);
	}
	row = ix_scan_row(s);
	if (!row)
		return -ENOMEM;
	r = stat_any(v, id, row);
	if (is_gone(r))
		return -ENOENT;
	/* A kernel before 4.17, or a filter: the text tells what there is to everybody. */
	if (r == -EACCES || r == -EPERM || r == -ENOSYS)
		return ix_sysv_text(s, v, 0, id) > 0 ? 0 : r;
	if (r < 0)
		return r;
	use_calls(s, v);
	ix_lacks(s->t, row, &s->source);
	r = ix_scan_keep(s);
	return r < 0 ? r : 0;
}
