/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A container belongs to the namespace that its first process is in. */
#include "ns/label.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What people type of an id. */
#define ID_SHOWN 12

void ix_container_label(const struct ix_container *c, char *buf, size_t size)
{
	if (c->name)
		(void)snprintf(buf, size, "%s:%s", c->runtime, c->name);
	else
		(void)snprintf(buf, size, "%s:%.*s", c->runtime, ID_SHOWN,
			       c->id ? c->id : "?");
}

static int by_ino(const void *a, const void *b)
{
	const struct ix_place *p = a, *q = b;

	return (p->ino > q->ino) - (p->ino < q->ino);
}

static int append(struct ix_place *p, const char *label)
{
	char *more = NULL;

	if (!p->label) {
		p->label = strdup(label);
		return p->label ? 0 : -ENOMEM;
	}
	if (asprintf(&more, "%s,%s", p->label, label) < 0)
		return -ENOMEM;
	free(p->label);
	p->label = more;
	return 0;
}

int ix_containers_among(struct ipcx *x, const struct ix_nslist *l,
			struct ix_containers **ret_c)
{
	size_t n;
	int32_t *firsts = ix_nslist_firsts(x, l, &n);
	int r = firsts ? ix_containers_new(x, firsts, n, ret_c) : -ENOMEM;

	free(firsts);
	return r;
}

int ix_containers_all(struct ipcx *x, struct ix_containers **ret_c)
{
	struct ix_nslist l;
	int r = ix_discover(x, 0, &l);

	if (r < 0)
		return r;
	r = ix_containers_among(x, &l, ret_c);
	ix_nslist_free(&l);
	return r < 0 ? ix_fail(x, r, "containers") : 0;
}

int ix_label_places(struct ipcx *x, const struct ix_nslist *l, struct ix_place *places,
		    size_t n)
{
	const struct ix_container *c;
	struct ix_containers *all;
	int proc = ix_procfd(x), r = ix_containers_among(x, l, &all);

	if (r < 0)
		return r;
	qsort(places, n, sizeof(*places), by_ino);
	for (size_t i = 0; r == 0 && (c = ix_containers_at(all, i)) != NULL; i++) {
		struct ix_place key = IX_NO_PLACE, *found;
		char path[24], label[512];

		(void)snprintf(path, sizeof(path), "%d/ns/ipc", c->pid);
		key.ino = ix_ns_link(proc, path, "ipc");
		found = key.ino ? bsearch(&key, places, n, sizeof(*places), by_ino)
				: NULL;
		if (!found)
			continue;
		ix_container_label(c, label, sizeof(label));
		r = append(found, label);
	}
	ix_containers_free(all);
	return r;
}
