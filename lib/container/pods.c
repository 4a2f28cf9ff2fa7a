/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The name of a pod of podman is recorded in podman's database and nowhere else: not in
 * conmon's command line, and the hostname of the pod may have been chosen. The database
 * is a file of BoltDB (libpod/bolt_state.db) or SQLite (db.sql). In both formats, the
 * beginning of a pod's record {"id":"ID","name":"NAME",… lies in the file in one piece.
 * The file is only searched for such texts; its structure is not believed. In strings of
 * JSON, quotes are escaped, so the text cannot be a part of a label or of a command. An
 * old record that the database no longer uses has the same name, because ids are not
 * reused and pods are not renamed.
 */
#include "container/pods.h"

#include <errno.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"

#define HEAD         "{\"id\":\""
#define MIDDLE       "\",\"name\":\""
#define NAME_MAX_LEN 255
#define PODS_MAX     20000

/* Maximum number of databases of one user that are read. */
#define DATABASES_MAX 4

struct named_pod {
	char id[IX_POD_ID + 1];
	char *name;
	size_t order;
};

struct database {
	char *path;
	struct ix_space mnt; /* the mount namespace in which the path is meant */
	uid_t uid;
	bool ours;
	struct named_pod *all; /* sorted by id */
	size_t n, cap;
};

/* The key includes the giver, so that a user's claims say nothing about other pods. */
struct infra {
	char container[IX_POD_ID + 1], pod[IX_POD_ID + 1];
	struct ix_space mnt;
	uid_t uid;
};

struct ix_pods {
	const struct ix_search *s;
	struct database *all;
	size_t n;
	void *infras; /* tree of struct infra (tsearch(3)) */
	size_t ninfras;
};

struct ix_pods *ix_pods_new(const struct ix_search *s)
{
	struct ix_pods *p = calloc(1, sizeof(*p));

	if (p)
		p->s = s;
	return p;
}

void ix_pods_free(struct ix_pods *p)
{
	for (size_t i = 0; p && i < p->n; i++) {
		for (size_t k = 0; k < p->all[i].n; k++)
			free(p->all[i].all[k].name);
		free(p->all[i].all);
		free(p->all[i].path);
	}
	if (p) {
		free(p->all);
		tdestroy(p->infras, free);
	}
	free(p);
}

/* ---- searching the text of a database */

static bool pods_is_id(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!((text[i] >= '0' && text[i] <= '9') ||
		      (text[i] >= 'a' && text[i] <= 'f')))
			return false;
	return true;
}

/* podman allows no other characters in a name. */
static size_t name_length(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && n <= NAME_MAX_LEN &&
	       strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-",
		      text[n] ? text[n] : ' '))
		n++;
	return n && n <= NAME_MAX_LEN && n < len && text[n] == '"' ? n : 0;
}

int ix_pods_scan(const char *text, size_t len,
		 int (*found)(void *arg, const char *id, const char *name), void *arg)
{
	const size_t head = strlen(HEAD), middle = strlen(MIDDLE),
		     whole = head + IX_POD_ID + middle;
	const char *at = text, *end = text + len;
	char id[IX_POD_ID + 1], name[NAME_MAX_LEN + 1];
	int r = 0;

	while (r == 0 && at && at < end &&
	       (at = memmem(at, (size_t)(end - at), HEAD, head)) != NULL) {
		const char *first = at + head;
		size_t n;

		if ((size_t)(end - at) <= whole)
			break;
		at += head;
		if (!pods_is_id(first, IX_POD_ID) ||
		    memcmp(first + IX_POD_ID, MIDDLE, middle) != 0)
			continue;
		n = name_length(first + IX_POD_ID + middle,
				(size_t)(end - (first + IX_POD_ID + middle)));
		if (n == 0)
			continue;
		(void)snprintf(id, sizeof(id), "%.*s", IX_POD_ID, first);
		(void)snprintf(name, sizeof(name), "%.*s", (int)n,
			       first + IX_POD_ID + middle);
		r = found(arg, id, name);
	}
	return r;
}

static int keep_pod(void *arg, const char *id, const char *name)
{
	struct database *d = arg;
	char *copy;

	if (d->n >= PODS_MAX)
		return 1;
	if (d->n == d->cap) {
		size_t cap = d->cap ? 2 * d->cap : 16;
		struct named_pod *more = reallocarray(d->all, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		d->all = more;
		d->cap = cap;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	d->all[d->n] = (struct named_pod){ .name = copy, .order = d->n };
	memcpy(d->all[d->n].id, id, IX_POD_ID + 1);
	d->n++;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct named_pod *p = a, *q = b;
	int r = strcmp(p->id, q->id);

	return r ? r : (p->order > q->order) - (p->order < q->order);
}

/* ---- databases */

/* Get the storage from "STORAGE/DRIVER-containers/ID/userdata". */
static bool pods_storage(const char *bundle, char *buf, size_t size)
{
	if (!bundle || *bundle != '/' || strlen(bundle) >= size)
		return false;
	(void)snprintf(buf, size, "%s", bundle);
	for (int i = 0; i < 3; i++) {
		char *slash = strrchr(buf, '/');

		if (!slash || slash == buf)
			return false;
		*slash = '\0';
	}
	return true;
}

static void pods_read(const struct ix_search *s, const char *storage,
		      const struct ix_giver *g, struct database *d)
{
	static const char *const files[] = { "db.sql", "libpod/bolt_state.db" };
	auto_fd int dir = ix_state_dir(s, storage, g);

	for (size_t i = 0; dir >= 0 && i < ARRAY_SIZE(files); i++) {
		struct ix_state state;

		if (ix_state_read(s, dir, files[i], g->files, &state) < 0)
			continue;
		if (state.text.len)
			(void)ix_pods_scan(state.text.data, state.text.len, keep_pod, d);
		ix_state_free(&state);
	}
	if (d->n)
		qsort(d->all, d->n, sizeof(*d->all), by_id);
}

/* Return the database, which is read once; NULL if this giver has too many. */
static const struct database *pods_database(struct ix_pods *p, const char *storage,
					    const struct ix_giver *g)
{
	struct database *more;
	size_t same = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct database *d = &p->all[i];

		if (d->uid != g->uid || d->ours != g->ours)
			continue;
		if (ix_space_same(&d->mnt, &g->mnt) && !strcmp(d->path, storage))
			return d;
		same++;
	}
	if (same >= DATABASES_MAX)
		return NULL;
	more = reallocarray(p->all, p->n + 1, sizeof(*more));
	if (!more)
		return NULL;
	p->all = more;
	p->all[p->n] = (struct database){
		.path = strdup(storage), .mnt = g->mnt, .uid = g->uid, .ours = g->ours
	};
	if (!p->all[p->n].path)
		return NULL;
	pods_read(p->s, storage, g, &p->all[p->n]);
	return &p->all[p->n++];
}

const char *ix_pods_name(struct ix_pods *p, const char *bundle, const struct ix_giver *g,
			 const char *id, const char **ret_id)
{
	const struct database *d;
	char storage[PATH_MAX];
	size_t low = 0, high, len = strlen(id);

	if (!pods_storage(bundle, storage, sizeof(storage)))
		return NULL;
	d = pods_database(p, storage, g);
	high = d ? d->n : 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strncmp(d->all[middle].id, id, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (!d || low == d->n || strncmp(d->all[low].id, id, len) != 0)
		return NULL;
	*ret_id = d->all[low].id;
	return d->all[low].name;
}

/* ---- which container belongs to which pod */

static int by_container(const void *a, const void *b)
{
	const struct infra *p = a, *q = b;
	int r = strcmp(p->container, q->container);

	if (r == 0)
		r = (p->uid > q->uid) - (p->uid < q->uid);
	return r ? r : (p->mnt.ino > q->mnt.ino) - (p->mnt.ino < q->mnt.ino);
}

void ix_pods_infra(struct ix_pods *p, const struct ix_giver *g, const char *container,
		   const char *id)
{
	struct infra *one;
	const struct infra *const *at;

	if (strlen(container) > IX_POD_ID || strlen(id) > IX_POD_ID ||
	    p->ninfras >= PODS_MAX)
		return;
	one = calloc(1, sizeof(*one));
	if (!one)
		return;
	one->mnt = g->mnt;
	one->uid = g->uid;
	(void)snprintf(one->container, sizeof(one->container), "%s", container);
	(void)snprintf(one->pod, sizeof(one->pod), "%s", id);
	at = tsearch(one, &p->infras, by_container);
	if (!at || *at != one)
		free(one);
	else
		p->ninfras++;
}

const char *ix_pods_of_infra(const struct ix_pods *p, const struct ix_giver *g,
			     const char *container)
{
	struct infra key = { .mnt = g->mnt, .uid = g->uid };
	const struct infra *const *at;

	if (strlen(container) > IX_POD_ID)
		return NULL;
	(void)snprintf(key.container, sizeof(key.container), "%s", container);
	at = tfind(&key, &p->infras, by_container);
	return at ? (*at)->pod : NULL;
}
