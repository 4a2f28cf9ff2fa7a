/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The serialised form of a table, piece by piece. */
#include "core/wire.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

/* The remaining input. */
struct reader {
	const char *data;
	size_t len;
};

static int wire_put(struct ix_buf *b, const void *data, size_t len)
{
	int r = ix_buf_add(b, &len, sizeof(len));

	return r < 0 || len == 0 ? r : ix_buf_add(b, data, len);
}

/* Copy the next piece; the result is NULL if the piece is empty. */
static int wire_take(struct reader *in, void **ret_data, size_t *ret_len)
{
	size_t len;
	void *copy = NULL;

	if (in->len < sizeof(len))
		return -EPROTO;
	memcpy(&len, in->data, sizeof(len));
	if (len > in->len - sizeof(len))
		return -EPROTO;
	if (len) {
		copy = malloc(len);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, in->data + sizeof(len), len);
	}
	in->data += sizeof(len) + len;
	in->len -= sizeof(len) + len;
	*ret_data = copy;
	*ret_len = len;
	return 0;
}

/* The serialised header of a note; its subject and text follow, each with a NUL. */
struct packed_note {
	enum ipcx_note_kind kind;
	unsigned mech;
	int error;
	enum ipcx_hint_kind hint;
	size_t subject, text; /* bytes, including the NUL */
};

static int put_notes(struct ix_buf *b, const struct ipcx_table *t)
{
	auto_buf struct ix_buf all = { 0 };
	const struct ipcx_note *n;
	int r = 0;

	for (size_t i = 0; r == 0 && (n = ipcx_table_note(t, i)); i++) {
		struct packed_note p;

		memset(&p, 0, sizeof(p));
		p.kind = n->kind;
		p.mech = n->mech;
		p.error = n->error;
		p.hint = n->hint;
		p.subject = strlen(n->subject) + 1;
		p.text = strlen(n->text) + 1;
		r = ix_buf_add(&all, &p, sizeof(p));
		if (r == 0)
			r = ix_buf_add(&all, n->subject, p.subject);
		if (r == 0)
			r = ix_buf_add(&all, n->text, p.text);
	}
	return r < 0 ? r : wire_put(b, all.data, all.len);
}

/* Return a text of this many bytes including its NUL; NULL if it is malformed. */
static const char *take_text(struct reader *in, size_t len)
{
	const char *text = in->data;

	if (len == 0 || len > in->len || text[len - 1] != '\0')
		return NULL;
	in->data += len;
	in->len -= len;
	return text;
}

static int take_notes(struct reader *in, struct ipcx_table *t)
{
	auto_free void *all = NULL;
	struct reader notes = { 0 };
	int r = wire_take(in, &all, &notes.len);

	notes.data = all;
	while (r == 0 && notes.len) {
		struct packed_note p;
		struct ipcx_note n;

		if (notes.len < sizeof(p))
			return -EPROTO;
		memcpy(&p, notes.data, sizeof(p));
		notes.data += sizeof(p);
		notes.len -= sizeof(p);
		n = (struct ipcx_note){
			.kind = p.kind, .mech = p.mech, .error = p.error, .hint = p.hint
		};
		n.subject = take_text(&notes, p.subject);
		n.text = n.subject ? take_text(&notes, p.text) : NULL;
		if (!n.text)
			return -EPROTO;
		ix_table_add_note(t, &n);
		if (t->starved)
			return -ENOMEM;
	}
	return r;
}

static int put_below(struct ix_buf *b, const struct ipcx_table *t)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(t->below); i++) {
		auto_buf struct ix_buf one = { 0 };

		if (t->below[i])
			r = ix_table_pack(t->below[i], &one);
		if (r == 0)
			r = wire_put(b, one.data, one.len);
	}
	return r;
}

static int take_below(struct reader *in, struct ipcx_table *t)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(t->below); i++) {
		auto_free void *one = NULL;
		size_t len;

		r = wire_take(in, &one, &len);
		if (r == 0 && len)
			r = ix_table_new(&t->below[i]);
		if (r == 0 && len)
			r = ix_table_unpack(t->below[i], one, len);
	}
	return r;
}

int ix_table_pack(const struct ipcx_table *t, struct ix_buf *b)
{
	int r = wire_put(b, t, sizeof(*t));

	if (r == 0)
		r = wire_put(b, t->sections, t->nsections * sizeof(*t->sections));
	if (r == 0)
		r = wire_put(b, t->places, t->nplaces * sizeof(*t->places));
	if (r == 0)
		r = wire_put(b, t->shared.data, t->shared.len);
	if (r == 0)
		r = wire_put(b, t->pool.data, t->pool.len);
	if (r == 0)
		r = put_notes(b, t);
	if (r == 0)
		r = wire_put(b, t->unknown.data, t->unknown.len);
	if (r == 0)
		r = wire_put(b, t->lists.data, t->lists.len);
	if (r == 0)
		r = put_below(b, t);
	if (r == 0)
		r = wire_put(b, t->users.slots, t->users.cap * sizeof(*t->users.slots));
	if (r == 0)
		r = wire_put(b, t->groups.slots,
			     t->groups.cap * sizeof(*t->groups.slots));
	return r;
}

static int take_buf(struct reader *in, struct ix_buf *ret_b)
{
	struct ix_buf b = { 0 };
	void *data;
	int r = wire_take(in, &data, &b.len);

	if (r < 0)
		return r;
	b.data = data;
	b.cap = b.len;
	*ret_b = b;
	return 0;
}

static int wire_take_all(struct reader *in, struct ipcx_table *t)
{
	void *p;
	size_t len;
	int r = wire_take(in, &p, &len);

	if (r < 0)
		return r;
	t->sections = p;
	t->section_room = t->nsections;
	r = wire_take(in, &p, &len);
	if (r < 0)
		return r;
	t->places = p;
	r = take_buf(in, &t->shared);
	if (r == 0)
		r = take_buf(in, &t->pool);
	if (r == 0) {
		size_t n = t->nsections;

		t->nsections = 0; /* the sections have .uncounted already: adding notes
				     must not set it */
		r = take_notes(in, t);
		t->nsections = n;
	}
	if (r == 0)
		r = take_buf(in, &t->unknown);
	if (r == 0)
		r = take_buf(in, &t->lists);
	if (r == 0)
		r = take_below(in, t);
	if (r == 0)
		r = wire_take(in, &p, &len);
	if (r < 0)
		return r;
	t->users.slots = p;
	r = wire_take(in, &p, &len);
	if (r == 0)
		t->groups.slots = p;
	return r;
}

int ix_table_unpack(struct ipcx_table *t, const char *data, size_t len)
{
	struct reader in = { data, len };
	auto_free struct ipcx_table *now = NULL;
	struct ipcx_table keep;
	void *head;
	int r = wire_take(&in, &head, &len);

	if (r < 0)
		return r;
	now = head;
	if (len != sizeof(*now))
		return -EPROTO;
	/* The pointers are valid only in the other process; what is received has no room
	 * for more. */
	now->place_room = now->nplaces;
	now->sections = NULL;
	now->places = NULL;
	now->shared = now->pool = now->notes = now->unknown = now->lists =
		(struct ix_buf){ 0 };
	memset(now->below, 0, sizeof(now->below));
	now->users.slots = now->groups.slots = NULL;
	r = wire_take_all(&in, now);
	if (r < 0) {
		ipcx_table_free(TAKE(now));
		return r;
	}
	keep = *t;
	*t = *now;
	*now = keep;
	ipcx_table_free(TAKE(now));
	return 0;
}
