// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * world ETC MQUEUE: a fresh IPC, mount and PID namespace that runs commands on request
 * and reports the cost of each. ETC, a complete private directory, is bound over /etc: a
 * bind over /etc/passwd alone is lost as soon as that file is replaced by rename(2).
 * MQUEUE is the mount point of its POSIX queues.
 *
 * It prints "ready", then answers each request on stdin with a line "STATUS
 * CPU_MICROSECONDS PEAK_RSS_KIB MINOR_FAULTS". A request consists of the files for the
 * command's stdout and stderr, its arguments and an empty string, each ended by NUL. End
 * of file on stdin ends the world and all processes in it.
 *
 * It is a small C program because a new program's peak RSS starts at the size of the
 * process that spawned it (exec_mmap() keeps the old high-water mark): one megabyte if
 * this program spawns it, but the size of the interpreter if a script did.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ARGS 256

struct request {
	char *words[MAX_ARGS + 1]; /* stdout, stderr, argv..., NULL */
	int count;
};

/* Return 1 for a request, 0 at the end of input. The words stay valid until the next
 * call. */
static int read_request(struct request *req)
{
	size_t room = 0;
	char *word = NULL;

	for (int i = 0; i < req->count; i++)
		free(req->words[i]);
	req->count = 0;
	while (req->count < MAX_ARGS && getdelim(&word, &room, '\0', stdin) > 0 &&
	       *word) {
		req->words[req->count++] = word;
		req->words[req->count] = NULL;
		word = NULL;
		room = 0;
	}
	free(word);
	return req->count >= 3;
}

static int spawn(struct request *req, pid_t *ret_pid)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC;
	posix_spawn_file_actions_t files;
	char **argv = req->words + 2;
	int r;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, req->words[0], flags, 0600);
	posix_spawn_file_actions_addopen(&files, 2, req->words[1], flags, 0600);
	r = posix_spawnp(ret_pid, argv[0], &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	return r;
}

static long long usec(const struct timeval *tv)
{
	return tv->tv_sec * 1000000LL + tv->tv_usec;
}

static void answer(struct request *req)
{
	struct rusage ru = { 0 };
	int status = 0, r;
	pid_t pid;

	r = spawn(req, &pid);
	if (r) {
		fprintf(stderr, "%s: %s\n", req->words[2], strerror(r));
		printf("127 0 0 0\n");
		return;
	}
	while (wait4(pid, &status, 0, &ru) < 0 && errno == EINTR)
		;
	printf("%d %lld %ld %ld\n",
	       WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
	       usec(&ru.ru_utime) + usec(&ru.ru_stime), ru.ru_maxrss, ru.ru_minflt);
}

static int serve(void)
{
	struct request req = { .count = 0 };

	printf("ready\n");
	fflush(stdout);
	while (read_request(&req)) {
		answer(&req);
		fflush(stdout);
	}
	return 0;
}

static int must_mount(const char *what, const char *where, const char *type,
		      unsigned long flags)
{
	if (!mount(what, where, type, flags, NULL))
		return 0;
	fprintf(stderr, "world: cannot mount %s on %s: %s\n", what, where,
		strerror(errno));
	return -1;
}

static int furnish(const char *etc, const char *mqueue)
{
	const unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (must_mount("none", "/", NULL, MS_REC | MS_PRIVATE) ||
	    must_mount("proc", "/proc", "proc", safe) ||
	    must_mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV))
		return -1;
	/* if this fails, all rows except those about POSIX queues can be measured */
	(void)must_mount("mqueue", mqueue, "mqueue", safe);
	return must_mount(etc, "/etc", NULL, MS_BIND);
}

int main(int argc, char **argv)
{
	int status = 0;
	pid_t pid;

	if (argc != 3)
		return 2;
	if (unshare(CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWPID)) {
		perror("world: unshare");
		return 1;
	}
	pid = fork();
	if (pid < 0) {
		perror("world: fork");
		return 1;
	}
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		return furnish(argv[1], argv[2]) ? 1 : serve();
	}
	close(0);
	close(1);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
