/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open the memory that an operand names, and read the range that the options select. */
#include "memory/memory.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/util.h"

/* clang-format off */
const struct opt mem_range_opts[] = {
	{ "offset", 0, SIZE(struct mem_range, offset), .arg = "BYTES", .help = "begin at this byte (default 0)" },
	{ "length", 0, SIZE(struct mem_range, length), GIVEN(struct mem_range, given, MEM_GIVEN_LENGTH), .arg = "BYTES", .help = "number of bytes (default: to the end)" },
	{ .name = "" },
};
/* clang-format on */

int mem_open(struct app *app, const struct ns_args *where, const char *word, bool any,
	     unsigned flags, struct mem *ret_mem)
{
	unsigned meant = app->mech;
	struct ipcx_ref ref;
	struct mem mem;
	int r;

	if (any && ipcx_ref_parse(app->x, word, app->mech, &ref) == 0)
		meant = ref.mech;
	r = verb_begin(app, where, word, IPCX_MECH_BIT(meant), flags & IPCX_MEM_WRITE,
		       &ref);
	if (r)
		return r;
	r = ipcx_mem_open(app->x, &ref, flags, &mem.m);
	if (r < 0)
		return app_failed(app, r);
	(void)ipcx_ref_format(&ref, mem.name, sizeof(mem.name));
	*ret_mem = mem;
	return 0;
}

void mem_close(struct mem *mem)
{
	ipcx_mem_close(mem->m);
	mem->m = NULL;
}

int mem_bytes(const struct mem *mem, const struct mem_range *range, uint64_t *ret_at,
	      uint64_t *ret_n)
{
	uint64_t size = ipcx_mem_size(mem->m), n = range->length;

	if (range->offset > size) {
		msg_error("%s: offset %" PRIu64 " is beyond its end at %" PRIu64,
			  mem->name, range->offset, size);
		return EXIT_FAILED;
	}
	if (!(range->given & MEM_GIVEN_LENGTH))
		n = size - range->offset;
	if (n > size - range->offset) {
		msg_error("%s: does not have %" PRIu64 " bytes from %" PRIu64
			  " on: it ends at %" PRIu64,
			  mem->name, n, range->offset, size);
		return EXIT_FAILED;
	}
	*ret_at = range->offset;
	*ret_n = n;
	return 0;
}

int mem_each(struct app *app, const struct mem *mem, uint64_t at, uint64_t n,
	     mem_take *take, void *data)
{
	auto_free char *piece = malloc(MEM_PIECE);
	int r = 0;

	if (!piece) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	while (n > 0 && r == 0) {
		size_t part = n < MEM_PIECE ? (size_t)n : MEM_PIECE;

		r = ipcx_mem_read(mem->m, at, piece, part);
		if (r < 0)
			return app_failed(app, r);
		r = take(data, at, piece, part);
		at += part;
		n -= part;
	}
	return r;
}
