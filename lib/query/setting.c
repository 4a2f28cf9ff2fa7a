/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Setting limits in the context's namespace, checking whether that would succeed, and the
 * sysctl.conf lines that set them at boot. */
#include <errno.h>
#include <stdlib.h>

#include "core/copyin.h"
#include "limits/limits.h"
#include "ns/run.h"

/* The settings, and the buffer for the lines. */
struct order {
	const struct ipcx_setting *settings;
	size_t n;
	char *buf;
	size_t size;
};

static int set_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	const struct order *o = arg;

	(void)t;
	return ix_limit_set(x, o->settings->name, o->settings->value);
}

int ipcx_limit_set(struct ipcx *x, const char *name, uint64_t value)
{
	IX_REQUIRE(x, name);
	struct ipcx_setting s = { .size = sizeof(s), .name = name, .value = value };
	struct order o = { .settings = &s, .n = 1 };

	/* The sysctl files of a namespace belong to uid 0 of its user namespace, and
	 * capabilities in any other user namespace do not count (ipc/ipc_sysctl.c). */
	return ix_ns_run(x, &(struct ix_ns_call){ .run = set_there,
						  .arg = &o,
						  .acts = true,
						  .as_owner = true });
}

/* The value to be set, and the current one. */
struct trial {
	const char *name;
	uint64_t value, now;
};

static int check_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	struct trial *trial = arg;

	(void)t;
	return ix_limit_check(x, trial->name, trial->value, &trial->now);
}

int ipcx_limit_check(struct ipcx *x, const char *name, uint64_t value, uint64_t *ret_now)
{
	IX_REQUIRE(x, name, ret_now);
	struct trial trial = { .name = name, .value = value };
	int r = ix_ns_run(x, &(struct ix_ns_call){ .run = check_there,
						   .arg = &trial,
						   .out = &trial,
						   .out_size = sizeof(trial),
						   .acts = true,
						   .as_owner = true });

	if (r == 0)
		*ret_now = trial.now;
	return r;
}

static int lines_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	const struct order *o = arg;

	(void)t;
	return ix_limit_lines(x, o->settings, o->n, o->buf, o->size);
}

int ipcx_limit_lines(struct ipcx *x, const struct ipcx_setting *settings, size_t n,
		     char *buf, size_t size)
{
	IX_REQUIRE(x, x);
	auto_free struct ipcx_setting *own = calloc(n ? n : 1, sizeof(*own));
	struct order o = { own, n, buf, size };
	int r;

	if (!own)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	if ((n && !settings) || (size && !buf))
		return ix_fail_plain(x, -EINVAL, "%s: NULL where a pointer must stand",
				     __func__);
	r = IX_COPY_IN_ALL(x, ipcx_setting, IPCX_SETTING_SIZE_0_1, settings, n, own);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (!own[i].name)
			r = ix_fail_plain(x, -EINVAL, "the name of setting %zu is NULL",
					  i);
	if (r < 0)
		return r;
	return ix_ns_run(x, &(struct ix_ns_call){ .run = lines_there,
						  .arg = &o,
						  .out = buf,
						  .out_size = size });
}

int ipcx_limit_sysctl(struct ipcx *x, const char *name, uint64_t value, char *buf,
		      size_t size)
{
	IX_REQUIRE(x, name);
	struct ipcx_setting s = { .size = sizeof(s), .name = name, .value = value };

	return ipcx_limit_lines(x, &s, 1, buf, size);
}
