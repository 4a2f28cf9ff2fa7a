/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The values of limits: the files, calls and constants they are read from. Sysctls are in
 * sysctl.c.
 */
#include "limits/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "base/below.h"
#include "base/cap.h"
#include "base/file.h"
#include "base/num.h"
#include "core/dirid.h"
#include "core/kconfig.h"
#include "core/limit.h"
#include "core/mech.h"

void ix_limit_range(struct ipcx *x, const struct ix_limit *l, uint64_t *ret_least,
		    uint64_t *ret_most)
{
	*ret_least = l->least;
	*ret_most = l->indexed ? UINT64_C(1) << ix_id_bits(x) : l->most;
	if (*ret_most == 0)
		*ret_most = ULONG_MAX;
}

/* Set the ceiling of a limit from its row. If the current value is higher than the row's
 * ceiling, the real ceiling is unknown. */
static void read_ceiling(struct ipcx *x, const struct ix_limit *l, struct ix_reading *r)
{
	uint64_t least;

	if (l->read != IX_READ_SYSCTL)
		return;
	ix_limit_range(x, l, &least, &r->ceiling);
	r->capped = !r->known || r->limit <= r->ceiling;
}

int ix_read_constant(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r)
{
	(void)s;
	r->limit = l->number;
	r->capped = true;
	r->ceiling = l->number;
	return 0;
}

int ix_read_rlimit(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r)
{
	struct rlimit rl;

	(void)s;
	if (getrlimit((int)l->number, &rl) < 0)
		return -errno;
	r->unlimited = rl.rlim_cur == RLIM_INFINITY;
	r->limit = rl.rlim_cur;
	r->capped = rl.rlim_max != RLIM_INFINITY;
	r->ceiling = rl.rlim_max;
	return 0;
}

/* Read the file system that shm_open(3) uses, following links. */
static int shm_fs(struct ipcx *x, struct ix_reading *r, struct statvfs *ret_fs)
{
	auto_fd int fd = -1;
	int root = ix_viewfd(x);
	struct stat st;

	if (root < 0)
		return root;
	fd = ix_open_below(root, ix_viewshm(x), O_PATH | O_DIRECTORY, x->view.remote);
	if (fd < 0)
		return fd;
	if (x->view.remote) {
		int e = ix_dirid_in_memory(x, x->view.pid, fd, "/dev/shm");

		if (e < 0)
			return e;
	}
	if (fstat(fd, &st) < 0 || fstatvfs(fd, ret_fs) < 0)
		return -errno;
	r->dev = st.st_dev;
	r->ino = st.st_ino;
	return 0;
}

int ix_read_shm_bytes(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r)
{
	struct statvfs fs = { 0 };
	int e = shm_fs(s->x, r, &fs);

	(void)l;
	if (e < 0)
		return e;
	r->limit = ix_mul_sat(fs.f_blocks, fs.f_frsize);
	r->unlimited = fs.f_blocks == 0; /* tmpfs(5), size=0 */
	r->counted = fs.f_blocks >= fs.f_bfree && !r->unlimited;
	r->used = ix_mul_sat(fs.f_blocks - fs.f_bfree, fs.f_frsize);
	return 0;
}

int ix_read_shm_files(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r)
{
	struct statvfs fs = { 0 };
	int e = shm_fs(s->x, r, &fs);

	(void)l;
	if (e < 0)
		return e;
	r->limit = fs.f_files;
	r->unlimited = fs.f_files == 0; /* no limit: tmpfs with nr_inodes=0, btrfs */
	r->counted = fs.f_files >= fs.f_ffree && !r->unlimited;
	r->used = fs.f_files - fs.f_ffree;
	return 0;
}

int ix_meminfo_parse(const char *text, const char *key, uint64_t *ret_n)
{
	size_t len = strlen(key);
	char number[IX_NUM_MAX];
	size_t digits;

	while (strncmp(text, key, len) || text[len] != ':') {
		text = strchr(text, '\n');
		if (!text)
			return -ENOENT;
		text++;
	}
	text += len + 1;
	text += strspn(text, " \t");
	digits = strcspn(text, " \t\n");
	if (digits >= sizeof(number))
		return -ERANGE;
	memcpy(number, text, digits);
	number[digits] = '\0';
	return ix_parse_u64(number, UINT64_MAX, ret_n);
}

int ix_meminfo_read(struct ipcx *x, char *buf, size_t size)
{
	int proc = ix_procfd(x);

	if (proc < 0)
		return proc == -ENOENT ? -ENODEV : proc;
	return ix_read_file(proc, "meminfo", buf, size);
}

/* The counters of one huge page pool. "free" includes pages that are reserved for a
 * mapping but not used yet. */
struct pool {
	uint64_t total, free, reserved, surplus, more;
};

/* There cannot be more huge pages than fit into memory. */
static void memory_ceiling(struct ipcx *x, struct ix_reading *r)
{
	char text[8192];
	uint64_t kb;
	int e;

	if (!r->page)
		return;
	e = ix_meminfo_read(x, text, sizeof(text));
	if (e >= 0)
		e = ix_meminfo_parse(text, "MemTotal", &kb);
	if (e < 0) {
		r->cap_error = e;
		return;
	}
	r->capped = true;
	r->ceiling = ix_mul_sat(kb, 1024) / r->page;
}

static void judge_pool(struct ipcx *x, const struct pool *p, struct ix_reading *r)
{
	uint64_t taken;

	memory_ceiling(x, r);
	r->limit = p->total;
	r->soft = p->more > p->surplus;
	if (p->free > p->total ||
	    __builtin_add_overflow(p->total - p->free, p->reserved, &taken))
		return;
	r->used = taken;
	r->counted = true;
}

int ix_read_huge(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r)
{
	static const struct ix_limit more = { .source = "vm.nr_overcommit_hugepages" };
	struct pool p = { 0 };
	uint64_t kb;
	char text[8192];
	int e = ix_meminfo_read(s->x, text, sizeof(text));

	(void)l;
	if (e < 0)
		return e;
	if (ix_meminfo_parse(text, "Hugepagesize", &kb) == 0)
		r->page = ix_mul_sat(kb, 1024);
	e = ix_meminfo_parse(text, "HugePages_Total", &p.total);
	if (!e)
		e = ix_meminfo_parse(text, "HugePages_Free", &p.free);
	if (!e)
		e = ix_meminfo_parse(text, "HugePages_Rsvd", &p.reserved);
	if (!e)
		e = ix_meminfo_parse(text, "HugePages_Surp", &p.surplus);
	if (e < 0)
		return e;
	e = ix_sysctl_read(s->x, &more, &p.more);
	if (e < 0 && e != -ENOENT)
		return e;
	judge_pool(s->x, &p, r);
	return 0;
}

void ix_limit_with_rights(struct ipcx *x, const struct ix_limit *l, struct ix_reading *r)
{
	int proc = ix_procfd(x), has;

	if (!l->raised || (r->known && r->limit >= l->hard))
		return;
	has = ix_cap_counts(proc, CAP_SYS_RESOURCE);
	if (has < 0) { /* the limit may or may not apply */
		r->known = false;
		r->error = has;
	}
	if (has != 1)
		return;
	r->known = true;
	r->error = 0;
	r->unlimited = l->hard == UINT64_MAX;
	r->limit = l->hard;
}

#define POOLS "sys/kernel/mm/hugepages"

static int pool_file(struct ipcx *x, uint64_t kb, const char *name, uint64_t *ret_n)
{
	char path[96], text[64];
	int root = ix_rootfd(x), r;

	if (root < 0)
		return root;
	(void)snprintf(path, sizeof(path), POOLS "/hugepages-%llukB/%s",
		       (unsigned long long)kb, name);
	r = ix_read_file(root, path, text, sizeof(text));
	return r < 0 ? r : ix_sysctl_parse(text, 0, 1, ret_n);
}

/* Whether this machine has no huge pages of this size: sysfs is readable and has no
 * directory for the size. The check of the file system type detects another directory
 * mounted over sysfs. */
static bool has_no_pool(struct ipcx *x, uint64_t kb)
{
	char name[32];
	int root = ix_rootfd(x);
	auto_fd int fd = root < 0 ? root : ix_open(root, POOLS, O_PATH | O_DIRECTORY);
	struct statfs fs;
	struct stat st;

	(void)snprintf(name, sizeof(name), "hugepages-%llukB", (unsigned long long)kb);
	return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == SYSFS_MAGIC &&
	       fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

int ix_read_huge_size(struct ix_limits *s, const struct ix_limit *l, struct ix_reading *r)
{
	struct pool p = { 0 };
	int e = pool_file(s->x, l->number, "nr_hugepages", &p.total);

	r->page = l->number << 10;
	if (e == -ENOENT && has_no_pool(s->x, l->number)) {
		r->counted = r->capped = true;
		return 0;
	}
	if (!e)
		e = pool_file(s->x, l->number, "free_hugepages", &p.free);
	if (!e)
		e = pool_file(s->x, l->number, "resv_hugepages", &p.reserved);
	if (!e)
		e = pool_file(s->x, l->number, "surplus_hugepages", &p.surplus);
	if (e < 0)
		return e;
	e = pool_file(s->x, l->number, "nr_overcommit_hugepages", &p.more);
	if (e < 0 && e != -ENOENT)
		return e;
	judge_pool(s->x, &p, r);
	return 0;
}

/*
 * Huge pages of the default size are the limit "hugepages"; other sizes are listed if
 * this machine has them.
 */
int ix_limit_listed(struct ix_limits *s, const struct ix_limit *l)
{
	uint64_t kb, pages;
	char text[8192];
	int r;

	if (!l->optional)
		return 1;
	r = pool_file(s->x, l->number, "nr_hugepages", &pages);
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	r = ix_meminfo_read(s->x, text, sizeof(text));
	if (r < 0)
		return r == -ENODEV ? 1 : r; /* no /proc */
	return ix_meminfo_parse(text, "Hugepagesize", &kb) < 0 || kb != l->number;
}

const char *ix_limit_why(int error)
{
	switch (error) {
	case -ENODEV:
		return "needs /proc, which is not mounted";
	case -ENOENT:
	case -ENOTDIR:
		return "there is no such file: not in this kernel, or hidden here";
	case -EINVAL:
	case -ERANGE:
	case -EFBIG:
		return "its text is not a number from 0 to 18446744073709551615";
	default:
		return ix_errno_text(error);
	}
}

const struct ix_kconfig *ix_limit_kconfig(const struct ix_limit *l)
{
	unsigned mech;

	return ipcx_mech_by_name(l->mech, (size_t)-1, &mech) < 0 ? NULL
								 : ix_mech(mech)->kconfig;
}

int ix_limit_lacks(struct ipcx *x, const struct ix_limit *l, int error, char *why,
		   size_t size)
{
	int lacks = 0;

	if (error == -ENOENT || error == -ENOTDIR || error == -ENOSYS ||
	    error == -EOPNOTSUPP)
		lacks = ix_kconfig_lacks(x, ix_limit_kconfig(l), why, size);
	if (!lacks)
		(void)snprintf(why, size, "%s", ix_limit_why(error));
	return lacks ? lacks : error;
}

void ix_limit_read(struct ix_limits *s, const struct ix_limit *l, bool use,
		   struct ix_reading *ret_r)
{
	static int (*const readers[])(struct ix_limits * s, const struct ix_limit *l,
				      struct ix_reading *r) = {
		[IX_READ_SYSCTL] = ix_read_sysctl,
		[IX_READ_RLIMIT] = ix_read_rlimit,
		[IX_READ_CONSTANT] = ix_read_constant,
		[IX_READ_SHM_BYTES] = ix_read_shm_bytes,
		[IX_READ_SHM_FILES] = ix_read_shm_files,
		[IX_READ_HUGE] = ix_read_huge,
		[IX_READ_HUGE_SIZE] = ix_read_huge_size,
		[IX_READ_MEMORY] = ix_read_memory,
		[IX_READ_KERNEL_MEMORY] = ix_read_kernel_memory,
	};
	struct ix_reading r = { 0 };
	int e = readers[l->read](s, l, &r);
	char why[160];

	if (e < 0 && l->fallback.call != IX_INFO_NONE &&
	    !ix_info_get(s, l->fallback, &r.limit))
		e = 0;
	r.known = e == 0;
	r.error = ix_limit_lacks(s->x, l, e, why, sizeof(why));
	if (!l->counts && !l->objects && l->use.call == IX_INFO_NONE)
		r.uncounted = true;
	read_ceiling(s->x, l, &r);
	if (use)
		ix_limit_use(s, l, &r);
	*ret_r = r;
}
