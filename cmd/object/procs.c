/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a listing that are the same, whatever its rows say about processes. */
#include "object/procs.h"

#include "base/util.h"
#include "nsopt.h"
#include "object/meant.h"

int procs_select(struct procs *p, struct app *app, int n, char **words, uint64_t mechs)
{
	int r;

	p->app = app;
	r = select_read(app->x, NULL, n, words, &p->sel);
	if (r)
		return r;
	p->named = n > 0;
	if (!p->named)
		p->sel.mechs = mechs;
	return 0;
}

int procs_prepare(struct procs *p, const struct output_args *args, struct shown shown,
		  const struct shown *all)
{
	struct output *s = &p->output;
	int r;

	if (ns_all(p->app))
		shown.before = IPCX_FIELDSET(IPCX_F_NS);
	r = output_fields(s, args->fields, shown, columns_have, all);
	if (!r)
		r = output_condition(p->app->x, args, columns_have, all, &s->where);
	if (!r)
		r = meant_whole(p->app, &p->sel, &p->tally);
	if (!r)
		r = meant_once(p->app, &p->sel);
	return r;
}

struct ipcx_query procs_query(const struct procs *p)
{
	struct ipcx_query q = { .size = sizeof(q),
				.fields = output_query(&p->output),
				.flags = output_flags(&p->output) };
	struct ipcx_fieldset judged;

	if (p->output.where) {
		judged = ipcx_expr_fields(p->output.where);
		ipcx_fieldset_merge(&q.fields, &judged);
	}
	return q;
}

void procs_count_named(struct procs *p)
{
	size_t bad = p->tally.missing + p->tally.failed;

	p->tally.done += p->sel.nrefs - MIN(bad, p->sel.nrefs);
}

bool procs_silent(const struct procs *p)
{
	const struct tally *tally = &p->tally;
	const struct output *s = &p->output;

	return s->terminal && !s->format->raw && !s->where && !s->rows &&
	       !tally->missing && !tally->failed && !tally->unavailable && !tally->gaps;
}

bool procs_only(const struct procs *p, char *buf, size_t size)
{
	return p->sel.nrefs == 1 && !p->sel.mechs &&
	       ipcx_ref_format(p->sel.refs, buf, size) > 0;
}

int procs_close(struct procs *p)
{
	bool mechs = p->named && p->sel.mechs != select_all() && !ns_all(p->app);

	output_close(&p->output);
	tally_asked(&p->tally, p->sel.mechs, mechs);
	return output_status(&p->output, tally_status(&p->tally));
}
