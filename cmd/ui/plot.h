/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bars for people: how much more one is than the other, seen instead of read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* One bar, with a text before and one behind it. */
struct plot_bar {
	const char *label;
	double value; /* not negative */
	char figures[48];
};

/* A chart as wide as the terminal (80 where there is none): the greatest value takes all
 * the room. In blocks of an eighth where the locale has them, else in ASCII. */
void plot_bars(const struct plot_bar *bars, size_t n);
