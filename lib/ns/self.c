/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our own namespaces, and the name of the one in which the calls of a context act. */
#include <inttypes.h>
#include <stdio.h>

#include "base/esc.h"
#include "ns/ns.h"
#include "proc/home.h"

uint64_t ix_ns_home(struct ipcx *x, const char *type)
{
	return x->rooted ? ix_home_ns(x, type) : ix_ns_own(x, type);
}

void ipcx_namespace(struct ipcx *x, char *buf, size_t size)
{
	uint64_t ino;

	if (!x || !buf)
		return;
	if (x->ns && x->ns->all) {
		(void)snprintf(buf, size, "all");
		return;
	}
	if (x->ns && ix_ns_target(x->ns)->directory) {
		(void)ix_escape(buf, size, ix_ns_target(x->ns)->directory, IX_ESC_TEXT);
		return;
	}
	ino = x->ns ? ix_ns_target(x->ns)->ino : ix_ns_own(x, "ipc");
	if (ino)
		(void)snprintf(buf, size, "ipc:[%" PRIu64 "]", ino);
	else
		(void)snprintf(buf, size, "ipc:[?]");
}
