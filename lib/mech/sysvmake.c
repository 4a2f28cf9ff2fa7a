/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Creating System V objects: the key, the requested id, the owner; and removing an object
 * that could not be completed. */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "mech/sysv.h"

void ix_sysv_perm_set(struct ipc_perm *p, const struct ix_sysv_row *row,
		      const struct ipcx_attrs *a)
{
	memset(p, 0, sizeof(*p));
	p->uid = a->set & IPCX_A_UID ? a->uid : row->uid;
	p->gid = a->set & IPCX_A_GID ? a->gid : row->gid;
	p->mode =
		(__typeof__(p->mode))(a->set & IPCX_A_MODE ? a->mode : row->mode & 0777);
}

static const char *next_id_path(const struct ix_sysv *v, char *buf, size_t size)
{
	(void)snprintf(buf, size, "sys/kernel/%s_next_id", v->name);
	return buf;
}

/* Request an id from the kernel (kernel.*_next_id, ipc/util.c): the next object that any
 * process creates uses up the request. */
static int wish_id(struct ipcx *x, const struct ix_sysv *v, int32_t id)
{
	char path[40], text[IX_NUM_MAX];
	int proc = ix_procfd(x), r;

	if (proc < 0)
		return ix_fail(x, proc, "%s: cannot ask for id %d: /proc is not mounted",
			       v->name, id);
	*ix_put_i64(text, id) = '\0';
	r = ix_write_file(proc, next_id_path(v, path, sizeof(path)), text);
	if (r == -EACCES || r == -EPERM)
		return ix_fail_plain(
			x, r,
			"%s: cannot ask for id %d: not permitted (needs CAP_CHECKPOINT_RESTORE or "
			"CAP_SYS_ADMIN)",
			v->name, id);
	if (r < 0)
		return ix_fail(x, r, "%s: cannot ask for id %d through kernel.%s_next_id",
			       v->name, id, v->name);
	return 0;
}

/* A request that is still pending would apply to the next object that any process
 * creates: use it up with a temporary object. */
static void drop_wish(struct ipcx *x, const struct ix_sysv *v)
{
	struct ipcx_attrs plain = { .set = IPCX_A_SIZE | IPCX_A_NSEMS,
				    .bytes = 1,
				    .nsems = 1 };
	char path[40], text[IX_NUM_MAX];
	int proc = ix_procfd(x), id;

	if (proc < 0 ||
	    ix_read_file(proc, next_id_path(v, path, sizeof(path)), text, sizeof(text)) <
		    0 ||
	    text[0] == '-')
		return;
	id = v->get(IPC_PRIVATE, &plain, IPC_CREAT | IPC_EXCL | 0600);
	if (id >= 0)
		(void)v->rmid(id);
}

/* Set the owner and whatever else only IPC_SET can set. */
static int sysvmake_settle(struct ipcx *x, const struct ix_sysv *v,
			   const struct ipcx_attrs *a, int id)
{
	union {
		struct ix_sysv_row base;
		char room[256];
	} row = { .room = { 0 } };
	int r;

	if (!(a->set & (IPCX_A_UID | IPCX_A_GID | IPCX_A_QBYTES)))
		return 0;
	r = ix_sysv_stat(v, id, &row); /* its mode may forbid the creator to read it */
	if (r < 0)
		return ix_fail(x, r, "%s:%d: was created, but cannot be read", v->name,
			       id);
	r = v->set(&row, a);
	if (r == -EPERM && (a->set & IPCX_A_QBYTES))
		return ix_fail_plain(
			x, r,
			"%s: cannot set qbytes to %llu: above kernel.msgmnb, which needs CAP_SYS_RESOURCE",
			v->name, (unsigned long long)a->qbytes);
	if (r == -EOVERFLOW && (a->set & IPCX_A_QBYTES))
		return ix_fail_plain(
			x, r,
			"%s: cannot set qbytes to %llu: it must be below 2 GiB, as the kernel cuts it to 31 bits",
			v->name, (unsigned long long)a->qbytes);
	if (r < 0)
		return ix_fail(x, r,
			       "%s:%d: cannot set owner or limits of the new object",
			       v->name, id);
	return 0;
}

/* With a mode, *get checks all of its bits, for user, group and others alike (ipcperms()
 * in ipc/util.c), as it will for the processes that use the object. */
int ix_sysv_may_use(const struct ix_sysv *v, const struct ipcx_attrs *a,
		    const struct ipcx_ref *ref)
{
	static const struct ipcx_attrs any = { .size = sizeof(any) };
	int id = v->get(a->key, &any, a->set & IPCX_A_MODE ? (int)a->mode : 0600);

	if (id == -ENOENT || id == -EIDRM)
		return -EAGAIN;
	if (id < 0)
		return id;
	return id == ref->id ? 0 : -EAGAIN;
}

int ix_sysv_create(struct ipcx *x, const struct ix_sysv *v, const struct ipcx_attrs *a,
		   struct ipcx_ref *ret_ref)
{
	uint32_t key = a->set & IPCX_A_KEY ? a->key : (uint32_t)IPC_PRIVATE;
	int mode = a->set & IPCX_A_MODE ? (int)a->mode : 0600, id, r;

	if (a->set & IPCX_A_ID) {
		/* A request for an id cannot be withdrawn if no object can be created:
		 * first try whether one can. */
		id = v->get(IPC_PRIVATE, a, IPC_CREAT | IPC_EXCL | 0600);
		if (id < 0)
			return id;
		(void)v->rmid(id);
		r = wish_id(x, v, a->id);
		if (r < 0)
			return r;
	}
	id = v->get(key, a, IPC_CREAT | IPC_EXCL | mode);
	if (id < 0) {
		if (a->set & IPCX_A_ID)
			drop_wish(x, v);
		return id; /* the caller knows the limits and sets the error text */
	}
	r = 0;
	if ((a->set & IPCX_A_ID) && id != a->id)
		r = ix_fail_plain(
			x, -EEXIST,
			"%s:%d: the kernel gave id %d instead: the requested one is in use",
			v->name, a->id, id);
	if (r == 0)
		r = sysvmake_settle(x, v, a, id);
	if (r < 0) {
		(void)v->rmid(id);
		return r;
	}
	ret_ref->by = IPCX_BY_ID;
	ret_ref->id = id;
	ret_ref->key = key;
	ret_ref->name[0] =
		'\0'; /* do not clear its 257 bytes for each of thousands of objects */
	return 0;
}
