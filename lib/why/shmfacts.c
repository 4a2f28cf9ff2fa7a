/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why calls on System V segments fail: what their checks have in common. */
#include "why/shm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

#include "base/cap.h"
#include "base/esc.h"
#include "base/file.h"
#include "base/num.h"
#include "proc/space.h"
#include "why/fix.h"

int ix_shm_find(struct ix_why *w, struct ix_reason *r, const struct ipcx_table **ret_t)
{
	int error;
	const struct ipcx_table *t = ix_why_object(w, false, &error);

	if (t) {
		*ret_t = t;
		return 1;
	}
	if (error == -ENOENT)
		return 0;
	if (error == -EDESTADDRREQ && ix_args_has(&w->a, IX_ARG_ID))
		return 0; /* a negative one */
	if (error == -EDESTADDRREQ)
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s= is not known",
			      w->call == IX_SHMGET ? "key" : "id");
	else
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s", w->object[0].text);
	return -1;
}

const char *ix_shm_name(const struct ipcx_table *t, char buf[IX_SHM_NAME])
{
	uint64_t id = 0, key = 0;
	char text[IX_NUM_MAX];

	(void)ix_why_number(t, 0, IPCX_F_ID, &id);
	if (ix_why_number(t, 0, IPCX_F_KEY, &key) && key) {
		*ix_put_key(text, (uint32_t)key) = '\0';
		(void)snprintf(buf, IX_SHM_NAME, "segment shm:%" PRIu64 " (key %s)", id,
			       text);
	} else {
		(void)snprintf(buf, IX_SHM_NAME, "segment shm:%" PRIu64, id);
	}
	return buf;
}

const char *ix_shm_owner(const struct ipcx_table *t, char buf[IX_SHM_OWNER])
{
	struct ipcx_value v;
	const char *name = ix_why_word(t, 0, IPCX_F_OWNER, &v);
	uint64_t uid = 0;

	if (name) {
		(void)ix_escape(buf, IX_SHM_OWNER, name, IX_ESC_TEXT);
	} else {
		(void)ix_why_number(t, 0, IPCX_F_UID, &uid);
		(void)snprintf(buf, IX_SHM_OWNER, "%" PRIu64, uid);
	}
	return buf;
}

bool ix_shm_flags(const struct ix_why *w, uint64_t *ret_flags)
{
	const struct ix_args *a = &w->a;

	if (!ix_args_has(a, IX_ARG_FLAGS))
		return false;
	*ret_flags = a->flags | (ix_args_has(a, IX_ARG_MODE) ? a->mode : 0);
	return true;
}

/* ---- rights */

struct shm_perm {
	uint64_t uid, gid, cuid, cgid, mode;
};

static bool shm_perm(const struct ipcx_table *t, struct shm_perm *p)
{
	return ix_why_number(t, 0, IPCX_F_UID, &p->uid) &&
	       ix_why_number(t, 0, IPCX_F_GID, &p->gid) &&
	       ix_why_number(t, 0, IPCX_F_CUID, &p->cuid) &&
	       ix_why_number(t, 0, IPCX_F_CGID, &p->cgid) &&
	       ix_why_number(t, 0, IPCX_F_MODE, &p->mode);
}

enum ix_so ix_shm_grants(const struct ix_why *w, const struct ipcx_table *t,
			 uint32_t want)
{
	struct shm_perm p;

	if (!shm_perm(t, &p))
		return IX_SO_UNKNOWN;
	return ix_as_may_ipc(&w->as, (uint32_t)p.uid, (uint32_t)p.gid, (uint32_t)p.cuid,
			     (uint32_t)p.cgid, (uint32_t)p.mode & 0777, want);
}

enum ix_so ix_shm_owns(const struct ix_why *w, const struct ipcx_table *t)
{
	struct shm_perm p;

	if (!w->as.ids_known || !shm_perm(t, &p))
		return IX_SO_UNKNOWN;
	return ix_so(w->as.uid == p.uid || w->as.uid == p.cuid);
}

enum ix_so ix_shm_unused(struct ix_why *w, const struct ipcx_table *t)
{
	struct ipcx_ref ref = { .mech = ix_why_mech(w), .by = IPCX_BY_ID };
	struct ipcx_query q = { .size = sizeof(q), .refs = &ref, .nrefs = 1 };
	struct ipcx_table *now = NULL;
	enum ix_so unused = IX_SO_UNKNOWN;
	uint64_t id, used;

	if (!ix_why_number(t, 0, IPCX_F_ID, &id))
		return IX_SO_UNKNOWN;
	ref.id = (int32_t)id;
	ipcx_fieldset_add(&q.fields, IPCX_F_IN_USE);
	if (ipcx_scan(w->x, &q, &now) < 0)
		return IX_SO_UNKNOWN;
	if (ipcx_table_rows(now) && ix_why_number(now, 0, IPCX_F_IN_USE, &used))
		unused = ix_so(!used);
	ipcx_table_free(now);
	return unused;
}

void ix_shm_owner_fix(const struct ix_why *w, const struct ipcx_table *t,
		      struct ix_reason *r, const char *command)
{
	char text[IX_WHY_TEXT / 2], owner[IX_SHM_OWNER];
	struct shm_perm p;

	ix_fix_command(text, sizeof(text), w->where, "%s", command);
	if (ix_cap_has(CAP_SYS_ADMIN) == 1 ||
	    (shm_perm(t, &p) && (geteuid() == p.uid || geteuid() == p.cuid)))
		(void)snprintf(r->fix, sizeof(r->fix), "%s", text);
	else
		(void)snprintf(r->fix, sizeof(r->fix), "as %s, who owns it, or root: %s",
			       ix_shm_owner(t, owner), text);
}

void ix_shm_open_up(const struct ix_why *w, const struct ipcx_table *t,
		    struct ix_reason *r, uint32_t want)
{
	struct shm_perm p;
	uint64_t id = 0;
	char command[64];

	if (!shm_perm(t, &p) || !ix_why_number(t, 0, IPCX_F_ID, &id))
		return;
	/* Only the class to which the caller belongs gets more. */
	for (unsigned shift = 0; shift <= 6; shift += 3) {
		uint64_t mode = (p.mode & 0777) | want >> shift;

		if (ix_as_may_ipc(&w->as, (uint32_t)p.uid, (uint32_t)p.gid,
				  (uint32_t)p.cuid, (uint32_t)p.cgid, (uint32_t)mode,
				  want) != IX_SO)
			continue;
		(void)snprintf(command, sizeof(command),
			       "set shm:%" PRIu64 " --mode %04" PRIo64, id, mode);
		ix_shm_owner_fix(w, t, r, command);
		return;
	}
}

/* ---- small facts */

#define FIRST_USER_NS 0xEFFFFFFDU /* PROC_USER_INIT_INO of the kernel */

bool ix_shm_proc_number(struct ix_why *w, const char *path, uint64_t *ret_n)
{
	int proc = ix_procfd(w->x);
	char text[128];

	if (proc < 0 || ix_read_file(proc, path, text, sizeof(text)) < 0)
		return false;
	text[strspn(text, "0123456789")] = '\0';
	return ix_parse_u64(text, UINT64_MAX, ret_n) == 0;
}

enum ix_so ix_shm_machine_right(struct ix_why *w, int cap)
{
	enum ix_so has = ix_as_capable(&w->as, cap);
	int proc = ix_procfd(w->x), first = 0;
	auto_fd int dir = -1;
	struct ix_space user;
	char pid[16];

	if (has != IX_SO)
		return has;
	if (proc >= 0 && w->as.kind == IX_AS_PROCESS) {
		(void)snprintf(pid, sizeof(pid), "%" PRId32, w->as.pid);
		dir = ix_open(proc, pid, O_PATH | O_DIRECTORY);
		user = dir < 0 ? (struct ix_space){ 0 } : ix_space_of(dir, "user");
		first = user.ino ? user.ino == FIRST_USER_NS : -EACCES;
	} else if (proc >= 0) {
		first = ix_userns_first(proc);
	}
	return first < 0 || proc < 0 ? IX_SO_UNKNOWN : ix_so(first);
}

/* prlimit(2): another user's process, and a higher hard limit, need CAP_SYS_RESOURCE. */
void ix_shm_prlimit(const struct ix_why *w, const char *what, uint64_t to, uint64_t hard,
		    struct ix_reason *r)
{
	bool may = ix_cap_has(CAP_SYS_RESOURCE) == 1 ||
		   (w->as.uid == geteuid() && to <= hard);
	char top[24] = "";

	if (to > hard)
		(void)snprintf(top, sizeof(top), "%" PRIu64, to);
	if (w->as.kind == IX_AS_PROCESS)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "%sprlimit --pid %" PRId32 " --%s=%" PRIu64 ":%s",
			       may          ? ""
			       : to <= hard ? "as the same user: "
					    : "with CAP_SYS_RESOURCE: ",
			       w->as.pid, what, to, top);
	else
		(void)snprintf(r->fix, sizeof(r->fix),
			       "raise it to %" PRIu64 "%s before the program starts", to,
			       top[0] ? ", which takes CAP_SYS_RESOURCE," : "");
}
