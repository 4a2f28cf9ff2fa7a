/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd-nspawn: the process with this name is the parent of the container's first
 * process, and its command line contains the container's name. If systemd-machined is
 * running, /run/systemd/machines/NAME describes the container, too.
 */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "base/util.h"
#include "container/cgroup.h"
#include "container/unit.h"

#define MACHINES "/run/systemd/machines"

/* ---- the unit of a container */

/* Write a name as a part of a unit's name (systemd-escape(1)). */
static void nspawn_escape(const char *name, char *buf, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0;

	for (const char *p = name; *p && at + 5 <= size; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '/') {
			buf[at++] = '-';
		} else if ((c >= '0' && c <= '9') ||
			   ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == ':' ||
			   c == '_' || (c == '.' && p != name)) {
			buf[at++] = *p;
		} else {
			buf[at++] = '\\';
			buf[at++] = 'x';
			buf[at++] = hex[c >> 4];
			buf[at++] = hex[c & 15];
		}
	}
	buf[at] = '\0';
}

/* Find the unit that is called like the container in the cgroups of its first process: a
 * scope that was made for it, or the service in which it was started. */
static bool nspawn_unit(const struct ix_search *s, int32_t pid, const char *name,
			char buf[IX_UNIT_MAX])
{
	static const char forms[][2][IX_TEXT(20)] = {
		{ "machine-", ".scope" },
		{ "systemd-nspawn@", ".service" },
	};
	auto_fd int dir = ix_search_open(s, pid);
	char text[16384], part[300], escaped[IX_UNIT_MAX];
	int len = dir < 0 ? dir : ix_read_file(dir, "cgroup", text, sizeof(text));
	struct ix_cgroup_reader r;

	if (len <= 0)
		return false;
	nspawn_escape(name, escaped, sizeof(escaped));
	r = ix_cgroup_read(text, (size_t)len);
	while (ix_cgroup_next(&r, part, sizeof(part)))
		for (size_t i = 0; i < 2 * ARRAY_SIZE(forms); i++) {
			(void)snprintf(buf, IX_UNIT_MAX, "%s%.200s%s", forms[i / 2][0],
				       i % 2 ? name : escaped, forms[i / 2][1]);
			if (ix_cgroup_whole(&r, buf))
				return true;
		}
	return false;
}

/* The file of machined has the name as a C string. */
static void nspawn_unquote(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		p += p[0] == '\\' && p[1] == '\\';
		*to++ = *p;
	}
	*to = '\0';
}

/* ---- from machined */

static int read_machine(const struct ix_search *s, struct ix_containers *c, int dir,
			const char *name)
{
	struct ix_container found = { .runtime = "nspawn", .name = name, .id = name };
	const struct ix_giver root = ix_giver_file(0);
	struct ix_state state;
	char unit[2 * IX_UNIT_MAX], leader[16];
	uint64_t pid;
	int r = ix_state_read(s, dir, name, 0, &state);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (ix_state_value(&state, "SCOPE", unit, sizeof(unit))) {
		nspawn_unquote(unit);
		found.cgroup = unit;
	}
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
	char unit[IX_UNIT_MAX];
	struct ix_words w;
	int r = 0;

	if (!ix_search_child(s, nspawn->pid, &init) || ix_words_of(nspawn, &w) < 0)
		return 0;
	if (nspawn_read_words(&w, &found)) {
		if (nspawn_unit(s, init.pid, found.name, unit))
			found.cgroup = unit;
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
