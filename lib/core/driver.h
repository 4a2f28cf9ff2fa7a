/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a load run (lib/stress/) does with the objects of a mechanism: create, open,
 * inspect, change and remove them by system calls alone, and remove what a killed worker
 * left behind. Keys and names of the objects follow from struct ix_naming and the number
 * of their slot.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/stat.h>
#include <sys/types.h>

/* From which the keys and names of a run's objects are formed. */
struct ix_naming {
	uint64_t run;  /* part of every name */
	uint32_t keys; /* the first key */
	bool fresh;    /* the namespace is ours alone: it vanishes with the run */
};

/* Return the key of a slot, and its POSIX name ("/ipcx-stress.RUN.SLOT"). */
#define IX_NAME 48
int32_t ix_slot_key(const struct ix_naming *names, uint32_t slot);
const char *ix_slot_name(const struct ix_naming *names, uint32_t slot, char buf[IX_NAME]);

/* An object that is open. */
struct ix_object {
	uint32_t slot; /* in the object log; determines its key or name */
	int id;        /* System V id, or a descriptor; -1: none */
	void *at;      /* its mapping (from open() on) or its sem_t; NULL */
	size_t size; /* bytes of memory, of the longest message, or number of semaphores */
	unsigned value; /* initial value of a named semaphore */
};

/* An object as the system reports it. */
struct ix_seen {
	unsigned mode;
	uid_t uid;
	int32_t key;    /* System V */
	uint64_t size;  /* as in ix_object */
	uint64_t holds; /* messages, attaches or tokens, if known */
	uint64_t room;  /* capacity in messages, if known */
};

/* The member .driver of struct ix_mech. */
struct ix_driver {
	/* Create it exclusively under the key or name of its slot with the given size (0:
	 * the default). Leaves it open, but does not map memory: open() does. Returns 0
	 * or -errno, -EEXIST if it exists. */
	int (*make)(const struct ix_naming *names, struct ix_object *object);
	/* Open an object by its id or descriptor if known, else by its key or name, and
	 * map it if it is memory. Returns 0 or -errno. */
	int (*open)(const struct ix_naming *names, struct ix_object *object);
	/* Inspect it; change its permissions to another mode. Return 0 or -errno. */
	int (*stat)(const struct ix_naming *names, struct ix_object *object,
		    struct ix_seen *ret_seen);
	int (*change)(const struct ix_naming *names, struct ix_object *object,
		      unsigned mode);
	/* Remove it from the system; it stays open. Returns 0 or -errno. */
	int (*remove)(const struct ix_naming *names, struct ix_object *object);
	/* Detach, unmap and close it. */
	void (*close)(struct ix_object *object);
	/* Whether the slot's key or name exists. */
	bool (*is_there)(const struct ix_naming *names, const struct ix_object *object);
	/* For the object log: remove what a slot may have left, if it is ours: created by
	 * process maker, with this id (or -1). Returns 0, also if there is nothing, or
	 * -errno. */
	int (*sweep)(const struct ix_naming *names, uint32_t slot, int id, pid_t maker);
	uint64_t size; /* the default size */
	bool mapped;   /* the object is memory */
	bool keyed;    /* the object has a key and an id */

	/* For the workload "churn": a line that describes it, and the names of its
	 * operations, the last of which opens an object. */
	const char *churn, *churn_ops;
#define IX_CHURN_OPS "create stat change remove "
};

/* ---- for drivers */

/* The mode of every object. */
#define IX_MODE 0600

/*
 * Whether this is the object created for the slot with this key. If its id is on record,
 * the key must still match, as the id may have been reused. If not (id -1), its creator
 * was killed before recording it: then owner and mode must be exactly as created; drivers
 * add further checks.
 */
bool ix_slot_has(const struct ipc_perm *perm, int32_t key, int id);

/* The same for a file with a POSIX name. */
bool ix_slot_has_file(const struct stat *st);

/* Fill ret_seen from the stat of a file. */
void ix_seen_file(const struct stat *st, struct ix_seen *ret_seen);

/* stat() and change() for drivers whose objects are open files. */
int ix_look_file(const struct ix_naming *names, struct ix_object *object,
		 struct ix_seen *ret_seen);
int ix_change_file(const struct ix_naming *names, struct ix_object *object,
		   unsigned mode);
