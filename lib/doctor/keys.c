/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A key that means different objects in two namespaces. Two containers of one image both
 * have the keys of that image, and that is as it should be; but a program in a container
 * that looks for an object of the host, and makes its own because it finds none, leaves
 * an object with the same key, owner and size that nobody else uses.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "doctor/doctor.h"

struct key_row {
	uint64_t key, uid, size, ns;
	unsigned mech;
	size_t row;
};

static int key_order(const void *a, const void *b)
{
	const struct key_row *x = a, *y = b;

	if (x->mech != y->mech)
		return x->mech < y->mech ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return (x->ns > y->ns) - (x->ns < y->ns);
}

static bool key_same(const struct key_row *x, const struct key_row *y)
{
	return x->mech == y->mech && x->key == y->key && x->uid == y->uid &&
	       x->size == y->size;
}

static size_t key_list(const struct ipcx_table *t, struct key_row *list)
{
	size_t n = 0;

	for (size_t i = 0; i < t->nsections; i++) {
		const struct ix_section *s = &t->sections[i];

		for (size_t k = s->first; k < s->first + s->count; k++) {
			struct key_row row = {
				.key = ix_doctor_number(t, k, IPCX_F_KEY, 0),
				.uid = ix_doctor_number(t, k, IPCX_F_UID, UINT64_MAX),
				.size = ix_doctor_number(
					t, k, IPCX_F_SIZE,
					ix_doctor_number(t, k, IPCX_F_NSEMS, 0)),
				.ns = ix_doctor_number(t, k, IPCX_F_NS, 0),
				.mech = s->mech,
				.row = k,
			};
			if (row.key && row.ns)
				list[n++] = row;
		}
	}
	return n;
}

/* Of an object of ours and one of a container: whether somebody is alone with one of the
 * two. Only of segments, the users are known. */
static bool key_alone(const struct ipcx_table *t, const struct key_row *a,
		      const struct key_row *b)
{
	uint64_t x = ix_doctor_number(t, a->row, IPCX_F_NATTCH, UINT64_MAX);
	uint64_t y = ix_doctor_number(t, b->row, IPCX_F_NATTCH, UINT64_MAX);

	return x != UINT64_MAX && y != UINT64_MAX && x > 0 && y > 0 && (x == 1 || y == 1);
}

static int key_found(struct ix_doctor *d, const struct ipcx_table *t,
		     const struct key_row *ours, const struct key_row *other)
{
	char evidence[IX_DOCTOR_TEXT], fix[IX_DOCTOR_TEXT], where[IX_DOCTOR_TEXT];
	char quoted[4 * IX_DOCTOR_TEXT];
	const char *there = ix_doctor_where(d, t, other->row, where, sizeof(where));
	struct ipcx_value v;

	(void)snprintf(evidence, sizeof(evidence),
		       "key 0x%" PRIx64
		       " is %s here and another object of the same owner "
		       "and size there, which %" PRIu64 " attach; here it is %" PRIu64,
		       ours->key, ix_doctor_word(t, ours->row, IPCX_F_REF, &v),
		       ix_doctor_number(t, other->row, IPCX_F_NATTCH, 0),
		       ix_doctor_number(t, ours->row, IPCX_F_NATTCH, 0));
	ix_fix_command(fix, sizeof(fix), NULL, "ns cmp self %s",
		       ix_fix_quoted(quoted, sizeof(quoted), there ? there : "self"));
	return ix_doctor_add(d, &(struct ix_found){
					.finding = "same-key",
					.grade = IPCX_POSSIBLE,
					.about = t,
					.row = other->row,
					.what = "programs here and in another namespace "
						"use the same key, but not the same "
						"segment: perhaps they do not find each "
						"other",
					.evidence = evidence,
					.fix = fix });
}

int ix_doctor_keys(struct ix_doctor *d)
{
	const struct ipcx_table *t;
	struct key_row *list;
	size_t n;
	int r = d->all ? ix_doctor_objects(d, &t) : 1;

	if (r != 0)
		return MIN(r, 0);
	list = calloc(ipcx_table_rows(t) + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	n = key_list(t, list);
	qsort(list, n, sizeof(*list), key_order);
	for (size_t i = 0, end; r == 0 && i < n; i = end) {
		const struct key_row *ours = NULL;

		for (end = i; end < n && key_same(&list[i], &list[end]); end++)
			if (list[end].ns == d->home)
				ours = &list[end];
		for (size_t k = i; ours && r == 0 && k < end; k++)
			if (&list[k] != ours && list[k].ns != d->home &&
			    key_alone(t, ours, &list[k]))
				r = key_found(d, t, ours, &list[k]);
	}
	free(list);
	return r;
}
