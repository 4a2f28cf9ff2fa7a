/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Print a chart of bars for people: how much greater one value is than another. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* One bar, with a text before the bar and a text after it. */
struct plot_bar {
	const char *label;
	double value; /* not negative */
	char figures[48];
};

/* Print a chart as wide as the terminal (80 columns without a terminal); the greatest
 * value gets the full width. Block elements of an eighth if the locale is UTF-8, else
 * ASCII. */
void plot_bars(const struct plot_bar *bars, size_t n);
