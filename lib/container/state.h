/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the families read: state files that others may have made, and which process is
 * whose child. */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/jsonread.h"
#include "core/ctx.h"
#include "core/gaps.h"
#include "proc/space.h"

struct ix_giver; /* container/claim.h */

/* A process as one look at /proc showed it. */
struct ix_proc {
	int32_t pid, parent;
	uint64_t start;
	char comm[16];
};

/* Everything that the families share for one search. */
struct ix_search {
	struct ipcx *x;
	struct ix_proc *procs; /* those a container may begin with, and their parents;
				  sorted by pid */
	size_t nprocs;
	uid_t *users; /* those whose own state may be read: all for root */
	size_t nusers;
	struct ix_gaps *gaps;                 /* what was left out, or NULL */
	uid_t caller;                         /* who looks */
	struct ix_space user, pids, mnt, ipc; /* and from where */
};

/* firsts: the processes that a container may begin with. 0 or -ENOMEM. */
int ix_search_begin(struct ipcx *x, const int32_t *firsts, size_t n,
		    struct ix_search *ret_s);
void ix_search_end(struct ix_search *s);

/* A process, whichever; false when it is gone. */
bool ix_search_proc(const struct ix_search *s, int32_t pid, struct ix_proc *ret_p);

/* The directory of a process in /proc (O_PATH), or -errno. */
int ix_search_open(const struct ix_search *s, int32_t pid);

/* The process of such a directory; false when it is gone. */
bool ix_search_read(int dir, int32_t pid, struct ix_proc *ret_p);

/* The first child of a process; false when it has none. */
bool ix_search_child(const struct ix_search *s, int32_t parent, struct ix_proc *ret_p);

/* Its children, at most so many: how many there are in ret_pids. */
size_t ix_search_children(const struct ix_search *s, int32_t parent, int32_t *ret_pids,
			  size_t max);

/* Where containerd keeps a container: STATE/io.containerd.runtime.v2.task/NAMESPACE/ID. */
#define IX_TASKS "/io.containerd.runtime.v2.task"

/* Whether a process is called like a shim of containerd. */
bool ix_search_shim(const struct ix_proc *p);

/* That directory of a shim, in which one for each container or pod works, wherever the
 * state is: a path below its root. False when it works elsewhere. */
bool ix_search_bundle(const struct ix_giver *shim, char *buf, size_t size);

/* The words of a process's command line. */
struct ix_words {
	char *text;
	char **all;
	size_t n;
};

/* Of a text of words with a NUL after each, whose memory is taken. 0 or -ENOMEM. */
int ix_words_parse(struct ix_buf *text, struct ix_words *ret_w);

/* Of a watcher. 0 or -errno. */
int ix_words_of(const struct ix_giver *g, struct ix_words *ret_w);
void ix_words_free(struct ix_words *w);

/* The value of an option in one of the forms "-x V", "--long V", "--long=V", "-xV" (short
 * is "-x" or NULL). NULL when it is not there. */
const char *ix_words_option(const struct ix_words *w, const char *brief,
			    const char *full);

/* Whether an option without a value is there. */
bool ix_words_has(const struct ix_words *w, const char *brief, const char *full);

/* A state file or directory as it was found. */
struct ix_state {
	struct ix_buf text;
	int64_t written; /* when it was last written: seconds since the epoch */
};

/*
 * Open a directory of state files that a giver names: below its own root, which is that
 * of the context for files. It must belong to root or to the giver. A descriptor for
 * reading, or -errno.
 */
int ix_state_dir(const struct ix_search *s, const char *path, const struct ix_giver *g);

/*
 * Its entries, one after the other; hidden ones are left out. Of a directory that is not
 * root's in our own root so many are read at most, and a note says that there are more.
 */
struct ix_state_list {
	const struct ix_search *s;
	const struct ix_giver *g;
	DIR *dir; /* NULL: there is none that may be read */
	size_t n;
};

#define auto_state_list __attribute__((cleanup(ix_state_list_end)))
struct ix_state_list ix_state_list(const struct ix_search *s, const char *path,
				   const struct ix_giver *g);
const char *ix_state_next(struct ix_state_list *l);
void ix_state_list_end(const struct ix_state_list *l);

/* Read a file below such a directory: a regular file of root's or the owner's, no link on
 * the way, at most 4 MiB. One that is there and cannot be read is a gap of the search. */
int ix_state_read(const struct ix_search *s, int dir, const char *path, uid_t owner,
		  struct ix_state *ret_state);
void ix_state_free(struct ix_state *s);

/* The same, parsed. */
int ix_state_json(const struct ix_search *s, int dir, const char *path, uid_t owner,
		  int64_t *ret_written, struct ix_json **ret_json);

/* What stands after "KEY=" in the first line that begins so; false: no line does, or it
 * is longer than there is room. */
bool ix_state_value(const struct ix_state *s, const char *key, char *buf, size_t size);

/* A decimal number and nothing else, newline apart; 0 when it is none. */
int32_t ix_state_pid(const struct ix_state *s);
