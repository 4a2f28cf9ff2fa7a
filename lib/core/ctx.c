/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A context: how it is created and freed, its directories, and the text of its last
 * error. */
#include "core/ctx.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/below.h"
#include "base/file.h"

int ipcx_new(struct ipcx **ret_x)
{
	struct ipcx *x;

	if (!ret_x)
		return -EINVAL;
	x = calloc(1, sizeof(*x));
	if (!x)
		return -ENOMEM;
	x->rootfd = x->procfd = -1;
	*ret_x = x;
	return 0;
}

/* After the process has moved, what the caller supplied would still refer to the previous
 * namespaces. */
static void leave_base(struct ipcx *x)
{
	if (x->base) {
		if (x->ns == x->base)
			x->ns = NULL;
		x->free_base(x->base);
	}
	x->base = NULL;
	x->lent = x->rooted = false;
}

void ix_moved(struct ipcx *x)
{
	leave_base(x);
	if (x->procfd >= 0)
		(void)close(x->procfd);
	if (x->rootfd >= 0)
		(void)close(x->rootfd);
	x->rootfd = x->procfd = -1;
	x->numbers = IX_NUMBERS_NOT_ASKED;
	x->numbered = IX_NUMBERED_NOT_ASKED;
	x->people = IX_PEOPLE_NOT_ASKED;
	free(x->self.gaps);
	free(x->self.boxes);
	memset(&x->self, 0, sizeof(x->self));
	x->moved = true;
}

int ix_leave_root(struct ipcx *x)
{
	int fd;

	if (!x->rooted)
		return 0;
	fd = ix_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	if (fd < 0)
		return ix_fail(x, fd, "our own root directory");
	(void)close(x->rootfd);
	x->rootfd = fd;
	x->rooted = false;
	return 0;
}

void ipcx_clock(struct ipcx *x, int64_t now)
{
	if (x)
		x->now = now;
}

void ipcx_free(struct ipcx *x)
{
	if (!x)
		return;
	ix_moved(x);
	ix_names_free(&x->users);
	ix_names_free(&x->groups);
	ix_buf_free(&x->names);
	free(x);
}

const char *ipcx_error(const struct ipcx *x)
{
	return x ? x->error : "";
}

const struct ipcx_hint *ipcx_error_hint(const struct ipcx *x)
{
	static const struct ipcx_hint none = { .subject = "" };

	return x && x->error[0] && x->hint.kind ? &x->hint : &none;
}

const char *ipcx_version(void)
{
	return IPCX_VERSION;
}

unsigned ipcx_version_number(void)
{
	return IPCX_VERSION_NUMBER(IPCX_VERSION_MAJOR, IPCX_VERSION_MINOR,
				   IPCX_VERSION_PATCH);
}

int ix_rootfd(struct ipcx *x)
{
	if (x->rootfd < 0) {
		int fd = ix_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);

		if (fd < 0)
			return fd;
		x->rootfd = fd;
	}
	return x->rootfd;
}

int ix_procfd(struct ipcx *x)
{
	int root, fd, r;
	struct statfs fs;

	if (x->procfd >= 0)
		return x->procfd;
	root = ix_rootfd(x);
	if (root < 0)
		return root;
	/* Below a root that the caller supplied, a link could lead to our own /proc. */
	fd = x->rooted ? ix_open_below(root, "proc", O_PATH | O_DIRECTORY, true)
		       : ix_open(root, "proc", O_PATH | O_DIRECTORY);
	if (fd < 0)
		return fd;
	/* A directory that only looks like /proc must not be trusted. */
	r = fstatfs(fd, &fs) < 0 ? -errno : 0;
	if (r < 0 || fs.f_type != PROC_SUPER_MAGIC) {
		(void)close(fd);
		return r < 0 ? r : -ENOENT;
	}
	x->procfd = fd;
	return fd;
}

int ix_viewfd(struct ipcx *x)
{
	if (!x->view.remote)
		return ix_rootfd(x);
	if (x->view.shmfd)
		return x->view.shmfd;
	if (x->view.rootfd >= 0)
		return x->view.rootfd;
	return x->view.pid > 0 ? -EACCES
			       : -ENXIO; /* no access to the root, or no root known */
}

const char *ix_errno_text(int error)
{
	switch (error < 0 ? -error : error) {
	case EIDRM:
		return "was removed meanwhile";
	case EPERM:
		return "not permitted";
	case ENOSYS:
		return "this kernel (or a filter) does not offer the call";
	case ENOMEM:
		return "out of memory";
	case ENOPKG:
		return "a library is not installed";
	default:
		return strerror(error < 0 ? -error : error);
	}
}

static void PRINTF(2, 0) keep_text(struct ipcx *x, const char *fmt, va_list args)
{
	/* The new text may quote the previous text, which is in the same buffer. */
	char text[sizeof(x->error)];

	(void)vsnprintf(text, sizeof(text), fmt, args);
	memcpy(x->error, text, sizeof(text));
	x->hint.kind = IPCX_HINT_NONE;
}

static enum ipcx_failure ctx_kind_of(int error, bool ours)
{
	switch (-error) {
	case EIDRM:
		return IPCX_FAILURE_MISSING;
	case ETIMEDOUT:
		return IPCX_FAILURE_TIME;
	case EINVAL:
	case ENOTUNIQ:
		return ours ? IPCX_FAILURE_REQUEST : IPCX_FAILURE_OTHER;
	case ENOENT:
	case ESRCH:
		return ours ? IPCX_FAILURE_MISSING : IPCX_FAILURE_OTHER;
	default:
		return IPCX_FAILURE_OTHER;
	}
}

enum ipcx_failure ipcx_failure(const struct ipcx *x)
{
	return x ? x->failure : IPCX_FAILURE_OTHER;
}

int ix_hint(struct ipcx *x, int error, enum ipcx_hint_kind kind, const char *subject,
	    uint64_t value)
{
	(void)snprintf(x->hint_subject, sizeof(x->hint_subject), "%s", subject);
	x->hint = (struct ipcx_hint){ .kind = kind,
				      .subject = x->hint_subject,
				      .value = value };
	return error;
}

int ix_fail_as(struct ipcx *x, int error, bool ours, const char *fmt, ...)
{
	va_list args;
	size_t len;

	va_start(args, fmt);
	keep_text(x, fmt, args);
	va_end(args);
	x->failure = ctx_kind_of(error, ours);
	x->said = error;
	len = strlen(x->error);
	(void)snprintf(x->error + len, sizeof(x->error) - len, ": %s",
		       ix_errno_text(error));
	return error;
}

int ix_fail_plain_as(struct ipcx *x, int error, bool ours, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	keep_text(x, fmt, args);
	va_end(args);
	x->failure = ctx_kind_of(error, ours);
	x->said = error;
	return error;
}

int ix_said(struct ipcx *x, int r)
{
	/* ENOMEM from the kernel already has a text that names the object. */
	if (r == -ENOMEM && (x->said != r || !x->error[0]))
		return ix_fail_plain(x, r, "out of memory");
	return r;
}
