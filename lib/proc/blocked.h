/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In which system call a thread sleeps, and with what arguments: the text of
 * /proc/PID/task/TID/syscall (proc_pid_syscall(5)), and a table of the calls that wait
 * for IPC objects for every instruction set that programs here may have. The parser takes
 * text; what the arguments point to is read by proc/peek.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line of the file. */
struct ix_syscall {
	int64_t nr; /* -1: blocked, but not in a system call */
	uint64_t args[6];
	uint64_t sp, pc;
};

/* The text is the whole file, with its newline. Returns 1 if the thread is blocked in a
 * system call; 0 if it runs, or is blocked elsewhere (nr is -1); -EPROTO. */
int ix_syscall_parse(const char *text, size_t len, struct ix_syscall *ret_call);

/* The instruction sets whose numbers are known. */
enum ix_abi {
	IX_ABI_X86_64, /* also x32, whose numbers have bit 30 set */
	IX_ABI_I386,   /* also x32: an executable's class does not tell them apart */
	IX_ABI_ARM64,  /* and riscv64: the generic table */
	IX_ABI_ARM,    /* 32 bit, also EABI tasks on arm64 */
	IX_ABI_S390X,
	IX_ABI_PPC64,
	IX_ABIS,
};

/* What a thread waits for. */
enum ix_wait_kind {
	IX_WAIT_NONE,
	IX_WAIT_SEM,   /* a System V semaphore array: object is its id */
	IX_WAIT_MSG,   /* a System V message queue: object is its id */
	IX_WAIT_MQ,    /* a POSIX message queue: object is a descriptor */
	IX_WAIT_FUTEX, /* a futex: object is an address; 0 for futex_waitv, see data */
	IX_WAIT_PIPE,  /* whatever a read or write waits for: object is a descriptor */
	IX_WAIT_OPEN,  /* whatever open(2) waits for: data is the path's address */
};

/* A blocked call, decoded. All addresses are in the memory of the thread. */
struct ix_blocked {
	enum ix_wait_kind kind;
	const char *call; /* "semop" (also semtimedop without a timeout), "semtimedop",
			     "msgsnd", "msgrcv", "mq_send", "mq_receive", "futex",
			     "futex_wait", "futex_waitv", "read", "readv", "write",
			     "splice", "open", "openat" … static */
	bool sends;       /* it waits for room: msgsnd, mq_send, write */
	bool restarted;  /* restart_syscall(2): which call is known only by its arguments;
			    believe it where the thread sleeps in a futex (wchan) */
	bool narrow;     /* pointers and long have 32 bits in the thread's memory */
	uint64_t object; /* an id, a descriptor or an address */
	uint64_t other;  /* IX_WAIT_PIPE: a second descriptor that it may wait for
			    (splice, tee, sendfile): it is written to, object is read;
			    UINT64_MAX: none */
	uint64_t data;   /* sembufs; the struct futex_waitv array; the path; of msgrcv by
			    ipc(2): {msgp, type}; else 0 */
	uint64_t count;  /* sembufs; bytes to read, write, send (0 for readv, writev …,
			    whose lengths are in memory); futexes of futex_waitv */
	int64_t mtype;   /* msgrcv, unless mtype_at is set */
	uint64_t mtype_at;   /* where in memory the type is, after the pointer msgp */
	uint64_t flags;      /* of msgsnd, msgrcv (MSG_EXCEPT …), open */
	uint64_t flags_at;   /* openat2: the flags are 64 bits in memory there */
	int dirfd;           /* open: AT_FDCWD or a descriptor */
	uint64_t timeout;    /* address of the timeout; 0: none */
	bool timeout_narrow; /* its two members have 32 bits each */
	bool absolute;       /* it is a point in time of "clock" */
	int clock;           /* CLOCK_… */
	unsigned op;  /* futex: the command FUTEX_WAIT, FUTEX_LOCK_PI … without flags */
	bool private; /* futex: FUTEX_PRIVATE_FLAG: nobody else can wake it */
	uint64_t value; /* futex: the value that the word had */
};

/* Decode a call if it is one that waits for an object. Returns whether it is. An
 * IPC_NOWAIT flag makes no difference. vmsplice(2) counts as writing; the mode of its
 * descriptor tells which it is. */
bool ix_blocked_decode(enum ix_abi abi, const struct ix_syscall *call,
		       struct ix_blocked *ret_blocked);

/* The table of the machine that this library was built for: of 64-bit programs or, if
 * narrow is set, of 32-bit ones. Returns false if there is none. */
bool ix_abi_here(bool narrow, enum ix_abi *ret_abi);

/* Whether a thread may be one of a 32-bit program: its stack is below 4 GiB. Only then
 * its executable has to be asked. */
static inline bool ix_abi_may_be_narrow(const struct ix_syscall *call)
{
	return call->sp < (UINT64_C(1) << 32);
}
