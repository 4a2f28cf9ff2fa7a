/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waitenemy SCENE: plants threads whose waits look different from what they are, prints
 * the PIDs of the waiting process and of a second one, and stays until it is killed. What
 * they have in common: somebody can end the wait.
 */
#include "waitenemy.h"

struct common *common;

void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "waitenemy: %s: %s\n", what, strerror(errno));
	_exit(errno == ENOSYS || errno == EPERM || errno == ENODEV ? 77 : 2);
}

void pause_shortly(void)
{
	(void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* Wait until a process sleeps in a call with this number. */
void sleeps(pid_t pid, pid_t tid, long nr)
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

pid_t child(void (*f)(void))
{
	pid_t pid = fork();

	must(pid >= 0, "fork");
	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	f();
	_exit(0);
}

void idle(void)
{
	for (;;)
		pause();
}

int object(const char *path, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT, 0666);

	must(fd >= 0 && ftruncate(fd, (off_t)size) == 0, path);
	return fd;
}

void *map(int fd, size_t size)
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
pid_t other;
unsigned count = 3000;

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

/* Nobody else has the one futex; the other one is in memory that belongs to none. */
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

const char *name = "keeper";

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

static const struct scene scenes[] = {
	{ "splice", scene_splice },
	{ "waitv", scene_waitv },
	{ "waitv-lie", scene_waitv_lie },
	{ "socket", scene_socket },
	{ "apart", scene_apart },
	{ "notified", scene_notified },
	{ "fault", scene_fault },
	{ "named", scene_named },
	{ 0 },
};

static const struct scene *find(const char *wanted)
{
	const struct scene *const tables[] = { scenes, memory_scenes };

	for (size_t i = 0; i < 2; i++)
		for (const struct scene *s = tables[i]; s->name; s++)
			if (!strcmp(s->name, wanted))
				return s;
	return NULL;
}

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
	for (const struct scene *s = find(argv[1]); s;) {
		long nr;
		pid_t pid = s->run(&nr);

		sleeps(pid, pid, nr);
		printf("%d %d\n", pid, other ? other : getpid());
		(void)fflush(stdout);
		idle();
	}
	errno = EINVAL;
	must(0, argv[1]);
}
