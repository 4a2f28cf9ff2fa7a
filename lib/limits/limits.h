/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limits that can make an IPC call fail. Each is a row of a table (table.c): its
 * name, where it is read and set, how its use is counted. read.c, usage.c and set.c do
 * what the rows say.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "core/ctx.h"
#include "ipcx.h"

/* The calls that return a struct of limits or counters. */
enum ix_info_call {
	IX_INFO_NONE,
	IX_SHM_LIMITS, /* shmctl(IPC_INFO), struct shminfo */
	IX_SHM_USE,    /* SHM_INFO, struct shm_info: walks all segments under a lock */
	IX_MSG_LIMITS, /* msgctl(IPC_INFO), struct msginfo */
	IX_MSG_USE,    /* MSG_INFO, struct msginfo with some counters */
	IX_SEM_LIMITS, /* semctl(IPC_INFO), struct seminfo */
	IX_SEM_USE,    /* SEM_INFO, likewise */
	IX_INFO_CALLS
};

/* Where to find one number in the struct that a call returns. */
struct ix_info {
	uint8_t call;
	bool is_int; /* the number is an int; otherwise an unsigned long */
	uint16_t offset;
};

/*
 * Where the sysctls of many namespaces are read, one after another. A procfs keeps an
 * entry per sysctl and namespace under the same name, and a look-up compares with each
 * of them (proc_sys_compare() in fs/proc/proc_sysctl.c): the time to read n namespaces
 * would grow with n². A procfs mounted for a few of them has only theirs.
 */
struct ix_sysctls {
	bool mounted;
	int proc;      /* its root, if it is mounted */
	int error;     /* -errno: why it cannot be */
	unsigned left; /* the number of namespaces for which it is still used */
};

struct ix_info_answer {
	bool asked;
	int error;
	_Alignas(8) unsigned char data[128];
};

/*
 * One reading of limits: each call is made at most once, and only if a requested limit
 * needs it.
 */
struct ix_limits {
	struct ipcx *x;
	/* Count the objects of a mechanism by listing them, for limits with .objects. */
	int (*count)(struct ix_limits *s, const char *mech, uint64_t *ret_n);
	char uncounted[256]; /* why count() failed */
	/* Sum up a field over all objects of a mechanism, from another source. Used if
	 * the call that returns the sum is not permitted. */
	int (*total)(struct ix_limits *s, const char *mech, enum ipcx_field field,
		     uint64_t *ret_n);
	/* The same from what the caller knows already; or NULL. It is asked first. */
	int (*given)(struct ix_limits *s, const char *mech, enum ipcx_field field,
		     uint64_t *ret_n);
	const void *given_from;
	uint64_t ns; /* inode of the namespace, for given(); 0: not asked for */
	struct ix_info_answer info[IX_INFO_CALLS];
	/* This is one of many namespaces. To open a sysctl takes longer than to call the
	 * kernel: calls that return the same number come first, and a directory is opened
	 * once. */
	bool many;
	int queues; /* the directory fs/mqueue of this namespace, or 0 */
	int proc; /* the procfs of the sysctls, if this is one of many namespaces; 0: the
		     context's */
};

/* What is known of one limit at the moment. */
struct ix_reading {
	bool known;     /* limit is known */
	bool unlimited; /* there is no limit; .limit has no meaning, .known is true */
	bool counted;   /* used is known */
	bool soft;      /* the kernel can exceed the limit by itself */
	bool uncounted; /* no source counts the use, which is not a failure */
	bool single;    /* applies to each object alone, however much is in use */
	bool capped;    /* there is a ceiling */
	uint64_t limit, used;
	uint64_t ceiling;  /* the highest value to which the limit can be set */
	uint64_t reserve;  /* part of the limit that is not available to the caller */
	uint64_t blur;     /* by how much the kernel's count of the use may be wrong */
	uint64_t spare;    /* what is free now: too variable to compute a use from */
	uint64_t page;     /* bytes of one page of a huge page pool; 0: unknown */
	uint64_t dev, ino; /* identify the directory, if the limit is a file system's */
	int error;         /* -errno: why the limit is unknown */
	int use_error; /* -errno: why its use is unknown although the kernel counts it */
	int cap_error; /* -errno: why the ceiling is unknown */
};

/* How a limit is read. These are numbers, and texts are arrays: the table has no
 * pointers, so that starting a program does not require relocating it. */
enum ix_limit_reader {
	IX_READ_SYSCTL = 1,
	IX_READ_RLIMIT,
	IX_READ_CONSTANT,
	IX_READ_SHM_BYTES,
	IX_READ_SHM_FILES,
	IX_READ_HUGE,
	IX_READ_HUGE_SIZE,
	IX_READ_MEMORY,
	IX_READ_KERNEL_MEMORY,
};

struct ix_limit {
	char name[IX_TEXT(24)], unit[IX_TEXT(12)];
	char mech[IX_TEXT(8)];    /* the mechanism that the limit belongs to */
	char source[IX_TEXT(32)]; /* where the limit is read and set; sysctls use dots */
	enum ix_limit_reader read;
	uint64_t number; /* what read() needs: RLIMIT_…, kB of a page, the constant */
	uint8_t at, of;  /* index of the number in a sysctl, and their count (0: one) */
	bool optional;   /* listed by default only if this kernel has the limit */
	bool machine;    /* for the whole machine, not per IPC namespace */
	bool space;      /* a listing of objects notes what else uses the space */
	bool objects;    /* .used is the number of the mechanism's objects */
	bool counts;     /* read() also sets .used */
	/* The range of values that the kernel accepts for the limit's sysctl; if most is
	 * 0, it accepts any number. If indexed is set, the highest value is the number of
	 * id indexes. */
	uint64_t least, most;
	bool indexed;
	bool fixed;              /* there is no number to raise */
	bool raised;             /* with CAP_SYS_RESOURCE, .hard is the limit */
	uint64_t hard;           /* UINT64_MAX: no limit */
	struct ix_info fallback; /* where to read the limit if its file cannot be read */
	struct ix_info use;    /* where its use is read (in pages if the unit is bytes) */
	enum ipcx_field total; /* the total that is the same number as the use */
	int error;             /* -errno of a call that hits the limit */
	char change[IX_TEXT(96)]; /* "", or how to change a limit that is not a sysctl */
	char what[IX_TEXT(160)];
};

/* Return limit number i; NULL past the last. */
const struct ix_limit *ix_limit(unsigned i);

/*
 * Whether this is a name of the limit: its own, that of its sysctl (with dots or
 * slashes), or that of its source.
 */
bool ix_limit_named(const struct ix_limit *l, const char *name);

/* Whether the limit is one of the file system on /dev/shm. */
bool ix_limit_of_shm(const struct ix_limit *l);

/* Return the limit whose own name is exactly this one; NULL if there is none. */
const struct ix_limit *ix_limit_by_name(const char *name);

/* Return the limit of huge pages of this size in bytes; NULL if no architecture has
 * them. */
const struct ix_limit *ix_limit_of_pages(uint64_t bytes);

/* Set the error text that no limit has this name; returns -ENOENT. */
int ix_limit_unknown(struct ipcx *x, const char *name);

/* Whether the list of all limits contains this one. Returns 1, 0, or -errno if
 * unknown. */
int ix_limit_listed(struct ix_limits *s, const struct ix_limit *l);

/*
 * Read a limit and, if use is set, its use. Never fails: what cannot be read is unknown.
 */
void ix_limit_read(struct ix_limits *s, const struct ix_limit *l, bool use,
		   struct ix_reading *ret_r);

/* Return the range of values that the kernel accepts for a limit's sysctl. */
void ix_limit_range(struct ipcx *x, const struct ix_limit *l, uint64_t *ret_least,
		    uint64_t *ret_most);

/* Close what a reading of limits has opened. */
void ix_limits_end(struct ix_limits *s);

/* Before the limits of one more of many namespaces are read: choose the procfs for its
 * sysctls. */
void ix_sysctls_next(struct ix_sysctls *c, struct ix_limits *s);

/* After the last of them: unmount it. */
void ix_sysctls_end(struct ix_sysctls *c);

/* Adjust a reading for a caller that may exceed the configured limit. */
void ix_limit_with_rights(struct ipcx *x, const struct ix_limit *l, struct ix_reading *r);

/* Read the use of a limit into r. */
void ix_limit_use(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r);

/* Read one number from an *_INFO struct. Returns 0 or -errno. */
int ix_info_get(struct ix_limits *s, struct ix_info i, uint64_t *ret_n);

/* What shares the limit, a word. */
const char *ix_limit_scope(const struct ix_limit *l);

/* Return the text for the error of a reading: a static string. */
const char *ix_limit_why(int error);

/* The option of the kernel's build that the limit needs (core/kconfig.h), or NULL. */
const struct ix_kconfig *ix_limit_kconfig(const struct ix_limit *l);

/* Write the text for the error of reading a limit. Returns the error, or another one if
 * the reason is the kernel's build: see ix_kconfig_lacks(). */
int ix_limit_lacks(struct ipcx *x, const struct ix_limit *l, int error, char *why,
		   size_t size);

/* Read a limit's sysctl from its file, without a fallback. Returns 0 or -errno. */
int ix_sysctl_read(struct ipcx *x, const struct ix_limit *l, uint64_t *ret_n);

/* Write the path of a sysctl below /proc: "sys/kernel/shmmax". */
void ix_sysctl_path(const struct ix_limit *l, char *buf, size_t size);

/*
 * Parse the number with index "at" (counted from 0) in a text that has exactly "of"
 * numbers, separated by blanks. Returns 0, -EINVAL or -ERANGE.
 */
int ix_sysctl_parse(const char *text, unsigned at, unsigned of, uint64_t *ret_n);

/*
 * Parse the number after "KEY:" at the beginning of a line, as in /proc/meminfo. Returns
 * 0, -ENOENT, -EINVAL or -ERANGE.
 */
int ix_meminfo_parse(const char *text, const char *key, uint64_t *ret_n);

/* Read all of /proc/meminfo. Returns its length or -errno. */
int ix_meminfo_read(struct ipcx *x, char *buf, size_t size);

/* ipcx_limit_set(), ipcx_limit_check() and ipcx_limit_lines(), for the namespace of the
 * calling process. */
int ix_limit_set(struct ipcx *x, const char *name, uint64_t value);
int ix_limit_check(struct ipcx *x, const char *name, uint64_t value, uint64_t *ret_now);
int ix_limit_lines(struct ipcx *x, const struct ipcx_setting *settings, size_t n,
		   char *buf, size_t size);

/* The functions of enum ix_limit_reader, called by ix_limit_read(). */
int ix_read_sysctl(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r);
int ix_read_rlimit(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r);
int ix_read_shm_bytes(struct ix_limits *s, const struct ix_limit *l,
		      struct ix_reading *r);
int ix_read_shm_files(struct ix_limits *s, const struct ix_limit *l,
		      struct ix_reading *r);
int ix_read_huge(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r);
int ix_read_huge_size(struct ix_limits *s, const struct ix_limit *l,
		      struct ix_reading *r);
int ix_read_memory(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r);
int ix_read_kernel_memory(struct ix_limits *s, const struct ix_limit *l,
			  struct ix_reading *r);
int ix_read_constant(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r);
