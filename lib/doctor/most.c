/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sorting makes the groups, so that no number of users or commands costs more. */
#include "doctor/most.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/esc.h"
#include "why/why.h"

static uint64_t most_hash(const char *text)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return h;
}

int ix_most_add(struct ix_most *m, const struct ipcx_table *t, size_t row,
		uint64_t amount)
{
	struct ix_most_user *u;
	struct ipcx_value v;
	const char *command;
	uint64_t uid, alive;

	if (m->n == m->room) {
		size_t room = m->room ? 2 * m->room : 64;

		u = reallocarray(m->users, room, sizeof(*u));
		if (!u)
			return -ENOMEM;
		m->users = u;
		m->room = room;
	}
	if (!ix_why_number(t, row, IPCX_F_UID, &uid))
		return 0;
	u = &m->users[m->n++];
	*u = (struct ix_most_user){
		.uid = (uint32_t)uid, .sum = amount, .count = 1, .t = t, .row = row
	};
	command = m->by_user ? NULL : ix_why_word(t, row, IPCX_F_COMMAND, &v);
	if (command)
		u->command = most_hash(command);
	u->gone = ix_why_number(t, row, IPCX_F_CREATOR_ALIVE, &alive) && !alive;
	return 0;
}

static int most_same(const void *a, const void *b)
{
	const struct ix_most_user *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return (x->command > y->command) - (x->command < y->command);
}

static int most_bigger(const void *a, const void *b)
{
	const struct ix_most_user *x = a, *y = b;

	if (x->sum != y->sum)
		return x->sum > y->sum ? -1 : 1;
	return most_same(a, b);
}

void ix_most_group(struct ix_most *m)
{
	size_t n = 0;

	if (!m->n)
		return;
	qsort(m->users, m->n, sizeof(*m->users), most_same);
	for (size_t i = 1; i < m->n; i++) {
		struct ix_most_user *to = &m->users[n], *from = &m->users[i];

		if (most_same(to, from) != 0) {
			m->users[++n] = *from;
			continue;
		}
		to->count += from->count;
		to->gone += from->gone;
		if (__builtin_add_overflow(to->sum, from->sum, &to->sum))
			to->sum = UINT64_MAX;
	}
	m->n = n + 1;
	qsort(m->users, m->n, sizeof(*m->users), most_bigger);
}

void ix_most_owner(const struct ix_most_user *u, char *buf, size_t size)
{
	struct ipcx_value v;
	const char *name = ix_why_word(u->t, u->row, IPCX_F_OWNER, &v);

	if (name)
		(void)ix_escape(buf, size, name, IX_ESC_TEXT);
	else
		(void)snprintf(buf, size, "uid %" PRIu32, u->uid);
}

void ix_most_say(struct ix_most *m, uint64_t total, char *buf, size_t size)
{
	size_t len = strlen(buf);
	const struct ix_most_user *u = m->users;
	char owner[128], command[128] = "";
	struct ipcx_value v;
	const char *name;

	ix_most_group(m);
	if (!m->n || !total || u->sum > total || len >= size)
		return;
	ix_most_owner(u, owner, sizeof(owner));
	name = u->command ? ix_why_word(u->t, u->row, IPCX_F_COMMAND, &v) : NULL;
	if (name)
		(void)ix_escape(command, sizeof(command), name, IX_ESC_TEXT);
	len += (size_t)snprintf(buf + len, size - len,
				"; %s%s%s%s has the most, %" PRIu64 " (%" PRIu64 " %%)",
				owner, name ? " (" : "", command, name ? ")" : "", u->sum,
				(uint64_t)(100.0 * (double)u->sum / (double)total));
	if (u->gone && len < size)
		(void)snprintf(buf + len, size - len,
			       ", %zu of them made by processes that have ended",
			       u->gone);
}

void ix_most_free(struct ix_most *m)
{
	free(m->users);
}
