/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Structs that cross the border of the library: the caller may have been compiled against
 * an older header (his struct is smaller) or a newer one (his is larger). This is the one
 * place that reads and writes them.
 */
#pragma once

#include <stddef.h>

#include "core/ctx.h"

/*
 * Read a struct that begins with its size, and that a program filled. What a smaller one
 * lacks is zero; what a larger one has beyond ours must be zero: it says something that
 * this version would not do.
 *
 * what is its name in an error; least is its first size, known that of today. 0; -EINVAL
 * for NULL or a size below the first, -E2BIG, with a text.
 */
int ix_copy_in(struct ipcx *x, const char *what, const void *from, size_t least,
	       void *ret_to, size_t known);

#define IX_COPY_IN(x, type, least, from, ret_to) \
	ix_copy_in(x, "struct " #type, from, least, ret_to, sizeof(struct type))

/*
 * Answer in a struct that begins with its size, which the program has set: as much as it
 * has room for; what we do not know of a larger one becomes zero. 0; -EINVAL with a text.
 */
int ix_copy_out(struct ipcx *x, const char *what, const void *from, size_t least,
		void *to, size_t known);

/* Whether such a struct can be answered in, before what it is about is done. */
int ix_copy_check(struct ipcx *x, const char *what, const void *to, size_t least);

#define IX_COPY_CHECK(x, type, least, to) ix_copy_check(x, "struct " #type, to, least)

/* n structs of one size in a row, as many of ours. ret_to has room for them. */
int ix_copy_in_all(struct ipcx *x, const char *what, const void *from, size_t n,
		   size_t least, void *ret_to, size_t known);

#define IX_COPY_IN_ALL(x, type, least, from, n, ret_to) \
	ix_copy_in_all(x, "struct " #type, from, n, least, ret_to, sizeof(struct type))

#define IX_COPY_OUT(x, type, least, from, to) \
	ix_copy_out(x, "struct " #type, from, least, to, sizeof(struct type))

/*
 * First in a public function, before anything is looked at: ends it with -EINVAL and a
 * text where one of these pointers is NULL. x may be NULL itself.
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
