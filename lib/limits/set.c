/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Setting limits: which text is written to which file, and what it means if the kernel
 * refuses the text or sets another value.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "limits/limits.h"

/* Find the one limit with this name that can be set. Error texts show the name in the
 * table, as the given name may be any text. */
static int limits_set_find(struct ipcx *x, const char *name,
			   const struct ix_limit **ret_l)
{
	const struct ix_limit *found = NULL, *l;

	for (unsigned i = 0; (l = ix_limit(i)) != NULL; i++) {
		if (!ix_limit_named(l, name))
			continue;
		if (found)
			return ix_fail_plain(
				x, -EINVAL,
				"%s: holds several limits: name one (%s, %s, …)",
				l->source, found->name, l->name);
		found = l;
	}
	if (!found)
		return ix_limit_unknown(x, name);
	if (*found->change)
		return ix_fail_plain(x, -ENOTSUP, "%s: cannot be set from here: %s",
				     found->name, found->change);
	*ret_l = found;
	return 0;
}

/* Whether a limit is among the settings, and its value. If several settings name the
 * limit, the last of them is used. */
static bool given(const struct ix_limit *l, const struct ipcx_setting *settings, size_t n,
		  uint64_t *ret_value)
{
	while (n-- > 0) {
		if (!ix_limit_named(l, settings[n].name))
			continue;
		*ret_value = settings[n].value;
		return true;
	}
	return false;
}

/*
 * Write the new text of a limit's file: the numbers in the settings, and the current
 * values of the other limits in that file.
 */
static int new_text(struct ipcx *x, const struct ix_limit *l,
		    const struct ipcx_setting *settings, size_t n, char *buf, size_t size)
{
	struct ix_limits s = { .x = x };
	const struct ix_limit *other;
	struct ix_reading r;
	size_t len = 0;

	for (unsigned i = 0; (other = ix_limit(i)) != NULL; i++) {
		if (other != l && (l->of == 0 || strcmp(other->source, l->source) != 0))
			continue;
		r = (struct ix_reading){ .known = true };
		if (!given(other, settings, n, &r.limit))
			ix_limit_read(&s, other, false, &r);
		if (!r.known)
			return ix_fail_plain(
				x, r.error,
				"%s: cannot be set: %s, which is also in %s, cannot be read: %s",
				l->name, other->name, l->source, ix_limit_why(r.error));
		len += (size_t)snprintf(buf + len, size - len, "%s%llu", len ? " " : "",
					(unsigned long long)r.limit);
	}
	return 0;
}

/* Report a value that is outside of the limit's range. */
static int out_of_range(struct ipcx *x, const struct ix_limit *l, uint64_t value)
{
	uint64_t least, most;

	ix_limit_range(x, l, &least, &most);
	return ix_fail_plain(x, -ERANGE,
			     "%s: cannot set %s to %llu: out of the range %llu to %llu",
			     l->name, l->source, (unsigned long long)value,
			     (unsigned long long)least, (unsigned long long)most);
}

static int limits_set_refused(struct ipcx *x, const struct ix_limit *l, uint64_t value,
			      int error)
{
	unsigned long long n = value;
	char why[160];

	switch (error) {
	case -EACCES:
		if (geteuid() != 0)
			return ix_fail_plain(
				x, error,
				"%s: cannot set %s: not permitted: you are uid %u, "
				"only uid 0 %s may",
				l->name, l->source, (unsigned)geteuid(),
				l->machine ? "of the machine"
					   : "of the user namespace that owns "
					     "the IPC namespace");
		return ix_fail_plain(
			x, error,
			"%s: cannot set %s: not permitted: %s belongs to another "
			"user namespace, no capability in yours counts",
			l->name, l->source,
			l->machine ? "the machine" : "the IPC namespace");
	case -EPERM:
		return ix_fail_plain(x, error,
				     "%s: cannot set %s: not permitted: a capability "
				     "(CAP_SYS_ADMIN, CAP_SYS_RESOURCE) is missing, or a "
				     "security module forbids it",
				     l->name, l->source);
	case -EROFS:
		return ix_fail_plain(x, error,
				     "%s: cannot set %s: /proc/sys is read-only here",
				     l->name, l->source);
	case -EINVAL:
	case -ERANGE:
		return out_of_range(x, l, value);
	case -ENODEV:
	case -ENOENT:
	case -ENOTDIR:
		(void)ix_limit_lacks(x, l, error, why, sizeof(why));
		return ix_fail_plain(x, -ENOTSUP, "%s: cannot set %s: %s", l->name,
				     l->source, why);
	default:
		return ix_fail(x, error, "%s: cannot set %s to %llu", l->name, l->source,
			       n);
	}
}

int ix_limit_set(struct ipcx *x, const char *name, uint64_t value)
{
	const struct ix_limit *l = NULL;
	char path[64], text[128];
	uint64_t now = 0;
	int r, proc;

	r = limits_set_find(x, name, &l);
	if (r < 0)
		return r;
	proc = ix_procfd(x);
	if (proc < 0)
		return limits_set_refused(x, l, value, -ENODEV);
	r = new_text(x, l, &(const struct ipcx_setting){ .name = name, .value = value },
		     1, text, sizeof(text));
	if (r < 0)
		return r;
	ix_sysctl_path(l, path, sizeof(path));
	r = ix_write_file(proc, path, text);
	if (r < 0)
		return limits_set_refused(x, l, value, r);
	r = ix_sysctl_read(x, l, &now);
	if (r < 0)
		return ix_fail_plain(x, r, "%s: was set, but cannot be read back: %s",
				     l->name, ix_limit_why(r));
	if (now != value)
		return ix_fail_plain(
			x, -ERANGE,
			"%s: the kernel took another value: it is now %llu, not %llu",
			l->name, (unsigned long long)now, (unsigned long long)value);
	return 0;
}

/* Whether the limit's file can be opened for writing: for a sysctl, the kernel checks
 * nothing else before it checks the number. Returns 0 or -errno. */
static int limits_set_may_write(struct ipcx *x, const struct ix_limit *l)
{
	char path[64];
	int proc = ix_procfd(x);
	auto_fd int fd = -1;

	if (proc < 0)
		return -ENODEV;
	ix_sysctl_path(l, path, sizeof(path));
	fd = ix_open(proc, path, O_WRONLY);
	return MIN(fd, 0);
}

int ix_limit_check(struct ipcx *x, const char *name, uint64_t value, uint64_t *ret_now)
{
	const struct ix_limit *l = NULL;
	uint64_t least, most, now = 0;
	int r = limits_set_find(x, name, &l);

	if (r < 0)
		return r;
	r = limits_set_may_write(x, l);
	if (r < 0)
		return limits_set_refused(x, l, value, r);
	r = ix_sysctl_read(x, l, &now);
	if (r < 0)
		return ix_fail_plain(x, r, "%s: cannot be read: %s", l->name,
				     ix_limit_why(r));
	ix_limit_range(x, l, &least, &most);
	/* If the current value is above the known range, the kernel accepts values above
	 * that range. */
	if (value < least || (value > most && value > now))
		return out_of_range(x, l, value);
	*ret_now = now;
	return 0;
}

/* Whether an earlier setting belongs to the same file, and therefore to the same line. */
static bool has_line(const struct ix_limit *l, const struct ipcx_setting *settings,
		     size_t n)
{
	const struct ix_limit *other;

	for (unsigned i = 0; (other = ix_limit(i)) != NULL; i++)
		for (size_t k = 0; k < n && !strcmp(other->source, l->source); k++)
			if (ix_limit_named(other, settings[k].name))
				return true;
	return false;
}

int ix_limit_lines(struct ipcx *x, const struct ipcx_setting *settings, size_t n,
		   char *buf, size_t size)
{
	auto_buf struct ix_buf lines = { 0 };
	char text[128];
	int r;

	for (size_t i = 0; i < n; i++) {
		const struct ix_limit *l = NULL;

		r = limits_set_find(x, settings[i].name, &l);
		if (!l)
			return r;
		if (has_line(l, settings, i))
			continue;
		r = new_text(x, l, settings, n, text, sizeof(text));
		if (r < 0)
			return r;
		r = ix_buf_printf(&lines, "%s%s = %s", lines.len ? "\n" : "", l->source,
				  text);
		if (r < 0)
			return ix_fail_plain(x, r, "out of memory");
	}
	if (lines.len > INT_MAX)
		return ix_fail_plain(x, -E2BIG, "too many limits at once");
	return snprintf(buf, size, "%.*s", (int)lines.len, lines.len ? lines.data : "");
}
