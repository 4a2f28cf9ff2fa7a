/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kind of row that is a container, and the fields of other rows that tell of one. */
#include "core/box.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/columns.h"

struct box_row {
	struct ix_row head;
	uint64_t ns;
	int32_t pid;
	uint32_t uid;
	ix_text label, runtime, id, name, pod, pod_namespace, unit, ipc_mode;
};

/* clang-format off */
const struct ix_kind ix_boxes = {
	.name = "containers",
	.row_size = sizeof(struct box_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_CONTAINER,     struct box_row, label),
		IX_COL(IPCX_F_CONTAINER_UID, struct box_row, uid),
		IX_COL(IPCX_F_UID,           struct box_row, uid),
		IX_COL(IPCX_F_RUNTIME,       struct box_row, runtime),
		IX_COL(IPCX_F_NAME,          struct box_row, name),
		IX_COL(IPCX_F_CONTAINER_ID,  struct box_row, id),
		IX_COL(IPCX_F_POD,           struct box_row, pod),
		IX_COL(IPCX_F_POD_NAMESPACE, struct box_row, pod_namespace),
		IX_COL(IPCX_F_SYSTEMD_UNIT,  struct box_row, unit),
		IX_COL(IPCX_F_IPC_MODE,      struct box_row, ipc_mode),
		IX_COL_ZERO(IPCX_F_PID,      struct box_row, pid),
		IX_COL_ZERO(IPCX_F_NS,       struct box_row, ns)
	),
};
/* clang-format on */

int ix_box_add(struct ipcx_table *t, const struct ix_box *box)
{
	struct box_row *row = ix_table_row(t);

	if (!row)
		return -ENOMEM;
	row->ns = box->ns;
	row->pid = box->pid;
	row->uid = box->uid;
	row->label = ix_table_text(t, box->label);
	row->runtime = ix_table_text(t, box->runtime);
	row->id = ix_table_text(t, box->id);
	row->name = ix_table_text(t, box->name);
	row->pod = ix_table_text(t, box->pod);
	row->pod_namespace = ix_table_text(t, box->pod_namespace);
	row->unit = ix_table_text(t, box->unit);
	row->ipc_mode = ix_table_text(t, box->ipc_mode);
	ix_table_keep(t);
	return t->starved ? -ENOMEM : 0;
}

/* The texts of a container. */
#define TEXTS 8

static void texts_of(struct ix_box *box, const char **ret_texts[TEXTS])
{
	const char **const texts[] = { &box->label, &box->runtime, &box->id,
				       &box->name,  &box->pod,     &box->pod_namespace,
				       &box->unit,  &box->ipc_mode };

	_Static_assert(ARRAY_SIZE(texts) == TEXTS, "all of them");
	memcpy(ret_texts, texts, sizeof(texts));
}

static size_t room_for(const struct ix_box *box)
{
	struct ix_box copy = *box;
	const char **texts[TEXTS];
	size_t room = 0;

	texts_of(&copy, texts);
	for (size_t i = 0; i < TEXTS; i++)
		room += *texts[i] ? strlen(*texts[i]) + 1 : 0;
	return room;
}

struct ix_boxes *ix_boxes_new(const struct ix_box *all, size_t n)
{
	size_t size = sizeof(struct ix_boxes) + n * sizeof(*all);
	struct ix_boxes *boxes;
	char *at;

	for (size_t i = 0; i < n; i++)
		size += room_for(&all[i]);
	boxes = malloc(size);
	if (!boxes)
		return NULL;
	boxes->n = n;
	at = (char *)&boxes->all[n];
	for (size_t i = 0; i < n; i++) {
		const char **texts[TEXTS];

		boxes->all[i] = all[i];
		texts_of(&boxes->all[i], texts);
		for (size_t k = 0; k < TEXTS; k++) {
			const char *text = *texts[k];

			*texts[k] = text ? at : NULL;
			if (text)
				at = (char *)mempcpy(at, text, strlen(text) + 1);
		}
	}
	return boxes;
}

uint32_t ix_box_list(struct ipcx_table *t, const struct ix_box *all, size_t n)
{
	struct ipcx_table *under = n ? ix_rows_below(t, IX_BELOW_BOXES, &ix_boxes) : NULL;
	size_t first = under ? under->rows : 0;

	for (size_t i = 0; under && i < n; i++)
		if (ix_box_add(under, &all[i]) < 0) {
			t->starved = true;
			return 0;
		}
	return under ? ix_rows_list(t, IX_BELOW_BOXES, first, IPCX_F_CONTAINER) : 0;
}

uint32_t ix_box_copy(struct ipcx_table *t, const struct ipcx_table *from, uint32_t list)
{
	const struct ix_list *l = ix_rows_at(from, list);
	const struct ipcx_table *theirs = l ? from->below[IX_BELOW_BOXES] : NULL;
	struct ipcx_table *under = l ? ix_rows_below(t, IX_BELOW_BOXES, &ix_boxes) : NULL;
	size_t first = under ? under->rows : 0;

	for (size_t i = 0; under && i < l->n; i++) {
		const struct ix_section *s;
		const struct box_row *row = ix_table_at(theirs, l->first + i, &s);
		const struct ix_box box = {
			.label = ix_table_string(theirs, row->label),
			.runtime = ix_table_string(theirs, row->runtime),
			.id = ix_table_string(theirs, row->id),
			.name = ix_table_string(theirs, row->name),
			.pod = ix_table_string(theirs, row->pod),
			.pod_namespace = ix_table_string(theirs, row->pod_namespace),
			.unit = ix_table_string(theirs, row->unit),
			.ipc_mode = ix_table_string(theirs, row->ipc_mode),
			.uid = row->uid,
			.pid = row->pid,
			.ns = row->ns,
		};

		if (ix_box_add(under, &box) < 0) {
			t->starved = true;
			return 0;
		}
	}
	return under ? ix_rows_list(t, IX_BELOW_BOXES, first, IPCX_F_CONTAINER) : 0;
}

struct ipcx_fieldset ix_box_fields(void)
{
	return IPCX_FIELDSET(IPCX_F_CONTAINER, IPCX_F_CONTAINER_UID, IPCX_F_CONTAINERS,
			     IPCX_F_RUNTIME, IPCX_F_POD, IPCX_F_POD_NS,
			     IPCX_F_SYSTEMD_UNIT);
}

bool ix_box_wanted(const struct ipcx_fieldset *want)
{
	const struct ipcx_fieldset ours = ix_box_fields();
	uint64_t any = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ours.bits); i++)
		any |= want->bits[i] & ours.bits[i];
	return any;
}

/* ---- the namespace of rows */

static int add_place(struct ipcx_table *t, const struct ix_where *place)
{
	if (t->nplaces == t->place_room) {
		size_t cap = 2 * t->place_room + 1;
		struct ix_where *more = reallocarray(t->places, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->places = more;
		t->place_room = cap;
	}
	t->places[t->nplaces++] = *place;
	if (place->unnamed)
		t->no_name.fields = ix_box_fields();
	return t->starved ? -ENOMEM : 0;
}

/* Whether a place was added already: one place may be scanned in several steps. */
static bool is_place(const struct ipcx_table *t, uint64_t ns)
{
	return ns && t->nplaces && t->places[t->nplaces - 1].ns == ns;
}

int ix_table_place(struct ipcx_table *t, uint64_t ns, const struct ix_boxes *boxes,
		   bool unnamed)
{
	if (is_place(t, ns))
		return 0;
	return add_place(t, &(struct ix_where){
				    .ns = ns,
				    .boxes = boxes ? ix_box_list(t, boxes->all, boxes->n)
						   : 0,
				    .unnamed = unnamed && !boxes });
}

int ix_table_same_place(struct ipcx_table *t, const struct ipcx_table *from,
			const struct ix_where *place)
{
	struct ix_where copy = *place;

	if (is_place(t, place->ns))
		return 0;
	copy.boxes = ix_box_copy(t, from, place->boxes);
	if (place->directory)
		copy.directory =
			ix_table_text(t, ix_table_string(from, place->directory));
	return add_place(t, &copy);
}

int ix_table_directory(struct ipcx_table *t, const char *path, bool doubt)
{
	int r = ix_table_place(t, 0, NULL, doubt);

	if (r == 0)
		t->places[t->nplaces - 1].directory = ix_table_text(t, path);
	return t->starved ? -ENOMEM : r;
}

/* The field of a container's row that another row's field is taken from, and the two
 * functions that derive it: from the list of the row's place, and from the list in its
 * own member. */
#define DERIVE(name, field, from)                                                    \
	void ix_place_##name(const struct ipcx_table *t, const struct ix_section *s, \
			     const void *row, struct ipcx_value *v)                  \
	{                                                                            \
		(void)row;                                                           \
		if (s->place)                                                        \
			ix_rows_first(t, t->places[s->place - 1].boxes, from, v);    \
	}                                                                            \
	void ix_box_##name(const struct ipcx_table *t, const struct ix_section *s,   \
			   const void *row, struct ipcx_value *v)                    \
	{                                                                            \
		const struct ix_column *c = ix_section_column(s, field);             \
                                                                                     \
		ix_rows_first(t, (uint32_t)ix_column_raw(c, row), from, v);          \
	}

DERIVE(container, IPCX_F_CONTAINER, IPCX_F_CONTAINER)
DERIVE(container_uid, IPCX_F_CONTAINER_UID, IPCX_F_CONTAINER_UID)
DERIVE(runtime, IPCX_F_RUNTIME, IPCX_F_RUNTIME)
DERIVE(pod, IPCX_F_POD, IPCX_F_POD)
DERIVE(pod_ns, IPCX_F_POD_NS, IPCX_F_POD_NAMESPACE)
DERIVE(unit, IPCX_F_SYSTEMD_UNIT, IPCX_F_SYSTEMD_UNIT)

void ix_place_containers(const struct ipcx_table *t, const struct ix_section *s,
			 const void *row, struct ipcx_value *v)
{
	(void)row;
	ix_rows_value(t, s->place ? t->places[s->place - 1].boxes : 0, v);
}

void ix_box_containers(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row, struct ipcx_value *v)
{
	const struct ix_column *c = ix_section_column(s, IPCX_F_CONTAINERS);

	ix_rows_value(t, (uint32_t)ix_column_raw(c, row), v);
}
