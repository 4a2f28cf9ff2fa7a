/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of /proc/sysvipc, of each kind, with its own heading and with the kernel's:
 * an accepted row, written again as the kernel writes it, is read back unchanged; a
 * refused line is counted.
 */
#include <errno.h>

#include "base/num.h"
#include "base/util.h"
#include "fuzz.h"
#include "sysvkinds.h"

/* Write one member as the kernel does. */
static char *put_word(char *p, const struct ix_sysv_word *w, const struct text_row *row)
{
	const char *member = (const char *)row + w->offset;
	uint32_t narrow;
	uint64_t wide;

	if (w->size == 4) {
		memcpy(&narrow, member, sizeof(narrow));
		wide = narrow;
		if (w->negative)
			return ix_put_i64(p, (int32_t)narrow);
	} else {
		memcpy(&wide, member, sizeof(wide));
		if (w->negative)
			return ix_put_i64(p, (int64_t)wide);
	}
	return w->octal ? ix_put_oct(p, wide, 1) : ix_put_u64(p, wide);
}

static void check_again(const struct ix_sysv_parser *p, const struct text_row *row)
{
	char text[IX_TEXT_COLUMNS * (IX_NUM_MAX + 1)], *end = text;
	struct ix_sysv_parser again = *p;
	struct text_row *copy = calloc(1, sizeof(*copy));

	CHECK(copy);
	for (size_t i = 0; i < p->ncolumns; i++) {
		*end++ = ' ';
		if (p->columns[i])
			end = put_word(end, p->columns[i], row);
		else
			*end++ = '-';
	}
	CHECK(ix_sysv_parse_line(&again, text, (size_t)(end - text), copy) == 1);
	CHECK(again.bad == p->bad && memcmp(copy, row, sizeof(*row)) == 0);
	free(copy);
}

/* Feed one line, in memory of exactly its size. */
static void feed(struct ix_sysv_parser *p, const uint8_t *line, size_t len)
{
	auto_free char *copy = malloc(len ? len : 1);
	auto_free struct text_row *row = calloc(1, sizeof(*row));
	bool heading = !p->heading_seen;
	uint64_t bad = p->bad;
	int r;

	CHECK(copy && row);
	if (len)
		memcpy(copy, line, len);
	r = ix_sysv_parse_line(p, copy, len, row);
	CHECK(p->heading_seen && p->ncolumns <= IX_TEXT_COLUMNS);
	if (heading) {
		CHECK((r == 0 || r == -EPROTO) && p->bad == bad);
		CHECK(ipcx_fieldset_has(&p->missing, IPCX_F_ID) == (r < 0));
		return;
	}
	CHECK(r == 0 || r == 1);
	CHECK(p->bad == bad + (r == 0));
	if (r == 0)
		return;
	CHECK(row->base.id >= 0);
	check_again(p, row);
}

static void feed_all(struct ix_sysv_parser *p, const uint8_t *data, size_t size)
{
	while (size) {
		const uint8_t *newline = memchr(data, '\n', size);
		size_t len = newline ? (size_t)(newline - data) : size;

		feed(p, data, len);
		/* Without an id column there are no rows: the caller stops. */
		if (ipcx_fieldset_has(&p->missing, IPCX_F_ID))
			return;
		len += newline != NULL;
		data += len;
		size -= len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const uint8_t *heading = (const uint8_t *)kinds[i].heading;
		struct ix_sysv_parser p;

		ix_sysv_parser_init(&p, &kinds[i].sysv);
		feed_all(&p, data, size);
		ix_sysv_parser_init(&p, &kinds[i].sysv);
		feed(&p, heading, strlen(kinds[i].heading));
		CHECK(!p.missing.bits[0] && !p.missing.bits[1]);
		feed_all(&p, data, size);
	}
	return 0;
}
