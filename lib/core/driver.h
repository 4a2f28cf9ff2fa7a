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

/* What the keys and names of a run's objects are formed from. */
struct ix_naming {
	uint64_t run;  /* part of every name */
	uint32_t keys; /* the first key */
	bool fresh;    /* only this run uses the namespace, which vanishes with the run */
};

/* Return the key of a slot, and its POSIX name ("/ipcx-stress.RUN.SLOT"). */
#define IX_NAME 48
int32_t ix_slot_key(const struct ix_naming *names, uint32_t slot);
const char *ix_slot_name(const struct ix_naming *names, uint32_t slot, char buf[IX_NAME]);

/* The name of its semaphore, as sem_open(3) takes it. */
const char *ix_slot_sem(const struct ix_naming *names, uint32_t slot, char buf[IX_NAME]);

/* An object that is open. */
struct ix_object {
	uint32_t slot;  /* number of the slot in the object log; determines the object's
			   key or name */
	int id;         /* System V id, or a descriptor; -1: none */
	void *at;       /* its mapping (once open() was called) or its sem_t; or NULL */
	size_t size;    /* bytes of the memory or of the longest message, or number of
			   semaphores */
	unsigned value; /* initial value of a named semaphore */
};

/* An object as the system reports it. */
struct ix_seen {
	unsigned mode;
	uid_t uid;
	int32_t key;    /* System V */
	uint64_t size;  /* the size, as in struct ix_object */
	uint64_t holds; /* messages, attaches or tokens, if known */
	uint64_t room;  /* capacity in messages, if known */
};

/* The member .driver of struct ix_mech. */
struct ix_driver {
	/* Create an object exclusively, under the key or name of its slot and with the
	 * given size (0: the default). The object stays open, but its memory is mapped
	 * only by open(). Returns 0, -EEXIST if the object exists, or another -errno. */
	int (*make)(const struct ix_naming *names, struct ix_object *object);
	/* Open an object by its id or descriptor if known, else by its key or name, and
	 * map it if it is memory. Returns 0 or -errno. */
	int (*open)(const struct ix_naming *names, struct ix_object *object);
	/* stat() inspects an object; change() changes its permissions to another mode.
	 * Both return 0 or -errno. */
	int (*stat)(const struct ix_naming *names, struct ix_object *object,
		    struct ix_seen *ret_seen);
	int (*change)(const struct ix_naming *names, struct ix_object *object,
		      unsigned mode);
	/* Remove an object from the system; it stays open. Returns 0 or -errno. */
	int (*remove)(const struct ix_naming *names, struct ix_object *object);
	/* Detach, unmap and close an object. */
	void (*close)(struct ix_object *object);
	/* Whether the slot's key or name exists. */
	bool (*is_there)(const struct ix_naming *names, const struct ix_object *object);
	/* Remove the object that may be left of a slot in the object log, if it is ours:
	 * process maker created it, with this id (-1: its id is unknown). Returns 0 if
	 * the object is removed or there was none, or -errno. */
	int (*sweep)(const struct ix_naming *names, uint32_t slot, int id, pid_t maker);
	uint64_t size; /* the default size */
	bool mapped;   /* objects are memory */
	bool keyed;    /* objects have a key and an id */

	/* For the workload "churn": a line that describes it, and the names of its
	 * operations, the last of which opens an object. */
	const char *churn, *churn_ops;
#define IX_CHURN_OPS "create stat change remove "
};

/* ---- for drivers */

/* The mode with which every object is created. */
#define IX_MODE 0600

/*
 * Whether this is the object created for the slot with this key. If the object's id is on
 * record, the key must match, too, as the id may have been reused. If no id is on record
 * (id is -1), the creator was killed before recording one: then owner and mode must be
 * exactly as the creator set them; drivers add further checks.
 */
bool ix_slot_has(const struct ipc_perm *perm, int32_t key, int id);

/* The same as ix_slot_has(), for a file with a POSIX name. */
bool ix_slot_has_file(const struct stat *st);

/* Fill ret_seen from the stat of a file. */
void ix_seen_file(const struct stat *st, struct ix_seen *ret_seen);

/* stat() and change() for drivers whose objects are open files. */
int ix_look_file(const struct ix_naming *names, struct ix_object *object,
		 struct ix_seen *ret_seen);
int ix_change_file(const struct ix_naming *names, struct ix_object *object,
		   unsigned mode);
