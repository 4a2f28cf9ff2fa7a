/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The older calls judge by the real ids, and follow links. */
#include "base/older.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/calls.h"
#include "base/file.h"
#include "base/port.h"
#include "base/util.h"

static int older_access(int dirfd, const char *path, int how, int flags)
{
	struct stat st;

	if (flags & AT_SYMLINK_NOFOLLOW) {
		if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		if (S_ISLNK(st.st_mode)) /* everybody may do everything with a link */
			return 0;
	}
	return syscall(SYS_faccessat, dirfd, path, how) < 0 ? -errno : 0;
}

/* Whether the older call judges as the new one: by the same ids, and with the
 * capabilities that it takes, all permitted ones for root and none for others. */
static bool older_agrees(int flags)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

	if (!(flags & AT_EACCESS))
		return true;
	if (getuid() != geteuid() || getgid() != getegid() ||
	    syscall(SYS_capget, &head, caps) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++)
		if (caps[i].effective != (getuid() == 0 ? caps[i].permitted : 0))
			return false;
	return true;
}

int ix_access(int dirfd, const char *path, int how, int flags)
{
	bool filtered = flags && ix_call_filtered(), possible;

	if (!flags || (filtered && older_agrees(flags))) /* nobody has to ask a child */
		return older_access(dirfd, path, how, flags);
	possible = ix_call_possible(SYS_faccessat2);
	if (possible && syscall(SYS_faccessat2, dirfd, path, how, flags) == 0)
		return 0;
	if (possible && errno != ENOSYS && !(errno == EPERM && filtered))
		return -errno;
	if (!filtered && older_agrees(flags))
		return older_access(dirfd, path, how, flags);
	if (!possible)
		return -ENOSYS;
	return faccessat(dirfd, path, how, flags) < 0 ? -errno : 0;
}

int ix_random_bytes(void *buf, size_t size)
{
	/* Under a filter the device comes first: nobody has to ask a child. */
	auto_fd int fd = ix_call_filtered() ? ix_open(AT_FDCWD, "/dev/urandom", O_RDONLY)
					    : -1;
	ssize_t n = fd >= 0 ? read(fd, buf, size) : IX_CALL(SYS_getrandom, buf, size, 0);

	if (n < 0 && fd < 0) {
		fd = ix_open(AT_FDCWD, "/dev/urandom", O_RDONLY);
		if (fd < 0)
			return fd;
		n = read(fd, buf, size);
	}
	return n < 0 ? -errno : (size_t)n == size ? 0 : -EIO;
}

int ix_open_nameless(void)
{
	int fd = (int)IX_CALL(SYS_memfd_create, "ipcx", MFD_CLOEXEC), error = -errno;

	if (fd < 0)
		fd = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd < 0 ? error : ix_fd_lift(fd);
}
