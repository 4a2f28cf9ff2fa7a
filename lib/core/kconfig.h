/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of the kernel's build without which a mechanism does not exist. */
#pragma once

#include <stddef.h>

#include "base/util.h"
#include "core/ctx.h"

struct ix_kconfig {
	char what[IX_TEXT(32)], option[IX_TEXT(24)];
	/* What shows that a kernel has it: a file below /proc, and a type of file systems
	 * ("": none). */
	char file[IX_TEXT(24)], type[IX_TEXT(8)];
	/* Make calls that change nothing, one of each mechanism: return -ENOSYS if the
	 * kernel has none of them, otherwise 0. */
	int (*ask)(void);
};

/* The texts about an option: what the kernel lacks, and what it lacks or a filter hides. */
#define IX_KCONFIG_LACKS(what, option) "this kernel has no " what " (" option ")"
#define IX_KCONFIG_HIDES(what, option) \
	"the kernel has no " what " (" option "), or a seccomp filter forbids it"

/*
 * Whether the kernel was built without the option (NULL: there is none). Returns -ENOSYS
 * if so, -EOPNOTSUPP if that cannot be told from a seccomp(2) filter, both with a text;
 * 0 if it has what the option builds, whatever calls say.
 */
int ix_kconfig_lacks(struct ipcx *x, const struct ix_kconfig *k, char *buf, size_t size);

/* Write the names of all mechanisms that need the option: "shm, msg, sem". */
void ix_kconfig_names(const struct ix_kconfig *k, char *buf, size_t size);

/*
 * Using the object of a reference failed: if the kernel was built without its mechanism,
 * that becomes the context's text. Returns the error.
 */
int ix_kconfig_said(struct ipcx *x, const struct ipcx_ref *ref, int error);
