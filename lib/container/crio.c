/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CRI-O with conmon-rs: one conmonrs process per pod is the parent of the first processes
 * of all containers of that pod (with conmon, there is one per container: podman.c).
 * conmonrs keeps its files in the directory STORAGE/SANDBOX/userdata that its command
 * line names; CRI-O keeps state.json and config.json of each container of the pod in
 * STORAGE/ID/userdata. The id of a child is read from its cgroup; the state file of that
 * id must name the child.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "base/util.h"
#include "container/cgroup.h"
#include "container/claim.h"
#include "container/spec.h"

#define ID_LEN       64
#define CHILDREN_MAX 256

static bool crio_read_state(const struct ix_json *j, struct ix_container *found)
{
	const char *start = ix_json_text(j, "initStartTime");
	int64_t pid = 0;
	uint64_t ticks;

	if (!ix_json_number(j, "initPid", &pid) && !ix_json_number(j, "pid", &pid))
		return false;
	if (pid <= 0 || pid > INT32_MAX)
		return false;
	found->pid = (int32_t)pid;
	if (start && ix_parse_u64(start, UINT64_MAX, &ticks) == 0)
		found->start = ticks;
	return true;
}

/* Get STORAGE from "STORAGE/SANDBOX/userdata"; returns false for other paths. */
static bool storage_of(const struct ix_giver *conmonrs, char *buf, size_t size)
{
	static const char tail[] = "/userdata";
	struct ix_words w;
	const char *dir;
	size_t len;
	char *slash = NULL;

	if (ix_words_of(conmonrs, &w) < 0)
		return false;
	dir = ix_words_option(&w, NULL, "--runtime-dir");
	len = dir ? strlen(dir) : 0;
	if (len > strlen(tail) && len < size && *dir == '/') {
		memcpy(buf, dir, len + 1);
		len -= strlen(tail);
		if (!strcmp(buf + len, tail)) {
			buf[len] = '\0';
			slash = strrchr(buf, '/');
		}
	}
	ix_words_free(&w);
	if (!slash || slash == buf)
		return false;
	*slash = '\0';
	return true;
}

/* Get the outermost name among a process's cgroups that has the form of an id. */
static bool crio_id_of(const struct ix_search *s, int32_t pid, char buf[ID_LEN + 1])
{
	auto_fd int dir = ix_search_open(s, pid);
	char text[16384], name[300];
	struct ix_cgroup_reader r;
	int len = dir < 0 ? dir : ix_read_file(dir, "cgroup", text, sizeof(text));

	if (len <= 0)
		return false;
	r = ix_cgroup_read(text, (size_t)len);
	while (ix_cgroup_next(&r, name, sizeof(name)))
		if (strlen(name) == ID_LEN &&
		    strspn(name, "0123456789abcdef") == ID_LEN) {
			memcpy(buf, name, ID_LEN + 1);
			return true;
		}
	return false;
}

static int read_child(const struct ix_search *s, struct ix_containers *c, int storage,
		      int32_t child, const struct ix_giver *conmonrs)
{
	char id[ID_LEN + 1], path[ID_LEN + 40];
	struct ix_container found = { .runtime = "crio", .id = id };
	struct ix_json *state, *spec = NULL;
	struct ix_crio_name name;
	int64_t written, ignored;
	int r;

	if (!crio_id_of(s, child, id))
		return 0;
	(void)snprintf(path, sizeof(path), "%s/userdata/state.json", id);
	r = ix_state_json(s, storage, path, conmonrs->files, &written, &state);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (crio_read_state(state, &found))
		found.pid = ix_giver_process(s, conmonrs, found.pid);
	if (found.pid == child) {
		(void)snprintf(path, sizeof(path), "%s/userdata/config.json", id);
		if (ix_state_json(s, storage, path, conmonrs->files, &ignored, &spec) ==
		    0) {
			(void)ix_spec_crio(spec, &found);
			ix_spec_crio_name(found.name, &name, &found);
		}
		r = ix_container_add(s, c, &found, written, conmonrs);
	}
	ix_json_free(spec);
	ix_json_free(state);
	return r;
}

static int read_pod(const struct ix_search *s, struct ix_containers *c,
		    const struct ix_giver *conmonrs)
{
	int32_t children[CHILDREN_MAX];
	char path[PATH_MAX];
	auto_fd int dir = storage_of(conmonrs, path, sizeof(path))
				  ? ix_state_dir(s, path, conmonrs)
				  : -ENOENT;
	size_t n = dir < 0 ? 0
			   : ix_search_children(s, conmonrs->pid, children, CHILDREN_MAX);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = read_child(s, c, dir, children[i], conmonrs);
	return r;
}

static int crio_list(const struct ix_search *s, struct ix_containers *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->nprocs; i++) {
		struct ix_giver g;

		if (strcmp(s->procs[i].comm, "conmonrs") != 0 ||
		    !ix_giver_watcher(s, &s->procs[i], &g))
			continue;
		r = read_pod(s, c, &g);
		ix_giver_end(&g);
	}
	return r;
}

extern const struct ix_runtime ix_runtime_crio;
const struct ix_runtime ix_runtime_crio = { .name = "crio",
					    .list = crio_list,
					    .read_state = crio_read_state };
