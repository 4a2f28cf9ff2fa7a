/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of each /dev/shm: whether programs can use it at all, and how full it is.
 * That a namespace has several is normal; that a container has none, or only for its own
 * user, may be meant.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cap.h"
#include "base/esc.h"
#include "doctor/doctor.h"
#include "space/space.h"
#include "why/why.h"

/* In percent: from here on, it is nearly full. */
#define SHM_NEAR 80

/* What Docker and Podman mount unless they are told otherwise. */
#define SHM_CONTAINER (UINT64_C(64) << 20)

/* ---- what to do */

/* Whether the caller may mount something on it. */
static bool shm_ours(const struct ix_space_shm *s)
{
	return !s->remote && ix_cap_has(CAP_SYS_ADMIN) > 0;
}

/* How it is mounted again, with this option; or a sentence, where that is for others. */
static void shm_fix_mount(const struct ix_space_shm *s, const char *options, char *buf,
			  size_t size)
{
	if (shm_ours(s) && s->whole)
		(void)snprintf(buf, size, "mount -o remount,%s /dev/shm", options);
	else
		(void)snprintf(buf, size,
			       "where /dev/shm is mounted, mount it with the option %s",
			       options);
}

static void shm_fix_new(const struct ix_space_shm *s, char *buf, size_t size)
{
	if (shm_ours(s))
		(void)snprintf(buf, size, "%s",
			       s->error == -ENOENT
				       ? "mkdir -p /dev/shm && mount -t tmpfs -o "
					 "mode=1777,nosuid,nodev tmpfs /dev/shm"
				       : "mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "
					 "/dev/shm");
	else
		(void)snprintf(buf, size, "%s",
			       "mount a tmpfs with mode=1777 on /dev/shm before the "
			       "programs start");
}

static bool shm_in_container(const struct ipcx_table *t, size_t row)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, IPCX_F_CONTAINER, &v) == 0 &&
	       v.type != IPCX_TYPE_NONE;
}

/* The memory of the machine; UINT64_MAX if it is unknown. */
static uint64_t shm_memory(struct ix_doctor *d)
{
	const struct ipcx_table *t;
	struct ipcx_value v;

	if (ix_doctor_limits(d, &t) < 0)
		return UINT64_MAX;
	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		if (!strcmp(ix_doctor_word(t, i, IPCX_F_NAME, &v), "kernel_memory"))
			return ix_doctor_number(t, i, IPCX_F_LIMIT, UINT64_MAX);
	return UINT64_MAX;
}

static void shm_fix_room(struct ix_doctor *d, const struct ipcx_table *t, size_t row,
			 bool inodes, char *buf, size_t size)
{
	const struct ix_space_shm *s = ix_space_at(t, row);
	uint64_t memory = shm_memory(d);
	char options[64], where[IX_DOCTOR_TEXT];

	if (inodes)
		(void)snprintf(options, sizeof(options), "nr_inodes=%" PRIu64,
			       2 * s->inodes);
	else
		(void)snprintf(options, sizeof(options), "size=%" PRIu64, 2 * s->size);
	if (s->remote || shm_in_container(t, row))
		(void)snprintf(buf, size, "%s",
			       inodes ? "remove files that nobody uses, or mount more "
					"inodes for the container's /dev/shm"
				      : "start the container with a larger --shm-size "
					"(docker, podman), or mount an emptyDir with "
					"medium Memory on /dev/shm (Kubernetes)");
	else if (shm_ours(s) && s->whole && (inodes || s->size <= memory / 4 * 3 / 2))
		shm_fix_mount(s, options, buf, size);
	else
		ix_fix_command(buf, size,
			       ix_doctor_where(d, t, row, where, sizeof(where)),
			       "rm pshm --unused --all --dry-run");
}

/* ---- what is in it */

static void shm_bytes(char *buf, size_t size, const char *what, uint64_t n)
{
	size_t len = strlen(buf);
	char text[32];

	if (n && len < size)
		(void)snprintf(buf + len, size - len, "%s%s %s", len ? ", " : "",
			       ix_doctor_bytes(n, text, sizeof(text)), what);
}

/* What fills it, and the biggest of that. */
static void shm_contents(const struct ipcx_table *t, const struct ix_space_shm *s,
			 char *buf, size_t size)
{
	size_t len = strlen(buf);
	char parts[256] = "", name[256], text[32];

	if (!s->walked || len >= size)
		return;
	shm_bytes(parts, sizeof(parts), "in objects", s->bytes[IX_SPACE_OBJECTS]);
	shm_bytes(parts, sizeof(parts), "in directories", s->bytes[IX_SPACE_DIRECTORIES]);
	shm_bytes(parts, sizeof(parts), "without a name that are still open or mapped",
		  s->bytes[IX_SPACE_NAMELESS]);
	len += (size_t)snprintf(buf + len, size - len, ": %s%s",
				s->missed ? "at least " : "",
				parts[0] ? parts : "of little size each");
	for (unsigned i = 0; i < IX_SPACE_BIG && s->big[i] && len < size; i++) {
		(void)ix_escape(name, sizeof(name), ix_table_string(t, s->big_name[i]),
				IX_ESC_TEXT);
		len += (size_t)snprintf(buf + len, size - len, "%s%s (%s)",
					i ? ", " : "; the biggest: ", name,
					ix_doctor_bytes(s->big[i], text, sizeof(text)));
	}
}

/* ---- findings */

static int shm_full(struct ix_doctor *d, const struct ipcx_table *t, size_t row)
{
	const struct ix_space_shm *s = ix_space_at(t, row);
	char what[IX_DOCTOR_TEXT], evidence[IX_DOCTOR_TEXT], fix[IX_DOCTOR_TEXT];
	char size[32], used[32];
	struct ix_found f = { .finding = "shm-full",
			      .grade = IPCX_CERTAIN,
			      .about = t,
			      .row = row,
			      .ref = "/dev/shm",
			      .what = what,
			      .evidence = evidence,
			      .fix = fix,
			      .bytes = s->used };

	if (!s->size || s->used < s->size / 100 * SHM_NEAR)
		return 0;
	(void)snprintf(what, sizeof(what), "/dev/shm is %s%s", s->free ? "nearly " : "",
		       "full: programs that write to shared memory there are killed by "
		       "SIGBUS, or get ENOSPC");
	(void)snprintf(evidence, sizeof(evidence), "%s of %s are used (%" PRIu64 " %%)%s",
		       ix_doctor_bytes(s->used, used, sizeof(used)),
		       ix_doctor_bytes(s->size, size, sizeof(size)),
		       100 * (s->used >> 10) / MAX(s->size >> 10, 1),
		       s->size == SHM_CONTAINER && (s->remote || shm_in_container(t, row))
			       ? ", the default of docker and podman"
			       : "");
	shm_contents(t, s, evidence, sizeof(evidence));
	shm_fix_room(d, t, row, false, fix, sizeof(fix));
	return ix_doctor_add(d, &f);
}

static int shm_inodes(struct ix_doctor *d, const struct ipcx_table *t, size_t row)
{
	const struct ix_space_shm *s = ix_space_at(t, row);
	char evidence[IX_DOCTOR_TEXT], fix[IX_DOCTOR_TEXT];
	struct ix_found f = { .finding = "shm-inodes",
			      .grade = IPCX_CERTAIN,
			      .about = t,
			      .row = row,
			      .ref = "/dev/shm",
			      .what = "the inodes of /dev/shm are nearly used up: "
				      "shm_open() and sem_open() fail with ENOSPC "
				      "although there is space",
			      .evidence = evidence,
			      .fix = fix,
			      .count = s->inodes_used };

	if (!s->inodes ||
	    s->inodes_used < s->inodes - s->inodes / 100 * (100 - SHM_NEAR) -
				     s->inodes % 100 * (100 - SHM_NEAR) / 100)
		return 0;
	(void)snprintf(evidence, sizeof(evidence),
		       "%" PRIu64 " of %" PRIu64 " inodes are used; %" PRIu32
		       " files are objects, %" PRIu32 " are in directories",
		       s->inodes_used, s->inodes, s->files[IX_SPACE_OBJECTS],
		       s->files[IX_SPACE_DIRECTORIES]);
	shm_fix_room(d, t, row, true, fix, sizeof(fix));
	return ix_doctor_add(d, &f);
}

/* A state of the directory itself. */
static int shm_state(struct ix_doctor *d, const struct ipcx_table *t, size_t row,
		     struct ix_found f, const char *evidence, const char *fix)
{
	f.about = t;
	f.row = row;
	f.ref = "/dev/shm";
	f.evidence = evidence;
	f.fix = fix;
	return ix_doctor_add(d, &f);
}

static int shm_mode(struct ix_doctor *d, const struct ipcx_table *t, size_t row)
{
	const struct ix_space_shm *s = ix_space_at(t, row);
	struct ix_found f = { .finding = "shm-mode", .grade = IPCX_CERTAIN };
	char evidence[IX_DOCTOR_TEXT], fix[IX_DOCTOR_TEXT];

	(void)snprintf(evidence, sizeof(evidence),
		       "its mode is %04o and it belongs to uid %" PRIu32 ", gid %" PRIu32
		       "; it should be 1777",
		       s->mode & 07777, s->uid, s->gid);
	if (!(s->mode & S_IWOTH)) {
		f.what = "only the owner of /dev/shm, its group or root can make "
			 "shared memory: others get EACCES";
		f.grade = s->remote ? IPCX_LIKELY : IPCX_CERTAIN;
	} else if (!(s->mode & S_ISVTX)) {
		/* Kubernetes mounts an emptyDir so, and a pod has few users. */
		f.what = "every user can remove the objects of all others in /dev/shm: "
			 "it has no sticky bit";
		f.grade = s->remote || shm_in_container(t, row) ? IPCX_POSSIBLE
								: IPCX_CERTAIN;
	} else {
		return 0;
	}
	(void)snprintf(fix, sizeof(fix), "%s",
		       s->remote ? "chmod 1777 /dev/shm, in its mount namespace"
				 : "chmod 1777 /dev/shm");
	return shm_state(d, t, row, f, evidence, fix);
}

static int shm_kind(struct ix_doctor *d, const struct ipcx_table *t, size_t row)
{
	const struct ix_space_shm *s = ix_space_at(t, row);
	char fix[IX_DOCTOR_TEXT];
	int r = 0;

	if (s->error == -EMEDIUMTYPE || !s->tmpfs) {
		shm_fix_new(s, fix, sizeof(fix));
		r = shm_state(
			d, t, row,
			(struct ix_found){
				.finding = "shm-disk",
				.grade = s->remote ? IPCX_LIKELY : IPCX_CERTAIN,
				.what = "the file system on /dev/shm is no tmpfs: shared memory may be slow, and stay after a restart" },
			s->remote ? "it was not looked at further"
				  : "statfs(2) shows another type",
			fix);
	}
	if (r == 0 && !s->error && s->read_only) {
		shm_fix_mount(s, "rw", fix, sizeof(fix));
		r = shm_state(d, t, row,
			      (struct ix_found){ .finding = "shm-read-only",
						 .grade = IPCX_CERTAIN,
						 .what = "/dev/shm is read-only: "
							 "shm_open() and sem_open() fail "
							 "with EROFS" },
			      "it is mounted so", fix);
	}
	if (r == 0 && !s->error && s->link)
		r = shm_state(d, t, row,
			      (struct ix_found){ .finding = "shm-link",
						 .grade = IPCX_POSSIBLE,
						 .what = "/dev/shm is a symbolic link: "
							 "container runtimes and "
							 "sandboxes may refuse it" },
			      "it leads to another directory",
			      "mount that directory on a real /dev/shm");
	return r;
}

static int shm_missing(struct ix_doctor *d, const struct ipcx_table *t, size_t row)
{
	const struct ix_space_shm *s = ix_space_at(t, row);
	char fix[IX_DOCTOR_TEXT];

	shm_fix_new(s, fix, sizeof(fix));
	/* A sandbox may have none because nothing in it needs one. */
	return shm_state(d, t, row,
			 (struct ix_found){
				 .finding = "shm-missing",
				 .grade = s->remote ? IPCX_POSSIBLE : IPCX_CERTAIN,
				 .what = "there is no /dev/shm: shm_open() and "
					 "sem_open() fail with ENOENT" },
			 "no such directory", fix);
}

static int shm_place(struct ix_doctor *d, const struct ipcx_table *t, size_t row)
{
	const struct ix_space_shm *s = ix_space_at(t, row);
	int r;

	if (s->error == -ENOENT)
		return shm_missing(d, t, row);
	/* What else went wrong is not known to be a fault of the directory. */
	if (s->again || (s->error && s->error != -EMEDIUMTYPE))
		return 0;
	r = shm_kind(d, t, row);
	if (r < 0 || s->error)
		return r;
	r = shm_mode(d, t, row);
	if (r == 0 && s->tmpfs)
		r = shm_full(d, t, row);
	return r == 0 && s->tmpfs ? shm_inodes(d, t, row) : r;
}

int ix_doctor_shm(struct ix_doctor *d)
{
	const struct ipcx_table *t;
	int r = ix_doctor_spaces(d, &t);

	for (size_t i = 0; r == 0 && ix_space_at(t, i); i++)
		r = shm_place(d, t, i);
	return r;
}
