/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Symbolic names of errnos: those that system calls on IPC objects, files and namespaces
 * return. */
#include "base/errname.h"

#include <errno.h>
#include <stddef.h>

#include "base/util.h"

/* clang-format off */
#define NAMED(e) { e, #e }
static const struct {
	int error;
	char name[IX_TEXT(16)];
} errors[] = {
	NAMED(EACCES), NAMED(EAGAIN), NAMED(EBADF), NAMED(EBUSY), NAMED(ECONNREFUSED), NAMED(ECONNRESET), NAMED(EDQUOT), NAMED(EEXIST), NAMED(EFAULT),
	NAMED(EFBIG), NAMED(EIDRM), NAMED(EINTR), NAMED(EINVAL), NAMED(EIO), NAMED(EISDIR), NAMED(ELOOP), NAMED(EMFILE),
	NAMED(EMSGSIZE), NAMED(ENAMETOOLONG), NAMED(ENFILE), NAMED(ENOBUFS), NAMED(ENODATA), NAMED(ENODEV), NAMED(ENOENT), NAMED(ENOMEM),
	NAMED(ENOMSG), NAMED(ENOPKG), NAMED(ENOSPC), NAMED(ENOSYS), NAMED(ENOTCONN), NAMED(ENOTDIR), NAMED(ENOTSUP), NAMED(EOVERFLOW), NAMED(EPERM),
	NAMED(EPIPE), NAMED(EPROTO), NAMED(ERANGE), NAMED(EROFS), NAMED(ESRCH), NAMED(ETIMEDOUT), NAMED(ETXTBSY), NAMED(EXDEV),
	NAMED(E2BIG),
};
/* clang-format on */

const char *ix_errno_name(int error)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].error == (error < 0 ? -error : error))
			return errors[i].name;
	return NULL;
}
