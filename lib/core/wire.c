/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a table consists of in memory, piece by piece. */
#include "core/wire.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

/* What is left to read. */
struct reader {
	const char *data;
	size_t len;
};

static int put(struct ix_buf *b, const void *data, size_t len)
{
	int r = ix_buf_add(b, &len, sizeof(len));

	return r < 0 || len == 0 ? r : ix_buf_add(b, data, len);
}

/* The next piece, copied; NULL when it is empty. */
static int take(struct reader *in, void **ret_data, size_t *ret_len)
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

int ix_table_pack(const struct ipcx_table *t, struct ix_buf *b)
{
	int r = put(b, t, sizeof(*t));

	if (r == 0)
		r = put(b, t->sections, t->nsections * sizeof(*t->sections));
	if (r == 0)
		r = put(b, t->places, t->nplaces * sizeof(*t->places));
	if (r == 0)
		r = put(b, t->arena.data, t->arena.len);
	if (r == 0)
		r = put(b, t->pool.data, t->pool.len);
	if (r == 0)
		r = put(b, t->notes.data, t->notes.len);
	if (r == 0)
		r = put(b, t->unknown.data, t->unknown.len);
	if (r == 0)
		r = put(b, t->users.slots, t->users.cap * sizeof(*t->users.slots));
	if (r == 0)
		r = put(b, t->groups.slots, t->groups.cap * sizeof(*t->groups.slots));
	return r;
}

static int take_buf(struct reader *in, struct ix_buf *ret_b)
{
	struct ix_buf b = { 0 };
	void *data;
	int r = take(in, &data, &b.len);

	if (r < 0)
		return r;
	b.data = data;
	b.cap = b.len;
	*ret_b = b;
	return 0;
}

static int take_all(struct reader *in, struct ipcx_table *t)
{
	void *p;
	size_t len;
	int r = take(in, &p, &len);

	if (r < 0)
		return r;
	t->sections = p;
	r = take(in, &p, &len);
	if (r < 0)
		return r;
	t->places = p;
	r = take_buf(in, &t->arena);
	if (r == 0)
		r = take_buf(in, &t->pool);
	if (r == 0)
		r = take_buf(in, &t->notes);
	if (r == 0)
		r = take_buf(in, &t->unknown);
	if (r == 0)
		r = take(in, &p, &len);
	if (r < 0)
		return r;
	t->users.slots = p;
	r = take(in, &p, &len);
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
	int r = take(&in, &head, &len);

	if (r < 0)
		return r;
	now = head;
	if (len != sizeof(*now))
		return -EPROTO;
	/* Its pointers are those of the other process. */
	now->sections = NULL;
	now->places = NULL;
	now->arena = now->pool = now->notes = now->unknown = (struct ix_buf){ 0 };
	now->users.slots = now->groups.slots = NULL;
	r = take_all(&in, now);
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
