/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libipcx lists, creates, changes and removes the Linux IPC objects that outlive their
 * process: System V and POSIX shared memory, message queues and semaphores. libipcx also
 * reads and sets their limits, finds and enters IPC namespaces, and reads and writes the
 * contents of objects.
 *
 * Every answer is a table of rows with typed fields. ipcx_scan() returns a snapshot of
 * objects, ipcx_limits() the limits, ipcx_contents() the semaphores of an array or the
 * messages of a queue; ipcx_row_get() reads one field of one row of any table. Fields,
 * mechanisms and limits describe themselves at run time (ipcx_field_info(),
 * ipcx_mech_info(), ipcx_limit_name()), so that a program can handle those added after it
 * was written. The header works with C99 and C++11.
 *
 * Errors: a function that returns int returns 0 (or a documented positive number) on
 * success and -errno on failure; ipcx_error() then returns one line that says what
 * failed, on which object, and why. Outputs are the last parameters, are called ret_…,
 * and are untouched on failure. Every function that returns int fails with -EINVAL if a
 * required pointer is NULL, a flag is unknown or a number is out of range, with -E2BIG if
 * a struct sets something that only a newer library knows, and with -ENOMEM; the other
 * errors are listed with each function. Functions that return anything else treat NULL as
 * empty: no rows, no note, no value.
 *
 * A call succeeds even if some data cannot be read, for lack of rights or of kernel
 * support: the table then contains what could be read, and notes on what could not be
 * read (ipcx_table_note()). Each object that could not be removed or changed is reported
 * by a note, too. ipcx_table_complete() says whether anything is missing,
 * ipcx_table_failures() how many objects failed. A single unknown value has the type
 * IPCX_TYPE_NONE.
 *
 * Ownership: the caller owns what a function stores in ret_… and frees it with the
 * function named there; all of these functions accept NULL. Tables and conditions may
 * outlive their context; scanners, memory, queues, namespaces and stress runs must be
 * freed before it. Notes live as long as their table, the string of a value as long as
 * the table and the struct it was read into, the text of ipcx_error() until the next call
 * with that context. What ipcx_field_info(), ipcx_mech_info() and similar functions
 * return is static.
 *
 * Strings: names that users chose, in any encoding and possibly with control characters,
 * are returned byte for byte as the kernel reports them. References (IPCX_F_REF,
 * ipcx_ref_format()) are safe to print.
 *
 * Threads: a context may be used by one thread at a time; contexts are independent of
 * each other, and there is no global state. Tables and conditions are immutable: any
 * number of threads may read the same one until it is freed.
 *
 * Some calls fork without execve(2): ipcx_stress_start(), and calls of a context whose
 * namespace (ipcx_use()) can be reached only through a user namespace that the caller
 * owns, or whose mounts belong to a user namespace other than the caller's. The child
 * allocates memory and may use NSS. In a multithreaded process, forking is safe for
 * malloc(3) with glibc 2.24 or newer; but if another thread holds a lock of NSS or of
 * another library at the moment of the fork, the child can never acquire that lock. Use
 * IPCX_NUMERIC in such a process.
 *
 * Where calls act: in the namespaces and below the root directory of the calling process,
 * unless the context was made by ipcx_new_at() or uses another namespace (ipcx_use()).
 *
 * Environment: the library never prints, never ends the process, and changes neither
 * signal handlers nor the namespaces of the calling thread (ipcx_ns_enter() and
 * ipcx_ns_new() are the exceptions). Every descriptor is opened with O_CLOEXEC. The only
 * environment variable that the library reads is TZ, through tzset(3), to interpret a
 * time without a zone in a condition as local time. User and group names are resolved
 * through the C library (NSS) unless IPCX_NUMERIC is given.
 *
 * Versions: a struct that the caller fills, or passes to be filled, begins with a member
 * size: set it to the sizeof of the struct, and every unused member to 0. A smaller
 * struct, of a program compiled with an older header, is completed with zeros. A larger
 * struct is accepted if the part unknown to this library is zero; otherwise the call
 * fails with -E2BIG and does nothing, so that no filter is ever ignored. Structs that the
 * library returns by pointer may get members at the end. struct ipcx_ref and struct
 * ipcx_value have the same size in every version. Fields and flags keep their numbers.
 * Mechanism numbers may differ between versions: look them up by name.
 */
#ifndef IPCX_H
#define IPCX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/* ---- ipcx_new(3): make and free a context ---- */
/*
 * Nearly every function takes a context. A context holds directory descriptors, caches of
 * user and group names, and the text of the last error.
 *
 * @example version.c
 */

/** A context. */
struct ipcx;

/**
 * Make a context that acts in the namespaces and below the root directory of the calling
 * process. Opens no file.
 *
 * @param ret_x the new context; free it with ipcx_free()
 * @return 0, or -errno
 */
int ipcx_new(struct ipcx **ret_x);

/** Bits of the member set in struct ipcx_base: which members to use, and a flag. */
#define IPCX_BASE_ROOT (UINT64_C(1) << 0) /**< root_fd is set */
#define IPCX_BASE_PROC (UINT64_C(1) << 1) /**< proc_fd is set */
#define IPCX_BASE_NS   (UINT64_C(1) << 2) /**< ns_fd is set */
/** Act in the IPC namespace of process 1 in the /proc that proc_fd refers to and, unless
 * IPCX_BASE_ROOT is given, below the root directory of that process. */
#define IPCX_BASE_INIT (UINT64_C(1) << 3)

/** What a context uses instead of the directories and namespace of its process. Set size
 * to sizeof(struct ipcx_base); only the members named in set are read. */
struct ipcx_base {
	size_t size;
	uint64_t set; /**< IPCX_BASE_… bits */
	int root_fd;  /**< a root directory, whose /dev/shm, /proc and /run are used */
	int proc_fd;  /**< a mounted procfs, such as /host/proc */
	int ns_fd;    /**< an IPC namespace: an open /proc/PID/ns/ipc */
	int reserved; /**< must be 0 */
};

/** The size of struct ipcx_base in the first version. */
#define IPCX_BASE_SIZE_0_1 (offsetof(struct ipcx_base, reserved) + sizeof(int))

/**
 * Make a context that uses descriptors of the caller. The descriptors are duplicated, so
 * the caller may close its own.
 *
 * The files about IPC in another /proc (/proc/sysvipc, /proc/sys/kernel/shm*) show the
 * namespace of the reader, not of the processes listed there. A monitor in a container
 * with the host's /proc at /host/proc therefore needs IPCX_BASE_PROC | IPCX_BASE_INIT:
 * calls then also enter the namespace. With IPCX_BASE_PROC, process ids are those of the
 * given /proc.
 *
 * With IPCX_BASE_ROOT and a root directory that is not the caller's own, containers are
 * named as process 1 of that /proc would name them: by the files below root_fd, and by
 * processes in the namespaces of process 1. They have no names unless root_fd is the root
 * directory of process 1, and the PID namespace of that /proc is the caller's or contains
 * it.
 *
 * ipcx_use() with NULL returns to the namespace of this base. If ipcx_ns_enter() or
 * ipcx_ns_new() moves the process, the context leaves its base, and acts in the
 * namespaces and below the root directory of the process from then on.
 *
 * @param base what to use
 * @param ret_x the new context; free it with ipcx_free()
 * @return 0, or -errno; no text is available, as there is no context
 * @retval -EINVAL a descriptor is not of the required kind (proc_fd must be the root of a
 * procfs), or IPCX_BASE_INIT is given without IPCX_BASE_PROC or with IPCX_BASE_NS
 * @retval -EBADF a descriptor is not open
 * @retval -EACCES the namespace or root directory of process 1 may not be opened
 * @retval -ENOENT process 1, or one of its files, is missing in that /proc
 */
int ipcx_new_at(const struct ipcx_base *base, struct ipcx **ret_x);

/** Free a context. Tables and conditions made with the context stay valid. x may be NULL.
 */
void ipcx_free(struct ipcx *x);

/**
 * Set the time relative to which ages are computed in all further calls with this
 * context, so that several queries return the same ages (for example slices, or a list
 * and the removal that follows it). Objects created after the given time have the age 0.
 *
 * @param now seconds since the epoch; 0 (the default): the time of each snapshot
 */
void ipcx_clock(struct ipcx *x, int64_t now);

/* ---- ipcx_error(3): learn why a call failed ---- */
/*
 * The context keeps the text, the kind and a hint for its last failure.
 *
 * @example limits.c limits_failed
 */

/**
 * Return the text of the last failure in this context.
 *
 * @return one line without a newline, "" before the first failure; owned by the context
 * and valid until its next call
 */
const char *ipcx_error(const struct ipcx *x);

/** Kinds of failures. New kinds may be added at the end. */
enum ipcx_failure {
	IPCX_FAILURE_OTHER,   /**< the request was valid, but could not be fulfilled */
	IPCX_FAILURE_REQUEST, /**< the request is not valid; nothing was done */
	IPCX_FAILURE_MISSING, /**< an object, namespace, process or container named by the
				 caller does not exist (any more) */
	IPCX_FAILURE_TIME,    /**< the call timed out, or would have to wait */
};

/** Return the kind of the failure that ipcx_error() describes. The errno alone is
 * ambiguous: -ENOENT may also mean that a file which the call needs, such as one in
 * /proc, does not exist. */
enum ipcx_failure ipcx_failure(const struct ipcx *x);

/** What could help after a failure. Error texts name no options or buttons; a program
 * adds the hint in its own words. New hints may be added at the end. */
enum ipcx_hint_kind {
	IPCX_HINT_NONE,          /**< no hint */
	IPCX_HINT_TAKE_EXISTING, /**< IPCX_A_IF_MISSING would accept the existing object */
	IPCX_HINT_NORESERVE,     /**< IPCX_A_NORESERVE would not reserve swap space */
	IPCX_HINT_SET_OWNER,     /**< IPCX_A_UID and IPCX_A_GID set the owner */
	IPCX_HINT_SET_LIMIT,     /**< set the limit subject to value (ipcx_limit_set()) */
	IPCX_HINT_ENTER_MOUNT,   /**< IPCX_ENTER_MOUNT is needed as well */
	IPCX_HINT_COUNT,         /**< a scan of the queue subject shows how full it is */
	IPCX_HINT_NOTIFY_PID,    /**< the field notify_pid of the queue subject has the
				    process */
	IPCX_HINT_STAY, /**< the target is the caller's own namespace: omit ipcx_use() */
	IPCX_HINT_KEY, /**< no object has the id that the reference subject names, but one
			  of the mechanism has this number as its key */
};

/** A hint. Made by the library: members may be added at the end. */
struct ipcx_hint {
	enum ipcx_hint_kind kind; /**< what could help */
	const char *subject;      /**< the name of a limit, a reference, or "" */
	uint64_t value; /**< the value to which the limit must be raised, or 0 */
};

/**
 * Return the hint for the last failure.
 *
 * @return never NULL, but mostly of the kind IPCX_HINT_NONE; owned by the context and
 * valid until its next call
 */
const struct ipcx_hint *ipcx_error_hint(const struct ipcx *x);

/* ---- ipcx_version(3): versions of the header and of the library ---- */
/*
 * The macros give the version of the header that a program was compiled with, the
 * functions return the version of the library in use.
 *
 * @example version.c
 */

/** The version of this header. */
#define IPCX_VERSION_MAJOR 0
#define IPCX_VERSION_MINOR 1
#define IPCX_VERSION_PATCH 0

/** A version as one number that can be compared. */
#define IPCX_VERSION_NUMBER(major, minor, patch) \
	(((major) << 16) | ((minor) << 8) | (patch))

/** Return the version of the library in use, such as "0.1.0". Static. */
const char *ipcx_version(void);

/** Return the version of the library in use as IPCX_VERSION_NUMBER() computes it. */
unsigned ipcx_version_number(void);

/* ---- ipcx_value(3): values, their types and units ---- */
/*
 * ipcx_row_get() returns one field of a row as a struct ipcx_value.
 *
 * @example leaks.c leaks_csv
 */

/** The types of values. New types may be added at the end. */
enum ipcx_type {
	IPCX_TYPE_NONE,   /**< unknown, or no value; null in JSON */
	IPCX_TYPE_BOOL,   /**< as.u is 0 or 1 */
	IPCX_TYPE_INT,    /**< as.i */
	IPCX_TYPE_UINT,   /**< as.u, all 64 bits */
	IPCX_TYPE_REAL,   /**< as.d, always finite */
	IPCX_TYPE_STRING, /**< ipcx_value_string(): bytes as the kernel reports them, in
			any encoding, control characters included */
	IPCX_TYPE_TIME,   /**< as.i: seconds since the epoch, as the kernel counts them */
	IPCX_TYPE_MODE,   /**< as.u: permission bits, 0 to 0777 */
	IPCX_TYPE_KEY,    /**< as.u: a System V key, 32 bits; 0 is IPC_PRIVATE */
	IPCX_TYPE_GRADE,  /**< as.u: enum ipcx_grade */
	IPCX_TYPE_ROWS, /**< ipcx_value_rows(): rows of their own that belong to the row */
};

/** How sure a statement is, in ascending order. */
enum ipcx_grade {
	IPCX_POSSIBLE = 1, /**< one of several explanations of what was seen */
	IPCX_LIKELY,       /**< what was seen has hardly another explanation */
	IPCX_CERTAIN,      /**< it follows from what the kernel tells */
};

/**
 * The description of a type. Static; members may be added at the end.
 *
 * Together with ipcx_value_format() it suffices to write values of types added after a
 * program was compiled: in JSON, put the text in quotes if json is "string" (only
 * IPCX_TYPE_STRING needs escaping); if it is "array", write the rows of ipcx_value_rows()
 * as objects; and otherwise write the text as it is.
 */
struct ipcx_type_info {
	const char *name; /**< one word in lower case: "bool", "unsigned", "time" */
	const char *json; /**< its JSON type: "boolean", "integer", "number", "string" or
			     "array"; "null" for IPCX_TYPE_NONE */
	const char *schema; /**< further members of its JSON Schema, without braces, such
			       as "\"minimum\":0"; or NULL */
	bool number;        /**< values are numbers; the field's unit says of what */
};

/** Return the description of a type; NULL if there is no such type. */
const struct ipcx_type_info *ipcx_type_info(enum ipcx_type type);

/** What a number counts. New units may be added at the end. */
enum ipcx_unit {
	IPCX_UNIT_PLAIN,       /**< a count, an id, or not a number */
	IPCX_UNIT_BYTES,       /**< bytes */
	IPCX_UNIT_SECONDS,     /**< seconds */
	IPCX_UNIT_PERCENT,     /**< percent, 0 to 100 and above */
	IPCX_UNIT_VARIES,      /**< the unit in the field "unit" of the same row */
	IPCX_UNIT_NANOSECONDS, /**< nanoseconds */
};

/** Return the name of a unit, such as "bytes". Static; NULL for IPCX_UNIT_PLAIN and for
 * unknown units. */
const char *ipcx_unit_name(enum ipcx_unit unit);

/**
 * A value, as ipcx_row_get() returns it. It may be copied. It has this size (64 bytes) in
 * every version of the library; values that need more space will be pointers into the
 * table.
 */
struct ipcx_value {
	enum ipcx_type type;
	uint32_t reserved; /**< not used */
	union {
		int64_t i;
		uint64_t u;
		double d;
		const char *private_s; /* use ipcx_value_string() */
	} as;                          /**< the value; type says which member is set */
	char private_text[48];         /**< storage for short strings; not to be read */
};

/** Return the bytes of a string, or the text of IPCX_TYPE_ROWS (see ipcx_value_rows());
 * NULL for a value of another type. They are valid as long as the table and this struct
 * exist. For a copy of the struct, call this function again. */
static inline const char *ipcx_value_string(const struct ipcx_value *v)
{
	if (!v || (v->type != IPCX_TYPE_STRING && v->type != IPCX_TYPE_ROWS))
		return NULL;
	return v->as.private_s ? v->as.private_s : v->private_text;
}

/**
 * Return the rows of a value of the type IPCX_TYPE_ROWS, such as the containers of a
 * namespace. Read them with ipcx_row_get(), and which fields they have with
 * ipcx_row_fields(). The text of such a value (ipcx_value_string()) consists of one field
 * of each row, separated by commas.
 *
 * @param ret_first number of the first row
 * @param ret_n number of rows, 0 for an empty list
 * @return a table, which belongs to the table of the value and is valid as long as that;
 * NULL for an empty list, and for a value of another type (nothing is set)
 */
const struct ipcx_table *ipcx_value_rows(const struct ipcx_value *v, size_t *ret_first,
					 size_t *ret_n);

/** The buffer size that suffices for ipcx_value_format() of any value except a string or
 * rows, including types added later. */
#define IPCX_VALUE_MAX 48

/**
 * Format a value as text: numbers in decimal, modes in octal (0640), keys as 0x000004d2,
 * times in UTC as in RFC 3339, booleans as true and false, strings byte for byte, rows as
 * their text, and IPCX_TYPE_NONE as "".
 *
 * @param size bytes of buf; IPCX_VALUE_MAX suffices for all but strings and rows
 * @return the length without the final NUL; like snprintf(3), a text longer than size - 1
 * is truncated; or -EINVAL
 * @retval -EINVAL v is NULL, or its type is unknown
 */
int ipcx_value_format(const struct ipcx_value *v, char *buf, size_t size);

/** Compare two values for sorting: unknown values first, then numbers by size, then
 * strings by their bytes.
 * @return a negative number, 0 or a positive number, like strcmp(3) */
int ipcx_value_compare(const struct ipcx_value *a, const struct ipcx_value *b);

/* ---- ipcx_field(3): fields of rows, and sets of fields ---- */
/*
 * A field has a number, which is part of the ABI, and a name. Its description (name,
 * heading, type, unit, cost, and one line of text) can be read at run time.
 *
 * @example field.c
 */

/**
 * The fields of all kinds of rows. A newer library may return fields that are not listed
 * here, with higher numbers up to 254. ipcx-stress.h defines more fields.
 */
enum ipcx_field {
	IPCX_F_MECH,
	IPCX_F_REF,
	IPCX_F_ID,
	IPCX_F_NAME,
	IPCX_F_KEY,
	IPCX_F_OWNER,
	IPCX_F_UID,
	IPCX_F_GROUP,
	IPCX_F_GID,
	IPCX_F_CREATOR,
	IPCX_F_CUID,
	IPCX_F_CREATOR_GROUP,
	IPCX_F_CGID,
	IPCX_F_MODE,
	IPCX_F_SEMNUM,
	IPCX_F_POSITION,
	IPCX_F_MTYPE,
	IPCX_F_SIZE,
	IPCX_F_ALLOCATED,
	IPCX_F_RSS,
	IPCX_F_SWAP,
	IPCX_F_NATTCH,
	IPCX_F_STATUS,
	IPCX_F_DEST,
	IPCX_F_LOCKED,
	IPCX_F_CBYTES,
	IPCX_F_QNUM,
	IPCX_F_QBYTES,
	IPCX_F_USE_PERCENT,
	IPCX_F_NSEMS,
	IPCX_F_MAXMSG,
	IPCX_F_MSGSIZE,
	IPCX_F_CURMSGS,
	IPCX_F_QSIZE,
	IPCX_F_NOTIFY,
	IPCX_F_NOTIFY_PID,
	IPCX_F_NOTIFY_SIGNAL,
	IPCX_F_VALUE,
	IPCX_F_LINKS,
	IPCX_F_CPID,
	IPCX_F_LPID,
	IPCX_F_LSPID,
	IPCX_F_LRPID,
	IPCX_F_COMMAND,
	IPCX_F_CREATOR_ALIVE,
	IPCX_F_CTIME,
	IPCX_F_AGE,
	IPCX_F_ATIME,
	IPCX_F_DTIME,
	IPCX_F_MTIME,
	IPCX_F_STIME,
	IPCX_F_RTIME,
	IPCX_F_OTIME,
	IPCX_F_ID_INDEX,
	IPCX_F_ID_SEQ,
	IPCX_F_SEMPID,
	IPCX_F_SEMNCNT,
	IPCX_F_SEMZCNT,
	IPCX_F_LIMIT,
	IPCX_F_USED,
	IPCX_F_PERCENT,
	IPCX_F_UNIT,
	IPCX_F_SOURCE,
	IPCX_F_WHAT,
	IPCX_F_NEEDED,
	IPCX_F_FITS,
	IPCX_F_RAISE_TO,
	IPCX_F_PATH,
	IPCX_F_PROJ,
	IPCX_F_EXISTED,
	IPCX_F_INODE,
	IPCX_F_DEVICE,
	IPCX_F_NS,
	IPCX_F_NS_ID,
	IPCX_F_CONTAINER,
	IPCX_F_RUNTIME,
	IPCX_F_CONTAINER_ID,
	IPCX_F_POD,
	IPCX_F_POD_NAMESPACE,
	IPCX_F_IPC_MODE,
	IPCX_F_PID,
	IPCX_F_TID,
	IPCX_F_STARTED,
	IPCX_F_PROCESSES,
	IPCX_F_THREADS,
	IPCX_F_MOUNTS,
	IPCX_F_FDS,
	IPCX_F_KEPT_BY,
	IPCX_F_PIN,
	IPCX_F_USER_NS,
	IPCX_F_USER_NS_UID,
	IPCX_F_USER_NS_OWNER,
	IPCX_F_MNT_NS,
	IPCX_F_SHM_DEVICE,
	IPCX_F_MQUEUE_DEVICE,
	IPCX_F_OBJECTS,
	IPCX_F_BYTES,
	IPCX_F_FIRST,
	IPCX_F_SECOND,
	IPCX_F_SAME,
	IPCX_F_FOLLOWS,
	IPCX_F_CONTAINER_UID,
	IPCX_F_IDLE,
	IPCX_F_CPID_ALIVE,
	IPCX_F_LPID_ALIVE,
	IPCX_F_LSPID_ALIVE,
	IPCX_F_LRPID_ALIVE,
	IPCX_F_CEILING,
	IPCX_F_DATA,
	IPCX_F_USER_COUNT,
	IPCX_F_IN_USE,
	IPCX_F_IN_USE_REASON,
	IPCX_F_HUGEPAGESIZE,
	IPCX_F_HOW,
	IPCX_F_ACCESS,
	IPCX_F_MAPPINGS,
	IPCX_F_ADDRESS,
	IPCX_F_MAPPED,
	IPCX_F_BASIS,
	IPCX_F_SEALS,
	IPCX_F_READERS,
	IPCX_F_WRITERS,
	IPCX_F_CAPACITY,
	IPCX_F_BUFFERED,
	IPCX_F_WAITERS,
	IPCX_F_CALL,
	IPCX_F_WANTS,
	IPCX_F_OP,
	IPCX_F_UNDO,
	IPCX_F_OFFSET,
	IPCX_F_TIMEOUT,
	IPCX_F_TASK_STATE,
	IPCX_F_HELD_BY,
	IPCX_F_HELD_GRADE,
	IPCX_F_WAKER,
	IPCX_F_VERDICT,
	IPCX_F_GRADE,
	IPCX_F_CYCLE,
	IPCX_F_SINCE,
	IPCX_F_CONTAINERS,
	IPCX_F_POD_NS,
	IPCX_F_SYSTEMD_UNIT,
	IPCX_F_KEEPERS,
	IPCX_F_KEEPER,
	IPCX_F_KIND,
	IPCX_F_FD,
	IPCX_F_LET_GO,
	IPCX_F_SHARES,
	IPCX_F_USER_NS_PARENT,
	IPCX_F_FIX,
	IPCX_F_DIRECTORY,
	IPCX_F_ERROR,
	IPCX_F_CAUSE,
	IPCX_F_APPLIES,
	IPCX_F_EVIDENCE,
	IPCX_F_PROGRAM,
	IPCX_F_FINDING,
	IPCX_F_COUNT,
	IPCX_F_ATTACHED,
	IPCX_F_OLDEST,
	IPCX_F_NEWEST,
	IPCX_F_PLACE,
	IPCX_F_RESIDENT,
	IPCX_F_INODES,
	IPCX_F_INODES_USED,
	IPCX_F_WAY,
	IPCX_F_SCOPE,
	IPCX_F_MESSAGE_COUNT,
	IPCX_F_SEMAPHORE_COUNT,
	IPCX_F_ATTACHES,
	IPCX_F_UNATTACHED_COUNT,
	IPCX_F_UNATTACHED_BYTES,
	IPCX_F_FULLEST,
	IPCX_F_UNUSED_COUNT,
	IPCX_F_UNUSED_BYTES,
	IPCX_NO_FIELD = 255, /**< no field; greater than the number of every field */
};

/** A set of fields, passed by value. It has a bit for every possible field number; all
 * zeros is the empty set. */
struct ipcx_fieldset {
	uint64_t bits[4]; /**< field f is bit f % 64 of bits[f / 64] */
};

/** Return whether a field is in a set. */
static inline bool ipcx_fieldset_has(const struct ipcx_fieldset *set,
				     enum ipcx_field field)
{
	return (unsigned)field < IPCX_NO_FIELD &&
	       (set->bits[(unsigned)field / 64] >> ((unsigned)field % 64) & 1);
}

/** Add a field to a set. IPCX_NO_FIELD is ignored. */
static inline void ipcx_fieldset_add(struct ipcx_fieldset *set, enum ipcx_field field)
{
	if ((unsigned)field < IPCX_NO_FIELD)
		set->bits[(unsigned)field / 64] |= UINT64_C(1) << ((unsigned)field % 64);
}

/** Remove a field from a set. */
static inline void ipcx_fieldset_remove(struct ipcx_fieldset *set, enum ipcx_field field)
{
	if ((unsigned)field < IPCX_NO_FIELD)
		set->bits[(unsigned)field / 64] &=
			~(UINT64_C(1) << ((unsigned)field % 64));
}

/** Add every field of another set. */
static inline void ipcx_fieldset_merge(struct ipcx_fieldset *set,
				       const struct ipcx_fieldset *more)
{
	for (unsigned i = 0; i < 4; i++)
		set->bits[i] |= more->bits[i];
}

/** Return whether a set is empty. */
static inline bool ipcx_fieldset_empty(const struct ipcx_fieldset *set)
{
	return !(set->bits[0] | set->bits[1] | set->bits[2] | set->bits[3]);
}

/** Return the set of n fields in an array. */
static inline struct ipcx_fieldset ipcx_fieldset_of(const enum ipcx_field *fields,
						    size_t n)
{
	struct ipcx_fieldset set = { { 0, 0, 0, 0 } };

	for (size_t i = 0; i < n; i++)
		ipcx_fieldset_add(&set, fields[i]);
	return set;
}

#ifndef __cplusplus
/** The set of the fields listed, as in IPCX_FIELDSET(IPCX_F_ID, IPCX_F_KEY). C only. */
#define IPCX_FIELDSET(...)                                                  \
	ipcx_fieldset_of((const enum ipcx_field[]){ __VA_ARGS__ },          \
			 sizeof((const enum ipcx_field[]){ __VA_ARGS__ }) / \
				 sizeof(enum ipcx_field))
#endif

/** What reading a field costs beyond the listing itself. */
enum ipcx_cost {
	IPCX_COST_CHEAP,  /**< nothing: it is part of every listing */
	IPCX_COST_NAMES,  /**< one NSS lookup per distinct user or group; none with
			IPCX_NUMERIC */
	IPCX_COST_COSTLY, /**< a slower source: read only if the query names the field */
};

/** Return the name of a cost: "cheap", "names" or "dear". Static; NULL if there is no
 * such cost. */
const char *ipcx_cost_name(enum ipcx_cost cost);

/** The description of a field. Static; members may be added at the end. */
struct ipcx_field_info {
	const char *name;    /**< lower_snake_case, as in conditions and JSON */
	const char *heading; /**< the heading of a column */
	enum ipcx_type type;
	enum ipcx_unit unit;
	enum ipcx_cost cost;
	const char *doc; /**< one line of text without a full stop */
};

/** Return one more than the greatest field number that the library in use knows. Some
 * numbers below it may be unused: ipcx_field_info() returns NULL for those. */
unsigned ipcx_field_count(void);

/** Return the description of a field; NULL if there is no such field. */
const struct ipcx_field_info *ipcx_field_info(enum ipcx_field field);

/**
 * Find a field by its name, ignoring case.
 *
 * @param len how many bytes of name to use; (size_t)-1: all of it
 * @return 0, or -errno
 * @retval -ENOENT there is no such field
 */
int ipcx_field_by_name(const char *name, size_t len, enum ipcx_field *ret_field);

/* ---- ipcx_mech(3): mechanisms and what they can do ---- */
/*
 * A mechanism is a kind of object: shm, msg and sem of System V, mq, pshm and psem of
 * POSIX, memfd and pipe, which belong to processes. It is a number below 64; sets of
 * mechanisms are masks of 64 bits. The numbers may differ between versions of the
 * library: look them up by name.
 *
 * @example create.c
 */

/** No mechanism. */
#define IPCX_NO_MECH (~0U)

/** The bit of a mechanism in a mask; 0 for IPCX_NO_MECH. */
#define IPCX_MECH_BIT(mech) \
	((unsigned)(mech) < 64U ? UINT64_C(1) << ((unsigned)(mech)&63U) : UINT64_C(0))

/** The description of a mechanism. Static; members may be added at the end. */
struct ipcx_mech_info {
	const char *name;   /**< such as "shm" */
	const char *label;  /**< such as "System V shared memory" */
	const char *object; /**< the noun for one object: "shared memory segment" */
	const char *group;  /**< "sysv", "posix" or "process" */
	bool named;         /**< objects are files; otherwise they have an id and a key */
	uint64_t create;    /**< the IPCX_A_… attributes that ipcx_create() accepts */
	uint64_t require;   /**< the attributes that ipcx_create() requires */
	uint64_t change;    /**< the IPCX_A_… attributes that ipcx_change() accepts */
	const char *need; /**< what a request to ipcx_fit() looks like: "[COUNTx]SIZE" */
	const enum ipcx_field *shown; /**< the default columns, nshown of them */
	size_t nshown;                /**< the number of default columns */
	const char *message_label; /**< what the number of a message is called: "type" or
				      "priority"; NULL if objects hold no messages */
	int64_t message_least;     /**< the least such number, and the default */
	bool unlisted; /**< objects are in no directory, but found through the processes
			  that use them: named by inode, listed only when asked for (not
			  part of "all") */
	const char *lasts; /**< how long an object exists, if objects can be neither
			      created nor changed nor removed; otherwise NULL */
};

/** What the objects of a mechanism support besides listing, creating, changing and
 * removing. */
#define IPCX_CAN_MEMORY   (UINT64_C(1) << 0) /**< ipcx_mem_open() */
#define IPCX_CAN_QUEUE    (UINT64_C(1) << 1) /**< ipcx_queue_open(), send and receive */
#define IPCX_CAN_PICK     (UINT64_C(1) << 2) /**< receiving a message by its type */
#define IPCX_CAN_PEEK     (UINT64_C(1) << 3) /**< ipcx_queue_peek() */
#define IPCX_CAN_NOTIFY   (UINT64_C(1) << 4) /**< ipcx_queue_notify() */
#define IPCX_CAN_SEM_OP   (UINT64_C(1) << 5) /**< ipcx_sem_op() */
#define IPCX_CAN_SEM_SET  (UINT64_C(1) << 6) /**< ipcx_sem_set() */
#define IPCX_CAN_SEM_TAKE (UINT64_C(1) << 7) /**< ipcx_psem_take() */
#define IPCX_CAN_TOTALS   (UINT64_C(1) << 8) /**< a row in ipcx_totals() */
#define IPCX_CAN_STRESS   (UINT64_C(1) << 9) /**< ipcx_stress_start() */
/** Memory and semaphores of this mechanism are opened in the namespace that ipcx_use()
 * selects; those of other mechanisms are used in the namespace of the calling process
 * (ipcx_ns_enter()). */
#define IPCX_CAN_REACH (UINT64_C(1) << 10)
/** Processes attach, map or open the objects, so that ipcx_users() finds those that use
 * them. */
#define IPCX_CAN_ATTACH (UINT64_C(1) << 11)

/** Return the description of a mechanism by its number (0, 1, …); NULL after the last. */
const struct ipcx_mech_info *ipcx_mech_info(unsigned mech);

/**
 * Find a mechanism by its name, such as "shm".
 *
 * @param len how many bytes of name to use; (size_t)-1: all of it
 * @return 0, or -errno
 * @retval -ENOENT there is no such mechanism
 */
int ipcx_mech_by_name(const char *name, size_t len, unsigned *ret_mech);

/**
 * Find the mask of a mechanism or of a group: "shm", "sysv", "posix", "process", "all"
 * ("all" leaves out mechanisms that are unlisted).
 *
 * @return 0, or -errno
 * @retval -ENOENT there is no such mechanism or group
 */
int ipcx_mech_mask(const char *word, uint64_t *ret_mask);

/** Return what the objects of a mechanism support: IPCX_CAN_… bits; 0 if there is no such
 * mechanism. */
uint64_t ipcx_mech_can(unsigned mech);

/** Return whether rows of a mechanism have a field. */
bool ipcx_mech_has(unsigned mech, enum ipcx_field field);

/**
 * Return what reading a field costs for objects of this mechanism. It mostly equals the
 * cost in ipcx_field_info(), but a field that is part of the listing of one mechanism may
 * need separate calls for another, or be unknown for all objects of another. If the query
 * names such a field, the field is read, or a note says why it is unknown; otherwise it
 * is not read.
 */
enum ipcx_cost ipcx_mech_cost(unsigned mech, enum ipcx_field field);

/* ---- ipcx_ref(3): references to objects ---- */
/*
 * A reference names one object by its mechanism and an id, a key or a name; an object
 * without a name, by its device and inode.
 *
 * @example guard.c
 */

/** How a reference names its object. */
enum ipcx_by {
	IPCX_BY_ID,    /**< by System V id */
	IPCX_BY_KEY,   /**< by System V key */
	IPCX_BY_NAME,  /**< by POSIX name, with its slash */
	IPCX_BY_INODE, /**< by the device and inode of its file: objects without a name */
};

/**
 * A reference. Filled by ipcx_ref_parse() and ipcx_row_ref(), or by hand in a zeroed
 * struct. It has this size (320 bytes) in every version of the library, so that
 * references can be kept in arrays.
 */
struct ipcx_ref {
	unsigned mech;
	enum ipcx_by by;
	int32_t id;
	uint32_t key;
	char name[257];   /**< "/" and at most 255 bytes (NAME_MAX) */
	char reserved[7]; /**< must be 0; later versions may use it */
	uint64_t device;  /**< IPCX_BY_INODE: st_dev; 0 for a pipe. Otherwise 0 */
	uint64_t inode;   /**< IPCX_BY_INODE: st_ino. Otherwise 0 */
	char more[24];    /**< must be 0; later versions may use it */
};

/** The buffer size that suffices for ipcx_ref_format() of every reference, also for
 * mechanisms added later: "MECH:" and a name with every byte escaped. */
#define IPCX_REF_MAX 1056

/**
 * Parse a reference: "shm:5" (id), "shm:0x4d2" or "msg:key=1234" (key), "mq:/jobs" (name;
 * the slash may be omitted), "memfd:1:2057" or "pipe:31871" (device and inode; a pipe
 * that is not a FIFO has no device), "pshm:inode=26:7" (an unlinked file; with the slash,
 * "pshm:/inode=26:7" is a name). In a name after "MECH:", "%XX" is the byte with that
 * hexadecimal number (not 00), and a literal % must be written as %25.
 *
 * If def is a mechanism, "MECH:" may be omitted. A name without "MECH:" is taken byte for
 * byte, including any %.
 *
 * @param def the mechanism to assume if the text names none, or IPCX_NO_MECH
 * @return 0, or -errno
 * @retval -EINVAL the text is not a reference
 */
int ipcx_ref_parse(struct ipcx *x, const char *text, unsigned def,
		   struct ipcx_ref *ret_ref);

/**
 * Format a reference so that ipcx_ref_parse() returns the same reference. The text is
 * safe for terminals, for shells without quotes, for xargs(1) and for files of lines: its
 * ASCII characters are letters, digits and _ - . / : , + = @ only. Other ASCII
 * characters, blanks, invisible characters and invalid UTF-8 are written as %XX; other
 * UTF-8 characters are kept.
 *
 * This function ignores ref->reserved; calls that act on the object fail if it is not 0.
 *
 * @param size bytes of buf; IPCX_REF_MAX always suffices
 * @return the length without the final NUL, or -errno; like snprintf(3), a text longer
 * than size - 1 is truncated
 * @retval -EINVAL the reference cannot name any object
 */
int ipcx_ref_format(const struct ipcx_ref *ref, char *buf, size_t size);

/* ---- ipcx_table(3): tables, rows and notes ---- */
/*
 * Every answer of the library is a table: rows of fields, and notes on what could not be
 * read or done.
 *
 * @example list.c list_rows
 */

/** A table. Immutable; any number of threads may read it. */
struct ipcx_table;

/** Return the number of rows. */
size_t ipcx_table_rows(const struct ipcx_table *t);

/** Return what the rows are: "objects", "semaphores", "messages", "limits", … Static. */
const char *ipcx_table_kind(const struct ipcx_table *t);

/** Return the mechanism of a row; IPCX_NO_MECH if rows of this kind have none. */
unsigned ipcx_row_mech(const struct ipcx_table *t, size_t row);

/**
 * Read one field of one row.
 *
 * @param row from 0 on
 * @param ret_value the value; its type is IPCX_TYPE_NONE if it is unknown or absent
 * @return 0, or -errno
 * @retval -ENODATA rows of this kind do not have this field
 * @retval -EINVAL there is no such row, or no such field
 */
int ipcx_row_get(const struct ipcx_table *t, size_t row, enum ipcx_field field,
		 struct ipcx_value *ret_value);

/** Return the fields that a row has, including those whose value is unknown; the empty
 * set if there is no such row. */
struct ipcx_fieldset ipcx_row_fields(const struct ipcx_table *t, size_t row);

/**
 * Return the fields of a row whose value is unknown because it could not be read or was
 * not requested; notes say why. In every other field, IPCX_TYPE_NONE means that there is
 * no value (such as the time of something that never happened). Returns the empty set if
 * there is no such row.
 */
struct ipcx_fieldset ipcx_row_unknown(const struct ipcx_table *t, size_t row);

/**
 * Return the fields of a row that may differ from those of the previous row. A program
 * that writes one row after another can reuse the formatted text of all other fields. For
 * the first row of a mechanism, all fields are returned.
 */
struct ipcx_fieldset ipcx_row_changed(const struct ipcx_table *t, size_t row);

/**
 * Make a reference, by id or by name, to the object that a row is about. It names the
 * same object as the field IPCX_F_REF.
 *
 * @return 0, or -errno
 * @retval -ENODATA rows of this kind are not about single objects
 * @retval -EINVAL there is no such row
 */
int ipcx_row_ref(const struct ipcx_table *t, size_t row, struct ipcx_ref *ret_ref);

/** Return the resume value with which the next query continues if this one stopped at
 * max_rows; 0 if the snapshot is complete. See struct ipcx_query. */
uint64_t ipcx_table_resume(const struct ipcx_table *t);

/** Kinds of notes. */
enum ipcx_note_kind {
	IPCX_NOTE_MISSING,     /**< an object named by the caller does not exist */
	IPCX_NOTE_FAILED,      /**< an object could not be read, removed or changed */
	IPCX_NOTE_UNAVAILABLE, /**< a mechanism cannot be read here */
	IPCX_NOTE_SKIPPED,     /**< something that is not an object of the mechanism was
				  skipped */
	IPCX_NOTE_INFO,        /**< information; nothing is missing */
	IPCX_NOTE_INCOMPLETE,  /**< the table may lack rows that could not be found, or
				  values that could not be read */
	IPCX_NOTE_REASON,      /**< why fields that the query did not name are unknown */
};

/** A note. Made by the library: members may be added at the end. */
struct ipcx_note {
	enum ipcx_note_kind kind;
	unsigned mech;            /**< the mechanism, or IPCX_NO_MECH */
	int error;                /**< -errno, or 0 */
	const char *subject;      /**< the reference or file concerned, escaped; or "" */
	const char *text;         /**< one line, without the subject */
	enum ipcx_hint_kind hint; /**< what could help, or IPCX_HINT_NONE */
};

/** Return a note by its number (0, 1, …); NULL after the last. Owned by the table. */
const struct ipcx_note *ipcx_table_note(const struct ipcx_table *t, size_t i);

/**
 * Return whether the table has everything that was requested: it has no note of the kinds
 * IPCX_NOTE_FAILED, IPCX_NOTE_UNAVAILABLE and IPCX_NOTE_INCOMPLETE, and did not stop at
 * max_rows; groups, if the tables did whose rows were added. A named object that does not
 * exist does not make the table incomplete.
 */
bool ipcx_table_complete(const struct ipcx_table *t);

/**
 * Count the objects that could not be read, removed or changed: the notes of the kinds
 * IPCX_NOTE_FAILED, IPCX_NOTE_UNAVAILABLE and IPCX_NOTE_MISSING.
 *
 * @param ret_missing how many of them are IPCX_NOTE_MISSING; may be NULL
 * @return the total number; 0 if everything was done as requested
 */
size_t ipcx_table_failures(const struct ipcx_table *t, size_t *ret_missing);

/** Free a table. t may be NULL. */
void ipcx_table_free(struct ipcx_table *t);

/* ---- ipcx_expr(3): conditions over fields ---- */
/*
 * A condition selects rows, in a query or afterwards. Its language is described in
 * ipcx-expr(7).
 *
 * @example list.c main
 * @see ipcx-expr(7)
 */

/** A compiled condition. Immutable; any number of threads may use it. */
struct ipcx_expr;

/**
 * Compile a condition such as "size > 1M && owner == bob". User names are resolved by
 * this call; rows are later compared by id.
 *
 * @param ret_expr free it with ipcx_expr_free()
 * @param ret_column the column of the error, from 1, set on failure; may be NULL
 * @return 0, or -errno
 * @retval -EINVAL the condition is not valid, or names a user or group that does not
 * exist; the text says in which column
 * @retval -errno the lookup of a user or group failed
 */
int ipcx_expr_parse(struct ipcx *x, const char *text, struct ipcx_expr **ret_expr,
		    size_t *ret_column);

/**
 * Compile several conditions, each parsed separately, into one that is true if all of
 * them are true.
 *
 * @param texts n conditions, at least one
 * @param ret_expr free it with ipcx_expr_free()
 * @param ret_which the condition with the error, from 0, set on failure; may be NULL
 * @param ret_column its column, from 1, set on failure; may be NULL
 * @return 0, or -errno as ipcx_expr_parse()
 */
int ipcx_expr_parse_all(struct ipcx *x, const char *const *texts, size_t n,
			struct ipcx_expr **ret_expr, size_t *ret_which,
			size_t *ret_column);

/** Free a condition. e may be NULL. */
void ipcx_expr_free(struct ipcx_expr *e);

/**
 * Test whether a row fulfils a condition.
 *
 * @return 1 if it does; 0 if not; -1 if that depends on a value that is unknown or
 * absent. After -1, errno is 0 or the reason (a user name could not be looked up, or a
 * pattern could not be matched)
 */
int ipcx_expr_match(const struct ipcx_expr *e, const struct ipcx_table *t, size_t row);

/**
 * Test whether any object of a mechanism can fulfil a condition, judging only by the
 * fields that its objects have. Scans and removals return no rows of a mechanism whose
 * objects cannot fulfil it; a program that wants to report such a mechanism calls this
 * function first.
 *
 * @param ret_lacking the fields of the condition that the mechanism lacks, if they are
 * the reason; otherwise the empty set. May be NULL
 * @return 1 if it can, 0 if not
 */
int ipcx_expr_possible(const struct ipcx_expr *e, unsigned mech,
		       struct ipcx_fieldset *ret_lacking);

/** Return the fields that a condition reads. */
struct ipcx_fieldset ipcx_expr_fields(const struct ipcx_expr *e);

/* ---- ipcx_scan(3): take snapshots of objects ---- */
/*
 * A query names mechanisms or references, but not both, and may add a condition. Reading
 * has no side effects on objects: nothing is opened for writing, attached or received,
 * and no access time changes unless the query names a costly field whose description says
 * so.
 *
 * @example list.c main
 * @see shmctl(2), msgctl(2), semctl(2), shm_overview(7), mq_overview(7), sem_overview(7)
 */

/** Do not look up user and group names. */
#define IPCX_NUMERIC (UINT64_C(1) << 0)
/** ipcx_remove(), ipcx_change(): only return what would be removed or changed, and what
 * would prevent that, as far as it can be determined beforehand. */
#define IPCX_DRY_RUN (UINT64_C(1) << 1)
/** ipcx_remove(), ipcx_change(): act on all objects of mechs, although the query has no
 * condition. */
#define IPCX_ALL (UINT64_C(1) << 2)
/** Read the fields that are part of every listing in addition to those in fields. */
#define IPCX_USUAL (UINT64_C(1) << 3)
/** Also list files that have no name any more, but still exist, because processes have
 * them mapped or open: of POSIX shared memory. Their links are 0, and the field kept_by,
 * if named, says which processes these are. They are found in /proc. */
#define IPCX_DELETED (UINT64_C(1) << 4)

/** A query. Set size to sizeof(struct ipcx_query) and everything unused to 0. */
struct ipcx_query {
	size_t size;
	uint64_t mechs; /**< mask of mechanisms (IPCX_MECH_BIT()); 0 if refs is set */
	const struct ipcx_ref
		*refs; /**< objects to look up directly, without listing others */
	size_t nrefs;
	struct ipcx_fieldset fields; /**< the fields to read; empty: all that are not
					costly, as with IPCX_USUAL */
	const struct ipcx_expr
		*where;    /**< only rows that fulfil this condition; or NULL */
	uint64_t max_rows; /**< stop after about this many rows of a mechanism, and
			      continue with resume; 0: never stop. Only System V objects
			      that are read by system calls come in slices: POSIX objects,
			      /proc/sysvipc and queries of all namespaces are returned
			      whole */
	uint64_t resume;   /**< 0, or ipcx_table_resume() of the previous snapshot */
	const struct ipcx_table
		*same;  /**< only objects of this earlier snapshot that have not been
			 * replaced since; or NULL. An object with an id counts as replaced
			 * if its namespace, key, creator or ctime differs (every change
			 * updates ctime) or is unknown, an object with a name if its file
			 * (device and inode) differs. Replaced objects are skipped, with a
			 * note. If this is a table of ipcx_create(), objects that existed
			 * before are skipped, so that a removal undoes the creation. Needs
			 * mechs or refs */
	uint64_t flags; /**< IPCX_NUMERIC, IPCX_DRY_RUN, IPCX_ALL, IPCX_USUAL,
			   IPCX_DELETED */
};

/** The size of struct ipcx_query in the first version. */
#define IPCX_QUERY_SIZE_0_1 (offsetof(struct ipcx_query, flags) + sizeof(uint64_t))

/**
 * Take a snapshot of objects. Objects that vanish meanwhile are omitted. The table has
 * notes on everything that could not be read.
 *
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -EINVAL the query is contradictory, or its condition or fields cannot apply
 */
int ipcx_scan(struct ipcx *x, const struct ipcx_query *q, struct ipcx_table **ret_table);

/**
 * Test whether any object fulfils a query. Stops at the first one.
 *
 * @return 1 if there is one, 0 if there is none, or -errno
 * @retval -ENODATA none was found, but something could not be read (the text says what)
 * @retval -EINVAL as for ipcx_scan()
 */
int ipcx_any(struct ipcx *x, const struct ipcx_query *q);

/**
 * List the contents of one object: the semaphores of an array, or the messages of a
 * queue. The contents do not change.
 *
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -ENODATA objects of this mechanism have no contents to list
 * @retval -ENOENT there is no such object
 * @retval -EACCES the caller may not read it
 */
int ipcx_contents(struct ipcx *x, const struct ipcx_ref *ref,
		  struct ipcx_table **ret_table);

/* ---- ipcx_scanner_new(3): repeat a query ---- */
/*
 * A scanner checks and copies its query once and reuses the memory of one snapshot for
 * the next. With max_rows, memory does not grow with the number of objects.
 *
 * @example watch.c
 */

/** A query to be repeated. */
struct ipcx_scanner;

/**
 * Make a scanner.
 *
 * @param q the query, without resume. Its references are copied; where and same must live
 * as long as the scanner. With max_rows, each step returns a slice (see struct ipcx_query)
 * @param ret_scanner free it with ipcx_scanner_free() before the context
 * @return 0, or -errno
 * @retval -EINVAL as for ipcx_scan(), or the query has resume
 */
int ipcx_scanner_new(struct ipcx *x, const struct ipcx_query *q,
		     struct ipcx_scanner **ret_scanner);

/**
 * Take the next snapshot, or the next slice of one.
 *
 * @param ret_table owned by the scanner and valid until its next call
 * @return 1 if the snapshot continues with the next call; 0 if it is complete, so that
 * the next call begins a new one; or -errno as ipcx_scan()
 */
int ipcx_scanner_next(struct ipcx_scanner *s, const struct ipcx_table **ret_table);

/** Free a scanner and its table. s may be NULL. */
void ipcx_scanner_free(struct ipcx_scanner *s);

/* ---- ipcx_users(3): find the processes that use objects ---- */
/*
 * The kernel records how often a segment is attached, but not by whom; of the other
 * objects it records nothing. This function looks through /proc for the processes that
 * map an object or have it open. Nothing is opened, attached or stopped for that: reading
 * /proc has no side effects on objects and processes.
 *
 * Processes do not attach to message queues and semaphore arrays of System V: for these,
 * the rows are the processes that operated on the object last. That there is no such row
 * does not mean that nobody uses the object.
 *
 * @example users.c
 * @see proc_pid_maps(5), proc_pid_fd(5), ptrace(2)
 */

/** What could not be seen. Set size to sizeof(struct ipcx_unseen). */
struct ipcx_unseen {
	size_t size;
	uint64_t attaches;  /**< attaches of segments for which no process was found */
	uint64_t processes; /**< processes that the caller may not look at */
	bool others; /**< there may be more processes than those in /proc: in another PID
			namespace, or hidden by the mount option hidepid */
	uint64_t waiters; /**< ipcx_waits(): threads that wait according to the kernel's
			     counts, and were not found */
};

/** The size of struct ipcx_unseen in the first version. */
#define IPCX_UNSEEN_SIZE_0_1 (offsetof(struct ipcx_unseen, others) + sizeof(bool))

/** Flag of ipcx_users(): for all objects, also list the processes that the object records
 * (its creator and the last ones to operate on it), if they still run. */
#define IPCX_USERS_LAST (1U << 0)

/**
 * List the processes that use objects, a row for each process and object: mech, ref, ns,
 * pid, command (of the process), owner and uid (of the process), started, container, how
 * (mapped, open, both, notify or last-op), access (r, w or rw), mappings, fds, address
 * (of the first mapping), mapped (bytes), basis.
 *
 * Unlinked POSIX objects that processes still use are listed, too, with a reference
 * "pshm:inode=DEVICE:INODE".
 *
 * @param q the objects, by mechanisms or references; where is a condition on the fields
 * of these rows; same, max_rows and resume must be 0
 * @param pid look at this process only; 0: at all
 * @param flags IPCX_USERS_LAST or 0
 * @param ret_unseen what could not be seen; or NULL
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -EINVAL as for ipcx_scan()
 * @retval -ESRCH there is no process with this pid
 * @retval -ENOENT there is no /proc
 */
int ipcx_users(struct ipcx *x, const struct ipcx_query *q, pid_t pid, unsigned flags,
	       struct ipcx_unseen *ret_unseen, struct ipcx_table **ret_table);

/* ---- ipcx_waits(3): find the threads that wait for objects, and who could end it ---- */
/*
 * A thread is found by the system call in which it sleeps (proc_pid_syscall(5)) and is
 * not disturbed: debuggers and SIGSTOP make a waiting semop(2) fail with EINTR, reading
 * /proc does not. Found are semop(2), semtimedop(2), msgsnd(2), msgrcv(2), mq_send(3),
 * mq_receive(3), calls that wait for a pipe or FIFO, and futex(2) in shared memory that
 * has a reference: sem_wait(3), pthread_mutex_lock(3), pthread_cond_wait(3). A thread in
 * poll(2), select(2) or epoll_wait(2) is not found, nor is one that is stopped.
 *
 * Reading the system call of another process needs PTRACE_MODE_ATTACH rights (ptrace(2)).
 *
 * @example waits.c
 * @see ipcx_users(3), proc_pid_syscall(5), semop(2), futex(2), get_robust_list(2)
 */

/** How ipcx_waits() looks. Set size to sizeof(struct ipcx_wait_opts) and unused members
 * to 0. */
struct ipcx_wait_opts {
	size_t size;
	uint64_t for_ns; /**< nanoseconds: look twice, this long apart, and list only the
			    threads that waited all the time */
};

/** The size of struct ipcx_wait_opts in the first version. */
#define IPCX_WAIT_OPTS_SIZE_0_1 \
	(offsetof(struct ipcx_wait_opts, for_ns) + sizeof(uint64_t))

/**
 * List the threads that wait for objects, a row for each thread and object: mech, ref,
 * ns, pid, tid, command, owner and uid (of the process), started, container, call, wants
 * (text), semnum, op, undo (of the operation that blocks), mtype (of msgrcv(2), as asked),
 * offset (of a futex in the object), timeout (nanoseconds), task_state, held_by (the
 * process that holds a lock, operated on a semaphore last, or alone could end the wait),
 * held_grade, waker (text), verdict (text: why the wait may never end), grade (of the
 * verdict), cycle (rows with the same number wait for each other), since (with
 * for_ns: the thread waits at least since then), basis.
 *
 * A verdict is IPCX_CERTAIN only if every process that could end the wait was seen.
 *
 * @param q the objects, by mechanisms or references; where is a condition on the fields
 * of these rows; same, max_rows and resume must be 0
 * @param opts how to look; or NULL
 * @param ret_unseen what could not be seen; or NULL
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -EINVAL as for ipcx_scan()
 * @retval -ENOENT there is no /proc
 */
int ipcx_waits(struct ipcx *x, const struct ipcx_query *q,
	       const struct ipcx_wait_opts *opts, struct ipcx_unseen *ret_unseen,
	       struct ipcx_table **ret_table);

/* ---- ipcx_in_use(3): find out whether an object is in use ---- */
/*
 * The verdict is what can be proven at that moment. A segment is in use while processes
 * have attached it, or its creator still runs; a POSIX object while processes have it
 * mapped or open, which needs a look at all processes; a queue while it holds messages. A
 * semaphore array is in use while processes wait on it, or the process that operated on
 * it last still runs. A message queue of System V is in use while its last sender or
 * receiver runs, or a thread waits for a message or for room, which needs a look at all
 * threads. Otherwise both are never shown to be unused, as use between calls is not
 * recorded.
 *
 * IPCX_USE_NONE does not mean that the object is garbage: programs may keep objects while
 * none of their processes runs.
 *
 * The fields IPCX_F_IN_USE (true, false, or unknown), IPCX_F_IN_USE_REASON and
 * IPCX_F_USER_COUNT say the same of all objects of a query. With a condition on
 * IPCX_F_IN_USE, ipcx_remove() reads, tests and removes each object at once; the
 * processes are looked through once in each call.
 *
 * @example in_use.c
 * @see ipcx_users(3), shmctl(2), credentials(7)
 */

/** Whether an object is in use. New values may be added at the end. */
enum ipcx_verdict {
	IPCX_USE_UNKNOWN,  /**< cannot be found out: treat it as used */
	IPCX_USE_GONE,     /**< the object does not exist */
	IPCX_USE_ATTACHED, /**< processes have attached, mapped or opened it, wait for
			      it, or the last one that operated on it still runs */
	IPCX_USE_CREATOR,  /**< nobody has, but the process that created it still runs */
	IPCX_USE_HOLDS,    /**< nobody is known to have it open, but it holds messages */
	IPCX_USE_NONE, /**< nobody has, and the processes that it records have ended */
};

/**
 * Find out whether one object is in use, as the fields in_use and in_use_reason say it.
 *
 * @return 0, or -errno
 * @retval -EINVAL the reference cannot name an object
 */
int ipcx_in_use(struct ipcx *x, const struct ipcx_ref *ref, enum ipcx_verdict *ret_use);

/* ---- ipcx_create(3): create objects ---- */
/*
 * Creating is all or nothing: if one object cannot be created, those already created are
 * removed again. To undo a creation later, call ipcx_remove() with the table of
 * ipcx_create() as same.
 *
 * @example create.c
 * @see shmget(2), msgget(2), semget(2), shm_open(3), mq_open(3), sem_open(3)
 */

/** Bits of the member set in struct ipcx_attrs: which members to use, and options. */
#define IPCX_A_NAME       (UINT64_C(1) << 0)  /**< name */
#define IPCX_A_KEY        (UINT64_C(1) << 1)  /**< key */
#define IPCX_A_MODE       (UINT64_C(1) << 2)  /**< mode */
#define IPCX_A_UID        (UINT64_C(1) << 3)  /**< uid */
#define IPCX_A_GID        (UINT64_C(1) << 4)  /**< gid */
#define IPCX_A_SIZE       (UINT64_C(1) << 5)  /**< bytes */
#define IPCX_A_QBYTES     (UINT64_C(1) << 6)  /**< qbytes */
#define IPCX_A_NSEMS      (UINT64_C(1) << 7)  /**< nsems */
#define IPCX_A_INIT       (UINT64_C(1) << 8)  /**< init and ninit */
#define IPCX_A_MAXMSG     (UINT64_C(1) << 9)  /**< maxmsg */
#define IPCX_A_MSGSIZE    (UINT64_C(1) << 10) /**< msgsize */
#define IPCX_A_HUGE       (UINT64_C(1) << 11) /**< huge: use huge pages (SHM_HUGETLB) */
#define IPCX_A_NORESERVE  (UINT64_C(1) << 12) /**< reserve no swap (SHM_NORESERVE) */
#define IPCX_A_LOCK       (UINT64_C(1) << 13) /**< lock in memory (SHM_LOCK) */
#define IPCX_A_UNLOCK     (UINT64_C(1) << 14) /**< unlock (SHM_UNLOCK) */
#define IPCX_A_FROM       (UINT64_C(1) << 15) /**< from */
#define IPCX_A_ID         (UINT64_C(1) << 16) /**< id */
#define IPCX_A_COUNT      (UINT64_C(1) << 17) /**< count */
#define IPCX_A_IF_MISSING (UINT64_C(1) << 18) /**< accept an existing object */
/** Allocate the memory of a POSIX object when it is created (fallocate(2)), or fail.
 * Otherwise the kernel allocates it page by page, and a process that touches a page gets
 * SIGBUS if there is no memory left. With IPCX_A_IF_MISSING, an existing object is given
 * the memory that it lacks. */
#define IPCX_A_ALLOCATE (UINT64_C(1) << 19)

/** Attributes of an object to create or change. Set size to sizeof(struct ipcx_attrs);
 * only the members named in set are read. */
struct ipcx_attrs {
	size_t size;
	uint64_t set;         /**< IPCX_A_… bits */
	unsigned mech;        /**< the mechanism (ipcx_create() only) */
	const char *name;     /**< POSIX name; the slash may be omitted */
	uint32_t key;         /**< System V key; default IPC_PRIVATE */
	uint32_t mode;        /**< 0 to 0777; default 0600. The umask does not apply */
	uid_t uid;            /**< owner */
	gid_t gid;            /**< owning group */
	uint64_t bytes;       /**< IPCX_A_SIZE: size in bytes */
	uint64_t qbytes;      /**< bytes that a queue may hold (msg_qbytes) */
	uint64_t nsems;       /**< semaphores in an array */
	const uint32_t *init; /**< initial values, one per semaphore or one for all */
	size_t ninit;
	uint64_t maxmsg;  /**< messages that a queue may hold (mq_maxmsg) */
	uint64_t msgsize; /**< bytes of its longest message (mq_msgsize) */
	uint64_t huge;    /**< huge page size in bytes; 0: the system's default */
	int from; /**< IPCX_A_FROM: a descriptor that is read to its end for the contents.
		       With IPCX_A_SIZE, the contents may be shorter than the size.
		     Without it, the size is that of the rest of a regular file, which
		     must not shrink before it is read; other files are accepted only if
		     no size is needed beforehand (pshm) */
	int32_t id; /**< the id to request; needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN */
	uint64_t count; /**< how many identical objects; not with a name, key or id */
};

/** The size of struct ipcx_attrs in the first version. */
#define IPCX_ATTRS_SIZE_0_1 (offsetof(struct ipcx_attrs, count) + sizeof(uint64_t))

/**
 * Create objects according to n specifications, for each as many as its count says: all
 * of them or none. If a limit prevents the creation, the error text names that limit.
 *
 * With IPCX_A_IF_MISSING, an existing object is accepted if it is at least as large as
 * requested and the caller may use it as mode requests.
 *
 * @param specs n structs of the same size, specs[0].size bytes apart; may be NULL if n is
 * 0
 * @param ret_table the objects, in the order of creation; notes say which of them existed
 * before. Free it with ipcx_table_free()
 * @return 0, or -errno as the kernel reported it; the most common:
 * @retval -EEXIST the object exists, or an existing one is too small
 * @retval -EACCES the caller may not use the existing object
 * @retval -ENOSPC a limit on the number of objects, or on all memory, is reached
 * @retval -ENOMEM there is not enough memory
 * @retval -ERANGE a value exceeds a limit for which the kernel returns EINVAL
 * @retval -EMFILE RLIMIT_NOFILE or RLIMIT_MSGQUEUE is reached
 * @retval -EFBIG the size exceeds RLIMIT_FSIZE or what the file system supports
 * @retval -EPERM the caller lacks a capability that an attribute needs
 * @retval -EINVAL an attribute does not apply to the mechanism, or a required one is
 * missing
 */
int ipcx_create(struct ipcx *x, const struct ipcx_attrs *specs, size_t n,
		struct ipcx_table **ret_table);

/* ---- ipcx_remove(3): remove objects ---- */
/*
 * Listing, condition and removal are one pass: each object is read, tested and removed
 * before the next one is read. A removal of whole mechanisms must be explicit: it needs a
 * condition (where), an earlier snapshot (same) or IPCX_ALL.
 *
 * @example rollback.c
 * @see shmctl(2), msgctl(2), semctl(2), shm_unlink(3), mq_unlink(3), sem_unlink(3)
 */

/**
 * Remove the objects of q->refs, or those of q->mechs that fulfil q->where. Failures are
 * notes of the kinds IPCX_NOTE_FAILED and IPCX_NOTE_MISSING.
 *
 * @param ret_table the objects removed, as they were (with IPCX_DRY_RUN: those that would
 * be removed). Free it with ipcx_table_free()
 * @return 0, even if some objects could not be removed (ipcx_table_failures()), or -errno
 * @retval -EINVAL as for ipcx_scan(), or mechs is used without where, same or IPCX_ALL
 */
int ipcx_remove(struct ipcx *x, const struct ipcx_query *q,
		struct ipcx_table **ret_table);

/** The counts of ipcx_remove_count(). Set size to sizeof(struct ipcx_outcome). */
struct ipcx_outcome {
	size_t size;
	uint64_t done;    /**< objects removed (IPCX_DRY_RUN: would be removed) */
	uint64_t missing; /**< references to objects that do not exist */
	uint64_t failed;  /**< objects not removed, and mechanisms not read */
};

/** The size of struct ipcx_outcome in the first version. */
#define IPCX_OUTCOME_SIZE_0_1 (offsetof(struct ipcx_outcome, failed) + sizeof(uint64_t))

/**
 * Remove objects like ipcx_remove(), but return counts and the first error instead of
 * rows. A failure does not stop the removal. Memory is bounded, because rows are held one
 * slice at a time (see max_rows in struct ipcx_query).
 *
 * @param ret_outcome the counts; also set if some objects failed or memory ran out, but
 * untouched if the query is refused (-EINVAL, -E2BIG)
 * @return 0 if all went well, else the -errno, with its text, of the first object that
 * failed or was missing
 * @retval -ESTALE an object was skipped because it is no longer the one in same
 * @retval -ENOENT a referenced object does not exist
 * @retval -EPERM the caller may not remove an object
 * @retval -EINVAL as for ipcx_remove()
 */
int ipcx_remove_count(struct ipcx *x, const struct ipcx_query *q,
		      struct ipcx_outcome *ret_outcome);

/* ---- ipcx_change(3): change objects ---- */
/*
 * ipcx_mech_info() returns the attributes that can be changed.
 *
 * @example chown.c
 * @see shmctl(2), msgctl(2), semctl(2), fchown(2), fchmod(2), ftruncate(2)
 */

/**
 * Change the objects of q->refs, or those of q->mechs that fulfil q->where. Failures are
 * notes.
 *
 * @param attrs what to change
 * @param ret_table the objects changed, as they are now (with IPCX_DRY_RUN: those that
 * would be changed). Free it with ipcx_table_free()
 * @return 0, even if some objects could not be changed (ipcx_table_failures()), or -errno
 * @retval -EINVAL as for ipcx_remove(), or an attribute that a mechanism cannot change
 */
int ipcx_change(struct ipcx *x, const struct ipcx_query *q,
		const struct ipcx_attrs *attrs, struct ipcx_table **ret_table);

/* ---- ipcx_limits(3): read limits and totals ---- */
/*
 * The limits are described in ipcx-limits(1).
 *
 * @example limits.c limits_show
 * @see ipcx-limits(1), proc(5), getrlimit(2)
 */

/**
 * List the limits that can make IPC calls fail, with the fields name, limit, used,
 * percent, unit, source, what, scope and ceiling (the largest value to which the limit
 * can be raised). A field that does not apply has no value: limit if there is no limit,
 * used if the use is not counted, percent if used has no value or the limit is 0. Such
 * fields are not unknown (ipcx_row_unknown()).
 *
 * @param names the limits, terminated by NULL; or NULL for all of them
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -ENOENT there is no such limit
 */
int ipcx_limits(struct ipcx *x, const char *const *names, struct ipcx_table **ret_table);

/**
 * List limits as ipcx_limits() does, but take from totals how much of them is used, as
 * far as these say it: for the rest, the kernel is asked, which for segments counts all
 * of them while it holds a lock.
 *
 * @param names the limits, terminated by NULL; or NULL for all of them
 * @param totals rows of all objects as they are now: those of ipcx_totals(), or groups by
 * mech (and ns, for all namespaces) with the sums objects or count, allocated and
 * semaphore_count; rows of the same mechanism and namespace are added up. If the table is
 * incomplete (ipcx_table_complete()), it is not used
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -ENOENT there is no such limit
 */
int ipcx_limits_given(struct ipcx *x, const char *const *names,
		      const struct ipcx_table *totals, struct ipcx_table **ret_table);

/**
 * List limits, but not how much of each is used: for that, the kernel would have to count
 * objects while it holds a lock. used and percent are unknown.
 *
 * @param names the limits, terminated by NULL; or NULL for all of them
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -ENOENT there is no such limit
 */
int ipcx_limit_values(struct ipcx *x, const char *const *names,
		      struct ipcx_table **ret_table);

/**
 * Read the kernel's totals over all objects of each System V mechanism, one row each:
 * objects, and for shm allocated, rss and swap (bytes), for msg qnum and cbytes, for sem
 * nsems. This takes one call each with SHM_INFO, MSG_INFO and SEM_INFO; no object is
 * read. If the kernel lacks a mechanism, a note says so.
 *
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 */
int ipcx_totals(struct ipcx *x, struct ipcx_table **ret_table);

/** Return the name of a limit by its number (0, 1, …); NULL after the last. */
const char *ipcx_limit_name(unsigned i);

/* ---- ipcx_limit_set(3): set limits ---- */
/*
 * Limits of an IPC namespace are sysctls below /proc/sys/kernel and /proc/sys/fs/mqueue.
 *
 * @example limits.c
 * @see ipcx-limits(1), proc(5), sysctl.d(5)
 */

/**
 * Set a limit of the IPC namespace in use and read it back.
 *
 * @param value in the unit of the limit
 * @return 0, or -errno
 * @retval -ENOENT there is no such limit
 * @retval -EPERM the caller lacks the capability that is needed
 * @retval -ENOTSUP it cannot be set from here; the text says how to set it
 * @retval -ERANGE the value is out of range, or the kernel stored another value
 */
int ipcx_limit_set(struct ipcx *x, const char *name, uint64_t value);

/**
 * Test whether ipcx_limit_set() would succeed with the caller's rights. Sets nothing.
 *
 * @param ret_now the current value
 * @return 0, or -errno as ipcx_limit_set()
 */
int ipcx_limit_check(struct ipcx *x, const char *name, uint64_t value, uint64_t *ret_now);

/**
 * Write the sysctl line that sets a limit at boot, such as "kernel.shmmni = 4096".
 *
 * @param size bytes of buf
 * @return the length without the final NUL, even if more than size, or -errno
 * @retval -ENOENT there is no such limit
 * @retval -ENOTSUP no sysctl sets it
 */
int ipcx_limit_sysctl(struct ipcx *x, const char *name, uint64_t value, char *buf,
		      size_t size);

/** A limit and its new value. Set size to sizeof(struct ipcx_setting). */
struct ipcx_setting {
	size_t size;
	const char *name; /**< the limit: "semmsl", "kernel.shmmax" */
	uint64_t value;   /**< in the unit of the limit */
};

/** The size of struct ipcx_setting in the first version. */
#define IPCX_SETTING_SIZE_0_1 (offsetof(struct ipcx_setting, value) + sizeof(uint64_t))

/**
 * Write the lines that set several limits at boot, separated by newlines: one line per
 * sysctl, with all of its values (kernel.sem has four). If a limit occurs twice, the last
 * value counts.
 *
 * @param settings n structs of the same size, settings[0].size bytes apart
 * @param size bytes of buf
 * @return the length without the final NUL, even if more than size, or -errno
 * @retval -ENOENT there is no such limit
 * @retval -ENOTSUP no sysctl sets it
 */
int ipcx_limit_lines(struct ipcx *x, const struct ipcx_setting *settings, size_t n,
		     char *buf, size_t size);

/* ---- ipcx_fit(3): check whether objects fit into the limits ---- */
/*
 * Both functions compare objects with the limits that they count against: ipcx_fit()
 * compares objects that do not exist yet, ipcx_shares() an existing object.
 *
 * @example fits.c
 */

/**
 * Test whether objects would fit. Each row is a limit that the objects count against:
 * limit, used, needed, fits, raise_to (the value with which they would fit).
 *
 * @param request a mechanism and how much, in the syntax of its need in struct
 * ipcx_mech_info: "shm:40G", "sem:10x250", "mq:100x8K"
 * @param ret_table free it with ipcx_table_free()
 * @return 1 if they fit; 0 if not, or if that is unknown (fits is unknown in a row); or
 * -errno
 * @retval -EINVAL the request cannot be parsed
 */
int ipcx_fit(struct ipcx *x, const char *request, struct ipcx_table **ret_table);

/**
 * List the share of each limit that one object uses, a row for each limit.
 *
 * @param t a snapshot with the fields of ipcx_share_fields(). A share is unknown if a
 * field that it depends on is missing
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -EINVAL there is no such row
 * @retval -ENODATA rows of this kind use no share of a limit
 */
int ipcx_shares(struct ipcx *x, const struct ipcx_table *t, size_t row,
		struct ipcx_table **ret_table);

/**
 * Return the fields that ipcx_shares() needs, to be set as fields in struct ipcx_query.
 *
 * @param mechs an IPCX_MECH_BIT() for each mechanism
 */
struct ipcx_fieldset ipcx_share_fields(uint64_t mechs);

/* ---- ipcx_ns_open(3): find an IPC namespace and act in it ---- */
/*
 * A namespace is found by a process, a container, a pin or a file. ipcx_use() then makes
 * the calls of a context act there; the calling process stays where it is.
 *
 * @example inside.c
 * @see ipc_namespaces(7), namespaces(7), setns(2)
 */

/** An IPC namespace, together with the root directory whose /dev/shm is used; or every
 * namespace that can be found. A namespace is held open, so that the kernel does not
 * reuse its number. */
struct ipcx_ns;

/**
 * Open an IPC namespace.
 *
 * The argument where is one of:
 *
 * - a process id;
 * - a container's name, id or unique beginning of its id, preceded by its pod, or by its
 * runtime and a colon, if several have that name; a pod; a systemd unit;
 * - the name of a pin;
 * - a file (a text that begins with a slash or a dot);
 * - a directory, in the same way: the root of a tmpfs, without symbolic links. It has
 * POSIX shared memory and named semaphores, and no IPC namespace. Objects are removed
 * there only if a container left it that no process uses;
 * - "ipc:[N]", or N if greater than any process id (a number that is neither a process
 * nor a namespace is the name of a container or the beginning of its id);
 * - "self";
 * - "all": every namespace, only for reading.
 *
 * @param ret_ns free it with ipcx_ns_free()
 * @return 0, or -errno
 * @retval -ENOENT there is no such namespace, container, pin or file
 * @retval -ESRCH there is no such process (any more)
 * @retval -ENOTUNIQ several match, or a number is both a process and a container
 * @retval -EINVAL the file is not an IPC namespace, nor the root of a tmpfs
 * @retval -EACCES it may not be opened, or there may be a match that the caller cannot
 * see
 */
int ipcx_ns_open(struct ipcx *x, const char *where, struct ipcx_ns **ret_ns);

/** Free a namespace. No context may be using it. ns may be NULL. */
void ipcx_ns_free(struct ipcx_ns *ns);

/** Return whether ns stands for every namespace ("all"). */
bool ipcx_ns_is_all(const struct ipcx_ns *ns);

/**
 * Write the name of the IPC namespace in which calls with this context act, as the kernel
 * writes it: "ipc:[4026531839]"; "ipc:[?]" if /proc does not reveal it, "all" for every
 * namespace.
 *
 * @param size bytes of buf
 */
void ipcx_namespace(struct ipcx *x, char *buf, size_t size);

/**
 * Make all further calls with this context act in a namespace: on objects, contents and
 * limits. The calling thread stays in its own namespaces; a helper thread or process
 * enters the namespace instead (setns(2)). Nothing in a container is executed or trusted:
 * paths below its root directory cannot lead out of it (openat2(2)), and user and process
 * ids are those that the caller sees.
 *
 * The user who mounted a namespace's /dev/shm decided which files are in it. If the mount
 * namespace belongs to a user namespace other than the caller's, or the target's process
 * is in another user namespace, those files are opened, created, changed and removed as
 * root of that user namespace (or as its creator if it has no user 0; if that creator is
 * uid 0, the call fails with -EPERM), and values of semaphores are read only from files
 * that this user may read. Otherwise, if the file system is also mounted in the caller's
 * mount namespace elsewhere than on /dev/shm, a note says so, and acting on whole
 * mechanisms or by a condition fails with -EPERM unless a container runtime of root knows
 * the process.
 *
 * Files in the /dev/shm of another user namespace are accessed by a forked child. A
 * forked child also acts in a namespace that the caller can enter only through a user
 * namespace that the caller owns. The child allocates memory and may use NSS: see THREADS
 * in libipcx(3).
 *
 * @param ns the namespace, which must not be freed while it is in use; NULL: the caller's
 * own namespace again, or that given to ipcx_new_at()
 */
void ipcx_use(struct ipcx *x, struct ipcx_ns *ns);

/* ---- ipcx_namespaces(3): list namespaces, their processes and containers ---- */
/*
 * Each function returns a table. A note of the kind IPCX_NOTE_INCOMPLETE reports what the
 * caller may not read.
 *
 * @example places.c
 * @see ipc_namespaces(7), proc(5)
 */

/** Flag of ipcx_namespaces(): also look for threads that are in a namespace other than
 * that of their process, and check every open descriptor of every process. */
#define IPCX_THOROUGH (1U << 0)

/**
 * List every IPC namespace, or only the one in use: ns, ns_id, container, pid (the oldest
 * process), its command, uid and owner, processes, threads, mounts, fds, kept_by,
 * user_ns, its parent and its creator, objects and bytes. objects and bytes are unknown
 * if not all objects could be counted; the objects of a /dev/shm that several namespaces
 * share count for the first of them.
 *
 * @param flags IPCX_THOROUGH or 0. Without it, threads and fds are unknown, and
 * namespaces that only threads or descriptors keep alive are not listed
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -ENOENT there is no /proc
 */
int ipcx_namespaces(struct ipcx *x, unsigned flags, struct ipcx_table **ret_table);

/**
 * List the user namespaces that own IPC namespaces, and all their ancestors that can be
 * seen from the caller's user namespace: user_ns, user_ns_parent, its creator
 * (user_ns_uid, user_ns_owner). Each is listed once, so that the rows are the nodes of a
 * tree.
 *
 * @param flags IPCX_THOROUGH or 0, as for ipcx_namespaces()
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -ENOENT there is no /proc
 */
int ipcx_user_namespaces(struct ipcx *x, unsigned flags, struct ipcx_table **ret_table);

/**
 * Count the objects of each mechanism in the namespaces in use: mech, objects, bytes, ns,
 * container, shm_device. With "all" there is a row for each /dev/shm of a namespace; a
 * /dev/shm that several namespaces share counts for the first of them. What could not be
 * counted is unknown.
 *
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 */
int ipcx_usage(struct ipcx *x, struct ipcx_table **ret_table);

/**
 * List the processes of the namespace in use: pid, command, owner, uid, started,
 * container, mnt_ns.
 *
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -ENOENT there is no /proc
 */
int ipcx_members(struct ipcx *x, struct ipcx_table **ret_table);

/**
 * List the containers that can be found without asking a daemon, all of them or those of
 * the namespace in use: container (RUNTIME:NAME), runtime, name, container_id, pod,
 * pod_namespace, ipc_mode, pid, ns. The texts were chosen by the container's creator.
 *
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 */
int ipcx_containers(struct ipcx *x, struct ipcx_table **ret_table);

/**
 * List who shares the IPC namespace in use, its /dev/shm or its /dev/mqueue: a row for
 * each pair of IPC and mount namespace, with what it shares, its first process, that
 * process's container, and the devices of the file systems. Notes tell of processes whose
 * /dev/mqueue shows the queues of another IPC namespace than their own.
 *
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -ENOENT there is no /proc
 */
int ipcx_sharers(struct ipcx *x, struct ipcx_table **ret_table);

/**
 * Compare two namespaces: name (what is compared), first, second, same, follows (what the
 * result means). IPC namespace, /dev/shm, /dev/mqueue and MIT-SHM are always compared; if
 * they do not share all of these, also the limits that differ and the objects with a key
 * or a name. If part of a namespace cannot be read, a note of the kind
 * IPCX_NOTE_INCOMPLETE says so, and the field "same" is unknown in each row that depends
 * on that part. An object is reported as existing on one side only if the other side was
 * read completely.
 *
 * @param ret_table free it with ipcx_table_free()
 * @return 1 if they share the IPC namespace, /dev/shm and /dev/mqueue; 0 if they do not
 * share all three; 2 if that is unknown because a side has no process (same is unknown in
 * a row); or -errno
 * @retval -EINVAL a side is every namespace ("all")
 */
int ipcx_compare(struct ipcx *x, struct ipcx_ns *first, struct ipcx_ns *second,
		 struct ipcx_table **ret_table);

/* ---- ipcx_ns_enter(3): move the calling process into a namespace ---- */
/*
 * Only these functions move the calling process, which must have a single thread. After a
 * failure, the process may have moved partly, so end it; only after -EBUSY, nothing was
 * done.
 *
 * @example enter.c
 * @see setns(2), unshare(2), ipc_namespaces(7), user_namespaces(7), capabilities(7)
 */

/** Flags of ipcx_ns_enter(): what else of the target to enter. */
#define IPCX_ENTER_MOUNT (1U << 0) /**< its root directory; implies the other flags */
#define IPCX_ENTER_USER  (1U << 1) /**< the user namespace of its process, as root there */
#define IPCX_ENTER_PID   (1U << 2) /**< its PID namespace, for children made later */

/**
 * Move the calling process into a namespace, and into a new mount namespace, in which the
 * target's queues are on /dev/mqueue (if that directory exists) and its /dev/shm is on
 * /dev/shm (an empty one if the namespace has no known process). Root directory, programs
 * and current directory stay the caller's.
 *
 * With IPCX_ENTER_MOUNT, the root directory is that of the target, the current directory
 * becomes "/", and the target's user, PID, network, UTS and cgroup namespaces are entered
 * as well.
 *
 * The user namespace is that of the target's process or, if none is known, the owner of
 * the IPC namespace. If root is not mapped there, the caller becomes the user of the
 * target's process. If the caller has its rights from a user namespace that it created
 * and that contains the target (or, if the IPC namespace is the caller's own, the
 * target's process), that user namespace is entered first. If the target or its process
 * belongs to another user namespace, PR_SET_NO_NEW_PRIVS is set.
 *
 * @param flags IPCX_ENTER_… or 0
 * @return 0; 1 if /dev/shm is a new, empty one; or -errno
 * @retval -EPERM the text names the missing capability
 * @retval -ESRCH the process of the target ended
 * @retval -EBUSY the process has more than one thread; nothing was done
 * @retval -EINVAL ns is every namespace
 * @retval -errno any error of setns(2), mount(2) or another step; the text names the step
 */
int ipcx_ns_enter(struct ipcx *x, struct ipcx_ns *ns, unsigned flags);

/**
 * Move the calling process into a new IPC namespace and a new mount namespace with a
 * /dev/shm and, if that directory exists, a /dev/mqueue of its own; without CAP_SYS_ADMIN
 * also into a new user namespace, as its root.
 *
 * @param shm_size bytes of /dev/shm; 0: the kernel's default
 * @return 0, or -errno
 * @retval -EPERM user namespaces are not permitted
 * @retval -ENOSPC a limit on the number of namespaces is reached
 * @retval -EBUSY the process has more than one thread; nothing was done
 * @retval -errno any error of unshare(2) or mount(2)
 */
int ipcx_ns_new(struct ipcx *x, uint64_t shm_size);

/** A range of ids of a new user namespace, mapped to ids of the caller's. Set size to
 * sizeof(struct ipcx_id_range). */
struct ipcx_id_range {
	size_t size;
	uint32_t inner;    /**< the first id in the new user namespace */
	uint32_t outer;    /**< the first id in the caller's user namespace */
	uint32_t count;    /**< the number of ids */
	uint32_t reserved; /**< 0 */
};

/** Size of the struct in the first version. */
#define IPCX_ID_RANGE_SIZE_0_1 \
	(offsetof(struct ipcx_id_range, reserved) + sizeof(uint32_t))

/** Flags of struct ipcx_ns_map: map the first block of ids that subuid(5) or subgid(5)
 * grants to the caller to the ids from 0 on. */
#define IPCX_MAP_AUTO_USERS  (UINT64_C(1) << 0)
#define IPCX_MAP_AUTO_GROUPS (UINT64_C(1) << 1)

/** A new namespace with a map of ids. Set size to sizeof(struct ipcx_ns_map) and unused
 * members to 0. */
struct ipcx_ns_map {
	size_t size;
	uint64_t shm_size;                  /**< as for ipcx_ns_new() */
	const struct ipcx_id_range *users;  /**< without any, the caller becomes 0 */
	size_t nusers;                      /**< at most 340 */
	const struct ipcx_id_range *groups; /**< the same for groups */
	size_t ngroups;                     /**< at most 340 */
	uint64_t flags;                     /**< IPCX_MAP_… */
};

/** Size of the struct in the first version. */
#define IPCX_NS_MAP_SIZE_0_1 (offsetof(struct ipcx_ns_map, flags) + sizeof(uint64_t))

/**
 * As ipcx_ns_new(), always in a new user namespace, with these users and groups mapped.
 * The process becomes user 0 and group 0 there, or, where 0 is not mapped, keeps its own
 * user or group, which then has to be mapped. It gives up its supplementary groups,
 * unless setgroups(2) is forbidden there.
 *
 * Without CAP_SETUID and CAP_SETGID, ids other than the caller's own are mapped by the
 * programs newuidmap and newgidmap in /usr/bin. The maps are read back. For the time of
 * the call, the process has two children.
 *
 * @return 0, or -errno
 * @retval -EINVAL a range is not valid, overlaps with another one, or neither 0 nor the
 * caller's own id is mapped; nothing was done
 * @retval -ENOENT subuid(5) or subgid(5) grants nothing to the caller; nothing was done
 * @retval -ENOPKG newuidmap or newgidmap is needed and not installed; nothing was done
 * @retval -EPERM the caller may not map these ids: end the process
 * @retval -errno any error of ipcx_ns_new(), or of writing the maps
 */
int ipcx_ns_new_mapped(struct ipcx *x, const struct ipcx_ns_map *map);

/**
 * Test whether objects and limits in a namespace may be changed, depending on how the
 * namespace was named: the name of a container that shares the caller's namespace
 * ("docker run
 * --ipc=host") does not permit changes to it. Calls that act in the namespace selected by
 * ipcx_use() test this themselves; a program that enters a namespace should test it
 * first.
 *
 * @return 0, or -errno
 * @retval -EINVAL it is the caller's own namespace, with the hint IPCX_HINT_STAY
 */
int ipcx_ns_may_act(struct ipcx *x, const struct ipcx_ns *ns);

/**
 * Read the capability bounding set of the first process of a namespace.
 *
 * @param ret_caps bit N is capability N; all bits if the namespace has no known process
 * @return 0, or -errno if it cannot be read: then do not leave any descriptor or
 * capability to programs that run there
 */
int ipcx_ns_bounding(struct ipcx *x, const struct ipcx_ns *ns, uint64_t *ret_caps);

/** A user of a namespace: what ipcx_ns_user() finds out. */
struct ipcx_ns_user {
	size_t size;     /**< sizeof(struct ipcx_ns_user) */
	uint32_t uid;    /**< as in the user namespace that is entered */
	uint32_t gid;    /**< as in the user namespace that is entered */
	char home[1024]; /**< an absolute path, below the root that is entered */
};

/** Size of the struct in the first version. */
#define IPCX_NS_USER_SIZE_0_1 (offsetof(struct ipcx_ns_user, home) + 1024)

/**
 * Look up a user and a group for a program that is to run in a namespace, before entering
 * it with the same flags. With IPCX_ENTER_MOUNT, names are those of passwd(5) and
 * group(5) below the root of the target; otherwise those of the caller. The ids are
 * checked to be mapped in the user namespace that is entered. What a container's files
 * say was written by the container.
 *
 * @param flags IPCX_ENTER_… or 0
 * @param user a name or number; NULL: root
 * @param group a name or number; NULL: the group of the user, 0 if the container does not
 * list the user
 * @param ret_user its member size is set by the caller; home is /root for root and / for
 * others if the user is not listed
 * @return 0, or -errno
 * @retval -EINVAL there is no such user or group, or it is not mapped
 * @retval -errno the files could not be read, and a name was given
 */
int ipcx_ns_user(struct ipcx *x, const struct ipcx_ns *ns, unsigned flags,
		 const char *user, const char *group, struct ipcx_ns_user *ret_user);

/**
 * Read the environment that the process of a namespace was started with: only variables
 * with a name of printable characters, each followed by a NUL. The process chose it: pass
 * it on to programs of that container, and use nothing of it.
 *
 * @param size bytes of buf; at most 256 KiB are read
 * @param ret_len the number of bytes in buf; 0 if the namespace has no known process
 * @return 0, or -errno
 * @retval -EFBIG it has more bytes
 */
int ipcx_ns_environ(struct ipcx *x, const struct ipcx_ns *ns, char *buf, size_t size,
		    size_t *ret_len);

/**
 * After ipcx_ns_enter(): drop all supplementary groups, and become a user and a group of
 * the user namespace that was entered. The ids are read back.
 *
 * @param ns the namespace that was entered
 * @return 0, or -errno: then end the process
 * @retval -errno any error of setgroups(2), setresgid(2) or setresuid(2)
 */
int ipcx_ns_become(struct ipcx *x, const struct ipcx_ns *ns, uint32_t uid, uint32_t gid);

/* ---- ipcx_ns_pin(3): keep namespaces alive under a name ---- */
/*
 * A pin is a bind mount of a namespace on /run/ipcx/ns/NAME or, for unprivileged users,
 * who need mount rights, below /run/user/UID. ipcx_ns_open() accepts its name.
 *
 * @example pin.c
 * @see mount(2), ipc_namespaces(7)
 */

/**
 * Keep a namespace alive under a name.
 *
 * @param name a letter, then letters, digits, '.', '_' and '-', at most 64 bytes
 * @return 0; 1 if the pin ends with the mount namespace of the caller; or -errno
 * @retval -EEXIST a pin of that name exists, here or in another mount namespace
 * @retval -EINVAL the name is not valid, or ns is every namespace
 * @retval -EPERM the caller lacks mount rights
 * @retval -ENOPKG libmount cannot be loaded
 * @retval -errno any other error of mount(2)
 */
int ipcx_ns_pin(struct ipcx *x, const struct ipcx_ns *ns, const char *name);

/** Flag of ipcx_ns_unpin(): also remove the file of a pin that is not mounted here. If
 * the pin is mounted in another mount namespace, it ends there, too. */
#define IPCX_UNPIN_FILE (1U << 0)

/**
 * Remove a pin.
 *
 * @param flags IPCX_UNPIN_FILE or 0
 * @return 0, or -errno
 * @retval -ENOENT there is no such pin
 * @retval -EXDEV it is not mounted in the caller's mount namespace
 * @retval -EBUSY something else is mounted on it
 * @retval -EPERM the caller lacks mount rights
 */
int ipcx_ns_unpin(struct ipcx *x, const char *name, unsigned flags);

/* ---- ipcx_mem_open(3): read and write shared memory ---- */
/*
 * For mechanisms with IPCX_CAN_MEMORY (shm, pshm). Memory is copied by system calls, so
 * that a page that cannot be allocated causes an error, never a signal.
 *
 * @example memory.c
 * @see shmat(2), shm_open(3)
 */

/** The memory of one object, open for reading or writing. */
struct ipcx_mem;

/** Flag of ipcx_mem_open(): open for writing. */
#define IPCX_MEM_WRITE (1U << 0)

/**
 * Open the memory of an object. The memory stays open when the object is removed.
 *
 * A System V segment is attached (shmat(2), read-only without IPCX_MEM_WRITE), which
 * changes its nattch, atime, dtime and lpid and nothing else. It is attached in the
 * namespace of the calling process, so the context must not use another namespace (call
 * ipcx_ns_enter() instead). A POSIX object is opened in the namespace that ipcx_use()
 * selects, and never mapped.
 *
 * @param flags IPCX_MEM_WRITE or 0
 * @param ret_mem free it with ipcx_mem_close() before the context
 * @return 0, or -errno
 * @retval -ENOENT there is no such object
 * @retval -EINVAL objects of this mechanism have no memory, or the context uses another
 * namespace (System V)
 * @retval -EBUSY kernel.shm_rmid_forced is set and no process is attached: detaching
 * would remove the segment
 * @retval -EACCES the caller may not open it
 */
int ipcx_mem_open(struct ipcx *x, const struct ipcx_ref *ref, unsigned flags,
		  struct ipcx_mem **ret_mem);

/** Return the size in bytes that the memory had when it was opened. */
uint64_t ipcx_mem_size(const struct ipcx_mem *m);

/**
 * Read n bytes. Other processes may change the bytes during the call.
 *
 * Untouched pages of a System V segment read as zeros. Such pages stay unallocated if the
 * caller may open /proc/self/map_files (CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN);
 * otherwise the kernel allocates them when they are read.
 *
 * @param at the first byte, from 0
 * @param buf n bytes
 * @return 0 if all bytes were read, or -errno
 * @retval -ERANGE the bytes end beyond the size, or a POSIX object was truncated (the
 * text says where it ends now)
 * @retval -EFAULT the kernel has no memory for a page
 * @retval -EBADF a POSIX object was opened for writing
 */
int ipcx_mem_read(struct ipcx_mem *m, uint64_t at, void *buf, size_t n);

/**
 * Write n bytes within the size. An object does not grow, except if it is truncated
 * between the check of its size and the write.
 *
 * @param at the first byte, from 0
 * @param buf n bytes
 * @return 0 if all bytes were written, or -errno: then the bytes before the one that the
 * text names may have been written
 * @retval -ERANGE as for ipcx_mem_read()
 * @retval -EBADF it was opened for reading
 * @retval -ENOSPC the file system has no memory left
 * @retval -EFBIG RLIMIT_FSIZE is exceeded
 * @retval -EFAULT the kernel has no memory for a page
 */
int ipcx_mem_write(struct ipcx_mem *m, uint64_t at, const void *buf, size_t n);

/** Detach or close memory and free m, which may be NULL. */
void ipcx_mem_close(struct ipcx_mem *m);

/* ---- ipcx_queue_open(3): send and receive messages ---- */
/*
 * For mechanisms with IPCX_CAN_QUEUE (msg, mq). All calls act in the namespace of the
 * calling process (see ipcx_ns_enter()), not in the one that ipcx_use() selects.
 *
 * @example messages.c
 * @see msgsnd(2), msgrcv(2), mq_send(3), mq_receive(3), mq_notify(3)
 */

/** An open message queue. */
struct ipcx_queue;

/** Flags of ipcx_queue_open(). */
#define IPCX_QUEUE_SEND    (1U << 0) /**< open for sending */
#define IPCX_QUEUE_RECEIVE (1U << 1) /**< open for receiving and peeking */

/** A message. Set size to sizeof(struct ipcx_message), also before receiving into it. */
struct ipcx_message {
	size_t size;
	int64_t rank; /**< msg: the type, 1 to LONG_MAX; mq: the priority, 0 to 32767 */
	const void *data; /**< any bytes; ignored if len is 0 */
	size_t len;       /**< bytes, 0 or more */
};

/** The size of struct ipcx_message in the first version. */
#define IPCX_MESSAGE_SIZE_0_1 (offsetof(struct ipcx_message, len) + sizeof(size_t))

/** Which message of a System V queue is received (msgrcv(2)). */
enum ipcx_pick {
	IPCX_PICK_FIRST, /**< the oldest message; mq: of those with the highest priority */
	IPCX_PICK_TYPE,  /**< the oldest message whose type is rank */
	IPCX_PICK_EXCEPT, /**< the oldest message whose type is not rank */
	IPCX_PICK_LOWEST, /**< the oldest of the lowest type, if that is at most rank */
};

/** What ipcx_queue_receive() receives. If only size is set, it receives the next message
 * completely.
 */
struct ipcx_take {
	size_t size;         /**< sizeof(struct ipcx_take) */
	enum ipcx_pick pick; /**< which message; for mq only IPCX_PICK_FIRST */
	int64_t rank;        /**< the type that pick refers to, from 1 */
	size_t most;         /**< msg: maximum length in bytes; 0: any length */
	uint64_t flags;      /**< IPCX_TAKE_TRUNCATE or 0 */
};

/** Flag of struct ipcx_take: truncate a message to most bytes and discard the rest. */
#define IPCX_TAKE_TRUNCATE (UINT64_C(1) << 0)

/** The size of struct ipcx_take in the first version. */
#define IPCX_TAKE_SIZE_0_1 (offsetof(struct ipcx_take, flags) + sizeof(uint64_t))

/** The state of a queue. Set size to sizeof(struct ipcx_queue_state). */
struct ipcx_queue_state {
	size_t size;
	uint64_t messages; /**< waiting messages */
	uint64_t longest;  /**< bytes of the longest message that can be sent */
};

/** The size of struct ipcx_queue_state in the first version. */
#define IPCX_QUEUE_STATE_SIZE_0_1 \
	(offsetof(struct ipcx_queue_state, longest) + sizeof(uint64_t))

/**
 * Open an existing message queue.
 *
 * @param flags IPCX_QUEUE_SEND, IPCX_QUEUE_RECEIVE or both. A POSIX queue opened for
 * receiving may also be sent to, if the rights permit it
 * @param ret_queue free it with ipcx_queue_close() before the context
 * @return 0, or -errno
 * @retval -ENOENT there is no such queue
 * @retval -EACCES the caller may not open it
 * @retval -EINVAL the mechanism has no messages, or the context uses another namespace
 */
int ipcx_queue_open(struct ipcx *x, const struct ipcx_ref *ref, unsigned flags,
		    struct ipcx_queue **ret_queue);

/** Close a queue and free q, which may be NULL. Messages stay in the queue. */
void ipcx_queue_close(struct ipcx_queue *q);

/**
 * Read the number of waiting messages and the maximum length of a message.
 *
 * @return 0, or -errno
 * @retval -EIDRM the queue was removed
 * @retval -EACCES the caller may not read the state
 */
int ipcx_queue_state(struct ipcx_queue *q, struct ipcx_queue_state *ret_state);

/**
 * Test whether a message could be sent if there were room. Sends nothing.
 *
 * @return 0, or -errno
 * @retval -EINVAL the type or priority is out of range
 * @retval -EMSGSIZE the message is too long
 */
int ipcx_queue_check(struct ipcx_queue *q, const struct ipcx_message *m);

/**
 * Send a message, whole or not at all.
 *
 * @param timeout nanoseconds to wait, by a monotonic clock, while the queue is full; 0:
 * do not wait; -1: wait without limit, in the kernel
 * @return 0, or -errno
 * @retval -ETIMEDOUT the queue is full; the text names the limit and, for msg, the last
 * receiver
 * @retval -EINVAL the type or priority is out of range
 * @retval -EMSGSIZE the message is too long
 * @retval -EIDRM the queue was removed
 * @retval -EINTR a signal handler ran
 * @retval -EACCES the caller may not write
 */
int ipcx_queue_send(struct ipcx_queue *q, const struct ipcx_message *m, int64_t timeout);

/**
 * Receive a message, which removes it from the queue.
 *
 * @param take which message, with how many bytes
 * @param timeout nanoseconds to wait while there is no such message, as for
 * ipcx_queue_send()
 * @param ret_m the message; its data belongs to q and is valid until the next call with q
 * @return 0, or -errno
 * @retval -ETIMEDOUT there is no such message; the text names, for msg, the last sender
 * @retval -EMSGSIZE the message is longer than take->most, and stays in the queue
 * @retval -EIDRM the queue was removed
 * @retval -EINTR a signal handler ran
 * @retval -EACCES the caller may not read
 * @retval -EINVAL the mechanism lacks IPCX_CAN_PICK, or a number is out of range
 */
int ipcx_queue_receive(struct ipcx_queue *q, const struct ipcx_take *take,
		       int64_t timeout, struct ipcx_message *ret_m);

/**
 * Copy a message and leave it in the queue (MSG_COPY, msgrcv(2)). Other processes may
 * send and receive meanwhile, which changes the positions.
 *
 * @param position 0 is the oldest
 * @param ret_m the message; its data belongs to q and is valid until the next call with q
 * @return 0, or -errno
 * @retval -ENODATA the queue has no message at this position
 * @retval -EMSGSIZE the message is longer than kernel.msgmax is now
 * @retval -ENOSYS the kernel lacks MSG_COPY (CONFIG_CHECKPOINT_RESTORE)
 * @retval -EOPNOTSUPP POSIX queues do not support this
 * @retval -EIDRM the queue was removed
 * @retval -EACCES the caller may not read
 */
int ipcx_queue_peek(struct ipcx_queue *q, uint64_t position, struct ipcx_message *ret_m);

/**
 * Copy several messages as rows: position, mtype (the type or priority), size and data
 * (the first bytes, as text). If a message is too long to be copied, only its position is
 * known.
 *
 * @param first the position of the first message; 0 is the oldest
 * @param most the maximum number of messages
 * @param ret_table free it with ipcx_table_free()
 * @return 0, even if there are fewer messages, or -errno as ipcx_queue_peek()
 */
int ipcx_queue_messages(struct ipcx_queue *q, uint64_t first, uint64_t most,
			struct ipcx_table **ret_table);

/**
 * Request a signal for this process, once, when a message arrives in an empty POSIX queue
 * on which no process waits (mq_notify(3)). Closing the queue cancels the request.
 *
 * @param signo the signal; 0: cancel the request
 * @return 0, or -errno
 * @retval -EBUSY another process is registered
 * @retval -EOPNOTSUPP System V queues do not support this
 */
int ipcx_queue_notify(struct ipcx_queue *q, int signo);

/* ---- ipcx_sem_op(3): operate on semaphores ---- */
/*
 * System V arrays are used in the namespace of the calling process (see ipcx_ns_enter()):
 * calls fail with -EINVAL if the context uses another namespace. Named semaphores are
 * used in the namespace that ipcx_use() selects.
 *
 * @example guard.c
 * @see semop(2), semctl(2), sem_post(3), sem_wait(3)
 */

/** An operation. Set size to sizeof(struct ipcx_sem_op). */
struct ipcx_sem_op {
	size_t size;
	uint32_t num; /**< the semaphore in the array, from 0; 0 for a named one */
	int32_t op;   /**< -32767 to 32767 (SEMVMX): added to the value; a negative number
			 waits until the value is large enough, 0 until it is 0 */
	uint64_t flags; /**< IPCX_SEM_UNDO or 0 */
};

/** Flag of struct ipcx_sem_op (SEM_UNDO): the kernel reverts the operation when the
 * calling process ends, even by a signal. The undo value survives execve(2); entering
 * another IPC namespace reverts the operation at once. */
#define IPCX_SEM_UNDO (UINT64_C(1) << 0)

/** The size of struct ipcx_sem_op in the first version. */
#define IPCX_SEM_OP_SIZE_0_1 (offsetof(struct ipcx_sem_op, flags) + sizeof(uint64_t))

/**
 * Perform operations on a semaphore array (semop(2)), all of them or none; or one
 * operation, 1 or -1 without undo, on a named semaphore (sem_post(3), sem_wait(3)).
 *
 * A process that may write to the file of a named semaphore can crash other processes
 * that use the semaphore by truncating the file.
 *
 * @param ops n structs of the same size, ops[0].size bytes apart
 * @param timeout nanoseconds to wait, by a monotonic clock; 0: do not wait; -1: wait
 * without limit
 * @return 0, or -errno
 * @retval -ETIMEDOUT the call would have to wait, or waited for the whole timeout; the
 * text names the value and, for an array, the last operator
 * @retval -EINTR a signal handler ran; nothing was done
 * @retval -EIDRM the array was removed
 * @retval -ENOENT there is no such object
 * @retval -EFBIG there is no such semaphore in the array
 * @retval -ERANGE a value would exceed SEMVMX
 * @retval -EOVERFLOW the value of a named semaphore would exceed SEM_VALUE_MAX
 * @retval -E2BIG n exceeds SEMOPM
 * @retval -EACCES the caller may not change it
 * @retval -EINVAL the object is not a semaphore, an operation does not apply to it, or
 * the context uses another namespace
 */
int ipcx_sem_op(struct ipcx *x, const struct ipcx_ref *ref, const struct ipcx_sem_op *ops,
		size_t n, int64_t timeout);

/**
 * Set semaphores of an array (semctl(2)). All arguments are checked before the first
 * semaphore is set. The undo values that processes hold for these semaphores are cleared.
 *
 * @param nums the semaphores, set one after another (SETVAL); NULL: all, at once (SETALL)
 * @param values n values, 0 to 32767 (SEMVMX)
 * @return 0, or -errno
 * @retval -ENOENT there is no such object
 * @retval -EFBIG there is no such semaphore in the array
 * @retval -ERANGE a value exceeds SEMVMX
 * @retval -EACCES the caller may not change it
 * @retval -EIDRM the array was removed
 * @retval -EINVAL n is not the number of semaphores (nums is NULL), the object is not an
 * array, or the context uses another namespace
 */
int ipcx_sem_set(struct ipcx *x, const struct ipcx_ref *ref, const uint32_t *nums,
		 const uint32_t *values, size_t n);

/** A named semaphore that was taken. It is held open. */
struct ipcx_psem_taken;

/**
 * Take a named semaphore (sem_wait(3)) so that exactly this semaphore can be given back,
 * even if its name belongs to another semaphore by then. The kernel does not give it back
 * when the process ends.
 *
 * @param timeout as for ipcx_sem_op()
 * @param ret_taken give it back and free it with ipcx_psem_give()
 * @return 0, or -errno as ipcx_sem_op()
 */
int ipcx_psem_take(struct ipcx *x, const struct ipcx_ref *ref, int64_t timeout,
		   struct ipcx_psem_taken **ret_taken);

/**
 * Give a named semaphore back (sem_post(3)), and free taken, also on failure.
 *
 * @return 0, or -errno
 * @retval -EOVERFLOW the value is SEM_VALUE_MAX, because others gave back more than they
 * took
 */
int ipcx_psem_give(struct ipcx *x, struct ipcx_psem_taken *taken);

/* ---- ipcx_key(3): keys and ids of System V ---- */
/*
 * ftok(3) makes a key of the low byte of proj, 8 bits of a device and 16 bits of an inode
 * number, so several files may have the same key.
 *
 * @example key.c
 * @example ways.c
 * @see ftok(3), sysvipc(7)
 */

/**
 * Make the key of a path and the low byte of proj, as ftok(3) does.
 *
 * @return 0, or -errno of stat(2)
 * @retval -ENOENT there is no such file
 * @retval -EACCES a directory of the path may not be searched
 */
int ipcx_key(struct ipcx *x, const char *path, int proj, uint32_t *ret_key);

/**
 * Make a key for each path: key, path, proj, device, inode. Paths that cannot be read are
 * notes.
 *
 * @param paths n paths
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 */
int ipcx_keys(struct ipcx *x, const char *const *paths, size_t n, int proj,
	      struct ipcx_table **ret_table);

/**
 * Find the files for which ftok(3) returns a key. The rows are those of ipcx_keys(), with
 * the proj that results in the key.
 *
 * @param paths n files and directories
 * @param recursive also search everything below directories; symbolic links are not
 * followed
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 */
int ipcx_key_search(struct ipcx *x, uint32_t key, const char *const *paths, size_t n,
		    bool recursive, struct ipcx_table **ret_table);

/** Flags of ipcx_key_ways(). */
#define IPCX_KEY_RECURSIVE (1U << 0) /**< also search everything below directories */

/**
 * Find how programs make a key of files: the rows of ipcx_keys(), with way (text), a row
 * for each way in which the key may have been made: by ftok(3), or as PostgreSQL, Qt and
 * modules of Perl and PHP do. Some programs make keys of a text, so paths need not exist:
 * those that have the key in such a way have no device and inode. proj has a value only
 * for ftok(3).
 *
 * @param paths n files and directories, or texts
 * @param flags IPCX_KEY_RECURSIVE or 0
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -EINVAL flags has unknown bits
 */
int ipcx_key_ways(struct ipcx *x, uint32_t key, const char *const *paths, size_t n,
		  unsigned flags, struct ipcx_table **ret_table);

/**
 * List the paths whose keys by ftok(3) are equal although they are different files: the
 * rows of ipcx_keys(), those with the same key one after another. Several names of one
 * file are no collision.
 *
 * @param paths n files and directories
 * @param proj the project number for the field key; it does not matter for what is equal
 * @param flags IPCX_KEY_RECURSIVE or 0
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -EINVAL flags has unknown bits
 */
int ipcx_key_collisions(struct ipcx *x, const char *const *paths, size_t n, int proj,
			unsigned flags, struct ipcx_table **ret_table);

/**
 * Split System V ids into the index of their slot and its sequence number (IPCMNI in
 * ipc/util.h of the kernel): ref, id, id_index, id_seq. The objects need not exist. For
 * references by key or name, the table has notes instead of rows.
 *
 * @param refs n references
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 */
int ipcx_id_split(struct ipcx *x, const struct ipcx_ref *refs, size_t n,
		  struct ipcx_table **ret_table);

/* ---- ipcx_why(3): find out why a call failed ---- */
/*
 * A call that fails with ENOSPC or EINVAL does not say which of several reasons it had.
 * This function knows the reasons of each call of System V and POSIX IPC and tests each
 * of them from outside, with the arguments of the call as far as they are known.
 *
 * Nothing is created, opened or changed. The answer is about now: what was so when the
 * call failed may have changed.
 *
 * @example why.c
 * @see shmget(2), semop(2), mq_overview(7), errno(3)
 */

/** A failed call. Set size to sizeof(struct ipcx_failed_call) and unused members to 0. */
struct ipcx_failed_call {
	size_t size;
	const char *call;        /**< the call ("shmget"); NULL if it stands in line */
	const char *error;       /**< how it failed: the name, number or text of an errno,
				    "SIGBUS", or "blocks" for a call that does not return; NULL
				    if it stands in line */
	const char *const *args; /**< arguments of the call, each as "NAME=VALUE", or a
				    reference to the object */
	size_t nargs;            /**< how many arguments are given */
	const char *line; /**< a line of a log or of strace(1), in which call and error
			     are searched for; or NULL. Arguments in args come before
			     those in the line */
	unsigned flags;
	uint32_t uid; /**< IPCX_WHY_UID: whose rights count */
	int32_t pid;  /**< IPCX_WHY_PID: whose rights and limits count */
};

/** The size of struct ipcx_failed_call in the first version. */
#define IPCX_FAILED_CALL_SIZE_0_1 \
	(offsetof(struct ipcx_failed_call, pid) + sizeof(int32_t))

/** The call was made by a process of this user. */
#define IPCX_WHY_UID (1U << 0)
/** The call was made by this process: its user and groups, capabilities, resource limits,
 * seccomp state, root directory and, unless ipcx_use() names another one, its IPC
 * namespace count. */
#define IPCX_WHY_PID (1U << 1)

/**
 * List the reasons for which a call fails in this way, a row for each: call, error (the
 * errno's name), cause (text), applies (whether it is so; unknown if that cannot be
 * told), evidence (text), fix (a command, or what to do), program (that writes such
 * lines). What applies comes first, then what cannot be told; within these, in the order
 * in which the kernel tests.
 *
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -EINVAL there is no such call, errno or argument, the call never fails in this
 * way, or arguments contradict each other
 * @retval -ENODATA the line holds no call and errno that are known
 * @retval -ESRCH there is no process with this pid, or it ended
 */
int ipcx_why(struct ipcx *x, const struct ipcx_failed_call *failed,
	     struct ipcx_table **ret_table);

/** Return the name of a call that ipcx_why() knows by its number (0, 1, …); NULL after
 * the last. */
const char *ipcx_why_call(size_t i);

/** Return a way in which a call fails ("ENOSPC", "SIGBUS") by its number (0, 1, …); NULL
 * after the last, or if there is no such call. */
const char *ipcx_why_error(const char *call, size_t i);

/** Return the name of an argument of a call by its number (0, 1, …), such as "size" for
 * shmget(2); NULL after the last, or if there is no such call. */
const char *ipcx_why_argument(const char *call, size_t i);

/* ---- ipcx_doctor(3): find what is wrong with the objects of a machine ---- */
/*
 * A finding is something that makes programs fail, or is likely to: leaked objects, full
 * queues, locks whose holder is dead, limits nearly reached, a /dev/shm that is missing
 * or full. Nothing is changed.
 *
 * @example doctor.c
 */

/** What ipcx_doctor() looks for. Set size to sizeof(struct ipcx_doctor_opts) and unused
 * members to 0. */
struct ipcx_doctor_opts {
	size_t size;
	uint64_t idle_ns; /**< nanoseconds for which an object must not have been used to
			     count as forgotten; 0: a day */
	const char *what_if; /**< an assumption "NAME=VALUE" such as "shm_rmid_forced=1":
				list only what it would do; or NULL */
};

/** The size of struct ipcx_doctor_opts in the first version. */
#define IPCX_DOCTOR_OPTS_SIZE_0_1 \
	(offsetof(struct ipcx_doctor_opts, what_if) + sizeof(const char *))

/**
 * List findings, a row for each: finding (its kind, a word), mech, ref, ns, container,
 * grade, count (of objects that it is about), bytes (that they take), what (text),
 * evidence (text), fix (a command, or what to do). The most certain come first.
 *
 * @param opts what to look for; or NULL
 * @param ret_unseen what could not be seen; or NULL
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 * @retval -EINVAL opts holds something unknown
 */
int ipcx_doctor(struct ipcx *x, const struct ipcx_doctor_opts *opts,
		struct ipcx_unseen *ret_unseen, struct ipcx_table **ret_table);

/* ---- ipcx_memory(3): find out where shared memory went ---- */
/*
 * Shared memory is counted by the kernel as Shmem of /proc/meminfo, wherever it is: in
 * segments, in tmpfs file systems, in memory files without a name.
 *
 * @example where.c
 * @see tmpfs(5), proc_meminfo(5), memfd_create(2), cgroups(7)
 */

/**
 * List the places of shared memory, a row for each place and kind of use: ns, container,
 * place (text), kind, limit, used, percent, resident (bytes in memory), swap, objects
 * (their number), inodes, inodes_used, what (text). The last rows are the machine's: the
 * sum, Shmem of /proc/meminfo, and what remains unexplained.
 *
 * @param ret_unseen what could not be seen; or NULL
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 */
int ipcx_memory(struct ipcx *x, struct ipcx_unseen *ret_unseen,
		struct ipcx_table **ret_table);

/* ---- ipcx_groups_new(3): sum up rows by the values of fields ---- */
/*
 * A listing that is read in slices is added slice by slice: only the groups take memory.
 *
 * @example groups.c
 * @see ipcx_scan(3), ipcx_users(3), ipcx_limits(3)
 */

/** Groups of rows. */
struct ipcx_groups;

/**
 * Make an empty set of groups.
 *
 * @param by the n fields (at most 8) whose values define a group, which the query of the
 * rows has to name; rows where a field is unknown are a group of their own, and so are
 * rows that have no value or do not have the field
 * @param ret_groups free it with ipcx_groups_free() before the context
 * @return 0, or -errno
 * @retval -EINVAL there are no fields, too many, the same one twice, or one whose values
 * are rows (IPCX_TYPE_ROWS)
 */
int ipcx_groups_new(struct ipcx *x, const enum ipcx_field *by, size_t n,
		    struct ipcx_groups **ret_groups);

/**
 * Add a row of a table, which is not needed afterwards.
 *
 * @return 0, or -errno
 * @retval -EINVAL there is no such row
 */
int ipcx_groups_add(struct ipcx_groups *g, const struct ipcx_table *t, size_t row);

/**
 * Add all rows of a table, which is not needed afterwards. This is faster than to add
 * each.
 *
 * @return 0, or -errno
 */
int ipcx_groups_add_all(struct ipcx_groups *g, const struct ipcx_table *t);

/**
 * Choose what is summed up, instead of what ipcx_groups_table() lists by itself. Call
 * this before the first row is added.
 *
 * Besides count, bytes, attached, percent, oldest and newest, there are:
 *
 * - objects: the same as count;
 * - allocated: bytes that count against limits; of segments, whole pages;
 * - message_count, semaphore_count: messages in queues, semaphores in arrays;
 * - attaches: the sum of nattch; unattached_count, unattached_bytes: the number and bytes
 * of segments where it is 0;
 * - fullest: the highest use_percent;
 * - resident, swap: the sums of rss and swap;
 * - user_count: its sum; unused_count, unused_bytes: the number and bytes of objects
 * where in_use is false.
 *
 * @param fields the n sums; n may be 0. By which rows are grouped and what is summed up
 * are at most 20 fields together
 * @return 0, or -errno; then the usual sums are made
 * @retval -EINVAL a field is no sum, is named twice or is one too many, or a row has been
 * added already
 */
int ipcx_groups_sum(struct ipcx_groups *g, const enum ipcx_field *fields, size_t n);

/** Return the fields that the query of the rows has to name, if it names any, because
 * some are read only then: those by which rows are grouped, and those of the sums. Sizes
 * and times are read with every row. */
struct ipcx_fieldset ipcx_groups_fields(const struct ipcx_groups *g);

/**
 * List the groups, a row for each, in the order of their first rows: the fields, count
 * and, as far as they apply to rows that were added:
 *
 * - bytes: the sum of size (segments, shared memory), cbytes (queues of System V) or
 *   mapped (rows of ipcx_users());
 * - attached: how many have an nattch above 0;
 * - oldest, newest: the least and the most recent of the times of last use; the last use
 *   of an object is the latest of its times, of an attached segment now; unknown if uses
 *   leave no times (as field idle);
 * - percent: the highest of rows of ipcx_limits().
 *
 * If a value is unknown for one of the rows, that of the group is.
 *
 * @param ret_table free it with ipcx_table_free()
 * @return 0, or -errno
 */
int ipcx_groups_table(struct ipcx_groups *g, struct ipcx_table **ret_table);

/** Free groups. g may be NULL. */
void ipcx_groups_free(struct ipcx_groups *g);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
