/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why sem_open(3), sem_unlink(3), sem_wait(3) and sem_post(3) fail, in the order in which
 * glibc and the kernel test. */
#include <errno.h>

#include "mech/causes.h"
#include "mech/posix.h"
#include "mech/posixchecks.h"

/* clang-format off */
const struct ix_cause ix_psem_causes[] = {
	{ .error = -EINVAL, .call = IX_SEM_OPEN, .check = IX_POSIX_NAME, .text = "the name is empty, or has a slash within it, or is longer than 255 bytes" },
	{ .error = -EINVAL, .call = IX_SEM_OPEN, .check = IX_POSIX_VALUE, .text = "the value is more than SEM_VALUE_MAX" },
	{ .error = -ENAMETOOLONG, .call = IX_SEM_OPEN, .check = IX_POSIX_LONG, .text = "the name is longer than 251 bytes: its file begins with sem." },
	{ .error = -ENOENT, .call = IX_SEM_OPEN, .check = IX_POSIX_NO_DIR, .text = "there is no " IX_SHM_DIR },
	{ .error = -ENOTDIR, .call = IX_SEM_OPEN, .check = IX_POSIX_NO_DIR, .text = IX_SHM_DIR " is no directory" },
	{ .error = -EMFILE, .call = IX_SEM_OPEN, .check = IX_POSIX_FDS, .text = "the process has as many descriptors open as RLIMIT_NOFILE (ulimit -n) allows" },
	{ .error = -ENFILE, .call = IX_SEM_OPEN, .text = "the machine has as many files open as fs.file-max allows" },
	{ .error = -EEXIST, .call = IX_SEM_OPEN, .check = IX_POSIX_EXISTS, .text = "the semaphore exists, and O_CREAT with O_EXCL creates only a new one" },
	{ .error = -ELOOP, .call = IX_SEM_OPEN, .check = IX_POSIX_IS_LINK, .text = "the file is a symbolic link, which is not followed" },
	{ .error = -EISDIR, .call = IX_SEM_OPEN, .check = IX_POSIX_IS_DIR, .text = "there is a directory of that name in " IX_SHM_DIR },
	{ .error = -ENOENT, .call = IX_SEM_OPEN, .check = IX_POSIX_ABSENT, .text = "there is no such semaphore, and without O_CREAT none is created" },
	{ .error = -ENOENT, .call = IX_SEM_OPEN, .check = IX_POSIX_ELSEWHERE, .text = "the semaphore is in the " IX_SHM_DIR " of another mount namespace" },
	{ .error = -EROFS, .call = IX_SEM_OPEN, .check = IX_POSIX_READ_ONLY, .own = IX_FOR_CREATE, .text = IX_SHM_DIR " is mounted read-only" },
	{ .error = -EACCES, .call = IX_SEM_OPEN, .check = IX_POSIX_MODE, .text = "the mode of the semaphore does not permit it: reading and writing are needed" },
	{ .error = -EACCES, .call = IX_SEM_OPEN, .check = IX_POSIX_DIRECTORY, .own = IX_FOR_CREATE, .text = "not permitted: " IX_SHM_DIR " may not be written to" },
	{ .error = -EOVERFLOW, .call = IX_SEM_OPEN, .check = IX_POSIX_UNMAPPED, .text = "your uid does not exist in the user namespace in which " IX_SHM_DIR " was mounted" },
	{ .error = -ENOSPC, .call = IX_SEM_OPEN, .check = IX_POSIX_INODES, .text = "the file system of " IX_SHM_DIR " has no room for another file (mount -o remount,nr_inodes=…)" },
	{ .error = -ENOSPC, .call = IX_SEM_OPEN, .check = IX_POSIX_BYTES, .text = "the file system of " IX_SHM_DIR " is full (mount -o remount,size=…)" },
	{ .error = -ENOSPC, .call = IX_CALL_NONE, .own = IX_FOR_CREATE, .text = "the file system of " IX_SHM_DIR " is full (mount -o remount,size=… or nr_inodes=…)" },
	{ .error = -EDQUOT, .call = IX_SEM_OPEN, .own = IX_FOR_CREATE, .text = "your quota on " IX_SHM_DIR " is used up" },
	{ .error = -EFBIG, .call = IX_SEM_OPEN, .check = IX_POSIX_FSIZE, .own = IX_FOR_CREATE, .text = "the file of a semaphore is larger than RLIMIT_FSIZE (ulimit -f)" },
	{ .error = -ENOMEM, .call = IX_SEM_OPEN, .text = "the kernel has no memory for the file" },
	{ .error = -EPERM, .call = IX_SEM_OPEN, .check = IX_CHECK_FILTER, .text = "a seccomp filter does not permit the call" },
	{ .error = -ENOSYS, .call = IX_SEM_OPEN, .check = IX_CHECK_FILTER, .text = "the kernel lacks the call, or a filter hides it" },
	{ .when = IPCX_A_UID | IPCX_A_GID, .error = -EPERM, .call = IX_CALL_NONE, .own = IX_FOR_CREATE, .text = "giving it to that owner needs CAP_CHOWN" },
	{ .when = IPCX_A_UID | IPCX_A_GID, .error = -EINVAL, .call = IX_CALL_NONE, .own = IX_FOR_CREATE, .text = "that owner does not exist in this user namespace" },
	{ .error = -ENOENT, .call = IX_SEM_UNLINK, .check = IX_POSIX_NAME, .text = "the name is empty, or has a slash within it, or is longer than 255 bytes" },
	{ .error = -ENAMETOOLONG, .call = IX_SEM_UNLINK, .check = IX_POSIX_LONG, .text = "the name is longer than 251 bytes: its file begins with sem." },
	{ .error = -ENOENT, .call = IX_SEM_UNLINK, .check = IX_POSIX_NO_DIR, .text = "there is no " IX_SHM_DIR },
	{ .error = -ENOTDIR, .call = IX_SEM_UNLINK, .check = IX_POSIX_NO_DIR, .text = IX_SHM_DIR " is no directory" },
	{ .error = -ENOENT, .call = IX_SEM_UNLINK, .check = IX_POSIX_ABSENT, .text = "there is no such semaphore" },
	{ .error = -ENOENT, .call = IX_SEM_UNLINK, .check = IX_POSIX_ELSEWHERE, .text = "the semaphore is in the " IX_SHM_DIR " of another mount namespace" },
	{ .error = -EROFS, .call = IX_SEM_UNLINK, .check = IX_POSIX_READ_ONLY, .text = IX_SHM_DIR " is mounted read-only" },
	{ .error = -EACCES, .call = IX_SEM_UNLINK, .check = IX_POSIX_DIRECTORY, .text = IX_SHM_DIR " may not be written to" },
	{ .error = -EACCES, .call = IX_SEM_UNLINK, .check = IX_POSIX_STICKY, .text = "the semaphore belongs to another user, and " IX_SHM_DIR " is sticky (the kernel says EPERM, glibc EACCES)" },
	{ .error = -EPERM, .call = IX_SEM_UNLINK, .check = IX_POSIX_STICKY, .text = "the semaphore belongs to another user, and " IX_SHM_DIR " is sticky (the kernel says EPERM, glibc EACCES)" },
	{ .error = -EISDIR, .call = IX_SEM_UNLINK, .check = IX_POSIX_IS_DIR, .text = "there is a directory of that name in " IX_SHM_DIR },
	{ .error = -EAGAIN, .call = IX_SEM_WAIT, .check = IX_POSIX_ZERO, .text = "the value is 0, and sem_trywait does not wait" },
	{ .error = -ETIMEDOUT, .call = IX_SEM_WAIT, .check = IX_POSIX_ZERO, .text = "the value was 0 until the time was over" },
	{ .error = -ETIMEDOUT, .call = IX_SEM_WAIT, .text = "the time is a date (CLOCK_REALTIME), not a duration: one in the past is over at once" },
	{ .error = IX_BLOCKS, .call = IX_SEM_WAIT, .check = IX_POSIX_ZERO, .text = "the value is 0" },
	{ .error = IX_BLOCKS, .call = IX_SEM_WAIT, .check = IX_POSIX_SHORT, .text = "the file is no semaphore: sem_open opens any" },
	{ .error = IX_BLOCKS, .call = IX_SEM_WAIT, .check = IX_POSIX_OTHER_SIZE, .text = "a program of another word size made it: 32-bit and 64-bit programs do not wake each other" },
	{ .error = -EINVAL, .call = IX_SEM_WAIT, .check = IX_POSIX_SHORT, .text = "the file is no semaphore: sem_open opens any" },
	{ .error = -EINVAL, .call = IX_SEM_WAIT, .text = "the time is no valid timespec: tv_nsec is not from 0 to 999999999" },
	{ .error = -EINTR, .call = IX_SEM_WAIT, .check = IX_POSIX_SIGNAL, .text = "a debugger attached, or stopped the process and let it go on" },
	{ .error = -EINTR, .call = IX_SEM_WAIT, .text = "a signal handler ran" },
	{ .error = IX_SIGBUS, .call = IX_SEM_WAIT, .check = IX_POSIX_BUS_END, .text = "the file of the semaphore was made empty, or is not a semaphore" },
	{ .error = -EOVERFLOW, .call = IX_SEM_POST, .check = IX_POSIX_FULL_VALUE, .text = "the value is SEM_VALUE_MAX: it was posted more often than taken" },
	{ .error = -EINVAL, .call = IX_SEM_POST, .check = IX_POSIX_SHORT, .text = "the file is no semaphore: sem_open opens any" },
	{ .error = IX_SIGBUS, .call = IX_SEM_POST, .check = IX_POSIX_BUS_END, .text = "the file of the semaphore was made empty, or is not a semaphore" },
	{ .when = IPCX_A_UID, .error = -EPERM, .call = IX_CALL_NONE, .own = IX_FOR_CHANGE, .text = "not permitted: giving it away needs CAP_CHOWN" },
	{ .when = IPCX_A_UID | IPCX_A_GID, .error = -EINVAL, .call = IX_CALL_NONE, .own = IX_FOR_CHANGE, .text = "that owner does not exist in this user namespace" },
	{ .error = -EROFS, .call = IX_CALL_NONE, .own = IX_FOR_CHANGE, .text = IX_SHM_DIR " is mounted read-only" },
	{ .text = "" },
};
/* clang-format on */
