/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of values, which sorting and comparisons share, and the text form of values.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/type.h"
#include "ipcx.h"

static int value_order(int less, int more)
{
	return more - less;
}

/* Compare signed and unsigned 64-bit integers by value, not by bit pattern. */
static int compare_integers(const struct ipcx_value *a, enum ix_order a_order,
			    const struct ipcx_value *b, enum ix_order b_order)
{
	int a_negative = a_order == IX_ORDER_SIGNED && a->as.i < 0;
	int b_negative = b_order == IX_ORDER_SIGNED && b->as.i < 0;

	if (a_negative || b_negative) {
		if (a_negative != b_negative)
			return a_negative ? -1 : 1;
		return value_order(a->as.i<b->as.i, a->as.i> b->as.i);
	}
	return value_order(a->as.u<b->as.u, a->as.u> b->as.u);
}

static double as_real(const struct ipcx_value *v, enum ix_order how)
{
	if (how == IX_ORDER_REAL)
		return v->as.d;
	return how == IX_ORDER_SIGNED ? (double)v->as.i : (double)v->as.u;
}

int ipcx_value_compare(const struct ipcx_value *a, const struct ipcx_value *b)
{
	static const struct ipcx_value none = { .type = IPCX_TYPE_NONE };
	enum ix_order how_a, how_b;

	a = a ? a : &none;
	b = b ? b : &none;
	how_a = ix_type(a->type)->order;
	how_b = ix_type(b->type)->order;
	if (how_a == IX_ORDER_NONE || how_b == IX_ORDER_NONE)
		return value_order(how_b != IX_ORDER_NONE, how_a != IX_ORDER_NONE);
	if (how_a == IX_ORDER_TEXT && how_b == IX_ORDER_TEXT) {
		int r = strcmp(ipcx_value_string(a), ipcx_value_string(b));

		return value_order(r<0, r> 0);
	}
	if (how_a == IX_ORDER_TEXT || how_b == IX_ORDER_TEXT)
		return value_order(how_b == IX_ORDER_TEXT, how_a == IX_ORDER_TEXT);
	if (how_a == IX_ORDER_REAL || how_b == IX_ORDER_REAL) {
		double left = as_real(a, how_a), right = as_real(b, how_b);

		return value_order(left<right, left> right);
	}
	return compare_integers(a, how_a, b, how_b);
}

const char *ix_value_raw(const struct ipcx_value *v, char buf[IPCX_VALUE_MAX])
{
	const struct ix_type *type = ix_type(v->type);

	if (!type->write)
		return ipcx_value_string(v);
	*type->write(buf, v) = '\0';
	return buf;
}

int ipcx_value_format(const struct ipcx_value *v, char *buf, size_t size)
{
	const struct ix_type *type = v ? ix_type(v->type) : NULL;
	char room[IPCX_VALUE_MAX], *end;
	const char *text;

	if (type && type->write && size >= IPCX_VALUE_MAX &&
	    buf) { /* the usual case for the cells of a listing */
		end = type->write(buf, v);
		*end = '\0';
		return (int)(end - buf);
	}
	if (!v || (!buf && size) || !ipcx_type_info(v->type))
		return -EINVAL;
	text = ix_value_raw(v, room);
	return snprintf(buf, size, "%s", text ? text : "");
}
