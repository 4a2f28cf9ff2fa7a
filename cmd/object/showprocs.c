/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rows about processes belong to which object, and what their headings say. */
#include "object/showprocs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "nsopt.h"
#include "object/users.h"
#include "object/waiting.h"
#include "unseen.h"

static const char *const words[SHOW_PROCS] = {
	[SHOW_USERS] = "users",
	[SHOW_WAITS] = "waits",
};

/* ---- which tables */

static struct show_procs *show_named(struct show_procs *all, const char *word, size_t len)
{
	for (size_t i = 0; i < SHOW_PROCS; i++)
		if (len == strlen(words[i]) && !strncmp(word, words[i], len))
			return &all[i];
	return NULL;
}

int show_procs_take(const char *list, struct show_procs all[SHOW_PROCS], char **ret_rest)
{
	char *rest = list ? malloc(strlen(list) + sizeof("+ref")) : NULL, *end = rest;
	bool defaults = list && *list == '+';

	*ret_rest = rest;
	if (!list)
		return 0;
	if (!rest) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	for (bool more = true; more; list++) {
		size_t len = strcspn(list, ","), plus = *list == '+';
		struct show_procs *named = show_named(all, list + plus, len - plus);

		more = list[len] == ',';
		if (named) {
			named->named = true;
		} else {
			if (end > rest)
				*end++ = ',';
			else if (defaults && !plus)
				*end++ = '+';
			end = mempcpy(end, list, len);
		}
		list += len;
	}
	*end = '\0';
	if (end == rest)
		memcpy(rest, defaults ? "+ref" : "ref", defaults ? 5 : 4);
	return 0;
}

int show_procs_want(const struct output *s, struct show_procs all[SHOW_PROCS])
{
	for (size_t i = 0; i < SHOW_PROCS; i++) {
		if (all[i].named && !s->format->detail)
			return msg_usage("%s: only table, json and jsonl have them "
					 "('ipcx %s')",
					 words[i], i == SHOW_USERS ? "who" : "waits");
		all[i].wanted = s->format->detail && (all[i].named || !s->format->raw);
	}
	return 0;
}

void show_procs_fields(const struct show_procs all[SHOW_PROCS], uint64_t mechs,
		       struct ipcx_fieldset *fields)
{
	static const enum ipcx_field needed[] = { IPCX_F_REF, IPCX_F_NS, IPCX_F_NATTCH };

	if (!all[SHOW_USERS].wanted && !all[SHOW_WAITS].wanted)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (select_knows(needed[i], &mechs))
			ipcx_fieldset_add(fields, needed[i]);
}

/* ---- finding */

/* Whether a call failed while processes were looked for. Processes that may not be looked
 * at are counted in the heading. */
static bool show_call_failed(const struct ipcx_table *t)
{
	const struct ipcx_note *n;

	for (size_t i = 0; (n = ipcx_table_note(t, i)); i++)
		if (n->error && n->error != -EACCES && n->kind != IPCX_NOTE_MISSING)
			break;
	return n;
}

/* A missing object has been reported already. */
void show_procs_find(struct app *app, const struct selection *sel,
		     struct show_procs all[SHOW_PROCS])
{
	struct ipcx_query q = { .size = sizeof(q),
				.refs = sel->refs,
				.nrefs = sel->nrefs };

	for (size_t i = 0; i < SHOW_PROCS; i++) {
		struct tally tally = { .missing_is_fine = true };
		struct show_procs *p = &all[i];
		int r;

		if (!p->wanted)
			continue;
		p->unseen.size = sizeof(p->unseen);
		r = i == SHOW_USERS ? ipcx_users(app->x, &q, 0, 0, &p->unseen, &p->t)
				    : ipcx_waits(app->x, &q, NULL, &p->unseen, &p->t);
		if (r < 0)
			msg_note("%s", ipcx_error(app->x));
		else if (p->named || app->verbose || show_call_failed(p->t))
			msg_table(p->t, app->verbose, &tally);
	}
}

static bool show_same(const struct ipcx_table *a, size_t ra, const struct ipcx_table *b,
		      size_t rb, enum ipcx_field f)
{
	struct ipcx_value va, vb;

	return ipcx_row_get(a, ra, f, &va) == 0 && ipcx_row_get(b, rb, f, &vb) == 0 &&
	       !ipcx_value_compare(&va, &vb);
}

static uint64_t show_number(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			    uint64_t absent)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, f, &v) == 0 && v.type == IPCX_TYPE_UINT ? v.as.u
									    : absent;
}

/* ---- headings, each with what was not seen; they return whether all was seen */

static void show_label_unseen(const struct ipcx_unseen *unseen, const char *word,
			      char *buf, size_t size)
{
	if (unseen->processes)
		(void)snprintf(buf, size,
			       "%s (%" PRIu64 " process%s may not be looked at)", word,
			       unseen->processes, unseen->processes == 1 ? "" : "es");
	else if (unseen->others)
		(void)snprintf(buf, size, "%s (in this PID namespace)", word);
}

static bool show_label_users(const struct show_procs *p, const struct ipcx_table *t,
			     size_t row, const uint32_t *rows, size_t n, char *buf,
			     size_t size)
{
	uint64_t attached = show_number(t, row, IPCX_F_NATTCH, UINT64_MAX), found = 0;
	unsigned mech = ipcx_row_mech(t, row);

	if (!users_attach(mech)) {
		(void)snprintf(buf, size, "last users (processes do not attach to a %s)",
			       ipcx_mech_info(mech)->object);
		return n > 0;
	}
	for (size_t i = 0; i < n; i++)
		found += show_number(p->t, rows[i], IPCX_F_MAPPINGS, 0);
	if (attached != UINT64_MAX) {
		if (found < attached)
			(void)snprintf(buf, size,
				       "users (%" PRIu64 " of %" PRIu64
				       " attaches found)",
				       found, attached);
		return found >= attached;
	}
	show_label_unseen(&p->unseen, "users", buf, size);
	return users_all_seen(IPCX_MECH_BIT(mech), &p->unseen);
}

static bool show_label_waits(const struct show_procs *p, unsigned mech, char *buf,
			     size_t size)
{
	bool all = waits_all_seen(IPCX_MECH_BIT(mech), p->t, &p->unseen);

	if (!all && p->unseen.waiters)
		(void)snprintf(buf, size, "waits (some waiters were not found)");
	else if (!all)
		show_label_unseen(&p->unseen, "waits", buf, size);
	return all;
}

/* ---- the tables */

/* Report that a table of an object is not shown. */
static void show_starved(const struct ipcx_table *t, size_t row, const char *word)
{
	char name[IPCX_REF_MAX];
	struct ipcx_ref ref;

	if (ipcx_row_ref(t, row, &ref) == 0 &&
	    ipcx_ref_format(&ref, name, sizeof(name)) > 0)
		msg_object("incomplete", name, ipcx_mech_info(ref.mech)->name,
			   "%s: out of memory", word);
}

/* Gather the rows about an object. They follow each other, mostly in the order of the
 * objects. Returns how many there are. */
static size_t show_gather(const struct app *app, struct show_procs *p,
			  const struct ipcx_table *t, size_t row, uint32_t *rows,
			  size_t all)
{
	size_t n = 0;

	for (size_t k = 0; rows && k < all; k++) {
		size_t i = (p->next + k) % all;

		if (show_same(t, row, p->t, i, IPCX_F_REF) &&
		    (!ns_all(app) || show_same(t, row, p->t, i, IPCX_F_NS)))
			rows[n++] = (uint32_t)i;
		else if (n)
			break;
	}
	if (n)
		p->next = rows[n - 1] + 1;
	return n;
}

struct output_child show_procs_child(const struct app *app, const struct output *s,
				     enum show_procs_kind kind, struct show_procs *p,
				     const struct ipcx_table *t, size_t row,
				     struct show_procs_part *part)
{
	size_t all = p->t ? ipcx_table_rows(p->t) : 0, n;
	bool seen = false, users = kind == SHOW_USERS;

	part->rows = calloc(all + 1, sizeof(*part->rows));
	if (!part->rows)
		show_starved(t, row, words[kind]);
	n = show_gather(app, p, t, row, part->rows, all);
	(void)snprintf(part->label, sizeof(part->label), "%s", words[kind]);
	if (p->t && users)
		seen = show_label_users(p, t, row, part->rows, n, part->label,
					sizeof(part->label));
	else if (p->t)
		seen = show_label_waits(p, ipcx_row_mech(t, row), part->label,
					sizeof(part->label));
	return (struct output_child){
		.label = part->label,
		.name = words[kind],
		.t = part->rows && (n || seen) ? p->t : NULL,
		.shown = users ? s->format->raw ? users_all_below : users_table_below
			 : s->format->raw ? waits_all_below
					  : waits_table_below,
		.order = part->rows,
		.n = n,
		.broken = !users,
	};
}

void show_procs_unseen(struct output *s, const struct show_procs all[SHOW_PROCS])
{
	const struct ipcx_unseen *users = &all[SHOW_USERS].unseen;
	struct ipcx_unseen sum = { .size = sizeof(sum) };
	unsigned what = 0;

	if (all[SHOW_USERS].t) {
		what |= UNSEEN_ATTACHES;
		sum = *users;
	}
	if (all[SHOW_WAITS].t) {
		what |= UNSEEN_WAITERS;
		sum = users_unseen_sum(&sum, &all[SHOW_WAITS].unseen);
	}
	if (what)
		(void)unseen_facts(s, what, &sum);
}

void show_procs_free(struct show_procs all[SHOW_PROCS])
{
	for (size_t i = 0; i < SHOW_PROCS; i++)
		ipcx_table_free(all[i].t);
}
