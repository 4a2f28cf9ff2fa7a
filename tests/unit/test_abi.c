/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc/blocked.c, proc/abi.c: what the calls of every instruction set wait for. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/util.h"
#include "proc/blocked.h"
#include "unit.h"

#define END " 0x7ffd00001000 0x7f0000001000\n"

static const char *const kinds[] = { "none", "sem", "msg", "mq", "futex", "pipe", "open" };

PRINTF(2, 3) static void add(FILE *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vfprintf(f, format, args);
	va_end(args);
}

/* Everything of a call that is not the default, in one line. */
static void describe(const struct ix_blocked *b, char *buf, size_t size)
{
	auto_file FILE *f = fmemopen(buf, size, "w");

	assert_non_null(f);
	add(f, "%s: %s %" PRIx64, b->call, kinds[b->kind], b->object);
	if (b->other != UINT64_MAX)
		add(f, " to %" PRIx64, b->other);
	if (b->kind == IX_WAIT_OPEN)
		add(f, " dirfd %d", b->dirfd);
	else
		assert_int_equal(b->dirfd, AT_FDCWD);
	if (b->data)
		add(f, " data %" PRIx64, b->data);
	if (b->count)
		add(f, " count %" PRIu64, b->count);
	if (b->mtype)
		add(f, " type %" PRId64, b->mtype);
	if (b->mtype_at)
		add(f, " type at %" PRIx64, b->mtype_at);
	if (b->flags)
		add(f, " flags %" PRIx64, b->flags);
	if (b->flags_at)
		add(f, " flags at %" PRIx64, b->flags_at);
	if (b->kind == IX_WAIT_FUTEX)
		add(f, " op %u value %" PRIx64, b->op, b->value);
	if (b->timeout)
		add(f, " %s %" PRIx64, b->timeout_narrow ? "time32" : "time", b->timeout);
	if (b->timeout && b->absolute)
		add(f, " of clock %d", b->clock);
	add(f, "%s%s%s%s", b->sends ? " sends" : "", b->narrow ? " narrow" : "",
	    b->private ? " private" : "", b->restarted ? " restarted" : "");
}

struct row {
	const char *line; /* number and arguments; missing arguments are 0 */
	const char *text; /* NULL: it does not wait for an object */
};

/* clang-format off */
static const struct row x86_64[] = {
	{ "65 0x5 0x7ffe1000 0x3", "semop: sem 5 data 7ffe1000 count 3" },
	{ "220 0x5 0x7ffe1000 0x3 0x7ffe2000", "semtimedop: sem 5 data 7ffe1000 count 3 time 7ffe2000" },
	/* semop(3) of glibc */
	{ "220 0x5 0x7ffe1000 0x3 0x0", "semop: sem 5 data 7ffe1000 count 3" },
	/* registers may hold more than the kernel takes from them */
	{ "65 0x900000005 0x7ffe1000 0x900000003", "semop: sem 5 data 7ffe1000 count 3" },
	{ "69 0x8003 0x7ffe1000 0x64 0x800", "msgsnd: msg 8003 count 100 flags 800 sends" },
	{ "70 0x8003 0x7ffe1000 0x64 0x4d 0x2000", "msgrcv: msg 8003 count 100 type 77 flags 2000" },
	{ "70 0x8003 0x7ffe1000 0x64 0xfffffffffffffffb", "msgrcv: msg 8003 count 100 type -5" },
	{ "242 0x3 0x7ffe1000 0x64 0x1 0x7ffe2000", "mq_send: mq 3 count 100 time 7ffe2000 of clock 0 sends" },
	{ "243 0x3 0x7ffe1000 0x2000 0x0 0x0", "mq_receive: mq 3 count 8192" },
	{ "0 0x3 0x7ffe1000 0x40", "read: pipe 3 count 64" },
	{ "1 0x4 0x7ffe1000 0x40", "write: pipe 4 count 64 sends" },
	{ "19 0x3 0x7ffe1000 0x2", "readv: pipe 3" },
	{ "20 0x3 0x7ffe1000 0x2", "writev: pipe 3 sends" },
	{ "295 0x3 0x7ffe1000 0x2", "preadv: pipe 3" },
	{ "296 0x3 0x7ffe1000 0x2", "pwritev: pipe 3 sends" },
	{ "327 0x3 0x7ffe1000 0x2", "preadv2: pipe 3" },
	{ "328 0x3 0x7ffe1000 0x2", "pwritev2: pipe 3 sends" },
	{ "275 0x3 0x0 0x4 0x0 0x1000 0x1", "splice: pipe 3 to 4 count 4096" },
	{ "276 0x3 0x4 0x1000", "tee: pipe 3 to 4 count 4096" },
	{ "278 0x4 0x7ffe1000 0x2", "vmsplice: pipe 4 sends" },
	{ "40 0x4 0x3 0x0 0x1000", "sendfile: pipe 3 to 4 count 4096" },
	{ "2 0x7ffe1000 0x1", "open: open 0 dirfd -100 data 7ffe1000 flags 1" },
	{ "85 0x7ffe1000 0x1b6", "creat: open 0 dirfd -100 data 7ffe1000 flags 241" },
	{ "257 0xffffff9c 0x7ffe1000 0x1", "openat: open 0 dirfd -100 data 7ffe1000 flags 1" },
	{ "257 0xffffffffffffff9c 0x7ffe1000 0x1", "openat: open 0 dirfd -100 data 7ffe1000 flags 1" },
	{ "257 0x5 0x7ffe1000 0x0", "openat: open 0 dirfd 5 data 7ffe1000" },
	{ "437 0xffffff9c 0x7ffe1000 0x7ffe3000 0x18", "openat2: open 0 dirfd -100 data 7ffe1000 flags at 7ffe3000" },
	/* other calls, and ipc(2) of others: 117 is setresuid */
	{ "35 0x1 0x1", NULL }, { "117 0x1 0x5 0x1 0x0 0x1000", NULL }, { "3 0x3", NULL }, { "420 0x1", NULL }, { "422 0x1000", NULL },
	{ "441 0x1000", NULL }, { "2147483647", NULL },
};

static const struct row futexes[] = {
	{ "202 0x7f0000001000 0x0 0x2", "futex: futex 7f0000001000 op 0 value 2" },
	{ "202 0x7f0000001000 0x80 0x2", "futex: futex 7f0000001000 op 0 value 2 private" },
	{ "202 0x7f0000001000 0x0 0x2 0x7ffe2000", "futex: futex 7f0000001000 op 0 value 2 time 7ffe2000" },
	/* the value is 32 bits */
	{ "202 0x7f0000001000 0x0 0xffffffff80002665", "futex: futex 7f0000001000 op 0 value 80002665" },
	{ "202 0x7f0000001000 0x109 0x0 0x7ffe2000 0x0 0xffffffff", "futex: futex 7f0000001000 op 9 value 0 time 7ffe2000 of clock 0" },
	{ "202 0x7f0000001000 0x9 0x0 0x7ffe2000", "futex: futex 7f0000001000 op 9 value 0 time 7ffe2000 of clock 1" },
	{ "202 0x7f0000001000 0x189 0x0 0x7ffe2000", "futex: futex 7f0000001000 op 9 value 0 time 7ffe2000 of clock 0 private" },
	{ "202 0x7f0000001000 0x6 0x0 0x7ffe2000", "futex: futex 7f0000001000 op 6 value 0 time 7ffe2000 of clock 0" },
	{ "202 0x7f0000001000 0xd 0x0 0x7ffe2000", "futex: futex 7f0000001000 op 13 value 0 time 7ffe2000 of clock 1" },
	{ "202 0x7f0000001000 0x10d 0x0 0x7ffe2000", "futex: futex 7f0000001000 op 13 value 0 time 7ffe2000 of clock 0" },
	{ "202 0x7f0000001000 0xb 0x4 0x7ffe2000", "futex: futex 7f0000001000 op 11 value 4 time 7ffe2000 of clock 1" },
	/* FUTEX_WAKE, FUTEX_UNLOCK_PI, FUTEX_TRYLOCK_PI, FUTEX_WAKE_BITSET, FUTEX_CMP_REQUEUE_PI; unknown bits */
	{ "202 0x1000 0x1 0x1", NULL }, { "202 0x1000 0x7", NULL }, { "202 0x1000 0x8", NULL }, { "202 0x1000 0xa", NULL },
	{ "202 0x1000 0xc", NULL }, { "202 0x1000 0x200", NULL }, { "202 0x1000 0x80000000", NULL },
	{ "449 0x7ffe1000 0x2 0x0 0x7ffe2000 0x0", "futex_waitv: futex 0 data 7ffe1000 count 2 op 9 value 0 time 7ffe2000 of clock 0" },
	{ "449 0x7ffe1000 0x2 0x0 0x7ffe2000 0x1", "futex_waitv: futex 0 data 7ffe1000 count 2 op 9 value 0 time 7ffe2000 of clock 1" },
	{ "455 0x7f0000001000 0x7 0xffffffff 0x2 0x7ffe2000 0x1", "futex_wait: futex 7f0000001000 op 9 value 7 time 7ffe2000 of clock 1" },
	{ "455 0x7f0000001000 0x7 0xffffffff 0x82 0x0 0x0", "futex_wait: futex 7f0000001000 op 9 value 7 private" },
	{ "219 0x7f0000001000 0x109 0x0 0x7ffe2000 0x0 0xffffffff", "futex: futex 7f0000001000 op 9 value 0 time 7ffe2000 of clock 0 restarted" },
	{ "219 0x7f0000001000 0x0 0x2 0x7ffe2000", "futex: futex 7f0000001000 op 0 value 2 time 7ffe2000 restarted" },
	/* without a timeout, and for these commands, the call itself is made again */
	{ "219 0x7f0000001000 0x109 0x0 0x0", NULL }, { "219 0x7f0000001000 0x6 0x0 0x7ffe2000", NULL },
	/* nanosleep, poll */
	{ "219 0x7ffe1000 0x7ffe2000 0x0 0x0", NULL }, { "219 0x7ffe1000 0x1 0x3e8 0x7ffe0000", NULL },
};

static const struct row x32[] = {
	{ "1073741889 0x5 0xffe01000 0x3", "semop: sem 5 data ffe01000 count 3 narrow" },
	{ "1073742044 0x5 0xffe01000 0x3 0xffe02000", "semtimedop: sem 5 data ffe01000 count 3 time ffe02000 narrow" },
	{ "1073741894 0x5 0xffe01000 0x3 0xfffffffffffffffb", "msgrcv: msg 5 count 3 type -5 narrow" },
	{ "1073742026 0xf7001000 0x109 0x0 0xffe02000", "futex: futex f7001000 op 9 value 0 time ffe02000 of clock 0 narrow" },
	{ "1073741824 0x3 0xffe01000 0x40", "read: pipe 3 count 64 narrow" },
	{ "1073742339 0x3 0xffe01000 0x2", "readv: pipe 3 narrow" },
	{ "1073742340 0x3 0xffe01000 0x2", "writev: pipe 3 sends narrow" },
	{ "1073742358 0x3 0xffe01000 0x2", "preadv: pipe 3 narrow" },
	{ "1073742359 0x3 0xffe01000 0x2", "pwritev: pipe 3 sends narrow" },
	{ "1073742370 0x3 0xffe01000 0x2", "preadv2: pipe 3 narrow" },
	{ "1073742371 0x3 0xffe01000 0x2", "pwritev2: pipe 3 sends narrow" },
	{ "1073742356 0x3 0xffe01000 0x2", "vmsplice: pipe 3 sends narrow" },
	{ "1073742043 0xf7001000 0x0 0x2 0xffe02000", "futex: futex f7001000 op 0 value 2 time ffe02000 narrow restarted" },
	{ "1073741893 0x3", "msgsnd: msg 3 sends narrow" }, { "1073742066 0x3", "mq_send: mq 3 sends narrow" },
	{ "1073742067 0x3", "mq_receive: mq 3 narrow" }, { "1073742273 0xffe01000 0x2", "futex_waitv: futex 0 data ffe01000 count 2 op 9 value 0 narrow" },
	{ "1073742279 0xf7001000 0x2", "futex_wait: futex f7001000 op 9 value 2 narrow" }, { "1073741825 0x3", "write: pipe 3 sends narrow" },
	{ "1073742099 0x3 0x0 0x4", "splice: pipe 3 to 4 narrow" }, { "1073742100 0x3 0x4", "tee: pipe 3 to 4 narrow" },
	{ "1073741864 0x4 0x3", "sendfile: pipe 3 to 4 narrow" }, { "1073741826 0xffe01000", "open: open 0 dirfd -100 data ffe01000 narrow" },
	{ "1073741909 0xffe01000", "creat: open 0 dirfd -100 data ffe01000 flags 241 narrow" },
	{ "1073742081 0x5 0xffe01000", "openat: open 0 dirfd 5 data ffe01000 narrow" },
	{ "1073742261 0x5 0xffe01000", "openat2: open 0 dirfd 5 data ffe01000 narrow" },
	/* readv of x86-64; 515 alone */
	{ "1073741843 0x3 0xffe01000 0x2", NULL }, { "515 0x3 0xffe01000 0x2", NULL },
};

/* gcc defines i386 on that machine */
static const struct row ia32[] = {
	{ "117 0x1 0x5 0x3 0x0 0xffe01000 0x0", "semop: sem 5 data ffe01000 count 3 narrow" },
	/* SEMOP has no timeout, whatever the sixth argument is */
	{ "117 0x1 0x5 0x3 0x0 0xffe01000 0xffe02000", "semop: sem 5 data ffe01000 count 3 narrow" },
	{ "117 0x4 0x5 0x3 0x0 0xffe01000 0xffe02000", "semtimedop: sem 5 data ffe01000 count 3 time32 ffe02000 narrow" },
	{ "117 0x4 0x5 0x3 0x0 0xffe01000 0x0", "semop: sem 5 data ffe01000 count 3 narrow" },
	{ "117 0xb 0x8003 0x64 0x800 0xffe01000 0x0", "msgsnd: msg 8003 count 100 flags 800 sends narrow" },
	{ "117 0xc 0x8003 0x64 0x2000 0xffe01000 0x0", "msgrcv: msg 8003 data ffe01000 count 100 type at ffe01004 flags 2000 narrow" },
	{ "117 0x1000c 0x8003 0x64 0x0 0xffe01000 0x4d", "msgrcv: msg 8003 count 100 type 77 narrow" },
	{ "117 0x1000c 0x8003 0x64 0x0 0xffe01000 0xfffffffb", "msgrcv: msg 8003 count 100 type -5 narrow" },
	/* SEMGET, SEMCTL, MSGGET, SHMAT; none */
	{ "117 0x2 0x5 0x3", NULL }, { "117 0x3 0x5 0x3", NULL }, { "117 0xd 0x5", NULL }, { "117 0x15 0x5", NULL }, { "117 0x0", NULL },
	{ "420 0x5 0xffe01000 0x3 0xffe02000", "semtimedop: sem 5 data ffe01000 count 3 time ffe02000 narrow" },
	{ "400 0x8003 0xffe01000 0x64 0x0", "msgsnd: msg 8003 count 100 sends narrow" },
	{ "401 0x8003 0xffe01000 0x64 0xfffffffb 0x0", "msgrcv: msg 8003 count 100 type -5 narrow" },
	{ "279 0x3 0xffe01000 0x64 0x1 0xffe02000", "mq_send: mq 3 count 100 time32 ffe02000 of clock 0 sends narrow" },
	{ "418 0x3 0xffe01000 0x64 0x1 0xffe02000", "mq_send: mq 3 count 100 time ffe02000 of clock 0 sends narrow" },
	{ "280 0x3 0xffe01000 0x64 0x1 0xffe02000", "mq_receive: mq 3 count 100 time32 ffe02000 of clock 0 narrow" },
	{ "419 0x3 0xffe01000 0x64 0x1 0xffe02000", "mq_receive: mq 3 count 100 time ffe02000 of clock 0 narrow" },
	{ "240 0xf7001000 0x109 0x2 0xffe02000", "futex: futex f7001000 op 9 value 2 time32 ffe02000 of clock 0 narrow" },
	{ "422 0xf7001000 0x109 0x2 0xffe02000", "futex: futex f7001000 op 9 value 2 time ffe02000 of clock 0 narrow" },
	{ "449 0xffe01000 0x2 0x0 0xffe02000 0x1", "futex_waitv: futex 0 data ffe01000 count 2 op 9 value 0 time ffe02000 of clock 1 narrow" },
	{ "455 0xf7001000 0x7 0xffffffff 0x82 0xffe02000 0x1", "futex_wait: futex f7001000 op 9 value 7 time ffe02000 of clock 1 narrow private" },
	{ "0 0xf7001000 0x109 0x2 0xffe02000", "futex: futex f7001000 op 9 value 2 time32 ffe02000 of clock 0 narrow restarted" },
	{ "3 0x3 0xffe01000 0x40", "read: pipe 3 count 64 narrow" },
	{ "4 0x3 0xffe01000 0x40", "write: pipe 3 count 64 sends narrow" },
	{ "145 0x3 0xffe01000 0x2", "readv: pipe 3 narrow" },
	{ "146 0x3 0xffe01000 0x2", "writev: pipe 3 sends narrow" },
	{ "333 0x3", "preadv: pipe 3 narrow" }, { "334 0x3", "pwritev: pipe 3 sends narrow" },
	{ "378 0x3", "preadv2: pipe 3 narrow" }, { "379 0x3", "pwritev2: pipe 3 sends narrow" },
	{ "313 0x3 0x0 0x4 0x0 0x1000", "splice: pipe 3 to 4 count 4096 narrow" },
	{ "315 0x3 0x4 0x1000", "tee: pipe 3 to 4 count 4096 narrow" },
	{ "316 0x3", "vmsplice: pipe 3 sends narrow" },
	{ "187 0x4 0x3 0x0 0x1000", "sendfile: pipe 3 to 4 count 4096 narrow" },
	{ "239 0x4 0x3 0x0 0x1000", "sendfile: pipe 3 to 4 count 4096 narrow" },
	{ "5 0xffe01000 0x1", "open: open 0 dirfd -100 data ffe01000 flags 1 narrow" },
	{ "8 0xffe01000 0x1b6", "creat: open 0 dirfd -100 data ffe01000 flags 241 narrow" },
	{ "295 0xffffff9c 0xffe01000 0x8001", "openat: open 0 dirfd -100 data ffe01000 flags 8001 narrow" },
	{ "437 0xffffff9c 0xffe01000 0xffe03000", "openat2: open 0 dirfd -100 data ffe01000 flags at ffe03000 narrow" },
	/* addresses have 32 bits */
	{ "3 0x900000003 0xffe01000 0x900000040", "read: pipe 3 count 64 narrow" },
	/* x32 has the same class in its executable */
	{ "1073741889 0x5 0xffe01000 0x3", "semop: sem 5 data ffe01000 count 3 narrow" },
	/* the numbers of x86-64 mean other calls here */
	{ "65 0x5 0xffe01000 0x3", NULL }, { "220 0x5", NULL }, { "202 0x1000", NULL }, { "1 0x3", NULL }, { "257 0x3", NULL },
};

static const struct row arm64[] = {
	{ "193 0x5 0xffff1000 0x3", "semop: sem 5 data ffff1000 count 3" },
	{ "192 0x5 0xffff1000 0x3 0xffff2000", "semtimedop: sem 5 data ffff1000 count 3 time ffff2000" },
	{ "189 0x8003 0xffff1000 0x64 0x0", "msgsnd: msg 8003 count 100 sends" },
	{ "188 0x8003 0xffff1000 0x64 0x4d 0x2000", "msgrcv: msg 8003 count 100 type 77 flags 2000" },
	{ "182 0x3 0xffff1000 0x64 0x1 0xffff2000", "mq_send: mq 3 count 100 time ffff2000 of clock 0 sends" },
	{ "183 0x3 0xffff1000 0x64", "mq_receive: mq 3 count 100" },
	{ "98 0xffff1000 0x0 0x2", "futex: futex ffff1000 op 0 value 2" },
	{ "449 0xffff1000 0x2", "futex_waitv: futex 0 data ffff1000 count 2 op 9 value 0" },
	{ "455 0xffff1000 0x2", "futex_wait: futex ffff1000 op 9 value 2" },
	{ "128 0xffff1000 0x109 0x2 0xffff2000", "futex: futex ffff1000 op 9 value 2 time ffff2000 of clock 0 restarted" },
	{ "63 0x3 0xffff1000 0x40", "read: pipe 3 count 64" }, { "64 0x3 0xffff1000 0x40", "write: pipe 3 count 64 sends" },
	{ "65 0x3", "readv: pipe 3" }, { "66 0x3", "writev: pipe 3 sends" }, { "69 0x3", "preadv: pipe 3" }, { "70 0x3", "pwritev: pipe 3 sends" },
	{ "286 0x3", "preadv2: pipe 3" }, { "287 0x3", "pwritev2: pipe 3 sends" }, { "76 0x3 0x0 0x4", "splice: pipe 3 to 4" },
	{ "77 0x3 0x4", "tee: pipe 3 to 4" }, { "75 0x3", "vmsplice: pipe 3 sends" }, { "71 0x4 0x3", "sendfile: pipe 3 to 4" },
	{ "56 0xffffff9c 0xffff1000", "openat: open 0 dirfd -100 data ffff1000" },
	{ "437 0xffffff9c 0xffff1000 0xffff3000", "openat2: open 0 dirfd -100 data ffff1000 flags at ffff3000" },
	{ "0 0x3", NULL }, { "1 0x3", NULL }, { "117 0x1 0x5", NULL }, { "420 0x5", NULL },
	{ "1073741889 0x5", NULL }, /* only x86 has bit 30 */
};

static const struct row arm[] = {
	{ "298 0x5 0xffe01000 0x3", "semop: sem 5 data ffe01000 count 3 narrow" },
	{ "312 0x5 0xffe01000 0x3 0xffe02000", "semtimedop: sem 5 data ffe01000 count 3 time32 ffe02000 narrow" },
	{ "420 0x5 0xffe01000 0x3 0xffe02000", "semtimedop: sem 5 data ffe01000 count 3 time ffe02000 narrow" },
	{ "301 0x8003 0xffe01000 0x64 0x0", "msgsnd: msg 8003 count 100 sends narrow" },
	{ "302 0x8003 0xffe01000 0x64 0xfffffffb", "msgrcv: msg 8003 count 100 type -5 narrow" },
	{ "276 0x3 0xffe01000 0x64 0x1 0xffe02000", "mq_send: mq 3 count 100 time32 ffe02000 of clock 0 sends narrow" },
	{ "418 0x3 0xffe01000 0x64 0x1 0xffe02000", "mq_send: mq 3 count 100 time ffe02000 of clock 0 sends narrow" },
	{ "277 0x3", "mq_receive: mq 3 narrow" }, { "419 0x3", "mq_receive: mq 3 narrow" },
	{ "240 0xf7001000 0x0 0x2 0xffe02000", "futex: futex f7001000 op 0 value 2 time32 ffe02000 narrow" },
	{ "422 0xf7001000 0x0 0x2 0xffe02000", "futex: futex f7001000 op 0 value 2 time ffe02000 narrow" },
	{ "449 0xffe01000 0x2", "futex_waitv: futex 0 data ffe01000 count 2 op 9 value 0 narrow" },
	{ "455 0xf7001000 0x2", "futex_wait: futex f7001000 op 9 value 2 narrow" },
	{ "0 0xf7001000 0x0 0x2 0xffe02000", "futex: futex f7001000 op 0 value 2 time32 ffe02000 narrow restarted" },
	{ "3 0x3", "read: pipe 3 narrow" }, { "4 0x3", "write: pipe 3 sends narrow" }, { "145 0x3", "readv: pipe 3 narrow" },
	{ "146 0x3", "writev: pipe 3 sends narrow" }, { "361 0x3", "preadv: pipe 3 narrow" }, { "362 0x3", "pwritev: pipe 3 sends narrow" },
	{ "392 0x3", "preadv2: pipe 3 narrow" }, { "393 0x3", "pwritev2: pipe 3 sends narrow" }, { "340 0x3 0x0 0x4", "splice: pipe 3 to 4 narrow" },
	{ "342 0x3 0x4", "tee: pipe 3 to 4 narrow" }, { "343 0x3", "vmsplice: pipe 3 sends narrow" }, { "187 0x4 0x3", "sendfile: pipe 3 to 4 narrow" },
	{ "239 0x4 0x3", "sendfile: pipe 3 to 4 narrow" }, { "5 0xffe01000", "open: open 0 dirfd -100 data ffe01000 narrow" },
	{ "8 0xffe01000", "creat: open 0 dirfd -100 data ffe01000 flags 241 narrow" },
	{ "322 0xffffff9c 0xffe01000", "openat: open 0 dirfd -100 data ffe01000 narrow" },
	{ "437 0xffffff9c 0xffe01000 0xffe03000", "openat2: open 0 dirfd -100 data ffe01000 flags at ffe03000 narrow" },
	{ "117 0x1 0x5 0x3 0x0 0xffe01000", NULL }, { "1 0x3", NULL },
};

static const struct row s390x[] = {
	{ "117 0x1 0x5 0x3 0x0 0x3ff1000", "semop: sem 5 data 3ff1000 count 3" },
	/* five arguments: the timeout is the fourth, and the sixth is nothing */
	{ "117 0x4 0x5 0x3 0x3ff2000 0x3ff1000 0x77", "semtimedop: sem 5 data 3ff1000 count 3 time 3ff2000" },
	{ "117 0x4 0x5 0x3 0x0 0x3ff1000 0x77", "semop: sem 5 data 3ff1000 count 3" },
	{ "117 0xb 0x8003 0x64 0x0 0x3ff1000", "msgsnd: msg 8003 count 100 sends" },
	{ "117 0xc 0x8003 0x64 0x2000 0x3ff1000", "msgrcv: msg 8003 data 3ff1000 count 100 type at 3ff1008 flags 2000" },
	{ "117 0x1000c 0x8003 0x64 0x2000 0x3ff1000", NULL }, { "117 0x10001 0x5 0x3 0x0 0x3ff1000", NULL },
	{ "392 0x5 0x3ff1000 0x3 0x3ff2000", "semtimedop: sem 5 data 3ff1000 count 3 time 3ff2000" },
	{ "400 0x8003 0x3ff1000 0x64", "msgsnd: msg 8003 count 100 sends" }, { "401 0x8003 0x3ff1000 0x64 0x4d", "msgrcv: msg 8003 count 100 type 77" },
	{ "273 0x3", "mq_send: mq 3 sends" }, { "274 0x3", "mq_receive: mq 3" }, { "238 0x3ff1000 0x0 0x2", "futex: futex 3ff1000 op 0 value 2" },
	{ "449 0x3ff1000 0x2", "futex_waitv: futex 0 data 3ff1000 count 2 op 9 value 0" }, { "455 0x3ff1000 0x2", "futex_wait: futex 3ff1000 op 9 value 2" },
	{ "7 0x3ff1000 0x0 0x2 0x3ff2000", "futex: futex 3ff1000 op 0 value 2 time 3ff2000 restarted" },
	{ "3 0x3", "read: pipe 3" }, { "4 0x3", "write: pipe 3 sends" }, { "145 0x3", "readv: pipe 3" }, { "146 0x3", "writev: pipe 3 sends" },
	{ "328 0x3", "preadv: pipe 3" }, { "329 0x3", "pwritev: pipe 3 sends" }, { "376 0x3", "preadv2: pipe 3" }, { "377 0x3", "pwritev2: pipe 3 sends" },
	{ "306 0x3 0x0 0x4", "splice: pipe 3 to 4" }, { "308 0x3 0x4", "tee: pipe 3 to 4" }, { "309 0x3", "vmsplice: pipe 3 sends" },
	{ "187 0x4 0x3", "sendfile: pipe 3 to 4" }, { "5 0x3ff1000", "open: open 0 dirfd -100 data 3ff1000" },
	{ "8 0x3ff1000", "creat: open 0 dirfd -100 data 3ff1000 flags 241" }, { "288 0xffffff9c 0x3ff1000", "openat: open 0 dirfd -100 data 3ff1000" },
	{ "437 0x5 0x3ff1000", "openat2: open 0 dirfd 5 data 3ff1000" }, { "0 0x3", NULL }, { "420 0x5", NULL },
};

static const struct row ppc64[] = {
	{ "117 0x1 0x5 0x3 0x0 0x3ff1000", "semop: sem 5 data 3ff1000 count 3" },
	{ "117 0x4 0x5 0x3 0x0 0x3ff1000 0x3ff2000", "semtimedop: sem 5 data 3ff1000 count 3 time 3ff2000" },
	{ "117 0xb 0x8003 0x64 0x0 0x3ff1000", "msgsnd: msg 8003 count 100 sends" },
	{ "117 0xc 0x8003 0x64 0x2000 0x3ff1000", "msgrcv: msg 8003 data 3ff1000 count 100 type at 3ff1008 flags 2000" },
	{ "117 0x1000c 0x8003 0x64 0x0 0x3ff1000 0xfffffffffffffffb", "msgrcv: msg 8003 count 100 type -5" },
	{ "392 0x5 0x3ff1000 0x3 0x3ff2000", "semtimedop: sem 5 data 3ff1000 count 3 time 3ff2000" },
	{ "400 0x8003 0x3ff1000 0x64", "msgsnd: msg 8003 count 100 sends" }, { "401 0x8003 0x3ff1000 0x64 0x4d", "msgrcv: msg 8003 count 100 type 77" },
	{ "264 0x3", "mq_send: mq 3 sends" }, { "265 0x3", "mq_receive: mq 3" }, { "221 0x3ff1000 0x0 0x2", "futex: futex 3ff1000 op 0 value 2" },
	{ "449 0x3ff1000 0x2", "futex_waitv: futex 0 data 3ff1000 count 2 op 9 value 0" }, { "455 0x3ff1000 0x2", "futex_wait: futex 3ff1000 op 9 value 2" },
	{ "0 0x3ff1000 0x0 0x2 0x3ff2000", "futex: futex 3ff1000 op 0 value 2 time 3ff2000 restarted" },
	{ "3 0x3", "read: pipe 3" }, { "4 0x3", "write: pipe 3 sends" }, { "145 0x3", "readv: pipe 3" }, { "146 0x3", "writev: pipe 3 sends" },
	{ "320 0x3", "preadv: pipe 3" }, { "321 0x3", "pwritev: pipe 3 sends" }, { "380 0x3", "preadv2: pipe 3" }, { "381 0x3", "pwritev2: pipe 3 sends" },
	{ "283 0x3 0x0 0x4", "splice: pipe 3 to 4" }, { "284 0x3 0x4", "tee: pipe 3 to 4" }, { "285 0x3", "vmsplice: pipe 3 sends" },
	{ "186 0x4 0x3", "sendfile: pipe 3 to 4" }, { "5 0x3ff1000", "open: open 0 dirfd -100 data 3ff1000" },
	{ "8 0x3ff1000", "creat: open 0 dirfd -100 data 3ff1000 flags 241" }, { "286 0xffffff9c 0x3ff1000", "openat: open 0 dirfd -100 data 3ff1000" },
	{ "437 0x5 0x3ff1000", "openat2: open 0 dirfd 5 data 3ff1000" }, { "187 0x4 0x3", NULL }, { "420 0x5", NULL },
};

static const struct {
	enum ix_abi abi;
	const struct row *rows;
	size_t n;
} tables[] = {
	{ IX_ABI_X86_64, x86_64, ARRAY_SIZE(x86_64) }, { IX_ABI_X86_64, futexes, ARRAY_SIZE(futexes) }, { IX_ABI_X86_64, x32, ARRAY_SIZE(x32) },
	{ IX_ABI_I386, ia32, ARRAY_SIZE(ia32) },       { IX_ABI_ARM64, arm64, ARRAY_SIZE(arm64) },      { IX_ABI_ARM, arm, ARRAY_SIZE(arm) },
	{ IX_ABI_S390X, s390x, ARRAY_SIZE(s390x) },    { IX_ABI_PPC64, ppc64, ARRAY_SIZE(ppc64) },
};
/* clang-format on */

static void decode_row(enum ix_abi abi, const struct row *row)
{
	char line[300], text[300] = "";
	struct ix_blocked b = { .count = 77 };
	struct ix_syscall c;
	size_t n = 0;
	bool waits;

	(void)snprintf(line, sizeof(line), "%s", row->line);
	for (const char *p = row->line; *p; p++)
		n += *p == ' ';
	for (; n < ARRAY_SIZE(c.args); n++)
		(void)strcat(line, " 0x0");
	(void)strcat(line, END);
	ROW_TRUE(line, ix_syscall_parse(line, strlen(line), &c) == 1);
	waits = ix_blocked_decode(abi, &c, &b);
	ROW_TRUE(row->line, waits == (row->text != NULL));
	if (!waits) {
		ROW_TRUE(row->line, b.count == 77);
		return;
	}
	describe(&b, text, sizeof(text));
	if (strcmp(text, row->text) != 0)
		fail_msg("abi %d, \"%s\": \"%s\", not \"%s\"", abi, row->line, text,
			 row->text);
}

static void calls_are_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (size_t j = 0; j < tables[i].n; j++)
			decode_row(tables[i].abi, &tables[i].rows[j]);
}

/* "running", and a sleep outside of a call. */
static void no_call_is_no_wait(void **state)
{
	struct ix_syscall c = { .nr = -1 };
	struct ix_blocked b;

	(void)state;
	for (enum ix_abi abi = 0; abi < IX_ABIS; abi++)
		assert_false(ix_blocked_decode(abi, &c, &b));
}

/* ---- this machine */

static const struct {
	const char *call;
	long nr;
} here[] = {
	{ "read", SYS_read },
	{ "write", SYS_write },
	{ "readv", SYS_readv },
	{ "writev", SYS_writev },
	{ "preadv", SYS_preadv },
	{ "pwritev", SYS_pwritev },
	{ "preadv2", SYS_preadv2 },
	{ "pwritev2", SYS_pwritev2 },
	{ "splice", SYS_splice },
	{ "tee", SYS_tee },
	{ "vmsplice", SYS_vmsplice },
	{ "openat", SYS_openat },
#ifdef SYS_sendfile
	{ "sendfile", SYS_sendfile },
#endif
#ifdef SYS_sendfile64
	{ "sendfile", SYS_sendfile64 },
#endif
#ifdef SYS_open
	{ "open", SYS_open },
#endif
#ifdef SYS_creat
	{ "creat", SYS_creat },
#endif
#ifdef SYS_openat2
	{ "openat2", SYS_openat2 },
#endif
#ifdef SYS_semop
	{ "semop", SYS_semop },
#endif
#ifdef SYS_semtimedop
	{ "semtimedop", SYS_semtimedop },
#endif
#ifdef SYS_semtimedop_time64
	{ "semtimedop", SYS_semtimedop_time64 },
#endif
#ifdef SYS_msgsnd
	{ "msgsnd", SYS_msgsnd },
	{ "msgrcv", SYS_msgrcv },
#endif
#ifdef SYS_ipc
	{ "semop", SYS_ipc },
#endif
	{ "mq_send", SYS_mq_timedsend },
	{ "mq_receive", SYS_mq_timedreceive },
#ifdef SYS_mq_timedsend_time64
	{ "mq_send", SYS_mq_timedsend_time64 },
	{ "mq_receive", SYS_mq_timedreceive_time64 },
#endif
	{ "futex", SYS_futex },
#ifdef SYS_futex_time64
	{ "futex", SYS_futex_time64 },
#endif
#ifdef SYS_futex_waitv
	{ "futex_waitv", SYS_futex_waitv },
#endif
#ifdef SYS_futex_wait
	{ "futex_wait", SYS_futex_wait },
#endif
	{ "futex", SYS_restart_syscall },
};

static void numbers_are_those_of_the_headers(void **state)
{
	enum ix_abi abi;

	(void)state;
	if (!ix_abi_here(sizeof(long) == 4, &abi))
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(here); i++) {
		/* of ipc(2), the call SEMOP; of futex(2), FUTEX_WAIT; the fourth is
		 * semtimedop's timeout, without which it is called semop */
		struct ix_syscall c = { .nr = here[i].nr, .args = { 1, 0, 2, 0x1000 } };
		struct ix_blocked b;

		ROW_TRUE(here[i].call, ix_blocked_decode(abi, &c, &b));
		assert_string_equal(b.call, here[i].call);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_decoded),
		cmocka_unit_test(no_call_is_no_wait),
		cmocka_unit_test(numbers_are_those_of_the_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
