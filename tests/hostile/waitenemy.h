/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of waitenemy have in common. */
#pragma once

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

struct waitv {
	uint64_t value, address;
	uint32_t flags, reserved;
};

enum { SHARED_FUTEX = 2, NR_WAITV = 449 };

/* What the processes of a scene share. */
struct common {
	atomic_int go, tid;
	struct waitv v[2];
	struct sembuf ops[4];
	struct timespec t;
	uint32_t word;
};

extern struct common *common;
extern pid_t other; /* who could end the wait, unless it is the main process */
extern const char *name;
extern unsigned count;

void must(int ok, const char *what);
void pause_shortly(void);
/* Wait until a process sleeps in a call with this number. */
void sleeps(pid_t pid, pid_t tid, long nr);
pid_t child(void (*f)(void));
void idle(void);
int object(const char *path, size_t size);
void *map(int fd, size_t size);

struct scene {
	const char *name;
	pid_t (*run)(long *ret_nr);
};

extern const struct scene memory_scenes[];
