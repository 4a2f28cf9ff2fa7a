/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Structs that cross the library's ABI: the caller may have been compiled with an older
 * header (its struct is smaller) or a newer one (larger). Only this file reads and writes
 * such structs.
 */
#pragma once

#include <stddef.h>

#include "core/ctx.h"

/*
 * Read a struct that begins with its size and was filled by the caller. Members that a
 * smaller struct lacks become zero; if the struct is larger than ours, the bytes that
 * ours lacks must be zero, as this version does not know their meaning.
 *
 * "what" is the struct's name in error texts, "least" its size in the first version,
 * "known" its size in this version. Returns 0, or with a text -EINVAL (for NULL, or a
 * size below "least") or -E2BIG.
 */
int ix_copy_in(struct ipcx *x, const char *what, const void *from, size_t least,
	       void *ret_to, size_t known);

#define IX_COPY_IN(x, type, least, from, ret_to) \
	ix_copy_in(x, "struct " #type, from, least, ret_to, sizeof(struct type))

/*
 * Fill a struct of the caller, who has set the first member to the struct's size: copy as
 * much as fits. If the struct is larger than ours, zero the rest, which this version does
 * not know. Returns 0, or -EINVAL or -E2BIG with a text.
 */
int ix_copy_out(struct ipcx *x, const char *what, const void *from, size_t least,
		void *to, size_t known);

/* Check, before the call acts, that ix_copy_out() will accept the struct. */
int ix_copy_check(struct ipcx *x, const char *what, const void *to, size_t least);

#define IX_COPY_CHECK(x, type, least, to) ix_copy_check(x, "struct " #type, to, least)

/* Read an array of n structs, all of the same size. ret_to has room for n structs of our
 * size. */
int ix_copy_in_all(struct ipcx *x, const char *what, const void *from, size_t n,
		   size_t least, void *ret_to, size_t known);

#define IX_COPY_IN_ALL(x, type, least, from, n, ret_to) \
	ix_copy_in_all(x, "struct " #type, from, n, least, ret_to, sizeof(struct type))

#define IX_COPY_OUT(x, type, least, from, to) \
	ix_copy_out(x, "struct " #type, from, least, to, sizeof(struct type))

/*
 * The first statement of a public function: returns -EINVAL with a text if one of these
 * pointers is NULL. x itself may be NULL.
 */
#define IX_REQUIRE(x, ...)                                                  \
	do {                                                                \
		const void *const pointers_[] = { x, __VA_ARGS__ };         \
		int null_ = ix_require(x, __func__, pointers_,              \
				       sizeof(pointers_) / sizeof(void *)); \
		if (null_ < 0)                                              \
			return null_;                                       \
	} while (0)
int ix_require(struct ipcx *x, const char *function, const void *const *pointers,
	       size_t n);
