/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waitenemy: memory that does not answer, that lies, or of which there is much. */
#include "waitenemy.h"

static char *absent;

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

const struct scene memory_scenes[] = {
	{ "absent", scene_absent },       { "pi-blame", scene_pi_blame },
	{ "pi-dead", scene_pi_dead },     { "counter", scene_counter },
	{ "blame", scene_blame },         { "moved", scene_moved },
	{ "rewritten", scene_rewritten }, { "words", scene_words },
	{ "ring", scene_ring },           { 0 },
};
