/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resolve the operand of a command that works on one object, and enter its namespace if
 * necessary. */
#include "verb.h"

#include <stdio.h>

/* clang-format off */
const struct opt wait_opts[] = {
	{ "timeout", 0, DURATION(struct wait_args, timeout), GIVEN(struct wait_args, given, 1), .arg = "DURATION", .help = "wait at most this long (500ms, 10s); exit with 5" },
	{ "no-wait", 0, FLAG(struct wait_args, no_wait),     .help = "do not wait: exit with 5 instead" },
	{ .name = "" },
};
/* clang-format on */

int64_t wait_timeout(const struct wait_args *args)
{
	if (args->no_wait)
		return 0;
	if (!args->given)
		return -1;
	return args->timeout > INT64_MAX ? INT64_MAX : (int64_t)args->timeout;
}

static int verb_open_ns(struct app *app, const char *where)
{
	int r = ipcx_ns_open(app->x, where, &app->ns);

	if (r < 0)
		return app_failed(app, r);
	return ns_all(app)
		       ? msg_usage(
				 "'all' is not possible here: one object is in one namespace")
		       : 0;
}

/* Move the process to the namespace; only once. */
static int verb_move(struct app *app, bool acts)
{
	int r = 0;

	ipcx_use(app->x, NULL);
	if (app->moved)
		return 0;
	if (acts)
		r = ipcx_ns_may_act(app->x, app->ns);
	if (r >= 0)
		r = ipcx_ns_enter(app->x, app->ns, 0);
	app->moved = true;
	app->empty_shm = r == 1;
	return r < 0 ? app_failed(app, r) : 0;
}

static int reach(struct app *app, const char *where, unsigned mech, bool acts)
{
	int r = app->ns ? 0 : verb_open_ns(app, where);

	if (r || !(ipcx_mech_can(mech) & IPCX_CAN_REACH))
		return r ? r : verb_move(app, acts);
	ipcx_use(app->x, app->ns);
	return 0;
}

int verb_go(struct app *app)
{
	return app->ns ? verb_move(app, false) : 0;
}

/* Write the names of the mechanisms in a mask: "shm or pshm". */
static void verb_name_mechs(uint64_t mechs, char *buf, size_t size)
{
	const struct ipcx_mech_info *m;
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned i = 0; (m = ipcx_mech_info(i)) != NULL; i++)
		if ((mechs & IPCX_MECH_BIT(i)) && at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s%s",
					       at ? " or " : "", m->name);
}

int verb_begin(struct app *app, const struct ns_args *where, const char *word,
	       uint64_t mechs, bool acts, struct ipcx_ref *ret_ref)
{
	unsigned def = mechs & (mechs - 1) ? IPCX_NO_MECH
					   : (unsigned)__builtin_ctzll(mechs);
	const char *at = where->ns;
	struct ipcx_ref ref;
	char names[80];
	int r;

	if (ipcx_ref_parse(app->x, word, def, &ref) < 0)
		return msg_usage("%s", ipcx_error(app->x));
	if (!(mechs & IPCX_MECH_BIT(ref.mech))) {
		verb_name_mechs(mechs, names, sizeof(names));
		return msg_usage("'%s' is not a reference to %s", word, names);
	}
	*ret_ref = ref;
	r = app_where(app, &at);
	return !r && at ? reach(app, at, ref.mech, acts) : r;
}
