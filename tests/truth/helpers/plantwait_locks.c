/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plantwait: threads that wait for locks and other futexes in shared memory. */
#include "plantwait.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	enum memory kind;
	int id;
} mem;

/* The caller keeps no mapping and, except of a memfd, no descriptor. */
void memory_make(enum memory kind)
{
	struct stat st;

	mem.kind = kind;
	switch (kind) {
	case MEM_PSHM:
		mem.id = shm_open("/x", O_RDWR | O_CREAT, 0666);
		must(mem.id >= 0 && ftruncate(mem.id, MEM_SIZE) == 0, "shm_open");
		must(fstat(mem.id, &st) == 0 && close(mem.id) == 0, "fstat");
		fact("ino", (long long)st.st_ino);
		break;
	case MEM_SHM:
		mem.id = shmget(0x1234, MEM_SIZE, IPC_CREAT | 0666);
		must(mem.id >= 0, "shmget");
		fact("id", mem.id);
		break;
	case MEM_MEMFD:
		mem.id = memfd_create("m", MFD_CLOEXEC);
		must(mem.id >= 0 && ftruncate(mem.id, MEM_SIZE) == 0, "memfd_create");
		must(fstat(mem.id, &st) == 0, "fstat");
		fact("ino", (long long)st.st_ino);
		fact("dev", (long long)st.st_dev);
		break;
	}
}

char *memory_map(void)
{
	int fd = mem.id;
	char *at;

	if (mem.kind == MEM_SHM) {
		at = shmat(mem.id, NULL, 0);
		must(at != (char *)-1, "shmat");
		return at;
	}
	if (mem.kind == MEM_PSHM)
		fd = shm_open("/x", O_RDWR, 0);
	at = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(at != MAP_FAILED, "mmap");
	if (mem.kind == MEM_PSHM)
		must(close(fd) == 0, "close");
	return at;
}

static void memory_unmap(char *at)
{
	must((mem.kind == MEM_SHM ? shmdt(at) : munmap(at, MEM_SIZE)) == 0, "munmap");
}

/* ---- mutexes */

static void lock_make(char *at, enum lock how)
{
	pthread_mutexattr_t a;

	must(pthread_mutexattr_init(&a) == 0, "pthread_mutexattr_init");
	must(pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED) == 0, "pshared");
	if (how == LOCK_ROBUST)
		must(pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST) == 0,
		     "robust");
	if (how == LOCK_PI)
		must(pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT) == 0, "PI");
	if (how == LOCK_RECURSIVE)
		must(pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE) == 0, "type");
	must(pthread_mutex_init((pthread_mutex_t *)at, &a) == 0, "pthread_mutex_init");
}

void locks_make(enum memory kind, enum lock how)
{
	char *at;

	memory_make(kind);
	at = memory_map();
	lock_make(at + MEM_LOCK, how);
	lock_make(at + MEM_NEXT, how);
	memory_unmap(at);
}

static char *mapped;

void lock_at(size_t offset, int sleeping)
{
	int r;

	if (!mapped)
		mapped = memory_map();
	if (sleeping)
		about_at(mapped);
	r = pthread_mutex_lock((pthread_mutex_t *)(mapped + offset));
	must(r == 0 || r == EOWNERDEAD, "pthread_mutex_lock");
}

static void owner_run(long arg)
{
	(void)arg;
	lock_at(MEM_LOCK, 0);
	step(1);
	idle();
}

static void locker_run(long arg)
{
	(void)arg;
	lock_at(MEM_LOCK, 1);
}

static void lock_scene(enum memory kind, enum lock how)
{
	int o;

	locks_make(kind, how);
	o = child("owner", owner_run, 0);
	reached(o, 1);
	fact("owner", pid_of(o));
	asleep(child("waiter", locker_run, 0));
}

static void scene_lock(long how)
{
	lock_scene(MEM_PSHM, (enum lock)how);
}

static void scene_lock_in(long kind)
{
	lock_scene((enum memory)kind, LOCK_PLAIN);
}

/* ---- condition variables */

static void cond_run(long arg)
{
	char *at = memory_map();

	(void)arg;
	must(pthread_mutex_lock((pthread_mutex_t *)(at + MEM_LOCK)) == 0, "lock");
	about_at(at);
	must(pthread_cond_wait((pthread_cond_t *)(at + MEM_COND),
			       (pthread_mutex_t *)(at + MEM_LOCK)) == 0,
	     "pthread_cond_wait");
}

static void scene_cond(long arg)
{
	pthread_condattr_t a;
	char *at;

	(void)arg;
	locks_make(MEM_PSHM, LOCK_PLAIN);
	at = memory_map();
	must(pthread_condattr_init(&a) == 0, "pthread_condattr_init");
	must(pthread_condattr_setpshared(&a, PTHREAD_PROCESS_SHARED) == 0, "pshared");
	must(pthread_cond_init((pthread_cond_t *)(at + MEM_COND), &a) == 0, "cond_init");
	fact("cond", MEM_COND);
	asleep(child("waiter", cond_run, 0));
}

/* ---- futexes by number */

struct waitv {
	uint64_t val, uaddr;
	uint32_t flags, reserved;
};

#define FUTEX2_U32     2U
#define FUTEX2_PRIVATE 128U

/* Two words of one object; arg: with a private one before them. */
static void waitv_run(long private)
{
	static uint32_t own;
	char *at = memory_map();
	struct waitv v[3] = {
		{ 0, (uintptr_t)&own, FUTEX2_U32 | FUTEX2_PRIVATE, 0 },
		{ 0, (uintptr_t)at + MEM_LOCK, FUTEX2_U32, 0 },
		{ 0, (uintptr_t)at + MEM_NEXT, FUTEX2_U32, 0 },
	};

	about_at(at);
	must(syscall(449, private ? v : v + 1, private ? 3 : 2, 0, NULL, 0) >= 0,
	     "futex_waitv");
}

static void scene_waitv(long private)
{
	memory_make(MEM_PSHM);
	fact("first", MEM_LOCK);
	fact("second", MEM_NEXT);
	asleep(child("waiter", waitv_run, private));
}

enum { FUTEX, FUTEX_NR_TIME64, FUTEX_NR_2 };

/* A wait for any word, relative to now where the call allows that. */
static void futex_run(long how)
{
	struct timespec t = { 1000, 5 };
	int64_t t64[2] = { 1000, 5 };
	char *at = memory_map();
	long r = -1;

	(void)t64;
	about_at(at);
	errno = ENOSYS;
	if (how == FUTEX)
		r = syscall(SYS_futex, at + MEM_LOCK, 0, 0, &t, NULL, 0);
#ifdef SYS_futex_time64
	else if (how == FUTEX_NR_TIME64)
		r = syscall(SYS_futex_time64, at + MEM_LOCK, 0, 0, t64, NULL, 0);
#endif
	else if (how == FUTEX_NR_2)
		r = syscall(455, at + MEM_LOCK, 0L, 0xffffffffL, FUTEX2_U32, NULL, 0);
	must(r == 0, "futex");
}

static void scene_futex(long how)
{
	memory_make(MEM_PSHM);
	asleep(child("waiter", futex_run, how));
}

const struct scene lock_scenes[] = {
	{ "mutex-plain", scene_lock, LOCK_PLAIN },
	{ "mutex-robust", scene_lock, LOCK_ROBUST },
	{ "mutex-pi", scene_lock, LOCK_PI },
	{ "mutex-recursive", scene_lock, LOCK_RECURSIVE },
	{ "mutex-shm", scene_lock_in, MEM_SHM },
	{ "mutex-memfd", scene_lock_in, MEM_MEMFD },
	{ "cond", scene_cond, 0 },
	{ "waitv", scene_waitv, 0 },
	{ "waitv-private", scene_waitv, 1 },
	{ "futex", scene_futex, FUTEX },
	{ "futex-time64", scene_futex, FUTEX_NR_TIME64 },
	{ "futex2", scene_futex, FUTEX_NR_2 },
	{ 0 },
};
