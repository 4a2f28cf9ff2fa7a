/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the calling thread may do, as far as the kernel's own rules tell: for who only
 * asks what would be done. Each answer is read when it is needed, and once a scan; what
 * cannot be read is a note, and does not stand in the way.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ix_idmap;
struct ix_scan;

/* What is known so far. All zero: nothing. */
struct ix_may {
	bool asked, asked_euid, asked_over_ipc, asked_map;
	uint32_t euid;
	uint64_t caps;     /* in effect where the thread is … */
	uint64_t over_ipc; /* … and in the user namespace that owns its IPC namespace */
	struct ix_idmap *map; /* who has a number there; NULL: everybody */
	uint64_t locked;      /* pages that this scan would have locked */
	struct ix_may_dir {
		bool asked;
		uint64_t dev;
		int read_only, write; /* 0 or -errno */
		bool owners_only;     /* it is sticky, and another's */
	} dir;                        /* the directory that is looked at */
};

/* Another place: forget what is known. */
void ix_may_end(struct ix_may *m);

/* Whether the thread is this user. */
bool ix_may_as(struct ix_scan *s, uint32_t uid);

/* Whether a capability counts: for what belongs to the thread's IPC namespace; for a file
 * of this owner and group; for what only the machine's own root may do. */
bool ix_may_over_ipc(struct ix_scan *s, int cap);
bool ix_may_over_file(struct ix_scan *s, int cap, uint32_t uid, uint32_t gid);
bool ix_may_over_machine(struct ix_scan *s, int cap);

/* Whether there is such a user or group where the thread is. */
bool ix_may_name(struct ix_scan *s, bool group, uint32_t id);

/* Whether the thread is in a group. */
bool ix_may_be_in(struct ix_scan *s, uint32_t gid);
