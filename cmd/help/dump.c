/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands, options, fields, mechanisms, limits, formats and exit statuses as one JSON
 * document. */
#include "help/dump.h"

#include "cmd.h"
#include "monitor/metrics.h"
#include "ui/json.h"

static void pair(const char *comma, const char *name, const char *text)
{
	out_format("%s\"%s\":", comma, name);
	json_string(text);
}

static void flag(const char *name, bool value)
{
	out_format(",\"%s\":%s", name, value ? "true" : "false");
}

static const char *comma(size_t i)
{
	return i ? ",\n" : "\n";
}

static void options(const struct opt_group *groups)
{
	size_t n = 0;

	out_text("[");
	for (; groups && groups->opts; groups++)
		for (const struct opt *o = groups->opts; *o->name; o++) {
			char letter[2] = { o->letter, '\0' };

			out_format("%s{", comma(n++));
			pair("", "name", o->name);
			pair(",", "letter", o->letter ? letter : NULL);
			pair(",", "arg", *o->arg ? o->arg : NULL);
			pair(",", "help", o->help);
			flag("optional", o->kind == OPT_HUGE);
			flag("hidden", o->hidden);
			out_text("}");
		}
	out_text("]");
}

/* The status null stands for any other status. */
static void status(size_t i, const struct exit_text *e)
{
	out_text(i ? "," : "");
	if (e->status == EXIT_OWN)
		out_text("{\"status\":null");
	else
		out_format("{\"status\":%d", e->status);
	pair(",", "text", e->text);
	out_text("}");
}

static void dump_statuses(const struct cmd *c)
{
	const struct exit_text *e;
	size_t n = 0;
	int at = 0;

	out_text(",\"exits\":[");
	while ((e = exit_next(c, &at)) != NULL)
		status(n++, e);
	out_text("]");
}

static void command(const struct cmd *c)
{
	pair("{", "name", c->name);
	pair(",", "operands", c->operands);
	pair(",", "summary", c->summary);
	pair(",", "about", c->about);
	flag("hidden", c->hidden);
	out_text(",\"options\":");
	options(c->options);
	dump_statuses(c);
	out_text(",\"examples\":[");
	for (const struct example *e = c->examples; e && *e->line; e++) {
		out_text(e == c->examples ? "" : ",");
		pair("{", "line", e->line);
		pair(",", "what", e->what);
		out_text("}");
	}
	out_text("]}");
}

/* List the mechanisms that have a field or, if costly is set, only those where the cost
 * of the field differs from its usual cost. */
static void mechs(const char *name, enum ipcx_field f, bool costly)
{
	enum ipcx_cost cost = ipcx_field_info(f)->cost;
	size_t n = 0;

	out_format(",\"%s\":[", name);
	for (unsigned m = 0; ipcx_mech_info(m); m++)
		if (ipcx_mech_has(m, f) && (!costly || ipcx_mech_cost(m, f) != cost)) {
			out_text(n++ ? "," : "");
			json_string(ipcx_mech_info(m)->name);
		}
	out_text("]");
}

static void dump_field(enum ipcx_field f)
{
	const struct ipcx_field_info *info = ipcx_field_info(f);

	pair("{", "name", info->name);
	pair(",", "heading", info->heading);
	pair(",", "type", ipcx_type_info(info->type)->name);
	pair(",", "unit", ipcx_unit_name(info->unit));
	pair(",", "cost", ipcx_cost_name(info->cost));
	pair(",", "doc", info->doc);
	mechs("mechs", f, false);
	mechs("dear_mechs", f, true);
	out_text("}");
}

static void mechanism(const struct ipcx_mech_info *m)
{
	pair("{", "name", m->name);
	pair(",", "label", m->label);
	pair(",", "object", m->object);
	pair(",", "group", m->group);
	pair(",", "need", m->need);
	flag("named", m->named);
	flag("unlisted", m->unlisted);
	pair(",", "lasts", m->lasts);
	out_text(",\"shown\":[");
	for (size_t i = 0; i < m->nshown; i++) {
		out_text(i ? "," : "");
		json_string(ipcx_field_info(m->shown[i])->name);
	}
	out_text("]}");
}

static void dump_metrics(void)
{
	const struct metric_family *f;

	out_text("],\n\"metrics\":[");
	for (size_t i = 0; (f = metric_family(i)); i++) {
		char name[64], help[256];
		unsigned needs = metric_needs(f);

		metric_name(f, name, sizeof(name));
		out_text(comma(i));
		pair("{", "name", name);
		pair(",", "unit", metric_unit(f));
		pair(",", "labels", metric_labels_of(f));
		pair(",", "needs",
		     needs ? metric_with_words[__builtin_ctz(needs)].name : NULL);
		pair(",", "help", metric_help(f, help, sizeof(help)));
		out_text("}");
	}
}

void dump_tables(const struct cmd *const *list)
{
	static const struct opt_group global[] = { { global_opts, 0 }, { NULL, 0 } };
	struct cmd_walk w = { .list = list };
	const struct cmd *c;
	size_t n = 0;

	pair("{\"ipcx\":1,", "version", ipcx_version());
	out_text(",\n\"options\":");
	options(global);
	out_text(",\n\"commands\":[");
	while ((c = cmd_next(&w)) != NULL) {
		out_text(comma(n++));
		command(c);
	}
	out_text("],\n\"fields\":[");
	for (unsigned f = 0; f < ipcx_field_count(); f++) {
		if (!ipcx_field_info((enum ipcx_field)f))
			continue;
		out_text(comma(f));
		dump_field((enum ipcx_field)f);
	}
	out_text("],\n\"mechanisms\":[");
	for (unsigned m = 0; ipcx_mech_info(m); m++) {
		out_text(comma(m));
		mechanism(ipcx_mech_info(m));
	}
	out_text("],\n\"limits\":[");
	for (unsigned i = 0; ipcx_limit_name(i); i++) {
		out_text(i ? "," : "");
		json_string(ipcx_limit_name(i));
	}
	dump_metrics();
	out_text("],\n\"formats\":[");
	for (size_t i = 0; formats[i].name; i++) {
		out_text(comma(i));
		pair("{", "name", formats[i].name);
		pair(",", "help", formats[i].help);
		out_text("}");
	}
	out_text("],\n\"exit\":[");
	for (size_t i = 0; *exit_general[i].text; i++)
		status(i, &exit_general[i]);
	out_text("]}\n");
}
