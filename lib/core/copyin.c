/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read and write structs whose size may differ from ours; their first member says their
 * size. This works like copy_struct_from_user() in the kernel (include/linux/uaccess.h).
 */
#include "core/copyin.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* No version will have a larger struct than this: if the size is larger, the struct was
 * not initialised. */
#define SIZE_LIMIT 4096

static int check_size(struct ipcx *x, const char *what, size_t size, size_t least)
{
	if (size < least)
		return ix_fail_plain(
			x, -EINVAL,
			"%s has size %zu, less than in any version: set it to sizeof(%s)",
			what, size, what);
	if (size > SIZE_LIMIT)
		return ix_fail_plain(x, -E2BIG,
				     "%s has the invalid size %zu: set it to sizeof(%s)",
				     what, size, what);
	return 0;
}

int ix_copy_in(struct ipcx *x, const char *what, const void *from, size_t least,
	       void *ret_to, size_t known)
{
	const unsigned char *bytes = from;
	size_t size;
	int r;

	if (!from)
		return ix_fail_plain(x, -EINVAL, "%s is missing (NULL)", what);
	memcpy(&size, from, sizeof(size));
	r = check_size(x, what, size, least);
	if (r < 0)
		return r;
	for (size_t i = known; i < size; i++)
		if (bytes[i])
			return ix_fail_plain(
				x, -E2BIG,
				"%s has members set that libipcx %s does not know (byte %zu): the program is newer than the library",
				what, ipcx_version(), i);
	memset(ret_to, 0, known);
	memcpy(ret_to, from, size < known ? size : known);
	memcpy(ret_to, &known, sizeof(known));
	return 0;
}

int ix_copy_in_all(struct ipcx *x, const char *what, const void *from, size_t n,
		   size_t least, void *ret_to, size_t known)
{
	const char *at = from;
	char *to = ret_to;
	size_t first = 0, size;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++, at += first, to += known) {
		r = ix_copy_in(x, what, at, least, to, known);
		if (r < 0)
			break;
		memcpy(&size, at, sizeof(size));
		if (i == 0)
			first = size;
		if (size != first)
			r = ix_fail_plain(x, -EINVAL,
					  "%s: number %zu differs in size from the first",
					  what, i);
	}
	return r;
}

int ix_copy_check(struct ipcx *x, const char *what, const void *to, size_t least)
{
	size_t size;

	if (!to)
		return ix_fail_plain(x, -EINVAL, "%s is missing (NULL)", what);
	memcpy(&size, to, sizeof(size));
	return check_size(x, what, size, least);
}

int ix_copy_out(struct ipcx *x, const char *what, const void *from, size_t least,
		void *to, size_t known)
{
	size_t size, common;
	int r = ix_copy_check(x, what, to, least);

	if (r < 0)
		return r;
	memcpy(&size, to, sizeof(size));
	common = size < known ? size : known;
	memcpy((char *)to + sizeof(size), (const char *)from + sizeof(size),
	       common - sizeof(size));
	memset((char *)to + common, 0, size - common);
	return 0;
}

int ix_require(struct ipcx *x, const char *function, const void *const *pointers,
	       size_t n)
{
	if (!x)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (!pointers[i])
			return ix_fail_plain(x, -EINVAL, "%s: a required pointer is NULL",
					     function);
	return 0;
}
