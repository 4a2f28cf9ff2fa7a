/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The context: what outlives one call. And how a failure gets its text. */
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
 * Where calls act. At home all is zero. While lib/ns/ has them in another namespace:
 * whose /dev/shm is meant, and how ids there read here.
 */
struct ix_view {
	bool there;      /* calls are where they should be: do not go again */
	bool remote;     /* this is not the caller's own place */
	bool only_shm;   /* another /dev/shm of a namespace that was looked at already */
	bool only_there; /* its /dev/shm is not to be mounted here elsewhere */
	bool straight;   /* and no symbolic link may lead to it */
	/* Whether what is in a file of that /dev/shm may be told: whoever put it there
	 * has a right to it himself. NULL: the kernel says so. */
	bool (*shows)(struct ipcx *x, const struct stat *st);
	struct ix_showing *showing; /* what that goes by (ns/rights.c) */
	int rootfd;         /* the root whose /dev/shm is meant; -1: none is known */
	int32_t pid;        /* the process whose root that is, or 0 */
	uint64_t in_memory; /* a mount whose file system is; 0: none is known yet */
	const struct ix_idmap *ids; /* how users and groups there are numbered here; NULL:
				       alike */
};

struct ipcx {
	struct ipcx_ns *ns;   /* where calls act (ipcx_use()); NULL: at home */
	struct ipcx_ns *base; /* where they do when nothing else is said, or NULL */
	void (*free_base)(struct ipcx_ns *base); /* who made it knows */
	struct ix_view view;                     /* set while they do (ns/there.c) */
	int rootfd; /* "/" unless a test stands another tree here; -1 until first used */
	int procfd; /* procfs below it, its type checked; -1 until first used */
	bool lent;  /* one of them, or both, was given by the caller: that procfs may not
		       know this process */
	enum {
		IX_NUMBERS_NOT_ASKED,
		IX_NUMBERS_OURS,
		IX_NUMBERS_OTHERS
	} numbers; /* of processes in /proc (proc/numbers.c) */
	enum {
		IX_NUMBERED_NOT_ASKED,
		IX_NUMBERED_ALL,
		IX_NUMBERED_SOME
	} numbered; /* processes, in our PID namespace (core/numbered.c) */
	enum {
		IX_PEOPLE_NOT_ASKED,
		IX_PEOPLE_ALL,
		IX_PEOPLE_SOME
	} people;    /* who has a number in our user namespace (query/lookup.c) */
	int64_t now; /* what ages count up to; 0: the moment of each table */
	bool moved;  /* the process has gone elsewhere */
	struct {
		bool asked;
		struct ix_gaps gaps;
		char *label; /* or NULL */
		uint32_t giver;
	} self; /* the containers in our own namespace, when somebody asked (ns/label.c) */
	unsigned stalls; /* file systems that did not answer, since the last discovery */
	struct ix_names users, groups;      /* names asked for so far, over all tables */
	struct ix_buf names;                /* where they stand */
	char error[2 * IPCX_REF_MAX + 512]; /* may name two objects */
	enum ipcx_failure failure;          /* of what kind that is */
	int said;                           /* the errno that it is about */
	struct ipcx_hint hint;              /* that belongs to it */
	char hint_subject[IPCX_REF_MAX];
};

/* The directories. A descriptor that the context owns, or -errno (procfs: -ENOENT when
 * there is none, without a text). */
int ix_rootfd(struct ipcx *x);
int ix_procfd(struct ipcx *x);

/* The process moved to another mount namespace: the directories were those of the one
 * before. */
void ix_moved(struct ipcx *x);

/* Whether a context may move its process: 0, or -EINVAL with a text for one that stands
 * on descriptors of the caller, which would lead elsewhere afterwards. */
int ix_may_move(struct ipcx *x);

/* The root below which /dev/shm is looked up: rootfd, or that of the process whose place
 * calls act in. -ENXIO when that place has none. */
int ix_viewfd(struct ipcx *x);

/*
 * Keep the text of a failure and answer its errno: "return ix_fail(x, -EPERM, "shm:%d:
 * cannot remove", id);". The text of the errno is appended after ": "; ix_fail_plain()
 * appends nothing. The innermost frame that knows the object calls it.
 *
 * An errno that is written down is what we say of it: -EINVAL "asked wrongly", -ENOENT,
 * -ESRCH "there is none of that name" (ipcx_failure()). One that is handed on is the
 * kernel's, and may speak of anything that was needed on the way.
 */
int ix_fail_as(struct ipcx *x, int error, bool ours, const char *fmt, ...) PRINTF(4, 5);
int ix_fail_plain_as(struct ipcx *x, int error, bool ours, const char *fmt, ...)
	PRINTF(4, 5);
/* The word in the source decides: the compiler sees constants where there are none. */
#define IX_OURS(word)            ((word)[0] == '-' && (word)[1] == 'E')
#define ix_fail(x, e, ...)       ix_fail_as(x, e, IX_OURS(#e), __VA_ARGS__)
#define ix_fail_plain(x, e, ...) ix_fail_plain_as(x, e, IX_OURS(#e), __VA_ARGS__)

/* What a call answers, and for want of memory a text that says so: whoever lacked it had
 * none for words. Answers r. */
int ix_said(struct ipcx *x, int r);

/* What could help with the failure whose text was just kept: said after it, as each text
 * begins without a hint. Answers error. */
int ix_hint(struct ipcx *x, int error, enum ipcx_hint_kind kind, const char *subject,
	    uint64_t value);

/* The text of an errno (positive or negative) in words of ours where strerror(3)
 * misleads. Static or thread-local. */
const char *ix_errno_text(int error);

/* Whether a reference that a caller made can name an object: 0; -EINVAL, or -E2BIG for
 * one of a newer version, with a text. */
int ix_ref_check(struct ipcx *x, const struct ipcx_ref *ref);

/* A path relative to rootfd: everything absolute goes through it. */
static inline const char *ix_relative(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}
