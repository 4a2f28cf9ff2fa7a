/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of limits, and the names by which each can be found. */
#include "limits/limits.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/shm.h>

#include "base/esc.h"
#include "core/limit.h"
#include "core/semun.h"

#define INFO(from, type, member)                                                        \
	{                                                                               \
		.call = (from), .offset = offsetof(type, member),                       \
		.is_int = __builtin_types_compatible_p(__typeof__(((type *)0)->member), \
						       int),                            \
	}
#define SYSCTL(sysctl) .source = sysctl, .read = IX_READ_SYSCTL
#define SEM(position)  SYSCTL("kernel.sem"), .at = (position), .of = 4
#define SHM_LIMIT(m)   .fallback = INFO(IX_SHM_LIMITS, struct shminfo, m)
#define SHM_USED(m, f) .use = INFO(IX_SHM_USE, struct shm_info, m), .total = (f)
#define MSG_LIMIT(m)   .fallback = INFO(IX_MSG_LIMITS, struct msginfo, m)
#define MSG_USED(m, f) .use = INFO(IX_MSG_USE, struct msginfo, m), .total = (f)
#define SEM_LIMIT(m)   .fallback = INFO(IX_SEM_LIMITS, struct seminfo, m)
#define SEM_USED(m, f) .use = INFO(IX_SEM_USE, struct seminfo, m), .total = (f)
#define CONSTANT(n)                                                                   \
	.source = "constant", .read = IX_READ_CONSTANT, .number = (n), .fixed = true, \
	.change = "it is a constant of the kernel"
/* MAX_LFS_FILESIZE, as a segment is a file internally; and SIZE_MAX. */
#define SIZE_MOST     MIN((uint64_t)INT64_MAX, (uint64_t)SIZE_MAX)
#define RLIMIT(which) .source = #which, .read = IX_READ_RLIMIT, .number = (which)
#define SHM_FS(reader, option)                                                    \
	.source = "/dev/shm", .read = (reader), .error = -ENOSPC, .counts = true, \
	.change = "mount -o remount," option "=NUMBER /dev/shm"
#define HUGE_SIZE(kb, human)                                                            \
	{                                                                               \
		.name = "hugepages_" #kb "kB", .unit = "pages", .mech = "shm",          \
		.source = "hugepages-" #kb "kB", .read = IX_READ_HUGE_SIZE,             \
		.number = (kb), .optional = true, .machine = true, .error = -ENOMEM,    \
		.counts = true,                                                         \
		.change =                                                               \
			"write the number into /sys/kernel/mm/hugepages/hugepages-" #kb \
			"kB/nr_hugepages",                                              \
		.what = "huge pages of " human "; used: allocated or reserved",         \
	}

/*
 * MSG_INFO and SEM_INFO return counters in members named after limits that Linux does not
 * have.
 */
#define MSG_QUEUES msgpool
#define SEM_ARRAYS semusz
#define SEM_SEMS   semaem

/*
 * The ranges of the sysctls are in ipc/ipc_sysctl.c and ipc/mq_sysctl.c (HARD_MSGMAX,
 * HARD_MSGSIZEMAX and the minimums are in include/linux/ipc_namespace.h).
 */
/* clang-format off */
static const struct ix_limit limits[] = {
	{ .name = "shmmax", .unit = "bytes", .mech = "shm", SYSCTL("kernel.shmmax"),
	  SHM_LIMIT(shmmax), .error = -EINVAL,
	  .what = "size of one segment" },
	{ .name = "shmall", .unit = "pages", .mech = "shm", SYSCTL("kernel.shmall"),
	  SHM_LIMIT(shmall), SHM_USED(shm_tot, IPCX_F_ALLOCATED), .error = -ENOSPC,
	  .what = "size of all segments together, each rounded up to whole pages" },
	{ .name = "shmmni", .unit = "segments", .mech = "shm", SYSCTL("kernel.shmmni"),
	  SHM_LIMIT(shmmni), SHM_USED(used_ids, IPCX_F_OBJECTS), .error = -ENOSPC,
	  .indexed = true,
	  .what = "number of segments" },
	{ .name = "shmmin", .unit = "bytes", .mech = "shm", CONSTANT(1), .error = -EINVAL,
	  .what = "smallest size of a segment" },
	{ .name = "shm_rmid_forced", .unit = "flag", .mech = "shm",
	  SYSCTL("kernel.shm_rmid_forced"),
	  .most = 1,
	  .what = "1: a segment is removed on its last detach or when its creator exits" },

	{ .name = "msgmax", .unit = "bytes", .mech = "msg", SYSCTL("kernel.msgmax"),
	  MSG_LIMIT(msgmax), .error = -EINVAL,
	  .most = INT_MAX,
	  .what = "length of one message" },
	{ .name = "msgmnb", .unit = "bytes", .mech = "msg", SYSCTL("kernel.msgmnb"),
	  MSG_LIMIT(msgmnb), .error = -EPERM,
	  .most = INT_MAX,
	  .what = "qbytes of a new queue, and the highest qbytes without CAP_SYS_RESOURCE" },
	{ .name = "msgmni", .unit = "queues", .mech = "msg", SYSCTL("kernel.msgmni"),
	  MSG_LIMIT(msgmni), MSG_USED(MSG_QUEUES, IPCX_F_OBJECTS), .error = -ENOSPC,
	  .indexed = true,
	  .what = "number of queues" },

	{ .name = "semmsl", .unit = "semaphores", .mech = "sem", SEM(0),
	  SEM_LIMIT(semmsl), .error = -EINVAL,
	  .most = INT_MAX,
	  .what = "semaphores in one array" },
	{ .name = "semmns", .unit = "semaphores", .mech = "sem", SEM(1),
	  SEM_LIMIT(semmns), SEM_USED(SEM_SEMS, IPCX_F_NSEMS), .error = -ENOSPC,
	  .most = INT_MAX,
	  .what = "semaphores in all arrays together" },
	{ .name = "semopm", .unit = "operations", .mech = "sem", SEM(2),
	  SEM_LIMIT(semopm), .error = -E2BIG,
	  .most = INT_MAX,
	  .what = "operations in one semop(2)" },
	{ .name = "semmni", .unit = "arrays", .mech = "sem", SEM(3),
	  SEM_LIMIT(semmni), SEM_USED(SEM_ARRAYS, IPCX_F_OBJECTS), .error = -ENOSPC,
	  .indexed = true,
	  .what = "number of arrays" },
	{ .name = "semvmx", .unit = "value", .mech = "sem", CONSTANT(IX_SEMVMX),
	  .error = -ERANGE,
	  .what = "value of one semaphore" },

	{ .name = "mqueue_queues_max", .unit = "queues", .mech = "mq",
	  SYSCTL("fs.mqueue.queues_max"), .objects = true, .error = -ENOSPC,
	  .most = INT_MAX,
	  .raised = true, .hard = UINT64_MAX,
	  .what = "number of queues (CAP_SYS_RESOURCE: unlimited); used: those that still have a name" },
	{ .name = "mqueue_msg_max", .unit = "messages", .mech = "mq",
	  SYSCTL("fs.mqueue.msg_max"), .error = -EINVAL,
	  .least = 1, .most = IX_MQ_MAXMSG,
	  .raised = true, .hard = IX_MQ_MAXMSG,
	  .what = "messages that one queue may hold (CAP_SYS_RESOURCE: 65536)" },
	{ .name = "mqueue_msgsize_max", .unit = "bytes", .mech = "mq",
	  SYSCTL("fs.mqueue.msgsize_max"), .error = -EINVAL,
	  .least = 128, .most = IX_MQ_MSGSIZE,
	  .raised = true, .hard = IX_MQ_MSGSIZE,
	  .what = "longest message of one queue (CAP_SYS_RESOURCE: 16777216)" },
	{ .name = "mqueue_msg_default", .unit = "messages", .mech = "mq",
	  SYSCTL("fs.mqueue.msg_default"), .error = -EINVAL,
	  .least = 1, .most = IX_MQ_MAXMSG,
	  .what = "maxmsg of a new queue whose creator specifies none" },
	{ .name = "mqueue_msgsize_default", .unit = "bytes", .mech = "mq",
	  SYSCTL("fs.mqueue.msgsize_default"), .error = -EINVAL,
	  .least = 128, .most = IX_MQ_MSGSIZE,
	  .what = "msgsize of a new queue whose creator specifies none" },
	{ .name = "rlimit_msgqueue", .unit = "bytes", .mech = "mq",
	  RLIMIT(RLIMIT_MSGQUEUE), .error = -EMFILE,
	  .change = "prlimit --msgqueue=BYTES, or ulimit -q in bash",
	  .what = "queues of this user in all IPC namespaces together; "
		  "the kernel does not report how much is used" },

	{ .name = "rlimit_memlock", .unit = "bytes", .mech = "shm",
	  RLIMIT(RLIMIT_MEMLOCK), .error = -ENOMEM,
	  .change = "prlimit --memlock=BYTES, or ulimit -l in a shell",
	  .what = "locked segments of this user (CAP_IPC_LOCK: unlimited); "
		  "the kernel does not report how much is used" },
	{ .name = "rlimit_fsize", .unit = "bytes", .mech = "pshm",
	  RLIMIT(RLIMIT_FSIZE), .error = -EFBIG,
	  .change = "prlimit --fsize=BYTES, or ulimit -f in a shell",
	  .what = "size of one POSIX object that this process creates or enlarges" },
	{ .name = "size_max", .unit = "bytes", .mech = "shm", CONSTANT(SIZE_MOST),
	  .error = -EINVAL,
	  .what = "size of one segment or POSIX object, whatever else would allow it" },
	{ .name = "memory", .unit = "bytes", .mech = "shm", .source = "vm.overcommit_memory",
	  .read = IX_READ_MEMORY, .counts = true, .machine = true, .fixed = true,
	  .error = -ENOMEM,
	  .change = "add swap, or set vm.overcommit_memory=1",
	  .what = "memory and swap that can be committed to segments; vm.overcommit_memory 0: to each "
		  "alone, 1: without limit, 2: together with all commitments on the machine" },
	{ .name = "array_max", .unit = "bytes", .mech = "sem", CONSTANT(INT_MAX),
	  .error = -ENOMEM,
	  .what = "memory of one semaphore array, which the kernel allocates in one piece" },
	{ .name = "kernel_memory", .unit = "bytes", .mech = "sem", .source = "MemTotal",
	  .read = IX_READ_KERNEL_MEMORY, .machine = true, .fixed = true,
	  .error = -ENOMEM,
	  .change = "swap does not help: arrays are in the kernel's own memory",
	  .what = "memory available to semaphore arrays, which is never swapped" },
	{ .name = "dev_shm", .unit = "bytes", .mech = "pshm",
	  SHM_FS(IX_READ_SHM_BYTES, "size"), .space = true,
	  .what = "size of the file system of POSIX shared memory and semaphores" },
	{ .name = "dev_shm_inodes", .unit = "files", .mech = "pshm",
	  SHM_FS(IX_READ_SHM_FILES, "nr_inodes"),
	  .what = "number of files in that file system, including its root directory" },
	{ .name = "hugepages", .unit = "pages", .mech = "shm",
	  .source = "vm.nr_hugepages", .read = IX_READ_HUGE, .machine = true, .counts = true,
	  .error = -ENOMEM,
	  .what = "huge pages of the default size; used: allocated or reserved" },

	/* Every size of huge pages of any architecture. Of these, the sizes that this
	 * machine has are listed. */
	HUGE_SIZE(16, "16 KiB"),
	HUGE_SIZE(64, "64 KiB"),
	HUGE_SIZE(256, "256 KiB"),
	HUGE_SIZE(512, "512 KiB"),
	HUGE_SIZE(1024, "1 MiB"),
	HUGE_SIZE(2048, "2 MiB"),
	HUGE_SIZE(4096, "4 MiB"),
	HUGE_SIZE(8192, "8 MiB"),
	HUGE_SIZE(16384, "16 MiB"),
	HUGE_SIZE(32768, "32 MiB"),
	HUGE_SIZE(65536, "64 MiB"),
	HUGE_SIZE(262144, "256 MiB"),
	HUGE_SIZE(524288, "512 MiB"),
	HUGE_SIZE(1048576, "1 GiB"),
	HUGE_SIZE(2097152, "2 GiB"),
	HUGE_SIZE(16777216, "16 GiB"),
};
/* clang-format on */

const struct ix_limit *ix_limit(unsigned i)
{
	return i < ARRAY_SIZE(limits) ? &limits[i] : NULL;
}

const char *ipcx_limit_name(unsigned i)
{
	return i < ARRAY_SIZE(limits) ? limits[i].name : NULL;
}

/* Like sysctl(8), accept "kernel.shmmax" and "kernel/shmmax". */
static bool same_source(const char *source, const char *name)
{
	for (; *source && *name; source++, name++)
		if (*source != *name && !(*source == '.' && *name == '/'))
			return false;
	return *source == *name;
}

bool ix_limit_named(const struct ix_limit *l, const char *name)
{
	if (!strcmp(l->name, name))
		return true;
	return l->read != IX_READ_CONSTANT && same_source(l->source, name);
}

const char *ix_limit_scope(const struct ix_limit *l)
{
	if (l->read == IX_READ_RLIMIT)
		return "process";
	return l->machine || l->read == IX_READ_CONSTANT ? "machine" : "namespace";
}

bool ix_limit_of_shm(const struct ix_limit *l)
{
	return l->read == IX_READ_SHM_BYTES || l->read == IX_READ_SHM_FILES;
}

const struct ix_limit *ix_limit_by_name(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(limits); i++)
		if (!strcmp(limits[i].name, name))
			return &limits[i];
	return NULL;
}

const struct ix_limit *ix_limit_of_pages(uint64_t bytes)
{
	for (unsigned i = 0; i < ARRAY_SIZE(limits); i++)
		if (limits[i].read == IX_READ_HUGE_SIZE &&
		    limits[i].number << 10 == bytes)
			return &limits[i];
	return NULL;
}

int ix_limit_unknown(struct ipcx *x, const char *name)
{
	char shown[128];

	(void)ix_escape(shown, sizeof(shown), name, IX_ESC_TEXT);
	return ix_fail_plain(x, -ENOENT, "%s: no such limit", shown);
}
