/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line of a plug-in: what it may contain and how long it may be. Nagios reads 8 KiB
 * of it, older ones 4 KiB; a database may keep 255 characters, so that the worst comes
 * first. "|" begins the performance data, which have no place for "=" and "'" in a name.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/esc.h"
#include "monitor/check.h"

#define TEXT_MAX 1200 /* bytes of the text */
#define LINE_MAX 4000 /* of the whole line */
#define PERF_MAX 2700 /* of the performance data */
#define ITEM_MAX 240
#define NAMED    4 /* items of a state that are named; the others are counted */

struct check_item {
	enum check_state state;
	double weight;
	size_t text, n; /* where it begins, and which it is */
};

/* CRITICAL and WARNING are facts that stay true whatever else is unknown. */
static const uint8_t check_rank[CHECK_STATES] = {
	[CHECK_OK] = 0, [CHECK_UNKNOWN] = 1, [CHECK_WARNING] = 2, [CHECK_CRITICAL] = 3
};

static const char check_names[CHECK_STATES][IX_TEXT(12)] = {
	[CHECK_OK] = "OK",
	[CHECK_WARNING] = "WARNING",
	[CHECK_CRITICAL] = "CRITICAL",
	[CHECK_UNKNOWN] = "UNKNOWN",
};

/* Append text without what ends a line or begins performance data, and cut it. A
 * backslash stays: texts of the library are escaped already. */
static void check_clean(struct ix_buf *to, const char *text, size_t most)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t left = strlen(text), begin = to->len, n;
	uint32_t code;

	for (; left; p += n ? n : 1, left -= n ? n : 1) {
		n = ix_utf8(p, left, &code);
		if (to->len - begin + 16 > most) {
			(void)ix_buf_str(to, "…");
			return;
		}
		if (n && *p != '|' && (*p == '\\' || !ix_esc_hidden(code)))
			(void)ix_buf_add(to, p, n);
		else
			for (size_t i = 0; i < (n ? n : 1); i++)
				(void)ix_buf_printf(to, "\\x%02x", p[i]);
	}
}

void check_say(struct ix_buf *to, const char *fmt, ...)
{
	auto_free char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		check_clean(to, text, ITEM_MAX);
	to->starved |= !text;
}

/* Whether the last text was there before: two tables may have the same note. */
static bool check_again(const struct check_line *l, size_t at)
{
	const struct check_item *items = (const void *)l->items.data;

	for (size_t i = 0; i < l->items.len / sizeof(*items); i++)
		if (items[i].state == CHECK_UNKNOWN &&
		    !strcmp(l->texts.data + items[i].text, l->texts.data + at))
			return true;
	return false;
}

void check_add(struct check_line *l, enum check_state state, double weight,
	       const char *fmt, ...)
{
	struct check_item item = {
		.state = state,
		.weight = weight,
		.text = l->texts.len,
		.n = l->items.len / sizeof(item),
	};
	auto_free char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		check_clean(&l->texts, text, ITEM_MAX);
	if (!text || ix_buf_add(&l->texts, "", 1) < 0)
		l->starved = true;
	else if (state == CHECK_UNKNOWN && check_again(l, item.text))
		l->texts.len = item.text;
	else if (ix_buf_add(&l->items, &item, sizeof(item)) < 0)
		l->starved = true;
}

/* ---- performance data */

/* Write a part of a name: what has no place there is %XX, as in references. */
static void check_label(struct ix_buf *to, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t left = strlen(text), n;
	uint32_t code;

	for (; left; p += n ? n : 1, left -= n ? n : 1) {
		n = ix_utf8(p, left, &code);
		if (n && !ix_esc_hidden(code) && !strchr("='|\\", *p))
			(void)ix_buf_add(to, p, n);
		else
			for (size_t i = 0; i < (n ? n : 1); i++)
				(void)ix_buf_printf(to, "%%%02x", p[i]);
	}
}

/* Whether the performance data have a value with this name already. */
static bool check_named(const struct ix_buf *perf, const struct ix_buf *name)
{
	const char *found = perf->len && name->len
				    ? memmem(perf->data, perf->len, name->data, name->len)
				    : NULL;

	return found != NULL;
}

/* Write the name of a value, which no other value has: two places may be called alike. */
static void check_value_name(const struct check_line *l, const struct check_value *v,
			     struct ix_buf *one)
{
	const char *quote = strchr(v->place, ' ') || strchr(v->label, ' ') ? "'" : "";

	for (size_t n = 1; n == 1 || (check_named(&l->perf, one) && !one->starved); n++) {
		one->len = 0;
		(void)ix_buf_printf(one, " %s", quote);
		check_label(one, v->place);
		(void)ix_buf_str(one, *v->place ? "/" : "");
		check_label(one, v->label);
		if (n > 1)
			(void)ix_buf_printf(one, "/%zu", n);
		(void)ix_buf_printf(one, "%s%s=", v->suffix, quote);
	}
}

void check_value(struct check_line *l, const struct check_value *v)
{
	const char *const after[] = { v->warn, v->crit, v->least, v->most };
	auto_buf struct ix_buf one = { 0 };
	size_t n = ARRAY_SIZE(after);

	check_value_name(l, v, &one);
	(void)ix_buf_printf(&one, "%s%s", v->value, v->unit);
	while (n && !*after[n - 1])
		n--;
	for (size_t i = 0; i < n; i++)
		(void)ix_buf_printf(&one, ";%s", after[i]);
	if (one.starved)
		l->starved = true;
	else if (l->perf.len + one.len > PERF_MAX)
		l->left_out++;
	else if (ix_buf_add(&l->perf, one.data, one.len) < 0)
		l->starved = true;
}

/* ---- the line */

static int check_line_order(const void *a, const void *b)
{
	const struct check_item *l = a, *r = b;

	if (l->state != r->state)
		return check_rank[r->state] - check_rank[l->state];
	if (l->weight < r->weight || l->weight > r->weight)
		return l->weight > r->weight ? -1 : 1;
	return l->n < r->n ? -1 : l->n > r->n;
}

/* Whether anything is missing for want of memory. */
static bool check_starved(const struct check_line *l)
{
	return l->starved || l->items.starved || l->texts.starved || l->fine.starved ||
	       l->more.starved || l->perf.starved;
}

enum check_state check_state(const struct check_line *l)
{
	const struct check_item *items = (const void *)l->items.data;
	enum check_state worst = check_starved(l) ? CHECK_UNKNOWN : CHECK_OK;

	for (size_t i = 0; i < l->items.len / sizeof(*items); i++)
		if (check_rank[items[i].state] > check_rank[worst])
			worst = items[i].state;
	return worst;
}

/* Write the items of one state, which stand together: the first ones, and how many more
 * there are. Returns how many that were. */
static size_t check_put_state(const struct check_line *l, const struct check_item *items,
			      size_t n, size_t room, struct ix_buf *to)
{
	size_t end = to->len + room, told = 0, all = 0;

	while (all < n && items[all].state == items->state)
		all++;
	for (; told < all && (told < NAMED || l->wordy); told++) {
		const char *text = l->texts.data + items[told].text;

		if (told && to->len + strlen(text) > end)
			break;
		(void)ix_buf_printf(to, "%s%s", told ? ", " : "", text);
	}
	if (all > told)
		(void)ix_buf_printf(to, ", %zu more", all - told);
	return all;
}

/* Write the remarks, as far as there is room. */
static void check_put_more(const struct check_line *l, struct ix_buf *to)
{
	size_t room = TEXT_MAX - MIN(to->len, (size_t)TEXT_MAX), n = l->more.len;

	if (n > room) {
		n = room;
		while (n > 0 && ((unsigned char)l->more.data[n] & 0xc0) == 0x80)
			n--;
	}
	if (n)
		(void)ix_buf_add(to, l->more.data, n);
	if (n < l->more.len)
		(void)ix_buf_str(to, "…");
}

static void check_text(struct check_line *l, enum check_state state, struct ix_buf *to)
{
	struct check_item *items = (void *)l->items.data;
	size_t n = l->items.len / sizeof(*items);

	if (n)
		qsort(items, n, sizeof(*items), check_line_order);
	for (size_t i = 0; i < n;) {
		if (i)
			(void)ix_buf_printf(to, "; %s: ", check_names[items[i].state]);
		/* Of the worst state, most is told. */
		i += check_put_state(l, items + i, n - i, i ? TEXT_MAX / 8 : TEXT_MAX / 2,
				     to);
	}
	if (check_starved(l))
		(void)ix_buf_str(to, n ? "; out of memory" : "out of memory");
	if (l->fine.len && (state == CHECK_OK || !n))
		(void)ix_buf_add(to, l->fine.data, l->fine.len);
	check_put_more(l, to);
	if (l->left_out)
		(void)ix_buf_printf(to, "; no room for %zu more values", l->left_out);
}

int check_print(struct check_line *l)
{
	enum check_state state = check_state(l);
	auto_buf struct ix_buf text = { 0 };

	/* With this much, nothing that is appended to it fails. */
	if (!ix_buf_grow(&text, LINE_MAX)) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	check_text(l, state, &text);
	(void)ix_buf_add(&text, "", 1);
	out_format("IPC %s - %s%s", check_names[state], text.data,
		   l->perf.len ? " |" : "");
	out_bytes(l->perf.data, l->perf.len);
	out_text("\n");
	check_answered();
	return state;
}

void check_line_free(struct check_line *l)
{
	ix_buf_free(&l->items);
	ix_buf_free(&l->texts);
	ix_buf_free(&l->fine);
	ix_buf_free(&l->more);
	ix_buf_free(&l->perf);
}
