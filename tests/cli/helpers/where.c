/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * where: print one line about this process and its namespaces, from its own system calls:
 *
 *    here=N shm=N mq=N ipc=INODE prm=HEX eff=HEX bnd=HEX amb=HEX shmmni=N size=BYTES
 *
 * N is read from the marks of the namespaces: a semaphore array with the key 0x7a00 + N,
 * and the files /dev/shm/mark.N and /dev/mqueue/mark.N. It is "-" without a mark, and
 * "12" if the marks 1 and 2 are found. Exits with 9 and a message if a call fails
 * unexpectedly.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PLACES 9

static void die(const char *what)
{
	fprintf(stderr, "where: %s: %s\n", what, strerror(errno));
	exit(9);
}

static int has_key(int n)
{
	int id = semget(0x7a00 + n, 0, 0);

	if (id < 0 && errno != ENOENT && errno != EACCES)
		die("semget");
	return id >= 0 || errno == EACCES;
}

static int has_file(const char *dir, int n)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "%s/mark.%d", dir, n);
	if (lstat(path, &st) == 0)
		return 1;
	if (errno != ENOENT && errno != ENOTDIR)
		die(path);
	return 0;
}

static const char *marks(char *text, const char *dir)
{
	int at = 0;

	for (int n = 1; n <= PLACES; n++)
		if (dir ? has_file(dir, n) : has_key(n))
			text[at++] = (char)('0' + n);
	if (!at)
		text[at++] = '-';
	text[at] = '\0';
	return text;
}

static uint64_t set(int option, int arg)
{
	uint64_t all = 0;

	for (int cap = 0; cap < 64; cap++) {
		int r = arg ? prctl(option, arg, cap, 0, 0) : prctl(option, cap);

		/* Such a number is beyond the kernel's last capability. */
		if (r < 0 && (errno != EINVAL || cap <= CAP_AUDIT_READ))
			die("prctl");
		all |= (uint64_t)(r == 1) << cap;
	}
	return all;
}

int main(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];
	char here[16], shm[16], mq[16], shmmni[32] = "?", line[512];
	uint64_t bounding, ambient;
	struct statfs fs = { 0 };
	struct stat ns = { 0 };
	int fd, len;

	if (syscall(SYS_capget, &head, caps) < 0)
		die("capget");
	if (stat("/proc/self/ns/ipc", &ns) < 0 && errno != ENOENT)
		die("/proc/self/ns/ipc");
	if (statfs("/dev/shm", &fs) < 0 && errno != ENOENT)
		die("/dev/shm");
	fd = open("/proc/sys/kernel/shmmni", O_RDONLY);
	if (fd >= 0 && read(fd, shmmni, sizeof(shmmni) - 1) < 0)
		die("shmmni");
	shmmni[strcspn(shmmni, "\n")] = '\0';
	bounding = set(PR_CAPBSET_READ, 0);
	ambient = set(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET);
	/* Print either the whole line or nothing. */
	len = snprintf(line, sizeof(line),
		       "here=%s shm=%s mq=%s ipc=%" PRIu64
		       " prm=%llx eff=%llx bnd=%" PRIx64 " amb=%" PRIx64
		       " shmmni=%s size=%llu\n",
		       marks(here, NULL), marks(shm, "/dev/shm"),
		       marks(mq, "/dev/mqueue"), (uint64_t)ns.st_ino,
		       (unsigned long long)caps[1].permitted << 32 | caps[0].permitted,
		       (unsigned long long)caps[1].effective << 32 | caps[0].effective,
		       bounding, ambient, shmmni,
		       (unsigned long long)fs.f_blocks * (unsigned long long)fs.f_bsize);
	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		die("standard output");
	return 0;
}
