/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gaps of one run. The first is told with its reason: one line is what scripts can
 * live with that know the original's standard error as empty. */
#include "compat/gap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "ui/msg.h"

static struct {
	char first[1200];
	size_t others;
} gaps;

static void add(const char *text)
{
	if (!gaps.first[0])
		(void)snprintf(gaps.first, sizeof(gaps.first), "%s", text);
	else if (strcmp(gaps.first, text) != 0)
		gaps.others++; /* what comes in slices says it once for each */
}

/* Where the original prints 0, as for "never": of a process that has no number here. */
static bool hides_process(const struct ipcx_table *t)
{
	static const enum ipcx_field pids[] = { IPCX_F_CPID, IPCX_F_LPID, IPCX_F_LSPID,
						IPCX_F_LRPID, IPCX_F_SEMPID };

	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		struct ipcx_fieldset unknown = ipcx_row_unknown(t, row);

		for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
			if (ipcx_fieldset_has(&unknown, pids[i]))
				return true;
	}
	return false;
}

size_t gap_table(const struct ipcx_table *t)
{
	const struct ipcx_note *n;
	size_t found = 0;

	for (size_t i = 0; (n = ipcx_table_note(t, i)) != NULL; i++) {
		const struct ipcx_mech_info *m = ipcx_mech_info(n->mech);
		const char *subject = n->subject[0] ? n->subject : m ? m->name : "";
		char text[sizeof(gaps.first)];

		if ((n->kind == IPCX_NOTE_INFO || n->kind == IPCX_NOTE_REASON) &&
		    n->mech == IPCX_NO_MECH && hides_process(t))
			add(n->text);
		if (n->kind != IPCX_NOTE_FAILED && n->kind != IPCX_NOTE_UNAVAILABLE &&
		    n->kind != IPCX_NOTE_INCOMPLETE)
			continue;
		(void)snprintf(text, sizeof(text), "%s%s%s", subject,
			       subject[0] ? ": " : "", n->text);
		add(text);
		found++;
	}
	return found;
}

void gap_error(const char *what, int error)
{
	char text[sizeof(gaps.first)];

	if (error >= 0 || error == -ENOENT || error == -ESRCH)
		return;
	(void)snprintf(text, sizeof(text), "%s: %s", what, strerror(-error));
	add(text);
}

void gap_say(const char *what)
{
	if (!gaps.first[0])
		return;
	if (gaps.others)
		msg_error("%s: %s (and %zu more)", what, gaps.first, gaps.others);
	else
		msg_error("%s: %s", what, gaps.first);
	gaps.first[0] = '\0';
	gaps.others = 0;
}
