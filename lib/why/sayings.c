/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What programs say instead of the name of a call. The first line that fits decides, so
 * what is more exact stands further up. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "why/line.h"

#define C(...)              \
	{                   \
		__VA_ARGS__ \
	}

/* clang-format off */
static const struct ix_saying sayings[] = {
	/* MIT-SHM: the X server cannot attach the client's segment. */
	{ IX_SAYS_DISPLAY, C(IX_SHMAT), "X11", "x_shmattach", "" },
	{ IX_SAYS_DISPLAY, C(IX_SHMAT), "X11", "x_shmputimage", "" },
	{ IX_SAYS_DISPLAY, C(IX_SHMAT), "X11", "mit-shm", "badaccess" },
	{ IX_SAYS_DISPLAY, C(IX_SHMAT), "X11", "mit shared memory attach failed", "" },

	{ 0, C(IX_SHMGET), "Perl", "ipc::shareable", "" },
	{ 0, C(IX_SHMGET), "Perl", "ipc::sharelite", "" },
	{ 0, C(IX_SHMGET), "Perl", "ipc::sharedmem", "" },
	{ 0, C(IX_SEMGET), "Perl", "ipc::semaphore", "" },
	{ 0, C(IX_MSGGET), "Perl", "ipc::msg", "" },

	{ IX_SAYS_IN_USE, C(IX_SHMGET), "PostgreSQL", "pre-existing shared memory block", "" },
	{ -ENOSPC, C(IX_FTRUNCATE), "PostgreSQL", "could not resize shared memory segment", "" },
	{ 0, C(IX_SHM_OPEN), "PostgreSQL", "could not open shared memory segment", "/postgresql." },
	{ 0, C(IX_SHM_OPEN), "PostgreSQL", "could not open shared memory segment", "" },
	{ 0, C(IX_FTRUNCATE), "PostgreSQL", "could not map shared memory segment", "" },
	{ 0, C(IX_SHM_UNLINK), "PostgreSQL", "could not remove shared memory segment", "" },
	{ 0, C(IX_SHMGET), "PostgreSQL", "could not create shared memory segment", "" },
	{ 0, C(IX_SHMGET), "PostgreSQL", "konnte shared-memory-segment nicht erzeugen", "" },
	{ -EINVAL, C(IX_SHMGET), "PostgreSQL", "exceeded your kernel's shmmax", "" },
	{ -ENOSPC, C(IX_SEMGET), "PostgreSQL", "could not create semaphores", "" },
	{ -ENOSPC, C(IX_SEMGET), "PostgreSQL", "konnte semaphore nicht erzeugen", "" },

	{ -ENOSPC, C(IX_SEMGET), "Apache", "ah00023", "" },
	{ -ENOSPC, C(IX_SEMGET), "Apache", "couldn't create the", "mutex" },
	{ -ENOSPC, C(IX_SEMGET), "Apache", "create accept lock", "" },
	{ -ENOSPC, C(IX_SEMGET), "Apache", "create sslmutex", "" },
	{ -ENOSPC, C(IX_SEMGET), "Apache", "sslmutex", "" },
	{ -ENOSPC, C(IX_SEMGET), "Apache", "rewrite_log_lock", "" },
	{ -ENOSPC, C(IX_SEMGET), "Apache", "create rewrite lock", "" },
	{ -ENOSPC, C(IX_SEMGET), "Apache", "create global mutex", "" },
	{ -EIDRM, C(IX_SEMOP), "Apache", "grab the accept mutex", "" },
	{ -EIDRM, C(IX_SEMOP), "Apache", "release the accept mutex", "" },

	{ -ENOSPC, C(IX_FTRUNCATE), "Oracle", "ora-00845", "" },
	{ 0, C(IX_SHMGET), "Oracle", "ora-27102", "" },
	{ 0, C(IX_SHMGET), "Oracle", "ora-27125", "" },
	{ 0, C(IX_SHMAT), "Oracle", "ora-27123", "" },
	{ 0, C(IX_SHMDT), "Oracle", "ora-27124", "" },
	{ 0, C(IX_SHMCTL), "Oracle", "ora-27121", "" },
	{ 0, C(IX_SHMCTL), "Oracle", "ora-27120", "" },
	{ 0, C(IX_SHMCTL), "Oracle", "ora-27126", "" },
	{ 0, C(IX_SEMGET), "Oracle", "ora-27146", "" },
	{ 0, C(IX_SEMGET), "Oracle", "ora-27154", "" },
	{ 0, C(IX_SEMGET), "Oracle", "ora-27300", "semget" },
	{ 0, C(IX_SHMGET), "SAP", "shmcreate", "" },
	{ 0, C(IX_SHMCTL), "SAP", "shmdelete", "" },
	{ 0, C(IX_SHMGET), "Informix", "shared memory already exists", "" },
	{ 0, C(IX_SHMGET), "Zabbix", "cannot allocate shared memory", "" },
	{ 0, C(IX_SHMGET), "Zabbix", "cannot get private shared memory", "" },
	{ 0, C(IX_SEMGET), "Zabbix", "cannot create semaphore", "" },

	{ 0, C(IX_SEM_OPEN), "Python", "semlock", "" },
	{ -ENOSYS, C(IX_SEM_OPEN), "Python", "lacks a functioning sem_open", "" },
	{ 0, C(IX_SEM_OPEN), "Python", "multiprocessing", "synchronize" },
	{ 0, C(IX_SEM_OPEN), "Python", "billiard", "synchronize" },
	{ 0, C(IX_SHM_OPEN), "Python", "/psm_", "" },
	{ 0, C(IX_SHM_OPEN), "Python", "_posixshmem", "" },
	{ -EMFILE, C(IX_MQ_OPEN), "Python", "the maximum number of files open", "" },
	{ 0, C(IX_MQ_OPEN), "Python", "posix_ipc.messagequeue", "" },
	{ -EEXIST, C(IX_SHM_OPEN, IX_SEM_OPEN, IX_MQ_OPEN), "Python", "posix_ipc", "existentialerror" },
	{ 0, C(IX_SEM_OPEN), "Python", "posix_ipc", "semaphore" },
	{ 0, C(IX_SHM_OPEN), "Python", "posix_ipc", "sharedmemory" },
	{ 0, C(IX_SHMGET), "Python", "sysv_ipc", "sharedmemory" },
	{ 0, C(IX_SEMGET), "Python", "sysv_ipc", "semaphore" },
	{ 0, C(IX_MSGGET), "Python", "sysv_ipc", "messagequeue" },
	{ IX_SIGBUS, C(IX_FTRUNCATE), "PyTorch", "dataloader worker", "bus error" },
	{ IX_SIGBUS, C(IX_FTRUNCATE), "PyTorch", "insufficient shared memory", "" },
	{ IX_SIGBUS, C(IX_FTRUNCATE), "PyTorch", "out of shared memory", "" },
	{ 0, C(IX_SHM_OPEN), "PyTorch", "unable to open shared memory object", "" },
	{ 0, C(IX_FTRUNCATE), "PyTorch", "</torch_", "" },

	{ 0, C(IX_SHMGET), "PHP", "shm_attach()", "" },
	{ 0, C(IX_SHMGET), "PHP", "shmop_open()", "" },
	{ 0, C(IX_SEMGET), "PHP", "sem_get()", "" },
	{ 0, C(IX_SEMOP), "PHP", "sem_acquire()", "" },
	{ 0, C(IX_SEMOP), "PHP", "sem_release()", "" },
	{ 0, C(IX_MSGGET), "PHP", "msg_get_queue()", "" },
	{ 0, C(IX_MSGSND), "PHP", "msg_send()", "" },
	{ 0, C(IX_MSGRCV), "PHP", "msg_receive()", "" },

	{ -ENOSPC, C(IX_SHMGET, IX_SHM_OPEN), "Qt", "qsharedmemory", "out of resources" },
	{ -EEXIST, C(IX_SHMGET, IX_SHM_OPEN), "Qt", "qsharedmemory", "already exists" },
	{ -ENOENT, C(IX_SHMGET, IX_SHM_OPEN), "Qt", "qsharedmemory", "doesn't exist" },
	{ -EACCES, C(IX_SHMGET, IX_SHM_OPEN), "Qt", "qsharedmemory", "permission denied" },
	{ -EINVAL, C(IX_SHMGET, IX_SHM_OPEN), "Qt", "qsharedmemory", "invalid size" },
	{ 0, C(IX_SHMGET, IX_SHM_OPEN), "Qt", "qsharedmemory", "" },
	{ -ENOSPC, C(IX_SEMGET, IX_SEM_OPEN), "Qt", "qsystemsemaphore", "out of resources" },
	{ -EACCES, C(IX_SEMGET, IX_SEM_OPEN), "Qt", "qsystemsemaphore", "permission denied" },
	{ 0, C(IX_SEMGET, IX_SEM_OPEN), "Qt", "qsystemsemaphore", "" },
	{ 0, C(IX_SHM_OPEN, IX_FTRUNCATE), "Boost", "boost::interprocess", "" },
	{ 0, C(IX_SHM_OPEN, IX_FTRUNCATE), "Boost", "interprocess_exception", "" },

	{ -ENOSPC, C(IX_FTRUNCATE), "Open MPI", "it appears as if there is not enough space", "" },
	{ 0, C(IX_SHM_OPEN), "Open MPI", "vader_segment", "" },
	{ 0, C(IX_SHM_OPEN), "Open MPI", "during shared memory initialization", "" },
	{ 0, C(IX_SHM_OPEN), "Open MPI", "sm_segment", "" },
	{ 0, C(IX_SHMGET), "UCX", "shmget(size=", "ucx" },
	{ -ENOSPC, C(IX_FTRUNCATE), "NCCL", "nccl", "creating shared memory segment" },
	{ -ENOSPC, C(IX_FTRUNCATE), "NCCL", "nccl", "failed to extend" },
	{ 0, C(IX_SHM_OPEN), "NCCL", "nccl", "attaching to shared mem" },
	{ 0, C(IX_FTRUNCATE), "NCCL", "nccl", "posix_fallocate" },
	{ 0, C(IX_SHM_OPEN, IX_FTRUNCATE), "Fast DDS", "rtps_transport_shm", "" },
	{ -EACCES, C(IX_SHM_OPEN), "Fast DDS", "open_and_lock_file failed", "" },
	{ 0, C(IX_SHM_OPEN), "Fast DDS", "fastrtps_", "" },
	{ 0, C(IX_SHM_OPEN, IX_FTRUNCATE), "Chromium", "creating shared memory in /dev/shm", "" },
	{ 0, C(IX_SHM_OPEN), "Chromium", "unable to access(w_ok|x_ok) /dev/shm", "" },
	{ IX_SIGBUS, C(IX_FTRUNCATE), "Chromium", "session deleted because of page crash", "" },
	{ 0, C(IX_SHMGET), "Java", "reserve", "shared memory" },
	{ 0, C(IX_SHMGET), "GNU Radio", "vmcircbuf_sysv_shm", "" },
	{ 0, C(IX_SHM_OPEN, IX_FTRUNCATE), "Squid", "ipc::mem::segment", "" },
	{ 0, C(IX_SHMGET), "GDK", "gdk", "shmget" },
	{ 0, C(IX_SEMGET), "Firebird", "operating system directive semget", "" },
	{ 0, C(IX_SEMGET), "Semian", "semian", "" },
	{ 0, C(IX_FTRUNCATE), "ZoneMinder", "zm.mmap", "" },
	{ 0, C(IX_SHM_OPEN), "Envoy", "envoy_shared_memory", "" },
	{ 0, C(IX_SHMGET), "ipcmk", "create share memory failed", "" },
	{ 0, C(IX_SEMGET), "ipcmk", "create semaphore failed", "" },
	{ 0, C(IX_MSGGET), "ipcmk", "create message queue failed", "" },

	/* Words of no program in particular. */
	{ IX_SIGBUS, C(IX_FTRUNCATE), "", "bus error", "" },
	{ IX_SIGBUS, C(IX_FTRUNCATE), "", "sigbus", "" },
	{ 0, C(IX_MQ_OPEN), "", "posix message queue", "" },
	{ 0, C(IX_MQ_OPEN), "", "mqueue", "" },
	{ 0, C(IX_MSGGET, IX_MQ_OPEN), "", "message queue", "" },
	{ 0, C(IX_SEMGET, IX_SEM_OPEN), "", "semaphore", "" },
	{ 0, C(IX_SHMGET, IX_SHM_OPEN, IX_FTRUNCATE), "", "shared memory", "" },
	{ 0, C(IX_SHMGET, IX_SHM_OPEN, IX_FTRUNCATE), "", "shared-memory", "" },
	{ 0, C(IX_SHM_OPEN, IX_FTRUNCATE, IX_SEM_OPEN), "", "/dev/shm", "" },
};
/* clang-format on */

const struct ix_saying *ix_saying_find(const struct ix_line *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(sayings); i++)
		if (strstr(l->low, sayings[i].text) && strstr(l->low, sayings[i].also))
			return &sayings[i];
	return NULL;
}

void ix_saying_programs(char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(sayings); i++)
		if (sayings[i].program[0] && !strstr(buf, sayings[i].program) &&
		    at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s%s",
					       at ? ", " : "", sayings[i].program);
}
