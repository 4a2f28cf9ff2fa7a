/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists the messages of a queue as rows, for any mechanism that can peek at messages. */
#include <errno.h>
#include <string.h>

#include "core/columns.h"
#include "core/copyin.h"
#include "core/mech.h"
#include "core/queue.h"
#include "core/table.h"

/* How many bytes of each message its row shows. */
#define SHOWN 60

struct message_row {
	struct ix_row row;
	uint64_t position, size;
	int64_t rank;
	ix_text data;
};

/* clang-format off */
static const struct ix_kind message_kind = {
	.name = "messages",
	.row_size = sizeof(struct message_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_POSITION, struct message_row, position),
		IX_COL(IPCX_F_MTYPE,    struct message_row, rank),
		IX_COL(IPCX_F_SIZE,     struct message_row, size),
		IX_COL(IPCX_F_DATA,     struct message_row, data)
	),
};
/* clang-format on */

/* Return the beginning of a message as text, up to the first NUL; if the message
 * continues after that, "…" is appended. */
static ix_text beginning(struct ipcx_table *t, const struct ipcx_message *m)
{
	char text[SHOWN + sizeof("…")];
	size_t n = m->len < SHOWN ? m->len : SHOWN, len;

	if (n > 0)
		memcpy(text, m->data, n);
	/* Do not end the text in the middle of a character. */
	while (m->len > SHOWN && n > SHOWN - 4 &&
	       ((unsigned char)((const char *)m->data)[n] & 0xc0) == 0x80)
		n--;
	text[n] = '\0';
	len = strlen(text);
	if (len < m->len)
		memcpy(text + len, "…", sizeof("…"));
	return ix_table_text(t, text);
}

static void data_messages_unknown(struct ipcx_queue *q, struct ipcx_table *t,
				  struct message_row *row, bool *told)
{
	struct ipcx_fieldset fields =
		IPCX_FIELDSET(IPCX_F_MTYPE, IPCX_F_SIZE, IPCX_F_DATA);

	ix_unknown_all(t, row, &fields);
	if (!*told)
		ix_table_note(t, IPCX_NOTE_INCOMPLETE, IPCX_NO_MECH, -EMSGSIZE, NULL,
			      "%s", q->x->error);
	*told = true;
}

static int data_messages_fill(struct ipcx_queue *q, uint64_t first, uint64_t most,
			      struct ipcx_table *t)
{
	bool told = false;
	int r = 0;

	for (uint64_t i = 0; i < most && first + i >= first; i++) {
		struct ipcx_message m = { .size = sizeof(m) };
		struct message_row *row;

		r = ipcx_queue_peek(q, first + i, &m);
		if (r == -ENODATA)
			return 0;
		if (r < 0 && r != -EMSGSIZE)
			return r;
		row = ix_table_row(t);
		if (!row)
			return ix_fail_plain(q->x, -ENOMEM, "out of memory");
		row->position = first + i;
		if (r < 0) {
			data_messages_unknown(q, t, row, &told);
		} else {
			row->size = m.len;
			row->rank = m.rank;
			row->data = beginning(t, &m);
		}
		ix_table_keep(t);
	}
	return 0;
}

int ipcx_queue_messages(struct ipcx_queue *q, uint64_t first, uint64_t most,
			struct ipcx_table **ret_table)
{
	IX_REQUIRE(q ? q->x : NULL, ret_table);
	struct ipcx_table *t;
	int r;

	if (ix_table_new(&t) < 0)
		return ix_fail_plain(q->x, -ENOMEM, "out of memory");
	r = ix_table_section(t, &message_kind, IPCX_NO_MECH);
	r = r < 0 ? ix_fail_plain(q->x, -ENOMEM, "out of memory")
		  : data_messages_fill(q, first, most, t);
	return ix_table_hand(q->x, t, r, ret_table);
}
