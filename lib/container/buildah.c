/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * buildah runs a command of a working container as the container "buildah-buildahNNN" of
 * runc or crun. The sources of its mounts, STORAGE/DRIVER-containers/ID/userdata/…,
 * contain the id of the working container; STORAGE/DRIVER-containers/containers.json has
 * its name.
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

#define PREFIX "buildah-buildah"
#define ID_LEN 64

/* Maximum numbers of mounts and of working containers that are read. */
#define MOUNTS_MAX  200
#define STORAGE_MAX 5000

/* Split "STORAGE/DRIVER-containers/ID/userdata/…"; "at" points to the slash before ID. */
static bool split_source(const char *source, char *dir, size_t size, char id[ID_LEN + 1])
{
	static const char mark[] = "-containers/", tail[] = "/userdata/";
	const char *at = *source == '/' ? strstr(source, mark) : NULL, *first;
	size_t len;

	if (!at)
		return false;
	first = at + strlen(mark);
	len = (size_t)(first - source) - 1;
	if (len >= size || strspn(first, "0123456789abcdef") != ID_LEN ||
	    strncmp(first + ID_LEN, tail, strlen(tail)) != 0)
		return false;
	memcpy(dir, source, len);
	dir[len] = '\0';
	memcpy(id, first, ID_LEN);
	id[ID_LEN] = '\0';
	return true;
}

/* The state file of runc has the mounts below "config". */
static bool find_source(const struct ix_json *spec, char *dir, size_t size,
			char id[ID_LEN + 1])
{
	static const char *const lists[] = { "mounts", "config/mounts" };

	for (size_t l = 0; l < ARRAY_SIZE(lists); l++) {
		size_t n = ix_json_count(spec, lists[l]);

		for (size_t i = 0; i < n && i < MOUNTS_MAX; i++) {
			const char *source;
			char path[64];

			(void)snprintf(path, sizeof(path), "%s/%zu/source", lists[l], i);
			source = ix_json_text(spec, path);
			if (source && split_source(source, dir, size, id))
				return true;
		}
	}
	return false;
}

static const char *name_of(const struct ix_json *storage, const char *id)
{
	size_t n = ix_json_count(storage, "");
	char path[48];

	for (size_t i = 0; i < n && i < STORAGE_MAX; i++) {
		const char *one;

		(void)snprintf(path, sizeof(path), "%zu/id", i);
		one = ix_json_text(storage, path);
		if (!one || strcmp(one, id) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%zu/names/0", i);
		return ix_json_text(storage, path);
	}
	return NULL;
}

char *ix_buildah_name(const struct ix_search *s, const char *id,
		      const struct ix_json *spec, const struct ix_giver *g)
{
	char path[PATH_MAX], container[ID_LEN + 1], *copy = NULL;
	struct ix_json *j = NULL;
	auto_fd int dir = -1;
	const char *name;
	int64_t written;

	if (strncmp(id, PREFIX, strlen(PREFIX)) != 0 ||
	    !find_source(spec, path, sizeof(path), container))
		return NULL;
	dir = ix_state_dir(s, path, g);
	if (dir < 0 ||
	    ix_state_json(s, dir, "containers.json", g->files, &written, &j) < 0)
		return NULL;
	name = name_of(j, container);
	copy = name && *name ? strdup(name) : NULL;
	ix_json_free(j);
	return copy;
}
