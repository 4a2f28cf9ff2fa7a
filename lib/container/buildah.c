/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * buildah runs a command of a working container as the container "buildah-buildahNNN" of
 * runc or crun. The hostname there is the beginning of the working container's id; in the
 * storage, DRIVER-containers/containers.json has the names. The storage is the default
 * one, or that in the command line of buildah, the parent of the first process's parent.
 * The file /run/.containerenv has the name, too, but programs in the container can change
 * it.
 */
#include "container/buildah.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"
#include "container/claim.h"

#define PREFIX  "buildah-buildah"
#define USUAL   "/var/lib/containers/storage"
#define ID_SEEN 12 /* digits of the id in the hostname */

/* Maximum number of working containers that are compared. */
#define STORAGE_MAX 5000

static const char *name_in(const struct ix_json *storage, const char *id)
{
	size_t n = ix_json_count(storage, "");
	char path[48];

	for (size_t i = 0; i < n && i < STORAGE_MAX; i++) {
		const char *one;

		(void)snprintf(path, sizeof(path), "%zu/id", i);
		one = ix_json_text(storage, path);
		if (!one || strncmp(one, id, ID_SEEN) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%zu/names/0", i);
		return ix_json_text(storage, path);
	}
	return NULL;
}

/* Look the id up in a storage; returns a copy of the name. */
static char *look_up(const struct ix_search *s, const char *storage, const char *id)
{
	static const char *const drivers[] = { "overlay", "vfs", "btrfs", "zfs" };
	const struct ix_giver root = ix_giver_file(0);
	auto_fd int dir = ix_state_dir(s, storage, &root);
	char *copy = NULL;

	for (size_t i = 0; dir >= 0 && !copy && i < ARRAY_SIZE(drivers); i++) {
		struct ix_json *j;
		const char *name;
		int64_t written;
		char path[64];

		(void)snprintf(path, sizeof(path), "%s-containers/containers.json",
			       drivers[i]);
		if (ix_state_json(s, dir, path, root.files, &written, &j) < 0)
			continue;
		name = name_in(j, id);
		copy = name && *name ? strdup(name) : NULL;
		ix_json_free(j);
	}
	return copy;
}

/* Get the storage from the command line of root's buildah. */
static void find_storage(const struct ix_search *s, int32_t pid, char *buf, size_t size)
{
	struct ix_proc p;
	struct ix_giver g;
	struct ix_words w;

	(void)snprintf(buf, size, "%s", USUAL);
	if (!ix_search_proc(s, pid, &p) || !ix_search_proc(s, p.parent, &p) ||
	    !ix_search_proc(s, p.parent, &p) || strcmp(p.comm, "buildah") != 0 ||
	    !ix_giver_watcher(s, &p, &g))
		return;
	if (g.ours && g.uid == 0 && ix_words_of(&g, &w) == 0) {
		const char *root = ix_words_option(&w, NULL, "--root");

		if (root && *root == '/' && strlen(root) < size)
			(void)snprintf(buf, size, "%s", root);
		ix_words_free(&w);
	}
	ix_giver_end(&g);
}

char *ix_buildah_name(const struct ix_search *s, const struct ix_container *found,
		      const struct ix_json *spec)
{
	const char *id = ix_json_text(spec, "hostname");
	char storage[PATH_MAX];

	if (strncmp(found->id, PREFIX, strlen(PREFIX)) != 0)
		return NULL;
	if (!id)
		id = ix_json_text(spec, "config/hostname");
	if (!id || strspn(id, "0123456789abcdef") != ID_SEEN || id[ID_SEEN])
		return NULL;
	find_storage(s, found->pid, storage, sizeof(storage));
	return look_up(s, storage, id);
}
