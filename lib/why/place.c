/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The name of a POSIX object, the /dev/shm of the question, and the file there. Only
 * stat(2) and statfs(2) look at them.
 */
#include "why/place.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>

#include "base/cap.h"
#include "base/esc.h"
#include "base/file.h"
#include "core/mech.h"
#include "mech/posix.h"
#include "ns/run.h"
#include "ns/target.h"
#include "why/fix.h"

/* The inode number of a tmpfs's root directory (since Linux 5.9). */
#define PLACE_ROOT_INODE 1

/* ---- names */

const char *ix_place_name(const struct ix_why *w)
{
	static const char dir[] = IX_SHM_DIR "/";

	if (ix_args_has(&w->a, IX_ARG_NAME))
		return w->a.name;
	/* The path of a mapping or descriptor. */
	if (ix_args_has(&w->a, IX_ARG_PATH) && w->call != IX_MQ_OPEN &&
	    !strncmp(w->a.path, dir, sizeof(dir) - 1))
		return w->a.path + sizeof(dir) - 1;
	return NULL;
}

const char *ix_place_shown(const struct ix_why *w, char *buf, size_t size)
{
	const char *name = ix_place_name(w);

	(void)ix_escape(buf, size, name ? name : "", IX_ESC_TEXT);
	return buf;
}

static bool place_is_sem(const struct ix_why *w)
{
	return w->call >= IX_SEM_OPEN && w->call <= IX_SEM_POST;
}

/* The file name, as glibc makes it: all slashes before the name are skipped. */
static bool place_file_name(const struct ix_why *w, char *buf, size_t size)
{
	const char *name = ix_place_name(w);
	bool path = !ix_args_has(&w->a, IX_ARG_NAME);
	int len;

	if (!name)
		return false;
	name += strspn(name, "/");
	len = snprintf(buf, size, "%s%s", place_is_sem(w) && !path ? IX_SEM_PREFIX : "",
		       name);
	if (*name && !strchr(name, '/') && len >= 0 && (size_t)len < size)
		return true;
	buf[0] = '\0';
	return false;
}

/* ---- flags */

bool ix_place_known(const struct ix_why *w)
{
	return ix_args_has(&w->a, IX_ARG_FLAGS);
}

bool ix_place_creates(const struct ix_why *w)
{
	return ix_place_known(w) && (w->a.flags & O_CREAT);
}

/* sem_open(3) opens for both, whatever it is given. */
uint32_t ix_place_access(const struct ix_why *w, uint32_t *ret_most)
{
	static const uint32_t bits[] = { 0400, 0200, 0600, 0600 };
	uint32_t want = 0;

	*ret_most = 0600;
	if (place_is_sem(w))
		return 0600;
	if (!ix_place_known(w))
		return 0;
	want = bits[w->a.flags & O_ACCMODE];
	if (w->call == IX_SHM_OPEN && (w->a.flags & O_TRUNC))
		want |= 0200;
	return *ret_most = want;
}

/* ---- /dev/shm */

static void place_sizes(int fd, struct ix_place *p)
{
	struct statfs fs;
	uint64_t unit;

	if (fstatfs(fd, &fs) < 0) {
		p->error = -errno;
		return;
	}
	unit = (uint64_t)fs.f_bsize;
	p->tmpfs = (unsigned)fs.f_type == TMPFS_MAGIC;
	p->read_only = fs.f_flags & ST_RDONLY;
	p->noexec = fs.f_flags & ST_NOEXEC;
	p->size = ix_mul_sat(fs.f_blocks, unit);
	p->used = ix_mul_sat(fs.f_blocks - MIN(fs.f_bfree, fs.f_blocks), unit);
	p->free = ix_mul_sat(fs.f_bavail, unit);
	p->inodes = fs.f_files;
	p->inodes_free = fs.f_ffree;
}

static void place_file(const struct ix_posix_dir *dir, struct ix_place *p)
{
	struct stat st;

	p->file_error = ix_posix_stat(dir, p->file, &st);
	if (p->file_error < 0)
		return;
	p->file_mode = st.st_mode;
	p->file_uid = st.st_uid;
	p->file_gid = st.st_gid;
	p->file_size = (uint64_t)st.st_size;
	p->file_bytes = (uint64_t)st.st_blocks * 512;
}

static int place_run(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	struct ix_place *p = arg;
	struct stat st;
	int r = ix_posix_shm_dir(x, &dir);

	(void)t;
	p->remote = x->view.remote;
	p->pid = x->view.pid;
	if (r < 0) {
		p->error = r;
		(void)snprintf(p->text, sizeof(p->text), "%.*s", (int)sizeof(p->text) - 1,
			       x->error);
		return 0;
	}
	if (fstat(dir.fd, &st) < 0) {
		p->error = -errno;
		return 0;
	}
	p->mode = st.st_mode;
	p->uid = st.st_uid;
	p->gid = st.st_gid;
	p->whole = st.st_ino == PLACE_ROOT_INODE;
	place_sizes(dir.fd, p);
	if (p->file[0])
		place_file(&dir, p);
	return 0;
}

const struct ix_place *ix_place(struct ix_why *w)
{
	struct ix_place *p = &w->place[place_is_sem(w)];
	int r;

	if (p->asked)
		return p;
	p->asked = true;
	(void)place_file_name(w, p->file, sizeof(p->file));
	r = ix_ns_run(w->x, &(struct ix_ns_call){ .run = place_run,
						  .arg = p,
						  .out = p,
						  .out_size = sizeof(*p),
						  .looks = true,
						  .parts = true });
	if (r < 0 && !p->error) {
		p->error = r;
		(void)snprintf(p->text, sizeof(p->text), "%s", ipcx_error(w->x));
	}
	return p;
}

bool ix_place_seen(struct ix_why *w, const struct ix_place **ret_p, struct ix_reason *r)
{
	const struct ix_place *p = *ret_p = ix_place(w);

	if (!p->error)
		return true;
	if (p->error == -ENOENT || p->error == -ENOTDIR)
		ix_reason_set(r, IX_SO_NOT, "there is no directory %s", IX_SHM_DIR);
	else
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s",
			      p->text[0] ? p->text : ix_errno_text(p->error));
	return false;
}

bool ix_place_file(struct ix_why *w, const struct ix_place **ret_p, struct ix_reason *r)
{
	const struct ix_place *p;
	char shown[300];

	if (!ix_place_seen(w, &p, r))
		return false;
	*ret_p = p;
	(void)ix_escape(shown, sizeof(shown), p->file, IX_ESC_TEXT);
	if (!p->file[0])
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: name= is not known");
	else if (p->file_error == -ENOENT)
		ix_reason_set(r, IX_SO_NOT, "%s/%s does not exist", IX_SHM_DIR, shown);
	else if (p->file_error)
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s/%s: %s", IX_SHM_DIR,
			      shown, ix_errno_text(p->file_error));
	return p->file[0] && !p->file_error;
}

/* Whether our IPC namespace is that of the machine: what runs in another one is most
 * likely a container. */
static bool place_on_the_machine(struct ix_why *w)
{
	/* PROC_IPC_INIT_INO of the kernel. */
	return ix_ns_own(w->x, "ipc") == UINT64_C(0xEFFFFFFF);
}

/*
 * A remount needs CAP_SYS_ADMIN over the user namespace in which the file system was
 * mounted. Which one that is, nothing shows; in the first one it is the own one, or below.
 */
bool ix_place_may_mount(struct ix_why *w)
{
	const struct ix_place *p = ix_place(w);
	int proc = ix_procfd(w->x);

	return p->tmpfs && p->whole && proc >= 0 && ix_userns_first(proc) == 1 &&
	       ix_cap_has(CAP_SYS_ADMIN) == 1 && (!p->remote || p->pid);
}

/* The memory and swap of the machine: a larger tmpfs could not be filled. */
static uint64_t place_memory(void)
{
	struct sysinfo info;

	if (sysinfo(&info) < 0)
		return UINT64_MAX;
	return ix_mul_sat((uint64_t)info.totalram + info.totalswap, info.mem_unit);
}

void ix_place_more(struct ix_why *w, const char *option, uint64_t to, struct ix_reason *r)
{
	const struct ix_place *p = ix_place(w);
	char where[32] = "";

	if (p->remote && p->pid)
		(void)snprintf(where, sizeof(where), "-N %" PRId32 " ", p->pid);
	if (p->tmpfs && !strcmp(option, "size") && to > place_memory()) {
		(void)snprintf(r->fix, sizeof(r->fix),
			       "ask for less: memory and swap together have %" PRIu64
			       " bytes",
			       place_memory());
		return;
	}
	if (!p->tmpfs)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "mount a tmpfs on %s, or free space on its file system",
			       IX_SHM_DIR);
	else if (ix_place_may_mount(w))
		(void)snprintf(r->fix, sizeof(r->fix),
			       "mount %s-o remount,%s=%" PRIu64 " %s", where, option, to,
			       IX_SHM_DIR);
	else if (!p->remote && place_on_the_machine(w))
		(void)snprintf(r->fix, sizeof(r->fix),
			       "as root: mount -o remount,%s=%" PRIu64 " %s", option, to,
			       IX_SHM_DIR);
	else if (!strcmp(option, "size"))
		(void)snprintf(
			r->fix, sizeof(r->fix),
			"start the container with --shm-size=%" PRIu64
			" (Docker, Podman), or with an emptyDir of medium Memory at %s (Kubernetes)",
			to, IX_SHM_DIR);
	else
		(void)snprintf(
			r->fix, sizeof(r->fix),
			"start the container with a tmpfs at %s that has nr_inodes=%" PRIu64
			" or more, or remove files there",
			IX_SHM_DIR, to);
}
