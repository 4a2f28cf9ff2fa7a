/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libipcx: every kind of Linux IPC object that outlives its process.
 *
 * Everything the library says is a table: rows of typed fields. ipcx_scan() answers with
 * a snapshot of the objects, ipcx_limits() with the limits, ipcx_contents() with the
 * semaphores of an array or the messages of a queue; ipcx_row_get() reads one field of
 * one row of any of them.
 *
 * Errors: functions that return int answer 0 (or a documented positive number) on success
 * and -errno on failure; ipcx_error() then has one line that says what failed, on which
 * object, and why. Outputs are last, named ret_…, and untouched on failure. What the
 * kernel or the caller's rights do not offer is not a failure: it stands as a note in the
 * table, beside what could be read.
 * NULL where a pointer must stand is -EINVAL; functions that answer otherwise take it for
 * nothing: no rows, no note, no value.
 *
 * Threads: a context is used by one thread at a time; contexts are independent of each
 * other. A table is immutable and may be read by any number of threads until it is freed.
 *
 * Some calls fork without execve(2): those of a context that ipcx_use() has in a
 * namespace which only a user namespace of the caller's gives rights over, or whose
 * mounts another user namespace than the caller's owns, and ipcx_stress_start(). The
 * child allocates memory and may ask NSS. In a process with several threads that is safe
 * with glibc 2.24 or newer as far as malloc(3) goes, but a lock of NSS or of another
 * library that some thread holds at that moment is never released in the child: give
 * IPCX_NUMERIC there.
 *
 * The library never prints, never ends the process, and opens every descriptor with
 * O_CLOEXEC. Of the environment it reads TZ alone, through tzset(3): where a condition
 * has a time without a zone, which is local. It resolves user and group names through the
 * C library (NSS) unless IPCX_NUMERIC is given.
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

/* ---- context ---- */

/** A context: directory descriptors, name caches and the text of the last error. */
struct ipcx;

/** A snapshot: rows of fields, and notes about what could not be read. Immutable. */
struct ipcx_table;

/**
 * Make a context. Opens nothing yet.
 *
 * @param ret_x the new context; free it with ipcx_free()
 * @return 0, or -ENOMEM
 */
int ipcx_new(struct ipcx **ret_x);

/** Members of struct ipcx_base that are set. */
#define IPCX_BASE_ROOT (UINT64_C(1) << 0) /**< root_fd */
#define IPCX_BASE_PROC (UINT64_C(1) << 1) /**< proc_fd */
#define IPCX_BASE_NS   (UINT64_C(1) << 2) /**< ns_fd */
/** Act in the IPC namespace of process 1 of that /proc, and in its root where no other is
 * given. */
#define IPCX_BASE_INIT (UINT64_C(1) << 3)

/** What a context stands on instead of what its process has. Set size to sizeof(struct
 * ipcx_base); only members named in set count. */
struct ipcx_base {
	size_t size;
	uint64_t set; /**< IPCX_BASE_… */
	int root_fd;  /**< a root directory: its /dev/shm, /proc and /run are meant */
	int proc_fd;  /**< a mounted procfs, such as /host/proc */
	int ns_fd;    /**< an IPC namespace (an open /proc/PID/ns/ipc) */
	int reserved; /**< must be 0 */
};

/** The size of struct ipcx_base in the first version. */
#define IPCX_BASE_SIZE_0_1 (offsetof(struct ipcx_base, reserved) + sizeof(int))

/**
 * Make a context that stands on descriptors of the caller. They are duplicated: the
 * caller keeps his own.
 *
 * Files below a foreign /proc that speak of IPC (/proc/sysvipc, /proc/sys/kernel/shm*)
 * show the namespace of whoever reads them, not that of the processes listed there: a
 * monitor in a container with the host's /proc at /host/proc wants IPCX_BASE_PROC |
 * IPCX_BASE_INIT, which also enters. Process numbers are those of that /proc.
 *
 * ipcx_use(x, NULL) goes back to this base. Such a context moves no process:
 * ipcx_ns_enter() and ipcx_ns_new() refuse it (-EINVAL).
 *
 * @param ret_x free it with ipcx_free()
 * @return 0; without a context there is no text, so the errno has to say it: -EINVAL when
 * a descriptor is not what it should be (proc_fd is the root of a procfs), or
 * IPCX_BASE_INIT is given without IPCX_BASE_PROC or with IPCX_BASE_NS; -E2BIG; -EBADF;
 * -EACCES; -ENOENT; -ENOMEM
 */
int ipcx_new_at(const struct ipcx_base *base, struct ipcx **ret_x);

/** Free a context. Tables made with it stay valid. NULL is allowed. */
void ipcx_free(struct ipcx *x);

/**
 * Let ages count up to one moment in all that is asked in this context from now on, so
 * that several queries (slices, what is shown before it is removed) agree on them. What
 * is made later has the age 0.
 *
 * @param now seconds since the epoch; 0: the moment of each snapshot, as at first
 */
void ipcx_clock(struct ipcx *x, int64_t now);

/**
 * The text of the last failure in this context: one line without a newline, "" before the
 * first. Owned by the context; valid until its next call.
 */
const char *ipcx_error(const struct ipcx *x);

/** Of what kind a failure was. New kinds may be added at the end. */
enum ipcx_failure {
	IPCX_FAILURE_OTHER,   /**< it could not be done */
	IPCX_FAILURE_REQUEST, /**< what was asked makes no sense: nothing was done */
	IPCX_FAILURE_MISSING, /**< what was named does not exist (any more): an object,
				   a namespace, a process, a container */
	IPCX_FAILURE_TIME,    /**< it would have to wait, or did so too long */
};

/** Of what kind the failure of ipcx_error() was. The errno alone does not say it: -ENOENT
 * may also be of a file that was needed on the way, such as /proc. */
enum ipcx_failure ipcx_failure(const struct ipcx *x);

/** What could help after a failure: a program says it in words of its own (options,
 * buttons), which the library does not know. New ones may be added at the end. */
enum ipcx_hint_kind {
	IPCX_HINT_NONE,          /**< there is none */
	IPCX_HINT_TAKE_EXISTING, /**< IPCX_A_IF_MISSING would take the existing object */
	IPCX_HINT_NORESERVE,     /**< IPCX_A_NORESERVE leaves its memory unaccounted */
	IPCX_HINT_SET_OWNER,     /**< IPCX_A_UID and IPCX_A_GID say who is to be owner */
	IPCX_HINT_SET_LIMIT,     /**< ipcx_limit_set() of subject to value makes room */
	IPCX_HINT_ENTER_MOUNT,   /**< IPCX_ENTER_MOUNT is needed, too */
	IPCX_HINT_COUNT,         /**< a scan of subject tells how many messages it has */
	IPCX_HINT_NOTIFY_PID,    /**< the field notify_pid of subject tells who it is */
	IPCX_HINT_STAY,          /**< it is the caller's own: use no other namespace */
};

/** A hint. Made by the library: members may be added at the end. */
struct ipcx_hint {
	enum ipcx_hint_kind kind; /**< which one */
	const char *subject;      /**< a limit's name or a reference; or "" */
	uint64_t value;           /**< what the limit would have to be, or 0 */
};

/** The hint that belongs to ipcx_error(). Owned by the context, valid until its next
 * call; never NULL, but of kind IPCX_HINT_NONE mostly. */
const struct ipcx_hint *ipcx_error_hint(const struct ipcx *x);

/** The version of this header. */
#define IPCX_VERSION_MAJOR 0
#define IPCX_VERSION_MINOR 1
#define IPCX_VERSION_PATCH 0

/** A version as one number, for comparing. */
#define IPCX_VERSION_NUMBER(major, minor, patch) \
	(((major) << 16) | ((minor) << 8) | (patch))

/** The version of the library in use, such as "0.1.0". Static. */
const char *ipcx_version(void);

/** The same as a number: IPCX_VERSION_NUMBER(). */
unsigned ipcx_version_number(void);

/* ---- values and fields ---- */

/** What a value is. New types may be added at the end. */
enum ipcx_type {
	IPCX_TYPE_NONE, /**< unknown, or there is none (a time that never came): JSON null
			 */
	IPCX_TYPE_BOOL, /**< as.u is 0 or 1 */
	IPCX_TYPE_INT,  /**< as.i */
	IPCX_TYPE_UINT, /**< as.u, the full 64 bits */
	IPCX_TYPE_REAL, /**< as.d, finite */
	IPCX_TYPE_STRING, /**< ipcx_value_string(): bytes as the kernel gave them, in any
			encoding, control characters included */
	IPCX_TYPE_TIME,   /**< as.i: seconds since the epoch (UTC), as the kernel counts
			     them */
	IPCX_TYPE_MODE,   /**< as.u: permission bits, 0 to 0777 */
	IPCX_TYPE_KEY,    /**< as.u: a System V key, 32 bits; 0 is IPC_PRIVATE */
};

/**
 * What is known of a type of value. Static; members may be added at the end.
 *
 * With the text of ipcx_value_format() this is enough to write values of types that were
 * added after a program: in JSON the text is put in quotes when json is "string" (only
 * that of IPCX_TYPE_STRING needs escaping), and taken as it is otherwise.
 */
struct ipcx_type_info {
	const char *name;   /**< one word in lower case: "bool", "unsigned", "time" */
	const char *json;   /**< what its values are in JSON: "boolean", "integer",
			       "number" or "string"; "null" for IPCX_TYPE_NONE */
	const char *schema; /**< what a JSON Schema says of them besides, as members of an
			       object without its braces: "\"minimum\":0"; or NULL */
	bool number;        /**< a number: the unit of a field says what it counts */
};

/** What is known of a type; NULL past the last. */
const struct ipcx_type_info *ipcx_type_info(enum ipcx_type type);

/** What a number counts. New units may be added at the end. */
enum ipcx_unit {
	IPCX_UNIT_PLAIN,       /**< a count, an id, or no number */
	IPCX_UNIT_BYTES,       /**< bytes */
	IPCX_UNIT_SECONDS,     /**< seconds */
	IPCX_UNIT_PERCENT,     /**< percent, 0 to 100 and above */
	IPCX_UNIT_VARIES,      /**< what the field "unit" of the same row says */
	IPCX_UNIT_NANOSECONDS, /**< nanoseconds */
};

/** The name of a unit, such as "bytes". Static; NULL for IPCX_UNIT_PLAIN and past the
 * last. */
const char *ipcx_unit_name(enum ipcx_unit unit);

/**
 * One value, as ipcx_row_get() returns it. It may be copied. It has this size (64 bytes)
 * in every version of the library: what does not fit into it will stand behind a pointer
 * into the table.
 */
struct ipcx_value {
	enum ipcx_type type;
	uint32_t reserved; /**< not used */
	union {
		int64_t i;
		uint64_t u;
		double d;
		const char *private_s; /* use ipcx_value_string() */
	} as;                          /**< the value: which member, the type says */
	char private_text[48];         /**< room for strings that are made on the way */
};

/** The bytes of a string; NULL for a value of another type. They live as long as the
 * table and this struct: a copy of the struct has its own. */
static inline const char *ipcx_value_string(const struct ipcx_value *v)
{
	if (!v || v->type != IPCX_TYPE_STRING)
		return NULL;
	return v->as.private_s ? v->as.private_s : v->private_text;
}

/** The room that ipcx_value_format() needs for any value but a string, of every type
 * that there will be. */
#define IPCX_VALUE_MAX 48

/**
 * Write a value as text, as --format raw prints it: numbers in decimal, modes in octal
 * (0640), keys as 0x000004d2, times in UTC as RFC 3339 has them, booleans as true and
 * false, strings byte for byte, and nothing for IPCX_TYPE_NONE.
 *
 * @return the length without the final NUL, cut like snprintf(3) when size is too small;
 * -EINVAL for NULL or a type that there is not
 */
int ipcx_value_format(const struct ipcx_value *v, char *buf, size_t size);

/**
 * Every field of every row. The numbers are part of the ABI: new ones come at the end, so
 * a library may answer with greater ones than this header has, and never with one above
 * 254. What each is, its type, unit and cost stand in one table: ipcx_field_info().
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
	IPCX_NO_FIELD = 255, /**< stands for no field; greater than every one */
};

/** A set of fields, by value: every field that there can ever be has its bit. All zero is
 * the empty set. */
struct ipcx_fieldset {
	uint64_t bits[4]; /**< field f is bit f % 64 of bits[f / 64] */
};

/** Whether a field is in a set. */
static inline bool ipcx_fieldset_has(const struct ipcx_fieldset *set,
				     enum ipcx_field field)
{
	return (unsigned)field < IPCX_NO_FIELD &&
	       (set->bits[(unsigned)field / 64] >> ((unsigned)field % 64) & 1);
}

/** Add a field to a set; IPCX_NO_FIELD adds none. */
static inline void ipcx_fieldset_add(struct ipcx_fieldset *set, enum ipcx_field field)
{
	if ((unsigned)field < IPCX_NO_FIELD)
		set->bits[(unsigned)field / 64] |= UINT64_C(1) << ((unsigned)field % 64);
}

/** Take a field out of a set. */
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

/** Whether a set has no field. */
static inline bool ipcx_fieldset_empty(const struct ipcx_fieldset *set)
{
	return !(set->bits[0] | set->bits[1] | set->bits[2] | set->bits[3]);
}

/** The set of the fields of a list. */
static inline struct ipcx_fieldset ipcx_fieldset_of(const enum ipcx_field *fields,
						    size_t n)
{
	struct ipcx_fieldset set = { { 0, 0, 0, 0 } };

	for (size_t i = 0; i < n; i++)
		ipcx_fieldset_add(&set, fields[i]);
	return set;
}

#ifndef __cplusplus
/** The set of the fields named: IPCX_FIELDSET(IPCX_F_ID, IPCX_F_KEY). */
#define IPCX_FIELDSET(...)                                                  \
	ipcx_fieldset_of((const enum ipcx_field[]){ __VA_ARGS__ },          \
			 sizeof((const enum ipcx_field[]){ __VA_ARGS__ }) / \
				 sizeof(enum ipcx_field))
#endif

/** What reading a field costs beyond the listing itself. */
enum ipcx_cost {
	IPCX_COST_CHEAP,  /**< comes with every listing */
	IPCX_COST_NAMES,  /**< one NSS lookup for each different user or group, none with
			IPCX_NUMERIC */
	IPCX_COST_COSTLY, /**< another, slower source: fetched only when the query names
		      the field */
};

/** The name of a cost: "cheap", "names" or "dear". Static; NULL past the last. */
const char *ipcx_cost_name(enum ipcx_cost cost);

/** What is known of a field. Static; members may be added at the end. */
struct ipcx_field_info {
	const char *name;    /**< lower_snake_case: in -o, --where, JSON */
	const char *heading; /**< over a column */
	enum ipcx_type type;
	enum ipcx_unit unit;
	enum ipcx_cost cost;
	const char *doc; /**< one line, without a full stop */
};

/** One more than the greatest number of a field that the library in use knows. Some
 * numbers below it may be no field: ipcx_field_info() answers NULL for those. */
unsigned ipcx_field_count(void);

/** What is known of a field; NULL when there is no such field. */
const struct ipcx_field_info *ipcx_field_info(enum ipcx_field field);

/**
 * Find a field by its name (case does not matter).
 *
 * @param len how much of name counts; (size_t)-1 for all of it
 * @return 0, or -ENOENT
 */
int ipcx_field_by_name(const char *name, size_t len, enum ipcx_field *ret_field);

/* ---- mechanisms ---- */

/** Stands for "no mechanism" where a mechanism's number is wanted. */
#define IPCX_NO_MECH (~0U)

/** The mask bit of a mechanism; 0 for IPCX_NO_MECH. */
#define IPCX_MECH_BIT(mech) \
	((unsigned)(mech) < 64U ? UINT64_C(1) << ((unsigned)(mech)&63U) : UINT64_C(0))

/** What is known of a mechanism. Static; members may be added at the end. */
struct ipcx_mech_info {
	const char *name;   /**< "shm" */
	const char *label;  /**< "System V shared memory" */
	const char *object; /**< one of them in a sentence: "shared memory segment" */
	const char *group;  /**< "sysv" or "posix" */
	bool named;         /**< objects have a name; otherwise an id and a key */
	uint64_t create;    /**< IPCX_A_… that ipcx_create() takes */
	uint64_t require;   /**< and those of them that it needs */
	uint64_t change;    /**< IPCX_A_… that ipcx_change() takes */
	const char *need;   /**< how ipcx_fit() reads a wish for these: "[COUNTx]SIZE" */
	const enum ipcx_field *shown; /**< the default columns, nshown of them */
	size_t nshown;                /**< how many those are */
	const char *message_label; /**< what the number of a message is called: "type" or
				      "priority"; NULL where objects hold no messages */
	int64_t message_least;     /**< the least such number, which is the usual one */
};

/** What can be done with the objects of a mechanism besides listing, making, changing and
 * removing them. */
#define IPCX_CAN_MEMORY   (UINT64_C(1) << 0) /**< ipcx_mem_open() */
#define IPCX_CAN_QUEUE    (UINT64_C(1) << 1) /**< ipcx_queue_open(), _send(), _receive() */
#define IPCX_CAN_PICK     (UINT64_C(1) << 2) /**< receive another than the next message */
#define IPCX_CAN_PEEK     (UINT64_C(1) << 3) /**< ipcx_queue_peek() */
#define IPCX_CAN_NOTIFY   (UINT64_C(1) << 4) /**< ipcx_queue_notify() */
#define IPCX_CAN_SEM_OP   (UINT64_C(1) << 5) /**< ipcx_sem_op() */
#define IPCX_CAN_SEM_SET  (UINT64_C(1) << 6) /**< ipcx_sem_set() */
#define IPCX_CAN_SEM_TAKE (UINT64_C(1) << 7) /**< ipcx_psem_take() */
#define IPCX_CAN_TOTALS   (UINT64_C(1) << 8) /**< has a row in ipcx_totals() */
#define IPCX_CAN_STRESS   (UINT64_C(1) << 9) /**< ipcx_stress_start() */
/** Its memory and semaphores are opened where ipcx_use() says; those of other mechanisms
 * are used where the calling process is (ipcx_ns_enter()). */
#define IPCX_CAN_REACH (UINT64_C(1) << 10)

/** A mechanism by its number (0, 1, …); NULL past the last. The numbers may differ
 * between versions: use names. */
const struct ipcx_mech_info *ipcx_mech_info(unsigned mech);

/** Find a mechanism by name. @return 0, or -ENOENT */
int ipcx_mech_by_name(const char *name, size_t len, unsigned *ret_mech);

/** The mask of a mechanism's or group's name: "shm", "sysv", "posix", "all". @return 0,
 * or -ENOENT */
int ipcx_mech_mask(const char *word, uint64_t *ret_mask);

/** What its objects can do: IPCX_CAN_… bits; 0 for a mechanism that there is not. */
uint64_t ipcx_mech_can(unsigned mech);

/** Whether rows of this mechanism have this field. */
bool ipcx_mech_has(unsigned mech, enum ipcx_field field);

/**
 * What reading a field of this mechanism's objects costs: mostly what ipcx_field_info()
 * says, but one that comes with the listing of some may take calls of its own for others,
 * or be known of none of them: then it is read, and its absence explained, when it is
 * named.
 */
enum ipcx_cost ipcx_mech_cost(unsigned mech, enum ipcx_field field);

/* ---- references ---- */

/** How a reference names its object. */
enum ipcx_by {
	IPCX_BY_ID,   /**< System V id */
	IPCX_BY_KEY,  /**< System V key */
	IPCX_BY_NAME, /**< POSIX name, with its slash */
};

/**
 * One object, named. Written by ipcx_ref_parse() and ipcx_row_ref(), or by hand over a
 * struct of zeros. It has this size (320 bytes) in every version of the library, so that
 * references may stand in arrays.
 */
struct ipcx_ref {
	unsigned mech;
	enum ipcx_by by;
	int32_t id;
	uint32_t key;
	char name[257];    /**< "/" and at most 255 bytes (NAME_MAX) */
	char reserved[47]; /**< must be 0: what it may mean later is never passed over */
};

/** The room that ipcx_ref_format() needs at most, for every mechanism that there will be:
 * "MECH:" and a name whose every byte is escaped. */
#define IPCX_REF_MAX 1056

/**
 * Read a reference: "shm:5" (id), "shm:0x4d2" or "msg:key=1234" (key), "mq:/jobs" (name;
 * the slash may be left out). Behind "MECH:", "%XX" in a name stands for that byte (two
 * hexadecimal digits, not 00), and every % begins one.
 *
 * With a mechanism in def, the part before the colon may be left out: such a text is the
 * name as it is, byte for byte, % included.
 *
 * @param def the mechanism of a text without one, or IPCX_NO_MECH
 * @return 0, or -EINVAL
 */
int ipcx_ref_parse(struct ipcx *x, const char *text, unsigned def,
		   struct ipcx_ref *ret_ref);

/**
 * Write a reference so that ipcx_ref_parse() reads the same one. The text is safe for
 * terminals, shells without any quotes, xargs(1) and files of lines: of ASCII it holds
 * letters, digits and _ - . / : , + = @ only; all else, blanks, what nobody sees and what
 * is no UTF-8 are written as %XX. Other characters stand as they are, in UTF-8.
 *
 * @return the length without the final NUL, or -EINVAL; cut like snprintf(3) when size is
 * too small. What may stand in ref->reserved is not looked at: calls that act refuse it
 */
int ipcx_ref_format(const struct ipcx_ref *ref, char *buf, size_t size);

/* ---- expressions ---- */

/** A compiled condition over fields; see ipcx-expr(7). Immutable. */
struct ipcx_expr;

/**
 * Compile a condition such as "size > 1M && owner == bob". Who bob is is settled here,
 * and numbers are compared.
 *
 * @param ret_column where the error stands (from 1), or NULL
 * @return 0, -EINVAL (with the column in the error text: also when there is no such
 * user), -ENOMEM, or another error when a user could not be looked up
 */
int ipcx_expr_parse(struct ipcx *x, const char *text, struct ipcx_expr **ret_expr,
		    size_t *ret_column);

/**
 * Compile several conditions into one that holds when every one of them does. Each is
 * read on its own.
 *
 * @param texts n conditions, at least one
 * @param ret_which the one that the error is in (from 0), or NULL
 * @param ret_column where in that it stands (from 1), or NULL
 * @return as ipcx_expr_parse()
 */
int ipcx_expr_parse_all(struct ipcx *x, const char *const *texts, size_t n,
			struct ipcx_expr **ret_expr, size_t *ret_which,
			size_t *ret_column);

/** Free a condition. NULL is allowed. */
void ipcx_expr_free(struct ipcx_expr *e);

/** Whether a row fulfils the condition: 1 yes, 0 no, -1 it depends on a value that is
 * unknown or absent. With -1, errno is 0, or why it could not be told: the name of a user
 * could not be looked up, or a pattern not be matched. */
int ipcx_expr_match(const struct ipcx_expr *e, const struct ipcx_table *t, size_t row);

/**
 * Whether objects of a mechanism can fulfil a condition at all, by the fields that they
 * have, whatever is in these. Scans and removals answer with no rows of those that
 * cannot: who wants to know that no question was asked asks here before.
 *
 * @param ret_lacking those of its fields that they do not have, when it is for these that
 * they cannot; else none. May be NULL
 * @return 1 they can; 0 they cannot
 */
int ipcx_expr_possible(const struct ipcx_expr *e, unsigned mech,
		       struct ipcx_fieldset *ret_lacking);

/** The fields that a condition reads. */
struct ipcx_fieldset ipcx_expr_fields(const struct ipcx_expr *e);

/* ---- tables ---- */

/** The number of rows. */
size_t ipcx_table_rows(const struct ipcx_table *t);

/** What the rows are: "objects", "semaphores", "messages", "limits", … Static. */
const char *ipcx_table_kind(const struct ipcx_table *t);

/** The mechanism of a row, or IPCX_NO_MECH when rows of this kind have none. */
unsigned ipcx_row_mech(const struct ipcx_table *t, size_t row);

/**
 * Read one field of one row.
 *
 * @return 0 (ret_value->type is IPCX_TYPE_NONE when the value is unknown), -ENODATA when
 * rows of this kind have no such field, -EINVAL when there is no such row
 */
int ipcx_row_get(const struct ipcx_table *t, size_t row, enum ipcx_field field,
		 struct ipcx_value *ret_value);

/** The fields that a row has, unknown ones included; none when there is no such row. */
struct ipcx_fieldset ipcx_row_fields(const struct ipcx_table *t, size_t row);

/**
 * The fields of a row whose value is unknown: it could not be read, or was not asked for.
 * IPCX_TYPE_NONE in any other field says that there is none (a time that never came). Why
 * they are unknown stands in the notes. None when there is no such row.
 */
struct ipcx_fieldset ipcx_row_unknown(const struct ipcx_table *t, size_t row);

/**
 * Which fields of a row may differ from those of the row before: for whoever writes row
 * after row and keeps what it wrote. In the first row of a mechanism these are all.
 */
struct ipcx_fieldset ipcx_row_changed(const struct ipcx_table *t, size_t row);

/**
 * The reference of the object that a row is about, by id or by name: it names the same
 * object as the field "ref".
 *
 * @return 0; -ENODATA when rows of this kind are about no single object; -EINVAL when
 * there is no such row
 */
int ipcx_row_ref(const struct ipcx_table *t, size_t row, struct ipcx_ref *ret_ref);

/** Where a later query can go on when this one stopped at max_rows; 0 when the snapshot
 * is complete. */
uint64_t ipcx_table_resume(const struct ipcx_table *t);

/** Compare two values for sorting: unknown first, then numbers by size, then strings by
 * bytes. */
int ipcx_value_compare(const struct ipcx_value *a, const struct ipcx_value *b);

/** What a note is about. */
enum ipcx_note_kind {
	IPCX_NOTE_MISSING,     /**< an object that was named does not exist */
	IPCX_NOTE_FAILED,      /**< an object was not read, removed or changed, though it
				  should have been */
	IPCX_NOTE_UNAVAILABLE, /**< a mechanism cannot be read here */
	IPCX_NOTE_SKIPPED,    /**< something that is no object of the mechanism was passed
				 over */
	IPCX_NOTE_INFO,       /**< worth knowing */
	IPCX_NOTE_INCOMPLETE, /**< what stands here may lack something: rows that could
				 not be found, or values that could not be read */
	IPCX_NOTE_REASON,     /**< why values are unknown that nobody asked for by name */
};

/** A note: what does not fit into a row. Made by the library: members may be added at the
 * end. */
struct ipcx_note {
	enum ipcx_note_kind kind;
	unsigned mech;            /**< or IPCX_NO_MECH */
	int error;                /**< -errno, or 0 */
	const char *subject;      /**< the reference or file concerned, escaped; or "" */
	const char *text;         /**< one line, without the subject */
	enum ipcx_hint_kind hint; /**< what could help, or IPCX_HINT_NONE */
};

/** A note by its number (0, 1, …). Owned by the table. @return NULL past the last */
const struct ipcx_note *ipcx_table_note(const struct ipcx_table *t, size_t i);

/**
 * Whether the table has all that was asked for: nothing that should have been read
 * failed, was out of reach or may be missing (IPCX_NOTE_FAILED, IPCX_NOTE_UNAVAILABLE,
 * IPCX_NOTE_INCOMPLETE), and it did not stop at max_rows. An object that was named and
 * does not exist is no gap.
 */
bool ipcx_table_complete(const struct ipcx_table *t);

/**
 * How many objects were not read, removed or changed, though they should have been: the
 * notes that are IPCX_NOTE_FAILED or IPCX_NOTE_UNAVAILABLE, and those that are
 * IPCX_NOTE_MISSING.
 *
 * @param ret_missing how many of them are IPCX_NOTE_MISSING; may be NULL
 * @return the number of all of them; 0: everything was as it was asked for
 */
size_t ipcx_table_failures(const struct ipcx_table *t, size_t *ret_missing);

/** Free a table. NULL is allowed. */
void ipcx_table_free(struct ipcx_table *t);

/* ---- objects ---- */

/** Flags of a query. */
#define IPCX_NUMERIC (UINT64_C(1) << 0) /**< do not look up user and group names */
/** Only answer with what would be removed or changed, and with what would keep that from
 * being done, as far as the kernel tells beforehand. */
#define IPCX_DRY_RUN (UINT64_C(1) << 1)
/** ipcx_remove(), ipcx_change(): every object of mechs is meant, though there is no
 * condition. */
#define IPCX_ALL (UINT64_C(1) << 2)
/** Read what comes with every listing besides the fields that are named. */
#define IPCX_USUAL (UINT64_C(1) << 3)

/** What to look at. Set size to sizeof(struct ipcx_query) and everything unused to 0. */
struct ipcx_query {
	size_t size;
	uint64_t mechs; /**< which mechanisms, IPCX_MECH_BIT() each; not with refs */
	const struct ipcx_ref
		*refs; /**< these objects, looked up directly, never by listing */
	size_t nrefs;
	struct ipcx_fieldset fields; /**< what will be read; none: all that is not costly
					(as with IPCX_USUAL) */
	const struct ipcx_expr *where; /**< only rows that fulfil this, or NULL */
	uint64_t max_rows; /**< stop after about so many rows of a mechanism, 0: never
			      (see resume). A wish: only System V objects that are read by
			      calls keep it; POSIX objects, /proc/sysvipc and all
			      namespaces are answered whole */
	uint64_t resume; /**< 0, or what ipcx_table_resume() said of the snapshot before */
	const struct ipcx_table
		*same; /**< only objects of this earlier snapshot that are still the same:
			* an id of that namespace whose object has another key, creator
			* or ctime by now, or whose are not known, is left alone (a note
			* says so): one that was changed since then (ctime) counts as
			* another. A name's object is its file (device, inode). The table
			* of ipcx_create(), too: what existed before it does not count, so
			* that removing with it takes back what was made. Needs mechs or
			* refs */
	uint64_t flags; /**< IPCX_NUMERIC, IPCX_DRY_RUN, IPCX_ALL, IPCX_USUAL */
};

/** The size of struct ipcx_query in the first version. */
#define IPCX_QUERY_SIZE_0_1 (offsetof(struct ipcx_query, flags) + sizeof(uint64_t))

/**
 * Take a snapshot of objects. Has no side effects on them: nothing is opened for writing,
 * attached, or received, no time of access changes unless a costly field asks for it and
 * its doc line says so. Objects that vanish meanwhile are left out.
 *
 * @return 0; -EINVAL for an impossible query, -E2BIG for one of a newer version; -ENOMEM.
 * Everything else is a note in the table.
 */
int ipcx_scan(struct ipcx *x, const struct ipcx_query *q, struct ipcx_table **ret_table);

/**
 * Whether any object fulfils a query. Stops at the first.
 *
 * @return 1 there is one; 0 there is none; -ENODATA when none was found, but something
 * could not be read (the text says what): there may be one; -EINVAL, -E2BIG, -ENOMEM
 */
int ipcx_any(struct ipcx *x, const struct ipcx_query *q);

/** A query that is asked again and again: see ipcx_scanner_new(). */
struct ipcx_scanner;

/**
 * Prepare a query for repeated snapshots: it is checked and copied once, and the memory
 * of a snapshot is used for the next one.
 *
 * @param q its references are copied; where and same must live as long as the scanner.
 * With max_rows, each step answers with a slice, as far as max_rows is kept there
 * @param ret_scanner free it with ipcx_scanner_free(), before the context is freed
 * @return 0, -EINVAL (also for a query with resume), -E2BIG, -ENOMEM
 */
int ipcx_scanner_new(struct ipcx *x, const struct ipcx_query *q,
		     struct ipcx_scanner **ret_scanner);

/**
 * Take the next snapshot, or the next slice of one.
 *
 * @param ret_table owned by the scanner, good until the next call with it
 * @return 1 when the snapshot goes on with the next call; 0 when this was its last (or
 * only) slice: the next call begins another; -ENOMEM and others as ipcx_scan()
 */
int ipcx_scanner_next(struct ipcx_scanner *s, const struct ipcx_table **ret_table);

/** Free it with its table. NULL is allowed. */
void ipcx_scanner_free(struct ipcx_scanner *s);

/**
 * Look inside one object: the semaphores of an array, the messages waiting in a queue.
 * Takes nothing out.
 *
 * @return 0, -ENODATA when this mechanism has no contents to list, -ENOENT when there is
 * no such object, -EACCES, …
 */
int ipcx_contents(struct ipcx *x, const struct ipcx_ref *ref,
		  struct ipcx_table **ret_table);

/** Members of struct ipcx_attrs that are set. */
#define IPCX_A_NAME       (UINT64_C(1) << 0)
#define IPCX_A_KEY        (UINT64_C(1) << 1)
#define IPCX_A_MODE       (UINT64_C(1) << 2)
#define IPCX_A_UID        (UINT64_C(1) << 3)
#define IPCX_A_GID        (UINT64_C(1) << 4)
#define IPCX_A_SIZE       (UINT64_C(1) << 5)
#define IPCX_A_QBYTES     (UINT64_C(1) << 6)
#define IPCX_A_NSEMS      (UINT64_C(1) << 7)
#define IPCX_A_INIT       (UINT64_C(1) << 8)
#define IPCX_A_MAXMSG     (UINT64_C(1) << 9)
#define IPCX_A_MSGSIZE    (UINT64_C(1) << 10)
#define IPCX_A_HUGE       (UINT64_C(1) << 11)
#define IPCX_A_NORESERVE  (UINT64_C(1) << 12)
#define IPCX_A_LOCK       (UINT64_C(1) << 13)
#define IPCX_A_UNLOCK     (UINT64_C(1) << 14)
#define IPCX_A_FROM       (UINT64_C(1) << 15)
#define IPCX_A_ID         (UINT64_C(1) << 16)
#define IPCX_A_COUNT      (UINT64_C(1) << 17)
#define IPCX_A_IF_MISSING (UINT64_C(1) << 18)
/** The memory of a POSIX object is taken when it is made (fallocate(2)), or nothing is
 * made. Without it, the kernel takes it page by page, and answers with SIGBUS where there
 * is none left. With IPCX_A_IF_MISSING, an existing object is given what it lacks of it. */
#define IPCX_A_ALLOCATE (UINT64_C(1) << 19)

/** Attributes of an object to make or change. Set size to sizeof(struct ipcx_attrs); only
 * members named in set count. */
struct ipcx_attrs {
	size_t size;
	uint64_t set;         /**< IPCX_A_… */
	unsigned mech;        /**< which mechanism (for ipcx_create) */
	const char *name;     /**< POSIX name, the slash may be left out */
	uint32_t key;         /**< System V key; without it IPC_PRIVATE */
	uint32_t mode;        /**< 0 to 0777; default 0600. Not subject to the umask */
	uid_t uid;            /**< owner */
	gid_t gid;            /**< owning group */
	uint64_t bytes;       /**< IPCX_A_SIZE: bytes */
	uint64_t qbytes;      /**< bytes that a queue holds (msg_qbytes) */
	uint64_t nsems;       /**< semaphores in an array */
	const uint32_t *init; /**< initial values, one for each semaphore or one for all */
	size_t ninit;
	uint64_t maxmsg;  /**< messages that a queue holds (mq_maxmsg) */
	uint64_t msgsize; /**< bytes of its longest message (mq_msgsize) */
	uint64_t huge;    /**< huge page size in bytes, 0 for the system's default */
	int from;   /**< IPCX_A_FROM: a descriptor that is read to its end: the contents.
			  With IPCX_A_SIZE they may be shorter than that. Without it, what
		       is   left of a regular file is the size, and has to be all there when
		       it   is read; of anything else only what needs no size (pshm) is made
		     */
	int32_t id; /**< the id to have (needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN) */
	uint64_t count; /**< how many alike; not with a name, a key or an id */
};

/** The size of struct ipcx_attrs in the first version. */
#define IPCX_ATTRS_SIZE_0_1 (offsetof(struct ipcx_attrs, count) + sizeof(uint64_t))

/**
 * Make objects: n specifications, each with its count. All or none: when one fails, those
 * made are removed again. An object that exists is an error (-EEXIST) unless
 * IPCX_A_IF_MISSING is set, the existing one is at least as large as asked, and the
 * caller may use it as mode asks: -EACCES where not.
 *
 * @param specs n structs of the same size, specs[0].size bytes apart; NULL when n is 0
 * @param ret_table the objects, in the order made; notes say which of them existed before
 * @return 0, -EEXIST, -ENOSPC, … as the kernel said, -ERANGE where it said EINVAL for the
 * sake of a limit; the error text names the limit in the way
 */
int ipcx_create(struct ipcx *x, const struct ipcx_attrs *specs, size_t n,
		struct ipcx_table **ret_table);

/**
 * Remove objects: those of q->refs, or all of q->mechs that fulfil q->where. Listing,
 * condition and removal are one pass: each object is read, checked and removed before the
 * next is looked at. Failures are notes (IPCX_NOTE_FAILED, _MISSING).
 *
 * @param ret_table the objects removed (with IPCX_DRY_RUN: that would be), as they were
 * @return 0 also when some failed (ipcx_table_failures()); -EINVAL, also for mechanisms
 * without a condition, same or IPCX_ALL; -E2BIG, -ENOMEM
 */
int ipcx_remove(struct ipcx *x, const struct ipcx_query *q,
		struct ipcx_table **ret_table);

/** What came of ipcx_remove_count(). Set size to sizeof(struct ipcx_outcome). */
struct ipcx_outcome {
	size_t size;
	uint64_t done;    /**< objects removed (with IPCX_DRY_RUN: that would be) */
	uint64_t missing; /**< references that named nothing */
	uint64_t failed;  /**< objects that stayed, mechanisms that could not be read */
};

/** The size of struct ipcx_outcome in the first version. */
#define IPCX_OUTCOME_SIZE_0_1 (offsetof(struct ipcx_outcome, failed) + sizeof(uint64_t))

/**
 * The same as ipcx_remove(), answered with counts and the first error instead of rows:
 * everything is tried, and rows are held a slice at a time where max_rows is kept (struct
 * ipcx_query).
 *
 * @param ret_outcome also filled when some failed, and with what was done when memory ran
 * out; untouched for -EINVAL and -E2BIG of a query that was refused
 * @return 0 when everything went; else the -errno of what failed or was missing first,
 * with its text; -ESTALE: an object was left alone that is not the one of same any more
 */
int ipcx_remove_count(struct ipcx *x, const struct ipcx_query *q,
		      struct ipcx_outcome *ret_outcome);

/**
 * Change objects: those of q->refs, or all of q->mechs that fulfil q->where. Failures are
 * notes.
 *
 * @param attrs what to change: the mechanism's change mask says what can be
 * @param ret_table the objects changed, as they are now
 * @return 0 also when some failed (ipcx_table_failures()); -EINVAL as ipcx_remove(),
 * -E2BIG, -ENOMEM
 */
int ipcx_change(struct ipcx *x, const struct ipcx_query *q,
		const struct ipcx_attrs *attrs, struct ipcx_table **ret_table);

/* ---- limits ---- */

/**
 * Every limit that can stop a user of IPC: name, limit, used, percent, unit, source,
 * what, ceiling (what it can be raised to). There is no used where nothing counts it, no
 * percent without used or of a limit that is 0, no limit where there is none at all: of
 * that nothing is unknown.
 *
 * @param names the limits wanted, ended by NULL; or NULL for all
 * @return 0, -ENOENT for an unknown name
 */
int ipcx_limits(struct ipcx *x, const char *const *names, struct ipcx_table **ret_table);

/** The same without what is used: no object is counted, which the kernel does under a
 * lock. used and percent are unknown. @return 0, -ENOENT for an unknown name */
int ipcx_limit_values(struct ipcx *x, const char *const *names,
		      struct ipcx_table **ret_table);

/**
 * What the kernel counts over all objects of each System V mechanism, a row each: objects
 * and, for shm, allocated, rss and swap (bytes); for msg, qnum and cbytes; for sem,
 * nsems. One SHM_INFO, MSG_INFO and SEM_INFO each: no object is looked at by itself.
 *
 * @return 0, -ENOMEM. A mechanism that this kernel does not have is a note.
 */
int ipcx_totals(struct ipcx *x, struct ipcx_table **ret_table);

/** The name of a limit by its number (0, 1, …); NULL past the last. */
const char *ipcx_limit_name(unsigned i);

/**
 * Set a limit of the caller's IPC namespace and read it back.
 *
 * @return 0, -ENOENT for an unknown name, -EPERM, -ENOTSUP when it cannot be set from
 * here, -ERANGE when the kernel took another value
 */
int ipcx_limit_set(struct ipcx *x, const char *name, uint64_t value);

/**
 * Whether ipcx_limit_set() would do that, with the caller's rights. Sets nothing.
 *
 * @param ret_now what the limit is now
 * @return 0, or what ipcx_limit_set() would answer: -ERANGE out of the limit's range, …
 */
int ipcx_limit_check(struct ipcx *x, const char *name, uint64_t value, uint64_t *ret_now);

/** The sysctl line ("kernel.shmmni = 4096") that would set a limit at boot. @return its
 * length, -ENOENT, -ENOTSUP */
int ipcx_limit_sysctl(struct ipcx *x, const char *name, uint64_t value, char *buf,
		      size_t size);

/** A limit by its name, and what it is to be. Set size to sizeof(struct ipcx_setting). */
struct ipcx_setting {
	size_t size;
	const char *name; /**< one limit's: "semmsl", "kernel.shmmax" */
	uint64_t value;   /**< in the limit's own unit */
};

/** The size of struct ipcx_setting in the first version. */
#define IPCX_SETTING_SIZE_0_1 (offsetof(struct ipcx_setting, value) + sizeof(uint64_t))

/** The lines that would set all of these at boot, with a newline between them: one for
 * each sysctl, with every value that is set there (kernel.sem holds four). Of two for
 * one limit, the last counts. settings are n structs of the same size, settings[0].size
 * bytes apart. @return their length, also when it is more than size;
 * -ENOENT, -ENOTSUP */
int ipcx_limit_lines(struct ipcx *x, const struct ipcx_setting *settings, size_t n,
		     char *buf, size_t size);

/**
 * Would these objects fit? One row for each limit that they count against: limit, used,
 * needed, fits, raise_to.
 *
 * @param request "shm:40G", "sem:10x250", "mq:100x8K": a mechanism and, in its own words
 * (ipcx_mech_info.need), how much
 * @return 1 it fits, 0 it does not or nobody can tell (fits is unknown in a row), -EINVAL
 */
int ipcx_fit(struct ipcx *x, const char *request, struct ipcx_table **ret_table);

/** What share of each limit one object takes: one row for each limit that it counts
 * against. The snapshot has to have the fields of ipcx_share_fields(): what of them was
 * not asked for is unknown, and so are the shares that follow from it.
 * @return 0, -ENOENT, … */
int ipcx_shares(struct ipcx *x, const struct ipcx_table *t, size_t row,
		struct ipcx_table **ret_table);

/** The fields of objects from which their shares follow: for ipcx_query.fields.
 * @param mechs IPCX_MECH_BIT(MECH) for each mechanism
 * @return empty where none is needed */
struct ipcx_fieldset ipcx_share_fields(uint64_t mechs);

/* ---- namespaces ---- */

/** The IPC namespace that calls with this context act in, as the kernel writes it:
 * "ipc:[4026531839]"; "ipc:[?]" where /proc does not tell, "all" where it is every one. */
void ipcx_namespace(struct ipcx *x, char *buf, size_t size);

/** An IPC namespace that calls can act in, with the root directory whose /dev/shm goes
 * with it; or every namespace that can be found. Held open: while it is, it cannot become
 * another one. */
struct ipcx_ns;

/**
 * Open an IPC namespace.
 *
 * @param where a process id; a container's name, id or unique beginning of an id, with
 * its runtime and a colon before it where two know the name; the name of a pin; a file
 * (anything with a slash); "ipc:[N]", or N where that is greater than any process id
 * (what cannot be such a number is the beginning of an id without letters); "self"; or
 * "all", which is every namespace there is and only good for looking
 * @param ret_ns free it with ipcx_ns_free()
 * @return 0; -ENOENT when there is none such, -ESRCH when its process is gone; -ENOTUNIQ
 * when several fit; -EINVAL when a file is no IPC namespace; -EACCES when it may not be
 * looked at, or when there may be one that cannot be seen; …
 */
int ipcx_ns_open(struct ipcx *x, const char *where, struct ipcx_ns **ret_ns);

/** Free it. NULL is allowed. No context may be using it. */
void ipcx_ns_free(struct ipcx_ns *ns);

/**
 * From now on, calls with this context act in that namespace: objects, contents, limits.
 * The calling thread stays where it is: others enter for it (setns(2)). Nothing of a
 * container is executed or believed: paths below its root cannot lead out of it
 * (openat2(2)), users and processes are numbered as the caller sees them.
 *
 * Whoever made the mounts of a place chose which files stand in its /dev/shm. Where the
 * mount namespace belongs to another user namespace than the caller's (or the process is
 * in one), these files are opened, made, changed and removed as root of that user
 * namespace (where it has no user 0, as who made it, unless that is uid 0: -EPERM), and
 * the values of semaphores are told of files only that this root could read. Where the
 * mounts are as good as the caller's, but the file system is mounted here, too, on
 * another path than /dev/shm, a note names that; whole mechanisms and conditions are then
 * refused (-EPERM), unless a container runtime of root's knows the process.
 *
 * Where only a user namespace of the caller's owns the place, or for such files, a forked
 * child goes there, which allocates and may ask NSS: see "Threads" above.
 *
 * @param ns must live as long as it is used; NULL: the caller's own again (or that of
 * ipcx_new_at())
 */
void ipcx_use(struct ipcx *x, struct ipcx_ns *ns);

/** Flag of ipcx_namespaces(): also look for threads that are elsewhere than their
 * process, and at every open descriptor of every process. */
#define IPCX_THOROUGH (1U << 0)

/**
 * Every IPC namespace there is: ns, ns_id, container, pid (the oldest process), command,
 * processes, threads, mounts, fds, kept_by, user_ns and who made that, objects and bytes.
 * When the context uses one namespace: only that.
 *
 * @param flags IPCX_THOROUGH or 0; without it, threads and fds are unknown, and what only
 * they keep is not listed
 * @return 0, -ENOENT without /proc, -ENOMEM. What may not be looked at is a note of the
 * kind IPCX_NOTE_INCOMPLETE, and objects and bytes are unknown where they could not all
 * be counted. Those of a /dev/shm that several namespaces see count for the first of them.
 */
int ipcx_namespaces(struct ipcx *x, unsigned flags, struct ipcx_table **ret_table);

/** How many objects of each mechanism the namespaces in use hold: mech, objects, bytes
 * (and ns, container, shm_device). With "all" there is a row for each /dev/shm that a
 * namespace has, and one that several have is in the first. What could not be counted is
 * unknown. @return 0, -ENOMEM */
int ipcx_usage(struct ipcx *x, struct ipcx_table **ret_table);

/** The processes of the namespace in use: pid, command, owner, uid, started, container,
 * mnt_ns. @return 0, -ENOENT without /proc, -ENOMEM */
int ipcx_members(struct ipcx *x, struct ipcx_table **ret_table);

/** The containers that can be found without asking a daemon, all or those of the
 * namespace in use: container (RUNTIME:NAME), runtime, name, container_id, pod,
 * pod_namespace, ipc_mode, pid, ns. The texts are what their makers wrote. @return 0,
 * -ENOMEM */
int ipcx_containers(struct ipcx *x, struct ipcx_table **ret_table);

/** Who shares the IPC namespace in use, its /dev/shm or its /dev/mqueue: a row for each
 * pair of IPC and mount namespace, with its first process and the devices of the file
 * systems. @return 0, -ENOENT without /proc, -ENOMEM */
int ipcx_sharers(struct ipcx *x, struct ipcx_table **ret_table);

/**
 * Compare two places: name (what), first, second, same, follows (what that means). IPC
 * namespace, /dev/shm, /dev/mqueue and MIT-SHM always; where they do not share all, the
 * limits that differ and the objects that have a key or name. What could not be read of
 * a side is a note of the kind IPCX_NOTE_INCOMPLETE, and in a row that hangs on it same
 * is unknown: that only one side has an object is said when the other was read whole.
 *
 * @return 1 they share all three; 0 one of them they do not; 2 that cannot be told, as no
 * process stands for a side (same is unknown in a row); -EINVAL, -ENOMEM
 */
int ipcx_compare(struct ipcx *x, struct ipcx_ns *first, struct ipcx_ns *second,
		 struct ipcx_table **ret_table);

/** The capabilities that the first process of a place may have at all (its bounding set,
 * bit N is capability N); all bits when the place is known by no process. @return 0, or
 * -errno when that cannot be told: then nothing is safe to leave to what runs there */
int ipcx_ns_bounding(struct ipcx *x, const struct ipcx_ns *ns, uint64_t *ret_caps);

/**
 * Whether something may be made, changed or removed in a namespace, as far as it goes by
 * how it was named: not in the caller's own when that was found by a container's name
 * ("docker run --ipc=host"), which says nothing of what else is there. Calls that act
 * where ipcx_use() says ask themselves; who enters first asks before.
 *
 * @return 0, or -EINVAL with the hint IPCX_HINT_STAY
 */
int ipcx_ns_may_act(struct ipcx *x, const struct ipcx_ns *ns);

/** Flags of ipcx_ns_enter(). */
#define IPCX_ENTER_MOUNT (1U << 0) /**< its root and programs, with the other two */
#define IPCX_ENTER_USER  (1U << 1) /**< the user namespace of its process, as root there */
#define IPCX_ENTER_PID   (1U << 2) /**< its PID namespace: for children made from then on */

/**
 * Move the calling process into a namespace: the only function that does so. It gets a
 * mount namespace of its own, in which the target's queues are on /dev/mqueue (where that
 * directory exists) and its /dev/shm is on /dev/shm (an empty one where the namespace is
 * known by no process); root, programs and current directory stay its own, unless
 * IPCX_ENTER_MOUNT says otherwise: then the current directory is "/", and its user, PID,
 * network, UTS and cgroup namespaces are entered, too. The user namespace is that of the
 * process (where none is known, the one that owns the target); where it knows no root,
 * one becomes what the process is. Whoever has rights only in a user namespace that he
 * made, and the target (or, in his own IPC namespace, its process) is in, enters that
 * first. When the target or its process belongs to another user namespace,
 * PR_SET_NO_NEW_PRIVS is set. The process must have a single thread. Nothing of it is
 * undone on failure: end the process then.
 *
 * @param flags IPCX_ENTER_… or 0
 * @return 0; 1 when its /dev/shm is an empty one; -EPERM with a text that names the
 * capability that is missing; -ESRCH when its process ended; -EINVAL; -errno
 */
int ipcx_ns_enter(struct ipcx *x, struct ipcx_ns *ns, unsigned flags);

/**
 * Move the calling process into a new IPC namespace, with a /dev/shm and (where that
 * directory exists) a /dev/mqueue of its own in a new mount namespace; without
 * CAP_SYS_ADMIN also in a new user namespace, as its root. As for ipcx_ns_enter(), the
 * process must have a single thread (else -EBUSY, and nothing was done), and nothing is
 * undone on failure.
 *
 * @param shm_size bytes of its /dev/shm, 0 for the kernel's default
 * @return 0, -EPERM, -ENOSPC, -EINVAL (a context of ipcx_new_at()), -errno
 */
int ipcx_ns_new(struct ipcx *x, uint64_t shm_size);

/**
 * Keep a namespace alive under a name, which ipcx_ns_open() takes: it is mounted on
 * /run/ipcx/ns/NAME, or below /run/user/UID for others than root, who need mount rights.
 *
 * @param name a letter, then letters, digits, '.', '_', '-', at most 64
 * @return 0; 1 when the pin will end with the caller's mount namespace; -EEXIST, -EINVAL,
 * -EPERM, -ENOPKG without libmount, -errno
 */
int ipcx_ns_pin(struct ipcx *x, const struct ipcx_ns *ns, const char *name);

/** Flag of ipcx_ns_unpin(): remove the file of a pin that is not mounted here, too. If it
 * is mounted in another mount namespace, that pin ends. */
#define IPCX_UNPIN_FILE (1U << 0)

/** Let a pin go. @param flags IPCX_UNPIN_FILE or 0 @return 0, -ENOENT, -EXDEV when it is
 * not mounted here, -errno */
int ipcx_ns_unpin(struct ipcx *x, const char *name, unsigned flags);

/** Whether it stands for every namespace there is. */
bool ipcx_ns_is_all(const struct ipcx_ns *ns);

/* ---- data ---- */

/** The memory of one segment or object (shm, pshm), open to be read or written to. */
struct ipcx_mem;

/** Flag of ipcx_mem_open(): to write, too. */
#define IPCX_MEM_WRITE (1U << 0)

/**
 * Open the memory of an object. A System V segment is attached (shmat(2), read-only
 * unless it is to be written to), which moves its nattch, atime, dtime and lpid and
 * nothing else; a POSIX object is opened and never mapped. Once open it stays what it is,
 * also when it is removed. With kernel.shm_rmid_forced, a segment that nobody is attached
 * to is refused: it would go with us.
 *
 * A POSIX object is opened where ipcx_use() says. A System V segment is attached where
 * the calling process is, so for it the context must use no namespace; ipcx_ns_enter()
 * goes there.
 *
 * @param flags IPCX_MEM_WRITE or 0
 * @param ret_mem close it with ipcx_mem_close(), before the context is freed
 * @return 0; -ENOENT when there is none such; -EINVAL when objects of this mechanism have
 * no memory, or (System V) the context uses a namespace; -EBUSY when it would go with us;
 * -EACCES, -ENOMEM, -errno
 */
int ipcx_mem_open(struct ipcx *x, const struct ipcx_ref *ref, unsigned flags,
		  struct ipcx_mem **ret_mem);

/** How many bytes it had when it was opened. */
uint64_t ipcx_mem_size(const struct ipcx_mem *m);

/**
 * Read bytes: all of them, or it is an error. What is read may change meanwhile. A page
 * that cannot be had is an error and never a signal.
 *
 * Pages of a System V segment that nobody has touched are zero. They stay unmade where
 * the caller may open /proc/self/map_files (CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN);
 * else the kernel makes them as they are read.
 *
 * @param at the first byte, counted from 0
 * @return 0; -ERANGE when they end beyond the size, or when a POSIX object has become
 * shorter (the text says where it ends now); -EFAULT when the kernel has no memory for
 * its pages; -EBADF for a POSIX object that was opened to be written to; -errno
 */
int ipcx_mem_read(struct ipcx_mem *m, uint64_t at, void *buf, size_t n);

/**
 * Write bytes within the size; no object is made longer, unless it is cut in the moment
 * between the look at its end and the write. On failure, bytes before the
 * place that the text names may have been written.
 *
 * @param at the first byte, counted from 0
 * @return 0; -ERANGE as for ipcx_mem_read(); -EBADF when it was opened to be read;
 * -ENOSPC, -EFBIG (RLIMIT_FSIZE), -EFAULT, -errno
 */
int ipcx_mem_write(struct ipcx_mem *m, uint64_t at, const void *buf, size_t n);

/** Detach and close it. NULL is allowed. */
void ipcx_mem_close(struct ipcx_mem *m);
/**
 * A message queue in use: System V (msg) or POSIX (mq). Calls act where the process is
 * (ipcx_ns_enter()), not where ipcx_use() says.
 */
struct ipcx_queue;

/** Flags of ipcx_queue_open(). */
#define IPCX_QUEUE_SEND    (1U << 0) /**< messages will be sent */
#define IPCX_QUEUE_RECEIVE (1U << 1) /**< messages will be received or looked at */

/** One message. Set size to sizeof(struct ipcx_message), also of one that is to be
 * received. */
struct ipcx_message {
	size_t size;
	int64_t rank; /**< msg: its type, 1 to LONG_MAX; mq: its priority, 0 to 32767 */
	const void *data; /**< any bytes; not looked at when len is 0 */
	size_t len;       /**< bytes, 0 too */
};

/** The size of struct ipcx_message in the first version. */
#define IPCX_MESSAGE_SIZE_0_1 (offsetof(struct ipcx_message, len) + sizeof(size_t))

/** Which message of a System V queue is received (msgrcv(2)). */
enum ipcx_pick {
	IPCX_PICK_FIRST,  /**< the next */
	IPCX_PICK_TYPE,   /**< the first of this type */
	IPCX_PICK_EXCEPT, /**< the first of another type */
	IPCX_PICK_LOWEST, /**< the first of the lowest type that is not greater */
};

/** What ipcx_queue_receive() is to take. All zero but size: the next message, whole. */
struct ipcx_take {
	size_t size;         /**< sizeof(struct ipcx_take) */
	enum ipcx_pick pick; /**< which one; mq: IPCX_PICK_FIRST */
	int64_t rank;        /**< the type that is meant, from 1 on */
	size_t most;         /**< msg: no message with more bytes than that; 0: any */
	uint64_t flags;      /**< IPCX_TAKE_TRUNCATE or 0 */
};

/** Flag of struct ipcx_take: cut a message after most bytes, and lose the rest. */
#define IPCX_TAKE_TRUNCATE (UINT64_C(1) << 0)

/** The size of struct ipcx_take in the first version. */
#define IPCX_TAKE_SIZE_0_1 (offsetof(struct ipcx_take, flags) + sizeof(uint64_t))

/** What is known of a queue. Set size to sizeof(struct ipcx_queue_state). */
struct ipcx_queue_state {
	size_t size;
	uint64_t messages; /**< that wait in it */
	uint64_t longest;  /**< bytes that a message sent now may have */
};

/** The size of struct ipcx_queue_state in the first version. */
#define IPCX_QUEUE_STATE_SIZE_0_1 \
	(offsetof(struct ipcx_queue_state, longest) + sizeof(uint64_t))

/**
 * Open a message queue that exists.
 *
 * @param flags IPCX_QUEUE_SEND or IPCX_QUEUE_RECEIVE or both; a POSIX queue opened to
 * receive can be sent to as well where the rights suffice
 * @param ret_queue close it with ipcx_queue_close() before the context is freed
 * @return 0, -ENOENT, -EACCES, -EINVAL for any other mechanism or when ipcx_use() has the
 * context elsewhere, -ENOMEM
 */
int ipcx_queue_open(struct ipcx *x, const struct ipcx_ref *ref, unsigned flags,
		    struct ipcx_queue **ret_queue);

/** Close it; messages stay. NULL is allowed. */
void ipcx_queue_close(struct ipcx_queue *q);

/** How many messages there are, and how long one may be. @return 0, -EIDRM, -EACCES */
int ipcx_queue_state(struct ipcx_queue *q, struct ipcx_queue_state *ret_state);

/** Whether a message could be sent if there were room, without sending it. @return 0,
 * -EINVAL for a type or priority out of range, -EMSGSIZE */
int ipcx_queue_check(struct ipcx_queue *q, const struct ipcx_message *m);

/**
 * Send a message, whole or not at all.
 *
 * @param timeout nanoseconds to wait while the queue is full, by a clock that cannot be
 * set: -1 for ever (the call blocks in the kernel), 0 not at all
 * @return 0; -EINVAL, -EMSGSIZE as ipcx_queue_check(); -ETIMEDOUT when it is full, with a
 * text that says by which limit; -EIDRM when it was removed; -EINTR when a signal came;
 * -EACCES, -ENOMEM
 */
int ipcx_queue_send(struct ipcx_queue *q, const struct ipcx_message *m, int64_t timeout);

/**
 * Take a message out of the queue.
 *
 * @param timeout as for ipcx_queue_send(), while there is no such message
 * @param ret_m its data belong to q and are good until the next call with it
 * @return 0; -ETIMEDOUT when there is none; -EMSGSIZE when it is longer than most (it
 * stays in the queue); -EIDRM, -EINTR, -EACCES, -EINVAL, -ENOMEM
 */
int ipcx_queue_receive(struct ipcx_queue *q, const struct ipcx_take *take,
		       int64_t timeout, struct ipcx_message *ret_m);

/**
 * Copy a message and leave it where it is (MSG_COPY, msgrcv(2)). Others may send and
 * receive meanwhile: positions then mean other messages.
 *
 * @param position 0 is the oldest
 * @return 0; -ENODATA past the last; -EMSGSIZE when it is longer than kernel.msgmax is by
 * now; -ENOSYS on a kernel without MSG_COPY, -EOPNOTSUPP for POSIX queues: there is no
 * way; -EIDRM, -EACCES, -ENOMEM
 */
int ipcx_queue_peek(struct ipcx_queue *q, uint64_t position, struct ipcx_message *ret_m);

/**
 * The same of several messages, as rows: position, mtype (what the number of a message is
 * called elsewhere), size and data (the first bytes, as text).
 *
 * @param first the position to begin with; 0 is the oldest
 * @param most so many at most
 * @return 0, also when there are fewer; else as ipcx_queue_peek(), except that a message
 * that is too long to be copied is a row of which only the position is known
 */
int ipcx_queue_messages(struct ipcx_queue *q, uint64_t first, uint64_t most,
			struct ipcx_table **ret_table);

/**
 * Have a signal sent to this process, once, when a message comes to a POSIX queue that is
 * empty and that nobody waits for (mq_notify(3)). Closing the queue ends it, too.
 *
 * @param signo the signal; 0: none any more
 * @return 0; -EBUSY when another process is registered; -EOPNOTSUPP for System V queues
 */
int ipcx_queue_notify(struct ipcx_queue *q, int signo);
/* What is in objects, read and written. Arrays of System V: in the namespace that the
 * calling process is in (ipcx_ns_enter()); -EINVAL when the context uses another. Named
 * semaphores: where ipcx_use() says. */

/** One operation of ipcx_sem_op(). Set size to sizeof(struct ipcx_sem_op). */
struct ipcx_sem_op {
	size_t size;
	uint32_t num; /**< which semaphore of the array, from 0; 0 for a named one */
	int32_t op; /**< what is added, at most 32767 (SEMVMX) up or down: waits until the
		       value is as great as what is taken; 0: waits until the value is 0 */
	uint64_t flags; /**< IPCX_SEM_UNDO or 0 */
};

/** Flag of struct ipcx_sem_op (SEM_UNDO): given or taken back when the calling process
 * ends, also by a signal, but not before: execve(2) keeps it; entering another IPC
 * namespace ends it. */
#define IPCX_SEM_UNDO (UINT64_C(1) << 0)

/** The size of struct ipcx_sem_op in the first version. */
#define IPCX_SEM_OP_SIZE_0_1 (offsetof(struct ipcx_sem_op, flags) + sizeof(uint64_t))

/**
 * Operate on an array of semaphores (semop(2)): all of it at once, or nothing. Or on a
 * named semaphore (sem_post(3), sem_wait(3)): one operation, 1 or -1, which has no undo.
 * Whoever may write to the file of a named semaphore can crash those who use it, by
 * cutting it.
 *
 * @param ops n structs of the same size, ops[0].size bytes apart
 * @param timeout nanoseconds to wait at most, by a clock that cannot be set; 0: not at
 * all; -1: for ever
 * @return 0; -ETIMEDOUT when it would have to wait, or waited as long as it was to;
 * -EINTR after a signal, with nothing done; -EIDRM when it was removed meanwhile;
 * -ENOENT; -EFBIG when there is no such semaphore in the array; -ERANGE when a value
 * would be above SEMVMX (-EOVERFLOW: SEM_VALUE_MAX of a named one); -E2BIG for more
 * operations than SEMOPM; -EACCES; -EINVAL
 */
int ipcx_sem_op(struct ipcx *x, const struct ipcx_ref *ref, const struct ipcx_sem_op *ops,
		size_t n, int64_t timeout);

/**
 * Set semaphores of an array (semctl(2)): everything is checked before the first is set.
 * What processes had to undo of them is forgotten.
 *
 * @param nums which ones, set one after another (SETVAL); NULL: all at once (SETALL)
 * @param values one for each: 0 to 32767 (SEMVMX)
 * @return 0, -ENOENT, -EFBIG when there is no such semaphore, -ERANGE, -EACCES, -EIDRM,
 * -EINVAL also for another number of values than semaphores
 */
int ipcx_sem_set(struct ipcx *x, const struct ipcx_ref *ref, const uint32_t *nums,
		 const uint32_t *values, size_t n);

/** A named semaphore that was taken, kept open. */
struct ipcx_psem_taken;

/**
 * Take a named semaphore so that the same one can be given back, whatever its name means
 * by then.
 *
 * @param timeout as for ipcx_sem_op()
 * @param ret_taken give it back with ipcx_psem_give(): the kernel does not, whatever
 * becomes of the process
 * @return 0, or as ipcx_sem_op()
 */
int ipcx_psem_take(struct ipcx *x, const struct ipcx_ref *ref, int64_t timeout,
		   struct ipcx_psem_taken **ret_taken);

/** Give it back, and free it. @return 0, -EOVERFLOW when others gave back more than they
 * took */
int ipcx_psem_give(struct ipcx *x, struct ipcx_psem_taken *taken);

/* ---- keys and ids ---- */

/** The key that ftok(3) makes of a path and the low byte of proj. @return 0, -ENOENT,
 * -EACCES, … */
int ipcx_key(struct ipcx *x, const char *path, int proj, uint32_t *ret_key);

/** A key for each path: key, path, proj, device, inode. Paths that cannot be read are
 * notes. @return 0, -ENOMEM */
int ipcx_keys(struct ipcx *x, const char *const *paths, size_t n, int proj,
	      struct ipcx_table **ret_table);

/**
 * Which of these files could ftok(3) have made a key of? Rows as for ipcx_keys(), with
 * the proj that it takes. The key holds only 8 bits of the device and 16 of the inode
 * number, so several files can fit.
 *
 * @param recursive look at everything below directories, too (symbolic links are not
 * followed)
 * @return 0, -ENOMEM
 */
int ipcx_key_search(struct ipcx *x, uint32_t key, const char *const *paths, size_t n,
		    bool recursive, struct ipcx_table **ret_table);

/**
 * Split System V ids into the index of the slot and its sequence number (ipc/util.h,
 * IPCMNI): ref, id, id_index, id_seq. The objects need not exist. References by key or
 * name are notes.
 *
 * @return 0, -EINVAL, -ENOMEM
 */
int ipcx_id_split(struct ipcx *x, const struct ipcx_ref *refs, size_t n,
		  struct ipcx_table **ret_table);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
