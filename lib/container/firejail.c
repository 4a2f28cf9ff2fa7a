/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * firejail: its process is the parent of the sandbox's first process. The program is
 * set-user-ID root; its real user id is that of the user who started it, and who gives
 * the name. Names are in /run/firejail/name/PID, which the program writes as root: the
 * file says what the sandbox is called (a name that is in use gets a suffix), not who
 * chose the name. Sandboxes without a name are called like the program that they run.
 */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "base/util.h"
#include "container/claim.h"

#define NAMES "run/firejail/name"

static const char *const programs[] = { "/usr/bin/firejail", "/usr/local/bin/firejail",
					NULL };

/* Options of firejail are single words, so the first word without "--" is the program. */
static const char *firejail_program(const struct ix_words *w)
{
	for (size_t i = 1; i < w->n; i++) {
		const char *slash = strrchr(w->all[i], '/');

		if (!strcmp(w->all[i], "--"))
			continue;
		if (strncmp(w->all[i], "--", 2) != 0)
			return slash ? slash + 1 : w->all[i];
	}
	return NULL;
}

/* Arguments of the program are no options of firejail. */
static bool firejail_read_words(const struct ix_words *w, struct ix_container *found)
{
	static const char option[] = "--name=";
	const size_t len = sizeof(option) - 1;

	found->name = firejail_program(w);
	for (size_t i = 1; i < w->n && !strncmp(w->all[i], "--", 2) && w->all[i][2]; i++)
		if (!strncmp(w->all[i], option, len) && w->all[i][len])
			found->name = w->all[i] + len;
	return found->name && *found->name;
}

/* The name in the file, if the file was written for this process: the file of a process
 * that was killed stays. Returns 0, -ENOMEM or another -errno. */
static int firejail_name(const struct ix_search *s, const struct ix_proc *p, char *buf,
			 size_t size)
{
	const struct ix_giver root = ix_giver_file(0);
	auto_fd int dir = ix_state_dir(s, NAMES, &root);
	struct ix_state state;
	char file[16];
	size_t len;
	int r;

	if (dir < 0)
		return dir;
	(void)snprintf(file, sizeof(file), "%d", p->pid);
	r = ix_state_read(s, dir, file, 0, &state);
	if (r < 0)
		return r;
	len = state.text.len;
	while (len && state.text.data[len - 1] == '\n')
		len--;
	if (len && len < size && !memchr(state.text.data, '\0', len) &&
	    ix_claim_older(p, state.written)) {
		memcpy(buf, state.text.data, len);
		buf[len] = '\0';
	} else {
		r = -EPROTO;
	}
	ix_state_free(&state);
	return r;
}

/* The first process in the sandbox is a copy of the one that watches it. */
static bool firejail_outer(const struct ix_search *s, const struct ix_proc *p)
{
	struct ix_proc parent;

	return !ix_search_proc(s, p->parent, &parent) ||
	       strcmp(parent.comm, p->comm) != 0;
}

static int firejail_read(const struct ix_search *s, struct ix_containers *c,
			 const struct ix_proc *p)
{
	struct ix_container found = { .runtime = "firejail" };
	struct ix_words w = { .n = 0 };
	char name[256], id[16];
	struct ix_proc init;
	struct ix_giver g;
	int r;

	if (!firejail_outer(s, p) || !ix_search_inner(s, p->pid, &init) ||
	    !ix_giver_setuid(s, p, programs, &g))
		return 0;
	r = g.inner ? -ENOENT : firejail_name(s, p, name, sizeof(name));
	if (r == 0)
		found.name = name;
	else if (r != -ENOMEM && ix_words_of(&g, &w) == 0)
		(void)firejail_read_words(&w, &found);
	/* firejail knows a sandbox by the PID of its watcher, which as a word on its own
	 * is that process: so the sandbox has this id only if it has no name. */
	(void)snprintf(id, sizeof(id), "%d", p->pid);
	found.id = found.name ? NULL : id;
	found.pid = init.pid;
	found.start = init.start;
	r = r == -ENOMEM ? r : ix_container_add(s, c, &found, 0, &g);
	ix_words_free(&w);
	ix_giver_end(&g);
	return r;
}

static int firejail_list(const struct ix_search *s, struct ix_containers *c)
{
	const struct ix_giver root = ix_giver_file(0);
	struct ix_state_list all auto_state_list = ix_state_list(s, NAMES, &root);
	const char *name;
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->nprocs; i++)
		if (!strcmp(s->procs[i].comm, "firejail"))
			r = firejail_read(s, c, &s->procs[i]);
	/* A link to firejail that is called like a program runs that program. */
	while (r == 0 && (name = ix_state_next(&all)) != NULL) {
		struct ix_proc p;
		uint64_t pid;

		if (ix_parse_u64(name, INT32_MAX, &pid) == 0 && pid &&
		    ix_search_proc(s, (int32_t)pid, &p) && strcmp(p.comm, "firejail"))
			r = firejail_read(s, c, &p);
	}
	return r;
}

extern const struct ix_runtime ix_runtime_firejail;
const struct ix_runtime ix_runtime_firejail = { .name = "firejail",
						.list = firejail_list,
						.read_words = firejail_read_words };
