/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Find the command that the words of a command line name, and iterate over a list of
 * commands. */
#include <string.h>

#include "cmd.h"

/* Return whether cmds[at] is the first command in the list that is a verb of this noun. */
static bool begins_at(const struct cmd *const *cmds, unsigned mech, size_t at)
{
	size_t i = 0;

	while (i < at && !called_fits(cmds[i], mech))
		i++;
	return i == at && called_fits(cmds[at], mech);
}

/* Step to the next verb of the nouns whose first verb is at w->at. */
static bool next_verb(struct cmd_walk *w)
{
	const struct cmd *const *cmds = w->list;

	for (; ipcx_mech_info(w->mech); w->mech++, w->verb = w->at) {
		if (!begins_at(cmds, w->mech, w->at))
			continue;
		while (cmds[w->verb] && !called_fits(cmds[w->verb], w->mech))
			w->verb++;
		if (!cmds[w->verb])
			continue;
		called_set(&w->called, cmds[w->verb++], w->mech);
		return true;
	}
	return false;
}

/* All verbs of one noun are listed together, at the position of the noun's first verb. */
const struct cmd *cmd_next(struct cmd_walk *w)
{
	const struct cmd *const *cmds = w->list;

	for (; cmds[w->at]; w->mech = 0, w->verb = ++w->at) {
		if (!cmds[w->at]->needs) {
			called_set(&w->called, cmds[w->at], IPCX_NO_MECH);
			w->verb = ++w->at;
			return &w->called.cmd;
		}
		if (next_verb(w))
			return &w->called.cmd;
	}
	return NULL;
}

/* Find a noun's verb ("shm read") for which fits() holds. */
static bool find_verb(const struct cmd *const *cmds, const char *noun, const char *verb,
		      bool (*fits)(const struct cmd *c, unsigned mech),
		      struct called *ret)
{
	const struct ipcx_mech_info *m;

	for (unsigned mech = 0; (m = ipcx_mech_info(mech)) != NULL; mech++) {
		if (strcmp(m->name, noun) != 0)
			continue;
		for (size_t i = 0; cmds[i]; i++)
			if (fits(cmds[i], mech) && !strcmp(cmds[i]->name, verb)) {
				called_set(ret, cmds[i], mech);
				return true;
			}
	}
	return false;
}

bool cmd_find_absent(const struct cmd *const *list, int argc, char *const *argv,
		     struct called *ret)
{
	return argc > 1 && find_verb(list, argv[0], argv[1], called_absent, ret);
}

bool cmd_find(const struct cmd *const *list, int argc, char *const *argv,
	      struct called *ret, int *ret_words)
{
	const struct cmd *best = NULL;

	if (argc > 1 && find_verb(list, argv[0], argv[1], called_fits, ret)) {
		*ret_words = 2;
		return true;
	}
	for (const struct cmd *const *c = list; *c; c++) {
		const char *blank = strchr((*c)->name, ' ');
		size_t first = blank ? (size_t)(blank - (*c)->name) : strlen((*c)->name);

		if ((*c)->needs || argc < 1 || strlen(argv[0]) != first ||
		    strncmp(argv[0], (*c)->name, first) != 0)
			continue;
		if (blank && (argc < 2 || strcmp(argv[1], blank + 1) != 0))
			continue;
		if (best && !blank)
			continue;
		best = *c;
		*ret_words = blank ? 2 : 1;
	}
	if (best)
		called_set(ret, best, IPCX_NO_MECH);
	return best;
}
