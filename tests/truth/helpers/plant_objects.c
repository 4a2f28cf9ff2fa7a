/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of plant.c that make, map and open objects. */
#include "plant.h"

#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	char *at, *before; /* the last mapping, the last but one */
	size_t size;
	int fd, id;
} last = { .fd = -1, .id = -1 };

static size_t page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- System V segments */

/* KEY BYTES: create a segment; its id is the last. */
static void do_shmget(void)
{
	key_t key = (key_t)number();
	size_t size = (size_t)number();

	last.id = shmget(key, size, IPC_CREAT | 0666);
	must(last.id >= 0, "shmget");
	printf("id %d\n", last.id);
}

/* BYTES: the same, of huge pages. */
static void do_shmhuge(void)
{
	last.id = shmget(IPC_PRIVATE, (size_t)number(), IPC_CREAT | SHM_HUGETLB | 0666);
	must(last.id >= 0, "shmget");
	printf("id %d\n", last.id);
}

static void attach(int flags)
{
	struct shmid_ds d;

	last.before = last.at;
	last.at = shmat(last.id, NULL, flags);
	must(last.at != (void *)-1, "shmat");
	must(shmctl(last.id, IPC_STAT, &d) == 0, "shmctl");
	last.size = d.shm_segsz;
	printf("at %lu\n", (unsigned long)last.at);
}

/* ID: the last id is this one. */
static void do_id(void)
{
	last.id = (int)number();
}

static void do_shmat(void)
{
	attach(0);
}

static void do_shmat_ro(void)
{
	attach(SHM_RDONLY);
}

static void do_shmdt(void)
{
	must(shmdt(last.at) == 0, "shmdt");
}

/* Detach the last mapping but one: the next one takes its place. */
static void do_shmdt_before(void)
{
	must(shmdt(last.before) == 0, "shmdt");
}

static void do_dest(void)
{
	must(shmctl(last.id, IPC_RMID, NULL) == 0, "IPC_RMID");
}

/* ---- what happens to a mapping */

/* Unmap the second page of the last mapping: two mappings remain. */
static void do_hole(void)
{
	must(munmap(last.at + page(), page()) == 0, "munmap");
}

/* Make the second page of the last mapping read-only: three mappings. */
static void do_protect(void)
{
	must(mprotect(last.at + page(), page(), PROT_READ) == 0, "mprotect");
}

/* Let the first page of the last mapping show the third page of the object. */
static void do_remap(void)
{
	must(remap_file_pages(last.at, page(), 0, 2, 0) == 0, "remap_file_pages");
}

static void do_munmap(void)
{
	must(munmap(last.at, last.size) == 0, "munmap");
}

static void do_fill(void)
{
	memset(last.at, 'x', last.size);
}

/* ---- files */

static void opened(int fd)
{
	struct stat st;

	last.fd = fd;
	must(fd >= 0, "open");
	must(fstat(fd, &st) == 0, "fstat");
	printf("fd %d\nino %lu\ndev %lu\n", fd, (unsigned long)st.st_ino,
	       (unsigned long)st.st_dev);
}

/* PATH FLAGS: open(2); FLAGS as in r, w, rw, p (O_PATH). A file that does not exist is
 * created, unless it is opened with p. */
static void do_open(void)
{
	const char *path = word(), *how = word();
	int flags = !strcmp(how, "r")   ? O_RDONLY | O_CREAT
		    : !strcmp(how, "w") ? O_WRONLY | O_CREAT
		    : !strcmp(how, "p") ? O_PATH
					: O_RDWR | O_CREAT;

	opened(open(path, flags, 0666));
}

/* NAME: shm_open(3), read and write. */
static void do_shm_open(void)
{
	opened(shm_open(word(), O_RDWR | O_CREAT, 0666));
}

static void do_truncate(void)
{
	must(ftruncate(last.fd, number()) == 0, "ftruncate");
}

/* BYTES: map the last descriptor; shared, read and write. */
static void map(int prot, int flags)
{
	last.size = (size_t)number();
	last.at = mmap(NULL, last.size, prot, flags, last.fd, 0);
	must(last.at != MAP_FAILED, "mmap");
	printf("at %lu\n", (unsigned long)last.at);
}

static void do_map(void)
{
	map(PROT_READ | PROT_WRITE, MAP_SHARED);
}

static void do_map_ro(void)
{
	map(PROT_READ, MAP_SHARED);
}

static void do_map_private(void)
{
	map(PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

/* N: map the first page of the last descriptor N times: none joins another. */
static void do_map_often(void)
{
	for (long i = number(); i > 0; i--)
		must(mmap(NULL, page(), PROT_READ, MAP_SHARED, last.fd, 0) != MAP_FAILED,
		     "mmap");
}

/* N: attach the last segment N times. */
static void do_shmat_often(void)
{
	for (long i = number(); i > 0; i--)
		must(shmat(last.id, NULL, 0) != (void *)-1, "shmat");
}

static void do_close(void)
{
	must(close(last.fd) == 0, "close");
}

static void do_dup(void)
{
	must(dup(last.fd) >= 0, "dup");
}

/* PATH */
static void do_unlink(void)
{
	must(unlink(word()) == 0, "unlink");
}

/* NAME BYTES */
static void do_memfd(void)
{
	opened(memfd_create(word(), MFD_ALLOW_SEALING));
	do_truncate();
}

/* A pipe of which this process has both ends; the last descriptor is the one for writing.
 */
static void do_pipe(void)
{
	int ends[2];

	must(pipe(ends) == 0, "pipe");
	opened(ends[0]);
	opened(ends[1]);
}

/* BYTES: shared memory of no file; its inode is printed. */
static void do_anonymous(void)
{
	char line[400];
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, ino;

	last.size = (size_t)number();
	last.at = mmap(NULL, last.size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(last.at != MAP_FAILED && maps, "mmap");
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%*x %*s %*x %*x:%*x %lu", &start, &ino) == 2 &&
		    start == (unsigned long)last.at)
			printf("ino %lu\n", ino);
	(void)fclose(maps);
}

/* ---- queues and semaphores */

/* NAME */
static void do_mq_open(void)
{
	opened(mq_open(word(), O_RDWR | O_CREAT, 0666, NULL));
}

static void do_mq_notify(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };

	must(mq_notify(last.fd, &event) == 0, "mq_notify");
}

static void do_mq_unlink(void)
{
	must(mq_unlink(word()) == 0, "mq_unlink");
}

static void do_sem_open(void)
{
	must(sem_open(word(), O_CREAT, 0666, 1) != SEM_FAILED, "sem_open");
}

/* Make new semaphores, one in a millisecond, until the end of standard input. Those that
 * are not among the last thousands are closed and unlinked. */
static void do_sems(void)
{
	enum { MOST = 4000 };
	struct pollfd end = { .fd = 0, .events = POLLIN };
	static sem_t *open[MOST];
	static char name[MOST][32];

	printf("ready %d\n", getpid());
	(void)fflush(stdout);
	for (unsigned n = 0; poll(&end, 1, 1) == 0; n++) {
		unsigned i = n % MOST;

		if (open[i])
			must(sem_close(open[i]) == 0 && sem_unlink(name[i]) == 0,
			     "sem_close");
		(void)snprintf(name[i], sizeof(name[i]), "/made%u", n);
		open[i] = sem_open(name[i], O_CREAT | O_EXCL, 0600, 1);
		must(open[i] != SEM_FAILED, "sem_open");
	}
}

/* ID: send a message; its receiver is another step. */
static void do_msgsnd(void)
{
	struct {
		long type;
		char text[1];
	} message = { 1, "x" };

	must(msgsnd((int)number(), &message, 1, 0) == 0, "msgsnd");
}

static void do_msgrcv(void)
{
	struct {
		long type;
		char text[1];
	} message;

	must(msgrcv((int)number(), &message, 1, 0, 0) == 1, "msgrcv");
}

/* ID: increment its first semaphore. */
static void do_semop(void)
{
	must(semop((int)number(), &(struct sembuf){ .sem_op = 1 }, 1) == 0, "semop");
}

#define STEP(name)               \
	{                        \
#name, do_##name \
	}
const struct step object_steps[] = {
	STEP(shmget),       STEP(shmhuge),     STEP(id),        STEP(shmat),
	STEP(shmat_ro),     STEP(shmdt),       STEP(dest),      STEP(hole),
	STEP(protect),      STEP(remap),       STEP(munmap),    STEP(fill),
	STEP(open),         STEP(shm_open),    STEP(truncate),  STEP(map),
	STEP(map_ro),       STEP(map_private), STEP(map_often), STEP(shmat_often),
	STEP(close),        STEP(dup),         STEP(unlink),    STEP(memfd),
	STEP(anonymous),    STEP(mq_open),     STEP(mq_notify), STEP(mq_unlink),
	STEP(sem_open),     STEP(msgsnd),      STEP(msgrcv),    STEP(semop),
	STEP(shmdt_before), STEP(pipe),        STEP(sems),      { 0 },
};
