/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draw bars from block elements (U+2588 to U+258F, in eighths of a column) or '#'. */
#include "ui/plot.h"

#include <string.h>

#include "base/esc.h"
#include "base/util.h"
#include "ui/locale.h"
#include "ui/out.h"

#define GAP     2
#define WIDE    80 /* without a terminal */
#define LEAST   8  /* minimum width of a bar, even if too wide for the terminal */
#define EIGHTHS 8

/* Draw a bar of this many eighths of a column; return the columns used. */
static size_t put_bar(size_t eighths, bool blocks)
{
	size_t whole = eighths / EIGHTHS, rest = eighths % EIGHTHS;
	char part[] = "\xe2\x96\x88";

	if (!blocks) {
		/* round up: any value above 0 is visible */
		whole = (eighths + EIGHTHS - 1) / EIGHTHS;
		for (size_t i = 0; i < whole; i++)
			out_text("#");
		return whole;
	}
	for (size_t i = 0; i < whole; i++)
		out_text(part);
	part[2] = (char)(0x90 - rest); /* U+2588 is full, U+258F one eighth */
	if (rest)
		out_text(part);
	return whole + (rest > 0);
}

void plot_bars(const struct plot_bar *bars, size_t n)
{
	size_t columns = out_columns(), label = 0, figures = 0, room;
	bool blocks = locale_utf8();
	double most = 0;

	for (size_t i = 0; i < n; i++) {
		label = MAX(label, ix_width(bars[i].label));
		figures = MAX(figures, ix_width(bars[i].figures));
		most = bars[i].value > most ? bars[i].value : most;
	}
	columns = columns ? columns : WIDE;
	room = label + figures + 2 * GAP;
	room = columns > room + LEAST ? columns - room : LEAST;
	for (size_t i = 0; i < n; i++) {
		double share = most > 0 ? bars[i].value / most : 0;
		size_t eighths = (size_t)(share * (double)(room * EIGHTHS)), used;

		if (bars[i].value > 0 && eighths == 0)
			eighths = 1;
		out_format("%s%*s", bars[i].label,
			   (int)(label - ix_width(bars[i].label)) + GAP, "");
		used = put_bar(eighths, blocks);
		out_format("%*s%s\n",
			   (int)(room - used + GAP + figures - ix_width(bars[i].figures)),
			   "", bars[i].figures);
	}
}
