/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pin is a file on which a namespace is mounted (namespaces(7)); the namespace lives as
 * long as the mount. Only root may look into the directory of the pins, since a pin is
 * silently unmounted when somebody in another mount namespace removes its file. The
 * directory is a private mount of its own, so that pins do not propagate to other mount
 * namespaces, where nobody would unmount them. nsenter --ipc=FILE accepts such a file,
 * unshare --ipc=FILE creates one.
 */
#include "ns/pin.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/esc.h"
#include "base/file.h"
#include "base/mnt.h"
#include "base/older.h"
#include "base/statx.h"
#include "core/copyin.h"
#include "ns/discover.h"
#include "ns/ns.h"

/* Root has a directory, and so has a user who has mount rights in a user namespace. */
size_t ix_pins_dir(char *buf, size_t size)
{
	if (geteuid() == 0)
		return (size_t)snprintf(buf, size, "/run/ipcx/ns");
	return (size_t)snprintf(buf, size, "/run/user/%u/ipcx/ns", geteuid());
}

/* Open the directory; it is an error if somebody other than its owner could have put
 * files there. */
static int pin_open_dir(void)
{
	char path[IX_PINS_DIR];
	auto_fd int fd = -1;
	struct stat st;

	(void)ix_pins_dir(path, sizeof(path));
	fd = ix_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & 0022))
		return -EPERM;
	return take_fd(&fd);
}

/* Names begin with a letter: what begins with a digit could be a pid, and what begins
 * with a dash an option. */
static bool good_name(const char *name)
{
	size_t len = strlen(name);

	if (!isalpha((unsigned char)*name) || len > IX_PIN_MAX || !strcmp(name, "self") ||
	    !strcmp(name, "all"))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}

static int open_entry(int dir, const char *name)
{
	auto_fd int held = ix_open(dir, name, O_PATH | O_NOFOLLOW), fd = -1;
	uint64_t ino, id;
	struct statfs fs;
	int r;

	if (held < 0)
		return held;
	if (fstatfs(held, &fs) < 0)
		return -errno;
	if (fs.f_type != NSFS_MAGIC)
		return -ENOENT;
	fd = ix_open(dir, name, O_RDONLY | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	r = ix_ns_identity(fd, CLONE_NEWIPC, &ino, &id);
	if (r < 0)
		return r == -EINVAL ? -ENOENT : r;
	return take_fd(&fd);
}

int ix_pin_open(struct ipcx *x, const char *name, int *ret_fd)
{
	auto_fd int dir = -1;
	int fd;

	(void)x;
	if (!good_name(name))
		return -ENOENT;
	dir = pin_open_dir();
	if (dir < 0)
		return dir;
	fd = open_entry(dir, name);
	if (fd < 0)
		return fd;
	*ret_fd = fd;
	return 0;
}

static int keep_pin(struct ix_pins *p, uint64_t ino, const char *name)
{
	size_t cap = p->cap ? 2 * p->cap : 16;

	if (p->n == p->cap) {
		struct ix_pin *more = reallocarray(p->all, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->all = more;
		p->cap = cap;
	}
	p->all[p->n].ino = ino;
	(void)snprintf(p->all[p->n++].name, sizeof(p->all->name), "%.*s", IX_PIN_MAX,
		       name);
	return 0;
}

static int pin_order(const void *a, const void *b)
{
	const struct ix_pin *p = a, *q = b;

	return p->ino != q->ino ? (p->ino > q->ino ? 1 : -1) : strcmp(p->name, q->name);
}

int ix_pins_read(struct ix_pins *ret_pins)
{
	struct ix_pins p = { .n = 0 };
	int fd = pin_open_dir(), r = 0;
	DIR *dir auto_dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;

	/* If the directory does not exist, there are no pins. */
	if (!dir && fd != -ENOENT)
		r = fd < 0 ? fd : -errno;
	if (!dir && fd >= 0)
		(void)close(fd);
	while (dir && r == 0 && (r = ix_readdir(dir, &d)) == 0 && d) {
		auto_fd int pin = good_name(d->d_name) ? open_entry(dirfd(dir), d->d_name)
						       : -ENOENT;
		uint64_t ino, id;

		if (pin < 0 && pin != -ENOENT)
			r = pin;
		else if (pin >= 0 && ix_ns_identity(pin, CLONE_NEWIPC, &ino, &id) == 0)
			r = keep_pin(&p, ino, d->d_name);
	}
	if (r < 0) {
		ix_pins_free(&p);
		return r;
	}
	if (p.n)
		qsort(p.all, p.n, sizeof(*p.all), pin_order);
	*ret_pins = p;
	return 0;
}

void ix_pins_free(struct ix_pins *p)
{
	free(p->all);
	*p = (struct ix_pins){ .n = 0 };
}

const struct ix_pin *ix_pins_of(const struct ix_pins *p, uint64_t ino)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->all[mid].ino < ino)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p->n && p->all[low].ino == ino ? &p->all[low] : NULL;
}

const char *ix_pins_name(const struct ix_pins *p, uint64_t ino)
{
	const struct ix_pin *pin = ix_pins_of(p, ino);

	return pin ? pin->name : NULL;
}

/* ---- pinning and unpinning */

static int make_dirs(struct ipcx *x, const char *path)
{
	char part[64];
	const char *last = strrchr(path, '/');

	(void)snprintf(part, sizeof(part), "%.*s", (int)(last - path), path);
	if ((mkdir(part, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(path, 0700) < 0 && errno != EEXIST))
		return ix_fail(x, -errno, "%s: cannot make the directory of the pins",
			       path);
	return 0;
}

/* Create the directory and bind-mount it on itself. */
static int ready_dir(struct ipcx *x)
{
	char path[IX_PINS_DIR];
	struct statx st;
	int r, fd;

	(void)ix_pins_dir(path, sizeof(path));
	r = make_dirs(x, path);
	if (r < 0)
		return r;
	fd = pin_open_dir();
	if (fd < 0)
		return ix_fail(x, fd, "%s", path);
	if (ix_statx(fd, "", AT_EMPTY_PATH, STATX_INO, &st) == 0 &&
	    (st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return fd;
	(void)close(fd);
	r = ix_mnt_bind_private(path);
	if (r < 0)
		return ix_fail(
			x, r, "%s: cannot make it a mount of its own%s", path,
			r == -EPERM ? " (needs CAP_SYS_ADMIN over this mount namespace)"
				    : "");
	fd = pin_open_dir();
	return fd < 0 ? ix_fail(x, fd, "%s", path) : fd;
}

/* Whether mounts made in our mount namespace may vanish before the system shuts down. */
static bool fragile(struct ipcx *x)
{
	uint64_t first = ix_ns_link(ix_procfd(x), "1/ns/mnt", "mnt");

	return first && first != ix_ns_own(x, "mnt");
}

/* Check that the given namespace is mounted on the file of the pin. Returns 0, -EXDEV or
 * -errno. */
static int check_pin(int dir, const char *name, int nsfd)
{
	auto_fd int fd = open_entry(dir, name);
	struct stat want, now;

	if (fd < 0)
		return fd;
	if (fstat(nsfd, &want) < 0 || fstat(fd, &now) < 0)
		return -errno;
	return want.st_dev == now.st_dev && want.st_ino == now.st_ino ? 0 : -EXDEV;
}

/* Undo a pin whose mount is not what was intended: remove the mount and the file. */
static int pin_take_back(struct ipcx *x, int dir, const char *path, const char *name,
			 int r)
{
	(void)umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
	(void)unlinkat(dir, name, 0);
	return ix_fail_plain(x, r,
			     "pin '%s': cannot verify that the namespace was mounted: %s",
			     name, r == -EXDEV ? "another one was" : ix_errno_text(r));
}

static int pin(struct ipcx *x, const struct ix_target *p, int dir, const char *name)
{
	char from[40], to[160], path[64];
	auto_fd int file =
		openat(dir, name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r;

	if (file < 0)
		return errno == EEXIST ? ix_fail_plain(x, -EEXIST,
						       "pin '%s': exists already", name)
				       : ix_fail(x, -errno, "pin '%s'", name);
	(void)ix_pins_dir(path, sizeof(path));
	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d", p->nsfd);
	(void)snprintf(to, sizeof(to), "%s/%s", path, name);
	if (mount(from, to, NULL, MS_BIND, NULL) < 0) {
		r = ix_fail(x, -errno, "pin '%s': cannot mount the namespace", name);
		(void)unlinkat(dir, name, 0);
		return r;
	}
	r = check_pin(dir, name, p->nsfd);
	return r < 0 ? pin_take_back(x, dir, to, name, r) : fragile(x);
}

static int pin_check_name(struct ipcx *x, const char *name)
{
	char shown[300];

	if (good_name(name))
		return 0;
	(void)ix_escape(shown, sizeof(shown), name, IX_ESC_TEXT);
	return ix_fail_plain(
		x, -EINVAL,
		"'%s' cannot be the name of a pin: a letter, then letters, digits, '.', "
		"'_' and '-', at most 64; not self or all",
		shown);
}

int ipcx_ns_pin(struct ipcx *x, const struct ipcx_ns *ns, const char *name)
{
	IX_REQUIRE(x, ns, name);
	auto_fd int dir = -1;
	int r = pin_check_name(x, name);

	if (r < 0)
		return r;
	if (ns->all)
		return ix_fail_plain(x, -EINVAL, "one namespace can be pinned, not all");
	r = ix_ns_needed(x, ns);
	if (r < 0)
		return r;
	dir = ready_dir(x);
	return dir < 0 ? dir : pin(x, &ns->places[0], dir, name);
}

/* Remove a file on which nothing is mounted: it was left over, or it is a pin in another
 * mount namespace. */
static int drop_file(struct ipcx *x, int dir, const char *name, unsigned flags)
{
	if (!(flags & IPCX_UNPIN_FILE))
		return ix_fail_plain(
			x, -EXDEV,
			"pin '%s': nothing is mounted on it here; it may be in another mount namespace, where removing the file would end it",
			name);
	return unlinkat(dir, name, 0) < 0 ? ix_fail(x, -errno, "pin '%s'", name) : 0;
}

/* Unmount a pin only after verifying that it is a namespace, and remove its file only
 * after unmounting: if the file is a pin in another mount namespace, removing the file
 * would end that pin. */
static int unmount_pin(struct ipcx *x, int dir, const char *name, int nsfd)
{
	char path[IX_PINS_DIR], full[160];
	int r;

	(void)ix_pins_dir(path, sizeof(path));
	(void)snprintf(full, sizeof(full), "%s/%s", path, name);
	r = check_pin(dir, name, nsfd);
	if (r < 0 && r != -ENOENT && r != -EXDEV)
		return ix_fail(
			x, r,
			"pin '%s': cannot find out whether the same namespace is still mounted on it",
			name);
	if (r == 0 && umount2(full, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return ix_fail(x, -errno, "pin '%s': cannot unmount it", name);
	if (r == 0)
		r = check_pin(dir, name, nsfd);
	if (r == 0 || r == -EXDEV)
		return ix_fail_plain(x, r < 0 ? r : -EBUSY,
				     "pin '%s': something is still mounted on it", name);
	if (r != -ENOENT)
		return ix_fail(
			x, r,
			"pin '%s': unmounted, but its file stays: cannot find out whether something is mounted below",
			name);
	if (unlinkat(dir, name, 0) < 0)
		return ix_fail(x, -errno, "pin '%s': unmounted, but its file stays",
			       name);
	return 0;
}

int ipcx_ns_unpin(struct ipcx *x, const char *name, unsigned flags)
{
	IX_REQUIRE(x, name);
	auto_fd int dir = -1, fd = -1;
	int r = pin_check_name(x, name);

	if (r < 0)
		return r;
	if (flags & ~IPCX_UNPIN_FILE)
		return ix_fail_plain(x, -EINVAL, "an unknown flag");
	dir = pin_open_dir();
	fd = dir < 0 ? dir : open_entry(dir, name);
	if (fd == -ENOENT && dir >= 0 &&
	    ix_access(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return drop_file(x, dir, name, flags);
	if (fd < 0)
		return fd == -ENOENT
			       ? ix_fail_plain(x, -ENOENT, "no pin is called '%s'", name)
			       : ix_fail(x, fd, "pin '%s'", name);
	return unmount_pin(x, dir, name, fd);
}
