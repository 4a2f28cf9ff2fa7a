/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waitenemy SCENE: plants threads whose waits look different from what they are, prints
 * the PIDs of the waiting process and of a second one, and stays until it is killed. What
 * they have in common: somebody can end the wait.
 */
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
static struct common {
	atomic_int go, tid;
	struct waitv v[2];
	struct sembuf ops[4];
	struct timespec t;
	uint32_t word;
} * common;

static void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "waitenemy: %s: %s\n", what, strerror(errno));
	_exit(errno == ENOSYS || errno == EPERM || errno == ENODEV ? 77 : 2);
}

static void pause_shortly(void)
{
	(void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* Wait until a process sleeps in a call with this number. */
static void sleeps(pid_t pid, pid_t tid, long nr)
{
	char path[64], line[256], state[512];

	for (;; pause_shortly()) {
		FILE *f;

		(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", pid, tid);
		f = fopen(path, "re");
		must(f != NULL, path);
		line[0] = '\0';
		(void)!fgets(line, sizeof(line), f);
		(void)fclose(f);
		(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
		f = fopen(path, "re");
		must(f != NULL, path);
		state[0] = '\0';
		(void)!fgets(state, sizeof(state), f);
		(void)fclose(f);
		if (line[0] >= '0' && line[0] <= '9' && strtol(line, NULL, 10) == nr &&
		    strrchr(state, ')') && strrchr(state, ')')[2] == 'S')
			return;
	}
}

static pid_t child(void (*f)(void))
{
	pid_t pid = fork();

	must(pid >= 0, "fork");
	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	f();
	_exit(0);
}

static void idle(void)
{
	for (;;)
		pause();
}

static int object(const char *name, size_t size)
{
	int fd = open(name, O_RDWR | O_CREAT, 0666);

	must(fd >= 0 && ftruncate(fd, (off_t)size) == 0, name);
	return fd;
}

static void *map(int fd, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	must(at != MAP_FAILED, "mmap");
	return at;
}

static void fill(int fd)
{
	static const char some[PAGE];

	must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "F_SETFL");
	while (write(fd, some, sizeof(some)) > 0)
		;
	must(errno == EAGAIN && fcntl(fd, F_SETFL, 0) == 0, "F_SETFL");
}

static int one[2], two[2], pair[2];
static pid_t other; /* who could end the wait, unless it is the main process */

/* ---- calls that wait for one of two things */

static void splicer(void)
{
	must(close(two[0]) == 0, "close");
	must(splice(one[0], NULL, two[1], NULL, 1, 0) == 1, "splice");
}

/* Data is there, but no room: the main process can read. */
static pid_t scene_splice(long *ret_nr)
{
	pid_t pid;

	must(pipe(one) == 0 && pipe(two) == 0 && write(one[1], "x", 1) == 1, "pipe");
	fill(two[1]);
	pid = child(splicer);
	must(close(one[0]) == 0 && close(one[1]) == 0 && close(two[1]) == 0, "close");
	*ret_nr = SYS_splice;
	return pid;
}

static void waitv_run(void)
{
	uint32_t *own = map(object("/dev/shm/own", PAGE), PAGE);

	common->v[0] = (struct waitv){ 0, (uintptr_t)own, SHARED_FUTEX, 0 };
	common->v[1] = (struct waitv){ 0, (uintptr_t)&common->word, SHARED_FUTEX, 0 };
	must(syscall(NR_WAITV, common->v, 2, 0, NULL, 0) >= 0, "futex_waitv");
}

/* Nobody else has the one futex; the other one is in memory that is no object. */
static pid_t scene_waitv(long *ret_nr)
{
	*ret_nr = NR_WAITV;
	return child(waitv_run);
}

static uint32_t *reached_by_main;

static void lie_run(void)
{
	uint32_t *own = map(object("/dev/shm/own", PAGE), PAGE);

	common->v[0] = (struct waitv){ 0, (uintptr_t)reached_by_main, SHARED_FUTEX, 0 };
	common->tid = (int)(uintptr_t)own; /* never compared */
	common->v[1].address = (uintptr_t)own;
	must(syscall(NR_WAITV, common->v, 1, 0, NULL, 0) >= 0, "futex_waitv");
}

/* What the memory says now is not what the kernel was told. */
static pid_t scene_waitv_lie(long *ret_nr)
{
	pid_t pid;

	reached_by_main = map(object("/dev/shm/shared", PAGE), PAGE);
	pid = child(lie_run);
	sleeps(pid, pid, NR_WAITV);
	common->v[0].address = common->v[1].address;
	*ret_nr = NR_WAITV;
	return pid;
}

/* ---- ends that are in no table of descriptors */

static void reader(void)
{
	char byte;

	(void)close(one[1]);
	must(read(one[0], &byte, 1) == 1, "read");
}

/* The write end is in a message that nobody has received yet. */
static pid_t scene_socket(long *ret_nr)
{
	char buf[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec v = { "x", 1 };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = buf,
			    .msg_controllen = sizeof(buf) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	pid_t pid;

	must(pipe(one) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "pipe");
	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
			       .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(c), &one[1], sizeof(int));
	must(sendmsg(pair[0], &m, 0) == 1, "sendmsg");
	pid = child(reader);
	must(close(one[0]) == 0 && close(one[1]) == 0, "close");
	*ret_nr = SYS_read;
	return pid;
}

static void *apart_thread(void *arg)
{
	must(unshare(CLONE_FILES) == 0, "unshare");
	common->go = 1;
	idle();
	return arg;
}

static void apart_run(void)
{
	pthread_t t;

	must(pthread_create(&t, NULL, apart_thread, NULL) == 0, "pthread_create");
	while (!common->go)
		pause_shortly();
	must(close(one[0]) == 0 && close(one[1]) == 0, "close");
	common->go = 2;
	idle();
}

static void own_reader(void)
{
	char byte;

	must(read(one[0], &byte, 1) == 1, "read");
}

/* A thread with its own descriptors has the write end; so has the reader itself. */
static pid_t scene_apart(long *ret_nr)
{
	pid_t pid;

	must(pipe(one) == 0, "pipe");
	(void)child(apart_run);
	while (common->go < 2)
		pause_shortly();
	pid = child(own_reader);
	must(close(one[0]) == 0 && close(one[1]) == 0, "close");
	*ret_nr = SYS_read;
	return pid;
}

static const char *name = "keeper";

static void keeper(void)
{
	must(prctl(PR_SET_NAME, name) == 0, "PR_SET_NAME");
	(void)close(one[0]);
	common->go = getpid();
	idle();
}

/* A process with a name of its choice can write. */
static pid_t scene_named(long *ret_nr)
{
	pid_t pid;

	must(pipe(one) == 0, "pipe");
	other = child(keeper);
	while (!common->go)
		pause_shortly();
	pid = child(reader);
	must(close(one[0]) == 0 && close(one[1]) == 0, "close");
	*ret_nr = SYS_read;
	return pid;
}

/* ---- threads that sleep for another reason */

static void notified(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(f) / sizeof(f[0]), f };
	int fd;

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
	must(fd >= 0, "seccomp");
	common->tid = fd;
	while (!common->go)
		pause_shortly();
	(void)close(fd);
	own_reader();
}

/* The call has not begun: a supervisor decides what becomes of it. */
static pid_t scene_notified(long *ret_nr)
{
	pid_t pid;
	int pidfd;

	must(pipe(one) == 0, "pipe");
	pid = child(notified);
	while (!common->tid)
		pause_shortly();
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	must(pidfd >= 0 && syscall(SYS_pidfd_getfd, pidfd, common->tid, 0) >= 0,
	     "pidfd_getfd");
	must(close(one[0]) == 0 && close(one[1]) == 0, "close");
	common->go = 1;
	*ret_nr = SYS_read;
	return pid;
}

static char *absent; /* a page that nobody provides */

static void make_absent(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	must(fd >= 0 && ioctl(fd, UFFDIO_API, &api) == 0, "userfaultfd");
	absent = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	must(absent != MAP_FAILED, "mmap");
	reg.range.start = (uintptr_t)absent;
	reg.range.len = PAGE;
	must(ioctl(fd, UFFDIO_REGISTER, &reg) == 0, "UFFDIO_REGISTER");
}

static void faulting(void)
{
	make_absent();
	must(write(one[1], "x", 1) == 1 && read(one[0], absent, 1) == 1, "read");
}

/* The data is there, the memory for it is not. */
static pid_t scene_fault(long *ret_nr)
{
	pid_t pid;

	must(pipe(one) == 0, "pipe");
	pid = child(faulting);
	must(close(one[0]) == 0 && close(one[1]) == 0, "close");
	*ret_nr = SYS_read;
	return pid;
}

/* ---- memory that does not answer */

static int array(void)
{
	int id = semget(IPC_PRIVATE, 1, 0666);

	must(id >= 0, "semget");
	return id;
}

static void *discard(void *arg)
{
	while (!common->go)
		pause_shortly();
	must(madvise(absent, PAGE, MADV_DONTNEED) == 0, "madvise");
	common->go = 2;
	idle();
	return arg;
}

static void absent_run(void)
{
	pthread_t t;
	int fd, id = array();
	struct sembuf op = { 0, -1, 0 };
	struct uffdio_copy copy = { .len = PAGE };
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	static char page[PAGE] __attribute__((aligned(PAGE)));

	fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	must(fd >= 0 && ioctl(fd, UFFDIO_API, &api) == 0, "userfaultfd");
	absent = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	must(absent != MAP_FAILED, "mmap");
	reg.range.start = copy.dst = (uintptr_t)absent;
	reg.range.len = PAGE;
	copy.src = (uintptr_t)page;
	must(ioctl(fd, UFFDIO_REGISTER, &reg) == 0, "UFFDIO_REGISTER");
	memcpy(page, &op, sizeof(op));
	must(ioctl(fd, UFFDIO_COPY, &copy) == 0, "UFFDIO_COPY");
	must(pthread_create(&t, NULL, discard, NULL) == 0, "pthread_create");
	must(semop(id, (struct sembuf *)absent, 1) == 0, "semop");
}

static pid_t scene_absent(long *ret_nr)
{
	pid_t pid = child(absent_run);

	*ret_nr = SYS_semtimedop;
	sleeps(pid, pid, SYS_semtimedop);
	common->go = 1;
	while (common->go < 2)
		pause_shortly();
	return pid;
}

static char moved[PAGE];

static void *open_thread(void *arg)
{
	must(open(moved, O_RDONLY) >= 0, moved);
	return arg;
}

static void *move(void *arg)
{
	while (!common->go)
		pause_shortly();
	must(snprintf(moved, sizeof(moved), "%s", name) > 0, name);
	common->go = 2;
	idle();
	return arg;
}

static void moved_run(void)
{
	pthread_t t;

	must(mkfifo("/dev/shm/fifo", 0666) == 0, "mkfifo");
	strcpy(moved, "/dev/shm/fifo");
	must(pthread_create(&t, NULL, move, NULL) == 0, "pthread_create");
	for (int i = 0; i < 20; i++)
		must(pthread_create(&t, NULL, open_thread, NULL) == 0, "pthread_create");
	(void)open_thread(NULL);
}

/* Threads that open a FIFO; then the path becomes another one. */
static pid_t scene_moved(long *ret_nr)
{
	pid_t pid = child(moved_run);

	*ret_nr = SYS_openat;
	sleeps(pid, pid, SYS_openat);
	common->go = 1;
	while (common->go < 2)
		pause_shortly();
	return pid;
}

/* ---- locks */

static uint32_t *lock;

static void futex(uint32_t *at, int op, uint32_t value)
{
	(void)syscall(SYS_futex, at, op, value, NULL, NULL, 0);
}

static void *pi_owner(void *arg)
{
	futex(lock, FUTEX_LOCK_PI, 0);
	common->go = 1;
	idle();
	return arg;
}

static void pi_run(void)
{
	pthread_t t;

	must(pthread_create(&t, NULL, pi_owner, NULL) == 0, "pthread_create");
	while (!common->go)
		pause_shortly();
	futex(lock, FUTEX_LOCK_PI, 0);
}

/* As another user, of whom the main process has to expect lies. */
static void pi_other_run(void)
{
	must(setresuid(65534, 65534, 65534) == 0, "setresuid");
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* was reset */
	pi_run();
}

/* The word names the main process afterwards, which has never touched the lock. */
static pid_t scene_pi_blame(long *ret_nr)
{
	pid_t pid;

	lock = map(object("/dev/shm/lock", PAGE), PAGE);
	pid = child(pi_other_run);
	sleeps(pid, pid, SYS_futex);
	*lock = FUTEX_WAITERS | (uint32_t)getpid();
	*ret_nr = SYS_futex;
	return pid;
}

static pid_t dead(void)
{
	pid_t pid = fork();

	must(pid >= 0, "fork");
	if (!pid)
		_exit(0);
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
	return pid;
}

/* The owner lives; the word names a thread that has ended. */
static pid_t scene_pi_dead(long *ret_nr)
{
	pid_t pid;

	lock = map(object("/dev/shm/lock", PAGE), PAGE);
	pid = child(pi_run);
	sleeps(pid, pid, SYS_futex);
	*lock = FUTEX_WAITERS | (uint32_t)dead();
	*ret_nr = SYS_futex;
	return pid;
}

static void counter_run(void)
{
	futex(lock, FUTEX_WAIT, *lock);
}

/* A lock of the program's own: a number of readers, and a bit for those who wait. */
static pid_t scene_counter(long *ret_nr)
{
	lock = map(object("/dev/shm/lock", PAGE), PAGE);
	*lock = FUTEX_WAITERS | (uint32_t)dead();
	*ret_nr = SYS_futex;
	return child(counter_run);
}

/* The same, and the number is the main process's. */
static pid_t scene_blame(long *ret_nr)
{
	lock = map(object("/dev/shm/lock", PAGE), PAGE);
	*lock = FUTEX_WAITERS | (uint32_t)getpid();
	*ret_nr = SYS_futex;
	return child(counter_run);
}

/* ---- memory that changes */

static void rewritten_run(void)
{
	int id = array();

	common->ops[0] = (struct sembuf){ 0, -1, 0 };
	common->t = (struct timespec){ 100000, 0 };
	must(semtimedop(id, common->ops, 1, &common->t) == 0, "semtimedop");
}

static void *rewrite(void *arg)
{
	for (unsigned n = 0;; n++) {
		common->ops[0] =
			(struct sembuf){ (unsigned short)n, (short)(n * 7), SEM_UNDO };
		common->t = (struct timespec){ (time_t)(n % 3 ? -(long)n : (long)n << 40),
					       (long)n << 20 };
	}
	return arg;
}

static pid_t scene_rewritten(long *ret_nr)
{
	pid_t pid = child(rewritten_run);
	pthread_t t;

	sleeps(pid, pid, SYS_semtimedop);
	must(pthread_create(&t, NULL, rewrite, NULL) == 0, "pthread_create");
	*ret_nr = SYS_semtimedop;
	return pid;
}

/* ---- many */

static unsigned count = 3000;

static void *word_thread(void *arg)
{
	uint32_t *at = lock + (uintptr_t)arg;

	futex(at, FUTEX_WAIT, *at);
	return NULL;
}

static void words_run(void)
{
	pthread_attr_t attr;
	pthread_t t;

	must(pthread_attr_init(&attr) == 0 &&
		     pthread_attr_setstacksize(&attr, 65536) == 0,
	     "pthread_attr_setstacksize");
	for (unsigned i = 1; i < count; i++) {
		lock[i] = FUTEX_WAITERS | (1000000 + i);
		must(pthread_create(&t, &attr, word_thread, (void *)(uintptr_t)i) == 0,
		     "pthread_create");
	}
	common->go = 1;
	lock[0] = FUTEX_WAITERS | 1000000;
	futex(lock, FUTEX_WAIT, lock[0]);
}

/* Each thread waits for another word that looks like a lock's. */
static pid_t scene_words(long *ret_nr)
{
	pid_t pid;

	lock = map(object("/dev/shm/lock", PAGE * 100), PAGE * 100);
	pid = child(words_run);
	while (!common->go)
		pause_shortly();
	*ret_nr = SYS_futex;
	return pid;
}

static struct {
	void *next;
	long offset;
	void *pending;
} head;
static void *ring[2];

static void ring_run(void)
{
	int fd = object("/dev/shm/lock", PAGE);

	for (unsigned i = 0; i < count * 10; i++)
		(void)map(fd, PAGE);
	lock = map(fd, PAGE);
	ring[0] = &ring[1];
	ring[1] = &ring[0];
	head.next = &ring[0];
	must(syscall(SYS_set_robust_list, &head, sizeof(head)) == 0, "set_robust_list");
	*lock = FUTEX_WAITERS | (uint32_t)getpid();
	futex(lock, FUTEX_WAIT, *lock);
}

/* A page that is mapped very often, by a thread with an endless robust list. */
static pid_t scene_ring(long *ret_nr)
{
	*ret_nr = SYS_futex;
	return child(ring_run);
}

static const struct {
	const char *name;
	pid_t (*run)(long *ret_nr);
} scenes[] = {
	{ "splice", scene_splice },       { "waitv", scene_waitv },
	{ "waitv-lie", scene_waitv_lie }, { "socket", scene_socket },
	{ "apart", scene_apart },         { "notified", scene_notified },
	{ "fault", scene_fault },         { "absent", scene_absent },
	{ "pi-blame", scene_pi_blame },   { "pi-dead", scene_pi_dead },
	{ "counter", scene_counter },     { "blame", scene_blame },
	{ "named", scene_named },         { "moved", scene_moved },
	{ "rewritten", scene_rewritten }, { "words", scene_words },
	{ "ring", scene_ring },
};

int main(int argc, char **argv)
{
	must(argc >= 2, "usage: waitenemy SCENE [COUNT]");
	if (argc > 2) {
		count = (unsigned)atoi(argv[2]);
		name = argv[2];
	}
	common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(common != MAP_FAILED, "mmap");
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		long nr;
		pid_t pid;

		if (strcmp(scenes[i].name, argv[1]) != 0)
			continue;
		pid = scenes[i].run(&nr);
		sleeps(pid, pid, nr);
		printf("%d %d\n", pid, other ? other : getpid());
		(void)fflush(stdout);
		idle();
	}
	errno = EINVAL;
	must(0, argv[1]);
}
