/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads and writes shared memory without SIGBUS for missing pages: the kernel does the
 * copying and returns an error instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/file.h"
#include "core/copyin.h"
#include "core/kconfig.h"
#include "core/mech.h"
#include "core/memory.h"
#include "mech/posix.h"
#include "ns/run.h"

/* After copying this many bytes, unmap the pages that were touched, to keep our own
 * resident memory small. */
#define KEEP (UINT64_C(8) << 20)

struct ipcx_mem {
	struct ipcx *x;
	struct ix_memory at;
	bool write;
	uint64_t kept; /* number of bytes copied since pages were last unmapped */
	char name[IPCX_REF_MAX];
};

/* A call that opens memory in the right namespace: its arguments and its result. */
struct opening {
	const struct ipcx_ref *ref;
	bool write;
	struct ix_memory at;
};

static int data_mem_open_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	struct opening *o = arg;

	(void)t;
	return ix_mech(o->ref->mech)->memory(x, o->ref, o->write, &o->at);
}

static int data_mem_open_it(struct ipcx *x, const struct ipcx_ref *ref, bool write,
			    struct ix_memory *ret_at)
{
	struct opening o = { .ref = ref, .write = write, .at = IX_NO_MEMORY };
	int r = ix_ns_run(x, &(struct ix_ns_call){ .run = data_mem_open_there,
						   .arg = &o,
						   .out = &o.at,
						   .out_size = sizeof(o.at),
						   .fd = &o.at.fd,
						   .acts = write,
						   .mounted = true });

	if (r == 0)
		*ret_at = o.at;
	return r;
}

int ipcx_mem_open(struct ipcx *x, const struct ipcx_ref *ref, unsigned flags,
		  struct ipcx_mem **ret_mem)
{
	IX_REQUIRE(x, ref, ret_mem);
	const struct ix_mech *mech = ix_mech(ref->mech);
	auto_free struct ipcx_mem *m = NULL;
	int r = ix_ref_check_open(x, ref);

	if (r < 0)
		return r;
	if (flags & ~IPCX_MEM_WRITE)
		return ix_fail_plain(x, -EINVAL, "unknown flags");
	if (x->ns && !mech->mounted)
		return ix_fail_plain(
			x, -EINVAL,
			"memory can only be attached in this process's own namespace: enter the other one with ipcx_ns_enter()");
	m = calloc(1, sizeof(*m));
	if (!m)
		return ix_fail(x, -ENOMEM, "memory");
	m->x = x;
	m->write = flags & IPCX_MEM_WRITE;
	(void)ipcx_ref_format(ref, m->name, sizeof(m->name));
	if (!mech->memory)
		return ix_fail_plain(x, -EINVAL, "%s: has no memory to read or write",
				     m->name);
	r = mech->mounted ? data_mem_open_it(x, ref, m->write, &m->at)
			  : mech->memory(x, ref, m->write, &m->at);
	if (r < 0)
		return ix_kconfig_said(x, ref, r);
	*ret_mem = TAKE(m);
	return 0;
}

void ipcx_mem_close(struct ipcx_mem *m)
{
	if (!m)
		return;
	if (m->at.map)
		(void)shmdt(m->at.map);
	if (m->at.fd >= 0)
		(void)close(m->at.fd);
	free(m);
}

uint64_t ipcx_mem_size(const struct ipcx_mem *m)
{
	return m ? m->at.size : 0;
}

static int check_range(const struct ipcx_mem *m, uint64_t at, uint64_t n)
{
	if (at <= m->at.size && n <= m->at.size - at)
		return 0;
	return ix_fail_plain(m->x, -ERANGE,
			     "%s: %" PRIu64 " bytes at %" PRIu64
			     " end beyond its %" PRIu64,
			     m->name, n, at, m->at.size);
}

/* ---- through a descriptor */

/* Report that the file was truncated, and where it ends now. */
static int data_mem_cut(const struct ipcx_mem *m, const char *done)
{
	struct stat st;

	if (fstat(m->at.fd, &st) < 0)
		return ix_fail(m->x, -errno, "%s", m->name);
	return ix_fail_plain(m->x, -ERANGE,
			     "%s: became shorter while it was %s: it had %" PRIu64
			     " bytes and ends at %llu",
			     m->name, done, m->at.size, (unsigned long long)st.st_size);
}

static int read_fd(const struct ipcx_mem *m, uint64_t at, char *p, size_t n)
{
	while (n > 0) {
		ssize_t got = pread(m->at.fd, p, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ix_fail(m->x, -errno,
				       "%s: cannot be read at byte %" PRIu64, m->name,
				       at);
		if (got == 0)
			return data_mem_cut(m, "read");
		p += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

static int data_mem_write_failed(const struct ipcx_mem *m, uint64_t at, int error)
{
	if (error == -ENOSPC)
		return ix_fail_plain(m->x, error,
				     "%s: cannot be written at byte %" PRIu64
				     ": the file system of " IX_SHM_DIR " is full",
				     m->name, at);
	if (error == -EFBIG)
		return ix_fail_plain(m->x, error,
				     "%s: cannot be written at byte %" PRIu64
				     ": beyond RLIMIT_FSIZE (ulimit -f)",
				     m->name, at);
	return ix_fail(m->x, error, "%s: cannot be written at byte %" PRIu64, m->name,
		       at);
}

/* Writing past the end would extend the file, so check the end first. */
static int write_fd(const struct ipcx_mem *m, uint64_t at, const char *p, size_t n)
{
	while (n > 0) {
		struct stat st;
		ssize_t put;

		if (fstat(m->at.fd, &st) < 0)
			return data_mem_write_failed(m, at, -errno);
		if ((uint64_t)st.st_size < at + n)
			return data_mem_cut(m, "written to");
		if (ix_posix_may_grow(at + n) < 0)
			return data_mem_write_failed(m, at, -EFBIG);
		put = pwrite(m->at.fd, p, n, (off_t)at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return data_mem_write_failed(m, at, put < 0 ? -errno : -EIO);
		p += put;
		at += (uint64_t)put;
		n -= (size_t)put;
	}
	return 0;
}

/* ---- through a mapping */

/*
 * A page of a segment may be unavailable (huge pages that were not reserved, a file
 * truncated through /proc/PID/map_files): a program that touches such a page gets SIGBUS,
 * but a system call that touches it only fails with EFAULT. So have the kernel copy the
 * bytes, through a pipe; process_vm_readv(2) would need only one call, but containers
 * forbid it.
 */
static int data_mem_carry(int in, int out, const char *from, char *to, size_t n)
{
	while (n > 0) {
		/* Use syscall(): sanitizers check the arguments of write() and read(),
		 * but know nothing about attached memory. */
		ssize_t put = syscall(SYS_write, in, from, n);
		size_t left;

		if (put < 0)
			return -errno;
		from += put;
		n -= (size_t)put;
		for (left = (size_t)put; left > 0;) {
			ssize_t got = syscall(SYS_read, out, to, left);

			if (got <= 0)
				return got < 0 ? -errno : -EIO;
			to += got;
			left -= (size_t)got;
		}
	}
	return 0;
}

/* Unmap the pages from our process; they stay in the segment. Otherwise our resident size
 * would grow with all the memory that was read. */
static void let_go(struct ipcx_mem *m, size_t n)
{
	m->kept += n;
	if (m->kept < KEEP)
		return;
	(void)madvise(m->at.map, m->at.size, MADV_DONTNEED);
	m->kept = 0;
}

static int copy_map(struct ipcx_mem *m, uint64_t at, const char *from, char *to, size_t n)
{
	auto_fd int out = -1, in = -1;
	int fd[2], r;

	/* The pipe is non-blocking: data that do not fit into it are copied in the next
	 * round. */
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0)
		return ix_fail(m->x, -errno, "%s: cannot make a pipe to copy it",
			       m->name);
	out = ix_fd_lift(fd[0]);
	in = ix_fd_lift(fd[1]);
	r = out < 0 ? out : in < 0 ? in : data_mem_carry(in, out, from, to, n);
	let_go(m, n);
	if (r == -EFAULT)
		return ix_fail_plain(m->x, r,
				     "%s: the kernel has no memory for some of its pages "
				     "from byte %" PRIu64 " on (free huge pages?)",
				     m->name, at);
	return r < 0 ? ix_fail(m->x, r, "%s: cannot be copied", m->name) : 0;
}

/* ---- public calls */

static int check_copy(const struct ipcx_mem *m, uint64_t at, const void *buf, size_t n)
{
	if (!m)
		return -EINVAL;
	if (n && !buf)
		return ix_fail_plain(m->x, -EINVAL, "%s: no buffer (NULL)", m->name);
	return check_range(m, at, n);
}

int ipcx_mem_read(struct ipcx_mem *m, uint64_t at, void *buf, size_t n)
{
	int r = check_copy(m, at, buf, n);

	if (r < 0 || n == 0)
		return r;
	if (m->write && !m->at.map)
		return ix_fail_plain(m->x, -EBADF, "%s: is open for writing only",
				     m->name);
	return m->at.fd >= 0 ? read_fd(m, at, buf, n)
			     : copy_map(m, at, m->at.map + at, buf, n);
}

int ipcx_mem_write(struct ipcx_mem *m, uint64_t at, const void *buf, size_t n)
{
	int r = check_copy(m, at, buf, n);

	if (r < 0 || n == 0)
		return r;
	if (!m->write)
		return ix_fail_plain(m->x, -EBADF, "%s: is open for reading only",
				     m->name);
	return m->at.map ? copy_map(m, at, buf, m->at.map + at, n)
			 : write_fd(m, at, buf, n);
}
