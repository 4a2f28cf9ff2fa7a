/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The library's hints in the words of this program. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "ui/msg.h"

/* clang-format off */
static const struct {
	char before[IX_TEXT(48)], after[IX_TEXT(32)];
	bool subject, value;
} hints[] = {
	[IPCX_HINT_TAKE_EXISTING] = { .before = " (--if-missing would take it)" },
	[IPCX_HINT_NORESERVE]     = { .before = " (--noreserve leaves it unaccounted)" },
	[IPCX_HINT_SET_OWNER]     = { .before = " (--owner USER:GROUP)" },
	[IPCX_HINT_SET_LIMIT]     = { " (ipcx limits set ", ")", true, true },
	[IPCX_HINT_ENTER_MOUNT]   = { .before = " (--mount)" },
	[IPCX_HINT_COUNT]         = { " ('ipcx show ", "' shows how many there are)", true, false },
	[IPCX_HINT_STAY]          = { .before = " (leave --ns out)" },
	[IPCX_HINT_NOTIFY_PID]    = { " ('ipcx ls ", " -o +notify_pid' shows which)", true, false },
};
/* clang-format on */

/* The number in the reference "MECH:NUMBER" is the key of another object. */
static void hint_key(const char *subject, char *buf, size_t size)
{
	size_t mech = strcspn(subject, ":");
	uint64_t key;

	if (subject[mech] && ix_parse_u64(subject + mech + 1, UINT32_MAX, &key) == 0)
		(void)snprintf(buf, size,
			       " (but %.*s:0x%08" PRIx64 " has this number as its key)",
			       (int)mech, subject, key);
}

void msg_hint(const struct ipcx_hint *hint, char *buf, size_t size)
{
	char value[32] = "";

	buf[0] = '\0';
	if (hint->kind == IPCX_HINT_KEY)
		hint_key(hint->subject, buf, size);
	if ((size_t)hint->kind >= ARRAY_SIZE(hints) || !hints[hint->kind].before[0])
		return; /* none, or a kind that only a newer library knows */
	if (hints[hint->kind].value)
		(void)snprintf(value, sizeof(value), "=%" PRIu64, hint->value);
	(void)snprintf(buf, size, "%s%s%s%s", hints[hint->kind].before,
		       hints[hint->kind].subject ? hint->subject : "", value,
		       hints[hint->kind].after);
}
