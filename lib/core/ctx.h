/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The context: the state that is kept between calls, and how a failure gets its text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "core/gaps.h"
#include "core/idmap.h"
#include "core/names.h"
#include "ipcx.h"

struct ix_showing;
struct stat;

/*
 * In which namespaces calls act; all members are zero if these are the caller's own.
 * While lib/ns/ runs a call in another namespace, this says which /dev/shm to use, and
 * how the ids of that namespace map to ours.
 */
struct ix_view {
	bool there;    /* calls already run in the target: do not enter it again */
	bool remote;   /* the target is not the caller's own namespace */
	bool only_shm; /* read only one more /dev/shm of a namespace that has been read
			  already */
	const char *denied; /* if only_shm is set because the IPC namespace may not be
			       entered: the reason; otherwise NULL */
	bool only_there; /* refuse if the target's /dev/shm is also mounted in our mount
			    namespace, on another path */
	bool straight;   /* no component of that /dev/shm's path may be a symbolic link */
	/* Whether the contents of a file in that /dev/shm may be reported: only if the
	 * owner of the mount may read the file, too. NULL: the kernel's checks suffice.
	 */
	bool (*shows)(struct ipcx *x, const struct stat *st);
	struct ix_showing *showing; /* state of shows() (ns/rights.c) */
	int rootfd;                 /* the root of the /dev/shm to use; -1: unknown */
	int shmfd;   /* a directory to use as the /dev/shm, without a root; 0: none */
	int32_t pid; /* the process with that root, or 0 */
	uint64_t in_memory; /* unique id of a mount whose file system is known to be in
			       memory; 0: none yet */
	const struct ix_idmap *ids; /* maps the target's ids to ours; NULL: identical */
};

struct ipcx {
	struct ipcx_ns *ns;   /* the namespace that calls act in; NULL: our own */
	struct ipcx_ns *base; /* the namespace that calls act in by default
				 (ipcx_new_at()); or NULL */
	void (*free_base)(struct ipcx_ns *base); /* set by the creator of base */
	struct ix_view view; /* set while calls act in another namespace */
	int rootfd;  /* descriptor of "/", or of another tree in a test; -1 until first
			used */
	int procfd;  /* descriptor of the procfs below rootfd, checked to be a procfs; -1
			until first used */
	bool lent;   /* the caller supplied rootfd or procfd: the procfs may not show this
			process */
	bool rooted; /* the caller supplied rootfd, and it is not our own root: process 1
			of procfd stands for us where namespaces are compared with ours
			(proc/home.h) */
	enum {
		IX_NUMBERS_NOT_ASKED,
		IX_NUMBERS_OURS,
		IX_NUMBERS_OTHERS
	} numbers; /* whether the PIDs in /proc are those of our PID namespace
		      (proc/numbers.c) */
	enum {
		IX_NUMBERED_NOT_ASKED,
		IX_NUMBERED_ALL,
		IX_NUMBERED_SOME
	} numbered; /* whether all processes have a PID in our PID namespace
		       (core/numbered.c) */
	enum {
		IX_PEOPLE_NOT_ASKED,
		IX_PEOPLE_ALL,
		IX_PEOPLE_SOME
	} people; /* whether all users have an id in our user namespace: query/lookup.c
		     finds out */
	unsigned index_bits; /* ix_id_bits(), once it has been read */
	int64_t now; /* the time to which ages are relative; 0: the time of each table */
	bool moved;  /* the process has entered another namespace */
	struct {
		struct ix_gaps *gaps;   /* NULL: they have not been looked up */
		struct ix_boxes *boxes; /* NULL if there are none */
	} self; /* the containers in our own namespace, and what is missing from them
		   (ns/label.c) */
	unsigned stalls; /* number of file systems that did not answer since the last
			    discovery */
	struct ix_names users, groups;      /* names looked up so far, for all tables */
	struct ix_buf names;                /* the pool that holds these names */
	char error[2 * IPCX_REF_MAX + 512]; /* text with room for two references */
	enum ipcx_failure failure;          /* which kind of failure the last error is */
	int said;                           /* the errno of the last error */
	struct ipcx_hint hint;              /* the hint of the last error */
	char hint_subject[IPCX_REF_MAX];
};

/* Return the root directory, or the procfs: a descriptor that the context owns, or -errno
 * without a text (ix_procfd() returns -ENOENT if there is no procfs). */
int ix_rootfd(struct ipcx *x);
int ix_procfd(struct ipcx *x);

/* Call after the process has entered another mount namespace: forget the directories of
 * the previous one. */
void ix_moved(struct ipcx *x);

/* Before the process moves: use its own root directory from now on, instead of one that
 * the caller supplied. The procfs stays: the target was found in it. Returns 0, or -errno
 * with a text. */
int ix_leave_root(struct ipcx *x);

/* Return the root below which /dev/shm is looked up: rootfd or, while calls act in
 * another namespace, the root of a process in that namespace; -ENXIO if no such process
 * is known. */
int ix_viewfd(struct ipcx *x);

/* Return the path of the /dev/shm below that root. */
static inline const char *ix_viewshm(const struct ipcx *x)
{
	return x->view.shmfd ? "." : "dev/shm";
}

/*
 * Keep the text of a failure and return its errno: "return ix_fail(x, -EPERM, "shm:%d:
 * cannot remove", id);". ": " and the text of the errno are appended; ix_fail_plain()
 * appends nothing. These functions are called by the innermost function that knows the
 * object.
 *
 * An errno that the source writes as a constant is the library's own verdict: -EINVAL
 * "bad request", -ENOENT and -ESRCH "no such object" (ipcx_failure()). An errno in a
 * variable comes from the kernel and may be about any file or object that the call has
 * used.
 */
int ix_fail_as(struct ipcx *x, int error, bool ours, const char *fmt, ...) PRINTF(4, 5);
int ix_fail_plain_as(struct ipcx *x, int error, bool ours, const char *fmt, ...)
	PRINTF(4, 5);
/* Whether an errno is the library's own is decided by how the source spells it: the
 * compiler may know the values of variables, too, and could not tell the difference. */
#define IX_OURS(word)            ((word)[0] == '-' && (word)[1] == 'E')
#define ix_fail(x, e, ...)       ix_fail_as(x, e, IX_OURS(#e), __VA_ARGS__)
#define ix_fail_plain(x, e, ...) ix_fail_plain_as(x, e, IX_OURS(#e), __VA_ARGS__)

/* Return r, the result of a call; for -ENOMEM make sure that there is a text, as the
 * place that ran out of memory could not format one. */
int ix_said(struct ipcx *x, int r);

/* Attach a hint to the failure whose text was just kept; each new text clears the hint.
 * Returns error. */
int ix_hint(struct ipcx *x, int error, enum ipcx_hint_kind kind, const char *subject,
	    uint64_t value);

/* Describe an errno (positive or negative), in our own words where strerror(3) misleads.
 * The text is static or thread-local. */
const char *ix_errno_text(int error);

/* Check that a caller's reference can name an object. Returns 0, or with a text -EINVAL
 * or, for a reference of a newer version, -E2BIG. */
int ix_ref_check(struct ipcx *x, const struct ipcx_ref *ref);

/* The same for an object that is to be opened: only an id, a key or a name can be. */
int ix_ref_check_open(struct ipcx *x, const struct ipcx_ref *ref);

/* Make a path relative to rootfd; used for every absolute path. */
static inline const char *ix_relative(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}
