/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bubblewrap keeps no state: its process is the parent of the sandbox's first. Flatpak,
 * which is built on it, writes down which application an instance runs.
 */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "container/container.h"
#include "container/state.h"

/* ---- flatpak */

/* "name=APP" below "[Application]": the first of the file. */
static void app_name(struct ix_state *info, char *buf, size_t size)
{
	static const char key[] = "\nname=";
	const char *at = NULL;

	buf[0] = '\0';
	if (ix_buf_add(&info->text, "", 1) == 0)
		at = strstr(info->text.data, key);
	if (at)
		(void)snprintf(buf, size, "%.*s",
			       (int)MIN(strcspn(at + strlen(key), "\n"), size),
			       at + strlen(key));
}

static int read_instance(const struct ix_search *s, struct ix_containers *c, int dir,
			 const char *instance, uid_t owner)
{
	struct ix_container found = { .runtime = "flatpak", .id = instance };
	struct ix_state info;
	struct ix_json *j;
	char path[300], name[256] = "";
	int64_t pid = 0, written = 0;
	int r;

	(void)snprintf(path, sizeof(path), "%.200s/bwrapinfo.json", instance);
	r = ix_state_json(dir, path, owner, &written, &j);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	(void)snprintf(path, sizeof(path), "%.200s/info", instance);
	if (ix_state_read(dir, path, owner, &info) == 0) {
		app_name(&info, name, sizeof(name));
		ix_state_free(&info);
	}
	found.name = name;
	if (ix_json_number(j, "child-pid", &pid) && pid > 0 && pid <= INT32_MAX) {
		found.pid = (int32_t)pid;
		r = ix_container_add(s, c, &found, written, owner);
	}
	ix_json_free(j);
	return r;
}

static int list_flatpaks(const struct ix_search *s, struct ix_containers *c, uid_t owner)
{
	DIR *dir auto_dir = NULL;
	const struct dirent *d;
	char path[64];
	int fd, r = 0;

	(void)snprintf(path, sizeof(path), "run/user/%u/.flatpak", owner);
	fd = ix_state_dir(s, path, owner);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir && fd >= 0)
		(void)close(fd);
	while (dir && r == 0 && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			r = read_instance(s, c, dirfd(dir), d->d_name, owner);
	return r;
}

/* ---- bubblewrap by itself */

/* The outer of two has the sandbox as its child; the inner one is the sandbox. */
static int read_process(const struct ix_search *s, struct ix_containers *c,
			const struct ix_proc *bwrap)
{
	struct ix_proc parent, init, payload;
	struct ix_container found = { .runtime = "bwrap" };
	char id[16];
	uid_t owner;

	if ((ix_search_proc(s, bwrap->parent, &parent) &&
	     !strcmp(parent.comm, "bwrap")) ||
	    !ix_search_child(s, bwrap->pid, &init))
		return 0;
	/* Its own reaper of processes, if it has one, is called bwrap like itself. */
	if (strcmp(init.comm, "bwrap") != 0)
		found.name = init.comm;
	else if (ix_search_child(s, init.pid, &payload))
		found.name = payload.comm;
	(void)snprintf(id, sizeof(id), "%d", init.pid);
	found.id = id;
	found.pid = init.pid;
	found.start = init.start;
	return ix_search_uid(s, bwrap->pid, &owner)
		       ? ix_container_add(s, c, &found, 0, owner)
		       : 0;
}

static int list(const struct ix_search *s, struct ix_containers *c)
{
	int r = 0;

	for (size_t u = 0; r == 0 && u < s->nusers; u++)
		r = list_flatpaks(s, c, s->users[u]);
	for (size_t i = 0; r == 0 && i < s->nprocs; i++)
		if (!strcmp(s->procs[i].comm, "bwrap"))
			r = read_process(s, c, &s->procs[i]);
	return r;
}

extern const struct ix_runtime ix_runtime_bwrap;
const struct ix_runtime ix_runtime_bwrap = { .name = "bwrap", .list = list };
