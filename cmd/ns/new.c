/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx ns new: create a namespace, for a command or to be pinned. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cap.h"
#include "base/num.h"
#include "base/util.h"
#include "commands.h"
#include "exec/run.h"
#include "nsopt.h"

struct ns_new_args {
	struct run_options run;
	struct opt_list set, users, groups;
	const char *pin;
	uint64_t shm_size;
};

/* "shmmax=64M" */
static int ns_new_read_setting(const char *word, char *name, size_t size,
			       uint64_t *ret_value)
{
	const char *sign = strchr(word, '=');

	if (!sign || sign == word || (size_t)(sign - word) >= size ||
	    ix_parse_size(sign + 1, ret_value) < 0)
		return msg_usage("--set: '%s' is not NAME=VALUE", word);
	(void)snprintf(name, size, "%.*s", (int)(sign - word), word);
	return 0;
}

/* ---- maps of users and groups */

/* The ranges of one option. */
struct new_map {
	struct ipcx_id_range ranges[OPT_LIST_MAX];
	size_t n;
	bool automatic;
};

/* Three numbers with this sign between them. */
static bool new_numbers(const char *word, char sign, uint32_t ret_n[3])
{
	const char *end = word + strlen(word);
	uint64_t n;

	for (int i = 0; i < 3; i++) {
		if ((i && *word++ != sign) || ix_take_u64(&word, end, UINT32_MAX, &n) < 0)
			return false;
		ret_n[i] = (uint32_t)n;
	}
	return word == end;
}

/* unshare(1) has two notations with different orders: INNER:OUTER:COUNT, and the older
 * OUTER,INNER,COUNT. */
static int new_read_map(const char *option, const struct opt_list *words,
			struct new_map *ret_map)
{
	struct ipcx_id_range range = { .size = sizeof(range) };
	uint32_t n[3];

	for (size_t i = 0; i < words->n; i++) {
		const char *word = words->all[i];

		if (!strcmp(word, "auto")) {
			ret_map->automatic = true;
			continue;
		}
		if (new_numbers(word, ':', n)) {
			range.inner = n[0];
			range.outer = n[1];
		} else if (new_numbers(word, ',', n)) {
			range.inner = n[1];
			range.outer = n[0];
		} else {
			return msg_usage(
				"%s: '%s' is not INNER:OUTER:COUNT, OUTER,INNER,COUNT or auto",
				option, word);
		}
		range.count = n[2];
		if (!n[2] || UINT32_MAX - n[2] < n[0] || UINT32_MAX - n[2] < n[1])
			return msg_usage("%s: '%s' is not a range of ids", option, word);
		ret_map->ranges[ret_map->n++] = range;
	}
	if (ret_map->automatic && words->n > 1)
		return msg_usage("%s: auto stands alone", option);
	return 0;
}

static int new_read_maps(const struct ns_new_args *args, struct new_map *users,
			 struct new_map *groups)
{
	int r = new_read_map("--map-users", &args->users, users);

	return r ? r : new_read_map("--map-groups", &args->groups, groups);
}

static int new_mapped(struct app *app, const struct ns_new_args *args)
{
	struct new_map users = { .n = 0 }, groups = { .n = 0 };
	struct ipcx_ns_map map = { .size = sizeof(map), .shm_size = args->shm_size };

	if (new_read_maps(args, &users, &groups))
		return -EINVAL;
	map.users = users.ranges;
	map.nusers = users.n;
	map.groups = groups.ranges;
	map.ngroups = groups.n;
	map.flags = (users.automatic ? IPCX_MAP_AUTO_USERS : 0) |
		    (groups.automatic ? IPCX_MAP_AUTO_GROUPS : 0);
	return ipcx_ns_new_mapped(app->x, &map);
}

static int ns_new_make(struct app *app, const struct ns_new_args *args)
{
	char name[64];
	uint64_t value = 0;
	int r = args->users.n || args->groups.n ? new_mapped(app, args)
						: ipcx_ns_new(app->x, args->shm_size);

	for (size_t i = 0; r == 0 && i < args->set.n; i++) {
		if (ns_new_read_setting(args->set.all[i], name, sizeof(name), &value))
			return EXIT_USAGE;
		r = ipcx_limit_set(app->x, name, value);
	}
	return r < 0 ? app_failed(app, r) : 0;
}

/* ---- pinned: a child creates the namespace, the parent pins it */

static int pin_child(struct app *app, const struct ns_new_args *args, pid_t pid)
{
	char where[16];
	int r;

	(void)snprintf(where, sizeof(where), "%d", (int)pid);
	r = ipcx_ns_open(app->x, where, &app->ns);
	if (r == 0)
		r = ipcx_ns_pin(app->x, app->ns, args->pin);
	if (r < 0)
		return app_failed(app, r);
	if (r)
		msg_note(
			"'%s' ends with this mount namespace, which is not that of process 1",
			args->pin);
	return 0;
}

/* In the child: report by one byte that the namespace exists, then wait until the parent
 * closes the other end of `down`. */
static int make_and_wait(struct app *app, const struct ns_new_args *args, int up,
			 int down)
{
	char byte = 0;
	int r = ns_new_make(app, args);

	if (r)
		return r;
	if (write(up, &byte, 1) != 1) {
		msg_error("cannot report the new namespace: %s", strerror(errno));
		return EXIT_FAILED;
	}
	(void)!read(down, &byte, 1);
	return EXIT_DONE;
}

/* Wait for the byte of the child; if none arrives, the child has reported an error, or
 * died. */
static int ns_new_hear(int up)
{
	ssize_t n;
	char byte;

	do
		n = read(up, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return 0;
	if (n < 0)
		msg_error("cannot wait for the new namespace: %s", strerror(errno));
	return EXIT_FAILED;
}

static int make_pinned(struct app *app, const struct ns_new_args *args)
{
	int up[2], down[2], status = 0, r;
	pid_t pid;

	if (pipe2(up, O_CLOEXEC) < 0 || pipe2(down, O_CLOEXEC) < 0) {
		msg_error("cannot make a pipe: %s", strerror(errno));
		return EXIT_FAILED;
	}
	pid = fork();
	if (pid == 0) {
		(void)close(down[1]);
		_exit(make_and_wait(app, args, up[1], down[0]));
	}
	if (pid < 0)
		msg_error("cannot make a process: %s", strerror(errno));
	(void)close(up[1]);
	(void)close(down[0]);
	r = pid < 0 ? EXIT_FAILED : ns_new_hear(up[0]);
	if (!r)
		r = pin_child(app, args, pid);
	(void)close(up[0]);
	(void)close(down[1]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* A failed child's exit status is more specific than the missing byte. */
	return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : r;
}

/* Reopen the namespace by its pin, because the child that created it has ended. */
static int reopen(struct app *app, const char *pin)
{
	char where[80];
	int r;

	ipcx_ns_free(app->ns);
	app->ns = NULL;
	(void)snprintf(where, sizeof(where), "pin:%s", pin);
	r = ipcx_ns_open(app->x, where, &app->ns);
	return r < 0 ? app_failed(app, r) : 0;
}

static int ns_new_check(const struct ns_new_args *args, int n)
{
	struct new_map users = { .n = 0 }, groups = { .n = 0 };
	char name[64];
	uint64_t value;
	int r = 0;

	for (size_t i = 0; !r && i < args->set.n; i++)
		r = ns_new_read_setting(args->set.all[i], name, sizeof(name), &value);
	if (!r)
		r = new_read_maps(args, &users, &groups);
	if (r || !args->pin)
		return r;
	if (args->users.n || args->groups.n)
		return msg_usage(
			"a pin keeps an IPC namespace, not a user namespace: --pin and "
			"--map-users or --map-groups contradict each other");
	if (args->shm_size)
		return msg_usage(
			"a pin keeps the objects of the IPC namespace, not a /dev/shm: "
			"--pin and --shm-size contradict each other");
	if (n == 0 && (args->run.env.n || args->run.env_file || args->run.keep_caps ||
		       args->run.drop_caps || args->run.no_pty))
		return msg_usage(
			"--env, --env-file, --keep-caps, --drop-caps and --no-pty are "
			"for a command, and --pin alone runs none");
	return 0;
}

/* Enter the pinned namespace, or create a new one in this process. */
static int ns_new_go(struct app *app, const struct ns_new_args *args)
{
	int r;

	if (!args->pin)
		return ns_new_make(app, args);
	r = ipcx_ns_enter(app->x, app->ns, 0);
	return r < 0 ? app_failed(app, r) : 0;
}

static int ns_new_command(struct app *app, const struct ns_new_args *args, int n,
			  struct run *run)
{
	int r = args->pin ? make_pinned(app, args) : 0;

	if (r || (args->pin && n == 0))
		return r;
	if (args->pin)
		r = reopen(app, args->pin);
	if (r)
		return r;
	if (!args->run.no_pty && !pty_fork(&r))
		return r;
	r = ns_new_go(app, args);
	return r ? r : run_there(app, run);
}

static int ns_new_run(struct app *app, void *data, int n, char **words)
{
	const struct ns_new_args *args = data;
	struct run run;
	int r = ns_new_check(args, n);

	if (!r)
		r = run_prepare(&args->run, false, &run);
	if (r)
		return r;
	run.argv = words;
	r = ns_new_command(app, args, n, &run);
	run_free(&run);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "pin",      0, TEXT(struct ns_new_args, pin),      .arg = "NAME", .help = "keep it under this name; without a command, do nothing else" },
	{ "set",      0, LISTED(struct ns_new_args, set),    .arg = "LIMIT=VALUE", .complete = COMPLETE_LIMITS, .help = "set a limit in it: shmmni=64; may be repeated" },
	{ "shm-size", 0, SIZE(struct ns_new_args, shm_size), .arg = "SIZE", .help = "size of its /dev/shm (default: half of the memory)" },
	{ "map-users",  0, LISTED(struct ns_new_args, users),  .arg = "RANGE", .help = "map users INNER:OUTER:COUNT, or OUTER,INNER,COUNT, or auto; may be repeated" },
	{ "map-groups", 0, LISTED(struct ns_new_args, groups), .arg = "RANGE", .help = "map groups, written as for --map-users; may be repeated" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,     0 },
	{ run_opts, offsetof(struct ns_new_args, run) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx ns new -- make check",                  "tests that cannot touch anybody's objects" },
	{ "ipcx ns new --set shmmni=8 --shm-size 1M",   "a shell with tight limits" },
	{ "ipcx ns new --pin lab --set shmmax=64M",     "an empty namespace for --ns lab" },
	{ "ipcx ns new --map-users auto --map-groups auto", "as root over our subordinate ids" },
	{ "", "" },
};

const struct cmd cmd_ns_new = {
	.name = "ns new", .operands = "[--] [COMMAND…]", .summary = "Run a command in a fresh namespace",
	.about = "Creates an IPC namespace with a /dev/shm and a /dev/mqueue of its own, sets its limits, and runs a command, or a shell, in it. Without "
		 "CAP_SYS_ADMIN that is done in a new user namespace, where the caller is root; so is it with --map-users or --map-groups.",
	.options = options, .examples = examples, .program = true,
	.exits = EXITS(OF_THE_COMMAND),
	.at_home = true, .args_size = sizeof(struct ns_new_args), .run = ns_new_run,
};
/* clang-format on */
