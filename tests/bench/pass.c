// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pass maps|text|fds|calls: go through all processes once and print a number: of the
 * mappings whose name begins with /SYSV, found by PROCMAP_QUERY or in the text, of the
 * open queues, or of the threads that are blocked in a system call. The least work that
 * finds who uses an object, or waits for one: a lower bound of `ipcx who` and `waits`.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "procmap.h"

static char buf[65536];

static long by_query(int fd)
{
	struct query q;
	uint64_t next = 0;
	char name[256];
	long found = 0;

	for (;;) {
		q = (struct query){
			.size = sizeof(q),
			.flags = QUERY_NEXT | QUERY_FILE_BACKED | QUERY_SHARED,
			.addr = next,
			.name_size = sizeof(name),
			.name_addr = (uintptr_t)name,
		};
		if (ioctl(fd, QUERY_MAPS, &q) < 0)
			return errno == ENOENT || errno == ESRCH ? found : -1;
		found += !strncmp(name, "/SYSV", 5);
		next = q.end;
	}
}

static long by_text(int fd)
{
	size_t len = 0;
	long found = 0;
	ssize_t n;

	while ((n = read(fd, buf + len, sizeof(buf) - len)) > 0) {
		const char *p = buf;

		len += (size_t)n;
		while ((p = memmem(p, len - (size_t)(p - buf), "/SYSV", 5))) {
			p += 5;
			found++;
		}
		/* what is left may be the beginning of a name */
		n = len < 4 ? (ssize_t)len : 4;
		memmove(buf, buf + len - n, (size_t)n);
		len = (size_t)n;
	}
	return n < 0 && errno != ESRCH ? -1 : found;
}

static long by_fds(int dir)
{
	long found = 0, n;

	while ((n = getdents64(dir, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n;) {
			struct dirent64 *d = (void *)(buf + at);
			struct stat st;

			at += d->d_reclen;
			if (*d->d_name == '.' || fstatat(dir, d->d_name, &st, 0))
				continue;
			found += S_ISREG(st.st_mode) && st.st_size == 80;
		}
	}
	return n < 0 ? -1 : found;
}

static long by_calls(int dir)
{
	long found = 0, n;

	while ((n = getdents64(dir, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n;) {
			struct dirent64 *d = (void *)(buf + at);
			char path[300], text[256];
			int fd;

			at += d->d_reclen;
			if (*d->d_name == '.')
				continue;
			snprintf(path, sizeof(path), "%s/syscall", d->d_name);
			fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
			if (fd < 0)
				continue;
			if (read(fd, text, sizeof(text)) > 0)
				found += *text >= '0' && *text <= '9';
			close(fd);
		}
	}
	return n < 0 && errno != ENOENT ? -1 : found;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name, *file;
		long (*count)(int fd);
	} ways[] = {
		{ "maps", "maps", by_query },
		{ "text", "maps", by_text },
		{ "fds", "fd", by_fds },
		{ "calls", "task", by_calls },
	};
	const char *name = argc == 2 ? argv[1] : "";
	DIR *proc = opendir("/proc");
	struct dirent *d;
	size_t way = 0;
	long total = 0;

	while (way < 4 && strcmp(ways[way].name, name))
		way++;
	if (way == 4 || !proc)
		return 2;
	while ((d = readdir(proc))) {
		char path[300];
		long found;
		int fd;

		if (*d->d_name < '1' || *d->d_name > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/%s", d->d_name, ways[way].file);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		found = ways[way].count(fd);
		if (found < 0) {
			perror(path);
			return 1;
		}
		total += found;
		close(fd);
	}
	printf("%ld\n", total);
	return 0;
}
