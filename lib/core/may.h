/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Predict, by the kernel's own rules, what the calling thread may do; for dry runs. Each
 * fact is read when first needed, once per scan. A fact that cannot be read becomes a
 * note; it never makes the answer "not permitted".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ix_idmap;
struct ix_scan;

/* The facts that are known so far; if all members are zero, none is. */
struct ix_may {
	bool asked, asked_euid, asked_over_ipc, asked_map;
	uint32_t euid;
	uint64_t caps;     /* capabilities effective in our user namespace */
	uint64_t over_ipc; /* capabilities that count in the user namespace that owns our
			      IPC namespace */
	struct ix_idmap *map; /* the ids mapped in our user namespace; NULL: all */
	uint64_t locked;      /* pages that this scan would have locked so far */
	struct ix_may_dir {
		bool asked;
		uint64_t dev;
		int read_only, write; /* 0 or -errno */
		bool owners_only;     /* the directory is sticky and another user's */
	} dir;                        /* the directory being scanned */
};

/* Forget all facts, because the scan goes on in another place. */
void ix_may_end(struct ix_may *m);

/* Whether the thread runs as this user. */
bool ix_may_as(struct ix_scan *s, uint32_t uid);

/* Whether a capability counts: for objects of the thread's IPC namespace; for a file with
 * this owner and group; for actions reserved to the host's root. */
bool ix_may_over_ipc(struct ix_scan *s, int cap);
bool ix_may_over_file(struct ix_scan *s, int cap, uint32_t uid, uint32_t gid);
bool ix_may_over_machine(struct ix_scan *s, int cap);

/* Whether a user or group id is mapped in the thread's user namespace. */
bool ix_may_name(struct ix_scan *s, bool group, uint32_t id);

/* Whether the thread is in this group. */
bool ix_may_be_in(struct ix_scan *s, uint32_t gid);
