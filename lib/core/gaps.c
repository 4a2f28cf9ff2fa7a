/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A short list of distinct sentences, each of which describes a gap. */
#include "core/gaps.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/table.h"

void ix_gap(struct ix_gaps *g, int error, const char *fmt, ...)
{
	struct ix_gap gap = { .error = error };
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(gap.text, sizeof(gap.text), fmt, args);
	va_end(args);
	for (size_t i = 0; i < g->n; i++)
		if (!strcmp(g->all[i].text, gap.text))
			return;
	if (g->n < IX_GAPS_MAX)
		g->all[g->n++] = gap;
}

int ix_gap_reason(const char *text)
{
	return (int)(strchrnul(text, ':') - text);
}

void ix_gaps_note(const struct ix_gaps *g, struct ipcx_table *t)
{
	for (size_t i = 0; i < g->n; i++)
		ix_table_hand_on(t, &(struct ipcx_note){ .kind = IPCX_NOTE_INCOMPLETE,
							 .mech = IPCX_NO_MECH,
							 .error = g->all[i].error,
							 .subject = "",
							 .text = g->all[i].text });
}
