/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the families read: the state files of runtimes, which other users may have
 * written, and the parents and children of processes. */
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

/* What was read about a process, once, from /proc. */
struct ix_proc {
	int32_t pid, parent;
	uint64_t start;
	char comm[16];
};

/* The data that all families use during one search. */
struct ix_search {
	struct ipcx *x;
	struct ix_proc *procs; /* the processes that may be the first process of a
				* container, and their parents; sorted by pid */
	size_t nprocs;
	uid_t *users; /* whose state files are read: if the caller is root, all users */
	size_t nusers;
	struct ix_gaps *gaps; /* where to record what could not be read, or NULL */
	uid_t caller;         /* the caller's effective user id */
	/* Our own namespaces, or those of the process that stands for us
	 * (proc/home.h). */
	struct ix_space user, pids, mnt, ipc;
	bool astray; /* a root was supplied, but whose it is could not be verified: no
		      * claim is believed */
};

/* Begin a search; "firsts" are the processes that may be the first process of a
 * container; what cannot be read is recorded in gaps, which may be NULL. Returns 0 or
 * -ENOMEM. */
int ix_search_begin(struct ipcx *x, const int32_t *firsts, size_t n, struct ix_gaps *gaps,
		    struct ix_search *ret_s);
void ix_search_end(struct ix_search *s);

/* Look up a process, which need not be in the snapshot; returns false if it is gone. */
bool ix_search_proc(const struct ix_search *s, int32_t pid, struct ix_proc *ret_p);

/* Open the /proc directory of a process (O_PATH). Returns a descriptor or -errno. */
int ix_search_open(const struct ix_search *s, int32_t pid);

/* Read the process to which such a /proc directory belongs; returns false if the process
 * is gone. */
bool ix_search_read(const struct ix_search *s, int dir, int32_t pid,
		    struct ix_proc *ret_p);

/* Record that a process could not be looked at (-errno): names may be missing. */
void ix_search_missed(const struct ix_search *s, int error);

/* ix_space_of(), which records a failure in this way. */
struct ix_space ix_search_space(const struct ix_search *s, int dir, const char *type);

/* Read the first child of a process; returns false if the process has no child. */
bool ix_search_child(const struct ix_search *s, int32_t parent, struct ix_proc *ret_p);

/* Read the first child that is in another mount namespace than we are: the watcher has
 * helpers, too. Returns false if there is none. */
bool ix_search_inner(const struct ix_search *s, int32_t parent, struct ix_proc *ret_p);

/* Get the pids of the children of a process, at most "max" of them. Returns the number of
 * pids stored. */
size_t ix_search_children(const struct ix_search *s, int32_t parent, int32_t *ret_pids,
			  size_t max);

/* The directory in which containerd keeps the state of a container:
 * STATE/io.containerd.runtime.v2.task/NAMESPACE/ID. */
#define IX_TASKS "/io.containerd.runtime.v2.task"

/* Whether the name of a process is that of a containerd shim. */
bool ix_search_shim(const struct ix_proc *p);

/* Get this directory of a shim's container, as a path that starts from the shim's root.
 * Wherever containerd keeps its state, this directory is the working directory of the
 * shim of a container or pod. Returns false if the shim has another working directory. */
bool ix_search_bundle(const struct ix_giver *shim, char *buf, size_t size);

/* A command line split into words. */
struct ix_words {
	char *text;
	char **all;
	size_t n;
};

/* Split a text that consists of NUL-terminated words; takes over the memory of the text.
 * Returns 0 or -ENOMEM. */
int ix_words_parse(struct ix_buf *text, struct ix_words *ret_w);

/* Read the command line of a watcher. Returns 0 or -errno. */
int ix_words_of(const struct ix_giver *g, struct ix_words *ret_w);
void ix_words_free(struct ix_words *w);

/* Return the value of an option given as "-x V", "--long V", "--long=V" or "-xV" ("brief"
 * is "-x" or NULL); NULL if the option is missing. */
const char *ix_words_option(const struct ix_words *w, const char *brief,
			    const char *full);

/* Whether an option that takes no value is present. */
bool ix_words_has(const struct ix_words *w, const char *brief, const char *full);

/* The contents of a state file. */
struct ix_state {
	struct ix_buf text;
	int64_t written; /* time of the last modification, in seconds since the epoch */
};

/*
 * Open a directory of state files that a giver names: below the giver's root or, if the
 * giver is a file, below the context's root. The directory must belong to root or to the
 * giver. Returns a descriptor for reading, or -errno.
 */
int ix_state_dir(const struct ix_search *s, const char *path, const struct ix_giver *g);

/*
 * Iterates over the entries of such a directory, except hidden ones. The number of
 * entries is limited, unless the files must be owned by uid 0 and the giver is in our own
 * namespaces; a note reports that there are more.
 */
struct ix_state_list {
	const struct ix_search *s;
	const struct ix_giver *g;
	DIR *dir; /* NULL if there is no directory that we may read */
	size_t n;
};

#define auto_state_list __attribute__((cleanup(ix_state_list_end)))
struct ix_state_list ix_state_list(const struct ix_search *s, const char *path,
				   const struct ix_giver *g);
const char *ix_state_next(struct ix_state_list *l);
void ix_state_list_end(const struct ix_state_list *l);

/* Read a file below such a directory: a regular file of at most 4 MiB, owned by root or
 * the giver and reached without links. A file that exists but cannot be read is recorded
 * as a gap of the search. */
int ix_state_read(const struct ix_search *s, int dir, const char *path, uid_t owner,
		  struct ix_state *ret_state);
void ix_state_free(struct ix_state *s);

/* Read such a file and parse it. */
int ix_state_json(const struct ix_search *s, int dir, const char *path, uid_t owner,
		  int64_t *ret_written, struct ix_json **ret_json);

/* Get the text after "KEY=" in the first line that begins with "KEY=". Returns false if
 * there is no such line, or if the text does not fit into the buffer. */
bool ix_state_value(const struct ix_state *s, const char *key, char *buf, size_t size);

/* Parse a decimal number, after which only white space may follow; returns 0 for any
 * other text. */
int32_t ix_state_pid(const struct ix_state *s);
