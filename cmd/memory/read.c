/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx shm read, and the same for all memory: print its bytes. */
#include "commands.h"
#include "memory/memory.h"
#include "ui/bytes.h"
#include "ui/savebig.h"

#define GIVEN_MIN 1U

struct read_args {
	struct mem_range range;
	struct ns_args where;
	uint64_t given, min;
	bool hex, strings, force;
	const char *file;
};

/* ---- read */

/* Stop when the reader has closed the pipe. */
static int flushed(void)
{
	return out_flush() < 0 ? EXIT_FAILED : EXIT_DONE;
}

static int take_raw(void *data, uint64_t at, const char *bytes, size_t n)
{
	(void)data;
	(void)at;
	out_bytes(bytes, n);
	return flushed();
}

static int take_hex(void *data, uint64_t at, const char *bytes, size_t n)
{
	(void)at;
	hex_add(data, bytes, n);
	return flushed();
}

static int take_strings(void *data, uint64_t at, const char *bytes, size_t n)
{
	(void)at;
	strings_add(data, bytes, n);
	return flushed();
}

static int mem_read_take_file(void *data, uint64_t at, const char *bytes, size_t n)
{
	(void)at;
	return savebig_add(data, bytes, n);
}

/* Print the range. main.c reports a write error at the end, except EPIPE. */
static int mem_read_show(struct app *app, const struct read_args *args,
			 const struct mem *mem, uint64_t at, uint64_t n)
{
	bool raw = args->file != NULL || !out_is_terminal();
	struct strings strings = { .min = args->given & GIVEN_MIN ? args->min : 4 };
	struct hex hex = { .at = at };
	int r;

	if (args->strings) {
		r = mem_each(app, mem, at, n, take_strings, &strings);
		strings_end(&strings);
	} else if (args->hex || !raw) {
		r = mem_each(app, mem, at, n, take_hex, &hex);
		hex_end(&hex);
	} else {
		r = mem_each(app, mem, at, n, take_raw, NULL);
	}
	return out_flush() < 0 ? EXIT_DONE : r;
}

static int mem_read_save(struct app *app, const struct read_args *args, const char *word)
{
	struct savebig file = { .path = NULL };
	struct mem mem = { .m = NULL };
	uint64_t at, n;
	/* Open the file before entering another namespace, where our privileges may
	 * differ. */
	int r = savebig_open(&file, args->file, args->force);

	if (!r)
		r = mem_open(app, &args->where, word, false, 0, &mem);
	if (!r)
		r = mem_bytes(&mem, &args->range, &at, &n);
	if (!r)
		r = mem_each(app, &mem, at, n, mem_read_take_file, &file);
	if (!r)
		r = savebig_end(&file);
	savebig_close(&file);
	mem_close(&mem);
	return r;
}

static int mem_read_check(const struct app *app, const struct read_args *args, int n)
{
	if (n != 1)
		return msg_usage("%s read needs one reference", app_noun(app));
	if (args->hex + args->strings + (args->file != NULL) > 1)
		return msg_usage("--hex, --strings and -O contradict each other");
	if ((args->given & GIVEN_MIN) && !args->strings)
		return msg_usage("--min needs --strings");
	if ((args->given & GIVEN_MIN) && (args->min < 1 || args->min > STRINGS_MIN_MAX))
		return msg_usage("--min: 1 to %d characters", STRINGS_MIN_MAX);
	if (args->force && !args->file)
		return msg_usage("--force needs -O");
	return 0;
}

static int run_read(struct app *app, void *data, int n, char **words)
{
	const struct read_args *args = data;
	struct mem mem = { .m = NULL };
	uint64_t at, len;
	int r = mem_read_check(app, args, n);

	if (r)
		return r;
	if (args->file && !(args->file[0] == '-' && !args->file[1]))
		return mem_read_save(app, args, words[0]);
	r = mem_open(app, &args->where, words[0], false, 0, &mem);
	if (!r)
		r = mem_bytes(&mem, &args->range, &at, &len);
	if (!r)
		r = mem_read_show(app, args, &mem, at, len);
	mem_close(&mem);
	return r;
}

/* clang-format off */
static const struct opt read_opts[] = {
	{ "hex",     'x', FLAG(struct read_args, hex),     .help = "print a hexadecimal dump (default on a terminal)" },
	{ "strings", 's', FLAG(struct read_args, strings), .help = "print only the strings in it, one per line" },
	{ "min",     0,   NUMBER(struct read_args, min),   GIVEN(struct read_args, given, GIVEN_MIN), .arg = "N", .help = "with --strings: minimum length (default 4)" },
	{ "output-file", 'O', TEXT(struct read_args, file), .arg = "FILE", .complete = COMPLETE_FILES, .help = "write to a new, sparse file; -: raw bytes to standard output" },
	{ "force",   'f', FLAG(struct read_args, force),   .help = "with -O: replace an existing file" },
	{ .name = "" },
};

static const struct opt_group read_options[] = {
	{ read_opts,      0 },
	{ mem_range_opts, offsetof(struct read_args, range) },
	{ ns_one_opts, offsetof(struct read_args, where) },
	{ NULL, 0 },
};

static const struct example read_keyed[] = {
	{ "ipcx {noun} read 5 --offset 4K --length 256",  "a part of it; a dump on a terminal" },
	{ "ipcx {noun} read 0x4d2 --strings --min 8",     "the strings in the segment with this key" },
	{ "ipcx {noun} read 5 -O segment.bin",            "all of it, to a new file" },
	{ "ipcx {noun} read 5 --ns web | grep -c error",  "in a container; raw bytes into a pipe" },
	{ "", "" },
};

static const struct example read_named[] = {
	{ "ipcx {noun} read /cache --hex --length 256",     "its first bytes as a dump" },
	{ "ipcx {noun} read /cache -O cache.bin",           "all of it, to a new file" },
	{ "ipcx {noun} read /cache --ns web | grep -c error", "in a container; raw bytes into a pipe" },
	{ "", "" },
};

static const struct variant read_variants[] = {
	{ .needs = OF_KEYED, .examples = read_keyed },
	{ .needs = OF_NAMED, .examples = read_named },
	{ .needs = 0 },
};

const struct cmd cmd_mem_read = {
	.name = "read", .needs = IPCX_CAN_MEMORY,
	.operands = "REF", .summary = "Read memory: raw, as a dump, or its strings",
	.about = "Writes the raw bytes, or on a terminal a hexadecimal dump. A range beyond the end is an error before anything "
		 "is written. In a dump, repeated lines are shown as one '*'; the last line is always shown.",
	.variants = read_variants, .options = read_options, .complete = COMPLETE_REFS, .args_size = sizeof(struct read_args),
	.exits = EXITS(NO_SUCH_OBJECT),
	.run = run_read,
};
/* clang-format on */
