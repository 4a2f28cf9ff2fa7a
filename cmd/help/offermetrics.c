/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Candidates for the options of metrics: the metrics, and the words of its lists. */
#include <string.h>

#include "help/offer.h"
#include "monitor/metrics.h"

static void offer_names(const struct cursor *at)
{
	const struct metric_family *f;
	char name[64], help[256];

	for (size_t i = 0; (f = metric_family(i)); i++) {
		metric_name(f, name, sizeof(name));
		offer(at, name, "", metric_help(f, help, sizeof(help)));
	}
}

/* Complete the last item of a comma-separated list of words. */
static void offer_words(struct cursor at, const struct metric_word *words)
{
	const char *comma = strrchr(at.from, ',');

	at.from = comma ? comma + 1 : at.from;
	for (; words->name[0]; words++)
		offer(&at, words->name, "", words->what);
}

void offer_metrics(const struct cursor *at, enum complete what)
{
	if (what & COMPLETE_METRICS)
		offer_names(at);
	if (what & COMPLETE_LABELS)
		offer_words(*at, metric_by_words);
	if (what & COMPLETE_FACTS)
		offer_words(*at, metric_with_words);
}
