/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of fields: name, heading, type, unit, cost and description. Columns,
 * headings, -o, --sort, --where, JSON, the JSON Schema, man pages and completions follow
 * from it.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "ipcx-stress.h"
#include "ipcx.h"

/* clang-format off */
static const struct ipcx_field_info fields[] = {
	/* number                  name              heading         type              unit                   cost               doc */
	[IPCX_F_MECH]           = {"mech",           "MECH",         IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "mechanism"},
	[IPCX_F_REF]            = {"ref",            "REF",          IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "reference to the object, as every command accepts it"},
	[IPCX_F_ID]             = {"id",             "ID",           IPCX_TYPE_INT,    IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "System V id"},
	[IPCX_F_NAME]           = {"name",           "NAME",         IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "name"},
	[IPCX_F_KEY]            = {"key",            "KEY",          IPCX_TYPE_KEY,    IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "System V key, 0x00000000 for a private object"},
	[IPCX_F_OWNER]          = {"owner",          "OWNER",        IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_NAMES,   "owner's name, or uid if it has no name"},
	[IPCX_F_UID]            = {"uid",            "UID",          IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "owner's user id"},
	[IPCX_F_GROUP]          = {"group",          "GROUP",        IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_NAMES,   "owning group's name, or gid if it has no name"},
	[IPCX_F_GID]            = {"gid",            "GID",          IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "owning group's id"},
	[IPCX_F_CREATOR]        = {"creator",        "CREATOR",      IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_NAMES,   "creator's name, or uid if it has no name"},
	[IPCX_F_CUID]           = {"cuid",           "CUID",         IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "creator's user id"},
	[IPCX_F_CREATOR_GROUP]  = {"creator_group",  "CGROUP",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_NAMES,   "name of the creator's group, or gid if it has no name"},
	[IPCX_F_CGID]           = {"cgid",           "CGID",         IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "creator's group id"},
	[IPCX_F_MODE]           = {"mode",           "MODE",         IPCX_TYPE_MODE,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "permission bits, octal"},
	[IPCX_F_SEMNUM]         = {"semnum",         "SEMNUM",       IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "number of the semaphore in its array"},
	[IPCX_F_POSITION]       = {"position",       "POSITION",     IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "position of the message in its queue, from 0"},
	[IPCX_F_MTYPE]          = {"mtype",          "MTYPE",        IPCX_TYPE_INT,    IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "type of the message"},
	[IPCX_F_SIZE]           = {"size",           "SIZE",         IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_CHEAP,   "size"},
	[IPCX_F_ALLOCATED]      = {"allocated",      "ALLOC",        IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_CHEAP,   "memory that is actually allocated"},
	[IPCX_F_RSS]            = {"rss",            "RSS",          IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_COSTLY,  "resident memory, from /proc/sysvipc (0 for huge pages)"},
	[IPCX_F_SWAP]           = {"swap",           "SWAP",         IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_COSTLY,  "memory in swap, from /proc/sysvipc"},
	[IPCX_F_NATTCH]         = {"nattch",         "NATTCH",       IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "attaches (mappings, not processes)"},
	[IPCX_F_STATUS]         = {"status",         "STATUS",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "dest (destroyed on the last detach), locked, both separated by a comma, or empty"},
	[IPCX_F_DEST]           = {"dest",           "DEST",         IPCX_TYPE_BOOL,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "already removed, and destroyed on the last detach (SHM_DEST)"},
	[IPCX_F_LOCKED]         = {"locked",         "LOCKED",       IPCX_TYPE_BOOL,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "locked in memory (SHM_LOCKED)"},
	[IPCX_F_CBYTES]         = {"cbytes",         "CBYTES",       IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_CHEAP,   "bytes of all messages in the queue"},
	[IPCX_F_QNUM]           = {"qnum",           "QNUM",         IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "messages in the queue"},
	[IPCX_F_QBYTES]         = {"qbytes",         "QBYTES",       IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_CHEAP,   "maximum number of bytes in the queue (msg_qbytes)"},
	[IPCX_F_USE_PERCENT]    = {"use_percent",    "USE%",         IPCX_TYPE_REAL,   IPCX_UNIT_PERCENT,     IPCX_COST_CHEAP,   "how full the queue is: by bytes or by messages, whichever is more"},
	[IPCX_F_NSEMS]          = {"nsems",          "NSEMS",        IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "semaphores in the array"},
	[IPCX_F_MAXMSG]         = {"maxmsg",         "MAXMSG",       IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "maximum number of messages in the queue (mq_maxmsg)"},
	[IPCX_F_MSGSIZE]        = {"msgsize",        "MSGSIZE",      IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_CHEAP,   "longest message (mq_msgsize)"},
	[IPCX_F_CURMSGS]        = {"curmsgs",        "CURMSGS",      IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "messages in the queue"},
	[IPCX_F_QSIZE]          = {"qsize",          "QSIZE",        IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_COSTLY,  "bytes of all messages in the queue (the kernel sets the queue's atime and ctime when this is read)"},
	[IPCX_F_NOTIFY]         = {"notify",         "NOTIFY",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "how the registered process is notified of a message: signal, thread, none (read like qsize)"},
	[IPCX_F_NOTIFY_PID]     = {"notify_pid",     "NOTIFYPID",    IPCX_TYPE_INT,    IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "process registered with mq_notify(3) (read like qsize)"},
	[IPCX_F_NOTIFY_SIGNAL]  = {"notify_signal",  "NOTIFYSIG",    IPCX_TYPE_INT,    IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "signal sent to the registered process (read like qsize)"},
	[IPCX_F_VALUE]          = {"value",          "VALUE",        IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "value of the semaphore"},
	[IPCX_F_LINKS]          = {"links",          "LINKS",        IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "number of hard links to the file"},
	[IPCX_F_CPID]           = {"cpid",           "CPID",         IPCX_TYPE_INT,    IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "process that created the object"},
	[IPCX_F_LPID]           = {"lpid",           "LPID",         IPCX_TYPE_INT,    IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "process that last attached, detached or operated on the object"},
	[IPCX_F_LSPID]          = {"lspid",          "LSPID",        IPCX_TYPE_INT,    IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "process that last sent a message"},
	[IPCX_F_LRPID]          = {"lrpid",          "LRPID",        IPCX_TYPE_INT,    IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "process that last received a message"},
	[IPCX_F_COMMAND]        = {"command",        "COMMAND",      IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "command of the process that created the object, if it still runs"},
	[IPCX_F_CREATOR_ALIVE]  = {"creator_alive",  "ALIVE",        IPCX_TYPE_BOOL,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "whether the process that created the object still runs"},
	[IPCX_F_CTIME]          = {"ctime",          "CTIME",        IPCX_TYPE_TIME,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "time of creation or last change"},
	[IPCX_F_AGE]            = {"age",            "AGE",          IPCX_TYPE_UINT,   IPCX_UNIT_SECONDS,     IPCX_COST_CHEAP,   "time since ctime"},
	[IPCX_F_ATIME]          = {"atime",          "ATIME",        IPCX_TYPE_TIME,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "last attach, or last access"},
	[IPCX_F_DTIME]          = {"dtime",          "DTIME",        IPCX_TYPE_TIME,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "last detach"},
	[IPCX_F_MTIME]          = {"mtime",          "MTIME",        IPCX_TYPE_TIME,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "last change of the contents"},
	[IPCX_F_STIME]          = {"stime",          "STIME",        IPCX_TYPE_TIME,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "last send"},
	[IPCX_F_RTIME]          = {"rtime",          "RTIME",        IPCX_TYPE_TIME,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "last receive"},
	[IPCX_F_OTIME]          = {"otime",          "OTIME",        IPCX_TYPE_TIME,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "last semop(2)"},
	[IPCX_F_ID_INDEX]       = {"id_index",       "INDEX",        IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "slot of the id in the kernel's table"},
	[IPCX_F_ID_SEQ]         = {"id_seq",         "SEQ",          IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "sequence number of the id: increases whenever the kernel starts again at the lowest slot"},
	[IPCX_F_SEMPID]         = {"sempid",         "SEMPID",       IPCX_TYPE_INT,    IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "process that last changed the semaphore"},
	[IPCX_F_SEMNCNT]        = {"semncnt",        "SEMNCNT",      IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "threads that wait for the value to rise"},
	[IPCX_F_SEMZCNT]        = {"semzcnt",        "SEMZCNT",      IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "threads that wait for the value to be 0"},
	[IPCX_F_LIMIT]          = {"limit",          "LIMIT",        IPCX_TYPE_UINT,   IPCX_UNIT_VARIES,      IPCX_COST_CHEAP,   "value of the limit, in its unit"},
	[IPCX_F_USED]           = {"used",           "USED",         IPCX_TYPE_UINT,   IPCX_UNIT_VARIES,      IPCX_COST_CHEAP,   "how much of the limit is used"},
	[IPCX_F_PERCENT]        = {"percent",        "USE%",         IPCX_TYPE_REAL,   IPCX_UNIT_PERCENT,     IPCX_COST_CHEAP,   "use as a percentage of the limit"},
	[IPCX_F_UNIT]           = {"unit",           "UNIT",         IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "unit of limit and used"},
	[IPCX_F_SOURCE]         = {"source",         "SOURCE",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "where the limit is set"},
	[IPCX_F_WHAT]           = {"what",           "WHAT",         IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "what is limited"},
	[IPCX_F_NEEDED]         = {"needed",         "NEEDED",       IPCX_TYPE_UINT,   IPCX_UNIT_VARIES,      IPCX_COST_CHEAP,   "how much of the limit the objects need"},
	[IPCX_F_FITS]           = {"fits",           "FITS",         IPCX_TYPE_BOOL,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "whether the limit leaves as much as is needed"},
	[IPCX_F_RAISE_TO]       = {"raise_to",       "RAISE-TO",     IPCX_TYPE_UINT,   IPCX_UNIT_VARIES,      IPCX_COST_CHEAP,   "the smallest limit that would suffice"},
	[IPCX_F_PATH]           = {"path",           "PATH",         IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "file from which the key is computed"},
	[IPCX_F_PROJ]           = {"proj",           "PROJ",         IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "low byte of the project number of ftok(3)"},
	[IPCX_F_EXISTED]        = {"existed",        "EXISTED",      IPCX_TYPE_BOOL,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "whether the object existed before"},
	[IPCX_F_INODE]          = {"inode",          "INODE",        IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "inode number of the file"},
	[IPCX_F_DEVICE]         = {"device",         "DEVICE",       IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "device number of the file's file system"},
	[IPCX_F_NS]             = {"ns",             "NS",           IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "inode number of the IPC namespace"},
	[IPCX_F_NS_ID]          = {"ns_id",          "NS-ID",        IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "the kernel's unique number of the namespace, which is never reused"},
	[IPCX_F_CONTAINER]      = {"container",      "CONTAINER",    IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "the (first) container, as [UID/][OUTER/]RUNTIME:NAME"},
	[IPCX_F_RUNTIME]        = {"runtime",        "RUNTIME",      IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "runtime of the (first) container"},
	[IPCX_F_CONTAINER_ID]   = {"container_id",   "CONTAINER-ID", IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "id of the container"},
	[IPCX_F_POD]            = {"pod",            "POD",          IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "pod that the (first) container belongs to"},
	[IPCX_F_POD_NAMESPACE]  = {"pod_namespace",  "POD-NS",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "Kubernetes namespace of the pod"},
	[IPCX_F_IPC_MODE]       = {"ipc_mode",       "IPC-MODE",     IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "IPC namespace of the container according to the runtime's own files"},
	[IPCX_F_PID]            = {"pid",            "PID",          IPCX_TYPE_INT,    IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "process; for a namespace, its oldest process"},
	[IPCX_F_TID]            = {"tid",            "TID",          IPCX_TYPE_INT,    IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "thread"},
	[IPCX_F_STARTED]        = {"started",        "STARTED",      IPCX_TYPE_TIME,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "when the process started"},
	[IPCX_F_PROCESSES]      = {"processes",      "PROCS",        IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "processes in the namespace"},
	[IPCX_F_THREADS]        = {"threads",        "THREADS",      IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "threads in the namespace whose process is in another namespace"},
	[IPCX_F_MOUNTS]         = {"mounts",         "MOUNTS",       IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "mount points of the namespace, over all mount namespaces"},
	[IPCX_F_FDS]            = {"fds",            "FDS",          IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "open descriptors"},
	[IPCX_F_KEPT_BY]        = {"kept_by",        "KEPT-BY",      IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "what keeps it alive: of a namespace processes, threads, mounts, fds; of an unlinked file the processes that use it"},
	[IPCX_F_PIN]            = {"pin",            "PIN",          IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "name under which the namespace is pinned"},
	[IPCX_F_USER_NS]        = {"user_ns",        "USER-NS",      IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "inode number of the user namespace that owns the IPC namespace"},
	[IPCX_F_USER_NS_UID]    = {"user_ns_uid",    "USER-NS-UID",  IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "user id of the creator of the owning user namespace"},
	[IPCX_F_USER_NS_OWNER]  = {"user_ns_owner",  "USER-NS-OWNER",IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_NAMES,   "user name of the creator of the owning user namespace"},
	[IPCX_F_MNT_NS]         = {"mnt_ns",         "MNT-NS",       IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "inode number of the mount namespace"},
	[IPCX_F_SHM_DEVICE]     = {"shm_device",     "SHM-DEV",      IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "identity of the /dev/shm directory: MAJOR:MINOR of the device, and inode"},
	[IPCX_F_MQUEUE_DEVICE]  = {"mqueue_device",  "MQUEUE-DEV",   IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "identity of the /dev/mqueue directory: MAJOR:MINOR of the device, and inode"},
	[IPCX_F_OBJECTS]        = {"objects",        "OBJECTS",      IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "number of objects"},
	[IPCX_F_BYTES]          = {"bytes",          "BYTES",        IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_CHEAP,   "bytes in these objects: segments, messages of System V queues, files"},
	[IPCX_F_FIRST]          = {"first",          "FIRST",        IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "value on the first side"},
	[IPCX_F_SECOND]         = {"second",         "SECOND",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "value on the second side"},
	[IPCX_F_SAME]           = {"same",           "SAME",         IPCX_TYPE_BOOL,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "whether both values are the same"},
	[IPCX_F_FOLLOWS]        = {"follows",        "FOLLOWS",      IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "what the result means for programs on both sides"},
	[IPCX_F_CONTAINER_UID]  = {"container_uid",  "CONTAINER-UID",IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "user id from whose files the name of the (first) container comes"},
	[IPCX_F_IDLE]           = {"idle",           "IDLE",         IPCX_TYPE_UINT,   IPCX_UNIT_SECONDS,     IPCX_COST_CHEAP,   "seconds since the object was last used: 0 while attached; unknown if use of it is not recorded"},
	[IPCX_F_CPID_ALIVE]     = {"cpid_alive",     "CPID-ALIVE",   IPCX_TYPE_BOOL,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "whether the process with the PID cpid still runs"},
	[IPCX_F_LPID_ALIVE]     = {"lpid_alive",     "LPID-ALIVE",   IPCX_TYPE_BOOL,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "whether the process with the PID lpid still runs"},
	[IPCX_F_LSPID_ALIVE]    = {"lspid_alive",    "LSPID-ALIVE",  IPCX_TYPE_BOOL,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "whether the process with the PID lspid still runs"},
	[IPCX_F_LRPID_ALIVE]    = {"lrpid_alive",    "LRPID-ALIVE",  IPCX_TYPE_BOOL,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "whether the process with the PID lrpid still runs"},
	[IPCX_F_CEILING]        = {"ceiling",        "CEILING",      IPCX_TYPE_UINT,   IPCX_UNIT_VARIES,      IPCX_COST_CHEAP,   "the highest value to which the kernel allows setting the limit"},
	[IPCX_F_DATA]           = {"data",           "DATA",         IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "first 60 bytes of the message as text, up to a NUL; … if there are more"},
	[IPCX_F_USER_COUNT]     = {"user_count",     "USERS",        IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "processes that have the object mapped or open; unknown if some could not be looked at"},
	[IPCX_F_IN_USE]         = {"in_use",         "IN-USE",       IPCX_TYPE_BOOL,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "whether the object is in use; if unknown, treat it as used"},
	[IPCX_F_IN_USE_REASON]  = {"in_use_reason",  "WHY",          IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "what in_use is based on"},
	[IPCX_F_HUGEPAGESIZE]   = {"hugepagesize",   "HUGE",         IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_COSTLY,  "size of its huge pages; none if it has ordinary pages"},
	[IPCX_F_HOW]            = {"how",            "HOW",          IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "how the process uses the object: mapped, open, both, notify, last-op"},
	[IPCX_F_ACCESS]         = {"access",         "ACCESS",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "what the process may do with it: r (read), w (write), rw"},
	[IPCX_F_MAPPINGS]       = {"mappings",       "MAPPINGS",     IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "mappings of the object in the process"},
	[IPCX_F_ADDRESS]        = {"address",        "ADDRESS",      IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "address of the first mapping"},
	[IPCX_F_MAPPED]         = {"mapped",         "MAPPED",       IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_CHEAP,   "bytes of the object that the process has mapped"},
	[IPCX_F_BASIS]          = {"basis",          "BASIS",        IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "where the fact comes from: kernel, memory (of a process), inferred"},
	[IPCX_F_SEALS]          = {"seals",          "SEALS",        IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "seals of the file: seal, shrink, grow, write, future-write, exec"},
	[IPCX_F_READERS]        = {"readers",        "READERS",      IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "processes that have the pipe open for reading"},
	[IPCX_F_WRITERS]        = {"writers",        "WRITERS",      IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "processes that have the pipe open for writing"},
	[IPCX_F_CAPACITY]       = {"capacity",       "CAPACITY",     IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_COSTLY,  "bytes that the pipe can hold (read like buffered)"},
	[IPCX_F_BUFFERED]       = {"buffered",       "BUFFERED",     IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_COSTLY,  "bytes in the pipe (its descriptor is duplicated for microseconds, which may delay end-of-file and SIGPIPE as long)"},
	[IPCX_F_WAITERS]        = {"waiters",        "WAITERS",      IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "threads that wait for the object; unknown if some could not be looked at"},
	[IPCX_F_CALL]           = {"call",           "CALL",         IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "the call in which the thread waits"},
	[IPCX_F_WANTS]          = {"wants",          "WANTS",        IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "what the thread waits for"},
	[IPCX_F_OP]             = {"op",             "OP",           IPCX_TYPE_INT,    IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "the operation that blocks: what it adds to the semaphore; 0 waits for zero"},
	[IPCX_F_UNDO]           = {"undo",           "UNDO",         IPCX_TYPE_BOOL,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "whether the operation that blocks has SEM_UNDO"},
	[IPCX_F_OFFSET]         = {"offset",         "OFFSET",       IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_CHEAP,   "where in the object the futex is"},
	[IPCX_F_TIMEOUT]        = {"timeout",        "TIMEOUT",      IPCX_TYPE_UINT,   IPCX_UNIT_NANOSECONDS, IPCX_COST_CHEAP,   "timeout of the call, as asked; what is left of it if the call takes a point in time"},
	[IPCX_F_TASK_STATE]     = {"task_state",     "STATE",        IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "state of the thread: S (sleeping) or D (not interruptible)"},
	[IPCX_F_HELD_BY]        = {"held_by",        "HELD-BY",      IPCX_TYPE_INT,    IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "PID of the process that holds the lock, operated last on the semaphore, or alone could end the wait"},
	[IPCX_F_HELD_GRADE]     = {"held_grade",     "HELD-GRADE",   IPCX_TYPE_GRADE,  IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "how sure held_by is: possible, likely, certain"},
	[IPCX_F_WAKER]          = {"waker",          "WAKER",        IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "who could end the wait; ? marks a guess"},
	[IPCX_F_VERDICT]        = {"verdict",        "WHY",          IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "why the wait may never end"},
	[IPCX_F_GRADE]          = {"grade",          "GRADE",        IPCX_TYPE_GRADE,  IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "how sure the verdict is: possible, likely, certain"},
	[IPCX_F_CYCLE]          = {"cycle",          "CYCLE",        IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "threads with the same number wait for each other"},
	[IPCX_F_SINCE]          = {"since",          "SINCE",        IPCX_TYPE_TIME,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "the thread waits at least since then"},
	[IPCX_F_CONTAINERS]     = {"containers",     "CONTAINERS",   IPCX_TYPE_ROWS,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "the containers, each a row of its own; as text their labels, separated by commas"},
	[IPCX_F_POD_NS]         = {"pod_ns",         "POD-NS",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "Kubernetes namespace of the (first) container's pod"},
	[IPCX_F_SYSTEMD_UNIT]   = {"systemd_unit",   "UNIT",         IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "systemd unit of the (first) container"},
	[IPCX_F_KEEPERS]        = {"keepers",        "KEEPERS",      IPCX_TYPE_ROWS,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "what keeps the namespace alive, each a row of its own"},
	[IPCX_F_KEEPER]         = {"keeper",         "KEEPER",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "what keeps it, in words"},
	[IPCX_F_KIND]           = {"kind",           "KIND",         IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "what it is that keeps it: process, thread, fd, mount, mapping, pin"},
	[IPCX_F_FD]             = {"fd",             "FD",           IPCX_TYPE_INT,    IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "number of the open descriptor"},
	[IPCX_F_LET_GO]         = {"let_go",         "LET-GO",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "how to make it let go"},
	[IPCX_F_SHARES]         = {"shares",         "SHARES",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "what is shared: ipc, shm, mqueue, separated by commas"},
	[IPCX_F_USER_NS_PARENT] = {"user_ns_parent", "USER-NS-PARENT", IPCX_TYPE_UINT, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "inode number of the parent of the owning user namespace"},
	[IPCX_F_FIX]            = {"fix",            "FIX",          IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "what to do about it"},
	[IPCX_F_DIRECTORY]      = {"directory",      "DIRECTORY",    IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "directory that was the /dev/shm of a container that has ended"},
	[IPCX_F_ERROR]          = {"error",         "ERROR",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "how the call failed: the name of an errno, SIGBUS or blocks"},
	[IPCX_F_CAUSE]          = {"cause",         "CAUSE",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "a reason for which the call fails in this way"},
	[IPCX_F_APPLIES]        = {"applies",       "APPLIES",     IPCX_TYPE_BOOL,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "whether that is so now; unknown if it cannot be told"},
	[IPCX_F_EVIDENCE]       = {"evidence",      "EVIDENCE",    IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "what the answer rests on"},
	[IPCX_F_PROGRAM]        = {"program",       "PROGRAM",     IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "the program that writes such lines"},
	[IPCX_F_FINDING]        = {"finding",       "FINDING",     IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "kind of finding, a word"},
	[IPCX_F_COUNT]          = {"count",         "COUNT",       IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "number of rows in the group"},
	[IPCX_F_ATTACHED]       = {"attached",      "ATTACHED",    IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "number of them that are attached or in use"},
	[IPCX_F_OLDEST]         = {"oldest",        "OLDEST",      IPCX_TYPE_TIME,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "the least recent last use in the group"},
	[IPCX_F_NEWEST]         = {"newest",        "NEWEST",      IPCX_TYPE_TIME,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "the most recent last use in the group"},
	[IPCX_F_PLACE]          = {"place",         "PLACE",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "where the memory is"},
	[IPCX_F_RESIDENT]       = {"resident",      "RESIDENT",    IPCX_TYPE_UINT,   IPCX_UNIT_BYTES,       IPCX_COST_CHEAP,   "bytes of it in memory"},
	[IPCX_F_INODES]         = {"inodes",        "INODES",      IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "number of files that the file system can hold"},
	[IPCX_F_INODES_USED]    = {"inodes_used",   "IUSED",       IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "number of files in it, also nameless ones"},
	[IPCX_F_WAY]            = {"way",           "WAY",         IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "how the key is made of the file"},
	[IPCX_F_SCOPE]          = {"scope",         "SCOPE",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "what shares the limit: the objects of a namespace, a process and its children, or the whole machine"},
	[IPCX_F_MESSAGE_COUNT]  = {"message_count", "MESSAGES",    IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "messages in these queues"},
	[IPCX_F_SEMAPHORE_COUNT] = {"semaphore_count", "SEMAPHORES", IPCX_TYPE_UINT, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "semaphores in these arrays"},
	[IPCX_F_ATTACHES]       = {"attaches",      "ATTACHES",    IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "attaches of these segments (mappings, not processes)"},
	[IPCX_F_UNATTACHED_COUNT] = {"unattached_count", "UNATTACHED", IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "number of segments that no process has attached"},
	[IPCX_F_UNATTACHED_BYTES] = {"unattached_bytes", "UNATTACHED-BYTES", IPCX_TYPE_UINT, IPCX_UNIT_BYTES, IPCX_COST_CHEAP, "bytes in segments that no process has attached"},
	[IPCX_F_FULLEST]        = {"fullest",       "FULLEST",     IPCX_TYPE_REAL,   IPCX_UNIT_PERCENT,     IPCX_COST_CHEAP,   "how full the fullest of these queues is: by bytes or by messages, whichever is more"},
	[IPCX_F_UNUSED_COUNT] = {"unused_count", "UNUSED", IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_COSTLY,  "number of objects that are certainly not in use"},
	[IPCX_F_UNUSED_BYTES]   = {"unused_bytes",  "UNUSED-BYTES", IPCX_TYPE_UINT,  IPCX_UNIT_BYTES,       IPCX_COST_COSTLY,  "bytes in objects that are certainly not in use"},
	[IPCX_F_WORKLOAD]       = {"workload",       "WORKLOAD",     IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "kind of load"},
	[IPCX_F_OPERATION]      = {"operation",      "OPERATION",    IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "what was measured"},
	[IPCX_F_CPUS]           = {"cpus",           "CPUS",         IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "CPUs that the workers ran on: 1, 2, or any"},
	[IPCX_F_WORKERS]        = {"workers",        "WORKERS",      IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "processes at work"},
	[IPCX_F_OPS]            = {"ops",            "OPS",          IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "number of operations"},
	[IPCX_F_SAMPLES]        = {"samples",        "SAMPLES",      IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "number of timed operations, from which mean, percentiles and max are computed"},
	[IPCX_F_ELAPSED]        = {"elapsed",        "ELAPSED",      IPCX_TYPE_UINT,   IPCX_UNIT_NANOSECONDS, IPCX_COST_CHEAP,   "how long the run took"},
	[IPCX_F_RATE]           = {"rate",           "RATE",         IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "operations per second, of all workers together"},
	[IPCX_F_MEAN]           = {"mean",           "MEAN",         IPCX_TYPE_UINT,   IPCX_UNIT_NANOSECONDS, IPCX_COST_CHEAP,   "mean duration of an operation"},
	[IPCX_F_P50]            = {"p50",            "P50",          IPCX_TYPE_UINT,   IPCX_UNIT_NANOSECONDS, IPCX_COST_CHEAP,   "half of the operations took no longer than this"},
	[IPCX_F_P90]            = {"p90",            "P90",          IPCX_TYPE_UINT,   IPCX_UNIT_NANOSECONDS, IPCX_COST_CHEAP,   "90 of 100 operations took no longer than this"},
	[IPCX_F_P99]            = {"p99",            "P99",          IPCX_TYPE_UINT,   IPCX_UNIT_NANOSECONDS, IPCX_COST_CHEAP,   "99 of 100 operations took no longer than this"},
	[IPCX_F_P999]           = {"p999",           "P99.9",        IPCX_TYPE_UINT,   IPCX_UNIT_NANOSECONDS, IPCX_COST_CHEAP,   "999 of 1,000 operations took no longer than this"},
	[IPCX_F_MAX]            = {"max",            "MAX",          IPCX_TYPE_UINT,   IPCX_UNIT_NANOSECONDS, IPCX_COST_CHEAP,   "longest timed operation"},
	[IPCX_F_ERRORS]         = {"errors",         "ERRORS",       IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "calls that failed but should have succeeded"},
	[IPCX_F_ERRNOS]         = {"errnos",         "ERRNOS",       IPCX_TYPE_STRING, IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "number of failed calls by errno: ENOSPC:3,EINVAL:1"},
	[IPCX_F_FAULTS]         = {"faults",         "FAULTS",       IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "broken promises of the kernel, over all operations of the run"},
	[IPCX_F_CPU_TIME]       = {"cpu_time",       "CPU-TIME",     IPCX_TYPE_UINT,   IPCX_UNIT_NANOSECONDS, IPCX_COST_CHEAP,   "CPU time of the workers, over all operations of the run"},
	[IPCX_F_SWITCHES]       = {"switches",       "SWITCHES",     IPCX_TYPE_UINT,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "context switches of the workers"},
	[IPCX_F_RATIO]          = {"ratio",          "RATIO",        IPCX_TYPE_REAL,   IPCX_UNIT_PLAIN,       IPCX_COST_CHEAP,   "how many times slower than the fastest"},
};
/* clang-format on */

_Static_assert(ARRAY_SIZE(fields) <= IPCX_NO_FIELD, "a set has a bit for each field");

unsigned ipcx_field_count(void)
{
	return ARRAY_SIZE(fields);
}

const struct ipcx_field_info *ipcx_field_info(enum ipcx_field field)
{
	return (unsigned)field < ARRAY_SIZE(fields) && fields[field].name ? &fields[field]
									  : NULL;
}

const char *ipcx_cost_name(enum ipcx_cost cost)
{
	static const char *const names[] = {
		[IPCX_COST_CHEAP] = "cheap",
		[IPCX_COST_NAMES] = "names",
		[IPCX_COST_COSTLY] = "dear",
	};

	return (unsigned)cost < ARRAY_SIZE(names) ? names[cost] : NULL;
}

int ipcx_field_by_name(const char *name, size_t len, enum ipcx_field *ret_field)
{
	if (!name || !ret_field)
		return -EINVAL;
	if (len == (size_t)-1)
		len = strlen(name);
	for (unsigned f = 0; f < ARRAY_SIZE(fields); f++) {
		if (!fields[f].name || strncasecmp(fields[f].name, name, len) ||
		    fields[f].name[len])
			continue;
		*ret_field = (enum ipcx_field)f;
		return 0;
	}
	return -ENOENT;
}
