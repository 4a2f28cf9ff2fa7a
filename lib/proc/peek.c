/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * process_vm_readv(2) reads as much as is mapped and then stops, so a short result means
 * that the rest is not. A length of more than a page may also be cut at any page.
 */
#include "proc/peek.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/uio.h>
#include <time.h>

#include "base/calls.h"
#include "base/file.h"
#include "base/util.h"
#include "proc/blocked.h"

/* The smallest page of any machine: memory up to such a border can be read as a whole. */
#define PEEK_PAGE 4096

#define PEEK_SECOND UINT64_C(1000000000)

/* The kernel's FUTEX_WAITV_MAX. */
#define PEEK_WAITV_MAX 128

/* struct futex_waitv, which older headers lack. */
struct peek_waitv {
	uint64_t value, address;
	uint32_t flags, reserved;
};

#define PEEK_FUTEX2_PRIVATE 128

/*
 * Whether the pages are in memory or swapped out, as the flags in /proc/PID/pagemap tell.
 * Others have to be provided when they are read: by a file system or, after
 * userfaultfd(2), by a program. A thread that waits for a program's file system cannot be
 * killed. Arguments of a call that has begun are there.
 */
static bool peek_is_there(int32_t pid, uint64_t address, size_t size)
{
	const uint64_t there = UINT64_C(3) << 62;
	const uint64_t unit = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t page = address / unit, end = (address + size - 1) / unit + 1, flags;
	auto_fd int fd = -1;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = ix_open(AT_FDCWD, path, O_RDONLY);
	for (; fd >= 0 && page < end; page++)
		if (pread(fd, &flags, sizeof(flags), (off_t)(page * sizeof(flags))) ==
			    sizeof(flags) &&
		    !(flags & there))
			return false;
	return true;
}

/* A 32-bit program cannot name the addresses of 64-bit ones, except as offsets. */
static int peek_far(int32_t pid, uint64_t address, void *buf, size_t size)
{
	auto_fd int fd = -1;
	char path[32];
	ssize_t n;

	if (address > INT64_MAX)
		return -EFAULT;
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = ix_open(AT_FDCWD, path, O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd == -EACCES ? -EPERM : fd;
	n = pread(fd, buf, size, (off_t)address);
	if (n < 0)
		return errno == EIO ? -EFAULT : -errno;
	return (size_t)n == size ? (int)n : -EFAULT;
}

int ix_peek(int32_t pid, uint64_t address, void *buf, size_t size)
{
	struct iovec local = { buf, size }, remote = { .iov_len = size };
	ssize_t n;

	_Static_assert(sizeof(off_t) == sizeof(address), "offsets in any memory");
	if (size > INT32_MAX)
		return -EFAULT;
	if (size && !peek_is_there(pid, address, size))
		return -EFAULT;
	/* A filter may forbid the call, but not reading the file. */
	if (size && (address + (size - 1) > UINTPTR_MAX ||
		     !ix_call_possible(SYS_process_vm_readv)))
		return peek_far(pid, address, buf, size);
	/* An address of the other process, which is never dereferenced here.
	 * NOLINTNEXTLINE(performance-no-int-to-ptr) */
	remote.iov_base = (void *)(uintptr_t)address;
	n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	if (n < 0 && (errno == ENOSYS || (errno == EPERM && ix_call_filtered())))
		return peek_far(pid, address, buf, size);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? (int)n : -EFAULT;
}

int ix_peek_semops(int32_t pid, const struct ix_blocked *b, struct ix_semop *ret,
		   size_t max, bool *ret_cut)
{
	struct sembuf ops[IX_SEMOPS_MAX];
	size_t n = MIN(b->count, MIN(max, ARRAY_SIZE(ops)));
	int r;

	if (b->kind != IX_WAIT_SEM)
		return -EINVAL;
	if (n) {
		r = ix_peek(pid, b->data, ops, n * sizeof(ops[0]));
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct ix_semop){
			.num = ops[i].sem_num,
			.op = ops[i].sem_op,
			.undo = ops[i].sem_flg & SEM_UNDO,
		};
	*ret_cut = n < b->count;
	return (int)n;
}

/* ---- timeouts */

struct peek_time {
	int64_t sec, nsec;
};

static int peek_time_narrow(int32_t pid, uint64_t address, struct peek_time *ret_time)
{
	int32_t t[2];
	int r = ix_peek(pid, address, t, sizeof(t));

	if (r < 0)
		return r;
	*ret_time = (struct peek_time){ t[0], t[1] };
	return 0;
}

/* In 32-bit programs, the kernel ignores the upper half of the nanoseconds. */
static int peek_time_wide(int32_t pid, uint64_t address, bool narrow,
			  struct peek_time *ret_time)
{
	int64_t t[2];
	int r = ix_peek(pid, address, t, sizeof(t));

	if (r < 0)
		return r;
	*ret_time = (struct peek_time){ t[0], narrow ? t[1] & UINT32_MAX : t[1] };
	return 0;
}

static bool peek_time_fits(const struct peek_time *t)
{
	return t->sec >= 0 && (uint64_t)t->nsec < PEEK_SECOND;
}

static int peek_time(int32_t pid, const struct ix_blocked *b, struct peek_time *ret_time)
{
	int r;

	/* restart_syscall(2) does not say which of the two the call had. Read as 64 bits,
	 * the narrow form has its nanoseconds in the upper half of the seconds; where
	 * these are 0, both forms differ by less than a second. */
	if (b->restarted && b->timeout_narrow) {
		r = peek_time_wide(pid, b->timeout, true, ret_time);
		if (r == 0 && ret_time->sec <= UINT32_MAX && peek_time_fits(ret_time))
			return 0;
	}
	if (b->timeout_narrow)
		return peek_time_narrow(pid, b->timeout, ret_time);
	return peek_time_wide(pid, b->timeout, b->narrow, ret_time);
}

static uint64_t peek_ns(uint64_t sec, uint64_t nsec)
{
	return sec > UINT64_MAX / PEEK_SECOND - 1 ? UINT64_MAX : sec * PEEK_SECOND + nsec;
}

int ix_peek_timeout(int32_t pid, const struct ix_blocked *b, uint64_t *ret_ns)
{
	struct timespec now;
	struct peek_time t;
	uint64_t ns, past;
	int r;

	if (!b->timeout)
		return -ENODATA;
	r = peek_time(pid, b, &t);
	if (r < 0)
		return r;
	if (!peek_time_fits(&t))
		return -EPROTO;
	ns = peek_ns((uint64_t)t.sec, (uint64_t)t.nsec);
	if (b->absolute) {
		if (clock_gettime(b->clock, &now) < 0)
			return -errno;
		past = peek_ns((uint64_t)now.tv_sec, (uint64_t)now.tv_nsec);
		ns = ns > past ? ns - past : 0;
	}
	*ret_ns = ns;
	return 0;
}

/* ---- other arguments in memory */

int ix_peek_mtype(int32_t pid, const struct ix_blocked *b, int64_t *ret_mtype)
{
	int32_t narrow;
	int64_t wide;
	int r;

	if (!b->mtype_at) {
		*ret_mtype = b->mtype;
		return 0;
	}
	if (b->narrow)
		r = ix_peek(pid, b->mtype_at, &narrow, sizeof(narrow));
	else
		r = ix_peek(pid, b->mtype_at, &wide, sizeof(wide));
	if (r < 0)
		return r;
	*ret_mtype = b->narrow ? narrow : wide;
	return 0;
}

int ix_peek_flags(int32_t pid, const struct ix_blocked *b, uint64_t *ret_flags)
{
	uint64_t flags = b->flags;
	int r = b->flags_at ? ix_peek(pid, b->flags_at, &flags, sizeof(flags)) : 0;

	if (r < 0)
		return r;
	*ret_flags = flags;
	return 0;
}

int ix_peek_path(int32_t pid, const struct ix_blocked *b, char *buf, size_t size)
{
	uint64_t at = b->data;
	size_t len = 0;

	if (b->kind != IX_WAIT_OPEN)
		return -EINVAL;
	while (len < size) {
		size_t n = MIN(size - len, (size_t)(PEEK_PAGE - at % PEEK_PAGE));
		int r = ix_peek(pid, at, buf + len, n);
		const char *end;

		if (r < 0)
			return r;
		end = memchr(buf + len, '\0', n);
		if (end)
			return (int)(end - buf);
		len += n;
		at += n;
	}
	return -ENAMETOOLONG;
}

int ix_peek_waitv(int32_t pid, const struct ix_blocked *b, struct ix_waitv *ret,
		  size_t max)
{
	struct peek_waitv v[PEEK_WAITV_MAX];
	size_t n = MIN(b->count, MIN(max, ARRAY_SIZE(v)));
	int r;

	if (b->kind != IX_WAIT_FUTEX || !b->data)
		return -EINVAL;
	if (n) {
		r = ix_peek(pid, b->data, v, n * sizeof(v[0]));
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct ix_waitv){
			.address = v[i].address,
			.value = v[i].value,
			.private = v[i].flags & PEEK_FUTEX2_PRIVATE,
		};
	return (int)n;
}
