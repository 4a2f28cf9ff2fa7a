/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What programs say of segments without a failed call of theirs: PostgreSQL finds its old
 * segment attached, and an X server refuses the segment of a client (MIT-SHM). The server
 * does not say which of its steps failed, and the client's line does not name the server.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "proc/space.h"
#include "why/fix.h"
#include "why/place.h"
#include "why/shm.h"

/* ---- PostgreSQL */

/* The line holds the key and the id; an id is given to a new segment after a while. */
static bool shmsaid_other(const struct ix_why *w, const struct ipcx_table *t,
			  struct ix_reason *r)
{
	char name[IX_SHM_NAME], asked[IX_NUM_MAX] = "";
	uint64_t key;

	if (!ix_args_has(&w->a, IX_ARG_KEY) || !ix_why_number(t, 0, IPCX_F_KEY, &key) ||
	    (uint32_t)key == (uint32_t)w->a.key)
		return false;
	*ix_put_key(asked, w->a.key) = '\0';
	ix_reason_set(r, IX_SO_NOT, "the id now belongs to %s; none with key %s has it",
		      ix_shm_name(t, name), asked);
	return true;
}

static void shmsaid_in_use(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	char name[IX_SHM_NAME], who[240], command[160];
	uint64_t id = 0, nattch;
	bool whole;
	int n, found = ix_shm_find(w, r, &t);

	if (found == 0)
		ix_reason_set(r, IX_SO_NOT,
			      "there is no such segment: postmaster.pid is out of date");
	if (found <= 0 || shmsaid_other(w, t, r))
		return;
	(void)ix_why_number(t, 0, IPCX_F_ID, &id);
	if (!ix_why_number(t, 0, IPCX_F_NATTCH, &nattch)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: how often it is attached is not known");
		return;
	}
	if (!nattch) {
		ix_reason_set(r, IX_SO_NOT, "no process has %s attached any more",
			      ix_shm_name(t, name));
		(void)snprintf(command, sizeof(command),
			       "rm shm:%" PRIu64 " --where 'nattch == 0'", id);
		ix_shm_owner_fix(w, t, r, command);
		return;
	}
	n = ix_place_holders(w, 0, who, sizeof(who), &whole);
	whole = whole || (n > 0 && (uint64_t)n >= nattch);
	ix_reason_set(r, IX_SO, "%s is attached %" PRIu64 " time%s, by %s%s",
		      ix_shm_name(t, name), nattch, nattch == 1 ? "" : "s",
		      n > 0 ? who : "processes that cannot be seen from here",
		      n > 0 && !whole ? ", and perhaps others that cannot be seen" : "");
	ix_fix_command(command, sizeof(command), w->where, "who shm:%" PRIu64, id);
	(void)snprintf(r->fix, sizeof(r->fix), "%s # then end these processes", command);
}

/* ---- X11 */

struct shmsaid_servers {
	int32_t first; /* 0: none was found */
	unsigned n, here, apart;
};

static bool shmsaid_server(int proc, const char *pid)
{
	static const char names[][IX_TEXT(10)] = { "X",      "Xorg",     "Xwayland",
						   "Xvfb",   "Xnest",    "Xvnc",
						   "Xephyr", "Xtigervnc" };
	char path[32], comm[32];

	if (pid[strspn(pid, "0123456789")] || strlen(pid) > 10)
		return false;
	(void)snprintf(path, sizeof(path), "%s/comm", pid);
	if (ix_read_file(proc, path, comm, sizeof(comm)) < 0)
		return false;
	comm[strcspn(comm, "\n")] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(comm, names[i]))
			return true;
	return false;
}

/* Find the X servers among the processes, and whether they are in the namespace of the
 * process of the question. */
static void shmsaid_servers(struct ix_why *w, struct shmsaid_servers *s)
{
	int proc = ix_procfd(w->x);
	int fd = proc < 0 ? -1 : ix_open(proc, ".", O_RDONLY | O_DIRECTORY);
	DIR *dir auto_dir = fd < 0 ? NULL : fdopendir(fd);
	struct ix_space client = { 0 }, server;
	const struct dirent *d;
	char pid[16];

	(void)snprintf(pid, sizeof(pid), "%" PRId32, w->as.pid);
	if (dir) {
		auto_fd int of = ix_open(proc, pid, O_PATH | O_DIRECTORY);

		client = of < 0 ? client : ix_space_of(of, "ipc");
	}
	while (dir && ix_readdir(dir, &d) == 0 && d) {
		uint64_t n;
		auto_fd int of = -1;

		if (!shmsaid_server(proc, d->d_name) ||
		    ix_parse_u64(d->d_name, INT32_MAX, &n) < 0)
			continue;
		of = ix_open(proc, d->d_name, O_PATH | O_DIRECTORY);
		server = of < 0 ? (struct ix_space){ 0 } : ix_space_of(of, "ipc");
		s->first = s->n++ ? s->first : (int32_t)n;
		s->here += ix_space_same(&client, &server);
		s->apart += client.ino && server.ino && !ix_space_same(&client, &server);
	}
}

static void shmsaid_namespace(const struct ix_why *w, const struct shmsaid_servers *s,
			      struct ix_reason *r)
{
	char command[64] = "ipcx ns cmp CLIENT SERVER";

	if (w->as.kind == IX_AS_PROCESS && s->n == 1)
		(void)snprintf(command, sizeof(command),
			       "ipcx ns cmp %" PRId32 " %" PRId32, w->as.pid, s->first);
	if (w->as.kind != IX_AS_PROCESS)
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the process of the client is not known");
	else if (s->n && s->here == s->n)
		ix_reason_set(r, IX_SO_NOT, "%s is in the namespace of the X server",
			      w->as.who);
	else if (s->n && s->apart == s->n)
		ix_reason_set(r, IX_SO,
			      "%s is not in the namespace of the X server, process "
			      "%" PRId32,
			      w->as.who, s->first);
	else
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s",
			      s->n ? "not every X server's namespace is known, or they "
				     "differ"
				   : "no X server is seen from here");
	if (r->applies != IX_SO_NOT)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "%s # then start one in the IPC namespace of the other, "
			       "containers with --ipc",
			       command);
}

static void shmsaid_mode(struct ix_why *w, const struct shmsaid_servers *s,
			 struct ix_reason *r)
{
	const struct ipcx_table *t;
	char name[IX_SHM_NAME], owner[IX_SHM_OWNER];
	struct ix_as client = w->as;
	uint64_t mode = 0;
	int found;

	found = ix_shm_find(w, r, &t);
	if (found == 0)
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: there is no such segment now");
	if (found <= 0)
		return;
	(void)ix_why_number(t, 0, IPCX_F_MODE, &mode);
	if (s->n != 1 || ix_as_begin(w->x, IPCX_WHY_PID, 0, s->first, &w->as) < 0) {
		w->as = client;
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the user of the X server is not known; %s "
			      "of %s has mode %04" PRIo64,
			      ix_shm_name(t, name), ix_shm_owner(t, owner), mode);
		return;
	}
	r->applies = ix_shm_grants(w, t, 0600);
	ix_reason_set(r, r->applies,
		      "%s of %s has mode %04" PRIo64 ", the X server is %s",
		      ix_shm_name(t, name), ix_shm_owner(t, owner), mode, w->as.who);
	if (r->applies != IX_SO_UNKNOWN)
		r->applies = r->applies == IX_SO ? IX_SO_NOT : IX_SO;
	if (r->applies == IX_SO)
		ix_shm_open_up(w, t, r, 0600);
	ix_as_end(&w->as);
	w->as = client;
}

void ix_shm_said(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	struct shmsaid_servers servers = { 0 };

	if (!strcmp(c->subject, IX_SAID_IN_USE)) {
		shmsaid_in_use(w, r);
		return;
	}
	if (w->as.kind == IX_AS_PROCESS)
		shmsaid_servers(w, &servers);
	if (c->error == -EINVAL)
		shmsaid_namespace(w, &servers, r);
	else
		shmsaid_mode(w, &servers, r);
}
