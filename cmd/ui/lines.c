/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats with one line per row: CSV, shell assignments, raw words. */
#include <ctype.h>
#include <string.h>

#include "base/esc.h"
#include "base/util.h"
#include "ui/format.h"
#include "ui/out.h"

/* Write the text of a value; nothing if it is unknown or absent. */
static char *exact(char *p, const struct output *s, const struct output_column *c,
		   const struct ipcx_value *v)
{
	if (v->type == IPCX_TYPE_NONE)
		return p;
	if (!ipcx_value_string(v))
		return cell_put(p, c->info, v, &s->style);
	/* Unescaped, except that untrusted strings must not control a terminal. */
	if (s->terminal && c->field != IPCX_F_REF)
		return ix_put_escaped(p, CELL_MAX, ipcx_value_string(v), IX_ESC_TEXT);
	return (char *)mempcpy(p, ipcx_value_string(v),
			       MIN(strlen(ipcx_value_string(v)), (size_t)CELL_MAX / 4));
}

/* RFC 4180: quoted if it contains a comma, a quote or a line break; quotes are doubled.
 * */
static void csv_cell(const char *text, size_t len)
{
	char *p = out_room();
	bool quote = false;

	for (size_t i = 0; i < len; i++)
		quote |= strchr(",\"\r\n", text[i]) != NULL;
	if (quote)
		*p++ = '"';
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			*p++ = '"';
		*p++ = text[i];
	}
	if (quote)
		*p++ = '"';
	out_done(p);
}

void csv_heading(struct output *s, const char *label)
{
	(void)label;
	if (!s->headings || s->blocks)
		return;
	for (size_t k = 0; k < s->ncolumns; k++) {
		out_text(k ? "," : "");
		out_text(s->columns[k].info->name);
	}
	out_text("\n");
}

void csv_rows(struct output *s, const struct output_rows *rows)
{
	char text[CELL_MAX];

	for (size_t i = 0; i < rows->n; i++) {
		for (size_t k = 0; k < s->ncolumns; k++) {
			struct ipcx_value v;

			(void)output_get(rows, i, s->columns[k].field, &v);
			out_text(k ? "," : "");
			csv_cell(text,
				 (size_t)(exact(text, s, &s->columns[k], &v) - text));
		}
		out_text("\n");
	}
}

void export_rows(struct output *s, const struct output_rows *rows)
{
	char text[CELL_MAX];

	for (size_t i = 0; i < rows->n; i++) {
		for (size_t k = 0; k < s->ncolumns; k++) {
			const struct output_column *c = &s->columns[k];
			struct ipcx_value v;
			char *p = out_room();

			(void)output_get(rows, i, c->field, &v);
			if (k)
				*p++ = ' ';
			/* The prefix avoids PATH, UID and other names that shells and
			 * programs use. */
			p = mempcpy(p, "IPCX_", 5);
			for (const char *name = c->info->name; *name; name++)
				*p++ = (char)toupper((unsigned char)*name);
			*p++ = '=';
			*p++ = '"';
			*exact(text, s, c, &v) = '\0';
			/* A reference is already escaped; escaping it twice would name
			 * another object. */
			if (c->field == IPCX_F_REF)
				p = mempcpy(p, text, strlen(text));
			else
				p = ix_put_escaped(p, CELL_MAX, text, IX_ESC_SHELL);
			*p++ = '"';
			out_done(p);
		}
		out_text("\n");
	}
}

/* Write a word that is never empty, and "-" only if there is no value. */
static char *lines_raw_cell(char *p, const struct output *s,
			    const struct output_column *c, const struct ipcx_value *v)
{
	char text[CELL_MAX];

	if (v->type == IPCX_TYPE_NONE ||
	    (v->type == IPCX_TYPE_ROWS && !*ipcx_value_string(v))) {
		*p++ = '-';
		return p;
	}
	if (!ipcx_value_string(v) || c->field == IPCX_F_REF)
		return exact(p, s, c, v);
	*exact(text, s, c, v) = '\0';
	if (!strcmp(text, "-"))
		return mempcpy(p, "\\x2d", 4);
	return ix_put_escaped(p, CELL_MAX, text, IX_ESC_WORD);
}

void raw_rows(struct output *s, const struct output_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		for (size_t k = 0; k < s->ncolumns; k++) {
			struct ipcx_value v;
			char *p = out_room();

			(void)output_get(rows, i, s->columns[k].field, &v);
			if (k)
				*p++ = ' ';
			out_done(lines_raw_cell(p, s, &s->columns[k], &v));
		}
		out_bytes(s->nul ? "" : "\n", 1);
	}
}
