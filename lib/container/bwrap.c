/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bubblewrap keeps no state files: its process is the parent of the sandbox's first
 * process, and its command line shows what runs inside (the sandboxed processes can
 * change their own names). Flatpak, which is built on bubblewrap, records in a file which
 * application each sandbox runs.
 */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "container/claim.h"

/* ---- flatpak */

static int read_instance(const struct ix_search *s, struct ix_containers *c, int dir,
			 const char *instance, const struct ix_giver *g)
{
	struct ix_container found = { .runtime = "flatpak", .id = instance };
	struct ix_state info;
	struct ix_json *j;
	char path[300], name[256] = "";
	int64_t pid = 0, written = 0;
	int r;

	(void)snprintf(path, sizeof(path), "%.200s/bwrapinfo.json", instance);
	r = ix_state_json(s, dir, path, g->files, &written, &j);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	(void)snprintf(path, sizeof(path), "%.200s/info", instance);
	if (ix_state_read(s, dir, path, g->files, &info) == 0) {
		/* The first "name" in the file is the name of the application. */
		(void)ix_state_value(&info, "name", name, sizeof(name));
		ix_state_free(&info);
	}
	found.name = name;
	if (ix_json_number(j, "child-pid", &pid) && pid > 0 && pid <= INT32_MAX) {
		found.pid = (int32_t)pid;
		r = ix_container_add(s, c, &found, written, g);
	}
	ix_json_free(j);
	return r;
}

static int list_flatpaks(const struct ix_search *s, struct ix_containers *c, uid_t owner)
{
	const struct ix_giver g = ix_giver_file(owner);
	struct ix_state_list l;
	const char *name;
	char path[64];
	int r = 0;

	(void)snprintf(path, sizeof(path), "run/user/%u/.flatpak", owner);
	l = ix_state_list(s, path, &g);
	while (r == 0 && (name = ix_state_next(&l)) != NULL)
		r = read_instance(s, c, dirfd(l.dir), name, &g);
	ix_state_list_end(&l);
	return r;
}

/* ---- bubblewrap by itself */

/* The long options of bwrap(1) 0.11, grouped by their number of arguments; bwrap has no
 * short options. */
static const char arguments[][40][IX_TEXT(24)] = {
	{ "unshare-all", "share-net", "unshare-user", "unshare-user-try", "unshare-ipc",
	  "unshare-pid", "unshare-net", "unshare-uts", "unshare-cgroup",
	  "unshare-cgroup-try", "disable-userns", "assert-userns-disabled", "clearenv",
	  "new-session", "die-with-parent", "as-pid-1", "level-prefix" },
	{ "args",        "argv0",
	  "userns",      "userns2",
	  "pidns",       "uid",
	  "gid",         "hostname",
	  "chdir",       "unsetenv",
	  "lock-file",   "sync-fd",
	  "remount-ro",  "exec-label",
	  "file-label",  "proc",
	  "dev",         "tmpfs",
	  "mqueue",      "dir",
	  "seccomp",     "add-seccomp-fd",
	  "block-fd",    "userns-block-fd",
	  "info-fd",     "json-status-fd",
	  "cap-add",     "cap-drop",
	  "perms",       "size",
	  "overlay-src", "tmp-overlay",
	  "ro-overlay" },
	{ "bind", "bind-try", "dev-bind", "dev-bind-try", "ro-bind", "ro-bind-try",
	  "bind-fd", "ro-bind-fd", "file", "bind-data", "ro-bind-data", "symlink",
	  "setenv", "chmod" },
	{ "overlay" },
};

/* Returns the number of arguments that an option takes, or -1 if the option is
 * unknown. */
static int arguments_of(const char *option)
{
	if (strncmp(option, "--", 2) != 0)
		return -1;
	for (size_t n = 0; n < ARRAY_SIZE(arguments); n++)
		for (size_t i = 0; i < ARRAY_SIZE(arguments[n]) && *arguments[n][i]; i++)
			if (!strcmp(option + 2, arguments[n][i]))
				return (int)n;
	return -1;
}

/* Return the name of the command that bwrap runs, without directories; NULL if the
 * command line cannot be parsed. */
static const char *bwrap_command_of(const struct ix_words *w)
{
	const char *word, *slash;
	size_t i = 1;

	for (; i < w->n && w->all[i][0] == '-'; i++) {
		int n;

		if (!strcmp(w->all[i], "--")) {
			i++;
			break;
		}
		n = arguments_of(w->all[i]);
		if (n < 0)
			return NULL;
		i += (size_t)n;
	}
	word = i < w->n ? w->all[i] : NULL;
	slash = word ? strrchr(word, '/') : NULL;
	return slash ? slash + 1 : word;
}

static bool bwrap_read_words(const struct ix_words *w, struct ix_container *found)
{
	found->name = bwrap_command_of(w);
	return found->name;
}

static int bwrap_read_process(const struct ix_search *s, struct ix_containers *c,
			      const struct ix_giver *bwrap)
{
	struct ix_container found = { .runtime = "bwrap" };
	struct ix_proc init;
	struct ix_words w = { .n = 0 };
	char id[16];
	int r;

	if (!ix_search_child(s, bwrap->pid, &init))
		return 0;
	if (ix_words_of(bwrap, &w) == 0)
		(void)bwrap_read_words(&w, &found); /* if this fails, the sandbox is
						     * identified only by its pid */
	(void)snprintf(id, sizeof(id), "%d", init.pid);
	found.id = id;
	found.pid = init.pid;
	found.start = init.start;
	r = ix_container_add(s, c, &found, 0, bwrap);
	ix_words_free(&w);
	return r;
}

/* A sandbox has two bwrap processes: the outer process is the parent of the inner
 * process, which runs in the sandbox. */
static bool is_outer(const struct ix_search *s, const struct ix_proc *p)
{
	struct ix_proc parent;

	return !strcmp(p->comm, "bwrap") &&
	       !(ix_search_proc(s, p->parent, &parent) && !strcmp(parent.comm, "bwrap"));
}

static int bwrap_list(const struct ix_search *s, struct ix_containers *c)
{
	int r = 0;

	for (size_t u = 0; r == 0 && u < s->nusers; u++)
		r = list_flatpaks(s, c, s->users[u]);
	for (size_t i = 0; r == 0 && i < s->nprocs; i++) {
		struct ix_giver g;

		if (!is_outer(s, &s->procs[i]) || !ix_giver_watcher(s, &s->procs[i], &g))
			continue;
		r = bwrap_read_process(s, c, &g);
		ix_giver_end(&g);
	}
	return r;
}

extern const struct ix_runtime ix_runtime_bwrap;
const struct ix_runtime ix_runtime_bwrap = { .name = "bwrap",
					     .list = bwrap_list,
					     .read_words = bwrap_read_words };
