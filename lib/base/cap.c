/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file is the only user of libcap. It is loaded before the first step of dropping
 * capabilities, so that no later step can fail because libcap is missing. Reading
 * capabilities, even to verify a drop, uses only system calls.
 */
#include "base/cap.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/dl.h"
#include "base/util.h"

IX_DL_NOTE(cap_note,
	   "[{\"feature\":\"cap\",\"description\":\"Entering namespaces with no more "
	   "rights than are needed\",\"priority\":\"recommended\",\"soname\":[\"libcap.so."
	   "2\"]}]");

/* libcap's functions, under their own names and types. */
struct ix_libcap {
	__typeof__(cap_get_proc) *get_proc;
	__typeof__(cap_set_proc) *set_proc;
	__typeof__(cap_free) *free;
	__typeof__(cap_get_flag) *get_flag;
	__typeof__(cap_set_flag) *set_flag;
	__typeof__(cap_from_name) *from_name;
	__typeof__(cap_max_bits) *max_bits;
};

int ix_cap_load(struct ix_libcap **ret_lib)
{
	auto_free struct ix_libcap *lib = calloc(1, sizeof(*lib));
	int r;

	if (!lib)
		return -ENOMEM;
	{
		const struct ix_symbol symbols[] = {
			IX_SYMBOL(cap_, lib, get_proc),  IX_SYMBOL(cap_, lib, set_proc),
			IX_SYMBOL(cap_, lib, free),      IX_SYMBOL(cap_, lib, set_flag),
			IX_SYMBOL(cap_, lib, from_name), IX_SYMBOL(cap_, lib, max_bits),
		};

		r = ix_dl_open("libcap.so.2", symbols, ARRAY_SIZE(symbols));
	}
	if (r == 0)
		*ret_lib = TAKE(lib);
	return r;
}

/* ---- reading, without libcap */

/* The thread's capability sets, with one bit per capability. */
struct cap_sets {
	uint64_t effective, permitted, inheritable;
};

static int read_sets(struct cap_sets *ret_sets)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

	if (syscall(SYS_capget, &head, data) < 0)
		return -errno;
	ret_sets->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	ret_sets->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	ret_sets->inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
	return 0;
}

int ix_cap_has(int cap)
{
	struct cap_sets now = { .effective = 0 };
	int r = read_sets(&now);

	return r < 0 ? r : (int)(now.effective >> cap & 1);
}

int ix_cap_effective(uint64_t *ret_caps)
{
	struct cap_sets now = { .effective = 0 };
	int r = read_sets(&now);

	if (r == 0)
		*ret_caps = now.effective;
	return r;
}

int ix_cap_filter(void)
{
	int mode = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);

	return mode < 0 ? -errno : mode != 0;
}

bool ix_cap_filtered(void)
{
	return ix_cap_filter() != 0;
}

/* The inode of the initial user namespace (PROC_USER_INIT_INO). */
#define USER_NS_INIT 0xEFFFFFFDU

int ix_userns_first(int proc)
{
	struct stat st;

	if (fstatat(proc, "thread-self/ns/user", &st, 0) < 0)
		return -errno;
	return st.st_ino == USER_NS_INIT;
}

int ix_cap_counts(int proc, int cap)
{
	int r = ix_cap_has(cap);

	return r <= 0 ? r : ix_userns_first(proc);
}

/* Parse the name of one capability, with or without the prefix "cap_". */
static int parse_one(const struct ix_libcap *lib, const char *name, size_t len,
		     uint64_t *caps)
{
	char full[64];
	cap_value_t value;

	if (len == 3 && !strncasecmp(name, "all", 3)) {
		*caps = IX_CAPS_ALL;
		return 0;
	}
	if (len == 4 && !strncasecmp(name, "none", 4))
		return 0;
	if (len == 0 || len + 5 > sizeof(full))
		return -EINVAL;
	(void)snprintf(full, sizeof(full), "%s%.*s",
		       len > 4 && !strncasecmp(name, "cap_", 4) ? "" : "cap_", (int)len,
		       name);
	if (lib->from_name(full, &value) < 0 || value < 0 || value > 63)
		return -EINVAL;
	*caps |= UINT64_C(1) << value;
	return 0;
}

int ix_cap_parse(const struct ix_libcap *lib, const char *list, uint64_t *ret_caps)
{
	uint64_t caps = 0;
	int r;

	for (;;) {
		size_t len = strcspn(list, ",");

		r = parse_one(lib, list, len, &caps);
		if (r < 0)
			return r;
		if (!list[len])
			break;
		list += len + 1;
	}
	*ret_caps = caps;
	return 0;
}

/* ---- dropping */

/* The number of capabilities in Linux 3.5, which every supported kernel has. */
#define CAPS_LEAST (CAP_BLOCK_SUSPEND + 1)

/*
 * Return whether a capability is in the bounding set: 1 or 0, -ENOENT if the kernel has
 * no such capability, or -errno. *unknown is set after the first capability that does not
 * exist. No higher number can exist, so a later answer that one does is reported as an
 * error.
 */
static int read_bound(const struct ix_libcap *lib, int cap, bool *unknown)
{
	int has = prctl(PR_CAPBSET_READ, (unsigned long)cap, 0, 0, 0);

	if (has >= 0)
		return *unknown ? -EIO : has;
	if (errno != EINVAL)
		return -errno;
	if (cap < MAX(lib->max_bits(), CAPS_LEAST))
		return -EIO;
	*unknown = true;
	return -ENOENT;
}

/* Drop one capability. This is done even if the kernel answers that it is already
 * dropped, so that a single wrong answer does not leave it in the set. Returns -ENOENT if
 * the kernel has no such capability. */
static int cut_one(const struct ix_libcap *lib, int cap, bool *unknown)
{
	int has = read_bound(lib, cap, unknown), r;

	if (has < 0)
		return has;
	r = prctl(PR_CAPBSET_DROP, (unsigned long)cap, 0, 0, 0) < 0 ? -errno : 0;
	if (r < 0 && has)
		return r;
	r = read_bound(lib, cap, unknown);
	return r == 1 ? -EIO : r;
}

/* Drop all capabilities except those in caps from the bounding set, including those that
 * libcap does not know. */
static int cut_bound(const struct ix_libcap *lib, uint64_t caps)
{
	bool unknown = false;

	for (int c = 0; c < 64; c++) {
		int r = caps >> c & 1 ? 0 : cut_one(lib, c, &unknown);

		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}

/* Clear the ambient set. Linux before 4.3 has no ambient set: there every call must fail
 * with EINVAL. */
static int cut_ambient(const struct ix_libcap *lib)
{
	bool none = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0;

	if (none && errno != EINVAL)
		return -errno;
	for (int c = 0; c < MAX(lib->max_bits(), CAPS_LEAST); c++) {
		int has = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, (unsigned long)c,
				0, 0);

		if (has > 0 || (has == 0) == none)
			return -EIO;
		if (has < 0 && errno != EINVAL)
			return -errno;
	}
	return 0;
}

static int cut_set(const struct ix_libcap *lib, cap_t set, cap_flag_t flag, uint64_t caps)
{
	for (cap_value_t c = 0; c < (cap_value_t)lib->max_bits() && c < 64; c++)
		if (!(caps >> c & 1) && lib->set_flag(set, flag, 1, &c, CAP_CLEAR) < 0)
			return -errno;
	return 0;
}

static int cut_sets(const struct ix_libcap *lib, uint64_t caps)
{
	cap_t set = lib->get_proc();
	int r;

	if (!set)
		return -errno;
	r = cut_set(lib, set, CAP_EFFECTIVE, caps);
	if (r == 0)
		r = cut_set(lib, set, CAP_PERMITTED, caps);
	if (r == 0)
		r = cut_set(lib, set, CAP_INHERITABLE, 0);
	if (r == 0 && lib->set_proc(set) < 0)
		r = -errno;
	(void)lib->free(set);
	return r;
}

/* Check all 64 bits, however many capabilities libcap knows. */
static int check_sets(uint64_t caps)
{
	struct cap_sets now = { .effective = 0 };
	int r = read_sets(&now);

	if (r < 0)
		return r;
	return ((now.effective | now.permitted) & ~caps) || now.inheritable ? -EIO : 0;
}

int ix_cap_keep(const struct ix_libcap *lib, uint64_t caps)
{
	int r = cut_ambient(lib);

	if (r == 0)
		r = cut_bound(lib, caps);
	if (r == 0)
		r = cut_sets(lib, caps);
	return r == 0 ? check_sets(caps) : r;
}

int ix_cap_bound(const struct ix_libcap *lib, uint64_t caps)
{
	return cut_bound(lib, caps);
}

int ix_cap_clear(const struct ix_libcap *lib)
{
	int r = cut_ambient(lib);

	if (r == 0)
		r = cut_sets(lib, 0);
	return r == 0 ? check_sets(0) : r;
}
