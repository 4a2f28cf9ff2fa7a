/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parse references, mechanisms and conditions from a command line. */
#include "ui/select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "ui/exit.h"
#include "ui/msg.h"

/* clang-format off */
const struct opt select_opts[] = {
	{ "where", 'w', LISTED(struct select_args, where), .arg = "EXPR", .complete = COMPLETE_FIELDS,
	  .help = "only objects that match this condition; repeatable" },
	{ .name = "" },
};
/* clang-format on */

uint64_t select_all(void)
{
	uint64_t mask = 0;

	(void)ipcx_mech_mask("all", &mask);
	return mask;
}

static bool single(uint64_t mask, unsigned *ret_mech)
{
	if (mask & (mask - 1))
		return false;
	*ret_mech = (unsigned)__builtin_ctzll(mask);
	return true;
}

/* Return whether the word is the name of a mechanism or group. */
static bool is_mech_word(const char *word, uint64_t *ret_mask)
{
	return ipcx_mech_mask(word, ret_mask) == 0;
}

/*
 * "shm 5 6": a mechanism is only a default if it is followed, before the next mechanism
 * word, by a reference that uses this default or belongs to the mechanism. Any other
 * mechanism, and every group, selects all of its objects.
 */
static int select_read_words(struct ipcx *x, int n, char **words, struct selection *sel)
{
	unsigned def = IPCX_NO_MECH;
	uint64_t mask, whole = 0;

	for (int i = 0; i < n; i++) {
		if (is_mech_word(words[i], &mask)) {
			sel->mechs |= whole;
			def = IPCX_NO_MECH;
			(void)single(mask, &def);
			whole = mask;
			continue;
		}
		if (ipcx_ref_parse(x, words[i], def, &sel->refs[sel->nrefs]) < 0)
			return msg_usage("%s", ipcx_error(x));
		if (sel->refs[sel->nrefs++].mech == def)
			whole = 0;
	}
	sel->mechs |= whole;
	return 0;
}

int select_condition(struct ipcx *x, const char *option, const struct opt_list *texts,
		     struct ipcx_expr **ret_expr)
{
	int r;

	*ret_expr = NULL;
	if (!texts->n)
		return 0;
	r = ipcx_expr_parse_all(x, texts->all, texts->n, ret_expr, NULL, NULL);
	if (r == -EINVAL)
		return msg_usage("%s: %s", option, ipcx_error(x));
	if (r < 0) {
		msg_error("%s: %s", option, ipcx_error(x));
		return EXIT_FAILED;
	}
	return 0;
}

int select_read(struct ipcx *x, const struct select_args *args, int n, char **words,
		struct selection *ret_sel)
{
	struct selection sel = { .refs = calloc((size_t)n + 1, sizeof(*sel.refs)) };
	int r = 0;

	if (!sel.refs) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	r = select_read_words(x, n, words, &sel);
	if (r == 0 && args)
		r = select_condition(x, "--where", &args->where, &sel.where);
	if (r) {
		select_free(&sel);
		return r;
	}
	*ret_sel = sel;
	return 0;
}

void select_free(struct selection *sel)
{
	free(sel->refs);
	ipcx_expr_free(sel->where);
	*sel = (struct selection){ 0 };
}

uint64_t select_touched(const struct selection *sel)
{
	uint64_t mask = sel->mechs;

	for (size_t i = 0; i < sel->nrefs; i++)
		mask |= IPCX_MECH_BIT(sel->refs[i].mech);
	return mask;
}

bool select_knows(enum ipcx_field field, const void *data)
{
	uint64_t mask = *(const uint64_t *)data;

	for (unsigned m = 0; ipcx_mech_info(m); m++)
		if ((mask & IPCX_MECH_BIT(m)) && ipcx_mech_has(m, field))
			return true;
	return false;
}

struct shown select_usual(uint64_t mask)
{
	struct ipcx_fieldset fields = { { 0 } };

	for (unsigned m = 0; ipcx_mech_info(m); m++)
		for (unsigned f = 0; f < ipcx_field_count(); f++) {
			enum ipcx_field field = (enum ipcx_field)f;

			if ((mask & IPCX_MECH_BIT(m)) && ipcx_mech_has(m, field) &&
			    ipcx_mech_cost(m, field) != IPCX_COST_COSTLY)
				ipcx_fieldset_add(&fields, field);
		}
	return (struct shown){ .after = fields, .usual = fields };
}
