/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of values: what sorting and comparing agree on; and their text. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/expr.h"
#include "ipcx.h"

static int order(int less, int more)
{
	return more - less;
}

/* Signed and unsigned 64-bit integers compare by their number, not by their bits. */
static int compare_integers(const struct ipcx_value *a, const struct ipcx_value *b)
{
	int a_negative = (a->type == IPCX_TYPE_INT || a->type == IPCX_TYPE_TIME) &&
			 a->as.i < 0;
	int b_negative = (b->type == IPCX_TYPE_INT || b->type == IPCX_TYPE_TIME) &&
			 b->as.i < 0;

	if (a_negative || b_negative) {
		if (a_negative != b_negative)
			return a_negative ? -1 : 1;
		return order(a->as.i<b->as.i, a->as.i> b->as.i);
	}
	return order(a->as.u<b->as.u, a->as.u> b->as.u);
}

static double as_real(const struct ipcx_value *v)
{
	if (v->type == IPCX_TYPE_REAL)
		return v->as.d;
	if (v->type == IPCX_TYPE_INT || v->type == IPCX_TYPE_TIME)
		return (double)v->as.i;
	return (double)v->as.u;
}

int ipcx_value_compare(const struct ipcx_value *a, const struct ipcx_value *b)
{
	static const struct ipcx_value none = { .type = IPCX_TYPE_NONE };

	a = a ? a : &none;
	b = b ? b : &none;
	if (a->type == IPCX_TYPE_NONE || b->type == IPCX_TYPE_NONE)
		return order(a->type == IPCX_TYPE_NONE && b->type != IPCX_TYPE_NONE,
			     a->type != IPCX_TYPE_NONE && b->type == IPCX_TYPE_NONE);
	if (a->type == IPCX_TYPE_STRING && b->type == IPCX_TYPE_STRING) {
		int r = strcmp(ipcx_value_string(a), ipcx_value_string(b));

		return order(r<0, r> 0);
	}
	if (a->type == IPCX_TYPE_STRING || b->type == IPCX_TYPE_STRING)
		return order(b->type == IPCX_TYPE_STRING, a->type == IPCX_TYPE_STRING);
	if (a->type == IPCX_TYPE_REAL || b->type == IPCX_TYPE_REAL)
		return order(as_real(a) < as_real(b), as_real(a) > as_real(b));
	return compare_integers(a, b);
}

int ipcx_value_format(const struct ipcx_value *v, char *buf, size_t size)
{
	char room[IX_RAW_MAX];
	const char *text;

	if (!v || (!buf && size) || (unsigned)v->type > IPCX_TYPE_KEY)
		return -EINVAL;
	text = ix_value_raw(v, room);
	return snprintf(buf, size, "%s", text ? text : "");
}
