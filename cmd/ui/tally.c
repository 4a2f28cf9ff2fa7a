/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exit status of a command, from the notes of its tables. */
#include "ui/exit.h"
#include "ui/msg.h"

void tally_asked(struct tally *tally, uint64_t mechs, bool named)
{
	bool all = tally->unavailable &&
		   tally->unavailable >= (size_t)__builtin_popcountll(mechs);

	tally->part = named && tally->unseen && all && tally->done;
	if (!all)
		tally->unavailable = 0;
}

/* Return whether objects may be missing from the answer. */
static bool has_gaps(const struct tally *tally)
{
	return tally->failed || tally->unseen || tally->gaps;
}

int tally_status(const struct tally *tally)
{
	size_t bad = tally->missing + tally->failed;

	if (tally->part)
		return EXIT_PART;
	if (bad == 0 && tally->unavailable && tally->done == 0)
		return EXIT_FAILED;
	if (bad == 0)
		return tally->exact && has_gaps(tally) ? EXIT_PART : EXIT_DONE;
	if (tally->done || (tally->missing && tally->failed))
		return EXIT_PART;
	return tally->missing ? EXIT_MISSING : EXIT_FAILED;
}

int tally_expect_none(const struct tally *tally)
{
	if (tally->done)
		return EXIT_FAILED;
	return tally->missing || has_gaps(tally) ? EXIT_PART : EXIT_DONE;
}
