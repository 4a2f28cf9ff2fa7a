/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The home of libcap. Resolved at first use: only entering a namespace asks. */
#include "base/cap.h"

#include <errno.h>
#include <string.h>
#include <sys/capability.h>

#include "base/dl.h"
#include "base/util.h"

IX_DL_NOTE(cap_note,
	   "[{\"feature\":\"cap\",\"description\":\"Entering namespaces with no more "
	   "rights than are needed\",\"priority\":\"recommended\",\"soname\":[\"libcap.so."
	   "2\"]}]");

/* libcap's functions, under their own names and types. */
struct libcap {
	__typeof__(cap_get_proc) *get_proc;
	__typeof__(cap_set_proc) *set_proc;
	__typeof__(cap_free) *free;
	__typeof__(cap_get_flag) *get_flag;
	__typeof__(cap_set_flag) *set_flag;
	__typeof__(cap_from_name) *from_name;
	__typeof__(cap_max_bits) *max_bits;
	__typeof__(cap_get_bound) *get_bound;
	__typeof__(cap_drop_bound) *drop_bound;
	__typeof__(cap_reset_ambient) *reset_ambient;
};

/* dlsym(3) answers in void pointers; POSIX promises that they can hold a function. */
#define SYMBOL(lib, name)                                   \
	{                                                   \
		"cap_" #name, (void **)(void *)&(lib)->name \
	}

static int load(struct libcap *lib)
{
	const struct ix_symbol symbols[] = {
		SYMBOL(lib, get_proc),   SYMBOL(lib, set_proc),
		SYMBOL(lib, free),       SYMBOL(lib, get_flag),
		SYMBOL(lib, set_flag),   SYMBOL(lib, from_name),
		SYMBOL(lib, max_bits),   SYMBOL(lib, get_bound),
		SYMBOL(lib, drop_bound), SYMBOL(lib, reset_ambient),
	};

	return ix_dl_open("libcap.so.2", symbols, ARRAY_SIZE(symbols));
}

int ix_cap_has(int cap)
{
	cap_flag_value_t value = CAP_CLEAR;
	struct libcap lib;
	cap_t now;
	int r = load(&lib);

	if (r < 0)
		return r;
	now = lib.get_proc();
	if (!now)
		return -errno;
	(void)lib.get_flag(now, cap, CAP_EFFECTIVE, &value);
	(void)lib.free(now);
	return value == CAP_SET;
}

/* One name, "cap_" before it or not. */
static int parse_one(const struct libcap *lib, const char *name, size_t len,
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

int ix_cap_parse(const char *list, uint64_t *ret_caps)
{
	uint64_t caps = 0;
	struct libcap lib;
	int r = load(&lib);

	while (r == 0) {
		size_t len = strcspn(list, ",");

		r = parse_one(&lib, list, len, &caps);
		if (!list[len])
			break;
		list += len + 1;
	}
	if (r == 0)
		*ret_caps = caps;
	return r;
}

/* What may be had at all, from now on. */
static int cut_bound(const struct libcap *lib, uint64_t caps)
{
	for (cap_value_t c = 0; c < (cap_value_t)lib->max_bits() && c < 64; c++)
		if (!(caps >> c & 1) && lib->get_bound(c) == 1 && lib->drop_bound(c) < 0)
			return -errno;
	return 0;
}

/* Take from the sets of the thread what is not to be kept, or, when only looking, answer
 * whether there is anything. */
static int cut_sets(const struct libcap *lib, cap_t now, uint64_t caps, bool look)
{
	static const cap_flag_t flags[] = { CAP_EFFECTIVE, CAP_PERMITTED,
					    CAP_INHERITABLE };

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		for (cap_value_t c = 0; c < (cap_value_t)lib->max_bits() && c < 64; c++) {
			cap_flag_value_t value = CAP_CLEAR;
			bool keep = flags[i] != CAP_INHERITABLE && (caps >> c & 1);

			(void)lib->get_flag(now, c, flags[i], &value);
			if (keep || value == CAP_CLEAR)
				continue;
			if (look || lib->set_flag(now, flags[i], 1, &c, CAP_CLEAR) < 0)
				return -EPERM;
		}
	return 0;
}

static int cut(const struct libcap *lib, uint64_t caps, bool look)
{
	cap_t now = lib->get_proc();
	int r;

	if (!now)
		return -errno;
	r = cut_sets(lib, now, caps, look);
	if (r == 0 && !look && lib->set_proc(now) < 0)
		r = -errno;
	(void)lib->free(now);
	return r;
}

int ix_cap_keep(uint64_t caps)
{
	struct libcap lib;
	int r = load(&lib);

	if (r < 0)
		return r;
	/* Linux before 4.3 has no ambient ones. */
	(void)lib.reset_ambient();
	r = cut_bound(&lib, caps);
	if (r == 0)
		r = cut(&lib, caps, false);
	return r == 0 ? cut(&lib, caps, true) : r;
}
