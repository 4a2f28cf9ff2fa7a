/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text is that of proc_pid_syscall() in fs/proc/base.c; "running" also stands for a
 * thread that was about to sleep. What ipc(2) does with its arguments is in the kernel's
 * ipc/syscall.c and, for s390, arch/s390/kernel/syscall.c; what the flags of futex(2)
 * mean for the timeout, in futex_init_timeout().
 */
#include "proc/blocked.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/ipc.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/num.h"
#include "base/util.h"
#include "proc/abi.h"

#define X32_BIT 0x40000000

/* A call that newer instruction sets do not have. */
#define NONE (-1)

#ifndef SYS_renameat
#define SYS_renameat NONE
#endif

/* futex(2); older headers lack it. */
#define FUTEX_OP_LOCK_PI2 13

#define FUTEX_OP_FLAGS (FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)

/* ---- the text */

static bool blocked_ends(const char **p, const char *end, char c)
{
	if (*p == end || **p != c)
		return false;
	(*p)++;
	return true;
}

/* Take " 0x…" as the kernel writes it: lower case, no leading zeros. */
static int blocked_take_hex(const char **p, const char *end, uint64_t *ret_n)
{
	const char *at = *p, *from;
	uint64_t n = 0;

	if (end - at < 4 || memcmp(at, " 0x", 3) != 0)
		return -EPROTO;
	from = at += 3;
	for (; at < end; at++) {
		unsigned digit = *at >= '0' && *at <= '9'   ? (unsigned)(*at - '0')
				 : *at >= 'a' && *at <= 'f' ? (unsigned)(*at - 'a' + 10)
							    : 16;

		if (digit == 16)
			break;
		if (n >> 60)
			return -EPROTO;
		n = n << 4 | digit;
	}
	if (at == from || (*from == '0' && at - from > 1))
		return -EPROTO;
	*p = at;
	*ret_n = n;
	return 0;
}

int ix_syscall_parse(const char *text, size_t len, struct ix_syscall *ret_call)
{
	static const char running[] = "running\n";
	struct ix_syscall c = { .nr = -1 };
	const char *p = text, *end = text + len;
	bool negative;
	uint64_t nr;

	if (len == sizeof(running) - 1 && !memcmp(text, running, len)) {
		*ret_call = c;
		return 0;
	}
	negative = blocked_ends(&p, end, '-');
	if (ix_take_u64(&p, end, INT32_MAX, &nr) < 0 || (negative && !nr))
		return -EPROTO;
	for (size_t i = 0; !negative && i < ARRAY_SIZE(c.args); i++)
		if (blocked_take_hex(&p, end, &c.args[i]) < 0)
			return -EPROTO;
	if (blocked_take_hex(&p, end, &c.sp) < 0 ||
	    blocked_take_hex(&p, end, &c.pc) < 0 || !blocked_ends(&p, end, '\n') ||
	    p != end)
		return -EPROTO;
	if (!negative)
		c.nr = (int64_t)nr;
	*ret_call = c;
	return !negative;
}

/* ---- what it means */

static uint64_t blocked_arg(const struct ix_syscall *c, enum ix_arg arg)
{
	return arg ? c->args[arg - IX_ARG_0] : 0;
}

/* Ids, descriptors and flags are of type int. */
static uint32_t blocked_int(const struct ix_syscall *c, enum ix_arg arg)
{
	return (uint32_t)blocked_arg(c, arg);
}

/* A long. In the registers of 32-bit programs its sign is bit 31. */
static int64_t blocked_long(uint64_t n, bool narrow)
{
	return narrow ? (int32_t)(uint32_t)n : (int64_t)n;
}

/* ipc(2): which call it is, and with which arguments. Returns whether it is one that
 * waits. */
static bool blocked_ipc(enum ix_abi abi, const struct ix_syscall *c, struct ix_blocked *b)
{
	unsigned call = (uint32_t)c->args[0] & 0xffff,
		 version = (uint32_t)c->args[0] >> 16;
	bool s390 = abi == IX_ABI_S390X;
	uint64_t size = b->narrow ? sizeof(uint32_t) : sizeof(uint64_t);

	if (s390 && version)
		return false;
	b->object = (uint32_t)c->args[1];
	switch (call) {
	case SEMOP:
	case SEMTIMEDOP:
		b->kind = IX_WAIT_SEM;
		b->count = (uint32_t)c->args[2];
		b->data = c->args[4];
		if (call == SEMTIMEDOP)
			b->timeout = c->args[s390 ? 3 : 5];
		b->call = b->timeout ? "semtimedop" : "semop";
		return true;
	case MSGSND:
		b->kind = IX_WAIT_MSG;
		b->call = "msgsnd";
		b->sends = true;
		break;
	case MSGRCV:
		b->kind = IX_WAIT_MSG;
		b->call = "msgrcv";
		if (version) {
			b->mtype = blocked_long(c->args[5], b->narrow);
		} else {
			b->data = c->args[4];
			b->mtype_at = c->args[4] + size;
		}
		break;
	default:
		return false;
	}
	b->count = c->args[2];
	b->flags = (uint32_t)c->args[3];
	return true;
}

/* futex(2): only some commands wait. A timeout is relative only for FUTEX_WAIT. */
static bool blocked_futex(const struct ix_syscall *c, struct ix_blocked *b)
{
	uint32_t op = (uint32_t)c->args[1];

	b->op = op & ~(uint32_t)FUTEX_OP_FLAGS;
	b->private = op & FUTEX_PRIVATE_FLAG;
	b->value = (uint32_t)c->args[2];
	switch (b->op) {
	case FUTEX_WAIT:
		b->clock = CLOCK_MONOTONIC;
		return true;
	case FUTEX_LOCK_PI:
		b->absolute = true;
		b->clock = CLOCK_REALTIME;
		return true;
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
	case FUTEX_OP_LOCK_PI2:
		b->absolute = true;
		b->clock = op & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
		return true;
	default:
		return false;
	}
}

/* restart_syscall(2): of the commands of futex(2), these two with a timeout are continued
 * by it; the others are called again with their own number. */
static bool blocked_restart(const struct ix_syscall *c, struct ix_blocked *b)
{
	b->restarted = true;
	return b->timeout && blocked_futex(c, b) &&
	       (b->op == FUTEX_WAIT || b->op == FUTEX_WAIT_BITSET);
}

/* The newer calls: every timeout is absolute, of the clock that the last argument names.
 */
static bool blocked_new_futex(const struct ix_syscall *c, struct ix_blocked *b,
			      unsigned clock)
{
	b->op = FUTEX_WAIT_BITSET;
	b->absolute = true;
	b->clock = (int32_t)(uint32_t)c->args[clock];
	return true;
}

static bool blocked_rule(enum ix_abi abi, enum ix_call_rule rule,
			 const struct ix_syscall *c, struct ix_blocked *b)
{
	switch (rule) {
	case IX_RULE_NONE:
		break;
	case IX_RULE_SEMTIMEDOP:
		if (!b->timeout)
			b->call = "semop";
		break;
	case IX_RULE_IPC:
		return blocked_ipc(abi, c, b);
	case IX_RULE_FUTEX:
		return blocked_futex(c, b);
	case IX_RULE_FUTEX_WAIT:
		b->private = c->args[3] & FUTEX_PRIVATE_FLAG;
		b->value = c->args[1];
		return blocked_new_futex(c, b, 5);
	case IX_RULE_WAITV:
		return blocked_new_futex(c, b, 4);
	case IX_RULE_RESTART:
		return blocked_restart(c, b);
	case IX_RULE_CREAT:
		b->flags = O_CREAT | O_WRONLY | O_TRUNC;
		break;
	}
	return true;
}

static void blocked_fill(const struct ix_form *f, const struct ix_syscall *c,
			 struct ix_blocked *b)
{
	b->kind = f->kind;
	b->sends = f->sends;
	b->object = f->kind == IX_WAIT_FUTEX ? blocked_arg(c, f->object)
					     : blocked_int(c, f->object);
	b->other = f->other ? blocked_int(c, f->other) : UINT64_MAX;
	b->data = blocked_arg(c, f->data);
	/* the number of operations, and of futexes, is an unsigned int */
	b->count = f->kind == IX_WAIT_SEM || f->kind == IX_WAIT_FUTEX
			   ? blocked_int(c, f->count)
			   : blocked_arg(c, f->count);
	b->mtype = blocked_long(blocked_arg(c, f->mtype), b->narrow);
	b->flags = blocked_int(c, f->flags);
	b->flags_at = blocked_arg(c, f->flags_at);
	b->dirfd = f->dirfd ? (int32_t)blocked_int(c, f->dirfd) : AT_FDCWD;
	b->timeout = blocked_arg(c, f->timeout);
	b->absolute = f->absolute;
	b->clock = f->absolute ? CLOCK_REALTIME : CLOCK_MONOTONIC;
}

bool ix_blocked_decode(enum ix_abi abi, const struct ix_syscall *call,
		       struct ix_blocked *ret_blocked)
{
	struct ix_syscall c = *call;
	bool x32 = (abi == IX_ABI_X86_64 || abi == IX_ABI_I386) && c.nr > 0 &&
		   (c.nr & X32_BIT);
	bool narrow = !x32 && (abi == IX_ABI_I386 || abi == IX_ABI_ARM);
	struct ix_blocked b = { .narrow = narrow };
	const struct ix_call *found;

	if (x32)
		c.nr &= ~X32_BIT;
	found = ix_call_find(abi, x32, c.nr);
	if (!found)
		return false;
	if (narrow)
		for (size_t i = 0; i < ARRAY_SIZE(c.args); i++)
			c.args[i] = (uint32_t)c.args[i];
	b.call = found->name;
	blocked_fill(found->form, &c, &b);
	if (!blocked_rule(abi, found->form->rule, &c, &b))
		return false;
	b.timeout_narrow = narrow && !found->time64;
	/* arguments and timeouts of x32 have 64 bits, its pointers 32 */
	b.narrow = narrow || x32;
	*ret_blocked = b;
	return true;
}

/* Machines by some numbers of their calls: those of the C library's headers. */
static const struct {
	long preadv2, splice, renameat;
	enum ix_abi wide, narrow; /* IX_ABIS: none */
} machines[] = {
	{ 327, 275, 264, IX_ABI_X86_64, IX_ABI_I386 },
	{ 378, 313, 302, IX_ABI_X86_64, IX_ABI_I386 },
	{ 286, 76, 38, IX_ABI_ARM64, IX_ABI_ARM },
	{ 392, 340, 329, IX_ABI_ARM64, IX_ABI_ARM },
	{ 286, 76, NONE, IX_ABI_ARM64, IX_ABIS }, /* riscv64 */
	{ 376, 306, 295, IX_ABI_S390X, IX_ABIS },
	{ 380, 283, 293, IX_ABI_PPC64, IX_ABIS },
};

bool ix_abi_here(bool narrow, enum ix_abi *ret_abi)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (machines[i].preadv2 != SYS_preadv2 ||
		    machines[i].splice != SYS_splice ||
		    machines[i].renameat != SYS_renameat)
			continue;
		*ret_abi = narrow ? machines[i].narrow : machines[i].wide;
		return *ret_abi != IX_ABIS;
	}
	return false;
}
