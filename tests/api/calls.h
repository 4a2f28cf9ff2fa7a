/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One call of each kind, made on objects that the test has created. */
#pragma once

#include "api.h"

/* Result of a call: a table or a number. */
struct answer {
	struct ipcx_table *t;
	uint64_t n;
};

struct act {
	const char *name;
	int (*call)(struct ipcx *x, struct answer *ret);
	int changes; /* number of objects that a successful call adds */
	bool moves;  /* the rows depend on other processes */
	bool acts;   /* a failed call may have added or removed objects */
};

static int expression(struct ipcx *x, struct answer *ret)
{
	struct ipcx_expr *e;
	int r = ipcx_expr_parse(
		x,
		"(size > 1K || name =~ '^/[a-z]+x' || owner == root) && !(mode == 0600) && ref != 'shm:5'",
		&e, NULL);

	if (r < 0)
		return r;
	ret->n = 1;
	ipcx_expr_free(e);
	return 0;
}

static int reference(struct ipcx *x, struct answer *ret)
{
	struct ipcx_ref ref;

	ret->n = 1;
	return ipcx_ref_parse(x, "pshm:/a", IPCX_NO_MECH, &ref);
}

static int query(struct ipcx *x, const char *mechs, const char *where, uint64_t flags,
		 int (*call)(struct ipcx *, const struct ipcx_query *,
			     struct ipcx_table **),
		 struct answer *ret)
{
	struct ipcx_query q = { .size = sizeof(q), .flags = flags };
	struct ipcx_expr *e = NULL;
	int r = where ? ipcx_expr_parse(x, where, &e, NULL) : 0;

	q.where = e;
	(void)ipcx_mech_mask(mechs, &q.mechs);
	for (enum ipcx_field f = 0; f < ipcx_field_count(); f++)
		if (ipcx_field_info(f) && ipcx_field_info(f)->cost < 2)
			ipcx_fieldset_add(&q.fields, f);
	if (r == 0)
		r = call(x, &q, &ret->t);
	ipcx_expr_free(e);
	return r;
}

static int list(struct ipcx *x, struct answer *ret)
{
	return query(x, "all", NULL, 0, ipcx_scan, ret);
}

static int list_numeric(struct ipcx *x, struct answer *ret)
{
	return query(x, "all", NULL, IPCX_NUMERIC, ipcx_scan, ret);
}

static int list_where(struct ipcx *x, struct answer *ret)
{
	return query(x, "all", "size > 100 || name =~ 'a' || owner == root", 0, ipcx_scan,
		     ret);
}

static int list_there(struct ipcx *x, struct answer *ret)
{
	struct ipcx_ns *ns = NULL;
	int r = ipcx_ns_open(x, "self", &ns);

	ipcx_use(x, ns);
	if (r == 0)
		r = list(x, ret);
	ipcx_use(x, NULL);
	ipcx_ns_free(ns);
	return r;
}

static int some_refs(struct ipcx *x, struct ipcx_ref *refs, size_t *ret_n)
{
	static const char *const texts[] = { "shm:0x1001", "msg:0x2001", "sem:0x3001",
					     "mq:/a",      "pshm:/a",    "psem:/a" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(texts); i++)
		r = ipcx_ref_parse(x, texts[i], IPCX_NO_MECH, &refs[i]);
	*ret_n = ARRAY_SIZE(texts);
	return r;
}

static int look_up(struct ipcx *x, struct answer *ret)
{
	struct ipcx_ref refs[6];
	struct ipcx_query q = { .size = sizeof(q), .refs = refs };
	int r = some_refs(x, refs, &q.nrefs);

	return r < 0 ? r : ipcx_scan(x, &q, &ret->t);
}

static int any(struct ipcx *x, struct answer *ret)
{
	struct ipcx_query q = { .size = sizeof(q) };
	int r;

	(void)ipcx_mech_mask("all", &q.mechs);
	r = ipcx_any(x, &q);
	ret->n = r == 1;
	return r < 0 ? r : 0;
}

static int slices(struct ipcx *x, struct answer *ret)
{
	struct ipcx_query q = { .size = sizeof(q), .max_rows = 1 };
	struct ipcx_scanner *s = NULL;
	const struct ipcx_table *t;
	int r;

	(void)ipcx_mech_mask("sysv", &q.mechs);
	r = ipcx_scanner_new(x, &q, &s);
	while (r >= 0 && (r = ipcx_scanner_next(s, &t)) > 0)
		ret->n += ipcx_table_rows(t);
	ipcx_scanner_free(s);
	return r;
}

static int contents(struct ipcx *x, struct answer *ret)
{
	struct ipcx_ref refs[6];
	size_t n;
	int r = some_refs(x, refs, &n);

	for (size_t i = 1; r == 0 && i < 3; i++) {
		struct ipcx_table *t = NULL;

		r = ipcx_contents(x, &refs[i], &t);
		if (r == 0 && ipcx_table_complete(t))
			ret->n += ipcx_table_rows(t);
		else if (r == 0) /* reported */
			ret->n = 5;
		ipcx_table_free(t);
	}
	return r;
}

static int make_some(struct ipcx *x, struct answer *ret)
{
	struct ipcx_attrs a[] = { small("shm", NULL),    small("msg", NULL),
				  small("sem", NULL),    small("mq", "/new"),
				  small("pshm", "/new"), small("psem", "/new") };

	a[0].set |= IPCX_A_COUNT;
	a[0].count = 3;
	return ipcx_create(x, a, ARRAY_SIZE(a), &ret->t);
}

static int remove_some(struct ipcx *x, struct answer *ret)
{
	return query(x, "all", "name == '/a' || key == 0x1001 || key == 0x2001", 0,
		     ipcx_remove, ret);
}

static int remove_refs(struct ipcx *x, struct answer *ret)
{
	struct ipcx_ref refs[6];
	struct ipcx_query q = { .size = sizeof(q), .refs = refs };
	int r = some_refs(x, refs, &q.nrefs);

	return r < 0 ? r : ipcx_remove(x, &q, &ret->t);
}

static int remove_none(struct ipcx *x, struct answer *ret)
{
	return query(x, "all", "owner != root && name =~ 'a'", 0, ipcx_remove, ret);
}

static int change(struct ipcx *x, struct answer *ret)
{
	struct ipcx_attrs a = { .size = sizeof(a), .set = IPCX_A_MODE, .mode = 0640 };
	struct ipcx_ref refs[6];
	struct ipcx_query q = { .size = sizeof(q), .refs = refs };
	int r = some_refs(x, refs, &q.nrefs);

	return r < 0 ? r : ipcx_change(x, &q, &a, &ret->t);
}

static int limits(struct ipcx *x, struct answer *ret)
{
	return ipcx_limits(x, NULL, &ret->t);
}

static int totals(struct ipcx *x, struct answer *ret)
{
	return ipcx_totals(x, &ret->t);
}

static int fit(struct ipcx *x, struct answer *ret)
{
	return ipcx_fit(x, "shm:3x4K", &ret->t);
}

static int namespaces(struct ipcx *x, struct answer *ret)
{
	return ipcx_namespaces(x, 0, &ret->t);
}

static int user_namespaces(struct ipcx *x, struct answer *ret)
{
	return ipcx_user_namespaces(x, 0, &ret->t);
}

static int usage(struct ipcx *x, struct answer *ret)
{
	return ipcx_usage(x, &ret->t);
}

static int members(struct ipcx *x, struct answer *ret)
{
	return ipcx_members(x, &ret->t);
}

static int peers(struct ipcx *x, struct answer *ret)
{
	return ipcx_sharers(x, &ret->t);
}

static int compare(struct ipcx *x, struct answer *ret)
{
	struct ipcx_ns *ns = NULL;
	int r = ipcx_ns_open(x, "self", &ns);

	if (r == 0)
		r = ipcx_compare(x, ns, ns, &ret->t);
	ipcx_ns_free(ns);
	return r;
}

static int memory(struct ipcx *x, struct answer *ret)
{
	struct ipcx_ref refs[6];
	size_t n;
	char buf[16];
	int r = some_refs(x, refs, &n);

	for (size_t i = 0; r == 0 && i < 5; i += 4) {
		struct ipcx_mem *m = NULL;

		r = ipcx_mem_open(x, &refs[i], 0, &m);
		if (r == 0)
			r = ipcx_mem_read(m, 0, buf, sizeof(buf));
		ipcx_mem_close(m);
		r = r < 0 ? r : 0;
		ret->n++;
	}
	return r;
}

static int messages(struct ipcx *x, struct answer *ret)
{
	struct ipcx_message m = { .size = sizeof(m), .rank = 1, .data = "x", .len = 1 };
	const struct ipcx_take first = { .size = sizeof(first) };
	struct ipcx_ref refs[6];
	size_t n;
	int r = some_refs(x, refs, &n);

	for (size_t i = 1; r == 0 && i < 4; i += 2) {
		struct ipcx_queue *q = NULL;

		r = ipcx_queue_open(x, &refs[i], IPCX_QUEUE_SEND | IPCX_QUEUE_RECEIVE,
				    &q);
		if (r == 0)
			r = ipcx_queue_send(q, &m, 0);
		if (r == 0 && i == 1)
			r = ipcx_queue_peek(q, 0, &m);
		if (r == 0)
			r = ipcx_queue_receive(q, &first, 0, &m);
		ipcx_queue_close(q);
		ret->n++;
	}
	return r;
}

static int operations(struct ipcx *x, struct answer *ret)
{
	const struct ipcx_sem_op up = { .size = sizeof(up), .num = 0, .op = 1 };
	struct ipcx_psem_taken *taken = NULL;
	struct ipcx_ref refs[6];
	size_t n;
	int r = some_refs(x, refs, &n);

	if (r == 0)
		r = ipcx_sem_op(x, &refs[2], &up, 1, 0);
	if (r == 0)
		r = ipcx_psem_take(x, &refs[5], 0, &taken);
	if (r == 0)
		r = ipcx_psem_give(x, taken);
	ret->n = 1;
	return r;
}

static int keys(struct ipcx *x, struct answer *ret)
{
	static const char *const paths[] = { "/", "/etc" };

	return ipcx_keys(x, paths, 2, 5, &ret->t);
}

static int search(struct ipcx *x, struct answer *ret)
{
	static const char *const paths[] = { "/dev/shm" };

	return ipcx_key_search(x, 0x01000000, paths, 1, true, &ret->t);
}

static int split(struct ipcx *x, struct answer *ret)
{
	struct ipcx_ref ref;
	int r = ipcx_ref_parse(x, "shm:70000", IPCX_NO_MECH, &ref);

	return r < 0 ? r : ipcx_id_split(x, &ref, 1, &ret->t);
}

/* clang-format off */
static const struct act acts[] = {
	{ "expression", expression, 0, false, false },
	{ "reference", reference, 0, false, false },
	{ "list", list, 0, false, false },
	{ "list numeric", list_numeric, 0, false, false },
	{ "list where", list_where, 0, false, false },
	{ "list there", list_there, 0, false, false },
	{ "look up", look_up, 0, false, false },
	{ "any", any, 0, false, false },
	{ "slices", slices, 0, false, false },
	{ "contents", contents, 0, false, false },
	{ "make", make_some, 8, false, false },
	{ "remove some", remove_some, -5, false, true },
	{ "remove references", remove_refs, -6, false, true },
	{ "remove none", remove_none, 0, false, false },
	{ "change", change, 0, false, true },
	{ "limits", limits, 0, false, false },
	{ "totals", totals, 0, false, false },
	{ "fit", fit, 0, false, false },
	{ "namespaces", namespaces, 0, true, false },
	{ "usage", usage, 0, true, false },
	{ "members", members, 0, true, false },
	{ "sharers", peers, 0, true, false },
	{ "user_namespaces", user_namespaces, 0, true, false },
	{ "compare", compare, 0, false, false },
	{ "memory", memory, 0, false, false },
	{ "messages", messages, 0, false, true },
	{ "operations", operations, 0, false, true },
	{ "keys", keys, 0, false, false },
	{ "search", search, 0, false, false },
	{ "split", split, 0, false, false },
};
/* clang-format on */
