/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an id that names no segment tells: its lowest bits are a slot, the others say
 * which segment of the slot it was. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/shm.h>

#include "core/limit.h"
#include "why/fix.h"
#include "why/shm.h"

static uint64_t shmid_slot_of(struct ix_why *w, uint64_t id)
{
	return id & ((UINT64_C(1) << ix_id_bits(w->x)) - 1);
}

/* Find the segment in a slot; false if there is none, or they cannot be listed. */
static bool shmid_slot(struct ix_why *w, uint64_t slot, uint64_t *ret_id)
{
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(ix_why_mech(w)),
				.flags = IPCX_NUMERIC };
	struct ipcx_table *t = NULL;
	uint64_t id;
	bool found = false;

	if (ipcx_scan(w->x, &q, &t) < 0)
		return false;
	for (size_t i = 0; i < ipcx_table_rows(t) && !found; i++)
		found = ix_why_number(t, i, IPCX_F_ID, &id) &&
			shmid_slot_of(w, id) == slot;
	ipcx_table_free(t);
	if (found)
		*ret_id = id;
	return found;
}

static bool shmid_by_slot(const struct ix_why *w)
{
	int cmd = w->call == IX_SHMCTL ? ix_shm_command(w) : IX_SHM_CMD_UNKNOWN;

	return cmd == SHM_STAT || cmd == SHM_STAT_ANY;
}

/* The id of the question, also if it was given as a reference. */
static bool shmid_id(const struct ix_why *w, int64_t *ret_id)
{
	if (ix_args_has(&w->a, IX_ARG_ID))
		*ret_id = w->a.id;
	else if (ix_args_has(&w->a, IX_ARG_REF) && w->a.ref.by == IPCX_BY_ID)
		*ret_id = w->a.ref.id;
	else
		return false;
	return true;
}

static void shmid_no_slot(struct ix_why *w, struct ix_reason *r)
{
	int64_t slot;
	uint64_t id;

	if (!shmid_id(w, &slot)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: id= is not known");
		return;
	}
	if (slot >= 0 && shmid_slot(w, (uint64_t)slot, &id))
		ix_reason_set(r, IX_SO_NOT, "slot %" PRId64 " holds shm:%" PRIu64, slot,
			      id);
	else
		ix_reason_set(r, IX_SO,
			      "slot %" PRId64
			      " is empty; the command takes a slot, not an id",
			      slot);
}

static void shmid_no_id(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	char name[IX_SHM_NAME];
	uint64_t now, slot;
	unsigned bits = ix_id_bits(w->x);
	int64_t id;
	int found, cmd = w->call == IX_SHMCTL ? ix_shm_command(w) : IX_SHM_CMD_UNKNOWN;

	if (cmd == IPC_INFO || cmd == SHM_INFO) {
		ix_reason_set(r, IX_SO_NOT, "the command takes no id");
		return;
	}
	if (shmid_by_slot(w)) {
		shmid_no_slot(w, r);
		return;
	}
	found = ix_shm_find(w, r, &t);
	if (found > 0)
		ix_reason_set(r, IX_SO_NOT, "%s exists", ix_shm_name(t, name));
	if (found)
		return;
	if (!shmid_id(w, &id)) {
		ix_reason_set(r, IX_SO, "there is no such segment");
		return;
	}
	slot = shmid_slot_of(w, (uint64_t)id);
	if (id < 0)
		ix_reason_set(r, IX_SO,
			      "no segment has the id %" PRId64
			      ": did shmget(2) fail before?",
			      id);
	else if (!shmid_slot(w, slot, &now))
		ix_reason_set(r, IX_SO,
			      "no segment has the id %" PRId64 ", and its slot %" PRIu64
			      " is empty",
			      id, slot);
	else
		ix_reason_set(r, IX_SO,
			      "shm:%" PRId64 " %s: its slot %" PRIu64
			      " now holds shm:%" PRIu64,
			      id,
			      now >> bits > (uint64_t)id >> bits
				      ? "was removed"
				      : "was never made, or removed long ago",
			      slot, now);
	(void)snprintf(r->fix, sizeof(r->fix),
		       "get the id again by shmget(2), if the segment had a key");
}

/* Ids are small numbers: that one exists elsewhere, too, may mean nothing. */
static void shmid_elsewhere(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	char where[64], quoted[80];
	bool whole;
	int n = shmid_by_slot(w) ? 1 : ix_shm_find(w, r, &t);

	if (n > 0)
		ix_reason_set(r, IX_SO_NOT, "%s",
			      shmid_by_slot(w) ? "the command takes a slot"
					       : "it is in this namespace");
	if (n)
		return;
	n = ix_why_elsewhere(w, where, sizeof(where), &whole);
	if (n > 0) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: %d other namespace%s a segment with this "
			      "id: %s%s; whether it was meant is not known",
			      n, n > 1 ? "s have" : " has", where, n > 1 ? ", …" : "");
		(void)snprintf(r->fix, sizeof(r->fix),
			       "run the program in that namespace (ipcx ns enter %s), or "
			       "let its container share it",
			       ix_fix_quoted(quoted, sizeof(quoted), where));
	} else if (n == 0 && whole) {
		ix_reason_set(r, IX_SO_NOT, "no other namespace has this id");
	} else if (n == -EDESTADDRREQ) {
		ix_reason_set(r, IX_SO_NOT, "no namespace has this id");
	} else {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: not every namespace may be looked into");
	}
}

void ix_shm_id(struct ix_why *w, enum ix_shm_check check, struct ix_reason *r)
{
	if (check == IX_SHM_NO_ID)
		shmid_no_id(w, r);
	else
		shmid_elsewhere(w, r);
}
