/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx shm write, fill and copy, and the same for all memory. If the data does not fit
 * completely, nothing is written. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/named.h"
#include "commands.h"
#include "memory/memory.h"
#include "stop.h"

/* ---- write */

struct write_args {
	struct mem_range range; /* without --length */
	struct ns_args where;
};

/* The input. The length of a file is known in advance, the length of other input only at
 * its end. */
struct input {
	const char *name;
	int fd;
	struct ix_buf first; /* bytes that were read before anything is written */
	bool ended;
};

/* Number of bytes to read before the length from fstat() is trusted: files of /proc and
 * /sys report 0 or one page. */
#define FIRST ((size_t)4 << 20)

static int input_failed(const struct input *in, int error)
{
	msg_error("%s: cannot be read: %s", in->name, strerror(-error));
	return EXIT_FAILED;
}

/* Read at most n more bytes of the input. Returns 0, or an exit status. */
static int read_more(struct input *in, size_t n)
{
	while (n > 0 && !in->ended) {
		size_t part = MIN(n, MEM_PIECE);
		char *room = ix_buf_room(&in->first, part);
		ssize_t got;

		if (!room)
			return input_failed(in, -ENOMEM);
		got = read(in->fd, room, part);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return input_failed(in, -errno);
		in->ended = got == 0;
		in->first.len += (size_t)got;
		n -= (size_t)got;
	}
	return 0;
}

/* Return the number of bytes left in a file; UINT64_MAX for anything else. */
static uint64_t left_in(const struct input *in)
{
	off_t at = lseek(in->fd, 0, SEEK_CUR);
	struct stat st;

	if (at < 0 || fstat(in->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return UINT64_MAX;
	return st.st_size > at ? (uint64_t)(st.st_size - at) : 0;
}

static int mem_write_too_long(const struct input *in, const struct mem *mem, uint64_t at,
			      const char *written)
{
	uint64_t size = ipcx_mem_size(mem->m);

	msg_error("%s: %s does not fit: there is room for %" PRIu64
		  " bytes from byte %" PRIu64 " on; %s",
		  mem->name, in->name, size - at, at, written);
	return EXIT_FAILED;
}

/* Read enough of the input to know whether the whole input fits. */
static int mem_write_fits(struct input *in, const struct mem *mem, uint64_t at)
{
	uint64_t room = ipcx_mem_size(mem->m) - at, left;
	size_t enough = room < SIZE_MAX ? (size_t)room + 1 : SIZE_MAX;
	int r = read_more(in, MIN(enough, FIRST));

	if (r)
		return r;
	if (!in->ended && in->first.len <= room) {
		left = left_in(in);
		if (left == UINT64_MAX)
			r = read_more(in, enough - in->first.len);
		else if (left > room - in->first.len)
			return mem_write_too_long(in, mem, at, "nothing was written");
	}
	if (!r && in->first.len > room)
		return mem_write_too_long(in, mem, at, "nothing was written");
	return r;
}

/* Write what was read, then the rest of a file, which may have grown meanwhile. */
static int mem_write_write_all(struct app *app, struct input *in, const struct mem *mem,
			       uint64_t at)
{
	uint64_t size = ipcx_mem_size(mem->m);
	int r;

	do {
		if (in->first.len > size - at)
			return mem_write_too_long(in, mem, at,
						  "everything before it was written");
		r = ipcx_mem_write(mem->m, at, in->first.data, in->first.len);
		if (r < 0)
			return app_failed(app, r);
		at += in->first.len;
		in->first.len = 0;
		r = read_more(in, MEM_PIECE);
	} while (!r && in->first.len > 0);
	return r;
}

static int write_input(struct app *app, const struct write_args *args, struct input *in,
		       const char *word)
{
	struct mem mem = { .m = NULL };
	uint64_t at, room;
	int r = mem_open(app, &args->where, word, false, IPCX_MEM_WRITE, &mem);

	if (!r)
		r = mem_bytes(&mem, &args->range, &at, &room);
	if (!r)
		r = mem_write_fits(in, &mem, at);
	if (!r)
		r = mem_write_write_all(app, in, &mem, at);
	mem_close(&mem);
	return r;
}

static int run_write(struct app *app, void *data, int n, char **words)
{
	struct input in = { .name = "standard input", .fd = 0 };
	auto_fd int fd = -1;
	const char *why;
	int r;

	if (n < 1 || n > 2)
		return msg_usage("%s write needs a reference and at most one file",
				 app_noun(app));
	if (n == 2 && strcmp(words[1], "-")) {
		in.name = words[1];
		/* Open the file before entering another namespace, which may have other
		 * files. */
		in.fd = fd = ix_open_input(AT_FDCWD, words[1], &why);
		if (fd < 0) {
			msg_error("%s: cannot be opened: %s", words[1], why);
			return EXIT_FAILED;
		}
	}
	r = write_input(app, data, &in, words[0]);
	ix_buf_free(&in.first);
	return r;
}

/* If a signal has arrived, report what was written. Returns 0, or an exit status after a
 * message. */
static int stopped(const struct mem *mem, uint64_t from, uint64_t at)
{
	if (!stop_wanted())
		return 0;
	msg_error("%s: interrupted: %" PRIu64 " bytes from %" PRIu64
		  " on are written, the rest is unchanged",
		  mem->name, at - from, from);
	return EXIT_FAILED;
}

/* ---- fill */

struct fill_args {
	struct mem_range range;
	struct ns_args where;
	uint64_t byte;
};

static int fill_bytes(struct app *app, const struct mem *mem, uint64_t at, uint64_t n,
		      int byte)
{
	auto_free char *piece = malloc(MEM_PIECE);
	const uint64_t from = at;

	if (!piece) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	memset(piece, byte, MEM_PIECE);
	stop_catch();
	while (n > 0) {
		size_t part = n < MEM_PIECE ? (size_t)n : MEM_PIECE;
		int r = stopped(mem, from, at);

		if (r)
			return stop_end(r);
		r = ipcx_mem_write(mem->m, at, piece, part);
		if (r < 0)
			return app_failed(app, r);
		at += part;
		n -= part;
	}
	return EXIT_DONE;
}

static int run_fill(struct app *app, void *data, int n, char **words)
{
	const struct fill_args *args = data;
	struct mem mem = { .m = NULL };
	uint64_t at, len;
	int r;

	if (n != 1)
		return msg_usage("%s fill needs one reference", app_noun(app));
	if (args->byte > 255)
		return msg_usage("--byte: 0 to 255");
	r = mem_open(app, &args->where, words[0], false, IPCX_MEM_WRITE, &mem);
	if (!r)
		r = mem_bytes(&mem, &args->range, &at, &len);
	if (!r)
		r = fill_bytes(app, &mem, at, len, (int)args->byte);
	mem_close(&mem);
	return r;
}

/* ---- copy */

struct copy_args {
	struct ns_args where;
};

struct target {
	struct app *app;
	struct mem mem;
};

static int take_copy(void *data, uint64_t at, const char *bytes, size_t n)
{
	const struct target *to = data;
	int r = stopped(&to->mem, 0, at);

	if (r)
		return r;
	r = ipcx_mem_write(to->mem.m, at, bytes, n);
	return r < 0 ? app_failed(to->app, r) : 0;
}

static int run_copy(struct app *app, void *data, int n, char **words)
{
	const struct copy_args *args = data;
	struct target to = { .app = app };
	struct mem from = { .m = NULL };
	int r;

	if (n != 2)
		return msg_usage("%s copy needs two references: from and to",
				 app_noun(app));
	r = mem_open(app, &args->where, words[0], true, 0, &from);
	if (!r)
		r = mem_open(app, &args->where, words[1], true, IPCX_MEM_WRITE, &to.mem);
	if (!r && ipcx_mem_size(from.m) > ipcx_mem_size(to.mem.m)) {
		msg_error("%s: its %" PRIu64 " bytes do not fit into the %" PRIu64
			  " of %s; nothing was written",
			  from.name, ipcx_mem_size(from.m), ipcx_mem_size(to.mem.m),
			  to.mem.name);
		r = EXIT_FAILED;
	}
	if (!r) {
		stop_catch();
		r = mem_each(app, &from, 0, ipcx_mem_size(from.m), take_copy, &to);
	}
	mem_close(&to.mem);
	mem_close(&from);
	return stop_end(r);
}

/* clang-format off */
static const struct opt write_opts[] = {
	{ "offset", 0, SIZE(struct mem_range, offset), .arg = "BYTES", .help = "begin at this byte (default 0)" },
	{ .name = "" },
};

static const struct opt_group write_options[] = {
	{ write_opts,     offsetof(struct write_args, range) },
	{ ns_one_opts, offsetof(struct write_args, where) },
	{ NULL, 0 },
};

static const struct example write_keyed[] = {
	{ "echo hello | ipcx {noun} write 5",              "write at its beginning" },
	{ "ipcx {noun} write 0x4d2 --offset 4K table.bin", "write a file to the segment with this key" },
	{ "", "" },
};

static const struct example write_named[] = {
	{ "echo hello | ipcx {noun} write /cache",            "write at its beginning" },
	{ "ipcx {noun} write /cache --offset 4K table.bin",   "write a file" },
	{ "", "" },
};

static const struct variant write_variants[] = {
	{ .needs = OF_KEYED, .examples = write_keyed },
	{ .needs = OF_NAMED, .examples = write_named },
	{ .needs = 0 },
};

const struct cmd cmd_mem_write = {
	.name = "write", .needs = IPCX_CAN_MEMORY,
	.operands = "REF [FILE|-]", .summary = "Write a file or standard input to memory",
	.about = "Nothing is written unless all of it fits: input of unknown length, such as a pipe, is first read to its end.",
	.variants = write_variants, .options = write_options, .complete = COMPLETE_REFS | COMPLETE_FILES, .args_size = sizeof(struct write_args),
	.exits = EXITS(NO_SUCH_OBJECT),
	.run = run_write,
};

static const struct opt fill_opts[] = {
	{ "byte", 'b', NUMBER(struct fill_args, byte), .arg = "N", .help = "the byte to write, 0 to 255 or 0xff (default 0)" },
	{ .name = "" },
};

static const struct opt_group fill_options[] = {
	{ fill_opts,      0 },
	{ mem_range_opts, offsetof(struct fill_args, range) },
	{ ns_one_opts, offsetof(struct fill_args, where) },
	{ NULL, 0 },
};

static const struct example fill_keyed[] = {
	{ "ipcx {noun} fill 5",                                      "fill all of it with zeroes" },
	{ "ipcx {noun} fill 5 --byte 0xff --offset 4K --length 4K", "fill the second page" },
	{ "", "" },
};

static const struct example fill_named[] = {
	{ "ipcx {noun} fill /cache",                                      "fill all of it with zeroes" },
	{ "ipcx {noun} fill /cache --byte 0xff --offset 4K --length 4K", "fill the second page" },
	{ "", "" },
};

static const struct variant fill_variants[] = {
	{ .needs = OF_KEYED, .examples = fill_keyed },
	{ .needs = OF_NAMED, .examples = fill_named },
	{ .needs = 0 },
};

const struct cmd cmd_mem_fill = {
	.name = "fill", .needs = IPCX_CAN_MEMORY,
	.operands = "REF", .summary = "Fill memory with one byte",
	.about = "Fills all of the memory, or the given range, which must be inside it, with one byte.",
	.variants = fill_variants, .options = fill_options, .complete = COMPLETE_REFS, .args_size = sizeof(struct fill_args),
	.exits = EXITS(NO_SUCH_OBJECT),
	.run = run_fill,
};

static const struct opt_group copy_options[] = {
	{ ns_one_opts, offsetof(struct copy_args, where) },
	{ NULL, 0 },
};

static const struct example copy_keyed[] = {
	{ "ipcx {noun} copy 5 6",           "copy one segment to another" },
	{ "ipcx {noun} copy 5 pshm:/cache", "copy a segment to a POSIX object" },
	{ "", "" },
};

static const struct example copy_named[] = {
	{ "ipcx {noun} copy /cache /copy", "copy one object to another" },
	{ "ipcx {noun} copy /cache shm:5", "copy an object to a System V segment" },
	{ "", "" },
};

static const struct variant copy_variants[] = {
	{ .needs = OF_KEYED, .examples = copy_keyed },
	{ .needs = OF_NAMED, .examples = copy_named },
	{ .needs = 0 },
};

const struct cmd cmd_mem_copy = {
	.name = "copy", .needs = IPCX_CAN_MEMORY,
	.operands = "FROM TO", .summary = "Copy memory to another object ({peers})",
	.about = "Copies all of FROM to the beginning of TO, which may be larger; the rest of TO is unchanged. Either may be {peers}.",
	.variants = copy_variants, .options = copy_options, .complete = COMPLETE_REFS, .args_size = sizeof(struct copy_args),
	.exits = EXITS(NO_SUCH_OBJECT),
	.run = run_copy,
};
/* clang-format on */
