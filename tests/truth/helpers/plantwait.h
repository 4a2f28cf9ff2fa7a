/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of plantwait have in common. Its first process runs a scene: it makes
 * objects and children ("actors", each with a slot number), and waits until each sleeps.
 * The children talk to it through memory of no name, and sleep in nanosleep(2) between
 * their steps, so that nothing but the scene waits for an object.
 */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdint.h>
#include <sys/types.h>

struct scene {
	const char *name;
	void (*run)(long arg);
	long arg;
};

extern const struct scene sysv_scenes[], posix_scenes[], lock_scenes[], pipe_scenes[],
	why_scenes[], stuck_scenes[], day_scenes[];

/* End with a message, if the call "what" failed. */
void must(int ok, const char *what);

/* Print a number that the tests need to know. */
void fact(const char *name, long long value);

/* ---- in the first process */

/* A number for an actor. */
int slot(const char *name);
/* A child that runs f(arg), then ends; returns its slot. */
int child(const char *name, void (*f)(long), long arg);
pid_t pid_of(int actor);
int step_of(int actor);
/* Wait until an actor has come to a step. */
void reached(int actor, int step);
/* Wait until an actor sleeps in the call that it announced, and print that. */
void asleep(int actor);
/* Let actors that wait for this step go on. */
void go(int step);
/* Kill a child and wait for its end. */
void finish(int actor);
/* Wait until a child has ended by itself. */
void ended(int actor);

/* ---- in an actor */

/* A thread of this process, with a slot that the first process chose. */
void thread(int actor, void (*f)(long), long arg);
/* Announce that the next call sleeps. */
void about(void);
/* The same; base is where the object of a futex is mapped. */
void about_at(const void *base);
/* Tell that a step is reached, or wait until the first process says go(). */
void step(int n);
void await(int n);
/* The last step of an actor that does nothing. */
void idle(void);

/* Count a round of a partner that works; errno is recorded if it failed. */
void round_done(int ok);

/* ---- objects that several files use */

/* An array of n semaphores with these values. */
int array(int n, const int *values);
void operate(int id, int num, int op, int flags);
int value_of(int id, int num);

/* Memory for locks: a page, then what is tested. */
enum memory { MEM_PSHM, MEM_SHM, MEM_MEMFD };
#define MEM_SIZE 12288
#define MEM_LOCK (4096 + 256)
#define MEM_NEXT (8192 + 512)
#define MEM_COND (4096 + 1024)

void memory_make(enum memory kind);
char *memory_map(void);

enum lock { LOCK_PLAIN, LOCK_ROBUST, LOCK_PI, LOCK_RECURSIVE };
void locks_make(enum memory kind, enum lock how);
/* Lock the mutex at this offset; sleeping tells that it is expected to sleep. */
void lock_at(size_t offset, int sleeping);
