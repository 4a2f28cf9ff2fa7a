/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a message queue's file: nothing is read past its end; either the whole
 * text is refused, or its numbers, written again as the kernel writes them, are read
 * back unchanged.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/util.h"
#include "fuzz.h"
#include "mech/mqueue.h"

static void check(const struct ix_mq_status *st)
{
	struct ix_mq_status again;
	char text[128];
	int len = snprintf(text, sizeof(text),
			   "QSIZE:%-10" PRIu64
			   " NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n",
			   st->qsize, st->notify, st->signo, st->pid);

	CHECK(len > 0 && (size_t)len < sizeof(text));
	CHECK(ix_mq_status(text, (size_t)len, &again) == 0);
	CHECK(again.qsize == st->qsize && again.notify == st->notify &&
	      again.signo == st->signo && again.pid == st->pid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ix_mq_status st = { 1, 2, 3, 4 };
	auto_free char *text = malloc(size ? size : 1);
	int r;

	CHECK(text);
	if (size)
		memcpy(text, data, size);
	r = ix_mq_status(text, size, &st);
	CHECK(r == 0 || r == -EINVAL);
	if (r == 0)
		check(&st);
	else
		CHECK(st.qsize == 1 && st.notify == 2 && st.signo == 3 && st.pid == 4);
	return 0;
}
