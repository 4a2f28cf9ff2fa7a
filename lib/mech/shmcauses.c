/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why shmget(2), shmat(2), shmdt(2) and shmctl(2) fail, in the order in which the kernel
 * tests. */
#include <errno.h>

#include "mech/causes.h"
#include "mech/kconfigs.h"
#include "mech/shmchecks.h"

/* clang-format off */
const struct ix_cause ix_shm_causes[] = {
	/* ipcget() in ipc/util.c: a key that exists, or does not. */
	{ .error = -ENOENT, .call = IX_SHMGET, .check = IX_SHM_ELSEWHERE, .text = "the segment with this key is in another IPC namespace" },
	{ .error = -ENOENT, .call = IX_SHMGET, .check = IX_SHM_ABSENT, .text = "no segment has this key, and IPC_CREAT was not given" },
	{ .error = -EEXIST, .call = IX_SHMGET, .check = IX_SHM_EXISTS, .text = "a segment with this key exists, and IPC_CREAT and IPC_EXCL were given" },
	{ .error = -EINVAL, .call = IX_SHMGET, .check = IX_SHM_SMALLER, .text = "the segment with this key is smaller than was asked for" },
	{ .error = -EACCES, .call = IX_SHMGET, .check = IX_SHM_DENIED, .text = "the segment with this key does not grant the permissions in the flags" },
	{ .error = -EACCES, .call = IX_SHMGET, .check = IX_SHM_MODULE, .text = "a security module refuses it" },
	/* newseg() in ipc/shm.c */
	{ .error = -EINVAL, .call = IX_SHMGET, .check = IX_SHM_EMPTY, .text = "a new segment must have at least 1 byte" },
	{ .error = -EINVAL, .call = IX_SHMGET, .check = IX_SHM_LIMIT, .subject = "shmmax", .text = "a new segment may have at most kernel.shmmax bytes" },
	{ .error = -ENOSPC, .call = IX_SHMGET, .check = IX_SHM_CROWDED, .subject = "shmall", .text = "all segments together would have more than kernel.shmall pages" },
	{ .error = -EINVAL, .call = IX_SHMGET, .check = IX_SHM_NO_SUCH_PAGES, .text = "this machine has no huge pages of that size (/sys/kernel/mm/hugepages)" },
	{ .error = -EPERM, .call = IX_SHMGET, .check = IX_SHM_NO_RIGHT, .own = IX_FOR_CREATE, .when = IPCX_A_HUGE, .text = "huge pages need CAP_IPC_LOCK or membership in the group vm.hugetlb_shm_group" },
	{ .error = -EPERM, .call = IX_SHMGET, .check = IX_CHECK_FILTER, .text = "a seccomp filter refuses the call" },
	{ .error = -EINVAL, .call = IX_SHMGET, .check = IX_SHM_LIMIT, .subject = "size_max", .text = "a segment must be below 8 EiB" },
	{ .error = -ENOMEM, .call = IX_SHMGET, .check = IX_SHM_NO_PAGES, .own = IX_FOR_CREATE, .when = IPCX_A_HUGE, .text = "not enough free huge pages of that size (vm.nr_hugepages)" },
	{ .error = -ENOMEM, .call = IX_SHMGET, .check = IX_SHM_LIMIT, .subject = "memory", .own = IX_FOR_CREATE, .text = "not enough memory and swap to account for it by vm.overcommit_memory" },
	{ .error = -ENFILE, .call = IX_SHMGET, .check = IX_SHM_FILES, .text = "fs.file-max files are open on this machine" },
	{ .error = -ENOSPC, .call = IX_SHMGET, .check = IX_SHM_CROWDED, .subject = "shmmni", .text = "kernel.shmmni segments exist" },
	{ .error = -ENOSYS, .call = IX_SHMGET, .check = IX_CHECK_FILTER, .own = IX_FOR_CREATE, .text = IX_NO_SYSV },

	/* PostgreSQL's shmctl(2) with IPC_STAT: the segment of its postmaster.pid. */
	{ .error = -EEXIST, .call = IX_SHMGET, .check = IX_SHM_SAID, .subject = IX_SAID_IN_USE, .text = "processes still have the segment attached" },

	/* ProcShmAttach() of the X server: its shmat(2) fails. */
	{ .error = -EINVAL, .call = IX_SHMAT, .check = IX_SHM_SAID, .subject = IX_SAID_DISPLAY, .text = "the X server and its client are in different IPC namespaces" },
	{ .error = -EACCES, .call = IX_SHMAT, .check = IX_SHM_SAID, .subject = IX_SAID_DISPLAY, .text = "the segment's mode does not let the user of the X server attach it" },

	/* do_shmat() */
	{ .error = -EINVAL, .call = IX_SHMAT, .check = IX_SHM_REMAP_NULL, .text = "SHM_REMAP was given without an address" },
	{ .error = -EINVAL, .call = IX_SHMAT, .check = IX_SHM_UNALIGNED, .text = "the address is not a multiple of the page size, and SHM_RND was not given" },
	{ .error = -EINVAL, .call = IX_SHMAT, .check = IX_SHM_NO_ID, .text = "no segment has this id: it was removed and detached, or never existed" },
	{ .error = -EINVAL, .call = IX_SHMAT, .check = IX_SHM_ID_ELSEWHERE, .text = "the id is that of a segment in another IPC namespace" },
	{ .error = -EACCES, .call = IX_SHMAT, .check = IX_SHM_CLOSED, .text = "the segment's mode does not grant reading and, without SHM_RDONLY, writing" },
	{ .error = -EACCES, .call = IX_SHMAT, .check = IX_SHM_NO_EXEC, .text = "SHM_EXEC was given, and the segment's mode does not grant execution" },
	{ .error = -EACCES, .call = IX_SHMAT, .check = IX_SHM_MODULE, .text = "a security module refuses it" },
	{ .error = -EIDRM, .call = IX_SHMAT, .check = IX_SHM_REMOVED, .text = "the segment was removed at that moment" },
	{ .error = -ENFILE, .call = IX_SHMAT, .check = IX_SHM_FILES, .text = "fs.file-max files are open on this machine" },
	{ .error = -EINVAL, .call = IX_SHMAT, .check = IX_SHM_TAKEN, .text = "something else is mapped there, and SHM_REMAP was not given" },
	{ .error = -ENOMEM, .call = IX_SHMAT, .check = IX_SHM_MAPS, .text = "the process has vm.max_map_count mappings" },
	{ .error = -EPERM, .call = IX_SHMAT, .check = IX_SHM_LOW, .text = "the address is below vm.mmap_min_addr" },
	{ .error = -EPERM, .call = IX_SHMAT, .check = IX_CHECK_FILTER, .text = "a seccomp filter refuses the call" },
	{ .error = -EAGAIN, .call = IX_SHMAT, .check = IX_SHM_MLOCKALL, .text = "mlockall(2) with MCL_FUTURE locks what is attached, which would exceed RLIMIT_MEMLOCK" },
	{ .error = -ENOMEM, .call = IX_SHMAT, .check = IX_SHM_ADDRESSES, .text = "the address space of the process would exceed RLIMIT_AS" },
	{ .error = -ENOSYS, .call = IX_SHMAT, .check = IX_CHECK_FILTER, .text = IX_NO_SYSV },

	/* ksys_shmdt() */
	{ .error = -EINVAL, .call = IX_SHMDT, .check = IX_SHM_DETACH_UNALIGNED, .text = "the address is not a multiple of the page size" },
	{ .error = -EINVAL, .call = IX_SHMDT, .check = IX_SHM_NOT_ATTACHED, .text = "no segment is attached at this address" },
	{ .error = -EPERM, .call = IX_SHMDT, .check = IX_CHECK_FILTER, .text = "a seccomp filter refuses the call" },
	{ .error = -ENOSYS, .call = IX_SHMDT, .check = IX_CHECK_FILTER, .text = IX_NO_SYSV },

	/* ksys_shmctl() */
	{ .error = -EINVAL, .call = IX_SHMCTL, .check = IX_SHM_NO_COMMAND, .text = "there is no such command" },
	{ .error = -EINVAL, .call = IX_SHMCTL, .check = IX_SHM_NO_ID, .text = "no segment has this id: it was removed and detached, or never existed" },
	{ .error = -EINVAL, .call = IX_SHMCTL, .check = IX_SHM_ID_ELSEWHERE, .text = "the id is that of a segment in another IPC namespace" },
	{ .error = -EINVAL, .call = IX_SHMCTL, .check = IX_SHM_NO_USER, .text = "IPC_SET with a user or group that the user namespace does not have" },
	{ .error = -EACCES, .call = IX_SHMCTL, .check = IX_SHM_UNREADABLE, .text = "IPC_STAT and SHM_STAT need permission to read the segment" },
	{ .error = -EACCES, .call = IX_SHMCTL, .check = IX_SHM_MODULE, .text = "a security module refuses it" },
	{ .error = -EPERM, .call = IX_SHMCTL, .check = IX_SHM_NOT_OWNER, .text = "only the segment's owner, its creator, or CAP_SYS_ADMIN may remove or change it" },
	{ .error = -EPERM, .call = IX_SHMCTL, .check = IX_SHM_LOCKS_OTHERS, .text = "only the segment's owner, its creator, or CAP_IPC_LOCK may lock or unlock it" },
	{ .error = -EPERM, .call = IX_SHMCTL, .check = IX_SHM_LOCK_NOTHING, .text = "RLIMIT_MEMLOCK is 0: locking needs CAP_IPC_LOCK" },
	{ .error = -EPERM, .call = IX_SHMCTL, .check = IX_CHECK_FILTER, .text = "a seccomp filter refuses the call" },
	{ .error = -EIDRM, .call = IX_SHMCTL, .check = IX_SHM_REMOVED, .text = "the segment was removed at that moment" },
	{ .error = -ENOMEM, .call = IX_SHMCTL, .check = IX_SHM_LOCK_MORE, .own = IX_FOR_CHANGE, .when = IPCX_A_LOCK, .text = "locking it would exceed RLIMIT_MEMLOCK" },
	{ .error = -EOVERFLOW, .call = IX_SHMCTL, .check = IX_SHM_WIDE, .text = "a number of the segment does not fit into the structure of an old 32-bit program" },
	{ .error = -EFAULT, .call = IX_SHMCTL, .text = "the buffer is not in the memory of the process" },
	{ .error = -ENOSYS, .call = IX_SHMCTL, .check = IX_CHECK_FILTER, .text = IX_NO_SYSV },

	/* What our own calls cannot tell apart. */
	{ .when = IPCX_A_HUGE, .error = -EINVAL, .own = IX_FOR_CREATE, .text = "this machine has no huge pages of that size (/sys/kernel/mm/hugepages), or the segment's size is 0" },
	{ .error = -EINVAL, .own = IX_FOR_CREATE, .text = "the size must be at least 1 byte, at most kernel.shmmax, and below 8 EiB" },
	{ .error = -ENOSPC, .own = IX_FOR_CREATE, .text = "kernel.shmmni segments exist, or kernel.shmall pages are in use" },
	{ .error = -EOVERFLOW, .own = IX_FOR_CREATE, .text = "a 32-bit program can only make segments below 4 GiB" },
	{ .when = IPCX_A_LOCK, .error = -EPERM, .own = IX_FOR_CHANGE, .text = "not permitted: locking needs RLIMIT_MEMLOCK above 0 and ownership, or CAP_IPC_LOCK" },
	{ .text = "" },
};
/* clang-format on */
