/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single lines of a mountinfo, found without a parse of the whole, and mount namespaces
 * that end with a function. */
#include "base/mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cap.h"
#include "base/file.h"
#include "base/mnttable.h"
#include "base/util.h"

/* The most bytes of a mountinfo that are read: more than any real mount namespace has. */
#define MOUNTINFO_MAX ((size_t)64 << 20)

/* The mountinfo of a process, or of this thread (pid 0). */
static int read_mountinfo(int proc, int pid, struct ix_buf *b)
{
	auto_fd int fd = -1;
	char path[32];

	(void)snprintf(path, sizeof(path), "%d/mountinfo", pid);
	fd = pid ? ix_open(proc, path, O_RDONLY)
		 : ix_open(AT_FDCWD, "/proc/thread-self/mountinfo", O_RDONLY);
	return fd < 0 ? fd : ix_read_all(fd, MOUNTINFO_MAX, b);
}

/* ---- a mount point */

int ix_mnt_copy(const char *target, char *buf, size_t size)
{
	size_t len = strlen(target);

	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(buf, target, len + 1);
	return 0;
}

int ix_mnt_find_in(char *text, size_t len, const char *fstype, char *buf, size_t size)
{
	char part[64];
	int n = snprintf(part, sizeof(part), " - %s ", fstype);

	if (!len || !memmem(text, len, part, (size_t)n))
		return -ENOENT;
	return ix_mnttable_find(text, len, fstype, buf, size);
}

int ix_mnt_find(const char *fstype, char *buf, size_t size)
{
	auto_buf struct ix_buf b = { 0 };
	int r = read_mountinfo(-1, 0, &b);

	if (r < 0)
		return r == -ENOMEM ? r : -ENOENT;
	return ix_mnt_find_in(b.data, b.len, fstype, buf, size);
}

/* ---- bind-mounted namespaces */

void ix_mnt_list_free(struct ix_mnt_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->all[i].root);
		free(l->all[i].target);
	}
	free(l->all);
	*l = (struct ix_mnt_list){ 0 };
}

int ix_mnt_keep(struct ix_mnt_list *l, const char *root, const char *target)
{
	struct ix_mnt *more = reallocarray(l->all, l->n + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	l->all = more;
	more[l->n] = (struct ix_mnt){ .root = strdup(root), .target = strdup(target) };
	l->n++;
	return more[l->n - 1].root && more[l->n - 1].target ? 0 : -ENOMEM;
}

/* Almost no mount namespace has an nsfs mount. If there is none, libmount is not loaded.
 */
int ix_mnt_nsfs_in(char *text, size_t len, struct ix_mnt_list *ret_list)
{
	struct ix_mnt_list l = { 0 };
	int r = 0;

	if (len && memmem(text, len, " - nsfs ", 8))
		r = ix_mnttable_nsfs(text, len, &l);
	if (r < 0)
		ix_mnt_list_free(&l);
	*ret_list = l;
	return r;
}

int ix_mnt_nsfs(int proc, int pid, struct ix_mnt_list *ret_list)
{
	auto_buf struct ix_buf b = { 0 };
	int r;

	*ret_list = (struct ix_mnt_list){ 0 };
	r = read_mountinfo(proc, pid, &b);
	return r < 0 ? r : ix_mnt_nsfs_in(b.data, b.len, ret_list);
}

/* ---- the type of one mount */

/*
 * Only one line is needed, so loading libmount is not worth its time. The line has the
 * form "ID … - TYPE …" (proc(5)). Blanks in paths are escaped, so the first " - " is the
 * separator.
 */
static int type_of_line(const char *line, const char *end, char *buf, size_t size)
{
	const char *type = memmem(line, (size_t)(end - line), " - ", 3), *blank;
	size_t len;

	if (!type)
		return -EPROTO;
	type += 3;
	blank = memchr(type, ' ', (size_t)(end - type));
	len = (size_t)((blank ? blank : end) - type);
	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(buf, type, len);
	buf[len] = '\0';
	return 0;
}

/* Which line of a mountinfo to look for, and where to store the result. */
struct wanted {
	char text[32]; /* how the line begins, or its third word */
	size_t len;
	char *buf;
	size_t size;
};

/* Call fn() for each line of a mountinfo in turn, until it returns something other than
 * -ENOENT. */
static int each_line(const char *text, size_t len,
		     int (*fn)(const struct wanted *w, const char *line, const char *end),
		     const struct wanted *w)
{
	for (const char *p = text, *end = text + len; p < end;) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		int r = stop ? fn(w, p, stop) : -EPROTO; /* truncated */

		if (r != -ENOENT)
			return r;
		p = stop + 1;
	}
	return -ENOENT;
}

static int type_of_mount(const struct wanted *w, const char *line, const char *end)
{
	if ((size_t)(end - line) < w->len || memcmp(line, w->text, w->len) != 0)
		return -ENOENT;
	return type_of_line(line, end, w->buf, w->size);
}

int ix_mnt_type_in(const char *text, size_t len, uint64_t id, char *buf, size_t size)
{
	struct wanted w = { .buf = buf, .size = size };

	w.len = (size_t)snprintf(w.text, sizeof(w.text), "%llu ", (unsigned long long)id);
	return each_line(text, len, type_of_mount, &w);
}

int ix_mnt_type(int proc, int pid, uint64_t id, char *buf, size_t size)
{
	auto_buf struct ix_buf b = { 0 };
	int r = read_mountinfo(proc, pid, &b);

	return r < 0 ? r : ix_mnt_type_in(b.data, b.len, id, buf, size);
}

/* ---- the mounts of one file system */

/* "ID PARENT MAJOR:MINOR ROOT TARGET …" (proc(5)). */
static int target_of_device(const struct wanted *w, const char *line, const char *end)
{
	const char *words[6] = { line };
	size_t len;

	for (size_t i = 1; i < ARRAY_SIZE(words); i++) {
		words[i] = memchr(words[i - 1], ' ', (size_t)(end - words[i - 1]));
		if (!words[i]++)
			return -EPROTO;
	}
	if ((size_t)(words[3] - words[2]) != w->len ||
	    memcmp(words[2], w->text, w->len) != 0)
		return -ENOENT;
	len = MIN((size_t)(words[5] - words[4]), w->size) - 1;
	memcpy(w->buf, words[4], len);
	w->buf[len] = '\0';
	return 0;
}

int ix_mnt_of_device_in(const char *text, size_t text_len, uint64_t dev, char *buf,
			size_t size)
{
	struct wanted w = { .buf = buf, .size = size };

	w.len = (size_t)snprintf(w.text, sizeof(w.text), "%u:%u ", major(dev),
				 minor(dev));
	return each_line(text, text_len, target_of_device, &w);
}

int ix_mnt_of_device(uint64_t dev, char *buf, size_t size)
{
	auto_buf struct ix_buf b = { 0 };
	int r = read_mountinfo(-1, 0, &b);

	return r < 0 ? r : ix_mnt_of_device_in(b.data, b.len, dev, buf, size);
}

/* ---- permission */

/* Check for a seccomp(2) filter only after the capability: without the capability the
 * result is -EPERM in any case. */
int ix_mnt_may(void)
{
	int has = ix_cap_has(CAP_SYS_ADMIN);

	if (has <= 0)
		return has < 0 ? has : -EPERM;
	return ix_cap_filtered() ? -EACCES : 0;
}

/* ---- a temporary mount namespace */

struct aside {
	int (*fn)(void *arg);
	void *arg;
	int r;
};

static void *go_aside(void *data)
{
	struct aside *a = data;

	a->r = unshare(CLONE_NEWNS) < 0 ? -errno : a->fn(a->arg);
	return NULL;
}

/* The start function of a new thread: the mount namespace ends when the thread ends. */
int ix_mnt_in_thread(int (*fn)(void *arg), void *arg)
{
	struct aside a = { .fn = fn, .arg = arg, .r = 0 };
	pthread_t thread;
	int error = pthread_create(&thread, NULL, go_aside, &a);

	if (error)
		return -error;
	(void)pthread_join(thread, NULL);
	return a.r;
}
