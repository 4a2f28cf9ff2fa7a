/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd-nspawn: the process with this name is the parent of the container's first
 * process, and its command line contains the container's name. If systemd-machined is
 * running, /run/systemd/machines/NAME describes the container, too.
 */
#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "container/claim.h"

#define MACHINES "/run/systemd/machines"

/* ---- from machined */

static int read_machine(const struct ix_search *s, struct ix_containers *c, int dir,
			const char *name)
{
	struct ix_container found = { .runtime = "nspawn", .name = name, .id = name };
	const struct ix_giver root = ix_giver_file(0);
	struct ix_state state;
	char cgroup[300], leader[16];
	uint64_t pid;
	int r = ix_state_read(s, dir, name, 0, &state);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	(void)snprintf(cgroup, sizeof(cgroup), "machine-%.200s", name);
	found.cgroup = cgroup;
	if (ix_state_value(&state, "LEADER", leader, sizeof(leader)) &&
	    ix_parse_u64(leader, INT32_MAX, &pid) == 0)
		found.pid = (int32_t)pid;
	r = ix_container_add(s, c, &found, state.written, &root);
	ix_state_free(&state);
	return r;
}

static int list_machines(const struct ix_search *s, struct ix_containers *c)
{
	const struct ix_giver root = ix_giver_file(0);
	struct ix_state_list l auto_state_list = ix_state_list(s, MACHINES, &root);
	const char *name;
	int r = 0;

	/* Entries called "unit:…" are only links to the other files. */
	while (r == 0 && (name = ix_state_next(&l)) != NULL)
		if (!strchr(name, ':'))
			r = read_machine(s, c, dirfd(l.dir), name);
	return r;
}

/* ---- from the process */

/* Without an option that gives a name, the container has the name of its directory or
 * image. */
static const char *nspawn_name_of(const struct ix_words *w)
{
	const char *name = ix_words_option(w, "-M", "--machine"), *slash;

	if (!name)
		name = ix_words_option(w, "-D", "--directory");
	if (!name)
		name = ix_words_option(w, "-i", "--image");
	slash = name ? strrchr(name, '/') : NULL;
	return slash ? slash + 1 : name;
}

static bool nspawn_read_words(const struct ix_words *w, struct ix_container *found)
{
	found->id = found->name = nspawn_name_of(w);
	return found->name && *found->name;
}

static int nspawn_read_process(const struct ix_search *s, struct ix_containers *c,
			       const struct ix_giver *nspawn)
{
	struct ix_container found = { .runtime = "nspawn" };
	struct ix_proc init;
	char cgroup[300];
	struct ix_words w;
	int r = 0;

	if (!ix_search_child(s, nspawn->pid, &init) || ix_words_of(nspawn, &w) < 0)
		return 0;
	if (nspawn_read_words(&w, &found)) {
		(void)snprintf(cgroup, sizeof(cgroup), "machine-%.200s", found.name);
		found.cgroup = cgroup;
		found.pid = init.pid;
		found.start = init.start;
		r = ix_container_add(s, c, &found, 0, nspawn);
	}
	ix_words_free(&w);
	return r;
}

static int nspawn_list(const struct ix_search *s, struct ix_containers *c)
{
	int r = list_machines(s, c);

	for (size_t i = 0; r == 0 && i < s->nprocs; i++) {
		struct ix_giver g;

		if (strcmp(s->procs[i].comm, "systemd-nspawn") != 0 ||
		    !ix_giver_watcher(s, &s->procs[i], &g))
			continue;
		r = nspawn_read_process(s, c, &g);
		ix_giver_end(&g);
	}
	return r;
}

extern const struct ix_runtime ix_runtime_nspawn;
const struct ix_runtime ix_runtime_nspawn = { .name = "nspawn",
					      .list = nspawn_list,
					      .read_words = nspawn_read_words };
