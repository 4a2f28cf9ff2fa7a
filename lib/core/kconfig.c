/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a kernel was built without. A call that fails with ENOSYS does not show it: a
 * seccomp(2) filter fails like that, too. So all mechanisms of the option are asked, and
 * /proc, where a kernel that has it shows it. Only if neither does, and nothing can hide
 * it there, the kernel lacks it.
 */
#include "core/kconfig.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/calls.h"
#include "base/file.h"
#include "core/mech.h"

/* A file that every /proc has, except one that shows processes only (subset=pid). */
#define EVERY_PROC "sys/kernel/ostype"

/* Whether the kernel itself has this file: 1, 0, or another file covers it (-EAGAIN). */
static int kconfig_shows(int proc, const char *path)
{
	auto_fd int fd = ix_open(proc, path, O_PATH);
	struct statfs fs;

	if (fd < 0)
		return fd == -ENOENT ? 0 : -EAGAIN;
	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC ? 1 : -EAGAIN;
}

/* Whether the kernel has this type of file systems, a line "nodev TYPE": 1, 0 or -EAGAIN
 * as above. */
static int kconfig_mounts(int proc, const char *type)
{
	char text[8192], line[32];
	int len = ix_read_file(proc, "filesystems", text, sizeof(text));

	if (len < 0 || !strstr(text, "\tproc\n"))
		return -EAGAIN; /* another file covers it */
	(void)snprintf(line, sizeof(line), "\t%s\n", type);
	return strstr(text, line) != NULL;
}

static int kconfig_told(struct ipcx *x, const struct ix_kconfig *k)
{
	int proc = ix_procfd(x), shown, mounts;

	if (proc < 0)
		return -EAGAIN;
	shown = kconfig_shows(proc, k->file);
	mounts = k->type[0] && shown <= 0 ? kconfig_mounts(proc, k->type) : 0;
	if (shown > 0 || mounts > 0)
		return 1;
	return shown < 0 || mounts < 0 || kconfig_shows(proc, EVERY_PROC) <= 0 ? -EAGAIN
									       : 0;
}

static void kconfig_try(const void *k)
{
	(void)((const struct ix_kconfig *)k)->ask();
}

int ix_kconfig_lacks(struct ipcx *x, const struct ix_kconfig *k, char *buf, size_t size)
{
	int told;

	if (!k)
		return 0;
	told = kconfig_told(x, k); /* first: under a filter the calls need a child */
	if (told > 0 || !ix_call_survives(kconfig_try, k) || k->ask() != -ENOSYS)
		return 0;
	if (told == 0 || !ix_call_filtered()) {
		(void)snprintf(buf, size, IX_KCONFIG_LACKS("%s", "%s"), k->what,
			       k->option);
		return -ENOSYS;
	}
	(void)snprintf(buf, size, IX_KCONFIG_HIDES("%s", "%s"), k->what, k->option);
	return -EOPNOTSUPP;
}

void ix_kconfig_names(const struct ix_kconfig *k, char *buf, size_t size)
{
	const struct ix_mech *other;
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; (other = ix_mech(i)) && len < size; i++)
		if (other->kconfig == k)
			len += (size_t)snprintf(buf + len, size - len, "%s%s",
						len ? ", " : "", other->info.name);
}

int ix_kconfig_said(struct ipcx *x, const struct ipcx_ref *ref, int error)
{
	char why[160], subject[IPCX_REF_MAX];

	if (error != -ENOSYS ||
	    ix_kconfig_lacks(x, ix_mech(ref->mech)->kconfig, why, sizeof(why)) == 0)
		return error;
	(void)ipcx_ref_format(ref, subject, sizeof(subject));
	return ix_fail_plain(x, error, "%s: %s", subject, why);
}
