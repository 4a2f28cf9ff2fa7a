/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recorded machine for tests: a root directory with state files of container runtimes,
 * and a /proc with the processes they name. All files belong to the user who runs the
 * test.
 */
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#include "base/util.h"
#include "container/container.h"
#include "core/ctx.h"
#include "unit.h"

struct machine {
	char path[40];
	int fd;
	struct ipcx *x;
};

/* Path of the state that this user's runtimes keep: "run/user/UID/RUNTIME". */
static inline const char *state_path(char buf[300], const char *rest)
{
	(void)snprintf(buf, 300, "run/user/%u/%.200s", geteuid(), rest);
	return buf;
}

/* Create a directory and its parents. */
static inline void make_dir(const struct machine *m, const char *path)
{
	char part[300];

	for (const char *slash = strchr(path, '/');; slash = strchr(slash + 1, '/')) {
		size_t len = slash ? (size_t)(slash - path) : strlen(path);

		(void)snprintf(part, sizeof(part), "%.*s", (int)len, path);
		(void)mkdirat(m->fd, part, 0700);
		if (!slash)
			break;
	}
	assert_int_equal(faccessat(m->fd, path, X_OK, 0), 0);
}

static inline void put_bytes(const struct machine *m, const char *path, const char *data,
			     size_t len)
{
	int fd = openat(m->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_true(write(fd, data, len) == (ssize_t)len);
	assert_int_equal(close(fd), 0);
}

static inline void put(const struct machine *m, const char *path, const char *text)
{
	put_bytes(m, path, text, strlen(text));
}

/* Write the state file that a runtime keeps for a container: directory "runc/ID", file
 * "state.json". */
static inline void claim(const struct machine *m, const char *dir, const char *file,
			 const char *text)
{
	char path[300], full[400];

	make_dir(m, state_path(path, dir));
	(void)snprintf(full, sizeof(full), "%s/%s", path, file);
	put(m, full, text);
}

static inline void put_of(const struct machine *m, int pid, const char *file,
			  const char *data, size_t len)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "proc/%d/%s", pid, file);
	put_bytes(m, path, data, len);
}

/* Put a process into our own namespace of the given type. */
static inline void in_our_ns(const struct machine *m, int pid, const char *type)
{
	char ours[64], its[64];

	(void)snprintf(ours, sizeof(ours), "proc/self/ns/%s", type);
	(void)snprintf(its, sizeof(its), "proc/%d/ns/%s", pid, type);
	(void)unlinkat(m->fd, its, 0);
	assert_int_equal(linkat(m->fd, ours, m->fd, its, 0), 0);
}

/* Add a process to the recorded /proc. */
static inline void run(const struct machine *m, int pid, int parent, const char *comm,
		       uint64_t start)
{
	char path[64], text[256];

	(void)snprintf(path, sizeof(path), "proc/%d/ns", pid);
	make_dir(m, path);
	(void)snprintf(text, sizeof(text),
		       "%d (%s) %c %d 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 %ju 0\n",
		       pid, comm, *comm == 'Z' ? 'Z' : 'S', parent, (uintmax_t)start);
	put_of(m, pid, "stat", text, strlen(text));
	(void)snprintf(text, sizeof(text),
		       "Name:\t%s\nUid:\t%u\t%u\t%u\t%u\nNSpid:\t%d\n", comm, geteuid(),
		       geteuid(), geteuid(), geteuid(), pid);
	put_of(m, pid, "status", text, strlen(text));
	put_of(m, pid, "exe", "", 0); /* a program owned by root */
	/* A file stands for a namespace; each process gets a mount namespace of its
	 * own. */
	put_of(m, pid, "ns/mnt", "", 0);
	in_our_ns(m, pid, "user");
}

/* Add a watcher: a process of root or of the current user, in our own namespaces. */
static inline void watch(const struct machine *m, int pid, int parent, const char *comm,
			 uint64_t start)
{
	char path[64];

	run(m, pid, parent, comm, start);
	(void)snprintf(path, sizeof(path), "proc/%d/ns/mnt", pid);
	assert_int_equal(unlinkat(m->fd, path, 0), 0);
	in_our_ns(m, pid, "mnt");
	in_our_ns(m, pid, "pid");
}

static inline int machine_begin(void **state)
{
	static struct machine m;
	char path[300];

	m = (struct machine){ .path = "/tmp/ipcx-test-machine.XXXXXX" };
	if (!mkdtemp(m.path) || ipcx_new(&m.x) < 0)
		return -1;
	m.fd = open(m.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	make_dir(&m, "proc/self/ns");
	put(&m, "proc/self/ns/mnt", "");
	put(&m, "proc/self/ns/user", "");
	put(&m, "proc/self/ns/pid", "");
	make_dir(&m, state_path(path, "runc"));
	make_dir(&m, state_path(path, "crun"));
	m.x->rootfd = fcntl(m.fd, F_DUPFD_CLOEXEC, 3);
	m.x->procfd = openat(m.fd, "proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	*state = &m;
	return m.x->rootfd < 0 || m.x->procfd < 0 ? -1 : 0;
}

static inline int remove_one(const char *path, const struct stat *st, int type,
			     struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int machine_end(void **state)
{
	struct machine *m = *state;

	ipcx_free(m->x);
	(void)close(m->fd);
	return nftw(m->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define ON_MACHINE(test) cmocka_unit_test_setup_teardown(test, machine_begin, machine_end)

/* Return every process, since each may be the first process of a container. */
static inline size_t all_processes(const struct machine *m, int32_t pids[], size_t max)
{
	DIR *dir = fdopendir(openat(m->x->procfd, ".", O_RDONLY | O_CLOEXEC));
	const struct dirent *d;
	size_t n = 0;

	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL && n < max)
		if (atoi(d->d_name) > 0)
			pids[n++] = atoi(d->d_name);
	assert_true(n < max);
	assert_int_equal(closedir(dir), 0);
	return n;
}

static inline struct ix_containers *containers(const struct machine *m)
{
	static int32_t pids[32768];
	const struct ix_gaps no_gaps = { .n = 0 };
	struct ix_containers *c = NULL;
	size_t n;

	NEEDS(openat2);
	if (geteuid() != 0) {
		print_message("needs unshare -r: only root may give names of root\n");
		skip();
	}
	n = all_processes(m, pids, ARRAY_SIZE(pids));

	assert_int_equal(ix_containers_new(m->x, pids, n, &no_gaps, &c), 0);
	assert_non_null(c);
	return c;
}

/* Return the number of containers; *ret_found is the last container with this id. */
static inline size_t look(const struct ix_containers *c, const char *id,
			  const struct ix_container **ret_found)
{
	const struct ix_container *one;
	size_t n = 0;

	*ret_found = NULL;
	for (; (one = ix_containers_at(c, n)) != NULL; n++)
		if (one->id && !strcmp(one->id, id))
			*ret_found = one;
	return n;
}

/* Return whether a container with this id is listed. */
static inline bool listed(const struct machine *m, const char *id)
{
	struct ix_containers *c = containers(m);
	const struct ix_container *found;

	(void)look(c, id, &found);
	ix_containers_free(c);
	return found != NULL;
}
