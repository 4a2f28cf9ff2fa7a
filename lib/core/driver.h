/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a load run (lib/stress/) does with the objects of a mechanism: make, open, look
 * at, change and remove them by system calls alone, and sweep what a worker that was
 * killed has left. Stands on three numbers of the run, not on the run itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/stat.h>
#include <sys/types.h>

/* What keys and names of the objects of one run are made of. */
struct ix_naming {
	uint64_t run;  /* in every name */
	uint32_t keys; /* keys are counted from here */
	bool fresh;    /* the namespace is our own: nothing is left behind in it */
};

/* The key of a slot, and its POSIX name ("/ipcx-stress.RUN.SLOT"). */
#define IX_NAME 48
int32_t ix_slot_key(const struct ix_naming *names, uint32_t slot);
const char *ix_slot_name(const struct ix_naming *names, uint32_t slot, char buf[IX_NAME]);

/* An object at hand. */
struct ix_object {
	uint32_t slot; /* of the ledger: its key or name follows from that */
	int id;        /* System V id, or a descriptor; -1: none */
	void *at;      /* where it is mapped (from open() on) or its sem_t; NULL */
	size_t size; /* bytes of memory, of the longest message, or number of semaphores */
	unsigned value; /* a named semaphore: what it begins with */
};

/* What the system says of one. */
struct ix_seen {
	unsigned mode;
	uid_t uid;
	int32_t key;    /* System V */
	uint64_t size;  /* as in ix_object */
	uint64_t holds; /* messages, attaches or tokens, where the system tells */
	uint64_t room;  /* messages, where it tells */
};

/* The member .driver of struct ix_mech. */
struct ix_driver {
	/* Make it anew under the key or name of its slot, sized so (0: as suits it).
	 * Leaves it at hand, but memory not mapped yet: open() does that, too. -errno;
	 * -EEXIST when there is one. */
	int (*make)(const struct ix_naming *names, struct ix_object *object);
	/* Come to hold one: by its id or descriptor when that is known, else by its key
	 * or name; map it when it is memory. -errno */
	int (*open)(const struct ix_naming *names, struct ix_object *object);
	/* Ask what it is like; change its permissions to another mode. -errno */
	int (*stat)(const struct ix_naming *names, struct ix_object *object,
		    struct ix_seen *ret_seen);
	int (*change)(const struct ix_naming *names, struct ix_object *object,
		      unsigned mode);
	/* Remove it from the system. It stays at hand. -errno */
	int (*remove)(const struct ix_naming *names, struct ix_object *object);
	/* Let go what is at hand: detach, unmap, close. */
	void (*close)(struct ix_object *object);
	/* Whether the slot's key or name finds anything. */
	bool (*is_there)(const struct ix_naming *names, const struct ix_object *object);
	/* For the ledger: remove what a slot may have left, when it is ours: made by this
	 * process, with this id (or -1). 0 also when there is none; -errno */
	int (*sweep)(const struct ix_naming *names, uint32_t slot, int id, pid_t maker);
	uint64_t size; /* what suits it when nothing is said */
	bool mapped;   /* it is memory */
	bool keyed;    /* it has a key and an id */

	/* The workload "churn": what happens to the objects, a line, and what to come to
	 * hold one is called among its operations. */
	const char *churn, *open_word;
};

/* ---- for drivers */

/* What every object is made with. */
#define IX_MODE 0600

/*
 * Whether this is what the slot with this key was given. With an id on record: it still
 * has that key, so it is not another that got the id since. Without one its maker was
 * ended between making it and saying so: it must be as nobody but its maker could have
 * left it, which the driver adds to by what else it can tell.
 */
bool ix_slot_has(const struct ipc_perm *perm, int32_t key, int id);

/* The same for a file below a POSIX name. */
bool ix_slot_has_file(const struct stat *st);

/* What to tell of a file. */
void ix_seen_file(const struct stat *st, struct ix_seen *ret_seen);

/* stat() and change() of drivers whose objects are files at hand. */
int ix_look_file(const struct ix_naming *names, struct ix_object *object,
		 struct ix_seen *ret_seen);
int ix_change_file(const struct ix_naming *names, struct ix_object *object,
		   unsigned mode);
