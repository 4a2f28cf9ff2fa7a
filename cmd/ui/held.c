/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The message that is kept where nobody reads stderr: the first failure, which the rest
 * follow from. */
#include <string.h>

#include "base/util.h"
#include "ui/msg.h"

static struct {
	bool hold, full;
	char text[1024];
} held;

void msg_hold(void)
{
	held.hold = true;
}

const char *msg_held(void)
{
	return held.text;
}

bool msg_keep(const char *text, bool failure)
{
	if (!held.hold)
		return false;
	if (failure && !held.full)
		(void)snprintf(held.text, sizeof(held.text), "%s",
			       text ? text : "out of memory");
	held.full |= failure;
	return true;
}
