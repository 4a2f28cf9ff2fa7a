/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the counts of struct ipcx_unseen are worded. */
#include "unseen.h"

#include <inttypes.h>
#include <linux/capability.h>

#include "base/cap.h"
#include "base/util.h"

uint64_t unseen_counted(uint64_t mechs, enum ipcx_field count)
{
	uint64_t found = 0;

	for (unsigned m = 0; ipcx_mech_info(m); m++)
		if ((mechs & IPCX_MECH_BIT(m)) && ipcx_mech_has(m, count))
			found |= IPCX_MECH_BIT(m);
	return found;
}

bool unseen_facts(struct output *s, unsigned what, const struct ipcx_unseen *u)
{
	struct output_fact facts[4];
	size_t n = 0;

	if (what & UNSEEN_ATTACHES)
		facts[n++] =
			(struct output_fact){ .name = "attaches", .value = u->attaches };
	if (what & UNSEEN_WAITERS)
		facts[n++] =
			(struct output_fact){ .name = "waiters", .value = u->waiters };
	facts[n++] = (struct output_fact){ .name = "processes", .value = u->processes };
	facts[n++] = (struct output_fact){ .name = "others",
					   .value = u->others,
					   .truth = true };
	return output_facts(s, "unseen", facts, n);
}

/* With the capability, processes are hidden by a security module, or belong to a user
 * namespace above ours. */
const char *unseen_who_may(void)
{
	return ix_cap_has(CAP_SYS_PTRACE) > 0 ? "although CAP_SYS_PTRACE is present"
					      : "needs CAP_SYS_PTRACE";
}

void unseen_note_processes(const struct ipcx_unseen *u)
{
	if (u->processes)
		msg_note("%" PRIu64 " process%s may not be looked at (%s)", u->processes,
			 u->processes == 1 ? "" : "es", unseen_who_may());
	if (u->others)
		msg_note("more processes may exist outside this PID namespace, or "
			 "hidden from it (hidepid)");
}
