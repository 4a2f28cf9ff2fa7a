/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option --ns, in its two forms, and the functions that open the namespace which that
 * option names. */
#include "nsopt.h"

#include <errno.h>

#include "base/util.h"

/* clang-format off */
const struct opt ns_opts[] = {
	{ "ns", 'N', TEXT(struct ns_args, ns), .arg = "WHERE", .complete = COMPLETE_NS | COMPLETE_NS_ALL | COMPLETE_FILES,
	  .help = "namespace of a process, container, pin, file or directory; or all" },
	{ .name = "" },
};

const struct opt ns_one_opts[] = {
	{ "ns", 'N', TEXT(struct ns_args, ns), .arg = "WHERE", .complete = COMPLETE_NS | COMPLETE_FILES,
	  .help = "namespace of a process, container, pin, file or directory" },
	{ .name = "" },
};
/* clang-format on */

int ns_use(struct app *app, const struct ns_args *args)
{
	const char *where = args->ns;
	int r = app_where(app, &where);

	if (r || !where)
		return r;
	r = ipcx_ns_open(app->x, where, &app->ns);
	if (r < 0)
		return app_failed(app, r);
	ipcx_use(app->x, app->ns);
	return 0;
}

void ns_note_empty(void)
{
	msg_note(
		"no /dev/shm is known for this namespace: the command gets an empty one");
}

bool ns_all(const struct app *app)
{
	return app->ns && ipcx_ns_is_all(app->ns);
}

struct ipcx_fieldset ns_fields_less(struct ipcx_fieldset fields)
{
	static const enum ipcx_field less[] = {
		IPCX_F_NS,         IPCX_F_CONTAINER,   IPCX_F_CONTAINER_UID,
		IPCX_F_CONTAINERS, IPCX_F_RUNTIME,     IPCX_F_POD,
		IPCX_F_POD_NS,     IPCX_F_SYSTEMD_UNIT
	};

	for (size_t i = 0; i < ARRAY_SIZE(less); i++)
		ipcx_fieldset_remove(&fields, less[i]);
	return fields;
}

void ns_add_directory(const struct app *app, struct output *s, const struct ipcx_table *t)
{
	size_t n = ipcx_table_rows(t);
	struct ipcx_value v;

	/* Directories come after all namespaces. */
	if (app->ns && n && (ns_all(app) || s->format->raw) &&
	    ipcx_row_get(t, n - 1, IPCX_F_DIRECTORY, &v) == 0 && v.type != IPCX_TYPE_NONE)
		output_add_field(s, IPCX_F_DIRECTORY);
}

void ns_partly(const struct app *app, struct tally *tally)
{
	if (app->ns && !ns_all(app) && tally->denied && tally->done)
		tally->part = true;
}

struct shown ns_shown(const struct app *app, struct shown shown)
{
	if (ns_all(app))
		shown.before = IPCX_FIELDSET(IPCX_F_NS, IPCX_F_CONTAINER);
	return shown;
}
