/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of the control groups that the processes of the places are in. */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mntinfo.h"
#include "ns/ns.h"
#include "space/cgroup.h"
#include "space/memory.h"

/* The longest /proc/PID/cgroup that is read. */
#define GROUPS_TEXT 16384

#define GROUPS_PLACE "control group"

struct groups {
	struct ix_mem_answer *m;
	struct ix_buf mounts; /* our mountinfo */
	void *seen;           /* paths (tsearch(3)) */
};

static int groups_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Returns 1 if the path is new, 0 if not, or -ENOMEM. */
static int groups_see(struct groups *g, const char *path)
{
	char *copy;

	if (tfind(path, &g->seen, groups_order))
		return 0;
	copy = strdup(path);
	if (copy && tsearch(copy, &g->seen, groups_order))
		return 1;
	free(copy);
	return -ENOMEM;
}

static int groups_put(struct ix_mem_answer *m, const struct ix_memcg *c)
{
	struct ix_mem_put p;
	int r;

	p = ix_mem_begin(m->t, GROUPS_PLACE, "limit");
	if (c->limited)
		ix_mem_number(&p, IX_MEM_LIMIT, c->limit);
	if (c->counted)
		ix_mem_number(&p, IX_MEM_USED, c->used);
	else
		ix_mem_unknown(&p, IX_MEM_USED);
	ix_mem_what(&p, "%s: all memory of its processes%s%s%s", c->path,
		    c->above[0] ? "; the limit is that of " : "", c->above,
		    c->limited ? "" : "; no limit");
	r = ix_mem_end(&p);
	if (r < 0 || !c->shared)
		return r;
	p = ix_mem_begin(m->t, GROUPS_PLACE, "shmem");
	ix_mem_number(&p, IX_MEM_USED, c->shmem);
	ix_mem_what(&p, "%s: shared memory in it", c->path);
	return ix_mem_end(&p);
}

/* The group of one process; pid 0: this one. */
static int groups_of_process(struct groups *g, int32_t pid)
{
	struct ix_mem_answer *m = g->m;
	auto_buf struct ix_buf mounts = { 0 };
	char path[32], text[GROUPS_TEXT];
	struct ix_memcg *c;
	int len, r;

	(void)snprintf(path, sizeof(path), "%d/cgroup", pid);
	len = ix_read_file(ix_procfd(m->x), pid ? path : "thread-self/cgroup", text,
			   sizeof(text));
	if (len < 0)
		return 0;
	r = groups_see(g, text);
	if (r <= 0)
		return r;
	c = calloc(1, sizeof(*c));
	if (!c || ix_buf_add(&mounts, g->mounts.data, g->mounts.len) < 0) {
		free(c);
		return -ENOMEM;
	}
	r = ix_memcg_read(ix_rootfd(m->x), text, (size_t)len, mounts.data, c);
	if (r == 0)
		r = groups_put(m, c);
	else if (r != -ENOENT && r != -ENOMEM)
		ix_table_once(m->t, r, "some control groups could not be read");
	free(c);
	return r == -ENOMEM ? r : 0;
}

int ix_mem_put_groups(struct ix_mem_answer *m)
{
	const struct ipcx_ns *ns = m->x->ns;
	struct groups g = { .m = m };
	int r = ix_mntinfo_read(ix_procfd(m->x), 0, &g.mounts);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (!ns || ns->all || ns->places[0].self)
		r = groups_of_process(&g, 0);
	for (size_t i = 0; r == 0 && ns && i < ns->n; i++)
		if (ns->places[i].pid && !ns->places[i].self)
			r = groups_of_process(&g, ns->places[i].pid);
	tdestroy(g.seen, free);
	ix_buf_free(&g.mounts);
	return r;
}
