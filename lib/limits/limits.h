/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limits that can stop a user of IPC, a row of one table each (table.c): what it is
 * called, where it is read and set, how its use is counted. read.c, usage.c and set.c
 * do what the rows say.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/ctx.h"
#include "ipcx.h"

/* The calls that answer with a struct full of limits or counters. */
enum ix_info_call {
	IX_INFO_NONE,
	IX_SHM_LIMITS, /* shmctl(IPC_INFO), struct shminfo */
	IX_SHM_USE,    /* SHM_INFO, struct shm_info: walks all segments under a lock */
	IX_MSG_LIMITS, /* msgctl(IPC_INFO), struct msginfo */
	IX_MSG_USE,    /* MSG_INFO, the same struct with counters in some places */
	IX_SEM_LIMITS, /* semctl(IPC_INFO), struct seminfo */
	IX_SEM_USE,    /* SEM_INFO, likewise */
	IX_INFO_CALLS
};

/* One number in such an answer. */
struct ix_info {
	uint8_t call;
	bool is_int; /* int; otherwise unsigned long */
	uint16_t offset;
};

struct ix_info_answer {
	bool asked;
	int error;
	_Alignas(8) unsigned char data[128];
};

/*
 * One look at limits: each call is made at most once, and only when one of the limits
 * asked for needs it.
 */
struct ix_limits {
	struct ipcx *x;
	/* How many objects a mechanism has, for limits that only a listing can count. */
	int (*count)(struct ix_limits *s, const char *mech, uint64_t *ret_n);
	char uncounted[256]; /* why count() could not say */
	/* What all its objects come to in one field, where the call that counts is
	 * refused and something else can tell. */
	int (*total)(struct ix_limits *s, const char *mech, enum ipcx_field field,
		     uint64_t *ret_n);
	struct ix_info_answer info[IX_INFO_CALLS];
};

/* What is known of one limit at this moment. */
struct ix_reading {
	bool known;     /* the limit is */
	bool unlimited; /* there is none: limit has no meaning, known is true */
	bool counted;   /* used is known */
	bool soft;      /* the kernel can go beyond it by itself */
	bool uncounted; /* nothing counts how much of it is used: no failure */
	bool single;    /* each object alone has to stay within it, whatever is used */
	bool capped;    /* there is a ceiling */
	uint64_t limit, used;
	uint64_t ceiling; /* the most that it can be set to */
	uint64_t reserve; /* of the limit, what is kept for others than the caller */
	uint64_t blur;    /* the kernel counts what is used no more exactly than that */
	uint64_t spare;   /* what is free of it, which moves too much to be called used */
	uint64_t page;    /* bytes of one page of a pool of huge pages; 0: not known */
	uint64_t dev, ino; /* of a file system: the directory that it was found by */
	int error;         /* -errno: why the limit is unknown */
	int use_error;     /* and why its use is, where the kernel counts it */
	int cap_error;     /* and why it is not known whether there is a ceiling */
};

/* How a limit is read. Neither these nor texts are pointers in the table, so that no
 * start of a program has to relocate it. */
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
	char name[24], unit[12];
	char mech[8];    /* the mechanism that it belongs to */
	char source[32]; /* where it is read and set; a sysctl with dots */
	enum ix_limit_reader read;
	uint64_t number; /* what read() needs: RLIMIT_…, kB of a page, the constant */
	uint8_t at, of;  /* a sysctl of several numbers: which, of how many; 0: one */
	bool optional;   /* listed among all only where this kernel has it */
	bool machine;    /* one for the whole machine, not for each IPC namespace */
	bool space;      /* what else than objects is used, a listing notes */
	bool objects;    /* used = how many objects the mechanism has */
	bool counts;     /* read() tells what is used of it, too */
	/* What the kernel lets its sysctl be set to; most is 0 where every number goes.
	 * indexed: up to as many objects as ids have indexes, instead. */
	uint64_t least, most;
	bool indexed;
	bool fixed;              /* there is no number that could be raised */
	bool raised;             /* with CAP_SYS_RESOURCE it is beyond: … */
	uint64_t hard;           /* … that much, UINT64_MAX: it does not count */
	struct ix_info fallback; /* where else it stands, when its file cannot be read */
	struct ix_info use;      /* where its use stands, and in which total; bytes are
				    pages there, when that is the unit */
	enum ipcx_field total;
	int error;       /* -errno of the call that runs into it */
	char change[96]; /* "", or how to change what no sysctl holds */
	char what[160];
};

/* The limit number i; NULL past the last. */
const struct ix_limit *ix_limit(unsigned i);

/*
 * Whether a limit goes by this name: its own, its sysctl's in either spelling, or its
 * source.
 */
bool ix_limit_named(const struct ix_limit *l, const char *name);

/* Whether it is one of the file system on /dev/shm. */
bool ix_limit_of_shm(const struct ix_limit *l);

/* The limit with exactly this name of its own; NULL when there is none. */
const struct ix_limit *ix_limit_by_name(const char *name);

/* The limit of huge pages of so many bytes each; NULL when nothing has such. */
const struct ix_limit *ix_limit_of_pages(uint64_t bytes);

/* The failure of a lookup: -ENOENT with its text. */
int ix_limit_unknown(struct ipcx *x, const char *name);

/* Whether the list of all limits shows this one: 1, 0, -errno when that cannot be told. */
int ix_limit_listed(struct ix_limits *s, const struct ix_limit *l);

/*
 * Read a limit and, when use is set, how much of it is used. What cannot be read is
 * unknown: never fails.
 */
void ix_limit_read(struct ix_limits *s, const struct ix_limit *l, bool use,
		   struct ix_reading *ret_r);

/* What the kernel lets a limit's sysctl be set to. */
void ix_limit_range(struct ipcx *x, const struct ix_limit *l, uint64_t *ret_least,
		    uint64_t *ret_most);

/* What it is for whoever may go beyond what it is set to. */
void ix_limit_with_rights(struct ipcx *x, const struct ix_limit *l, struct ix_reading *r);

/* How much of it is used, into r. */
void ix_limit_use(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r);

/* One number of an *_INFO answer: 0 or -errno. */
int ix_info_get(struct ix_limits *s, struct ix_info i, uint64_t *ret_n);

/* What an error of a reading means. Static. */
const char *ix_limit_why(int error);

/* The sysctl of a limit as it stands in its file now, without a fallback. */
int ix_sysctl_read(struct ipcx *x, const struct ix_limit *l, uint64_t *ret_n);

/* The path of a sysctl below /proc: "sys/kernel/shmmax". */
void ix_sysctl_path(const struct ix_limit *l, char *buf, size_t size);

/*
 * Number at (from 0) of a text that holds exactly of numbers with blanks between: 0,
 * -EINVAL or -ERANGE.
 */
int ix_sysctl_parse(const char *text, unsigned at, unsigned of, uint64_t *ret_n);

/*
 * The number behind "KEY:" at the beginning of a line, as in /proc/meminfo: 0, -ENOENT,
 * -EINVAL or -ERANGE.
 */
int ix_meminfo_parse(const char *text, const char *key, uint64_t *ret_n);

/* /proc/meminfo, whole: its length or -errno. */
int ix_meminfo_read(struct ipcx *x, char *buf, size_t size);

/* ipcx_limit_set() and ipcx_limit_lines(), in the namespace where they are called. */
int ix_limit_set(struct ipcx *x, const char *name, uint64_t value);
int ix_limit_check(struct ipcx *x, const char *name, uint64_t value, uint64_t *ret_now);
int ix_limit_lines(struct ipcx *x, const struct ipcx_setting *settings, size_t n,
		   char *buf, size_t size);

/* How each kind of limit is read: the read() of its row. */
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
