/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File systems that are mounted nowhere. Apart from mnt.c: <sys/mount.h> of some versions
 * of glibc and <linux/mount.h> exclude each other. */
#include <errno.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mnt.h"
#include "base/util.h"

int ix_mnt_detached(const char *fstype)
{
	auto_fd int fs = (int)syscall(SYS_fsopen, fstype, FSOPEN_CLOEXEC);
	long fd;

	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
		     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			     MOUNT_ATTR_NOATIME);
	return fd < 0 ? -errno : (int)fd;
}
