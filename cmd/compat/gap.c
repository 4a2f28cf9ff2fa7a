/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Count the gaps of one run. Only the first gap is reported in full, with its reason:
 * scripts that expect the original's empty stderr can tolerate one line. */
#include "compat/gap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compat/tool.h"
#include "ui/msg.h"

static struct {
	char first[1200];
	size_t others;
} gaps;

static void gap_add(const char *text)
{
	if (!gaps.first[0])
		(void)snprintf(gaps.first, sizeof(gaps.first), "%s", text);
	else if (strcmp(gaps.first, text) != 0)
		gaps.others++; /* slices repeat it */
}

size_t gap_table(const struct ipcx_table *t)
{
	return gap_table_of(t, UINT64_MAX);
}

size_t gap_table_of(const struct ipcx_table *t, uint64_t mechs)
{
	const struct ipcx_note *n;
	size_t found = 0;

	for (size_t i = 0; (n = ipcx_table_note(t, i)) != NULL; i++) {
		const struct ipcx_mech_info *m = ipcx_mech_info(n->mech);
		const char *subject = n->subject[0] ? n->subject : m ? m->name : "";
		char text[sizeof(gaps.first)];

		if (m && !(mechs & IPCX_MECH_BIT(n->mech)))
			continue;
		if (n->kind != IPCX_NOTE_FAILED && n->kind != IPCX_NOTE_UNAVAILABLE &&
		    n->kind != IPCX_NOTE_INCOMPLETE)
			continue;
		(void)snprintf(text, sizeof(text), "%s%s%s", subject,
			       subject[0] ? ": " : "", n->text);
		gap_add(text);
		found++;
	}
	return found;
}

bool gap_unread(const struct ipcx_table *t, int error)
{
	const struct ipcx_note *n;

	for (size_t i = 0; (n = ipcx_table_note(t, i)) != NULL; i++)
		if (n->kind == IPCX_NOTE_UNAVAILABLE && (!error || n->error == error))
			return true;
	return false;
}

bool gap_queues(struct ipcx *x)
{
	struct ipcx_query q = { .size = sizeof(q), .fields = IPCX_FIELDSET(IPCX_F_NAME) };
	struct ipcx_table *t = NULL;
	bool lacks;

	if (access("/dev/mqueue", F_OK) == 0)
		return true;
	(void)ipcx_mech_mask("mq", &q.mechs);
	lacks = ipcx_scan(x, &q, &t) == 0 && gap_unread(t, -ENOSYS);
	ipcx_table_free(t);
	if (!lacks)
		msg_error(TOOL_NO_MQUEUE);
	return lacks;
}

void gap_error(const char *what, int error)
{
	char text[sizeof(gaps.first)];

	if (error >= 0 || error == -ENOENT || error == -ESRCH)
		return;
	(void)snprintf(text, sizeof(text), "%s: %s", what, strerror(-error));
	gap_add(text);
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
