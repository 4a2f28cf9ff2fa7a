/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scene COMMAND…: run a command beside one object of each mechanism, in fresh namespaces,
 * and then print what the objects are and hold, after a line "--- then". With "scene -o"
 * the command stays outside, and its word "@" becomes the number of a process inside.
 * As a process of its own makes and reads the objects, this costs milliseconds.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEY         0x11
#define CHECK(done) ((done) ? (void)0 : die(#done))

static void die(const char *what)
{
	perror(what);
	_exit(125);
}

static void make(void)
{
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 64 };
	struct {
		long type;
		char text[5];
	} hello = { 7, "hello" };
	int id, fd;
	mqd_t q;

	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mount("none", "/dev/shm", "tmpfs", 0, "mode=1777") == 0);
	CHECK(access("/dev/mqueue", F_OK) < 0 ||
	      mount("none", "/dev/mqueue", "mqueue", 0, NULL) == 0);
	id = shmget(KEY, 4096, IPC_CREAT | 0600);
	CHECK(id >= 0);
	id = msgget(KEY, IPC_CREAT | 0622); /* others can send, but not look */
	CHECK(id >= 0 && msgsnd(id, &hello, sizeof(hello.text), 0) == 0);
	id = semget(KEY, 2, IPC_CREAT | 0622);
	CHECK(id >= 0 && semctl(id, 0, SETVAL, 1) == 0);
	q = mq_open("/x", O_CREAT | O_RDWR, 0600, &attr);
	CHECK(q >= 0 && mq_send(q, "hello", 5, 3) == 0);
	fd = shm_open("/x", O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0 && ftruncate(fd, 4096) == 0 && write(fd, "hello", 5) == 5);
	CHECK(sem_open("/x", O_CREAT, 0600, 1) != SEM_FAILED);
}

static void put(const void *data, size_t size)
{
	const unsigned char *byte = data;

	for (size_t i = 0; i < size; i++)
		printf("%02x", byte[i]);
	putchar('\n');
}

static void tell_shm(int id, const struct ipc_perm *perm, size_t size)
{
	const char *at = shmat(id, NULL, SHM_RDONLY);

	printf("shm %x %o %u:%u %zu ", perm->__key, perm->mode, perm->uid, perm->gid,
	       size);
	CHECK(at != (void *)-1);
	put(at, 16);
}

static void tell_msg(int id, const struct msqid_ds *ds)
{
	char room[8200];
	long type;
	ssize_t n;

	printf("msg %x %o %u:%u %lu\n", ds->msg_perm.__key, ds->msg_perm.mode,
	       ds->msg_perm.uid, ds->msg_perm.gid, ds->msg_qbytes);
	while ((n = msgrcv(id, room, sizeof(room) - sizeof(long), 0, IPC_NOWAIT)) >= 0) {
		memcpy(&type, room, sizeof(type));
		printf("\t%ld ", type);
		put(room + sizeof(type), (size_t)n);
	}
}

static void tell_sem(int id, const struct semid_ds *ds)
{
	printf("sem %x %o %u:%u", ds->sem_perm.__key, ds->sem_perm.mode, ds->sem_perm.uid,
	       ds->sem_perm.gid);
	for (int i = 0; i < (int)ds->sem_nsems; i++)
		printf(" %d", semctl(id, i, GETVAL));
	putchar('\n');
}

static void tell_sysv(void)
{
	struct shmid_ds shm;
	struct msqid_ds msg;
	struct semid_ds sem;

	for (int slot = 0; slot < 100; slot++) {
		int id = shmctl(slot, SHM_STAT, &shm);

		if (id >= 0)
			tell_shm(id, &shm.shm_perm, shm.shm_segsz);
		id = msgctl(slot, MSG_STAT, &msg);
		if (id >= 0)
			tell_msg(id, &msg);
		id = semctl(slot, 0, SEM_STAT, &sem);
		if (id >= 0)
			tell_sem(id, &sem);
	}
}

static void tell_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK);
	struct stat st;
	char head[32];
	ssize_t n;

	CHECK(fd >= 0 && fstat(fd, &st) == 0);
	n = read(fd, head, sizeof(head));
	printf("file %s %o %u:%u %ld ", name, st.st_mode, st.st_uid, st.st_gid,
	       (long)st.st_size);
	put(head, (size_t)n);
	(void)close(fd);
}

static void tell_queue(const char *name)
{
	char path[300], room[8192];
	struct mq_attr attr;
	unsigned priority;
	ssize_t n;
	mqd_t q;

	(void)snprintf(path, sizeof(path), "/%s", name);
	q = mq_open(path, O_RDONLY | O_NONBLOCK);
	CHECK(q >= 0 && mq_getattr(q, &attr) == 0);
	printf("\t%ld %ld\n", attr.mq_maxmsg, attr.mq_msgsize);
	while ((n = mq_receive(q, room, sizeof(room), &priority)) >= 0) {
		printf("\t%u ", priority);
		put(room, (size_t)n);
	}
	(void)mq_close(q);
}

static void tell_files(const char *path)
{
	struct dirent **found;
	int n = scandir(path, &found, NULL, alphasort);
	int dir = open(path, O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < n; i++) {
		if (*found[i]->d_name == '.')
			continue;
		tell_file(dir, found[i]->d_name);
		if (!strcmp(path, "/dev/mqueue"))
			tell_queue(found[i]->d_name);
	}
}

/* The process inside: makes the objects, and prints them at the end of its input. */
static void stay(int in, int out)
{
	char byte;

	CHECK(unshare(CLONE_NEWIPC | CLONE_NEWNS) == 0);
	make();
	CHECK(write(out, "", 1) == 1);
	(void)close(out);
	while (read(in, &byte, 1) > 0)
		;
	printf("--- then\n");
	tell_sysv();
	tell_files("/dev/shm");
	tell_files("/dev/mqueue");
	CHECK(fflush(stdout) == 0);
	_exit(0);
}

static void enter(pid_t pid, const char *ns, int type)
{
	char path[40];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && setns(fd, type) == 0);
	(void)close(fd);
}

int main(int argc, char **argv)
{
	bool outside = argc > 1 && !strcmp(argv[1], "-o");
	char **words = argv + 1 + outside, number[16], byte;
	int to[2], from[2], status;
	pid_t inside, pid;

	CHECK(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0);
	inside = fork();
	if (inside == 0) {
		(void)close(to[1]);
		stay(to[0], from[1]);
	}
	(void)close(from[1]);
	CHECK(read(from[0], &byte, 1) == 1);
	(void)snprintf(number, sizeof(number), "%d", inside);
	for (char **word = words; *word; word++)
		if (!strcmp(*word, "@"))
			*word = number;
	pid = fork();
	if (pid == 0) {
		if (!outside) {
			enter(inside, "ipc", CLONE_NEWIPC);
			enter(inside, "mnt", CLONE_NEWNS);
		}
		execvp(*words, words);
		die(*words);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	(void)close(to[1]);
	CHECK(waitpid(inside, NULL, 0) == inside);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
