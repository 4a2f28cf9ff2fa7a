/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Check that a condition, an order and columns make sense for the mechanisms in question.
 * */
#include "ui/asked.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "ui/msg.h"

/* Fields of different mechanisms with the same meaning. */
static const enum ipcx_field alike[][2] = {
	{ IPCX_F_QNUM, IPCX_F_CURMSGS },
	{ IPCX_F_CBYTES, IPCX_F_QSIZE },
	{ IPCX_F_LPID, IPCX_F_LSPID },
	{ IPCX_F_LPID, IPCX_F_LRPID },
	{ IPCX_F_LPID_ALIVE, IPCX_F_LSPID_ALIVE },
	{ IPCX_F_LPID_ALIVE, IPCX_F_LRPID_ALIVE },
};

struct words {
	char text[512];
	size_t n;
};

/* Append one word to a list that will have `of` words: "a", "a and b", "a, b and c". */
static void asked_add(struct words *w, size_t of, const char *last, const char *word)
{
	size_t len = strlen(w->text);

	(void)snprintf(w->text + len, sizeof(w->text) - len, "%s%s",
		       w->n == 0        ? ""
		       : w->n + 1 == of ? last
					: ", ",
		       word);
	w->n++;
}

static void asked_name_mechs(uint64_t mechs, struct words *w)
{
	for (unsigned m = 0; ipcx_mech_info(m); m++)
		if (mechs & IPCX_MECH_BIT(m))
			asked_add(w, (size_t)__builtin_popcountll(mechs), " and ",
				  ipcx_mech_info(m)->name);
}

static void name_fields(const struct ipcx_fieldset *set, const char *last,
			struct words *w)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(set->bits); i++)
		n += (size_t)__builtin_popcountll(set->bits[i]);
	for (unsigned f = 0; f < ipcx_field_count(); f++)
		if (ipcx_fieldset_has(set, (enum ipcx_field)f))
			asked_add(w, n, last, ipcx_field_info((enum ipcx_field)f)->name);
}

/* Return those of the mechanisms that have the field. */
static uint64_t those_with(uint64_t mechs, enum ipcx_field f)
{
	uint64_t found = 0;

	for (unsigned m = 0; ipcx_mech_info(m); m++)
		if ((mechs & IPCX_MECH_BIT(m)) && ipcx_mech_has(m, f))
			found |= IPCX_MECH_BIT(m);
	return found;
}

/* Return those fields of these mechanisms that have the same meaning as f; the mechanisms
 * lack f itself. */
static struct ipcx_fieldset instead(uint64_t mechs, enum ipcx_field f)
{
	struct ipcx_fieldset found = { { 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(alike); i++)
		for (size_t k = 0; k < 2; k++)
			if (alike[i][k] == f && those_with(mechs, alike[i][!k]))
				ipcx_fieldset_add(&found, alike[i][!k]);
	return found;
}

static int none_has(const char *option, uint64_t mechs, enum ipcx_field f)
{
	const char *name = ipcx_field_info(f)->name;
	struct words here = { .n = 0 }, there = { .n = 0 }, other = { .n = 0 };
	struct ipcx_fieldset same = instead(mechs, f);
	uint64_t with = those_with(UINT64_MAX, f);

	asked_name_mechs(mechs, &here);
	asked_name_mechs(with, &there);
	name_fields(&same, " or ", &other);
	if (!with)
		return msg_usage("%s: objects have no field '%s'", option, name);
	return msg_usage("%s: %s %s no field '%s', which %s %s%s%s%s", option, here.text,
			 here.n == 1 ? "has" : "have", name, there.text,
			 there.n == 1 ? "has" : "have", other.n ? " (here: " : "",
			 other.text, other.n ? ")" : "");
}

static int asked_check_fields(const char *option, uint64_t mechs,
			      const struct ipcx_fieldset *fields)
{
	for (unsigned f = 0; f < ipcx_field_count(); f++)
		if (ipcx_fieldset_has(fields, (enum ipcx_field)f) &&
		    !those_with(mechs, (enum ipcx_field)f))
			return none_has(option, mechs, (enum ipcx_field)f);
	return 0;
}

/* Return the fields in an order or list of columns; the syntax of this list is checked
 * elsewhere. */
static struct ipcx_fieldset asked_fields_of(const char *list)
{
	struct ipcx_fieldset fields = { { 0 } };
	enum ipcx_field f;

	for (;;) {
		size_t len = strcspn(list, ","), sign = *list == '-' || *list == '+';

		if (len > sign && ipcx_field_by_name(list + sign, len - sign, &f) == 0)
			ipcx_fieldset_add(&fields, f);
		if (!list[len])
			return fields;
		list += len + 1;
	}
}

static bool asked_equal(const struct ipcx_fieldset *a, const struct ipcx_fieldset *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* Print a note for the mechanisms that cannot match; mechanisms that lack the same fields
 * share a note. */
static void asked_note_condition(uint64_t mechs, const struct ipcx_expr *where)
{
	for (unsigned m = 0; ipcx_mech_info(m); m++) {
		struct words which = { .n = 0 }, what = { .n = 0 };
		struct ipcx_fieldset lacking, others;
		uint64_t alike_them = 0;

		if (!(mechs & IPCX_MECH_BIT(m)) ||
		    ipcx_expr_possible(where, m, &lacking) ||
		    ipcx_fieldset_empty(&lacking))
			continue;
		for (unsigned o = m; ipcx_mech_info(o); o++)
			if ((mechs & IPCX_MECH_BIT(o)) &&
			    !ipcx_expr_possible(where, o, &others) &&
			    asked_equal(&lacking, &others))
				alike_them |= IPCX_MECH_BIT(o);
		mechs &= ~alike_them;
		asked_name_mechs(alike_them, &which);
		name_fields(&lacking, " or ", &what);
		msg_note("%s %s no %s: none of %s objects can fulfil the condition",
			 which.text, which.n == 1 ? "has" : "have", what.text,
			 which.n == 1 ? "its" : "their");
	}
}

/* Return a text that says where rows without a value of the field come in the order. That
 * is certain only for the first field: later fields only order rows that are equal in all
 * earlier fields. */
static const char *place_in(const char *sort, const char *name, bool apart)
{
	bool last = *sort == '-';
	size_t len = strcspn(sort, ",");

	if (apart || len - last != strlen(name) ||
	    strncasecmp(sort + last, name, len - last))
		return "are not sorted by it";
	return last ? "come last in the order" : "come first in the order";
}

/* Print a note for each field of the order or columns that some of the mechanisms lack.
 * */
static void asked_note_fields(uint64_t mechs, const struct output_args *args, bool apart)
{
	struct ipcx_fieldset sort = { { 0 } }, columns = sort;

	if (args->sort)
		sort = asked_fields_of(args->sort);
	if (args->fields)
		columns = asked_fields_of(args->fields);
	for (unsigned n = 0; n < ipcx_field_count(); n++) {
		enum ipcx_field f = (enum ipcx_field)n;
		uint64_t with = those_with(mechs, f);
		struct words which = { .n = 0 };
		const char *name;

		/* A field that no mechanism has is rejected elsewhere. */
		if (!with || with == mechs ||
		    (!ipcx_fieldset_has(&sort, f) && !ipcx_fieldset_has(&columns, f)))
			continue;
		name = ipcx_field_info(f)->name;
		asked_name_mechs(mechs & ~with, &which);
		if (ipcx_fieldset_has(&sort, f))
			msg_note("%s %s no %s: %s objects %s", which.text,
				 which.n == 1 ? "has" : "have", name,
				 which.n == 1 ? "its" : "their",
				 place_in(args->sort, name, apart));
		else
			msg_note("%s %s no %s: that field is empty for %s objects",
				 which.text, which.n == 1 ? "has" : "have", name,
				 which.n == 1 ? "its" : "their");
	}
}

/* Reject a condition if no mechanism has all of its fields. */
static int check_possible(uint64_t mechs, const struct ipcx_expr *where)
{
	struct ipcx_fieldset read = ipcx_expr_fields(where), lacking;
	struct words here = { .n = 0 }, what = { .n = 0 };
	bool lacks = false;

	for (unsigned m = 0; ipcx_mech_info(m); m++) {
		if (!(mechs & IPCX_MECH_BIT(m)))
			continue;
		if (ipcx_expr_possible(where, m, &lacking))
			return 0;
		lacks |= !ipcx_fieldset_empty(&lacking);
	}
	if (!lacks)
		return 0; /* "mech == shm" is valid for queues, but matches none */
	asked_name_mechs(mechs, &here);
	name_fields(&read, " and ", &what);
	return msg_usage("--where: nothing can fulfil it: none of %s has all of %s",
			 here.text, what.text);
}

int asked_of(uint64_t mechs, const struct ipcx_expr *where,
	     const struct output_args *args, enum asked_notes notes)
{
	struct ipcx_fieldset fields;
	int r = 0;

	if (where) {
		fields = ipcx_expr_fields(where);
		r = asked_check_fields("--where", mechs, &fields);
		r = r ? r : check_possible(mechs, where);
	}
	if (!r && args->sort) {
		fields = asked_fields_of(args->sort);
		r = asked_check_fields("--sort", mechs, &fields);
	}
	if (r || notes == ASKED_SILENT)
		return r;
	if (where)
		asked_note_condition(mechs, where);
	asked_note_fields(asked_possible(mechs, where), args, notes == ASKED_APART);
	return 0;
}

uint64_t asked_possible(uint64_t mechs, const struct ipcx_expr *where)
{
	for (unsigned m = 0; where && ipcx_mech_info(m); m++)
		if (!ipcx_expr_possible(where, m, NULL))
			mechs &= ~IPCX_MECH_BIT(m);
	return mechs;
}
