/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of ipcx_waits() share. */
#pragma once

#include "query/waitrow.h"
#include "who/graph.h"
#include "who/owner.h"
#include "who/uses.h"

#define WAITS_TEXT 512

/* One thread that waits for one of the objects that are asked for. */
struct wait_found {
	const struct ix_wait *wait;
	unsigned mech;
	uint64_t ns;
	size_t row;      /* in the snapshot of objects; SIZE_MAX: it is not there */
	uint32_t object; /* number of the object, and of the place in it */
	bool asked; /* is to be listed; others are those of processes that could end it */
	bool relevant; /* is asked, or could matter to one that is */
	bool known;
	char *ref;
	/* What is known of it (query/waitknow.c). */
	const struct ix_semop *op; /* the operation that blocks, or NULL */
	int64_t value;             /* of its semaphore; -1: unknown */
	int32_t last;     /* who acted last, or owns the lock: its pid; 0: unknown */
	int32_t last_tid; /* of an owner; a dead one's as it stands in the lock */
	enum { LAST_UNKNOWN, LAST_LIVES, LAST_GONE } last_is;
	enum ipcx_grade held; /* that it could end the wait */
	bool not_found;       /* no process that was seen has the owner of the lock */
	char comm[64];        /* of the process "last"; "" if unknown */
	const char *acted;    /* "last sender"; NULL for semaphores and locks */
	bool set;       /* the semaphore may have been set, rather than operated on */
	bool untouched; /* nothing has ever operated on the array */
	size_t users;  /* index in sets[] plus 1: who could end it; 0: cannot be listed */
	bool doubtful; /* others than those in the set may end it, too */
	struct ix_judgement judged;
	bool if_seen; /* the verdict holds if nobody is unseen */
};

/* The processes that could end waits for one object. */
struct wait_set {
	int32_t *pids; /* ascending */
	size_t n;
	bool complete;
};

/* Those of a set who do not wait for the same thing themselves. */
struct wait_others {
	size_t users; /* for which it was found: as in struct wait_found; 0: none */
	uint32_t object;
	size_t n;
	int32_t first;
};

struct wait_place {
	uint32_t object;
	int32_t pid;
	uint32_t threads;
};

struct waits_join {
	struct ix_waitrows out;
	const struct ipcx_query *q;
	uint64_t for_ns;
	bool judges;     /* it is asked who could end the waits, or whether they end */
	uint64_t home;   /* the IPC namespace that is asked for, unless all are */
	bool everywhere; /* all are */
	uint64_t mechs;  /* asked for, also by references */
	unsigned kinds;  /* how threads wait for objects of these */
	struct ix_waits waits;
	int64_t since;
	struct ipcx_table *objects; /* NULL: none were needed */
	bool listed;                /* objects is what there is */
	bool early;  /* list all objects that are asked for: the threads come later */
	bool counts; /* also read how many threads wait, where the kernel counts them */
	struct ipcx_table *parts; /* of semaphore arrays; or NULL */
	struct ix_uses uses;
	bool looked; /* uses is valid */
	int trouble; /* why it was not found out who could end some waits, or 0 */
	struct ix_owners owners;
	struct wait_found *all;
	size_t n, cap;
	struct wait_set *sets;
	size_t nsets;
	struct wait_place *places; /* of all waits, sorted; or NULL */
	struct wait_others others; /* found last */
	struct ipcx_unseen unseen;
};

/* List the objects. Returns 0 or -errno. */
int ix_waits_list(struct waits_join *j);

/* Find the objects for which threads wait, and list them before if that was not done.
 * Returns 0 or -errno. */
int ix_waits_match(struct waits_join *j);

/* Read the parts of objects of a mechanism for which threads wait: op, value and last of
 * struct wait_found. Returns 0 or -ENOMEM. */
int ix_waits_parts(struct waits_join *j, unsigned mech);

/* Whether those who have the object could end a wait. */
bool ix_waits_has_users(const struct ix_wait *w);

/* Look for the processes that have the objects of all such waits. Returns 0 or -errno. */
int ix_waits_users(struct waits_join *j);

/* Find out who acted last on the object of a wait. */
void ix_waits_actor(struct waits_join *j, struct wait_found *f);

/* Find out which processes have the object of the wait with an index in j->all, or own
 * the lock. Returns 0 or -ENOMEM. */
int ix_waits_those(struct waits_join *j, size_t i);

/* Find out which operation blocks and, if the query asks, what is known of those who
 * could end the waits. Returns 0 or -errno. */
int ix_waits_know(struct waits_join *j);

/* Judge the waits, without those whose threads have moved. Returns 0 or -ENOMEM. */
int ix_waits_judge(struct waits_join *j);

/* Who could end a wait whose users are known. Returns 0 or -ENOMEM. */
int ix_waits_others(struct waits_join *j, const struct wait_found *f,
		    struct wait_others *ret_others);

/* Add the rows. Returns 0 or -ENOMEM. */
int ix_waits_say(struct waits_join *j);

/* Write "812 (producer)" for a process that has threads or uses; returns the length. */
int ix_waits_name(const struct waits_join *j, int32_t pid, char *buf, size_t size);
